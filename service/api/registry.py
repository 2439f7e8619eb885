"""Owns the calls on models: which there are, which speaks, what the gate said of one."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from profiles.api_keys import Scope
from service.api.calls import Call, add
from service.api.cursors import PageQuery, sequence
from service.language import language
from service.models import overview
from service.queries import read_query
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
    found = overview(dari().settings, dari().models).as_json(language())
    return jsonify({**found["champion"], "weights": found["weights"]})


@add(
    model_calls, "GET", "/models/<name>",
    Call("getModel", "Show one model.", Scope.READ, answer="Model", etag="read", problems=(404,)),
)  # fmt: skip
def model(name: str) -> Response:
    """Show one model, by its name or version."""
    found = next((one for one in _models() if name in (one["name"], one["version"])), None)
    if found is None:
        raise NotFound
    return jsonify(found)


def _models() -> list[dict[str, Any]]:
    found = overview(dari().settings, dari().models).as_json(language())
    listed: list[dict[str, Any]] = found["models"]
    return listed
