"""Owns the shortlisting: which pairs are meant, and the reasons of each match as they are told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import StringConstraints

from matcher import Match, MatchList, Matchmaker
from profiles import Side, UnknownName, validate
from profiles.cases import Case, CaseError
from profiles.casework import open_case
from profiles.fields import Id, Plain
from profiles.record import Record
from profiles.validation import without_unknown_fields
from service.naming import named_on
from service.wiring import Dari

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

MOST_AT_ONCE = 50
MOST_REASONS = 8
_SHALLOWEST, _DEEPEST = 10, 100
_RANK = re.compile(r"[0-9]{1,4}")
_DIGITS = 4
"""More than pages tell: what is rounded twice would differ from the list it was chosen from."""


class _Sent(Record):
    programme: Id | None = None
    model_version: Annotated[Plain, StringConstraints(max_length=200)] = ""
    owner: Plain | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """The pairs that somebody wants to shortlist, and what their list showed.

    Attributes:
        pairs: (startup, partner, place in the list or None).
        asked: the side whose list it was.
        programme: the programme that it was made under.
        model_version: the model that made it.
        owner: who is to look after the cases.
    """

    pairs: tuple[tuple[str, str, str | None], ...]
    asked: Side
    programme: str | None
    model_version: str
    owner: str | None


def read_wish(form: MultiDict[str, str]) -> Wish:
    """Read a form: `startup` and `partner`, of which one may be there several times.

    The place of one in the list is `shown_rank`, of several `rank-` and the id. `asked` says whose
    list it was; without it, that of the side which is there once, or the startup's.

    Raises:
        InvalidRecord: if nobody is chosen, too many are, or a field is wrong.
    """
    startups, partners = (
        list(dict.fromkeys(filter(None, map(str.strip, form.getlist(name)))))
        for name in ("startup", "partner")
    )
    if not startups or not partners:
        raise CaseError("partner", "case_nobody", None)
    if len(startups) * len(partners) > MOST_AT_ONCE:
        raise CaseError("partner", "case_many", len(startups) * len(partners), limit=MOST_AT_ONCE)
    said = validate(_Sent, without_unknown_fields(_Sent, form)[0])
    several = len(startups) > 1
    asked = Side.PARTNER if form.get("asked", "") == "partner" or several else Side.STARTUP
    pairs = tuple(
        (one, other, _rank(form, one if asked is Side.PARTNER else other, len(startups + partners)))
        for one in startups
        for other in partners
    )
    return Wish(pairs, asked, said.programme, said.model_version, said.owner)


def _rank(form: Mapping[str, str], listed: str, ends: int) -> str | None:
    own = form.get(f"rank-{listed}")
    return own or (form.get("shown_rank") if ends == 2 else None) or None


def shortlist(dari: Dari, wish: Wish, *, by: str) -> tuple[list[Case], list[Case]]:
    """Open a case for each pair, with the reasons of the match as they are now.

    Returns:
        The new cases, and those that were open already.

    Raises:
        InvalidRecord: if a value is wrong, or a profile or the programme is not held.
        UnknownName: if a profile is not, and others have similar names.
    """
    lists: dict[str, MatchList] = {}
    new: list[Case] = []
    old: list[Case] = []
    for one, other, rank in wish.pairs:
        startup = _meant(dari, Side.STARTUP, one)
        partner = _meant(dari, Side.PARTNER, other)
        asking = startup if wish.asked is Side.STARTUP else partner
        listed = partner if wish.asked is Side.STARTUP else startup
        if asking not in lists:
            lists[asking] = _list_of(dari.matchmaker, asking, wish)
        told = reasons_of(dari.matchmaker, lists[asking], listed)
        case, is_new = open_case(
            dari.store,
            startup,
            partner,
            asked=wish.asked,
            shown_rank=rank,
            model_version=wish.model_version or str(told["model"]),
            programme=wish.programme,
            owner=wish.owner,
            reasons=told,
            by=by,
        )
        (new if is_new else old).append(case)
    return new, old


def _meant(dari: Dari, side: Side, text: str) -> str:
    """Give the id of the profile that an id or a name of its own names; what was merged is one.

    Raises:
        CaseError: if no profile of the side is so named, nor like it.
        UnknownName: naming those with similar names.
    """
    found, near = named_on(dari, side, text)
    if found is not None:
        return found.id
    if not near:
        raise CaseError(side.value, f"case_no_{side.value}", text)
    told = {lang: ", ".join(f"{o.id} ({o.name.in_(lang)})" for o in near) for lang in ("en", "ko")}
    raise UnknownName(text, "name_near", told)


def _list_of(matchmaker: Matchmaker, asking: str, wish: Wish) -> MatchList:
    """Make the list again from which pairs were chosen, as deep as they stood in it."""
    ranks = [int(rank) for _, _, rank in wish.pairs if rank and _RANK.fullmatch(rank)]
    deep = min(max([*ranks, _SHALLOWEST]), _DEEPEST)
    return matchmaker.match(asking, deep, programme=wish.programme)


def reasons_of(matchmaker: Matchmaker, found: MatchList, listed: str) -> dict[str, Any]:
    """Tell the reasons of a match as JSON can say them: score, reasons, unknowns, the model.

    Reasons are told in both languages, the weightiest first, at most `MOST_REASONS`. One that is
    not in the list is looked at by itself.
    """
    match = next((one for one in found.matches if one.profile.id == listed), None)
    if match is None:
        under = found.programme.id if found.programme else None
        match = matchmaker.why(found.query.id, listed, programme=under).match
    return told(match, found.model_version)


def told(match: Match, model: str) -> dict[str, Any]:
    """Tell a match as JSON can say it."""
    counted = [part for part in match.contributions if part.points > 0][:MOST_REASONS]
    return {
        "score": round(match.score, _DIGITS),
        "model": model,
        "reasons": [
            {
                "feature": part.feature,
                "points": round(part.points, _DIGITS),
                "said": _both(part.phrase),
                "evidence": _both(part.evidence.text) if part.evidence else None,
                "is_quoted": bool(part.evidence and part.evidence.kind == "sentence"),
            }
            for part in counted
        ],
        "unknown": [_both(one.phrase) for one in match.unknowns],
    }


def _both(names: Any) -> dict[str, str]:
    return {"en": names.en, "ko": names.ko}
