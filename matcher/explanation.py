"""Owns the explanation: for each contribution a sentence, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index import Query, tokenise
from matcher.features import FEATURE_NAMES, TEXT_FEATURES, Pair
from matcher.matchlist import Contribution, Evidence, Unknown
from matcher.phrases import phrase
from matcher.sentences import SentenceFinder, sentences
from profiles import Partner, Profile, Side, Text, Tie
from profiles.taxonomy import Names, country_of, region_name, sectors, terms

_MOST_WORDS = 6
_SHORTEST_WORD = 2

Said = tuple[Mapping[str, object], Evidence | None]


def explain(
    pair: Pair,
    query: Query,
    values: NDArray[np.float32],
    points: NDArray[np.float64],
    finder: SentenceFinder,
) -> tuple[Contribution, ...]:
    """Give a contribution for each of f features that adds points, greatest first.

    The points of all features that are left out are zero, so those given sum to the score.
    """
    order = sorted(np.flatnonzero(points), key=lambda c: (-points[c], FEATURE_NAMES[c]))
    return tuple(_contribution(pair, query, values, points, finder, int(c)) for c in order)


def unknowns(pair: Pair, values: NDArray[np.float32]) -> tuple[Unknown, ...]:
    """Say what could not be judged of a pair, and whose field is missing."""
    found = [n for n, v in zip(FEATURE_NAMES, values, strict=True) if n.endswith("_unknown") and v]
    return tuple(Unknown(name, phrase(f"unknown.{name}", who=_who(pair, name))) for name in found)


def _contribution(
    pair: Pair,
    query: Query,
    values: NDArray[np.float32],
    points: NDArray[np.float64],
    finder: SentenceFinder,
    column: int,
) -> Contribution:
    name = FEATURE_NAMES[column]
    if name in TEXT_FEATURES:
        said: Said = {}, _sentence(pair, query, name, finder)
    else:
        said = _FACTS[name](pair)
    params, evidence = said
    return Contribution(
        name,
        float(points[column]),
        float(values[column]),
        phrase(f"reason.{name}", **params),
        evidence,
    )


def _sentence(pair: Pair, query: Query, name: str, finder: SentenceFinder) -> Evidence | None:
    """Quote the candidate's sentence that is nearest to the facet of the query compared with it."""
    _, startup_facet, partner_facet = name.split("_")
    candidate: Profile = pair.partner
    asks, held = startup_facet, partner_facet
    if query.side is Side.PARTNER:
        candidate, asks, held = pair.startup, partner_facet, startup_facet
    text = {"is": candidate.summary, "offers": candidate.offering, "seeks": candidate.seeking}[held]
    vector = query.vectors[asks]  # type: ignore[index]
    quoted = finder.best(text or candidate.name, [vector])
    return Evidence("sentence", quoted, of=candidate.id)


def _lexical(pair: Pair) -> Said:
    return {"words": ", ".join(shared_words(pair.startup, pair.partner))}, None


def shared_words(one: Profile, other: Profile) -> list[str]:
    """Find the longest words that two profiles' texts share, in the spelling of the first.

    Words of Hangul count as shared where all their bigrams are, so that particles do not matter.
    """
    known = set(tokenise(_all_text(other)))
    words: dict[str, str] = {}
    for word in re.findall(r"[\uac00-\ud7a3]+|[^\W_\uac00-\ud7a3]+", _all_text(one)):
        tokens = tokenise(word)
        kept = [token for token in tokens if token in known]
        if tokens and len(kept) == len(tokens) and len(word) >= _SHORTEST_WORD:
            words.setdefault(word.casefold(), word)
    return sorted(words.values(), key=lambda w: (-len(w), w))[:_MOST_WORDS]


def _all_text(profile: Profile) -> str:
    texts = (profile.name, profile.summary, profile.offering, profile.seeking)
    named = [n for code in profile.sectors for n in (sectors()[code].name.en, sectors()[code].name.ko)]
    return "\n".join([*(text.joined for text in texts if text), *named])


def _history(pair: Pair) -> Said:
    tie = pair.candidate.tie
    if tie is None or tie.subject is None:
        return {"subject": ""}, None
    return {"subject": _first_sentence(tie.subject)}, _tie_evidence(tie)


def _sector_same(pair: Pair) -> Said:
    return {"sectors": _sector_names(pair.shared_sectors)}, None


def _sector_near(pair: Pair) -> Said:
    pairs = [(sectors()[a].name, sectors()[b].name) for a, b, _ in pair.near_sectors]
    joined = Names(
        ", ".join(f"{a.en} – {b.en}" for a, b in pairs),
        ", ".join(f"{a.ko} – {b.ko}" for a, b in pairs),
    )
    return {"sectors": joined}, None


def _region_same(pair: Pair) -> Said:
    return {"region": _region(pair.startup.region)}, None


def _region_paired(pair: Pair) -> Said:
    tie = pair.pairing
    since = tie.valid_from.isoformat() if tie and tie.valid_from else "?"
    params = {
        "partner": pair.partner.name,
        "region": _region(pair.startup.region),
        "since": since,
    }
    return params, _tie_evidence(tie, fallback=phrase("reason.region_paired", **params))


def _region_near(pair: Pair) -> Said:
    return {"km": round(pair.distance or 0.0)}, None


def _same_country(pair: Pair) -> Said:
    return {"country": _region(country_of(pair.startup.region or ""))}, None


def _support_fit(pair: Pair) -> Said:
    met = [one for one in pair.startup.seeks if one in pair.partner.offers]
    return {
        "supports": _terms("supports", met),
        "met": len(met),
        "wanted": len(pair.startup.seeks),
    }, None


def _wish_fit(pair: Pair) -> Said:
    met = [one for one in pair.partner.seeks if one in pair.startup.offers]
    return {"supports": _terms("supports", met)}, None


def _stage_fit(pair: Pair) -> Said:
    return {"stage": _terms("stages", [pair.startup.stage] if pair.startup.stage else [])}, None


def _programme(pair: Pair) -> Said:
    if pair.shared_programme is None:
        return {"programme": ""}, None
    programme, _ = pair.shared_programme
    text = programme.summary or programme.name
    return {"programme": programme.name}, Evidence("fact", _first_sentence(text), programme.source)


def _prior_tie(pair: Pair) -> Said:
    return {"count": len(pair.prior_ties)}, _tie_evidence(pair.prior_ties[-1])


def _activity(pair: Pair) -> Said:
    return {"count": pair.past_ties}, None


_FACTS: Mapping[str, Callable[[Pair], Said]] = {
    "lexical": _lexical,
    "history": _history,
    "sector_same": _sector_same,
    "sector_near": _sector_near,
    "region_same": _region_same,
    "region_paired": _region_paired,
    "region_near": _region_near,
    "region_same_country": _same_country,
    "support_fit": _support_fit,
    "wish_fit": _wish_fit,
    "stage_fit": _stage_fit,
    "programme": _programme,
    "prior_tie": _prior_tie,
    "activity": _activity,
}


def _tie_evidence(tie: Tie | None, *, fallback: Names | None = None) -> Evidence | None:
    if tie is None:
        return None
    day = f" ({tie.valid_from.isoformat()})" if tie.valid_from else ""
    said = _first_sentence(tie.subject) if tie.subject else fallback or terms("tie_kinds")[tie.kind].name
    return Evidence("fact", Names(said.en + day, said.ko + day) if tie.subject else said, tie.source)


def _first_sentence(text: Text) -> Names:
    return Names(sentences(text.in_("en"))[0], sentences(text.in_("ko"))[0])


def _who(pair: Pair, name: str) -> Names:
    """Name whose field is missing: the startup's, the partner's or both."""
    missing = [p.name for p in (pair.startup, pair.partner) if name in _lacking(p)]
    return Names(*(", ".join(text.in_(lang) for text in missing) for lang in ("en", "ko")))


def _lacking(profile: Profile) -> set[str]:
    partner = isinstance(profile, Partner)
    has = {
        "sector_unknown": bool(profile.sectors),
        "region_unknown": bool(profile.region),
        "support_unknown": bool(profile.offers if partner else profile.seeks),
        "wish_unknown": bool(profile.seeks if partner else profile.offers),
        "stage_unknown": bool(getattr(profile, "stages" if partner else "stage")),
    }
    return {name for name, there in has.items() if not there}


def _region(code: str | None) -> Names:
    return Names(region_name(code, "en"), region_name(code, "ko")) if code else Names("?", "?")


def _sector_names(codes: Sequence[str]) -> Names:
    names = [sectors()[code].name for code in codes]
    return Names(", ".join(n.en for n in names), ", ".join(n.ko for n in names))


def _terms(vocabulary: str, codes: Sequence[str]) -> Names:
    names = [terms(vocabulary)[code].name for code in codes]  # type: ignore[arg-type]
    return Names(", ".join(n.en for n in names), ", ".join(n.ko for n in names))
