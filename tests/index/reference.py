"""What a filter admits, said plainly: what the columns of facts are held to."""

from __future__ import annotations

from index import Filters
from index.filters import Facts
from profiles.taxonomy import sectors


def admits(filters: Filters, id: str, facts: Facts) -> bool:
    """Tell whether a profile has any of the values within each field that is given."""
    return (
        (filters.ids is None or id in filters.ids)
        and (not filters.kinds or facts.kind in filters.kinds)
        and (not filters.regions or any(_lies_in(one, filters) for one in facts.regions))
        and (not filters.sectors or any(_is_of(one, filters) for one in facts.sectors))
    )


def _lies_in(region: str, filters: Filters) -> bool:
    return region in filters.regions or region.partition("-")[0] in filters.regions


def _is_of(sector: str, filters: Filters) -> bool:
    return sector in filters.sectors or sectors()[sector].parent in filters.sectors
