"""Owns problem documents as RFC 9457 describes them, and the types that they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, current_app
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from profiles import FieldError
from profiles.errors import shorten
from service.language import language

TYPES = "/api/v1/problems/"

_OWN: Mapping[str, tuple[int, Any, Any]] = {
    "key_unknown": (
        401,
        _l("The key is not known"),
        _l("Send a key that staff have made, in the header Authorization: Bearer KEY."),
    ),
    "key_expired": (401, _l("The key has expired"), _l("Ask staff for a new one.")),
    "key_revoked": (401, _l("The key has been revoked"), _l("Ask staff for a new one.")),
    "scope_missing": (
        403,
        _l("The key does not allow this"),
        _l("It lacks the scope that is named below. Ask staff for a key that has it."),
    ),
    "idempotency_key": (
        400,
        _l("The idempotency key cannot be used"),
        _l("Send 1 to 255 visible ASCII characters, such as a UUID."),
    ),
    "idempotency_other": (
        422,
        _l("The idempotency key has been used for another call"),
        _l("Use a new key for each call, and the same one only to send it again."),
    ),
    "idempotency_begun": (
        409,
        _l("A call with this idempotency key has begun"),
        _l("Try again in a moment; if that does not help, see whether it was carried out."),
    ),
    "idempotency_erased": (
        410,
        _l("What this call made has been erased since"),
        _l("Use a new idempotency key to make it again."),
    ),
    "not_acceptable": (
        406,
        _l("The answer cannot be given in a form that you accept"),
        _l("Accept application/json."),
    ),
    "encoded_body": (
        415,
        _l("A compressed body is not read"),
        _l("Send JSON as it is, without the header Content-Encoding."),
    ),
    "stale": (
        412,
        _l("Somebody else has changed this since you read it"),
        _l("Compare the two versions, and send yours again on the newer one."),
    ),
    "refused": (
        422,
        _l("This cannot be done as it was asked for"),
        _l("The detail says what keeps it from being done, and what to do about it."),
    ),
    "not_there": (
        404,
        _l("There is none of this name or number"),
        _l("Look it up in the list that it should be in."),
    ),
    "calls_limited": (
        429,
        _l("Too many calls in a short time"),
        _l("Wait as long as the header Retry-After says."),
    ),
}
"""The problems that only the API has: status, heading and text by their code."""

_STATUSES = (400, 401, 404, 405, 412, 413, 415, 422, 428, 429, 500, 503)


class Problem(HTTPException):
    """A problem of the API by its code.

    `more` are members, `sent` headers of the answer, `detail` what is said in place of the text
    that belongs to the code.
    """

    def __init__(
        self,
        kind: str,
        *,
        sent: Mapping[str, str] | None = None,
        detail: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__()
        self.kind, self.more, self.sent, self.detail = kind, more, dict(sent or {}), detail
        self.code = _OWN[kind][0]

    def answer(self) -> Response:
        """Write the problem document."""
        status, heading, text = _OWN[self.kind]
        said = self.detail or str(text)
        given = problem(status, str(heading), said, kind=self.kind, **self.more)
        given.headers.extend(self.sent)
        return given


def problem(
    status: int,
    title: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    kind: str | None = None,
    **more: Any,
) -> Response:
    """Answer with application/problem+json in the reader's language, and `more` members."""
    code = kind or code_of(status)
    body: dict[str, Any] = {
        "type": TYPES + code,
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = [_field(error, language()) for error in errors]
    body |= more
    text = current_app.json.dumps(body, separators=(",", ":"))
    return Response(text + "\n", status, mimetype="application/problem+json")


def code_of(status: int) -> str:
    """Name the type of a problem that has nothing of its own but its status."""
    return HTTPStatus(status).name.lower()


def problem_types() -> dict[str, dict[str, Any]]:
    """Describe all types of problems in the reader's language, by their code."""
    from service.failures import failure

    general = {code_of(one): failure(one) for one in _STATUSES}
    told = {code: (one.status, one.heading, one.text) for code, one in general.items()} | {
        code: (status, str(heading), str(text)) for code, (status, heading, text) in _OWN.items()
    }
    return {
        code: {"type": TYPES + code, "code": code, "status": status, "title": title, "detail": text}
        for code, (status, title, text) in sorted(told.items())
    }


def _field(error: FieldError, lang: str) -> dict[str, Any]:
    return {
        "field": error.field,
        "code": error.code,
        "rule": error.rule(lang),
        "remedy": error.remedy(lang),
        "value": None if error.value is None else shorten(error.value),
    }
