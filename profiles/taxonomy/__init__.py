"""Owns the words of Dari: sectors, regions and vocabularies, in Korean and in English."""

from profiles.taxonomy.listing import in_a_row, listed, region_names, sector_names, term_names
from profiles.taxonomy.names import Names
from profiles.taxonomy.regions import (
    Region,
    coordinates,
    country_of,
    distance_km,
    is_capital_area,
    iso_region_name,
    normalise_region,
    provinces,
    region_name,
)
from profiles.taxonomy.sectors import (
    ExternalVocabulary,
    Sector,
    SectorRelation,
    find_sectors,
    map_external,
    normalise_sector,
    sector_relation,
    sectors,
)
from profiles.taxonomy.vocabulary import Term, Vocabulary, find_supports, terms

__all__ = [
    "ExternalVocabulary",
    "Names",
    "Region",
    "Sector",
    "SectorRelation",
    "Term",
    "Vocabulary",
    "coordinates",
    "country_of",
    "distance_km",
    "find_sectors",
    "find_supports",
    "in_a_row",
    "is_capital_area",
    "iso_region_name",
    "listed",
    "map_external",
    "normalise_region",
    "normalise_sector",
    "provinces",
    "region_name",
    "region_names",
    "sector_names",
    "sector_relation",
    "sectors",
    "term_names",
    "terms",
]
