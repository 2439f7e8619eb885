"""Measures the import of one CSV of profiles: rate, memory, start-up, and peers in the same run.

    python -m benchmarks.import --rows 10000 100000 1000000 [--postgresql URL] [--json FILE]

Each run is a process of its own over a database of its own, so that its peak memory is its own.
The seconds of CPU tell, on a machine that does other work too, what the clock does not. Without a
URL it starts a PostgreSQL server of its own from Debian's binaries, where there are any. With a
URL it makes databases beside the one that this names, and drops them again.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers import POSTGRES, postgresql

ITSELF = (sys.executable, "-m", "benchmarks.import")
WORDS = 60
TEXTS = 20_000
"""How many texts the encoder alone is measured on."""
INSERTED = 100_000
"""How many rows the plain insertion is measured on."""

Figures = dict[str, Any]


def main() -> None:
    """Print the tables, a line for each database and number of rows."""
    asked = _arguments()
    if asked.one:
        work = {"import": measure, "start": start, "peers": peers, "write": write, "follow": follow}
        print(json.dumps(work[asked.work](asked.one, asked.file, asked.snapshots)))
        return
    runs: list[Figures] = []
    try:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder, _server(asked) as server:
            for run in _runs(asked, Path(folder), server):
                runs.append(run)
                if asked.json:
                    told = {"machine": machine(), "runs": runs}
                    asked.json.write_text(json.dumps(told, indent=1))
    finally:  # whatever was measured before something failed, or somebody had enough
        print_tables(runs)


def _runs(asked: argparse.Namespace, folder: Path, server: str | None) -> Iterator[Figures]:
    for rows in asked.rows:
        file = folder / f"{rows}.csv"
        write_rows(file, rows, seeking=asked.seeking)
        for name, database in _databases(folder, rows, server):
            with database() as url:
                found = {"database": name, **_run(url, file)}
            if asked.beside:
                with database() as url:
                    found["beside"] = _run_beside(url, file)
            yield found
            print(f"{name}, {rows:,} rows: done", file=sys.stderr, flush=True)
        file.unlink()


def _run(url: str, file: Path) -> Figures:
    """Measure one file and one database, each step in a process of its own."""
    with tempfile.TemporaryDirectory(dir=file.parent) as snapshots:
        found = _in_a_process("import", url, file, snapshots)
        found |= {"start": _in_a_process("start", url, file, snapshots)}
    return found | {"peers": _in_a_process("peers", url, file, "")}


def _run_beside(url: str, file: Path) -> Figures:
    """Import a file while another process, as a server does, follows: until it finds all rows."""
    from profiles import Store

    store = Store.open(url)
    store.migrate()
    store.close()
    words = ("--one", url, "--file", str(file), "--snapshots", "")
    both = [
        subprocess.Popen([*ITSELF, "--work", work, *words], stdout=subprocess.PIPE)
        for work in ("follow", "write")
    ]
    followed, written = (json.loads(one.communicate()[0]) for one in both)
    return {
        "wall": followed["end"] - written["start"],
        "import": written["end"] - written["start"],
        "rows": written["rows"],
        "peak": written["peak"],
        "peak_following": followed["peak"],
    }


def write(url: str, file: Path, snapshots: Path) -> Figures:
    """Import a file; tell when that began and ended."""
    from index import Writer, import_file, load_encoder
    from profiles import Store

    store, encoder = Store.open(url), load_encoder(None)
    begun = time.time()
    report = import_file(store, Writer(store, encoder), file, "startups")
    ended = time.time()
    store.close()
    return {"start": begun, "end": ended, "rows": report.written, "peak": _peak()}


def follow(url: str, file: Path, snapshots: Path) -> Figures:
    """Follow a database until the last row of a file is found by its vector and its words."""
    from index import Follower, load_encoder
    from profiles import Side, Store

    store, encoder = Store.open(url), load_encoder(None)
    follower, last = Follower(store, encoder), ""
    for row in _read(file):
        last = row["id"]
    while last not in (index := follower.catch_up()).facts:
        time.sleep(0.05)
    index.lexical[Side.STARTUP].search("welding robots", 10)
    ended = time.time()
    store.close()
    return {"end": ended, "peak": _peak()}


def measure(url: str, file: Path, snapshots: Path) -> Figures:
    """Import a file into the database at `url`, then follow it into memory and keep a snapshot."""
    from index import Follower, Writer, import_file, load_encoder
    from profiles import Side, Store

    store, encoder = Store.open(url), load_encoder(None)
    store.migrate()
    follower = Follower(store, encoder, snapshots)
    found: Figures = {"load": os.getloadavg()[0]}
    watch = Watch()
    report = import_file(store, Writer(store, encoder), file, "startups")
    found["import"] = watch.lap()
    if report.rejections:
        raise SystemExit(f"{report.rejections} rows were rejected: {report.rejected[0]}")
    before, watch = _resident(), Watch()
    index = follower.catch_up()
    found["index"] = watch.lap()
    index.lexical[Side.STARTUP].search("welding robots", 10)
    found["first_search"] = watch.lap()
    found |= {"rows": report.written, "resident": _resident()}
    found |= {"bytes_a_profile": round((_resident() - before) * 2**20 / report.written)}
    watch = Watch()
    kept = follower.write_snapshot()
    found["snapshot"] = watch.lap()
    size = sum(one.stat().st_size for one in kept.iterdir()) if kept else 0
    store.close()
    return found | {"snapshot_mb": size / 2**20}


def start(url: str, file: Path, snapshots: Path) -> Figures:
    """Start from the snapshot, as a worker does, until it can answer."""
    from index import Follower, load_encoder
    from profiles import Side, Store

    store, encoder = Store.open(url), load_encoder(None)
    watch = Watch()
    index = Follower(store, encoder, snapshots).catch_up()
    found: Figures = {"index": watch.lap(), "vectors": sum(map(len, index.facets.values()))}
    index.lexical[Side.STARTUP].search("welding robots", 10)
    found |= {"first_search": watch.lap(), "resident": _resident()}
    store.close()
    return found


def peers(url: str, file: Path, snapshots: Path) -> Figures:
    """Measure parts of the work alone: the encoder, and an insertion of the same bytes."""
    from index import load_encoder

    encoder = load_encoder(None)
    texts = [row["summary"] for row, _ in zip(_read(file), range(TEXTS), strict=False)]
    watch = Watch()
    encoder.encode(texts)
    encoded = watch.lap()
    rows, spent = _plain_insert(url, file)
    return {
        "encoder": len(texts) / encoded["wall"],
        "encoder_cpu": len(texts) / encoded["cpu"],
        "insert": rows / spent,
    }


class Watch:
    """Counts the seconds of the clock and of all CPUs since it was made, or since the last lap."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def lap(self) -> Figures:
        """Give seconds of the clock and of CPU, and the peak memory until now (MB)."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        self._start()
        return {"wall": wall, "cpu": cpu, "peak": _peak()}


def machine() -> Figures:
    """Tell what the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {"cpu": names[0] if names else platform.machine(), "cores": os.cpu_count()}


def write_rows(file: Path, rows: int, *, seeking: bool = False) -> None:
    """Write startups with about 60 words each, made of the glossary's terms; always the same.

    With `seeking` each has a second facet, of about 20 words.
    """
    from profiles.taxonomy import provinces, sectors, terms

    english, korean = glossary_terms()
    draw = random.Random(3)
    regions, codes = list(provinces()), list(sectors())
    stages, supports = list(terms("stages")), list(terms("supports"))
    head = "id,name_en,name_ko,summary,region,sectors,seeks,stage,trl"
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow([*head.split(","), *(["seeking"] if seeking else [])])
        for number in range(rows):
            words = english if number % 2 else korean
            table.writerow([
                f"s{number}",
                f"{draw.choice(english)} {number}",
                f"{draw.choice(korean)} {number}",
                text_of(draw, words, WORDS),
                draw.choice(regions),
                ";".join(draw.sample(codes, 2)),
                ";".join(draw.sample(supports, 2)),
                draw.choice(stages),
                draw.randint(1, 9),
                *([text_of(draw, words, WORDS // 3)] if seeking else []),
            ])


def glossary_terms() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the terms of the glossary, English and Korean."""
    glossary = Path(__file__).parents[1] / "index" / "training" / "glossary.tsv"
    lines = glossary.read_text(encoding="utf-8").splitlines()[1:]
    english, korean = zip(*(line.split("\t")[:2] for line in lines if "\t" in line), strict=True)
    return english, korean


def text_of(draw: random.Random, terms: tuple[str, ...], size: int) -> str:
    """Join terms to a text of so many words."""
    words: list[str] = []
    while len(words) < size:
        words += draw.choice(terms).split()
    return " ".join(words[:size])


def _read(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _plain_insert(url: str, file: Path) -> tuple[int, float]:
    """Insert ids and texts by executemany, 1,000 a transaction; give rows and seconds."""
    from profiles.database import open_engine

    engine = open_engine(url)
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    taken = zip(_read(file), range(INSERTED), strict=False)
    rows = [(row["id"], json.dumps(row, ensure_ascii=False)) for row, _ in taken]
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        cursor = raw.cursor()
        cursor.execute("CREATE TABLE plain (id VARCHAR(200) PRIMARY KEY, payload TEXT NOT NULL)")
        raw.commit()
        began = time.perf_counter()
        for first in range(0, len(rows), 1000):
            if engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany(
                f"INSERT INTO plain VALUES ({mark}, {mark})", rows[first : first + 1000]
            )
            raw.commit()
        spent = time.perf_counter() - began
    engine.dispose()
    return len(rows), spent


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _resident() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def _in_a_process(work: str, url: str, file: Path, snapshots: str) -> Figures:
    words = ["--work", work, "--one", url, "--file", str(file), "--snapshots", snapshots]
    done = subprocess.run([*ITSELF, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: Figures = json.loads(done.stdout)
    return found


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by their titles, each with what it shows of a run."""

    title: str
    columns: dict[str, Callable[[Figures], str]] = field(default_factory=dict)
    needs: str = "rows"

    def print(self, runs: Sequence[Figures]) -> None:
        """Print the runs that measured it in Markdown."""
        runs = [run for run in runs if self.needs in run]
        if not runs:
            return
        print(f"\n{self.title}\n\n| " + " | ".join(self.columns) + " |")
        print(
            "|" + "|".join("---" if name == "database" else "---:" for name in self.columns) + "|"
        )
        for run in runs:
            print("| " + " | ".join(show(run) for show in self.columns.values()) + " |")


def _seconds(one: Figures) -> str:
    return f"{one['wall']:.1f} / {one['cpu']:.1f}"


def _rate(run: Figures, *parts: str) -> float:
    return float(run["rows"] / sum(run[part]["wall"] for part in parts))


_WHO: dict[str, Callable[[Figures], str]] = {
    "database": lambda run: run["database"],
    "rows": lambda run: f"{run['rows']:,}",
}
TABLES = (
    Table(
        "Import, then the index in memory (seconds by the clock / of CPU)",
        _WHO
        | {
            "import": lambda run: _seconds(run["import"]),
            "rows/s": lambda run: f"{_rate(run, 'import'):,.0f}",
            "index": lambda run: _seconds(run["index"]),
            "both, rows/s": lambda run: f"{_rate(run, 'import', 'index'):,.0f}",
            "peak of import, MB": lambda run: f"{run['import']['peak']:,.0f}",
            "peak with index, MB": lambda run: f"{run['index']['peak']:,.0f}",
            "load": lambda run: f"{run['load']:.1f}",
        },
    ),
    Table(
        "Imported and found: while the file is imported, another process follows",
        _WHO
        | {
            "import": lambda run: f"{run['beside']['import']:.1f}",
            "until all is found": lambda run: f"{run['beside']['wall']:.1f}",
            "rows/s": lambda run: f"{run['rows'] / run['beside']['wall']:,.0f}",
            "peak of the import, MB": lambda run: f"{run['beside']['peak']:,.0f}",
            "peak of the follower, MB": lambda run: f"{run['beside']['peak_following']:,.0f}",
        },
        needs="beside",
    ),
    Table(
        "What the index takes, and how a worker starts",
        _WHO
        | {
            "first search": lambda run: _seconds(run["first_search"]),
            "bytes a profile": lambda run: f"{run['bytes_a_profile']:,}",
            "snapshot written": lambda run: _seconds(run["snapshot"]),
            "snapshot, MB": lambda run: f"{run['snapshot_mb']:,.0f}",
            "start from it": lambda run: _seconds(run["start"]["index"]),
            "resident, MB": lambda run: f"{run['start']['resident']:,.0f}",
            "peak, MB": lambda run: f"{run['start']['first_search']['peak']:,.0f}",
        },
    ),
    Table(
        "Beside parts of it alone, in the same run",
        _WHO
        | {
            "encoder, texts/s": lambda run: f"{run['peers']['encoder']:,.0f}",
            "texts/s of CPU": lambda run: f"{run['peers']['encoder_cpu']:,.0f}",
            "import / encoder": lambda run: f"{_rate(run, 'import') / run['peers']['encoder']:.0%}",
            "plain insert, rows/s": lambda run: f"{run['peers']['insert']:,.0f}",
            "import / insert": lambda run: f"{_rate(run, 'import') / run['peers']['insert']:.0%}",
        },
    ),
)


def print_tables(runs: Sequence[Figures]) -> None:
    """Print the runs as tables in Markdown, under a line that names the machine."""
    here = machine()
    print(f"{here['cpu']}, {here['cores']} cores.")
    for table in TABLES:
        table.print(runs)


Database = Callable[[], AbstractContextManager[str]]


def _databases(folder: Path, rows: int, server: str | None) -> Iterator[tuple[str, Database]]:
    yield "SQLite", lambda: _sqlite(folder / f"{rows}.sqlite3")
    if server:
        yield "PostgreSQL", lambda: _postgresql(server, rows)


@contextmanager
def _sqlite(path: Path) -> Iterator[str]:
    try:
        yield f"sqlite:///{path}"
    finally:
        for file in path.parent.glob(path.name + "*"):
            file.unlink()


@contextmanager
def _postgresql(url: str, rows: int) -> Iterator[str]:
    import psycopg
    from sqlalchemy import make_url

    name = f"dari_import_{rows}_{time.time_ns()}"
    made = make_url(url).set(drivername="postgresql+psycopg")
    plain = made.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield made.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name}")


def _server(asked: argparse.Namespace) -> AbstractContextManager[str | None]:
    if asked.no_postgresql or asked.postgresql:
        return nullcontext(asked.postgresql)
    if POSTGRES is None:
        print("PostgreSQL is left out: Debian's binaries are not here", file=sys.stderr)
        return nullcontext(None)
    return postgresql()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--postgresql", metavar="URL", help="a server's maintenance database")
    parser.add_argument("--no-postgresql", action="store_true", help="measure SQLite alone")
    parser.add_argument("--seeking", action="store_true", help="give profiles a second facet")
    parser.add_argument(
        "--beside", action="store_true", help="import once more, while another process follows"
    )
    parser.add_argument("--folder", type=Path, help="where the files are made (else: TMPDIR)")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    parser.add_argument("--one", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--snapshots", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
