"""Owns the lists of profiles: which pass the filters, how many by each code, in which order.

A process holds what lists look at in columns, and follows the change log, as names do. Nothing
of it is kept: it is read from the database again after a restart.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from index.columns import Column, Mask, Numbers
from profiles import Side, Store
from profiles.store import ListedRow
from profiles.taxonomy import (
    country_of,
    normalise_region,
    normalise_sector,
    provinces,
    sectors,
)

Sort = Literal["newest", "name", "region"]
Key = tuple[Any, ...]
"""What a profile stands in an order by; no two profiles have the same, for it ends with the id."""

FIELDS: Mapping[Side, tuple[str, ...]] = {
    Side.STARTUP: ("region", "sector", "stage", "text", "open"),
    Side.PARTNER: ("region", "sector", "kind", "text", "open"),
}
"""What the profiles of a side are filtered and counted by."""

UNKNOWN = "unknown"
"""The code of profiles that say nothing in a field."""
YES, NO = "yes", "no"

LONGEST_KEY = 60
"""How much of a name counts for its place in an order, in characters."""

_READ = 2_000
_LONGEST_TERM = 4
_LONGEST_PLACE = 100
_FEWEST_LETTERS = 4
"""The Latin letters of a region's name: shorter ones are codes of countries (SK, KOR)."""
_MOST_AT_ONCE = 1_000
"""Of more changes than these an order is made anew."""
_TEXTS = ("summary", "seeking", "offering")
_FORM = re.compile(r"^(?:\(주\)|\(유\)|주식회사|\W)+\s*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a search: a name holds it, or a profile lies in a region or works in a sector."""

    text: str
    regions: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the list of a side.

    A profile passes that has each of the terms and, in each field that `filters` names, one of the
    codes. `after` and `before` are keys of the order that is asked for.
    """

    terms: tuple[Term, ...] = ()
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sort: Sort = "newest"
    lang: str = "en"
    after: Key | None = None
    before: Key | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of a list.

    Attributes:
        ids: the profiles of this part, in order.
        total: how many pass.
        first: the place of the first of them, from 1; 0 where there is none.
        counts: field → code → how many pass under the filters of all other fields.
        before: the key before which an earlier part ends; None where there is none.
        after: the key after which the next part begins; None where there is none.
        entered: when each of `ids` was entered (UTC).
    """

    ids: tuple[str, ...]
    total: int
    first: int
    counts: Mapping[str, Mapping[str, int]]
    before: Key | None
    after: Key | None
    entered: tuple[datetime, ...] = ()


class Standing(NamedTuple):
    """Where a profile stands: when it was entered (microseconds), its names, its region's place."""

    entered: int
    english: str
    korean: str
    place: tuple[int, str]

    @property
    def entered_at(self) -> datetime:
        """When it was entered (UTC)."""
        return _EPOCH + timedelta(microseconds=self.entered)

    def key(self, sort: Sort, lang: str, id: str) -> Key:
        """Give the key of the profile with an id in an order."""
        if sort == "newest":
            return (-self.entered, id)
        name = self.korean if lang == "ko" else self.english
        return (name, id) if sort == "name" else (*self.place, name, id)


_NOWHERE = Standing(0, "", "", (0, ""))


class _Codes:
    """The codes that n profiles have in one field, several each; shape (n, most of one)."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._held: NDArray[np.int16] = np.full((16, 1), -1, np.int16)

    def put(self, row: int, codes: Collection[str]) -> None:
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


class _Order:
    """The profiles of a side in one order: their keys, and their rows by them."""

    def __init__(self, entries: Iterable[tuple[Key, int]]) -> None:
        held = sorted(entries)
        self.keys = [key for key, _ in held]
        self._row = {key[-1]: row for key, row in held}
        self._rows: Numbers | None = None

    def add(self, key: Key, row: int) -> None:
        insort(self.keys, key)
        self._row[key[-1]], self._rows = row, None

    def drop(self, key: Key) -> None:
        del self.keys[bisect_left(self.keys, key)]
        del self._row[key[-1]]
        self._rows = None

    @property
    def rows(self) -> Numbers:
        """The row of each key, in order, shape (n,)."""
        if self._rows is None:
            number = self._row
            self._rows = np.fromiter((number[key[-1]] for key in self.keys), np.int64)
        return self._rows


class Shelf:
    """The profiles of one side, by row: their codes, names and places in each order."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._row: dict[str, int] = {}
        self._ids: list[str] = []
        self._names: list[str] = []
        self._free: list[int] = []
        self._alive = Column(np.bool_)
        self._codes = {name: _Codes() for name in FIELDS[side]}
        self._standing: list[Standing] = []
        self._orders: dict[tuple[Sort, str], _Order] = {}
        self._having_last: tuple[tuple[Term, ...], Mask] | None = None

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, id: str) -> bool:
        return id in self._row

    def put_many(self, held: Sequence[ListedRow]) -> None:
        """Add profiles of different ids, or replace them."""
        if len(held) > _MOST_AT_ONCE:
            self._orders.clear()
        for one in held:
            self._put(one)

    def remove(self, id: str) -> None:
        """Drop a profile; an id that is not there is passed over."""
        row = self._row.pop(id, None)
        self._having_last = None
        if row is None:
            return
        for (sort, lang), order in self._orders.items():
            order.drop(self._standing[row].key(sort, lang, id))
        self._alive.values[row] = False
        self._names[row] = ""
        for codes in self._codes.values():
            codes.put(row, ())
        self._free.append(row)

    def ask(self, asked: Asked) -> Listed:
        """Answer what is asked of this side."""
        size = len(self._ids)
        found = self._having(asked.terms)
        masks = {
            name: self._codes[name].any_of(codes, size)
            for name, codes in asked.filters.items()
            if codes
        }
        passed = _both(found, masks.values())
        counts = {
            name: codes.counts(self._rows_of(found, masks, name), size)
            for name, codes in self._codes.items()
        }
        return self._part(asked, passed, counts)

    def among(self, ids: Iterable[str], asked: Asked) -> list[str]:
        """Keep those of some ids that pass the filters, but have not all of the terms."""
        having = self._having(asked.terms)
        there = [id for id in ids if id in self._row]
        if having is not None:
            there = [id for id in there if not having[self._row[id]]]
        rows = np.array([self._row[id] for id in there], np.int64)
        size = len(self._ids)
        for name, codes in asked.filters.items():
            if codes:
                kept = self._codes[name].any_of(codes, size)[rows]
                there = [id for id, good in zip(there, kept.tolist(), strict=True) if good]
                rows = rows[kept]
        return there

    def all_ids(self, asked: Asked) -> list[str]:
        """Give all that pass, in the order that is asked for."""
        return list(self.ask(replace(asked, after=None, before=None, limit=len(self) or 1)).ids)

    def _put(self, one: ListedRow) -> None:
        self.remove(one.id)
        row = self._free.pop() if self._free else len(self._ids)
        if row == len(self._ids):
            self._ids.append("")
            self._names.append("")
            self._standing.append(_NOWHERE)
        self._alive.grow(row + 1)
        self._alive.values[row] = True
        self._row[one.id], self._ids[row], self._names[row] = row, one.id, one.names
        for name, codes in codes_of(one).items():
            self._codes[name].put(row, codes)
        self._standing[row] = standing = standing_of(one)
        for (sort, lang), order in self._orders.items():
            order.add(standing.key(sort, lang, one.id), row)

    def _order(self, sort: Sort, lang: str) -> _Order:
        name = (sort, lang)
        if name not in self._orders:
            held = self._standing
            self._orders[name] = _Order(
                (held[row].key(sort, lang, id), row) for id, row in self._row.items()
            )
        return self._orders[name]

    def _having(self, terms: Sequence[Term]) -> Mask | None:
        """Mark the rows that have each of the terms, shape (n,); None where none is asked for."""
        if not terms:
            return None
        if self._having_last is not None and self._having_last[0] == tuple(terms):
            return self._having_last[1]
        size = len(self._ids)
        left: Sequence[int] = list(self._row.values())
        for term in terms:
            other = np.zeros(size, bool)
            if term.regions:
                other |= self._codes["region"].any_of(term.regions, size)
            if term.sectors:
                other |= self._codes["sector"].any_of(term.sectors, size)
            names, text, coded = self._names, term.text, other.tolist()
            left = [row for row in left if text in names[row] or coded[row]]
        found = np.zeros(size, bool)
        found[list(left)] = True
        self._having_last = (tuple(terms), found)
        return found

    def _rows_of(self, found: Mask | None, masks: Mapping[str, Mask], but: str) -> Numbers | None:
        """Give the rows that pass all masks but that of one field; None for all of them."""
        passed = _both(found, [mask for name, mask in masks.items() if name != but])
        return None if passed is None else np.flatnonzero(passed & self._alive.values)

    def _part(
        self, asked: Asked, passed: Mask | None, counts: Mapping[str, Mapping[str, int]]
    ) -> Listed:
        order = self._order(asked.sort, asked.lang)
        rows = order.rows
        places = np.arange(len(rows)) if passed is None else np.flatnonzero(passed[rows])
        begin = 0
        if asked.before is not None:
            end = int(np.searchsorted(places, bisect_left(order.keys, asked.before)))
            begin = max(0, end - asked.limit)
        elif asked.after is not None:
            begin = int(np.searchsorted(places, bisect_right(order.keys, asked.after)))
        shown = places[begin : begin + asked.limit].tolist()
        more = begin + len(shown) < len(places)
        ids = tuple(order.keys[place][-1] for place in shown)
        return Listed(
            ids=ids,
            total=len(places),
            first=begin + 1 if shown else 0,
            counts=counts,
            before=order.keys[shown[0]] if shown and begin else None,
            after=order.keys[shown[-1]] if shown and more else None,
            entered=tuple(self._standing[self._row[id]].entered_at for id in ids),
        )


class Listing:
    """Follows the profiles of the store: what was written stands in the next list."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._begin()

    def ask(self, side: Side, asked: Asked) -> Listed:
        """Answer what is asked of a side, as it stands now.

        Raises:
            StoreError: if the database does not answer.
        """
        with self._lock:
            self._catch_up()
            return self._shelves[side].ask(asked)

    def among(self, side: Side, ids: Iterable[str], asked: Asked) -> list[str]:
        """Keep those of some ids that pass the filters, but have not all of the terms.

        Raises:
            StoreError: if the database does not answer.
        """
        with self._lock:
            self._catch_up()
            return self._shelves[side].among(ids, asked)

    def all_ids(self, side: Side, asked: Asked) -> list[str]:
        """Give all profiles of a side that pass, in the order that is asked for.

        Raises:
            StoreError: if the database does not answer.
        """
        with self._lock:
            self._catch_up()
            return self._shelves[side].all_ids(asked)

    def _begin(self) -> None:
        self._seq, self._fingerprint = 0, self._store.fingerprint(0)
        self._shelves = {side: Shelf(side) for side in Side}

    def _catch_up(self) -> None:
        while (newest := self._store.last_seq()) != self._seq:
            if self._store.fingerprint(self._seq) != self._fingerprint:
                self._begin()
            if self._seq == 0:  # what is read is of `newest` or later; what is later comes again
                rows = self._store.listed()
                while some := list(islice(rows, _READ)):
                    self._put(some)
                self._seq = newest
            else:
                changes = self._store.changes_after(self._seq)
                if not changes:
                    return
                self._apply({change.id for change in changes if change.kind in tuple(Side)})
                self._seq = changes[-1].seq
            self._fingerprint = self._store.fingerprint(self._seq)

    def _apply(self, ids: set[str]) -> None:
        held = list(self._store.listed(ids))
        sides = {one.id: one.side for one in held}
        for side, shelf in self._shelves.items():
            for id in ids:
                if sides.get(id) is not side:
                    shelf.remove(id)
        self._put(held)

    def _put(self, held: Sequence[ListedRow]) -> None:
        for side, shelf in self._shelves.items():
            shelf.put_many([one for one in held if one.side is side])


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


def standing_of(one: ListedRow) -> Standing:
    """Tell where a profile stands in each order."""
    since = one.created_at.astimezone(UTC) - _EPOCH
    entered = since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds
    name = one.fields["name"]
    en, ko = (name.get(lang) for lang in ("en", "ko"))
    english = sort_key(en or ko or "")
    korean = sort_key(ko) if ko else english
    return Standing(entered, english, korean, _place_of(one.fields.get("region")))


def sort_key(name: str) -> str:
    """Give what a name is ordered by: case, accents and a legal form before it do not count."""
    if name.isascii():
        plain = name.casefold()
    else:
        parts = unicodedata.normalize("NFKD", name.casefold())
        bare = "".join(sign for sign in parts if unicodedata.category(sign) != "Mn")
        plain = unicodedata.normalize("NFC", bare)
    return (_FORM.sub("", plain) or plain)[:LONGEST_KEY]


@lru_cache(maxsize=1 << 12)
def _place_of(region: str | None) -> tuple[int, str]:
    """Order the provinces as the taxonomy does, then places abroad by code, then unknown ones."""
    if region is None:
        return 99, ""
    order = list(provinces())
    return (order.index(region), "") if region in order else (50, region)


def _both(found: Mask | None, masks: Iterable[Mask]) -> Mask | None:
    """Mark what all masks mark; None where there is none."""
    given = [*([] if found is None else [found]), *masks]
    return cast(Mask, np.logical_and.reduce(given)) if given else None


def read_terms(text: str) -> tuple[Term, ...]:
    """Read what is searched for: words, each with the regions and sectors that it names.

    Several words that name a region or sector together are one term.
    """
    words = unicodedata.normalize("NFC", text).casefold().split()
    found: list[Term] = []
    while words:
        size = next(
            (n for n in range(min(_LONGEST_TERM, len(words)), 1, -1) if _named(words[:n])), 1
        )
        found.append(_term(" ".join(words[:size])))
        words = words[size:]
    return tuple(dict.fromkeys(found))


def _named(words: Sequence[str]) -> bool:
    """Tell whether words name a place or sector together: an address is a place and other words."""
    term = _term(" ".join(words))
    return bool(term.sectors or (term.regions and not _term(words[0]).regions))


@lru_cache(maxsize=1 << 10)
def _term(text: str) -> Term:
    if len(text) > _LONGEST_PLACE:
        return Term(text)
    is_word = len(text) >= _FEWEST_LETTERS or not text.isascii()
    region, sector = normalise_region(text) if is_word else None, normalise_sector(text)
    return Term(text, frozenset(filter(None, (region,))), frozenset(filter(None, (sector,))))
