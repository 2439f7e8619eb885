"""Owns how an assignment is told: names, aims, rules and prices in words, and all of it as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from matcher.levels import levels_json
from profiles import Store
from profiles.taxonomy import Names

if TYPE_CHECKING:
    from matcher.assignment import Contradiction, Level, Price, Tags
    from profiles.rules import Rule
    from service.assigning import Assigned

_AIMS = {
    "placed": Names("places given", "배정 수"),
    "worst": Names("least fit", "최저 적합도"),
    "total": Names("total fit", "적합도 합계"),
    "spread": Names("fullest against emptiest host, %", "수용처 간 충원율 차이(%)"),
}
_STATUSES = {
    "optimal": Names("proven best", "최적임이 증명됨"),
    "feasible": Names("best found so far", "지금까지 찾은 최선"),
    "infeasible": Names("the rules contradict", "규칙이 서로 모순됨"),
    "unknown": Names("nothing found in time", "시간 안에 찾지 못함"),
}
_FITS = ("worst", "total")

Naming = Callable[[str], str]


def naming(store: Store, ids: Sequence[str], lang: str) -> Naming:
    """Give what names profiles and programmes by their ids in a language; others by their id."""
    profiles = store.get_many(ids)
    names = {id: one.name.in_(lang) for id, one in profiles.items()}
    names |= {one.id: one.name.in_(lang) for one in store.programmes()}
    return lambda id: names.get(id, id)


def naming_of(store: Store, found: Assigned, lang: str) -> Naming:
    """Give what names everybody in an assignment."""
    instance = found.fitted.instance
    return naming(store, [*instance.applicant_ids, *instance.host_ids], lang)


def aim_name(aim: str) -> Names:
    """Name an aim."""
    return _AIMS[aim]


def status_name(status: str) -> Names:
    """Name how a search ended."""
    return _STATUSES[status]


def level_value(aim: str, value: int) -> str:
    """Write a value of an aim: fits in points, unevenness in per cent."""
    from matcher.assignment import UNIT

    if aim in _FITS:
        return f"{value / UNIT:,.1f}"
    return f"{value / 10:.1f}" if aim == "spread" else f"{value:,}"


def level_line(level: Level) -> tuple[Names, str, str, str]:
    """Tell a level: its aim, what was reached, the bound, and the gap in per cent."""
    aim = level.aim.value
    bound = level_value(aim, level.bound)
    return _AIMS[aim], level_value(aim, level.value), bound, f"{100 * level.gap:.1f}%"


def rule_said(rule: Rule, name: Naming, lang: str) -> str:
    """Say a rule with the reason that it gives, in a language."""
    from matcher.assignment import rule_words

    said = rule_words(rule, name).in_(lang)
    return f"{said} ({rule.reason.in_(lang)})" if rule.reason else said


def assigned_json(found: Assigned) -> dict[str, Any]:
    """Give an assignment as one document: the record, refusals, contradiction and prices."""
    return {
        "programme": found.programme.id,
        "cohort": found.cohort.id if found.cohort else None,
        "decision": found.decision.id if found.decision else None,
        "status": found.solution.status.value,
        "pairs": pairs_json(found),
        "levels": levels_json(found.solution.levels),
        "refusals": [
            {"applicant": a, "host": h, "reasons": [
                {"code": one.code, "en": one.phrase.en, "ko": one.phrase.ko} for one in why
            ]}
            for (a, h), why in sorted(found.fitted.refusals.items())
        ],
        "contradiction": contradiction_json(found.contradiction) if found.contradiction else None,
        **tags_json(found.prices),
        "record": found.record.as_json(),
    }  # fmt: skip


def pairs_json(found: Assigned) -> list[dict[str, Any]]:
    """Give the pairs with their fits in 1/1024 point."""
    fits = fits_of(found)
    return [{"applicant": a, "host": h, "fit": fits[a, h]} for a, h in found.solution.pairs]


def fits_of(found: Assigned) -> dict[tuple[str, str], int]:
    """Give the fits of the pairs that were made, in 1/1024 point."""
    instance = found.fitted.instance
    rows = {id: row for row, id in enumerate(instance.applicant_ids)}
    columns = {id: column for column, id in enumerate(instance.host_ids)}
    return {(a, h): int(instance.fits[rows[a], columns[h]]) for a, h in found.solution.pairs}


def contradiction_json(found: Contradiction) -> dict[str, Any]:
    """Give a contradiction as plain values."""
    return {
        "said": {"en": found.said.en, "ko": found.said.ko},
        "minimal": found.minimal,
        "rules": [_rule_json(rule) for rule in found.rules],
        "relaxations": [
            {
                "rule": one.rule.id,
                "loosened": _rule_json(one.loosened) if one.loosened else None,
                "said": {"en": one.said.en, "ko": one.said.ko},
                "levels": levels_json(one.solution.levels),
            }
            for one in found.relaxations
        ],
    }


def tags_json(tags: Tags | None) -> dict[str, list[dict[str, Any]]]:
    """Give what rules cost as plain values: each, those that hide each other, and the others."""
    if tags is None:
        return {"prices": [], "joint_prices": [], "idle_rules": [], "untried_rules": []}
    return {
        "prices": [{"rule": _rule_json(one.rule), **_price_json(one)} for one in tags.prices],
        "joint_prices": [_price_json(one) for one in tags.joint],
        "idle_rules": [_rule_json(rule) for rule in tags.idle],
        "untried_rules": [_rule_json(rule) for rule in tags.untried],
    }


def _price_json(one: Price) -> dict[str, Any]:
    return {
        "rules": [_rule_json(rule) for rule in one.rules],
        "said": {"en": one.said.en, "ko": one.said.ko},
        "total": one.total,
        "percent": round(one.percent, 3),
        "placed": one.placed,
        "worst": one.worst,
        "gains": [list(each) for each in one.gains],
        "loses": [list(each) for each in one.loses],
        "proven": one.proven,
    }


def _rule_json(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(mode="json", exclude_defaults=True)
