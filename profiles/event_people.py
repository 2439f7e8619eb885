"""Owns who takes part in events, and what each wishes for."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import Connection, insert

from profiles import rows
from profiles import tables as t
from profiles.database import forget, reading, writing
from profiles.event_plan import Zone
from profiles.event_rows import (
    Event,
    EventError,
    EventState,
    Participant,
    Side,
    event_row,
    forget_some,
    people_naming,
    people_rows,
    person_row,
    write_person,
)
from profiles.fields import Id, Plain, Whole
from profiles.merges import family, merged_ids
from profiles.record import Record
from profiles.store import Store
from profiles.validation import validate

MOST_PEOPLE = 400
MOST_WISH = 3


class _Coming(Record):
    side: Side
    profile: Id | None = None
    organisation: Annotated[Plain, StringConstraints(max_length=200)] = ""
    called: Annotated[Plain, StringConstraints(max_length=100)] = ""
    consent: bool = False
    zone: Zone | None = None
    online: bool = False
    least: Annotated[Whole, Field(le=100)] = 0
    most: Annotated[Whole, Field(ge=1, le=100)] | None = None


def add_person(store: Store, event: int, **raw: Any) -> Participant:
    """Add one who takes part: of a profile, or of an organisation by its name.

    A person's own name is kept only together with consent. What has been merged is taken as what
    it is now.

    Args:
        store: where the event is.
        event: its number.
        raw: side, profile or organisation, called and consent, zone, online, least, most.

    Raises:
        InvalidRecord: if a value is wrong, or there are too many.
        UnknownEvent: if there is no such event.
    """
    said = validate(_Coming, raw)
    with writing(store.engine) as connection:
        event_row(connection, event)
        if len(people_rows(connection, event)) >= MOST_PEOPLE:
            raise EventError("people", "event_full", MOST_PEOPLE)
        values = _told(connection, said)
        extra = {"event": event, "away": "[]", "wishes": "{}", "link": 0}
        made = insert(t.event_people).values(**values, **extra).returning(t.event_people.c.id)
        return person_row(connection, event, connection.execute(made).scalar_one())


def change_person(
    store: Store,
    event: int,
    id: int,
    *,
    wishes: Mapping[int, int] | None = None,
    away: Collection[str] | None = None,
    **raw: Any,
) -> Participant:
    """Change what is known of a participant, all or nothing; what is not given stays.

    Args:
        store: where the event is.
        event: its number.
        id: the participant's.
        wishes: as `set_wishes` takes them.
        away: as `set_away` takes them.
        raw: as `add_person` takes them.

    Raises:
        InvalidRecord: if a value is wrong, or there is no such participant.
    """
    with writing(store.engine) as connection:
        held = person_row(connection, event, id)
        kept = {name: getattr(held, name) for name in _Coming.model_fields if name != "consent"}
        said = validate(_Coming, {**kept, "consent": held.consent_at is not None, **raw})
        write_person(connection, id, **_told(connection, said, held))
        now = person_row(connection, event, id)
        if wishes is not None:
            _wish(connection, now, wishes)
        if away is not None:
            _leave(connection, now, away)
        return person_row(connection, event, id)


def set_away(store: Store, event: int, id: int, slots: Collection[str]) -> Participant:
    """Say at which slots of the plan a participant cannot meet.

    Raises:
        InvalidRecord: if one is no slot of the event, or there is no such participant.
    """
    with writing(store.engine) as connection:
        _leave(connection, person_row(connection, event, id), slots)
        return person_row(connection, event, id)


def set_wishes(store: Store, event: int, id: int, wishes: Mapping[int, int]) -> Participant:
    """Keep whom a participant wishes for, 1 to 3; 0 takes a wish out.

    Raises:
        InvalidRecord: if one is no number from 0 to 3, or of nobody on the other side.
    """
    with writing(store.engine) as connection:
        _wish(connection, person_row(connection, event, id), wishes)
        return person_row(connection, event, id)


def ranked(ids: list[int]) -> dict[int, int]:
    """Give the wishes of a list in order: the first three are worth 3, the next three 2, others 1.

    Args:
        ids: participants, the dearest first; one that stands twice counts once.
    """
    first = dict.fromkeys(ids)
    return {id: max(MOST_WISH - place // MOST_WISH, 1) for place, id in enumerate(first)}


def remove_person(store: Store, event: int, id: int) -> None:
    """Take a participant out, with the wishes for it; its meetings are cancelled for the others.

    Raises:
        InvalidRecord: if there is no such participant.
    """
    with writing(store.engine) as connection:
        person_row(connection, event, id)
        forget_some(connection, [id])
    forget(store.engine)


def new_link(store: Store, event: int, id: int) -> Participant:
    """Let a participant have a new link; those before it end.

    Raises:
        InvalidRecord: if there is no such participant.
    """
    with writing(store.engine) as connection:
        held = person_row(connection, event, id)
        write_person(connection, id, link=held.link + 1)
        return person_row(connection, event, id)


def people_of(store: Store, event: int) -> list[Participant]:
    """Read who takes part, side a before side b, in the order in which they were added."""
    with reading(store.engine) as connection:
        return people_rows(connection, event)


def get_person(store: Store, event: int, id: int) -> Participant:
    """Read a participant.

    Raises:
        InvalidRecord: if there is no such participant.
    """
    with reading(store.engine) as connection:
        return person_row(connection, event, id)


def taking_part(store: Store, profile: str) -> list[tuple[Event, Participant]]:
    """Read the events of a profile that are on, or called off, with its participants, by date."""
    with reading(store.engine) as connection:
        mine = people_naming(connection, family(connection, profile))
        found = [(event_row(connection, one.event), one) for one in mine]
    told = [pair for pair in found if pair[0].state is not EventState.PROPOSED]
    return sorted(told, key=lambda pair: (pair[0].starts, pair[1].id))


def _told(connection: Connection, said: _Coming, held: Participant | None = None) -> dict[str, Any]:
    """Give the columns of a participant; who stays the same has consented when it was `held`.

    Raises:
        EventError: if it is of nobody, of an unknown profile, or named without consent.
    """
    profile = said.profile
    if profile is not None:
        profile = merged_ids(connection, [profile]).get(profile, profile)
        if not rows.sides(connection, [profile]):
            raise EventError("profile", "event_no_profile", said.profile)
    elif not said.organisation:
        raise EventError("organisation", "event_who")
    if said.called and not said.consent:
        raise EventError("called", "event_consent", said.called)
    if said.most is not None and said.least > said.most:
        raise EventError("least", "event_least", said.least, most=said.most)
    values = said.model_dump(exclude={"consent"})
    same = held.consent_at if held and held.called == said.called else None
    consent_at = (same or rows.now()) if said.called else None
    return {**values, "profile": profile, "consent_at": consent_at}


def _wish(connection: Connection, own: Participant, wishes: Mapping[int, int]) -> None:
    others = {one.id for one in people_rows(connection, own.event) if one.side != own.side}
    for other, wish in wishes.items():
        if other not in others:
            raise EventError("wishes", "event_nobody", other)
        if not 0 <= wish <= MOST_WISH:
            raise EventError("wishes", "event_wish", wish)
    kept = {str(other): wish for other, wish in sorted(wishes.items()) if wish}
    write_person(connection, own.id, wishes=json.dumps(kept))


def _leave(connection: Connection, own: Participant, slots: Collection[str]) -> None:
    known = event_row(connection, own.event).plan.slots
    for slot in slots:
        if slot not in known:
            raise EventError("away", "event_slot", slot)
    write_person(connection, own.id, away=json.dumps(sorted(set(slots))))
