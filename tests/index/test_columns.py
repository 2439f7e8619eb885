"""Tests the numbering of ids, and the choice of the best."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.columns import Column, Roster, best_first


def test_a_number_is_kept_until_the_last_lets_go() -> None:
    roster = Roster()
    assert [roster.hold(id) for id in ("a", "b", "a")] == [0, 1, 0]
    roster.release("a")
    assert roster.number("a") == 0
    roster.release("a")
    assert roster.number("a") == -1
    assert roster.hold("c") == 0
    assert roster.numbers(["c", "b", "a"]).tolist() == [0, 1, -1]
    assert roster.ids([1, 0]) == ["b", "c"]
    with pytest.raises(KeyError):
        roster.release("a")


def test_a_mask_passes_over_strangers() -> None:
    roster = Roster()
    for id in "abc":
        roster.hold(id)
    assert roster.mask(["c", "x"]).tolist() == [False, False, True]
    assert Roster().mask(["x"]).tolist() == []


def test_a_column_keeps_what_it_holds_when_it_grows() -> None:
    column = Column(np.float32, 2)
    for n in range(40):
        assert column.append([n, -n]) == n
    column.grow(50)
    assert column.values[:40, 0].tolist() == list(range(40))
    assert not column.values[40:].any()
    column.replace(column.values[:1])
    assert column.values.tolist() == [[0, 0]]
    column.append([7, 7])
    assert column.values.tolist() == [[0, 0], [7, 7]]


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.5, *range(3, 40)])),
    st.integers(1, 30),
    st.integers(0, 12),
    st.randoms(),
)
def test_the_best_come_by_score_then_id(
    some: list[float], times: int, k: int, random: object
) -> None:
    values = some * times
    ids = [f"{n:04d}" for n in range(len(values))]
    random.shuffle(ids)
    best = best_first(np.array(values), k, ids.__getitem__).tolist()
    expected = sorted(range(len(values)), key=lambda place: (-values[place], ids[place]))
    assert best == expected[:k]
