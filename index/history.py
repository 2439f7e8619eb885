"""Owns history as evidence: what each profile did with others, by the subjects of its ties."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.backend import Floats
from index.vectors import VectorIndex
from profiles import Tie, TieKind

_NOT_HISTORY = frozenset({TieKind.PAIRING, TieKind.CONFLICT})
_ALWAYS_KNOWN = 0
"""The day of a tie without a date; the ordinals of dates begin at 1."""


class History:
    """Ties by id and by end, with one vector for each distinct subject."""

    def __init__(self, dimension: int) -> None:
        self._subjects = VectorIndex(dimension)
        self._ties: dict[str, Tie] = {}
        self._day: dict[str, int] = {}
        self._key_of: dict[str, str] = {}
        self._ties_of_key: dict[str, set[str]] = {}
        self._ties_of_end: dict[str, set[str]] = {}
        self._deeds: _Deeds | None = None

    def __len__(self) -> int:
        return len(self._ties)

    @property
    def ties(self) -> Mapping[str, Tie]:
        """All ties by id."""
        return self._ties

    def put(self, tie: Tie, vector: Floats | None) -> None:
        """Add a tie, or replace it; `vector` (d,) is its subject's, None where it has none."""
        self.remove(tie.id)
        self._deeds = None
        self._ties[tie.id] = tie
        if tie.kind not in _NOT_HISTORY:
            self._day[tie.id] = tie.valid_from.toordinal() if tie.valid_from else _ALWAYS_KNOWN
        for end in (tie.a, tie.b):
            self._ties_of_end.setdefault(end, set()).add(tie.id)
        if vector is None or tie.subject is None:
            return
        key = hashlib.sha256(tie.subject.joined.encode()).hexdigest()[:24]
        self._key_of[tie.id] = key
        self._ties_of_key.setdefault(key, set()).add(tie.id)
        if key not in self._subjects:
            self._subjects.put([key], vector[None, :])

    def remove(self, tie_id: str) -> None:
        """Drop a tie; an id that is not there is passed over."""
        tie = self._ties.pop(tie_id, None)
        if tie is None:
            return
        self._deeds = None
        self._day.pop(tie_id, None)
        for end in (tie.a, tie.b):
            _discard(self._ties_of_end, end, tie_id)
        key = self._key_of.pop(tie_id, None)
        if key is not None and _discard(self._ties_of_key, key, tie_id):
            self._subjects.remove([key])

    def of(self, id: str, before: date, *, apart_from: str | None = None) -> list[Tie]:
        """Give what a profile did with others (not `apart_from`) before a day, by tie id.

        Pairings and conflicts are not deeds. A tie without a date counts as known.
        """
        ties = [self._ties[tie_id] for tie_id in sorted(self._past(id, before))]
        return [tie for tie in ties if apart_from not in (tie.a, tie.b)]

    def count(self, id: str, before: date) -> int:
        """Count what a profile did with others before a day, as `of` gives it."""
        return len(self._past(id, before))

    def between(self, a: str, b: str) -> list[Tie]:
        """Give all ties of any kind between two profiles, by id."""
        shared = self._ties_of_end.get(a, set()) & self._ties_of_end.get(b, set())
        return [self._ties[tie_id] for tie_id in sorted(shared)]

    def pairings(self, id: str, on: date) -> list[Tie]:
        """Give the policy pairings of a partner with regions that are valid on a day, by id.

        In a pairing `b` is the paired partner; `a` is the body that speaks for the region.
        """
        ties = (self._ties[t] for t in self._ties_of_end.get(id, ()) if t not in self._day)
        found = [t for t in ties if t.kind is TieKind.PAIRING and t.b == id and t.holds(on)]
        return sorted(found, key=lambda tie: tie.id)

    def nearest(
        self, queries: Floats, k: int, before: date, *, among: Collection[str]
    ) -> dict[str, float]:
        """Score the profiles whose past subjects are nearest to any of q queries (q, d).

        Returns:
            id → greatest cosine, for ids `among`, from the k nearest subjects with a past tie.
        """
        if self._deeds is None:
            told = [self._ties[t] for t in self._key_of if t in self._day]
            self._deeds = _Deeds(told, self._day, self._key_of)
        wanted = among if isinstance(among, (set, frozenset)) else frozenset(among)
        day = before.toordinal()
        keys = self._deeds.keys(day, wanted)
        best: dict[str, float] = {}
        for key, score in self._subjects.search_any(queries, k, among=keys):
            for tie_id in self._ties_of_key[key]:
                if self._day.get(tie_id, day) < day:
                    tie = self._ties[tie_id]
                    for end in wanted.intersection((tie.a, tie.b)):
                        best.setdefault(end, score)
        return best

    def similarities(
        self, queries: Floats, ids: Iterable[str], before: date
    ) -> dict[str, tuple[float, Tie]]:
        """Give the greatest cosine of q queries (q, d) with each profile's past subjects.

        Returns:
            id → (cosine, the tie that it comes from, the first by id where several do), for the
            profiles that have a past subject.
        """
        ties = {id: self._with_subject(id, before) for id in ids}
        keys = list(dict.fromkeys(self._key_of[tie.id] for of_id in ties.values() for tie in of_id))
        if not keys or not len(queries):
            return {}
        scores = (self._subjects.vectors(keys) @ queries.T).max(axis=1).tolist()
        score_of = dict(zip(keys, scores, strict=True))
        best = {
            id: max(of_id, key=lambda tie: score_of[self._key_of[tie.id]])
            for id, of_id in ties.items()
            if of_id
        }
        return {id: (score_of[self._key_of[tie.id]], tie) for id, tie in best.items()}

    def subjects(self, id: str, before: date) -> tuple[list[Tie], Floats]:
        """Give a profile's past ties that have a subject, by id, and their vectors (n, d)."""
        ties = self._with_subject(id, before)
        return ties, self._subjects.vectors([self._key_of[tie.id] for tie in ties])

    def vectors(self, id: str, before: date, *, newest: int) -> Floats:
        """Give the vectors (n, d) of a profile's newest past subjects."""
        ties = self._with_subject(id, before)
        ties.sort(key=lambda tie: (self._day[tie.id], tie.id), reverse=True)
        keys = dict.fromkeys(self._key_of[tie.id] for tie in ties)
        return self._subjects.vectors(list(keys)[:newest])

    def vector(self, tie_id: str) -> Floats | None:
        """Give the vector (d,) of a tie's subject, None where it has none."""
        key = self._key_of.get(tie_id)
        found: Floats | None = self._subjects.vectors([key])[0] if key else None
        return found

    def _past(self, id: str, before: date) -> list[str]:
        day = before.toordinal()
        ties = self._ties_of_end.get(id, ())
        return [tie_id for tie_id in ties if self._day.get(tie_id, day) < day]

    def _with_subject(self, id: str, before: date) -> list[Tie]:
        return [tie for tie in self.of(id, before) if tie.id in self._key_of]


class _Deeds:
    """The deeds that have a subject, in columns: one look at each finds those of a query."""

    def __init__(
        self, ties: Sequence[Tie], day_of: Mapping[str, int], key_of: Mapping[str, str]
    ) -> None:
        self._keys, self._key = _numbered([key_of[tie.id] for tie in ties])
        self._ends, ends = _numbered([end for tie in ties for end in (tie.a, tie.b)])
        self._a, self._b = ends[::2], ends[1::2]
        self._day = np.array([day_of[tie.id] for tie in ties], dtype=np.int64)

    def keys(self, day: int, among: Collection[str]) -> list[str]:
        """Give the keys of the subjects of deeds before a day that have an end `among` ids."""
        wanted = np.fromiter((end in among for end in self._ends), bool, len(self._ends))
        chosen = (self._day < day) & (wanted[self._a] | wanted[self._b])
        found = np.zeros(len(self._keys), dtype=bool)
        found[self._key[chosen]] = True
        return [self._keys[number] for number in np.flatnonzero(found).tolist()]


def _numbered(values: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Give the distinct values, and for each value its number among them."""
    number = {value: n for n, value in enumerate(dict.fromkeys(values))}
    return list(number), np.array([number[value] for value in values], dtype=np.int64)


def _discard(sets: dict[str, set[str]], key: str, value: str) -> bool:
    """Take a value out of the set under a key; tell whether that was the last."""
    sets[key].discard(value)
    if sets[key]:
        return False
    del sets[key]
    return True
