"""Owns runs and qrels: what a system answered, what is relevant, and their TREC files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import DatasetError, RunError
from evaluation.files import read_lines
from evaluation.messages import both
from profiles.taxonomy import Names

Qrels = Mapping[str, Mapping[str, int]]
"""Query id → partner id → relevance 0-3."""

HIGHEST_RELEVANCE = 3
_QREL_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """What one feature adds to the score of a pair, in points, and why."""

    feature: str
    points: float
    phrase: Names

    def as_json(self) -> dict[str, object]:
        """Give the reason as an object, in both languages."""
        told = {"en": self.phrase.en, "ko": self.phrase.ko}
        return {"feature": self.feature, "points": self.points, "reason": told}


Chances = Mapping[str, Mapping[str, float]]
"""Query id → partner id → the probability that the partner is relevant."""

Reasons = Mapping[str, Mapping[str, tuple[Reason, ...]]]
"""Query id → partner id → what speaks for the pair, greatest first."""


@dataclass(frozen=True, slots=True)
class Run:
    """A system's answers: query id → (partner id, score) by score descending, then id ascending.

    A system that gives probabilities has them in `chances`, for the listed pairs of which it says
    one. One that gives reasons has those of the listed pairs that were judged relevant in
    `reasons`. TREC files hold neither.
    """

    name: str
    rankings: Mapping[str, tuple[tuple[str, float], ...]]
    chances: Chances | None = None
    reasons: Reasons | None = None

    @classmethod
    def of(
        cls,
        name: str,
        scores: Mapping[str, Mapping[str, float]],
        *,
        chances: Chances | None = None,
        reasons: Reasons | None = None,
    ) -> Run:
        """Rank each query's partners by score descending, then id ascending.

        Raises:
            RunError: for a score that is not a number, which has no place in an order; for a
                chance outside 0 to 1, or of a pair that has no score.
        """
        for query, found in (chances or {}).items():
            _check_chances(query, found, scores.get(query, {}))
        ranked = {query: _ranked(query, found) for query, found in scores.items()}
        return cls(name, ranked, chances, reasons)

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


def _check_chances(query: str, found: Mapping[str, float], scored: Mapping[str, float]) -> None:
    for id, chance in found.items():
        if id not in scored or not 0 <= chance <= 1:
            raise RunError(
                value=f"{query} {id} {chance}",
                rule="A chance lies between 0 and 1, and belongs to a pair with a score.",
                remedy="Leave the chance out, or mend it.",
            )


def write_run(run: Run, path: Path) -> None:
    """Write a TREC run, queries by id, ranks from 1.

    Scores are written in 32 bits, as trec_eval reads them, each below the one before it: equal
    scores are parted by the smallest step there is, so that every reader finds the same order.
    """
    tag = "_".join(run.name.split())
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for query in sorted(run.rankings):
            ranking = run.rankings[query]
            scores = falling([score for _, score in ranking])
            for rank, ((id, _), score) in enumerate(zip(ranking, scores, strict=True), start=1):
                stream.write(f"{query} Q0 {id} {rank} {score!s} {tag}\n")


def falling(scores: Sequence[float]) -> NDArray[np.float32]:
    """Give n falling scores in 32 bits, shape (n,), each strictly below the one before it."""
    given = np.asarray(scores, dtype=np.float32)
    below = np.float32(-np.inf)
    for row in range(1, len(given)):
        if given[row] >= given[row - 1]:
            given[row] = np.nextafter(given[row - 1], below)
    return given


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
        query, _, partner, relevance = _columns(path, number, line)
        judged = qrels.setdefault(query, {})
        if partner in judged:
            raise _twice(path, number, line)
        judged[partner] = (_relevance(path, number, relevance), number)
    return qrels


def write_qrels(qrels: Qrels, path: Path) -> None:
    """Write TREC qrels, by query id and partner id."""
    path.write_text(qrels_text(qrels), encoding="utf-8", newline="\n")


def qrels_text(qrels: Qrels) -> str:
    """Give TREC qrels as a text, by query id and partner id."""
    return "".join(
        f"{query} 0 {partner} {qrels[query][partner]}\n"
        for query in sorted(qrels)
        for partner in sorted(qrels[query])
    )


def _columns(path: Path, number: int, line: str) -> list[str]:
    columns = line.split()
    if len(columns) == _QREL_COLUMNS:
        return columns
    raise DatasetError(
        file=path.name,
        line=number,
        value=line,
        rule=both("qrel_columns", found=len(columns), wanted=_QREL_COLUMNS),
        remedy=both("qrel_columns_remedy"),
    )


def _relevance(path: Path, number: int, text: str) -> int:
    if text in {str(grade) for grade in range(HIGHEST_RELEVANCE + 1)}:
        return int(text)
    raise DatasetError(
        file=path.name,
        line=number,
        field="relevance",
        value=text,
        rule=both("qrel_relevance"),
        remedy=both("qrel_relevance_remedy"),
    )


def _twice(path: Path, number: int, line: str) -> DatasetError:
    return DatasetError(
        file=path.name,
        line=number,
        value=line,
        rule=both("qrel_twice"),
        remedy=both("qrel_twice_remedy"),
    )
