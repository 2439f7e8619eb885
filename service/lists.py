"""Owns what a list of startups or partners is asked: read from an address, and written as one."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import StringConstraints

from index import FIELDS, UNKNOWN, Asked, read_terms
from index.orders import Key, Sort
from profiles import FieldError, InvalidRecord, Side, validate
from profiles.fields import PartnerKinds, Plain, Regions, Sectors, Stages
from profiles.record import Record
from profiles.validation import without_unknown_fields
from service.queries import ListSize

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

YesNo = Literal["yes", "no"]
Place = Annotated[str, StringConstraints(max_length=2_000)]

USUAL_SIZE = 50
COLUMNS: Mapping[Side, tuple[str, ...]] = {
    Side.STARTUP: (
        *("region", "sectors", "stage", "trl", "seeks", "offers", "founded"),
        *("website", "open", "text", "entered", "id"),
    ),
    Side.PARTNER: (
        *("kind", "region", "sectors", "sites", "stages", "seeks", "offers", "capacity"),
        *("website", "open", "text", "entered", "id"),
    ),
}
"""The columns that may be chosen, in the order in which they stand."""

USUAL_COLUMNS: Mapping[Side, tuple[str, ...]] = {
    Side.STARTUP: ("region", "sectors", "stage"),
    Side.PARTNER: ("kind", "region", "sectors"),
}
USUAL_SORT: Mapping[Side, Sort] = {Side.STARTUP: "newest", Side.PARTNER: "name"}

_SHAPES: Mapping[str, tuple[type, ...]] = {
    "newest": (int, str),
    "name": (str, str),
    "region": (int, str, str, str),
}


class _Given(Record):
    """The parts of a list's address."""

    q: Plain | None = None
    region: Regions = ()
    sector: Sectors = ()
    text: tuple[YesNo, ...] = ()
    open: tuple[YesNo, ...] = ()
    sort: Literal["newest", "name", "region"] | None = None
    cursor: Place | None = None
    before: Place | None = None
    limit: ListSize = USUAL_SIZE


class _OfStartups(_Given):
    stage: Stages = ()


class _OfPartners(_Given):
    kind: PartnerKinds = ()


_MODELS: Mapping[Side, type[_Given]] = {Side.STARTUP: _OfStartups, Side.PARTNER: _OfPartners}


@dataclass(frozen=True, slots=True)
class ListView:
    """What a list is asked: words, filters by field, order, columns, and a place in it.

    `columns` is None where the address names none, `kept` where this reader has chosen none before;
    `after` and `before` are keys of the order.
    """

    side: Side
    q: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort = "newest"
    columns: tuple[str, ...] | None = None
    kept: tuple[str, ...] | None = None
    limit: int = USUAL_SIZE
    after: Key | None = None
    before: Key | None = None

    def asked(self, lang: str) -> Asked:
        """Give it as the index understands it, for a reader of a language."""
        return Asked(
            terms=read_terms(self.q),
            filters={name: frozenset(codes) for name, codes in self.filters.items() if codes},
            sort=self.sort,
            lang=lang,
            after=self.after,
            before=self.before,
            limit=self.limit,
        )

    @property
    def query(self) -> str:
        """It as the query of an address, from the first page on; empty where nothing is asked."""
        parts: list[tuple[str, str]] = [("q", self.q)] if self.q else []
        parts += [(name, code) for name in FIELDS[self.side] for code in self.filters.get(name, ())]
        if self.sort != USUAL_SORT[self.side]:
            parts.append(("sort", self.sort))
        if self.columns is not None:
            parts.append(("columns", ".".join(self.columns)))
        if self.limit != USUAL_SIZE:
            parts.append(("limit", str(self.limit)))
        return urlencode(parts)

    def at(self, name: Literal["cursor", "before"], key: Key, lang: str) -> str:
        """Give the query of the part that begins after a key, or ends before one."""
        told = json.dumps([self.sort, lang, *key], ensure_ascii=False, separators=(",", ":"))
        place = base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
        return "&".join(filter(None, (self.query, urlencode([(name, place)]))))

    def without(self, name: str, code: str) -> str:
        """Give the query without one code of a field, or without the words (`q`)."""
        if name == "q":
            return replace(self, q="").query
        left = tuple(one for one in self.filters.get(name, ()) if one != code)
        return replace(self, filters={**self.filters, name: left}).query

    def with_(self, name: str, code: str) -> str:
        """Give the query under one code of a field, in place of those that are chosen."""
        return replace(self, filters={**self.filters, name: (code,)}).query

    def here(self, lang: str) -> str:
        """Give the query of the part that is shown."""
        if self.after is not None:
            return self.at("cursor", self.after, lang)
        return self.query if self.before is None else self.at("before", self.before, lang)

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the order is asked."""
        return bool(self.q or any(self.filters.values()))


def read_list(side: Side, args: MultiDict[str, str], lang: str, kept: str = "") -> ListView:
    """Read what a list is asked from an address; names that it lacks are passed over.

    A place in another order or language than is asked for begins anew. Columns that no list has are
    passed over; `kept` are those that this reader chose before.

    Raises:
        InvalidRecord: with the fields that are wrong.
    """
    model, fields = _MODELS[side], FIELDS[side]
    several = {name: _split(args.getlist(name)) for name in fields if name in args}
    unknown = {name for name, codes in several.items() if UNKNOWN in codes}
    raw: dict[str, Any] = {name: args[name] for name in args if name not in fields}
    raw |= {name: [one for one in codes if one != UNKNOWN] for name, codes in several.items()}
    given = validate(model, without_unknown_fields(model, raw)[0])
    sort: Sort = given.sort or USUAL_SORT[side]
    return ListView(
        side=side,
        q=given.q or "",
        filters={
            name: (*map(str, getattr(given, name)), *((UNKNOWN,) if name in unknown else ()))
            for name in fields
        },
        sort=sort,
        columns=_columns(side, args.getlist("columns")) if "columns" in args else None,
        kept=_columns(side, [kept]) if kept else None,
        limit=given.limit,
        after=_key("cursor", given.cursor, sort, lang),
        before=_key("before", given.before, sort, lang),
    )


def chosen_columns(view: ListView) -> tuple[str, ...]:
    """Give the columns of a list: those chosen, else the usual ones."""
    kept = USUAL_COLUMNS[view.side] if view.kept is None else view.kept
    return kept if view.columns is None else view.columns


def _columns(side: Side, asked: list[str]) -> tuple[str, ...]:
    named = {part for text in asked for part in text.split(".")}
    return tuple(one for one in COLUMNS[side] if one in named)


def _split(values: Iterable[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _key(name: str, place: str | None, sort: Sort, lang: str) -> Key | None:
    if not place:
        return None
    try:
        padded = place + "=" * (-len(place) % 4)
        told = json.loads(base64.b64decode(padded.encode("ascii"), b"-_", validate=True))
        order, language, *key = told
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise InvalidRecord([FieldError(name, "cursor", place)]) from error
    if (order, language) != (sort, lang):
        return None
    if tuple(map(type, key)) != _SHAPES[sort]:
        raise InvalidRecord([FieldError(name, "cursor", place)])
    return tuple(key)
