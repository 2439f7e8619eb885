"""Owns the requests of startups about automated decisions: to explain, review, or set one aside.

The days are those of Korean law: the Personal Information Protection Act, article 37-2, and its
Enforcement Decree, article 44-3, paragraph 5 (as of 2026). An answer is due within 30 days from the
day on which the request came; where there is a good reason, the time may be extended twice, each
time by 30 days at most, and the startup is told why. The decree speaks of days, not of working
days: Saturdays, Sundays and holidays count. The day of the request itself does not (Civil Act,
article 157). Where the last day is a holiday, article 161 of the Civil Act would give one more
working day; that is not taken.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from profiles import merges, rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import CodedError, UnknownRecord
from profiles.text import is_clean

if TYPE_CHECKING:
    from profiles.store import Store

DAYS = 30
"""Within how many days an answer is due."""

EXTENSION = 30
"""By how many days the time is extended at most, once."""

EXTENSIONS = 2
"""How often it may be."""

LONGEST = 4_000
"""How many characters a request, a reason or an answer may have."""

IN_LIST = 50


class Ask(StrEnum):
    """What is asked: an explanation, a look by a person at what is added, or to set it aside."""

    EXPLANATION = "explanation"
    REVIEW = "review"
    REFUSAL = "refusal"


class ReviewState(StrEnum):
    """Where a request stands."""

    ASKED = "asked"
    EXTENDED = "extended"
    ANSWERED = "answered"


class ReviewOutcome(StrEnum):
    """What an answer came to.

    `explained`: the decision was explained. `kept`: a person looked again, and it stays. `changed`:
    a person decided otherwise. `set_aside`: it is not applied. `declined`: the request was not
    followed, for a good reason that the answer names.
    """

    EXPLAINED = "explained"
    KEPT = "kept"
    CHANGED = "changed"
    SET_ASIDE = "set_aside"
    DECLINED = "declined"


class ReviewError(CodedError):
    """A request, extension or answer that cannot be kept, in Korean and English."""


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension: who told it when, until which day, and why."""

    by: str
    at: datetime
    until: date
    why: str


@dataclass(frozen=True, slots=True)
class Review:
    """A request about a decision.

    Attributes:
        cohort: the round whose decision it is about; None where it names none.
        asked_on: the day on which it came, where the installation is.
        due: the day on which an answer is due at the latest.
        entered_by: who of the staff entered what came by letter; None: all is the startup's own.
    """

    id: int
    profile: str
    cohort: int | None
    kind: Ask
    words: str
    asked_at: datetime
    asked_on: date
    due: date
    state: ReviewState
    extensions: tuple[Extension, ...] = ()
    answered_at: datetime | None = None
    answered_by: str | None = None
    outcome: ReviewOutcome | None = None
    answer: str = ""
    entered_by: str | None = None

    def is_late(self, today: date) -> bool:
        """Whether it has no answer, and the day on which one was due has passed."""
        return self.state is not ReviewState.ANSWERED and self.due < today

    def days_left(self, today: date) -> int:
        """How many days are left; below 0 where it is late."""
        return (self.due - today).days


def due_on(asked_on: date) -> date:
    """Tell the last day for an answer to what came on a day: that day is not counted."""
    return asked_on + timedelta(days=DAYS)


def ask_review(
    store: Store,
    profile: str,
    kind: Ask,
    words: str,
    *,
    today: date,
    cohort: int | None = None,
    entered_by: str | None = None,
) -> Review:
    """Keep a request; while one of the same kind about the same is open, it is that one.

    New words are added to those of the open one. Where these came on an earlier day, by a letter
    that was entered late, that is the day from which the time for an answer is counted.

    Args:
        store: where it is kept.
        profile: the startup that asks.
        kind: what it asks.
        words: what it adds or wants to know; may be empty but for a review.
        today: the day on which it came, where the installation is.
        cohort: the round whose decision it is about.
        entered_by: who of the staff enters it, where it came by letter.

    Raises:
        ReviewError: if the words, with those of the open one, are too long, or missing for a
            review.
        UnknownId: if there is no such profile.
    """
    said = _words("words", words, needed=kind is Ask.REVIEW)
    r = t.reviews.c
    with writing(store.engine) as connection:
        if profile not in rows.sides(connection, [profile]):
            raise merges.missing(connection, profile)
        same = (r.profile == profile, r.kind == kind.value, r.cohort.is_not_distinct_from(cohort))
        is_open = r.state != ReviewState.ANSWERED.value
        found = connection.execute(select(t.reviews).where(*same, is_open)).first()
        if found is not None:
            return _added(connection, _read(found), said, today, entered_by)
        values = {
            "profile": profile,
            "cohort": cohort,
            "kind": kind.value,
            "words": said,
            "asked_at": rows.now(),
            "asked_on": today,
            "due": due_on(today),
            "state": ReviewState.ASKED.value,
            "extensions": "[]",
            "answer": "",
            "entered_by": entered_by,
        }
        made = insert(t.reviews).values(**values).returning(t.reviews.c.id)
        return _one(connection, connection.execute(made).scalar_one())


def _added(
    connection: Connection, one: Review, said: str, came: date, entered_by: str | None
) -> Review:
    """Add words to those of an open request, but for those that it has, and count from their day.

    A time that was extended stays: the startup has been told of it.
    """
    values: dict[str, Any] = {}
    if said and said not in one.words.split("\n\n") and said != one.words:
        values["words"] = _words("words", f"{one.words}\n\n{said}", needed=True)
    if came < one.asked_on:
        values["asked_on"] = came
        if not one.extensions:
            values["due"] = due_on(came)
    if values and entered_by is not None:
        values["entered_by"] = entered_by
    if not values:
        return one
    connection.execute(update(t.reviews).where(t.reviews.c.id == one.id).values(**values))
    return _one(connection, one.id)


def extend_review(store: Store, id: int, *, days: int, why: str, by: str, today: date) -> Review:
    """Extend the time for an answer, with the reason that the startup is told.

    Raises:
        ReviewError: if it is answered, late or has been extended twice, the days are not 1 to 30,
            or the reason is missing.
        UnknownId: if there is no such request.
    """
    said = _words("why", why, needed=True)
    if not 1 <= days <= EXTENSION:
        raise ReviewError("days", "review_days", days, most=EXTENSION)
    with writing(store.engine) as connection:
        found = _one(connection, id)
        if found.state is ReviewState.ANSWERED:
            raise ReviewError("review", "review_answered", id)
        if len(found.extensions) >= EXTENSIONS:
            raise ReviewError("days", "review_extended", id, most=EXTENSIONS)
        if found.is_late(today):
            raise ReviewError("days", "review_late", id, due=found.due.isoformat())
        until = found.due + timedelta(days=days)
        told = (*found.extensions, Extension(by, rows.now(), until, said))
        values = {"state": ReviewState.EXTENDED.value, "due": until, "extensions": _written(told)}
        connection.execute(update(t.reviews).where(t.reviews.c.id == id).values(**values))
        return _one(connection, id)


def answer_review(store: Store, id: int, *, outcome: ReviewOutcome, answer: str, by: str) -> Review:
    """Answer a request, once.

    Raises:
        ReviewError: if it is answered already, or the answer is missing or too long.
        UnknownId: if there is no such request.
    """
    said = _words("answer", answer, needed=True)
    with writing(store.engine) as connection:
        if _one(connection, id).state is ReviewState.ANSWERED:
            raise ReviewError("review", "review_answered", id)
        values = {
            "state": ReviewState.ANSWERED.value,
            "answered_at": rows.now(),
            "answered_by": by,
            "outcome": outcome.value,
            "answer": said,
        }
        connection.execute(update(t.reviews).where(t.reviews.c.id == id).values(**values))
        return _one(connection, id)


def review_of(store: Store, id: int) -> Review:
    """Read a request.

    Raises:
        UnknownId: if there is none.
    """
    with reading(store.engine) as connection:
        return _one(connection, id)


def reviews_of(store: Store, profile: str) -> tuple[Review, ...]:
    """Read the requests of a startup, and of what has been merged into it, oldest first."""
    with reading(store.engine) as connection:
        return about(connection, merges.family(connection, profile))


def queue(store: Store, *, after: int = 0) -> tuple[Review, ...]:
    """Read a page of the requests: the open ones by the day on which they are due, then the others.

    Args:
        store: where they are kept.
        after: how many to pass over.
    """
    r = t.reviews.c
    done = r.state == ReviewState.ANSWERED.value
    ordered = select(t.reviews).order_by(done, r.due, r.id).offset(after).limit(IN_LIST)
    with reading(store.engine) as connection:
        return tuple(_read(row) for row in connection.execute(ordered))


def count_reviews(store: Store) -> tuple[int, int]:
    """Count the requests: all, and those that have no answer yet."""
    r = t.reviews.c
    waiting = select(func.count()).where(r.state != ReviewState.ANSWERED.value)
    with reading(store.engine) as connection:
        every = connection.execute(select(func.count()).select_from(t.reviews)).scalar_one()
        return every, connection.execute(waiting).scalar_one()


def about(connection: Connection, ids: Collection[str]) -> tuple[Review, ...]:
    """Read the requests of profiles, oldest first."""
    found = map(_read, rows.by_ids(connection, t.reviews, t.reviews.c.profile, ids))
    return tuple(sorted(found, key=lambda one: one.id))


def forget_reviews(connection: Connection, ids: Collection[str]) -> None:
    """Delete the requests of erased profiles."""
    rows.delete_by(connection, t.reviews, t.reviews.c.profile, ids)


def of_person(connection: Connection, names: Collection[str]) -> tuple[Review, ...]:
    """Read the requests that somebody of the staff entered, extended or answered, oldest first."""
    found = map(_read, connection.execute(select(t.reviews).where(_by(names))))
    its = (one for one in found if _makers(one) & set(names))
    return tuple(sorted(its, key=lambda one: one.id))


def makers(connection: Connection) -> set[str]:
    """Name everybody who entered, extended or answered a request."""
    told = connection.execute(select(t.reviews))
    return {name for row in told for name in _makers(_read(row))}


def erase_names(connection: Connection, names: Collection[str], nobody: str) -> None:
    """Put another name in the place of a person's: who entered, extended or answered."""
    for one in of_person(connection, names):
        told = tuple(
            Extension(nobody if part.by in names else part.by, part.at, part.until, part.why)
            for part in one.extensions
        )
        values = {
            name: nobody if getattr(one, name) in names else getattr(one, name)
            for name in ("answered_by", "entered_by")
        } | {"extensions": _written(told)}
        connection.execute(update(t.reviews).where(t.reviews.c.id == one.id).values(**values))


def _makers(one: Review) -> set[str]:
    return {*(part.by for part in one.extensions), one.answered_by or "", one.entered_by or ""} - {
        ""
    }


def _by(names: Collection[str]) -> Any:
    r = t.reviews.c
    return or_(r.answered_by.in_(names), r.entered_by.in_(names), r.extensions != "[]")


def _words(field: str, text: str, *, needed: bool) -> str:
    said = text.strip().replace("\r\n", "\n")
    if needed and not said:
        raise ReviewError(field, "missing")
    if len(said) > LONGEST:
        raise ReviewError(field, "text_too_long", said, length=len(said), limit=LONGEST)
    if not is_clean(said):
        raise ReviewError(field, "text_control", said)
    return said


def _written(extensions: Collection[Extension]) -> str:
    told = [
        {**asdict(one), "at": one.at.isoformat(), "until": one.until.isoformat()}
        for one in extensions
    ]
    return json.dumps(told, ensure_ascii=False)


def _extension(held: Mapping[str, str]) -> Extension:
    at, until = datetime.fromisoformat(held["at"]), date.fromisoformat(held["until"])
    return Extension(held["by"], at, until, held["why"])


def _one(connection: Connection, id: int) -> Review:
    found = connection.execute(select(t.reviews).where(t.reviews.c.id == id)).first()
    if found is None:
        raise UnknownRecord(id, "review_unknown")
    return _read(found)


def _read(row: Row[Any]) -> Review:
    return Review(
        id=row.id,
        profile=row.profile,
        cohort=row.cohort,
        kind=Ask(row.kind),
        words=row.words,
        asked_at=row.asked_at,
        asked_on=row.asked_on,
        due=row.due,
        state=ReviewState(row.state),
        extensions=tuple(map(_extension, json.loads(row.extensions))),
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        outcome=ReviewOutcome(row.outcome) if row.outcome else None,
        answer=row.answer,
        entered_by=row.entered_by,
    )
