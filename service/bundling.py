"""Owns how bundles, triads and support by stage are asked for, and their grids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcher.bodies import Body
from matcher.bundle_words import say
from matcher.bundles import Bundle, Member
from matcher.complement import UNIT
from matcher.counterparts import Counterpart, Unpaired, counterparts
from matcher.matchlist import Refused
from matcher.needs import Need
from matcher.qualifying import Qualifying, Reach
from matcher.roles import role_name
from matcher.sources import Sources
from matcher.support import Offer, SupportPlan
from matcher.triads import Triad, Triads
from profiles import Partner, Side, Startup, Store
from profiles.rows import unknown_id
from profiles.taxonomy import Names, listed, region_names, term_names
from service.grids import Cell, Grid, lines
from service.queries import profile_on
from service.wiring import Dari

ALONE, SHARED = "●", "○"
"""How a grid marks that a member alone covers a need, and that it does beside others."""


def sources_of(dari: Dari) -> Sources:
    """Give what bundles, triads and support are made from."""
    return Sources(dari.store, dari.follower, dari.matchmaker)


Across = Mapping[str, Counterpart | Unpaired]
"""The counterparts of the members of a bundle, by their ids."""


def startup_of(store: Store, id: str) -> Startup:
    """Read a startup.

    Raises:
        UnknownId: if there is none of this id.
    """
    found = profile_on(store, Side.STARTUP, id)
    if not isinstance(found, Startup):
        raise unknown_id(id)
    return found


def counterparts_of(dari: Dari, bundle: Bundle) -> Across:
    """Find the counterpart of each member of a bundle in the cluster that is joined to its own."""
    partners = [
        one.match.profile for one in bundle.members if isinstance(one.match.profile, Partner)
    ]
    return counterparts(sources_of(dari), partners, bundle.found.as_of)


def columns(*codes: str) -> tuple[Names, ...]:
    """Name columns in both languages."""
    return tuple(say(f"col_{code}") for code in codes)


def bundle_grids(bundle: Bundle, across: Across) -> tuple[Grid, ...]:
    """Put a bundle into tables: its members, who covers what, and what is left open."""
    return (
        Grid(
            say("title_members", name=bundle.startup.name),
            columns("role", "id", "name", "fit", "adds", "covers", "instead", "counterpart"),
            tuple(_member_row(one, across[one.match.profile.id]) for one in bundle.members),
        ),
        Grid(
            say("title_cover"),
            (*columns("need"), *(one.match.profile.name for one in bundle.members)),
            tuple(
                (need.name, *(_mark(one, need) for one in bundle.members)) for need in bundle.needs
            ),
        ),
        Grid(
            say("title_left"),
            columns("need", "why", "who"),
            tuple((one.need.name, one.said, _named(one.who)) for one in bundle.uncovered),
        ),
    )


def _member_row(member: Member, across: Counterpart | Unpaired) -> tuple[Cell, ...]:
    profile = member.match.profile
    return (
        role_name(member.role),
        profile.id,
        profile.name,
        member.match.score,
        listed([need.name for need in member.adds]),
        listed([one.need.name for one in member.covers]),
        _named(one.partner for one in member.alternatives),
        across.partner.name if isinstance(across, Counterpart) else across.said,
    )


def _mark(member: Member, need: Need) -> str:
    borne = member.bears(need)
    return "" if borne is None else ALONE if borne.is_alone else SHARED


def triads_grids(found: Triads) -> tuple[Grid, ...]:
    """Put triads into tables: those that are funded, those in reserve, and whom rules keep off."""
    who = ("home", "abroad", "institute", "points", "of_home", "of_abroad", "of_both")
    return (
        Grid(
            say("title_triads", name=found.programme.name),
            columns(*who, "words"),
            tuple((*_triad_row(one.triad), one.triad.complement.words) for one in found.chosen),
        ),
        Grid(
            say("title_reserves"),
            columns(*who, "instead_of"),
            tuple(
                (*_triad_row(one.triad), lines([t.home.name for t in one.instead_of]))
                for one in found.reserves
            ),
        ),
        refused_grid(found.candidates.refused),
    )


def _triad_row(triad: Triad) -> tuple[Cell, ...]:
    return (
        triad.home.name,
        triad.abroad.name,
        triad.institute.name,
        triad.points,
        triad.home_fit,
        triad.abroad_fit,
        triad.complement.points / UNIT,
    )


def refused_grid(refused: Iterable[Refused]) -> Grid:
    """Put those whom rules keep off into a table, with the reasons."""
    rows = tuple(
        (one.id, one.name, lines([reason.phrase for reason in one.reasons])) for one in refused
    )
    return Grid(say("title_refused"), columns("id", "name", "why"), rows)


def support_grids(plan: SupportPlan) -> tuple[Grid, ...]:
    """Put support by stage into tables: the programmes in their order, and who leads to markets."""
    return (
        Grid(
            say("title_support", name=plan.startup.name),
            columns("when", "programme", "gives", "met", "steps", "why", "partners"),
            tuple(_offer_row(one) for one in plan.offers),
        ),
        Grid(
            say("title_bodies"),
            columns("id", "name", "gives", "sectors", "markets", "fit"),
            tuple(_body_row(one) for one in plan.bodies),
        ),
    )


def _offer_row(offer: Offer) -> tuple[Cell, ...]:
    standing, programme = offer.standing, offer.programme
    return (
        reach_name(standing.reach),
        programme.name,
        term_names("supports", programme.gives),
        lines(standing.met),
        lines([step.said for step in standing.steps]),
        lines([reason.phrase for reason in standing.refusals]),
        lines([match.profile.name for match in offer.partners]),
    )


def _body_row(body: Body) -> tuple[Cell, ...]:
    served = [region_names([one.country]) for one in body.markets]
    return (
        body.partner.id,
        body.partner.name,
        term_names("supports", body.ways),
        listed(list(body.sectors)),
        listed(served) if served else say("markets_unknown"),
        body.score,
    )


def qualifying_grid(found: Qualifying) -> Grid:
    """Put those who may apply to a programme into a table, those who lack something, the others."""
    now = tuple((reach_name(Reach.NOW), one.id, one.name, "", "") for one in found.now)
    later = tuple(
        (
            reach_name(told.reach),
            one.id,
            one.name,
            lines([step.said for step in told.steps]),
            lines([reason.phrase for reason in told.refusals]),
        )
        for one, told in (*found.close, *found.out)
    )
    title = say("title_qualifying", name=found.programme.name)
    return Grid(title, columns("when", "id", "name", "steps", "why"), (*now, *later))


def reach_name(reach: Reach) -> Names:
    """Name when a startup may apply."""
    return say(f"reach_{reach.value}")


def _named(profiles: Iterable[Partner]) -> Names:
    return lines([one.name for one in profiles])
