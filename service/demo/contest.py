"""Owns the story of the contest: a call in Daejeon, two screenings, ten places, a decline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles import Partner, PartnerKind, cohorts
from profiles.cohorts import EntryStage, Screening
from profiles.cohorts.opening import rules_of
from profiles.rules import Rule, RuleKind
from profiles.taxonomy import Names
from profiles.text import Text
from service.demo import loading, rounds

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari

PROGRAMME = "contest-skt-daejeon"
_INSTITUTES = "kind:research_institute"
_FIRST, _FINAL = 14, 13


def run(dari: Dari, say: Say) -> None:
    """Hold a round of the contest, from the call to a decline after the decision."""
    programme = dari.store.programme(PROGRAMME)
    say(programme.name)
    held = cohorts.open_cohort(
        dari.store,
        PROGRAMME,
        name=rounds.name_of_round(dari, PROGRAMME),
        by=rounds.BY,
        hosts=["sk-telecom"],
        rules=_rules(rules_of(programme)),
        as_of=dari.settings.today(),
    )
    rounds.enter(dari, held, sorted(_applicants(dari)))
    rounds.check(dari, held, say)
    rounds.screen(dari, held, Screening.FIRST, _FIRST, say)
    rounds.screen(dari, held, Screening.FINAL, _FINAL, say)
    _assign(dari, held.id, say)
    _decline(dari, held.id, say)


def _rules(own: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Give the rules of the programme as far as they are of the one host, and what they lack."""
    alone = tuple(rule for rule in own if set(rule.hosts) <= {"sk-telecom"})
    more = [] if any(rule.group == _INSTITUTES for rule in alone) else [_institutes()]
    more += [] if any(rule.kind is RuleKind.BUDGET for rule in alone) else [_budget()]
    return rounds.with_more(alone, {rule.id: rule for rule in more})


def _institutes() -> Rule:
    said = Text(en="Ventures first, institutes beside them", ko="창업기업 위주, 연구기관 병행")
    return Rule(id="institutes", kind=RuleKind.QUOTA, group=_INSTITUTES, high=2, reason=said)


def _budget() -> Rule:
    return Rule(
        id="budget", kind=RuleKind.BUDGET, each=20_000_000, high=200_000_000, currency="KRW"
    )


def _applicants(dari: Dari) -> list[str]:
    """Take everybody of Daejeon of the made-up cohort, and some from elsewhere."""
    own = [one for one in loading.cohort() if one.region == "KR-30" and _may(one)]
    others = [
        one for one in loading.cohort() if one.region == "KR-11" and not isinstance(one, Partner)
    ]
    return [one.id for one in (*own, *others[:3])]


def _may(one: object) -> bool:
    return not isinstance(one, Partner) or one.kind is PartnerKind.RESEARCH_INSTITUTE


def _assign(dari: Dari, id: int, say: Say) -> None:
    from service.assigning import Limits, assign

    found = assign(dari, id, by=rounds.BY, limits=Limits(rounds.SECONDS))
    rounds.outcome(dari, found, say)
    rounds.decide(dari, found, say)


def _decline(dari: Dari, id: int, say: Say) -> None:
    """Let one who was selected decline, and tell who moves up."""
    from service.assigning import hand_on

    entries = cohorts.entries_of(dari.store, id)
    first = next(one for one in entries if one.stage is EntryStage.SELECTED)
    reason = "Has found a customer elsewhere. 다른 고객사 확보"
    up = hand_on(dari, id, first.profile, reason=reason, by=rounds.BY)
    who = rounds.name_of(dari, first.profile)
    say(Names(f"{who} declines.", f"{who}: 선정 포기"))
    if up is not None:
        moved = rounds.name_of(dari, up.profile)
        say(Names(f"{moved} moves up from the reserve.", f"예비 명단에서 승계: {moved}"))
