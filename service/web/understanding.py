"""Owns what Dari understood of a startup: what is known, what is not, what could be added."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from profiles import Startup
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
    return Understanding(unknown, () if startup.sectors else _suggested(startup))


def _suggested(startup: Startup) -> tuple[str, ...]:
    texts = [t.joined for t in (startup.summary, startup.seeking, startup.offering) if t]
    return tuple(find_sectors("\n".join(texts)))[:5]
