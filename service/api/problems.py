"""Owns problem documents as RFC 9457 describes them."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, current_app

from profiles import FieldError
from profiles.errors import shorten
from service.language import language


def problem(
    status: int, title: str, detail: str, errors: Sequence[FieldError] = (), **more: Any
) -> Response:
    """Answer with application/problem+json in the reader's language, and `more` members."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": HTTPStatus(status).name.lower(),
    }
    if errors:
        body["errors"] = [_field(error, language()) for error in errors]
    body |= more
    text = current_app.json.dumps(body)
    return Response(text + "\n", status, mimetype="application/problem+json")


def _field(error: FieldError, lang: str) -> dict[str, Any]:
    return {
        "field": error.field,
        "code": error.code,
        "rule": error.rule(lang),
        "remedy": error.remedy(lang),
        "value": None if error.value is None else shorten(error.value),
    }
