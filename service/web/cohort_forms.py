"""Owns what is read from the forms of a cohort: rules, pairs that staff decide, and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from profiles import FieldError, InvalidRecord, validate
from profiles.cohorts import CohortError
from profiles.rules import Rule, RuleKind

E = TypeVar("E", bound=StrEnum)
Form = MultiDict[str, str]

_PLAIN = ("id", "kind", "low", "high", "each", "currency")


def chosen(kind: type[E], field: str, form: Form) -> E:
    """Read one of a closed list.

    Raises:
        InvalidRecord: for anything else.
    """
    given = form.get(field, "")
    try:
        return kind(given)
    except ValueError as error:
        raise InvalidRecord([FieldError(field, "value", given)]) from error


def rules_with(rules: Sequence[Rule], form: Form) -> list[Rule]:
    """Give rules with the one of a form, in the place of that of the same id.

    Raises:
        InvalidRecord: naming the fields of the rule that are wrong.
    """
    raw: dict[str, Any] = {name: form.get(name) for name in _PLAIN}
    raw["id"] = (form.get("id") or "").strip() or _free(rules, form.get("kind") or "rule")
    raw["group"] = _group(form)
    raw |= {"hosts": form.getlist("hosts"), "applicants": _listed(form.get("applicants", ""))}
    raw["reason"] = form.get("reason")
    made = validate(Rule, raw)
    return _put(rules, made)


def bound_changes(rules: Sequence[Rule], form: Form) -> list[Rule]:
    """Give rules of which one has another bound; one without any bound left is gone.

    Raises:
        CohortError: if there is no such rule.
        InvalidRecord: if the rule cannot have this bound.
    """
    id = form.get("id", "")
    rule = next((one for one in rules if one.id == id), None)
    if rule is None:
        raise CohortError("id", "assign_no_rule", id, known=", ".join(one.id for one in rules))
    if form.get("drop"):
        return [one for one in rules if one.id != id]
    given = {name: form.get(name) for name in ("low", "high") if name in form}
    raw = rule.model_dump(mode="json", exclude_defaults=True)
    return _put(rules, validate(Rule, {**raw, **given}))


def pair_rule(rules: Sequence[Rule], form: Form) -> Rule:
    """Make the rule by which staff force or forbid a pair; it needs a reason.

    Raises:
        CohortError: if there is no reason.
        InvalidRecord: if it names nobody.
    """
    kind = "forbidden" if form.get("do") == "forbid" else "forced"
    if not form.get("reason", "").strip():
        raise CohortError("pair_reason", "case_words", form.get("reason"))
    ends = {"applicants": [form.get("applicant", "")], "hosts": [form.get("host", "")]}
    raw = {"id": _free(rules, kind), "kind": kind, "reason": form.get("reason"), **ends}
    return validate(Rule, raw)


def scores_of(criteria: Sequence[str], form: Form) -> Mapping[str, tuple[object, str]]:
    """Read the points and the reason of each criterion; one whose points are empty is left out."""
    given = {
        name: (form.get(f"points-{n}", "").strip(), form.get(f"reason-{n}", ""))
        for n, name in enumerate(criteria)
    }
    return {name: said for name, said in given.items() if said[0]}


def changes_asked(form: Form) -> tuple[list[str], list[dict[str, Any]]]:
    """Read what is tried out: the rules that are left out, and those with another bound."""
    without = form.getlist("without")
    loosened = form.get("rule", "")
    raw = {name: form.get(name) for name in ("low", "high") if form.get(name)}
    return without, [{"id": loosened, **raw}] if loosened and raw else []


def _group(form: Form) -> str | None:
    """Read the group of a list, or one that is written; both at once are no group."""
    given = (form.get(name, "").strip() for name in ("group", "code"))
    return ":".join(one for one in given if one) or None


def _put(rules: Sequence[Rule], made: Rule) -> list[Rule]:
    if all(one.id != made.id for one in rules):
        return [*rules, made]
    return [made if one.id == made.id else one for one in rules]


def _free(rules: Sequence[Rule], kind: str) -> str:
    """Find an id that no rule has."""
    taken = {rule.id for rule in rules}
    names = (kind, *(f"{kind}-{n}" for n in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.replace(";", "\n").splitlines() if one.strip()]


KINDS = tuple(RuleKind)
"""The kinds of rules, in the order of the form."""
