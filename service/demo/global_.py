"""Owns the story of the global-company programme: one part for each, quotas, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles import Startup, cohorts
from profiles.cohorts.opening import rules_of
from service.demo import loading, rounds

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari

PROGRAMME = "global-company-2025"
_FEW = 2
"""How many places each part has in the story, so that there is something to choose."""


def run(dari: Dari, say: Say) -> None:
    """Let the made-up startups apply to parts, and give the places out under the quotas."""
    from service.assigning import Limits, assign

    programme = dari.store.programme(PROGRAMME)
    say(programme.name)
    rules = rules_of(programme)
    day = dari.settings.today()
    held = cohorts.open_cohort(
        dari.store,
        PROGRAMME,
        name=rounds.name_of_round(dari, PROGRAMME),
        by=rounds.BY,
        screenings=0,
        as_of=day,
    )
    held = cohorts.edit_cohort(
        dari.store, held.id, {"rules": (*rules, rounds.places(held.hosts, _FEW))}, by=rounds.BY
    )
    rounds.enter(dari, held, _applicants(dari, held))
    rounds.check(dari, held, say)
    say(*(rounds.rule_told(dari, held.hosts, rule) for rule in held.rules))
    found = assign(dari, held.id, by=rounds.BY, limits=Limits(rounds.SECONDS))
    rounds.outcome(dari, found, say)
    rounds.decide(dari, found, say)


def _applicants(dari: Dari, held: cohorts.Cohort) -> list[str]:
    """Take the Korean startups that share a sector with a part."""
    korean = [
        one
        for one in loading.cohort()
        if isinstance(one, Startup) and (one.region or "").startswith("KR")
    ]
    return sorted(one.id for one in korean if rounds.wishes(dari, held, one.id))
