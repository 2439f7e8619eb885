"""Owns the story of the special districts: a round in each, by sector, region and what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles import Programme, ProgrammeKind, Startup, cohorts
from profiles.taxonomy import Names
from service.demo import loading, rounds

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari


def run(dari: Dari, say: Say) -> None:
    """Hold a round without screenings in every special district of the catalogue."""
    kind = ProgrammeKind.SPECIAL_DISTRICT
    for programme in [one for one in dari.store.programmes() if one.kind is kind]:
        say("", programme.name)
        _round(dari, programme, say)


def _round(dari: Dari, programme: Programme, say: Say) -> None:
    from service.assigning import Limits, assign
    from service.entrants import AssigningError

    held = cohorts.open_cohort(
        dari.store,
        programme.id,
        name=rounds.name_of_round(dari, programme.id),
        by=rounds.BY,
        screenings=0,
        as_of=dari.settings.today(),
    )
    rounds.enter(dari, held, _applicants(programme))
    rounds.check(dari, held, say)
    try:
        found = assign(dari, held.id, by=rounds.BY, limits=Limits(rounds.SECONDS))
    except AssigningError as error:
        say(Names(error.told("en")[0], error.told("ko")[0]))
        return
    rounds.outcome(dari, found, say)
    rounds.decide(dari, found, say)


def _applicants(programme: Programme) -> list[str]:
    """Take those of the region, and those of the sectors wherever they are."""
    regions, sectors = set(programme.regions), set(programme.sectors)
    return sorted(
        one.id
        for one in loading.cohort()
        if isinstance(one, Startup)
        and (one.region in regions or len(sectors.intersection(one.sectors)) > 1)
    )
