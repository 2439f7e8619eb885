"""Owns the packing of triads into a budget: which are funded, and which are in reserve."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcher.cpsat import first_of, greatest


@dataclass(frozen=True, slots=True)
class Option:
    """A triad that may be chosen: the ids of its organisations, and its score in 1/1024 point."""

    ids: tuple[str, ...]
    score: int


@dataclass(frozen=True, slots=True)
class Packed:
    """The chosen rows, the best first; the sum of their scores, and what nothing can pass."""

    rows: tuple[int, ...]
    total: int
    bound: int

    @property
    def is_optimal(self) -> bool:
        """Whether nothing is better."""
        return self.total == self.bound


@dataclass(frozen=True, slots=True)
class Reserve:
    """A row that is not chosen, and the chosen ones in whose place it could step."""

    row: int
    instead_of: tuple[int, ...]


def pack(options: Sequence[Option], *, projects: int, most: int, effort: float = 20.0) -> Packed:
    """Choose the options with the greatest sum of scores.

    Args:
        options: n of them; of equal scores those that come first by their ids are told first.
        projects: how many there is money for.
        most: how many an organisation may be in.
        effort: how long the search may last, in units of deterministic time.
    """
    if not options or projects == 0:
        return Packed((), 0, 0)
    order = sorted(range(len(options)), key=lambda row: _rank(options[row]))
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    choices = [model.new_bool_var(str(row)) for row in order]
    model.add(sum(choices) <= projects)
    for places in _by_organisation([options[row] for row in order]).values():
        if len(places) > most:
            model.add(sum(choices[place] for place in places) <= most)
    total = sum(options[row].score * choice for row, choice in zip(order, choices, strict=True))
    found = greatest(model, choices, total, effort)
    model.add(total >= found.value)
    rows = tuple(order[place] for place in first_of(model, choices, effort))
    return Packed(rows, found.value, found.bound)


def reserves(
    options: Sequence[Option], packed: Packed, *, projects: int, most: int, count: int
) -> tuple[Reserve, ...]:
    """Give the best of the others that could step in if one of the chosen falls out, in order."""
    chosen = set(packed.rows)
    rest = sorted(set(range(len(options))) - chosen, key=lambda row: _rank(options[row]))
    found: list[Reserve] = []
    for row in rest:
        if len(found) == count:
            break
        instead_of = tuple(
            one
            for one in packed.rows
            if fits([options[other] for other in {*chosen - {one}, row}], projects, most)
        )
        if instead_of:
            found.append(Reserve(row, instead_of))
    return tuple(found)


def fits(options: Sequence[Option], projects: int, most: int) -> bool:
    """Tell whether some options keep to the money and to how many an organisation may be in."""
    within = all(len(places) <= most for places in _by_organisation(options).values())
    return len(options) <= projects and within


def _rank(option: Option) -> tuple[int, tuple[str, ...]]:
    return -option.score, option.ids


def _by_organisation(options: Iterable[Option]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, option in enumerate(options):
        for id in option.ids:
            found.setdefault(id, []).append(place)
    return found
