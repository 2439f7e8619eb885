"""Owns what is read from the forms of a cohort: rules, pairs that staff decide, and scores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from profiles import FieldError, InvalidRecord, validate
from profiles.cohorts import Cohort, CohortError
from profiles.rules import Rule, RuleKind

E = TypeVar("E", bound=StrEnum)
Form = MultiDict[str, str]

Ids = Callable[[list[str]], tuple[list[str], list[str]]]
"""Gives the ids of lines that are ids or names, and those lines that are neither."""

_PLAIN = ("id", "kind", "low", "high", "each", "currency")
_DOES = {"force": RuleKind.FORCED, "forbid": RuleKind.FORBIDDEN}
_SETTINGS = ("name", "opens", "closes", "as_of", "screenings", "seed")
_NEEDED = ("as_of", "screenings", "criteria")
"""What a cohort is never without: an emptied field would be read as one that is not sent."""


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


def rules_with(cohort: Cohort, form: Form, ids: Ids) -> list[Rule]:
    """Give the rules of a cohort with the one of a form, in the place of that of the same id.

    Raises:
        InvalidRecord: naming all fields of the rule that are wrong.
    """
    wrong: list[FieldError] = []
    raw: dict[str, Any] = {name: form.get(name) for name in _PLAIN}
    kind = raw["kind"] if raw["kind"] in [*RuleKind] else "rule"
    raw["id"] = form.get("id", "").strip() or _free(cohort.rules, kind)
    raw["group"] = _group(form, wrong)
    raw |= {"hosts": form.getlist("hosts"), "reason": form.get("reason")}
    strangers = [one for one in raw["hosts"] if one not in cohort.hosts]
    wrong += [FieldError("hosts", "cohort_not_host", one) for one in strangers]
    raw["applicants"] = _known(ids, form.get("applicants", ""), wrong)
    try:
        made = validate(Rule, raw)
    except InvalidRecord as error:
        told = {one.field.partition(".")[0] for one in wrong}
        wrong += [one for one in error.errors if one.field.partition(".")[0] not in told]
    if wrong:
        raise InvalidRecord(wrong)
    return _put(cohort.rules, made)


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


def pair_rule(cohort: Cohort, applicants: Collection[str], form: Form) -> Rule:
    """Make the rule by which staff force or forbid a pair of a cohort; it needs a reason.

    Raises:
        InvalidRecord: if there is no reason, what is to be done is neither, or somebody of the pair
            does not apply to the cohort or is no host of it.
    """
    who, host, do = (form.get(name, "") for name in ("applicant", "host", "do"))
    wrong: list[FieldError] = []
    if do not in _DOES:
        wrong.append(FieldError("do", "value", do))
    if who not in applicants:
        wrong.append(FieldError("applicant", "cohort_no_entry", who))
    if host not in cohort.hosts:
        wrong.append(FieldError("host", "cohort_not_host", host))
    if not form.get("reason", "").strip():
        wrong.append(FieldError("reason", "case_words"))
    if wrong:
        raise InvalidRecord(wrong)
    kind = _DOES[do].value
    ends = {"applicants": [who], "hosts": [host], "reason": form.get("reason")}
    return validate(Rule, {"id": _free(cohort.rules, kind), "kind": kind, **ends})


def scores_of(criteria: Sequence[str], form: Form) -> Mapping[str, tuple[object, str]]:
    """Read the points and the reason of each criterion; one that is left empty is left out.

    Raises:
        CohortError: if all are empty.
    """
    given = {
        name: (form.get(f"points-{n}", "").strip(), form.get(f"reason-{n}", "").strip())
        for n, name in enumerate(criteria)
    }
    said = {name: both for name, both in given.items() if any(both)}
    if not said:
        raise CohortError("points", "cohort_no_points")
    return said


def settings_of(form: Form) -> dict[str, Any]:
    """Read what staff set of a cohort by its form.

    Raises:
        InvalidRecord: if one that it cannot be without is emptied.
    """
    values: dict[str, Any] = {name: form.get(name) for name in _SETTINGS}
    values |= {"hosts": form.getlist("hosts"), "criteria": form.get("criteria", "").splitlines()}
    values["criteria"] = [one for one in map(str.strip, values["criteria"]) if one]
    emptied = [name for name in _NEEDED if name in form and not form[name].strip()]
    if emptied:
        raise InvalidRecord([FieldError(name, "missing") for name in emptied])
    return values


def changes_asked(form: Form) -> tuple[list[str], list[dict[str, Any]]]:
    """Read what is tried out: the rules that are left out, and those with another bound.

    Raises:
        CohortError: if a bound is given and no rule, or a rule and no bound.
    """
    without = form.getlist("without")
    loosened = form.get("rule", "")
    raw = {name: form.get(name) for name in ("low", "high") if form.get(name, "").strip()}
    if bool(loosened) is not bool(raw):
        raise CohortError("rule", "assign_bound", loosened)
    return without, [{"id": loosened, **raw}] if loosened else []


def _known(ids: Ids, text: str, wrong: list[FieldError]) -> list[str]:
    """Read who is named, one a line by id or name; note those that are no profile."""
    found, strangers = ids(_listed(text))
    wrong += [FieldError("applicants", "cohort_no_profile", one) for one in strangers]
    return found


def _group(form: Form, wrong: list[FieldError]) -> str | None:
    """Read the group of a list, or one that is written; a code may go on where a list begins."""
    chosen, code = (form.get(name, "").strip() for name in ("group", "code"))
    if ":" in chosen and code:
        wrong.append(FieldError("group", "group_twice", code))
        return chosen
    return ":".join(one for one in (chosen, code) if one) or None


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
