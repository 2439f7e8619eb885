"""Owns the calls on drafts: a startup is told step by step, then handed in.

The id of a draft has 60 random bits and is told to its maker alone: whoever knows it, and has a key
that may hand in startups, may go on with it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound, PreconditionRequired

from profiles import FieldError, InvalidRecord, StaleEdit
from profiles.api_keys import Scope
from profiles.drafts import Draft, begin, draft_of, remove, save
from service.api.asked import DraftBody, DraftStepBody
from service.api.bodies import public_json, read_body
from service.api.calls import Call, add
from service.api.guard import maker
from service.api.problems import Problem
from service.drafting import STEPS, Step, clean_values, errors_of, expiry, field_of, hand_in
from service.language import language
from service.privacy import forget_letters, settle_briefly
from service.queries import EditQuery, read_query
from service.security import dari
from service.web.draft_forms import consent_now
from service.web.links import base_url, new_token

draft_calls = APIBlueprint("draft_api", __name__, tag="drafts")

_ONE = "/drafts/<id>"
_STEP = "/drafts/<id>/steps/<step>"
_LINKS = {
    "read": ("getDraft", "id", "$response.body#/id"),
    "handIn": ("handInDraft", "id", "$response.body#/id"),
}
_WHO = {"values": {"name_ko": "소노아이", "name_en": "SonoEye"}}


@add(
    draft_calls, "POST", "/drafts",
    Call("beginDraft", "Begin to tell of a startup; its id is known to the caller alone.",
         Scope.SUBMIT, query=EditQuery, body=DraftBody, answer="Draft", status=201, links=_LINKS,
         sent={"language": "en"}),
)  # fmt: skip
def begin_one() -> ResponseReturnValue:
    """Begin a draft."""
    read_query(EditQuery, request.args, strict=True)
    asked, now = read_body(DraftBody, request), _now()
    until = expiry(dari(), now)
    made = begin(dari().store, {}, language=asked.language, now=now, expires_at=until)
    return jsonify(_json(made)), 201, {"Location": url_for("draft_api.one_draft", id=made.id)}


@add(
    draft_calls, "GET", _ONE,
    Call("getDraft", "Show a draft as it was saved, with what is wrong or missing.", Scope.SUBMIT,
         answer="Draft", etag="read", problems=(404,)),
)  # fmt: skip
def one_draft(id: str) -> Response:
    """Show a draft."""
    return jsonify(_json(_draft(id)))


@add(
    draft_calls, "GET", _STEP,
    Call("getDraftStep", "Show a step of a draft; its ETag counts how often it was saved.",
         Scope.SUBMIT, answer="DraftStep", etag="read", problems=(404,)),
)  # fmt: skip
def one_step(id: str, step: str) -> ResponseReturnValue:
    """Show a step."""
    return _answer(_draft(id), _known(step)).make_conditional(request)


@add(
    draft_calls, "PUT", _STEP,
    Call("saveDraftStep", "Keep what was typed in a step, right or wrong.", Scope.SUBMIT,
         query=EditQuery, body=DraftStepBody, answer="DraftStep", etag="change", sent=_WHO,
         problems=(404,)),
)  # fmt: skip
def save_one(id: str, step: str) -> Response:
    """Save a step as it was read."""
    read_query(EditQuery, request.args, strict=True)
    draft, which = _draft(id), _known(step)
    if request.if_match.star_tag or not request.if_match:
        raise PreconditionRequired
    if str(draft.steps.get(which, 0)) not in request.if_match:
        raise Problem("stale", etag=f'"{draft.steps.get(which, 0)}"')
    asked = read_body(DraftStepBody, request)
    return _answer(_saved(draft, which, asked), which)


@add(
    draft_calls, "POST", f"{_ONE}/hand-in",
    Call("handInDraft", "Hand a draft in: it becomes a startup.", Scope.SUBMIT, query=EditQuery,
         answer="StartupShown", status=201, problems=(404, 409, 422)),
)  # fmt: skip
def hand_in_one(id: str) -> ResponseReturnValue:
    """Hand a draft in."""
    read_query(EditQuery, request.args, strict=True)
    made = hand_in(dari(), _draft(id), consent_now(), by=maker(), now=_now())
    return jsonify(public_json(made)), 201, {"Location": url_for("records.startup", id=made.id)}


@add(
    draft_calls, "POST", f"{_ONE}/link",
    Call("linkToDraft", "Make a link by which a person goes on with a draft, once.", Scope.SUBMIT,
         query=EditQuery, answer="DraftLink", status=201, problems=(404, 422)),
)  # fmt: skip
def link_to_one(id: str) -> ResponseReturnValue:
    """Make a link to a draft."""
    read_query(EditQuery, request.args, strict=True)
    token = new_token(dari(), "draft", _draft(id).id)
    address = f"{base_url(dari()) or ''}{url_for('returning.enter')}"
    return jsonify(address=f"{address}#{token}"), 201, {"Location": address}


@add(
    draft_calls, "DELETE", _ONE,
    Call("deleteDraft", "Delete a draft with its links.", Scope.SUBMIT, query=EditQuery, status=204,
         problems=(404,)),
)  # fmt: skip
def delete_one(id: str) -> Response:
    """Delete a draft."""
    read_query(EditQuery, request.args, strict=True)
    draft = _draft(id)
    remove(dari().store, draft.id)
    forget_letters(dari().settings, [draft.email or ""])
    settle_briefly(dari())
    return Response(status=204)


def _now() -> datetime:
    return datetime.now(UTC)


def _draft(id: str) -> Draft:
    return draft_of(dari().store, id, _now())


def _known(step: str) -> Step:
    found = next((one for one in STEPS if one == step), None)
    if found is None:
        raise NotFound
    return found


def _saved(draft: Draft, step: Step, asked: DraftStepBody) -> Draft:
    """Keep a step.

    Raises:
        InvalidRecord: for a field that the step does not ask for.
        Problem: if somebody has saved it meanwhile.
    """
    now = _now()
    told = {name: [one] if isinstance(one, str) else one for name, one in asked.values.items()}
    _refuse_foreign(step, told)
    held = draft.steps.get(step, 0)
    try:
        return save(
            dari().store,
            draft.id,
            step,
            clean_values(step, told),
            saved=held,
            language=draft.language,
            now=now,
            expires_at=expiry(dari(), now),
        )
    except StaleEdit as error:
        raise Problem("stale") from error


def _refuse_foreign(step: Step, told: dict[str, list[str]]) -> None:

    wrong = [
        FieldError(f"values.{name}", "extra", name) for name in told if name not in STEPS[step]
    ]
    if wrong:
        raise InvalidRecord(wrong)


def _answer(draft: Draft, step: Step) -> Response:
    answer = jsonify(_step(draft, step))
    answer.set_etag(str(draft.steps.get(step, 0)))
    return answer


def _json(draft: Draft) -> dict[str, Any]:
    moments = {name: getattr(draft, name).isoformat() for name in _MOMENTS}
    plain = {"id": draft.id, "language": draft.language, "startup": draft.startup}
    return {**plain, **moments, "steps": [_step(draft, step) for step in STEPS]}


_MOMENTS = ("made_at", "changed_at", "expires_at")


def _step(draft: Draft, step: Step) -> dict[str, Any]:
    wrong = errors_of(draft.values, consent_now())
    own = [one for one in wrong if field_of(one, draft.values, language()) in STEPS[step]]
    values = {name: draft.values[name] for name in STEPS[step] if name in draft.values}
    return {
        "step": step,
        "saved": draft.steps.get(step, 0),
        "values": values,
        "errors": [_error(one) for one in own],
    }


def _error(one: FieldError) -> dict[str, str]:
    lang = language()
    told = {"rule": one.rule(lang), "remedy": one.remedy(lang)}
    return {"field": one.field, "code": one.code, **told}
