"""Owns the way from raw values to a record, or to the list of broken rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from profiles.errors import FieldError, InvalidRecord, shorten
from profiles.messages import catalogue
from profiles.record import Record

R = TypeVar("R", bound=Record)

_CODES = {
    "missing": "missing",
    "extra_forbidden": "extra",
    "string_type": "string",
    "string_too_long": "text_too_long",
    "string_pattern_mismatch": "value",
    "bool_type": "boolean",
    "bool_parsing": "boolean",
    "model_type": "object",
    "model_attributes_type": "object",
    "greater_than_equal": "range",
    "less_than_equal": "range",
}

_EXAMPLES = {"id": "x", "name": "x"}
_ASKED = {
    "text_missing": ("summary", "seeking", "offering"),
    "rule_no_bound": ("low", "high"),
}
"""The fields of which one is asked for, by the rule that asks for them."""


def validate(model: type[R], raw: object) -> R:
    """Build a record of `model` from raw values.

    Raises:
        InvalidRecord: with one `FieldError` for each broken rule.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        errors = _field_errors(error)
        raise InvalidRecord([*errors, *_broken_by_the_rest(model, raw, errors)]) from error


def _broken_by_the_rest(
    model: type[Record], raw: object, errors: list[FieldError]
) -> list[FieldError]:
    """Find the rules between fields that the fields without an error break.

    Such rules are checked only once every field is right by itself; here the wrong fields stand in
    as absent, or by an example where they are required, so that a person is told all at once.
    """
    if not isinstance(raw, Mapping):
        return []
    wrong = {error.field.split(".")[0] for error in errors}
    kept = {name: value for name, value in raw.items() if name not in wrong}
    try:
        model.model_validate({**_EXAMPLES, **kept} if wrong & _EXAMPLES.keys() else kept)
    except ValidationError as error:
        found = [
            one for one in error.errors(include_url=False) if "field" in (one.get("ctx") or {})
        ]
        told = [_field_error(one) for one in found]
        return [one for one in told if not wrong & set(_ASKED.get(one.code, (one.field,)))]
    return []


def without_unknown_fields(
    model: type[Record], raw: Mapping[str, Any], extra: tuple[str, ...] = ()
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Split raw values into fields of `model` (and `extra` names), and the names of the rest."""
    known = {*model.model_fields, *extra}
    kept = {name: value for name, value in raw.items() if name in known}
    return kept, tuple(shorten(name) for name in raw if name not in known)


def _field_errors(error: ValidationError) -> list[FieldError]:
    found: dict[tuple[str, str], FieldError] = {}
    for detail in error.errors(include_url=False):
        one = _field_error(detail)
        found.setdefault((one.field, one.code), one)
    return list(found.values())


def _code(detail: ErrorDetails) -> str:
    if detail["type"] == "too_long" and isinstance(detail["input"], str):
        return "text_too_long"  # as a limit says it that is laid over that of `Plain`
    return detail["type"] if detail["type"] in catalogue() else _CODES.get(detail["type"], "value")


def _field_error(detail: ErrorDetails) -> FieldError:
    context = dict(detail.get("ctx") or {})
    named = context.pop("field", None)
    given = context.pop("given", None)
    where = [shorten(part) for part in detail["loc"]]
    code = _code(detail)
    params: dict[str, Any] = {k: v for k, v in context.items() if k != "error"}
    if code == "range":
        params["bound"] = "≥ {}".format(context["ge"]) if "ge" in context else f"≤ {context['le']}"
    if code == "text_too_long" and "max_length" in context:
        params |= {"limit": context["max_length"], "length": len(str(detail["input"]))}
    value = given if named or code == "missing" else detail["input"]
    field = ".".join([*where, named] if named else where)
    return FieldError(field or "record", code, value, params)
