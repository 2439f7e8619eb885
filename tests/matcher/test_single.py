"""Tests of single candidates beside a list: their rank, their refusals, what they lack."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from index import Filters
from matcher import MatchError, lacks
from profiles import PartnerKind, UnknownId

TODAY = date(2026, 1, 1)


def test_the_list_beside_is_the_list(catalogue: SimpleNamespace) -> None:
    maker = catalogue.matchmaker
    for factors in ({}, {"past": 2.0, "region": 0.0}):
        how: dict[str, Any] = {"as_of": TODAY, "factors": factors}
        alone = maker.match("ultrasound", 10, **how)
        found = maker.beside("ultrasound", ["samsung", "lotte"], 10, **how)
        assert [m.profile.id for m in found.found.matches] == [m.profile.id for m in alone.matches]
        assert found.found.matches == alone.matches
        assert found.found.model_version == alone.model_version


def test_a_named_one_has_the_rank_of_the_whole_list(catalogue: SimpleNamespace) -> None:
    maker = catalogue.matchmaker
    whole = maker.match("ultrasound", 150, as_of=TODAY)
    chosen = [whole.matches[place] for place in (0, 9, 10, 70)]
    found = maker.beside("ultrasound", [m.profile.id for m in chosen], 10, as_of=TODAY)
    assert [one.match.rank for one in found.named] == [1, 10, 11, 71]
    assert [one.place for one in found.named] == [1, 10, 11, 71]
    for one, match in zip(found.named, chosen, strict=True):
        assert one.match == match
        assert not one.reasons
        assert not one.filtered


def test_a_refused_one_has_its_reasons_and_no_place(world: SimpleNamespace, make: Any) -> None:
    world.writer.put_many([
        make.partner("rival", summary="Welds.", conflicts=["s"]),
        make.partner("fine", summary="Welds."),
        make.startup("s", summary="Welds."),
    ])
    rival, fine = world.matchmaker.beside("s", ["rival", "fine"], as_of=TODAY).named
    assert [reason.code for reason in rival.reasons] == ["conflict"]
    assert (rival.match.rank, rival.place) == (0, None)
    assert (fine.match.rank, fine.place, fine.reasons) == (1, 1, ())


def test_one_whom_the_filters_keep_out_is_told_so(catalogue: SimpleNamespace) -> None:
    maker = catalogue.matchmaker
    only = Filters(kinds=frozenset({PartnerKind.HOSPITAL}))
    found = maker.beside("ultrasound", ["samsung"], as_of=TODAY, filters=only)
    (one,) = found.named
    assert one.filtered
    assert one.match.rank == 0
    assert one.place == 1
    assert one.match.score > found.found.matches[0].score


def test_one_that_is_not_near_is_not_said_to_be_filtered(world: SimpleNamespace, make: Any) -> None:
    world.writer.put_many([make.partner(f"p{n}", summary="Ships of steel.") for n in range(6)])
    world.writer.put_many([make.partner("cakes", summary="Cakes.")])
    asks = make.startup(summary="Ships.")
    (one,) = world.matchmaker.beside(asks, ["cakes"], 2, as_of=TODAY, pool=5).named
    assert (one.match.rank, one.filtered, one.place) == (0, False, 6)


def test_both_on_one_side_and_unknown_ids_are_refused(catalogue: SimpleNamespace) -> None:
    with pytest.raises(MatchError, match="Both are startups"):
        catalogue.matchmaker.beside("ultrasound", ["bare"])
    with pytest.raises(UnknownId):
        catalogue.matchmaker.beside("ultrasound", ["nobody"])
    with pytest.raises(MatchError):
        catalogue.matchmaker.beside("ultrasound", ["samsung"], 0)


def test_what_one_lacks_sums_to_the_difference(catalogue: SimpleNamespace) -> None:
    matches = catalogue.matchmaker.match("ultrasound", 30, as_of=TODAY).matches
    for one in matches[1:]:
        told = lacks(one, matches[0])
        assert sum(lack.less for lack in told) == matches[0].score - one.score
        assert [lack.less for lack in told] == sorted((lack.less for lack in told), reverse=True)
        for lack in told:
            assert matches[0].profile.name.en in lack.sentence.en
            assert "{" not in lack.sentence.en + lack.sentence.ko
    assert lacks(matches[0], matches[0]) == ()


def test_what_is_not_known_of_the_one_is_told_as_that(world: SimpleNamespace, make: Any) -> None:
    world.writer.put_many([
        make.partner("known", summary="Welds.", sectors=["robotics"], stages=["seed"]),
        make.partner("silent", summary="Welds."),
        make.partner("elsewhere", summary="Welds.", sectors=["games"], stages=["growth"]),
    ])
    asks = make.startup(summary="Welds.", sectors=["robotics"], stage="seed")
    found = world.matchmaker.match(asks, as_of=TODAY)
    held = {match.profile.id: match for match in found.matches}
    said = {one.feature: one.sentence.en for one in lacks(held["silent"], held["known"])}
    assert said["sector_same"].startswith("Same sector: not known, so no points; known has ")
    assert "Both are in the same sector: Robotics." in said["sector_same"]
    said = {one.feature: one.sentence.en for one in lacks(held["elsewhere"], held["known"])}
    assert said["stage_fit"].startswith("Stage: no points; known has ")
    said = {one.feature: one.sentence.en for one in lacks(held["known"], held["silent"])}
    assert said["stage_fit"].startswith("Stage: 2.0 points; silent has none.")
