"""Owns the files that a match list or a comparison is taken away in: CSV, XLSX and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from matcher import Match, Probability, lines_of
from profiles import Partner, Side, Tie
from profiles.cells import cut, write_cell
from profiles.files import guarded
from service import labels
from service.language import language

if TYPE_CHECKING:
    from matcher import Beside, Room
    from service.match_queries import StartupsAsked
    from service.web.matches import MatchPage

TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}

_WIDEST = 60
_SPREAD = "\n"

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its title, what is to be known of it, and the names of its columns."""

    title: str
    about: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def match_sheet(page: MatchPage, query: StartupsAsked, matches: Sequence[Match]) -> Sheet:
    """Put matches into a table in the reader's language, a row each."""
    side = page.found.query.side
    families = labels.families()
    names = [families[name] for name in page.families]
    columns = (
        *(gettext("Rank"), gettext("ID"), gettext("Name"), gettext("Name in the other language")),
        gettext("Kind") if side is Side.STARTUP else gettext("Stage"),
        *(gettext("Region"), gettext("Sectors"), gettext("Fit"), gettext("Most possible")),
        *(gettext("Points: %(family)s", family=name) for name in names),
        *(gettext("Probability from, %"), gettext("Probability to, %")),
        *(gettext("Reasons"), gettext("Not known"), gettext("Common subject")),
        *(gettext("Worked together"), gettext("Places"), gettext("Places left")),
        *(gettext("Conflicts of interest"), gettext("Day"), gettext("Model")),
    )
    rows = tuple(tuple(_row(page, match)) for match in matches)
    return Sheet(gettext("Match list"), tuple(about(page, query)), columns, rows)


def about(page: MatchPage, query: StartupsAsked) -> Iterator[tuple[str, str]]:
    """Tell what a list was made of: for whom, when, by which model, filters and weights."""
    found, lang = page.found, language()
    yield gettext("For"), found.query.name.in_(lang)
    yield gettext("Day"), labels.day(found.as_of)
    yield gettext("Model"), f"{found.model_version} ({page.origin.in_(lang)})"
    if found.programme:
        yield gettext("Programme"), found.programme.name.in_(lang)
    filters = filters_told(query)
    yield gettext("Filters"), " · ".join(filters) if filters else gettext("none")
    moved = weights_told(found.moved)
    yield gettext("Weights"), moved or gettext("as the model has them")


def filters_told(query: StartupsAsked) -> list[str]:
    """Name the filters of a list in the reader's language."""
    told = [labels.term("partner_kinds", one) for one in getattr(query, "kind", ())]
    told += [labels.region(one) for one in query.region]
    told += [labels.sector(one) for one in query.sector]
    told += [labels.term("stages", one) for one in query.stage]
    if getattr(query, "room", ""):
        told.append(gettext("only with places left"))
    if query.new:
        told.append(gettext("never worked together"))
    return told


def weights_told(moved: Mapping[str, float]) -> str:
    """Name the families whose weights were moved, and how far; "" where none was."""
    families = labels.families()
    return ", ".join(f"{families[name]} ×{factor:g}" for name, factor in moved.items())


def _row(page: MatchPage, match: Match) -> Iterator[Cell]:
    lang, profile, standing = language(), match.profile, match.standing
    other = profile.name.en if lang == "ko" else profile.name.ko
    yield match.rank or None
    yield profile.id
    yield profile.name.in_(lang)
    yield other if other != profile.name.in_(lang) else None
    if isinstance(profile, Partner):
        yield labels.term("partner_kinds", profile.kind) if profile.kind else None
    else:
        yield labels.term("stages", profile.stage) if profile.stage else None
    yield labels.region(profile.region) if profile.region else None
    yield labels.sector_list(profile.sectors) or None
    yield match.score
    yield page.most
    yield from page.by_family(match).values()
    told = page.interval(match) if isinstance(match.probability, Probability) else None
    yield told.low if told else None
    yield told.high if told else None
    yield reasons_told(match)
    yield _SPREAD.join(one.phrase.in_(lang) for one in match.unknowns) or None
    yield gettext("known") if standing.topical else gettext("none known")
    yield _SPREAD.join(map(tie_told, standing.together)) or None
    yield standing.room.places
    yield standing.room.left
    yield ", ".join(page.name(id).in_(lang) for id in standing.conflicts) or None
    yield page.found.as_of.isoformat()
    yield page.found.model_version


def reasons_told(match: Match) -> str:
    """Tell the reasons of a match in sentences, a line each, with what they quote."""
    lang = language()
    told = []
    for line in lines_of(match.contributions):
        quoted = f" “{line.evidence.text.in_(lang)}”" if line.evidence else ""
        told.append(f"{line.points:+.1f} {line.sentence.in_(lang)}{quoted}")
    return _SPREAD.join(told)


def tie_told(tie: Tie) -> str:
    """Tell what two did together in one line: when, what kind, what about."""
    subject = tie.subject.in_(language()) if tie.subject else ""
    said = [labels.tie_dates(tie), labels.term("tie_kinds", tie.kind), subject]
    return " · ".join(one for one in said if one)


def as_csv(sheet: Sheet) -> bytes:
    """Write a table as CSV in UTF-8 with the mark that Excel asks for; no cell is a formula."""
    stream = io.StringIO(newline="")
    table = csv.writer(stream)
    table.writerow(sheet.columns)
    for row in sheet.rows:
        table.writerow([_csv_cell(cell) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    return guarded(cell) if isinstance(cell, str) else f"{cell}"


def as_xlsx(sheet: Sheet, name: str = "") -> bytes:
    """Write a table as XLSX, what is to be known of it on a second sheet; no text is a formula.

    `name` is what the sheet of the table is called; that of matches if not given.
    """
    import xlsxwriter

    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top"})
        table = book.add_worksheet(name or gettext("Matches"))
        for column, name in enumerate(sheet.columns):
            table.write_string(0, column, name, head)
            longest = max((_width(row[column]) for row in sheet.rows), default=0)
            table.set_column(column, column, min(_WIDEST, max(8, _width(name), longest) + 1))
        for row, cells in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(cells):
                told = cut(cell) if isinstance(cell, str) else cell
                write_cell(table, row, column, told, look=text)
        table.freeze_panes(1, 3)
        known = book.add_worksheet(gettext("About this list"))
        for row, (name, value) in enumerate(sheet.about):
            known.write_string(row, 0, name, head)
            write_cell(known, row, 1, cut(value), look=text)
        known.set_column(0, 0, 16)
        known.set_column(1, 1, 80)
    return data.getvalue()


def _width(cell: Cell) -> int:
    """Tell how wide a cell is; a sign of Hangul takes two places."""
    lines = str(cell if cell is not None else "").split(_SPREAD)
    return max(sum(2 if ord(sign) > 0x1100 else 1 for sign in line) for line in lines)


def as_json(page: MatchPage, query: StartupsAsked, beside: Beside | None = None) -> bytes:
    """Write a list as the API tells it, and beside it the weights and how each pair stands."""
    found = page.found.as_json()
    extra = {one.profile.id: standing_json(one) for one in page.found.matches}
    for raw in found["matches"]:
        raw["standing"] = extra[raw["id"]]
    found |= {"weights": dict(page.found.moved), "most": page.most, "asked": query.address}
    if beside is not None:
        found["compared"] = [_named(one) for one in beside.named]
    return json.dumps(found, ensure_ascii=False, indent=2).encode("utf-8")


def _named(one: Any) -> dict[str, Any]:
    from matcher.matchlist import match_json

    told = match_json(one.match)
    return {
        **told,
        "rank": one.match.rank or None,
        "place": one.place,
        "refusals": [
            {"code": r.code, "reason": {"en": r.phrase.en, "ko": r.phrase.ko}} for r in one.reasons
        ],
        "standing": standing_json(one.match),
    }


def standing_json(match: Match) -> dict[str, Any]:
    """Give how a pair stands beside its fit as plain values."""
    standing = match.standing
    ties = [tie.model_dump(mode="json", exclude_defaults=True) for tie in standing.together]
    return {
        "together": ties,
        "places": _room(standing.room),
        "conflicts": list(standing.conflicts),
        "common_subject": standing.topical,
    }


def _room(room: Room) -> dict[str, int | None]:
    return {"all": room.places, "taken": room.taken, "left": room.left}
