"""Owns how many calls one caller may make, and how many keys one address may try."""

from __future__ import annotations

from flask import Response, request
from flask_limiter import ApplicationLimit
from flask_limiter.util import get_remote_address

from profiles.api_keys import prefix_of
from service.keys import dari

CALLS = "calls of the API"
GUESSES = "wrong keys"
_API = "/api/"


def call_limits() -> list[ApplicationLimit]:
    """Give the limits of the API.

    Wrong keys are counted by address, whatever key is tried, and before any key is looked at.
    """
    calls = ApplicationLimit(
        limit_provider=lambda: f"{dari().settings.api_calls_per_minute} per minute",
        key_function=_caller,
        scope=CALLS,
        exempt_when=_is_elsewhere,
    )
    guesses = ApplicationLimit(
        limit_provider=lambda: f"{dari().settings.wrong_keys_per_minute} per minute",
        key_function=get_remote_address,
        scope=GUESSES,
        exempt_when=lambda: _is_elsewhere() or "Authorization" not in request.headers,
        deduct_when=_is_guess,
    )
    return [calls, guesses]


def _is_elsewhere() -> bool:
    return not request.path.startswith(_API)


def _is_guess(response: Response) -> bool:
    return response.status_code == 401


def _caller() -> str:
    """Name the caller for counting, before the key has been looked at."""
    held = request.authorization
    prefix = prefix_of(held.token or "") if held and held.type == "bearer" else None
    address = get_remote_address()
    return f"{address} {prefix}" if prefix else address
