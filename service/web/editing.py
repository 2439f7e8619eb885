"""Owns the pages on which staff edit a record, and the page on which two edits of one meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from profiles import FieldError, IdTaken, InvalidRecord, MergedId, Side, StaleEdit, UnknownId
from service.editing import Kept, Kind, add_tie, read, replace, state
from service.failures import Failure
from service.naming import ids_of, names_profiles
from service.privacy import settle_briefly, withdraw
from service.queries import profile_on
from service.security import dari, editor, local_address, own_name, require_session, sign_as
from service.web.conflicts import Conflict, conflict_of
from service.web.edit_forms import EditForm
from service.web.record_forms import FORMS, TieEdit

editing = APIBlueprint("editing", __name__, enable_openapi=False)
editing.before_request(require_session)

_LONGEST_NUMBER = 9


@editing.get("/<any(startups, partners):kinds>/<path:id>/edit")
@editing.get("/ties/<path:id>/edit", defaults={"kinds": "ties"})
@editing.get("/programmes/<path:id>/edit", defaults={"kinds": "programmes"})
def edit(kinds: str, id: str) -> ResponseReturnValue:
    """Show a record in its form."""
    kept = read(dari().store, _kind(kinds), id)
    form = FORMS[kept.kind](formdata=None, back=request.args.get("back"), editor=own_name())
    form.fill(form.values_of(_dumped(kept)))
    form.revision.data = str(kept.revision)
    return _page(kept.kind, id, form)


@editing.post("/<any(startups, partners):kinds>/<path:id>/edit")
@editing.post("/ties/<path:id>/edit", defaults={"kinds": "ties"})
@editing.post("/programmes/<path:id>/edit", defaults={"kinds": "programmes"})
def save(kinds: str, id: str) -> ResponseReturnValue:
    """Keep what was typed, or show it again: with what is wrong, or beside what others saved."""
    kind, form = _kind(kinds), FORMS[_kind(kinds)]()
    sign_as(form.editor.data or "")
    if isinstance(form, TieEdit) and "end" in request.form:
        form.valid_to.data = dari().settings.today().isoformat()
    if not _is_draft():
        _name_ids(form)
    try:
        return _save(read(dari().store, kind, id), form)
    except MergedId as error:
        into = _address("edit", kinds=kinds, id=error.into)
        return _page(kind, id, form, gone=True, into=error.into, into_form=into), 409
    except UnknownId:
        return _page(kind, id, form, gone=True), 404


@editing.get("/ties/new")
def new_tie() -> ResponseReturnValue:
    """Show the empty form of a tie of a profile."""
    ends = {"a": request.args.get("a") or request.args.get("profile"), "b": request.args.get("b")}
    form = TieEdit(formdata=None, back=request.args.get("back"), **ends)
    form.editor.data = own_name()
    return _page("tie", "", form)


@editing.post("/ties/new")
def save_tie() -> ResponseReturnValue:
    """Keep a new tie, or show the form again with what is wrong."""
    form = TieEdit()
    sign_as(form.editor.data or "")
    if _is_draft():
        return _page("tie", "", form)
    _name_ids(form)
    try:
        tie = add_tie(dari(), form.raw(), by=editor())
    except InvalidRecord as error:
        form.show(error.errors)
    except IdTaken as error:
        form.show([FieldError("record", "tie_taken", error.value)])
    else:
        flash(gettext("The tie has been kept."), "success")
        return redirect(local_address(form.back.data, _home("tie", tie.id)), 303)
    return _page("tie", "", form), 422


@editing.post("/startups/<path:id>/withdrawal")
def withdraw_consent(id: str) -> ResponseReturnValue:
    """Take out a startup's contact and consent, from older revisions too, as it has asked."""
    profile_on(dari().store, Side.STARTUP, id)
    withdraw(dari(), id, by=editor())
    if settle_briefly(dari()):
        text = gettext(
            "The address is gone. The disk may still hold remains of it; the command "
            "“dari withdraw %(id)s” removes them.",
            id=id,
        )
        flash(text, "warning")
    else:
        flash(gettext("Contact and consent are gone, from older revisions too."), "success")
    return redirect(_home("startup", id), 303)


def is_edit() -> bool:
    """Tell whether a form of this part is being sent."""
    return request.endpoint in ("editing.save", "editing.save_tie")


def typed_again(failure: Failure) -> ResponseReturnValue | None:
    """Show the form that could not be sent with all that was typed; None for any other page."""
    if not is_edit():
        return None
    values = cast(Mapping[str, str], request.view_args)
    kind = _kind(values.get("kinds", "ties"))
    return _page(kind, values.get("id", ""), FORMS[kind](), failure=failure), failure.status


def _save(kept: Kept, form: EditForm) -> ResponseReturnValue:
    opened_at = _number(form.revision.data)
    if form.base.data:  # it comes from the page of a conflict
        conflict = _conflict(kept, form, _number(form.base.data), opened_at)
        conflict.choose(request.form)
        if _is_draft() or conflict.open:
            return _conflict_page(kept, form, conflict, refused=not _is_draft())
        form.fill(conflict.resolved)
        form.base.data = ""
    elif _is_draft():
        return _page(kept.kind, kept.id, form)
    try:
        raw = form.raw(form.values_of(_dumped(kept)))
        replace(dari(), kept, raw, base=opened_at, by=editor())
    except StaleEdit:
        return _meet(kept, form, opened_at)
    except InvalidRecord as error:
        form.show(error.errors)
        return _page(kept.kind, kept.id, form), 422
    return _saved(kept, form)


def _saved(kept: Kept, form: EditForm) -> ResponseReturnValue:
    flash(gettext("Your changes have been kept."), "success")
    return redirect(local_address(form.back.data, _home(kept.kind, kept.id)), 303)


def _meet(kept: Kept, form: EditForm, opened_at: int) -> ResponseReturnValue:
    """Show what was typed beside what others have saved since the form was opened."""
    now = read(dari().store, kept.kind, kept.id)
    conflict = _conflict(now, form, opened_at, now.revision)
    if not conflict.meetings:
        return _saved(now, form)
    form.base.data, form.revision.data = str(opened_at), str(now.revision)
    return _conflict_page(now, form, conflict)


def _conflict(kept: Kept, form: EditForm, base: int, number: int) -> Conflict:
    """Compare what was typed with what the record was and what it is at revision `number`."""
    store = dari().store
    theirs = state(store, kept.kind, kept.id, number)
    if theirs is None:
        theirs = _dumped(kept)
    history = [one for one in store.history(kept.id) if one.kind == kept.kind]
    return conflict_of(form, state(store, kept.kind, kept.id, base), theirs, history)


def _conflict_page(
    kept: Kept, form: EditForm, conflict: Conflict, *, refused: bool = False
) -> ResponseReturnValue:
    more = {"conflict": conflict, "refused": refused, "home": _home(kept.kind, kept.id)}
    more["action"] = _address("save", kinds=f"{kept.kind}s", id=kept.id)
    more["called"] = form.called or kept.id
    return render_template("conflict.html", form=form, **more), 409


def _page(kind: Kind, id: str, form: EditForm, **more: Any) -> str:
    more["action"] = _address("save", kinds=f"{kind}s", id=id) if id else _address("save_tie")
    more["home"] = local_address(form.back.data, _home(kind, id))
    more["called"] = form.called or id
    return render_template("edit.html", kind=kind, id=id, form=form, **more)


def _address(view: str, **values: Any) -> str:
    return url_for(f"editing.{view}", **values)


def _home(kind: Kind, id: str) -> str:
    """Give the address of the page that shows a record."""
    if kind == "programme":
        return url_for("staff.programmes", _anchor=id)
    if kind == "tie":
        return url_for("staff.profiles", side="partners")
    return url_for("staff.profile", side=f"{kind}s", id=id)


def _kind(kinds: str) -> Kind:
    return cast(Kind, kinds.removesuffix("s"))


def _dumped(kept: Kept) -> dict[str, Any]:
    return kept.record.model_dump(mode="json", exclude_defaults=True)


def _name_ids(form: EditForm) -> None:
    """Read the names of profiles as ids; those that are like names of none alone are offered."""
    for field in form.own:
        if names_profiles(field.short_name):
            field.data, form.near[field.short_name] = ids_of(
                dari(), field.short_name, field.data or ""
            )


def _number(text: str | None) -> int:
    text = text or ""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0


def _is_draft() -> bool:
    """Tell whether a form came only to be shown again, in another language."""
    return "draft" in request.args
