"""Owns the screenings of a cohort: scores with reasons, who is biased, the ranking, who goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import Connection, delete, insert, select

from profiles import rows
from profiles import tables as t
from profiles.cohorts.reading import cohort_row, entry_row, entry_rows
from profiles.cohorts.values import (
    FAILED,
    PASSED,
    Cohort,
    CohortError,
    Entry,
    EntryStage,
    Recusal,
    Score,
    Screening,
    read_score,
)
from profiles.cohorts.writing import (
    LONGEST_WORDS,
    cohort_to_change,
    entry_to_change,
    gathering,
    move,
    read_words,
    record,
    refuse_all,
)
from profiles.database import reading, writing
from profiles.errors import InvalidRecord
from profiles.fields import Plain, Whole
from profiles.record import Record
from profiles.validation import validate

if TYPE_CHECKING:
    from profiles.store import Store

MOST_POINTS = 100


class _Scored(Record):
    points: Annotated[Whole, Field(le=MOST_POINTS)]
    reason: Annotated[Plain, StringConstraints(max_length=LONGEST_WORDS)]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where an entry stands in a screening.

    Attributes:
        entry: the entry.
        place: its place by the mean, from 1; the same for those who are tied. None without scores.
        mean: the mean over assessors of the mean over criteria, 0 to 100; None without scores.
        assessors: how many have scored it by every criterion.
        tied: how many others have the same mean.
    """

    entry: Entry
    place: int | None
    mean: Fraction | None
    assessors: int
    tied: int


def score_entry(
    store: Store,
    cohort: int,
    profile: str,
    screening: Screening,
    said: Mapping[str, tuple[object, str]],
    *,
    by: str,
    names: Collection[str] = (),
) -> tuple[Score, ...]:
    """Keep what an assessor gives an entry by criteria: (points 0-100, why); newer ones replace.

    `names` are others that the assessor goes by: it has an interest by whichever it was noted.

    Raises:
        CohortError: if a criterion is none of the cohort's, the entry is not in this screening, or
            the assessor has an interest in it.
        InvalidRecord: if points or reasons are wrong, all of them; `params` name the criterion.
    """
    with writing(store.engine) as connection:
        round_ = cohort_to_change(connection, cohort, None)
        entry = entry_row(connection, cohort, profile)
        _refuse_elsewhere(round_, entry, screening)
        if is_recused(_recusals(connection, [entry.id]), {by, *names}):
            raise CohortError("assessor", "cohort_recused", by, profile=profile)
        wrong: list[InvalidRecord] = []
        for criterion, given in said.items():
            with gathering(wrong):
                read = _read_scored(round_, criterion, *given)
                _put(connection, entry, screening, by, criterion, read)
        refuse_all(wrong)
        told = {"screening": screening.value, "criteria": sorted(said)}
        record(connection, cohort, entry.id, "scored", by, told)
        return tuple(one for one in _scores(connection, [entry.id]) if one.assessor == by)


def _read_scored(cohort: Cohort, criterion: str, points: object, reason: str) -> _Scored:
    if criterion not in cohort.criteria:
        raise CohortError("criterion", "cohort_criterion", criterion)
    try:
        return validate(_Scored, {"points": points, "reason": reason})
    except InvalidRecord as error:
        named = {"criterion": criterion}
        found = [replace(one, params={**one.params, **named}) for one in error.errors]
        raise InvalidRecord(found) from error


def recuse(
    store: Store, cohort: int, profile: str, assessor: str, *, reason: str, by: str
) -> Recusal:
    """Note that an assessor has an interest in an applicant; what it has scored so far goes.

    It is known by its name whatever the case of the letters.

    Raises:
        CohortError: if there is no such entry, a reason is missing, or the cohort is decided.
    """
    wrong: list[InvalidRecord] = []
    with gathering(wrong):
        name = read_words(assessor, field="assessor", needed=True)
    with gathering(wrong):
        said = read_words(reason, needed=True)
    refuse_all(wrong)
    with writing(store.engine) as connection:
        cohort_to_change(connection, cohort, None)
        entry = entry_row(connection, cohort, profile)
        s, r = t.cohort_scores, t.cohort_recusals
        spelt = {one.assessor for one in _scores(connection, [entry.id])}
        spelt |= {one.assessor for one in _recusals(connection, [entry.id])}
        same = [one for one in spelt if _plain(one) == _plain(name)]
        gone = delete(s).where(s.c.entry == entry.id, s.c.assessor.in_(same))
        lost = connection.execute(gone).rowcount
        connection.execute(delete(r).where(r.c.entry == entry.id, r.c.assessor.in_(same)))
        made = Recusal(entry.id, name, said, by, rows.now())
        values = {field: getattr(made, field) for field in Recusal.__slots__}
        connection.execute(insert(r).values(**values))
        record(connection, cohort, entry.id, "recused", by, {"assessor": name, "scores": lost})
        return made


def is_recused(recusals: Iterable[Recusal], names: Iterable[str]) -> bool:
    """Tell whether one who goes by some names is among those who have an interest."""
    own = set(map(_plain, names))
    return any(_plain(one.assessor) in own for one in recusals)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def ranking(store: Store, cohort: int, screening: Screening) -> list[Ranked]:
    """Rank the entries that are or were in a screening by their scores; ties share a place.

    Those without scores come last. Only assessors who have scored every criterion count. Tied
    entries stand in the order of their ids, and nothing else tells them apart: staff do.

    Raises:
        UnknownCohort: if there is no such cohort.
    """
    with reading(store.engine, repeatable=True) as connection:
        round_ = cohort_row(connection, cohort)
        inside = [one for one in entry_rows(connection, cohort) if _was_in(round_, one, screening)]
        scores = _scores(connection, [one.id for one in inside])
        return _ranked(inside, [one for one in scores if one.screening is screening], round_)


def whole_scores(store: Store, cohort: int) -> dict[int, tuple[Score, ...]]:
    """Give the scores of a cohort by the number of the entry, oldest first."""
    with reading(store.engine) as connection:
        found: dict[int, tuple[Score, ...]] = {}
        for one in _scores(connection, [each.id for each in entry_rows(connection, cohort)]):
            found[one.entry] = (*found.get(one.entry, ()), one)
        return found


def screen(
    store: Store,
    cohort: int,
    screening: Screening,
    passed: Mapping[str, bool],
    *,
    reason: str,
    by: str,
    out: str | None = None,
    bases: Mapping[str, int] | None = None,
    unscored: bool = True,
) -> list[Entry]:
    """Say who passes a screening and who does not, with a reason; all of it or nothing.

    Args:
        store: where the cohort is.
        cohort: its number.
        screening: which one.
        passed: profile → whether it goes on; those who stand so already are left.
        reason: why; it is kept with every entry that is moved.
        out: why those who do not pass are out; the same as `reason` if None.
        by: who says so.
        bases: profile → the revision of its entry that the person saw.
        unscored: whether those go on whom nobody has scored by every criterion.

    Raises:
        CohortError: if an entry is not in this screening, a reason is missing, the cohort is
            decided, or one goes on that has no score and is not to.
        InvalidRecord: with all of these, where there are several.
        StaleEdit: if an entry has been changed since.
    """
    words = {True: ("reason", reason), False: ("reason", reason) if out is None else ("out", out)}
    wrong: list[InvalidRecord] = []
    with writing(store.engine) as connection:
        round_ = cohort_to_change(connection, cohort, None)
        if not unscored:
            with gathering(wrong):
                _refuse_unscored(connection, round_, screening, passed)
        moving = _moving(connection, round_, screening, passed, bases or {}, wrong)
        said: dict[bool, str] = {}
        for goes_on in sorted({passed[one.profile] for one in moving}, reverse=True):
            field, text = words[goes_on]
            with gathering(wrong):
                said[goes_on] = read_words(text, field=field, needed=True)
        refuse_all(wrong)
        for entry in moving:
            goes_on = passed[entry.profile]
            to = (PASSED if goes_on else FAILED)[screening]
            move(connection, round_, entry, to, by, said[goes_on])
        return [entry_row(connection, cohort, profile) for profile in sorted(passed)]


def _moving(
    connection: Connection,
    cohort: Cohort,
    screening: Screening,
    passed: Mapping[str, bool],
    bases: Mapping[str, int],
    wrong: list[InvalidRecord],
) -> list[Entry]:
    """Give the entries that do not stand yet where they are to; note those that are elsewhere."""
    moving: list[Entry] = []
    for profile, goes_on in sorted(passed.items()):
        with gathering(wrong):
            entry = entry_to_change(connection, cohort.id, profile, bases.get(profile))
            _refuse_elsewhere(cohort, entry, screening)
            if entry.stage is not (PASSED if goes_on else FAILED)[screening]:
                moving.append(entry)
    return moving


def _refuse_unscored(
    connection: Connection, cohort: Cohort, screening: Screening, passed: Mapping[str, bool]
) -> None:
    """Refuse to let those newly go on whom nobody has scored by every criterion."""
    entries = {one.profile: one for one in entry_rows(connection, cohort.id)}
    some = [entries[id] for id, goes_on in passed.items() if goes_on and id in entries]
    moving = [one for one in some if one.stage is not PASSED[screening]]
    scores = _scores(connection, [one.id for one in moving])
    ranked = _ranked(moving, [one for one in scores if one.screening is screening], cohort)
    if bare := sum(one.place is None for one in ranked):
        raise CohortError("unscored", "cohort_unscored", bare)


def _before(screening: Screening) -> EntryStage:
    return EntryStage.ELIGIBLE if screening is Screening.FIRST else EntryStage.FIRST


def _refuse_elsewhere(cohort: Cohort, entry: Entry, screening: Screening) -> None:
    stages = (_before(screening), PASSED[screening], FAILED[screening])
    if screening not in cohort.screened or entry.stage not in stages:
        told = {"profile": entry.profile, "stage": entry.stage.value}
        raise CohortError("screening", "cohort_not_in", screening.value, **told)


def _was_in(cohort: Cohort, entry: Entry, screening: Screening) -> bool:
    """Tell whether an entry is in a screening, or came through it."""
    outside = {EntryStage.APPLIED, EntryStage.REFUSED, EntryStage.WITHDRAWN}
    if screening is Screening.FINAL:
        outside |= {EntryStage.ELIGIBLE, EntryStage.OUT_FIRST}
    return screening in cohort.screened and entry.stage not in outside


def _ranked(entries: Sequence[Entry], scores: Sequence[Score], cohort: Cohort) -> list[Ranked]:
    means = {one.id: _mean(one, scores, cohort.criteria) for one in entries}
    known = [mean for mean, _ in means.values() if mean is not None]
    ordered = sorted(entries, key=lambda one: (-(means[one.id][0] or -1), one.profile))
    return [
        Ranked(
            one,
            None if (mean := means[one.id][0]) is None else 1 + sum(x > mean for x in known),
            mean,
            means[one.id][1],
            0 if mean is None else known.count(mean) - 1,
        )
        for one in ordered
    ]


def _mean(
    entry: Entry, scores: Sequence[Score], criteria: Sequence[str]
) -> tuple[Fraction | None, int]:
    """Give the mean of an entry over the assessors who have scored every criterion."""
    given: dict[str, dict[str, int]] = {}
    for one in scores:
        if one.entry == entry.id and one.criterion in criteria:
            given.setdefault(one.assessor, {})[one.criterion] = one.points
    whole = [points for points in given.values() if len(points) == len(criteria)]
    if not whole:
        return None, 0
    total = sum(sum(points.values()) for points in whole)
    return Fraction(total, len(whole) * len(criteria)), len(whole)


def _put(
    connection: Connection,
    entry: Entry,
    screening: Screening,
    by: str,
    criterion: str,
    read: _Scored,
) -> None:
    s = t.cohort_scores
    key = {"entry": entry.id, "screening": screening.value, "assessor": by, "criterion": criterion}
    connection.execute(delete(s).where(*(s.c[name] == value for name, value in key.items())))
    connection.execute(insert(s).values(**key, **read.model_dump(), at=rows.now()))


def _scores(connection: Connection, entries: Sequence[int]) -> list[Score]:
    s = t.cohort_scores
    found: list[Score] = []
    for start in range(0, len(entries), rows.BATCH):
        some = s.c.entry.in_(entries[start : start + rows.BATCH])
        found += map(read_score, connection.execute(select(s).where(some).order_by(s.c.id)))
    return found


def _recusals(connection: Connection, entries: Sequence[int]) -> list[Recusal]:
    r = t.cohort_recusals
    found = connection.execute(select(r).where(r.c.entry.in_(entries)))
    return [Recusal(**row._mapping) for row in found]
