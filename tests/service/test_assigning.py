"""Places that are given out and handed on: rules hold, also once profiles have been merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from matcher.assignment import (
    UNIT,
    Applicant,
    Host,
    Instance,
    NotContradictory,
    Status,
    groups_of,
    solve,
)
from matcher.assignment.record import Record
from profiles import Partner, Programme, Startup, Store, Vectors, validate
from profiles.cohorts import (
    Cohort,
    apply,
    entries_of,
    finish,
    keep_decision,
    mark,
    open_cohort,
)
from profiles.merging import merge
from profiles.rules import Rule
from service import assigning
from service.assigning import hand_on

NOTHING = Vectors("e/p1")
REGIONS = {"st-a": "KR-26", "st-b": "KR-11", "st-c": "KR-11", "st-d": "KR-26"}
RURAL = Rule(id="rural", kind="share", group="area:non_capital", low=50, reason="Balance")


def decided(store: Store, reserve: list[str]) -> Cohort:
    """A round that is decided: st-a and st-b have a place, and the half must be rural."""
    for id in REGIONS:
        store.put_many([(validate(Startup, {"id": id, "name": id, "summary": "x"}), NOTHING)])
    for id in ("pa-x", "pa-y"):
        store.put_many([(validate(Partner, {"id": id, "name": id}), NOTHING)])
    values = {"id": "pr-1", "kind": "contest", "name": "g", "partners": ["pa-x", "pa-y"]}
    store.put_programmes([validate(Programme, values)])
    held = open_cohort(store, "pr-1", name="1", screenings=0, hosts=["pa-x", "pa-y"])
    for id in REGIONS:
        apply(store, held.id, id)
    mark(store, held.id, dict.fromkeys(REGIONS, ()))
    record = recorded()
    made = keep_decision(store, held.id, record.as_json(), digest=record.digest)
    assert dict(record.pairs) == {"st-a": "pa-x", "st-b": "pa-y"}
    finish(store, made.id, dict(record.pairs), {"pa-x": reserve}, why="x", by="Kim")
    return held


def recorded() -> Record:
    people = tuple(Applicant(id, groups_of(region=at)) for id, at in REGIONS.items())
    hosts = tuple(Host(id, id, 0, 1) for id in ("pa-x", "pa-y"))
    fits = UNIT * np.array([[80, 1], [1, 70], [3, 2], [2, 1]], np.int64)
    instance = Instance(people, hosts, fits, (RURAL,))
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return Record(instance, solve(instance, seconds=60), "m", 3, date(2026, 11, 20), "Kim", at, 5.0)


def declined(store: Store, held: Cohort, who: str = "st-a") -> str | None:
    dari: Any = SimpleNamespace(store=store)
    up = hand_on(dari, held.id, who, reason="moved away", by="Kim")
    return up.profile if up else None


def test_no_reserve_moves_up_that_breaks_the_rules(store: Store) -> None:
    held = decided(store, ["st-c"])
    assert declined(store, held) is None
    stages = {one.profile: one.stage.value for one in entries_of(store, held.id)}
    assert (stages["st-a"], stages["st-c"]) == ("declined", "reserve")


def test_the_first_reserve_that_keeps_the_rules_moves_up(store: Store) -> None:
    assert declined(store, decided(store, ["st-c", "st-d"])) == "st-d"


def test_the_rules_hold_for_those_that_have_been_merged_since(store: Store) -> None:
    held = decided(store, ["st-c", "st-d"])
    for id in ("st-b", "st-c", "st-d"):
        kept = {"id": f"{id}-new", "name": id, "summary": "x"}
        store.put_many([(validate(Startup, kept), NOTHING)])
        merge(store, f"{id}-new", id, lambda _: NOTHING)
    assert declined(store, held) == "st-d-new"


def test_a_contradiction_that_is_not_explained_in_time_is_told_all_the_same(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object, **__: object) -> None:
        raise NotContradictory(value="x", rule="x", remedy="x")

    decided(sqlite_store, [])
    monkeypatch.setattr("matcher.assignment.explain_infeasible", ended)
    least = Rule(id="least", kind="total", low=9)
    instance = replace(recorded().instance, rules=(least,))
    dari: Any = SimpleNamespace(store=sqlite_store)
    fitted: Any = SimpleNamespace(
        instance=instance, model_version="m", seq=3, as_of=date(2026, 11, 20)
    )
    found = assigning._solved(dari, fitted, {"programme": "pr-1"}, "Kim", assigning.Limits(5.0))
    assert found.solution.status is Status.INFEASIBLE
    assert found.contradiction is None
