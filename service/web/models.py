"""Owns the pages of models: which there are, what each is made of, and which one ranks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from matcher import SHIPPED, Champion, Registry, RegistryError, known_features, phrase
from profiles import DariError
from service.language import language
from service.models import dataset_name, dataset_of
from service.models import overview as of_models
from service.security import dari, editor, require_session
from service.starting import shelf_of, start_gate
from service.web.jobs import guard_name, guard_state, told

models = APIBlueprint("models", __name__, enable_openapi=False)
models.before_request(require_session)


@models.get("/models")
def overview() -> ResponseReturnValue:
    """List the models with what they were trained on and what the gate said of them."""
    found = of_models(dari().settings, dari().models)
    return render_template("models.html", found=found, **_words())


@models.get("/models/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show what a model is made of, what the gate said of it, and when it was in use."""
    return _page(name)


@models.post("/models/<name>/gate")
def gate(name: str) -> ResponseReturnValue:
    """Ask the gate of a model on a test set."""
    try:
        made = start_gate(dari(), name, request.form.get("test_set", ""), by=editor())
    except DariError as error:
        return _page(name, told(error)), 422
    return redirect(url_for("evaluations.show", id=made.id), 303)


@models.post("/models/<name>/promote")
def promote(name: str) -> ResponseReturnValue:
    """Put a model in use that the gate has passed, or one that somebody knows better of."""
    try:
        made = _registry().promote(name, editor(), reason=_reason())
    except DariError as error:
        return _page(name, told(error)), 409
    return _told_now(made)


@models.post("/models/rollback")
def rollback() -> ResponseReturnValue:
    """Put the former model in use again."""
    try:
        made = _registry().rollback(editor(), reason=_reason())
    except RegistryError as error:
        flash(" ".join(error.told(language())), "danger")
        return redirect(url_for("models.overview"), 303)
    return _told_now(made)


def _told_now(champion: Champion) -> ResponseReturnValue:
    text = gettext("In use now: %(model)s. Lists are made by it from now on.",
                   model=_registry().current().version)  # fmt: skip
    flash(text, "success")
    return redirect(url_for("models.show", name=champion.version), 303)


def _registry() -> Registry:
    return dari().models


def _reason() -> str | None:
    return " ".join(request.form.get("reason", "").split())[:500] or None


def _page(name: str, failed: tuple[str, str] | None = None) -> str:
    found = of_models(dari().settings, _registry())
    entry = next((one for one in found.entries if one.name == name), None)
    if entry is None:
        raise NotFound
    ranker = None if entry.fault else _registry().ranker(name)
    log = [deed for deed in found.champion.log if name in (deed.get("to"), deed.get("from"))]
    present = found.champion.version
    shown = {
        "entry": entry,
        "speaks": found.speaks(entry),
        "is_present": name == present,
        "present": present,
        "gated": entry.fault is None and _is_gated(name),
        "calibration": ranker.calibration if ranker else None,
        "shapes": _shapes(ranker) if ranker else [],
        "log": log,
        "sets": shelf_of(dari()).all(),
        "guard_name": guard_name,
        "guard_state": guard_state,
    }
    return render_template("model.html", found=found, failed=failed, **shown, **_words())


def _is_gated(name: str) -> bool:
    """Tell whether the gate has passed a model beside the one in use."""
    kept = _registry().gate(name)
    held = kept.get("champion") if kept else None
    beside = held.get("version") if isinstance(held, dict) else None
    return bool(kept and kept.get("passed") is True) and beside == _registry().current().version


def _shapes(ranker: Any) -> list[dict[str, Any]]:
    """Give the points of each feature, the greatest first."""
    shapes = {name: ranker.shape(name) for name in known_features()}
    order = sorted(shapes.items(), key=lambda pair: (-pair[1].most, pair[0]))
    return [
        {
            "name": phrase(f"name.{name}").in_(language()),
            "code": name,
            "most": shape.most,
            "knots": list(zip(shape.at, shape.points, strict=True)),
        }
        for name, shape in order
    ]


def _words() -> dict[str, Any]:
    return {"moment": _moment, "gap": _gap, "dataset_of": dataset_of,
            "dataset_name": dataset_name, "SHIPPED": SHIPPED}  # fmt: skip


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
