"""Owns the tables of a report and a comparison for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from evaluation.comparing import Comparison
from evaluation.dataset import ALL
from evaluation.exposure import CAPITAL, Exposure
from evaluation.gate import slice_name
from evaluation.messages import in_language, said
from evaluation.report import Report
from evaluation.scoring import Difference, Figure

if TYPE_CHECKING:
    from rich.table import Table

SIGNS = {"ahead": "+", "behind": "−", "even": "=", "few": "?"}


def heading(report: Report, lang: str = "en") -> str:
    """Name the test set and who asks, in `lang` ('ko', else English)."""
    name = in_language(report.dataset, lang)
    return f"{name} · {said(f'html_side_{report.side.value}', lang)}"


def as_tables(report: Report, lang: str = "en") -> list[Table]:
    """Lay the report out: a table for each track, then the gaps, who is seen, and calibration."""
    first = next(iter(report.systems.values()), {})
    tables = [_measures(report, name, lang) for name in first]
    if report.gaps:
        tables.append(_gaps(report, lang))
    tables.append(_exposure(report, lang))
    return [*tables, _calibration(report, lang)] if report.calibration else tables


def comparison_tables(comparison: Comparison, lang: str = "en") -> list[Table]:
    """Lay a comparison out: by measure, by slice, and what moved most."""
    title = f"{comparison.first} − {comparison.second}"
    by_measure = _differences(
        said("table_by_measure", lang, title=title), "measure", comparison.measures.items(), lang
    )
    by_slice = _differences(
        said("table_by_slice", lang, title=title, measure=comparison.primary),
        "slice",
        (
            (_part(dimension, value, lang), one)
            for dimension, found in comparison.slices.items()
            for value, one in found.items()
        ),
        lang,
    )
    return [by_measure, by_slice, _queries(comparison, lang), _pairs(comparison, lang)]


def _part(dimension: str, value: str, lang: str) -> str:
    return slice_name(dimension, value).ko if lang == "ko" else f"{dimension} {value}"


def _table(title: str, *columns: str, right: int = 1) -> Table:
    """Make a table whose columns from the `right`th on hold numbers."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1))
    for at, name in enumerate(columns):
        justify: Literal["left", "right"] = "right" if at >= right else "left"
        table.add_column(escape(name), justify=justify, no_wrap=at >= right, overflow="fold")
    return table


def _heads(lang: str, *codes: str) -> tuple[str, ...]:
    return tuple(said(f"table_{code}", lang) for code in codes)


def _row(table: Table, *cells: str) -> None:
    from rich.markup import escape

    table.add_row(*map(escape, cells))


def _measures(report: Report, name: str, lang: str) -> Table:
    """Lay out a track: six measures with intervals fit into 80 columns, so nothing pads them."""
    figures = {system: slices[name] for system, slices in report.systems.items()}
    measures = list(next(iter(figures.values())))
    count = next((figure.n for one in figures.values() for figure in one.values()), 0)
    shown = said("value_all", lang) if name == ALL and lang == "ko" else name
    title = said("table_queries", lang, name=shown, n=f"{count:,}")
    table = _table(title, *_heads(lang, "system"), *measures)
    table.padding = (0, 0)
    table.columns[0].min_width = 10
    for system, cells in figures.items():
        _row(table, system, *(_cell(cells[measure]) for measure in measures))
    return table


def _gaps(report: Report, lang: str) -> Table:
    title = said("table_gaps", lang, first=report.first, measure=report.primary)
    gaps = ((name, found[report.primary]) for name, found in report.gaps.items())
    return _differences(title, "other", gaps, lang)


def _differences(title: str, what: str, gaps: Iterable[tuple[str, Difference]], lang: str) -> Table:
    heads = (*_heads(lang, what), "n", *_heads(lang, "difference", "interval"), "p", "Holm", "")
    table = _table(title, *heads)
    for name, gap in gaps:
        bounds = "" if gap.low is None or gap.high is None else f"{gap.low:+.3f} {gap.high:+.3f}"
        chances = ("" if chance is None else f"{chance:.4f}" for chance in (gap.p, gap.holm))
        _row(table, name, f"{gap.n:,}", f"{gap.value:+.3f}", bounds, *chances, SIGNS[gap.verdict])
    table.caption = said("table_signs", lang)
    table.caption_justify = "left"
    return table


def _exposure(report: Report, lang: str) -> Table:
    heads = _heads(lang, "system", "coverage", "gini", "capital", "fair")
    table = _table(said("table_seen", lang), *heads)
    for system, exposure in report.exposure.items():
        seen = (f"{exposure.coverage:.3f}", f"{exposure.gini:.3f}")
        _row(table, system, *seen, *_capital(exposure))
    return table


def _calibration(report: Report, lang: str) -> Table:
    heads = (*_heads(lang, "system", "pairs", "said", "relevant"), "Brier", "ECE")
    table = _table(said("table_probabilities", lang), *heads, *_heads(lang, "verdict"))
    for system, found in report.calibration.items():
        means = (_cell(one) for one in (found.chance, found.share, found.brier, found.ece))
        verdict = said(f"table_verdict_{found.verdict}", lang)
        _row(table, system, f"{found.pairs:,}", *means, verdict)
    table.caption = said("table_calibrated", lang)
    table.caption_justify = "left"
    return table


def _capital(exposure: Exposure) -> tuple[str, str]:
    share = exposure.capital.get(CAPITAL)
    return ("–", "–") if share is None else (f"{share.exposure:.3f}", f"{share.fair:.3f}")


def _queries(comparison: Comparison, lang: str) -> Table:
    title = said("table_moved_queries", lang, measure=comparison.primary)
    table = _table(title, *_heads(lang, "query"), comparison.first, comparison.second)
    for one in comparison.queries:
        _row(table, one.query, f"{one.first:.3f}", f"{one.second:.3f}")
    return table


def _pairs(comparison: Comparison, lang: str) -> Table:
    heads = (*_heads(lang, "query", "candidate"), comparison.first, comparison.second)
    table = _table(said("table_moved_pairs", lang), *heads, right=2)
    for one in comparison.pairs:
        ranks = ("–" if rank is None else str(rank) for rank in (one.first, one.second))
        _row(table, one.query, f"{one.candidate} {one.name.in_(lang)}", *ranks)
    return table


def _cell(figure: Figure) -> str:
    """Write .083 and, on a line of its own, .066–.101."""
    if figure.low is None or figure.high is None:
        return _short(figure.value)
    return f"{_short(figure.value)}\n{_short(figure.low)}–{_short(figure.high)}"


def _short(value: float) -> str:
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0.") else text[:4]
