"""Owns the whole way from a test set's folder to the report on Dari, its baselines and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from evaluation.baselines import (
    Advance,
    bm25_run,
    dense_run,
    knn_run,
    known_at,
    popularity_run,
    random_run,
    region_run,
    rule_run,
)
from evaluation.comparing import Comparison, compare_runs
from evaluation.dataset import TestSet
from evaluation.errors import ConversionError, RunError
from evaluation.loading import load
from evaluation.measures import DEFAULT, depth_of
from evaluation.messages import both
from evaluation.report import Report, report_on
from evaluation.run_files import read_runs
from evaluation.runs import Run, write_qrels, write_run
from evaluation.system import dari_runs
from evaluation.turning import turn
from evaluation.writing import Progress, silent
from index import Encoder, load_encoder
from matcher import Ranker, load_ranker
from profiles import Side

SEED = 20_241_101
SYSTEMS = (
    "dari", "random", "popularity", "popularity_region", "bm25", "dense", "knn", "rule"
)  # fmt: skip


def evaluate_folder(
    folder: Path,
    encoder: Encoder | None = None,
    measures: Sequence[str] = DEFAULT,
    progress: Progress | None = None,
    *,
    ranker: Ranker | None = None,
    beside: Mapping[str, Ranker] | None = None,
    seed: int = SEED,
    side: Side | None = Side.STARTUP,
    run_files: Sequence[Path] = (),
    runs_out: Path | None = None,
    trained_until: Mapping[str, date] | None = None,
) -> Report:
    """Run Dari and its baselines on a test set, and report on them.

    Args:
        folder: the test set.
        encoder: the encoder that Dari runs with; the one that ships with it if None.
        measures: names as ir-measures has them.
        progress: told of the way that has been gone.
        ranker: the ranker that Dari runs with; the one that ships with it if None.
        beside: other rankers that Dari runs with on the same queries, each by a name of its own;
            the first of them is the one that Dari is compared with pair by pair.
        seed: where the random baseline and the bootstrap start from.
        side: who asks: startups for partners, or partners for startups; None for both, one after
            the other: the report is then that of the startups, and `turned` that of the partners.
        run_files: TREC runs of other systems, scored beside these; with both sides they answer
            the startups.
        runs_out: the folder to write the runs of Dari and the baselines to, as TREC files, with
            the judgements as `qrels.txt`; made if it is missing. With both sides those of the
            partners go into its folder `partner`.
        trained_until: system ("dari", or the name of another ranker) → the first day that its
            training did not know; one that lies after the cut is told in a note.

    Raises:
        DatasetError: for a folder that breaks the format.
        RunFileError: for a run file that breaks its form, before anything is run.
        RunError: for a ranker that is named as another system.
        MeasureError: for a measure that is not known.
        ConversionError: if `runs_out` cannot be written.
        DariError: as Dari does.
    """
    tell = progress or silent
    depth = depth_of(measures)
    rankers = _named(ranker, beside or {})
    tell("Reading the test set", 0, 1)
    test_set = from_side(load(folder), side or Side.STARTUP)
    others, notes = read_runs(run_files, test_set, depth=depth, taken=(*SYSTEMS, *rankers))
    late = _trained_late(test_set, trained_until or {}, rankers)
    work = _Work(encoder or load_encoder(), rankers, measures, depth, seed, tell)
    report = work.report(test_set, others, [*late, *notes], runs_out)
    if side is None:
        out = runs_out / Side.PARTNER.value if runs_out else None
        report = replace(report, turned=work.report(turn(test_set), [], late, out))
    tell("Done", 1, 1)
    return report


def _trained_late(
    test_set: TestSet, until: Mapping[str, date], rankers: Mapping[str, Ranker]
) -> list[str]:
    """Warn of models that learned from what came after the cut: they may have seen the answers."""
    return [
        both("note_trained_late", model=rankers[name].version, until=day, cut=test_set.cut)
        for name, day in until.items()
        if day > test_set.cut
    ]


def _named(ranker: Ranker | None, beside: Mapping[str, Ranker]) -> dict[str, Ranker]:
    """Name all rankers; the one under test is first."""
    for name in beside:
        if name in SYSTEMS or not name or name != "".join(name.split()):
            raise RunError(
                value=name,
                rule="A ranker needs a name of its own, without spaces.",
                remedy=f"Choose one that is none of: {', '.join(SYSTEMS)}.",
            )
    return {SYSTEMS[0]: ranker or load_ranker(), **beside}


@dataclass(frozen=True, slots=True)
class _Work:
    """What is run and measured on a test set, from whichever side it is asked."""

    encoder: Encoder
    rankers: Mapping[str, Ranker]
    measures: Sequence[str]
    depth: int
    seed: int
    tell: Progress

    def report(
        self, test_set: TestSet, others: Sequence[Run], notes: Sequence[str], out: Path | None
    ) -> Report:
        """Run all systems and report on them; other runs stand after those of the rankers."""
        models, baselines = self._models(test_set), self._baselines(test_set)
        if out is not None:
            write_runs(test_set, [*models, *baselines], out)
        self.tell(self._stage("Measuring", test_set), 0, 1)
        beside = [*models[1:], *others]
        report = report_on(
            test_set,
            [*models, *others, *baselines],
            self.measures,
            seed=self.seed,
            notes=notes,
            beside=beside[0].name if beside else None,
        )
        versions = {name: ranker.version for name, ranker in self.rankers.items()}
        return replace(report, models=versions, encoder=self.encoder.encoder_id)

    def _models(self, test_set: TestSet) -> list[Run]:
        """Run Dari with each ranker."""
        total = len(test_set.queries) * len(self.rankers)
        asked = _counting(self.tell, self._stage("Asking Dari", test_set), total)
        return dari_runs(test_set, self.encoder, self.rankers, depth=self.depth, advance=asked)

    def _baselines(self, test_set: TestSet) -> list[Run]:
        """Run the baselines, which share what is known of each day."""
        known, depth = known_at(test_set), self.depth
        words = _counting(self.tell, self._stage("Asking BM25", test_set), len(test_set.queries))
        return [
            random_run(test_set, rng=np.random.default_rng(self.seed), depth=depth),
            popularity_run(test_set, depth=depth, known=known),
            region_run(test_set, depth=depth, known=known),
            bm25_run(test_set, depth=depth, advance=words, known=known),
            dense_run(test_set, self.encoder, depth=depth, known=known),
            knn_run(test_set, depth=depth, known=known),
            rule_run(test_set, depth=depth, known=known),
        ]

    def _stage(self, what: str, test_set: TestSet) -> str:
        return what if test_set.side is Side.STARTUP else f"{what} (partners ask)"


def compare_folder(
    folder: Path,
    first: Path,
    second: Path,
    measures: Sequence[str] = DEFAULT,
    *,
    side: Side = Side.STARTUP,
    seed: int = SEED,
) -> Comparison:
    """Compare two run files on a test set.

    Raises:
        DatasetError: for a folder that breaks the format.
        RunFileError: for a run file that breaks its form.
        MeasureError: for a measure that is not known.
    """
    depth = depth_of(measures)
    test_set = from_side(load(folder), side)
    (one, other), notes = read_runs([first, second], test_set, depth=depth)
    return compare_runs(test_set, one, other, measures, seed=seed, notes=notes)


def from_side(test_set: TestSet, side: Side) -> TestSet:
    """Give the test set as the side that asks has it."""
    return test_set if side is test_set.side else turn(test_set)


def write_runs(test_set: TestSet, runs: Sequence[Run], out: Path) -> None:
    """Write each run as `NAME.run`, and the judgements as `qrels.txt`, for trec_eval and others.

    Raises:
        ConversionError: if the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for run in runs:
            write_run(run, out / f"{run.name}.run")
        write_qrels(test_set.qrels, out / "qrels.txt")
    except OSError as error:
        raise ConversionError(
            value=out,
            rule=both("out_unwritable", why=error.strerror),
            remedy=both("out_unwritable_remedy"),
        ) from error


def _counting(tell: Progress, description: str, total: int) -> Advance:
    """Make a callback that adds up what it is told and passes the sum on."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        tell(description, done, total)

    tell(description, 0, total)
    return advance
