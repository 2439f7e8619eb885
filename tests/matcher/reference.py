"""The features of a pair in plain Python, one by one: what `pair_features` is held against."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from matcher import FEATURE_NAMES, Pair
from matcher.features import (
    HALF_LIFE,
    HALVES,
    MANY_RULES,
    MANY_TIES,
    MOST_ALIKE,
    MOST_TIES,
    TEXT_FEATURES,
)
from matcher.pairs import MANY_PLACES, MANY_SECTORS, MANY_STAGES, MANY_SUPPORTS, NEAR_KM
from matcher.traits import RELATIONS
from profiles.taxonomy import country_of


def _sector(pair: Pair) -> Mapping[str, float]:
    if not pair.startup.sectors or not pair.partner.sectors:
        return {"sector_unknown": 1.0}
    n = len(pair.startup.sectors)
    stands = [relation for *_, relation in pair.near_sectors]
    near = {f"sector_{relation}": stands.count(relation) / n for relation in RELATIONS}
    most = max(len(pair.partner.sectors), n)
    told = _thinned(most - len(pair.shared_sectors), MANY_SECTORS)
    return {
        "sector_same": told * len(pair.shared_sectors) / n,
        **{name: told * share for name, share in near.items()},
    }


def _thinned(others: int, many: int) -> float:
    return 1.0 if others <= many else (many / others) ** 8


def _region(pair: Pair) -> Mapping[str, float]:
    here = pair.startup.region
    if here is None:
        return {"region_unknown": 1.0}
    paired = {"region_paired": _paired(pair)}
    if not pair.places:
        return {"region_unknown": 1.0, **paired}
    same = here in pair.places
    apart = None if same else pair.distance
    near = math.exp(-apart / NEAR_KM) if apart is not None else 0.0
    at_home = any(country_of(place) == country_of(here) for place in pair.places)
    told = _thinned(len(pair.places) - same, MANY_PLACES)
    return {
        "region_same": told * same,
        **paired,
        "region_near": told * near,
        "region_same_country": float(at_home),
        "region_joined": float(pair.joining_programme is not None),
    }


def _paired(pair: Pair) -> float:
    """Count a pairing in full where the two have a subject in common, else one half."""
    if pair.pairing is None:
        return 0.0
    return 1.0 if pair.topical else 0.5


def _support(pair: Pair) -> Mapping[str, float]:
    startup, partner = pair.startup, pair.partner
    return {
        **_overlap("support", startup.seeks, partner.offers),
        **_overlap("wish", partner.seeks, startup.offers),
    }


def _overlap(name: str, wanted: Sequence[str], given: Sequence[str]) -> dict[str, float]:
    if not wanted or not given:
        return {f"{name}_unknown": 1.0}
    apart = max(len(set(given) - set(wanted)), len(set(wanted) - set(given)))
    told = _thinned(apart, MANY_SUPPORTS)
    return {f"{name}_fit": told * len(set(wanted) & set(given)) / len(wanted)}


def _stage(pair: Pair) -> Mapping[str, float]:
    if pair.startup.stage is None or not pair.partner.stages:
        return {"stage_unknown": 1.0}
    told = _thinned(len(set(pair.partner.stages) - {pair.startup.stage}), MANY_STAGES)
    return {"stage_fit": told * (pair.startup.stage in pair.partner.stages)}


def _readiness(pair: Pair) -> Mapping[str, float]:
    given, wanted = pair.startup.trl, pair.partner.trl_min
    if given is None or wanted is None:
        return {"readiness_unknown": 1.0}
    return {"readiness_fit": float(given >= wanted)}


def _language(pair: Pair) -> Mapping[str, float]:
    if not (pair.partner.summary or pair.partner.offering or pair.partner.seeking):
        return {"language_unknown": 1.0}
    return {"language": float(bool(pair.languages))}


def _policy(pair: Pair) -> Mapping[str, float]:
    shared = pair.shared_programme
    if shared is None:
        return {"programme": 0.0}
    asked = pair.scene.programme is not None
    return {"programme": 1.0 if asked else min(1.0, shared[1] / MANY_RULES)}


def _past(pair: Pair) -> Mapping[str, float]:
    found = {
        "prior_tie": float(bool(pair.prior_ties)),
        "activity": _activity(pair, MANY_TIES) if pair.topical else 0.0,
        "activity_all": _activity(pair, MOST_TIES),
        **_recency(pair),
    }
    evidence = pair.candidate.evidence
    if "history" not in evidence:
        return {**found, "history_unknown": 1.0}
    cosines = ("history", "history_mean", "history_top3")
    return {
        **found,
        **{name: evidence.get(name, 0.0) for name in cosines},
        **{
            name: _bounded(name, evidence)
            for name in ("history_all", "history_word", "history_lexical")
        },
    }


def _activity(pair: Pair, most: int) -> float:
    return min(1.0, math.log1p(pair.past_ties) / math.log1p(most))


def _recency(pair: Pair) -> Mapping[str, float]:
    if pair.last_day is None:
        return {"recency_unknown": 1.0}
    return {"recency": 0.5 ** ((pair.scene.as_of - pair.last_day).days / HALF_LIFE)}


def _company(pair: Pair) -> Mapping[str, float]:
    evidence = pair.candidate.evidence
    found = {name: _bounded(name, evidence) for name in ("neighbours", "kind_past", "countries")}
    if "neighbours" in evidence:
        found["neighbours_linked"] = _bounded("neighbours_linked", evidence)
    found |= {name: _bounded(name, evidence) for name in ("focus", "area")}
    flags = {"neighbours": "neighbours", "kind_past": "kind", "countries": "countries"}
    flags |= {"focus": "focus", "area": "area"}
    for name in ("past_region", "past_sector"):
        flags[name] = name
        found[name] = math.log1p(evidence.get(name, 0.0)) / math.log1p(MOST_ALIKE)
    return found | {f"{f}_unknown": float(name not in evidence) for name, f in flags.items()}


def _bounded(name: str, evidence: Mapping[str, float]) -> float:
    value = evidence.get(name, 0.0)
    return value / (value + HALVES[name]) if name in HALVES else value


def _text(pair: Pair) -> Mapping[str, float]:
    evidence = pair.candidate.evidence
    fused = evidence.get("fused", 0.0)
    found = {name: evidence[name] for name in TEXT_FEATURES if name in evidence}
    lacking = {
        "seeking_unknown": pair.startup.seeking,
        "offering_unknown": pair.partner.offering,
        "sought_unknown": pair.partner.seeking,
    }
    unknown = {name: 1.0 for name, text in lacking.items() if text is None}
    bounded = {"lexical": _bounded("lexical", evidence)}
    return {**found, **unknown, **bounded, "retrieval": fused / (fused + HALVES["retrieval"])}


_SIGNALS: tuple[Callable[[Pair], Mapping[str, float]], ...] = (
    _text,
    _past,
    _sector,
    _region,
    _support,
    _stage,
    _readiness,
    _language,
    _company,
    _policy,
)
_COLUMN = {name: column for column, name in enumerate(FEATURE_NAMES)}


def plain_features(pairs: Sequence[Pair]) -> NDArray[np.float32]:
    """Compute the features of n pairs, one by one, shape (n, f)."""
    values = np.zeros((len(pairs), len(FEATURE_NAMES)), dtype=np.float32)
    for row, pair in enumerate(pairs):
        for signal in _SIGNALS:
            for name, value in signal(pair).items():
                values[row, _COLUMN[name]] = value
    return values
