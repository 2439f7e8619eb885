"""Cohorts: intake, eligibility, two screenings, decisions, declines; none on an older state."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from profiles import InvalidRecord, Partner, Programme, StaleEdit, Startup, Store, Vectors
from profiles import validate as valid
from profiles.cohorts import (
    Cohort,
    CohortError,
    CohortState,
    DecisionState,
    EntryStage,
    Refusal,
    Screening,
    UnknownCohort,
    aftermath,
    apply,
    cohort,
    cohorts,
    decisions_of,
    decline,
    edit_cohort,
    entries_of,
    entry_of,
    final_decision,
    finish,
    history_of,
    keep_decision,
    mark,
    open_cohort,
    open_cohort_of,
    ranking,
    recuse,
    score_entry,
    screen,
    set_state,
    whole_entry,
    with_profile,
    withdraw,
    written_digest,
)
from profiles.consistency import faults
from profiles.jobs import JobKind, JobState, ask, end, take
from profiles.jobs import job as read_job
from profiles.merging import merge
from profiles.privacy import erase
from profiles.rules import Rule
from profiles.unmerging import unmerge

NOTHING = Vectors("e/p1")
DAY = date(2026, 3, 10)
OUTSIDE = Refusal("region", "Outside the region.", "지역 밖입니다.")
STAFF = "Mina Kim"


def programme(store: Store, id: str = "g", **values: Any) -> None:
    store.put_programmes([valid(Programme, {"id": id, "kind": "contest", "name": id, **values})])


def partner(store: Store, id: str, **values: Any) -> None:
    store.put_many([(valid(Partner, {"id": id, "name": id, **values}), NOTHING)])


def startups(store: Store, *ids: str) -> None:
    for id in ids:
        store.put_many([(valid(Startup, {"id": id, "name": id, "summary": "x"}), NOTHING)])


def opened(store: Store, **values: Any) -> Cohort:
    """A cohort of a programme with two hosts."""
    partner(store, "p1")
    partner(store, "p2")
    programme(store, partners=["p2", "p1"], places=2)
    return open_cohort(store, "g", **{"name": "Spring", "by": STAFF, **values})


def run_to_final(store: Store, held: Cohort, *ids: str) -> None:
    """Let startups through everything up to the assignment."""
    for id in ids:
        apply(store, held.id, id, by=STAFF)
    mark(store, held.id, dict.fromkeys(ids, ()), by=STAFF)
    for one in held.screened:
        screen(store, held.id, one, dict.fromkeys(ids, True), reason="good", by=STAFF)


def stages(store: Store, held: Cohort) -> dict[str, str]:
    return {one.profile: one.stage.value for one in entries_of(store, held.id)}


def refused(code: str, call: Any, *args: Any, **values: Any) -> None:
    """What is refused says so in both languages, and its field."""
    with pytest.raises(CohortError) as caught:
        call(*args, **values)
    error = caught.value.errors[0]
    assert error.code == code
    assert error.rule("ko") != error.rule("en")


def test_a_cohort_takes_rules_places_and_hosts_of_its_programme(store: Store) -> None:
    held = opened(store, opens="2026-03-01", closes="2026-03-31")
    assert held.hosts == ("p1", "p2")
    assert [(rule.id, rule.high) for rule in held.rules] == [("places", 2)]
    assert (held.screenings, held.state, held.revision) == (2, CohortState.INTAKE, 1)
    assert held.is_open_on(DAY)
    assert not held.is_open_on(date(2026, 4, 1))
    assert open_cohort_of(store, "g") == held == cohorts(store)[0]


def test_the_parts_of_a_programme_are_its_hosts(store: Store) -> None:
    partner(store, "p1")
    programme(store, "whole")
    programme(store, "part-b", part_of="whole", partners=["p1"])
    programme(store, "part-a", part_of="whole", partners=["p1"])
    startups(store, "s1", "s2")
    held = open_cohort(store, "whole", name="x", by=STAFF)
    assert held.hosts == ("part-a", "part-b")
    refused("cohort_no_wish", apply, store, held.id, "s1", own=DAY)
    refused("cohort_wish", apply, store, held.id, "s1", wishes=["p1"])
    wished = apply(store, held.id, "s1", wishes=["part-b", "part-a"], own=DAY)
    assert wished.wishes == ("part-b", "part-a")
    other = open_cohort(store, "part-a", name="own", by=STAFF)
    refused("cohort_one_part", apply, store, other.id, "s1")
    withdraw(store, held.id, "s1")
    assert apply(store, other.id, "s1").stage is EntryStage.APPLIED


def test_staff_edit_rules_and_a_stale_edit_is_refused(store: Store) -> None:
    held = opened(store)
    rules = [{"id": "seoul", "kind": "quota", "group": "area:capital", "high": 1}]
    edited = edit_cohort(store, held.id, {"rules": rules}, by=STAFF, base=1)
    assert edited.revision == 2
    assert edited.rules == (Rule(id="seoul", kind="quota", group="area:capital", high=1),)
    with pytest.raises(StaleEdit):
        edit_cohort(store, held.id, {"name": "late"}, base=1)
    assert [one.kind for one in history_of(store, held.id)] == ["edited", "opened"]
    strange = [{"id": "x", "kind": "places", "hosts": ["elsewhere"], "high": 1}]
    refused("cohort_rule_host", edit_cohort, store, held.id, {"rules": strange})
    with pytest.raises(InvalidRecord) as caught:
        edit_cohort(store, held.id, {"closes": "2020-01-01", "opens": "2021-01-01"})
    assert caught.value.errors[0].field == "closes"


def test_one_applicant_alone_is_kept_apart_from_nobody(store: Store) -> None:
    alone = {"rules": [{"id": "a", "kind": "apart", "applicants": ["one"]}]}
    held = opened(store)
    refused("rule_alone", edit_cohort, store, held.id, alone)
    refused("rule_alone", open_cohort, store, "g", name="x", by=STAFF, **alone)
    assert cohort(store, held.id) == held


def test_a_rule_that_an_erasure_left_alone_holds_up_no_other_edit(store: Store) -> None:
    held = opened(store)
    pair = Rule(id="a", kind="apart", applicants=("one", "two"))
    startups(store, "one", "two")
    edit_cohort(store, held.id, {"rules": [pair]}, by="kim")
    erase(store, "two")
    edited = edit_cohort(store, held.id, {"name": "Renamed"}, by="kim")
    assert edited.rules == (pair.model_copy(update={"applicants": ("one",)}),)


def test_intake_keeps_to_dates_kinds_and_one_application(store: Store) -> None:
    held = opened(store, opens="2026-03-01", closes="2026-03-31")
    startups(store, "s1")
    partner(store, "lab", kind="research_institute", summary="We study.")
    partner(store, "mute", kind="research_institute")
    refused("cohort_not_begun", apply, store, held.id, "s1", own=date(2026, 2, 1))
    refused("cohort_intake_over", apply, store, held.id, "s1", own=date(2026, 4, 1))
    refused("cohort_kind", apply, store, held.id, "lab")
    refused("cohort_no_profile", apply, store, held.id, "nobody")
    apply(store, held.id, "s1", own=DAY, note="Please.")
    refused("cohort_twice", apply, store, held.id, "s1")
    rule = {"id": "r", "kind": "quota", "group": "kind:research_institute", "high": 1}
    edit_cohort(store, held.id, {"rules": [rule]})
    assert apply(store, held.id, "lab").stage is EntryStage.APPLIED
    refused("cohort_no_text", apply, store, held.id, "mute")
    with pytest.raises(UnknownCohort):
        apply(store, 99, "s1")
    set_state(store, held.id, CohortState.SCREENING, by=STAFF)
    assert cohort(store, held.id).state is CohortState.SCREENING
    refused("cohort_intake_over", apply, store, held.id, "s1", own=DAY)


def test_eligibility_is_kept_with_the_rule_and_checked_again(store: Store) -> None:
    held = opened(store)
    startups(store, "s1", "s2")
    apply(store, held.id, "s1")
    apply(store, held.id, "s2")
    mark(store, held.id, {"s1": (OUTSIDE,), "s2": ()}, by=STAFF)
    assert entry_of(store, held.id, "s1").refusals == (OUTSIDE,)
    assert stages(store, held) == {"s1": "refused", "s2": "eligible"}
    assert mark(store, held.id, {"s1": (OUTSIDE,), "s2": ()}) == []
    mark(store, held.id, {"s1": (), "s2": (OUTSIDE,)}, by=STAFF)
    assert stages(store, held) == {"s1": "eligible", "s2": "refused"}


def test_scores_rank_the_entries_and_ties_are_told(store: Store) -> None:
    held = opened(store, criteria=["a", "b"])
    startups(store, "s1", "s2", "s3", "s4")
    for id in ("s1", "s2", "s3", "s4"):
        apply(store, held.id, id)
    mark(store, held.id, dict.fromkeys(("s1", "s2", "s3", "s4"), ()))

    def score(id: str, by: str, a: int, b: int) -> None:
        said = {"a": (a, "why"), "b": (b, "why")}
        score_entry(store, held.id, id, Screening.FIRST, said, by=by)

    score("s1", "Kim", 60, 80)
    score("s1", "Lee", 90, 90)
    score("s2", "Kim", 80, 80)
    score("s3", "Lee", 60, 100)
    score_entry(store, held.id, "s4", Screening.FIRST, {"a": (100, "half")}, by="Lee")
    found = ranking(store, held.id, Screening.FIRST)
    told = [(one.entry.profile, one.place, one.mean, one.tied) for one in found]
    assert told == [
        ("s1", 1, Fraction(80), 2),
        ("s2", 1, Fraction(80), 2),
        ("s3", 1, Fraction(80), 2),
        ("s4", None, None, 0),
    ]
    score("s1", "Lee", 100, 90)  # said anew, it replaces
    assert [one.place for one in ranking(store, held.id, Screening.FIRST)] == [1, 2, 2, None]


@pytest.mark.parametrize("points", [-1, 101, "many", None])
def test_points_are_0_to_100_with_a_reason(store: Store, points: object) -> None:
    held = opened(store, criteria=["a"])
    startups(store, "s1")
    apply(store, held.id, "s1")
    mark(store, held.id, {"s1": ()})
    with pytest.raises(InvalidRecord):
        score_entry(store, held.id, "s1", Screening.FIRST, {"a": (points, "x")}, by="K")
    with pytest.raises(InvalidRecord):
        score_entry(store, held.id, "s1", Screening.FIRST, {"a": (50, " ")}, by="K")
    refused(
        "cohort_not_in", score_entry, store, held.id, "s1", Screening.FINAL, {"a": (1, "x")}, by="K"
    )
    assert whole_entry(store, held.id, "s1").scores == ()


def test_whoever_has_an_interest_does_not_score(store: Store) -> None:
    held = opened(store, criteria=["a"])
    startups(store, "s1")
    apply(store, held.id, "s1")
    mark(store, held.id, {"s1": ()})
    said = {"a": (100, "my cousin's")}
    score_entry(store, held.id, "s1", Screening.FIRST, said, by="Lee")
    recuse(store, held.id, "s1", "Lee", reason="family", by=STAFF)
    assert whole_entry(store, held.id, "s1").scores == ()
    for name in ("Lee", "LEE", " lee "):
        given = (store, held.id, "s1", Screening.FIRST, said)
        refused("cohort_recused", score_entry, *given, by=name)


def test_an_interest_is_of_the_person_however_the_name_is_spelt(store: Store) -> None:
    held = opened(store, criteria=["a"])
    startups(store, "s1")
    apply(store, held.id, "s1")
    mark(store, held.id, {"s1": ()})
    score_entry(store, held.id, "s1", Screening.FIRST, {"a": (100, "x")}, by="Mina Kim")
    recuse(store, held.id, "s1", "mina  kim", reason="family", by=STAFF)
    recuse(store, held.id, "s1", "Mina KIM", reason="a cousin", by=STAFF)
    kept = whole_entry(store, held.id, "s1")
    assert kept.scores == ()
    assert [one.reason for one in kept.recusals] == ["a cousin"]


def test_screening_is_all_or_nothing_and_refuses_stale_moves(store: Store) -> None:
    held = opened(store)
    startups(store, "s1", "s2")
    apply(store, held.id, "s1")
    apply(store, held.id, "s2")
    mark(store, held.id, {"s1": ()})
    both = {"s1": True, "s2": True}
    refused("cohort_not_in", screen, store, held.id, Screening.FIRST, both, reason="x", by=STAFF)
    assert stages(store, held) == {"s1": "eligible", "s2": "applied"}
    mark(store, held.id, {"s2": ()})
    seen = {"s1": entry_of(store, held.id, "s1").revision - 1}
    with pytest.raises(StaleEdit):
        screen(store, held.id, Screening.FIRST, both, reason="x", by=STAFF, bases=seen)
    screen(store, held.id, Screening.FIRST, {"s1": True, "s2": False}, reason="x", by=STAFF)
    assert stages(store, held) == {"s1": "first", "s2": "out_first"}
    screen(store, held.id, Screening.FIRST, {"s2": True}, reason="thought again", by=STAFF)
    assert entry_of(store, held.id, "s2").reason == "thought again"
    refused("case_words", screen, store, held.id, Screening.FINAL, both, reason=" ", by=STAFF)


def test_a_decision_places_all_candidates_and_a_reserve_moves_up(store: Store) -> None:
    held = opened(store)
    startups(store, "s1", "s2", "s3", "s4")
    run_to_final(store, held, "s1", "s2", "s3", "s4")
    made = keep_decision(store, held.id, {"pairs": []}, by=STAFF)
    assert made.digest == written_digest({"pairs": []})
    places = {"s1": "p1", "s2": "p2"}
    finish(store, made.id, places, {"p1": ["s3"], "p2": ["s3"]}, why="the panel", by=STAFF)
    assert stages(store, held) == {
        "s1": "selected", "s2": "selected", "s3": "reserve", "s4": "unplaced",
    }  # fmt: skip
    assert (found := final_decision(store, held.id))
    assert found.why == "the panel"
    refused("cohort_decision_old", finish, store, made.id, {}, {}, why="x", by=STAFF)
    up = decline(store, held.id, "s1", reason="moved away", by=STAFF)
    assert up
    assert (up.profile, up.host, up.stage) == ("s3", "p1", EntryStage.SELECTED)
    assert decline(store, held.id, "s2", reason="no time", by=STAFF) is None
    refused("cohort_move", decline, store, held.id, "s2", reason="again")
    later = keep_decision(store, held.id, {"pairs": [1]}, by=STAFF)
    with pytest.raises(CohortError, match="decided already"):
        finish(store, later.id, {"s4": "p2", "s3": "p1"}, {}, why="anew", by=STAFF)
    finish(store, later.id, {"s4": "p2", "s3": "p1"}, {}, why="anew", by=STAFF, replace=True)
    states = [one.state for one in decisions_of(store, held.id)]
    assert states == [DecisionState.FINAL, DecisionState.REPLACED]
    assert with_profile(store, "s4")[0][1].host == "p2"
    assert faults(store) == []


def test_one_who_withdrew_gets_no_place(store: Store) -> None:
    held = opened(store)
    startups(store, "s1", "s2")
    run_to_final(store, held, "s1", "s2")
    made = keep_decision(store, held.id, {}, by=STAFF)
    withdraw(store, held.id, "s1", reason="bankrupt")
    gone = {"s1": "p1"}
    refused("cohort_not_candidate", finish, store, made.id, gone, {}, why="x", by=STAFF)
    assert stages(store, held) == {"s1": "withdrawn", "s2": "final"}


def test_one_who_took_its_application_back_applies_again(store: Store) -> None:
    held = opened(store)
    startups(store, "s1")
    first = apply(store, held.id, "s1", note="before", by=STAFF)
    refused("cohort_twice", apply, store, held.id, "s1", by=STAFF)
    withdraw(store, held.id, "s1", reason="by mistake")
    again = apply(store, held.id, "s1", note="after", by=STAFF)
    assert (again.id, again.stage, again.note, again.reason) == (first.id, "applied", "after", "")
    assert again.revision > first.revision
    refused("cohort_twice", apply, store, held.id, "s1", by=STAFF)
    told = sorted((one for one in history_of(store, held.id) if one.entry), key=lambda one: one.id)
    assert [one.kind for one in told] == ["applied", "moved", "applied"]
    assert told[1].data["to"] == "withdrawn"


def test_a_round_without_screenings_decides_among_the_eligible(store: Store) -> None:
    held = opened(store, screenings=0)
    startups(store, "s1")
    run_to_final(store, held, "s1")
    made = keep_decision(store, held.id, {}, by=STAFF)
    finish(store, made.id, {"s1": "p1"}, {}, why="only one", by=STAFF)
    assert stages(store, held) == {"s1": "selected"}


@pytest.mark.parametrize(
    ("closes", "is_open"), [(None, True), (DAY, True), (date(2026, 3, 9), False)]
)
def test_a_decision_while_startups_may_apply_is_confirmed_and_kept(
    store: Store, closes: date | None, is_open: bool
) -> None:
    held = opened(store, screenings=0, closes=closes)
    startups(store, "s1")
    run_to_final(store, held, "s1")
    made = keep_decision(store, held.id, {}, by=STAFF)
    assert aftermath(store, made).final_at is None
    said: dict[str, Any] = {"why": "x", "by": STAFF, "today": DAY}
    if is_open:
        refused("cohort_still_open", finish, store, made.id, {}, {}, while_open=False, **said)
    finish(store, made.id, {"s1": "p1"}, {}, while_open=is_open, **said)
    after = aftermath(store, made)
    assert (after.final_by, after.while_open) == (STAFF, is_open)
    assert after.final_at


def test_twins_of_a_merge_share_the_entry_that_came_further(store: Store) -> None:
    held = opened(store)
    startups(store, "s1", "s2")
    apply(store, held.id, "s1")
    apply(store, held.id, "s2")
    mark(store, held.id, {"s2": ()})
    done = merge(store, "s1", "s2", lambda _: NOTHING)
    assert stages(store, held) == {"s1": "eligible"}
    assert faults(store) == []
    unmerge(store, done.number, lambda _: NOTHING)
    assert stages(store, held) == {"s1": "applied", "s2": "eligible"}


def test_erasing_an_applicant_leaves_a_record_that_names_nobody(store: Store) -> None:
    held = opened(store)
    startups(store, "s1", "s2")
    run_to_final(store, held, "s1", "s2")
    fits = {"fits": [[1, 2], [3, 4]], "hosts": [{"id": "p1"}, {"id": "p2"}]}
    document = {
        "instance": {**fits, "applicants": [{"id": "s1"}, {"id": "s2"}]},
        "solution": {"pairs": [["s1", "p1"], ["s2", "p2"]]},
    }
    keep_decision(store, held.id, document, by=STAFF)
    erase(store, "s2")
    kept = decisions_of(store, held.id)[0]
    assert "s2" not in str(kept.record)
    assert kept.record["instance"]["applicants"] == [{"id": "erased-1"}, {"id": "s1"}]
    assert kept.record["instance"]["fits"] == [[3, 4], [1, 2]]
    assert kept.digest == written_digest(kept.record)
    assert stages(store, held) == {"s1": "final"}
    assert faults(store) == []


def test_an_erased_host_leaves_hosts_and_rules(store: Store) -> None:
    held = opened(store)
    rules = [
        {"id": "a", "kind": "places", "hosts": ["p1"], "high": 1},
        {"id": "b", "kind": "places", "hosts": ["p1", "p2"], "high": 2},
    ]
    edit_cohort(store, held.id, {"rules": rules})
    erase(store, "p1")
    left = cohort(store, held.id)
    assert left.hosts == ("p2",)
    assert [(rule.id, rule.hosts) for rule in left.rules] == [("b", ("p2",))]


def test_a_programme_with_cohorts_is_not_removed(store: Store) -> None:
    opened(store)
    _, revision = store.programme_with_revision("g")
    refused("cohort_of_programme", store.remove_programme, "g", base=revision)


def test_an_assignment_may_be_asked_for_as_a_job(store: Store) -> None:
    made = ask(store, JobKind.ASSIGN, {"cohort": 1}, by=STAFF)
    assert read_job(store, made.id).kind is JobKind.ASSIGN


def test_an_erased_id_is_in_no_event_and_no_job(store: Store) -> None:
    held = opened(store)
    startups(store, "s1", "s2", "s10")
    run_to_final(store, held, "s1", "s2", "s10")
    rule = {"id": "b", "kind": "seats", "applicants": ["s1", "s2"], "high": 2}
    edit_cohort(store, held.id, {"rules": [rule]})
    made = keep_decision(store, held.id, {}, by=STAFF)
    finish(store, made.id, {"s1": "p1"}, {"p1": ["s2"]}, why="x", by=STAFF)
    decline(store, held.id, "s1", reason="moved away", by=STAFF)
    job = ask(store, JobKind.ASSIGN, {"cohort": held.id, "rules": [rule]}, by=STAFF)
    taken = take(store, "w")
    assert taken
    told = {"said": {"en": "s1 at p1, not s10", "ko": "s1은 p1"}}
    end(store, taken, JobState.DONE, outcome=told)
    erase(store, "s1")
    data = [dict(one.data) for one in history_of(store, held.id)]
    assert {"host": "p1", "declined": "erased"} in data
    assert "s1'" not in str(data)
    assert 's1"' not in str(data)
    kept = read_job(store, job.id)
    assert kept.arguments["rules"][0]["applicants"] == ["erased", "s2"]
    assert kept.outcome == {"said": {"en": "erased at p1, not s10", "ko": "erased은 p1"}}
