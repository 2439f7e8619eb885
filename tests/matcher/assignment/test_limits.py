"""Tests of how a search ends: by the best, by time, by a person; and of what it tells meanwhile."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from matcher.assignment import (
    Aim,
    Applicant,
    Host,
    Instance,
    Solution,
    Status,
    check,
    effort,
    groups_of,
    solve,
    wide,
)
from profiles.rules import Rule


def _drawn(n: int, m: int, *, low: int | None = 30) -> Instance:
    """Draw n applicants and m hosts; with a share, flows alone do not solve it."""
    chance = np.random.default_rng(7)
    people = tuple(
        Applicant(f"a{row:03}", groups_of(region="KR-30" if row % 3 == 0 else "KR-11"))
        for row in range(n)
    )
    hosts = tuple(Host(f"h{column:02}", "p", 1, n // m + 1) for column in range(m))
    rule = {"id": "s", "kind": "share", "group": "area:non_capital", "low": low}
    rules = () if low is None else (Rule.model_validate(rule),)
    return Instance(people, hosts, chance.integers(0, 99_000, (n, m)), rules)


def test_nothing_is_found_in_no_time() -> None:
    found = solve(_drawn(30, 6), seconds=0.0)
    assert found.status is Status.UNKNOWN
    assert found.pairs == ()


@pytest.mark.parametrize("low", [30, None])
def test_a_search_that_is_stopped_gives_what_it_has_with_bounds(low: int | None) -> None:
    given = _drawn(40, 8, low=low)
    seen: list[Solution] = []
    found = solve(given, stop=lambda: bool(seen), progress=seen.append)
    assert found.status is Status.FEASIBLE
    assert found.pairs
    assert check(given, found) == []  # its levels are true, and within their bounds
    whole = solve(given)
    assert whole.status is Status.OPTIMAL
    assert whole.level(Aim.PLACED).value <= found.level(Aim.PLACED).bound
    assert whole.level(Aim.TOTAL).value <= found.level(Aim.TOTAL).bound


def test_a_search_without_steps_left_ends_with_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "_STEPS_PER_SECOND", 2e-4)
    monkeypatch.setattr(wide, "WIDE", 10**9)
    given = _drawn(40, 8)
    found = solve(given)
    assert found.status in {Status.FEASIBLE, Status.UNKNOWN}
    assert check(given, found) == []
    assert solve(given).as_json() == found.as_json()


def test_progress_only_rises_and_ends_with_the_answer() -> None:
    given = _drawn(30, 6)
    seen: list[Solution] = []
    found = solve(given, progress=seen.append)
    worth = [[one.value(aim) for aim in (Aim.PLACED, Aim.WORST, Aim.TOTAL)] for one in seen]
    assert worth == sorted(worth)
    assert worth[-1] == [found.value(aim) for aim in (Aim.PLACED, Aim.WORST, Aim.TOTAL)]
    assert all(not check(given, one) for one in seen)


def test_a_hint_changes_nothing_of_what_is_best() -> None:
    given = _drawn(30, 6)
    found = solve(given)
    start = solve(replace(given, rules=()))
    assert solve(given, hint=start).as_json() == found.as_json()
    stranger = Solution(Status.FEASIBLE, (("nobody", "nowhere"),))
    assert solve(given, hint=stranger).as_json() == found.as_json()


def test_other_aims_are_sought_in_their_order() -> None:
    given = _drawn(30, 6, low=None)
    total = solve(given, aims=(Aim.TOTAL,))
    worst = solve(given, aims=(Aim.PLACED, Aim.WORST))
    assert [one.aim for one in total.levels] == [Aim.TOTAL]
    usual = solve(given)
    assert total.value(Aim.TOTAL) >= usual.value(Aim.TOTAL)
    assert worst.value(Aim.WORST) == usual.value(Aim.WORST)
    even = solve(given, aims=(Aim.PLACED, Aim.SPREAD, Aim.TOTAL))
    assert even.status is Status.OPTIMAL
    assert even.value(Aim.SPREAD) <= usual.value(Aim.SPREAD)


def test_what_holds_no_pairs_at_all_is_solved() -> None:
    nobody = Instance((), (Host("x", "p", 0, 2),), np.empty((0, 1), np.int64))
    nowhere = Instance((Applicant("a"),), (), np.empty((1, 0), np.int64))
    for given in (nobody, nowhere):
        found = solve(given)
        assert found.status is Status.OPTIMAL
        assert [one.value for one in found.levels] == [0, 0, 0, 0]


def test_ortools_is_loaded_only_where_something_is_solved() -> None:
    code = "import sys, matcher.assignment; sys.exit('ortools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_bound_that_cannot_be_kept_by_no_pair_is_a_contradiction() -> None:
    given = Instance((Applicant("a"),), (Host("x", "p", 1, 1),), np.array([[-1]], np.int64))
    assert solve(given).status is Status.INFEASIBLE
