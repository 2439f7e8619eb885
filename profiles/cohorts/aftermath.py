"""Owns what became of a decision after it was made final: places given back, taken, replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from profiles.cohorts.deciding import decisions_of
from profiles.cohorts.reading import entries_of, history_of
from profiles.cohorts.values import CohortEvent, DecisionState, Entry, EntryStage, KeptDecision

if TYPE_CHECKING:
    from profiles.store import Store


@dataclass(frozen=True, slots=True)
class Handed:
    """A place that was given back after a decision.

    Attributes:
        at: when (UTC).
        by: who noted it.
        reason: why it was given back.
        left: who gave it back; None: one that has been erased since.
        host: whose place it is; None where nobody knows any more.
        taken: the reserve that moved up; None: nobody, the place is free.
    """

    at: datetime
    by: str
    reason: str
    left: str | None
    host: str | None
    taken: str | None


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What became of a decision.

    Attributes:
        handed: the places that were given back while it held, the first first.
        withdrawn: the reserves that took their application back while it held.
        holds: the decision of the cohort that holds now; None where none does.
        final_at: when it was made final (UTC); None: it never was.
        final_by: who made it final.
        while_open: whether startups could still apply then, which `final_by` confirmed.
    """

    handed: tuple[Handed, ...]
    withdrawn: tuple[str, ...]
    holds: int | None
    final_at: datetime | None = None
    final_by: str | None = None
    while_open: bool = False

    @property
    def left(self) -> frozenset[str]:
        """Who gave a place back."""
        return frozenset(one.left for one in self.handed if one.left)

    @property
    def taken(self) -> frozenset[str]:
        """Who moved up."""
        return frozenset(one.taken for one in self.handed if one.taken)

    def pairs(self, decided: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Give (profile, host) as they stand now, from those that were decided; ascending."""
        now = set(decided)
        now |= {(one.taken, one.host) for one in self.handed if one.taken and one.host}
        return tuple(sorted(pair for pair in now if pair[0] not in self.left))


def aftermath(store: Store, decision: KeptDecision) -> Aftermath:
    """Read what became of a decision from the events of its cohort; a draft has had no effect."""
    entries = {one.id: one for one in entries_of(store, decision.cohort)}
    events = list(reversed(history_of(store, decision.cohort)))
    while_held = _while_held(events, decision.id)
    finals = (one.id for one in decisions_of(store, decision.cohort) if _holds(one))
    named = [one.data["declined"] for one in while_held if one.kind == "moved_up"]
    handed = _handed(while_held, entries, store.merged_into(named))
    withdrawn, holds = _withdrawn(while_held, entries), next(finals, None)
    made = _made_final(events, decision.id)
    if made is None:
        return Aftermath(tuple(handed), withdrawn, holds)
    is_open = bool(made.data.get("while_open"))
    return Aftermath(tuple(handed), withdrawn, holds, made.at, made.by, is_open)


def _made_final(events: Sequence[CohortEvent], decision: int) -> CohortEvent | None:
    made = (one for one in events if one.kind == "decided" and one.data["decision"] == decision)
    return next(made, None)


def _holds(one: KeptDecision) -> bool:
    return one.state is DecisionState.FINAL


def _while_held(events: Sequence[CohortEvent], decision: int) -> list[CohortEvent]:
    """Give the events between a decision being made final and the next one being so."""
    decided = [n for n, one in enumerate(events) if one.kind == "decided"]
    begun = [n for n in decided if events[n].data["decision"] == decision]
    if not begun:
        return []
    end = next((n for n in decided if n > begun[0]), len(events))
    return list(events[begun[0] + 1 : end])


def _handed(
    events: Sequence[CohortEvent], entries: Mapping[int, Entry], now: Mapping[str, str]
) -> list[Handed]:
    """Pair each place given back with the reserve that moved up for it.

    Args:
        events: those while the decision held, the first first.
        entries: by number.
        now: who declined, by the id of then → the id of today.
    """
    ups = [one for one in events if one.kind == "moved_up"]
    found = []
    for one in events:
        entry = entries.get(one.entry or 0)
        if entry is None or one.kind != "moved" or one.data["to"] != EntryStage.DECLINED:
            continue
        up = next((each for each in ups if _left(each, now) == entry.profile), None)
        ups = [each for each in ups if each is not up]
        reason, host = str(one.data["reason"]), entry.host
        found.append(Handed(one.at, one.by, reason, entry.profile, host, _of(up, entries)))
    found += [
        Handed(one.at, one.by, "", None, str(one.data["host"]), _of(one, entries)) for one in ups
    ]
    return sorted(found, key=lambda one: one.at)


def _left(up: CohortEvent, now: Mapping[str, str]) -> str:
    told = str(up.data["declined"])
    return now.get(told, told)


def _of(event: CohortEvent | None, entries: Mapping[int, Entry]) -> str | None:
    entry = entries.get(event.entry or 0) if event else None
    return entry.profile if entry else None


def _withdrawn(events: Sequence[CohortEvent], entries: Mapping[int, Entry]) -> tuple[str, ...]:
    gone = [
        entries[one.entry or 0].profile
        for one in events
        if one.kind == "moved"
        and one.data["to"] == EntryStage.WITHDRAWN
        and one.data["from"] == EntryStage.RESERVE
        and (one.entry or 0) in entries
    ]
    return tuple(sorted(gone))
