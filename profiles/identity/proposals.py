"""Owns the search for profiles that may be one firm, without comparing all with all."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from profiles.identity.acronyms import initials
from profiles.identity.comparing import (
    THRESHOLD,
    Firm,
    Reason,
    Vocabulary,
    compare,
    firm_of,
    vocabulary_of,
)
from profiles.identity.names import Reading
from profiles.schema import Profile

_LARGEST_BLOCK = 60


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two profiles that may be one firm, `a` before `b` by id: the score and its reasons."""

    a: str
    b: str
    score: float
    reasons: tuple[Reason, ...]


def propose_duplicates(
    profiles: Iterable[Profile], *, threshold: float = THRESHOLD
) -> list[Proposal]:
    """Propose the pairs of profiles that may be one firm, the likeliest first.

    Profiles of different sides are never proposed: a startup and a partner of one name play two
    parts.
    """
    sides: dict[str, list[Firm]] = defaultdict(list)
    for profile in profiles:
        sides[profile.side].append(firm_of(profile))
    found = [proposal for firms in sides.values() for proposal in _propose(firms, threshold)]
    return sorted(found, key=lambda one: (-one.score, one.a, one.b))


def candidates(firms: Sequence[Firm], vocabulary: Vocabulary) -> Iterator[tuple[int, int]]:
    """Give the pairs of rows that share a key, each once, the lower row first.

    A block of more than 60 firms is passed over, unless its key alone makes firms equal: then
    each is paired with the first.
    """
    blocks: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, firm in enumerate(firms):
        for key in _keys(firm, vocabulary):
            blocks[key].append(row)
    seen: set[tuple[int, int]] = set()
    for key, rows in blocks.items():
        for pair in _pairs(key[0], rows):
            if pair not in seen:
                seen.add(pair)
                yield pair


def _propose(firms: Sequence[Firm], threshold: float) -> Iterator[Proposal]:
    vocabulary = vocabulary_of(firms)
    for one, other in candidates(firms, vocabulary):
        a, b = sorted((firms[one], firms[other]), key=lambda firm: firm.id)
        score, reasons = compare(a, b, vocabulary)
        if score >= threshold:
            yield Proposal(a.id, b.id, score, reasons)


def _pairs(kind: str, rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    if len(rows) <= _LARGEST_BLOCK:
        yield from combinations(rows, 2)
    elif kind in ("name", "registration"):
        yield from ((rows[0], row) for row in rows[1:])


def _keys(firm: Firm, vocabulary: Vocabulary) -> set[tuple[str, ...]]:
    """Give the keys under which a firm is looked for.

    These are its registration number, its host, and of each reading the whole, the rare words,
    pairs of words, the initials, the first and the last letters (one of which a typing error leaves
    alone). Of Korean names they are also the syllables in no order, and of short ones what is left
    without each of their letters (jamo).
    """
    keys: set[tuple[str, ...]] = set()
    if firm.registration:
        keys.add(("registration", firm.registration))
    if firm.host:
        keys.add(("host", firm.host))
    for name in firm.names:
        for reading in name.readings:
            keys |= _word_keys(reading, vocabulary)
            if not reading.translated:  # a translation is ours: nobody has mistyped it
                keys |= _letter_keys(reading.compact)
    return keys


def _word_keys(reading: Reading, vocabulary: Vocabulary) -> set[tuple[str, ...]]:
    ordered = [token for token in reading.tokens if vocabulary.weight(token)]
    telling = sorted(set(ordered))
    acronyms = {initials(ordered), initials(reading.compact)} - {""}
    return {
        ("name", reading.compact),
        *(("word", token) for token in telling),
        *(("words", *pair) for pair in combinations(telling[:8], 2)),
        *(("initials", acronym) for acronym in acronyms),
    }


def _letter_keys(compact: str) -> set[tuple[str, ...]]:
    size = 5 if compact.isascii() else 2
    keys: set[tuple[str, ...]] = set()
    if len(compact) > 3:
        keys |= {("head", compact[:size]), ("tail", compact[-size:])}
    if compact.isascii():
        return keys
    keys.add(("syllables", "".join(sorted(set(compact)))))
    if len(compact) <= 3:
        letters = unicodedata.normalize("NFD", compact)
        keys.add(("slip", letters))
        keys.update(("slip", letters[:i] + letters[i + 1 :]) for i in range(len(letters)))
    return keys
