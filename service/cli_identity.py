"""Owns the commands on the identity of firms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from service.console import bar, opened, print_json, show

if TYPE_CHECKING:
    from profiles import AnyProfile
    from profiles.identity import Proposal

_LABELS = {
    "en": {
        "title": "Profiles that may be one firm",
        "score": "score",
        "who": "profiles",
        "why": "why",
        "none": "No two profiles look like one firm.",
    },
    "ko": {
        "title": "같은 기업일 수 있는 프로필",
        "score": "점수",
        "who": "프로필",
        "why": "이유",
        "none": "같은 기업으로 보이는 프로필이 없습니다.",
    },
}


@click.command()
@click.option("--side", type=click.Choice(["startup", "partner"]), help="Only this side.")
@click.option(
    "--threshold",
    type=click.FloatRange(0.0, 1.0),
    help="Lowest score, 0 to 1 (default 0.88; 0.84 lists what is possible, too).",
)
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of the list.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def duplicates(side: str | None, threshold: float | None, lang: str | None, as_json: bool) -> None:
    """List the profiles that may be one firm, with a score and the reasons.

    Pairs that are kept apart are left out. The list is stored for the page /duplicates; the
    profiles are not changed. `dari merge` makes one of two, `dari keep-apart` keeps them two.
    """
    from profiles import Side
    from profiles.apart import keep_proposals
    from profiles.identity import THRESHOLD, propose_duplicates

    dari = opened()
    sides = [Side(side)] if side else list(Side)
    profiles: list[AnyProfile] = []
    with bar("reading profiles", sum(dari.store.count(one) for one in sides)) as advance:
        for one in sides:
            for profile in dari.store.each(one):
                profiles.append(profile)
                advance(1)
    lowest = THRESHOLD if threshold is None else threshold
    proposals = propose_duplicates(profiles, threshold=lowest)
    proposals = keep_proposals(dari.store, proposals, sides)
    if as_json:
        print_json([_as_json(number, one) for number, one in enumerate(proposals, 1)])
    else:
        names = {profile.id: profile for profile in profiles}
        show(_table(proposals, names, lang or dari.settings.language))


def _as_json(number: int, one: Proposal) -> dict[str, Any]:
    reasons = [{"code": r.code, "text": {"en": r.text.en, "ko": r.text.ko}} for r in one.reasons]
    return {"number": number, "a": one.a, "b": one.b, "score": one.score, "reasons": reasons}


def _table(proposals: list[Proposal], named: dict[str, AnyProfile], lang: str) -> Any:
    from rich.markup import escape
    from rich.table import Table

    say = _LABELS[lang]
    if not proposals:
        return say["none"]
    table = Table(title=say["title"], title_justify="left", show_lines=True)
    table.add_column("#", justify="right")
    table.add_column(say["score"], justify="right")
    table.add_column(say["who"], overflow="fold")
    table.add_column(say["why"], overflow="fold")
    for number, one in enumerate(proposals, 1):
        who = "\n".join(f"{id}  {named[id].name.in_(lang)}" for id in (one.a, one.b))
        why = "\n".join(reason.text.in_(lang) for reason in one.reasons)
        table.add_row(str(number), f"{one.score:.2f}", escape(who), escape(why))
    return table
