"""Owns the words that two texts share, and which of them tell anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache

import numpy as np

from index import SearchIndex, tokenise
from profiles import Profile, Side, Text
from profiles.data import read_yaml
from profiles.taxonomy import Names, provinces

MOST_WORDS = 4
MOST_COMMON = 0.12
"""The share of all profiles from which a word is in too many of them to tell anything."""

FEWEST_PROFILES = 40
"""Of fewer profiles no share is told: then the list of empty words decides alone."""

_SHORTEST_WORD = 2
_SHORTEST_STEM = 2
_KEPT_TEXTS = 2_000
_KEPT_WORDS = 20_000
_WORD = re.compile(r"[\uac00-\ud7a3]+|[^\W_\uac00-\ud7a3]+")

Form = tuple[str, frozenset[str]]
"""A word, and its tokens."""

Commonness = Callable[[Sequence[str]], Sequence[float]]
"""Tells of tokens what share of all profiles holds each, 0 to 1."""


def unknown_commonness(tokens: Sequence[str]) -> Sequence[float]:
    """Know of no token how common it is."""
    return [0.0] * len(tokens)


def commonness_in(index: SearchIndex) -> Commonness:
    """Give what tells how common tokens are among the profiles of an index, as it stands now.

    What was counted once is remembered by what is given.
    """
    lexical = [index.lexical[side] for side in Side]
    profiles = sum(map(len, lexical))
    if profiles < FEWEST_PROFILES:
        return unknown_commonness

    known: dict[str, float] = {}

    def shares(tokens: Sequence[str]) -> Sequence[float]:
        unseen = [token for token in dict.fromkeys(tokens) if token not in known]
        if unseen:
            held = np.sum([one.holding(unseen) for one in lexical], axis=0)
            known.update(zip(unseen, (held / profiles).tolist(), strict=True))
        return [known[token] for token in tokens]

    return shares


def telling_words(
    one: Mapping[str, str], other: Mapping[str, str], commonness: Commonness
) -> Names:
    """Name the rarest words that two texts share, in each language apart.

    Args:
        one: language ('en', 'ko') → text, in whose spelling words are named.
        other: the same of the other text.
        commonness: how common tokens are.

    Returns:
        At most four words for each language, rarest first, joined; "" where no word tells.
    """
    return Names(
        *(", ".join(_telling(one[lang], other[lang], lang, commonness)) for lang in ("en", "ko"))
    )


def is_bare(word: str) -> bool:
    """Tell whether no particle can be taken off a word; so it is of every word but Korean ones."""
    return next(_stems(word), None) is None


def texts_of(profile: Profile) -> dict[str, str]:
    """Give what a profile says of itself, by language."""
    said = (profile.summary, profile.offering, profile.seeking)
    return {lang: _joined([text for text in said if text], lang) for lang in ("en", "ko")}


def text_of(subject: Text) -> dict[str, str]:
    """Give a text by language."""
    return {lang: _joined([subject], lang) for lang in ("en", "ko")}


def _joined(texts: Sequence[Text], lang: str) -> str:
    return "\n".join(getattr(text, lang) or "" for text in texts)


def _telling(one: str, other: str, lang: str, commonness: Commonness) -> list[str]:
    if not (one and other):
        return []
    known = tokens_of(other)
    shared = (_shared(forms, known, other) for forms in _words(one))
    stems = {word: tokens for word, tokens in filter(None, shared) if not _is_empty(word, lang)}
    if not stems:
        return []
    asked = sorted({token for tokens in stems.values() for token in tokens})
    share = dict(zip(asked, commonness(asked), strict=True))
    rarest = {word: min(share[token] for token in tokens) for word, tokens in stems.items()}
    told = [word for word in rarest if rarest[word] <= MOST_COMMON]
    return _apart(sorted(told, key=lambda word: (rarest[word], -len(word), word)))[:MOST_WORDS]


def _apart(words: Iterable[str]) -> list[str]:
    """Leave out words that differ from an earlier one by their ending alone."""
    found: list[str] = []
    for word in words:
        folded = word.casefold()
        if not any(
            folded.startswith(one) or one.startswith(folded) for one in map(str.casefold, found)
        ):
            found.append(word)
    return found


def _is_empty(word: str, lang: str) -> bool:
    is_hangul = "\uac00" <= word[0] <= "\ud7a3"
    if lang == "en" and is_hangul:
        return True
    folded = word.casefold()
    return folded in _empty_words() or folded.isdecimal()


def _shared(forms: Sequence[Form], known: frozenset[str], other: str) -> Form | None:
    """Give the form of a word that the other text has: the one without its particle first."""
    *stems, whole = forms
    found = (form for form in stems if form[1] <= known and form[0] in other)
    return next(found, whole if whole[1] <= known else None)


@lru_cache(maxsize=_KEPT_TEXTS)
def _words(text: str) -> tuple[tuple[Form, ...], ...]:
    """Split a text into its words, each in the forms that it may have, whole the last.

    Each form stands with its tokens; words without any are left out.
    """
    found = dict.fromkeys(_WORD.findall(text))
    return tuple(forms for word in found if len(word) >= _SHORTEST_WORD and (forms := _forms(word)))


@lru_cache(maxsize=_KEPT_WORDS)
def _forms(word: str) -> tuple[Form, ...]:
    whole = frozenset(tokenise(word))
    if not whole:
        return ()
    return (*((stem, frozenset(tokenise(stem))) for stem in _stems(word)), (word, whole))


def _stems(word: str) -> Iterator[str]:
    """Take each particle off a Korean word that it may end with."""
    if "\uac00" <= word[0] <= "\ud7a3":
        for particle in _particles().get(word[-1], ()):
            stem = word.removesuffix(particle)
            if _SHORTEST_STEM <= len(stem) < len(word):
                yield stem


@lru_cache(maxsize=_KEPT_TEXTS)
def tokens_of(text: str) -> frozenset[str]:
    """Give the tokens of a text, each once."""
    return frozenset(tokenise(text))


@cache
def _empty_words() -> frozenset[str]:
    held: Mapping[str, str] = read_yaml("matcher", "empty_words.yaml")
    places = [one.short for one in provinces().values()]
    named = " ".join(f"{place.en} {place.ko}" for place in places).casefold()
    return frozenset(f"{held['en']} {held['ko']} {named}".split())


@cache
def _particles() -> Mapping[str, Sequence[str]]:
    """Give the particles by their last letter, the longest first."""
    held: Mapping[str, str] = read_yaml("matcher", "empty_words.yaml")
    found: dict[str, list[str]] = {}
    for particle in sorted(held["particles"].split(), key=len, reverse=True):
        found.setdefault(particle[-1], []).append(particle)
    return found
