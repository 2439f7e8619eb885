"""Owns the report: the figures of each system on each slice, as JSON and as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from evaluation.bootstrap import clustered_interval
from evaluation.dataset import ALL, TestSet
from evaluation.measures import DEFAULT, Column, evaluate
from evaluation.runs import Run

if TYPE_CHECKING:
    from rich.table import Table

_DIGITS = 6
_FEW_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """The mean of a measure over n queries, with the 95% interval of the bootstrap over clusters.

    `low` and `high` are None where there are fewer than two clusters.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """Give the figure as an object, rounded to six digits."""
        return {
            "value": round(self.value, _DIGITS),
            "low": None if self.low is None else round(self.low, _DIGITS),
            "high": None if self.high is None else round(self.high, _DIGITS),
            "n": self.n,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Figures by system, slice (a track, or "all") and measure, and what a reader must know."""

    dataset: str
    systems: Mapping[str, Mapping[str, Mapping[str, Figure]]]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give the report as one JSON document."""
        return {
            "dataset": self.dataset,
            "systems": {
                system: {
                    name: {measure: figure.as_json() for measure, figure in figures.items()}
                    for name, figures in slices.items()
                }
                for system, slices in self.systems.items()
            },
            "notes": list(self.notes),
        }


def report_on(
    test_set: TestSet, runs: Sequence[Run], measures: Sequence[str] = DEFAULT, *, seed: int = 0
) -> Report:
    """Measure runs on a test set, on each track and on all queries.

    Every interval is drawn from a generator of the same seed, so that a figure does not depend
    on which other systems are in the report.

    Raises:
        MeasureError: for a measure that is not known or cannot be computed.
        RunError: for a run of another test set.
    """
    slices = {
        **{
            track: frozenset(query.id for query in test_set.queries if query.track == track)
            for track in test_set.tracks
        },
        ALL: frozenset(query.id for query in test_set.queries),
    }
    clusters = {query.id: query.cluster for query in test_set.queries}
    systems = {}
    for run in runs:
        table = evaluate(test_set.qrels, run, measures)
        systems[run.name] = {
            name: _figures(table, queries, clusters, seed) for name, queries in slices.items()
        }
    notes = (*test_set.notes, *_thin(slices, clusters))
    return Report(test_set.name, systems, notes)


def _figures(
    table: pl.DataFrame, queries: frozenset[str], clusters: Mapping[str, str], seed: int
) -> dict[str, Figure]:
    """Average each measure of a per-query table over some queries."""
    chosen = table.filter(pl.col(Column.QUERY).is_in(sorted(queries)))
    figures = {}
    for (measure,), rows in chosen.group_by(Column.MEASURE, maintain_order=True):
        names = [clusters[query] for query in rows[Column.QUERY]]
        values = rows[Column.VALUE].to_numpy()
        low, high = clustered_interval(values, names, rng=np.random.default_rng(seed))
        value = float(values.mean())
        figures[str(measure)] = Figure(value, _known(low), _known(high), len(values))
    return figures


def _known(bound: float) -> float | None:
    return None if math.isnan(bound) else bound


def _thin(slices: Mapping[str, frozenset[str]], clusters: Mapping[str, str]) -> list[str]:
    """Warn of slices whose intervals rest on few clusters."""
    counts = {name: len({clusters[id] for id in ids}) for name, ids in slices.items()}
    return [
        f"{name}: only {count} clusters, so its intervals say little"
        for name, count in counts.items()
        if count < _FEW_CLUSTERS
    ]


def as_tables(report: Report) -> list[Table]:
    """Lay the report out for a terminal of 80 columns: a table for each slice, a row a system."""
    first = next(iter(report.systems.values()), {})
    return [_table(report, name) for name in first]


def _table(report: Report, name: str) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    figures = {system: slices[name] for system, slices in report.systems.items()}
    measures = list(next(iter(figures.values())))
    count = next((figure.n for one in figures.values() for figure in one.values()), 0)
    title = f"{escape(name)} · {count:,} queries"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1))
    table.add_column("system", no_wrap=True)
    for measure in measures:
        table.add_column(escape(measure), justify="right", no_wrap=True)
    for system, cells in figures.items():
        table.add_row(escape(system), *(_cell(cells[measure]) for measure in measures))
    return table


def _cell(figure: Figure) -> str:
    """Write .083 and, on a line of its own, .066–.101."""
    if figure.low is None or figure.high is None:
        return _short(figure.value)
    return f"{_short(figure.value)}\n{_short(figure.low)}–{_short(figure.high)}"


def _short(value: float) -> str:
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0.") else text
