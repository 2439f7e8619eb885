"""Owns /healthz: whether the database and the index answer."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from service.security import dari

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer 200 with the seq that the index holds, or 503."""
    try:
        seq = dari().follower.catch_up().seq
    except Exception:
        current_app.logger.exception("The database or the index does not answer")
        return jsonify(status="unavailable"), 503
    return jsonify(status="ok", seq=seq)
