"""Owns the links by which participants of an event say whom they wish to meet: signed, for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from profiles.events import Event, Participant

AFTER = timedelta(days=7)
"""How long after its last day the links of an event hold."""

_SALT = "dari wishes of a participant of an event"
_LONGEST = 500
_PARTS = 4


@dataclass(frozen=True, slots=True)
class MeetLink:
    """What a link says: an event, a participant, and the number of the link.

    `made` is the second in which the event was made: it tells it from another one that has its
    number since a backup was restored.
    """

    event: int
    person: int
    number: int
    made: int

    def holds(self, event: Event, person: Participant) -> bool:
        """Tell whether it is of this event, the participant's newest, and not too old."""
        until = event.plan.moment(event.plan.slots[-1]) + AFTER
        own = self.made == _second(event) and 0 < self.number == person.link
        return own and datetime.now(UTC) < until


def _second(event: Event) -> int:
    return int(event.made_at.timestamp())


def token_of(event: Event, person: Participant, key: str) -> str:
    """Write the token of a participant's newest link, signed by the key of the installation."""
    told = [event.id, person.id, person.link, _second(event)]
    written: str = _signer(key).dumps(told)
    return written


def read_meet_link(token: str, key: str) -> MeetLink | None:
    """Read a token; None for one that this installation has not signed."""
    if len(token) > _LONGEST:
        return None
    try:
        told = _signer(key).loads(token)
    except BadSignature:
        return None
    return MeetLink(*told) if len(told) == _PARTS else None


def _signer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=_SALT)
