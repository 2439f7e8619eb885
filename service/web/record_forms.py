"""Owns the forms by which staff edit records: which fields each has, and in which sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField

from service import labels
from service.editing import Kind
from service.web.edit_forms import EditForm


class ProfileForm(EditForm):
    """What startups and partners have in common."""

    hints: ClassVar[Mapping[str, Any]] = {
        "aliases": _l("One a line."),
        "conflicts": _l("Names or IDs of profiles that it must not be matched with, one a line."),
        "sites": _l("Names of provinces or countries, or ISO 3166 codes, one a line."),
        "website": _l("Begins with https:// or http://"),
        "registration": _l("For example 123-45-67890."),
        "source": _l("Where this is known from."),
    }

    name_ko = StringField()
    name_en = StringField()
    aliases = TextAreaField()
    summary_ko = TextAreaField()
    summary_en = TextAreaField()
    seeking_ko = TextAreaField()
    seeking_en = TextAreaField()
    offering_ko = TextAreaField()
    offering_en = TextAreaField()
    region = SelectField(validate_choice=False)
    website = StringField()
    registration = StringField()
    sectors = SelectMultipleField(validate_choice=False)
    seeks = SelectMultipleField(validate_choice=False)
    offers = SelectMultipleField(validate_choice=False)
    conflicts = TextAreaField()
    source = StringField()


_NAMES = (_l("Name"), (("name_ko", "name_en"), ("aliases",)))
_TEXTS = (
    _l("Texts"),
    (
        ("summary_ko", "summary_en"),
        ("seeking_ko", "seeking_en"),
        ("offering_ko", "offering_en"),
    ),
)
_SUPPORT = (_l("Support"), (("seeks",), ("offers",)))
_REST = (_l("Further"), (("conflicts", "source"),))


class StartupEdit(ProfileForm):
    """A startup, apart from its contact and consent."""

    sections = (
        _NAMES,
        _TEXTS,
        (_l("Facts"), (("region", "website"), ("registration", "founded"))),
        (_l("Field and readiness"), (("sectors",), ("stage", "trl"))),
        _SUPPORT,
        _REST,
    )

    stage = SelectField(validate_choice=False)
    trl = SelectField(validate_choice=False)
    founded = StringField()


class PartnerEdit(ProfileForm):
    """A partner."""

    sections = (
        _NAMES,
        _TEXTS,
        (_l("Facts"), (("kind", "region"), ("website", "registration"), ("sites", "capacity"))),
        (_l("Field and readiness"), (("sectors",), ("stages",), ("trl_min",))),
        _SUPPORT,
        _REST,
    )

    chosen: ClassVar[Mapping[str, Any]] = {
        "kind": lambda: [labels.nothing(), *labels.partner_kinds()]
    }

    kind = SelectField(validate_choice=False)
    sites = TextAreaField()
    stages = SelectMultipleField(validate_choice=False)
    trl_min = StringField()
    capacity = StringField()


class TieEdit(EditForm):
    """A tie between two profiles."""

    sections = (
        (_l("Who, and what"), (("kind", "region"), ("a", "b"), ("subject_ko", "subject_en"))),
        (_l("When, and whence"), (("valid_from", "valid_to"), ("context", "role"), ("source",))),
    )
    hints: ClassVar[Mapping[str, Any]] = {
        "a": _l("The name or ID of a profile; of a policy pairing, the body of the region."),
        "b": _l("The name or ID of a profile; of a policy pairing, the paired partner."),
        "region": _l("Only a policy pairing needs one."),
        "valid_from": _l("As YYYY-MM-DD."),
        "valid_to": _l("As YYYY-MM-DD; empty while it lasts."),
        "context": _l(
            "An ID shared by the ties of one project, without spaces, such as smart-port-2026."
        ),
    }

    chosen: ClassVar[Mapping[str, Any]] = {"kind": lambda: [labels.nothing(), *labels.tie_kinds()]}

    kind = SelectField(validate_choice=False)
    region = SelectField(validate_choice=False)
    a = StringField()
    b = StringField()
    subject_ko = TextAreaField()
    subject_en = TextAreaField()
    valid_from = StringField()
    valid_to = StringField()
    context = StringField()
    role = StringField()
    source = StringField()


class ProgrammeEdit(EditForm):
    """A programme with its rules, money and dates."""

    sections = (
        (
            _l("Name"),
            (("name_ko", "name_en"), ("summary_ko", "summary_en"), ("kind", "part_of")),
        ),
        (
            _l("Dates and money"),
            (
                ("valid_from", "valid_to"),
                ("places", "places_assumed"),
                ("funding_amount", "funding_currency", "funding_per"),
            ),
        ),
        (
            _l("Rules"),
            (
                ("regions", "countries"),
                ("sectors",),
                ("stages",),
                ("trl_min", "trl_max"),
                ("needs",),
                ("gives",),
            ),
        ),
        (_l("Partners"), (("partners", "closed"), ("partner_kinds",), ("source",))),
        (_l("Giving out places"), (("rules",),)),
    )
    hints: ClassVar[Mapping[str, Any]] = {
        "regions": ProfileForm.hints["sites"],
        "countries": ProfileForm.hints["sites"],
        "partners": _l("Names or IDs of partners, one a line."),
        "part_of": _l("The ID of the programme that holds it; of its parts one applies to one."),
        "places_assumed": _l("Yes where no source gives them; pages and advice say so."),
        "rules": _l(
            "A line for each field, as “kind: share”, “group: area:non_capital”, “low: 30”; a "
            "blank line between rules. Fields: id, kind, group, applicants, hosts, low, high, "
            "each, currency, reason_ko, reason_en. Kinds: places, seats, total, quota, share, "
            "budget, least_fit, forced, forbidden, locked, apart."
        ),
        "funding_currency": _l("The three letters of ISO 4217, such as KRW."),
        "valid_from": TieEdit.hints["valid_from"],
        "valid_to": TieEdit.hints["valid_to"],
    }

    chosen: ClassVar[Mapping[str, Any]] = {"kind": labels.programme_kinds}

    name_ko = StringField()
    name_en = StringField()
    kind = SelectField(validate_choice=False)
    summary_ko = TextAreaField()
    summary_en = TextAreaField()
    valid_from = StringField()
    valid_to = StringField()
    places = StringField()
    places_assumed = SelectField(validate_choice=False)
    funding_amount = StringField()
    funding_currency = StringField()
    funding_per = SelectField(validate_choice=False)
    regions = TextAreaField()
    countries = TextAreaField()
    sectors = SelectMultipleField(validate_choice=False)
    stages = SelectMultipleField(validate_choice=False)
    trl_min = StringField()
    trl_max = StringField()
    needs = SelectMultipleField(validate_choice=False)
    gives = SelectMultipleField(validate_choice=False)
    partners = TextAreaField()
    partner_kinds = SelectMultipleField(validate_choice=False)
    closed = SelectField(validate_choice=False)
    source = StringField()
    part_of = StringField()
    rules = TextAreaField()


FORMS: Mapping[Kind, type[EditForm]] = {
    "startup": StartupEdit,
    "partner": PartnerEdit,
    "tie": TieEdit,
    "programme": ProgrammeEdit,
}
