"""Owns what staff do with several profiles of a list at once: asked about first, then done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from profiles import AnyProfile, DariError, FieldError, InvalidRecord, Side
from profiles.merging import merged_into
from service.access import Thing, require
from service.naming import ids_of
from service.privacy import erase, settle_briefly, withdraw
from service.queries import MOST
from service.security import dari, editor, local_address, require_session
from service.shortlisting import MOST_AT_ONCE
from service.submission import keep_sectors
from service.web.understanding import suggested_sectors
from service.web.workbench import EXPORT, SIDES, exported, offered

deeds = APIBlueprint("deeds", __name__, enable_openapi=False)
deeds.before_request(require_session)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A profile that something will be done with, and what that will be."""

    profile: AnyProfile
    ties: int
    merged: tuple[str, ...]
    suggested: tuple[str, ...]
    consent: bool

    def takes(self, deed: str) -> bool:
        """Whether the deed changes anything of it."""
        if deed == "sectors":
            return bool(self.suggested)
        return self.consent if deed == "withdraw" else True


@deeds.post("/lists/<any(startups, partners):side>/chosen")
def ask(side: str) -> ResponseReturnValue:
    """Show what will be done with the chosen; a file of them is given at once."""
    deed, ids = _deed(side), _ids()
    back = _back(side)
    if not ids:
        flash(gettext("Nothing was chosen: tick the rows first."), "warning")
        return redirect(back, 303)
    if deed.startswith(EXPORT):
        return exported(side, ids, deed.removeprefix(EXPORT))
    if deed == "shortlist":
        return _ask_for_partner(ids, back)
    chosen = _chosen(SIDES[side], ids)
    gone = [id for id in ids if id not in {one.profile.id for one in chosen}]
    taken = [one for one in chosen if one.takes(deed)]
    shown = {"deed": deed, "chosen": chosen, "taken": taken, "gone": gone, "back": back}
    return render_template("chosen.html", side=side, **shown)


@deeds.post("/lists/<any(startups, partners):side>/chosen/<any(sectors, withdraw, erase):deed>")
def carry_out(side: str, deed: str) -> ResponseReturnValue:
    """Do what was confirmed, and tell how much of it was done."""
    _refuse(side, deed)
    done, left = _DEEDS[deed](_there(SIDES[side], _ids()))
    flash(_told(deed, done), "success")
    for sentence in left:
        flash(sentence, "warning")
    return redirect(_back(side), 303)


def _ask_for_partner(ids: Sequence[str], back: str) -> ResponseReturnValue:
    """Ask for which partner the chosen startups are shortlisted; its name will do."""
    text = request.form.get("partner", "")
    id, near = ids_of(dari(), "partners", text) if text.strip() else ("", [])
    held = dari().store.get_many([id])
    partner = held[id] if id in held and held[id].side is Side.PARTNER else None
    chosen = _chosen(Side.STARTUP, ids)
    shown = {"chosen": chosen, "partner": partner, "text": text, "near": near, "back": back}
    status = 200 if partner or not text.strip() else 422
    return render_template("shortlist.html", side="startups", most=MOST_AT_ONCE, **shown), status


def _told(deed: str, done: int) -> str:
    if deed == "sectors":
        return str(
            ngettext("Sectors of %(num)d startup kept.", "Sectors of %(num)d startups kept.", done)
        )
    if deed == "withdraw":
        return str(
            ngettext(
                "Consent of %(num)d startup taken out.",
                "Consent of %(num)d startups taken out.",
                done,
            )
        )
    return str(ngettext("%(num)d profile erased.", "%(num)d profiles erased.", done))


def _confirm_sectors(ids: Sequence[str]) -> tuple[int, list[str]]:
    done, left = 0, []
    for id in ids:
        wanted = request.form.getlist(f"sectors:{id}")
        if wanted:
            try:
                keep_sectors(dari(), id, wanted, by=editor())
                done += 1
            except DariError as error:
                left.append(f"{id}: {error}")
    return done, left


def _withdraw(ids: Sequence[str]) -> tuple[int, list[str]]:
    for id in ids:
        withdraw(dari(), id, by=editor())
    return len(ids), _told_remains(settle_briefly(dari()))


def _erase(ids: Sequence[str]) -> tuple[int, list[str]]:
    _, left = erase(dari(), ids, by=editor(), tell=lambda _: None, while_served=True)
    return len(ids), _told_remains(left)


_DEEDS = {"sectors": _confirm_sectors, "withdraw": _withdraw, "erase": _erase}


def _told_remains(left: Sequence[str]) -> list[str]:
    """Say that the disk may hold remains, where some could not be taken off it."""
    text = gettext("The disk of the database may still hold remains until it is next cleaned up.")
    return [str(text)] if left else []


def _chosen(side: Side, ids: Sequence[str]) -> list[Chosen]:
    store = dari().store
    held = store.get_many(ids)
    merged: Mapping[str, Sequence[str]] = merged_into(store, ids)
    return [
        Chosen(
            profile=held[id],
            ties=store.count_ties_of(id),
            merged=tuple(merged.get(id, ())),
            suggested=suggested_sectors(held[id]),
            consent=bool(getattr(held[id], "consent", None)),
        )
        for id in ids
        if id in held and held[id].side is side
    ]


def _there(side: Side, ids: Sequence[str]) -> list[str]:
    sides = dari().store.sides(ids)
    return [id for id in ids if sides.get(id) is side]


def _deed(side: str) -> str:
    deed = request.form.get("deed", "")
    _refuse(side, deed)
    return deed


_THINGS: Mapping[str, Thing] = {"erase": "erasure", "withdraw": "personal"}
"""What of the table of roles a deed does; the others are of the workbench."""


def _refuse(side: str, deed: str) -> None:
    """Refuse a deed that there is not, or that the reader may not do."""
    require("edit", _THINGS.get(deed, "workbench"))
    if deed not in dict(offered(side)):
        raise InvalidRecord([FieldError("deed", "value", deed)])


def _ids() -> list[str]:
    ids = list(dict.fromkeys(request.form.getlist("id")))
    if len(ids) > MOST:
        raise InvalidRecord([FieldError("id", "list", len(ids), {"limit": MOST})])
    return ids


def _back(side: str) -> str:
    return local_address(request.form.get("back"), url_for("staff.profiles", side=side))
