"""Owns what every form of staff does: values shown and read, the revision that it was opened at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import (
    Field,
    HiddenField,
    SelectMultipleField,
    StringField,
)

from profiles import AnyProfile, FieldError
from profiles.taxonomy import normalise_region, region_name
from profiles.text import is_clean, unified
from service import labels
from service.describing import field_name
from service.forms import SchemaForm
from service.language import LANGUAGES, language
from service.web.rule_texts import located, read_rules, written

Value = str | list[str]
Values = dict[str, Value]
Rows = tuple[tuple[str, ...], ...]

_ABOUT_THE_EDIT = ("csrf_token", "revision", "base", "back", "editor")
_PLACES = ("sites", "regions", "countries")
_LINES = ("aliases", "conflicts", "partners", *_PLACES)
_MONEY = "funding"
_RULES = "rules"
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
"""An amount with a comma before each three digits."""


class EditForm(SchemaForm):
    """What every form of staff carries: the revision that it was opened at, and who edits.

    `base` is the revision at which it was first opened, once somebody else has saved meanwhile.
    """

    sections: ClassVar[tuple[tuple[Any, Rows], ...]] = ()
    hints: ClassVar[Mapping[str, Any]] = {}
    chosen: ClassVar[Mapping[str, Callable[[], Any]]] = {}
    """What the fields of this form alone are chosen from."""

    revision = HiddenField()
    base = HiddenField()
    back = HiddenField()
    editor = StringField(_l("Your name, for the history"))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.near: dict[str, list[AnyProfile]] = {}
        for field in self.own:
            field.label.text = field_name(field.short_name)
            field.choices = self.choices_of(field.short_name)

    @property
    def own(self) -> list[Field]:
        """The fields of the record itself."""
        return [field for field in self if field.short_name not in _ABOUT_THE_EDIT]

    def choices_of(self, name: str) -> Any:
        """Give what a field is chosen from; None where it is typed."""
        offered: dict[str, Callable[[], Any]] = {
            "region": labels.regions,
            "sectors": list,
            "stage": labels.stages,
            "stages": labels.stage_choices,
            "trl": labels.trl_choices,
            "seeks": labels.supports,
            "offers": labels.supports,
            "needs": labels.supports,
            "gives": labels.supports,
            "partner_kinds": labels.partner_kinds,
            "funding_per": labels.funding_units,
            "closed": labels.yes_no_choices,
            "places_assumed": labels.yes_no_choices,
            **self.chosen,
        }
        return offered[name]() if name in offered else None

    @property
    def values(self) -> Values:
        """What was typed, by field."""
        return {field.short_name: field.data or _empty(field) for field in self.own}

    @property
    def called(self) -> str:
        """The name that was typed, in the reader's language where it is there."""
        names = {part: str(self.values.get(f"name_{part}", "")) for part in LANGUAGES}
        return names[language()] or next(filter(None, names.values()), "")

    def fill(self, values: Mapping[str, Value]) -> None:
        """Put values into the fields."""
        for name, value in values.items():
            self[name].data = value

    def values_of(self, dumped: Mapping[str, Any]) -> Values:
        """Give the values of a stored record as the fields show them."""
        return {field.short_name: _shown(field, dumped) for field in self.own}

    def raw(self, held: Values | None = None) -> dict[str, object]:
        """Give what was typed as the schema reads it; what was ticked in the order of `held`."""
        raw: dict[str, Any] = {}
        for name, value in self.values.items():
            stem, part = _split(name)
            if part:
                raw.setdefault(stem, {})[part] = value
            elif isinstance(value, list):
                order = (held or {}).get(name, ())
                if name == "stages" and set(order) != set(value):
                    order = [code for code, _ in labels.stage_choices()]
                raw[name] = _in_order(value, order)
            else:
                raw[name] = _lines(value) if name in _LINES else value
        money = raw.get(_MONEY)
        if isinstance(money, dict):
            grouped = _GROUPED.fullmatch(money["amount"].strip())
            money["amount"] = money["amount"].replace(",", "") if grouped else money["amount"]
            raw[_MONEY] = money if money["amount"] or money["currency"] else None
        if _RULES in raw:
            raw[_RULES] = read_rules(raw[_RULES])
        return raw

    def show(self, errors: Iterable[FieldError]) -> None:
        """Put each error beside its field; one of a rule names that rule."""
        super().show(errors)
        if _RULES in self:
            field = self[_RULES]
            field.errors = [located(one, field.data or "") for one in field.errors]

    def same(self, name: str, one: Value, other: Value) -> bool:
        """Tell whether two values of a field say the same."""
        return _plain(self[name], one) == _plain(self[name], other)

    def field_of(self, error: FieldError) -> Field | None:
        """Find the field that an error of the schema belongs to."""
        first, _, part = error.field.partition(".")
        names = (f"{first}_{part}", first, f"{first}_{self._wrong_part(first)}", f"{first}_amount")
        known = {field.short_name: field for field in self}
        return next((known[name] for name in names if name in known), None)

    def _wrong_part(self, stem: str) -> str:
        """Tell which language of a text an error means: the unreadable one, else the longer."""
        typed = {part: self.values.get(f"{stem}_{part}", "") for part in LANGUAGES}
        broken = [part for part, text in typed.items() if not is_clean(str(text))]
        longest = max(typed, key=lambda part: len(typed[part]))
        return next(iter(broken), longest if typed[longest] else language())


def is_list(field: Field) -> bool:
    """Tell whether a field holds several values."""
    return isinstance(field, SelectMultipleField) or field.short_name in _LINES


def _split(name: str) -> tuple[str, str]:
    """Split the name of a part of a field: ('name', 'ko'), ('funding', 'amount')."""
    stem, _, part = name.rpartition("_")
    return (stem, part) if part in LANGUAGES or stem == _MONEY else (name, "")


def _empty(field: Field) -> Value:
    return [] if isinstance(field, SelectMultipleField) else ""


def _shown(field: Field, dumped: Mapping[str, Any]) -> Value:
    name = field.short_name
    stem, part = _split(name)
    value = dumped.get(stem)
    if part:
        return _text((value or {}).get(part))
    if isinstance(field, SelectMultipleField):
        return list(value or ())
    if name == _RULES:
        return written(value or ())
    if name in _LINES:
        return "\n".join(_place(one) if name in _PLACES else one for one in value or ())
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(code: str) -> str:
    """Name a place as it can be typed."""
    name = region_name(code, language())
    return name if normalise_region(name) == code else code


def _lines(value: Value) -> list[str]:
    return [line.strip() for line in str(value).splitlines() if line.strip()]


def _in_order(ticked: list[str], order: Sequence[str]) -> list[str]:
    """Put what is ticked in an order; what it lacks follows."""
    return [*(one for one in order if one in ticked), *(one for one in ticked if one not in order)]


def _plain(field: Field, value: Value) -> object:
    if isinstance(value, list):
        return set(value)
    if field.short_name in _PLACES:
        return [normalise_region(line) or line for line in _lines(value)]
    if field.short_name in _LINES:
        return _lines(value)
    return unified(value)
