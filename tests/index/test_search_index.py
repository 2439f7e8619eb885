"""Holds what is kept of filters to what they admit, whatever was changed meanwhile."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import Filters, search_index
from index.filters import Facts, codes_of, facts_of
from index.search_index import Entry, SearchIndex
from profiles import Partner, PartnerKind, Side, Startup, Tie, TieKind, validate
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


ENDS = ["s0", "s1", "s2", "p0", "p1"]
PLACES = st.fixed_dictionaries({
    end: st.tuples(
        st.sampled_from([None, "KR", "KR-27", "US-MA"]),
        st.frozensets(st.sampled_from(["ai", "digital", "games"]), max_size=2),
    )
    for end in ENDS
})
DEALS = st.lists(
    st.tuples(
        st.sampled_from([*combinations(ENDS, 2)]),
        st.sampled_from([None, date(2019, 1, 1), date(2020, 6, 15)]),
        st.sampled_from(["collaboration", "conflict"]),
    ),
    max_size=10,
)


def plain(held: Mapping[str, Facts], ties: Sequence[Tie], s: str, p: str, field: str) -> float:
    """Count with plain loops whom a partner worked with who is like a startup."""
    deeds = [
        {tie.a, tie.b}
        for tie in ties
        if tie.kind is not TieKind.CONFLICT and (not tie.valid_from or tie.valid_from.year < 2020)
    ]
    circle = {end for ends in deeds if p in ends for end in ends} - {s, p}
    codes = codes_of(held[s], field)
    told = [end for end in circle if codes_of(held[end], field)]
    wanted = Filters(**{f"{field}s": codes})
    return sum(admits(wanted, end, held[end]) for end in told) if codes and told else math.nan


@settings(deadline=None, max_examples=150)
@given(PLACES, DEALS)
def test_who_is_like_the_startup_is_counted_alike_from_either_side(
    places: dict[str, tuple[str | None, frozenset[str]]],
    deals: list[tuple[tuple[str, str], date | None, str]],
) -> None:
    profiles = {
        end: validate(
            Startup if end[0] == "s" else Partner,
            {"id": end, "name": end, "summary": "x", "region": region, "sectors": sorted(codes)},
        )
        for end, (region, codes) in places.items()
    }
    held = {end: facts_of(profile) for end, profile in profiles.items()}
    index = SearchIndex(2, "space")
    index.put_many([entry(end, facts, None) for end, facts in held.items()])
    ties = [
        validate(Tie, {"id": f"t{n}", "a": a, "b": b, "kind": kind, "valid_from": day})
        for n, ((a, b), day, kind) in enumerate(deals)
    ]
    for tie in ties:
        index.history.put(tie, None)
    startups, partners = ENDS[:3], ENDS[3:]
    day = date(2020, 6, 15)
    for field in ("region", "sector"):
        expected = [[plain(held, ties, s, p, field) for p in partners] for s in startups]
        of_startups = [
            index.like(field, profiles[s], index.roster.numbers(partners), day) for s in startups
        ]
        of_partners = [
            index.like(field, profiles[p], index.roster.numbers(startups), day) for p in partners
        ]
        np.testing.assert_array_equal(np.array(of_startups), expected)
        np.testing.assert_array_equal(np.array(of_partners).T, expected)
