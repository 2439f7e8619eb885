"""Owns what the stories of rounds share: applicants entered, screened and told of in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from profiles import cohorts
from profiles.cohorts import Cohort, CohortState, EntryStage, Screening
from profiles.rules import Rule, RuleKind
from profiles.taxonomy import Names

if TYPE_CHECKING:
    from rich.table import Table

    from service.assigning import Assigned
    from service.demo.stories import Say
    from service.wiring import Dari

BY = "demo"
SECONDS = 10.0
_WHY = {True: "Above the line of the panel. 심사 기준선 이상", False: "Below the line. 기준선 미만"}
_SPREAD = 41
_HEADS = {"en": ("startup", "host", "fit"), "ko": ("스타트업", "수용처", "적합도")}


def name_of_round(dari: Dari, programme: str) -> str:
    """Name the next round of a programme after it, in the language of the installation."""
    lang, year = dari.settings.language, dari.settings.today().year
    number = len(cohorts.cohorts(dari.store, programme)) + 1
    named = dari.store.programme(programme).name.in_(lang)
    return f"{named} {year}년 {number}차" if lang == "ko" else f"{named} {year}, round {number}"


def enter(dari: Dari, held: Cohort, ids: Iterable[str]) -> None:
    """Enter applicants into a cohort; each applies to the parts that fit its sectors best."""
    for id in ids:
        cohorts.apply(dari.store, held.id, id, by=BY, wishes=wishes(dari, held, id))


def wishes(dari: Dari, held: Cohort, id: str) -> tuple[str, ...]:
    """Give the parts whose sectors an applicant shares, those with most first; at most three."""
    under = {one.id: one for one in dari.store.programmes()}
    own = set(dari.store.get(id).sectors)
    parts = [under[host] for host in held.hosts if host in under]
    shared = {one.id: len(own & set(one.sectors)) for one in parts}
    best = sorted((id for id in shared if shared[id]), key=lambda one: (-shared[one], one))
    return tuple(best[:3])


def check(dari: Dari, held: Cohort, say: Say) -> None:
    """Close the intake, check eligibility, and tell who was refused by which rule."""
    from service.entrants import check_eligibility

    cohorts.set_state(dari.store, held.id, CohortState.SCREENING, by=BY)
    check_eligibility(dari, held.id, by=BY)
    entries = cohorts.entries_of(dari.store, held.id)
    refused = [one for one in entries if one.stage is EntryStage.REFUSED]
    told = Names(
        f"{len(entries)} applied; {len(refused)} do not meet the rules{':' if refused else '.'}",
        f"신청 {len(entries)}곳, 자격 미달 {len(refused)}곳{':' if refused else ''}",
    )
    say(told)
    for one in refused:
        first, name = one.refusals[0], dari.store.get(one.profile).name
        say(Names(f"  {name.in_('en')}: {first.en}", f"  {name.in_('ko')}: {first.ko}"))


def screen(dari: Dari, held: Cohort, screening: Screening, line: int, say: Say) -> None:
    """Let two assessors score everybody, made up from the ids, and let those at a line go on."""
    store = dari.store
    for one in cohorts.ranking(store, held.id, screening):
        for assessor, by in enumerate(("assessor 1", "assessor 2")):
            said = {
                name: (_points(one.entry.profile, n + assessor), f"made up: {name}")
                for n, name in enumerate(held.criteria)
            }
            cohorts.score_entry(store, held.id, one.entry.profile, screening, said, by=by)
    ranked = cohorts.ranking(store, held.id, screening)
    passed = {one.entry.profile: (one.place or 0) <= line for one in ranked}
    for goes_on in (True, False):
        some = {id: goes_on for id, value in passed.items() if value is goes_on}
        cohorts.screen(store, held.id, screening, some, reason=_WHY[goes_on], by=BY)
    count = sum(passed.values())
    told = {"first": ("first screening", "1차 심사"), "final": ("final screening", "최종 심사")}
    en, ko = told[screening.value]
    say(
        Names(
            f"After the {en} {count} of {len(passed)} go on.",
            f"{ko} 결과: {len(passed)}곳 중 {count}곳 통과",
        )
    )


def _points(id: str, turn: int) -> int:
    """Make up points between 55 and 95 from an id; the same each time."""
    drawn = sha256(f"{id} {turn}".encode()).digest()[0]
    return 55 + drawn % _SPREAD


def outcome(dari: Dari, found: Assigned, say: Say) -> None:
    """Tell who got whose place, how good it is, and what the rules cost."""
    from matcher.assignment import UNIT
    from service.assigned_words import fits_of, level_line, status_name

    say(status_name(found.solution.status.value))
    if found.contradiction:
        say(found.contradiction.said, *(one.said for one in found.contradiction.relaxations))
        return
    rows = [
        (name_of(dari, a), name_of(dari, h), f"{fit / UNIT:.1f}")
        for (a, h), fit in sorted(fits_of(found).items(), key=lambda one: (one[0][1], -one[1]))
    ]
    say(table(_HEADS[dari.settings.language], rows))
    for level in found.solution.levels:
        aim, value, bound, gap = level_line(level)
        say(
            Names(
                f"{aim.en}: {value} (bound {bound}, gap {gap})",
                f"{aim.ko}: {value} (한계 {bound}, 차이 {gap})",
            )
        )
    for price in (*found.prices.prices, *found.prices.joint) if found.prices else ():
        cost = f"{price.total / UNIT:+,.1f} ({price.percent:+.1f}%), {price.placed:+}"
        rules = [rule_told(dari, found.fitted.instance.host_ids, rule) for rule in price.rules]
        en, ko = (" + ".join(one.in_(lang) for one in rules) for lang in ("en", "ko"))
        say(
            Names(
                f"What a rule costs, total fit and places without it: {cost} places. {en}",
                f"규칙이 없다면 적합도 합계와 자리: {cost}자리. {ko}",
            )
        )


def decide(dari: Dari, found: Assigned, say: Say) -> None:
    """Make a draft final, and tell the reserve and the digest of the record."""
    from service import assigning

    if found.decision is None or found.cohort is None:
        return
    assigning.decide(dari, found.decision.id, why="The panel agrees. 심사위원회 의결", by=BY)
    entries = cohorts.entries_of(dari.store, found.cohort.id)
    for one in sorted(entries, key=lambda one: (sorted(one.reserve.items()), one.profile)):
        for host, rank in one.reserve.items():
            if rank > 1:
                continue
            who, at = name_of(dari, one.profile), name_of(dari, host)
            say(Names(f"Reserve {rank} of {at}: {who}", f"예비 {rank}순위 – {at}: {who}"))
    say(Names(f"Decision record {found.decision.digest}", f"결정 기록 {found.decision.digest}"))


def name_of(dari: Dari, id: str) -> str:
    """Name a profile or a programme in the reader's language."""
    programmes = {one.id: one.name for one in dari.store.programmes()}
    name = programmes[id] if id in programmes else dari.store.get(id).name
    return name.in_(dari.settings.language)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Make a table of texts."""
    from rich.markup import escape
    from rich.table import Table

    made = Table(*heads)
    for row in rows:
        made.add_row(*map(escape, row))
    return made


def rule_told(dari: Dari, ids: Sequence[str], rule: Rule) -> Names:
    """Say a rule in both languages, with the names of hosts."""
    from service.assigned_words import naming, rule_said

    said = {lang: rule_said(rule, naming(dari.store, ids, lang), lang) for lang in ("en", "ko")}
    return Names(said["en"], said["ko"])


def places(hosts: Sequence[str], most: int) -> Rule:
    """Make the rule that gives every host at most some places."""
    return Rule(id="few-places", kind=RuleKind.PLACES, hosts=tuple(hosts), high=most)


def with_more(rules: Sequence[Rule], more: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """Give rules with some more, but for those whose ids they have already."""
    taken = {rule.id for rule in rules}
    return (*rules, *(rule for id, rule in more.items() if id not in taken))
