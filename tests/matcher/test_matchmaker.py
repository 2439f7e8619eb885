"""Tests match lists as a whole: order, rules, programmes, dates, evidence, and sameness."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from index import Encoder, Filters, Follower
from matcher import FEATURE_NAMES, MatchError, MatchList, Matchmaker, load_ranker
from profiles import Partner, PartnerKind, Side, Startup, UnknownId

TODAY = date(2026, 1, 1)


def ids(found: MatchList) -> list[str]:
    return [match.profile.id for match in found.matches]


def refused(found: MatchList) -> dict[str, list[str]]:
    return {one.id: [reason.code for reason in one.reasons] for one in found.refused}


def catalogue_lists(catalogue: SimpleNamespace, k: int = 20) -> list[MatchList]:
    asked = [one.id for one in catalogue.startups] + ["samsung", "kriso", "ccei-daegu"]
    return [catalogue.matchmaker.match(id, k, as_of=TODAY) for id in asked]


# Scores


def test_contributions_sum_to_the_score_exactly(catalogue: SimpleNamespace) -> None:
    order = random.Random(5)
    for found in catalogue_lists(catalogue):
        assert found.matches
        for match in found.matches:
            points = [one.points for one in match.contributions]
            assert sum(points) == match.score == math.fsum(points)
            order.shuffle(points)
            assert sum(points) == match.score
            assert min(points, default=1) > 0
            features = [one.feature for one in match.contributions]
            assert len(set(features)) == len(features)
            assert set(features) <= set(FEATURE_NAMES)
            assert not any(feature.endswith("_unknown") for feature in features)
        for raw in json.loads(json.dumps(found.as_json()))["matches"]:
            assert sum(one["points"] for one in raw["contributions"]) == raw["score"]


def test_lists_are_ordered_by_score_then_id(catalogue: SimpleNamespace) -> None:
    for found in catalogue_lists(catalogue, 200):
        keys = [(-match.score, match.profile.id) for match in found.matches]
        assert keys == sorted(keys)
        assert [match.rank for match in found.matches] == list(range(1, len(keys) + 1))
        assert len(set(ids(found))) == len(keys)


def test_equal_scores_come_by_id(world: SimpleNamespace, make: Any) -> None:
    same = {"name": "Same", "summary": "Ships of steel."}
    world.writer.put_many([make.partner(id, **same) for id in ("c", "a", "d", "b")])
    found = world.matchmaker.match(make.startup(summary="Ships."), 3)
    assert ids(found) == ["a", "b", "c"]
    assert len({match.score for match in found.matches}) == 1


def test_deleting_a_structured_field_never_raises_a_score(catalogue: SimpleNamespace) -> None:
    """What is in the store stands; only the query, which need not be there, loses a field."""
    texts = {"summary", "seeking", "offering", "name", "aliases"}
    textual = {"lexical", "retrieval", "focus", "area"}
    textual |= {name for name in FEATURE_NAMES if name.startswith(("text_", "history"))}
    whole: Startup = catalogue.startups[0]

    def structured(startup: Startup) -> dict[str, float]:
        found = catalogue.matchmaker.match(startup, 1_000, as_of=TODAY)
        return {
            m.profile.id: sum(c.points for c in m.contributions if c.feature not in textual)
            for m in found.matches
        }

    before = structured(whole)
    for name, field in Startup.model_fields.items():
        if field.is_required() or name in texts:
            continue
        after = structured(whole.model_copy(update={name: field.get_default()}))
        assert all(after[id] <= before[id] for id in before), name


# The way of the answer


def test_a_list_as_json(catalogue: SimpleNamespace) -> None:
    def refuse(text: str) -> float:
        raise AssertionError(text)

    for found in catalogue_lists(catalogue):
        raw = json.loads(json.dumps(found.as_json(), allow_nan=False), parse_constant=refuse)
        assert set(raw) == {
            *("query", "model", "programme", "as_of", "index_seq", "matches", "refused", "notes"),
            *("calibration", "no_probability"),
        }
        assert raw["query"] == found.query.id
        assert raw["model"] == catalogue.matchmaker.model_version
        assert raw["as_of"] == "2026-01-01"
        assert raw["index_seq"] == catalogue.store.last_seq()
        for match in raw["matches"]:
            assert set(match) == {
                *("rank", "id", "name", "score", "probability", "contributions", "unknowns")
            }
            assert set(match["name"]) == {"en", "ko"}
            for one in match["contributions"]:
                assert all(one["reason"][lang] for lang in ("en", "ko"))


def test_two_matchmakers_give_the_same_bytes(catalogue: SimpleNamespace) -> None:
    one, other = catalogue.new_matchmaker(), catalogue.new_matchmaker()
    for id in ("ultrasound", "bare", "samsung"):
        lists = [json.dumps(m.match(id, 20, as_of=TODAY).as_json()) for m in (one, other, one)]
        assert len(set(lists)) == 1


def test_the_way_to_an_index_does_not_show(
    world: SimpleNamespace, make: Any, encoder: Encoder, tmp_path: Path
) -> None:
    """A follower of every change, a late one and one from a snapshot answer the same."""
    partners = [make.partner(f"p{n}", summary=f"Ships and robots {n % 3}.") for n in range(12)]
    for profile in [*partners[::-1], *partners]:
        world.writer.put_many([profile.model_copy(update={"region": "KR-26"})])
        world.matchmaker.match(make.startup())
        world.writer.put_many([profile])
    world.store.erase("p3")
    Follower(world.store, encoder, tmp_path).save_snapshot()
    followers = [world.follower, *(Follower(world.store, encoder, f) for f in (None, tmp_path))]
    asked = make.startup(summary="Robots on ships.")
    answers = {
        json.dumps(
            Matchmaker(world.store, one, encoder, load_ranker()).match(asked, as_of=TODAY).as_json()
        )
        for one in followers
    }
    assert len(answers) == 1


def test_a_profile_that_is_not_in_the_store_can_ask(world: SimpleNamespace, make: Any) -> None:
    world.writer.put_many([make.partner("p", summary="Ships.")])
    world.writer.put_many([make.startup("s", summary="Ships.")])
    seq = world.store.last_seq()
    assert ids(world.matchmaker.match(make.startup("new", summary="Ships."))) == ["p"]
    assert ids(world.matchmaker.match(make.partner("new", summary="Ships."))) == ["s"]
    assert world.store.last_seq() == seq


def test_a_write_is_in_the_next_list_and_an_erasure_out_of_it(
    world: SimpleNamespace, make: Any
) -> None:
    asked = make.startup(summary="Ships.", region="KR-26")
    world.writer.put(make.partner("p1", summary="Ships."))
    assert ids(world.matchmaker.match(asked)) == ["p1"]
    world.writer.put(make.partner("p2", summary="Ships.", region="KR-26"))
    assert ids(world.matchmaker.match(asked)) == ["p2", "p1"]
    world.writer.put(make.partner("p1", summary="Ships.", name="Renamed"))
    names = {m.profile.id: m.profile.name.en for m in world.matchmaker.match(asked).matches}
    assert names == {"p1": "Renamed", "p2": "p2"}
    world.store.put_programmes([make.programme(partners=["p1"], regions=["KR"])])
    found = world.matchmaker.match(asked).matches
    told = {m.profile.id: {c.feature for c in m.contributions} for m in found}
    assert "programme" in told["p1"]
    world.store.erase("p2")
    assert ids(world.matchmaker.match(asked)) == ["p1"]


def test_an_empty_store_gives_an_empty_list(world: SimpleNamespace, make: Any) -> None:
    found = world.matchmaker.match(make.startup())
    assert found.matches == found.refused == found.notes == ()


# What is asked


@pytest.mark.parametrize("k", [0, -1, 1_001])
def test_k_out_of_range(catalogue: SimpleNamespace, k: int) -> None:
    with pytest.raises(MatchError, match=r"between 1 and 1,000") as caught:
        catalogue.matchmaker.match("bare", k)
    assert caught.value.value == k


@pytest.mark.parametrize("k", [1, 7, 1_000])
def test_k_bounds_the_list(catalogue: SimpleNamespace, k: int) -> None:
    found = catalogue.matchmaker.match("bare", k, as_of=TODAY)
    open_ = len(catalogue.held.partners)
    assert len(found.matches) == min(k, open_ - len(found.refused) if k == 1_000 else k)


@pytest.mark.parametrize("asked", [{"query": "nobody"}, {"query": "bare", "programme": "none"}])
def test_unknown_ids(catalogue: SimpleNamespace, asked: dict[str, str]) -> None:
    with pytest.raises(UnknownId):
        catalogue.matchmaker.match(**asked)


def test_a_small_pool_is_enough_for_k(catalogue: SimpleNamespace) -> None:
    assert len(catalogue.matchmaker.match("bare", 50, pool=1).matches) == 50


def test_filters_hold_and_never_empty_the_list(catalogue: SimpleNamespace) -> None:
    filters = Filters(kinds=frozenset({PartnerKind.UNIVERSITY}), regions=frozenset({"KR-30"}))
    found = catalogue.matchmaker.match("games", 5, filters=filters)
    assert found.matches
    for match in found.matches:
        assert isinstance(match.profile, Partner)
        assert match.profile.kind is PartnerKind.UNIVERSITY
        assert "KR-30" in (match.profile.region, *match.profile.sites)


def test_rules_that_refuse_many_do_not_empty_the_list(world: SimpleNamespace, make: Any) -> None:
    """The eleven nearest are in conflict; the pool grows until those behind them are found."""
    near = [make.partner(f"a{n:02d}", summary="Ships.", conflicts=["s"]) for n in range(11)]
    far = [make.partner(f"b{n}", summary="Milk and honey.") for n in range(3)]
    world.writer.put_many([*near, *far])
    found = world.matchmaker.match(make.startup("s", summary="Ships."), 2, pool=2)
    assert set(ids(found)) < {"b0", "b1", "b2"}
    assert len(found.matches) == 2
    assert all(codes == ["conflict"] for codes in refused(found).values())


# Rules, from either side


@pytest.fixture
def two_sides(world: SimpleNamespace, make: Any) -> SimpleNamespace:
    world.writer.put_many([
        make.startup("s-daegu", region="KR-27", sectors=["ai"]),
        make.startup("s-busan", region="KR-26", sectors=["ai"]),
        make.startup("s-nowhere"),
    ])
    world.writer.put_many([
        make.partner("member", kind="conglomerate", region="KR-27"),
        make.partner("school", kind="university", region="KR-27"),
        make.partner("clinic", kind="hospital", region="KR-27"),
    ])
    rules = {"regions": ["KR-27"], "partners": ["member"]}
    world.store.put_programmes([
        make.programme("closed", closed=True, **rules),
        make.programme("open", partner_kinds=["university"], **rules),
        make.programme("everyone", regions=["KR-27"]),
    ])
    return world


@pytest.mark.parametrize(
    ("programme", "matched", "kept_off"),
    [
        ("closed", {"member"}, {}),
        ("open", {"member", "school"}, {"clinic": ["partner_kind"]}),
        ("everyone", {"member", "school", "clinic"}, {}),
    ],
)
def test_a_startup_under_a_programme(
    two_sides: SimpleNamespace, programme: str, matched: set[str], kept_off: dict[str, list[str]]
) -> None:
    found = two_sides.matchmaker.match("s-daegu", programme=programme)
    assert set(ids(found)) == matched
    assert refused(found) == kept_off
    assert found.programme is not None
    assert found.programme.id == programme == found.as_json()["programme"]
    told = {m.profile.id: {c.feature for c in m.contributions} for m in found.matches}
    assert {id for id, features in told.items() if "programme" in features} == (
        set() if programme == "everyone" else {"member"}
    )


@pytest.mark.parametrize(("id", "code"), [("s-busan", "region"), ("s-nowhere", "region_unknown")])
def test_a_startup_that_does_not_fit_a_programme_gets_the_reason(
    two_sides: SimpleNamespace, id: str, code: str
) -> None:
    found = two_sides.matchmaker.match(id, programme="closed")
    assert found.matches == ()
    assert refused(found) == {id: [code]}
    assert [note.en for note in found.notes] == [
        "No list is made, because the programme's rules are not met; the reasons are below."
    ]


@pytest.mark.parametrize(
    ("id", "programme"),
    [("member", "closed"), ("member", "open"), ("school", "open"), ("clinic", "everyone")],
)
def test_a_partner_under_a_programme(two_sides: SimpleNamespace, id: str, programme: str) -> None:
    found = two_sides.matchmaker.match(id, programme=programme)
    assert ids(found) == ["s-daegu"]
    assert refused(found) == {"s-busan": ["region"], "s-nowhere": ["region_unknown"]}


@pytest.mark.parametrize(
    ("id", "programme", "code"),
    [("school", "closed", "not_member"), ("clinic", "open", "partner_kind")],
)
def test_a_partner_outside_a_programme_gets_the_reason(
    two_sides: SimpleNamespace, id: str, programme: str, code: str
) -> None:
    found = two_sides.matchmaker.match(id, programme=programme)
    assert found.matches == ()
    assert refused(found) == {id: [code]}
    assert len(found.notes) == 1


def test_filters_by_id_narrow_a_closed_programme(two_sides: SimpleNamespace) -> None:
    filters = Filters(ids=frozenset({"school"}))
    found = two_sides.matchmaker.match("s-daegu", programme="closed", filters=filters)
    assert found.matches == ()


def test_conflicts_and_capacity_hold_from_either_side(world: SimpleNamespace, make: Any) -> None:
    world.writer.put_many([make.startup("s1", conflicts=["p1"]), make.startup("s2")])
    world.writer.put_many([
        make.partner("p1"),
        make.partner("p2"),
        make.partner("p3", capacity=0),
        make.partner("p4", conflicts=["s2"]),
    ])
    world.writer.put_ties([make.tie(a="p2", b="s2", kind="conflict", source="a register")])
    full = ["no_capacity"]
    for_startups = {
        "s1": ({"p2", "p4"}, {"p1": ["conflict"], "p3": full}),
        "s2": ({"p1"}, {"p2": ["conflict"], "p3": full, "p4": ["conflict"]}),
    }
    for id, (matched, kept_off) in for_startups.items():
        found = world.matchmaker.match(id)
        assert (set(ids(found)), refused(found)) == (matched, kept_off)
    for id, matched in {"p1": {"s2"}, "p2": {"s1"}, "p3": set(), "p4": {"s1"}}.items():
        assert set(ids(world.matchmaker.match(id))) == matched


# Days


@pytest.mark.parametrize(
    ("offset", "code"),
    [((-9, -3), "ended"), ((3, 9), "begins"), ((-3, 3), None), ((None, None), None)],
)
def test_a_programme_that_does_not_run_today_is_told_of_on_its_nearest_day(
    world: SimpleNamespace, make: Any, offset: tuple[int | None, int | None], code: str | None
) -> None:
    today = datetime.now(UTC).date()
    first, last = (None if n is None else today + timedelta(days=n) for n in offset)
    world.store.put_programmes([make.programme(valid_from=first, valid_to=last)])
    found = world.matchmaker.match(make.startup(), programme="g")
    day = {"ended": last, "begins": first, None: today}[code]
    assert found.as_of == day
    assert [str(day) in note.en and str(day) in note.ko for note in found.notes] == [True] * bool(
        code
    )
    asked = world.matchmaker.match(make.startup(), programme="g", as_of=TODAY)
    assert (asked.as_of, asked.notes) == (TODAY, ())


@pytest.mark.parametrize(
    ("day", "runs"),
    [(date(2014, 12, 31), False), (date(2015, 1, 1), True), (date(2016, 1, 1), False)],
)
def test_a_programme_counts_while_it_runs(
    world: SimpleNamespace, make: Any, day: date, runs: bool
) -> None:
    world.writer.put(make.partner())
    days = {"valid_from": date(2015, 1, 1), "valid_to": date(2015, 12, 31)}
    world.store.put_programmes([make.programme(partners=["p"], regions=["KR"], **days)])
    (match,) = world.matchmaker.match(make.startup(region="KR-27"), as_of=day).matches
    assert ("programme" in {c.feature for c in match.contributions}) is runs


@pytest.mark.parametrize(("day", "paired"), [(date(2014, 9, 14), False), (date(2014, 9, 15), True)])
def test_the_pairing_of_daegu_begins_on_its_day(
    catalogue: SimpleNamespace, day: date, paired: bool
) -> None:
    found = catalogue.matchmaker.match("ultrasound", 1_000, as_of=day)
    told = {m.profile.id: {c.feature: c for c in m.contributions} for m in found.matches}
    assert ("region_paired" in told["samsung"]) is paired
    assert "region_paired" not in told["ccei-daegu"]
    if paired:
        reason = told["samsung"]["region_paired"]
        assert "2014-09-15" in reason.phrase.en
        assert reason.evidence is not None
        assert reason.evidence.source


def test_the_past_counts_strictly_before_the_day(world: SimpleNamespace, make: Any) -> None:
    world.writer.put(make.partner(summary="Ships."))
    world.writer.put_many([make.startup(summary="Ships."), make.startup("x", summary="Games.")])
    world.writer.put_ties([make.tie(subject="Ships.", valid_from=date(2020, 1, 2))])
    world.writer.put_ties([make.tie("u", "x", subject="Ships.", valid_from=date(2020, 1, 2))])
    asked = make.startup(summary="Ships.")

    def features(day: date) -> set[str]:
        (match,) = world.matchmaker.match(asked, as_of=day).matches
        unknown = {one.feature for one in match.unknowns}
        assert ("history_unknown" in unknown) is (day <= date(2020, 1, 2))
        return {c.feature for c in match.contributions} & {"history", "prior_tie"}

    assert features(date(2020, 1, 2)) == set()
    assert features(date(2020, 1, 3)) == {"history", "prior_tie"}


def test_what_two_did_with_each_other_is_told_once(world: SimpleNamespace, make: Any) -> None:
    """A pair's own tie is a fact of the pair, no evidence that the partner gathered elsewhere."""
    asked = make.startup(summary="Ships of wood.")
    world.writer.put_many([asked, make.partner(summary="Harbours.")])
    world.writer.put_ties([make.tie("t", "s", subject="Ships.", valid_from=date(2020, 1, 2))])
    day = date(2020, 1, 3)

    def features(query: str) -> set[str]:
        (match,) = world.matchmaker.match(query, as_of=day).matches
        return {c.feature for c in (*match.contributions, *match.unknowns)}

    past = {"history", "history_lexical", "history_unknown", "prior_tie"}
    for query in ("s", "p"):
        assert features(query) & past == {"history_unknown", "prior_tie"}
    world.writer.put(make.startup("other", summary="Games."))
    world.writer.put_ties([make.tie("u", "other", subject="Ships.", valid_from=day)])
    (match,) = world.matchmaker.match("s", as_of=date(2020, 1, 4)).matches
    history = next(one for one in match.contributions if one.feature == "history")
    assert history.evidence.text.en == "Ships. (2020-01-03)"


# Evidence


def test_sentences_are_quoted_from_the_candidates_own_text(catalogue: SimpleNamespace) -> None:
    quotes = 0
    for found in catalogue_lists(catalogue):
        for match in found.matches:
            pair = {one.id: one for one in (match.profile, found.query)}
            for one in match.contributions:
                if one.evidence is None or one.evidence.kind != "sentence":
                    continue
                quotes += 1
                of_partner = one.feature == "text_is_seeks" and match.profile.side is Side.STARTUP
                assert one.evidence.of == (found.query if of_partner else match.profile).id
                profile = pair[one.evidence.of]
                texts = [profile.name, profile.summary, profile.offering, profile.seeking]
                for lang in ("en", "ko"):
                    quoted = one.evidence.text.in_(lang)
                    assert quoted
                    assert any(quoted in text.in_(lang) for text in texts if text)
    assert quotes > 20


def test_every_text_reason_has_its_sentence_and_every_fact_its_source(
    catalogue: SimpleNamespace,
) -> None:
    for found in catalogue_lists(catalogue):
        for match in found.matches:
            for one in match.contributions:
                if one.feature.startswith("text_"):
                    assert one.evidence is not None
                    assert one.evidence.kind == "sentence"
                elif one.evidence is not None:
                    assert one.evidence.kind == "fact"
                    assert one.evidence.source
                if one.feature in ("region_paired", "history", "programme", "prior_tie"):
                    assert one.evidence is not None


def test_no_lexical_reason_ends_where_words_should_stand(catalogue: SimpleNamespace) -> None:
    said = [
        one.phrase
        for found in catalogue_lists(catalogue, 200)
        for match in found.matches
        for one in match.contributions
        if one.feature == "lexical"
    ]
    assert said
    for phrase in said:
        for text in (phrase.en, phrase.ko):
            assert ":" not in text or text.partition(":")[2].strip(" .")
    assert any(":" in phrase.ko for phrase in said)


def test_a_pair_scores_the_same_structure_from_either_side(catalogue: SimpleNamespace) -> None:
    def told(query: str, other: str) -> dict[str, float]:
        found = catalogue.matchmaker.match(query, 1_000, as_of=TODAY).matches
        (match,) = [m for m in found if m.profile.id == other]
        return {c.feature: c.points for c in match.contributions if c.feature not in by_words}

    by_words = {"lexical", "retrieval"}  # words are counted in the texts of whoever is listed
    for startup in ("ultrasound", "games", "bare"):
        there, back = told(startup, "samsung"), told("samsung", startup)
        assert there.keys() == back.keys()
        for feature, points in there.items():
            assert points == pytest.approx(back[feature], abs=0.05)


def test_a_list_is_of_one_model_even_if_another_takes_its_place_meanwhile(
    catalogue: SimpleNamespace, encoder: Encoder
) -> None:
    asked: list[str] = []

    class Named:
        calibration = None

        def __init__(self, version: str) -> None:
            self.version = version

        def contributions(self, features: np.ndarray) -> np.ndarray:
            asked.append(self.version)
            return np.zeros(features.shape)

    coming = (Named(f"model-{n}") for n in range(9))
    follower = Follower(catalogue.store, encoder)
    matchmaker = Matchmaker(catalogue.store, follower, encoder, lambda: next(coming))
    for n in range(3):
        asked.clear()
        assert matchmaker.match("ultrasound").model_version == f"model-{n}"
        assert set(asked) == {f"model-{n}"}
