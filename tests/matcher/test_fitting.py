"""From profiles to an instance: each fit is the score that `why` tells, each refusal its rule."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.appraising import AppraisalError
from matcher.fitting import HostAsked, as_startup, fitting, groups_of_profile
from profiles import InvalidRecord, Startup
from profiles.rules import Rule, RuleKind

DAY = date(2026, 1, 1)
ALL = {"k": 1000, "pool": 1000, "as_of": DAY}
PARTNERS = ("sk-telecom", "etri", "samsung", "google-play", "nvidia", "hyundai-motor", "kaist")
PROGRAMMES = (None, "contest-skt-daejeon", "global-nvidia", "global-google-play")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_each_fit_is_the_score_that_is_told_of_the_pair(
    catalogue: SimpleNamespace, data: st.DataObject
) -> None:
    held = [id for id in PARTNERS if id in {one.id for one in catalogue.held.partners}]
    ids = data.draw(st.lists(st.sampled_from(held), min_size=1, max_size=3, unique=True))
    under = data.draw(st.lists(st.sampled_from(PROGRAMMES), min_size=len(ids), max_size=len(ids)))
    hosts = [HostAsked(f"h-{id}", id, one) for id, one in zip(ids, under, strict=True)]
    applicants = data.draw(st.lists(st.sampled_from(catalogue.startups), min_size=1, unique_by=_id))
    found = fitting(catalogue.matchmaker, applicants, hosts, programme=None, as_of=DAY)
    for a, startup in enumerate(sorted(applicants, key=_id)):
        for h, host in enumerate(sorted(hosts, key=_id)):
            told = catalogue.matchmaker.why(startup, host.partner, programme=host.programme, **ALL)
            reasons = found.refusals.get((startup.id, host.id), ())
            assert reasons == told.reasons
            expected = -1 if told.reasons else round(told.match.score * 1024)
            assert found.instance.fits[a, h] == expected


def _id(one: Any) -> str:
    return str(one.id)


def test_a_copy_scores_as_it_does_in_lists(world: SimpleNamespace, make: SimpleNamespace) -> None:
    words = " ".join(f"lidar{n} sensor{n}" for n in range(20))
    world.writer.put_many([make.partner("first", summary=words)])
    world.writer.put_many([make.partner("second", summary=words)], by="public form")
    startup = make.startup("s", summary=words)
    told = world.matchmaker.why(startup, "second", as_of=DAY)
    assert told.notes  # that it is a copy
    found = fitting(
        world.matchmaker, [startup], [HostAsked("second", "second")], programme=None, as_of=DAY
    )
    assert found.instance.fits[0, 0] == round(told.match.score * 1024)


def test_an_institute_applies_by_its_texts(make: SimpleNamespace) -> None:
    lab = make.partner("lab", kind="research_institute", summary="Optics.", region="KR-30")
    read = as_startup(lab)
    assert isinstance(read, Startup)
    assert read.summary == lab.summary
    assert groups_of_profile(lab)["kind"] == {"research_institute"}
    assert groups_of_profile(lab)["area"] == {"non_capital"}
    assert groups_of_profile(read)["kind"] == {"startup"}
    with pytest.raises(InvalidRecord):
        as_startup(make.partner("mute"))


def test_wishes_capacity_and_conflicts_bound_the_instance(
    world: SimpleNamespace, make: SimpleNamespace
) -> None:
    world.writer.put_many([make.partner("a", capacity=2), make.partner("b"), make.startup("old")])
    world.writer.put_many([make.startup("s", conflicts=["b"]), make.startup("t")])
    under_way = {"valid_from": "2025-01-01", "valid_to": "2026-12-31", "kind": "pilot"}
    world.writer.put_ties([make.tie("t1", "old", "a", **under_way)])
    startups = [world.store.get("t"), world.store.get("s")]
    hosts = [HostAsked("x", "b", high=7), HostAsked("y", "a", low=1, high=5)]
    rules = [Rule(id="r", kind=RuleKind.TOTAL, high=3)]
    found = fitting(
        world.matchmaker, startups, hosts, programme=None, as_of=DAY, rules=rules,
        waited={"t": 2}, wishes={"t": ["y"]},
    )  # fmt: skip
    instance = found.instance
    assert instance.applicant_ids == ("s", "t")
    assert [(one.low, one.high) for one in instance.hosts] == [(0, 7), (1, 1)]
    assert [one.waited for one in instance.applicants] == [0, 2]
    assert instance.applicants[1].wishes == ("y",)
    codes = {pair: [one.code for one in why] for pair, why in found.refusals.items()}
    assert codes == {("s", "x"): ["conflict"], ("t", "x"): ["unasked"]}
    assert (instance.fits >= 0).tolist() == [[False, True], [False, True]]
    assert instance.rules == tuple(rules)


def test_nobody_to_place_is_said(world: SimpleNamespace) -> None:
    with pytest.raises(AppraisalError):
        fitting(world.matchmaker, [], [], programme=None, as_of=DAY)
