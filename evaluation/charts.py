"""Owns the charts of the report: Altair's description of each, drawn to SVG without a network."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

BLUE, GREY, ORANGE, GREEN = "#0b5cad", "#6b7280", "#b45309", "#0f766e"
VERDICT_COLOURS = {"ahead": GREEN, "behind": ORANGE, "even": GREY, "few": "#ffffff"}
PALETTE = (BLUE, "#9ca3af", "#b45309", "#d97706", "#0f766e", "#7c3aed", "#be185d", "#475569")

_ROW = 22
_LONGEST_LABEL = 190
_VEGA_LITE = "6.4"
_CONFIG = {
    "font": "system-ui, 'Noto Sans KR', 'Malgun Gothic', sans-serif",
    "background": "transparent",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "labelOverlap": "greedy",
        "labelSeparation": 6,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": "#e5e7eb",
        "domainColor": "#9ca3af",
        "tickColor": "#9ca3af",
    },
    "legend": {"labelFontSize": 12},
    "title": {"anchor": "start", "fontSize": 13},
}
_CLIP = re.compile(r"clip\d+")

Row = Mapping[str, object]


def interval_chart(rows: Sequence[Row], *, title: str, first: str, description: str) -> str:
    """Draw a mean with its interval for each system, one row each.

    Args:
        rows: `name`, `value`, and `low` and `high` or None.
        title: what stands above.
        first: the system to point out.
        description: what a screen reader says.

    Returns:
        SVG.
    """
    import altair as alt

    data = [{**row, "ink": BLUE if row["name"] == first else GREY} for row in rows]
    base = alt.Chart(_data(data))
    y = _y([row["name"] for row in rows])
    colour = alt.Color("ink:N", scale=None, legend=None)
    x = alt.X("value:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=4))
    dots = base.mark_circle(size=70, opacity=1).encode(x=x, y=y, color=colour)
    lines = base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q", y=y, color=colour)
    return _drawn(alt.layer(lines, dots), title, description, len(rows), width=190)


def difference_chart(rows: Sequence[Row], *, description: str) -> str:
    """Draw differences with their intervals about zero, coloured by verdict; hollow says nothing.

    Args:
        rows: `name`, `value`, `low` and `high` or None, and `verdict`.
        description: what a screen reader says.

    Returns:
        SVG.
    """
    import altair as alt

    data = [
        {**row, "fill": VERDICT_COLOURS[str(row["verdict"])],
         "edge": GREY if row["verdict"] == "few" else VERDICT_COLOURS[str(row["verdict"])]}
        for row in rows
    ]  # fmt: skip
    base = alt.Chart(_data(data))
    y = _y([row["name"] for row in rows])
    edge = alt.Stroke("edge:N", scale=None, legend=None)
    fill = alt.Fill("fill:N", scale=None, legend=None)
    x = alt.X("value:Q", title=None, axis=alt.Axis(tickCount=5, format="+.2~f"))
    zero = alt.Chart(_data([{"at": 0}])).mark_rule(color="#9ca3af").encode(x="at:Q")
    dots = base.mark_point(size=60, opacity=1, filled=False).encode(
        x=x, y=y, fill=fill, stroke=edge
    )
    lines = base.mark_rule(strokeWidth=1.6).encode(x="low:Q", x2="high:Q", y=y, stroke=edge)
    return _drawn(alt.layer(zero, lines, dots), "", description, len(rows), width=230)


def curve_chart(
    curves: Mapping[str, Sequence[Sequence[float]]], *, x: str, y: str, description: str
) -> str:
    """Draw one Lorenz curve for each system, with the diagonal of perfect evenness.

    Args:
        curves: points (x, y) by system.
        x: the title of the axis of candidates.
        y: the title of the axis of attention.
        description: what a screen reader says.

    Returns:
        SVG.
    """
    import altair as alt

    points = [
        {"name": name, "x": round(float(a), 4), "y": round(float(b), 4)}
        for name, curve in curves.items()
        for a, b in curve
    ]
    names = list(curves)
    colours = alt.Scale(domain=names, range=[PALETTE[i % len(PALETTE)] for i in range(len(names))])
    legend = alt.Legend(title=None, orient="bottom", columns=2, labelLimit=220)
    lines = (
        alt
        .Chart(_data(points))
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("x:Q", title=x, axis=alt.Axis(format="%", tickCount=5)),
            y=alt.Y("y:Q", title=y, axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color("name:N", scale=colours, sort=names, legend=legend),
            order="x:Q",
        )
    )
    ends = _data([{"x": 0, "y": 0}, {"x": 1, "y": 1}])
    even = alt.Chart(ends).mark_line(strokeDash=[4, 4], color="#9ca3af").encode(x="x:Q", y="y:Q")
    return _drawn(alt.layer(even, lines), "", description, 0, width=300, height=260)


def reliability_chart(bins: Sequence[Row], *, x: str, y: str, description: str) -> str:
    """Draw what share of each bin was relevant over what was said, beside the diagonal.

    Args:
        bins: `chance`, `share`, and `low` and `high` or None; without these a dot is hollow.
        x: the title of the axis of what was said.
        y: the title of the axis of what was.
        description: what a screen reader says.

    Returns:
        SVG.
    """
    import altair as alt

    fills = [{**row, "fill": "#ffffff" if row["low"] is None else BLUE} for row in bins]
    base = alt.Chart(_data(fills))
    said = alt.X("chance:Q", title=x, axis=alt.Axis(format=".2~f", tickCount=5))
    was = alt.Y("share:Q", title=y, axis=alt.Axis(format=".2~f", tickCount=5))
    fill = alt.Fill("fill:N", scale=None, legend=None)
    dots = base.mark_point(size=60, opacity=1, filled=False, stroke=BLUE).encode(
        x=said, y=was, fill=fill
    )
    lines = base.mark_rule(strokeWidth=1.6, color=BLUE).encode(x=said, y="low:Q", y2="high:Q")
    ends = [row[name] for row in bins for name in ("chance", "share", "high")]
    top = max((float(str(end)) for end in ends if end is not None), default=1.0)
    diagonal = _data([{"x": 0, "y": 0}, {"x": top, "y": top}])
    even = (
        alt.Chart(diagonal).mark_line(strokeDash=[4, 4], color="#9ca3af").encode(x="x:Q", y="y:Q")
    )
    return _drawn(alt.layer(even, lines, dots), "", description, 0, width=280, height=260)


def trade_chart(rows: Sequence[Row], *, x: str, y: str, description: str) -> str:
    """Draw what is reached by the value of a bound, as points on a line.

    Args:
        rows: `value` and `reached`.
        x: the name of the bound.
        y: the name of what is reached.
        description: what a screen reader says.

    Returns:
        SVG.
    """
    import altair as alt

    chart = (
        alt
        .Chart(_data(rows), height=200)
        .mark_line(point=alt.OverlayMarkDef(size=60), color=BLUE)
        .encode(
            x=alt.X("value:Q", title=x),
            y=alt.Y("reached:Q", title=y, scale=alt.Scale(zero=False)),
        )
    )
    return _drawn(chart, "", description, len(rows), width=420)


def stacked_chart(rows: Sequence[Row], *, parts: Sequence[str], x: str, description: str) -> str:
    """Draw a bar of coloured parts for each name, in the order of the rows.

    Args:
        rows: `name`, `part` and `count`.
        parts: the parts in their order.
        x: the title of the axis of counts.
        description: what a screen reader says.

    Returns:
        SVG.
    """
    import altair as alt

    names = list(dict.fromkeys(row["name"] for row in rows))
    order = {part: at for at, part in enumerate(parts)}
    data = [{**row, "order": order[str(row["part"])]} for row in rows]
    colours = alt.Scale(
        domain=list(parts), range=[PALETTE[i % len(PALETTE)] for i in order.values()]
    )
    is_split = any(row["name"] != row["part"] for row in rows)
    legend = (
        alt.Legend(title=None, orient="bottom", columns=6, columnPadding=18) if is_split else None
    )
    whole = alt.Axis(tickMinStep=1, format="d", tickCount=5)
    bars = (
        alt
        .Chart(_data(data))
        .mark_bar()
        .encode(
            x=alt.X("sum(count):Q", title=x, axis=whole),
            y=_y(names),
            color=alt.Color("part:N", scale=colours, sort=list(parts), legend=legend),
            order="order:Q",
        )
    )
    return _drawn(bars, "", description, len(names), width=640)


def _drawn(
    chart: Any, title: str, description: str, rows: int, *, width: int, height: int = 0
) -> str:
    """Draw a chart; the same chart gives the same bytes."""
    import vl_convert

    height = height or max(2, rows) * _ROW
    sized = chart.properties(width=width, height=height, description=description)
    titled = sized.properties(title=title) if title else sized
    spec = titled.to_dict()
    spec.pop("$schema", None)
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE, config=_CONFIG)
    return _named(svg)


def _data(rows: Sequence[Row]) -> Any:
    import altair as alt

    # Altair makes its schema classes with no types.
    return alt.Data(values=[dict(row) for row in rows])  # type: ignore[no-untyped-call]


def _y(names: Sequence[object]) -> Any:
    """Make the axis of names, with room for the longest whatever fonts the machine has."""
    import altair as alt

    room = min(_LONGEST_LABEL, max((_width(str(name)) for name in names), default=0))
    axis = alt.Axis(labelOverlap=False, minExtent=room, maxExtent=room, labelLimit=_LONGEST_LABEL)
    return alt.Y("name:N", sort=[str(name) for name in names], title=None, axis=axis)


def _width(text: str) -> int:
    """Guess a label's width in pixels; Hangul is as wide as high."""
    return 10 + sum(13 if ord(character) > 0x1100 else 7 for character in text)


def _named(svg: str) -> str:
    """Name the clips of a chart after what it shows, so that no two charts of a page share one."""
    key = hashlib.sha256(_CLIP.sub("clip", svg).encode()).hexdigest()[:10]
    order = {name: at for at, name in enumerate(dict.fromkeys(_CLIP.findall(svg)))}
    return _CLIP.sub(lambda found: f"c{key}-{order[found[0]]}", svg)
