"""Owns the outcome of a judging round: one grade a pair, who disagrees, and its files."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from evaluation.agreement import Alpha, Counts, NoAlpha, agreement, confusion, spread
from evaluation.messages import both
from evaluation.pooling import generator_of
from evaluation.runs import write_qrels
from evaluation.store_source import convert_judged
from evaluation.writing import Progress
from profiles import Store
from profiles.files import guarded
from profiles.judgements import Judgement, JudgingError, Pooled, Round, newest
from profiles.judging import read_pairs

QRELS, JUDGEMENTS, PAIRS, TEST_SET = "qrels.txt", "judgements.csv", "pairs.csv", "test-set"


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A pair with what counts: each judge's newest judgement, and the final one if it is settled.

    Attributes:
        pair: what was judged.
        given: judge → judgement; one whose grade is None passed the pair over.
        final: the judgement that settles the pair; None where there is none.
    """

    pair: Pooled
    given: Mapping[str, Judgement]
    final: Judgement | None

    @property
    def grades(self) -> dict[str, int]:
        """The grades of the judges, by judge."""
        return {
            judge: one.grade for judge, one in sorted(self.given.items()) if one.grade is not None
        }

    @property
    def is_settled(self) -> bool:
        """Whether somebody has given the pair a final grade."""
        return self.final is not None and self.final.grade is not None

    @property
    def grade(self) -> int | None:
        """The grade of the pair: the final one, else the median of the judges, rounded down.

        None where nobody has graded the pair: it is not judged, which is not the same as 0.
        """
        if self.final is not None and self.final.grade is not None:
            return self.final.grade
        return int(median(self.grades.values())) if self.grades else None


@dataclass(frozen=True)
class Outcome:
    """A round with its pairs by number, and all judgements, former ones too."""

    round: Round
    pairs: tuple[JudgedPair, ...]
    given: tuple[Judgement, ...]

    @cached_property
    def graded(self) -> Mapping[str, int]:
        """How many pairs each judge has graded, by name."""
        found: dict[str, int] = {}
        for pair in self.pairs:
            for judge in pair.grades:
                found[judge] = found.get(judge, 0) + 1
        return dict(sorted(found.items()))

    @property
    def done(self) -> int:
        """How many pairs have been graded by as many judges as the round asks for."""
        return sum(len(pair.grades) >= self.round.judges for pair in self.pairs)

    @property
    def settled(self) -> int:
        """How many pairs have a final grade."""
        return sum(pair.is_settled for pair in self.pairs)

    @cached_property
    def agreement(self) -> Alpha | NoAlpha:
        """Krippendorff's alpha of the judges' grades, by startup as cluster."""
        table = {str(one.pair.id): one.grades for one in self.pairs}
        startups = {str(one.pair.id): one.pair.startup for one in self.pairs}
        return agreement(table, startups, rng=generator_of(self.round.name, ""))

    @cached_property
    def confusions(self) -> Mapping[tuple[str, str], Counts]:
        """How two judges' grades meet, for each two who share a pair: (4, 4) counts, most first."""
        table = {str(one.pair.id): one.grades for one in self.pairs}
        found = {
            (one, other): confusion(table, one, other)
            for one, other in combinations(self.graded, 2)
        }
        shared = {judges: counts for judges, counts in found.items() if counts.any()}
        return dict(sorted(shared.items(), key=lambda one: (-one[1].sum(), one[0])))

    @cached_property
    def disputed(self) -> Sequence[JudgedPair]:
        """The pairs whose judges differ, those that lie furthest apart first."""
        apart = [one for one in self.pairs if len(set(one.grades.values())) > 1]
        return sorted(apart, key=lambda one: (*(-x for x in spread(one.grades)), one.pair.id))

    @property
    def qrels(self) -> dict[str, dict[str, int]]:
        """Startup → partner → grade, of the pairs that have one."""
        found: dict[str, dict[str, int]] = {}
        for one in self.pairs:
            if one.grade is not None:
                found.setdefault(one.pair.startup, {})[one.pair.partner] = one.grade
        return found


def outcome_of(store: Store, name: str) -> Outcome:
    """Read the outcome of a round.

    Raises:
        JudgingError: if there is no such round.
    """
    held, pairs, given = read_pairs(store, name)
    current = newest(given)
    of: dict[int, dict[str, Judgement]] = {}
    final: dict[int, Judgement] = {}
    for (pair, role, judge), one in current.items():
        if role == "judge":
            of.setdefault(pair, {})[judge] = one
        elif pair not in final or one.id > final[pair].id:
            final[pair] = one
    found = (JudgedPair(one, of.get(one.id, {}), final.get(one.id)) for one in pairs)
    return Outcome(held, tuple(found), tuple(given))


def write_outcome(
    store: Store, outcome: Outcome, out: Path, *, progress: Progress | None = None
) -> list[Path]:
    """Write what a round found: grades for TREC, the judges' table, and a test set.

    `qrels.txt` has a line for each pair with a grade; `judgements.csv` what each judge said, and
    `pairs.csv` which system listed each pair where, both safe to open in a spreadsheet; `test-set`
    is a folder for `dari evaluate` with the store as it was when the round was opened. What an
    earlier export wrote is replaced. The tables name judges: only their owner can read them.

    Raises:
        JudgingError: if nothing is graded, or the folder holds something else or cannot be written.
        ConversionError: as `convert_judged` does.
    """
    qrels = outcome.qrels
    if not qrels:
        raise JudgingError("round", "round_ungraded", outcome.round.name)
    try:
        _prepare(out)
        write_qrels(qrels, out / QRELS)
        _write_private(out / JUDGEMENTS, judgements_csv(outcome))
        _write_private(out / PAIRS, pairs_csv(outcome))
    except OSError as error:
        raise JudgingError("out", "judging_out", out, why=error.strerror or error) from error
    convert_judged(
        store,
        out / TEST_SET,
        qrels,
        cut=outcome.round.opened_at.date() + timedelta(days=1),
        name=both("judged_name", name=outcome.round.name),
        notes=_notes(outcome),
        progress=progress,
    )
    return [out / name for name in (QRELS, JUDGEMENTS, PAIRS, TEST_SET)]


def judgements_csv(outcome: Outcome) -> bytes:
    """Write what each judge said of each pair, and what settled it; UTF-8 that Excel reads."""
    columns = ("startup", "partner", "judge", "role", "grade", "note", "at")
    table = [
        {
            "startup": one.pair.startup,
            "partner": one.pair.partner,
            "judge": said.judge,
            "role": said.role,
            "grade": "" if said.grade is None else said.grade,
            "note": said.note,
            "at": said.at.isoformat(timespec="seconds"),
        }
        for one in outcome.pairs
        for said in (*(one.given[judge] for judge in sorted(one.given)), one.final)
        if said is not None
    ]
    return _csv(columns, table)


def pairs_csv(outcome: Outcome) -> bytes:
    """Write the grade of each pair, how it came about, and at which rank each system listed it."""
    systems = outcome.round.systems
    columns = ("startup", "partner", "grade", "settled", "judges", *systems)
    table = [
        {
            "startup": one.pair.startup,
            "partner": one.pair.partner,
            "grade": "" if one.grade is None else one.grade,
            "settled": "yes" if one.is_settled else "no",
            "judges": len(one.grades),
            **one.pair.systems,
        }
        for one in outcome.pairs
    ]
    return _csv(columns, table)


def _notes(outcome: Outcome) -> list[str]:
    found, total = outcome.agreement, len(outcome.pairs)
    said = f"Krippendorff's alpha {found.value:.3f}" if isinstance(found, Alpha) else found.why
    graded = sum(one.grade is not None for one in outcome.pairs)
    return [
        both("judged_depth", depth=outcome.round.depth, systems=", ".join(outcome.round.systems)),
        both(
            "judged_counts",
            graded=graded,
            total=total,
            done=outcome.done,
            judges=outcome.round.judges,
            settled=outcome.settled,
            said=said,
        ),
    ]


def _prepare(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if {path.name for path in out.iterdir()} - {QRELS, JUDGEMENTS, PAIRS, TEST_SET}:
        raise JudgingError("out", "judging_out", out, why="it holds something else")


def _write_private(file: Path, data: bytes) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(data)


def _csv(columns: Sequence[str], table: Iterable[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([guarded(name) for name in columns])
    for row in table:
        writer.writerow([guarded(str(row.get(name, ""))) for name in columns])
    return text.getvalue().encode("utf-8-sig")
