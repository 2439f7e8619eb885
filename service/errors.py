"""Owns what is answered when something goes wrong: a page, or a problem document below /api/."""

from __future__ import annotations

import math
import re
import time
from dataclasses import replace

from flask import Flask, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from matcher import ModelError
from profiles import (
    DariError,
    FieldError,
    IdTaken,
    InvalidRecord,
    MergedId,
    StaleEdit,
    UnknownId,
    UnknownRecord,
)
from profiles.merges import merged_error
from profiles.rows import unknown_id
from service.api.bodies import UnreadableBody
from service.api.limits import CALLS, GUESSES
from service.api.problems import Problem, problem
from service.failures import BrokenLink, Failure, failure, no_token, signed_out
from service.form_pages import form_page, page_without
from service.forms import StartupForm
from service.language import language
from service.security import dari, is_signed_in
from service.web.again import is_of_nobody, is_sent, sent_again
from service.web.editing import is_edit, typed_again

_API = "/api/"
_SUBMISSION = "public.submit_startup"
_VERDICT = "staff.add_verdict"
_SIDE = re.compile(r"(?:/api/v1)?/(startup|partner)s/")


def init_app(app: Flask) -> None:
    """Let every error end in a clear answer."""
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(BrokenLink, _on_broken_link)
    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(RateLimitExceeded, _on_limit)
    app.register_error_handler(UnknownId, _on_unknown)
    app.register_error_handler(MergedId, _on_merged)
    app.register_error_handler(IdTaken, _on_taken)
    app.register_error_handler(StaleEdit, _on_stale)
    app.register_error_handler(InvalidRecord, _on_invalid)
    app.register_error_handler(ModelError, _on_model)
    app.register_error_handler(DariError, _on_unready)
    app.register_error_handler(Exception, _on_any)


def _on_http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    if error.code in (404, 405) and (page := _form_page()):
        return redirect(page, 303)
    failed = failure(error.code)
    if isinstance(error, UnreadableBody) and error.description:
        failed = replace(failed, text=error.description)
    again = _keep_typed if error.code == 401 else _answer  # a session that ended while one typed
    answer = current_app.make_response(again(failed))
    kept = ("Allow", "WWW-Authenticate", "Retry-After")
    for name, value in error.get_headers():
        if name in kept:
            answer.headers[name] = value
    return answer


def _on_broken_link(_error: BrokenLink) -> ResponseReturnValue:
    text = gettext(
        "Copy it from the letter once more, to its very end, or ask whoever sent it for a new one."
    )
    return _answer(Failure(404, gettext("This link is not whole"), text))


def _on_csrf(_error: CSRFError) -> ResponseReturnValue:
    """Say what is amiss with the session: that it is over, where one must be signed in."""
    ended = (is_edit() or is_sent()) and not (is_of_nobody() or is_signed_in())
    return _keep_typed(failure(401 if ended else 400))


def _on_limit(error: RateLimitExceeded) -> ResponseReturnValue:
    limiter = next(iter(current_app.extensions["limiter"]))
    seconds = limiter.current_limit.reset_at - time.time()
    if error.limit is not None and error.limit.scope in (CALLS, GUESSES):
        return Problem(
            "calls_limited", sent={"Retry-After": str(max(1, math.ceil(seconds)))}
        ).answer()
    minutes = max(1, math.ceil(seconds / 60))
    text = ngettext(
        "Please try again in a minute.", "Please try again in %(num)d minutes.", minutes
    )
    guessed = request.blueprint in ("security", "entrance")
    heading = gettext("Too many attempts") if guessed else failure(429).heading
    failed = Failure(429, heading, text)
    answer = current_app.make_response(_keep_typed(failed))
    answer.headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    return answer


def _on_unknown(error: UnknownId) -> ResponseReturnValue:
    if page := _form_page():
        return redirect(page, 303)
    wrong = FieldError("id", "id_unknown", error.value).rule(language())
    text = " ".join(error.told(language())) if isinstance(error, UnknownRecord) else wrong
    return _answer(Failure(404, failure(404).heading, text))


def _on_merged(error: MergedId) -> ResponseReturnValue:
    """Lead a reader from the address of a merged profile to that of the one that it is now.

    So is a verdict led; any other change was meant for the profile as it was, and is refused.
    """
    if _is_on_other_side(error.into):
        return _on_unknown(unknown_id(str(error.value)))
    wrong = merged_error("id", str(error.value), error.into)
    named = dict(request.view_args or {})
    if request.endpoint is None or named.get("id") != error.value:
        text = f"{wrong.rule(language())} {wrong.remedy(language())}"
        return _answer(Failure(404, failure(404).heading, text))
    if request.method not in ("GET", "HEAD") and request.endpoint != _VERDICT:
        heading = gettext("This profile has been merged into another")
        text = gettext("Nothing has been changed.")
        return _answer(Failure(409, heading, text, [wrong]))
    asked = request.query_string.decode("latin-1")
    there = url_for(request.endpoint, **{**named, "id": error.into})
    return redirect(f"{there}?{asked}" if asked else there, 308)


def _is_on_other_side(into: str) -> bool:
    """Tell whether the address asks for a profile of the side that `into` is not on."""
    asked = _SIDE.match(request.path)
    return asked is not None and dari().store.sides([into]).get(into) != asked[1]


def _on_taken(error: IdTaken) -> ResponseReturnValue:
    wrong = FieldError("id", "id_taken", error.value)
    heading = gettext("The id is taken")
    return _answer(Failure(409, heading, wrong.rule(language()), [wrong]))


def _on_stale(_error: StaleEdit) -> ResponseReturnValue:
    text = gettext("Please open the page again, and look at what stands now.")
    return _answer(Failure(409, failure(412).heading, text))


def _on_invalid(error: InvalidRecord) -> ResponseReturnValue:
    known = failure(422)
    return _answer(Failure(422, known.heading, known.text, error.errors))


def _on_model(error: ModelError) -> ResponseReturnValue:
    current_app.logger.error("%s: %s", type(error).__name__, error)
    text = gettext(
        "Whoever runs Dari has to mend it: `dari model list` tells what is wrong, and "
        "`dari model rollback` puts the former model in its place."
    )
    return _answer(Failure(503, gettext("The model in use cannot be read"), text))


def _on_unready(error: DariError) -> ResponseReturnValue:
    current_app.logger.error("%s: %s", type(error).__name__, error)
    return _keep_typed(failure(503))


def _on_any(error: Exception) -> ResponseReturnValue:
    current_app.logger.exception("An error that nothing foresaw", exc_info=error)
    return _answer(failure(InternalServerError.code))


def _form_page() -> str | None:
    """Give the page of the form whose address somebody reads, as after a reload or a sign-in."""
    is_read = request.method in ("GET", "HEAD") and not request.path.startswith(_API)
    return form_page() if is_read else None


def _answer(failed: Failure) -> ResponseReturnValue:
    if request.path.startswith(_API):
        text = no_token() if failed.status == 401 else failed.text
        return problem(failed.status, failed.heading, text, failed.errors)
    is_read = request.method in ("GET", "HEAD")
    wrong = [one.field.partition(".")[0] for one in failed.errors] if is_read else []
    return render_template("error.html", failure=failed, back=page_without(wrong)), failed.status


def _keep_typed(failed: Failure) -> ResponseReturnValue:
    """Show a form again with what was typed, where it came from one."""
    if failed.status == 401 and (is_edit() or is_sent()):
        failed = signed_out()
    if again := typed_again(failed) or sent_again(failed):
        return again
    if request.endpoint != _SUBMISSION:
        return _answer(failed)
    return render_template("startup_form.html", form=StartupForm(), failure=failed), failed.status
