"""Four processes on one database, two of them writing: what is acknowledged is found by all.

Run in full by `python -m tests.crash.crowd --writes 2000`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.queues import Queue
from queue import Empty
from typing import Any

import click

from index import Encoder, Follower, Writer, load_encoder
from profiles import Partner, Side, Store, validate
from tests.crash.databases import databases

WRITERS = ("a", "b")
SEARCHERS = ("c", "d")
_WAIT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Told:
    """What a process says when it ends: how many ids it looked for, in how many searches."""

    name: str
    looked_for: int
    searches: int
    missed: tuple[str, ...]


class Inbox:
    """The acknowledged ids that a process is told, and its searches for them."""

    def __init__(self, name: str, follower: Follower, encoder: Encoder, box: Queue[Any]) -> None:
        self._name, self._follower, self._encoder, self._box = name, follower, encoder, box
        self._told, self._searches, self._missed = 0, 0, []
        self._open = len(WRITERS)

    def look(self) -> None:
        """Search for every id that has come in, if any has."""
        ids = []
        while True:
            try:
                one = self._box.get_nowait()
            except Empty:
                break
            if one is None:
                self._open -= 1
            else:
                ids.append(one)
        if ids:
            self.search(ids)

    def look_until_all_have_written(self) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        while self._open and time.monotonic() < deadline:
            self.look()
            time.sleep(0.001)
        assert not self._open, "a writer has not ended"

    def search(self, ids: Sequence[str]) -> None:
        """Search for profiles by facts, by words and by meaning; note those not found."""
        index = self._follower.catch_up()
        near = index.facets[Side.PARTNER, "is"]
        queries = self._encoder.encode([text_of(id) for id in ids], role="query")
        for id, query in zip(ids, queries, strict=True):
            by_word = index.lexical[Side.PARTNER].search(word_of(id), 1)
            by_meaning = near.search(query[None, :], 5)[0]
            found = id in index.facts and [one for one, _ in by_word] == [id]
            if not found or id not in {one for one, _ in by_meaning}:
                self._missed.append(id)
        self._told += len(ids)
        self._searches += 1

    def told(self) -> Told:
        return Told(self._name, self._told, self._searches, tuple(self._missed))


def word_of(id: str) -> str:
    """Make a word that stands in one profile only."""
    return f"zq{id.replace('-', 'x')}"


def text_of(id: str) -> str:
    return f"{word_of(id)} robots that weld hulls of ships, batch {id}"


def write(url: str, name: str, count: int, boxes: dict[str, Queue[Any]], out: Queue[Any]) -> None:
    """Write profiles one by one; tell every process each id after it was acknowledged."""
    store, inbox, encoder = _begin(url, name, boxes)
    writer = Writer(store, encoder)
    for number in range(count):
        id = f"{name}-{number}"
        writer.put(validate(Partner, {"id": id, "name": id, "summary": text_of(id)}), new=True)
        for box in boxes.values():
            box.put(id)
        if number % 20 == 0:
            inbox.look()
    for box in boxes.values():
        box.put(None)
    _end(store, inbox, out)


def search(url: str, name: str, boxes: dict[str, Queue[Any]], out: Queue[Any]) -> None:
    """Search for whatever is acknowledged, at once, until both writers have ended."""
    _end(*_begin(url, name, boxes)[:2], out)


def _begin(url: str, name: str, boxes: dict[str, Queue[Any]]) -> tuple[Store, Inbox, Encoder]:
    store, encoder = Store.open(url), load_encoder(None)
    return store, Inbox(name, Follower(store, encoder), encoder, boxes[name]), encoder


def _end(store: Store, inbox: Inbox, out: Queue[Any]) -> None:
    inbox.look_until_all_have_written()
    store.close()
    out.put(inbox.told())


def crowd(url: str, writes: int) -> list[Told]:
    """Let two processes write `writes` profiles in all, and all four search for each of them."""
    store = Store.open(url)
    store.migrate()
    store.close()
    spawn = multiprocessing.get_context("spawn")
    boxes: dict[str, Queue[Any]] = {name: spawn.Queue() for name in (*WRITERS, *SEARCHERS)}
    out: Queue[Any] = spawn.Queue()
    each = writes // len(WRITERS)
    processes = [
        *(spawn.Process(target=write, args=(url, name, each, boxes, out)) for name in WRITERS),
        *(spawn.Process(target=search, args=(url, name, boxes, out)) for name in SEARCHERS),
    ]
    for process in processes:
        process.start()
    try:
        told = [_next(out, processes) for _ in processes]
    finally:
        for process in processes:
            process.kill() if sys.exc_info()[0] else process.join(60)
        for queue in (*boxes.values(), out):
            queue.close()
    return sorted(told, key=lambda one: one.name)


def _next(out: Queue[Any], processes: Sequence[Any]) -> Told:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            told: Told = out.get(timeout=1)
            return told
        except Empty:
            assert all(process.exitcode in (None, 0) for process in processes), "a process died"
    raise AssertionError("a process has not ended")


def main() -> None:
    """Run the full form on each kind of database, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writes", type=int, default=2_000)
    parser.add_argument("--database-url", help="an empty database; without it, one of each kind")
    asked = parser.parse_args()
    missed = 0
    with databases(asked.database_url) as urls:
        for kind, url in urls.items():
            started = time.monotonic()
            for told in crowd(url, asked.writes):
                missed += len(told.missed)
                found = f"looked for {told.looked_for} in {told.searches} searches"
                missing = f"missed {len(told.missed)} {told.missed[:5]}"
                click.echo(f"{kind}: {told.name} {found}, {missing}")
            click.echo(f"{kind}: {asked.writes} writes in {time.monotonic() - started:.1f} s")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
