"""The packing of triads: by hand, and against all choices that there are."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.packing import Option, Packed, fits, pack, reserves
from profiles import InvalidRecord

OPTIONS = [
    Option(("a", "x", "i"), 90),
    Option(("a", "y", "j"), 80),
    Option(("b", "x", "i"), 70),
    Option(("b", "y", "i"), 10),
]


@st.composite
def drawn(draw: st.DrawFn) -> list[Option]:
    triads = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from("ij"))
    ids = draw(st.lists(triads, max_size=8, unique=True))
    return [Option(one, draw(st.integers(0, 20))) for one in ids]


def test_two_middling_projects_are_worth_more_than_the_best_and_what_it_leaves():
    assert pack(OPTIONS, projects=2, most=1) == Packed((1, 2), 150, 150)
    assert pack(OPTIONS, projects=1, most=1) == Packed((0,), 90, 90)
    assert pack(OPTIONS, projects=2, most=2).rows == (0, 1)
    assert pack(OPTIONS, projects=0, most=1).rows == ()


def test_a_reserve_says_in_whose_place_it_could_step():
    packed = pack(OPTIONS, projects=1, most=1)
    found = reserves(OPTIONS, packed, projects=1, most=1, count=2)
    assert [(one.row, one.instead_of) for one in found] == [(1, (0,)), (2, (0,))]
    packed = pack(OPTIONS, projects=2, most=1)  # 1 and 2 share no one with both others
    assert reserves(OPTIONS, packed, projects=2, most=1, count=5) == ()


def test_a_search_that_is_stopped_before_it_finds_anything_says_so():
    with pytest.raises(InvalidRecord, match="within its limit"):
        pack(OPTIONS, projects=2, most=1, effort=0.0)


@settings(max_examples=60, deadline=None)
@given(drawn(), st.integers(0, 4), st.integers(1, 2))
def test_no_choice_within_the_rules_is_worth_more(options, projects, most):
    packed = pack(options, projects=projects, most=most)
    chosen = [options[row] for row in packed.rows]
    assert fits(chosen, projects, most)
    worths = [
        sum(one.score for one in some)
        for size in range(projects + 1)
        for some in combinations(options, size)
        if fits(some, projects, most)
    ]
    assert sum(one.score for one in chosen) == packed.total == packed.bound == max(worths)


@settings(max_examples=40, deadline=None)
@given(drawn(), st.permutations(range(8)))
def test_reserves_keep_to_the_rules_and_the_order_of_options_is_nothing(options, order):
    packed = pack(options, projects=2, most=1)
    for one in reserves(options, packed, projects=2, most=1, count=9):
        for gone in one.instead_of:
            stay = [options[row] for row in {*packed.rows, one.row} - {gone}]
            assert fits(stay, 2, 1)
    mixed = [options[row] for row in order if row < len(options)]
    again = pack(mixed, projects=2, most=1)
    assert [mixed[row] for row in again.rows] == [options[row] for row in packed.rows]
