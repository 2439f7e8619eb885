"""Tests what a candidate must be to enter a list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from index import Filters, facts_of
from index.search_index import Entry, SearchIndex
from profiles import Partner, PartnerKind, Side, Startup
from tests.index.reference import admits

Make = Callable[..., Partner]


@pytest.mark.parametrize(
    ("fields", "filters", "passes"),
    [
        ({}, {}, True),
        ({"region": "KR-27"}, {"regions": {"KR-27"}}, True),
        ({"region": "KR-27"}, {"regions": {"KR"}}, True),
        ({"region": "KR-27"}, {"regions": {"KR-26", "KR-27"}}, True),
        ({"region": "KR-27"}, {"regions": {"KR-26"}}, False),
        ({"region": "KR"}, {"regions": {"KR-27"}}, False),
        ({"region": "US-MA"}, {"regions": {"US"}}, True),
        ({"region": "KR-11", "sites": ["KR-27"]}, {"regions": {"KR-27"}}, True),
        ({"sites": ["KR-27"]}, {"regions": {"KR"}}, True),
        ({}, {"regions": {"KR"}}, False),
        ({"sectors": ["ai"]}, {"sectors": {"ai"}}, True),
        ({"sectors": ["ai"]}, {"sectors": {"digital"}}, True),
        ({"sectors": ["digital"]}, {"sectors": {"ai"}}, False),
        ({"sectors": ["games", "ai"]}, {"sectors": {"fintech", "ai"}}, True),
        ({}, {"sectors": {"ai"}}, False),
        ({"kind": "university"}, {"kinds": {PartnerKind.UNIVERSITY}}, True),
        ({"kind": "hospital"}, {"kinds": {PartnerKind.UNIVERSITY}}, False),
        ({}, {"kinds": {PartnerKind.UNIVERSITY}}, False),
        ({}, {"ids": {"p"}}, True),
        ({}, {"ids": {"q"}}, False),
        ({}, {"ids": set()}, False),
        ({"region": "KR-27", "sectors": ["ai"]}, {"regions": {"KR"}, "sectors": {"ai"}}, True),
        ({"region": "KR-27"}, {"regions": {"KR"}, "sectors": {"ai"}}, False),
    ],
)
def test_admits(
    partner: Make, fields: dict[str, object], filters: dict[str, set[str]], passes: bool
) -> None:
    given = Filters(**{name: frozenset(values) for name, values in filters.items()})
    facts = facts_of(partner("p", **fields))
    index = SearchIndex(2, "space")
    index.put_many([Entry("other", facts_of(partner("other")), "", {}), Entry("p", facts, "", {})])
    assert (index.roster.number("p") in index.admitted(Side.PARTNER, given)) is passes
    assert admits(given, "p", facts) is passes


def test_facts_of_a_startup(startup: Callable[..., Startup]) -> None:
    facts = facts_of(startup("s", region="KR-27", sectors=["ai"]))
    assert (facts.side, facts.kind) == (Side.STARTUP, None)
    assert (facts.regions, facts.sectors) == ({"KR-27"}, {"ai"})
