"""Owns what a startup may know of its own way: where it stands, its matches, and what happened.

Never told: what staff note, who of the staff acts, pairs that are not released, and the name of a
partner before the two have been introduced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from profiles import AnyProfile, Partner, Revision, Side, Store
from profiles.cases import Case, CaseEvent, CaseStage, HeldCase, held_cases, is_shown_to
from service.drafting import OWN_MAKER
from service.opening import Opened, opened_to
from service.wiring import Dari


class Standing(StrEnum):
    """How far a startup has come, in order."""

    SUBMITTED = "submitted"
    REVIEW = "review"
    MATCHED = "matched"
    INTRODUCED = "introduced"
    MET = "met"
    POC = "poc"
    CONTRACT = "contract"
    CLOSED = "closed"


_OF_STAGE = {
    CaseStage.SHORTLISTED: Standing.MATCHED,
    CaseStage.INTRODUCED: Standing.INTRODUCED,
    CaseStage.MET: Standing.MET,
    CaseStage.POC: Standing.POC,
    CaseStage.CONTRACT: Standing.CONTRACT,
}
_MOVES = ("moved", "closed")
_OWN_DOORS = (OWN_MAKER, "public form", "public API")


@dataclass(frozen=True, slots=True)
class Seen:
    """A match as its startup sees it; `partner` is None as long as its name is not told.

    `kind`, `region` and `sectors` tell of the partner without naming it. `reasons` are sentences
    in both languages, without those that name a partner that is not told yet; `opened` is how to
    reach the partner once both have accepted, `is_open` whether an answer is still asked for.
    """

    case: int
    standing: Standing
    since: datetime
    partner: Partner | None
    kind: str | None
    region: str | None
    sectors: tuple[str, ...]
    reasons: tuple[Mapping[str, str], ...]
    unknown: tuple[Mapping[str, str], ...]
    answer: str
    outcome: str | None
    opened: Opened
    is_open: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened: when, what (`handed_in`, `edited`, ...), by the startup or not."""

    at: datetime
    what: str
    is_own: bool = False
    partner: Partner | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Where a startup stands, what it may see of its matches, and what happened, newest first."""

    standing: Standing
    matches: tuple[Seen, ...]
    history: tuple[Happened, ...]


def way_of(dari: Dari, id: str) -> Way:
    """Tell a startup's way as the startup may know it.

    Raises:
        UnknownId: if there is none.
    """
    store = dari.store
    cases = [one for one in held_cases(store, id) if one.case.aside is None]
    shown = [one for one in cases if is_shown_to(one.case, Side.STARTUP)]
    partners = store.get_many([one.case.partner for one in shown])
    seen = tuple(_seen(store, one, partners.get(one.case.partner)) for one in reversed(shown))
    revisions = [one for one in store.history(id) if one.kind == Side.STARTUP]
    worked = bool(cases or store.verdicts(id)) or any(not _is_own(one) for one in revisions[1:])
    history = [*_of_profile(revisions), *(e for one in shown for e in _of_case(one, partners))]
    history.sort(key=lambda one: one.at, reverse=True)
    return Way(_standing(seen, shown, worked=worked), seen, tuple(history))


def _standing(seen: Sequence[Seen], shown: Sequence[HeldCase], *, worked: bool) -> Standing:
    """Give the furthest that a match has come; closed only once all are."""
    open_ones = [one.standing for one in seen if one.standing is not Standing.CLOSED]
    if open_ones:
        return max(open_ones, key=list(Standing).index)
    if shown:
        return Standing.CLOSED
    return Standing.REVIEW if worked else Standing.SUBMITTED


def is_named_to(case: Case, side: Side) -> bool:
    """Tell whether a side knows the other's name: a startup once the two have been introduced."""
    return side is Side.PARTNER or bool(set(case.path) - {CaseStage.SHORTLISTED, CaseStage.CLOSED})


def unnamed_reasons(case: Case, partner: AnyProfile, lang: str) -> list[str]:
    """Tell why the two fit without naming the partner."""
    known = partner if isinstance(partner, Partner) else None
    return [said[lang] for said in _reasons(case.reasons, known, is_named=False)]


def _seen(store: Store, held: HeldCase, partner: AnyProfile | None) -> Seen:
    case = held.case
    known = partner if isinstance(partner, Partner) else None
    named = known if is_named_to(case, Side.STARTUP) else None
    released = case.released_at or case.opened_at
    return Seen(
        case.id,
        _OF_STAGE.get(case.stage, Standing.CLOSED),
        max(released, case.moved_at),
        named,
        known.kind.value if known and known.kind else None,
        known.region if known else None,
        known.sectors if known else (),
        tuple(_reasons(case.reasons, known, is_named=named is not None)),
        tuple(case.reasons.get("unknown", ())),
        case.startup_answer.value,
        case.outcome.value if case.outcome else None,
        opened_to(store, case, Side.STARTUP, known) if named and known else Opened(),
        case.is_open,
    )


def _reasons(
    told: Mapping[str, Any], partner: Partner | None, *, is_named: bool
) -> Iterator[Mapping[str, str]]:
    """Tell the sentences of the reasons; a partner that is not named stays unnamed in them.

    What a reason quotes is left out until then: a text may name its author in other words.
    """
    for one in told.get("reasons", ()):
        said, quoted = one["said"], one.get("evidence")
        if is_named:
            more = {lang: quoted[lang] for lang in quoted} if quoted else {}
            yield {
                lang: said[lang] + (f" ({more[lang]})" if more.get(lang) else "") for lang in said
            }
        elif partner and not _names(said, partner):
            yield said


def _names(said: Mapping[str, str], partner: Partner) -> bool:
    texts = " ".join(said.values()).casefold()
    names = (*partner.name.parts, *partner.aliases, partner.id)
    return any(name.casefold() in texts for name in names)


def _of_profile(revisions: Sequence[Revision]) -> Iterator[Happened]:
    for number, one in enumerate(revisions):
        what = "handed_in" if number == 0 else "edited"
        yield Happened(one.at, what, _is_own(one))


def _is_own(revision: Revision) -> bool:
    return revision.by in _OWN_DOORS


def _of_case(held: HeldCase, partners: Mapping[str, AnyProfile]) -> Iterator[Happened]:
    """Tell the events of a case that a startup may know, none from before it was released."""
    case = held.case
    found = partners.get(case.partner)
    is_named = is_named_to(case, Side.STARTUP)
    partner = found if isinstance(found, Partner) and is_named else None
    if case.released_at:
        yield Happened(case.released_at, "matched", partner=partner)
    for event in _standing_events(held):
        if event.kind == "answered":
            what = f"answered_{event.data['answer']}"
            yield Happened(event.at, what, is_own=True, partner=partner)
        else:
            what = "closed" if event.kind == "closed" else str(event.data["to"])
            yield Happened(event.at, what, partner=partner)


def _standing_events(held: HeldCase) -> list[CaseEvent]:
    """Keep the moves that still hold, and what the startup has answered."""
    kept: list[CaseEvent] = []
    for event in held.events:
        if event.kind == "back":
            last = max((n for n, one in enumerate(kept) if one.kind in _MOVES), default=None)
            kept = [one for n, one in enumerate(kept) if n != last]
        elif event.kind in _MOVES or (
            event.kind == "answered" and event.data["side"] == Side.STARTUP.value
        ):
            kept.append(event)
    return kept
