"""Owns how many calls one caller may make, and how many keys one address may try."""

from __future__ import annotations

from collections.abc import Iterable

from apiflask import APIBlueprint, APIFlask
from flask import Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from profiles.api_keys import prefix_of
from service.keys import dari


def limit_calls(app: APIFlask, limiter: Limiter, blueprints: Iterable[APIBlueprint]) -> None:
    """Bound the calls of each caller to every blueprint together; each worker counts its own.

    Wrong keys are counted by address, whatever key is tried.
    """
    calls = limiter.shared_limit(
        lambda: f"{dari().settings.api_calls_per_minute} per minute",
        scope="calls of the API",
        key_func=_caller,
        override_defaults=False,
    )
    guesses = limiter.shared_limit(
        lambda: f"{dari().settings.wrong_keys_per_minute} per minute",
        scope="wrong keys",
        key_func=get_remote_address,
        deduct_when=_is_guess,
        override_defaults=False,
    )
    for endpoint, view in [*app.view_functions.items()]:
        if endpoint.partition(".")[0] in {one.name for one in blueprints}:
            app.view_functions[endpoint] = calls(guesses(view))


def _is_guess(response: Response) -> bool:
    return response.status_code == 401 and "Authorization" in request.headers


def _caller() -> str:
    """Name the caller for counting, before the key has been looked at."""
    held = request.authorization
    prefix = prefix_of(held.token or "") if held and held.type == "bearer" else None
    address = get_remote_address()
    return f"{address} {prefix}" if prefix else address
