"""Owns the hard rules: who may be matched with whom under which programme, and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from index import History
from matcher.phrases import phrase
from profiles import Partner, Programme, Startup, TieKind
from profiles.taxonomy import Names, Vocabulary, country_of, region_name, sectors, terms


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a pair is refused: a code, and a sentence in both languages."""

    code: str
    phrase: Names


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
    return [reason for rule in _RULES if isinstance(reason := rule(startup, programme), Reason)]


def partner_refusals(partner: Partner, programme: Programme) -> list[Reason]:
    """Give the rules of a programme that keep a partner out of it."""
    if partner.id in programme.partners:
        return []
    if programme.closed:
        return [_reason("not_member", programme=programme.name)]
    if programme.partner_kinds and partner.kind not in programme.partner_kinds:
        return [_reason("partner_kind", programme=programme.name)]
    return []


def rules_met(startup: Startup, programme: Programme) -> int | None:
    """Count the rules of a programme that a startup meets; None if it breaks one."""
    outcomes = [rule(startup, programme) for rule in _RULES]
    if any(isinstance(outcome, Reason) for outcome in outcomes):
        return None
    return sum(outcome is True for outcome in outcomes)


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


def _region_rule(startup: Startup, programme: Programme) -> Reason | bool:
    if not programme.regions:
        return False
    if startup.region is None:
        return _reason("region_unknown", wanted=_region_names(programme.regions))
    if _lies_in(startup.region, programme.regions):
        return True
    if any(country_of(region) == startup.region for region in programme.regions):
        return _reason("region_unknown", wanted=_region_names(programme.regions))
    given = _region_names((startup.region,))
    return _reason("region", wanted=_region_names(programme.regions), given=given)


def _country_rule(startup: Startup, programme: Programme) -> Reason | bool:
    if not programme.countries:
        return False
    if startup.region is None:
        return _reason("country_unknown", wanted=_region_names(programme.countries))
    if _lies_in(startup.region, programme.countries):
        return True
    given = _region_names((country_of(startup.region),))
    return _reason("country", wanted=_region_names(programme.countries), given=given)


def _sector_rule(startup: Startup, programme: Programme) -> Reason | bool:
    if not programme.sectors:
        return False
    wanted = _sector_names(programme.sectors)
    if not startup.sectors:
        return _reason("sector_unknown", wanted=wanted)
    allowed = set(programme.sectors)
    if any(code in allowed or sectors()[code].parent in allowed for code in startup.sectors):
        return True
    return _reason("sector", wanted=wanted, given=_sector_names(startup.sectors))


def _stage_rule(startup: Startup, programme: Programme) -> Reason | bool:
    if not programme.stages:
        return False
    wanted = _term_names("stages", programme.stages)
    if startup.stage is None:
        return _reason("stage_unknown", wanted=wanted)
    if startup.stage in programme.stages:
        return True
    return _reason("stage", wanted=wanted, given=_term_names("stages", (startup.stage,)))


def _trl_rule(startup: Startup, programme: Programme) -> Reason | bool:
    low, high = programme.trl_min, programme.trl_max
    if low is None and high is None:
        return False
    bounds = {"low": low or 1, "high": high or 9}
    if startup.trl is None:
        return _reason("trl_unknown", **bounds)
    if (low or 1) <= startup.trl <= (high or 9):
        return True
    return _reason("trl", given=startup.trl, **bounds)


def _need_rule(startup: Startup, programme: Programme) -> Reason | bool:
    if not programme.needs:
        return False
    if set(startup.seeks) & set(programme.needs):
        return True
    code = "need" if startup.seeks else "need_unknown"
    return _reason(code, wanted=_term_names("supports", programme.needs))


_RULES: tuple[Callable[[Startup, Programme], Reason | bool], ...] = (
    _region_rule,
    _country_rule,
    _sector_rule,
    _stage_rule,
    _trl_rule,
    _need_rule,
)
"""Each rule gives a reason for refusal, True where it is met, False where there is none."""


def _lies_in(region: str, regions: tuple[str, ...]) -> bool:
    return region in regions or country_of(region) in regions


def _reason(code: str, **params: object) -> Reason:
    return Reason(code, phrase(f"refusal.{code}", **params))


def _region_names(codes: tuple[str, ...]) -> Names:
    return _joined([Names(region_name(c, "en"), region_name(c, "ko")) for c in codes])


def _sector_names(codes: tuple[str, ...]) -> Names:
    return _joined([sectors()[code].name for code in codes])


def _term_names(vocabulary: Vocabulary, codes: tuple[str, ...]) -> Names:
    return _joined([terms(vocabulary)[code].name for code in codes])


def _joined(names: list[Names]) -> Names:
    return Names(", ".join(n.en for n in names), ", ".join(n.ko for n in names))
