"""What a startup needs, and by what a partner covers it: by hand."""

from __future__ import annotations

import pytest

from matcher.needs import NeedKind, borne, covered_by, needs_of
from matcher.words import unknown_commonness


def ids(needs) -> list[str]:
    return [need.id for need in needs]


def test_what_is_ticked_stands_before_what_the_text_names(make):
    startup = make.startup(
        seeks=["investment"],
        seeking="We look for a hospital that does clinical validation of our biologics.",
    )
    needs = needs_of(startup)
    assert ids(needs) == [
        "support:investment",
        "named:clinical_validation",
        "partner:hospital",
        "sector:biologics",
    ]
    assert [need.weight for need in needs] == [8, 4, 4, 2]
    assert needs[0].sentence is None
    assert all(need.sentence.en == startup.seeking.en for need in needs[1:])


def test_a_support_is_a_need_once(make):
    startup = make.startup(seeks=["loan"], seeking="A loan.")
    assert ids(needs_of(startup)) == ["support:loan"]


def test_who_says_nothing_needs_nothing_known(make):
    assert needs_of(make.startup()) == ()


def test_words_are_needs_where_partners_say_them(make):
    startup = make.startup(seeking="We look for cryogenic tanks and a zeppelin.")
    partner = make.partner(offering="We test cryogenic tanks.", summary="Everything cold.")
    needs = needs_of(startup, [partner], unknown_commonness)
    assert ids(needs) == ["word:cryogenic", "word:tanks"]
    assert borne(needs[0], partner).text.en == "We test cryogenic tanks."
    assert borne(needs[0], partner).kind == "sentence"
    wishful = make.partner(seeking="We look for cryogenic tanks.")
    assert covered_by(needs, wishful) == frozenset()


def test_korean_words_are_told_without_their_particles(make):
    startup = make.startup(seeking="병원과 제대혈을 찾습니다.")
    partner = make.partner(offering="병원과 제대혈을 제공합니다.")
    needs = needs_of(startup, [partner], unknown_commonness)
    assert ids(needs) == ["partner:hospital", "word:제대혈"]


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({"offers": ["clinical_validation"]}, {"named:clinical_validation"}),
        ({"kind": "hospital"}, {"partner:hospital"}),
        ({"kind": "university"}, set()),
        ({"sectors": ["biologics"]}, {"sector:biologics"}),
        ({"sectors": ["bio"]}, {"sector:biologics"}),
        ({"sectors": ["games"], "seeks": ["investment"]}, set()),
        ({"summary": "Clinical validation, investment, biologics."}, set()),
        ({}, set()),
    ],
)
def test_only_what_is_known_of_a_partner_covers(make, fields, covered):
    startup = make.startup(
        seeks=["investment"], seeking="A hospital, clinical validation and biologics."
    )
    assert covered_by(needs_of(startup), make.partner(**fields)) == covered


def test_a_large_company_of_korea_or_of_the_world_is_an_anchor(make):
    need = needs_of(make.startup(seeking="We look for a large company."))[0]
    assert (need.kind, need.code) == (NeedKind.PARTNER, "conglomerate")
    for kind in ("conglomerate", "global_company"):
        assert borne(need, make.partner(kind=kind)).kind == "fact"
