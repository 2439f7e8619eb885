"""Owns the passages: the texts of facets and subjects as the encoder sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from profiles import Profile, Tie
from profiles.taxonomy import region_name, sectors

Facet = Literal["is", "offers", "seeks", "subject"]
PROFILE_FACETS: tuple[Facet, ...] = ("is", "offers", "seeks")

PASSAGE_VERSION = 1
"""Counts the ways in which passages have been made; a snapshot of another version is not used."""


def passages(profile: Profile) -> Mapping[Facet, str]:
    """Make the passage of each facet that the profile has a text for."""
    made: dict[Facet, str] = {}
    named = "\n".join(sectors()[code].name.in_(lang) for code in profile.sectors for lang in LANGS)
    summary = profile.summary.joined if profile.summary else ""
    made["is"] = _lines(profile.name.joined, summary, named)
    if profile.offering:
        made["offers"] = profile.offering.joined
    if profile.seeking:
        made["seeks"] = profile.seeking.joined
    return made


def subject_passage(tie: Tie) -> str | None:
    """Make the passage of what the two did together, or None where it is not known."""
    return tie.subject.joined if tie.subject else None


def document(profile: Profile) -> str:
    """Make the text that lexical search sees: every word by which a person might look for it."""
    texts = (profile.summary, profile.offering, profile.seeking)
    named = [sectors()[code].name.in_(lang) for code in profile.sectors for lang in LANGS]
    where = [region_name(profile.region, lang) for lang in LANGS] if profile.region else []
    return _lines(
        profile.name.joined,
        *profile.aliases,
        *(text.joined for text in texts if text),
        *named,
        *where,
    )


LANGS = ("en", "ko")


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
