"""Owns the slices of a test set: which queries share a track, a sector, a region, a past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from evaluation.baselines import region_of, sectors_of
from evaluation.dataset import Query, TestSet
from profiles import AnyProfile
from profiles.taxonomy import country_of, sectors

FEWEST_CLUSTERS = 10
"""With fewer clusters than this a slice has figures, but no verdict."""

UNKNOWN = "unknown"
_FULL, _MIDDLE = 6, 4
_FIELDS = ("summary", "offering", "seeking", "region", "sectors", "seeks", "offers", "website")

Slices = Mapping[str, Mapping[str, frozenset[str]]]
"""Dimension → value → ids of queries."""


def slices_of(test_set: TestSet) -> Slices:
    """Group the queries by what is known of them and of who asks.

    `track`; `sector`, the top of the taxonomy (a query of two sectors is in two slices);
    `region`, the province in Korea, else the country; `language` of what is sought and told;
    `profile`, how many of eight fields are filled in: sparse (under 4), middle, full (6 and
    more); `past`, whether the asker has a tie before the day that counts (known) or not (cold).
    """
    known = _with_a_past(test_set)
    dimensions: dict[str, Callable[[Query], Iterable[str]]] = {
        "track": lambda query: [query.track or UNKNOWN],
        "sector": lambda query: _tops(sectors_of(test_set, query)),
        "region": lambda query: [place_of(region_of(test_set, query))],
        "language": lambda query: [_language(test_set.askers[query.asker], query)],
        "profile": lambda query: [_completeness(test_set.askers[query.asker], query)],
        "past": lambda query: ["known" if query.id in known else "cold"],
    }
    return {name: _grouped(test_set.queries, values) for name, values in dimensions.items()}


def _grouped(
    queries: Iterable[Query], values: Callable[[Query], Iterable[str]]
) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for query in queries:
        for value in values(query):
            found.setdefault(value, set()).add(query.id)
    return {value: frozenset(ids) for value, ids in sorted(found.items())}


def _with_a_past(test_set: TestSet) -> set[str]:
    known = set()
    for horizon, queries in test_set.horizons().items():
        ends = {end for tie in test_set.ties_before(horizon) for end in (tie.a, tie.b)}
        known |= {query.id for query in queries if query.asker in ends}
    return known


def _tops(codes: Iterable[str]) -> list[str]:
    """Give the tops of the taxonomy that sectors belong to, without repeats."""
    known = sectors()
    return sorted({known[code].parent or code for code in codes}) or [UNKNOWN]


def place_of(region: str | None) -> str:
    """Give the province of Korea, else the country, else "unknown"."""
    if region is None:
        return UNKNOWN
    return region if country_of(region) == "KR" else country_of(region)


def _language(asker: AnyProfile, query: Query) -> str:
    """Tell the languages of what is sought, else of what the asker says of itself."""
    texts = [query.seeking] if query.seeking else [asker.seeking, asker.summary, asker.offering]
    found = {
        lang for text in texts if text for lang in ("en", "ko") if getattr(text, lang) is not None
    }
    return "+".join(sorted(found)) or UNKNOWN


def _completeness(asker: AnyProfile, query: Query) -> str:
    said = {"seeking": query.seeking, "sectors": query.sectors, "region": query.region}
    filled = sum(bool(said.get(name) or getattr(asker, name)) for name in _FIELDS)
    return "full" if filled >= _FULL else "middle" if filled >= _MIDDLE else "sparse"
