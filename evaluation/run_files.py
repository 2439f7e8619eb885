"""Owns the reading of anybody's run files: TREC form, checked line by line against a test set."""

from __future__ import annotations

import codecs
import math
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from evaluation.dataset import TestSet
from evaluation.errors import RunFileError
from evaluation.messages import Said, both
from evaluation.naming import unused
from evaluation.runs import Run

MOST_LINES = 5_000_000
LONGEST_LINE = 10_000
_COLUMNS = 6


def read_run(
    path: Path, *, name: str | None = None, test_set: TestSet | None = None, depth: int = 100
) -> Run:
    """Read a TREC run: `query Q0 partner rank score tag`.

    The order is by score descending, then id ascending; the rank column is not used, as in
    trec_eval. The run is named `name`, else by the tag of its first line.

    Args:
        path: the file, UTF-8.
        name: the name of the run.
        test_set: what its queries and candidates must be of; not checked if None.
        depth: how many places are looked at, as the error of a file that is too long tells.

    Raises:
        RunFileError: with file and line, for a line of another form or encoding, a score that is
            no finite number, a candidate that stands twice for one query, a query or candidate
            that the test set lacks, no line at all, or more than `MOST_LINES`.
    """
    reading = _Reading(path, test_set, depth)
    for number, line in _lines(path):
        reading.add(number, line)
    if not reading.scores:
        raise RunFileError("run_empty", file=path.name, value=path)
    return Run.of(name or reading.tag, reading.scores)


@dataclass(slots=True)
class _Reading:
    """What has been read of a run so far."""

    path: Path
    test_set: TestSet | None
    depth: int
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    tag: str = ""
    _count: int = 0

    def add(self, number: int, line: str) -> None:
        self._count += 1
        if self._count > MOST_LINES:
            raise self._error("run_huge", number, line, limit=f"{MOST_LINES:,}", depth=self.depth)
        columns = line.split()
        if len(columns) != _COLUMNS:
            raise self._error("run_columns", number, line, found=len(columns))
        query, _, candidate, _, score, tag = columns
        self.tag = self.tag or tag
        found = self.scores.setdefault(query, {})
        if candidate in found:
            raise self._error("run_twice", number, line, first=self._first(query, candidate))
        self._check_known(number, query, candidate)
        found[sys.intern(candidate)] = self._score(number, score)

    def _first(self, query: str, candidate: str) -> int:
        """Find the line on which a pair stands first; it has been read before."""
        pair = [query, candidate]
        return next(number for number, line in _lines(self.path) if line.split()[::2][:2] == pair)

    def _check_known(self, number: int, query: str, candidate: str) -> None:
        if self.test_set is None:
            return
        if query not in self.test_set.qrels:
            raise self._error("run_query", number, query)
        if candidate not in self.test_set.candidates_of(query):
            raise self._error("run_candidate", number, f"{query} {candidate}")

    def _score(self, number: int, text: str) -> float:
        try:
            score = math.nan if "_" in text else float(text)  # Python alone reads 1_0 as ten
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            raise self._error("run_score", number, text)
        return score

    def _error(self, code: str, number: int, value: object, **params: object) -> RunFileError:
        return RunFileError(code, file=self.path.name, line=number, value=value, **params)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line in NFC) of the lines that are not blank, one by one."""
    try:
        with path.open("rb") as stream:
            for number, raw in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), b""), 1):
                line = _decoded(path, number, raw).strip()
                if line:
                    yield number, line
    except FileNotFoundError as error:
        raise RunFileError("run_missing", file=path.name, value=path) from error
    except OSError as error:
        why = error.strerror
        raise RunFileError("run_unreadable", file=path.name, value=path, why=why) from error


def _decoded(path: Path, number: int, raw: bytes) -> str:
    if len(raw) > LONGEST_LINE:
        raise RunFileError(
            "run_long_line", file=path.name, line=number, value=raw[:80], limit=f"{LONGEST_LINE:,}"
        )
    if number == 1:
        raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RunFileError("run_encoding", file=path.name, line=number, value=raw[:80]) from error


def cut_at(run: Run, depth: int) -> tuple[Run, int]:
    """Keep the first `depth` places of each query, as all systems of a report have.

    Returns:
        the run, and how many queries had more.
    """
    cut = sum(len(ranking) > depth for ranking in run.rankings.values())
    kept = {query: ranking[:depth] for query, ranking in run.rankings.items()}
    return replace(run, rankings=kept), cut


def read_runs(
    paths: Iterable[Path], test_set: TestSet, *, depth: int, taken: Iterable[str] = ()
) -> tuple[list[Run], tuple[Said, ...]]:
    """Read run files to stand in one report, each under a name that no other run has.

    A run whose tag is in `taken`, or that of an earlier file, is told apart by its file's name.

    Returns:
        the runs, and sentences for the reader of the report.

    Raises:
        RunFileError: as `read_run` does.
    """
    names = set(taken)
    runs, notes = [], []
    for path in paths:
        run, deep = cut_at(read_run(path, test_set=test_set, depth=depth), depth)
        run = replace(run, name=_free(run.name, path, names))
        names.add(run.name)
        runs.append(run)
        notes += _notes(run, test_set, deep, depth)
    return runs, tuple(notes)


def _free(name: str, path: Path, names: set[str]) -> str:
    """Find a name that is not in use: the tag, else the tag and the file, else with a number."""
    return unused(name if name not in names else f"{name} ({path.stem})", names, "{name} {n}")


def _notes(run: Run, test_set: TestSet, deep: int, depth: int) -> list[Said]:
    missing = len(test_set.qrels.keys() - run.rankings.keys())
    notes = []
    if missing:
        notes.append(both("note_run_missing", run=run.name, n=missing))
    if deep:
        notes.append(both("note_run_deep", run=run.name, depth=depth, n=deep))
    return notes
