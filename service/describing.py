"""Owns how fields and their values are told to a person: names in place of codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from profiles import Money
from profiles.taxonomy import Vocabulary, sectors, terms
from service import labels
from service.language import LANGUAGES

FIELDS = {
    "id": _l("ID"),
    "name": _l("Name"),
    "aliases": _l("Also called"),
    "summary": _l("What it does"),
    "seeking": _l("What it looks for"),
    "offering": _l("What it can offer"),
    "region": _l("Region"),
    "sites": _l("Further sites"),
    "sectors": _l("Sectors"),
    "stage": _l("Stage"),
    "stages": _l("Stages"),
    "trl": _l("Technology readiness level (TRL)"),
    "trl_min": _l("TRL from"),
    "trl_max": _l("TRL to"),
    "seeks": _l("Support it seeks"),
    "offers": _l("Support it can give"),
    "capacity": _l("Startups in a round"),
    "conflicts": _l("Conflicts of interest"),
    "website": _l("Website"),
    "registration": _l("Registration number"),
    "founded": _l("Founded"),
    "contact": _l("Contact e-mail"),
    "consent": _l("Consent"),
    "kind": _l("Kind"),
    "source": _l("Source"),
    "a": _l("One end"),
    "b": _l("Other end"),
    "subject": _l("Subject"),
    "valid_from": _l("Valid from"),
    "valid_to": _l("Valid to"),
    "context": _l("Context"),
    "role": _l("Role"),
    "regions": _l("For startups in"),
    "countries": _l("Countries"),
    "needs": _l("The startup must seek"),
    "gives": _l("Gives"),
    "partners": _l("Members"),
    "partner_kinds": _l("Kinds of partner"),
    "closed": _l("For members only"),
    "places": _l("Places"),
    "places_assumed": _l("Places are a setting of the operator"),
    "funding": _l("Money"),
    "funding_amount": _l("Money: amount"),
    "funding_currency": _l("Money: currency"),
    "funding_per": _l("Money: counted for"),
    "part_of": _l("Part of"),
    "rules": _l("Rules for giving out places"),
    "group": _l("Group"),
    "applicants": _l("Applicants"),
    "hosts": _l("Those who take applicants"),
    "low": _l("Lower bound"),
    "high": _l("Upper bound"),
    "each": _l("Money for each"),
    "currency": _l("Currency"),
    "reason": _l("Reason"),
}

_ASKED = {
    "k": _l("How many"),
    "programme": _l("Programme"),
    "sector": _l("Sector"),
    "as_of": _l("Day"),
    "room": _l("Only with places left"),
    "new": _l("Never worked together"),
    "weight_text": _l("Weight of texts"),
    "weight_sector": _l("Weight of sectors"),
    "weight_region": _l("Weight of the region"),
    "weight_support": _l("Weight of support and stage"),
    "weight_past": _l("Weight of past work"),
    "candidate": _l("The one that is asked about"),
    "partner": _l("Partners"),
    "startup": _l("Startups"),
    "q": _l("Search"),
    "cursor": _l("Place in the list"),
    "limit": _l("How many"),
    "page": _l("Page"),
    "label": _l("Verdict"),
    "note": _l("Note"),
    "shown_rank": _l("Rank shown"),
    "model_version": _l("Model"),
    "each": _l("A project asks each side for"),
    "projects": _l("Projects at most"),
    "most": _l("At most"),
    "country": _l("Markets"),
    "capital": _l("Capital area"),
    "show": _l("What the map shows"),
}
"""What an address or a short form asks for, beside the fields of records."""

_KINDS: Mapping[str, Vocabulary] = {
    "partner": "partner_kinds",
    "tie": "tie_kinds",
    "programme": "programme_kinds",
}
_VOCABULARIES: Mapping[str, Vocabulary] = {
    "stage": "stages",
    "stages": "stages",
    "seeks": "supports",
    "offers": "supports",
    "needs": "supports",
    "gives": "supports",
    "partner_kinds": "partner_kinds",
}


def field_name(field: str) -> str:
    """Name a field of a record, or one language of it (`name_ko`)."""
    stem, _, part = field.rpartition("_")
    if part in LANGUAGES:
        return f"{FIELDS.get(stem, stem)} ({LANGUAGES[part]})"
    return str(FIELDS.get(field, field))


def asked_name(field: str) -> str:
    """Name a field of a record or of an address as a page does: without the place in a list."""
    stem = field.partition(".")[0]
    return str(_ASKED[stem]) if stem in _ASKED else field_name(stem)


def value_text(kind: str, field: str, value: Any) -> str:
    """Tell a stored value of a field of a record of `kind`; empty where there is none."""
    if value is None:
        return ""
    tell = _TELLERS.get(field)
    if tell is None:
        vocabulary = _KINDS.get(kind) if field == "kind" else _VOCABULARIES.get(field)
        tell = (lambda one: _term(vocabulary, one)) if vocabulary else _plain
    return ", ".join(map(tell, value)) if isinstance(value, list) else tell(value)


def is_text(*values: Any) -> bool:
    """Tell whether values are texts in languages (or absent, but not all of them)."""
    given = [value for value in values if value is not None]
    return bool(given) and all(isinstance(v, dict) and v.keys() <= LANGUAGES.keys() for v in given)


def _term(vocabulary: Vocabulary, code: str) -> str:
    return labels.term(vocabulary, code) if code in terms(vocabulary) else code


def _sector(code: str) -> str:
    return labels.sector(code) if code in sectors() else code


def _rule(value: Mapping[str, Any]) -> str:
    """Tell a rule in short: its id, its kind, and whom and how many it speaks of."""
    bounds = "–".join(str(value[end]) for end in ("low", "high") if end in value)
    parts = (value["kind"], value.get("group"), bounds)
    return f"{value['id']}: {' '.join(filter(None, parts))}"


def _consent(value: Mapping[str, str]) -> str:
    return f"{value.get('version', '')}, {value.get('at', '')[:10]}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {part}" for name, part in value.items())
    return labels.yes_no(value) if isinstance(value, bool) else str(value)


_TELLERS: Mapping[str, Callable[[Any], str]] = {
    "region": labels.place,
    "regions": labels.place,
    "countries": labels.place,
    "sites": labels.place,
    "sectors": _sector,
    "consent": _consent,
    "rules": _rule,
    "funding": lambda value: labels.money(Money.model_validate(value)),
    "valid_from": lambda value: labels.day(date.fromisoformat(value)),
    "valid_to": lambda value: labels.day(date.fromisoformat(value)),
}
