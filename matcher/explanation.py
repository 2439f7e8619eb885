"""Owns the explanation: for each contribution a sentence, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from index import FACET_PAIRS, Query, document, passages
from matcher.additive import Ranker
from matcher.features import FEATURE_NAMES, flags_of
from matcher.matchlist import Contribution, Evidence, Unknown
from matcher.pairs import TEXT_FEATURES, Pair
from matcher.phrases import phrase
from matcher.sentences import Floats, SentenceFinder, sentences
from matcher.traits import RELATIONS, places_of
from matcher.words import telling_words, text_of, texts_of, tokens_of
from profiles import Partner, Profile, Side, Text, Tie
from profiles.taxonomy import Names, Vocabulary, country_of, region_name, sectors, terms

_MOST_NAMED = 5
_TEXTUAL = [(name, n) for n, name in enumerate(FEATURE_NAMES) if name in TEXT_FEATURES]
_UNKNOWN = [(name, n) for n, name in enumerate(FEATURE_NAMES) if name.endswith("_unknown")]

_FOLLOWING = frozenset({
    *("focus_unknown", "area_unknown", "kind_unknown", "neighbours_unknown", "recency_unknown"),
    *("past_region_unknown", "past_sector_unknown", "countries_unknown"),
})
"""Unknowns that follow from others, which a list tells of."""

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


def read_ahead(
    pairs: Sequence[Pair], query: Query, points: NDArray[np.float64], finder: SentenceFinder
) -> None:
    """Let a finder read at once all that the explanations of n pairs, points (n, f), quote."""
    asked = [
        _quoted(pair, query, name)
        for pair, earned in zip(pairs, points, strict=True)
        for name, column in _TEXTUAL
        if earned[column]
    ]
    finder.read(
        [text for _, text, _ in asked], [near for *_, near in asked if isinstance(near, str)]
    )


def judged(ranker: Ranker) -> frozenset[str]:
    """Name the unknowns that a ranker's lists tell of: those of features that can earn points.

    What cannot be worked out because the past, the region or the sectors are not known is not told
    beside these.
    """
    points = ranker.contributions(np.ones((1, len(FEATURE_NAMES)), np.float32))[0]
    named = (FEATURE_NAMES[column] for column in np.flatnonzero(points))
    return frozenset(flag for name in named for flag in flags_of(name)) - _FOLLOWING


def unknowns(
    pair: Pair, values: NDArray[np.float32], among: Collection[str] = FEATURE_NAMES
) -> tuple[Unknown, ...]:
    """Say which of some things could not be judged of a pair, and whose field is missing."""
    found = [name for name, column in _UNKNOWN if values[column] and name in among]
    lacking = [(one.name, _lacking(one)) for one in (pair.startup, pair.partner)] if found else []
    return tuple(
        Unknown(name, phrase(f"unknown.{name}", who=_who(lacking, name))) for name in found
    )


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
        _reason(name, params),
        evidence,
    )


def _reason(name: str, params: Mapping[str, object]) -> Names:
    """Say a reason; in a language in which no word tells, without words.

    Of two of one country the country is named once.
    """
    if name == "countries" and params["here"] == params["there"]:
        return phrase("told.countries_same", here=params["here"])
    said = phrase(f"reason.{name}", **params)
    words = params.get("words")
    if not isinstance(words, Names):
        return said
    there = words.en or words.ko
    folded = phrase(f"told.{name}_elsewhere" if there else f"told.{name}_plain")
    return Names(said.en if words.en else folded.en, said.ko if words.ko else folded.ko)


def _sentence(pair: Pair, query: Query, name: str, finder: SentenceFinder) -> Evidence | None:
    """Quote the candidate's sentence that is nearest to the facet of the query compared with it."""
    quoted, text, near = _quoted(pair, query, name)
    vector = finder.vector(near) if isinstance(near, str) else near
    return Evidence("sentence", finder.best(text, [vector]), of=quoted.id)


def _quoted(pair: Pair, query: Query, name: str) -> tuple[Profile, Text, Floats | str]:
    """Tell whose text a feature quotes, and to what it is near: a vector (d,), or another text.

    What a partner looks for is always quoted from the partner.
    """
    startup_facet, partner_facet = FACET_PAIRS[name]
    quoted: Profile = pair.partner
    near: Floats | str
    if query.side is Side.STARTUP:
        held, near = partner_facet, query.vectors[startup_facet]
    elif partner_facet == "seeks":
        held, near = partner_facet, passages(pair.startup)["is"]
    else:
        quoted = pair.startup
        held, near = startup_facet, query.vectors[partner_facet]
    text = {"is": quoted.summary, "offers": quoted.offering, "seeks": quoted.seeking}[held]
    return quoted, text or quoted.name, near


def _lexical(pair: Pair) -> Said:
    own, theirs = texts_of(pair.startup), texts_of(pair.partner)
    return {"words": telling_words(own, theirs, pair.scene.commonness)}, None


def _history(pair: Pair) -> Said:
    tie = pair.candidate.tie
    if tie is None or tie.subject is None:
        return {"other": ""}, None
    other = tie.b if tie.a == pair.partner.id else tie.a
    return {"other": pair.scene.name_of(other)}, _tie_evidence(tie)


def _history_lexical(pair: Pair) -> Said:
    """Name the words that the startup shares with the past subject that has most of them."""
    partner, startup = pair.partner.id, pair.startup.id
    ties = pair.scene.history.of(partner, pair.scene.as_of, apart_from=startup)
    told = [(tie, tie.subject) for tie in ties if tie.subject]
    tokens = tokens_of(document(pair.startup))
    weight = [sum(map(len, tokens & tokens_of(subject.joined))) for _, subject in told]
    best = max(range(len(told)), key=weight.__getitem__, default=None)
    if best is None:
        return {"words": Names("", "")}, None
    tie, subject = told[best]
    words = telling_words(texts_of(pair.startup), text_of(subject), pair.scene.commonness)
    return {"words": words}, _tie_evidence(tie)


def _sector_same(pair: Pair) -> Said:
    return {"sectors": _sector_names(pair.shared_sectors)}, None


def _near_subject(pair: Pair) -> Said:
    return {}, _history(pair)[1]


def _nothing_more(_: Pair) -> Said:
    return {}, None


def _sector_near(relation: str, pair: Pair) -> Said:
    found = [(a, b) for a, b, stands in pair.near_sectors if stands == relation]
    pairs = [(sectors()[a].name, sectors()[b].name) for a, b in found]
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
    newest = max(pair.prior_ties, key=lambda tie: (tie.valid_from or date.min, tie.id))
    return {"count": len(pair.prior_ties)}, _tie_evidence(newest)


def _activity(pair: Pair) -> Said:
    return {"count": pair.past_ties}, None


def _recency(pair: Pair) -> Said:
    return {"day": pair.last_day.isoformat() if pair.last_day else ""}, None


def _joined(pair: Pair) -> Said:
    programme = pair.joining_programme
    if programme is None:
        return {"programme": ""}, None
    text = programme.summary or programme.name
    return {"programme": programme.name}, Evidence("fact", _first_sentence(text), programme.source)


def _readiness(pair: Pair) -> Said:
    return {"needed": pair.partner.trl_min, "given": pair.startup.trl}, None


def _kind(pair: Pair) -> Said:
    return {"kind": _terms("partner_kinds", [pair.partner.kind] if pair.partner.kind else [])}, None


def _neighbours(pair: Pair) -> Said:
    named = [pair.scene.name_of(id) for id in pair.neighbours[:_MOST_NAMED]]
    both = ([n if isinstance(n, str) else n.in_(lang) for n in named] for lang in ("en", "ko"))
    return {"others": Names(*map(", ".join, both))}, None


def _countries(pair: Pair) -> Said:
    here, there = (_countries_of(places_of(one)) for one in (pair.startup, pair.partner))
    return {"here": here, "there": there}, None


def _countries_of(places: Sequence[str]) -> Names:
    names = [_region(country) for country in dict.fromkeys(map(country_of, places))]
    return Names(", ".join(n.en for n in names), ", ".join(n.ko for n in names))


def _past_region(pair: Pair) -> Said:
    return {"region": _region(pair.startup.region), "count": _alike(pair, "past_region")}, None


def _past_sector(pair: Pair) -> Said:
    return {
        "sectors": _sector_names(pair.startup.sectors),
        "count": _alike(pair, "past_sector"),
    }, None


def _alike(pair: Pair, name: str) -> int:
    return int(pair.candidate.evidence.get(name, 0))


def _language(pair: Pair) -> Said:
    names = [phrase(f"language.{lang}") for lang in pair.languages]
    joined = Names(", ".join(n.en for n in names), ", ".join(n.ko for n in names))
    return {"languages": joined}, None


_FACTS: Mapping[str, Callable[[Pair], Said]] = {
    "lexical": _lexical,
    "retrieval": _nothing_more,
    "history": _history,
    "history_mean": _nothing_more,
    "history_top3": _near_subject,
    "history_all": _near_subject,
    "history_word": _history_lexical,
    "history_lexical": _history_lexical,
    "focus": _nothing_more,
    "area": _nothing_more,
    "sector_same": _sector_same,
    **{f"sector_{one}": partial(_sector_near, one) for one in RELATIONS},
    "region_same": _region_same,
    "region_paired": _region_paired,
    "region_near": _region_near,
    "region_same_country": _same_country,
    "region_joined": _joined,
    "support_fit": _support_fit,
    "wish_fit": _wish_fit,
    "stage_fit": _stage_fit,
    "readiness_fit": _readiness,
    "kind_past": _kind,
    "programme": _programme,
    "prior_tie": _prior_tie,
    "neighbours": _neighbours,
    "neighbours_linked": _nothing_more,
    "activity": _activity,
    "activity_all": _activity,
    "recency": _recency,
    "countries": _countries,
    "past_region": _past_region,
    "past_sector": _past_sector,
    "language": _language,
}


def _tie_evidence(tie: Tie | None, *, fallback: Names | None = None) -> Evidence | None:
    if tie is None:
        return None
    day = f" ({tie.valid_from.isoformat()})" if tie.valid_from else ""
    said = (
        _first_sentence(tie.subject)
        if tie.subject
        else fallback or terms("tie_kinds")[tie.kind].name
    )
    return Evidence(
        "fact", Names(said.en + day, said.ko + day) if tie.subject else said, tie.source
    )


def _first_sentence(text: Text) -> Names:
    return Names(sentences(text.in_("en"))[0], sentences(text.in_("ko"))[0])


def _who(lacking: Sequence[tuple[Text, set[str]]], name: str) -> Names:
    """Name whose field is missing: the startup's, the partner's or both."""
    missing = [text for text, lacks in lacking if name in lacks]
    return Names(*(", ".join(text.in_(lang) for text in missing) for lang in ("en", "ko")))


def _lacking(profile: Profile) -> set[str]:
    partner = isinstance(profile, Partner)
    has = {
        "sector_unknown": bool(profile.sectors),
        "region_unknown": bool(profile.region or getattr(profile, "sites", ())),
        "support_unknown": bool(profile.offers if partner else profile.seeks),
        "wish_unknown": bool(profile.seeks if partner else profile.offers),
        "stage_unknown": bool(getattr(profile, "stages" if partner else "stage")),
        "readiness_unknown": bool(getattr(profile, "trl_min" if partner else "trl")),
        "language_unknown": bool(profile.summary or profile.offering or profile.seeking),
    }
    return {name for name, there in has.items() if not there}


def _region(code: str | None) -> Names:
    return Names(region_name(code, "en"), region_name(code, "ko")) if code else Names("?", "?")


def _sector_names(codes: Sequence[str]) -> Names:
    names = [sectors()[code].name for code in codes]
    return Names(", ".join(n.en for n in names), ", ".join(n.ko for n in names))


def _terms(vocabulary: Vocabulary, codes: Sequence[str]) -> Names:
    names = [terms(vocabulary)[code].name for code in codes]
    return Names(", ".join(n.en for n in names), ", ".join(n.ko for n in names))
