"""Owns the links by which a side of a case answers: signed, for one side, for a fortnight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from profiles import Side
from profiles.cases import Case, HeldCase

VALID = timedelta(days=14)
_SALT = "dari answer of a side of a case"
_SIDES = {"s": Side.STARTUP, "p": Side.PARTNER}
_LONGEST = 500
_PARTS = 5


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """What a link says: a side of a case, its number among the side's links, and its end.

    `opened` tells the case from another one that has its number since a backup was restored.
    """

    case: int
    side: Side
    number: int
    until: datetime
    opened: int

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return datetime.now(UTC) >= self.until

    def is_of(self, case: Case) -> bool:
        """Tell whether it was made for this very case."""
        return self.opened == opening(case)

    def is_newest(self, case: Case) -> bool:
        """Tell whether no newer link has taken its place."""
        return case.link_of(self.side) == self.number


def opening(case: Case) -> int:
    """Give the second in which a case was opened, since 1970."""
    return int(case.opened_at.timestamp())


def newest_link(held: HeldCase, side: Side) -> AnswerLink | None:
    """Give the newest link of a side; None where none was made, or its time is over."""
    made = [
        event.at
        for event in held.events
        if event.kind == "link" and event.case == held.case.id and event.data["side"] == side.value
    ]
    if not made:
        return None
    until = datetime.fromtimestamp(int((made[-1] + VALID).timestamp()), UTC)
    link = AnswerLink(held.case.id, side, held.case.link_of(side), until, opening(held.case))
    return None if link.is_over else link


def sign(link: AnswerLink, key: str) -> str:
    """Write a link as the token of its address, signed by the key of the installation."""
    told = [link.case, link.side.value[0], link.number, int(link.until.timestamp()), link.opened]
    written: str = _signer(key).dumps(told)
    return written


def read_link(token: str, key: str) -> AnswerLink | None:
    """Read a token; None for one that this installation has not signed."""
    if len(token) > _LONGEST:
        return None
    try:
        told = _signer(key).loads(token)
    except BadSignature:
        return None
    if len(told) != _PARTS:
        return None
    case, side, number, until, opened = told
    return AnswerLink(case, _SIDES[side], number, datetime.fromtimestamp(until, UTC), opened)


def _signer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=_SALT)
