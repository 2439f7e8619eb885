"""Owns what the forms of events say, read into what the store takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from profiles.event_plan import EventPlan
from profiles.events import EventError
from service.event_day import KINDS, Happened, Kind

Form = MultiDict[str, str]

_PLAIN = ("country", "place", "zone", "opens", "closes", "minutes", "gap", "walk", "in_a_row")
_TEXTS = ("name", "side_a", "side_b", "note")


def plan_of(form: Form, held: EventPlan | None = None) -> dict[str, Any]:
    """Read a plan; what staff have decided on pairs, and closed rooms, stay as they are held."""
    told: dict[str, Any] = {name: form.get(name, "") for name in _PLAIN}
    told |= {name: _text(form, name) for name in _TEXTS}
    told["days"] = form.get("days", "").replace(",", ";").replace("\n", ";")
    told["breaks"] = _parts(form.get("breaks", ""))
    shut = {one.name: one.closed for one in held.rooms} if held else {}
    told["rooms"] = [_room(line, shut) for line in _lines(form.get("rooms", ""))]
    told["fill"] = "fill" in form
    told["chosen"] = [one.model_dump() for one in held.chosen] if held else []
    return told


def form_of(plan: EventPlan) -> dict[str, str]:
    """Write a plan as its form shows it."""
    shown = {name: str(getattr(plan, name) or "") for name in _PLAIN}
    shown |= {name: str(getattr(plan, name)) for name in ("minutes", "gap", "walk")}
    for name in _TEXTS:
        text = getattr(plan, name)
        shown |= {
            f"{name}_en": text.en or "" if text else "",
            f"{name}_ko": text.ko or "" if text else "",
        }
    shown["days"] = "; ".join(day.isoformat() for day in plan.days)
    shown["breaks"] = "; ".join(f"{one.begins}-{one.ends}" for one in plan.breaks)
    shown["rooms"] = "\n".join(
        f"{one.name}; {one.hall}" if one.hall else one.name for one in plan.rooms
    )
    return shown | ({"fill": "on"} if plan.fill else {})


def person_of(form: Form) -> dict[str, Any]:
    """Read what a form says of a participant."""
    names = ("side", "profile", "organisation", "called", "zone", "least", "most")
    told: dict[str, Any] = {name: form[name] for name in names if name in form}
    return {**told, "online": "online" in form, "consent": "consent" in form}


def wishes_of(form: Form) -> dict[int, int]:
    """Read the wishes: fields 'wish-12' with 0 to 3.

    Raises:
        EventError: if one is no number.
    """
    return {
        number("wishes", name.removeprefix("wish-")): number("wishes", value or "0")
        for name, value in form.items()
        if name.startswith("wish-")
    }


def happened_of(form: Form) -> Happened:
    """Read what happened on the day.

    Raises:
        EventError: if it is nothing that is known.
    """
    kinds: Mapping[str, Kind] = {kind: kind for kind in KINDS}
    if (kind := kinds.get(form.get("kind", ""))) is None:
        raise EventError("kind", "event_change", form.get("kind", ""))
    return Happened(
        kind,
        form.get("slot", ""),
        form.get("now", ""),
        number("person", form.get("person") or "0"),
        number("other", form.get("other") or "0"),
        form.get("room", ""),
    )


def number(field: str, text: str) -> int:
    """Read a number of at most nine digits.

    Raises:
        EventError: if it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise EventError(field, "event_nobody", text)
    return int(text)


def sent() -> Form:
    """Give the form of the request."""
    return request.form


def _text(form: Form, name: str) -> dict[str, str]:
    return {lang: form.get(f"{name}_{lang}", "") for lang in ("en", "ko")}


def _parts(text: str) -> list[str]:
    return [one.strip() for one in text.replace(",", ";").split(";") if one.strip()]


def _lines(text: str) -> list[str]:
    return [one.strip() for one in text.splitlines() if one.strip()]


def _room(line: str, shut: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    name, _, hall = line.partition(";")
    return {"name": name.strip(), "hall": hall.strip(), "closed": shut.get(name.strip(), ())}
