"""Owns the calls on models: which there are, which speaks, and putting another one in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from matcher import ModelError, RegistryError
from profiles.api_keys import Scope
from service.api.asked import PromoteBody
from service.api.bodies import read_body
from service.api.calls import Call, add
from service.api.cursors import PageQuery, sequence
from service.api.evaluating import refusal
from service.api.guard import maker
from service.language import language
from service.models import overview
from service.queries import EditQuery, read_query
from service.security import dari

model_calls = APIBlueprint("model_api", __name__, tag="models")


@add(
    model_calls, "GET", "/models",
    Call("listModels", "List the models by name, with what the gate said of each.", Scope.READ,
         query=PageQuery, answer="ModelPage"),
)  # fmt: skip
def models() -> ResponseReturnValue:
    """List the models."""
    query = read_query(PageQuery, request.args, strict=True)
    return sequence(_models(), query, lambda one: one["name"], lambda one: one)


@add(
    model_calls, "GET", "/models/current",
    Call("currentModel", "Tell which model makes the lists, since when, and which did before.",
         Scope.READ, answer="Champion"),
)  # fmt: skip
def current() -> Response:
    """Tell which model speaks."""
    return _present()


def _present() -> Response:
    found = overview(dari().settings, dari().models).as_json(language())
    return jsonify({**found["champion"], "weights": found["weights"]})


@add(
    model_calls, "GET", "/models/<name>",
    Call("getModel", "Show one model.", Scope.READ, answer="Model", etag="read", problems=(404,)),
)  # fmt: skip
def model(name: str) -> Response:
    """Show one model, by its name or version."""
    return jsonify(_known(name))


@add(
    model_calls, "POST", "/models/<name>/promotion",
    Call("promoteModel", "Put a model in use that the gate has passed, or, with a reason, another.",
         Scope.EVALUATE, query=EditQuery, body=PromoteBody, answer="Champion", sent={},
         problems=(404, 422)),
)  # fmt: skip
def promote(name: str) -> Response:
    """Put a model in use."""
    asked = _reason()
    _known(name)
    with _refusals():
        dari().models.promote(name, maker(), reason=asked.reason)
    return _present()


@add(
    model_calls, "POST", "/models/rollback",
    Call("rollbackModel", "Put the former model in use again.", Scope.EVALUATE, query=EditQuery,
         body=PromoteBody, answer="Champion", sent={"reason": "Staff trust it more."},
         problems=(422,)),
)  # fmt: skip
def rollback() -> Response:
    """Put the former model in use again."""
    asked = _reason()
    with _refusals():
        dari().models.rollback(maker(), reason=asked.reason)
    return _present()


def _reason() -> PromoteBody:
    read_query(EditQuery, request.args, strict=True)
    return read_body(PromoteBody, request)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (RegistryError, ModelError) as error:
        raise refusal(error) from error


def _known(name: str) -> dict[str, Any]:
    found = next((one for one in _models() if name in (one["name"], one["version"])), None)
    if found is None:
        raise NotFound
    return found


def _models() -> list[dict[str, Any]]:
    found = overview(dari().settings, dari().models).as_json(language())
    listed: list[dict[str, Any]] = found["models"]
    return listed
