"""Measures what one command, one worker, one match and the reading of names cost.

    python -m benchmarks.serving [--partners 1000] [--names 100000] [--rounds 5]

Everything is made in a temporary folder: an installation with the catalogue, and a store of
partners made of it. Each figure is the median of the rounds, by the clock and of CPU, beside the
limit that it is held to and beside a peer of the same run: the import of the libraries that a
match cannot do without, or SQLite's own index of trigrams (FTS5) over the same names.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import free_port

FLOOR = "import sqlalchemy.dialects.sqlite, pydantic_settings, numpy, yaml, tokenizers, rich.table"
SHOWN = 20
STARTUP = """{"id": "acme", "name": "Acme Water", "region": "KR-27", "sectors": ["ai", "water"],
 "summary": "AI that finds leaks in the pipes of water works and smart factories.",
 "seeking": "A pilot site with a utility, and investment for going overseas.",
 "seeks": ["pilot", "investment"], "stage": "seed", "trl": 6}"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--partners", type=int, default=1_000)
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print("| what | by the clock | of CPU | limit | of the limit | beside its peer |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="dari-serving-") as folder:
        os.environ["DARI_HOME"] = str(Path(folder) / "home")
        commands(Path(folder), given.rounds)
        worker(given.rounds)
        match(Path(folder), given.partners, given.rounds)
    names(given.names)


def line(
    what: str, clock: float, cpu: float, limit: float, peer: float | None = None, unit: str = "s"
) -> None:
    """Print a line; `peer` is in the unit of CPU."""
    beside = f"{cpu / peer:.1f} x" if peer else ""
    of_limit = f"{clock / limit:.0%}" if limit else ""
    held = f"{limit:g} {unit}" if limit else ""
    print(f"| {what} | {clock:.2f} {unit} | {cpu:.2f} {unit} | {held} | {of_limit} | {beside} |")


def commands(folder: Path, rounds: int) -> None:
    """Measure commands from a cold shell, on the catalogue and one startup."""
    (folder / "one.jsonl").write_text(STARTUP.replace("\n", ""), encoding="utf-8")
    dari = [sys.executable, "-m", "service"]
    ran([*dari, "init"])
    ran([*dari, "import", "startups", str(folder / "one.jsonl")])
    floor = median(rounds, lambda: ran([sys.executable, "-c", FLOOR]))
    line("floor: the libraries of a match are imported", *floor, 0)
    line("`dari --help`", *median(rounds, lambda: ran([*dari, "--help"])), 0, floor[1])
    found = median(rounds, lambda: ran([*dari, "match", "acme"]))
    line("`dari match ID`, catalogue", *found, 1.5, floor[1])


def ran(command: list[str]) -> tuple[float, float]:
    """Run a command; give its seconds by the clock and of CPU."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, cpu


def median(rounds: int, measure: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    """Give the medians of several rounds, the first of which is left out."""
    measured = [measure() for _ in range(rounds + 1)][1:]
    clock, cpu = zip(*measured, strict=True)
    return statistics.median(clock), statistics.median(cpu)


def worker(rounds: int) -> None:
    """Measure a gunicorn worker: from its fork to its first answer, and what it holds."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--workers", "1"]
    with served(command) as server:
        answered(f"{address}/healthz")

        def replaced() -> tuple[float, float]:
            os.kill(child_of(server.pid), 9)
            start = time.perf_counter()
            answered(f"{address}/healthz")
            return time.perf_counter() - start, cpu_of(child_of(server.pid))

        line("a worker is replaced and answers", *median(rounds, replaced), 2)
        token = Path(os.environ["DARI_HOME"], "staff-token").read_text()
        for path in ("/", "/api/v1/partners", "/api/v1/startups/acme/matches") * 20:
            answered(address + path, token)
        for name, kib in memory_of(child_of(server.pid)).items():
            line(f"{name} of a worker, catalogue", kib / 1024, kib / 1024, 300, unit="MiB")


@contextmanager
def served(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for as long as it is asked."""
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    try:
        yield server
    finally:
        server.terminate()
        server.wait(timeout=20)


def answered(address: str, token: str = "") -> None:
    """Ask until there is an answer, at most a minute."""
    until = time.monotonic() + 60
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                answer.read()
            return
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)


def child_of(pid: int) -> int:
    """Give the newest child of a process, once it has one."""
    while not (children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        time.sleep(0.005)
    return int(children[-1])


def cpu_of(pid: int) -> float:
    """Give the seconds of CPU that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> dict[str, int]:
    """Give what a process holds, and its share of it, in KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    held = {one.split()[0].rstrip(":"): one.split() for one in lines[1:]}
    return {name: int(held[name][1]) for name in ("Rss", "Pss")}


def match(folder: Path, partners: int, rounds: int) -> None:
    """Measure a match over partners made of the catalogue, apart from retrieval."""
    from index import Follower, Retriever, Writer, load_encoder
    from matcher import Matchmaker, load_ranker
    from profiles import Startup, Store
    from profiles.catalogue import load_catalogue

    store, encoder = Store.open(f"sqlite:///{folder / 'many.sqlite3'}"), load_encoder()
    rng = random.Random(1)
    store.migrate()
    held, writer = load_catalogue(), Writer(store, encoder)
    writer.put_many(held.partners)
    for n in range(partners - len(held.partners)):
        one, other = rng.sample(held.partners, 2)
        said = {"id": f"made-{n}", "region": other.region, "sectors": other.sectors}
        writer.put_many([one.model_copy(update=said)])
    writer.put_ties(held.ties)
    store.put_programmes(held.programmes)
    asking = Startup.model_validate_json(STARTUP)
    matchmaker = Matchmaker(store, Follower(store, encoder), encoder, load_ranker())
    retrieving = spent_in(Retriever, "retrieve", "query")
    retrieved: list[list[float]] = []

    def once(k: int) -> tuple[float, float]:
        retrieving[:] = [0.0, 0.0]
        clock, cpu = time.perf_counter(), time.process_time()
        matchmaker.match(asking, k=k, pool=partners)
        took = time.perf_counter() - clock, time.process_time() - cpu
        retrieved.append([1e3 * spent for spent in retrieving])
        return 1e3 * (took[0] - retrieving[0]), 1e3 * (took[1] - retrieving[1])

    for k, told in ((1, "the first explained"), (SHOWN, f"the first {SHOWN} explained")):
        found = median(4 * rounds, lambda k=k: once(k))
        limit = 15 if k == SHOWN else 0
        line(f"{partners:,} candidates screened and scored, {told}", *found, limit, unit="ms")
    clock, cpu = (statistics.median(spent) for spent in zip(*retrieved, strict=True))
    line("retrieval of them", clock, cpu, 0, unit="ms")
    store.close()


def spent_in(owner: Any, *names: str) -> list[float]:
    """Count the seconds, by the clock and of CPU, that are spent in some methods."""
    spent = [0.0, 0.0]

    def counted(method: Any) -> Any:
        def measured(*given: Any, **options: Any) -> Any:
            clock, cpu = time.perf_counter(), time.process_time()
            try:
                return method(*given, **options)
            finally:
                spent[0] += time.perf_counter() - clock
                spent[1] += time.process_time() - cpu

        return measured

    for name in names:
        setattr(owner, name, counted(getattr(owner, name)))
    return spent


def names(size: int) -> None:
    """Measure how names are read for the first search by name, and how SQLite indexes them."""
    from index import NameIndex
    from profiles import Side
    from profiles.catalogue import load_catalogue

    rng, known = random.Random(1), [p.name for p in load_catalogue().partners]
    words = [word for name in known for part in name.parts for word in part.split()]
    made = [f"{' '.join(rng.sample(words, rng.choice((1, 2, 3))))} {n}" for n in range(size)]
    clock, cpu = time.perf_counter(), time.process_time()
    with sqlite3.connect(":memory:") as peer:
        peer.execute("CREATE VIRTUAL TABLE names USING fts5(name, tokenize='trigram')")
        peer.executemany("INSERT INTO names VALUES (?)", [(name,) for name in made])
    fts = time.perf_counter() - clock, time.process_time() - cpu
    index, clock, cpu = NameIndex(), time.perf_counter(), time.process_time()
    for start in range(0, size, 10_000):
        some = made[start : start + 10_000]
        index.put_many([(str(start + n), Side.PARTNER, [one]) for n, one in enumerate(some)])
    index.search("robot")
    took = time.perf_counter() - clock, time.process_time() - cpu
    line(f"peer: SQLite FTS5 indexes {size:,} names by trigrams", *fts, 0)
    line(f"{size:,} names are read, and one is found", *took, 0, fts[1])


if __name__ == "__main__":
    main()
