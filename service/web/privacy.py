"""Owns the download of everything that is held about a startup, for staff."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response
from flask.typing import ResponseReturnValue

from profiles import Side
from profiles.privacy import held
from service.held_files import held_zip
from service.privacy import now
from service.queries import profile_on
from service.security import dari, require_session

privacy = APIBlueprint("privacy", __name__, enable_openapi=False)
privacy.before_request(require_session)


@privacy.get("/startups/<path:id>/held.zip")
def held_of(id: str) -> ResponseReturnValue:
    """Give everything that is held about a startup, as one ZIP."""
    profile_on(dari().store, Side.STARTUP, id)
    answer = Response(held_zip(held(dari().store, id), now()), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename="held.zip")
    return answer
