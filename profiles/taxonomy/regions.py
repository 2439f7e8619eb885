"""Owns the regions: codes, names in both languages, places within them and distances."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from profiles.data import read_yaml
from profiles.taxonomy.names import Names

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""

_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_CITY_ENDINGS = ("시", "군", "구", "-si", "-gun", "-gu", " city")


@dataclass(frozen=True, slots=True)
class Region:
    """A province or metropolitan city of Korea, at the seat of its government (degrees)."""

    code: str
    name: Names
    short: Names
    latitude: float
    longitude: float
    capital_area: bool


@cache
def provinces() -> Mapping[str, Region]:
    """Return Korea's 17 provinces and metropolitan cities by their ISO 3166-2 codes."""
    return MappingProxyType({
        entry["code"]: Region(
            code=entry["code"],
            name=Names(**entry["name"]),
            short=Names(**entry["short"]),
            latitude=entry["latitude"],
            longitude=entry["longitude"],
            capital_area=entry["capital_area"],
        )
        for entry in _file()["provinces"]
    })


def normalise_region(text: str) -> str | None:
    """Return the ISO 3166 code that a text gives, or None.

    A text may be a code, a province, city or country by name in either language, or an address
    that begins with a Korean province ("대구광역시 북구") or ends with Korea ("Daegu, Korea").
    """
    stripped = text.strip()
    if not stripped:
        return None
    if stripped in provinces() or _iso_code(stripped):
        return stripped  # as what the store holds: no name need be looked up
    known = _names().get(_key(stripped)) or _iso_code(stripped.upper())
    return known or _country_by_name(stripped) or _korean_address(stripped)


def region_name(code: str, lang: str) -> str:
    """Return a region's name in `lang` ("en" or "ko") as people read it.

    Subdivisions abroad have the name by which each language knows them, else their ISO name.

    Raises:
        ValueError: for a code that ISO 3166 does not hold, or another language.

    """
    return _abroad().get(code, {}).get(lang) or iso_region_name(code, lang)


def iso_region_name(code: str, lang: str) -> str:
    """Return a region's name in `lang` as search sees it: abroad, subdivisions by their ISO name.

    What is encoded rests on these names; a name that people read may become better at any time.

    Raises:
        ValueError: for a code that ISO 3166 does not hold, or another language.

    """
    if code in provinces():
        return provinces()[code].name.in_(lang)
    if _iso_code(code) is None:
        message = f"{code!r} is not a code of ISO 3166: normalise_region() finds the code of a name"
        raise ValueError(message)
    return _iso_names(code).in_(lang)


def country_of(code: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a region's country."""
    return code.partition("-")[0]


def coordinates(code: str) -> tuple[float, float] | None:
    """Return latitude and longitude of a region's seat in degrees, or None where unknown.

    A subdivision abroad is not put at its country's capital: unknown stays unknown.
    """
    if code in provinces():
        region = provinces()[code]
        return region.latitude, region.longitude
    point = _file()["coordinates"].get(code)
    return None if point is None else (float(point[0]), float(point[1]))


def distance_km(a: str, b: str) -> float | None:
    """Return the great-circle distance of two regions' seats in km, or None where unknown.

    Haversine formula: R. W. Sinnott, "Virtues of the haversine", Sky and Telescope 68 (1984).
    """
    first, second = coordinates(a), coordinates(b)
    if first is None or second is None:
        return None
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*first, *second))
    chord = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def is_capital_area(code: str) -> bool | None:
    """Tell whether a Korean province lies in the capital area; None abroad or unknown."""
    region = provinces().get(code)
    return None if region is None else region.capital_area


def _key(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").split())


@cache
def _file() -> dict[str, Any]:
    held: dict[str, Any] = read_yaml("profiles.taxonomy", "regions.yaml")
    return held


@cache
def _abroad() -> Mapping[str, Mapping[str, str]]:
    """Return what people call subdivisions abroad: code → language → name."""
    return MappingProxyType(dict(read_yaml("profiles.taxonomy", "regions_abroad.yaml")))


@cache
def _korean_places() -> Mapping[str, str]:
    """Return province codes by the names of provinces, cities and known places."""
    places: dict[str, str] = {}
    for entry in _file()["provinces"]:
        for name in (*entry["name"].values(), *entry["short"].values(), *entry["aliases"]):
            places[_key(name)] = entry["code"]
    for code, cities in _file()["cities"].items():
        for names in cities:
            for name in names:
                for ending in ("", *_CITY_ENDINGS):
                    places.setdefault(_key(name + ending), code)
    return places


@cache
def _names() -> Mapping[str, str]:
    """Return codes by all names that are our own: countries', then provinces' and cities'."""
    names = {_key(name): code for name, code in _korean_country_names().items()}
    for code, aliases in _file()["countries"].items():
        names.update({_key(alias): code for alias in aliases})
    return {**names, **_korean_places()}


@cache
def _korean_country_names() -> Mapping[str, str]:
    """Return ISO codes by the Korean country names of the Unicode CLDR."""
    import pycountry
    from babel import Locale

    territories = Locale("ko").territories
    return {
        territories[country.alpha_2]: country.alpha_2
        for country in pycountry.countries
        if country.alpha_2 in territories
    }


@lru_cache(maxsize=8_192)
def _iso_code(code: str) -> str | None:
    return code if _CODE.fullmatch(code) and _iso_record(code) is not None else None


def _iso_record(code: str) -> Any:
    """Return pycountry's record of a code, or None."""
    import pycountry

    subdivisions: Any = pycountry.subdivisions
    if "-" in code:
        return subdivisions.get(code=code)
    return pycountry.countries.get(alpha_2=code)


@cache
def _english_countries() -> Mapping[str, str]:
    """Return alpha-2 codes by alpha-3 codes and English names of countries."""
    import pycountry

    names: dict[str, str] = {}
    for country in pycountry.countries:
        for field in ("alpha_3", "name", "official_name", "common_name"):
            name = getattr(country, field, None)
            if name:
                names[_key(name)] = country.alpha_2
    return names


def _country_by_name(text: str) -> str | None:
    return _english_countries().get(_key(text))


def _korean_address(text: str) -> str | None:
    """Return the province of an address: its first word in Korean, or "City, Korea"."""
    places = _korean_places()
    parts = [part for part in (_key(part) for part in text.split(",")) if part]
    if len(parts) > 1 and _names().get(parts[-1]) in ("KR", *provinces()):
        found = {places[part] for part in parts if part in places}
        return found.pop() if len(found) == 1 else None
    first, _, rest = text.partition(" ")
    return places.get(_key(first)) if rest and not first.isascii() else None


@lru_cache(maxsize=8_192)
def _iso_names(code: str) -> Names:
    from babel import Locale

    record = _iso_record(code)
    if "-" in code:
        return Names(record.name, record.name)
    english = getattr(record, "common_name", record.name)
    return Names(english, Locale("ko").territories.get(code, english))
