"""Owns what a page of cohorts says of a form that was refused: in its own words, field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from profiles import FieldError, InvalidRecord
from profiles.cohorts import CohortState, EntryStage
from profiles.kinds import PartnerKind
from profiles.rules import RuleKind
from service import labels
from service.web.cohort_words import RULES, STAGES, STATES, criterion_name

Name = Callable[[str], str]

_MOST_TOLD = 20
_LABELS: Mapping[str, Any] = {
    "programme": _l("Programme"),
    "name": _l("Name of the cohort"),
    "opens": _l("First day of applications"),
    "closes": _l("Last day of applications"),
    "as_of": _l("Day that counts"),
    "screenings": _l("Screenings, 0 to 2"),
    "seed": _l("Seed of a lottery among equals"),
    "criteria": _l("Criteria, one a line"),
    "hosts": _l("Hosts"),
    "id": _l("Id"),
    "kind": _l("Kind"),
    "group": _l("Group"),
    "code": _l("Or a group that is not in the list, by its code"),
    "low": _l("At least"),
    "high": _l("At most"),
    "each": _l("Money for each pair"),
    "currency": _l("Currency"),
    "applicants": _l("Applicants"),
    "applicant": _l("Applicant"),
    "host": _l("Host"),
    "profile": _l("Applicant"),
    "wishes": _l("Parts applied to, the dearest first"),
    "note": _l("Note"),
    "points": _l("Points"),
    "while_open": _l("Make it final though startups may still apply; that ends the intake"),
    "assessor": _l("Assessor"),
    "out": _l("Why the others are out"),
    "unscored": _l("Let them go on without a score"),
    "seconds": _l("Seconds that the search may take"),
    "rule": _l("Rule"),
    "bound": _l("Bound"),
    "why": _l("Why this is decided"),
    "reason": _l("Reason"),
    "pair_reason": _l("Reason"),
}
_OF_FORM: Mapping[tuple[str, str], Any] = {
    ("screen", "reason"): _l("Why these go on"),
    ("enter", "profile"): _l("Startups, or institutes that may apply"),
}
"""The fields that a form calls otherwise than the others do."""
_SHOWN_AT: Mapping[tuple[str, str], str] = {
    ("keep_rule", "rules"): "hosts",
    ("settings", "rules"): "hosts",
    ("trade_off", "rule"): "bound",
}
"""Where a form shows what is wrong with something that it has no field of its own for."""
_UNSEEN = {"applicant", "host", "profile", "id"}
"""What forms send of themselves; only two of them let it be typed."""
_TYPED = {("enter", "profile"), ("keep_rule", "id")}
_CODES: Mapping[str, str] = {
    "list": "list_lines",
    "vocabulary": "choice",
    "value": "choice",
    "group": "group_code",
    "rule_no_bound": "rule_no_bound_here",
    "rule_order": "rule_order_here",
    "cohort_kind": "cohort_kind_here",
    "assign_no_rule": "choice",
    "assign_seconds": "assign_seconds_here",
}
"""What is said where there are lists and boxes in place of codes."""
_NAMED = ("value", "profile", "host")


@dataclass(frozen=True, slots=True)
class Refused:
    """A form as it was sent: what is wrong by field, and what was typed; empty if it was not."""

    errors: Mapping[str, FieldError]
    typed: MultiDict[str, str]

    @property
    def is_sent(self) -> bool:
        """Tell whether it is this form that was sent."""
        return bool(self.typed)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the summary: the field's label and the id of its error, each where there is one."""

    label: str
    anchor: str
    error: FieldError


class Refusal:
    """What was sent and why it was refused, for the page that shows the form again."""

    def __init__(self, refused: InvalidRecord | None, name: Name, criteria: Sequence[str]) -> None:
        self._sent = (request.endpoint or "").rpartition(".")[2]
        told = [self._retold(one, name, criteria) for one in (refused.errors if refused else ())]
        self._errors = {one.field: one for one in reversed(told)}
        self._criteria = criteria
        self.told = told[:_MOST_TOLD]
        self.more = len(told) - len(self.told)

    def form(self, name: str, **its: object) -> Refused:
        """Give a form by its endpoint and its hidden values, as it was sent or empty."""
        same = all(request.form.get(field) == str(value) for field, value in its.items())
        if request.method == "POST" and self._sent == name and same:
            return Refused(self._errors, request.form)
        return Refused({}, MultiDict())

    def lines(self) -> list[Line]:
        """Give what is wrong, each with its field."""
        return [Line(self._label(one), self._anchor(one), one) for one in self.told]

    def _anchor(self, error: FieldError) -> str:
        shown = error.field not in _UNSEEN or (self._sent, error.field) in _TYPED
        return f"{error.field}-error" if shown else ""

    def _label(self, error: FieldError) -> str:
        stem, _, number = error.field.partition("-")
        if number:
            what = gettext("Points") if stem == "points" else gettext("Reason")
            return f"{criterion_name(self._criteria[int(number)])}, {what}"
        return str(_OF_FORM.get((self._sent, stem)) or _LABELS.get(stem, ""))

    def _retold(self, error: FieldError, name: Name, criteria: Sequence[str]) -> FieldError:
        params = {key: _word(key, value, name) for key, value in error.params.items()}
        code = _CODES.get(error.code, error.code)
        return replace(
            error,
            field=self._field(error, criteria),
            code=code if error.value or code != "choice" else "choice_none",
            value=_value(error, name),
            params=params,
        )

    def _field(self, error: FieldError, criteria: Sequence[str]) -> str:
        stem, _, part = error.field.partition(".")
        if self._sent == "keep_rule" and stem == "rules" and part:
            return part.rpartition(".")[2]
        if error.code == "group" and request.form.get("code", "").strip():
            return "code"
        if (criterion := error.params.get("criterion")) in criteria:
            return f"{stem}-{[*criteria].index(str(criterion))}"
        return _SHOWN_AT.get((self._sent, stem), stem)


def _value(error: FieldError, name: Name) -> object:
    if error.code == "cohort_state" and error.value in [*CohortState]:
        return STATES[CohortState(str(error.value))]
    named = error.code.startswith(("cohort_", "assign_")) and isinstance(error.value, str)
    return name(str(error.value)) if named else error.value


def _word(key: str, value: object, name: Name) -> object:
    """Name what a message tells by its code."""
    if key == "kind" and value in [*RuleKind]:
        return RULES[RuleKind(str(value))]
    if key == "kind" and value in [*PartnerKind]:
        return labels.term("partner_kinds", str(value))
    if key in ("stage", "to") and value in [*EntryStage]:
        return STAGES[EntryStage(str(value))]
    return name(str(value)) if key in _NAMED else value
