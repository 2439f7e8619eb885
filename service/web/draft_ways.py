"""Owns the way through a draft: which page comes next, and which drafts a browser may open."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import request, url_for

from profiles import Startup, UnknownId
from profiles.drafts import Draft, draft_of
from service.drafting import STEPS, Step
from service.holding import held_ids
from service.security import dari

ORDER = tuple(STEPS)
PREVIEW = "preview"


def go_on_url(id: str) -> str:
    """Give the address to go on at with a draft that may have been handed in meanwhile."""
    found = _those_there([id])
    return resume_url(found[0]) if found else url_for("drafts.step", id=id, step="who")


def is_there(id: str) -> bool:
    """Tell whether there is a draft of this id."""
    return bool(_those_there([id]))


def _those_there(ids: list[str]) -> list[Draft]:
    found: list[Draft] = []
    for id in ids:
        with suppress(UnknownId):
            found.append(draft_of(dari().store, id, datetime.now(UTC)))
    return found


def begun_here() -> list[str]:
    """Give the addresses at which this browser may go on with its drafts."""
    return [resume_url(one) for one in _those_there([id for id in held_ids() if id[:2] == "d-"])]


def handed_in_here() -> list[Startup]:
    """Read the startups that this browser may open: it, or its link, was theirs."""
    found = dari().store.get_many(held_ids()).values()
    return [one for one in found if isinstance(one, Startup)]


def way_on(draft: Draft, step: Step, goes: str) -> str:
    """Give the address to which a button of a step leads."""
    if goes == "link":
        return url_for("drafts.link", id=draft.id)
    if goes == "stay":
        return url_for("drafts.step", id=draft.id, step=step, **asked_language())
    return _url_of(draft.id, place_after(step, goes))


def place_after(step: Step, goes: str) -> str:
    """Tell where somebody is who left a step by a button: on a step, or at the preview."""
    if goes in STEPS:
        return goes
    at = ORDER.index(step)
    if goes in ("stay", "link"):
        return step
    if goes == "back" and at:
        return ORDER[at - 1]
    if goes == "preview" or at + 1 == len(ORDER):
        return PREVIEW
    return ORDER[at + 1]


def _url_of(id: str, place: str) -> str:
    if place == PREVIEW:
        return url_for("drafts.preview", id=id)
    return url_for("drafts.step", id=id, step=place)


def resume_url(draft: Draft) -> str:
    """Give the address at which a person goes on with a draft: where they were last."""
    saved = [one for one in ORDER if draft.steps.get(one)]
    known = draft.place in (*ORDER, PREVIEW)
    return _url_of(draft.id, draft.place if known else (saved or ORDER)[-1 if saved else 0])


def asked_language() -> dict[str, Any]:
    """Give the language of the address, to be kept in the next one."""
    asked = request.args.get("lang")
    return {"lang": asked} if asked else {}
