"""Owns the table of a cohort that is taken away: every application, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext, to_user_timezone

from profiles import Startup
from profiles.cohorts import Entry, Ranked
from service import labels
from service.exporting import Cell, Sheet
from service.web.cohort_page import CohortPage
from service.web.cohort_words import SCREENINGS, STAGES


def entry_sheet(page: CohortPage) -> Sheet:
    """Put the applications of a cohort into a table in the reader's language, a row each."""
    screened = page.cohort.screened
    columns = (
        *(gettext("ID"), gettext("Name"), gettext("Region"), gettext("Stage"), gettext("Sectors")),
        *(gettext("Applies to"), gettext("State"), gettext("Reason"), gettext("Rules not met")),
        *(f"{SCREENINGS[one]}: {gettext('mean')}" for one in screened),
        *(gettext("Host"), gettext("Reserve"), gettext("Entered by"), gettext("Applied on")),
    )
    ranks = [{one.entry.id: one for one in page.ranking(each)} for each in screened]
    rows = tuple(tuple(_row(page, one, ranks)) for one in page.entries)
    return Sheet(page.cohort.name, tuple(_about(page)), columns, rows)


def _about(page: CohortPage) -> Iterator[tuple[str, str]]:
    yield gettext("Programme"), page.programme.name.in_(page.lang)
    yield gettext("Cohort"), page.cohort.name
    yield gettext("Day"), labels.day(page.cohort.as_of)
    for rule in page.cohort.rules:
        yield gettext("Rule %(id)s", id=rule.id), page.rule_said(rule)


def _row(page: CohortPage, one: Entry, ranks: list[dict[int, Ranked]]) -> Iterator[Cell]:
    profile = page.profiles.get(one.profile)
    yield one.profile
    yield page.name(one.profile)
    yield labels.region(profile.region) if profile and profile.region else None
    stage = profile.stage if isinstance(profile, Startup) else None
    yield labels.term("stages", stage) if stage else None
    yield labels.sector_list(profile.sectors) if profile else None
    yield "\n".join(map(page.name, one.wishes))
    yield str(STAGES[one.stage])
    yield one.reason
    yield "\n".join(each.said(page.lang) for each in one.refusals)
    for held in ranks:
        mean = held[one.id].mean if one.id in held else None
        yield None if mean is None else round(float(mean), 2)
    yield page.name(one.host) if one.host else None
    yield "\n".join(f"{rank}. {page.name(host)}" for host, rank in page.ranks_of(one))
    yield labels.maker(one.by)
    yield to_user_timezone(one.applied_at).date().isoformat()
