"""How the places of a decision stand once some in it were merged, erased, or gave theirs back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from matcher.assignment import UNIT, Applicant, Host, Instance, solve
from matcher.assignment.record import Record, record_from_json
from profiles import Partner, Programme, Startup, Vectors, validate
from profiles.cohorts import apply, decision, keep_decision, mark, open_cohort
from profiles.merging import merge
from profiles.privacy import erase
from service.assigning import decide, hand_on
from service.deciding import show
from service.decision_letters import notices_of
from service.decision_rounds import decided_rounds
from service.decision_today import Today, places_today
from service.wiring import Dari

IDS = ("to-a", "to-b", "to-c", "to-d")
FITS = [[50, 5], [5, 50], [20, 10], [10, 20]]


@pytest.fixture
def dari(make_app: Any) -> Dari:
    found: Dari = make_app().extensions["dari"]
    return found


@pytest.fixture
def number(dari: Dari) -> int:
    """The number of a final decision: to-a has the place of x, to-b that of y."""
    store = dari.store
    some = [validate(Startup, {"id": id, "name": id, "summary": "x"}) for id in IDS]
    hosts = [validate(Partner, {"id": id, "name": id}) for id in ("to-x", "to-y")]
    store.put_many([(one, Vectors("e/p1")) for one in (*some, *hosts)])
    raw = {"id": "to-p", "kind": "contest", "name": "P", "partners": ["to-x", "to-y"]}
    store.put_programmes([validate(Programme, raw)])
    made = open_cohort(store, "to-p", name="1st", screenings=0)
    for id in IDS:
        apply(store, made.id, id)
    mark(store, made.id, dict.fromkeys(IDS, ()))
    instance = Instance(
        tuple(Applicant(id) for id in IDS),
        tuple(Host(id, id, 0, 1) for id in ("to-x", "to-y")),
        UNIT * np.array(FITS, np.int64),
    )
    about, at = {"programme": "to-p", "cohort": str(made.id)}, datetime(2026, 11, 20, tzinfo=UTC)
    solution = solve(instance, seconds=60)
    record = Record(instance, solution, "m", 1, date(2026, 11, 20), "Kim", at, 5.0, about=about)
    kept = keep_decision(store, made.id, record.as_json(), digest=record.digest)
    decide(dari, kept.id, why="x", by="Kim", while_open=True)
    return kept.id


def today_of(dari: Dari, number: int) -> Today:
    kept = decision(dari.store, number)
    return places_today(dari.store, kept, record_from_json(kept.record))


def results(dari: Dari, number: int) -> dict[str, str]:
    return {one.applicant: one.result.value for one in notices_of(dari, show(dari, number))}


def test_who_gave_a_place_back_is_out_and_who_moved_up_has_it(dari: Dari, number: int) -> None:
    kept = decision(dari.store, number)
    hand_on(dari, kept.cohort, "to-a", reason="x", by="Lee")
    hand_on(dari, kept.cohort, "to-c", reason="x", by="Lee")
    now = today_of(dari, number)
    assert now.pairs == (("to-b", "to-y"), ("to-d", "to-x"))
    assert now.out == {"to-a", "to-c"}


@pytest.mark.parametrize(("keep", "drop"), [("to-c", "to-a"), ("to-a", "to-c")])
def test_of_twins_the_one_with_the_place_is_told_of_it_alone(
    dari: Dari, number: int, keep: str, drop: str
) -> None:
    merge(dari.store, keep, drop, lambda _: Vectors("e/p1"))
    assert today_of(dari, number).pairs == (("to-a", "to-x"), ("to-b", "to-y"))
    assert results(dari, number) == {"to-a": "selected", "to-b": "selected", "to-d": "reserve"}
    told = next(one for one in notices_of(dari, show(dari, number)) if one.applicant == "to-a")
    assert "move up" not in told.text("en")


def test_who_was_erased_gets_no_notice_and_its_place_counts_once(dari: Dari, number: int) -> None:
    kept = decision(dari.store, number)
    hand_on(dari, kept.cohort, "to-a", reason="x", by="Lee")
    erase(dari.store, "to-a")
    assert results(dari, number) == {"to-b": "selected", "to-c": "selected", "to-d": "reserve"}
    (round_,) = decided_rounds(dari.store, "to-p")
    assert sorted(host for _, host in round_.held) == ["to-x", "to-y"]
    erase(dari.store, "to-b")  # which had its place when it was erased
    (round_,) = decided_rounds(dari.store, "to-p")
    assert sorted(host for _, host in round_.held) == ["to-x", "to-y"]
