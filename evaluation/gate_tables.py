"""Owns the table of the gate for a terminal of 80 columns, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.gate import Decision, Guard, slice_name
from evaluation.messages import said
from evaluation.scoring import Difference, Figure

if TYPE_CHECKING:
    from rich.table import Table


def gate_tables(decision: Decision, lang: str) -> list[Table | str]:
    """Lay a decision out: both models over all queries and on each guarded slice, and why."""
    verdict = said("gate_passed" if decision.passed else "gate_refused", lang)
    lines = [f"{verdict}: {' '.join(one.in_(lang) for one in decision.reasons)}"]
    return [_slices(decision, lang), *lines, *(one.in_(lang) for one in decision.remarks)]


def _slices(decision: Decision, lang: str) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    names = {name: getattr(decision, name) for name in ("dataset", "champion", "challenger")}
    title = f"{said('gate_title', lang, **names)} · {decision.measure}"
    table = Table(title=escape(title), box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1))
    table.add_column(said("col_part", lang), overflow="fold")
    for code in ("col_clusters", "gate_col_champion", "gate_col_challenger", "col_difference"):
        table.add_column(said(code, lang), justify="right", no_wrap=True)
    table.add_column(said("gate_col_state", lang), no_wrap=True)
    table.add_row(said("gate_all", lang), *_cells(*decision.figures, decision.gap), "")
    for one in decision.guards:
        table.add_row(escape(slice_name(one.dimension, one.value).in_(lang)), *_guard(one, lang))
    return table


def _guard(one: Guard, lang: str) -> list[str]:
    cells = _cells(one.champion, one.challenger, one.gap)
    return [*cells, said(f"gate_state_{one.state}", lang)]


def _cells(champion: Figure, challenger: Figure, gap: Difference) -> list[str]:
    figures = (_figure(one) for one in (champion, challenger))
    return [f"{gap.clusters:,}", *figures, _signed(gap)]


def _figure(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return _short(figure.value)
    return f"{_short(figure.value)}\n{_short(figure.low)}–{_short(figure.high)}"


def _signed(gap: Difference) -> str:
    if gap.low is None or gap.high is None:
        return _short(gap.value, "+")
    return f"{_short(gap.value, '+')}\n{_short(gap.low, '+')} {_short(gap.high, '+')}"


def _short(value: float, sign: str = "") -> str:
    """Write .083, or +.083 with a sign."""
    return f"{value:{sign}.3f}".replace("0.", ".", 1)
