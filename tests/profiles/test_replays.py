"""Answers that are kept for calls sent twice, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from profiles import Startup, Vectors, replays, validate
from profiles.privacy import erase
from profiles.replays import (
    Answer,
    AnswerErased,
    Call,
    CallBegun,
    OtherCall,
    begin,
    finish,
    release,
)

CALL = Call("key abc", "POST /api/v1/startups?", "k-1", b'{"name": "A"}')
ANSWER = Answer(201, {"Location": "/api/v1/startups/s-1"}, '{"id":"s-1"}')


def test_a_call_is_let_through_once_and_answered_again(store):
    assert begin(store, CALL) is None
    with pytest.raises(CallBegun):
        begin(store, CALL)
    finish(store, CALL, ANSWER)
    assert begin(store, CALL) == ANSWER
    with pytest.raises(OtherCall):
        begin(store, Call(CALL.caller, CALL.route, CALL.key, b'{"name": "B"}'))


@pytest.mark.parametrize("part", ["caller", "route", "key"])
def test_a_key_counts_for_one_caller_at_one_address(store, part):
    assert begin(store, CALL) is None
    told = {name: getattr(CALL, name) for name in Call.__slots__}
    assert begin(store, Call(**{**told, part: "another"})) is None


def test_a_key_is_given_back_and_lapses_after_a_day(store, monkeypatch):
    assert begin(store, CALL) is None
    release(store, CALL)
    assert begin(store, CALL) is None
    finish(store, CALL, ANSWER)
    later = replays.rows.now() + timedelta(hours=25)
    monkeypatch.setattr(replays.rows, "now", lambda: later)
    assert begin(store, CALL) is None
    assert replays.count_answers(store) == 1


def test_of_two_at_once_one_alone_is_let_through(store):
    def go(_number):
        try:
            return begin(store, CALL)
        except CallBegun:
            return "begun"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(go, range(8)))
    assert sorted(map(str, said)) == ["None", *["begun"] * 7]


def test_an_erased_profile_is_in_no_kept_answer(store):
    startup = validate(Startup, {"id": "s-1", "name": "A", "summary": "Secret words."})
    store.put_many([(startup, Vectors("none"))])
    other = Call("key abc", "POST /api/v1/startups?", "k-2", b"{}")
    for call, text in ((CALL, '{"id":"s-1","summary":"Secret words."}'), (other, '{"id":"s-2"}')):
        begin(store, call)
        finish(store, call, Answer(201, {}, text))
    erase(store, "s-1")
    with pytest.raises(AnswerErased):
        begin(store, CALL)
    assert begin(store, other).body == '{"id":"s-2"}'
