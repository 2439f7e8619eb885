"""Owns the pages of advice: which part of a programme a startup is best to apply to."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from matcher.advice import Advice, advise, umbrellas
from profiles import Programme, Side, Startup
from profiles.fields import Id
from profiles.record import Record
from service.drafting import read_startup
from service.holding import require_own
from service.planning import interval_told
from service.queries import profile_on, read_query
from service.security import dari, require_session

advice = Blueprint("advice", __name__)


class AdviceQuery(Record):
    """About which programme advice is asked for; the first that has parts where none is named."""

    programme: Id | None = None


@advice.get("/startups/<path:id>/advice")
def of_startup(id: str) -> ResponseReturnValue:
    """Advise staff on behalf of a startup."""
    require_session()
    profile = profile_on(dari().store, Side.STARTUP, id)
    return _page(profile, url_for("staff.profile", side="startups", id=id))


@advice.get("/my/<id>/advice")
def own(id: str) -> ResponseReturnValue:
    """Advise a startup itself; of the others only numbers are told."""
    require_own(id)
    return _page(read_startup(dari().store, id), url_for("own.status", id=id))


def _page(profile: object, home: str) -> str:
    whole = umbrellas(dari().store)
    if not isinstance(profile, Startup) or not whole:
        raise NotFound
    found = _asked(profile, whole)
    return render_template(
        "advice.html", found=found, whole=whole, home=home, interval_told=interval_told
    )


def _asked(profile: Startup, whole: list[Programme]) -> Advice:
    query = read_query(AdviceQuery, request.args, strict=False)
    day = dari().settings.today()
    named = query.programme or whole[0].id
    if named not in {one.id for one in whole}:
        raise NotFound
    return advise(dari().matchmaker, dari().store, profile, named, as_of=day)
