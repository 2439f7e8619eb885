"""Owns the choice of a bundle: few partners that cover the most, overlap the least and fit best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matcher.cpsat import first_of, greatest

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import IntVar, LinearExpr

OVERLAP_PRICE = 256
"""What each unit of weight that is covered once more costs, in 1/1024 point of fit.

A support that two members bring costs 2 points.
"""

LIGHT_PRICE = 1024
"""What each unit of weight of a light need that is covered is worth, in 1/1024 point of fit."""

MOST_MEMBERS = 8


@dataclass(frozen=True, slots=True)
class Option:
    """One who may become a member.

    Attributes:
        id: the profile's.
        role: of which a bundle has one at most.
        covers: the ids of the needs that it covers.
        fit: in 1/1024 point, 0 or more.
    """

    id: str
    role: str
    covers: frozenset[str]
    fit: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """A bundle.

    Attributes:
        ids: its members, ascending.
        cover: the weight of the heavy needs that they cover.
        cover_bound: what no bundle can pass.
        worth: the sum of fits and of what light needs are worth, less the price of the overlap, in
            1/1024 point.
        worth_bound: what no bundle of this cover and so many members can pass.
        is_optimal: whether nothing is better.
    """

    ids: tuple[str, ...] = ()
    cover: int = 0
    cover_bound: int = 0
    worth: int = 0
    worth_bound: int = 0
    is_optimal: bool = True


def choose(
    options: Sequence[Option],
    weights: Mapping[str, int],
    *,
    most: int,
    least: int = 1,
    effort: float = 10.0,
) -> Chosen:
    """Choose the bundle that covers the most weight with the fewest members, of the greatest worth.

    At most `most` members, one of each role, and each covers a heavy need that no other member
    does. The worth is the sum of fits, less `OVERLAP_PRICE` for each unit of the weight of heavy
    needs that is covered once more, and `LIGHT_PRICE` more for each of light ones that is covered.
    The same options give the same bundle, in whatever order they come.

    Args:
        options: those who may become members.
        weights: need id → what it counts, 1 or more.
        most: how many members there are at most, 1 or more.
        least: the weight from which a need is heavy.
        effort: how long each of the three searches may last, in units of deterministic time.
    """
    rows = _without_doubles([one for one in options if one.covers])
    if not rows:
        return Chosen()
    search = _Model(rows, weights, most, least)
    covers = greatest(search.model, search.choices, search.cover, effort)
    search.model.add(search.cover >= covers.value)
    fewest = greatest(search.model, search.choices, -sum(search.choices), effort)
    search.model.add(sum(search.choices) <= -fewest.value)
    worths = greatest(search.model, search.choices, search.worth, effort)
    search.model.add(search.worth >= worths.value)
    chosen = first_of(search.model, search.choices, effort)
    return Chosen(
        tuple(rows[row].id for row in chosen),
        covers.value,
        covers.bound,
        worths.value,
        worths.bound,
        all(one.value == one.bound for one in (covers, fewest, worths)),
    )


def cover_of(options: Iterable[Option], weights: Mapping[str, int], least: int = 1) -> int:
    """Add up the weights of the heavy needs that some cover together."""
    return sum(weights[need] for need in _covered(options) if weights[need] >= least)


def worth_of(options: Sequence[Option], weights: Mapping[str, int], least: int = 1) -> int:
    """Give the worth of some, as `choose` counts it, in 1/1024 point."""
    cover = cover_of(options, weights, least)
    overlap = sum(cover_of([one], weights, least) for one in options) - cover
    light = sum(weights[need] for need in _covered(options)) - cover
    return sum(one.fit for one in options) - OVERLAP_PRICE * overlap + LIGHT_PRICE * light


def _covered(options: Iterable[Option]) -> frozenset[str]:
    return frozenset[str]().union(*(one.covers for one in options))


def alone(one: Option, others: Iterable[Option]) -> frozenset[str]:
    """Give the needs that one covers and none of the others does."""
    return one.covers.difference(*(other.covers for other in others if other is not one))


def _without_doubles(options: Iterable[Option]) -> list[Option]:
    """Keep, of those in one role who cover the same, the one that fits best; ascending by id."""
    best: dict[tuple[str, frozenset[str]], Option] = {}
    for one in sorted(options, key=lambda one: (-one.fit, one.id)):
        best.setdefault((one.role, one.covers), one)
    return sorted(best.values(), key=lambda one: one.id)


class _Model:
    """Who is a member, and which needs are covered.

    That each member alone covers something heavy follows from there being the fewest of them.
    """

    def __init__(
        self, options: Sequence[Option], weights: Mapping[str, int], most: int, least: int
    ) -> None:
        from ortools.sat.python import cp_model

        self.model = cp_model.CpModel()
        self.choices = [self.model.new_bool_var(one.id) for one in options]
        self.model.add(sum(self.choices) <= most)
        for choices in self._by(options, lambda one: {one.role}).values():
            self.model.add_at_most_one(choices)
        heavy, light = self._weighed(self._by(options, lambda one: one.covers), weights, least)
        brought = (
            (one.fit - OVERLAP_PRICE * cover_of([one], weights, least)) * choice
            for choice, one in zip(self.choices, options, strict=True)
        )
        self.cover = heavy
        self.worth = sum(brought) + OVERLAP_PRICE * heavy + LIGHT_PRICE * light

    def _by(
        self, options: Sequence[Option], keys: Callable[[Option], Iterable[str]]
    ) -> dict[str, list[IntVar]]:
        """Group the choices by what each option has, in the order of these."""
        found: dict[str, list[IntVar]] = {}
        for choice, one in zip(self.choices, options, strict=True):
            for key in keys(one):
                found.setdefault(key, []).append(choice)
        return dict(sorted(found.items()))

    def _weighed(
        self, by_need: Mapping[str, list[IntVar]], weights: Mapping[str, int], least: int
    ) -> tuple[LinearExpr | int, LinearExpr | int]:
        """Give the weight of the heavy needs that are covered, and that of the light ones."""
        weighed = {}
        for need, choices in by_need.items():
            is_covered = self.model.new_bool_var(f"{need} is covered")
            self.model.add_max_equality(is_covered, choices)
            weighed[need] = weights[need] * is_covered
        heavy = (one for need, one in weighed.items() if weights[need] >= least)
        light = (one for need, one in weighed.items() if weights[need] < least)
        return sum(heavy), sum(light)
