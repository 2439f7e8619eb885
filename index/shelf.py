"""Owns the list of one side: which pass the filters, how many by each code, in which order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

import numpy as np

from index.codes import FIELDS, Codes, codes_of
from index.columns import Column, Mask, Numbers
from index.orders import NOWHERE, Key, Order, Sort, Standing, standing_of
from index.terms import Sought, Term
from profiles import Side
from profiles.store import ListedRow

_MOST_AT_ONCE = 1_000
"""Of more changes than these an order is made anew."""


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


class Shelf:
    """The profiles of one side, by row: their codes, names and places in each order."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._row: dict[str, int] = {}
        self._ids: list[str] = []
        self._names = Sought()
        self._free: list[int] = []
        self._alive = Column(np.bool_)
        self._codes = {name: Codes() for name in FIELDS[side]}
        self._standing: list[Standing] = []
        self._orders: dict[tuple[Sort, str], Order] = {}
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
        self._names.put(row, "")
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
            self._standing.append(NOWHERE)
        self._alive.grow(row + 1)
        self._alive.values[row] = True
        self._row[one.id], self._ids[row] = row, one.id
        self._names.put(row, one.names)
        for name, codes in codes_of(one).items():
            self._codes[name].put(row, codes)
        self._standing[row] = standing = standing_of(one)
        for (sort, lang), order in self._orders.items():
            order.add(standing.key(sort, lang, one.id), row)

    def _order(self, sort: Sort, lang: str) -> Order:
        name = (sort, lang)
        if name not in self._orders:
            held = self._standing
            self._orders[name] = Order(
                (held[row].key(sort, lang, id), row) for id, row in self._row.items()
            )
        return self._orders[name]

    def _having(self, terms: Sequence[Term]) -> Mask | None:
        """Mark the rows that have each of the terms, shape (n,); None where none is asked for."""
        if not terms:
            return None
        if self._having_last is not None and self._having_last[0] == tuple(terms):
            return self._having_last[1]
        size, found = len(self._ids), self._alive.values.copy()
        for term in terms:
            having = self._names.having(term.text)
            if term.regions:
                having |= self._codes["region"].any_of(term.regions, size)
            if term.sectors:
                having |= self._codes["sector"].any_of(term.sectors, size)
            found &= having
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


def _both(found: Mask | None, masks: Iterable[Mask]) -> Mask | None:
    """Mark what all masks mark; None where there is none."""
    given = [*([] if found is None else [found]), *masks]
    return cast(Mask, np.logical_and.reduce(given)) if given else None
