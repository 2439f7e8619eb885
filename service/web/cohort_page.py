"""Owns what the page of a cohort shows: its steps, counts, rankings and history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from profiles.cohorts import (
    CohortEvent,
    CohortState,
    Entry,
    EntryStage,
    Ranked,
    Recusal,
    Score,
    Screening,
    history_of,
    ranking,
    whole_entry,
    whole_scores,
)
from profiles.cohorts.opening import hosts_of
from profiles.cohorts.screening import is_recused
from profiles.particles import settled
from profiles.rules import Rule, RuleKind
from service.entrants import candidates
from service.web.cohort_changes import changes_said
from service.web.cohort_results import Results
from service.web.cohort_words import event_said


@dataclass(frozen=True)
class CohortPage(Results):
    """A cohort as its page shows it."""

    def step_counts(self) -> dict[str, int]:
        """Tell how many each step concerns."""
        refused = self.counts[EntryStage.REFUSED]
        return {
            "intake": len(self.entries),
            "eligibility": refused,
            **{one.value: len(self.ranking(one)) for one in self.cohort.screened},
            "rules": len(self.cohort.rules),
            "assignment": len(self.candidates),
            "decision": self.counts[EntryStage.SELECTED],
        }

    @cached_property
    def by_name(self) -> list[Entry]:
        """All applications by name: ids of startups that handed themselves in are drawn."""
        return sorted(self.entries, key=lambda one: self.name(one.profile).casefold())

    @property
    def by_refusal(self) -> list[Entry]:
        """All applications, those that are refused first."""
        return sorted(self.by_name, key=lambda one: not one.refusals)

    @property
    def possible_hosts(self) -> list[str]:
        """Who may take applicants: the parts or partners of the programme, and the present ones."""
        own = hosts_of(self.programme, self.programmes.values())
        return sorted({*own, *self.cohort.hosts})

    @property
    def candidates(self) -> list[Entry]:
        """Those among whom places are given out."""
        return candidates(self.dari.store, self.cohort)

    @property
    def bounds(self) -> list[tuple[Rule, str]]:
        """The bounds of the rules that can be moved."""
        return [
            (rule, bound)
            for rule in self.cohort.rules
            for bound in ("low", "high")
            if getattr(rule, bound) is not None and rule.kind is not RuleKind.BUDGET
        ]

    def has_rule(self, id: str) -> bool:
        """Tell whether a rule is the cohort's own."""
        return any(rule.id == id for rule in self.cohort.rules)

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that this cohort has."""
        screened = tuple(one.value for one in self.cohort.screened)
        return ("intake", "eligibility", *screened, "rules", "assignment", "decision", "history")

    @property
    def is_taking(self) -> bool:
        """Whether startups may still apply, today or later."""
        return self.cohort.is_taking_on(self.dari.settings.today())

    def default_step(self) -> str:
        """Choose the step that is at hand."""
        if self.cohort.state is CohortState.DECIDED:
            return "decision"
        if self.counts[self.cohort.candidates] and self.cohort.state is CohortState.SCREENING:
            return "assignment"
        return "intake"

    def ranking(self, screening: Screening) -> list[Ranked]:
        """Rank the entries of a screening."""
        return ranking(self.dari.store, self.cohort.id, screening)

    @cached_property
    def scores(self) -> dict[int, tuple[Score, ...]]:
        """All scores, by number of the entry."""
        return whole_scores(self.dari.store, self.cohort.id)

    def own_scores(self, entry: Entry, screening: Screening, by: str) -> dict[str, Score]:
        """Give what an assessor has given an entry, by criterion."""
        some = self.scores.get(entry.id, ())
        return {
            one.criterion: one for one in some if (one.assessor, one.screening) == (by, screening)
        }

    def recused(self, entry: Entry) -> tuple[str, ...]:
        """Name who does not score an entry."""
        return tuple(one.assessor for one in self._recusals(entry))

    def may_score(self, entry: Entry, by: str) -> bool:
        """Tell whether nothing keeps an assessor from scoring an entry."""
        return not is_recused(self._recusals(entry), [by])

    def _recusals(self, entry: Entry) -> tuple[Recusal, ...]:
        return whole_entry(self.dari.store, self.cohort.id, entry.profile).recusals

    @cached_property
    def history(self) -> Sequence[CohortEvent]:
        """What happened, the newest first."""
        return history_of(self.dari.store, self.cohort.id)

    def event_said(self, event: CohortEvent) -> str:
        """Say what happened."""
        edited = event.kind == "edited"
        changes = changes_said(event.data, self.name, self.rule_of) if edited else ""
        return settled(event_said(event, self.who(event.entry), changes))

    def who(self, entry: int | None) -> str:
        """Name the applicant of an entry."""
        return next((self.name(one.profile) for one in self.entries if one.id == entry), "")
