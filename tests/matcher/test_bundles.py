"""Bundles of a small world, by hand, and of the catalogue."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from matcher.bundles import BundleAsked, bundle_of
from matcher.counterparts import Counterpart, Unpaired, counterparts
from matcher.sources import Sources
from profiles import UnknownId, validate

BIO = {"sectors": ["biologics"], "summary": "Makes biologics from cells."}


@pytest.fixture
def sources(world) -> Sources:
    return Sources(world.store, world.follower, world.matchmaker)


@pytest.fixture(scope="session")
def real(catalogue) -> Sources:
    follower = catalogue.matchmaker._pool._retriever._follower
    return Sources(catalogue.store, follower, catalogue.matchmaker)


def put(world: SimpleNamespace, *profiles) -> None:
    world.writer.put_many(profiles)


def asked(**fields) -> BundleAsked:
    return validate(BundleAsked, fields)


def test_members_say_what_they_alone_add_and_who_could_stand_in(world, sources, make):
    startup = make.startup("s", **BIO, seeks=["clinical_validation", "investment"], region="KR-28")
    put(
        world,
        startup,
        make.partner("h1", kind="hospital", offers=["clinical_validation"], **BIO),
        make.partner("h2", kind="hospital", offers=["clinical_validation"], sectors=["biologics"]),
        make.partner("h3", kind="hospital", offers=["data"], **BIO),
        make.partner("v", kind="investor", offers=["investment"], sectors=["games"]),
    )
    bundle = bundle_of(sources, startup, asked())
    told = [
        (one.role, one.match.profile.id, [need.code for need in one.adds]) for one in bundle.members
    ]
    assert told == [
        ("hospital", "h1", ["clinical_validation"]),
        ("investor", "v", ["investment"]),
    ]
    assert [one.partner.id for one in bundle.members[0].alternatives] == ["h2"]
    assert bundle.members[0].alternatives[0].loses == ()
    assert (bundle.chosen.cover, bundle.weight, bundle.uncovered) == (16, 16, ())
    assert bundle.empty == ("university", "research_institute", "anchor")


def test_each_need_that_is_left_says_why(world, sources, make):
    startup = make.startup(
        "s", **BIO, seeks=["data", "loan", "compute", "pilot", "grant", "mentoring"], trl=3
    )
    put(
        world,
        startup,
        make.partner("far", kind="university", offers=["data"], sectors=["games"]),
        make.partner("bank", kind="public_agency", offers=["loan"]),
        make.partner("strict", kind="hospital", offers=["pilot"], trl_min=7, **BIO),
        make.partner("a", kind="research_institute", offers=["grant"], **BIO),
        make.partner("b", kind="conglomerate", offers=["mentoring"], **BIO),
    )
    bundle = bundle_of(sources, startup, asked(most=1))
    left = {one.need.code: one for one in bundle.uncovered}
    assert {code: one.why for code, one in left.items()} == {
        "compute": "nobody",
        "data": "apart",
        "loan": "other_kinds",
        "mentoring": "full",
        "pilot": "refused",
    }
    assert [one.id for one in left["pilot"].refused] == ["strict"]
    assert [reason.code for reason in left["pilot"].refused[0].reasons] == ["partner_trl"]
    assert [one.id for one in left["mentoring"].who] == ["b"]
    assert all(one.said.en and one.said.ko for one in bundle.uncovered)


def test_nobody_joins_with_whom_nothing_joins_the_startup(world, sources, make):
    startup = make.startup("s", **BIO, seeks=["data"])
    put(world, startup, make.partner("far", kind="university", offers=["data"], sectors=["games"]))
    bundle = bundle_of(sources, startup, asked())
    assert bundle.members == ()
    assert [one.why for one in bundle.uncovered] == ["apart"]


def test_kinds_that_are_asked_for_are_the_roles(world, sources, make):
    startup = make.startup("s", **BIO, seeks=["loan"])
    put(world, startup, make.partner("bank", kind="public_agency", offers=["loan"]))
    bundle = bundle_of(sources, startup, asked(kind=["public_agency", "global_company"]))
    assert bundle.roles == ("anchor", "public_agency")
    assert [one.match.profile.id for one in bundle.members] == ["bank"]


def test_a_programme_keeps_its_rules_and_says_why_the_startup_is_kept_off(world, sources, make):
    startup = make.startup("s", **BIO, seeks=["investment"], region="KR-11")
    put(world, startup, make.partner("v", kind="investor", offers=["investment"]))
    hub = make.programme("hub", kind="cluster_hub", regions=["KR-28"], partners=["v"])
    world.store.put_programmes([hub])
    bundle = bundle_of(sources, startup, asked(programme="hub"))
    assert (bundle.members, bundle.uncovered) == ((), ())
    assert [reason.code for reason in bundle.own_refusals[0].reasons] == ["region"]
    closed = make.programme("closed", kind="cluster_hub", partners=["x"], closed=True)
    world.store.put_programmes([closed])
    assert bundle_of(sources, startup, asked(programme="closed")).members == ()
    with pytest.raises(UnknownId):
        bundle_of(sources, startup, asked(programme="nope"))


def test_one_partner_more_never_lowers_the_cover(world, sources, make):
    startup = make.startup("s", **BIO, seeks=["data", "pilot", "compute"])
    put(world, startup)
    covers = []
    for id, kind, offers in (
        ("a", "hospital", ["data"]),
        ("b", "hospital", ["data", "pilot"]),
        ("c", "university", ["pilot"]),
        ("d", "university", ["compute"]),
    ):
        put(world, make.partner(id, kind=kind, offers=offers, **BIO))
        bundle = bundle_of(sources, startup, asked())
        assert all(member.adds for member in bundle.members)
        covers.append(bundle.chosen.cover)
    assert covers == sorted(covers) == [8, 16, 16, 24]


def test_a_bundle_of_the_hub_is_the_same_again(real, make):
    startup = make.startup(
        "cells",
        summary="Cell therapy for cartilage.",
        seeking="A hospital for clinical validation, and an investor.",
        seeks=["clinical_validation", "facilities", "investment"],
        sectors=["regenerative_medicine"],
        region="KR-28",
        trl=5,
        stage="seed",
    )
    first = bundle_of(real, startup, asked(programme="hub-k-bio-lab"))
    again = bundle_of(real, startup, asked(programme="hub-k-bio-lab"))
    assert first.chosen == again.chosen
    assert first.chosen.is_optimal
    assert first.chosen.cover == first.chosen.cover_bound == first.weight
    assert {"hospital", "investor"} <= {one.role for one in first.members}


def test_counterparts_cross_to_the_joined_cluster(real):
    ids = ["k-bio-lab-hub", "gil-medical-center", "mgh", "kribb", "skoltech"]
    partners = list(real.store.get_many(ids).values())
    found = counterparts(real, partners, date(2026, 1, 1))
    hub = found["k-bio-lab-hub"]
    assert isinstance(hub, Counterpart)
    assert hub.partner.id == "labcentral"
    assert [tie.id for tie in hub.ties] == ["labcentral-k-bio-lab-hub"]
    assert hub.reasons[0].en.startswith("On record between the two: Memorandum")
    assert found["gil-medical-center"].partner.id == "mgh"
    assert found["mgh"].partner.region.startswith("KR")
    assert 0 < found["mgh"].likeness < 1
    assert isinstance(found["kribb"], Unpaired)
    assert "United States" in found["kribb"].said.en
    assert "Russia" in found["skoltech"].said.en
    before = counterparts(real, partners, date(2023, 1, 1))
    assert isinstance(before["k-bio-lab-hub"], Unpaired)


def test_what_is_not_known_of_a_partner_makes_nobody_alike(world, sources, make):
    put(
        world,
        make.partner("here", kind="hospital", region="KR-28"),
        make.partner("there", kind="hospital", region="US-MA"),
        make.partner("nowhere", kind="hospital"),
    )
    hub = make.programme("hub", kind="cluster_hub", partners=["there"], countries=["KR", "US"])
    world.store.put_programmes([hub])
    partners = list(world.store.get_many(["here", "nowhere"]).values())
    found = counterparts(sources, partners, date(2026, 1, 1))
    assert found["here"].partner.id == "there"
    assert found["here"].reasons == ()
    assert isinstance(found["nowhere"], Unpaired)
