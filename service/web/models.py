"""Owns the page that shows staff which models there are, and which one ranks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import render_template
from flask.typing import ResponseReturnValue

from service.models import overview as of_models
from service.security import dari, require_session

models = APIBlueprint("models", __name__, enable_openapi=False)
models.before_request(require_session)


@models.get("/models")
def overview() -> ResponseReturnValue:
    """List the models with what they were trained on and what the gate said of them."""
    found = of_models(dari().settings, dari().models)
    return render_template("models.html", found=found, moment=_moment, gap=_gap)


def _moment(written: str | None) -> datetime | None:
    """Read a moment as the files of models have it."""
    try:
        return datetime.fromisoformat(written) if written else None
    except ValueError:
        return None


def _gap(gate: Mapping[str, Any]) -> str:
    """Write the gain of a gate with its interval; empty where it has none."""
    found = [gate.get(name) for name in ("difference", "low", "high")]
    numbers = [f"{one:+.3f}" for one in found if isinstance(one, float | int)]
    return "{} ({} … {})".format(*numbers) if len(numbers) == len(found) else ""
