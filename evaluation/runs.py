"""Owns runs and qrels: what a system answered, what is relevant, and their TREC files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.errors import DatasetError, RunError
from evaluation.files import read_lines

Qrels = Mapping[str, Mapping[str, int]]
"""Query id → partner id → relevance 0-3."""

HIGHEST_RELEVANCE = 3


@dataclass(frozen=True, slots=True)
class Run:
    """A system's answers: query id → (partner id, score) by score descending, then id ascending."""

    name: str
    rankings: Mapping[str, tuple[tuple[str, float], ...]]

    @classmethod
    def of(cls, name: str, scores: Mapping[str, Mapping[str, float]]) -> Run:
        """Rank each query's partners by score descending, then id ascending.

        Raises:
            RunError: for a score that is not a number, which has no place in an order.
        """
        return cls(name, {query: _ranked(query, found) for query, found in scores.items()})

    def ids(self, query: str) -> tuple[str, ...]:
        """Give the partners of a query, best first; none where the run lacks the query."""
        return tuple(id for id, _ in self.rankings.get(query, ()))


def _ranked(query: str, found: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    for id, score in found.items():
        if math.isnan(score):
            raise RunError(
                value=f"{query} {id} {score}",
                rule="A score must be a number.",
                remedy="Leave the partner out of the run, or give it a score.",
            )
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def read_run(path: Path, *, name: str | None = None) -> Run:
    """Read a TREC run: `query Q0 partner rank score tag`.

    The order is by score descending, then id ascending; the rank column is not used, as in
    trec_eval. The run is named `name`, else by the tag of its first line.

    Raises:
        DatasetError: for a line of another form, or a partner that stands twice for one query.
    """
    scores: dict[str, dict[str, float]] = {}
    tag = name
    for number, line in read_lines(path):
        query, _, partner, _, score, line_tag = _columns(path, number, line, 6)
        tag = tag or line_tag
        found = scores.setdefault(query, {})
        if partner in found:
            raise _twice(path, number, line)
        found[partner] = _score(path, number, score)
    return Run.of(tag or path.stem, scores)


def write_run(run: Run, path: Path) -> None:
    """Write a TREC run, queries by id, ranks from 1; scores so that reading gives them back."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for query in sorted(run.rankings):
            for rank, (partner, score) in enumerate(run.rankings[query], start=1):
                stream.write(f"{query} Q0 {partner} {rank} {float(score)!r} {run.name}\n")


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read TREC qrels: `query 0 partner relevance`, relevance 0-3.

    Raises:
        DatasetError: for a line of another form, a relevance outside 0-3, or a pair that is
            judged twice.
    """
    return {
        query: {partner: grade for partner, (grade, _) in judged.items()}
        for query, judged in numbered_qrels(path).items()
    }


def numbered_qrels(path: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Read TREC qrels as `read_qrels` does: query → partner → (relevance, line number).

    Raises:
        DatasetError: as `read_qrels` does.
    """
    qrels: dict[str, dict[str, tuple[int, int]]] = {}
    for number, line in read_lines(path):
        query, _, partner, relevance = _columns(path, number, line, 4)
        judged = qrels.setdefault(query, {})
        if partner in judged:
            raise _twice(path, number, line)
        judged[partner] = (_relevance(path, number, relevance), number)
    return qrels


def write_qrels(qrels: Qrels, path: Path) -> None:
    """Write TREC qrels, by query id and partner id."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for query in sorted(qrels):
            for partner in sorted(qrels[query]):
                stream.write(f"{query} 0 {partner} {qrels[query][partner]}\n")


def _columns(path: Path, number: int, line: str, expected: int) -> list[str]:
    columns = line.split()
    if len(columns) == expected:
        return columns
    form = {4: "query 0 partner relevance", 6: "query Q0 partner rank score tag"}[expected]
    raise DatasetError(
        file=path.name,
        line=number,
        value=line,
        rule=f"The line has {len(columns)} columns; there must be {expected}.",
        remedy=f"Write: {form} (ids without spaces).",
    )


def _relevance(path: Path, number: int, text: str) -> int:
    if text in {str(grade) for grade in range(HIGHEST_RELEVANCE + 1)}:
        return int(text)
    raise DatasetError(
        file=path.name,
        line=number,
        field="relevance",
        value=text,
        rule="Relevance is a whole number from 0 to 3.",
        remedy="Write 0 (not relevant), 1, 2 or 3 (most relevant).",
    )


def _score(path: Path, number: int, text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if math.isnan(score):
        raise DatasetError(
            file=path.name,
            line=number,
            field="score",
            value=text,
            rule="A score must be a number.",
            remedy="Write a number such as 12.5.",
        )
    return score


def _twice(path: Path, number: int, line: str) -> DatasetError:
    return DatasetError(
        file=path.name,
        line=number,
        value=line,
        rule="This partner stands twice for one query.",
        remedy="Keep one of the two lines.",
    )
