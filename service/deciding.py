"""Owns a kept decision as it is told: who got which place, by which rules, with what overrides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from profiles import Programme, Store
from profiles.cohorts import (
    Cohort,
    KeptDecision,
    aftermath,
    cohort,
    decision,
    entries_of,
    history_of,
    keep_decision,
)
from profiles.cohorts.values import UNDER_WAY
from profiles.errors import CodedError
from profiles.taxonomy import Names
from profiles.text import Text
from service.decision_today import places_today

if TYPE_CHECKING:
    from matcher.assignment import Broken
    from matcher.assignment.record import Override, Record
    from service.wiring import Dari


class DecisionError(CodedError):
    """What cannot be done with a decision, in Korean and English."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A kept decision, read.

    Attributes:
        kept: the decision; `record` is what it holds.
        cohort: the cohort that it is of; `programme` is the programme.
        names: what those in it are called.
        merged: the profile that one in it is by now, where it has been merged.
    """

    kept: KeptDecision
    cohort: Cohort
    programme: Programme
    record: Record
    names: Mapping[str, Names]
    merged: Mapping[str, str]

    @property
    def domain(self) -> str:
        """What the lottery is for, as its certificate tells."""
        return domain_of(self.cohort)

    @property
    def numbers(self) -> Names:
        """Say how many took part in the round and have a place, as far as the record holds it."""
        from matcher.assignment.turnout import numbers_said

        placed = len({applicant for applicant, _ in self.record.pairs})
        return numbers_said(self.record.turnout, self.record.instance, placed)

    def today(self, id: str) -> str:
        """Give the id that one in the record has by now."""
        return self.merged.get(id, id)

    def name(self, id: str) -> Names:
        """Give what an applicant or a host is called; its id where it is not held any more."""
        return self.names.get(id) or Names(id, id)

    def rule(self, id: str) -> Names:
        """Say a rule of the decision in words; its id where it is not one of its own."""
        from matcher.assignment import rule_words

        rules = {one.id: one for one in self.record.instance.rules}
        if id not in rules:
            return Names(id, id)
        said = {lang: rule_words(rules[id], self._in(lang)).in_(lang) for lang in ("en", "ko")}
        return Names(**said)

    def broken_said(self, one: Broken) -> Names:
        """Say a rule that the decision breaks: in its own words, or how it is broken."""
        own = self.rule(one.rule_id)
        return one.said if own.en == one.rule_id else own

    def _in(self, lang: str) -> Callable[[str], str]:
        return lambda id: self.name(id).in_(lang)


@dataclass(frozen=True, slots=True)
class Placed:
    """One who has a place: the points that it fits by, and whether a person gave it.

    It has no points where eligibility refuses the pair: a person gave the place all the same.
    """

    id: str
    points: float | None
    is_overridden: bool


@dataclass(frozen=True, slots=True)
class HostRow:
    """What a host takes: its places (None: unbounded), who has one, and the reserve in order."""

    id: str
    places: int | None
    placed: tuple[Placed, ...]
    reserve: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """What a decision comes to by an aim, fits in 1/1024 point.

    Attributes:
        aim: which.
        value: what it comes to.
        found: what the search had reached.
        bound: what nothing can pass; None where persons changed the decision.
    """

    aim: str
    value: int
    found: int
    bound: int | None


def domain_of(held: Cohort) -> str:
    """Say what the lottery of a cohort is for."""
    return f"cohort {held.id}"


def show(dari: Dari, id: int) -> Shown:
    """Read a decision.

    Raises:
        CohortError: if there is none.
    """
    from matcher.assignment.record import record_from_json

    kept = decision(dari.store, id)
    held = cohort(dari.store, kept.cohort)
    record = record_from_json(kept.record)
    programme = dari.store.programme(held.programme)
    merged = dari.store.merged_into(record.instance.applicant_ids)
    return Shown(kept, held, programme, record, _names(dari, record, held), merged)


def host_rows(shown: Shown) -> list[HostRow]:
    """Give each host with those who have its places and its reserve, by name of the host."""
    from matcher.assignment import preferences
    from matcher.assignment.alternates import reserves_of

    instance = shown.record.instance
    reserve = reserves_of(shown.record)
    points, applied = points_of(shown.record), len(instance.applicants)
    overridden = {one.applicant for one in shown.record.by_hand}
    most = preferences.places(instance)
    found = []
    for column, host in enumerate(instance.hosts):
        placed = [Placed(a, p, a in overridden) for (a, h), p in points.items() if h == host.id]
        ordered = tuple(sorted(placed, key=lambda one: (-(one.points or 0.0), one.id)))
        bounded = None if host.high is None and most[column] == applied else int(most[column])
        found.append(HostRow(host.id, bounded, ordered, reserve[host.id]))
    return found


def points_of(record: Record) -> dict[tuple[str, str], float | None]:
    """Give the points of each pair that was decided; None where eligibility refuses it."""
    from matcher.assignment import NOT_ELIGIBLE, UNIT

    fits, instance = record.instance.fits, record.instance
    rows = {id: row for row, id in enumerate(instance.applicant_ids)}
    columns = {id: column for column, id in enumerate(instance.host_ids)}
    found = {(a, h): int(fits[rows[a], columns[h]]) for a, h in record.pairs}
    return {pair: None if fit == NOT_ELIGIBLE else fit / UNIT for pair, fit in found.items()}


def reached(record: Record) -> list[Reached]:
    """Tell what a decision comes to by each aim that was sought; nothing where nothing was found.

    Where persons decided otherwise than the search it is counted anew, and no bound is told: the
    search proved something of other pairs.
    """
    from matcher.assignment import count_levels

    levels = record.solution.levels
    if not record.overrides:
        return [Reached(one.aim.value, one.value, one.value, one.bound) for one in levels]
    now = count_levels(record.instance, record.decided)
    return [Reached(one.aim.value, now[one.aim], one.value, None) for one in levels]


def rests_on(store: Store, shown: Shown) -> KeptDecision | None:
    """Give the decision that a person changed into this one; None where a search made it."""
    made = (
        one.data.get("rests_on")
        for one in history_of(store, shown.cohort.id)
        if one.kind == "assigned" and one.data["decision"] == shown.kept.id
    )
    number = next(made, None)
    return None if number is None else decision(store, number)


def left_out(store: Store, held: Cohort, record: Record) -> list[str]:
    """Name those whose application is on its way and no part of what was given out; ascending.

    They applied after the search, or no screening has said anything of them yet.
    """
    ids = record.instance.applicant_ids
    inside = {*ids, *store.merged_into(ids).values()}
    entries = entries_of(store, held.id)
    return [one.profile for one in entries if one.stage in UNDER_WAY and one.profile not in inside]


def broken(shown: Shown) -> list[Broken]:
    """List the rules that the decision breaks: by an override, or as the record was kept."""
    from matcher.assignment import check

    return check(shown.record.instance, shown.record.decided)


def override(
    dari: Dari, id: int, changes: Mapping[str, Sequence[str]], *, why: str, by: str
) -> KeptDecision:
    """Decide otherwise for applicants: the record with the overrides is kept as a new draft.

    Of the decision that holds it begins with the places as they stand now: who gave one back and
    who moved up is told in the record before what the person decides.

    Args:
        dari: the installation.
        id: the decision's number.
        changes: applicant → the hosts that it has from then on; none takes its places away.
        why: the reason; it is kept with each of them.
        by: who decides.

    Raises:
        CohortError: if there is no such decision.
        DecisionError: if an applicant or host is not in it, or has these places already.
        FileError: if there is no reason.
    """
    from matcher.assignment.record import Override

    shown, at = show(dari, id), datetime.now(UTC)
    record = as_it_stands(dari.store, shown, at=at, by=by)
    for applicant, hosts in changes.items():
        given = Override(by, at, applicant, tuple(sorted(set(hosts))), why.strip())
        _refuse_strangers(record, given)
        if given.hosts == hosts_of(record, applicant):
            raise DecisionError("applicant", "decision_same", applicant)
        record = record.overridden(given)
    document, digest = record.as_json(), record.digest
    return keep_decision(dari.store, shown.cohort.id, document, digest=digest, by=by, rests_on=id)


def as_it_stands(store: Store, shown: Shown, *, at: datetime, by: str) -> Record:
    """Give the record of a decision with what came after it: places left, and those moved up to.

    Args:
        store: where it is.
        shown: the decision; only of the one that holds anything has come.
        at: when it is asked.
        by: who asks; what nobody noted, as of one who was erased, is told as theirs.
    """
    from matcher.assignment.record import LEFT, MOVED_UP, Override

    record, found = shown.record, places_today(store, shown.kept, shown.record)
    handed = aftermath(store, shown.kept).handed
    noted = {id: one for one in handed for id in (one.left, one.taken) if id}
    once = {new: old for old, new in store.merged_into(record.instance.host_ids).items()}
    pairs = {(a, once.get(h, h)) for a, h in found.pairs if a not in found.out}
    for id in sorted({a for a, _ in pairs ^ set(record.pairs)}):
        hosts, told = tuple(sorted(h for a, h in pairs if a == id)), noted.get(shown.today(id))
        who, when, why = (told.by, told.at, told.reason) if told else (by, at, "")
        came = MOVED_UP if hosts else LEFT
        record = record.overridden(Override(who, when, id, hosts, why or "–", after=came))
    return record


def _refuse_strangers(record: Record, given: Override) -> None:
    if given.applicant not in record.instance.applicant_ids:
        raise DecisionError("applicant", "record_unknown", given.applicant)
    if strange := sorted(set(given.hosts) - set(record.instance.host_ids)):
        raise DecisionError("hosts", "record_unknown", strange[0])


def swapped(dari: Dari, id: int, one: str, other: str) -> dict[str, tuple[str, ...]]:
    """Give the changes by which two exchange their places in a decision.

    Raises:
        CohortError: if there is no such decision.
        DecisionError: if they are one, one is not in it, or neither has a place.
    """
    shown = show(dari, id)
    record = as_it_stands(dari.store, shown, at=datetime.now(UTC), by="")
    if strange := {one, other} - set(record.instance.applicant_ids):
        raise DecisionError("swap", "record_unknown", min(strange))
    places = hosts_of(record, one), hosts_of(record, other)
    if one == other or not any(places):
        raise DecisionError("other", "decision_swap", one)
    return {one: places[1], other: places[0]}


def hosts_of(record: Record, applicant: str) -> tuple[str, ...]:
    """Give the hosts whose places an applicant has in a record, ascending."""
    return tuple(sorted(host for who, host in record.pairs if who == applicant))


def _names(dari: Dari, record: Record, held: Cohort) -> dict[str, Names]:
    """Look up what everyone is called: a host that is a part of a programme by the part's name."""
    instance = record.instance
    partners = {one.id: one.partner for one in instance.hosts}
    entered = [one.profile for one in entries_of(dari.store, held.id)]
    ids = [*instance.applicant_ids, *entered, *partners.values()]
    profiles = dari.store.get_many(ids)
    names = {id: both_names(one.name) for id, one in profiles.items()}
    names |= {host: names[one] for host, one in partners.items() if one in names}
    parts = {one.id: one for one in dari.store.programmes()}
    return names | {host: both_names(parts[host].name) for host in partners if host in parts}


def both_names(text: Text) -> Names:
    """Give a text in both languages."""
    return Names(text.in_("en"), text.in_("ko"))
