"""Owns the pages of a decision: who got which place, the audits, rehearsals, overrides, notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from apiflask import APIBlueprint
from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from matcher.assignment.envy import Why
from profiles.cohorts import CohortError, aftermath, cohort
from profiles.errors import DariError
from service import deciding, decision_audits, decision_letters, decision_lottery, labels
from service.access import may
from service.assigned_words import tags_json
from service.decision_today import places_today
from service.language import LANGUAGES, language
from service.security import dari, editor, require_session

decisions = APIBlueprint("decisions", __name__, enable_openapi=False)
decisions.before_request(require_session)

WHYS = {
    Why.NOT_ELIGIBLE: _l("not eligible there"),
    Why.NO_PLACES: _l("no places are given out there"),
    Why.RULE: _l("a rule stands against it"),
    Why.FIT: _l("who has a place there fits better"),
    Why.WAITED: _l("who has a place there fits as well and has waited longer"),
    Why.DRAWN: _l("who has a place there fits as well and comes first by lottery or id"),
    Why.WHOLE: _l("its claim is the better one, but the places as a whole would be given worse"),
    Why.TAKEN: _l("a person took it out of a place there"),
    Why.OTHERWISE: _l("nothing but that persons decided otherwise than the search"),
}
STATES = {"draft": _l("Draft"), "final": _l("Final decision"), "replaced": _l("Replaced")}
STATUSES = {
    "optimal": _l("The best: nothing is better by any aim."),
    "feasible": _l("Stopped before it was proven best; the bounds say what might be better."),
    "infeasible": _l("The rules contradict each other: nothing could be decided."),
    "unknown": _l("Stopped before anything was found."),
}
PARTS = {
    "digest": _l("digest of the record"),
    "instance_digest": _l("digest of the input"),
    "solution.status": _l("how the search ended"),
    "solution.pairs": _l("pairs"),
    "solution.levels": _l("what was reached"),
}
RESULTS = {
    "selected": _l("Selected"),
    "reserve": _l("On the reserve list"),
    "refused": _l("Without a place"),
}
AIMS = {
    "placed": _l("Places given"),
    "worst": _l("Least fit"),
    "total": _l("Sum of all fits"),
    "spread": _l("Fullest against emptiest host"),
}


@decisions.app_template_global("cohort_url")
def cohort_url(id: int) -> str | None:
    """Give the address of a cohort's page; None where no page shows cohorts."""
    endpoint = "cohorts.show"
    known = endpoint in current_app.view_functions
    return url_for(endpoint, id=id, _external=False) if known else None


@decisions.get("/decisions/<int:id>")
def one(id: int) -> ResponseReturnValue:
    """Show a decision with its result, aims, rules and audits."""
    shown = _shown(id)
    return _page(shown)


@decisions.get("/decisions/<int:id>.json")
def file(id: int) -> ResponseReturnValue:
    """Give the record as a file that replays."""
    from matcher.assignment import canonical

    kept = _shown(id).kept
    return _attached(canonical(kept.record) + b"\n", "application/json", f"decision-{id}.json")


@decisions.get("/decisions/<int:id>/prices")
def prices(id: int) -> ResponseReturnValue:
    """Show what the rules of a decision cost, and whom."""
    shown = _shown(id)
    tags = tags_json(decision_audits.prices_of(shown))
    return render_template("decision_prices.html", shown=shown, tags=tags)


@decisions.get("/decisions/<int:id>/declines")
def declines(id: int) -> ResponseReturnValue:
    """Rehearse that some say no, those who are ticked or as many as chance has it."""
    shown = _shown(id)
    ticked, rate = request.args.getlist("declines"), request.args.get("rate", 0, type=int)
    today = places_today(dari().store, shown.kept, shown.record)
    placed = dict.fromkeys(a for a, _ in today.pairs if a not in today.out)
    found: dict[str, object] = {"ticked": ticked, "rate": rate, "placed": placed}
    found["broken"] = deciding.broken(shown) if shown.record.overrides else []
    try:
        found["told"] = decision_audits.rehearsed(shown, today, ticked) if ticked else None
        asked = "rate" in request.args
        found["mean"] = decision_audits.expected(shown, today, rate) if asked else None
    except DariError as error:
        return render_template("decision_declines.html", shown=shown, refused=error, **found), 422
    return render_template("decision_declines.html", shown=shown, **found)


@decisions.get("/decisions/<int:id>/replay")
def replay(id: int) -> ResponseReturnValue:
    """Decide again from the record, and show whether the result is the same."""
    shown = _shown(id)
    found = decision_audits.replayed(shown)
    return render_template("decision_replay.html", shown=shown, found=found, parts=PARTS)


@decisions.post("/decisions/<int:id>/override")
def override(id: int) -> ResponseReturnValue:
    """Keep what a person decides otherwise, with the reason, as a new draft."""
    form, shown = request.form, _shown(id)
    try:
        changes = _changes(id, form)
        kept = deciding.override(dari(), id, changes, why=form.get("why", ""), by=editor())
    except DariError as error:
        return _page(shown, refused=error, typed=form), 422
    flash(gettext("The override is kept as a new draft of the decision."), "success")
    return redirect(url_for("decisions.one", id=kept.id), 303)


@decisions.get("/decisions/<int:id>/notices")
def notices(id: int) -> ResponseReturnValue:
    """Show the notices of all who applied, ready to be printed."""
    shown = _shown(id)
    written = decision_letters.notices_of(dari(), shown)
    counts = Counter(one.result for one in written)
    asked = request.args.get("result", "")
    some = [one for one in written if asked not in RESULTS or one.result == asked]
    told: dict[str, object] = {"notices": some, "counts": counts, "asked": asked}
    told |= {"results": RESULTS, "may_edit": may("edit", "workbench")}
    return render_template("decision_notices.html", shown=shown, written=_letter_language(), **told)


@decisions.get("/decisions/<int:id>/notices.zip")
def letters(id: int) -> ResponseReturnValue:
    """Give all notices at once, as texts and drafts of letters."""
    shown = _shown(id)
    written = decision_letters.notices_of(dari(), shown)
    packed = decision_letters.letters_of(dari(), shown, written, _letter_language())
    return _attached(packed, "application/zip", f"notices-{id}.zip")


@decisions.get("/decisions/<int:id>/notices/<path:applicant>.<any(txt, eml):kind>")
def letter(id: int, applicant: str, kind: str) -> ResponseReturnValue:
    """Give the notice of one applicant as a text or as the draft of a letter."""
    shown = _shown(id)
    try:
        notice = decision_letters.notice_of(dari(), shown, applicant)
    except deciding.DecisionError as error:
        raise NotFound from error
    lang = _letter_language()
    name = f"notice-{id}-{applicant.replace('/', '-')}-{lang}.{kind}"
    if kind == "txt":
        text = decision_letters.text_of(shown, notice, lang)
        return _attached(text.encode("utf-8-sig"), "text/plain", name)
    drafted = decision_letters.letter_of(dari(), shown, notice, lang)
    return _attached(drafted, "message/rfc822", name)


@decisions.get("/decisions/exposure")
def exposure() -> ResponseReturnValue:
    """Show how applicants and places are shared among regions and partners over all rounds."""
    programme = request.args.get("programme") or None
    ledger = decision_audits.ledger_of(dari(), programme)
    chosen = dari().store.programme(programme) if programme else None
    partners = dari().store.get_many([row.key for row in ledger.partners if row.key])
    return render_template(
        "decision_exposure.html", ledger=ledger, programme=chosen, partners=partners
    )


@decisions.get("/decisions/exposure.svg")
def exposure_chart() -> ResponseReturnValue:
    """Draw by how much the share of places exceeds that of applicants, region by region."""
    from evaluation.charts import difference_chart

    programme = request.args.get("programme") or None
    if programme:
        dari().store.programme(programme)  # one that is not held is not found, as by the page
    ledger = decision_audits.ledger_of(dari(), programme)
    rows = [
        {
            "name": labels.region_short(row.key) if row.key else gettext("Region not known"),
            "value": 100 * row.difference,
            "low": None,
            "high": None,
            "verdict": "even"
            if not row.difference
            else "ahead"
            if row.difference > 0
            else "behind",
        }
        for row in ledger.regions
    ]
    told = gettext("Share of places less share of applicants; the table below has the numbers.")
    return Response(difference_chart(rows, description=told), mimetype="image/svg+xml")


@decisions.get("/cohorts/<int:id>/lottery")
def lottery(id: int) -> ResponseReturnValue:
    """Show the promise of a cohort's seed, which is to be published before anyone applies."""
    held = cohort(dari().store, id)
    told = {"promise": decision_lottery.promise_of(held), "domain": deciding.domain_of(held)}
    is_told = decision_lottery.is_told(dari(), held)
    return render_template("decision_lottery.html", cohort=held, is_told=is_told, **told)


def _page(shown: deciding.Shown, **more: object) -> str:
    of = request.args.get("of") or None
    known = {"states": STATES, "statuses": STATUSES, "aims": AIMS, "whys": WHYS}
    return render_template(
        "decision_one.html",
        shown=shown,
        hosts=deciding.host_rows(shown),
        broken=deciding.broken(shown),
        reached=deciding.reached(shown.record),
        base=deciding.rests_on(dari().store, shown),
        is_taking=shown.cohort.is_taking_on(dari().settings.today()),
        left=deciding.left_out(dari().store, shown.cohort, shown.record),
        after=aftermath(dari().store, shown.kept),
        audit=decision_audits.audit(
            shown, of if of in shown.record.instance.applicant_ids else None
        ),
        certificate=decision_lottery.certificate_of(shown),
        **known,
        **more,
    )


def _shown(id: int) -> deciding.Shown:
    try:
        return deciding.show(dari(), id)
    except CohortError as error:
        raise NotFound from error


def _changes(id: int, form: MultiDict[str, str]) -> Mapping[str, Sequence[str]]:
    """Read what is decided otherwise: two exchange their places, or one has another or none."""
    who, other = form.get("applicant", ""), form.get("other", "")
    if other:
        return deciding.swapped(dari(), id, who, other)
    return {who: [host for host in form.getlist("hosts") if host]}


def _letter_language() -> str:
    asked = request.args.get("letter_lang", "")
    return asked if asked in LANGUAGES else language()


def _attached(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
