"""Owns what holds for every call: forms that are accepted, versions of answers, limits told."""

from __future__ import annotations

import math
import time

from flask import Response, current_app, request

from service.api.calls import JSON, this_call
from service.api.limits import CALLS
from service.api.problems import Problem, problem
from service.failures import failure

_PROBLEM = "application/problem+json"


def refuse_unreadable() -> None:
    """Refuse a body that is packed, and a caller who accepts nothing that can be answered.

    Raises:
        Problem: for either.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Problem("encoded_body")
    call = this_call()
    if call is not None and request.method != "OPTIONS" and chosen_form() is None:
        raise Problem("not_acceptable", accepted=list(call.produces))


def chosen_form() -> str | None:
    """Give the media type in which the caller wants the answer; None where none is accepted."""
    call = this_call()
    produced = call.produces if call else (JSON,)
    if not request.accept_mimetypes:
        return produced[0]
    wanted: str | None = request.accept_mimetypes.best_match(produced)
    if wanted is None and _PROBLEM in request.accept_mimetypes.values():
        return produced[0]
    return wanted


def finish(response: Response) -> Response:
    """Give a good answer to a reader its version, and tell every caller how much is left."""
    call = this_call()
    if call is not None and len(call.produces) > 1:
        response.vary.add("Accept")
    if request.method in ("GET", "HEAD") and response.status_code == 200:
        _add_version(response)
    if request.method in ("GET", "HEAD") and response.status_code == 412 and call is not None:
        known = failure(412)
        response = problem(412, known.heading, known.text)
    _tell_limit(response)
    return response


def _add_version(response: Response) -> None:
    if response.is_streamed or response.direct_passthrough:
        return
    if not response.get_etag()[0]:
        response.add_etag(weak=True)
    response.make_conditional(request)


def _tell_limit(response: Response) -> None:
    """Tell the limit in the fields of the IETF's draft, and how long to wait where it is spent."""
    limiter = next(iter(current_app.extensions["limiter"]))
    now = next((one for one in limiter.current_limits if one.request_args[-1] == CALLS), None)
    if now is None:
        return
    window = now.limit.get_expiry()
    left = max(0, math.ceil(now.reset_at - time.time()))
    response.headers["RateLimit-Policy"] = f'"calls";q={now.limit.amount};w={window}'
    response.headers["RateLimit"] = f'"calls";r={max(0, now.remaining)};t={left}'
