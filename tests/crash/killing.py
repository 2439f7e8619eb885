"""A writer that is killed by SIGKILL at random moments: nothing acknowledged is lost or torn.

Run in full by `python -m tests.crash.killing --kills 50`.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
import numpy as np
from sqlalchemy import select

from index import Encoder, Follower, Writer, load_encoder, verify
from profiles import Partner, Store, Tie, tables, validate
from profiles.consistency import faults
from profiles.database import writing
from profiles.rows import payload
from tests.crash.databases import databases

SIZE = 8
_KINDS = 5
_MOST_CHANGES = 20
_LAST_MOMENT = 0.05
_START = 0.5


def partners(number: int, word: str = "welds") -> list[Partner]:
    """Make the profiles of one batch."""
    return [
        validate(
            Partner,
            {
                "id": f"k{number}-{n}",
                "name": f"k{number}-{n}",
                "summary": f"It {word} hulls in hall {n} of yard {number}",
                "seeking": f"steel of kind {n}",
            },
        )
        for n in range(SIZE)
    ]


def ties(number: int) -> list[Tie]:
    """Make the ties of one batch, between the profiles of two earlier ones."""
    return [
        validate(
            Tie,
            {
                "id": f"t{number}-{n}",
                "a": f"k{number - 3}-{n}",
                "b": f"k{number - 2}-{n}",
                "kind": "collaboration",
                "subject": f"ship {n} of fleet {number}",
            },
        )
        for n in range(SIZE)
    ]


def perform(store: Store, writer: Writer, number: int) -> None:
    """Make change `number`: profiles, profiles, the second changed, ties, an erasure, and so on."""
    kind = number % _KINDS
    if kind in {0, 1}:
        writer.put_many(partners(number))
    elif kind == 2:
        writer.put_many(partners(number - 1, "paints"))
    elif kind == 3:
        writer.put_ties(ties(number))
    else:
        store.erase(f"k{number - 4}-0")


def expect(state: dict[str, str], number: int) -> dict[str, str]:
    """Give what is held after change `number` by what was held before: id → payload."""
    kind = number % _KINDS
    if kind in {0, 1}:
        return state | {one.id: payload(one) for one in partners(number)}
    if kind == 2:
        return state | {one.id: payload(one) for one in partners(number - 1, "paints")}
    if kind == 3:
        return state | {one.id: payload(one) for one in ties(number)}
    gone = {f"k{number - 4}-0", f"t{number - 1}-0"}
    return {id: text for id, text in state.items() if id not in gone}


def held(store: Store) -> dict[str, str]:
    """Read what is held, when the transaction of whoever was killed has ended."""
    with writing(store.engine) as connection:  # the server may still commit for a dead client
        return {
            row.id: row.payload
            for table in (tables.profiles, tables.ties)
            for row in connection.execute(select(table.c.id, table.c.payload))
        }


def write(url: str, first: int, pipe: Connection, snapshots: Path) -> None:
    """Make changes from number `first` on, and acknowledge each on a pipe, until killed."""
    store, encoder = Store.open(url), load_encoder(None)
    writer, follower = Writer(store, encoder), Follower(store, encoder, snapshots)
    for number in itertools.count(first):
        perform(store, writer, number)
        pipe.send(number)
        if number % 7 == 0:
            follower.write_snapshot()


@dataclass(slots=True)
class Survival:
    """What was seen over all lives; `wrong` is empty where nothing was."""

    kills: int = 0
    acknowledged: int = 0
    committed_unacknowledged: int = 0
    wrong: list[str] = field(default_factory=list)


class Killer:
    """Starts the writer, kills it, and looks at what it has left."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self._url, self._snapshots = url, folder / "snapshots"
        self._rng = np.random.default_rng(seed)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["index", "profiles.consistency"])
        self._store, self._encoder = Store.open(url), load_encoder(None)
        self._store.migrate()
        self._follower = Follower(self._store, self._encoder)
        self._state: dict[str, str] = {}
        self._next = 0
        self.seen = Survival()

    def run(self, kills: int) -> Survival:
        """Kill the writer so many times, then compare everything with everything."""
        for _ in range(kills):
            self._account(self._one_life())
            self._look()
        self.seen.wrong += _compared(self._store, self._encoder, self._snapshots)
        self._store.close()
        return self.seen

    def _one_life(self) -> list[int]:
        """Give the numbers that a writer acknowledged before it was killed."""
        ours, theirs = self._context.Pipe(duplex=False)
        arguments = (self._url, self._next, theirs, self._snapshots)
        process = self._context.Process(target=write, args=arguments)
        process.start()
        theirs.close()
        told = self._until_its_moment(process, ours)
        if not process.is_alive():
            self.seen.wrong.append(f"the writer ended by itself ({process.exitcode})")
        process.kill()
        process.join()
        told += _rest(ours)
        ours.close()
        process.close()
        return told

    def _until_its_moment(self, process: Any, pipe: Connection) -> list[int]:
        """Let the writer live for some acknowledgements, on whatever machine, and a moment more."""
        told: list[int] = []
        wanted = int(self._rng.integers(0, _MOST_CHANGES))
        while len(told) < wanted and process.is_alive():
            if pipe.poll(1):
                told.append(pipe.recv())
        time.sleep(self._rng.uniform(0, _LAST_MOMENT if wanted else _START))
        return told

    def _account(self, told: list[int]) -> None:
        for number in told:
            if number != self._next:
                self.seen.wrong.append(f"{number} was acknowledged where {self._next} was next")
            self._state = expect(self._state, number)
            self._next = number + 1
        self.seen.kills += 1
        self.seen.acknowledged += len(told)

    def _look(self) -> None:
        now, more = held(self._store), expect(self._state, self._next)
        if now == more:  # it was killed between the commit and the acknowledgement
            self._state, self._next = more, self._next + 1
            self.seen.committed_unacknowledged += 1
        elif now != self._state:
            wrong = {id for id in now.keys() | self._state if now.get(id) != self._state.get(id)}
            self.seen.wrong.append(f"lost or half-written after {self._next}: {sorted(wrong)[:5]}")
        self.seen.wrong += [f"{f.kind} {f.id}: {f.what}" for f in faults(self._store)]
        followed = self._follower.catch_up()
        if followed.facts.keys() | followed.history.ties.keys() != now.keys():
            self.seen.wrong.append("a follower that lived on holds something else")


def _rest(pipe: Connection) -> Iterator[int]:
    try:
        while True:
            yield pipe.recv()
    except EOFError:
        return


def _compared(store: Store, encoder: Encoder, snapshots: Path) -> list[str]:
    found = verify(store, encoder, snapshots)
    wrong = [f"{d.where} {d.kind} {d.id}: {d.what}" for d in found.differences]
    if store.engine.dialect.name == "sqlite":
        with sqlite3.connect(str(store.engine.url.database)) as connection:
            answer: Any = connection.execute("PRAGMA integrity_check").fetchall()
        connection.close()
        if answer != [("ok",)]:
            wrong.append(f"integrity_check: {answer}")
    return wrong


def main() -> None:
    """Run the full form on each kind of database, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database-url", help="an empty database; without it, one of each kind")
    asked = parser.parse_args()
    wrong = False
    with databases(asked.database_url) as urls, tempfile.TemporaryDirectory() as folder:
        for kind, url in urls.items():
            started = time.monotonic()
            seen = Killer(url, Path(folder) / kind, asked.seed).run(asked.kills)
            wrong |= bool(seen.wrong)
            seconds = f"{time.monotonic() - started:.1f} s"
            held_too = f"{seen.committed_unacknowledged} held but not yet acknowledged"
            click.echo(f"{kind}: {seen.kills} kills, {seen.acknowledged} changes acknowledged, "
                       f"{held_too}, {seconds}; wrong: {seen.wrong or 'nothing'}")  # fmt: skip
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    from tests.crash.killing import main as run  # under its own name, for the processes it starts

    run()
