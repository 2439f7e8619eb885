"""Owns the pages on which evaluators judge pooled pairs blind, and that of a round's outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import Field, StringConstraints
from werkzeug.exceptions import NotFound

from profiles import AnyProfile, InvalidRecord, Record, Tie, validate
from profiles.fields import Plain, Whole
from profiles.judgements import GRADES, Judgement, JudgingError
from profiles.judging import (
    LONGEST_JUDGE,
    LONGEST_NOTE,
    Kept,
    close_round,
    judge_pair,
    known_judge,
    rounds,
    settle_pair,
)
from profiles.validation import without_unknown_fields
from service.judging import Desk
from service.language import language
from service.queries import TieQuery, read_ties
from service.security import dari, editor, own_name, require_session, sign_as

if TYPE_CHECKING:
    from evaluation import JudgedPair, Outcome

judging = APIBlueprint("judging", __name__, url_prefix="/judging", enable_openapi=False)
judging.before_request(require_session)

_MOST_DISPUTED = 100
_MOST_CONFUSIONS = 6
_SAID = "success:judged"
"""The category of the notice that stands beside the grades."""


class _Sent(Record):
    grade: Annotated[Whole, Field(ge=0, le=3)] | None = None
    go: Literal["skip", "back", "forward"] | None = None
    note: Annotated[Plain, StringConstraints(max_length=LONGEST_NOTE)] = ""
    seen: Whole = 0


@judging.get("")
def overview() -> ResponseReturnValue:
    """List the rounds, with how far each judge has come."""
    found = [_outcome(one.name) for one in rounds(dari().store)]
    desks = [Desk(one, _judge()) for one in found]
    return render_template("rounds.html", desks=desks, judge=_judge())


@judging.get("/<name>")
def outcome(name: str) -> ResponseReturnValue:
    """Show how far a round is, how well its judges agree, and, once it is closed, its grades."""
    from evaluation import FEWEST_UNITS

    found = _outcome(name)
    shown = found.disputed[:_MOST_DISPUTED]
    ids = {id for one in shown for id in (one.pair.startup, one.pair.partner)}
    known = {"names": dari().store.get_many(ids), "desk": Desk(found, _judge())}
    limits = {"fewest": FEWEST_UNITS, "grades": GRADES, "most": _MOST_CONFUSIONS}
    return render_template("round.html", outcome=found, shown=shown, **known, **limits)


@judging.get("/<name>/next")
def next_pair(name: str) -> ResponseReturnValue:
    """Lead a judge to the pair that comes next."""
    return _go(_desk(name), None) if own_name() else _ask_name()


@judging.get("/<name>/<int:pair>")
def pair(name: str, pair: int) -> ResponseReturnValue:
    """Show a pair to its judge, or, once the round is closed, with all its grades."""
    return _page(_desk(name), pair) if own_name() else _ask_name()


@judging.post("/<name>/<int:pair>")
def judge(name: str, pair: int) -> ResponseReturnValue:
    """Keep what a judge says of a pair, and lead to the next one."""
    _sign_as_shown()
    try:
        sent = validate(_Sent, without_unknown_fields(_Sent, request.form)[0])
        _keep(_desk(name), pair, sent)
    except JudgingError as error:
        return _refused(error, url_for("judging.next_pair", name=name))
    except InvalidRecord as error:
        return _page(_desk(name), pair, error), 422
    return _go(_desk(name), pair, sent.go)


@judging.post("/<name>/<int:pair>/final")
def settle(name: str, pair: int) -> ResponseReturnValue:
    """Keep the final grade of a pair that the judges of a closed round disagree on."""
    here = url_for("judging.pair", name=name, pair=pair)
    _sign_as_shown()
    try:
        sent = validate(_Sent, without_unknown_fields(_Sent, request.form)[0])
        kept = settle_pair(
            dari().store, pair, editor(), grade=sent.grade, note=sent.note, seen=sent.seen
        )
    except JudgingError as error:
        return _refused(error, url_for("judging.outcome", name=name))
    except InvalidRecord as error:
        return _page(_desk(name), pair, error), 422
    _tell_met(kept)
    flash(gettext("The final grade has been kept."), "success")
    return redirect(here, 303)


@judging.post("/<name>/close")
def close(name: str) -> ResponseReturnValue:
    """Close a round."""
    try:
        close_round(dari().store, name, by=editor())
    except JudgingError as error:
        flash(" ".join(error.told(language())), "danger")
        return redirect(url_for("judging.overview"), 303)
    flash(gettext("The round is closed. Its grades are shown below."), "success")
    return redirect(url_for("judging.outcome", name=name), 303)


@judging.get("/<name>/qrels.txt")
def qrels(name: str) -> ResponseReturnValue:
    """Give the grades of a closed round as TREC qrels."""
    from evaluation import qrels_text

    return _download(qrels_text(_closed(name).qrels).encode(), "text/plain", f"{name}-qrels.txt")


@judging.get("/<name>/judgements.csv")
def table(name: str) -> ResponseReturnValue:
    """Give what each judge of a closed round said, as a table."""
    from evaluation import judgements_csv

    return _download(judgements_csv(_closed(name)), "text/csv", f"{name}-judgements.csv")


def _outcome(name: str) -> Outcome:
    """Read a round; evaluation is imported by the first who asks, for it takes a while."""
    from evaluation import outcome_of

    try:
        return outcome_of(dari().store, name)
    except JudgingError as error:
        raise NotFound from error


def _closed(name: str) -> Outcome:
    found = _outcome(name)
    if found.round.is_open:
        raise JudgingError("round", "round_not_final", name)
    return found


def _judge() -> str:
    return known_judge(dari().store, own_name()) if own_name() else ""


def _desk(name: str) -> Desk:
    return Desk(_outcome(name), _judge())


def _sign_as_shown() -> None:
    """Judge under the name that the page showed, whatever another tab has made of it since."""
    if shown := request.form.get("judge", "").strip():
        sign_as(shown)


def _ask_name() -> ResponseReturnValue:
    flash(gettext("Type your name or initials: your judgements are kept under it."), "info")
    return redirect(url_for("entrance.ask_name", next=request.path))


def _keep(desk: Desk, pair: int, sent: _Sent) -> None:
    """Keep a grade; where there is none, a note that is new, and that a pair was skipped."""
    found = desk.pair(pair)
    own = desk.own(found) if found else None
    grade = sent.grade if sent.grade is not None else own.grade if own else None
    is_skipped = own is None and sent.go == "skip"
    if sent.grade is None and not is_skipped and sent.note == (own.note if own else ""):
        return
    kept = judge_pair(dari().store, pair, desk.judge, grade=grade, note=sent.note, seen=sent.seen)
    _tell_met(kept)
    if sent.grade is not None:
        flash(gettext("Grade %(grade)s is kept", grade=sent.grade), _SAID)


def _tell_met(kept: Kept) -> None:
    """Say that another judgement has come between, which the person did not see."""
    if not kept.met:
        return
    was = kept.before.grade if kept.before else None
    text = gettext(
        "Meanwhile another judgement of this pair had been kept, with the grade %(was)s, for "
        "example from another tab. Yours is newer and counts; the other stays in the table.",
        was="–" if was is None else was,
    )
    flash(text, "warning")


def _refused(error: JudgingError, target: str) -> ResponseReturnValue:
    """Say why a judgement could not be kept, with the note that was typed."""
    note = request.form.get("note", "").strip()
    return render_template("unkept.html", error=error, note=note, target=target), 409


def _go(desk: Desk, pair: int | None, where: str | None = None) -> ResponseReturnValue:
    """Lead to a pair: the neighbour of another, or the next that wants a grade."""
    if not desk.outcome.round.is_open:
        return redirect(url_for("judging.outcome", name=desk.outcome.round.name), 303)
    found: JudgedPair | None = None
    if pair is not None and where in ("back", "forward"):
        found = desk.back(pair) if where == "back" else desk.forward(pair)
        found = found or desk.pair(pair)
    if found is None:
        found = desk.next(pair)
    if found is None:
        flash(gettext("Nothing is left for you to judge in this round. Thank you."), "success")
        return redirect(url_for("judging.outcome", name=desk.outcome.round.name), 303)
    return redirect(url_for("judging.pair", name=desk.outcome.round.name, pair=found.pair.id), 303)


def _page(desk: Desk, id: int, refused: InvalidRecord | None = None) -> str:
    found = desk.pair(id)
    if found is None:
        raise NotFound
    sides = [_side(found.pair.startup, found), _side(found.pair.partner, found)]
    is_open = desk.outcome.round.is_open
    own = desk.own(found) if is_open else found.final
    shown = {"desk": desk, "one": found, "sides": sides, "own": own, "said": _SAID}
    note = request.form.get("note", "") if refused else own.note if own else ""
    template = "judge.html" if is_open else "settle.html"
    limits = {"grades": GRADES, "longest": LONGEST_NOTE, "longest_name": LONGEST_JUDGE}
    texts = {"note": note, "refused": refused, "history": _history(desk.outcome, found)}
    return render_template(template, **shown, **limits, **texts)


def _history(outcome: Outcome, found: JudgedPair) -> list[Judgement]:
    return [one for one in outcome.given if one.pair == found.pair.id]


def _side(id: str, found: JudgedPair) -> dict[str, Any]:
    """Read a profile with its ties, but for those between the two: they would tell the answer."""
    store = dari().store
    profile: AnyProfile = store.get(id)
    both = {found.pair.startup, found.pair.partner}
    ties = [
        tie
        for tie in read_ties(store, TieQuery(profile=id)).items
        if isinstance(tie, Tie) and {tie.a, tie.b} != both
    ]
    names = store.get_many({end for tie in ties for end in (tie.a, tie.b)})
    return {"profile": profile, "ties": ties, "names": names}


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
