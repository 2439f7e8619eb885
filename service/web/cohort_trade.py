"""Owns the chart of a trade-off: what each value of a bound brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext

from service.assigned_words import aim_name
from service.language import language


def rows_of(points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the points as rows: the value, and what was reached of each aim; None where nothing."""
    return [
        {"value": one["value"], "status": one["status"], **_reached(one["levels"])}
        for one in points
    ]


def _reached(levels: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    from matcher.assignment import UNIT

    found = {one["aim"]: one["value"] for one in levels}
    return {
        "placed": found.get("placed"),
        "worst": found["worst"] / UNIT if "worst" in found else None,
        "total": found["total"] / UNIT if "total" in found else None,
    }


def chart_svg(points: Sequence[Mapping[str, Any]]) -> str:
    """Draw the total fit by the value of the bound, as SVG; values without a solution are left."""
    from evaluation.charts import trade_chart

    rows = [one for one in rows_of(points) if one["total"] is not None]
    return trade_chart(
        [{"value": one["value"], "reached": one["total"]} for one in rows],
        x=gettext("Bound of the rule"),
        y=aim_name("total").in_(language()),
        description=gettext("What each value of the bound brings; the table has the numbers."),
    )
