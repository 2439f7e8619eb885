"""Tests what a candidate must be to enter a list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from index import Filters, facts_of
from index.search_index import Entry, SearchIndex
from profiles import Partner, PartnerKind, Side, Startup
from profiles.taxonomy import provinces, sectors
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


def test_regions_are_those_where_anybody_of_a_side_is(partner: Make, startup: Make) -> None:
    index = SearchIndex(2, "space")
    assert index.regions(Side.PARTNER) == frozenset()

    def put(*some: Partner) -> None:
        index.put_many([Entry(one.id, facts_of(one), "", {}) for one in some])

    put(partner("a", region="KR-27", sites=["US-MA"]), partner("b"), startup("s", region="DE"))
    assert index.regions(Side.PARTNER) == {"KR", "KR-27", "US", "US-MA"}
    assert index.regions(Side.STARTUP) == {"DE"}
    put(partner("a", region="KR-26"), startup("t", region="FR"))
    assert index.regions(Side.PARTNER) == {"KR", "KR-26"}
    assert index.regions(Side.STARTUP) == {"DE", "FR"}
    index.remove("s")
    assert index.regions(Side.STARTUP) == {"FR"}
    many = [
        *provinces(),
        *("AT", "AU", "BE", "BR", "CA", "CH", "CL", "CZ", "DK", "ES", "FI", "GB", "IE"),
    ]
    put(*(startup(f"s{number}", region=code) for number, code in enumerate(many)))
    put(*(startup(f"t{number}", sectors=[code]) for number, code in enumerate(sectors())))
    put(startup("last", region="VN"))
    assert index.regions(Side.STARTUP) == {"FR", "KR", "VN", *many}
    assert index.regions(Side.PARTNER) == {"KR", "KR-26"}


def test_facts_of_a_startup(startup: Callable[..., Startup]) -> None:
    facts = facts_of(startup("s", region="KR-27", sectors=["ai"]))
    assert (facts.side, facts.kind) == (Side.STARTUP, None)
    assert (facts.regions, facts.sectors) == ({"KR-27"}, {"ai"})
