from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from matcher.assignment import Instance, Solution, solve
from matcher.assignment import preferences as p
from matcher.assignment.stability import Blocking, blocking_pairs, deferred_acceptance
from tests.matcher.assignment.fair import given, instances, made, matchings


def test_hand_example_of_applicants_who_propose() -> None:
    # a: y(9) > x(5); b: x(7) > y(3); c: x(9) > y(8). x: c 9, b 7, a 5; y: a 9, c 8, b 3.
    # a asks y, kept. b asks x, kept. c asks x, which lets b go; b asks y, which keeps a.
    instance = made([[5, 9], [7, 3], [9, 8]], [1, 1])
    assert deferred_acceptance(instance).pairs == (("a", "y"), ("c", "x"))


def test_wishes_come_before_fit() -> None:
    plain = made([[5, 9]], [1, 1])
    asked = made([[5, 9]], [1, 1], wishes={"a": ("x",)})
    assert deferred_acceptance(plain).pairs == (("a", "y"),)
    assert deferred_acceptance(asked).pairs == (("a", "x"),)


def test_of_equal_fits_who_waited_longer_comes_first_then_the_lottery_then_the_id() -> None:
    fits = [[4], [4], [4]]
    assert deferred_acceptance(made(fits, [1])).pairs == (("a", "x"),)
    assert deferred_acceptance(made(fits, [1], waited={"c": 1})).pairs == (("c", "x"),)
    # printf '5:a' | sha256sum → ad6262…, '5:b' → 1ee791…, '5:c' → 4f45da…: b is first.
    assert deferred_acceptance(made(fits, [1], seed=5)).pairs == (("b", "x"),)


def test_the_engine_breaks_ties_in_the_same_order() -> None:
    fits = [[4], [4], [4]]
    for instance in (
        made(fits, [1]),
        made(fits, [1], waited={"c": 1}),
        made(fits, [1], seed=5),
        made(fits, [1], seed=5, waited={"a": 1}),
    ):
        assert solve(instance, seconds=60).pairs == deferred_acceptance(instance).pairs
    # Two equal ways to fill two hosts: who comes first gets the host that comes first.
    two = made([[4, 4], [4, 4]], [1, 1], seed=5)
    assert solve(two, seconds=60).pairs == (("a", "y"), ("b", "x"))


def test_rules_of_single_pairs_and_bounds_are_heeded() -> None:
    fits = [[9, 1], [8, 2]]
    no = {"id": "no", "kind": "forbidden", "applicants": ["a"], "hosts": ["x"]}
    assert deferred_acceptance(made(fits, [1, 1], no)).pairs == (("a", "y"), ("b", "x"))
    least = {"id": "least", "kind": "least_fit", "low": 2}
    assert deferred_acceptance(made(fits, [1, 1], no, least)).pairs == (("b", "x"),)
    fewer = {"id": "few", "kind": "places", "hosts": ["x"], "high": 0}
    assert deferred_acceptance(made(fits, [2, 2], fewer)).pairs == (("a", "y"), ("b", "y"))
    locked = {"id": "kept", "kind": "locked", "applicants": ["a"], "hosts": ["y"]}
    assert ("a", "y") in deferred_acceptance(made(fits, [1, 1], locked)).pairs
    out = {"id": "out", "kind": "locked", "applicants": ["a"]}
    assert deferred_acceptance(made(fits, [2, 2], out)).pairs == (("b", "x"),)


def test_blocking_pairs_name_what_both_would_give_up() -> None:
    instance = made([[5, 9], [7, 3], [9, 8]], [1, 1])
    found = blocking_pairs(instance, given("ax", "by"))
    assert found == (
        Blocking("a", "y", leaves="x", displaces="b", gain=(9 - 5 - 3) * 1024),
        Blocking("b", "x", leaves="y", displaces="a", gain=(7 - 3 - 5) * 1024),
        Blocking("c", "x", leaves=None, displaces="a", gain=(9 - 5) * 1024),
        Blocking("c", "y", leaves=None, displaces="b", gain=(8 - 3) * 1024),
    )
    assert blocking_pairs(instance, given("ay", "cx")) == ()
    free = blocking_pairs(made([[5]], [None]), given())
    assert free == (Blocking("a", "x", None, None, 5 * 1024),)


def stable_by_definition(instance: Instance, solution: Solution) -> bool:
    """Say it pair by pair, in plain Python, as the textbook does."""
    ranks, claims = p.of_applicants(instance), p.of_hosts(instance)
    open_, most = p.allowed(instance), p.places(instance)
    pairs = {
        (instance.applicant_ids.index(a), instance.host_ids.index(h)) for a, h in solution.pairs
    }
    for a, h in np.argwhere(open_):
        has = [k for b, k in pairs if b == a]
        held = [b for b, k in pairs if k == h]
        would = not has or ranks[a, h] < ranks[a, has[0]]
        takes = len(held) < most[h] or any(claims[a, h] < claims[b, h] for b in held)
        if (a, h) not in pairs and would and takes and most[h] > 0:
            return False
    return True


def is_allowed(instance: Instance, solution: Solution) -> bool:
    taken = [instance.host_ids.index(h) for _, h in solution.pairs]
    rows = [instance.applicant_ids.index(a) for a, _ in solution.pairs]
    within = all(taken.count(h) <= most for h, most in enumerate(p.places(instance)))
    return within and all(p.allowed(instance)[rows, taken])


@drawn(instances())
@settings(max_examples=60, deadline=None)
def test_nothing_blocks_it_and_nobody_is_better_off_in_another_stable_matching(
    instance: Instance,
) -> None:
    found = deferred_acceptance(instance)
    assert is_allowed(instance, found)
    assert blocking_pairs(instance, found) == ()
    ranks, mine = p.of_applicants(instance), dict(found.pairs)
    for other in matchings(instance):
        if is_allowed(instance, other) and stable_by_definition(instance, other):
            for a, h in other.pairs:
                row = instance.applicant_ids.index(a)
                assert a in mine, "who has a host in one stable matching has one in each"
                best = ranks[row, instance.host_ids.index(mine[a])]
                assert best <= ranks[row, instance.host_ids.index(h)]


@drawn(instances(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_pairs_that_block_are_those_of_the_definition(instance: Instance, dice: Random) -> None:
    options = [one for one in matchings(instance) if is_allowed(instance, one)]
    solution = dice.choice(options)
    blocks = blocking_pairs(instance, solution)
    assert (not blocks) == stable_by_definition(instance, solution)


@drawn(instances(seats=2))
@settings(max_examples=40, deadline=None)
def test_with_two_seats_each_nothing_blocks_it_either(instance: Instance) -> None:
    assert blocking_pairs(instance, deferred_acceptance(instance)) == ()
