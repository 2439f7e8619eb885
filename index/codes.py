"""Owns the codes that lists are filtered and counted by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from index.columns import Mask, Numbers
from profiles import Side
from profiles.store import ListedRow
from profiles.taxonomy import country_of, sectors

FIELDS: Mapping[Side, tuple[str, ...]] = {
    Side.STARTUP: ("region", "sector", "stage", "text", "open"),
    Side.PARTNER: ("region", "sector", "kind", "text", "open"),
}
"""What the profiles of a side are filtered and counted by."""

UNKNOWN = "unknown"
"""The code of profiles that say nothing in a field."""
YES, NO = "yes", "no"

_TEXTS = ("summary", "seeking", "offering")


class Codes:
    """The codes that n profiles have in one field, several each; shape (n, most of one)."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._held: NDArray[np.int16] = np.full((16, 1), -1, np.int16)

    def put(self, row: int, codes: Collection[str]) -> None:
        """Keep the codes of a row in the place of those that it had."""
        rows, wide = self._held.shape
        if row >= rows or len(codes) > wide:
            grown = np.full((max(2 * rows, row + 1), max(wide, len(codes))), -1, np.int16)
            grown[:rows, :wide] = self._held
            self._held = grown
        self._held[row] = -1
        for place, code in enumerate(codes):
            self._held[row, place] = self._number.setdefault(code, len(self._number))

    def any_of(self, codes: Collection[str], size: int) -> Mask:
        """Mark which of the first `size` profiles have one of the codes."""
        wanted = np.zeros(len(self._number) + 1, bool)  # the last one is that of no code (-1)
        wanted[[self._number[code] for code in codes if code in self._number]] = True
        return cast(Mask, wanted[self._held[:size]].any(axis=1))

    def counts(self, rows: Numbers | None, size: int) -> dict[str, int]:
        """Count by code the profiles of some rows, or of the first `size`."""
        held = self._held[:size] if rows is None else self._held[rows]
        counted = np.bincount(held.ravel() + 1, minlength=len(self._number) + 1)[1:]
        told = zip(self._number, counted.tolist(), strict=True)
        return {code: count for code, count in told if count}


def codes_of(one: ListedRow) -> dict[str, Collection[str]]:
    """Give the codes of a profile in each field that its side is filtered by.

    A region counts for its country too, a sector for its parent. A startup is open to matching if
    its consent is held, a partner if it takes any startup in a round, as far as is known.
    """
    fields, known = one.fields, sectors()
    places = [*filter(None, (fields.get("region"),)), *fields.get("sites", ())]
    works = [code for code in fields.get("sectors", ()) if code in known]
    parents = [parent for code in works if (parent := known[code].parent)]
    has_text = any(fields.get(name) for name in _TEXTS)
    found: dict[str, Collection[str]] = {
        "region": dict.fromkeys([*places, *map(country_of, places)]) or (UNKNOWN,),
        "sector": dict.fromkeys([*works, *parents]) or (UNKNOWN,),
        "text": (YES if has_text else NO,),
    }
    if one.side is Side.STARTUP:
        return found | {
            "stage": (fields.get("stage") or UNKNOWN,),
            "open": (YES if fields.get("consent") else NO,),
        }
    is_open = fields.get("capacity") != 0
    return found | {"kind": (fields.get("kind") or UNKNOWN,), "open": (YES if is_open else NO,)}
