"""Owns the whole way from a test set's folder to the report on Dari, its baselines and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evaluation.baselines import (
    Advance,
    bm25_run,
    dense_run,
    known_at,
    popularity_run,
    random_run,
    region_run,
    rule_run,
)
from evaluation.comparing import Comparison, compare_runs
from evaluation.dataset import TestSet
from evaluation.errors import ConversionError
from evaluation.loading import load
from evaluation.measures import DEFAULT, depth_of
from evaluation.report import Report, report_on
from evaluation.run_files import read_runs
from evaluation.runs import Run, write_qrels, write_run
from evaluation.system import dari_run
from evaluation.turning import turn
from index import Encoder, load_encoder
from matcher import Ranker
from profiles import Side

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""

SEED = 20_241_101
SYSTEMS = ("dari", "random", "popularity", "popularity_region", "bm25", "dense", "rule")


def evaluate_folder(
    folder: Path,
    encoder: Encoder | None = None,
    measures: Sequence[str] = DEFAULT,
    progress: Progress | None = None,
    *,
    ranker: Ranker | None = None,
    seed: int = SEED,
    side: Side = Side.STARTUP,
    run_files: Sequence[Path] = (),
    runs_out: Path | None = None,
) -> Report:
    """Run Dari and its baselines on a test set, and report on them.

    Args:
        folder: the test set.
        encoder: the encoder that Dari runs with; the one that ships with it if None.
        measures: names as ir-measures has them.
        progress: told of the way that has been gone.
        ranker: the ranker that Dari runs with; the one that ships with it if None.
        seed: where the random baseline and the bootstrap start from.
        side: who asks: startups for partners, or partners for startups.
        run_files: TREC runs of other systems, scored beside these.
        runs_out: the folder to write the runs of Dari and the baselines to, as TREC files, with
            the judgements as `qrels.txt`; made if it is missing.

    Raises:
        DatasetError: for a folder that breaks the format.
        RunFileError: for a run file that breaks its form, before anything is run.
        MeasureError: for a measure that is not known.
        ConversionError: if `runs_out` cannot be written.
        DariError: as Dari does.
    """
    tell = progress or _silent
    depth = depth_of(measures)
    tell("Reading the test set", 0, 1)
    test_set = from_side(load(folder), side)
    others, notes = read_runs(run_files, test_set, depth=depth, taken=SYSTEMS)
    own = _own_runs(test_set, encoder or load_encoder(), depth, ranker, seed, tell)
    if runs_out is not None:
        write_runs(test_set, own, runs_out)
    tell("Measuring", 0, 1)
    runs = [own[0], *others, *own[1:]]
    beside = others[0].name if others else None
    report = report_on(test_set, runs, measures, seed=seed, notes=notes, beside=beside)
    tell("Done", 1, 1)
    return report


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
            rule=f"The folder cannot be written ({error.strerror}).",
            remedy="Name a folder that can be made and written.",
        ) from error


def _own_runs(
    test_set: TestSet,
    encoder: Encoder,
    depth: int,
    ranker: Ranker | None,
    seed: int,
    tell: Progress,
) -> list[Run]:
    """Run Dari and the baselines, which share what is known of each day."""
    total = len(test_set.queries)
    known = known_at(test_set)
    dari = dari_run(
        test_set,
        encoder,
        depth=depth,
        ranker=ranker,
        advance=_counting(tell, "Asking Dari", total),
    )
    words = _counting(tell, "Asking BM25", total)
    return [
        dari,
        random_run(test_set, rng=np.random.default_rng(seed), depth=depth),
        popularity_run(test_set, depth=depth, known=known),
        region_run(test_set, depth=depth, known=known),
        bm25_run(test_set, depth=depth, advance=words, known=known),
        dense_run(test_set, encoder, depth=depth, known=known),
        rule_run(test_set, depth=depth),
    ]


def _counting(tell: Progress, description: str, total: int) -> Advance:
    """Make a callback that adds up what it is told and passes the sum on."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        tell(description, done, total)

    tell(description, 0, total)
    return advance


def _silent(description: str, done: int, total: int) -> None:
    pass
