"""Owns the map of Korea: startups, partners and pairings by province, as tiles of our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from apiflask import APIBlueprint
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, gettext

from index import UNKNOWN, Asked
from profiles import AnyProfile, Record, Side, Tie, TieKind
from profiles.taxonomy import provinces
from service import labels
from service.queries import read_query
from service.security import dari, require_session

Shown = Literal["startups", "partners", "pairings"]

TILES: Mapping[str, tuple[int, int]] = {
    "KR-11": (1, 0),
    "KR-41": (2, 0),
    "KR-42": (3, 0),
    "KR-28": (0, 1),
    "KR-50": (1, 1),
    "KR-43": (2, 1),
    "KR-47": (3, 1),
    "KR-44": (0, 2),
    "KR-30": (1, 2),
    "KR-27": (2, 2),
    "KR-31": (3, 2),
    "KR-45": (0, 3),
    "KR-48": (2, 3),
    "KR-26": (3, 3),
    "KR-29": (0, 4),
    "KR-46": (1, 4),
    "KR-49": (0, 5),
}
"""Where each province stands: column from the west, row from the north."""

CLASSES = 4
"""How many colours there are beside that of none."""

SIZE, GAP = 100, 6


class MapQuery(Record):
    """What the map shows."""

    show: Shown = "startups"


@dataclass(frozen=True, slots=True)
class Tile:
    """A province on the map: its corner, what it is called, how many, its colour and its link."""

    code: str
    x: int
    y: int
    name: str
    count: int
    colour: int
    href: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table beneath the map: counts with the addresses of what they count."""

    code: str
    name: str
    counts: Mapping[Shown, int]
    pairings: Sequence[Tie]


@dataclass(frozen=True, slots=True)
class Step:
    """A colour of the legend and the numbers that it stands for."""

    colour: int
    text: str


geography = APIBlueprint("geography", __name__, enable_openapi=False)
geography.before_request(require_session)


@geography.get("/map")
def map() -> ResponseReturnValue:
    """Show the map of Korea with the table beneath it."""
    show: Shown = read_query(MapQuery, request.args, strict=False).show
    rows = _rows()
    here = {row.code: row.counts[show] for row in rows if row.code in TILES}
    bounds = bounds_of(here.values())
    names = _names(rows)
    return render_template(
        "map.html",
        show=show,
        rows=rows,
        names=names,
        tiles=[_tile(code, here.get(code, 0), bounds, show) for code in TILES],
        legend=_legend(bounds),
        labels_of_counts=count_names(),
        width=4 * SIZE + 3 * GAP,
        height=6 * SIZE + 5 * GAP,
        size=SIZE,
    )


def bounds_of(counts: Iterable[int]) -> list[int]:
    """Give the greatest number of each colour, ascending: steps of equal ratio up to the most.

    Args:
        counts: the numbers to be shown.

    Returns:
        At most `CLASSES` numbers; none where nothing is counted.
    """
    most = max(counts, default=0)
    steps = [round(most ** (step / CLASSES)) for step in range(1, CLASSES + 1)] if most else []
    return sorted({step for step in steps if step})


def colour_of(count: int, bounds: Sequence[int]) -> int:
    """Give the colour of a number: 0 for none, then from 1 by the first bound that holds it."""
    if not count:
        return 0
    return next(place for place, bound in enumerate(bounds, start=1) if count <= bound)


def count_names() -> dict[Shown, str]:
    """Name what the map can show."""
    return {
        "startups": gettext("Startups"),
        "partners": gettext("Partners"),
        "pairings": gettext("Pairings"),
    }


def _rows() -> list[Row]:
    by_side = {side: dari().listing.ask(side, Asked(limit=1)).counts["region"] for side in Side}
    today = dari().settings.today()
    pairings: dict[str, list[Tie]] = {}
    for tie in dari().store.ties_of_kind(TieKind.PAIRING):
        if tie.region and tie.holds(today):
            pairings.setdefault(tie.region, []).append(tie)
    abroad = {code for counts in by_side.values() for code in counts} - {"KR", UNKNOWN}
    countries = sorted(code for code in abroad if "-" not in code)
    return [
        Row(
            code,
            gettext("Not stated") if code == UNKNOWN else labels.region(code),
            {
                "startups": by_side[Side.STARTUP].get(code, 0),
                "partners": by_side[Side.PARTNER].get(code, 0),
                "pairings": len(pairings.get(code, ())),
            },
            pairings.get(code, ()),
        )
        for code in (*provinces(), *countries, UNKNOWN)
    ]


def _names(rows: Sequence[Row]) -> dict[str, AnyProfile]:
    ids = {end for row in rows for tie in row.pairings for end in (tie.a, tie.b)}
    return dari().store.get_many(ids)


def _tile(code: str, count: int, bounds: Sequence[int], show: Shown) -> Tile:
    column, row = TILES[code]
    is_list = show != "pairings"
    href = url_for("staff.profiles", side=show, region=code) if is_list else f"#{code}"
    name, told = labels.region_short(code), format_decimal(count)
    what = count_names()[show]
    return Tile(
        code,
        column * (SIZE + GAP),
        row * (SIZE + GAP),
        name,
        count,
        colour_of(count, bounds),
        href,
        f"{labels.region(code)}: {what} {told}",
    )


def _legend(bounds: Sequence[int]) -> list[Step]:
    steps, least = [Step(0, "0")], 1
    for colour, bound in enumerate(bounds, start=1):
        low, high = format_decimal(least), format_decimal(bound)
        steps.append(Step(colour, high if least == bound else f"{low}–{high}"))
        least = bound + 1
    return steps
