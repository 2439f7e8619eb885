"""Owns what the page of a letter to a side of a case shows staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from flask import render_template, request, url_for

from profiles import InvalidRecord, Side
from profiles.cases import (
    CaseError,
    HeldCase,
    may_see_confidential,
)
from service.answer_links import newest_link, sign
from service.language import LANGUAGES
from service.letters import Lang, draft, language_of
from service.security import dari, editor
from service.web.case_page import sides_of
from service.web.case_telling import side_name


def letter_language(held: HeldCase, to: Side) -> Lang:
    """Give the language of a letter: the one that was asked for, else the side's own."""
    asked = request.values.get("letter_lang", "")
    return cast(Lang, asked) if asked in LANGUAGES else language_of(sides_of(held)[to])


def letter_page(
    held: HeldCase,
    to: Side,
    typed: Mapping[str, str] | None = None,
    refused: InvalidRecord | None = None,
) -> str:
    """Show a letter to a side, drafted or as it was typed, with what is wrong with it.

    Raises:
        CaseError: if the case stands aside for another.
    """
    if held.case.aside is not None:
        raise CaseError("case", "case_aside", held.case.id, into=held.case.aside)
    sides, lang = sides_of(held), letter_language(held, to)
    link = newest_link(held, to)
    key = dari().secret_key
    address = url_for("answers.ask", token=sign(link, key), _external=True) if link else None
    name = "" if editor() == "staff" else editor()
    written = draft(held.case, sides, to, lang, sender=name, link=address)
    return render_template(
        "letter.html",
        case=held.case,
        sides=sides,
        to=to,
        letter=written,
        typed=typed or {},
        refused=refused,
        side_name=side_name,
        both_accepted=may_see_confidential(held.case),
        has_link=link is not None,
    )
