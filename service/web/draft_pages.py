"""Owns what the pages of a draft show: a step, the preview, what would help most, and its link."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from matcher import tell_help
from profiles import Side, Startup
from profiles.drafts import Draft
from service.drafting import (
    Step,
    errors_of,
    field_of,
    is_behind,
    progress,
    startup_of,
    step_of,
)
from service.language import language
from service.mail import has_mail_server
from service.security import dari
from service.web.draft_forms import TITLES, DraftForm, consent_now
from service.web.draft_ways import (
    ORDER,
    begun_here,
    handed_in_here,
)
from service.web.links import base_url
from service.web.understanding import suggest_sectors, understand


def step_page(draft: Draft | None, step: Step, form: DraftForm, **more: Any) -> str:
    """Show a step, of a draft or of one that is still to begin."""
    values = draft.values if draft else {}
    more["steps"] = progress(values, consent_now(), language()) if draft else []
    more["suggested"] = suggest_sectors(dari(), _texts(values)) if step == "place" else ()
    at = ORDER.index(step)
    return render_template(
        "draft_step.html", draft=draft, step=step, form=form, titles=TITLES, at=at, **more
    )


def first_page() -> str:
    """Show the first step of a startup that nothing is kept of yet."""
    there = {"going_on": begun_here(), "handed_in": handed_in_here()}
    return step_page(None, "who", DraftForm({}), **there)


def _texts(values: Any) -> list[str]:
    names = ("summary_ko", "summary_en", "seeking_ko", "seeking_en", "offering_ko", "offering_en")
    return [str(values[name]) for name in names if str(values.get(name, "")).strip()]


def preview_page(draft: Draft, **more: Any) -> str:
    """Show how the matcher understands a draft, and what is wrong with it or missing."""
    lang = language()
    found = errors_of(draft.values, consent_now())
    wrong = [(one, step_of(one.field.split(".")[0]), field_of(one, draft.values, lang))
             for one in found]  # fmt: skip
    shown: dict[str, Any] = {"startup": None, "understood": None}
    if not found:
        startup = startup_of(draft.startup or draft.id, draft.values, consent_now())
        shown = {
            "startup": startup,
            "understood": understand(startup),
            "suggested": () if startup.sectors else suggest_sectors(dari(), _texts(draft.values)),
        }
    shown["behind"] = is_behind(dari(), draft)
    steps = progress(draft.values, consent_now(), lang)
    return render_template(
        "draft_preview.html", draft=draft, wrong=wrong, titles=TITLES, steps=steps, **shown, **more
    )


def worth_of(startup: Startup) -> list[Any]:
    """Tell which empty field would help most, by scoring the best matches again with it filled."""
    who = {Side.STARTUP: startup.name}
    return [tell_help(change, who) for change in dari().matchmaker.helpful(startup)]


def link_page(draft: Draft, **more: Any) -> str:
    """Show how one comes back to a draft: by a link, with where it is sent."""
    more.setdefault("typed", draft.email or str(draft.values.get("contact", "")))
    base, token = base_url(dari()), more.get("token")
    there = url_for("returning.enter")
    more["way"] = f"{base or request.host_url.rstrip('/')}{there}#{token}" if token else None
    more["has_mail"] = has_mail_server(dari().settings)
    return render_template("draft_link.html", draft=draft, **more)
