"""Owns the story of the bilateral platform: joint projects within its money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcher.bundle_words import say as said
from matcher.triads import TriadsAsked, triads_of
from profiles import validate
from service.bundling import sources_of, triads_grids
from service.grids import table_of

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari

PROGRAMME = "bilateral-korea-russia"
SIZES = (100_000, 250_000)
"""What a project asks for from each side, in USD, in the two turns that are told."""

_MOST_ROWS = 8


def run(dari: Dari, say: Say) -> None:
    """Tell which projects are chosen where they are small, and where they are large."""
    lang = dari.settings.language
    for each in SIZES:
        found = triads_of(sources_of(dari), PROGRAMME, validate(TriadsAsked, {"each": each}))
        budget = found.budget
        say(said("budget", each=f"{each:,}", projects=budget.projects, side=f"{budget.side:,}"))
        say(*(table_of(grid, lang, _MOST_ROWS) for grid in triads_grids(found) if grid.rows))
        say(*(one for one in (found.caution, *found.missing) if one is not None))
    say(said("see_triads", id=PROGRAMME))
