"""Holds what is kept of filters to what they admit, whatever was changed meanwhile."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Filters, search_index
from index.filters import Facts
from index.search_index import Entry, SearchIndex
from profiles import PartnerKind, Side, Tie, validate
from tests.index.reference import admits

IDS = [f"id{n}" for n in range(6)]
FILTERS = [
    Filters(),
    Filters(kinds=frozenset({PartnerKind.HOSPITAL})),
    Filters(regions=frozenset({"KR"})),
    Filters(sectors=frozenset({"digital"}), regions=frozenset({"KR-27", "US"})),
    Filters(ids=frozenset([*IDS[:3], "unknown"])),
    Filters(ids=frozenset(IDS[1:]), sectors=frozenset({"games"})),
]

CODES = {
    "kind": st.none() | st.sampled_from([PartnerKind.HOSPITAL, PartnerKind.UNIVERSITY]),
    "regions": st.frozensets(st.sampled_from(["KR-27", "KR", "US-MA"])),
    "sectors": st.frozensets(st.sampled_from(["ai", "digital", "games"])),
}
FACTS = st.builds(Facts, side=st.sampled_from(Side), **CODES)
VECTORS = st.none() | st.tuples(*[st.integers(-2, 2)] * 2)
PUT = st.dictionaries(st.sampled_from(IDS), st.tuples(FACTS, VECTORS), min_size=1)
ASKED = st.tuples(st.sampled_from(Side), st.sampled_from(FILTERS))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), PUT),
        st.tuples(st.just("remove"), st.sampled_from(IDS)),
        st.tuples(st.just("tie"), st.lists(st.sampled_from(IDS), min_size=2, max_size=2)),
        st.tuples(st.just("ask"), ASKED),
        st.tuples(st.just("ask"), ASKED),
    ),
    max_size=25,
)


def entry(id: str, facts: Facts, vector: Any) -> Entry:
    held = {} if vector is None else {"is": np.array(vector, np.float32)}
    return Entry(id, facts, "words", held)


def hold_to_model(index: SearchIndex, held: dict[str, Any], side: Side, filters: Filters) -> None:
    passing = {i for i, (f, _) in held.items() if f.side is side and admits(filters, i, f)}
    selection = index.admitted(side, filters)
    mask = selection.mask(len(index.roster))
    assert set(index.roster.ids(np.flatnonzero(mask).tolist())) == passing
    found = index.facets[side, "is"].search(np.ones((1, 2), np.float32), 9, among=selection)[0]
    scores = {i: float(sum(held[i][1])) for i in passing if held[i][1] is not None}
    assert found == sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


@settings(deadline=None, max_examples=150)
@given(STEPS, st.sampled_from([2, 32]))
def test_what_a_filter_admits_follows_every_change(steps: list[Any], most_kept: int) -> None:
    index, held = SearchIndex(2, "space"), dict[str, Any]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "MOST_KEPT", most_kept)
        for number, (step, what) in enumerate(steps):
            if step == "put":
                index.put_many([entry(id, *given) for id, given in what.items()])
                held |= what
            elif step == "remove":
                index.remove(what)
                held.pop(what, None)
            elif step == "tie":  # its ends have numbers, be there a profile or not
                fields = {"a": what[0], "b": f"{what[1]}-other", "kind": "collaboration"}
                tie = validate(Tie, {"id": f"t{number}", "valid_from": date(2020, 1, 1), **fields})
                index.history.put(tie, None)
            else:
                hold_to_model(index, held, *what)
        for filters in FILTERS:
            hold_to_model(index, held, Side.PARTNER, filters)


def test_the_filters_that_were_asked_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "MOST_KEPT", 2)
    index = SearchIndex(2, "space")
    first, second = (index.admitted(Side.PARTNER, filters) for filters in FILTERS[:2])
    assert index.admitted(Side.PARTNER, Filters()) is first
    index.admitted(Side.STARTUP, Filters())
    assert index.admitted(Side.PARTNER, Filters()) is first
    assert index.admitted(Side.PARTNER, FILTERS[1]) is not second
