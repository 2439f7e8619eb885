"""Owns how a pair stands beside its fit: what the two did together, the places that are left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from index import History
from matcher.pairs import Pair
from profiles import Partner, Side, Stage, Startup, Tie, TieKind

_TAKES_A_PLACE = frozenset({
    *(TieKind.COLLABORATION, TieKind.PILOT, TieKind.CONTRACT, TieKind.PROGRAMME),
})
"""The kinds of tie that take a place of a partner as long as they are under way."""

Busy = Callable[[str], frozenset[str]]
"""Gives the ids of the startups with whom a partner has an open case on a day."""


def nobody(_partner: str) -> frozenset[str]:
    """Know of no open case."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class Room:
    """How many startups a partner takes, and how many take a place on a day.

    `places` is None where the partner does not say; then nothing is known of what is left.
    """

    places: int | None
    taken: int = 0

    @property
    def left(self) -> int | None:
        """The places that are left, never below 0; None where that is not known."""
        return None if self.places is None else max(0, self.places - self.taken)


@dataclass(frozen=True, slots=True)
class Standing:
    """What staff want to know of a pair beside its fit, as of the day of the list.

    `together` is what the two did before the day, the newest first; `room` that of the partner;
    `conflicts` the ids of others with whom the one that is shown has a conflict of interest;
    `topical` whether anything says that the two have a subject in common.
    """

    together: tuple[Tie, ...]
    room: Room
    conflicts: tuple[str, ...]
    topical: bool


def room_of(partner: Partner, history: History, on: date, busy: Busy = nobody) -> Room:
    """Tell the places of a partner on a day.

    A startup takes one place, whether by an open case or by a tie that is under way: one that
    has begun and whose end is stated and has not come. What has no end tells nothing of today.
    """
    if partner.capacity is None:
        return Room(None)
    under_way = {
        tie.b if tie.a == partner.id else tie.a
        for tie in history.of(partner.id, on)
        if tie.kind in _TAKES_A_PLACE and tie.valid_to is not None and tie.valid_to >= on
    }
    return Room(partner.capacity, len(under_way | busy(partner.id)))


def standing_of(pair: Pair, shown: Side, busy: Busy = nobody) -> Standing:
    """Tell how a pair stands; `shown` is the side that the list shows."""
    one = pair.partner if shown is Side.PARTNER else pair.startup
    together = sorted(
        pair.prior_ties, key=lambda tie: (tie.valid_from or date.min, tie.id), reverse=True
    )
    return Standing(
        tuple(together),
        room_of(pair.partner, pair.scene.history, pair.scene.as_of, busy),
        conflicts_of(one, pair.scene.history, pair.scene.as_of),
        pair.topical,
    )


def conflicts_of(one: Startup | Partner, history: History, on: date) -> tuple[str, ...]:
    """Give the ids of those with whom a profile has a conflict of interest on a day."""
    recorded = {
        end for tie in history.conflicts(one.id, on) for end in (tie.a, tie.b) if end != one.id
    }
    return tuple(sorted(recorded.union(one.conflicts)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list keeps to beside what retrieval filters by; what is not known meets nothing.

    `stages` are those that a startup is at, or that a partner takes; `never_together` leaves out
    those who have worked with the asking side, `with_room` those without a place that is left.
    """

    stages: frozenset[Stage] = frozenset()
    never_together: bool = False
    with_room: bool = False

    def __bool__(self) -> bool:
        return bool(self.stages or self.never_together or self.with_room)

    def keeps(self, pair: Pair, asks: Side, busy: Busy = nobody) -> bool:
        """Tell whether a pair is what is wanted."""
        if self.stages and not self.stages.intersection(_stages(pair, asks)):
            return False
        if self.never_together and pair.prior_ties:
            return False
        if not self.with_room:
            return True
        scene = pair.scene
        return bool(room_of(pair.partner, scene.history, scene.as_of, busy).left)


def _stages(pair: Pair, asks: Side) -> tuple[Stage, ...]:
    if asks is Side.STARTUP:
        return pair.partner.stages
    return (pair.startup.stage,) if pair.startup.stage else ()


ANYBODY = Wanted()
"""Wants nothing beside the filters."""
