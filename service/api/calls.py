"""Owns what is told of a call in one place: its route, its scope, what it takes and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from apiflask import APIBlueprint
from flask import current_app, request
from pydantic import BaseModel

from profiles.api_keys import Scope

JSON = "application/json"
_MARK = "_dari_call"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the API.

    Attributes:
        id: its name in the OpenAPI document.
        summary: what it does, a sentence.
        scope: what a key must allow; None where everybody may call.
        keyed: of a call that is open to everybody, what a key must allow where one is sent.
        query: the model of its query.
        body: the model of its body, or the name of a schema.
        answer: the name of the schema of its answer; None where it has no body.
        status: the status of a good answer.
        etag: whether it reads or changes something that has a version.
        produces: the media types that it can answer with, the usual one first.
        takes: the media types that its body may have.
        sent: an example of a body.
        shown: an example of an answer.
        links: name -> (operation, parameter, expression of its value): where an answer leads.
        problems: statuses that it answers beside those that follow from the rest.
    """

    id: str
    summary: str
    scope: Scope | None
    keyed: Scope | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | str | None = None
    answer: str | None = None
    status: int = 200
    etag: Literal["read", "change"] | None = None
    produces: tuple[str, ...] = (JSON,)
    takes: tuple[str, ...] = (JSON,)
    sent: Any = None
    shown: Any = None
    links: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    problems: tuple[int, ...] = ()


def add(
    blueprint: APIBlueprint, method: str, rule: str, call: Call, *, endpoint: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a view as a call at an address."""

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        setattr(view, _MARK, call)
        described = blueprint.doc(operation_id=call.id, summary=call.summary)(view)
        setattr(described, _MARK, call)
        named = endpoint or view.__name__
        blueprint.add_url_rule(rule, endpoint=named, view_func=described, methods=[method])
        return described

    return register


def call_at(endpoint: str | None) -> Call | None:
    """Give the call behind an endpoint; None where it is none."""
    return getattr(current_app.view_functions.get(endpoint or ""), _MARK, None)


def this_call() -> Call | None:
    """Give the call that is made now; None where no route has been found."""
    return call_at(request.endpoint)
