"""Owns what bundles, triads and support by stage are as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from matcher.bundles import Bundle, Member
from matcher.complement import UNIT
from matcher.counterparts import Counterpart, Unpaired
from matcher.eligibility import Reason
from matcher.matchlist import Refused, match_json
from matcher.needs import Need
from matcher.qualifying import Qualifying, Standing
from matcher.support import SupportPlan
from matcher.triads import Triad, Triads
from profiles import Text
from profiles.taxonomy import Names
from service.bundling import Across


def bundle_json(bundle: Bundle, across: Across) -> dict[str, Any]:
    """Tell a bundle."""
    chosen = bundle.chosen
    return {
        "startup": bundle.startup.id,
        "programme": bundle.asked.programme,
        "as_of": bundle.found.as_of.isoformat(),
        "model": bundle.found.model_version,
        "index_seq": bundle.found.index_seq,
        "roles": list(bundle.roles),
        "most": bundle.asked.most,
        "needs": [_need(need) for need in bundle.needs],
        "cover": {"weight": chosen.cover, "bound": chosen.cover_bound, "all": bundle.weight},
        "worth": {"points": chosen.worth / UNIT, "bound": chosen.worth_bound / UNIT},
        "optimal": chosen.is_optimal,
        "members": [_member(one, across[one.match.profile.id]) for one in bundle.members],
        "left": [
            {
                "need": one.need.id,
                "why": one.why,
                "reason": asdict(one.said),
                "who": [partner.id for partner in one.who],
                "refused": _refused(one.refused),
            }
            for one in bundle.uncovered
        ],
        "empty_roles": list(bundle.empty),
        "refused": _refused(bundle.own_refusals),
    }


def _need(need: Need) -> dict[str, Any]:
    sentence = asdict(need.sentence) if need.sentence else None
    named = {"id": need.id, "kind": need.kind.value, "name": asdict(need.name)}
    return {**named, "weight": need.weight, "sentence": sentence}


def _member(member: Member, across: Counterpart | Unpaired) -> dict[str, Any]:
    return {
        "role": member.role,
        "match": match_json(member.match),
        "covers": [
            {"need": one.need.id, "by": asdict(one.by), "alone": one.is_alone}
            for one in member.covers
        ],
        "alternatives": [
            {
                "id": one.partner.id,
                "score": one.score,
                "gains": [need.id for need in one.gains],
                "loses": [need.id for need in one.loses],
            }
            for one in member.alternatives
        ],
        "counterpart": _counterpart(across),
    }


def _counterpart(across: Counterpart | Unpaired) -> dict[str, Any]:
    if isinstance(across, Unpaired):
        return {"id": None, "reasons": [asdict(across.said)]}
    return {
        "id": across.partner.id,
        "programme": across.programme.id,
        "likeness": round(across.likeness, 4),
        "ties": [tie.id for tie in across.ties],
        "reasons": _names(across.reasons),
    }


def triads_json(found: Triads) -> dict[str, Any]:
    """Tell the triads of a programme."""
    candidates = found.candidates
    return {
        "programme": found.programme.id,
        "as_of": candidates.on.isoformat(),
        "model": candidates.model_version,
        "budget": asdict(found.budget),
        "most": found.asked.most,
        "candidates": {
            "home": sorted(candidates.home),
            "abroad": sorted(candidates.abroad),
            "institutes": sorted(candidates.institutes),
            "triads": len(candidates.possible),
            "whole": candidates.is_whole,
        },
        "points": found.packed.total / UNIT,
        "bound": found.packed.bound / UNIT,
        "triads": [_triad(one.triad) for one in found.chosen],
        "reserves": [
            {**_triad(one.triad), "instead_of": [list(other.ids) for other in one.instead_of]}
            for one in found.reserves
        ],
        "refused": _refused(candidates.refused),
        "missing": _names(found.missing),
        "caution": asdict(found.caution) if found.caution else None,
    }


def _triad(triad: Triad) -> dict[str, Any]:
    return {
        "home": triad.home.id,
        "abroad": triad.abroad.id,
        "institute": triad.institute.id,
        "points": triad.points,
        "home_fit": triad.home_fit,
        "abroad_fit": triad.abroad_fit,
        "complement": triad.complement.points / UNIT,
        "parts": [
            {"name": asdict(name), "points": points} for name, points in triad.complement.parts
        ],
        "words": asdict(triad.complement.words),
    }


def support_json(plan: SupportPlan) -> dict[str, Any]:
    """Tell the support by stage of a startup."""
    return {
        "startup": plan.startup.id,
        "as_of": plan.on.isoformat(),
        "programmes": [
            {
                "id": one.programme.id,
                "money": [kind.value for kind in one.money],
                "gives": [kind.value for kind in one.programme.gives],
                **_standing(one.standing),
                "partners": [
                    {"id": match.profile.id, "score": match.score} for match in one.partners
                ],
            }
            for one in plan.offers
        ],
        "targets": [
            {"country": one.country, "sentence": asdict(one.sentence) if one.sentence else None}
            for one in plan.targets
        ],
        "bodies": [
            {
                "id": one.partner.id,
                "score": one.score,
                "ways": [way.value for way in one.ways],
                "certifies": one.certifies,
                "sectors": _names(one.sectors),
                "markets": [
                    {"country": market.country, "by": asdict(market.by)} for market in one.markets
                ],
            }
            for one in plan.bodies
        ],
    }


def qualifying_json(found: Qualifying) -> dict[str, Any]:
    """Tell who may apply to a programme."""
    return {
        "programme": found.programme.id,
        "as_of": found.on.isoformat(),
        "looked_at": found.looked_at,
        "whole": found.is_whole,
        "now": [one.id for one in found.now],
        "close": [{"id": one.id, **_standing(told)} for one, told in found.close],
        "out": [{"id": one.id, **_standing(told)} for one, told in found.out],
        "rules_not_met": dict(found.broken),
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "reach": standing.reach.value,
        "met": _names(standing.met),
        "steps": [
            {"kind": one.kind.value, "field": one.field, "said": asdict(one.said), "far": one.far}
            for one in standing.steps
        ],
        "refusals": _reasons(standing.refusals),
    }


def _refused(refused: Iterable[Refused]) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "name": _text(one.name), "reasons": _reasons(one.reasons)} for one in refused
    ]


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [{"code": one.code, "reason": asdict(one.phrase)} for one in reasons]


def _names(names: Iterable[Names]) -> list[dict[str, str]]:
    return [asdict(one) for one in names]


def _text(text: Text) -> dict[str, str | None]:
    return {"en": text.en, "ko": text.ko}
