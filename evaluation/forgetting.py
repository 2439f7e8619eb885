"""Owns forgetting: what profiles hold of contexts that nobody could know yet is taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from evaluation.leaks import plain, runs_of
from profiles import AnyProfile, Partner, Startup, Text

P = TypeVar("P", Startup, Partner)

QUOTED = 0.5
"""The share of a sentence's runs of words that later subjects hold where it was taken from them."""

EXPLAINED = 0.9
"""The share of profiles with the sectors of their contexts where these were drawn from there."""

STRAYS = 100
"""Of so many profiles with contexts there may be one more whose context left no tie."""

FEWEST = 20
"""The fewest profiles from which it is told where sectors come from."""

_FEWEST_WORDS = 2
_SENTENCE = re.compile(r"(?<=[.!?…。])\s+")
_TEXTS = ("summary", "offering", "seeking")

Sectors = tuple[str, ...]


class Forgetting:
    """Takes what some subjects say out of texts, sentence by sentence."""

    def __init__(self, subjects: Iterable[Text]) -> None:
        self._texts = [plain(text) for text in dict.fromkeys(one.joined for one in subjects)]
        self._runs = frozenset[int]().union(*map(runs_of, self._texts))

    def profile(self, profile: P) -> P:
        """Give a profile without the sentences that stand in a subject.

        A startup that has no text left says its name, as one of which nothing else is known.
        """
        kept = {name: self.text(text) for name in _TEXTS if (text := getattr(profile, name))}
        if isinstance(profile, Startup) and not any(kept.values()):
            kept["summary"] = profile.name
        changed = {name: text for name, text in kept.items() if text != getattr(profile, name)}
        return profile.model_copy(update=changed) if changed else profile

    def text(self, text: Text) -> Text | None:
        """Give a text without the sentences that stand in a subject; None where none is left."""
        kept = {lang: self._kept(said) for lang, said in (("en", text.en), ("ko", text.ko)) if said}
        return Text(**kept) if any(kept.values()) else None

    def _kept(self, said: str) -> str:
        lines = (self._line(line) for line in said.splitlines())
        return "\n".join(line for line in lines if line)

    def _line(self, line: str) -> str:
        return " ".join(one for one in _SENTENCE.split(line) if not self.holds(one))

    def holds(self, sentence: str) -> bool:
        """Tell whether a sentence stands in a subject, whole or in good part."""
        if runs := runs_of(sentence):
            return len(runs & self._runs) >= QUOTED * len(runs)
        words = plain(sentence).rstrip(" .…")
        return words.count(" ") >= _FEWEST_WORDS - 1 and any(words in text for text in self._texts)


def shared_sectors(members: Iterable[AnyProfile], longest: int) -> Sectors:
    """Give the sectors that all members of a context have, which are the context's own.

    A profile with `longest` sectors or more may have been cut short, so others are asked first.
    """
    known = [profile.sectors for profile in members if profile.sectors]
    whole = [sectors for sectors in known if len(sectors) < longest] or known
    if not whole:
        return ()
    common = set(whole[0]).intersection(*whole[1:])
    return tuple(code for code in min(whole, key=len) if code in common)


def drawn_from_contexts(
    profiles: Mapping[str, AnyProfile], of_contexts: Mapping[str, Sequence[Sectors]]
) -> bool:
    """Tell whether the sectors of some profiles were drawn from their contexts.

    They were where nearly all who have any have those of their contexts and no others, and
    nearly all who are in no context have none: but for a tenth of them, or for one to each hundred
    of the others, whose contexts left no tie. `of_contexts` gives, for each profile that is in
    some, the sectors of these.
    """
    inside = [id for id in profiles if id in of_contexts and profiles[id].sectors]
    outside = [id for id in profiles if id not in of_contexts]
    if len(inside) < FEWEST:
        return False
    explained = sum(set(profiles[id].sectors) <= _union(of_contexts[id]) for id in inside)
    bare = sum(not profiles[id].sectors for id in outside)
    few = (len(outside) - bare) * STRAYS <= len(inside)
    return explained >= EXPLAINED * len(inside) and (few or bare >= EXPLAINED * len(outside))


def only_of(profile: P, of_contexts: Sequence[Sectors]) -> P:
    """Give a profile with those of its sectors that some contexts speak for."""
    told = _union(of_contexts)
    kept = tuple(code for code in profile.sectors if code in told)
    return profile if kept == profile.sectors else profile.model_copy(update={"sectors": kept})


@lru_cache(maxsize=10_000)
def _set(sectors: Sectors) -> frozenset[str]:
    return frozenset(sectors)


def _union(of_contexts: Sequence[Sectors]) -> frozenset[str]:
    return frozenset[str]().union(*map(_set, of_contexts))
