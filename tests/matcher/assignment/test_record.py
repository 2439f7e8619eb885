from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings

from matcher.assignment import Instance, Status, canonical, solve
from matcher.assignment.alternates import reserves_of
from matcher.assignment.exposure import Round, waiting
from matcher.assignment.record import (
    FORM,
    LEFT,
    Override,
    Record,
    read_document,
    read_record,
    record_from_json,
    replay,
    software,
)
from matcher.assignment.turnout import Turnout
from profiles.errors import FileError
from tests.matcher.assignment.fair import MOMENT, given, instances, made, recorded

TURNOUT = Turnout(9, 1, 7, (5,))
WORD = {"by": "Lee", "at": MOMENT.isoformat(), "applicant": "a", "hosts": [], "why": "x"}
INSTANCE = made([[5, 9], [7, 3], [9, 8]], [1, 1], {"id": "all", "kind": "total", "low": 1}, seed=3)


def record() -> Record:
    return recorded(INSTANCE, solve(INSTANCE, seconds=60))


@drawn(instances())
@settings(max_examples=15, deadline=None)
def test_a_replay_gives_the_same_result_byte_for_byte(instance: Instance) -> None:
    made_then = recorded(instance, solve(instance, seconds=60))
    kept = made_then.to_bytes()
    assert read_record(kept).to_bytes() == kept
    told = replay(read_document(kept))
    assert (told.same, told.differences) == (True, ())


def test_the_digest_is_of_everything_but_itself() -> None:
    held = json.loads(record().to_bytes())
    assert held["form"] == FORM
    assert held["instance_digest"] == INSTANCE.digest
    assert list(held) == sorted(held)
    later = replace(record(), at=MOMENT + timedelta(seconds=1))
    assert later.digest != record().digest


def test_how_many_took_part_is_sealed_and_absent_where_it_was_not_kept() -> None:
    assert "turnout" not in record().as_json(), "records of before keep their digests"
    told = replace(record(), turnout=TURNOUT)
    assert read_record(told.to_bytes()).turnout == TURNOUT
    assert replay(read_document(told.to_bytes())).same
    forged = {**told.as_json(), "turnout": {**TURNOUT.as_json(), "applied": 8}}
    assert [one.part for one in replay(forged).differences] == ["digest"]


def tampered(**parts: Any) -> dict[str, Any]:
    return {**json.loads(record().to_bytes()), **parts}


def test_a_tampered_record_is_refused_without_a_search() -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError

    held = tampered()
    held["instance"]["fits"][0][0] += 1
    parts = [one.part for one in replay(held, never).differences]
    assert parts == ["instance_digest", "digest"]
    held = tampered()
    held["solution"]["pairs"][0] = ["b", "x"]
    assert [one.part for one in replay(held, never).differences] == ["digest"]
    assert not replay(tampered(model_version="m-2"), never).same
    assert not replay(tampered(digest="0" * 64), never).same


def test_another_result_and_other_versions_are_named() -> None:
    other = recorded(INSTANCE, given("ax", "cy"))
    told = replay(other)
    assert not told.same
    parts = {one.part: (one.told, one.found) for one in told.differences}
    assert parts["solution.pairs"] == ("a → x, c → y", "a → y, c → x")
    assert "solution.levels" in parts
    older = replace(record(), software={**software(), "ortools": "8.0"})
    told = replay(older)
    assert told.same, "other versions that come to the same are named, no more"
    assert [(one.part, one.told) for one in told.differences] == [("software.ortools", "8.0")]


def test_what_persons_override_is_kept_beside_what_was_found() -> None:
    why = Override("Lee", MOMENT, "a", ("x",), "The company asked for it.")
    off = Override("Lee", MOMENT, "c", (), "Gave its place back.")
    told = record().overridden(why).overridden(off)
    assert record().pairs == (("a", "y"), ("c", "x"))
    assert told.pairs == told.decided.pairs == (("a", "x"),)
    assert told.solution.pairs == record().solution.pairs
    kept = read_record(told.to_bytes()).overrides
    assert [replace(one, no_reserve=None) for one in kept] == [why, off]
    assert replay(told).same
    assert (told.decided.status, told.decided.levels) == (Status.FEASIBLE, ()), "nothing is proven"


def by_hand(*said: tuple[str, str]) -> Record:
    """Give the record with overrides like ("a", "xy"): the hosts that a has from then on."""
    told = record()
    for who, hosts in said:
        told = told.overridden(Override("Lee", MOMENT, who, tuple(hosts), "x"))
    return told


@pytest.mark.parametrize(
    ("said", "taken", "reserve"),
    [
        ((), "", ""),
        ((("b", "x"),), "", ""),
        ((("a", "x"),), "ay", "ay"),
        ((("a", "x"), ("a", "y")), "ax", "ax"),
        ((("a", ""),), "ay", "ax ay"),
        ((("a", ""), ("a", "y")), "", ""),
        ((("a", ""), ("a", "x")), "ay", "ay"),
        ((("a", "x"), ("c", "y")), "ay cx", "ay cx"),
    ],
)
def test_whom_a_person_took_out_is_no_reserve_until_a_person_puts_it_back(
    said: tuple[tuple[str, str], ...], taken: str, reserve: str
) -> None:
    told = read_record(by_hand(*said).to_bytes())
    assert told.taken_out == tuple((one[0], one[1]) for one in taken.split())
    assert told.no_reserve == tuple((one[0], one[1]) for one in reserve.split())
    assert not {(who, host) for host, some in reserves_of(told).items() for who in some} & {
        *told.no_reserve
    }


def test_who_left_by_itself_was_taken_out_by_nobody_and_is_not_left_waiting() -> None:
    gone = Override("Lee", MOMENT, "a", (), "Moved.", after=LEFT)
    told = read_record(record().overridden(gone).to_bytes())
    assert (told.left, told.taken_out, told.by_hand) == ({"a"}, (), ())
    assert ("a", "y") in told.no_reserve
    assert waiting([Round(told)]) == {"a": 0, "b": 1, "c": 0}
    back = told.overridden(Override("Lee", MOMENT, "a", ("y",), "Came back."))
    assert (back.left, back.no_reserve) == (frozenset(), ())


def test_a_record_of_before_that_was_kept_holds_its_digest_and_the_same_rule() -> None:
    held = by_hand(("a", "")).as_json()
    del held["overrides"][0]["no_reserve"], held["digest"]
    old = read_document(canonical({**held, "digest": sha256(canonical(held)).hexdigest()}))
    assert replay(old).same
    assert record_from_json(old).digest == old["digest"]
    assert record_from_json(old).no_reserve == (("a", "x"), ("a", "y"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (Override("Lee", MOMENT, "q", (), "x"), "no applicant or host q"),
        (Override("Lee", MOMENT, "a", ("q",), "x"), "no applicant or host q"),
        (Override("Lee", MOMENT, "a", ("x",), "  "), "needs a reason"),
    ],
)
def test_an_override_names_what_there_is_and_why(override: Override, said: str) -> None:
    with pytest.raises(FileError, match=said):
        record().overridden(override)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[1]",
        b'{"form": "else"}',
        b"[" * 100_000,
        json.dumps({"form": FORM}).encode(),
        json.dumps(tampered(as_of="yesterday")).encode(),
        json.dumps(tampered(instance={"applicants": "x"})).encode(),
        json.dumps(tampered(instance={**INSTANCE.as_json(), "fits": [[1]]})).encode(),
        json.dumps(tampered(solution={"status": "good", "pairs": [], "levels": []})).encode(),
        json.dumps(tampered(overrides=[{"by": 1}])).encode(),
        json.dumps(tampered(overrides=[{**WORD, "no_reserve": ["q"]}])).encode(),
        json.dumps(tampered(overrides=[{**WORD, "after": "x"}])).encode(),
        json.dumps(tampered(turnout={"applied": -1, "withdrawn": 0, "eligible": 0})).encode(),
        json.dumps(tampered(turnout={**TURNOUT.as_json(), "screened": [1, 1, 1]})).encode(),
        json.dumps(tampered(turnout={**TURNOUT.as_json(), "applied": "9"})).encode(),
        json.dumps(tampered(search={"seconds": 1e400, "aims": ["none"]})).encode(),
    ],
)
def test_hostile_files_are_refused_with_a_remedy(data: bytes) -> None:
    with pytest.raises(FileError) as caught:
        read_record(data)
    assert caught.value.told("ko")[1]
