"""Throws mutated CSV and JSONL files at the importer: no traceback, no hang, no lost good row.

    python -m tests.fuzz_import --cases 200000

Most cases are files of good rows of which one was mutated: the others must come through as they
are. In the rest, anything may have been mutated: there must be a report or a named error. Every
hundredth file is written to the database, and must change nothing the second time. A case that
fails is kept as a file, and named.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index import Writer, import_file
from profiles import Record, Startup, Store, validate
from profiles.importing import IMPORT_KINDS, ImportKind, Row, UnreadableFile

LONGEST = 5.0
"""How many seconds one file may take."""

_FIELDS = ("id", "name_en", "name_ko", "summary", "sectors", "trl", "website")
_TEXT = "대구의 초음파 진단기를 만드는 회사입니다, 병원과 함께 실증합니다."
_PIECES = [
    b'"', b'""', b",", b";", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf",
    b"{", b"}", b"[", b"]", b":", b"\\", b"\\u0000", b"\\ud800", b"null", b"NaN", b"1e999", b"-1",
    b"9" * 400, b"'", b"=1+1", b"\t", b" ", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"[" * 2000,
    b"x" * 25_000, b"\xed\xa0\x80", b"{\"a\":" * 500,
    "가".encode(), "가".encode("cp949"), b'"id":',
    b"true", b"\x1a", b"\x85", b"0x10",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and the records that must come out of it whatever was done to the others."""

    suffix: str
    kind: ImportKind
    data: bytes
    good: tuple[Record, ...]


class Lengths:
    """An encoder that costs nothing."""

    encoder_id = "lengths"
    dimension = 2

    def encode(self, texts: Sequence[str], *, role: str = "passage") -> Any:
        """Encode a text by its length."""
        return np.array([[len(text), 1] for text in texts], dtype=np.float32).reshape(-1, 2)


class Held:
    """A store that only notes what is written: most files need no database."""

    def __init__(self) -> None:
        self.written: list[Any] = []

    def sides(self, ids: Any) -> dict[str, Any]:
        """Hold no profile, or for ties and programmes every profile."""
        return dict.fromkeys(ids) if isinstance(ids, set) else {}

    def merged_into(self, ids: Any) -> dict[str, str]:
        """Have nothing merged."""
        return {}

    def changed(self, records: Any, space: str) -> list[Any]:
        """Take every record as new."""
        return list(records)

    changed_ties = changed

    def programmes(self) -> list[Any]:
        """Hold no programme."""
        return []

    def put_programmes(self, records: Any, *, by: str) -> None:
        """Note records."""
        self.written += records

    def merging_state(self) -> tuple[int, int]:
        """Have nothing merged."""
        return 0, 0

    def put_many(self, entries: Any, *, by: str, merging: object = None) -> None:
        """Note the records of entries."""
        self.written += [record for record, _ in entries]

    put_ties = put_many


def make_case(seed: int) -> Case:
    """Make the case of a number, always the same."""
    draw = random.Random(seed)
    suffix = draw.choice([".csv", ".jsonl"])
    end = draw.choice([b"\n", b"\r\n"])
    raws = [_raw(draw, number) for number in range(draw.randint(2, 6))]
    head, lines = (_csv if suffix == ".csv" else _jsonl)(raws)
    anything = draw.random() < 0.2
    if anything:
        data = _mutated(draw, end.join([*head, *lines]), draw.randint(1, 12))
        kind = draw.choice(IMPORT_KINDS)
        return Case(suffix, kind, data, ())
    struck = draw.randrange(len(lines))
    lines[struck] = _mutated(draw, lines[struck], draw.randint(1, 4))
    data = end.join([*head, *lines]) + draw.choice([b"", end])
    good = [validate(Startup, raw) for n, raw in enumerate(raws) if n != struck]
    if draw.random() < 0.2:
        data = b"\xef\xbb\xbf" + data
    return Case(suffix, "startups", data, tuple(good))


def run_case(case: Case, folder: Path, store: Store | None = None) -> None:
    """Import a file, into a database where one is given.

    Raises:
        AssertionError: if a good row is lost or changed, or a report contradicts itself.
    """
    path = folder / f"case{case.suffix}"
    path.write_bytes(case.data)
    held: Any = Held()
    rejected: list[Row] = []
    start = time.perf_counter()
    try:
        report = import_file(
            held, Writer(held, Lengths()), path, case.kind, rejected=rejected.append
        )
    except UnreadableFile:
        assert not case.good, "a file with good rows was refused"
        return
    assert time.perf_counter() - start < LONGEST, "too slow"
    assert (report.accepted, report.rejections) == (len(held.written), len(rejected))
    errors = [error for row in rejected for error in row.errors]
    for error in errors:
        for lang in ("en", "ko"):
            f"{error.rule(lang)} {error.remedy(lang)}".encode()
    repeated = {error.value for error in errors if error.code == "id_repeated"}
    for record in case.good:
        assert record in held.written or record.id in repeated, f"lost: {record!r}"
    if store:
        writer = Writer(store, Lengths())
        first = import_file(store, writer, path, case.kind)
        again = import_file(store, writer, path, case.kind)
        assert (again.accepted, again.written) == (first.accepted, 0)


def run_cases(first: int, count: int, folder: Path) -> list[str]:
    """Run so many cases from a number on; give what failed."""
    failed = []
    store = Store.open(f"sqlite:///{folder / 'fuzz.sqlite3'}")
    store.migrate()
    before = signal.signal(signal.SIGALRM, _too_long)
    for seed in range(first, first + count):
        case = make_case(seed)
        signal.setitimer(signal.ITIMER_REAL, 2 * LONGEST)
        try:
            run_case(case, folder, None if seed % 100 else store)
        except Exception:
            signal.setitimer(signal.ITIMER_REAL, 0)
            kept = folder / f"failed-{seed}{case.suffix}"
            kept.write_bytes(case.data)
            failed.append(f"case {seed}, {kept}:\n{traceback.format_exc()}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    store.close()
    return failed


def main() -> None:
    """Run the cases on some processes, and say what failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    start = time.perf_counter()
    step = min(2_000, max(1, asked.cases // asked.jobs))
    firsts = range(asked.first, asked.first + asked.cases, step)
    failed: list[str] = []
    with ProcessPoolExecutor(asked.jobs) as pool:
        made = [
            (pool.submit(run_cases, first, size, _folder()), size)
            for first in firsts
            if (size := min(step, asked.first + asked.cases - first))
        ]
        done = 0
        for running, size in made:
            failed += running.result()
            done += size
            rate = done / (time.perf_counter() - start)
            _say(f"{done:,} cases, {len(failed)} failed, {rate:,.0f}/s")
    _say("\n".join(failed[:20]))
    sys.exit(1 if failed else 0)


def _folder() -> Path:
    """Make a folder, in memory where the machine has one for that."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))


def _raw(draw: random.Random, number: int) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "id": f"s{number}",
        "name": {"en": f'Sonic {number}, "Ltd"' if draw.random() < 0.3 else f"Sonic {number}"},
        "summary": {"ko": _TEXT if draw.random() < 0.7 else "초음파 " * draw.randint(10, 60)},
    }
    if draw.random() < 0.5:
        raw["name"]["ko"] = "음파"
    if draw.random() < 0.5:
        raw |= {"sectors": ["ai", "robotics"], "trl": draw.randint(1, 9)}
    if draw.random() < 0.3:
        raw["website"] = "https://example.kr/?a=1&b=2"
    return raw


def _csv(raws: Sequence[dict[str, Any]]) -> tuple[list[bytes], list[bytes]]:
    lines = []
    for raw in raws:
        flat = {**raw, "summary": raw["summary"]["ko"], "sectors": ";".join(raw.get("sectors", ()))}
        flat |= {f"name_{lang}": name for lang, name in raw["name"].items()}
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="").writerow([flat.get(name, "") for name in _FIELDS])
        lines.append(buffer.getvalue().encode())
    return [",".join(_FIELDS).encode()], lines


def _jsonl(raws: Sequence[dict[str, Any]]) -> tuple[list[bytes], list[bytes]]:
    return [], [json.dumps(raw, ensure_ascii=False).encode() for raw in raws]


def _mutated(draw: random.Random, data: bytes, times: int) -> bytes:
    for _ in range(times):
        place = draw.randint(0, len(data))
        other = draw.randint(place, min(len(data), place + 40))
        piece = draw.choice([*_PIECES, draw.randbytes(draw.randint(1, 4))])
        data = draw.choice([
            data[:place] + piece + data[place:],
            data[:place] + data[other:],
            data[:place] + piece + data[other:],
            data[:other] + data[place:],
            data[:place] + data[place:other] * draw.choice([2, 50]) + data[other:],
        ])
    return data


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _too_long(number: int, frame: object) -> None:
    raise AssertionError(f"a file took more than {2 * LONGEST} seconds")


if __name__ == "__main__":
    main()
