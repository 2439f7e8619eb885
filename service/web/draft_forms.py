"""Owns the form of a startup in steps: its fields, their names and what helps to fill them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from profiles import FieldError
from profiles.drafts import Values
from service.describing import field_name
from service.drafting import LISTS, STEPS, TEXTS, Step, field_of
from service.forms import CONSENT_PURPOSE, CONSENT_VERSION, SchemaForm, longest_text
from service.labels import regions, stages, supports, trl_examples
from service.language import language

TITLES: Mapping[Step, Any] = {
    "who": _l("Who you are"),
    "build": _l("What you build"),
    "seek": _l("Whom you look for"),
    "place": _l("Field, region and stage"),
    "consent": _l("How to reach you"),
}


class DraftForm(SchemaForm):
    """All that a startup tells, of which each step shows some."""

    class Meta:
        """The application itself looks after the CSRF token, for scripts too."""

        csrf = False

    name_ko = StringField()
    name_en = StringField()
    website = StringField()
    summary_ko = TextAreaField()
    summary_en = TextAreaField()
    offering_ko = TextAreaField()
    offering_en = TextAreaField()
    seeking_ko = TextAreaField()
    seeking_en = TextAreaField()
    seeks = SelectMultipleField(validate_choice=False)
    offers = SelectMultipleField(validate_choice=False)
    sectors = SelectMultipleField(validate_choice=False)
    region = SelectField(validate_choice=False)
    stage = RadioField(validate_choice=False)
    trl = RadioField(validate_choice=False)
    contact = StringField()
    consent = BooleanField(_l("I agree that this address is kept."))

    def __init__(self, values: Values) -> None:
        super().__init__(formdata=None)
        self.values = values
        chosen: dict[str, Callable[[], Any]] = {
            "region": regions,
            "sectors": list,
            "stage": stages,
            "trl": trl_examples,
            "seeks": supports,
            "offers": supports,
        }
        for field in self:
            name = field.short_name
            if name in chosen:
                field.choices = chosen[name]()
            if name != "consent":
                field.label.text = field_name(name)
            field.data = values.get(name) or ([] if name in LISTS else "")
        for name in TEXTS:
            for part in ("ko", "en"):
                self[f"{name}_{part}"].render_kw = {"maxlength": _longest()}

    def field_of(self, error: FieldError) -> Field | None:
        """Find the field that an error of the schema belongs to."""
        name = field_of(error, self.values, language())
        return next((field for field in self if field.short_name == name), None)

    def show_step(self, step: Step, errors: list[FieldError]) -> None:
        """Put the errors of one step beside its fields."""
        self.show(one for one in errors if field_of(one, self.values, language()) in STEPS[step])


def consent_now() -> dict[str, object]:
    """Give the consent that a person gives now, in the words that they have read."""
    return {
        "version": CONSENT_VERSION,
        "purpose": str(CONSENT_PURPOSE),
        "at": datetime.now(UTC),
    }


def _longest() -> int:
    return longest_text(current_app.config["MAX_CONTENT_LENGTH"])
