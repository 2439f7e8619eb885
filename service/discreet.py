"""Owns what a reader is spared: fields of another's profile, and what staff think of one's own."""

from __future__ import annotations

from dataclasses import replace

from profiles import AnyProfile
from profiles.cases import HeldCase
from profiles.privacy import Held

_FROM_STAFF = ("note", "changed", "letter", "link")
"""The kinds of events of a case that are staff's own."""


def without_fields(profile: AnyProfile, hidden: frozenset[str]) -> AnyProfile:
    """Empty the fields of a profile that a reader must not see; its id, side and name stay."""
    fields = type(profile).model_fields
    empty = {
        name: fields[name].get_default(call_default_factory=True)
        for name in hidden
        if name in fields and not fields[name].is_required()
    }
    return profile.model_copy(update=empty)


def of_oneself(found: Held, shown: frozenset[int]) -> Held:
    """Leave out what staff keep to themselves, and what names others: for a startup's own eyes.

    Verdicts, proposals of the same firm, judged pairs, and cases that are not among the `shown`.
    """
    none: tuple[()] = ()
    cases = tuple(_told(one) for one in found.cases if one.case.id in shown)
    return replace(
        found,
        verdicts=none,
        verdict_revisions=none,
        apart=none,
        proposals=none,
        judged=none,
        appearances=none,
        merges=none,
        cases=cases,
    )


def _told(held: HeldCase) -> HeldCase:
    events = tuple(one for one in held.events if one.kind not in _FROM_STAFF)
    return replace(held, events=events)
