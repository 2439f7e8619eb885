"""Tests how much a shared word tells, and that words of everybody bring nobody nearer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import LexicalIndex
from index.rarity import MOST_COMMON, telling


def side(*documents: str) -> LexicalIndex:
    return LexicalIndex({str(place): text for place, text in enumerate(documents)})


def sides(asking: Sequence[str], held: Sequence[str]) -> list[LexicalIndex]:
    return [side(*asking), side(*held)]


MANY = [f"own{n}" for n in range(500)]
OTHERS = side(*MANY)
ASKING = [f"{' '.join(MANY[:60])} {one}" for one in MANY[60:]]
ASKED = side(*ASKING)


def test_a_word_is_as_common_as_it_is_on_the_side_where_it_is_commoner() -> None:
    asking = [*MANY[:450], *["growth"] * 50]
    told = telling(sides(asking, [*MANY, "growth"]), ["growth", "own3", "own460"])
    assert told[0] == 0  # of those who ask one in ten says it, of the others one in 500
    assert told[1] == pytest.approx(np.log(MOST_COMMON / ((1 + 100 * 2.5 / 1101) / 600)))
    assert told[2] > told[1]


def test_with_nobody_else_a_word_in_common_still_tells() -> None:
    assert telling(sides(["robots"], ["robots"]), ["robots"])[0] > 0
    assert telling(sides([], ["robots"]), ["robots"])[0] > 0
    assert telling(sides([], []), ["robots"])[0] > 0


@settings(deadline=None)
@given(st.lists(st.sampled_from(MANY[:6]), max_size=30), st.sampled_from(MANY[:6]))
def test_one_more_who_says_a_word_never_makes_it_tell_more(words: list[str], word: str) -> None:
    before, after = side(*words), side(*words, word)
    assert telling([after, OTHERS], [word])[0] <= telling([before, OTHERS], [word])[0]


@settings(deadline=None, max_examples=25)
@given(st.sets(st.sampled_from(MANY[:60]), min_size=1, max_size=24))
def test_what_many_ask_for_gains_on_no_list(stuffing: set[str]) -> None:
    """Whoever says the commonest words of those who ask is no nearer to any of them."""
    held = side(*MANY, " ".join(sorted(stuffing)))
    worth = partial(telling, [ASKED, held])
    assert [held.scores(text, worth)[len(MANY)] for text in ASKING[:3]] == [0.0] * 3
    assert held.scores(ASKING[0], worth)[60] > 0
