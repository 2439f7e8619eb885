"""Owns the reading of names that staff type where a record names profiles by their ids."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from profiles import AnyProfile, Side
from profiles.text import is_clean
from service.wiring import Dari

_SIDES: Mapping[str, Side | None] = {
    "a": None,
    "b": None,
    "conflicts": None,
    "partners": Side.PARTNER,
}
"""The fields that name profiles, and of which side these are."""

_MOST_NEAR = 5
_MOST_ALIKE = 20
_LONGEST = 200


def names_profiles(field: str) -> bool:
    """Tell whether a field names profiles by id."""
    return field in _SIDES


def ids_of(dari: Dari, field: str, text: str) -> tuple[str, list[AnyProfile]]:
    """Put the id in the place of each name in a field that is the name of one profile alone.

    Args:
        dari: the engine whose profiles are named.
        field: the field that names profiles.
        text: what was typed, one id or name a line.

    Returns:
        The text with ids, and the profiles whose names are like those that are left.
    """
    lines: list[str] = []
    near: dict[str, AnyProfile] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        id, alike = _id_of(dari, line, _SIDES[field])
        lines.append(id)
        near |= {one.id: one for one in alike}
    return "\n".join(lines), list(near.values())


def near_names(dari: Dari, text: str) -> list[AnyProfile]:
    """Read the profiles whose names are like a text, the likest first."""
    if not is_clean(text) or not text.strip() or len(text) > _LONGEST:
        return []
    return _alike(dari, text, None)[:_MOST_NEAR]


def named_on(
    dari: Dari, side: Side | None, text: str
) -> tuple[AnyProfile | None, list[AnyProfile]]:
    """Read the one profile of a side, or of any, that a text names: by its id or a name of its own.

    Returns:
        The profile, None where none or several are so named; and those whose names are like it.
    """
    if not is_clean(text) or not text.strip() or len(text) > _LONGEST:
        return None, []
    id, alike = _id_of(dari, text.strip(), side)
    found = dari.store.get_many([dari.store.merged_into([id]).get(id, id)])
    one = next((one for one in found.values() if side in (None, one.side)), None)
    return one, [] if one else alike or _alike(dari, text, side)[:_MOST_NEAR]


def _alike(dari: Dari, name: str, side: Side | None) -> list[AnyProfile]:
    found = [id for id, _ in dari.names.search(name, side, _MOST_ALIKE)]
    held = dari.store.get_many(found)
    return [held[id] for id in found if id in held]


def _id_of(dari: Dari, name: str, side: Side | None) -> tuple[str, list[AnyProfile]]:
    if not is_clean(name) or len(name) > _LONGEST:
        return name, []
    if name in dari.store.sides([name]) or name in dari.store.merged_into([name]):
        return name, []
    alike = _alike(dari, name, side)
    same = [one.id for one in alike if _plain(name) in map(_plain, _names(one))]
    return (same[0], []) if len(same) == 1 else (name, alike[:_MOST_NEAR])


def _names(one: AnyProfile) -> Iterator[str]:
    yield from filter(None, (one.name.ko, one.name.en, *one.aliases))


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
