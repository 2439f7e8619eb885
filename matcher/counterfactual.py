"""Owns the counterfactual: what would follow if an empty field were filled in truthfully."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple

from matcher.eligibility import Reason
from matcher.matchlist import Match
from profiles import AnyProfile, Programme, Side, Text
from profiles.taxonomy import Names


class Field(NamedTuple):
    """A field of one side of a pair that is empty now."""

    of: Side
    name: str


@dataclass(frozen=True, slots=True)
class Option:
    """Values that empty fields might truthfully have, one for each, and what would follow.

    `names` tell the values to people; a text has none, for nobody knows what it would say.
    `points` is what the score would gain, for a text at most. `rank` is where the match would then
    stand, for a text at best; None where it has no rank. `allowed` is whether the rules would let
    it be made.
    """

    values: tuple[str | None, ...]
    names: tuple[Names | None, ...]
    points: float
    rank: int | None
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """One or two empty fields, and what would follow from what they might truthfully hold.

    `options` are all that were tried, the most points first. Where a field is a text, only the
    upper end is known.
    """

    fields: tuple[Field, ...]
    options: tuple[Option, ...]

    @property
    def is_open(self) -> bool:
        """Whether a text is among the fields, so that what follows depends on what it says."""
        return any(None in option.values for option in self.options)

    @property
    def most(self) -> float:
        """The most points that a value brings."""
        return max((option.points for option in self.options if option.allowed), default=0.0)

    @property
    def least(self) -> float:
        """The fewest points that a value brings."""
        least = min((option.points for option in self.options if option.allowed), default=0.0)
        return min(0.0, least) if self.is_open else least

    @property
    def ranks(self) -> tuple[int, int] | None:
        """The best and the worst rank that would follow; None where there is none."""
        found = [option.rank for option in self.options if option.rank is not None]
        return (min(found), max(found)) if found else None

    @property
    def best(self) -> tuple[Option, ...]:
        """The options that bring the most."""
        return tuple(
            option for option in self.options if option.allowed and option.points == self.most
        )

    @property
    def refused(self) -> tuple[Option, ...]:
        """The options under which a rule would keep the match off the list."""
        return tuple(option for option in self.options if not option.allowed)

    def as_json(self) -> dict[str, Any]:
        """Give the change as plain values for JSON."""
        return {
            "fields": [{"of": one.of.value, "field": one.name} for one in self.fields],
            "depends_on_text": self.is_open,
            "points": {"least": self.least, "most": self.most},
            "ranks": dict(zip(("best", "worst"), self.ranks, strict=True)) if self.ranks else None,
            "options": [_option(option) for option in self.options],
        }


def _option(option: Option) -> dict[str, Any]:
    return {
        "values": list(option.values),
        "names": [asdict(name) if name else None for name in option.names],
        "points": option.points,
        "rank": option.rank,
        "allowed": option.allowed,
    }


@dataclass(frozen=True, slots=True)
class Why:
    """All that can be told of one pair: its place in a list, and what would change it.

    `match` has the score, the contributions and the unknowns; its rank is 0 where it has none:
    because it is refused (`reasons`), or not among the `pool` candidates that retrieval handed to
    ranking (`in_pool`).
    """

    query: AnyProfile
    programme: Programme | None
    as_of: date
    match: Match
    reasons: tuple[Reason, ...]
    pool: int
    in_pool: bool
    changes: tuple[Change, ...]
    model_version: str
    index_seq: int
    notes: tuple[Names, ...] = ()

    @property
    def who(self) -> dict[Side, Text]:
        """The names of both sides."""
        return {one.side: one.name for one in (self.query, self.match.profile)}

    @property
    def rank(self) -> int | None:
        """The rank in the whole pool; None where it has none."""
        return self.match.rank or None
