"""Owns the page on which an admin makes and revokes the keys of the API."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from profiles import InvalidRecord, UnknownId
from profiles.api_keys import LONGEST_LIFE, LONGEST_NAME, Scope, add_key, revoke_key
from profiles.api_keys import keys as all_keys
from profiles.rows import now
from service.language import language
from service.security import dari, editor, require_session

keys = APIBlueprint("keys", __name__, url_prefix="/keys", enable_openapi=False)
keys.before_request(require_session)

SCOPES = {
    Scope.READ: _l("read records, matches, histories and exports"),
    Scope.WRITE: _l("add, change and delete records, verdicts, merges and cases"),
    Scope.SUBMIT: _l("hand in startups, without the limit for everybody"),
    Scope.EVALUATE: _l("read rounds of judging and judge pairs"),
    Scope.ADMIN: _l("everything: personal data, erasure and keys, too"),
}


@keys.get("")
def overview() -> ResponseReturnValue:
    """List the keys, and offer to make one."""
    return _page()


@keys.post("")
def add() -> ResponseReturnValue:
    """Make a key and show it this once, or show the form again with what is wrong."""
    given = request.form
    try:
        made, shown = add_key(
            dari().store,
            given.get("name", ""),
            given.getlist("scopes"),
            days=given.get("days", "").strip() or None,
            by=editor(),
        )
    except InvalidRecord as error:
        wrong = {one.field.split(".")[0]: one for one in error.errors}
        return _page(wrong=wrong), 422
    return _page(made=made, shown=shown), 201


@keys.post("/<prefix>/revoke")
def revoke(prefix: str) -> ResponseReturnValue:
    """Revoke a key."""
    try:
        gone = revoke_key(dari().store, prefix, by=editor())
    except UnknownId as error:
        flash(" ".join(error.told(language())), "danger")
    else:
        flash(gettext("The key of %(name)s has been revoked.", name=gone.name), "success")
    return redirect(url_for("keys.overview"), 303)


def _page(**more: object) -> str:
    limits = {"longest_name": LONGEST_NAME, "longest_life": LONGEST_LIFE}
    shown = {"wrong": {}, "made": None, "shown": None, **more}
    typed = {} if shown["made"] else request.form
    return render_template(
        "keys.html",
        keys=all_keys(dari().store),
        now=now(),
        scopes=SCOPES,
        typed=typed,
        chosen=request.form.getlist("scopes") if typed else [],
        **limits,
        **shown,
    )
