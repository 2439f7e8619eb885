"""Owns the forms: they render and carry the CSRF token; the schema alone validates a profile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from profiles import FieldError
from profiles.text import LONGEST_TEXT
from service.describing import field_name
from service.labels import regions, stages, supports, trl_examples
from service.language import language

CONSENT_VERSION = "2026-11"
CONSENT_PURPOSE = _l(
    "Kept: the e-mail address. Purpose: to contact the startup about matches and programmes. "
    "Only the incubator's staff see it. It is kept until you ask for its erasure. You may refuse; "
    "the startup can then be submitted without an address."
)


def longest_text(limit: int) -> int:
    """Give how many characters each of three texts may have, so that a body stays below its limit.

    A Korean letter takes 9 bytes in a form; 16 kB are left for what is chosen and ticked.
    """
    return min(LONGEST_TEXT, max(100, (limit - 16_384) // (3 * 9)))


class SchemaForm(FlaskForm):  # type: ignore[misc]
    """A form of a record: each error that the schema finds is shown beside its field."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.other_errors: list[FieldError] = []

    def show(self, errors: Iterable[FieldError]) -> None:
        """Put each error beside its field."""
        for error in errors:
            field = self.field_of(error)
            if field is None:
                self.other_errors.append(error)
            else:
                field.errors = [*field.errors, error]

    def field_of(self, error: FieldError) -> Field | None:
        """Find the field that an error of the schema belongs to; None where there is none."""
        return next((field for field in self if field.short_name == error.field), None)

    @property
    def wrong_fields(self) -> list[Field]:
        """The fields that have errors, in the order of the page."""
        return [field for field in self if field.errors]


class StartupForm(SchemaForm):
    """What a person tells of a startup."""

    name_ko = StringField()
    name_en = StringField()
    summary = TextAreaField()
    seeking = TextAreaField()
    offering = TextAreaField()
    region = SelectField(validate_choice=False)
    sectors = SelectMultipleField(validate_choice=False)
    stage = RadioField(validate_choice=False, default="")
    trl = RadioField(validate_choice=False, default="")
    seeks = SelectMultipleField(validate_choice=False)
    offers = SelectMultipleField(validate_choice=False)
    website = StringField()
    contact = StringField()
    consent = BooleanField(_l("I agree that this address is kept."))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        for field in self:
            if field.short_name not in ("csrf_token", "consent"):
                field.label.text = field_name(field.short_name)
        self.region.choices = regions()
        self.sectors.choices = []
        self.stage.choices = stages()
        self.trl.choices = trl_examples()
        self.seeks.choices = self.offers.choices = supports()
        for field in (self.summary, self.seeking, self.offering):
            field.render_kw = {"maxlength": longest_text(current_app.config["MAX_CONTENT_LENGTH"])}

    def raw(self, now: datetime) -> dict[str, object]:
        """Give what was typed as the schema reads it; `now` dates the consent (UTC)."""
        plain = ("summary", "seeking", "offering", "region", "stage", "trl", "website", "contact")
        given: dict[str, object] = {name: self[name].data for name in plain}
        given["name"] = {"ko": self.name_ko.data, "en": self.name_en.data}
        given |= {name: self[name].data or [] for name in ("sectors", "seeks", "offers")}
        if self.consent.data and self.contact.data:
            purpose = str(CONSENT_PURPOSE)
            given["consent"] = {"version": CONSENT_VERSION, "purpose": purpose, "at": now}
        return given

    def field_of(self, error: FieldError) -> Field | None:
        """Find the field that an error of the schema belongs to."""
        first, _, part = error.field.partition(".")
        name = f"name_{part or language()}" if first == "name" else first
        return next((field for field in self if field.short_name == name), None)


class SignInForm(FlaskForm):  # type: ignore[misc]
    """The staff token, typed or pasted."""

    token = PasswordField(_l("Staff token"))
    next = HiddenField()


class NameForm(FlaskForm):  # type: ignore[misc]
    """The name of the person who works in a session."""

    name = StringField(_l("Your name, for the history"))
    next = HiddenField()
