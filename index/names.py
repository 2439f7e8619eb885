"""Owns the finding of profiles by name or alias, in either script and with typing errors."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import chain, islice
from threading import Lock

import numpy as np

from index.columns import Column, Mask, Numbers, Roster
from index.hangul import has_hangul, letters, sound
from index.runs import Runs
from profiles import Side, Store

LEAST = 0.8
"""The likeness from which a name is similar: one slip in five letters, two in ten."""

LOOSE = 0.5
"""The likeness from which a name is told of where none is similar."""

MOST_LOOSE = 5
"""How many such names are told of."""

LONGEST = 200
"""The characters of a name, and of what is looked for, that count."""

_MOST_COMPARED = 200
_BY_SOUND = 0.95
"""What a likeness counts that is one of sound alone."""
_BEYOND = 0.05
"""What is taken off a name, all of whose words but those looked for are other words."""
_FEW_SYLLABLES = 3
_SHORT = 9
"""The letters (Hangul split into its own) of a name that one slip may change beyond likeness."""
_FEWEST_HEARD = 4
"""The letters of a sound that is no acronym's."""
_SLIPS = ((4, 1), (6, 2), (9, 3))
"""How many slips a word of so many letters may have and still be told of."""
_FEWEST_DEAD_ROWS = 1_000
_SIDES = {side.value: side for side in Side}


Spelling = str
"""One way to write a name for comparison: its words, by letters or, after a tilde, by sound."""

_HEARD = "~"


class NameIndex:
    """Names by id: add, replace, remove, and find what is written or sounds alike."""

    def __init__(self) -> None:
        self._roster = Roster()
        self._side: dict[str, Side] = {}
        self._rows: dict[str, range] = {}
        self._runs = Runs()
        self._spellings: list[Spelling] = []
        self._number = Column(np.int64)

    def __len__(self) -> int:
        return len(self._side)

    def put(self, id: str, side: Side, names: Collection[str]) -> None:
        """Add the names of a profile, or replace them."""
        self.put_many([(id, side, names)])

    def put_many(self, entries: Sequence[tuple[str, Side, Collection[str]]]) -> None:
        """Add the names of profiles of different ids, or replace them; many at once cost less."""
        for id, _, _ in entries:
            self.remove(id)
        of_entry = _spellings([names for _, _, names in entries])
        row = len(self._spellings)
        for (id, side, _), spellings in zip(entries, of_entry, strict=True):
            self._side[id] = side
            self._rows[id] = range(row, row := row + len(spellings))
        sizes = [len(spellings) for spellings in of_entry]
        numbers = [self._roster.hold(id) for id, _, _ in entries]
        self._append(list(chain.from_iterable(of_entry)), np.repeat(numbers, sizes))

    def remove(self, id: str) -> None:
        """Drop the names of a profile; an id that has none is passed over."""
        if self._side.pop(id, None) is None:
            return
        self._roster.release(id)
        for row in self._rows.pop(id):
            self._runs.drop(row)
        if self._runs.dead > max(_FEWEST_DEAD_ROWS, len(self._runs) // 2):
            self._compact()

    def search(self, text: str, side: Side | None = None, k: int = 20) -> list[tuple[str, float]]:
        """Find up to k profiles that have a name like `text`.

        Every word looked for must be like a word of the name, or like its beginning.

        Where there is none, the few are given that have more slips, as a short name with one wrong
        syllable has.

        Returns:
            (id, likeness) by likeness descending, then id ascending: from `LEAST` to 1, or all of
            them from `LOOSE` to less than `LEAST`.
        """
        rows = [(asked, self._alike(asked)) for asked in spellings_of(text[:LONGEST])]
        found = self._scored(rows, side, likeness, LEAST)
        return (found or self._scored(rows, side, looseness, LOOSE)[:MOST_LOOSE])[:k]

    def _scored(
        self,
        rows: Sequence[tuple[Spelling, Sequence[int]]],
        side: Side | None,
        score: Callable[[Spelling, Spelling], float],
        least: float,
    ) -> list[tuple[str, float]]:
        best: dict[str, float] = {}
        for asked, alike in rows:
            for row in alike:
                id = self._roster.id(int(self._number.values[row]))
                if side is None or self._side[id] is side:
                    best[id] = max(score(asked, self._spellings[row]), best.get(id, 0.0))
        found = [(id, round(worth, 4)) for id, worth in best.items() if worth >= least]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _alike(self, asked: Spelling) -> list[int]:
        """Give the rows that share most, and rarest, runs of signs."""
        scores = self._runs.scores(asked.removeprefix(_HEARD), asked.startswith(_HEARD))
        rows = np.flatnonzero(scores)
        if len(rows) > _MOST_COMPARED:
            least = np.partition(scores[rows], -_MOST_COMPARED)[-_MOST_COMPARED]
            rows = rows[scores[rows] >= least]
        return rows.tolist()

    def _append(self, spellings: Sequence[Spelling], numbers: Numbers) -> None:
        first = len(self._spellings)
        self._spellings += spellings
        self._number.grow(len(self._spellings))
        self._number.values[first:] = numbers
        heard = [one.startswith(_HEARD) for one in spellings]
        self._runs.add([one.removeprefix(_HEARD) for one in spellings], heard)

    def _compact(self) -> None:
        new = self._runs.compact()
        kept: Mask = new >= 0
        self._number.replace(self._number.values[kept])
        self._spellings = [self._spellings[row] for row in np.flatnonzero(kept)]
        for id, rows in self._rows.items():  # those of one profile stay beside each other
            first = int(new[rows.start]) if rows else 0
            self._rows[id] = range(first, first + len(rows))


class Names:
    """Follows the names of the store: what was written is found by the next search."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seq = 0
        self._fingerprint = store.fingerprint(0)
        self._index = NameIndex()
        self._turn = Lock()

    def search(self, text: str, side: Side | None = None, k: int = 20) -> list[tuple[str, float]]:
        """Find up to k profiles by name, as `NameIndex.search` does, as the store stands now.

        Threads take turns.
        """
        with self._turn:
            self._catch_up()
            return self._index.search(text, side, k)

    def _catch_up(self) -> None:
        while self._store.last_seq() != self._seq:
            if self._store.fingerprint(self._seq) != self._fingerprint:
                self._seq, self._index = 0, NameIndex()
            changes = self._store.changes_after(self._seq)
            if not changes:
                return
            ids = {change.id for change in changes if change.kind in _SIDES}
            self._apply(ids)
            self._seq = changes[-1].seq
            self._fingerprint = self._store.fingerprint(self._seq)

    def _apply(self, ids: set[str]) -> None:
        held = self._store.names(ids)
        for id in ids - held.keys():
            self._index.remove(id)
        self._index.put_many([(id, *held[id]) for id in sorted(held)])


@lru_cache(maxsize=1_000)
def spellings_of(name: str) -> tuple[Spelling, ...]:
    """Give the ways to write a name for comparison.

    Its readings are those of `profiles.identity`: without legal forms, Korean readings of letters
    as letters, Korean words of which the English is known in English. Hangul is split into its
    letters, and each reading is written by its sound too.
    """
    return tuple(_spellings([[name]])[0])


def _spellings(entries: Sequence[Collection[str]]) -> Sequence[Collection[Spelling]]:
    """Give the ways to write the names of n profiles, as `spellings_of` does, each once.

    Of names in both scripts only short ones are written by their sound: there is no other script to
    guess, but one slip leaves little of a short name.
    """
    from profiles.identity import readings_of_many

    read = readings_of_many([name[:LONGEST] for names in entries for name in names])
    lines = "\n".join([" ".join(one.tokens) for of_name in read for one in of_name])
    by_letters, by_sound = iter(letters(lines).split("\n")), iter(sound(lines).split("\n"))
    of_names = iter(read)
    found: list[dict[Spelling, None]] = []
    for names in entries:
        is_heard = len(names) < 2 or len({has_hangul(name) for name in names}) < 2
        found.append({})
        for one in chain.from_iterable(islice(of_names, len(names))):
            spelt, heard = next(by_letters), next(by_sound)
            found[-1][spelt] = None
            if (is_heard or _is_short(spelt, heard)) and not one.translated:
                found[-1][_HEARD + heard] = None
    return found


def _is_short(spelt: str, heard: str) -> bool:
    return len(spelt) <= _SHORT and len(heard) >= _FEWEST_HEARD


def likeness(asked: Spelling, held: Spelling) -> float:
    """Score how well a name answers what was looked for, 0 to 1; 1 where the two are one."""
    by_sound = asked.startswith(_HEARD)
    if by_sound is not held.startswith(_HEARD):
        return 0.0
    share = _BY_SOUND if by_sound else 1.0
    words, others = asked.removeprefix(_HEARD).split(" "), held.removeprefix(_HEARD).split(" ")
    whole = _alike("".join(words), "".join(others))
    if whole >= LEAST:
        return whole * share
    sizes = [len(word) for word in words]
    best = [max(_begins(word, other) for other in others) for word in words]
    if min(best, default=0.0) < LEAST:
        return 0.0
    mean = sum(score * size for score, size in zip(best, sizes, strict=True)) / sum(sizes)
    beyond = max(0.0, 1 - sum(sizes) / sum(map(len, others)))
    return (mean - _BEYOND * beyond) * share


def looseness(asked: Spelling, held: Spelling) -> float:
    """Score how well a name that is not similar may answer all the same; below `LEAST`, or 0.

    Every word may have a few slips, but begins with the letter with which the other one begins.
    """
    by_sound = asked.startswith(_HEARD)
    if by_sound is not held.startswith(_HEARD):
        return 0.0
    share = _BY_SOUND if by_sound else 1.0
    words, others = asked.removeprefix(_HEARD).split(" "), held.removeprefix(_HEARD).split(" ")
    whole = _near("".join(words), "".join(others))
    best = [max(_near(word, other) for other in others) for word in words]
    score = max(whole, min(best, default=0.0))
    return min(score, LEAST - 0.001) * share


def _near(word: str, other: str) -> float:
    """Score a word by its slips beside another, or beside the beginning of one; 0 for too many."""
    from rapidfuzz.distance import OSA

    if word[:1] != other[:1]:
        return 0.0
    found = 0.0
    for start in {other, other[: len(word)], other[: len(word) + 1]}:
        longest = max(len(word), len(start))
        slips = OSA.distance(word, start)
        if slips <= _slips(word, start, longest):
            worth = 1 - slips / longest
            found = max(found, worth if start == other else 0.98 * worth)
    return found


def _slips(word: str, other: str, longest: int) -> int:
    """Tell how many letters may differ: all of one syllable, where there are two of Hangul."""
    allowed = max((slips for size, slips in _SLIPS if longest >= size), default=0)
    if word.isascii() or other.isascii():
        return allowed
    left, right = (unicodedata.normalize("NFC", text) for text in (word, other))
    one = len(left) == len(right) > 1 and sum(a != b for a, b in zip(left, right, strict=True)) == 1
    return max(allowed, 2 if one else 0)


def _begins(word: str, other: str) -> float:
    """Score how much a word is like another, or like the beginning of one."""
    start = _alike(word, other[: len(word)]) if len(word) >= 3 else float(other.startswith(word))
    return max(_alike(word, other), 0.98 * start)


def _alike(one: str, other: str) -> float:
    """Score two words by the letters in which they differ; below `LEAST` it is 0.

    A syllable of Hangul that is left out, doubled or exchanged makes up to three letters: where
    there are three syllables or more, one such slip is allowed.
    """
    from rapidfuzz.distance import OSA

    longest = max(len(one), len(other))
    score = 1 - OSA.distance(one, other) / longest if longest else 0.0
    if score >= LEAST:
        return score
    if one.isascii() or other.isascii():
        return 0.0
    left, right = (unicodedata.normalize("NFC", text) for text in (one, other))
    slip = min(len(left), len(right)) >= _FEW_SYLLABLES and OSA.distance(left, right) == 1
    return LEAST if slip else 0.0
