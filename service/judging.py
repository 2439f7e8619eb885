"""Owns a judge's desk: which pairs of a round are theirs, in which order, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from profiles.judgements import Judgement

if TYPE_CHECKING:
    from evaluation import JudgedPair, Outcome


@dataclass(frozen=True)
class Desk:
    """A round as one judge works through it.

    The order is the judge's own and always the same. A pair that enough others have graded is not
    asked for any more; one that was skipped comes last.
    """

    outcome: Outcome
    judge: str

    @cached_property
    def order(self) -> tuple[JudgedPair, ...]:
        """All pairs in the judge's order."""
        from evaluation import generator_of, shuffled

        of = {(one.pair.startup, one.pair.partner): one for one in self.outcome.pairs}
        rng = generator_of(self.outcome.round.name, self.judge)
        return tuple(of[pair] for pair in shuffled(of, rng=rng))

    @cached_property
    def _places(self) -> dict[int, int]:
        return {one.pair.id: place for place, one in enumerate(self.order)}

    def own(self, one: JudgedPair) -> Judgement | None:
        """Give what the judge has said of a pair last; None where that is nothing."""
        return one.given.get(self.judge)

    def is_graded(self, one: JudgedPair) -> bool:
        """Tell whether the judge has graded a pair."""
        return self.judge in one.grades

    def is_wanted(self, one: JudgedPair) -> bool:
        """Tell whether the judge's grade of a pair is still wanted."""
        return not self.is_graded(one) and len(one.grades) < self.outcome.round.judges

    @cached_property
    def graded(self) -> int:
        """How many pairs the judge has graded."""
        return sum(map(self.is_graded, self.order))

    @cached_property
    def left(self) -> int:
        """How many pairs still want the judge's grade, skipped ones too."""
        return sum(map(self.is_wanted, self.order))

    @cached_property
    def skipped(self) -> int:
        """How many of those the judge has skipped."""
        return sum(self.is_wanted(one) and self.own(one) is not None for one in self.order)

    def pair(self, id: int) -> JudgedPair | None:
        """Give a pair by its number; None where the round has none of it any more."""
        place = self._places.get(id)
        return None if place is None else self.order[place]

    def next(self, after: int | None = None) -> JudgedPair | None:
        """Give the pair to be judged next: after a pair in the order, then from the beginning.

        Skipped ones come when no other is left; None when nothing is.
        """
        wanted = [one for one in self._from(after) if self.is_wanted(one)]
        fresh = (one for one in wanted if self.own(one) is None)
        return next(fresh, next(iter(wanted), None))

    def back(self, id: int) -> JudgedPair | None:
        """Give the pair of the judge that stands before a pair; None at the beginning."""
        before = reversed(self.order[: self._places.get(id, 0)])
        return next(filter(self._is_own, before), None)

    def forward(self, id: int) -> JudgedPair | None:
        """Give the pair of the judge that stands after a pair; None at the end."""
        after = self.order[self._places.get(id, len(self.order)) + 1 :]
        return next(filter(self._is_own, after), None)

    def _is_own(self, one: JudgedPair) -> bool:
        return self.is_wanted(one) or self.own(one) is not None

    def _from(self, id: int | None) -> Iterator[JudgedPair]:
        """Walk the order from behind a pair round to the pair itself."""
        start = 0 if id is None else self._places.get(id, -1) + 1
        yield from self.order[start:]
        yield from self.order[:start]
