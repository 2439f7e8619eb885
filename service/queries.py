"""Owns the questions that a list or match page and the API can be asked, read from an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field, StringConstraints

from index import Filters, Names
from matcher import Matchmaker, Why
from profiles import AnyProfile, FieldError, InvalidRecord, Side, Store, UnknownId, validate
from profiles.fields import Id, PartnerKinds, Plain, Regions, Sectors, Whole
from profiles.record import Record
from profiles.rows import unknown_id
from profiles.validation import without_unknown_fields
from service.editing import LONGEST_MAKER

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

SEVERAL = ("kind", "region", "sector", "stage", "country")

MOST = 100
MOST_SIMILAR = 10

ListSize = Annotated[Whole, Field(ge=1, le=MOST)]


class StartupMatchQuery(Record):
    """What is asked about the startups that fit a partner."""

    k: ListSize = 10
    programme: Id | None = None
    region: Regions = ()
    sector: Sectors = ()

    @property
    def filters(self) -> Filters:
        """What a candidate must be."""
        return Filters(regions=frozenset(self.region), sectors=frozenset(self.sector))


class PartnerMatchQuery(StartupMatchQuery):
    """What is asked about the partners that fit a startup."""

    kind: PartnerKinds = ()

    @property
    def filters(self) -> Filters:
        """What a candidate must be."""
        return Filters(
            kinds=frozenset(self.kind),
            regions=frozenset(self.region),
            sectors=frozenset(self.sector),
        )


class _OfOne(Record):
    """Which candidate of a list is asked about."""

    candidate: Id


class WhyPartnerQuery(PartnerMatchQuery, _OfOne):
    """What is asked about one partner of a startup's list."""


class WhyStartupQuery(StartupMatchQuery, _OfOne):
    """What is asked about one startup of a partner's list."""


WHY_QUERIES: Mapping[Side, type[WhyPartnerQuery] | type[WhyStartupQuery]] = {
    Side.STARTUP: WhyPartnerQuery,
    Side.PARTNER: WhyStartupQuery,
}
"""What is asked about one candidate, by the side that asks."""


def ask_why(
    matchmaker: Matchmaker, profile: AnyProfile, query: WhyPartnerQuery | WhyStartupQuery
) -> Why:
    """Ask for all that can be told of one candidate of a profile's list.

    Raises:
        UnknownId: if there is no such candidate on the other side.
    """
    return matchmaker.why(
        profile.id, query.candidate, query.k, programme=query.programme, filters=query.filters
    )


class ListQuery(Record):
    """Which part of a list is asked for: names that hold `q`, after the id `cursor`."""

    q: Plain | None = None
    cursor: Id | None = None
    limit: ListSize = 50


class TieQuery(Record):
    """Which ties of a profile are asked for: those after the id `cursor`."""

    profile: Id
    cursor: Id | None = None
    limit: ListSize = 50


class ProfileQuery(Record):
    """Which of a profile's ties its page shows: those after the id `ties`."""

    ties: Id | None = None


class EditQuery(Record):
    """Who edits, for the history."""

    by: Annotated[Plain, StringConstraints(max_length=LONGEST_MAKER)] | None = None


class HistoryQuery(Record):
    """Which page of a history is asked for."""

    page: Annotated[Whole, Field(ge=1, le=1_000_000)] = 1


Q = TypeVar("Q", bound=Record)
M = TypeVar("M", bound=StartupMatchQuery)


def read_query(model: type[Q], args: MultiDict[str, str], *, strict: bool) -> Q:
    """Read a query from an address; `strict` refuses names that `model` lacks.

    Raises:
        InvalidRecord: with the fields that are wrong.
    """
    raw: Mapping[str, Any] = {
        name: _split(args.getlist(name)) if _takes_several(model, name) else args[name]
        for name in args
    }
    return validate(model, raw if strict else without_unknown_fields(model, raw)[0])


def read_match_query(model: type[M], args: MultiDict[str, str], store: Store, *, strict: bool) -> M:
    """Read a match query whose programme exists.

    Raises:
        InvalidRecord: with the fields that are wrong.
    """
    query = read_query(model, args, strict=strict)
    check_programme(store, query.programme)
    return query


def check_programme(store: Store, id: str | None) -> None:
    """Refuse the id of a programme that there is not.

    Raises:
        InvalidRecord: naming the field `programme`.
    """
    if id is not None:
        try:
            store.programme(id)
        except UnknownId as error:
            raise InvalidRecord([FieldError("programme", "programme_unknown", id)]) from error


def _takes_several(model: type[Record], name: str) -> bool:
    """Tell whether a field of an address holds several values; a case's stage is one."""
    known = model.model_fields.get(name)
    return name in SEVERAL and (known is None or isinstance(known.default, tuple))


def _split(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, the id after which it goes on (None at the end), and how many there are.

    `similar` follows the last part where a name was looked for: those with a name like it, the
    likest first, which are not counted.
    """

    items: tuple[Record, ...]
    cursor: str | None
    total: int
    similar: tuple[AnyProfile, ...] = ()


def read_page(store: Store, names: Names, side: Side, query: ListQuery) -> Page:
    """Read the part of a list that is asked for, by id ascending."""
    found = store.page(side, after=query.cursor, limit=query.limit + 1, text=query.q)
    items = tuple(found[: query.limit])
    cursor = items[-1].id if len(found) > query.limit else None
    total = store.count(side, text=query.q)
    similar = _similar(store, names, side, query.q) if query.q and cursor is None else ()
    return Page(items, cursor, total, similar)


def _similar(store: Store, names: Names, side: Side, text: str) -> tuple[AnyProfile, ...]:
    """Read those with a name like a text that no name of theirs holds."""
    near = [id for id, _ in names.search(text, side, MOST_SIMILAR)]
    found = store.get_many(near)
    holding = {one.id for one in store.page(side, ids=near, text=text)}
    return tuple(found[id] for id in near if id in found and id not in holding)


def read_ties(store: Store, query: TieQuery) -> Page:
    """Read the part of a profile's ties that is asked for, by id ascending.

    Raises:
        InvalidRecord: if there is no such profile.
    """
    if not store.sides([query.profile]):
        raise InvalidRecord([FieldError("profile", "id_unknown", query.profile)])
    found = store.ties_page(query.profile, after=query.cursor, limit=query.limit + 1)
    items = tuple(found[: query.limit])
    cursor = items[-1].id if len(found) > query.limit else None
    return Page(items, cursor, store.count_ties_of(query.profile))


def profile_on(store: Store, side: Side, id: str) -> AnyProfile:
    """Read a profile of one side.

    Raises:
        UnknownId: if there is none on this side.
    """
    profile = store.get(id)
    if profile.side is not side:
        raise unknown_id(id)
    return profile
