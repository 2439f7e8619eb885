"""Measures the import of one CSV of profiles: rate, memory, and what its parts cost alone.

    python benchmarks/import.py --rows 10000 100000 1000000 [--postgresql URL]

Each run is a process of its own over a database of its own, so that its peak memory is its own.
The seconds of CPU tell, on a machine that does other work too, what the clock does not. On
PostgreSQL it makes databases beside the one that URL names, and drops them again.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

WORDS = 60
TEXTS = 20_000
"""How many texts the encoder alone is measured on."""


def main() -> None:
    """Print the table, a line for each database and number of rows."""
    asked = _arguments()
    if asked.one:
        print(json.dumps(measure(asked.one, asked.file, index=not asked.no_index)))
        return
    parts = ("database", "rows", "import", "cpu", "rows/s", "index", "cpu", "both rows/s", "MB")
    print(
        "".join(f"{part:>13}" for part in (*parts, "MB +index", "encoder/s", "/cpu s", "insert/s"))
    )
    with tempfile.TemporaryDirectory() as folder:
        for rows in asked.rows:
            file = Path(folder) / f"{rows}.csv"
            write_rows(file, rows)
            for name, database in _databases(Path(folder), rows, asked.postgresql):
                with database() as url:
                    _print_line(name, _in_a_process(url, file, no_index=asked.no_index))
            file.unlink()


def measure(url: str, file: Path, *, index: bool) -> dict[str, float]:
    """Import a file into the database at `url`, and measure the parts of it alone."""
    from index import Follower, Writer, import_file, load_encoder
    from profiles import Store

    store = Store.open(url)
    store.migrate()
    encoder = load_encoder(None)
    start, cpu = time.perf_counter(), time.process_time()
    report = import_file(store, Writer(store, encoder), file, "startups")
    imported, cpu_imported = time.perf_counter(), time.process_time()
    if report.rejected:
        raise SystemExit(f"{len(report.rejected)} rows were rejected: {report.rejected[0]}")
    found = {"rows": report.written, "import": imported - start, "peak": _peak()}
    found |= {"cpu": cpu_imported - cpu}
    if index:
        Follower(store, encoder).catch_up()
        found |= {"index": time.perf_counter() - imported}
        found |= {"cpu_index": time.process_time() - cpu_imported}
    found |= {"peak_index": _peak()}
    texts = [row["summary"] for row, _ in zip(_read(file), range(TEXTS), strict=False)]
    start, cpu = time.perf_counter(), time.process_time()
    encoder.encode(texts)
    found |= {"encoder": len(texts) / (time.perf_counter() - start)}
    found |= {"cpu_encoder": len(texts) / (time.process_time() - cpu)}
    store.close()
    return found | {"insert": _plain_insert(url, file)}


def write_rows(file: Path, rows: int) -> None:
    """Write startups with about 60 words each, made of the glossary's terms; always the same."""
    from profiles.taxonomy import provinces, sectors, terms

    glossary = Path(__file__).parents[1] / "index" / "training" / "glossary.tsv"
    lines = glossary.read_text(encoding="utf-8").splitlines()[1:]
    english, korean = zip(*(line.split("\t")[:2] for line in lines if "\t" in line), strict=True)
    draw = random.Random(3)
    regions, codes = list(provinces()), list(sectors())
    stages, supports = list(terms("stages")), list(terms("supports"))
    with file.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow([
            "id",
            "name_en",
            "name_ko",
            "summary",
            "region",
            "sectors",
            "seeks",
            "stage",
            "trl",
        ])
        for number in range(rows):
            words = english if number % 2 else korean
            table.writerow([
                f"s{number}",
                f"{draw.choice(english)} {number}",
                f"{draw.choice(korean)} {number}",
                _text(draw, words),
                draw.choice(regions),
                ";".join(draw.sample(codes, 2)),
                ";".join(draw.sample(supports, 2)),
                draw.choice(stages),
                draw.randint(1, 9),
            ])


def _text(draw: random.Random, terms: tuple[str, ...]) -> str:
    words: list[str] = []
    while len(words) < WORDS:
        words += draw.choice(terms).split()
    return " ".join(words[:WORDS])


def _read(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _plain_insert(url: str, file: Path) -> float:
    """Insert ids and texts by executemany, 1,000 a transaction; give rows a second."""
    from profiles.database import open_engine

    engine = open_engine(url)
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    rows = [(row["id"], json.dumps(row, ensure_ascii=False)) for row in _read(file)]
    rows = rows[:100_000]
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        cursor = raw.cursor()
        cursor.execute("CREATE TABLE plain (id VARCHAR(200) PRIMARY KEY, payload TEXT NOT NULL)")
        raw.commit()
        start = time.perf_counter()
        for first in range(0, len(rows), 1000):
            if engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            cursor.executemany(
                f"INSERT INTO plain VALUES ({mark}, {mark})", rows[first : first + 1000]
            )
            raw.commit()
        spent = time.perf_counter() - start
    engine.dispose()
    return len(rows) / spent


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_a_process(url: str, file: Path, *, no_index: bool) -> dict[str, float]:
    words = [sys.executable, __file__, "--one", url, "--file", str(file)]
    done = subprocess.run(
        [*words, "--no-index"] if no_index else words, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _print_line(name: str, one: dict[str, float]) -> None:
    rows, spent = one["rows"], one["import"]
    rate = rows / spent
    whole = rows / (spent + one["index"]) if "index" in one else float("nan")
    cells = [
        name,
        f"{rows:,.0f}",
        f"{spent:.1f} s",
        f"{one['cpu']:.1f} s",
        f"{rate:,.0f}",
        f"{one.get('index', float('nan')):.1f} s",
        f"{one.get('cpu_index', float('nan')):.1f} s",
        f"{whole:,.0f}",
        f"{one['peak']:,.0f}",
        f"{one['peak_index']:,.0f}",
        f"{one['encoder']:,.0f} {rate / one['encoder']:.0%}",
        f"{one['cpu_encoder']:,.0f}",
        f"{one['insert']:,.0f} {rate / one['insert']:.0%}",
    ]
    print("".join(f"{cell:>13}" for cell in cells), flush=True)


Database = Callable[[], AbstractContextManager[str]]


def _databases(folder: Path, rows: int, postgresql: str | None) -> Iterator[tuple[str, Database]]:
    yield "sqlite", lambda: _sqlite(folder / f"{rows}.sqlite3")
    if postgresql:
        yield "postgresql", lambda: _postgresql(postgresql, rows)


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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--postgresql", metavar="URL", help="a server's maintenance database")
    parser.add_argument("--no-index", action="store_true", help="leave out the index in memory")
    parser.add_argument("--one", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
