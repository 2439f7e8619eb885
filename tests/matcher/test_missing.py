"""Tests that a missing value never earns points, and that more of what fits never costs any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matcher import FEATURE_NAMES, Pair, load_ranker, pair_features, refusals, score
from matcher.features import TEXT_FEATURES, flags_of
from profiles import AnyProfile, Partner, PartnerKind, Side, Stage, Startup, Support, validate
from profiles.taxonomy import distance_km, provinces, sectors

TODAY = date(2026, 1, 1)
RANKER = load_ranker()

KEPT = {"id", "name", "side"}
"""What a profile cannot be without."""

FED_BY: Mapping[tuple[Side, str], tuple[str, ...]] = {
    (Side.STARTUP, "seeking"): ("text_seeks_offers", "text_seeks_is"),
    (Side.PARTNER, "offering"): ("text_seeks_offers",),
    (Side.PARTNER, "seeking"): ("text_is_seeks",),
    (Side.STARTUP, "sectors"): ("sector_",),
    (Side.PARTNER, "sectors"): ("sector_",),
    (Side.STARTUP, "region"): ("region_",),
    (Side.STARTUP, "seeks"): ("support_fit",),
    (Side.PARTNER, "offers"): ("support_fit",),
    (Side.PARTNER, "seeks"): ("wish_fit",),
    (Side.STARTUP, "offers"): ("wish_fit",),
    (Side.STARTUP, "stage"): ("stage_fit",),
    (Side.PARTNER, "stages"): ("stage_fit",),
    (Side.STARTUP, "trl"): ("readiness_fit",),
    (Side.PARTNER, "trl_min"): ("readiness_fit",),
}
"""The features that are unknown, and so worth nothing, where a side leaves a field out."""

RULES = {(Side.PARTNER, "trl_min"), (Side.PARTNER, "capacity"), (Side.PARTNER, "conflicts"),
         (Side.STARTUP, "conflicts")}  # fmt: skip
"""Fields that state a rule themselves; all others are what rules ask about."""

some_sectors = st.lists(st.sampled_from(sorted(sectors())), max_size=5, unique=True)
supports = st.lists(st.sampled_from(list(Support)), max_size=6, unique=True)
places = st.sampled_from([*sorted(provinces()), "KR", "US", "DE"])
texts = st.none() | st.just("Cranes for harbours.")
shared = {
    "summary": st.just("Cranes for harbours."),
    "offering": texts,
    "seeking": texts,
    "region": st.none() | places,
    "sectors": some_sectors,
    "seeks": supports,
    "offers": supports,
    "website": st.none() | st.just("https://crane.example"),
    "conflicts": st.just(()) | st.just(("x",)),
}
startups = st.fixed_dictionaries({
    **shared,
    "stage": st.none() | st.sampled_from(list(Stage)),
    "trl": st.none() | st.integers(1, 9),
    "founded": st.none() | st.just(2020),
})
partners = st.fixed_dictionaries({
    **shared,
    "kind": st.none() | st.sampled_from(list(PartnerKind)),
    "sites": st.lists(places, max_size=3, unique=True),
    "stages": st.lists(st.sampled_from(list(Stage)), max_size=4, unique=True),
    "trl_min": st.none() | st.integers(1, 9),
    "capacity": st.none() | st.integers(0, 2),
})
programmes = st.fixed_dictionaries({
    "partners": st.just(("p",)),
    "regions": st.lists(places, max_size=2, unique=True),
    "countries": st.lists(st.sampled_from(["KR", "US"]), max_size=1),
    "sectors": st.lists(st.sampled_from(sorted(sectors())), max_size=20, unique=True),
    "stages": st.lists(st.sampled_from(list(Stage)), max_size=4, unique=True),
    "needs": supports,
    "partner_kinds": st.lists(st.sampled_from(list(PartnerKind)), max_size=3, unique=True),
    "closed": st.booleans(),
    "trl_min": st.none() | st.integers(1, 4),
})
evidence = st.fixed_dictionaries({
    name: st.floats(0, 1, width=32)
    for name in (*TEXT_FEATURES, "history", "history_all", "history_lexical", "lexical")
})
numbers_of_ties = st.integers(0, 4)


def told(profile: AnyProfile) -> dict[str, Any]:
    return profile.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def without(profile: AnyProfile, *names: str) -> AnyProfile:
    left = {name: value for name, value in told(profile).items() if name not in names}
    return validate(type(profile), left)


def given_fields(profile: AnyProfile) -> list[str]:
    """Name the fields that can be left out."""
    names = [name for name in told(profile) if name not in KEPT]
    texts_given = [name for name in names if name in ("summary", "offering", "seeking")]
    only = texts_given if profile.side is Side.STARTUP and len(texts_given) == 1 else []
    return [name for name in names if name not in only]


def points(pairs: Sequence[Pair]) -> np.ndarray:
    return RANKER.contributions(pair_features(pairs))


def worth(pair: Pair) -> float:
    return float(score(points([pair]))[0])


def is_fed(feature: str, side: Side, field: str) -> bool:
    return any(feature.startswith(start) for start in FED_BY.get((side, field), ()))


@pytest.fixture(scope="module")
def made(make: SimpleNamespace) -> SimpleNamespace:
    """Makers of a startup `s` and a partner `p`, and of a pair of them with ties."""

    def pair(startup: Startup, partner: Partner, found: Mapping[str, float], ties: int) -> Pair:
        dated = [make.tie(f"t{n}", f"x{n}", "p", valid_from=date(2024, 1, 1)) for n in range(ties)]
        paired = make.tie("u", "x", "p", kind="pairing", region="KR-26")
        return make.pair(startup, partner, ties=[*dated, paired], evidence=found)

    return SimpleNamespace(
        startup=lambda raw: validate(Startup, {"id": "s", "name": "s", **raw}),
        partner=lambda raw: validate(Partner, {"id": "p", "name": "p", **raw}),
        pair=pair,
        make=make,
    )


# Missing values


@given(startups, partners, evidence, numbers_of_ties)
@settings(max_examples=40, deadline=None)
def test_leaving_a_field_out_never_raises_a_score_by_what_is_missing(
    made: SimpleNamespace, one: Any, other: Any, found: dict[str, float], ties: int
) -> None:
    """With the same evidence, less what the field alone gave, no score rises for any field."""
    startup, partner = made.startup(one), made.partner(other)
    tried = [("all", made.pair(startup, partner, found, ties))]
    for side, whole in ((Side.STARTUP, startup), (Side.PARTNER, partner)):
        for field in given_fields(whole):
            left = {name: v for name, v in found.items() if not is_fed(name, side, field)}
            less = without(whole, field)
            pair = (less, partner) if side is Side.STARTUP else (startup, less)
            tried.append((f"{side} {field}", made.pair(*pair, left, ties)))
    whole_score, *others = score(points([pair for _, pair in tried])).tolist()
    assert not [name for (name, _), now in zip(tried[1:], others, strict=True) if now > whole_score]


@given(startups, partners, evidence)
@settings(max_examples=40, deadline=None)
def test_what_is_unknown_is_flagged_and_worth_nothing(
    made: SimpleNamespace, one: Any, other: Any, found: dict[str, float]
) -> None:
    startup, partner = made.startup(one), made.partner(other)
    for (side, field), names in FED_BY.items():
        whole = startup if side is Side.STARTUP else partner
        left = {name: v for name, v in found.items() if not is_fed(name, side, field)}
        if field == "seeking" or field in told(whole):
            less = without(whole, field)
            pair = (less, partner) if side is Side.STARTUP else (startup, less)
            values = pair_features([made.pair(*pair, left, 0)])[0]
            assert_unknown(values, names, side, field)


def assert_unknown(values: np.ndarray, names: tuple[str, ...], side: Side, field: str) -> None:
    told = dict(zip(FEATURE_NAMES, values.tolist(), strict=True))
    fed = [one for one in told if one.startswith(names) and not one.endswith("_unknown")]
    assert fed, names
    for name in fed:
        assert told[name] == 0, (side, field, name)
        assert any(told[flag] for flag in flags_of(name)), (side, field, name)


def test_no_model_gives_points_for_a_flag() -> None:
    flags = [name.endswith("_unknown") for name in FEATURE_NAMES]
    ones = np.ones((1, len(FEATURE_NAMES)), np.float32)
    assert not RANKER.contributions(ones)[0, flags].any()
    assert not RANKER.contributions(np.zeros_like(ones)).any()


@given(startups, partners, st.none() | programmes)
@settings(max_examples=100, deadline=None)
def test_leaving_a_field_out_never_turns_a_refusal_into_an_acceptance(
    made: SimpleNamespace, one: Any, other: Any, rules: dict[str, Any] | None
) -> None:
    """Fields that state a rule themselves (`RULES`) take their rule away with them."""
    startup, partner = made.startup(one), made.partner(other)
    programme = made.make.programme(**rules) if rules else None

    def refused(startup: AnyProfile, partner: AnyProfile) -> bool:
        history = made.make.history()
        asked: dict[str, Any] = {"programme": programme, "history": history, "on": TODAY}
        return bool(refusals(startup, partner, **asked))

    assume(refused(startup, partner))
    for side, whole in ((Side.STARTUP, startup), (Side.PARTNER, partner)):
        for field in given_fields(whole):
            if (side, field) not in RULES:
                less = without(whole, field)
                pair = (less, partner) if side is Side.STARTUP else (startup, less)
                assert refused(*pair), (side, field)


# The same by the whole way, over the catalogue


def scenes() -> Iterator[Startup]:
    path = Path(__file__).parents[1] / "service" / "scenes.yaml"
    for place, scene in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))):
        for lang in ("en", "ko"):
            yield validate(Startup, {"id": f"q{place}", **scene["form"], **scene[lang]})


TEXTUAL = {"summary", "offering", "seeking", "name", "aliases", "sectors", "region"}
"""Fields whose words are in passages and documents, sectors and region by their names."""


def whole_way(catalogue: SimpleNamespace, profile: AnyProfile) -> dict[str, dict[str, float]]:
    found = catalogue.matchmaker.match(profile, 1_000, as_of=TODAY)
    return {m.profile.id: {c.feature: c.points for c in m.contributions} for m in found.matches}


def asking(catalogue: SimpleNamespace) -> list[AnyProfile]:
    partners = [one for one in catalogue.held.partners if len(one.stages) and one.seeking][::24]
    return [*list(scenes())[::2], catalogue.startups[0], *partners]


def test_leaving_a_field_out_over_the_catalogue(catalogue: SimpleNamespace) -> None:
    """Structured fields raise no score; of texts, what they alone feed falls to nothing."""
    for whole in asking(catalogue):
        before = whole_way(catalogue, whole)
        for field in given_fields(whole):
            after = whole_way(catalogue, without(whole, field))
            for id, was in before.items():
                if id in after:
                    assert_no_gain(was, after[id], whole.side, field)


def assert_no_gain(
    was: Mapping[str, float], now: Mapping[str, float], side: Side, field: str
) -> None:
    gone = [name for name in now if is_fed(name, side, field)]
    assert not gone, (side, field)
    if field not in TEXTUAL:
        assert sum(now.values()) <= sum(was.values()), (side, field)


# More of what fits


@given(startups, partners, evidence, st.sampled_from(list(Support)))
@settings(max_examples=40, deadline=None)
def test_offering_what_is_sought_never_costs(
    made: SimpleNamespace, one: Any, other: Any, found: dict[str, float], support: Support
) -> None:
    startup = made.startup({**one, "seeks": [*{*one["seeks"], support}]})
    more = made.partner({**other, "offers": [*{*other["offers"], support}]})
    less = made.partner({**other, "offers": [*{*other["offers"]} - {support}]})
    assert worth(made.pair(startup, more, found, 1)) >= worth(made.pair(startup, less, found, 1))
    partner = made.partner({**other, "seeks": [*{*other["seeks"], support}]})
    more = made.startup({**one, "offers": [*{*one["offers"], support}]})
    less = made.startup({**one, "offers": [*{*one["offers"]} - {support}]})
    assert worth(made.pair(more, partner, found, 1)) >= worth(made.pair(less, partner, found, 1))


@given(startups, partners, evidence, st.sampled_from(sorted(sectors())))
@settings(max_examples=40, deadline=None)
def test_a_further_sector_in_common_never_costs(
    made: SimpleNamespace, one: Any, other: Any, found: dict[str, float], code: str
) -> None:
    def pair(codes: set[str]) -> Pair:
        both = [{**raw, "sectors": [*({*raw["sectors"]} - {code} | codes)]} for raw in (one, other)]
        return made.pair(made.startup(both[0]), made.partner(both[1]), found, 1)

    assert worth(pair({code})) >= worth(pair(set()))


@given(startups, partners, evidence, st.integers(0, 60), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_further_past_tie_never_costs(
    made: SimpleNamespace, one: Any, other: Any, found: dict[str, float], n: int, own: bool
) -> None:
    startup, partner = made.startup(one), made.partner(other)
    ties = [made.make.tie(f"t{i}", f"x{i}", "p", valid_from=date(2024, 1, 1)) for i in range(n)]
    more = made.make.tie("more", "s" if own else "y", "p", valid_from=date(2025, 1, 1))

    def of(held: Sequence[Any]) -> float:
        return worth(made.make.pair(startup, partner, ties=held, evidence=found))

    assert of([*ties, more]) >= of(ties)


@given(startups, partners, evidence, places, places, places)
@settings(max_examples=40, deadline=None)
def test_a_nearer_region_never_costs(
    made: SimpleNamespace, one: Any, other: Any, found: dict[str, float],
    here: str, near: str, far: str,
) -> None:  # fmt: skip
    """Of two regions of one country, neither paired with the partner."""
    assume(here.startswith("KR-") and near.startswith("KR-") and far.startswith("KR-"))
    assume("KR-26" not in (near, far))
    apart = [0.0 if a == here else distance_km(here, a) or 0.0 for a in (near, far)]
    assume(near == here or 0 < apart[0] < apart[1])
    partner = made.partner({**other, "region": here, "sites": []})
    scores = [
        worth(made.pair(made.startup({**one, "region": a}), partner, found, 1)) for a in (near, far)
    ]
    assert scores[0] >= scores[1]


def test_a_past_tie_that_is_close_never_costs_over_the_whole_way(
    world: SimpleNamespace, make: Any
) -> None:
    said = "Autonomous cranes for container terminals."
    world.writer.put_many([
        make.partner(f"p{n}", summary=f"Work of kind {n}.", sectors=["ai"]) for n in range(4)
    ])
    world.writer.put(make.startup("x"))
    world.writer.put_ties([
        make.tie("t0", "x", "p1", subject="Cranes that lift bricks."),
        make.tie("t1", "x", "p2", subject="Milk and honey."),
    ])
    asks = make.startup("asks", summary=said)
    for id in ("p0", "p1", "p2", "p3"):
        for n in range(3):
            before = {m.profile.id: m.score for m in world.matchmaker.match(asks).matches}
            world.writer.put_ties([make.tie(f"{id}-{n}", "x", id, subject=said)])
            after = {m.profile.id: m.score for m in world.matchmaker.match(asks).matches}
            assert after[id] >= before[id]
