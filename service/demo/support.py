"""Owns the story of support by stage: a startup's way through programmes, and who qualifies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from matcher.bundle_words import say as said
from matcher.qualifying import qualifying
from matcher.support import SupportAsked, support_for
from profiles import validate
from profiles.taxonomy import Names
from service.bundling import qualifying_grid, sources_of, startup_of, support_grids
from service.grids import table_of

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari

STARTUPS = ("demo-gaet-diagnostics", "demo-nabi-cell")
PROGRAMME = "investment-match"

_MOST_ROWS = 10
_FEW = 3
"""How many are shown of those who may apply, and of those who may not."""


def run(dari: Dari, say: Say) -> None:
    """Tell what there is for two startups, and who may apply to a programme."""
    lang, asked = dari.settings.language, validate(SupportAsked, {})
    for id in STARTUPS:
        plan = support_for(sources_of(dari), startup_of(dari.store, id), asked)
        say(*(table_of(grid, lang, _MOST_ROWS) for grid in support_grids(plan) if grid.rows))
        say(said("see_support", id=id))
    found = qualifying(sources_of(dari), dari.store.programme(PROGRAMME), None)
    counted = {"all": found.looked_at, "now": len(found.now), "close": len(found.close)}
    say(said("qualifying_counted", **counted, out=len(found.out)))
    say(table_of(qualifying_grid(replace(found, now=found.now[:_FEW])), lang, _MOST_ROWS))
    for one, told in found.out[:_FEW]:
        say(Names(*(
            f"  {one.name.in_(lang)}: {' · '.join(why.phrase.in_(lang) for why in told.refusals)}"
            for lang in ("en", "ko")
        )))  # fmt: skip
