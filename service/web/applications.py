"""Owns what a startup does with cohorts on its own page: it applies, and takes that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from profiles import InvalidRecord, Programme, cohorts
from profiles.cohorts import Cohort, CohortState, Entry, EntryStage
from profiles.cohorts.opening import parts_of
from profiles.reviews import reviews_of
from service.drafting import OWN_MAKER
from service.holding import require_own
from service.language import language
from service.security import dari
from service.web.cohort_words import SHOWN_TO_APPLICANTS
from service.web.own import status

applications = Blueprint("applications", __name__)

_TOLD_AT_ONCE = frozenset({
    *(EntryStage.APPLIED, EntryStage.REFUSED, EntryStage.WITHDRAWN, EntryStage.DECLINED),
})  # fmt: skip


@applications.post("/my/<id>/apply")
def apply(id: str) -> ResponseReturnValue:
    """Apply to a cohort that is open."""
    require_own(id)
    form = request.form
    wishes = [one for one in form.getlist("wishes") if one]
    given: dict[str, Any] = {"wishes": wishes, "note": form.get("note", ""), "by": OWN_MAKER}
    given["own"] = dari().settings.today()
    number = form.get("cohort", 0, type=int)
    return _done(
        id,
        lambda: cohorts.apply(dari().store, number, id, **given),
        gettext("Your application has come in."),
    )


@applications.post("/my/<id>/withdraw")
def withdraw(id: str) -> ResponseReturnValue:
    """Take an application back."""
    require_own(id)
    form = request.form
    given: dict[str, Any] = {"reason": form.get("reason", ""), "by": OWN_MAKER}
    given["base"] = form.get("base", type=int)
    return _done(
        id,
        lambda: cohorts.withdraw(dari().store, form.get("cohort", 0, type=int), id, **given),
        gettext("Your application is withdrawn."),
    )


def rounds_of(id: str) -> Mapping[str, Any]:
    """Give what the page of a startup shows of cohorts: those it applied to, and those open."""
    store, day = dari().store, dari().settings.today()
    own = cohorts.with_profile(store, id)
    taken = {held.id for held, entry in own if entry.stage is not EntryStage.WITHDRAWN}
    programmes = {one.id: one for one in store.programmes()}
    under_way = [one for one in cohorts.cohorts(store) if one.is_open_on(day)]
    return {
        "own": [(held, entry, _told(held, entry)) for held, entry in own],
        "open": [(one, _parts(one, programmes)) for one in under_way if one.id not in taken],
        "requests": reviews_of(store, id),
        "programmes": programmes,
        "names": store.get_many([entry.host for _, entry in own if entry.host]),
    }


def _parts(held: Cohort, programmes: Mapping[str, Programme]) -> list[Programme]:
    parts = parts_of(programmes[held.programme], programmes.values())
    return [programmes[id] for id in parts if id in held.hosts]


def _told(held: Cohort, entry: Entry) -> str:
    """Say what an applicant may know: results only once the cohort is decided."""
    final = held.state is CohortState.DECIDED or entry.stage in _TOLD_AT_ONCE
    shown = SHOWN_TO_APPLICANTS.get(entry.stage) if final else None
    return str(shown or SHOWN_TO_APPLICANTS[EntryStage.ELIGIBLE])


def _done(id: str, act: Any, said: str) -> ResponseReturnValue:
    """Do something for a startup; what is refused is told on its page, with what was typed."""
    try:
        act()
    except InvalidRecord as error:
        first = error.errors[0]
        flash(f"{first.rule(language())} {first.remedy(language())}", "danger")
        answer = make_response(status(id))
        answer.status_code = 422
        return answer
    flash(said, "success")
    return redirect(url_for("own.status", id=id, _anchor="rounds"), 303)
