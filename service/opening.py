"""Owns what a side of a case learns of the other one once both have accepted: whom to reach how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiles import AnyProfile, Side, Store
from profiles.accounts import people_for
from profiles.cases import CONFIDENTIAL, Case, hidden_fields, may_see_confidential


@dataclass(frozen=True, slots=True)
class Opened:
    """What has been opened of the other side.

    Attributes:
        is_open: whether both have accepted.
        fields: of its profile, what was closed before: field → value; what it has not given is
            left out.
        people: the name and address of those whose accounts speak for it.
    """

    is_open: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    people: tuple[tuple[str, str], ...] = ()


def opened_to(store: Store, case: Case, side: Side, other: AnyProfile) -> Opened:
    """Tell what a side may know by now of `other`, the profile on the other side of its case."""
    if not may_see_confidential(case):
        return Opened()
    names = sorted(CONFIDENTIAL - hidden_fields(case))
    given = {name: getattr(other, name, None) for name in names}
    people = people_for(store, case.id_of(side.other))
    fields = {name: value for name, value in given.items() if value}
    return Opened(True, fields, tuple((one.name, one.email) for one in people))
