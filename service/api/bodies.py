"""Owns the reading of JSON bodies and the shapes of JSON answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Request, url_for
from flask_babel import gettext
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from profiles import FieldError, InvalidRecord, Record
from profiles.exporting import PERSONAL
from profiles.importing import parse_json
from service.queries import ListQuery, Page, TieQuery


class UnreadableBody(BadRequest):
    """A body that is no JSON; the description says why."""


def read_object(request: Request) -> Mapping[str, Any]:
    """Read the JSON object that a request carries.

    Raises:
        UnsupportedMediaType: if it is not declared as JSON.
        UnreadableBody: if it is not valid JSON in UTF-8.
        InvalidRecord: if it is JSON but no object.
    """
    if not request.is_json:
        raise UnsupportedMediaType
    raw = _parse(request.get_data())
    if not isinstance(raw, Mapping):
        raise InvalidRecord([FieldError("record", "object", raw)])
    return raw


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


def page_json(page: Page, endpoint: str, query: ListQuery | TieQuery) -> dict[str, Any]:
    """Write a part of a list with the address of the next part (null at the end)."""
    asked = {**query.model_dump(), "cursor": page.cursor}
    next_url = url_for(endpoint, **asked) if page.cursor else None
    items = [public_json(item) for item in page.items]
    found = {"items": items, "total": page.total, "next": next_url}
    if isinstance(query, ListQuery):
        found["similar"] = [public_json(item) for item in page.similar]
    return found
