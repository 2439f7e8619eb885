"""Owns what the page of a profile shows of rounds: its applications, decisions and requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profiles import AnyProfile, Programme, Store
from profiles.cohorts import Cohort, Entry, final_decision, with_profile
from profiles.reviews import Review, reviews_of
from service.web.cohort_words import STAGES, STATES
from service.web.reviews import KINDS, REVIEW_STATES


@dataclass(frozen=True, slots=True)
class Applied:
    """An application: the number of the decision that holds, and the requests about it."""

    cohort: Cohort
    entry: Entry
    decision: int | None
    requests: tuple[Review, ...]

    @property
    def stage_said(self) -> str:
        """Say where the application stands."""
        return str(STAGES[self.entry.stage])

    @property
    def state_said(self) -> str:
        """Say where the cohort stands."""
        return str(STATES[self.cohort.state])


@dataclass(frozen=True, slots=True)
class ProfileRounds:
    """The applications of a profile, the newest first, and its requests about no round."""

    applied: Sequence[Applied]
    requests: tuple[Review, ...]
    programmes: Mapping[str, Programme]
    hosts: Mapping[str, AnyProfile]

    def name(self, id: str, lang: str) -> str:
        """Name a programme or a host."""
        named = self.programmes.get(id) or self.hosts.get(id)
        return named.name.in_(lang) if named else id


def rounds_on_page(store: Store, profile: str) -> ProfileRounds:
    """Read what a page tells of the rounds of a profile."""
    asked = reviews_of(store, profile)
    applied = [
        Applied(held, entry, _decided(store, held), _about(asked, held.id))
        for held, entry in with_profile(store, profile)
    ]
    known = {one.cohort.id for one in applied}
    others = tuple(one for one in asked if one.cohort not in known)
    programmes = {one.id: one for one in store.programmes()} if applied else {}
    hosts = store.get_many([one.entry.host for one in applied if one.entry.host])
    return ProfileRounds(applied, others, programmes, hosts)


def request_said(review: Review) -> str:
    """Say what a request asks for, and where it stands."""
    return f"{KINDS[review.kind]} – {REVIEW_STATES[review.state]}"


def _decided(store: Store, held: Cohort) -> int | None:
    found = final_decision(store, held.id)
    return found.id if found else None


def _about(asked: Sequence[Review], cohort: int) -> tuple[Review, ...]:
    return tuple(one for one in asked if one.cohort == cohort)
