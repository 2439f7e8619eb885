"""Owns what pages do with the places of a cohort: assign, try out, decide, hand on, take away."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import cohorts, validate
from profiles.casework import open_case
from profiles.cohorts import CohortError, Entry, EntryStage
from profiles.jobs import Job, JobError, JobKind, ask, cancel
from profiles.jobs import job as read_job
from profiles.rules import Rule, RuleKind
from service import assigning
from service.assigning_job import MOST_POINTS
from service.exporting import TYPES, as_csv, as_xlsx
from service.language import language
from service.security import dari, editor, require_session
from service.web.cohort_forms import changes_asked
from service.web.cohort_page import CohortPage
from service.web.cohort_sheet import entry_sheet
from service.web.cohort_trade import chart_svg
from service.web.cohorts import done
from service.web.jobs import stage_name

assignments = APIBlueprint("assignments", __name__, url_prefix="/cohorts", enable_openapi=False)
assignments.before_request(require_session)

_FEWEST_SECONDS, _MOST_SECONDS = 1, 600
_DIGITS = 9


@assignments.post("/<int:id>/assign", defaults={"step": "assignment"})
def assign(id: int, step: str) -> ResponseReturnValue:
    """Ask for an assignment, by the rules of the cohort or by others that are tried out."""

    def act() -> object:
        rules = {rule.id: rule for rule in cohorts.cohort(dari().store, id).rules}
        without, changed = changes_asked(request.form)
        if strangers := [id for id in without if id not in rules]:
            raise CohortError("without", "value", strangers[0])
        full = [_plain(validate(Rule, {**_raw(rules, one["id"]), **one})) for one in changed]
        return _ask(id, without=without, rules=full)

    return done(id, step, act, gettext("The assignment has been asked for."))


@assignments.post("/<int:id>/trade-off", defaults={"step": "assignment"})
def trade_off(id: int, step: str) -> ResponseReturnValue:
    """Ask what each value of a bound of a rule brings."""

    def act() -> object:
        rules = {rule.id: rule for rule in cohorts.cohort(dari().store, id).rules}
        name, _, bound = request.form.get("bound", "").rpartition(" ")
        raw = _raw(rules, name)
        if bound not in raw or bound not in ("low", "high"):
            raise CohortError("bound", "value", request.form.get("bound"))
        values = _values(int(raw[bound]), share=rules[name].kind is RuleKind.SHARE)
        return _ask(id, trade_off=name, bound=bound, values=values)

    return done(id, step, act, gettext("The trade-off has been asked for."))


@assignments.get("/<int:id>/jobs/<int:job>/progress")
def progress(id: int, job: int) -> ResponseReturnValue:
    """Tell how far an assignment is, for the page that shows it."""
    found = _job(id, job)
    said = stage_name(found.what) if found.what else gettext("waiting")
    total = max(found.total, 1)
    state = found.state.value
    return jsonify(state=state, over=found.is_over, said=said, done=found.done, total=total)


@assignments.post("/<int:id>/jobs/<int:job>/cancel", defaults={"step": "assignment"})
def stop(id: int, job: int, step: str) -> ResponseReturnValue:
    """Cancel an assignment that is on its way."""
    found = _job(id, job)
    said = gettext("The work is being cancelled; nothing of it is kept.")
    return done(id, step, lambda: cancel(dari().store, found.id, by=editor()), said)


@assignments.get("/<int:id>/trade-off.svg")
def trade_chart(id: int) -> ResponseReturnValue:
    """Draw the newest trade-off of a cohort."""
    found = _page(id).found("points")
    if found is None:
        raise NotFound
    return Response(chart_svg(found.outcome["points"]), mimetype="image/svg+xml")


@assignments.post("/<int:id>/decide", defaults={"step": "assignment"})
def decide(id: int, step: str) -> ResponseReturnValue:
    """Make a decision final."""
    form = request.form
    given: dict[str, Any] = {"why": form.get("why", ""), "by": editor(), "cohort": id}
    given |= {"base": form.get("revision", type=int), "replace": form.get("replace") == "y"}
    given["while_open"] = form.get("while_open") == "y"
    number = form.get("decision", 0, type=int)
    said = gettext("The decision is final.")

    def act() -> object:
        return assigning.decide(dari(), number, **given)

    return done(id, "decision", act, said, again=step)


@assignments.post("/<int:id>/decline", defaults={"step": "decision"})
def decline(id: int, step: str) -> ResponseReturnValue:
    """Note that one who was selected gives its place back."""
    form = request.form
    given: dict[str, Any] = {"reason": form.get("reason", ""), "by": editor()}
    given["base"] = form.get("base", type=int)
    who = form.get("profile", "")

    def said(up: object) -> str:
        told = gettext("The place is given back. No reserve keeps all rules: it stays free.")
        if isinstance(up, Entry):
            told = gettext(
                "The place is given back; %(name)s moves up from the reserve.",
                name=_page(id).name(up.profile),
            )
        return str(told)

    return done(id, step, lambda: assigning.hand_on(dari(), id, who, **given), said)


@assignments.post("/<int:id>/case", defaults={"step": "decision"})
def start_case(id: int, step: str) -> ResponseReturnValue:
    """Open a case in the pipeline for one who was selected."""
    page = _page(id)

    def act() -> object:
        entry = cohorts.entry_of(dari().store, id, request.form.get("profile", ""))
        if entry.stage is not EntryStage.SELECTED or entry.host is None:
            raise CohortError("profile", "cohort_not_selected", entry.profile)
        if not page.is_startup(entry.profile):
            raise CohortError("profile", "cohort_no_case", entry.profile)
        partner = page.partners.get(entry.host, entry.host)
        under = page.cohort.programme
        return open_case(dari().store, entry.profile, partner, programme=under, by=editor())

    return done(id, step, act, gettext("The case is open in the pipeline."))


@assignments.get("/<int:id>/table.<any(csv, xlsx):kind>")
def table(id: int, kind: str) -> ResponseReturnValue:
    """Give all applications of a cohort with where they stand, as CSV or XLSX."""
    sheet = entry_sheet(_page(id))
    data = as_csv(sheet) if kind == "csv" else as_xlsx(sheet, gettext("Applications"))
    answer = Response(data, mimetype=TYPES[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=f"cohort-{id}.{kind}")
    return answer


def _ask(id: int, **more: Any) -> Job:
    given = request.form.get("seconds", "").strip() or str(int(assigning.SECONDS))
    seconds = int(given) if given.isdecimal() and len(given) <= _DIGITS else 0
    if not _FEWEST_SECONDS <= seconds <= _MOST_SECONDS:
        raise CohortError("seconds", "assign_seconds", given)
    arguments = {"cohort": id, "by": editor(), "seconds": seconds, **more}
    return ask(dari().store, JobKind.ASSIGN, arguments, by=editor())


def _raw(rules: Any, id: str) -> dict[str, Any]:
    if id not in rules:
        raise CohortError("rule", "assign_no_rule", id, known=", ".join(sorted(rules)) or "-")
    return _plain(rules[id])


def _plain(rule: Rule) -> dict[str, Any]:
    raw: dict[str, Any] = rule.model_dump(mode="json", exclude_defaults=True)
    return raw


def _values(now: int, *, share: bool) -> list[int]:
    """Choose the values of a bound that are tried: around the present one, from nothing on."""
    most = 100 if share else max(2 * now, MOST_POINTS - 1)
    step = max(most // (MOST_POINTS - 1), 1)
    return sorted({*range(0, most + 1, step), now})[: MOST_POINTS + 2]


def _job(id: int, job: int) -> Job:
    try:
        found = read_job(dari().store, job)
    except JobError as error:
        raise NotFound from error
    if found.kind is not JobKind.ASSIGN or found.arguments.get("cohort") != id:
        raise NotFound
    return found


def _page(id: int) -> CohortPage:
    try:
        return CohortPage(dari(), cohorts.cohort(dari().store, id), language())
    except cohorts.UnknownCohort as error:
        raise NotFound from error
