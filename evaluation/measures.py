"""Owns the measuring of a run against qrels, by the measures of ir-measures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from evaluation.errors import MeasureError, RunError
from evaluation.messages import both
from evaluation.runs import Qrels, Run
from matcher.matchmaker import MOST_MATCHES

if TYPE_CHECKING:
    from ir_measures.measures import Measure

DEFAULT: tuple[str, ...] = ("P@5", "P@10", "nDCG@10", "R@50", "RR", "Judged@10")
SHALLOWEST = 100


class Column:
    """The columns of a table of per-query values."""

    QUERY = "query"
    MEASURE = "measure"
    VALUE = "value"


def parse_measures(names: Sequence[str]) -> dict[str, Measure]:
    """Read measures by their ir-measures names, in the order given: name as given → measure.

    Raises:
        MeasureError: for a name that ir-measures does not know.
    """
    import ir_measures

    parsed = {}
    for name in names:
        try:
            parsed[name] = ir_measures.parse_measure(name)
        except Exception as error:  # its parser lets SyntaxError, ValueError, NameError ... through
            raise MeasureError(
                value=name,
                rule=both("measure_unknown"),
                remedy=both("measure_unknown_remedy"),
            ) from error
    return parsed


def depth_of(names: Sequence[str]) -> int:
    """Say how many partners a run must hold for each query: the deepest cutoff, at least 100.

    Raises:
        MeasureError: for a cutoff beyond what a match list may hold.
    """
    cutoffs = {
        name: int(measure.params.get("cutoff") or SHALLOWEST)
        for name, measure in parse_measures(names).items()
    }
    for name, cutoff in cutoffs.items():
        if cutoff > MOST_MATCHES:
            raise MeasureError(
                value=name,
                rule=both("measure_deep", most=f"{MOST_MATCHES:,}"),
                remedy=both("measure_deep_remedy", most=f"{MOST_MATCHES:,}", cutoff=MOST_MATCHES),
            )
    return max([SHALLOWEST, *cutoffs.values()])


def evaluate(qrels: Qrels, run: Run, measures: Sequence[str] = DEFAULT) -> pl.DataFrame:
    """Measure a run, query by query.

    Every query of `qrels` counts: one that the run lacks scores 0, and so does one without a
    relevant partner. P@k divides by k however few partners the run holds. nDCG takes the grade
    as the gain and discounts by log2(rank + 1) (Järvelin and Kekäläinen 2002, as trec_eval).

    Returns:
        columns `query`, `measure` (the name as given), `value`: one row for each query (by id)
        and measure (in the order given).

    Raises:
        MeasureError: for a measure that cannot be computed.
        RunError: if the run answers a query that `qrels` does not hold.
    """
    parsed = parse_measures(measures)
    _check_queries(qrels, run)
    wanted = list(dict.fromkeys(parsed.values()))  # RR and MRR are two names of one measure
    found = {
        (metric.query_id, metric.measure): metric.value for metric in _calculate(wanted, qrels, run)
    }
    cells = [(query, name) for query in sorted(qrels) for name in parsed]
    return pl.DataFrame(
        {
            Column.QUERY: [query for query, _ in cells],
            Column.MEASURE: [name for _, name in cells],
            Column.VALUE: [float(found.get((query, parsed[name]), 0.0)) for query, name in cells],
        },
        schema={Column.QUERY: pl.String, Column.MEASURE: pl.String, Column.VALUE: pl.Float64},
    )


def _calculate(measures: Sequence[Measure], qrels: Qrels, run: Run) -> Iterable[Any]:
    import ir_measures

    judged = [
        ir_measures.Qrel(query, partner, grade)
        for query, grades in qrels.items()
        for partner, grade in grades.items()
    ]
    # ir-measures orders equal scores in its own way (by id descending), so it is given ranks.
    answers = [
        ir_measures.ScoredDoc(query, partner, float(len(ranking) - rank))
        for query, ranking in run.rankings.items()
        for rank, (partner, _) in enumerate(ranking)
    ]
    if not judged or not answers or not measures:
        return []
    try:
        return list(ir_measures.iter_calc(measures, judged, answers))
    except (ValueError, RuntimeError, ImportError) as error:
        raise MeasureError(
            value=", ".join(str(measure) for measure in measures),
            rule=both("measure_uncomputed", why=error),
            remedy=both("measure_uncomputed_remedy"),
        ) from error


def _check_queries(qrels: Qrels, run: Run) -> None:
    unknown = sorted(set(run.rankings) - set(qrels))
    if unknown:
        raise RunError(
            value=", ".join(unknown[:5]),
            rule=f"The run answers {len(unknown)} queries that the test set does not ask.",
            remedy="Score a run on the test set that it was made for.",
        )
