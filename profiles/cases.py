"""Owns the case: one pair of a startup and a partner on its way, with its stages and its events."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, or_, select

from profiles import rows
from profiles import tables as t
from profiles.database import reading
from profiles.errors import CodedError, FieldError, UnknownId
from profiles.kinds import Side
from profiles.merges import family
from profiles.text import is_clean

if TYPE_CHECKING:
    from profiles.store import Store


class CaseStage(StrEnum):
    """How far a pair has come, in order."""

    SHORTLISTED = "shortlisted"
    INTRODUCED = "introduced"
    MET = "met"
    POC = "poc"
    CONTRACT = "contract"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended."""

    CONTRACT = "contract"
    DECLINED_STARTUP = "declined_startup"
    DECLINED_PARTNER = "declined_partner"
    DROPPED = "dropped"


class Decline(StrEnum):
    """Why nothing came of a pair."""

    CAPACITY = "capacity"
    BUDGET = "budget"
    TIMING = "timing"
    STRATEGY = "strategy"
    MATURITY = "maturity"
    TECHNOLOGY = "technology"
    SIMILAR = "similar"
    TERMS = "terms"
    CONFLICT = "conflict"
    NO_REPLY = "no_reply"
    OTHER = "other"


class Answer(StrEnum):
    """What a side says to being brought together."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"


STAGES = tuple(CaseStage)
CONFIDENTIAL = frozenset({"contact", "registration", "website"})
"""The fields of a profile that the other side sees once both have accepted."""
INTERNAL = frozenset({"aliases", "conflicts", "consent", "source"})
"""The fields of a profile that no other side ever sees."""


class CaseError(CodedError):
    """What is wrong with a case or with what is to be done to it, in Korean and English."""


class UnknownCase(UnknownId):
    """A number that no case has."""

    def __init__(self, id: object) -> None:
        rule, remedy = self._said(id).rule("en"), self._said(id).remedy("en")
        self._id = id
        super().__init__(value=id, rule=rule, remedy=remedy)

    @staticmethod
    def _said(id: object) -> FieldError:
        return FieldError("case", "case_unknown", id)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        said = self._said(self._id)
        return said.rule(lang), said.remedy(lang)


@dataclass(frozen=True, slots=True)
class Case:
    """One pair on its way, as it stands now.

    Attributes:
        id: its number.
        startup: the startup's id.
        partner: the partner's id.
        stage: where it stands.
        path: the stages that it has come through, the present one last.
        revision: how often it has been changed, from 1; notes and letters change nothing.
        owner: who of the staff looks after it.
        due: the day of its next step.
        programme: the programme that the pair is made under.
        asked: the side whose list of matches the pair was shown in.
        shown_rank: its place in that list, from 1.
        model_version: the model that ranked it; empty where no list did.
        reasons: the reasons of the match as they were then (what the door says that opens it).
        released_at: since when the startup may see the match.
        startup_answer: what the startup says.
        partner_answer: what the partner says.
        startup_link: the number of the startup's newest link to answer by, 0 where none was made.
        partner_link: the same of the partner.
        outcome: how it ended.
        declined_reason: why nothing came of it.
        declined_words: the same in words.
        aside: the case of the same pair that stands in its place since two profiles were merged.
        opened_at: when it was opened (UTC).
        opened_by: who did.
        moved_at: when it came to its stage (UTC).
        closed_at: when it was closed (UTC).
    """

    id: int
    startup: str
    partner: str
    stage: CaseStage
    path: tuple[CaseStage, ...]
    revision: int
    owner: str | None
    due: date | None
    programme: str | None
    asked: Side
    shown_rank: int | None
    model_version: str
    reasons: Mapping[str, Any]
    released_at: datetime | None
    startup_answer: Answer
    partner_answer: Answer
    startup_link: int
    partner_link: int
    outcome: Outcome | None
    declined_reason: Decline | None
    declined_words: str
    aside: int | None
    opened_at: datetime
    opened_by: str
    moved_at: datetime
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is on its way."""
        return self.closed_at is None

    @property
    def nexts(self) -> tuple[CaseStage, ...]:
        """The stages that it can be moved on to; closing is `close`'s."""
        return STAGES[STAGES.index(self.stage) + 1 : -1]

    @property
    def before(self) -> CaseStage | None:
        """The stage that it goes back to when its last move is taken back."""
        return self.path[-2] if len(self.path) > 1 else None

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes that it can be closed with as it stands."""
        if self.stage is CaseStage.CONTRACT:
            return (Outcome.CONTRACT,)
        return () if not self.is_open else tuple(Outcome)[1:]

    def id_of(self, side: Side) -> str:
        """Give the id of the profile on a side."""
        return self.startup if side is Side.STARTUP else self.partner

    def answer_of(self, side: Side) -> Answer:
        """Give what a side has answered."""
        return self.startup_answer if side is Side.STARTUP else self.partner_answer

    def link_of(self, side: Side) -> int:
        """Give the number of a side's newest link."""
        return self.startup_link if side is Side.STARTUP else self.partner_link

    def leaves_unaware(self, to: CaseStage) -> bool:
        """Tell whether a move introduces the pair while the startup does not see the match."""
        is_first = self.stage is CaseStage.SHORTLISTED and to in self.nexts
        return is_first and self.released_at is None

    def is_overdue(self, on: date) -> bool:
        """Tell whether its next step was due before a day."""
        return self.is_open and self.due is not None and self.due < on


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """What somebody did to a case, once.

    `kind` is one of: opened, moved, back, closed, note, changed, released, answered, link, letter,
    meeting, verdict. `data` tells the rest: of a move the stages, of a note its text.
    """

    id: int
    case: int
    kind: str
    at: datetime
    by: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseMeeting:
    """A meeting of a case; `starts` is the time on the clock there ('2026-11-30T14:00').

    `uid` and `sequence` are those of the calendar (RFC 5545): a change raises `sequence`.
    """

    id: int
    case: int
    uid: str
    sequence: int
    starts: str
    zone: str
    minutes: int
    place: str
    changed_at: datetime
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case with all that is kept of it."""

    case: Case
    events: tuple[CaseEvent, ...]
    meetings: tuple[CaseMeeting, ...]


def may_see_confidential(case: Case) -> bool:
    """Tell whether each side may see the other's confidential fields: once both have said yes."""
    lost = case.outcome not in (None, Outcome.CONTRACT)
    return not lost and case.startup_answer is case.partner_answer is Answer.YES


def is_shown_to(case: Case, side: Side) -> bool:
    """Tell whether a side may know of a case: a startup once released, a partner once introduced.

    It stays shown to whom it was shown after it is closed.
    """
    if side is Side.STARTUP:
        return case.released_at is not None
    return len(set(case.path) - {CaseStage.CLOSED}) > 1


def hidden_fields(case: Case) -> frozenset[str]:
    """Name the fields of each profile that the other side of a case must not see."""
    return INTERNAL if may_see_confidential(case) else INTERNAL | CONFIDENTIAL


def read_case(row: Any) -> Case:
    """Read a row of the cases."""
    raw = {**row._mapping}
    raw["stage"] = CaseStage(row.stage)
    raw["path"] = tuple(CaseStage(one) for one in row.path.split())
    raw["asked"] = Side(row.asked)
    raw["reasons"] = json.loads(row.reasons)
    raw["startup_answer"] = Answer(row.startup_answer)
    raw["partner_answer"] = Answer(row.partner_answer)
    raw["outcome"] = Outcome(row.outcome) if row.outcome else None
    raw["declined_reason"] = Decline(row.declined_reason) if row.declined_reason else None
    return Case(**raw)


def read_event(row: Any) -> CaseEvent:
    """Read a row of the events."""
    return CaseEvent(row.id, row.case, row.kind, row.at, row.by, json.loads(row.data))


def read_meeting(row: Any) -> CaseMeeting:
    """Read a row of the meetings."""
    return CaseMeeting(**row._mapping)


def case_row(connection: Connection, id: int) -> Case:
    """Read one case.

    Raises:
        UnknownCase: if none has this number.
    """
    row = None
    if 0 < id < 1 << 63:
        row = connection.execute(select(t.cases).where(t.cases.c.id == id)).one_or_none()
    if row is None:
        raise UnknownCase(id)
    return read_case(row)


def cases_naming(connection: Connection, ids: Collection[str]) -> list[Case]:
    """Read the cases, those put aside too, that name one of `ids`, oldest first."""
    c = t.cases.c
    found: dict[int, Case] = {}
    for some in rows.batches(ids):
        its = select(t.cases).where(or_(c.startup.in_(some), c.partner.in_(some)))
        found |= {row.id: read_case(row) for row in connection.execute(its)}
    return [found[id] for id in sorted(found)]


def get_case(store: Store, id: int) -> Case:
    """Read one case.

    Raises:
        UnknownCase: if none has this number.
    """
    with reading(store.engine) as connection:
        return case_row(connection, id)


def cases_of(store: Store, profile: str) -> list[Case]:
    """Read the cases of a profile, the newest first; none that stands aside for another one."""
    with reading(store.engine) as connection:
        found = [one for one in cases_naming(connection, [profile]) if one.aside is None]
    return found[::-1]


def newest_cases_of(store: Store, profile: str, limit: int) -> tuple[list[Case], int]:
    """Read the cases of a profile that were moved last, at most `limit`, and count them all."""
    c = t.cases.c
    if not is_clean(profile):
        return [], 0
    its = (or_(c.startup == profile, c.partner == profile), c.aside.is_(None))
    newest = select(t.cases).where(*its).order_by(c.moved_at.desc(), c.id.desc()).limit(limit)
    with reading(store.engine) as connection:
        found = [read_case(row) for row in connection.execute(newest)]
        counted = select(func.count()).select_from(t.cases).where(*its)
        return found, connection.execute(counted).scalar_one()


def whole_case(store: Store, id: int) -> HeldCase:
    """Read a case with its events and meetings, oldest first.

    To its events belong those of the cases that stand aside for it.

    Raises:
        UnknownCase: if none has this number.
    """
    with reading(store.engine, repeatable=True) as connection:
        case = case_row(connection, id)
        asides = set(
            connection.execute(select(t.cases.c.id).where(t.cases.c.aside == id)).scalars()
        )
        return _held(connection, case, {id, *asides})


def open_case_of(store: Store, startup: str, partner: str) -> Case | None:
    """Read the open case of a pair; None where it has none."""
    with reading(store.engine) as connection:
        return open_of_pair(connection, startup, partner)


def open_of_pair(connection: Connection, startup: str, partner: str) -> Case | None:
    """Read the open case of a pair that does not stand aside; None where it has none."""
    c = t.cases.c
    its = (c.startup == startup, c.partner == partner, c.closed_at.is_(None), c.aside.is_(None))
    row = connection.execute(select(t.cases).where(*its)).one_or_none()
    return None if row is None else read_case(row)


def about_cases(connection: Connection, ids: Collection[str]) -> tuple[HeldCase, ...]:
    """Read what is held of profiles in cases: all of each."""
    found = cases_naming(connection, ids)
    return tuple(_held(connection, case, {case.id}) for case in found)


def held_cases(store: Store, profile: str) -> tuple[HeldCase, ...]:
    """Read the cases of a profile, and of what has been merged into it, with all of each."""
    with reading(store.engine, repeatable=True) as connection:
        return about_cases(connection, family(connection, profile))


def _held(connection: Connection, case: Case, ids: Collection[int]) -> HeldCase:
    e, m = t.case_events, t.case_meetings
    events = connection.execute(select(e).where(e.c.case.in_(ids)).order_by(e.c.at, e.c.id))
    meetings = connection.execute(select(m).where(m.c.case.in_(ids)).order_by(m.c.starts, m.c.id))
    return HeldCase(case, tuple(map(read_event, events)), tuple(map(read_meeting, meetings)))


def forget_cases(connection: Connection, ids: Collection[str]) -> None:
    """Delete the cases that name erased profiles, with their events and meetings."""
    gone = [one.id for one in cases_naming(connection, ids)]
    rows.delete_by(connection, t.case_events, t.case_events.c.case, gone)
    rows.delete_by(connection, t.case_meetings, t.case_meetings.c.case, gone)
    rows.delete_by(connection, t.cases, t.cases.c.id, gone)
