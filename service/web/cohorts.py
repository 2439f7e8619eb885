"""Owns the pages of cohorts: opening one, its intake, eligibility, screenings and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import AnyProfile, InvalidRecord, StaleEdit, cohorts
from profiles.cohorts import CohortError, CohortState, EntryStage, Screening, UnknownCohort
from profiles.cohorts.opening import CRITERIA
from profiles.fields import LONGEST_LIST
from profiles.text import is_clean
from service.access import may
from service.assigning import SECONDS
from service.entrants import check_eligibility
from service.language import language
from service.naming import ids_of
from service.security import dari, editor, require_session
from service.web import cohort_words as words
from service.web.cohort_forms import (
    bound_changes,
    chosen,
    pair_rule,
    rules_with,
    scores_of,
    settings_of,
)
from service.web.cohort_page import CohortPage
from service.web.cohort_refusals import Refusal
from service.web.jobs import stage_name
from service.worker import is_alive

rounds = APIBlueprint("cohorts", __name__, url_prefix="/cohorts", enable_openapi=False)
rounds.before_request(require_session)

UNCHANGED = object()
"""What an act gives that found everything as it was to be."""


@rounds.get("")
def overview() -> ResponseReturnValue:
    """List all cohorts, and offer to open one."""
    return _overview()


@rounds.post("")
def start() -> ResponseReturnValue:
    """Open a cohort of a programme."""
    form = request.form
    given = {name: form.get(name) for name in ("name", "opens", "closes", "as_of")}
    programme = form.get("programme", "")
    try:
        if programme not in {one.id for one in dari().store.programmes()}:
            raise CohortError("programme", "value", programme)
        held = cohorts.open_cohort(dari().store, programme, by=editor(), today=_today(), **given)
    except InvalidRecord as error:
        return _overview(error), 422
    return redirect(url_for("cohorts.show", id=held.id, step="rules"), 303)


@rounds.get("/<int:id>")
def show(id: int) -> ResponseReturnValue:
    """Show a step of a cohort."""
    return page(id, request.args.get("step"))


@rounds.post("/<int:id>/settings", defaults={"step": "rules"})
def settings(id: int, step: str) -> ResponseReturnValue:
    """Change the name, dates, hosts, criteria, screenings and seed of a cohort."""

    def act() -> object:
        values = settings_of(request.form)
        if "draw" in request.form:
            from matcher.assignment.lottery import new_seed

            values["seed"] = new_seed()
        return _edit(id, values)

    return done(id, step, act, gettext("The cohort has been changed."))


@rounds.post("/<int:id>/rules", defaults={"step": "rules"})
def keep_rule(id: int, step: str) -> ResponseReturnValue:
    """Add a rule, or put it in the place of the one of the same id."""

    def act() -> object:
        return _edit(id, {"rules": rules_with(_held(id), request.form, _ids)})

    return done(id, step, act, gettext("The rule has been kept."))


@rounds.post("/<int:id>/rules/remove", defaults={"step": "rules"})
def remove_rule(id: int, step: str) -> ResponseReturnValue:
    """Take a rule away."""
    gone = request.form.get("id", "")

    def act() -> object:
        left = [rule for rule in _held(id).rules if rule.id != gone]
        return _edit(id, {"rules": left})

    return done(id, step, act, gettext("The rule has been taken away."))


@rounds.post("/<int:id>/rules/bound", defaults={"step": "assignment"})
def move_bound(id: int, step: str) -> ResponseReturnValue:
    """Give a rule another bound, as a point of a trade-off or a relaxation says."""

    def act() -> object:
        return _edit(id, {"rules": bound_changes(_held(id).rules, request.form)})

    return done(id, step, act, gettext("The rule has been changed. Assign again."))


@rounds.post("/<int:id>/pair", defaults={"step": "assignment"})
def override(id: int, step: str) -> ResponseReturnValue:
    """Force or forbid a pair, with a reason, by a rule of its own."""

    def act() -> object:
        held = _held(id)
        applicants = {one.profile for one in cohorts.entries_of(dari().store, id)}
        return _edit(id, {"rules": [*held.rules, pair_rule(held, applicants, request.form)]})

    return done(id, step, act, gettext("The pair is kept to from the next assignment on."))


@rounds.post("/<int:id>/entries", defaults={"step": "intake"})
def enter(id: int, step: str) -> ResponseReturnValue:
    """Enter applicants by their ids or names, one a line."""
    given: dict[str, Any] = {"note": request.form.get("note", ""), "by": editor()}
    given["wishes"] = [one for one in request.form.getlist("wishes") if one]
    typed, near = ids_of(dari(), "a", request.form.get("profile", ""))

    def act() -> object:
        found = typed.splitlines() or [""]
        return cohorts.apply_all(dari().store, id, found, **given)

    return done(id, step, act, gettext("The applications have been entered."), near=near)


@rounds.post("/<int:id>/withdraw", defaults={"step": "intake"})
def withdraw(id: int, step: str) -> ResponseReturnValue:
    """Take an application back for the applicant."""
    who, reason = request.form.get("profile", ""), request.form.get("reason", "")
    return done(
        id,
        step,
        lambda: cohorts.withdraw(dari().store, id, who, reason=reason, **_seen()),
        gettext("The application is withdrawn."),
    )


@rounds.post("/<int:id>/state", defaults={"step": "intake"})
def set_state(id: int, step: str) -> ResponseReturnValue:
    """Close or open the intake, or give the cohort up."""

    def act() -> object:
        state = chosen(CohortState, "state", request.form)
        reason = request.form.get("reason", "")
        return cohorts.set_state(dari().store, id, state, reason=reason, **_seen())

    return done(id, step, act, gettext("The state of the cohort has been changed."))


@rounds.post("/<int:id>/check", defaults={"step": "eligibility"})
def check(id: int, step: str) -> ResponseReturnValue:
    """Check the eligibility of all."""
    said = gettext("All applications have been checked against the rules of the programme.")
    return done(id, step, lambda: check_eligibility(dari(), id, by=editor()), said)


@rounds.post("/<int:id>/score", defaults={"step": "first"})
def score(id: int, step: str) -> ResponseReturnValue:
    """Keep what an assessor gives an applicant."""
    form = request.form
    who, step = form.get("profile", ""), form.get("screening", step)

    def act() -> object:
        screening = chosen(Screening, "screening", form)
        said = scores_of(_held(id).criteria, form)
        return cohorts.score_entry(dari().store, id, who, screening, said, by=editor())

    return done(id, step, act, gettext("Your scores have been kept."))


@rounds.post("/<int:id>/recuse", defaults={"step": "first"})
def recuse(id: int, step: str) -> ResponseReturnValue:
    """Note that an assessor has an interest in an applicant."""
    form, step = request.form, request.form.get("screening", step)
    assessor = form.get("assessor", "").strip() or editor()
    given: dict[str, Any] = {"reason": form.get("reason", ""), "by": editor()}
    return done(
        id,
        step,
        lambda: cohorts.recuse(dari().store, id, form.get("profile", ""), assessor, **given),
        gettext("It has been noted; the scores of this assessor for it are gone."),
    )


@rounds.post("/<int:id>/screen", defaults={"step": "first"})
def screen(id: int, step: str) -> ResponseReturnValue:
    """Say who passes a screening."""
    form, step = request.form, request.form.get("screening", step)
    bases = {who: int(n) for who, n in map(_split, form.getlist("base")) if n.isdecimal()}
    passed = {who: who in form.getlist("passed") for who in bases}

    def act() -> object:
        screening = chosen(Screening, "screening", form)
        if not bases:
            raise CohortError("passed", "cohort_nobody")
        given: dict[str, Any] = {"reason": form.get("reason", ""), "by": editor()}
        given |= {"out": form.get("out", ""), "unscored": form.get("unscored") == "y"}
        found = cohorts.screen(dari().store, id, screening, passed, bases=bases, **given)
        return found if any(one.revision != bases[one.profile] for one in found) else UNCHANGED

    return done(id, step, act, gettext("The screening has been kept."))


def done(
    id: int,
    step: str,
    act: Callable[[], object],
    said: str | Callable[[object], str],
    *,
    again: str | None = None,
    near: Sequence[AnyProfile] = (),
) -> ResponseReturnValue:
    """Do something to a cohort; where it is refused, show the step with what was typed, and why.

    `said` tells what was done, or makes that of what the act gave. `again` is the step of the form,
    where it is another one than the one that is come to; `near` are those whose names are like one
    that was typed.
    """
    try:
        found = act()
    except UnknownCohort as error:
        raise NotFound from error
    except StaleEdit:
        return page(id, again or step, stale=True), 409
    except InvalidRecord as error:
        return page(id, again or step, error, near=near), 422
    same = gettext("Nothing was different from what stands, so nothing has been changed.")
    if found is UNCHANGED:
        flash(same, "info")
    else:
        flash(said if isinstance(said, str) else said(found), "success")
    return redirect(url_for("cohorts.show", id=id, step=step), 303)


def page(
    id: int,
    step: str | None,
    refused: InvalidRecord | None = None,
    *,
    stale: bool = False,
    near: Sequence[AnyProfile] = (),
) -> str:
    """Render a step of a cohort."""
    shown = CohortPage(dari(), _held(id), language())
    at = step if step in shown.steps else shown.default_step()
    return render_template(
        "cohort.html",
        page=shown,
        cohort=shown.cohort,
        step=at,
        screening=Screening(at) if at in tuple(Screening) else None,
        refusal=Refusal(refused, shown.named, shown.cohort.criteria),
        stale=stale,
        near=near,
        **_words(),
    )


def _overview(refused: InvalidRecord | None = None) -> str:
    store = dari().store
    found = cohorts.cohorts(store)
    programmes = {one.id: one for one in store.programmes()}
    counts = {one.id: len(cohorts.entries_of(store, one.id)) for one in found}
    refusal = Refusal(refused, lambda id: id, ())
    return render_template(
        "cohorts.html",
        found=found,
        counts=counts,
        programmes=programmes,
        refusal=refusal,
        typed=request.form or request.args,
        today=_today(),
        **_words(),
    )


def _words() -> Mapping[str, Any]:
    return {
        "words": words,
        "stages": EntryStage,
        "states": CohortState,
        "criteria": CRITERIA,
        "seconds": int(SECONDS),
        "criterion_name": words.criterion_name,
        "count_said": words.count_said,
        "stage_name": stage_name,
        "alive": is_alive(dari().settings.home),
        "editor": editor(),
        "may_edit": may("edit", "workbench"),
    }


def _held(id: int) -> cohorts.Cohort:
    try:
        return cohorts.cohort(dari().store, id)
    except UnknownCohort as error:
        raise NotFound from error


def _seen() -> dict[str, Any]:
    """Give who changes something, and the revision that the page showed."""
    return {"by": editor(), "base": request.form.get("revision", type=int)}


def _today() -> Any:
    return dari().settings.today()


def _edit(id: int, values: Mapping[str, Any]) -> object:
    """Change values of a cohort, as the page showed it; `UNCHANGED` where they stand so already."""
    before = _held(id)
    after = cohorts.edit_cohort(dari().store, id, values, **_seen())
    return UNCHANGED if after.revision == before.revision else after


def _ids(lines: list[str]) -> tuple[list[str], list[str]]:
    """Give the ids of profiles that are named by id or name, and what names none."""
    if len(lines) > LONGEST_LIST:
        return lines, []  # they are refused for their number
    found = ids_of(dari(), "a", "\n".join(lines))[0].splitlines()
    clean = [one for one in found if is_clean(one)]
    held = dari().store.sides(clean).keys() | dari().store.merged_into(clean).keys()
    return found, [one for one in found if one not in held]


def _split(text: str) -> tuple[str, str]:
    id, _, number = text.rpartition(" ")
    return id, number
