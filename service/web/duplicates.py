"""Owns the pages on which staff merge two profiles that are one firm, or keep them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from profiles import (
    AnyProfile,
    DariError,
    FieldError,
    InvalidRecord,
    MergedId,
    StaleEdit,
    Store,
    validate,
)
from profiles.apart import (
    Apart,
    Stored,
    apart_pair,
    apart_pairs,
    count_apart,
    count_proposals,
    keep_apart,
    stored_proposal,
    stored_proposals,
    withdraw_apart,
)
from profiles.fields import Id, Whole
from profiles.fusing import Choice, Difference, choosable, differing
from profiles.merges import Merge, merged_error
from profiles.merging import recent_merges
from profiles.record import Record
from profiles.validation import without_unknown_fields
from service.describing import field_name, value_text
from service.language import language
from service.queries import read_query
from service.security import dari, editor, require_session

duplicates = APIBlueprint("duplicates", __name__, url_prefix="/duplicates", enable_openapi=False)
duplicates.before_request(require_session)

_PAGE = 25


class _ListQuery(Record):
    page: Whole = 1


class _PairQuery(Record):
    a: Id
    b: Id


class _PairForm(_PairQuery):
    a_revision: Whole
    b_revision: Whole
    keep: Id


@dataclass(frozen=True, slots=True)
class Pair:
    """Two profiles side by side: the fields that differ, the others, and why they are here."""

    a: AnyProfile
    b: AnyProfile
    revisions: tuple[int, int]
    differences: tuple[Difference, ...]
    same: tuple[str, ...]
    ties: tuple[int, int]
    found: Stored | None
    apart: Apart | None

    def field(self, name: str) -> str:
        """Name a field."""
        return field_name(name)

    def told(self, field: str, value: Any) -> str:
        """Tell a value of a field that is no text in languages; empty where there is none."""
        listed = list(value) if isinstance(value, tuple) else value
        return value_text(self.a.side.value, field, listed)


@duplicates.get("")
def overview() -> ResponseReturnValue:
    """List the proposed pairs, the newest merges, and the pairs that are kept apart."""
    store = dari().store
    page = max(read_query(_ListQuery, request.args, strict=False).page, 1)
    return render_template("duplicates.html", page=page, **_shown(store, page))


@duplicates.get("/pair")
def compare() -> ResponseReturnValue:
    """Show two profiles side by side."""
    asked = read_query(_PairQuery, request.args, strict=False)
    return render_template("pair.html", pair=_read_pair(dari().store, asked.a, asked.b), chosen={})


@duplicates.post("/merge")
def merge() -> ResponseReturnValue:
    """Merge the two, or show them again with why not and with what was chosen."""
    form = validate(_PairForm, without_unknown_fields(_PairForm, request.form)[0])
    drop = form.b if form.keep == form.a else form.a
    seen = {form.a: form.a_revision, form.b: form.b_revision}
    try:
        base = (seen.get(form.keep, 0), seen[drop])
        choices = _choices(form, request.form)
        made = dari().writer.merge(form.keep, drop, by=editor(), base=base, choices=choices)
    except MergedId as error:
        flash(_told(error), "danger")
        return redirect(url_for("duplicates.overview"), 303)
    except (InvalidRecord, StaleEdit) as error:
        pair = _read_pair(dari().store, form.a, form.b)
        told = {"pair": pair, "chosen": request.form, "refused": _told(error)}
        return render_template("pair.html", **told), 409
    flash(gettext("The profiles have been merged. This can be undone below."), "success")
    return redirect(url_for("duplicates.overview", _anchor=f"merge-{made.number}"), 303)


@duplicates.post("/undo")
def undo() -> ResponseReturnValue:
    """Undo a merge."""
    try:
        dari().writer.unmerge(request.form.get("number", 0, type=int), by=editor())
        flash(gettext("The merge has been undone; both profiles stand by themselves."), "success")
    except InvalidRecord as error:
        flash(_told(error), "danger")
    return redirect(url_for("duplicates.overview"), 303)


@duplicates.post("/apart")
def set_apart() -> ResponseReturnValue:
    """Keep two profiles apart for good."""
    pair = validate(_PairQuery, without_unknown_fields(_PairQuery, request.form)[0])
    try:
        keep_apart(dari().store, pair.a, pair.b, by=editor(), note=request.form.get("note", ""))
        flash(gettext("The two are kept apart and will not be proposed again."), "success")
    except InvalidRecord as error:
        flash(_told(error), "danger")
    return redirect(url_for("duplicates.overview"), 303)


@duplicates.post("/apart/withdraw")
def let_meet() -> ResponseReturnValue:
    """Withdraw that two profiles are kept apart."""
    pair = validate(_PairQuery, without_unknown_fields(_PairQuery, request.form)[0])
    try:
        withdraw_apart(dari().store, pair.a, pair.b)
        flash(gettext("The two are no longer kept apart."), "success")
    except InvalidRecord as error:
        flash(_told(error), "danger")
    else:
        if len(dari().store.get_many([pair.a, pair.b])) == 2:
            return redirect(url_for("duplicates.compare", a=pair.a, b=pair.b), 303)
    return redirect(url_for("duplicates.overview"), 303)


def _shown(store: Store, page: int) -> dict[str, Any]:
    total = count_proposals(store)
    found = stored_proposals(store, limit=_PAGE, offset=(page - 1) * _PAGE)
    merges: list[Merge] = recent_merges(store)
    apart = apart_pairs(store, limit=_PAGE)
    ids = {id for one in found for id in (one.proposal.a, one.proposal.b)}
    ids |= {id for one in merges for id in (one.kept, one.dropped)}
    ids |= {id for one in apart for id in (one.a, one.b)}
    names = store.get_many(ids)
    more = page * _PAGE < total
    return {
        "found": found,
        "total": total,
        "more": more,
        "merges": merges,
        "apart": apart,
        "apart_total": count_apart(store),
        "names": names,
    }


def _read_pair(store: Store, a: str, b: str) -> Pair:
    """Read two profiles as they are, whether they can be merged or not.

    Raises:
        UnknownId: if there is no such profile.
    """
    (one, at), (other, then) = store.get_with_revision(a), store.get_with_revision(b)
    both = tuple(differing(one, other)) if one.side is other.side else ()
    unlike = {difference.field for difference in both}
    same = (name for name in choosable(one) if name not in unlike and getattr(one, name))
    return Pair(
        one,
        other,
        (at, then),
        both,
        tuple(same),
        (store.count_ties_of(a), store.count_ties_of(b)),
        stored_proposal(store, a, b),
        apart_pair(store, a, b),
    )


def _choices(form: _PairForm, given: Mapping[str, str]) -> dict[str, Choice]:
    """Read 'a' or 'b' for each field as whether that is the one that stays."""
    whose: dict[str, Choice] = {
        side: "keep" if id == form.keep else "drop" for side, id in (("a", form.a), ("b", form.b))
    }
    marked = {name.removeprefix("choice-"): v for name, v in given.items() if "choice-" in name}
    return {name: whose[side] for name, side in marked.items() if side in whose}


def _told(error: DariError) -> str:
    """Say in the reader's language why something was refused, and what to do."""
    if isinstance(error, MergedId):
        return _told(InvalidRecord([merged_error("id", str(error.value), error.into)]))
    if isinstance(error, InvalidRecord):
        first: FieldError = error.errors[0]
        return f"{first.rule(language())} {first.remedy(language())}"
    said = gettext(
        "Somebody has changed one of the two since you opened this page. This is how they are now; "
        "please decide again."
    )
    return str(said)
