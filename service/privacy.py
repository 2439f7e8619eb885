"""Owns what a person can ask of an installation: erasure with proof, withdrawal, and expiry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from profiles import DariError
from profiles.drafts import draft_of, remove
from profiles.merging import merged_into
from profiles.privacy import Appearance, Idle, held, idle
from profiles.privacy import erase as erase_rows
from profiles.privacy import withdraw as withdraw_rows
from profiles.remains import database_files, rebuild, settle

if TYPE_CHECKING:
    from service.searching import Proof
    from service.settings import Settings
    from service.wiring import Dari


Tell = Callable[[str], None]


WARNING = timedelta(days=30)


_PAGE_S = 5.0


@dataclass(frozen=True, slots=True)
class Expiry:
    """The startups that have expired, and those that will within 30 days, each with its day.

    `merged` names for each of them what has been merged into it: that goes with it.
    """

    days: int
    expired: tuple[Idle, ...]
    expiring: tuple[Idle, ...]
    merged: Mapping[str, Sequence[str]]

    def day_of(self, one: Idle) -> datetime:
        """Tell when a startup expires."""
        return one.last + timedelta(days=self.days)

    def as_json(self) -> dict[str, Any]:
        """Give the lists as plain values for JSON."""
        return {
            "retention_inactive_days": self.days,
            **{name: [self._row(one) for one in getattr(self, name)] for name in _LISTS},
        }

    def _row(self, one: Idle) -> dict[str, Any]:
        last, day = one.last.isoformat(), self.day_of(one).isoformat()
        row = {"id": one.id, "name": one.name, "last_active": last, "expires": day}
        return {**row, "merged": list(self.merged.get(one.id, ()))}


_LISTS = ("expired", "expiring")


def erase(
    dari: Dari, ids: Sequence[str], *, by: str, tell: Tell, while_served: bool = False
) -> tuple[list[Appearance], list[str]]:
    """Erase profiles, and what other records, snapshots, letters and the disk keep of them.

    With `while_served` a page is waiting: readers are waited for only briefly, and PostgreSQL's
    tables, which nobody could read meanwhile, are not written anew.

    Returns:
        Where their ids stood, and what could not be done, a sentence each.

    Raises:
        UnknownId: if there is no profile of an id; those before it are erased.
    """
    from index import discard

    named: list[Appearance] = []
    try:
        for id in ids:
            addresses = _addresses(dari, id)
            named += erase_rows(dari.store, id, by=by, tell=tell)
            forget_letters(dari.settings, addresses)
    finally:
        discard(dari.settings.snapshots)
        left = settle_briefly(dari) if while_served else settle(dari.store, tell=tell)
    dari.follower.save_snapshot()
    return named, left


def erase_draft(
    dari: Dari, id: str, *, prove: bool = False, tell: Tell
) -> tuple[list[str], Proof | None]:
    """Erase a draft with its links and letters; then search everything for it, if asked.

    Returns:
        What could not be done, a sentence each, and the proof.

    Raises:
        UnknownId: if there is none; an expired one is there as long as it is held.
    """
    from service.searching import search
    from service.traces import traces_of_draft

    found = draft_of(dari.store, id, datetime.min.replace(tzinfo=UTC))
    traces, untold = traces_of_draft(found)
    remove(dari.store, id)
    forget_letters(dari.settings, [found.email or ""])
    left = settle(dari.store, tell=tell)
    if not prove:
        return left, None
    proof = search(dari.store, dari.settings.home, traces)
    if any(one.place == "database" for one in proof.remains):
        left += rebuild(dari.store)
        proof = search(dari.store, dari.settings.home, traces)
    proof.notes += untold
    return left, proof


def withdraw(dari: Dari, id: str, *, by: str) -> int:
    """Remove a startup's contact and consent, and the letters to it that wait in the outbox.

    Returns:
        How many revisions held an address.

    Raises:
        UnknownId: if there is none.
    """
    addresses = _addresses(dari, id)
    scrubbed = withdraw_rows(dari.store, id, by=by)
    forget_letters(dari.settings, addresses)
    return scrubbed


def settle_briefly(dari: Dari) -> list[str]:
    """Take what was deleted off the disk while a page waits; give what could not be done."""
    if not database_files(dari.store):
        return ["PostgreSQL's tables were not written anew."]
    return settle(dari.store, patience_s=_PAGE_S)


def _addresses(dari: Dari, id: str) -> set[str]:
    """Give the addresses that a profile has or had, and those of the drafts that would change it.

    Raises:
        UnknownId: if there is none.
    """
    found = held(dari.store, id)
    told = [(one.payload or {}).get("contact") for one in found.revisions]
    drafts = [one.email or one.values.get("contact") for one in found.edits]
    return {str(one) for one in (*told, *drafts) if one}


def erase_and_prove(
    dari: Dari, id: str, *, by: str, tell: Tell
) -> tuple[list[Appearance], list[str], Proof]:
    """Erase a profile, then search the whole installation for what it was.

    Returns:
        What `erase` gives, and the proof.

    Raises:
        UnknownId: if there is none.
    """
    from service.searching import search
    from service.traces import traces_of

    traces, untold = traces_of(held(dari.store, id))
    named, left = erase(dari, [id], by=by, tell=tell)
    proof = search(dari.store, dari.settings.home, traces)
    if any(one.place == "database" for one in proof.remains):
        tell("Remains in free pages of the database; writing its file anew ...")
        left += rebuild(dari.store)
        proof = search(dari.store, dari.settings.home, traces)
    proof.notes += untold
    return named, left, proof


def expiry(dari: Dari, now: datetime) -> Expiry:
    """List who has expired, and who will within 30 days.

    Raises:
        DariError: if no retention is set.
    """
    days = dari.settings.retention_inactive_days
    if days is None:
        raise DariError(
            value="DARI_RETENTION_INACTIVE_DAYS",
            rule="No retention is set, so no profile expires.",
            remedy="Set it to a number of days.",
        )
    end = now - timedelta(days=days)
    found = sorted(idle(dari.store, end + WARNING), key=lambda one: (one.last, one.id))
    return Expiry(
        days,
        tuple(one for one in found if one.last < end),
        tuple(one for one in found if one.last >= end),
        merged_into(dari.store, [one.id for one in found]),
    )


def erase_expired(dari: Dari, found: Expiry, *, by: str, tell: Tell) -> tuple[list[str], list[str]]:
    """Erase those who have expired and have not come back to life since they were listed.

    Returns:
        The ids that were erased, with what was merged into them, and what could not be done, a
        sentence each.
    """
    still = {one.id for one in expiry(dari, now()).expired}
    ids = [one.id for one in found.expired if one.id in still]
    families = merged_into(dari.store, ids)
    left = erase(dari, ids, by=by, tell=tell)[1]
    return [one for id in ids for one in (id, *families.get(id, ()))], left


def forget_letters(settings: Settings, addresses: Iterable[str]) -> int:
    """Delete the letters to addresses that wait in the outbox; give how many there were."""
    from service.mail import letters_to

    files = {file for address in addresses for file in letters_to(settings, address)}
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def now() -> datetime:
    """Give the present moment (UTC)."""
    return datetime.now(UTC)
