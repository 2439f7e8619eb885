"""Owns Idempotency-Key: a POST that is sent twice with one key is carried out once."""

from __future__ import annotations

import re
from typing import cast

from flask import Response, g, request

from profiles import replays
from profiles.replays import Answer, AnswerErased, Call, CallBegun, OtherCall
from service.api.guard import caller
from service.api.problems import Problem
from service.security import dari

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT = ("Content-Type", "Location", "ETag", "Content-Language")


def replay() -> Response | None:
    """Give the answer that this very call was given before; None where it is to be carried out.

    Raises:
        Problem: if the key cannot be used, or has been for another call or one that has begun.
    """
    given = request.headers.get(HEADER)
    if request.method != "POST" or given is None:
        return None
    if not _KEY.fullmatch(given):
        raise Problem("idempotency_key")
    route = f"{request.method} {request.full_path}"
    call = Call(caller().id, route, given, request.mimetype.encode() + b"\n" + request.get_data())
    try:
        known = replays.begin(dari().store, call)
    except OtherCall as error:
        raise Problem("idempotency_other") from error
    except CallBegun as error:
        raise Problem("idempotency_begun", sent={"Retry-After": "1"}) from error
    except AnswerErased as error:
        raise Problem("idempotency_erased") from error
    if known is None:
        g.replayable = call
        return None
    answer = Response(known.body, known.status, dict(known.headers))
    answer.headers[REPLAYED] = "true"
    return answer


def keep_answer(response: Response) -> Response:
    """Keep a good answer for a call that is sent again; give the key of any other back."""
    call = cast("Call | None", g.pop("replayable", None))
    if call is None:
        return response
    if response.status_code < 300:
        headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
        text = response.get_data(as_text=True)
        replays.finish(dari().store, call, Answer(response.status_code, headers, text))
    else:
        replays.release(dari().store, call)
    return response
