"""Owns the comparison of two firms: a score from 0 to 1, and the reasons for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from profiles.data import read_yaml
from profiles.identity.acronyms import stands_for
from profiles.identity.names import SHORT, Reading, normalise_name, readings
from profiles.identity.slips import MAYBE_TYPO, TYPO, slip_alike, words_alike
from profiles.identity.websites import registrable_host
from profiles.identity.words import words
from profiles.schema import Profile
from profiles.taxonomy import region_name
from profiles.text import Text

THRESHOLD = 0.88
"""The score from which two profiles are proposed as one firm."""
POSSIBLE = 0.84
"""The score from which they may be one firm, if something else than the names says so too."""

_UNLIKE = 0.8
"""The most that a name scores where a word that distinguishes stands on one side only."""
_SHORT = 0.87
"""What an acronym scores that is only an alias: others may have the same."""
_OTHER_FORM = 0.86
"""The most that one name with two legal forms scores that exclude each other."""
_ACRONYM = 0.86
"""What an acronym of 3 letters or more scores against the words that it is made of."""
_ACRONYM_BESIDE = 0.89
"""The same for 4 letters beside a word that both names share (CCEI Daegu)."""
_KNOWN_FROM = 3
"""In how many names a word stands that counts as a word, not as a typing error."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a score: its code, and its sentence in English and Korean."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Called:
    """One name of a firm with its readings and the families of its legal forms.

    `short` tells that it is an alias that others may share.
    """

    text: str
    readings: tuple[Reading, ...]
    families: frozenset[int]
    short: bool


@dataclass(frozen=True, slots=True)
class Firm:
    """What tells a firm: its names, region, registered host and registration number."""

    id: str
    names: tuple[Called, ...]
    region: str | None = None
    host: str | None = None
    registration: str | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """In how many firms' names each word stands: rare words distinguish, common ones do less."""

    counts: Mapping[str, int]
    hosts: Mapping[str, int]

    def weight(self, token: str) -> float:
        """Give what a word counts for, 0 for a stop word, else 0.4 (common) to 1 (rare)."""
        if token in words().stop:
            return 0.0
        return max(0.4, 1.0 - 0.12 * math.log2(1 + self.counts.get(token, 0) / 4))

    def knows(self, token: str) -> bool:
        """Tell whether this is a word of its own, and no typing error of another."""
        return token in words().known or self.counts.get(token, 0) >= _KNOWN_FROM


NO_VOCABULARY = Vocabulary({}, {})


def firm_of(profile: Profile) -> Firm:
    """Read what tells a firm from its profile."""
    named = [(part, False) for part in profile.name.parts]
    named += [(alias, True) for alias in profile.aliases]
    seen: dict[str, Called] = {}
    for text, alias in named:
        if text not in seen:
            seen[text] = _called(text, alias=alias)
    registration = (profile.registration or "").replace("-", "") or None
    host = registrable_host(profile.website)
    return Firm(profile.id, tuple(seen.values()), profile.region, host, registration)


def vocabulary_of(firms: Iterable[Firm]) -> Vocabulary:
    """Count the words of the firms' names, once for each firm, and their hosts."""
    counts: Counter[str] = Counter()
    hosts: Counter[str] = Counter()
    for firm in firms:
        counts.update({t for n in firm.names for r in n.readings for t in r.tokens})
        hosts.update([firm.host] if firm.host else [])
    return Vocabulary(counts, hosts)


def compare_names(a: str, b: str, vocabulary: Vocabulary = NO_VOCABULARY) -> float:
    """Score two names, 0 to 1."""
    return _names_alike(_called(a), _called(b), vocabulary)[0]


def compare(
    a: Firm, b: Firm, vocabulary: Vocabulary = NO_VOCABULARY
) -> tuple[float, tuple[Reason, ...]]:
    """Score two firms, 0 to 1, with the reasons.

    The score starts from the names. The same registered host takes it 0.6 of the way to 1 where the
    names are not unlike, the same region 0.1; another province takes 3%, another country 15%. The
    same registration number decides for, another one against.
    """
    score, reason = _best_names(a, b, vocabulary)
    reasons = [reason]
    if a.registration and a.registration == b.registration:
        return round(0.95 + 0.05 * score, 4), (_reason("registration_same", a.registration), reason)
    host = a.host if a.host == b.host else None
    if host and vocabulary.hosts.get(host, 0) <= 3:
        reasons.append(_reason("website_same", host))
        score += (1 - score) * 0.6 if score > _UNLIKE else 0.0
    if a.region and b.region:
        if a.region == b.region:
            reasons.append(_reason("region_same", a.region))
            score += (1 - score) * 0.1 if score > _UNLIKE else 0.0
        else:
            reasons.append(_reason("region_other", a.region, b.region))
            score *= 0.97 if a.region[:2] == b.region[:2] else 0.85
    if a.registration and b.registration:
        reasons.insert(0, _reason("registration_other", a.registration, b.registration))
        score = min(score, 0.3)
    return round(score, 4), tuple(reasons)


def _called(text: str, *, alias: bool = False) -> Called:
    name, families = normalise_name(text), words().families
    short = alias and len(name.compact) <= SHORT and name.compact.isascii()
    taken = frozenset(families[form] for form in name.forms if form in families)
    return Called(text, readings(text), taken, short)


def _best_names(a: Firm, b: Firm, vocabulary: Vocabulary) -> tuple[float, Reason]:
    best: tuple[float, str, str, str] = (-1.0, "name_other", "", "")
    for one in a.names:
        for other in b.names:
            score, code = _names_alike(one, other, vocabulary)
            if score > best[0]:
                best = (score, code, one.text, other.text)
            if score == 1.0:
                return score, _reason(code, one.text, other.text)
    return max(best[0], 0.0), _reason(*best[1:])


def _names_alike(a: Called, b: Called, vocabulary: Vocabulary) -> tuple[float, str]:
    best, code = 0.0, "name_other"
    for one in a.readings:
        for other in b.readings:
            if one.translated and other.translated:
                continue  # 제약 and 약품 are both "pharmaceutical", and are not the same
            score = _readings_alike(one, other, vocabulary)
            short = one.short or other.short or a.short or b.short
            score = min(score, _SHORT) if short else score
            if score > best:
                best, code = score, _code(one, other, score, short=short)
    if best > _OTHER_FORM and a.families and b.families and not a.families & b.families:
        return _OTHER_FORM, "name_form"
    return best, code


def _code(a: Reading, b: Reading, score: float, *, short: bool) -> str:
    if score <= _UNLIKE:
        return "name_other"
    if score in (_ACRONYM, _ACRONYM_BESIDE):
        return "name_acronym"
    if short and score >= _SHORT:
        return "name_short"
    if score < 0.97:
        return "name_alike"
    return "name_translated" if a.translated or b.translated else "name_same"


def _readings_alike(a: Reading, b: Reading, vocabulary: Vocabulary) -> float:
    if a.compact == b.compact:
        return 1.0 if a.translated == b.translated else 0.98
    left, right, shared = _unshared(a, b, vocabulary)
    total = sum(map(vocabulary.weight, (*a.tokens, *b.tokens)))
    worst = 1.0
    if not (a.translated or b.translated):  # a translation is ours: nobody has mistyped it
        worst = _alike_words(left, right, vocabulary)
        if not worst and len(a.tokens) != len(b.tokens):
            worst = words_alike("".join(left), "".join(right), False)
        worst = max(worst, slip_alike(a.compact, b.compact))
    elif left or right:
        worst = 0.0
    if worst and (shared or left or right):
        # Of one-word names, those of real firms differ by a letter as often as by an error.
        sure = shared or worst > TYPO
        return min(worst, 0.99 if sure else MAYBE_TYPO)
    if stands_for(left, right) or stands_for(right, left):
        acronym = left[0] if len(left) == 1 else right[0]
        return _ACRONYM_BESIDE if shared and len(acronym) >= SHORT else _ACRONYM
    return min(shared / total if total else 0.0, _UNLIKE)


def _unshared(a: Reading, b: Reading, vocabulary: Vocabulary) -> tuple[list[str], list[str], float]:
    """Give the words that only one reading has, stop words aside, and the weight of the others."""
    left, right = Counter(a.tokens), Counter(b.tokens)
    shared = sum(2 * n * vocabulary.weight(token) for token, n in (left & right).items())
    only = [
        [t for t in reading.tokens if t in some and vocabulary.weight(t)]
        for reading, some in ((a, left - right), (b, right - left))
    ]
    return only[0], only[1], shared


def _alike_words(left: Sequence[str], right: Sequence[str], vocabulary: Vocabulary) -> float:
    """Score the words that two names do not share: 1 for none, 0 where one has no counterpart."""
    if len(left) != len(right) or len(left) > 2:
        return 0.0
    worst = 1.0
    for one, other in zip(sorted(left), sorted(right), strict=True):
        both_known = vocabulary.knows(one) and vocabulary.knows(other)
        worst = min(worst, words_alike(one, other, both_known))
    return worst


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    read: Mapping[str, Mapping[str, str]] = read_yaml("profiles", "identity_reasons.yaml")
    return read


def _reason(code: str, value: str, other: str = "") -> Reason:
    told = {"en": (value, other), "ko": (value, other)}
    if code.startswith("region_"):
        told = {lang: (_place(value, lang), _place(other, lang)) for lang in told}
    said = {
        lang: text.format(value=told[lang][0], other=told[lang][1])
        for lang, text in _sentences()[code].items()
    }
    return Reason(code, Text(**said))


def _place(code: str, lang: str) -> str:
    return region_name(code, lang) if code else ""
