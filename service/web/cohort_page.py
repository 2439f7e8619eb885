"""Owns what the page of a cohort shows: its step, counts, names, and what the newest job found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l

from profiles import AnyProfile, Programme, Startup
from profiles.cases import open_case_of
from profiles.cohorts import (
    Cohort,
    CohortState,
    DecisionState,
    Entry,
    EntryStage,
    KeptDecision,
    Ranked,
    Score,
    Screening,
    decisions_of,
    entries_of,
    history_of,
    ranking,
    whole_entry,
    whole_scores,
)
from profiles.cohorts.opening import hosts_of
from profiles.jobs import Job, JobKind, JobState, jobs
from profiles.rules import Rule, RuleKind
from profiles.text import Text
from service.assigning import candidates
from service.web.cohort_trade import rows_of

if TYPE_CHECKING:
    from matcher.assignment.record import Record
    from service.wiring import Dari

_WAYS = (
    ("decisions.one", _l("Decision record and its audits")),
    ("decisions.notices", _l("Notices")),
    ("decisions.declines", _l("Rehearsal of declines")),
)
_JOBS = 200
"""Among how many of the newest jobs those of a cohort are looked for."""


@dataclass(frozen=True)
class Place:
    """One pair of a decision, with its fit in points, and its case where it has one."""

    applicant: str
    host: str
    partner: str
    points: float


@dataclass(frozen=True)
class CohortPage:
    """A cohort as its page shows it."""

    dari: Dari
    cohort: Cohort
    lang: str

    @cached_property
    def entries(self) -> list[Entry]:
        """All applications, by id."""
        return entries_of(self.dari.store, self.cohort.id)

    @cached_property
    def programmes(self) -> dict[str, Programme]:
        """All programmes by id."""
        return {one.id: one for one in self.dari.store.programmes()}

    @property
    def programme(self) -> Programme:
        """Whose cohort it is."""
        return self.programmes[self.cohort.programme]

    @cached_property
    def profiles(self) -> Mapping[str, AnyProfile]:
        """Those who apply and those who take."""
        ids = {one.profile for one in self.entries} | {*self.cohort.hosts, *self.partners.values()}
        return self.dari.store.get_many(ids)

    @cached_property
    def partners(self) -> dict[str, str]:
        """The partner that each host stands for."""
        parts = {
            id: self.programmes[id].partners for id in self.cohort.hosts if id in self.programmes
        }
        return {id: parts[id][0] if parts.get(id) else id for id in self.cohort.hosts}

    def name(self, id: str) -> str:
        """Name a profile or a programme in the reader's language."""
        named = self.profiles.get(id) or self.programmes.get(id)
        return named.name.in_(self.lang) if named else id

    @property
    def counts(self) -> Counter[EntryStage]:
        """How many stand at each stage."""
        return Counter(one.stage for one in self.entries)

    def step_counts(self) -> dict[str, int]:
        """Tell how many each step concerns."""
        refused = self.counts[EntryStage.REFUSED]
        return {
            "intake": len(self.entries),
            "eligibility": refused,
            **{one.value: len(self.ranking(one)) for one in self.cohort.screened},
            "rules": len(self.cohort.rules),
            "assignment": sum(one.stage is self.cohort.candidates for one in self.entries),
            "decision": self.counts[EntryStage.SELECTED],
        }

    @property
    def by_refusal(self) -> list[Entry]:
        """All applications, those that are refused first."""
        return sorted(self.entries, key=lambda one: (not one.refusals, one.profile))

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
    def final(self) -> KeptDecision | None:
        """The decision that holds."""
        return next((one for one in self.decisions if one.state is DecisionState.FINAL), None)

    @property
    def bounds(self) -> list[tuple[Rule, str]]:
        """The bounds of the rules that can be moved."""
        return [
            (rule, bound)
            for rule in self.cohort.rules
            for bound in ("low", "high")
            if getattr(rule, bound) is not None and rule.kind is not RuleKind.BUDGET
        ]

    def decision_ways(self, decision: KeptDecision) -> list[tuple[str, str]]:
        """Give the pages on which a decision is audited, as far as there are any."""
        there = current_app.view_functions
        return [(url_for(name, id=decision.id), str(text)) for name, text in _WAYS if name in there]

    def has_rule(self, id: str) -> bool:
        """Tell whether a rule is the cohort's own."""
        return any(rule.id == id for rule in self.cohort.rules)

    def is_startup(self, id: str) -> bool:
        """Tell whether an applicant is a startup: only those have cases."""
        return isinstance(self.profiles.get(id), Startup)

    def case_of(self, entry: Entry) -> int | None:
        """Give the number of the open case of one who was selected; None where it has none."""
        partner = self.partners.get(str(entry.host), str(entry.host))
        found = open_case_of(self.dari.store, entry.profile, partner)
        return found.id if found else None

    def why_url(self, one: Place) -> str | None:
        """Give the page that explains the fit of a pair; None for one who is no startup."""
        if not self.is_startup(one.applicant):
            return None
        under = one.host if one.host in self.programmes else self.cohort.programme
        day = self.cohort.as_of.isoformat()
        asked = {"name": one.partner, "programme": under, "as_of": day}
        return (
            f"{url_for('matching.why_not', side='startups', id=one.applicant)}?{urlencode(asked)}"
        )

    def status_name(self, status: str) -> str:
        """Name how a search ended."""
        from service.assigned_words import status_name

        return status_name(status).in_(self.lang)

    def status_said(self, decision: KeptDecision) -> str:
        """Say how the search behind a decision ended."""
        return self.status_name(self.record(decision).solution.status.value)

    def result_said(self, decision: KeptDecision) -> str:
        """Say in one line what a decision reached."""
        solution = self.record(decision).solution
        held = [{"aim": one.aim.value, "value": one.value} for one in solution.levels]
        return self.levels_said(held) or self.status_name(solution.status.value)

    def levels_said(self, levels: Sequence[Mapping[str, Any]]) -> str:
        """Say in one line what was reached."""
        from service.assigned_words import aim_name, level_value

        return ", ".join(
            f"{aim_name(one['aim']).in_(self.lang)} {level_value(one['aim'], one['value'])}"
            for one in levels
        )

    def traded(self, job: Job) -> list[dict[str, Any]]:
        """Give the points of a trade-off as rows."""
        return rows_of(job.outcome["points"])

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that this cohort has."""
        screened = tuple(one.value for one in self.cohort.screened)
        return ("intake", "eligibility", *screened, "rules", "assignment", "decision", "history")

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
        held = whole_entry(self.dari.store, self.cohort.id, entry.profile)
        return tuple(one.assessor for one in held.recusals)

    @cached_property
    def history(self) -> Sequence[Any]:
        """What happened, the newest first."""
        return history_of(self.dari.store, self.cohort.id)

    def who(self, entry: int | None) -> str:
        """Name the applicant of an entry."""
        return next((self.name(one.profile) for one in self.entries if one.id == entry), "")

    def rule_said(self, rule: Rule) -> str:
        """Say a rule in the reader's language."""
        from service.assigned_words import rule_said

        return rule_said(rule, self.name, self.lang)

    def rule_of(self, raw: Mapping[str, Any]) -> str:
        """Say a rule that a job kept."""
        return self.rule_said(Rule.model_construct(**_typed(raw)))

    @cached_property
    def decisions(self) -> list[KeptDecision]:
        """All decisions, the newest first."""
        return decisions_of(self.dari.store, self.cohort.id)

    @cached_property
    def jobs(self) -> list[Job]:
        """The assignments that pages have asked for, the newest first."""
        return [
            one
            for one in jobs(self.dari.store, _JOBS)
            if one.kind is JobKind.ASSIGN and one.arguments.get("cohort") == self.cohort.id
        ]

    @property
    def running(self) -> Job | None:
        """The job that is on its way."""
        return next((one for one in self.jobs if not one.is_over), None)

    def found(self, key: str) -> Job | None:
        """Give the newest job that is done and of whose outcome `key` is a part."""
        done = (one for one in self.jobs if one.state is JobState.DONE and one.outcome.get(key))
        return next(done, None)

    @property
    def failed(self) -> Job | None:
        """The newest job, where it failed."""
        return next((one for one in self.jobs[:1] if one.state is JobState.FAILED), None)

    def job_of(self, decision: KeptDecision) -> Job | None:
        """Give the job that made a decision; None where a command did."""
        return next((one for one in self.jobs if one.outcome.get("decision") == decision.id), None)

    def record(self, decision: KeptDecision) -> Record:
        """Read the record of a decision."""
        from matcher.assignment.record import record_from_json

        return record_from_json(decision.record)

    def places(self, decision: KeptDecision) -> list[Place]:
        """Give the pairs of a decision by host, the best fit first."""
        from matcher.assignment import UNIT

        record = self.record(decision)
        rows = {id: row for row, id in enumerate(record.instance.applicant_ids)}
        columns = {one.id: n for n, one in enumerate(record.instance.hosts)}
        partner = {one.id: one.partner for one in record.instance.hosts}
        made = [
            Place(a, h, partner[h], int(record.instance.fits[rows[a], columns[h]]) / UNIT)
            for a, h in record.pairs
        ]
        return sorted(made, key=lambda one: (self.name(one.host), -one.points, one.applicant))

    def levels(self, decision: KeptDecision) -> list[tuple[str, str, str, str]]:
        """Tell what a decision reached by each aim, its bound, and the gap."""
        from service.assigned_words import level_line

        lines = map(level_line, self.record(decision).solution.levels)
        return [(aim.in_(self.lang), *rest) for aim, *rest in lines]  # type: ignore[misc]  # mypy: a starred rest

    def left(self, decision: KeptDecision) -> list[str]:
        """Name those who took part in a decision and have no place by it."""
        record = self.record(decision)
        placed = {a for a, _ in record.pairs}
        return [id for id in record.instance.applicant_ids if id not in placed]

    @property
    def waiting(self) -> list[tuple[str, list[Entry]]]:
        """Give the reserve of each host that has one, in its order."""
        reserves = [one for one in self.entries if one.stage is EntryStage.RESERVE]
        lists = {
            host: [one for one in reserves if host in one.reserve] for host in self.cohort.hosts
        }
        return [(host, sorted(some, key=_rank_at(host))) for host, some in lists.items() if some]


def _rank_at(host: str) -> Callable[[Entry], int]:
    return lambda one: one.reserve[host]


def _typed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Read the plain values of a rule; those of the rulebook have ids that no field allows."""
    read = dict.fromkeys(Rule.model_fields) | {"applicants": (), "hosts": ()} | {**raw}
    reason = Text(**raw["reason"]) if raw.get("reason") else None
    return {**read, "kind": RuleKind(raw["kind"]), "reason": reason}
