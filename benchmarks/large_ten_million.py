"""Is somebody found as quickly among ten million sign-ins as among ten thousand?

Two verbs of the store are measured by themselves: it looks a sign-in up by its token,
as at each request, and lists those of one person. Who is asked for is random. Compared
are two registers in SQLite files, and two in PostgreSQL, each on a server of its own.

The files are in the system's memory, as far as they fit, and not in the databases' own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, create_engine

from _interleave import Contender, Environ, read_command_line, run
from _rows import BUSY, EACH, OF_BUSY, digests, people, store_with
from _servers import postgres
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from registered import folder

BUDGET = 1.2

ROWS, FEW = 10_000_000, 10_000

ASKED = 2000
"""So many tokens, and so many people, come in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb(Contender):
    """A verb of a store, in place of an application's answer."""

    app: Any = None
    ask: Callable[..., object]

    def answer(self, environ: Environ) -> object:
        return self.ask(**environ)


def verbs(where: str, few: "Kept", many: "Kept") -> Iterator[Verb]:
    """Give each verb, asked of the one register and of the other."""
    for verb in ("token", f"person of {EACH}", f"person of {OF_BUSY}"):
        bare = f"{where}, {verb}, {few.rows:,}"
        again, of_many = f"{bare} again", f"{where}, {verb}, {many.rows:,}"
        yield few.verb(verb, label=bare)
        yield few.verb(verb, label=again, against=bare, is_noise=True)
        yield many.verb(verb, label=of_many, against=bare, budget=BUDGET)


@dataclass(frozen=True, slots=True)
class Kept:
    """A register of so many rows."""

    store: SQLAlchemyStore
    rows: int

    def verb(self, verb: str, **more: Any) -> Verb:
        if verb == "token":
            asked = [{"digest": each} for each in digests(range(self.rows), ASKED)]
            return Verb(ask=self.store.get, environs=asked, **more)
        some = [BUSY] if verb.endswith(str(OF_BUSY)) else people(self.rows, ASKED)
        asked = [{"user_id": each} for each in some]
        return Verb(ask=self.store.of_user, environs=asked, **more)


@contextmanager
def kept(url: URL | str, rows: int) -> Iterator[Kept]:
    engine = create_engine(url)
    try:
        store = store_with(engine, rows)
        for row in (*store.of_user(BUSY), store.get(digests(range(rows), 1)[0])):
            if row is None:
                raise SystemExit(f"Not all of {rows} rows are there")
        yield Kept(store, rows)
    finally:
        engine.dispose()


def main() -> None:
    question = "Ten million sign-ins, against ten thousand"
    arguments = read_command_line(question, rows=ROWS, few=FEW)
    with (
        folder() as path,
        kept(f"sqlite:///{path}/few.sqlite", arguments.few) as few,
        kept(f"sqlite:///{path}/many.sqlite", arguments.rows) as many,
        postgres() as of_few,
        kept(of_few, arguments.few) as few_there,
        postgres() as of_many,
        kept(of_many, arguments.rows) as many_there,
    ):
        run(
            question,
            [
                *verbs("SQLite", few, many),
                *verbs("PostgreSQL", few_there, many_there),
            ],
            explanation=__doc__.partition("\n")[2],
            peers=("SQLAlchemy",),
            arguments=arguments,
        )


if __name__ == "__main__":
    main()
