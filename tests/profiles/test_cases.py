"""Cases in the store, each on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from profiles import (
    InvalidRecord,
    Partner,
    Programme,
    Side,
    StaleEdit,
    Startup,
    Store,
    Tie,
    TieKind,
    UnknownId,
    Vectors,
    tables,
    validate,
)
from profiles.backup import back_up
from profiles.case_moves import TIES, close_case, judge_case, move_back, move_case
from profiles.cases import (
    STAGES,
    Answer,
    Case,
    CaseError,
    CaseStage,
    Decline,
    Outcome,
    UnknownCase,
    cases_of,
    get_case,
    hidden_fields,
    is_shown_to,
    may_see_confidential,
    open_case_of,
    whole_case,
)
from profiles.casework import (
    LONGEST_NOTE,
    answer_case,
    assign_case,
    make_link,
    note_case,
    open_case,
    record_letter,
    release_case,
)
from profiles.consistency import faults
from profiles.database import alembic_config, reading, writing
from profiles.merging import merge
from profiles.privacy import erase, held, idle
from profiles.remains import owners
from profiles.restoring import restore
from profiles.unmerging import unmerge

NOTE = "대표와 통화했고 다음 주에 다시 이야기하기로 했습니다"
SPACE = "e/p1"
DUE = datetime.now(UTC).date() + timedelta(days=30)


def vectors_of(_record: Any) -> Vectors:
    return Vectors(SPACE)


@pytest.fixture
def known(store: Store) -> Store:
    """Three startups, two partners and a programme."""
    profiles = [
        validate(Startup, {"id": f"s{n}", "name": f"S{n}", "summary": "x"}) for n in (1, 2, 3)
    ]
    others = [validate(Partner, {"id": f"p{n}", "name": f"P{n}"}) for n in (1, 2)]
    store.put_many([(one, Vectors(SPACE)) for one in (*profiles, *others)])
    store.put_programmes([validate(Programme, {"id": "g", "kind": "contest", "name": "G"})])
    return store


def opened(store: Store, startup: str = "s1", partner: str = "p1", **more: Any) -> Case:
    return open_case(store, startup, partner, by="Kim", **more)[0]


def moved(store: Store, case: Case, *stages: CaseStage) -> Case:
    for stage in stages:
        case = move_case(store, case.id, stage, by="Kim")
    return case


def ties(store: Store) -> dict[str, Tie]:
    return {tie.id: tie for tie in store.ties()}


def content(store: Store) -> str:
    with reading(store.engine) as connection:
        return repr([
            tuple(row)
            for table in tables.metadata.sorted_tables
            for row in connection.execute(select(table))
        ])


def test_a_case_is_kept_as_it_was_opened(known: Store) -> None:
    reasons = {"ko": ["둘 다 의료기기를 다룹니다"], "score": 12.5}
    case, is_new = open_case(
        known, "s1", "p1", shown_rank=3, model_version="m1", programme="g", owner=" Lee ",
        due=DUE, reasons=reasons, by="Kim",
    )  # fmt: skip
    assert is_new
    assert case == get_case(known, case.id)
    assert (case.stage, case.path) == (CaseStage.SHORTLISTED, (CaseStage.SHORTLISTED,))
    assert (case.shown_rank, case.model_version, case.programme) == (3, "m1", "g")
    assert (case.owner, case.due, case.opened_by) == ("Lee", DUE, "Kim")
    assert (case.reasons, case.revision, case.is_open) == (reasons, 1, True)
    assert case.is_overdue(DUE + timedelta(days=1))
    assert not case.is_overdue(DUE)
    (event,) = whole_case(known, case.id).events
    assert (event.kind, event.by) == ("opened", "Kim")
    assert event.data == {"shown_rank": 3, "model_version": "m1"}
    assert ("case", "s1") in {(c.kind, c.id) for c in known.changes_after(0)}
    assert [one.id for one in cases_of(known, "p1")] == [case.id]
    assert cases_of(known, "p2") == cases_of(known, "\x00") == []


def test_a_pair_has_one_open_case(known: Store) -> None:
    case = opened(known)
    again, is_new = open_case(known, "s1", "p1", by="Lee")
    assert (again, is_new) == (case, False)
    close_case(known, case.id, Outcome.DROPPED, reason=Decline.TIMING)
    assert open_case_of(known, "s1", "p1") is None
    other = opened(known)
    assert other.id != case.id
    with pytest.raises(CaseError, match="another open case") as caught:
        move_back(known, case.id, reason="again")
    assert str(other.id) in caught.value.told("ko")[1]


def test_cases_that_cannot_be_opened(known: Store) -> None:
    attempts: list[tuple[Any, Any, dict[str, Any], str]] = [
        ("p1", "s1", {}, "No startup"),
        ("s1", "s2", {}, "No partner"),
        ("s9", "p1", {}, "No startup"),
        ("", "p1", {}, "startup"),
        ("s1", "p\x00", {}, "partner"),
        ("s1", "p1", {"programme": "none"}, "No programme"),
        ("s1", "p1", {"shown_rank": 0}, "shown_rank"),
        ("s1", "p1", {"shown_rank": "x"}, "shown_rank"),
        ("s1", "p1", {"owner": "x" * 101}, "owner"),
        ("s1", "p1", {"owner": "a\u202eb"}, "owner"),
        ("s1", "p1", {"due": "tomorrow"}, "due"),
        ("s1", "p1", {"model_version": "x" * 201}, "model_version"),
    ]
    for startup, partner, more, said in attempts:
        with pytest.raises(InvalidRecord, match=said):
            open_case(known, startup, partner, **more)
    assert cases_of(known, "s1") == []


def test_a_case_goes_forward_and_a_move_is_taken_back(known: Store) -> None:
    case = moved(known, opened(known), CaseStage.INTRODUCED, CaseStage.CONTRACT)
    assert case.path == (CaseStage.SHORTLISTED, CaseStage.INTRODUCED, CaseStage.CONTRACT)
    assert case.revision == 3
    back = move_back(known, case.id, reason="Signed by the wrong firm", by="Lee")
    assert (back.stage, back.path) == (CaseStage.INTRODUCED, case.path[:2])
    event = whole_case(known, case.id).events[-1]
    assert (event.kind, event.by, event.data["words"]) == (
        "back",
        "Lee",
        "Signed by the wrong firm",
    )
    for stage in (CaseStage.SHORTLISTED, CaseStage.INTRODUCED, CaseStage.CLOSED):
        with pytest.raises(CaseError, match="cannot be moved on"):
            move_case(known, case.id, stage)
    with pytest.raises(InvalidRecord, match="words are missing"):
        move_back(known, case.id, reason="  ")
    move_back(known, case.id, reason="x")
    with pytest.raises(CaseError, match="first stage"):
        move_back(known, case.id, reason="x")


def test_a_proof_of_concept_is_a_tie_until_it_is_taken_back(known: Store) -> None:
    case = opened(known)
    move_case(known, case.id, CaseStage.POC, day="2026-10-05", by="Kim")
    moved(known, case, CaseStage.CONTRACT)
    pilot, contract = (ties(known)[f"case-{case.id}-{kind}"] for kind in ("pilot", "contract"))
    assert (pilot.kind, pilot.a, pilot.b) == (TieKind.PILOT, "s1", "p1")
    assert pilot.valid_from == date(2026, 10, 5)
    assert (contract.kind, contract.source) == (TieKind.CONTRACT, f"case {case.id}")
    assert contract.valid_from == datetime.now(UTC).date()
    assert known.experience().positives == 1
    move_back(known, case.id, reason="not signed", by="Lee")
    assert list(ties(known)) == [pilot.id]
    last = known.history(contract.id)[-1]
    assert (last.payload, last.by) == (None, "Lee")
    assert ("tie", contract.id) == [(c.kind, c.id) for c in known.changes_after(0)][-2]
    moved(known, case, CaseStage.CONTRACT)
    assert [one.number for one in known.history(contract.id)] == [1, 2, 3]
    assert faults(known) == []


def test_a_day_that_has_not_come_is_refused(known: Store) -> None:
    case = opened(known)
    day = datetime.now(UTC).date() + timedelta(days=2)
    with pytest.raises(CaseError, match="not come yet"):
        move_case(known, case.id, CaseStage.POC, day=day)
    with pytest.raises(InvalidRecord, match="day"):
        move_case(known, case.id, CaseStage.POC, day="soon")
    assert ties(known) == {}
    assert get_case(known, case.id) == case


def test_a_case_is_closed_with_an_outcome_that_fits(known: Store) -> None:
    case = opened(known, shown_rank=4, model_version="m1")
    attempts: list[tuple[Outcome, dict[str, Any], str]] = [
        (Outcome.CONTRACT, {}, "cannot end so"),
        (Outcome.DROPPED, {}, "reason is missing"),
        (Outcome.DECLINED_PARTNER, {"reason": Decline.OTHER}, "few words"),
        (Outcome.DECLINED_PARTNER, {"reason": Decline.OTHER, "words": "x" * 1001}, "words"),
    ]
    for outcome, more, said in attempts:
        with pytest.raises(InvalidRecord, match=said):
            close_case(known, case.id, outcome, **more)
    closed = close_case(
        known, case.id, Outcome.DECLINED_PARTNER, reason=Decline.BUDGET, words="내년에 다시",
        verdict="poor", by="Kim",
    )  # fmt: skip
    assert (closed.stage, closed.outcome) == (CaseStage.CLOSED, Outcome.DECLINED_PARTNER)
    assert (closed.declined_reason, closed.declined_words) == (Decline.BUDGET, "내년에 다시")
    assert (closed.is_open, closed.outcomes, closed.nexts) == (False, (), ())
    (verdict,) = known.verdicts("s1")
    assert (verdict.candidate, verdict.label, verdict.note) == ("p1", "poor", "내년에 다시")
    assert (verdict.shown_rank, verdict.model_version) == (4, "m1")
    acts: list[Callable[[], Any]] = [
        lambda: close_case(known, case.id, Outcome.DROPPED, reason=Decline.TIMING),
        lambda: release_case(known, case.id),
        lambda: answer_case(known, case.id, Side.STARTUP, Answer.YES),
        lambda: make_link(known, case.id, Side.STARTUP),
    ]
    for act in acts:
        with pytest.raises(CaseError, match="closed"):
            act()
    back = move_back(known, case.id, reason="They called", by="Kim")
    assert (back.stage, back.outcome, back.closed_at) == (CaseStage.SHORTLISTED, None, None)
    assert (back.declined_reason, back.declined_words) == (None, "")


def test_a_contract_ends_with_the_contract_and_keeps_its_ties(known: Store) -> None:
    case = moved(known, opened(known), CaseStage.POC, CaseStage.CONTRACT)
    with pytest.raises(CaseError, match="cannot end so"):
        close_case(known, case.id, Outcome.DROPPED, reason=Decline.TERMS)
    closed = close_case(known, case.id, Outcome.CONTRACT, reason=Decline.TERMS)
    assert (closed.declined_reason, closed.outcome) == (None, Outcome.CONTRACT)
    assert len(ties(known)) == 2
    move_back(known, case.id, reason="x")
    assert len(ties(known)) == 2
    other = moved(known, opened(known, "s2"), CaseStage.POC)
    close_case(known, other.id, Outcome.DROPPED, reason=Decline.TERMS)
    assert len(ties(known)) == 3  # that there was a proof of concept stays true


def test_a_verdict_is_of_the_list_that_the_pair_was_shown_in(known: Store) -> None:
    case = opened(known, asked=Side.PARTNER, shown_rank=2, model_version="m")
    judge_case(known, case.id, "good", words="so", by="Kim")
    judge_case(known, case.id, "good", words="so", by="Kim")
    (verdict,) = known.verdicts("p1")
    assert (verdict.candidate, verdict.label, verdict.shown_rank) == ("s1", "good", 2)
    assert [one.kind for one in whole_case(known, case.id).events] == ["opened", "verdict"]


def test_a_change_of_what_somebody_else_has_changed_is_refused(known: Store) -> None:
    case = opened(known)
    assign_case(known, case.id, owner="Lee", due=None, programme=None, base=case.revision)
    acts: list[Callable[[], Any]] = [
        lambda: move_case(known, case.id, CaseStage.MET, base=case.revision),
        lambda: move_back(known, case.id, reason="x", base=case.revision),
        lambda: close_case(
            known, case.id, Outcome.DROPPED, reason=Decline.TIMING, base=case.revision
        ),
        lambda: assign_case(
            known, case.id, owner="Park", due=None, programme=None, base=case.revision
        ),
        lambda: release_case(known, case.id, base=case.revision),
        lambda: answer_case(known, case.id, Side.STARTUP, Answer.YES, base=case.revision),
    ]
    for act in acts:
        with pytest.raises(StaleEdit) as caught:
            act()
        assert caught.value.payload["owner"] == "Lee"
    note_case(known, case.id, NOTE)
    assert get_case(known, case.id).revision == 2


def test_two_who_move_one_case_at_once_move_it_once(known: Store) -> None:
    case = opened(known)
    start = threading.Barrier(4)
    said: list[str] = []

    def work(stage: CaseStage) -> None:
        start.wait()
        try:
            move_case(known, case.id, stage, base=case.revision)
            said.append("moved")
        except StaleEdit:
            said.append("stale")
        except BaseException as error:
            said.append(repr(error))

    wanted = (CaseStage.INTRODUCED, CaseStage.MET, CaseStage.POC, CaseStage.POC)
    threads = [threading.Thread(target=work, args=(stage,)) for stage in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["moved", "stale", "stale", "stale"]
    now = get_case(known, case.id)
    assert (now.revision, len(now.path)) == (2, 2)
    assert len(ties(known)) == (now.stage is CaseStage.POC)


def test_a_pair_shortlisted_by_many_at_once_has_one_case(known: Store) -> None:
    start = threading.Barrier(4)
    found: list[Any] = []

    def work() -> None:
        start.wait()
        try:
            found.append(open_case(known, "s1", "p1"))
        except BaseException as error:
            found.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(is_new for _, is_new in found) == [False, False, False, True]
    assert len({case.id for case, _ in found}) == 1


def test_a_note_may_be_long_and_one_that_is_too_long_is_told_its_limit(known: Store) -> None:
    id = opened(known).id
    note_case(known, id, "나" * LONGEST_NOTE)
    with pytest.raises(InvalidRecord) as refused:
        note_case(known, id, "나" * (LONGEST_NOTE + 1))
    (error,) = refused.value.errors
    assert error.code == "text_too_long"
    assert str(LONGEST_NOTE) in error.rule("ko")


def test_a_step_is_due_after_the_case_was_opened_and_within_ten_years(known: Store) -> None:
    case = opened(known)
    day = case.opened_at.date()
    early, late = date(1900, 1, 1), day + timedelta(days=3_660)
    for due, code in ((early, "case_due_early"), (late, "case_due_far")):
        with pytest.raises(CaseError) as refused:
            assign_case(known, case.id, owner=None, due=due, programme=None)
        (error,) = refused.value.errors
        assert (error.field, error.code, error.value) == ("due", code, due.isoformat())
        assert due.isoformat() in error.rule("ko")
        with pytest.raises(CaseError, match="due"):
            opened(known, "s2", due=due)
    for due in (day, day + timedelta(days=3_640)):
        kept = assign_case(known, case.id, owner=None, due=due, programme=None)
        assert kept.due == due


def test_notes_owner_and_day_are_kept(known: Store) -> None:
    case = opened(known, owner="Kim")
    note_case(known, case.id, f" {NOTE} ", by="Lee")
    for text in ("", " ", "x" * 5_001, "a\x00"):
        with pytest.raises(InvalidRecord):
            note_case(known, case.id, text)
    changed = assign_case(known, case.id, owner="Lee", due=DUE.isoformat(), programme="g", by="Kim")
    assert (changed.owner, changed.due, changed.programme) == ("Lee", DUE, "g")
    assert assign_case(known, case.id, owner="Lee", due=DUE.isoformat(), programme="g") == changed
    with pytest.raises(InvalidRecord, match="No programme"):
        assign_case(known, case.id, owner="Lee", due=None, programme="h")
    events = whole_case(known, case.id).events
    assert [one.kind for one in events] == ["opened", "note", "changed"]
    assert events[1].data == {"text": NOTE}
    assert events[2].data["due"] == [None, DUE.isoformat()]
    assert events[2].data["owner"] == ["Kim", "Lee"]


def test_a_side_answers_once_it_knows_of_the_case(known: Store) -> None:
    case = opened(known)
    for side in Side:
        assert not is_shown_to(case, side)
        with pytest.raises(CaseError, match="does not know"):
            answer_case(known, case.id, side, Answer.YES, own=True)
        with pytest.raises(CaseError, match="does not know"):
            make_link(known, case.id, side)
    released = release_case(known, case.id, by="Kim")
    assert released.released_at is not None
    assert is_shown_to(released, Side.STARTUP)
    assert not is_shown_to(released, Side.PARTNER)
    assert release_case(known, case.id, released=False).released_at is None
    release_case(known, case.id)
    assert answer_case(known, case.id, Side.STARTUP, Answer.YES, own=True).startup_answer == "yes"
    with pytest.raises(CaseError, match="answered already"):
        release_case(known, case.id, released=False)
    introduced = moved(known, case, CaseStage.MET)
    assert is_shown_to(introduced, Side.PARTNER)
    with pytest.raises(CaseError, match="reason is missing"):
        answer_case(known, case.id, Side.PARTNER, Answer.NO, own=True)
    said = answer_case(
        known, case.id, Side.PARTNER, Answer.NO, reason=Decline.CAPACITY, own=True, by="p1"
    )
    assert said.partner_answer is Answer.NO
    assert whole_case(known, case.id).events[-1].data["reason"] == "capacity"


def test_confidential_fields_wait_for_both(known: Store) -> None:
    case = opened(known)
    for first in Answer:
        for second in Answer:
            for side, answer in ((Side.STARTUP, first), (Side.PARTNER, second)):
                case = answer_case(known, case.id, side, answer, reason=Decline.TIMING)
            both = first is second is Answer.YES
            assert may_see_confidential(case) is both
            for confidential in ("contact", "registration", "website"):
                assert (confidential in hidden_fields(case)) is not both
            assert "consent" in hidden_fields(case)
    for side in Side:
        case = answer_case(known, case.id, side, Answer.YES)
    assert not may_see_confidential(
        close_case(known, case.id, Outcome.DROPPED, reason=Decline.TERMS)
    )


def test_only_the_newest_link_counts(known: Store) -> None:
    case = moved(known, opened(known), CaseStage.INTRODUCED)
    assert make_link(known, case.id, Side.PARTNER, by="Kim").partner_link == 1
    second = make_link(known, case.id, Side.PARTNER)
    assert (second.partner_link, second.startup_link, second.revision) == (2, 0, case.revision)
    with pytest.raises(CaseError, match="newer link"):
        answer_case(known, case.id, Side.PARTNER, Answer.YES, own=True, link=1)
    assert answer_case(known, case.id, Side.PARTNER, Answer.YES, own=True, link=2)


def test_letters_are_events_without_content(known: Store) -> None:
    case = opened(known)
    record_letter(known, case.id, Side.PARTNER, "ko", sent=False, by="Kim")
    record_letter(known, case.id, Side.PARTNER, "ko", sent=True, by="Kim")
    told = [one.data for one in whole_case(known, case.id).events if one.kind == "letter"]
    assert told == [{"side": "partner", "lang": "ko", "sent": sent} for sent in (False, True)]


def test_a_number_that_no_case_has(known: Store) -> None:
    for id in (0, -1, 10**6, 1 << 63, 1 << 80):
        with pytest.raises(UnknownCase, match="No case"):
            get_case(known, id)
        with pytest.raises(UnknownId):
            move_case(known, id, CaseStage.MET)
    with pytest.raises(UnknownCase) as caught:
        get_case(known, 7)
    assert "진행 건이 없습니다" in caught.value.told("ko")[0]


ACTS = st.lists(
    st.tuples(st.sampled_from(["move", "back", "close", "open"]), st.integers(0, 5)), max_size=12
)
NUMBER = count(1)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ACTS)
def test_whatever_is_done_the_records_agree(known: Store, acts: Sequence[tuple[str, int]]) -> None:
    startup = f"x{next(NUMBER)}"
    one = validate(Startup, {"id": startup, "name": startup, "summary": "x"})
    known.put_many([(one, Vectors(SPACE))])
    case = opened(known, startup)
    done = 1
    for act, choice in acts:
        try:
            if act == "move":
                move_case(known, case.id, STAGES[choice])
            elif act == "back":
                move_back(known, case.id, reason="x")
            elif act == "close":
                close_case(
                    known, case.id, tuple(Outcome)[choice % 4], reason=tuple(Decline)[choice]
                )
            else:
                done += open_case(known, startup, "p1")[1]
                continue
            done += 1
        except CaseError:
            continue
    found = cases_of(known, startup)
    assert sum(one.is_open for one in found) <= 1
    for one in found:
        assert list(one.path) == sorted(set(one.path), key=STAGES.index)
        assert (one.path[0], one.path[-1]) == (CaseStage.SHORTLISTED, one.stage)
        assert one.is_open is (one.stage is not CaseStage.CLOSED) is (one.outcome is None)
    reached = {(one.id, kind) for one in found for stage, kind in TIES.items() if stage in one.path}
    held_ties = {tie.id for tie in known.ties_page(startup)}
    assert held_ties == {f"case-{id}-{kind}" for id, kind in reached}
    assert sum(len(whole_case(known, one.id).events) for one in found) == done
    assert faults(known) == []


def test_erasure_takes_cases_notes_and_events_along(known: Store) -> None:
    case = opened(known)
    note_case(known, case.id, NOTE)
    assert owners(known, NOTE) == {"s1", "p1"}
    (one,) = held(known, "p1").cases
    assert (one.case.id, [event.kind for event in one.events]) == (case.id, ["opened", "note"])
    kept = moved(known, opened(known, "s2"), CaseStage.POC)
    erase(known, "s1")
    assert NOTE not in content(known)
    assert [one.id for one in cases_of(known, "p1")] == [kept.id]
    erase(known, "p1")
    assert cases_of(known, "s2") == []
    assert ties(known) == {}
    assert faults(known) == []


def test_work_on_a_case_keeps_a_startup_from_being_idle(known: Store) -> None:
    case = opened(known)
    since = datetime.now(UTC)
    assert {one.id for one in idle(known, since)} == {"s1", "s2", "s3"}
    note_case(known, case.id, NOTE)
    assert {one.id for one in idle(known, since)} == {"s2", "s3"}
    last = {one.id: one.last for one in idle(known, datetime.now(UTC))}
    assert last["s1"] >= since > last["s2"]


def test_a_merge_moves_cases_and_its_undoing_gives_them_back(known: Store) -> None:
    near, far = opened(known, "s1"), opened(known, "s2")
    far = moved(known, far, CaseStage.MET)
    alone = moved(known, opened(known, "s2", "p2"), CaseStage.POC)
    note_case(known, near.id, NOTE)
    one = merge(known, "s1", "s2", vectors_of)
    assert {(c.id, c.startup) for c in cases_of(known, "s1")} == {(far.id, "s1"), (alone.id, "s1")}
    assert get_case(known, near.id).aside == far.id
    assert NOTE in {event.data.get("text") for event in whole_case(known, far.id).events}
    with pytest.raises(CaseError, match="stands in the place"):
        move_case(known, near.id, CaseStage.MET)
    assert opened(known, "s2") == get_case(known, far.id)  # a merged id leads to the kept one
    assert ties(known)[f"case-{alone.id}-pilot"].a == "s1"
    assert faults(known) == []
    unmerge(known, one.number, vectors_of)
    assert {(c.id, c.startup) for c in cases_of(known, "s1")} == {(near.id, "s1")}
    assert {(c.id, c.startup) for c in cases_of(known, "s2")} == {(far.id, "s2"), (alone.id, "s2")}
    assert get_case(known, near.id).aside is None
    assert ties(known)[f"case-{alone.id}-pilot"].a == "s2"
    assert faults(known) == []


def test_a_case_opened_since_a_merge_stays_and_the_former_one_stays_aside(known: Store) -> None:
    near, far = opened(known, "s1"), moved(known, opened(known, "s2"), CaseStage.MET)
    one = merge(known, "s1", "s2", vectors_of)
    close_case(known, far.id, Outcome.DROPPED, reason=Decline.TIMING)
    later = opened(known, "s1")
    unmerge(known, one.number, vectors_of)
    assert [c.id for c in cases_of(known, "s2")] == [far.id]
    assert [c.id for c in cases_of(known, "s1")] == [later.id]
    assert get_case(known, near.id).aside == later.id
    assert faults(known) == []


def test_a_move_taken_back_while_its_tie_is_aside_stays_taken_back(known: Store) -> None:
    first, second = opened(known, "s1"), opened(known, "s2")
    for case in (first, second):
        move_case(known, case.id, CaseStage.POC, day="2026-10-05")
    one = merge(known, "s1", "s2", vectors_of)
    assert list(ties(known)) == [f"case-{first.id}-pilot"]  # both said the same
    assert get_case(known, second.id).aside == first.id
    unmerge(known, one.number, vectors_of)
    assert len(ties(known)) == 2
    two = merge(known, "s2", "s1", vectors_of)
    close_case(known, first.id, Outcome.DROPPED, reason=Decline.TIMING)
    for _ in range(2):
        move_back(known, first.id, reason="x")
    unmerge(known, two.number, vectors_of)
    assert list(ties(known)) == [f"case-{second.id}-pilot"]
    assert faults(known) == []


def test_partners_are_merged_too_and_the_order_of_undoing_holds(known: Store) -> None:
    case = opened(known, "s2", "p2")
    older = merge(known, "s1", "s2", vectors_of)
    newer = merge(known, "p1", "p2", vectors_of)
    assert (get_case(known, case.id).startup, get_case(known, case.id).partner) == ("s1", "p1")
    with pytest.raises(InvalidRecord, match="Undo merge 2 first"):
        unmerge(known, older.number, vectors_of)
    unmerge(known, newer.number, vectors_of)
    unmerge(known, older.number, vectors_of)
    assert get_case(known, case.id).partner == "p2"
    merge(known, "s1", "s2", vectors_of)
    erase(known, "s1")
    with pytest.raises(UnknownCase):
        get_case(known, case.id)


def test_a_backup_holds_cases(known: Store, tmp_path: Path) -> None:
    case = moved(known, opened(known, due=DUE), CaseStage.POC)
    note_case(known, case.id, NOTE)
    before = whole_case(known, case.id)
    back_up(known, tmp_path / "dari.zip")
    empty = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    restore(empty, tmp_path / "dari.zip")
    assert whole_case(empty, case.id) == before
    empty.close()
    restore(known, tmp_path / "dari.zip", replace=True)
    assert whole_case(known, case.id) == before
    assert opened(known, "s2").id > case.id


def test_cases_are_not_lost_by_going_back_to_an_older_schema(known: Store) -> None:
    case = opened(known)
    config = alembic_config()
    with (  # noqa: PT012
        pytest.raises(RuntimeError, match="export the pipeline"),
        writing(known.engine) as connection,
    ):
        config.attributes["connection"] = connection
        command.downgrade(config, "0005")
    assert get_case(known, case.id) == case


def test_torn_cases_are_found(known: Store) -> None:
    case = moved(known, opened(known), CaseStage.POC)
    assert faults(known) == []
    c, e = tables.cases, tables.case_events
    for statement, said in (
        (c.update().values(path="shortlisted met"), "its way does not end at its stage"),
        (c.update().values(closed_at=case.opened_at), "do not agree"),
        (c.update().values(aside=99), "stands aside for one"),
        (c.update().values(startup="nobody"), "its startup is not held"),
        (e.update().values(case=98), "its case is not held"),
        (e.update().values(case=98), "no event tells of its beginning"),
    ):
        with writing(known.engine) as connection:
            connection.execute(statement)
        assert any(said in fault.what for fault in faults(known)), said
