"""Owns the names of firms: what is left of one without its legal form, and how else it reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, product
from typing import NamedTuple

from profiles.identity.words import Phrase, words

_LETTERS = str.maketrans({
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
})
_HANGUL_RUN = re.compile(r"[가-힣]+")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_APOSTROPHE = re.compile(r"['’`´]")
_OF_AKTIESELSKAB = re.compile(r"\ba/s\b")
_AND_OF_LETTERS = re.compile(r"\b([a-z]{1,2})\s?&\s?([a-z]{1,2})\b")
_DOT = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_]\b)")
_AND = re.compile(r"\s*[&+]\s*")
_PART_ENDS = re.compile(r"[(),;\[\]{}/|]| - ")
_SPACED_LETTER = re.compile(r"(?<![a-z0-9])([a-z]) +(?=[a-z](?![a-z0-9]))")
_APART, _PART, _RARE = "\x00", "\x01", "\xff"
_ONLY_WORDS = {
    code: chr(code) if chr(code).isalnum() or chr(code) in (_APART, _PART) else " "
    for code in range(128)
}
_FULL_AND_SHORT = re.compile(r"([^()]{2,}?)\s*\(([^()]{2,})\)\s*")
_PIECE = re.compile(r"[가-힣]+|[^\W_가-힣]+")
_MOST_READINGS = 32
_LONGEST_NAME = 600
_LONGEST_TERM = 8
SHORT = 4
"""The letters of an acronym that others may have too."""


@dataclass(frozen=True, slots=True)
class NormalName:
    """A name without its legal forms: its words, and the forms that were taken away."""

    tokens: tuple[str, ...]
    forms: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words, parted by spaces."""
        return " ".join(self.tokens)

    @property
    def compact(self) -> str:
        """The words without spaces."""
        return "".join(self.tokens)


class Reading(NamedTuple):
    """One way to read a name.

    A translated one is our English for a Korean name; a short one an acronym that others may share.
    """

    tokens: tuple[str, ...]
    translated: bool = False
    short: bool = False

    @property
    def compact(self) -> str:
        """The words without spaces."""
        return "".join(self.tokens)


@lru_cache(maxsize=1_000)
def normalise_name(text: str) -> NormalName:
    """Fold case, width, accents and punctuation, and take legal forms away wherever they stand.

    Korean words are split at the terms that Dari knows, so that spaces within them do not count. A
    name that is nothing but legal forms ("AS", "Limited") is kept as it is.
    """
    folded = fold(text[:_LONGEST_NAME])
    bare, forms = _without_korean_forms(folded)
    segments = [_split(segment) for segment in _PART_ENDS.split(bare)]
    kept: list[str] = []
    for segment in segments:
        left, taken = _without_forms(segment)
        kept += left
        forms += taken
    if not kept:
        kept, forms = _split(folded), []
    short = words().short
    if folded.isascii():
        return NormalName(tuple([short.get(token, token) for token in kept]), tuple(forms))
    tokens = tuple(short.get(token, token) for token in _join_hangul(kept))
    return NormalName(tuple(piece for token in tokens for piece in _segment(token)), tuple(forms))


def fold(text: str) -> str:
    """Fold compatibility forms (NFKC), case, accents, dots between letters and ampersands."""
    text = text.casefold() if text.isascii() else _plain(text)
    if "/" in text:
        text = _OF_AKTIESELSKAB.sub("as", text)
    text = _APOSTROPHE.sub("", text)
    if "&" in text:
        text = _AND_OF_LETTERS.sub(r"\1n\2", text)
    if "." in text:
        text = _DOT.sub(". ", text)
    return _AND.sub(" and ", text) if "&" in text or "+" in text else text


def _plain(text: str) -> str:
    """Fold compatibility forms, case and accents of a text that is not ASCII alone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _FOREIGN.sub(lambda found: found.group().translate(_BARE), folded)


class _Bare(dict[int, str]):
    """What is left of a sign without its accents, worked out at the first look."""

    def __missing__(self, code: int) -> str:
        sign = chr(code).translate(_LETTERS)
        bare = sign if len(sign) > 1 or "가" <= sign <= "힣" else _unaccented(sign)
        self[code] = bare
        return bare


def _unaccented(sign: str) -> str:
    return "" if unicodedata.combining(sign) else unicodedata.normalize("NFKD", sign)[:1]


_BARE = _Bare()


def readings(text: str) -> tuple[Reading, ...]:
    """Give the ways to read a name.

    These are: as it is; with Korean readings of letters as letters (에스케이 as SK); the full name
    and the acronym of "full name (ACRONYM)"; and Korean words in English where all are known.
    """
    found: dict[Reading, None] = {}
    for form, acronym in _bracket_forms(text):
        name = normalise_name(form)
        short = acronym and len(name.compact) <= SHORT
        for tokens in dict.fromkeys((name.tokens, _spelt(name.tokens))):
            found[Reading(tokens, short=short)] = None
            for english in _translations(tokens):
                found[Reading(english, translated=True)] = None
    return tuple(reading for reading in found if reading.tokens)


def readings_of_many(texts: Sequence[str]) -> list[tuple[Reading, ...]]:
    """Give the ways to read n names, as `readings` does, at a fraction of its time for most.

    Names of plain letters, of which none is an acronym of the others, are read as one text.
    """
    if not texts:
        return []
    folded = fold(_APART.join(["" if _APART in text else text[:_LONGEST_NAME] for text in texts]))
    bare = _PART_ENDS.sub(_PART, folded.replace(_PART, _RARE)).translate(_ONLY_WORDS)
    plain = _SPACED_LETTER.sub(r"\1", bare).split(_APART)
    return [
        (Reading(tokens),)
        if line.isascii()
        and not (")" in text and _has_acronym(text))
        and (tokens := _words_of(line))
        else readings(text)
        for text, line in zip(texts, plain, strict=True)
    ]


def _has_acronym(text: str) -> bool:
    return len(list(_bracket_forms(text))) > 1


def _words_of(line: str) -> tuple[str, ...]:
    """Give what `normalise_name` leaves of a plain name of parts; nothing where it keeps all."""
    known = words()
    tokens: list[str] = []
    for part in line.split(_PART):
        left = part.split()
        if left and (left[-1] in known.last or left[0] in known.first):
            left = _without_forms(left)[0]
        tokens += left
    if known.short.keys().isdisjoint(tokens):
        return tuple(tokens)
    return tuple([known.short.get(token, token) for token in tokens])


def _without_korean_forms(folded: str) -> tuple[str, list[str]]:
    forms: list[str] = []
    if folded.isascii():
        return folded, forms

    def take(match: re.Match[str]) -> str:
        forms.append(match.group().strip("() "))
        return " "

    return _korean_forms().sub(take, folded), forms


@cache
def _korean_forms() -> re.Pattern[str]:
    """Make the pattern of the legal forms of Korea, none of which is ASCII."""
    known = words()
    short = "|".join(sorted(known.bracketed))
    return re.compile("|".join([*known.anywhere, rf"\(\s*(?:{short})\s*\)", rf"^(?:{short})\)"]))


def _split(text: str) -> list[str]:
    """Split into words; runs of single Latin letters ("s. p. a.") become one word."""
    tokens: list[str] = []
    run = ""
    pieces: list[str] = _PIECE.findall(text)
    if all(len(piece) > 1 for piece in pieces):
        return pieces
    for piece in pieces:
        if len(piece) == 1 and piece.isalpha() and not _HANGUL_RUN.match(piece):
            run += piece
            continue
        tokens += [run] if run else []
        run = ""
        tokens.append(piece)
    return tokens + ([run] if run else [])


def _without_forms(tokens: list[str]) -> tuple[list[str], list[str]]:
    """Take legal forms from the end, then from the beginning; give what is left and what went."""
    known, taken = words(), []
    while (
        tokens and tokens[-1] in known.last and (size := _form_at(tokens, known.ending, end=True))
    ):
        taken.append(" ".join(tokens[-size:]))
        tokens = tokens[:-size]
    while len(tokens) > 1 and tokens[0] in known.first:
        if not (size := _form_at(tokens, known.leading, end=False)):
            break
        taken.append(" ".join(tokens[:size]))
        tokens = tokens[size:]
    return tokens, taken


def _form_at(tokens: Sequence[str], forms: frozenset[Phrase], *, end: bool) -> int:
    for size in range(min(6, len(tokens)), 0, -1):
        part = tuple(tokens[-size:] if end else tokens[:size])
        if part in forms:
            return size
    return 0


def _join_hangul(tokens: Iterable[str]) -> list[str]:
    """Join Korean words that stand beside each other: "삼성 전자" is "삼성전자"."""
    joined: list[str] = []
    for token in tokens:
        if joined and _HANGUL_RUN.match(token) and _HANGUL_RUN.match(joined[-1]):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


@lru_cache(maxsize=20_000)
def _segment(token: str) -> tuple[str, ...]:
    if not _HANGUL_RUN.fullmatch(token):
        return (token,)
    return _split_at_terms(_unabridged(token) if len(token) > 2 else token)


def _unabridged(word: str) -> str:
    """Write out what universities and institutes are called for short: 충북대병원, 광주과기원."""
    for short, long in _abridged():
        word = short.sub(long, word)
    return word


@cache
def _abridged() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(rf"(?<=[가-힣]){short}(?=$|병원)"), long)
        for short, long in words().abridged.items()
    )


def _split_at_terms(token: str) -> tuple[str, ...]:
    """Split a Korean word at known terms, so that as few syllables as possible stay unknown."""
    ends = _terms_in(token)
    if not ends:
        return (token,)
    best: list[tuple[float, int, bool]] = [(0.0, 0, True)]  # cost, start of the last piece, known
    for end in range(1, len(token) + 1):
        cost, _, known = best[end - 1]
        choice = (cost + (2.0 if known else 1.0), end - 1, False)
        for start in ends.get(end, ()):
            choice = min(choice, (best[start][0] + 0.6, start, True))
        best.append(choice)
    pieces: list[tuple[str, bool]] = []
    end = len(token)
    while end:
        _, start, known = best[end]
        pieces.append((token[start:end], known))
        end = start
    return tuple(_joined_unknown(reversed(pieces)))


def _terms_in(token: str) -> dict[int, list[int]]:
    """Find the known terms of two syllables or more in a word: where they begin, by their end."""
    terms, heads = words().terms, words().heads
    found: dict[int, list[int]] = {}
    for start in range(len(token) - 1):
        if token[start : start + 2] in heads:
            for end in range(start + 2, min(len(token), start + _LONGEST_TERM) + 1):
                if token[start:end] in terms:
                    found.setdefault(end, []).append(start)
    return found


def _joined_unknown(pieces: Iterable[tuple[str, bool]]) -> Iterator[str]:
    run = ""
    for piece, known in pieces:
        if not known:
            run += piece
            continue
        if run:
            yield run
        run = ""
        yield piece
    if run:
        yield run


def _spelt(tokens: Sequence[str]) -> tuple[str, ...]:
    """Write Korean readings of letters (에스케이) at the head of a word as Latin letters (sk)."""
    if words().spelt_heads.isdisjoint([token[0] for token in tokens]):
        return tuple(tokens)
    read: list[str] = []
    waiting = list(tokens)
    while waiting:
        size = 0
        while size < len(waiting) and _HANGUL_RUN.match(waiting[size]):
            size += 1
        letters, rest = _letters_of("".join(waiting[:size]))
        if letters:
            read.append(letters)
            waiting[:size] = _segment(rest) if rest else ()
        else:
            read.append(waiting.pop(0))
    return tuple(read)


def _letters_of(word: str) -> tuple[str, str]:
    """Split a word into the letters that it spells at its head, and the rest.

    앤 between letters is an ampersand, which `fold` writes as n: 이앤씨, E&C and ENC are one.
    """
    letters, at, spelt = words().letters, 0, ""
    while at < len(word):
        size = next((n for n in (3, 2, 1) if word[at : at + n] in letters), 0)
        if not size and spelt and word[at] == "앤":
            spelt, at = spelt + "n", at + 1
            continue
        if not size or (size == 1 and _is_term(word[at:])):
            break
        spelt += letters[word[at : at + size]]
        at += size
    rest = word[at:]
    enough = len(spelt) > 1 or (at > 1 and _is_term(rest))
    return (spelt, rest) if enough else ("", word)


def _is_term(word: str) -> bool:
    return any(word[:n] in words().terms for n in range(2, _LONGEST_TERM + 1))


def _translations(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    terms = words().terms
    hangul = [token for token in tokens if _HANGUL_RUN.match(token)]
    if hangul and all(map(terms.__contains__, hangul)):
        choices = [terms.get(token, (token,)) for token in tokens]
        short = words().short
        for chosen in islice(product(*choices), _MOST_READINGS):
            yield tuple(short.get(w, w) for part in chosen for w in part.split())


def _bracket_forms(text: str) -> Iterator[tuple[str, bool]]:
    """Give a name, and the parts of "full name (ACRONYM)"; tell which is the acronym."""
    yield text, False
    match = _FULL_AND_SHORT.fullmatch(text[:_LONGEST_NAME]) if ")" in text else None
    if not match:
        return
    before, within = match.groups()
    for short, long in ((within, before), (before, within)):
        if _abbreviates(short, long):
            yield long, False
            yield short, True
            return


def _abbreviates(short: str, long: str) -> bool:
    if not short.isupper():
        return False
    letters, rest = fold(short), fold(long)
    if not re.fullmatch(r"[a-z]{2,8}", letters):
        return False
    if _HANGUL_RUN.search(rest):
        return True
    remaining = iter(rest)
    return all(letter in remaining for letter in letters)
