"""Owns what the pages of a match list can be asked, read from an address and written to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from index import Filters
from matcher import FACTORS, FAMILIES, Beside, MatchList, Matchmaker, Wanted, Why
from profiles import AnyProfile, Side
from profiles.fields import Day, Id, Plain, Stages
from profiles.record import Record
from service.queries import PartnerMatchQuery, StartupMatchQuery


def _read_factor(value: Any) -> Any:
    told = {f"{factor:g}": factor for factor in FACTORS}
    if str(value) not in told:
        raise PydanticCustomError("factor", "no factor")
    return told[str(value)]


Factor = Annotated[float, BeforeValidator(_read_factor)]
Ticked = Literal["", "1"]


class How(TypedDict):
    """How a matchmaker is asked for a list."""

    programme: str | None
    filters: Filters
    as_of: Any
    wanted: Wanted
    factors: Mapping[str, float]


class StartupsAsked(StartupMatchQuery):
    """What is asked of the list of the startups that fit a partner."""

    as_of: Day | None = None
    stage: Stages = ()
    new: Ticked = ""
    weight_text: Factor = 1.0
    weight_sector: Factor = 1.0
    weight_region: Factor = 1.0
    weight_support: Factor = 1.0
    weight_past: Factor = 1.0

    @property
    def factors(self) -> dict[str, float]:
        """By family, how many times what the model gives it counts, where that was moved."""
        given = {name: getattr(self, f"weight_{name}") for name in FAMILIES}
        return {name: factor for name, factor in given.items() if factor != 1.0}

    @property
    def wanted(self) -> Wanted:
        """What a pair must be beside the filters."""
        return Wanted(frozenset(self.stage), bool(self.new), bool(getattr(self, "room", "")))

    @property
    def how(self) -> How:
        """How a matchmaker is asked for it."""
        return {
            "programme": self.programme,
            "filters": self.filters,
            "as_of": self.as_of,
            "wanted": self.wanted,
            "factors": self.factors,
        }

    @property
    def address(self) -> dict[str, Any]:
        """What of it stands in an address: all that is not as it would be without being asked."""
        told = self.model_dump(mode="json", exclude_defaults=True, include=set(_IN_ADDRESS))
        weights = {f"weight_{name}": f"{factor:g}" for name, factor in self.factors.items()}
        return {**{name: value for name, value in told.items() if value}, **weights}

    def without_weights(self) -> dict[str, Any]:
        """Give what stands in the address of the same list by the weights of the model."""
        return {
            name: value for name, value in self.address.items() if not name.startswith("weight_")
        }


_IN_ADDRESS = frozenset({
    *("k", "programme", "region", "sector", "kind", "as_of", "stage", "new", "room"),
})


class PartnersAsked(PartnerMatchQuery, StartupsAsked):
    """What is asked of the list of the partners that fit a startup."""

    room: Ticked = ""


class _Candidate(Record):
    candidate: Id


class OnePartnerAsked(PartnersAsked, _Candidate):
    """What is asked of one partner of a startup's list."""


class OneStartupAsked(StartupsAsked, _Candidate):
    """What is asked of one startup of a partner's list."""


class _Name(Record):
    name: Plain | None = None


class NamedPartnerAsked(PartnersAsked, _Name):
    """Why a partner, by its name, is not in a startup's list."""


class NamedStartupAsked(StartupsAsked, _Name):
    """Why a startup, by its name, is not in a partner's list."""


Asked = StartupsAsked | PartnersAsked

LISTS: Mapping[Side, type[StartupsAsked]] = {
    Side.STARTUP: PartnersAsked,
    Side.PARTNER: StartupsAsked,
}
"""What is asked of a list, by the side that asks."""

ONES: Mapping[Side, type[OnePartnerAsked] | type[OneStartupAsked]] = {
    Side.STARTUP: OnePartnerAsked,
    Side.PARTNER: OneStartupAsked,
}
"""What is asked of one candidate, by the side that asks."""

NAMED: Mapping[Side, type[NamedPartnerAsked] | type[NamedStartupAsked]] = {
    Side.STARTUP: NamedPartnerAsked,
    Side.PARTNER: NamedStartupAsked,
}
"""What is asked of a candidate by its name, by the side that asks."""


def ask_matches(matchmaker: Matchmaker, profile: AnyProfile, query: StartupsAsked) -> MatchList:
    """Ask for a match list of a profile."""
    return matchmaker.match(profile, query.k, **query.how)


def ask_beside(
    matchmaker: Matchmaker, profile: AnyProfile, ids: tuple[str, ...], query: StartupsAsked
) -> Beside:
    """Ask for a match list of a profile, and where some candidates stand beside it."""
    return matchmaker.beside(profile.id, ids, query.k, **query.how)


def ask_one(
    matchmaker: Matchmaker, profile: AnyProfile, query: OnePartnerAsked | OneStartupAsked
) -> Why:
    """Ask for all that can be told of one candidate of a profile's list."""
    return matchmaker.why(profile.id, query.candidate, query.k, **query.how)
