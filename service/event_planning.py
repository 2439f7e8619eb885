"""Owns the way from an event to what is scheduled, and back: persons, slots, rooms, fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from matcher.assignment import UNIT
from matcher.scheduling import Instance, Meeting, Person, Room, Slot
from profiles import AnyProfile, Text
from profiles.event_meetings import Booked
from profiles.events import Event, EventError, Participant

if TYPE_CHECKING:
    from service.wiring import Dari


@dataclass(frozen=True, slots=True)
class Scene:
    """An event with who takes part, as the matcher sees it.

    Attributes:
        event: the event.
        people: who takes part.
        instance: the same, to be solved; persons have their numbers as ids, in six digits.
        names: id of a person or room → how it is called.
    """

    event: Event
    people: Sequence[Participant]
    instance: Instance
    names: Mapping[str, Text]

    def booked(self, meetings: Sequence[Meeting]) -> list[Booked]:
        """Give meetings as the store keeps them."""
        slots = self.event.plan.slots
        return [Booked(int(one.a), int(one.b), slots[one.slot], one.room) for one in meetings]

    def meetings(self, booked: Sequence[Booked]) -> list[Meeting]:
        """Give kept meetings as the matcher sees them.

        Raises:
            EventError: if the plan has lost a slot or room of one.
        """
        slots = {slot: number for number, slot in enumerate(self.event.plan.slots)}
        for one in booked:
            if one.slot not in slots or one.room not in self.instance.place:
                at = f"{one.slot.replace('T', ' ')}, {one.room}"
                raise EventError("schedule", "event_astray", at)
        return [Meeting(key(one.a), key(one.b), slots[one.slot], one.room) for one in booked]


def key(person: int) -> str:
    """Give the id of a participant in an instance: numbers of one length keep their order."""
    return f"{person:012d}"


def scene_of(dari: Dari, event: Event, people: Sequence[Participant]) -> Scene:
    """Put an event together for the matcher; the fits are those of its lists.

    Raises:
        EventError: if a side has nobody, or there is no room.
    """
    rooms = sorted(event.plan.rooms, key=lambda one: one.name)
    sides = {side: [one for one in people if one.side == side] for side in ("a", "b")}
    for what, there in (("a", sides["a"]), ("b", sides["b"]), ("rooms", rooms)):
        if not there:
            raise EventError(what, "event_nobody_yet", what)
    halls = np.array([one.hall for one in rooms])
    travel = np.where(halls[:, None] == halls[None, :], 0, event.plan.walk).astype(np.int64)
    rules = {(key(one.a), key(one.b)): one.rule for one in event.plan.chosen}
    instance = Instance(
        tuple(sorted((_person(event, one) for one in people), key=lambda one: one.id)),
        _slots(event),
        tuple(Room(one.name, _numbers(event, one.closed)) for one in rooms),
        _fits(dari, sides["a"], sides["b"]),
        travel,
        _wishes(people),
        forced=frozenset(pair for pair, rule in rules.items() if rule == "forced"),
        forbidden=frozenset(pair for pair, rule in rules.items() if rule == "forbidden"),
        in_a_row=event.plan.in_a_row,
        fill=event.plan.fill,
    )
    return Scene(event, people, instance, names_of(dari, event, people))


def names_of(dari: Dari, event: Event, people: Sequence[Participant]) -> dict[str, Text]:
    """Name the persons and rooms of an event by their ids in an instance."""
    held = dari.store.get_many({one.profile for one in people if one.profile})
    named = {key(one.id): called(one, held) for one in people}
    return named | {one.name: Text(en=one.name, ko=one.name) for one in event.plan.rooms}


def called(one: Participant, profiles: Mapping[str, AnyProfile]) -> Text:
    """Name a participant: its organisation, and the person where that was consented to."""
    profile = profiles.get(one.profile or "")
    who = profile.name if profile else Text(en=one.organisation, ko=one.organisation)
    after = f" ({one.called})" if one.called else ""
    return Text(en=f"{who.in_('en')}{after}", ko=f"{who.in_('ko')}{after}")


def _person(event: Event, one: Participant) -> Person:
    asleep = event.plan.asleep(one.zone) if one.online and one.zone else frozenset()
    away = _numbers(event, one.away | asleep)
    return Person(key(one.id), one.side, one.least, one.most, away, one.online)


def _numbers(event: Event, slots: Sequence[str] | frozenset[str]) -> frozenset[int]:
    return frozenset(n for n, slot in enumerate(event.plan.slots) if slot in slots)


def _slots(event: Event) -> tuple[Slot, ...]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    moments = (event.plan.moment(slot) for slot in event.plan.slots)
    return tuple(
        Slot(int((at - epoch).total_seconds()) // 60, event.plan.minutes) for at in moments
    )


def _wishes(people: Sequence[Participant]) -> dict[tuple[str, str], int]:
    known = {one.id for one in people}
    return {
        (key(one.id), key(other)): wish
        for one in people
        for other, wish in one.wishes.items()
        if other in known
    }


def _fits(dari: Dari, guests: Sequence[Participant], hosts: Sequence[Participant]) -> np.ndarray:
    """Give the ranker's score of every pair of a startup and a partner, in 1/1024 point.

    Two of one side of the market, and one without a profile, have 0: nothing is known of them. A
    pair that eligibility refuses has -1.
    """
    fits = np.zeros((len(guests), len(hosts)), np.int64)
    ids = {one.profile for one in (*guests, *hosts) if one.profile}
    sides = dari.store.sides(ids)
    for row, guest in enumerate(guests):
        others = {
            host.profile: column
            for column, host in enumerate(hosts)
            if guest.profile in sides
            and host.profile in sides
            and sides[host.profile] is not sides[guest.profile]
        }
        if not others or guest.profile is None:
            continue
        told = _scores(dari, guest.profile, [id for id in others if id])
        for column, host in enumerate(hosts):
            fits[row, column] = told.get(host.profile or "", fits[row, column])
    return fits


def _scores(dari: Dari, query: str, candidates: Sequence[str]) -> dict[str, int]:
    found = dari.matchmaker.beside(query, candidates, k=1)
    return {
        one.match.profile.id: -1 if one.reasons else round(one.match.score * UNIT)
        for one in found.named
    }
