"""Owns the passages: the texts of facets and subjects as the encoder sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from index.prose import told
from profiles import Profile, Text, Tie
from profiles.taxonomy import iso_region_name, sectors

Facet = Literal["is", "offers", "seeks", "subject"]
PROFILE_FACETS: tuple[Facet, ...] = ("is", "offers", "seeks")

PASSAGE_VERSION = 2
"""Counts the ways in which passages have been made; a snapshot of another version is not used."""

MOST_NAMED_SECTORS = 12
"""A profile of more sectors is not told by their names: who works in all fields is near to none."""


def passages(profile: Profile) -> Mapping[Facet, str]:
    """Make the passage of each facet that the profile has a text for."""
    made: dict[Facet, str] = {}
    summary = _told(profile.summary) if profile.summary else ""
    made["is"] = _lines(_told(profile.name), summary, *_sector_names(profile))
    if profile.offering and (offers := _told(profile.offering)):
        made["offers"] = offers
    if profile.seeking and (seeks := _told(profile.seeking)):
        made["seeks"] = seeks
    return made


def subject_passage(tie: Tie) -> str | None:
    """Make the passage of what the two did together, or None where it is not known."""
    return tie.subject.joined if tie.subject else None


def document(profile: Profile) -> str:
    """Make the text that lexical search sees: every word by which a person might look for it."""
    texts = (profile.summary, profile.offering, profile.seeking)
    where = [iso_region_name(profile.region, lang) for lang in LANGS] if profile.region else []
    return _lines(
        _told(profile.name),
        told("\n".join(profile.aliases)),
        *(_told(text) for text in texts if text),
        *_sector_names(profile),
        *where,
    )


LANGS = ("en", "ko")


def _told(text: Text) -> str:
    return _lines(*map(told, text.parts))


def _sector_names(profile: Profile) -> list[str]:
    if len(profile.sectors) > MOST_NAMED_SECTORS:
        return []
    return [sectors()[code].name.in_(lang) for code in profile.sectors for lang in LANGS]


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
