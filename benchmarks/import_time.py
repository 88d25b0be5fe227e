"""What does `import flask_signet` cost, where Flask is imported anyway?

A new process for each import, one after the other, in an order that is shuffled anew
for each round. Measured is the import alone, within the process that has `flask`
already. All are compiled before, as an installed package is.
"""

import json
import os
import random
import statistics
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from _interleave import SEED, describe_surroundings, print_surroundings

BUDGET_MS = 8.0

MODULES = ("flask_signet", "flask_login")

CODE = """
import sys, time
import flask
begun = time.perf_counter()
__import__(sys.argv[1])
print((time.perf_counter() - begun) * 1000)
"""


def main() -> None:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="at least 2")
    parser.add_argument("--json", action="store_true", help="print JSON, no table")
    arguments = parser.parse_args()
    if arguments.rounds < 2:
        parser.error("two rounds are the least")
    surroundings = describe_surroundings()
    with TemporaryDirectory() as compiled:
        times = measure(arguments.rounds, Path(compiled))
    if arguments.json:
        print(json.dumps({**surroundings, "milliseconds": times}, indent=2))
        return
    print(f"{__doc__}")
    print_surroundings(surroundings)
    print(f"{arguments.rounds} processes each\n")
    print("                 ms   5th to 95th pct.")
    for module, spent in times.items():
        low, *_, high = statistics.quantiles(spent, n=20, method="inclusive")
        print(f"{module:12} {statistics.median(spent):6.2f}   {low:.2f} to {high:.2f}")
    ours = statistics.median(times["flask_signet"])
    said = "met" if ours <= BUDGET_MS else "not met"
    print(f"\nflask_signet: {ours:.2f} ms, budget {BUDGET_MS:.0f} ms: {said}")


def measure(rounds: int, compiled: Path) -> dict[str, list[float]]:
    """Import each module so many times.

    Returns:
        For each module the time of each import over that of Flask, in milliseconds.

    """
    shuffle = random.Random(SEED).shuffle
    times: dict[str, list[float]] = {module: [] for module in MODULES}
    order = [*MODULES]
    for module in order:  # compiled, and in the system's memory of files
        _time_of(module, compiled)
    for _ in range(rounds):
        shuffle(order)
        for module in order:
            times[module].append(_time_of(module, compiled))
    return times


def _time_of(module: str, compiled: Path) -> float:
    env = os.environ | {"PYTHONPYCACHEPREFIX": str(compiled)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", CODE, module]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return float(done.stdout)


if __name__ == "__main__":
    main()
