"""Owns how rules are said, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from matcher.assignment.rulebook import ELIGIBILITY, SEATS
from profiles.data import read_yaml
from profiles.rules import Rule, RuleKind
from profiles.taxonomy import Names, region_name, sectors, terms

Naming = Callable[[str], str]
"""Gives the name of an applicant or a host by its id."""

LANGS = ("en", "ko")


def said(code: str, **params: object) -> Names:
    """Fill the template `group.name` of `words.yaml` in both languages; `Names` give their part.

    Raises:
        KeyError: if there is no such template, or it names a parameter that is not given.
    """
    group, _, name = code.partition(".")
    template = _words()[group][name]
    return Names(*(template[lang].format(**_in(params, lang)) for lang in LANGS))


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    loaded: Mapping[str, Mapping[str, Mapping[str, str]]] = read_yaml(
        "matcher.assignment", "words.yaml"
    )
    return loaded


def _in(params: Mapping[str, object], lang: str) -> dict[str, object]:
    return {
        name: value.in_(lang) if isinstance(value, Names) else value
        for name, value in params.items()
    }


def numbered(told: Sequence[Names]) -> Names:
    """Put sentences one after another, with a number before each where there are several."""
    if len(told) == 1:
        return told[0]
    return Names(
        *(" ".join(f"({n}) {one.in_(lang)}" for n, one in enumerate(told, 1)) for lang in LANGS)
    )


def rule_words(rule: Rule, name: Naming) -> Names:
    """Say a rule in one sentence.

    Args:
        rule: any rule, those of `rulebook` too.
        name: gives the names of applicants and hosts.
    """
    if rule.id == ELIGIBILITY:
        return said("rule.eligibility")
    if rule.id == SEATS:
        return said("rule.default_seats", high=rule.high)
    left_out = rule.kind is RuleKind.LOCKED and not rule.hosts
    return said(
        "rule.left_out" if left_out else f"rule.{rule.kind}",
        applicants=_applicants(rule, name),
        hosts=_listed(rule.hosts, name) if rule.hosts else said("who.every_host"),
        scope=_scope(rule, name),
        group=group_words(rule.group) if rule.group else "",
        bounds=_bounds(rule),
        low=rule.low,
        high=_amount(rule.high, rule.currency),
        each=_amount(rule.each, rule.currency),
    )


def group_words(group: str) -> Names:
    """Name a group ("region:KR-30")."""
    kind, _, code = group.partition(":")
    if kind in {"region", "country"}:
        return Names(*(region_name(code, lang) for lang in LANGS))
    if kind == "sector":
        return sectors()[code].name
    if kind == "stage":
        return terms("stages")[code].name
    kinds = terms("partner_kinds")
    return kinds[code].name if code in kinds else said(f"group.{code}")


def _listed(ids: Sequence[str], name: Naming) -> str:
    return ", ".join(map(name, ids))


def _applicants(rule: Rule, name: Naming) -> Names | str:
    if rule.applicants and rule.group:
        listed = _listed(rule.applicants, name)
        group = group_words(rule.group)
        return Names(*(f"{listed} ({group.in_(lang)})" for lang in LANGS))
    if rule.applicants:
        return _listed(rule.applicants, name)
    if rule.group:
        return said("who.everybody_of", group=group_words(rule.group))
    return said("who.everybody")


def _scope(rule: Rule, name: Naming) -> Names:
    if rule.hosts:
        return said("who.at_hosts", hosts=_listed(rule.hosts, name))
    return said("who.all_hosts")


def _bounds(rule: Rule) -> Names | str:
    low, high = rule.low, rule.high
    if low is None and high is None:
        return ""
    if high is None:
        return said("bounds.low", low=low)
    if low is None:
        return said("bounds.high", high=high)
    return said("bounds.same" if low == high else "bounds.both", low=low, high=high)


def _amount(value: int | None, currency: str | None) -> Names | str:
    """Write a number, in the form of each language where it is money."""
    if value is None or currency is None:
        return "" if value is None else f"{value:,}"
    from babel.numbers import format_currency

    return Names(
        *(
            format_currency(value, currency, "¤#,##0", locale=lang, currency_digits=False)
            for lang in LANGS
        )
    )
