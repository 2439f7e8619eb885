"""Owns the reading of JSON bodies and the shapes of JSON answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import Request
from flask_babel import gettext
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from profiles import FieldError, InvalidRecord, Record, validate
from profiles.exporting import PERSONAL
from profiles.importing import parse_json

R = TypeVar("R", bound=Record)


class UnreadableBody(BadRequest):
    """A body that is no JSON; the description says why."""


_CHARSETS = (None, "utf-8", "utf8")


def read_object(request: Request) -> Mapping[str, Any]:
    """Read the JSON object that a request carries.

    Raises:
        UnsupportedMediaType: if it is not declared as JSON in UTF-8.
        UnreadableBody: if it is not valid JSON in UTF-8.
        InvalidRecord: if it is JSON but no object.
    """
    charset = request.mimetype_params.get("charset")
    if not request.is_json or (charset and charset.lower()) not in _CHARSETS:
        raise UnsupportedMediaType
    raw = _parse(request.get_data())
    if not isinstance(raw, Mapping):
        raise InvalidRecord([FieldError("record", "object", raw)])
    return raw


def read_body(model: type[R], request: Request) -> R:
    """Read what a request carries as a model.

    Raises:
        InvalidRecord: with one error for each broken rule.
    """
    return validate(model, read_object(request))


def _parse(data: bytes) -> Any:
    try:
        raw = parse_json(data.decode("utf-8-sig"))
        json.dumps(raw, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableBody(gettext("The body is not valid UTF-8.")) from error
    except UnicodeEncodeError as error:
        text = gettext("The body holds half of a surrogate pair, which no text can hold.")
        raise UnreadableBody(text) from error
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", None) or str(error)
        text = gettext("The body is not valid JSON: %(reason)s.", reason=reason)
        raise UnreadableBody(text) from error
    return raw


def public_json(record: Record) -> dict[str, Any]:
    """Write a record without personal data; what is unknown is left out."""
    return record.model_dump(mode="json", exclude_defaults=True, exclude=set(PERSONAL))
