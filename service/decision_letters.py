"""Owns the notices of a decision, and to whom they may be written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from profiles import Startup
from profiles.cohorts import Entry, EntryStage, entries_of
from profiles.taxonomy import Names
from service.deciding import Shown, both_names

if TYPE_CHECKING:
    from matcher.assignment.notices import Known, Notice
    from service.wiring import Dari


def notices_of(dari: Dari, shown: Shown) -> tuple[Notice, ...]:
    """Write the notices of all who applied and got no place."""
    from matcher.assignment.notices import refusals

    def name(id: str) -> Names:
        return shown.name(id) if id in shown.names else shown.rule(id)

    programme = both_names(shown.programme.name)
    known = _known(entries_of(dari.store, shown.cohort.id))
    return refusals(shown.record, name, programme=programme, known=known)


def contact_of(dari: Dari, id: str) -> str | None:
    """Give the address that a startup may be written to; None where there is none."""
    found = dari.store.get_many([id]).get(id)
    return found.contact if isinstance(found, Startup) else None


def _known(entries: Sequence[Entry]) -> Known:
    from matcher.assignment.notices import Known

    out = (EntryStage.OUT_FIRST, EntryStage.OUT_FINAL)
    barred = {
        one.profile: [Names(part.en, part.ko) for part in one.refusals]
        for one in entries
        if one.stage is EntryStage.REFUSED
    }
    screened = {
        one.profile: [Names(one.reason, one.reason)]
        for one in entries
        if one.stage in out and one.reason
    }
    return Known(barred=barred, screened=screened)
