"""Owns the hard rules: who may be matched with whom under which programme, and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from index import History
from matcher.phrases import phrase
from profiles import Partner, Programme, Startup, TieKind
from profiles.taxonomy import Names, country_of, region_names, sector_names, sectors, term_names


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pair is refused: a code, and a sentence in both languages."""

    code: str
    phrase: Names


Outcome = bool | Callable[[], Reason]
"""True where a rule is met, False where there is none, else what gives the reason for refusal."""


def refusals(
    startup: Startup,
    partner: Partner,
    *,
    programme: Programme | None,
    history: History,
    on: date,
) -> list[Reason]:
    """Give the rules that forbid a pair on a day; none means that it may be matched."""
    reasons = _pair_refusals(startup, partner, history, on)
    if programme is not None:
        reasons += startup_refusals(startup, programme) + partner_refusals(partner, programme)
    return reasons


def startup_refusals(startup: Startup, programme: Programme) -> list[Reason]:
    """Give the rules of a programme that a startup does not meet, or that nobody can check."""
    outcomes = [rule(startup, programme) for rule in _RULES]
    return [outcome() for outcome in outcomes if not isinstance(outcome, bool)]


def partner_refusals(partner: Partner, programme: Programme) -> list[Reason]:
    """Give the rules of a programme that keep a partner out of it."""
    if partner.id in programme.partners:
        return []
    if programme.closed:
        return [_reason("not_member", programme=programme.name)]
    if programme.partner_kinds and partner.kind not in programme.partner_kinds:
        return [_reason("partner_kind", programme=programme.name)]
    return []


def own_refusals(partner: Partner) -> list[Reason]:
    """Give the rules that keep a partner from any list of its own: it takes nobody."""
    return [_reason("no_capacity")] if partner.capacity == 0 else []


def rules_met(startup: Startup, programme: Programme) -> int | None:
    """Count the rules of a programme that a startup meets; None if it breaks one.

    That it lies in the only country of a programme is asked of all there and sets nobody apart,
    so it counts nothing; to lie in one of several countries that are joined counts.
    """
    met = -(len(programme.countries) == 1)
    for rule in _RULES:
        outcome = rule(startup, programme)
        if not isinstance(outcome, bool):
            return None
        met += outcome
    return met


def _pair_refusals(startup: Startup, partner: Partner, history: History, on: date) -> list[Reason]:
    reasons = []
    named = partner.id in startup.conflicts or startup.id in partner.conflicts
    between = history.between(startup.id, partner.id)
    if named or any(tie.kind is TieKind.CONFLICT and tie.holds(on) for tie in between):
        reasons.append(_reason("conflict"))
    if partner.capacity == 0:
        reasons.append(_reason("no_capacity"))
    if partner.trl_min is not None and startup.trl is None:
        reasons.append(_reason("partner_trl_unknown", needed=partner.trl_min))
    elif partner.trl_min is not None and startup.trl is not None and startup.trl < partner.trl_min:
        reasons.append(_reason("partner_trl", needed=partner.trl_min, given=startup.trl))
    return reasons


def _region_rule(startup: Startup, programme: Programme) -> Outcome:
    if not programme.regions:
        return False
    here = startup.region
    if here is not None and _lies_in(here, programme.regions):
        return True
    if here is None or any(country_of(region) == here for region in programme.regions):
        return lambda: _reason("region_unknown", wanted=region_names(programme.regions))
    return lambda: _reason(
        "region", wanted=region_names(programme.regions), given=region_names((here,))
    )


def _country_rule(startup: Startup, programme: Programme) -> Outcome:
    if not programme.countries:
        return False
    here = startup.region
    if here is None:
        return lambda: _reason("country_unknown", wanted=region_names(programme.countries))
    if _lies_in(here, programme.countries):
        return True
    return lambda: _reason(
        "country",
        wanted=region_names(programme.countries),
        given=region_names((country_of(here),)),
    )


def _sector_rule(startup: Startup, programme: Programme) -> Outcome:
    if not programme.sectors:
        return False
    if not startup.sectors:
        return lambda: _reason("sector_unknown", wanted=sector_names(programme.sectors))
    allowed = set(programme.sectors)
    if any(code in allowed or sectors()[code].parent in allowed for code in startup.sectors):
        return True
    return lambda: _reason(
        "sector", wanted=sector_names(programme.sectors), given=sector_names(startup.sectors)
    )


def _stage_rule(startup: Startup, programme: Programme) -> Outcome:
    if not programme.stages:
        return False
    stage = startup.stage
    if stage is None:
        return lambda: _reason("stage_unknown", wanted=term_names("stages", programme.stages))
    if stage in programme.stages:
        return True
    return lambda: _reason(
        "stage",
        wanted=term_names("stages", programme.stages),
        given=term_names("stages", (stage,)),
    )


def _trl_rule(startup: Startup, programme: Programme) -> Outcome:
    low, high = programme.trl_min, programme.trl_max
    if low is None and high is None:
        return False
    bounds = {"low": low or 1, "high": high or 9}
    if startup.trl is None:
        return lambda: _reason("trl_unknown", **bounds)
    if (low or 1) <= startup.trl <= (high or 9):
        return True
    return lambda: _reason("trl", given=startup.trl, **bounds)


def _need_rule(startup: Startup, programme: Programme) -> Outcome:
    if not programme.needs:
        return False
    if set(startup.seeks) & set(programme.needs):
        return True
    code = "need" if startup.seeks else "need_unknown"
    return lambda: _reason(code, wanted=term_names("supports", programme.needs))


_RULES: tuple[Callable[[Startup, Programme], Outcome], ...] = (
    _region_rule,
    _country_rule,
    _sector_rule,
    _stage_rule,
    _trl_rule,
    _need_rule,
)


def _lies_in(region: str, regions: tuple[str, ...]) -> bool:
    return region in regions or country_of(region) in regions


def _reason(code: str, **params: object) -> Reason:
    return Reason(code, phrase(f"refusal.{code}", **params))
