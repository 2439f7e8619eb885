"""Owns what the page of one case shows staff."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, request, url_for
from werkzeug.exceptions import NotFound

from profiles import AnyProfile, InvalidRecord, Side
from profiles.case_meetings import (
    LONGEST_PLACE,
    zones,
)
from profiles.case_moves import TIES
from profiles.cases import (
    Answer,
    CaseStage,
    Decline,
    HeldCase,
    UnknownCase,
    is_shown_to,
    may_see_confidential,
    whole_case,
)
from profiles.casework import (
    LONGEST_NOTE,
    LONGEST_OWNER,
    LONGEST_WORDS,
)
from service.answer_links import newest_link, sign
from service.letters import language_of
from service.security import dari
from service.web.case_telling import event_text, event_words, meeting_text, side_name


def held_case(id: int) -> HeldCase:
    """Read a case with all that belongs to it; one that is not held is no page."""
    try:
        return whole_case(dari().store, id)
    except UnknownCase as error:
        raise NotFound from error


def sides_of(held: HeldCase) -> Mapping[Side, AnyProfile]:
    """Read both profiles of a case."""
    store = dari().store
    return {side: store.get(held.case.id_of(side)) for side in Side}


def case_page(
    held: HeldCase,
    refused: InvalidRecord | None = None,
    *,
    stale: bool = False,
    unaware: CaseStage | None = None,
) -> str:
    """Show a case, with what was refused, is stale, or has to be confirmed first."""
    found, settings = held.case, dari().settings
    links = {side: newest_link(held, side) for side in Side}
    urls = {
        side.value: url_for("answers.ask", token=sign(one, dari().secret_key), _external=True)
        for side, one in links.items()
        if one
    }
    known = {
        "sides": sides_of(held),
        "programmes": dari().store.programmes(),
        "shown_to": {side.value: is_shown_to(found, side) for side in Side},
        "both_accepted": may_see_confidential(found),
        "letter_langs": {side.value: language_of(one) for side, one in sides_of(held).items()},
        "links": {side.value: one for side, one in links.items()},
        "urls": urls,
    }
    lists = {"stages": tuple(CaseStage), "declines": tuple(Decline), "answers": tuple(Answer)}
    limits = {"note": LONGEST_NOTE, "owner": LONGEST_OWNER, "words": LONGEST_WORDS}
    return render_template(
        "case.html",
        held=held,
        case=found,
        today=settings.today(),
        zone=settings.timezone.key,
        zones=zones(),
        dated={stage.value for stage in TIES},
        refused=refused,
        stale=stale,
        unaware=unaware,
        typed=request.form if request.method == "POST" else {},
        limits={**limits, "place": LONGEST_PLACE},
        event_text=event_text,
        event_words=event_words,
        meeting_text=meeting_text,
        side_name=side_name,
        **known,
        **lists,
    )
