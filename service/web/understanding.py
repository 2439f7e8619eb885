"""Owns what Dari understood of a startup: what is known, what is not, what could be added."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from profiles import Profile, Side, Startup
from profiles.taxonomy import find_sectors


@dataclass(frozen=True, slots=True)
class Understanding:
    """The fields that are unknown, and sectors that the text suggests where none were chosen."""

    unknown: tuple[str, ...]
    suggested: tuple[str, ...]


def understand(startup: Startup) -> Understanding:
    """Tell what is unknown of a startup; suggest sectors only where none were chosen."""
    names = {
        "summary": gettext("what it does"),
        "seeking": gettext("what it looks for"),
        "offering": gettext("what it can offer"),
        "region": gettext("region"),
        "sectors": gettext("sectors"),
        "stage": gettext("stage"),
        "trl": gettext("technology readiness level"),
        "seeks": gettext("support it seeks"),
        "offers": gettext("support it can give"),
    }
    unknown = tuple(name for field, name in names.items() if not getattr(startup, field))
    return Understanding(unknown, suggested_sectors(startup))


def suggested_sectors(profile: Profile) -> tuple[str, ...]:
    """Suggest up to five sectors from the texts of a startup that names none."""
    if profile.sectors or profile.side is not Side.STARTUP:
        return ()
    texts = [t.joined for t in (profile.summary, profile.seeking, profile.offering) if t]
    return tuple(find_sectors("\n".join(texts)))[:5]
