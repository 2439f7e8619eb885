"""Tests when a probability is told, and what is said where it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from index import Follower, load_encoder
from matcher import (
    LEAST,
    Abstention,
    Amount,
    Calibration,
    Matchmaker,
    Probability,
    Ranker,
    cold_start,
    load_ranker,
    write_calibration,
)
from matcher.additive import known_features
from matcher.probability import LEAST_KNOWN, WIDEST, chances, missing_evidence
from matcher.ranker import TrainedOn, write_model
from profiles import Verdict

TODAY = date(2026, 1, 1)
ENOUGH = Amount(1_000, 100, 100)
KNOWN = Amount(12, 3, 4)

STARTUP = {
    "summary": "Scanners.",
    "seeking": "A hospital.",
    "region": "KR-27",
    "sectors": ["ai"],
}
PARTNER = {"summary": "A hospital.", "offering": "Trials.", "region": "KR-27", "sectors": ["ai"]}


def calibration(population: str = "us", amount: Amount = ENOUGH) -> Calibration:
    """0 to .1 below 30 points, .2 to .4 from there, .3 to 1 above 60."""
    low, high = np.array([0.0, 0.0, 0.2, 0.3]), np.array([0.1, 0.4, 0.4, 1.0])
    return Calibration(population, date(2025, 6, 30), amount, np.array([299, 300, 600]), low, high)


def told(pairs: Any, scores: Any, made: Calibration | None, known: Amount = KNOWN) -> Any:
    return chances(pairs, np.array(scores, float), made, "us", lambda: known)


def full_pair(make: Any, **parts: Any) -> Any:
    past = make.tie(a="s9", b="p", valid_from="2020-01-01")
    startup = make.startup(**STARTUP | parts.get("startup", {}))
    partner = make.partner(**PARTNER | parts.get("partner", {}))
    return make.pair(startup, partner, ties=parts.get("ties", [past]))


def test_a_probability_is_the_interval_of_the_score(make: Any) -> None:
    pair = full_pair(make)
    found = told([pair, pair], [30.0, 45.0], calibration())
    assert found == [Probability(0.2, 0.4), Probability(0.2, 0.4)]


def test_an_interval_that_says_too_little_is_not_told(make: Any) -> None:
    (found,) = told([full_pair(make)], [70.0], calibration())
    assert WIDEST < 1.0 - 0.3
    assert isinstance(found, Abstention)
    assert "30% to 100%" in found.reasons[0].en
    assert "30%" in found.reasons[0].ko


def test_a_model_that_was_never_calibrated_says_what_is_there_and_what_is_needed(
    make: Any,
) -> None:
    found = told([full_pair(make)] * 2, [30.0, 50.0], None)
    assert found[0] == found[1]
    first, second = found[0].reasons
    assert "has not been measured" in first.en
    for number in (*vars_of(KNOWN), *vars_of(LEAST)):
        assert f"{number:,}" in second.en
        assert f"{number:,}" in second.ko


def vars_of(amount: Amount) -> tuple[int, int, int]:
    return amount.pairs, amount.positives, amount.clusters


def test_a_model_calibrated_on_others_names_them(make: Any) -> None:
    (found,) = told([full_pair(make)], [30.0], calibration("CORDIS"))
    assert "CORDIS" in found.reasons[0].en
    assert "CORDIS" in found.reasons[0].ko
    assert "12 pairs" in found.reasons[1].en


def test_a_thin_calibration_says_how_thin(make: Any) -> None:
    thin = Amount(LEAST.pairs, LEAST.positives - 1, LEAST.clusters)
    (found,) = told([full_pair(make)], [30.0], calibration(amount=thin))
    assert str(LEAST.positives - 1) in found.reasons[0].en
    assert len(found.reasons) == 1


def test_the_store_is_counted_only_where_that_is_told(make: Any) -> None:
    def refuse() -> Amount:
        raise AssertionError("counted")

    chances([full_pair(make)], np.array([30.0]), calibration(), "us", refuse)


# How much must be known of a pair


def test_all_kinds_of_evidence_are_enough(make: Any) -> None:
    assert missing_evidence(full_pair(make)) == ()


@pytest.mark.parametrize(
    ("startup", "partner", "ties", "codes"),
    [
        ({"region": None}, {}, True, None),
        ({"region": None, "sectors": []}, {}, True, None),
        ({"region": None, "sectors": []}, {}, False, ["sectors", "region", "past"]),
        ({}, {"summary": None, "offering": None}, True, None),
        ({}, {"summary": None, "offering": None}, False, ["words", "wishes", "past"]),
        ({"seeking": None}, {"region": None, "sectors": []}, True, ["wishes", "sectors", "region"]),
    ],
)
def test_what_is_missing_is_named(
    make: Any, startup: dict[str, Any], partner: dict[str, Any], ties: bool, codes: Any
) -> None:
    from matcher.phrases import phrases

    parts = {"startup": startup, "partner": partner} | ({} if ties else {"ties": []})
    found = missing_evidence(full_pair(make, **parts))
    assert bool(found) is bool(codes)
    if codes:
        starts = [phrases()["probability"][code]["en"].split(":")[0] for code in codes]
        assert [one.en.split(":")[0] for one in found[1:]] == starts
        assert f"{5 - len(codes)} of 5" in found[0].en


def test_without_a_word_or_deed_of_the_partner_nothing_is_told(make: Any) -> None:
    """Wishes, sectors and region are three kinds, but none tells what the partner does."""
    partner = {"summary": None, "offering": None, "offers": ["pilot"]}
    found = missing_evidence(full_pair(make, partner=partner, ties=[]))
    assert LEAST_KNOWN == 3
    assert "3 of 5" in found[0].en


def test_whose_field_is_missing_is_said(make: Any) -> None:
    parts = {"startup": {"region": None, "name": "Echo", "seeking": None}}
    found = missing_evidence(full_pair(make, **parts, ties=[]))
    assert [one.en.split(": ")[1] for one in found[1:]] == ["Echo.", "Echo.", "p."]


def test_deleting_a_field_never_makes_a_probability_higher(make: Any) -> None:
    whole = full_pair(make)
    for side in ("startup", "partner"):
        for name in ("summary", "seeking", "offering", "region", "sectors"):
            part = getattr(whole, side)
            empty = type(part).model_fields[name].get_default()
            pair = replace(whole, **{side: part.model_copy(update={name: empty})})
            (found,) = told([pair], [30.0], calibration())
            assert found == Probability(0.2, 0.4) or isinstance(found, Abstention)


# In a list


def test_a_list_says_once_why_it_tells_no_probability(catalogue: SimpleNamespace) -> None:
    found = catalogue.matchmaker.match("ultrasound", 10, as_of=TODAY)
    assert found.abstention is not None
    raw = json.loads(json.dumps(found.as_json()))
    assert len(raw["no_probability"]) == 2
    assert raw["calibration"] is None
    nothing = {"low": None, "high": None, "reasons": []}
    assert [match["probability"] for match in raw["matches"]] == [nothing] * 10


def test_a_list_of_a_model_calibrated_on_these_pairs(catalogue: SimpleNamespace) -> None:
    ranker = replace(load_ranker(), calibration=calibration(catalogue.store.identity()))
    matchmaker = with_ranker(catalogue, ranker)
    found = matchmaker.match("ultrasound", 100, as_of=TODAY)
    assert found.abstention is None
    by_score = {
        match.score: match.probability
        for match in found.matches
        if isinstance(match.probability, Probability)
    }
    assert all((one.low > 0) == (score >= 30) for score, one in by_score.items())
    assert {one.low for one in by_score.values()} == {0.0, 0.2}
    raw = json.loads(json.dumps(found.as_json()))
    assert raw["calibration"]["pairs"] == ENOUGH.pairs
    assert raw["no_probability"] == []
    for match in raw["matches"]:
        told = match["probability"]
        assert (told["low"] is None) is bool(told["reasons"])
    bare = matchmaker.match("bare", 5, as_of=TODAY)
    assert bare.abstention is None or "kinds of evidence" in bare.abstention.reasons[0].en


def with_ranker(catalogue: SimpleNamespace, ranker: Ranker, **more: Any) -> Matchmaker:
    encoder = load_encoder(None)
    follower = Follower(catalogue.store, encoder)
    return Matchmaker(catalogue.store, follower, encoder, ranker, **more)


def test_the_population_may_be_named_by_whoever_serves_it(catalogue: SimpleNamespace) -> None:
    ranker = replace(load_ranker(), calibration=calibration("CORDIS"))
    found = with_ranker(catalogue, ranker).match("ultrasound", 3, as_of=TODAY)
    assert found.abstention is not None
    found = with_ranker(catalogue, ranker, population="CORDIS").match("ultrasound", 3, as_of=TODAY)
    assert found.abstention is None


def test_what_is_known_of_a_store_is_counted_anew_only_when_it_grows(
    world: SimpleNamespace, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    count = world.store.experience
    monkeypatch.setattr(world.store, "experience", lambda: counted.append(1) or count())

    def said() -> str:
        return world.matchmaker.match("s", 1).abstention.reasons[1].en

    world.writer.put_many([make.startup("s", summary="Ships."), make.partner("p", name="Ships")])
    assert "0 pairs of 0 startups" in said()
    world.writer.put(make.partner("q", name="More ships"))
    assert "0 pairs of 0 startups" in said()
    assert len(counted) == 1
    world.store.add_verdict(Verdict("s", "p", "good", "", 1, "model"))
    assert "1 pairs of 1 startups are on record, 1 of them" in said()
    world.writer.put_ties([make.tie("t", "s", "q", valid_from="2020-01-01")])
    assert "2 pairs of 1 startups" in said()
    assert len(counted) == 3


def test_a_folder_of_a_model_holds_its_calibration(tmp_path: Any) -> None:
    on = TrainedOn(dataset="us", cut="2020-01-01", digest="0", queries=1, examples=1)
    shapes = {name: cold_start().shape(name) for name in known_features()}
    folder = write_model(
        shapes, tmp_path, name="us", encoder="any", trained_on=on, prior="cold-start"
    )
    assert load_ranker(folder).calibration is None
    write_calibration(calibration(), folder)
    read = load_ranker(folder).calibration
    assert read is not None
    assert read.population == "us"
