"""Tests what the circles of two say of them: held against plain loops, from either side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import Encoder, Follower, History, SearchIndex, Writer
from index.dealings import CHANCE, Worked
from profiles import Partner, Startup, Store, Tie, TieKind

Make = Callable[..., Tie]

DAY = date(2020, 6, 15)
DAYS = [None, date(2019, 1, 1), date(2020, 6, 14), DAY, date(2021, 1, 1)]
STARTUPS, PARTNERS = ["s0", "s1", "s2"], ["p0", "p1", "p2", "p3"]
KINDS = {"p0": 1, "p1": 2, "p2": 1, "p3": 0}
TIES = st.lists(
    st.tuples(
        st.sampled_from([*combinations([*STARTUPS, *PARTNERS], 2)]),
        st.sampled_from(DAYS),
        st.sampled_from(["collaboration", "investment", "conflict"]),
    ),
    max_size=14,
)


def circle(ties: Sequence[Tie], id: str) -> set[str]:
    known = [t for t in ties if t.valid_from is None or t.valid_from < DAY]
    deeds = [t for t in known if t.kind is not TieKind.CONFLICT and id in (t.a, t.b)]
    return {t.b if t.a == id else t.a for t in deeds}


def weight(history: History, id: str) -> float:
    return 1 / math.log1p(len(history.of(id, DAY)))


def plain(history: History, ties: Sequence[Tie], s: str, p: str) -> list[float]:
    """What is known of one pair, worked out by walking over all ways between the two."""
    mine, theirs = circle(ties, s) - {p}, circle(ties, p) - {s}
    shared = sum(weight(history, z) for z in mine & theirs)
    linked = sum(
        weight(history, z) * weight(history, y)
        for z in mine
        for y in theirs
        if y in circle(ties, z)
    )
    kinds = [KINDS.get(z, 0) for z in mine if KINDS.get(z, 0)]
    known = bool(mine and theirs)
    return [
        shared if known else math.nan,
        linked if known else math.nan,
        kinds.count(KINDS[p]) / len(kinds) if kinds and KINDS[p] else math.nan,
    ]


def found(history: History, id: str, others: Sequence[str]) -> list[list[float]]:
    roster = history._roster
    codes = np.array([KINDS.get(one, 0) for one in roster.ids(range(len(roster)))], np.int8)
    told = history.acquainted(id, roster.numbers(others), DAY, codes, KINDS.get(id, 0))
    return np.array([told.shared, told.linked, told.kind]).T.tolist()


@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # `tie` only makes ties
)
@given(TIES, st.data())
def test_circles_meet_as_plain_loops_say_from_either_side(
    tie: Make, drawn: list[tuple[tuple[str, str], date | None, str]], data: st.DataObject
) -> None:
    ties = [tie(f"t{n}", *ends, day, kind) for n, (ends, day, kind) in enumerate(drawn)]
    history = History(2)
    for id in (*STARTUPS, *PARTNERS):
        history._roster.hold(id)
    for one in ties:
        history.put(one, None)
    for _ in range(2):
        for s in STARTUPS:
            for p, told in zip(PARTNERS, found(history, s, PARTNERS), strict=True):
                expected = plain(history, ties, s, p)
                assert told == pytest.approx(expected, abs=1e-6, nan_ok=True)
                back = found(history, p, STARTUPS)[STARTUPS.index(s)]
                kind = back[2] if KINDS[p] else math.nan
                assert [*back[:2], kind] == pytest.approx(expected, abs=1e-6, nan_ok=True)
        if ties:  # once more without one of them
            history.remove(ties.pop(data.draw(st.integers(0, len(ties) - 1))).id)


def test_circles_by_hand(tie: Make) -> None:
    """s and p both dealt with z; s dealt with a, and p with b, who dealt with each other."""
    ends = [("s", "z"), ("p", "z"), ("s", "a"), ("p", "b"), ("a", "b"), ("s", "p")]
    history = History(2)
    for n, (a, b) in enumerate(ends):
        history.put(tie(f"t{n}", a, b), None)
    w = 1 / math.log(3)
    assert found(history, "s", ["p"])[0][:2] == pytest.approx([w, w * w])
    v = 1 / math.log(4)
    assert found(history, "s", ["b"])[0][:2] == pytest.approx([v + w, v * w])


def test_who_is_not_there_is_acquainted_with_nobody(tie: Make) -> None:
    history = History(2)
    history.put(tie("t", "s", "p"), None)
    assert np.isnan(found(history, "nobody", ["s", "p"])).all()
    assert found(history, "s", []) == []


# Countries


def test_countries_against_chance_by_hand() -> None:
    """Of 10 ties 4 join A and B, 2 are within A, 4 within C."""
    worked = Worked.of(np.array([[4, 4, 0, 0], [4, 0, 0, 0], [0, 0, 8, 0], [0, 0, 0, 0]]))
    assert worked.ends.tolist() == [8, 4, 8, 0]
    assert worked.against_chance(0, 1) == pytest.approx(4 / (4 + 8 * 4 / 20 + CHANCE))
    assert worked.against_chance(0, 0) == pytest.approx(2 / (2 + 64 / 40 + CHANCE))
    assert worked.against_chance(0, 2) == 0.0
    assert worked.against_chance(0, 3) == -1
    assert worked.against_chance(0, 1, 1) == pytest.approx(3 / (3 + 7 * 3 / 18 + CHANCE))
    best = worked.best((0, 1), [(0,), (1, 3), (2,), (3,), ()], np.zeros(5, np.int64))
    a_b = worked.against_chance(0, 1)
    assert best.tolist() == pytest.approx([a_b, a_b, 0.0, np.nan, np.nan], nan_ok=True)
    assert np.isnan(worked.best((), [(0,)], np.zeros(1, np.int64))).all()


@pytest.fixture
def world(
    sqlite_store: Store,
    encoder: Encoder,
    startup: Callable[..., Startup],
    partner: Callable[..., Partner],
    tie: Make,
) -> tuple[Follower, Writer]:
    writer = Writer(sqlite_store, encoder)
    writer.put_many([startup(f"s{n}", region=place) for n, place in enumerate(("KR-27", "DE"))])
    writer.put_many([
        partner("p0", region="KR"),
        partner("p1", region="FR"),
        partner("p2"),
        partner("p3", region="KR", sites=["FR"]),
    ])
    ends = [("s0", "p0"), ("s0", "p1"), ("s1", "p1"), ("s1", "p0"), ("s0", "p1")]
    writer.put_ties([tie(f"t{n}", *one, date(2019, 1, 1)) for n, one in enumerate(ends)])
    return Follower(sqlite_store, encoder), writer


def together(index: SearchIndex, asks: Startup | Partner, ids: list[str]) -> list[float]:
    return index.worked(asks, index.roster.numbers(ids), DAY).tolist()


def test_countries_follow_every_write_and_are_the_same_from_either_side(
    world: tuple[Follower, Writer], startup: Callable[..., Startup], tie: Make
) -> None:
    follower, writer = world
    asked, ids = startup("new", region="KR-11"), ["p0", "p1", "p2", "p3"]
    within, abroad = 1 / (1 + 25 / 20 + CHANCE), 2 / (2 + 15 / 10 + CHANCE)
    told = together(follower.catch_up(), asked, ids)
    assert told == pytest.approx([within, abroad, np.nan, abroad], nan_ok=True)
    index = follower.catch_up()
    for s in writer._store.get_many(["s0", "s1"]).values():
        for p in writer._store.get_many(ids).values():
            there, back = together(index, s, [p.id]), together(index, p, [s.id])
            assert there == pytest.approx(back, nan_ok=True)
    assert together(index, asked.model_copy(update={"id": "s0"}), ["p1"]) == [0.0]
    writer.put_ties([tie("t8", "s0", "p1", DAY)])
    assert together(follower.catch_up(), asked, ids) == pytest.approx(told, nan_ok=True)
    writer.put_ties([tie("t9", "s0", "p1", date(2019, 1, 1))])
    assert together(follower.catch_up(), asked, ["p1"])[0] > abroad
    writer.put(startup("s0", region="DE"))
    assert together(follower.catch_up(), asked, ["p1"]) == [0.0]
