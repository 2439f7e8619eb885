"""Owns the calls of evaluators: rounds, the pair that comes next, a judgement, the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound, PreconditionRequired

from profiles import Tie
from profiles.api_keys import Scope
from profiles.judgements import Judgement, JudgingError
from profiles.judging import close_round, judge_pair, known_judge, rounds
from service.api.asked import JudgementBody
from service.api.bodies import public_json, read_body
from service.api.calls import Call, add
from service.api.cursors import PageQuery, sequence
from service.api.guard import caller, maker
from service.api.problems import problem
from service.failures import failure
from service.judging import Desk
from service.queries import EditQuery, TieQuery, read_query, read_ties
from service.security import dari

if TYPE_CHECKING:
    from evaluation import JudgedPair, Outcome

judging_calls = APIBlueprint("judging_api", __name__, tag="judging")

_TEXT = "text/plain"
_CSV = "text/csv"


@add(
    judging_calls, "GET", "/judging/rounds",
    Call("listRounds", "List the rounds of judging by name.", Scope.EVALUATE, query=PageQuery,
         answer="RoundPage"),
)  # fmt: skip
def all_rounds() -> ResponseReturnValue:
    """List the rounds."""
    query = read_query(PageQuery, request.args, strict=True)
    found = rounds(dari().store)
    return sequence(found, query, lambda one: one.name, lambda one: _json(_outcome(one.name)))


@add(
    judging_calls, "GET", "/judging/rounds/<name>",
    Call("getRound", "Tell how far a round is, and once it is closed what came of it.",
         Scope.EVALUATE, answer="Round", etag="read", problems=(404,)),
)  # fmt: skip
def one_round(name: str) -> Response:
    """Tell how far a round is."""
    return jsonify(_json(_outcome(name)))


@add(
    judging_calls, "GET", "/judging/rounds/<name>/next",
    Call("nextPair", "Give the pair that this judge is to judge next; 204 where none is left.",
         Scope.EVALUATE, answer="JudgedPair", problems=(404,)),
)  # fmt: skip
def next_pair(name: str) -> ResponseReturnValue:
    """Give the pair that comes next."""
    desk = _desk(name)
    found = desk.next() if desk.outcome.round.is_open else None
    return Response(status=204) if found is None else _answer(desk, found)


@add(
    judging_calls, "GET", "/judging/rounds/<name>/pairs/<int:pair>",
    Call("getPair", "Show a pair of a round to its judge, without what others said of it.",
         Scope.EVALUATE, answer="JudgedPair", etag="read", problems=(404,)),
)  # fmt: skip
def one_pair(name: str, pair: int) -> ResponseReturnValue:
    """Show a pair."""
    desk = _desk(name)
    return _answer(desk, _pair(desk, pair))


@add(
    judging_calls, "PUT", "/judging/rounds/<name>/pairs/<int:pair>/judgement",
    Call("judgePair", "Say how well a pair fits: 0 to 3, or null to pass it over.", Scope.EVALUATE,
         body=JudgementBody, answer="JudgedPair", etag="change", problems=(404,),
         sent={"grade": 2, "note": "One device, two markets."}),
)  # fmt: skip
def judge(name: str, pair: int) -> ResponseReturnValue:
    """Keep what a judge says of a pair, where they have seen what they said before."""
    desk = _desk(name)
    found = _pair(desk, pair)
    if request.if_match.star_tag or not request.if_match:
        raise PreconditionRequired
    body = read_body(JudgementBody, request)
    if _tag(desk, found) not in request.if_match:
        known = failure(412)
        return problem(412, known.heading, known.text, kind="stale", etag=f'"{_tag(desk, found)}"')
    seen = int(_tag(desk, found))
    judge_pair(dari().store, pair, desk.judge, grade=body.grade, note=body.note, seen=seen)
    desk = _desk(name)
    return _answer(desk, _pair(desk, pair))


@add(
    judging_calls, "POST", "/judging/rounds/<name>/close",
    Call("closeRound", "Close a round for good.", Scope.EVALUATE, query=EditQuery, answer="Round",
         problems=(404,)),
)  # fmt: skip
def close(name: str) -> Response:
    """Close a round."""
    read_query(EditQuery, request.args, strict=True)
    _outcome(name)
    close_round(dari().store, name, by=maker())
    return jsonify(_json(_outcome(name)))


@add(
    judging_calls, "GET", "/judging/rounds/<name>/qrels",
    Call("roundQrels", "Give the grades of a closed round as TREC qrels.", Scope.READ,
         answer="Text", produces=(_TEXT,), problems=(404, 422)),
)  # fmt: skip
def qrels(name: str) -> Response:
    """Give the grades of a closed round."""
    from evaluation import qrels_text

    return Response(qrels_text(_closed(name).qrels), mimetype=_TEXT)


@add(
    judging_calls, "GET", "/judging/rounds/<name>/judgements",
    Call("roundJudgements", "Give what each judge of a closed round said, as a table.", Scope.READ,
         answer="Text", produces=(_CSV,), problems=(404, 422)),
)  # fmt: skip
def judgements(name: str) -> Response:
    """Give what each judge of a closed round said."""
    from evaluation import judgements_csv

    return Response(judgements_csv(_closed(name)), mimetype=_CSV)


def _outcome(name: str) -> Outcome:
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


def _desk(name: str) -> Desk:
    return Desk(_outcome(name), known_judge(dari().store, caller().name))


def _pair(desk: Desk, id: int) -> JudgedPair:
    found = desk.pair(id)
    if found is None:
        raise NotFound
    return found


def _tag(desk: Desk, found: JudgedPair) -> str:
    own = desk.own(found)
    return str(own.id if own else 0)


def _answer(desk: Desk, found: JudgedPair) -> ResponseReturnValue:
    """Show a pair with the judge's own judgement; nothing tells which system listed it."""
    own = desk.own(found)
    answer = jsonify(
        round=desk.outcome.round.name,
        pair=found.pair.id,
        instructions=desk.outcome.round.instructions,
        judge=desk.judge,
        left=desk.left,
        startup=_side(found.pair.startup, found),
        partner=_side(found.pair.partner, found),
        judgement=_judgement(own) if own else None,
    )
    answer.set_etag(_tag(desk, found))
    return answer


def _side(id: str, found: JudgedPair) -> dict[str, Any]:
    """Show a profile with its ties, but for those between the two: they would tell the answer."""
    both = {found.pair.startup, found.pair.partner}
    ties = [
        public_json(tie)
        for tie in read_ties(dari().store, TieQuery(profile=id)).items
        if isinstance(tie, Tie) and {tie.a, tie.b} != both
    ]
    return {"profile": public_json(dari().store.get(id)), "ties": ties}


def _judgement(one: Judgement) -> dict[str, Any]:
    return {"grade": one.grade, "note": one.note, "at": one.at.isoformat()}


def _json(found: Outcome) -> dict[str, Any]:
    """Tell how far a round is; what could unblind a judge only once it is closed."""
    one = found.round
    told = {
        "name": one.name,
        "open": one.is_open,
        "instructions": one.instructions,
        "judges_a_pair": one.judges,
        "pairs": len(found.pairs),
        "done": found.done,
        "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
    }
    return {**told, "outcome": None if one.is_open else _outcome_json(found)}


def _outcome_json(found: Outcome) -> dict[str, Any]:
    from evaluation import NoAlpha

    said = found.agreement
    none = isinstance(said, NoAlpha)
    return {
        "systems": [*found.round.systems],
        "graded": dict(found.graded),
        "settled": found.settled,
        "alpha": None if isinstance(said, NoAlpha) else round(said.value, 4),
        "agreement": said.why if isinstance(said, NoAlpha) else said.verdict,
        "measured": not none,
    }
