"""Measures what pages of a large installation cost: real gunicorn, eight users at once.

    python -m benchmarks.http [--startups 100000] [--partners 2000] [--users 8] [--rounds 40]
        [--postgresql] [--home FOLDER]

It makes an installation (or takes the one that an earlier run left under --home), serves it by
`dari serve` with two workers, and lets eight users, each with a connection of its own, ask for each
page in turn. Each line tells a page's median and 99th percentile by the clock, the milliseconds of
CPU that the server (with PostgreSQL, the database's processes too) spent on a request, and how many
times the median of /healthz of the same run that is: on a machine that others use, the last two
say more than the first two.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from profiles import Partner, Startup
from profiles.kinds import PartnerKind, Stage, Support
from profiles.taxonomy import provinces, sectors
from tests.servers import free_port, new_database, postgresql

imported = import_module("benchmarks.import")  # its name is a word of the language

TOKEN = "benchmark-token-of-staff"
SYLLABLES = "가나다라마바사아자차카타파하로보테크온솔루센스넥젠메디에코링크"
LATIN = ("son", "dar", "vel", "mi", "tra", "no", "ka", "lu", "be", "sto", "ri", "quan", "hex")
STEADY = 6
"""How many requests of a page go before those that are measured."""
RESTS = 0.05
"""The seconds of CPU in a second below which a server that nobody asks is at rest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A page: what it is called, the addresses that it is asked for by, and what it is held to."""

    what: str
    paths: Sequence[str]
    median: float = 0.0
    p99: float = 0.0


def main() -> None:
    """Print one table for each database."""
    given = _arguments()
    with ExitStack() as stack:
        home = given.home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dari-")))
        urls: list[tuple[str, str | None]] = [("SQLite", None)]
        if given.postgresql:
            server = stack.enter_context(postgresql())
            urls.append(("PostgreSQL", new_database(server)))
        for name, url in urls:
            _measured(name, url, home / name.lower(), given)


def _measured(name: str, url: str | None, home: Path, given: argparse.Namespace) -> None:
    os.environ |= {"DARI_HOME": str(home), "DARI_STAFF_TOKEN": TOKEN}
    os.environ.pop("DARI_DATABASE_URL", None)
    if url:
        os.environ["DARI_DATABASE_URL"] = url
    made = _fill(given.startups, given.partners)
    if made:
        print(f"{name}: made in {made:.0f} s", file=sys.stderr)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\n{name}, {given.users} users at once, load of the machine before: {load}\n")
    print("| page | median, ms | 99th, ms | asked | CPU, ms a request | median / healthz |")
    print("|---|---:|---:|---:|---:|---:|")
    with _served() as (port, pid):
        cookie = _signed_in(port)
        rested = _rested(pid)
        peer = 0.0
        for asked in _pages(given):
            clock, cpu = _ask(port, cookie, asked.paths, given, pid)
            middle, worst = statistics.median(clock), statistics.quantiles(clock, n=100)[98]
            peer = peer or middle
            held = f"{asked.median:g} / {asked.p99:g}" if asked.median else ""
            told = f"| {asked.what} | {middle:.1f} | {worst:.1f} | {held} | {cpu:.1f} "
            print(f"{told}| {middle / peer:.1f} |", flush=True)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\nload of the machine after: {load}; the server came to rest after {rested:.0f} s")


def _pages(given: argparse.Namespace) -> Iterator[Asked]:
    draw = random.Random(5)
    some = [f"s{draw.randrange(given.startups)}" for _ in range(200)]
    others = [f"p{draw.randrange(given.partners)}" for _ in range(200)]
    yield Asked("/healthz", ["/healthz"])
    yield Asked("matches of a startup", [f"/startups/{id}/matches" for id in some], 150, 400)
    yield Asked("matches of a partner", [f"/partners/{id}/matches" for id in others], 150, 400)
    yield Asked("startups, the newest", ["/startups"], 100, 100)
    provinces_ = list(provinces())
    regions = [f"/startups?region={code}&stage=seed&sort=name" for code in provinces_]
    yield Asked("startups of a province at one stage, by name", regions, 100, 100)
    words = [f"/startups?q={a}{b}&part=1" for a in LATIN for b in LATIN]
    yield Asked("startups as one types", words, 100, 100)
    yield Asked("partners, by name", ["/partners?lang=ko"], 100, 100)
    yield Asked("a startup", [f"/startups/{id}" for id in some])
    yield Asked("map", ["/map"])


def _ask(
    port: int, cookie: str, paths: Sequence[str], given: argparse.Namespace, pid: int
) -> tuple[list[float], float]:
    """Let users ask at once; give the milliseconds of each request, and of CPU for one."""
    for _ in range(2):
        _crowd(port, cookie, paths, given.users, STEADY)
    before = _cpu_of(pid)
    clock = _crowd(port, cookie, paths, given.users, given.rounds)
    return clock, 1e3 * (_cpu_of(pid) - before) / len(clock)


def _crowd(port: int, cookie: str, paths: Sequence[str], users: int, rounds: int) -> list[float]:
    clock: list[float] = []
    failed: list[str] = []

    def user(number: int) -> None:
        for turn in range(rounds):
            path = paths[(number * rounds + turn) % len(paths)]
            begun = time.perf_counter()
            status, _ = _get(port, path, cookie)
            clock.append(1e3 * (time.perf_counter() - begun))
            if status != 200:
                failed.append(f"{path}: {status}")

    crowd = [threading.Thread(target=user, args=(number,)) for number in range(users)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    if failed:
        sys.exit(f"{len(failed)} requests failed, as {failed[0]}")
    return clock


def _get(port: int, path: str, cookie: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Set-Cookie", "")
    finally:
        connection.close()


def _signed_in(port: int) -> str:
    _, cookies = _get(port, f"/sign-in?token={TOKEN}", "")
    found = re.search(r"dari=[^;]+", cookies)
    assert found, "the token does not let staff in"
    return found[0]


@contextmanager
def _served() -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 300
        while True:
            try:
                _get(port, "/healthz", "")
                break
            except OSError:
                if time.monotonic() > until or server.poll() is not None:
                    raise
                time.sleep(0.2)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=60)


def _cpu_of(pid: int) -> float:
    """Give the seconds of CPU of a server, its workers, and of PostgreSQL's processes."""
    return sum(_spent(one) for one in {*_below(pid), *_named("postgres")})


def _rested(pid: int) -> float:
    """Wait until a server does nothing by itself; give the seconds that this took."""
    begun, spent = time.monotonic(), _cpu_of(pid)
    while True:
        time.sleep(1)
        before, spent = spent, _cpu_of(pid)
        if spent - before < RESTS:
            return time.monotonic() - begun
        if time.monotonic() - begun > 300:
            sys.exit("the server does not come to rest")


def _spent(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0  # it has ended; that it did, the requests tell
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _below(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _below(int(child))


def _named(name: str) -> Iterator[int]:
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                if (one / "comm").read_text().strip() == name:
                    yield int(one.name)
            except OSError:
                continue


def _fill(startups: int, partners: int) -> float:
    """Make the installation, unless it is there; give the seconds that it took."""
    from profiles import Side, Store
    from service.settings import Settings
    from service.wiring import init

    begun, settings = time.monotonic(), Settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store.open(settings.database)
    there = store.is_migrated and store.count(Side.STARTUP) >= startups
    store.close()
    if there:
        return 0.0
    dari = init(settings)
    try:
        draw = random.Random(7)
        terms = imported.glossary_terms()
        dari.writer.put_many(_startup(draw, n, terms) for n in range(startups))
        dari.writer.put_many(_partner(draw, n, terms) for n in range(partners))
        dari.follower.save_snapshot()
    finally:
        dari.store.close()
    return time.monotonic() - begun


def _startup(draw: random.Random, number: int, terms: Sequence[Sequence[str]]) -> Startup:
    return Startup.model_validate({
        "id": f"s{number}",
        "stage": draw.choice([*Stage, None]),
        "trl": draw.choice([None, *range(1, 10)]),
        **_both(draw, number, terms),
    })


def _partner(draw: random.Random, number: int, terms: Sequence[Sequence[str]]) -> Partner:
    return Partner.model_validate({
        "id": f"p{number}",
        "kind": draw.choice([*PartnerKind]),
        "capacity": draw.choice([None, 0, 3, 10]),
        **_both(draw, number, terms),
    })


def _both(draw: random.Random, number: int, terms: Sequence[Sequence[str]]) -> dict[str, object]:
    english, korean = terms
    hangul = "".join(draw.choices(SYLLABLES, k=draw.choice((3, 4, 5))))
    latin = "".join(draw.choices(LATIN, k=draw.choice((2, 3, 4)))).capitalize()
    names = [{"ko": hangul, "en": f"{latin} {number}"}, {"ko": hangul}, {"en": latin}]
    return {
        "name": draw.choices(names, (6, 2, 2))[0],
        "summary": imported.text_of(draw, draw.choice((english, korean)), 40),
        "seeking": imported.text_of(draw, draw.choice((english, korean)), 15),
        "region": draw.choice([*provinces(), None, "US", "DE"]),
        "sectors": draw.sample(list(sectors()), draw.choice((0, 1, 2, 3))),
        "seeks": draw.sample([*Support], 2),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--startups", type=int, default=100_000)
    parser.add_argument("--partners", type=int, default=2_000)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=40, help="requests of a user for a page")
    parser.add_argument("--postgresql", action="store_true", help="measure PostgreSQL too")
    parser.add_argument("--home", type=Path, help="a folder to make the installations in, and keep")
    return parser.parse_args()


if __name__ == "__main__":
    main()
