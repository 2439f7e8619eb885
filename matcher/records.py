"""Owns the records that a matchmaker has read; they are kept until anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from index import History
from matcher.calibration import Amount
from matcher.traits import Traits, traits_of
from profiles import AnyProfile, Programme, Store, Tie

_MOST_KEPT = 20_000
_MOST_CHANGES = 1_000


class Records:
    """Reads profiles and programmes, and keeps them for as long as the change log stands still.

    One `seq` of the change log has one content, so nothing that is kept can be out of date, and
    what was erased is dropped by the next answer.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seq = -1
        self._profiles: Mapping[str, AnyProfile] = {}
        self._programmes: Sequence[Programme] | None = None
        self._traits: dict[str, tuple[AnyProfile, Traits]] = {}
        self._paired_on: date | None = None
        self._pairings: dict[str, Sequence[Tie]] = {}
        self._experience: tuple[int, Amount] | None = None

    def profiles(self, ids: Iterable[str], seq: int) -> Mapping[str, AnyProfile]:
        """Give the profiles that exist among `ids`, as of a seq of the change log."""
        self._forget_before(seq)
        kept, wanted = self._profiles, list(ids)
        missing = [id for id in wanted if id not in kept]
        if missing:
            if len(kept) + len(missing) > _MOST_KEPT:
                kept, self._traits = {}, {}
                missing = wanted
            kept = self._profiles = {**kept, **self._store.get_many(missing)}
        return {id: kept[id] for id in wanted if id in kept}

    def programmes(self, seq: int) -> Sequence[Programme]:
        """Give all programmes by id, as of a seq of the change log."""
        self._forget_before(seq)
        if self._programmes is None:
            self._programmes = self._store.programmes()
        return self._programmes

    def traits(self, profile: AnyProfile) -> Traits:
        """Give the traits of a profile, which are worked out once of each that was read here."""
        held = self._traits.get(profile.id)
        if held is not None and held[0] is profile:
            return held[1]
        traits = traits_of(profile)
        if self._profiles.get(profile.id) is profile:
            self._traits[profile.id] = profile, traits
        return traits

    def pairings(
        self, history: History, ids: Iterable[str], on: date, seq: int
    ) -> Mapping[str, Sequence[Tie]]:
        """Give the policy pairings of partners, and of some others, on a day, as of a seq."""
        self._forget_before(seq)
        if self._paired_on != on or len(self._pairings) > _MOST_KEPT:
            self._paired_on, self._pairings = on, {}
        held = self._pairings
        for id in ids:
            if id not in held:
                held[id] = history.pairings(id, on)
        return held

    def experience(self, seq: int) -> Amount:
        """Count the pairs with a verdict or an outcome as of a seq; each startup is a cluster.

        They are counted again only where the change log has gained a verdict or a tie.
        """
        held = self._experience
        if held is None or self._has_more(held[0], seq):
            held = seq, Amount(*self._store.experience())
        self._experience = max(seq, held[0]), held[1]
        return held[1]

    def _has_more(self, before: int, seq: int) -> bool:
        if seq <= before:
            return False
        gained = self._store.changes_after(before, limit=_MOST_CHANGES)
        return len(gained) == _MOST_CHANGES or any(
            change.kind in ("tie", "verdict") for change in gained
        )

    def _forget_before(self, seq: int) -> None:
        if seq != self._seq:
            self._seq, self._profiles, self._programmes = seq, {}, None
            self._traits, self._pairings = {}, {}
