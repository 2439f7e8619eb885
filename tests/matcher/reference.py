"""The features of a pair in plain Python, one by one: what `pair_features` is held against."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from matcher import FEATURE_NAMES, Pair
from matcher.features import (
    HISTORY_LEXICAL_HALF,
    LEXICAL_HALF,
    MANY_RULES,
    MANY_TIES,
    TEXT_FEATURES,
)
from matcher.pairs import NEAR_KM
from profiles.taxonomy import country_of


def _sector(pair: Pair) -> Mapping[str, float]:
    if not pair.startup.sectors or not pair.partner.sectors:
        return {"sector_unknown": 1.0}
    n = len(pair.startup.sectors)
    near = sum(nearness for *_, nearness in pair.near_sectors)
    return {"sector_same": len(pair.shared_sectors) / n, "sector_near": near / n}


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
    return {
        "region_same": float(same),
        **paired,
        "region_near": near,
        "region_same_country": float(at_home),
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
    return {f"{name}_fit": len(set(wanted) & set(given)) / len(wanted)}


def _stage(pair: Pair) -> Mapping[str, float]:
    if pair.startup.stage is None or not pair.partner.stages:
        return {"stage_unknown": 1.0}
    return {"stage_fit": float(pair.startup.stage in pair.partner.stages)}


def _policy(pair: Pair) -> Mapping[str, float]:
    shared = pair.shared_programme
    if shared is None:
        return {"programme": 0.0}
    asked = pair.scene.programme is not None
    return {"programme": 1.0 if asked else min(1.0, shared[1] / MANY_RULES)}


def _past(pair: Pair) -> Mapping[str, float]:
    found = {
        "prior_tie": float(bool(pair.prior_ties)),
        "activity": _activity(pair) if pair.topical else 0.0,
    }
    near = pair.candidate.evidence.get("history")
    if near is None:
        return {**found, "history_unknown": 1.0}
    words = pair.candidate.evidence.get("history_lexical", 0.0)
    return {**found, "history": near, "history_lexical": words / (words + HISTORY_LEXICAL_HALF)}


def _activity(pair: Pair) -> float:
    return min(1.0, math.log1p(pair.past_ties) / math.log1p(MANY_TIES))


def _text(pair: Pair) -> Mapping[str, float]:
    evidence = pair.candidate.evidence
    words = evidence.get("lexical", 0.0)
    found = {name: evidence[name] for name in TEXT_FEATURES if name in evidence}
    lacking = {
        "seeking_unknown": pair.startup.seeking,
        "offering_unknown": pair.partner.offering,
        "sought_unknown": pair.partner.seeking,
    }
    unknown = {name: 1.0 for name, text in lacking.items() if text is None}
    return {**found, **unknown, "lexical": words / (words + LEXICAL_HALF)}


_SIGNALS: tuple[Callable[[Pair], Mapping[str, float]], ...] = (
    _text,
    _past,
    _sector,
    _region,
    _support,
    _stage,
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
