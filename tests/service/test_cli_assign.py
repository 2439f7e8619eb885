"""`dari assign` gives out places by a cohort or without one, and says what contradicts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from profiles import cohorts
from profiles.cohorts import CohortState, Screening
from service.demo import load
from service.demo.contest import PROGRAMME
from service.settings import Settings
from service.wiring import build

QUICK = ("--seconds", "10")


@pytest.fixture
def home(dari) -> Any:
    """The home of the commands, with the made-up cohort in it."""
    built = build(Settings())
    load(built)
    yield built
    built.store.close()


def test_without_a_cohort_the_startups_of_the_store_are_taken(dari, home) -> None:
    found = json.loads(dari("assign", PROGRAMME, "--json", *QUICK).stdout)
    assert found["cohort"] is found["decision"] is None
    assert found["status"] == "optimal"
    assert len(found["pairs"]) == 10
    assert {one["host"] for one in found["pairs"]} == {"sk-telecom"}
    again = json.loads(dari("assign", PROGRAMME, "--json", *QUICK).stdout)
    assert again["pairs"] == found["pairs"]
    assert [one["rule"]["id"] for one in found["prices"]] == ["venue"]


def test_rules_are_added_and_left_out_and_contradictions_told(dari, home) -> None:
    more = ("--rule", "kind=total high=3", "--without", "places", "--lang", "ko")
    told = dari("assign", PROGRAMME, *more, *QUICK)
    assert told.exit_code == 0, told.output
    assert "최적임이 증명됨" in told.output
    assert "[typed-1]" in told.output
    against = ("--rule", "id=many kind=total low=50")
    told = dari("assign", PROGRAMME, *against, *QUICK)
    assert told.exit_code == 0, told.output
    assert "the rules contradict" in told.output
    assert "at least 50" in told.output


def test_the_cohort_under_way_is_taken_and_its_decision_kept(dari, home) -> None:
    held = cohorts.open_cohort(home.store, PROGRAMME, name="r", screenings=0, by="x")
    cohorts.apply(home.store, held.id, "demo-gyeol-rf")
    cohorts.apply(home.store, held.id, "demo-gureum-ops")
    found = json.loads(dari("assign", PROGRAMME, "--json", *QUICK).stdout)
    assert found["cohort"] == held.id
    assert [one["applicant"] for one in found["pairs"]] == ["demo-gyeol-rf"]
    kept = cohorts.decisions_of(home.store, held.id)[0]
    assert (kept.id, kept.digest) == (found["decision"], found["record"]["digest"])


def test_an_open_intake_and_who_is_on_the_way_are_told_beside_the_result(dari, home) -> None:
    values: dict[str, Any] = {"name": "r", "closes": "2099-12-31"}
    held = cohorts.open_cohort(home.store, PROGRAMME, screenings=1, **values)
    three = ["demo-dulle-mesh", "demo-gyeol-rf", "demo-haneul-optics"]
    cohorts.apply_all(home.store, held.id, three)
    cohorts.mark(home.store, held.id, dict.fromkeys(three, ()))
    cohorts.screen(home.store, held.id, Screening.FIRST, {three[1]: True}, reason="x", by="x")
    told = dari("assign", PROGRAMME, *QUICK).stderr
    assert "Startups may still apply to r (last day 2099-12-31)" in told
    assert "no part of this: Dulle Mesh, Haneul Optics" in told
    korean = dari("assign", PROGRAMME, "--lang", "ko", *QUICK).stderr
    assert "r: 접수 중입니다(마감일 2099-12-31)" in korean
    assert "둘레메시, 하늘옵틱스" in korean
    document = dari("assign", PROGRAMME, "--json", *QUICK)
    assert json.loads(document.stdout)["cohort"] == held.id
    assert "may still apply" in document.stderr
    cohorts.set_state(home.store, held.id, CohortState.SCREENING, by="x")
    assert "may still apply" not in dari("assign", PROGRAMME, *QUICK).output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nothing",), "nothing"),
        ((PROGRAMME, "--cohort", "99"), "99"),
        ((PROGRAMME, "--seconds", "0"), "0.0"),
        ((PROGRAMME, "--without", "none"), "none"),
        ((PROGRAMME, "--rule", "kind=share low=20"), "group"),
        ((PROGRAMME, "--rule", "kind=total high=3 nonsense"), "nonsense"),
    ],
)
def test_what_cannot_be_done_is_said(dari, home, words: tuple[str, ...], told: str) -> None:
    for lang in ("en", "ko"):
        said = dari("assign", *words, "--lang", lang)
        assert said.exit_code != 0
        assert told in said.output


def test_a_decision_is_overridden_made_final_and_replaced_only_where_that_is_said(
    dari, home
) -> None:
    held = cohorts.open_cohort(home.store, PROGRAMME, name="r", screenings=0, by="x")
    both = ["demo-gyeol-rf", "demo-haneul-optics"]
    cohorts.apply_all(home.store, held.id, both)
    assert dari("assign", PROGRAMME, "--cohort", held.id, *QUICK).exit_code == 0
    first = cohorts.decisions_of(home.store, held.id)[0].id
    taken = dari("decision", "override", first, both[0], "--why", "Bankrupt", "--by", "Kim")
    assert taken.exit_code == 0, taken.output
    assert "from then on no place: Bankrupt (Kim)" in taken.output
    assert "All rules are kept." in taken.output
    newest = cohorts.decisions_of(home.store, held.id)[0]
    assert newest.record["overrides"][0]["by"] == "Kim"
    assert "no reserve: " in taken.output
    still = dari("decision", "final", newest.id, "--why", "Panel")
    assert still.exit_code == 1
    assert "its intake is open" in still.output
    assert dari("decision", "final", newest.id, "--why", "Panel", "--while-open").exit_code == 0
    assert "while startups could still apply" in dari("decision", "show", newest.id).output
    again = dari("decision", "final", first, "--why", "Panel")
    assert again.exit_code == 1
    assert "--replace" in again.output
    assert dari("decision", "final", first, "--why", "Panel", "--replace").exit_code == 0
    gone = dari("decision", "decline", held.id, both[0], "--why", "Moved", "--lang", "ko")
    assert gone.exit_code == 0, gone.output
    told = dari("decision", "show", first, "--lang", "ko")
    assert "이후 반납" in told.output
    assert "(확정)" in told.output
    document = json.loads(dari("decision", "show", newest.id, "--json").stdout)
    assert document["after"]["holds"] == first
    assert document["state"] == "replaced"
    refused = dari("decision", "override", first, both[0], "--swap", both[0], "--why", "x")
    assert refused.exit_code == 1
    assert "cannot exchange places" in refused.output
