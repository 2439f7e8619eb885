"""Owns the notices of a decision, and to whom they may be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

from profiles import Startup
from profiles.cohorts import DecisionState, Entry, EntryStage, entries_of
from profiles.taxonomy import Names
from service.deciding import DecisionError, Shown, both_names
from service.decision_today import Today, places_today
from service.letters import Sent, as_file

if TYPE_CHECKING:
    from matcher.assignment.notices import Known, Notice
    from service.wiring import Dari


def notices_of(dari: Dari, shown: Shown) -> tuple[Notice, ...]:
    """Write the notices of all who applied: of a final decision as the places stand by now."""
    from matcher.assignment.notices import notices

    def name(id: str) -> Names:
        return shown.name(id) if id in shown.names else shown.rule(id)

    programme = both_names(shown.programme.name)
    known = _known(entries_of(dari.store, shown.cohort.id))
    if shown.kept.state is DecisionState.FINAL:
        known = _as_of_now(known, places_today(dari.store, shown.kept, shown.record))
    return notices(shown.record, name, programme=programme, known=known)


def notice_of(dari: Dari, shown: Shown, applicant: str) -> Notice:
    """Write the notice of one applicant.

    Raises:
        DecisionError: if it gets none.
    """
    written = notices_of(dari, shown)
    found = next((one for one in written if one.applicant == applicant), None)
    if found is None:
        raise DecisionError("applicant", "decision_no_notice", applicant)
    return found


def text_of(shown: Shown, notice: Notice, lang: str) -> str:
    """Write a notice as a text that says whom it is for, and of which round."""
    from matcher.phrases import phrase

    applicant, name = shown.name(notice.applicant), shown.cohort.name
    to = phrase("notice.to", applicant=applicant, round=Names(name, name))
    return f"{to.in_(lang)}\n\n{notice.text(lang)}"


def letter_of(dari: Dari, shown: Shown, notice: Notice, lang: str) -> bytes:
    """Write a notice as the draft of a letter, to the address that is known."""
    to, text = contact_of(dari, notice.applicant), text_of(shown, notice, lang)
    return as_file(Sent(to=to, subject=notice.subject.in_(lang), text=text))


def letters_of(dari: Dari, shown: Shown, notices: Sequence[Notice], lang: str) -> bytes:
    """Put all notices into one ZIP, each as a text and as the draft of a letter, by result."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as packed:
        for one in notices:
            name = f"{one.result.value}/{one.applicant}-{lang}"
            packed.writestr(f"{name}.txt", text_of(shown, one, lang).encode("utf-8-sig"))
            packed.writestr(f"{name}.eml", letter_of(dari, shown, one, lang))
    return made.getvalue()


def contact_of(dari: Dari, id: str) -> str | None:
    """Give the address that a startup may be written to; None where there is none."""
    found = dari.store.get_many([id]).get(id)
    return found.contact if isinstance(found, Startup) else None


def _known(entries: Sequence[Entry]) -> Known:
    from matcher.assignment.notices import Known

    out = (EntryStage.OUT_FIRST, EntryStage.OUT_FINAL)
    barred = {
        one.profile: [Names(part.en, part.ko) for part in one.refusals]
        for one in entries
        if one.stage is EntryStage.REFUSED
    }
    screened = {
        one.profile: [Names(one.reason, one.reason)]
        for one in entries
        if one.stage in out and one.reason
    }
    return Known(barred=barred, screened=screened)


def _as_of_now(known: Known, today: Today) -> Known:
    """Add who has which places by now, and who is gone."""
    placed: dict[str, list[str]] = {}
    for applicant, host in today.pairs:
        if applicant not in today.out:
            placed.setdefault(applicant, []).append(host)
    return replace(known, placed=placed, gone=today.out)
