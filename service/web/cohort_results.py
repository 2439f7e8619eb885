"""Owns what came of giving out the places of a cohort, as its page shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import current_app, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from profiles.cases import open_case_of
from profiles.cohorts import (
    Aftermath,
    DecisionState,
    Entry,
    EntryStage,
    KeptDecision,
    aftermath,
    decisions_of,
)
from profiles.jobs import Job, JobKind, JobState, jobs_about
from profiles.rules import Rule, RuleKind
from profiles.text import Text
from service.deciding import left_out, points_of, reached
from service.web.cohort_round import Round
from service.web.cohort_trade import rows_of

if TYPE_CHECKING:
    from matcher.assignment.record import Record

_WAYS = (
    ("decisions.one", _l("Decision record and its audits")),
    ("decisions.notices", _l("Notices")),
    ("decisions.declines", _l("Rehearsal of declines")),
)
_NUMBERS = ("low", "high", "each")


@dataclass(frozen=True)
class Place:
    """One pair of a decision, with its fit in points; None where eligibility refuses it."""

    applicant: str
    host: str
    partner: str
    points: float | None


@dataclass(frozen=True)
class Results(Round):
    """A cohort with its decisions, and with the assignments that pages have asked for."""

    @property
    def final(self) -> KeptDecision | None:
        """The decision that holds."""
        return next((one for one in self.decisions if one.state is DecisionState.FINAL), None)

    @property
    def after_final(self) -> Aftermath | None:
        """What became of the decision that holds, and who made it final; None without one."""
        return aftermath(self.dari.store, self.final) if self.final else None

    def decision_ways(self, decision: KeptDecision) -> list[tuple[str, str]]:
        """Give the pages on which a decision is audited, as far as there are any."""
        there = current_app.view_functions
        return [(url_for(name, id=decision.id), str(text)) for name, text in _WAYS if name in there]

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
        """Say how the search behind a decision ended, or that persons changed what it gave."""
        if self.record(decision).overrides:
            return str(gettext("Changed by persons: not proven to be the best"))
        return self.status_name(self.record(decision).solution.status.value)

    def result_said(self, decision: KeptDecision) -> str:
        """Say in one line what a decision reached."""
        record = self.record(decision)
        held = [{"aim": one.aim, "value": one.value} for one in reached(record)]
        return self.levels_said(held) or self.status_name(record.solution.status.value)

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

    def rule_of(self, raw: Mapping[str, Any]) -> str:
        """Say a rule that a job kept."""
        return self.rule_said(Rule.model_construct(**_typed(raw)))

    def rule_named(self, id: str) -> str:
        """Say the rule of an id: one of the cohort's own, or one that its parts imply."""
        own = next((one for one in self.cohort.rules if one.id == id), None)
        if own:
            return self.rule_said(own)
        kind, _, host = id.partition(":")
        names = {"#places": gettext("the places of %(host)s", host=self.name(host)),
                 "#seats": gettext("how many hosts an applicant gets"),
                 "#eligibility": gettext("only those who are eligible")}  # fmt: skip
        return str(names.get(kind, id))

    @cached_property
    def decisions(self) -> list[KeptDecision]:
        """All decisions, the newest first."""
        return decisions_of(self.dari.store, self.cohort.id)

    @cached_property
    def jobs(self) -> list[Job]:
        """The assignments that pages have asked for, the newest first."""
        return jobs_about(self.dari.store, JobKind.ASSIGN, "cohort", self.cohort.id)

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
        record = self.record(decision)
        partner = {one.id: one.partner for one in record.instance.hosts}
        made = [Place(a, h, partner[h], points) for (a, h), points in points_of(record).items()]
        return sorted(
            made, key=lambda one: (self.name(one.host), -(one.points or 0.0), one.applicant)
        )

    def levels(self, decision: KeptDecision) -> list[tuple[str, str, str, str]]:
        """Tell what a decision reached by each aim, its bound, and the gap.

        Where persons changed it: what it comes to, what the search had reached, and no gap.
        """
        from service.assigned_words import aim_name, level_line, level_value

        record = self.record(decision)
        if not record.overrides:
            lines = map(level_line, record.solution.levels)
            return [(aim.in_(self.lang), *rest) for aim, *rest in lines]  # type: ignore[misc]  # mypy: a starred rest
        return [
            (
                aim_name(one.aim).in_(self.lang),
                *(level_value(one.aim, one.value), level_value(one.aim, one.found), ""),
            )
            for one in reached(record)
        ]

    def left(self, decision: KeptDecision) -> list[str]:
        """Name those who took part in a decision and have no place by it."""
        record = self.record(decision)
        placed = {a for a, _ in record.pairs}
        return [id for id in record.instance.applicant_ids if id not in placed]

    def left_out(self, decision: KeptDecision) -> list[str]:
        """Name those whose application is on its way and no part of a decision."""
        return left_out(self.dari.store, self.cohort, self.record(decision))

    def ranks_of(self, entry: Entry) -> list[tuple[str, int]]:
        """Give (host, place) of each reserve that an entry stands in now, without who has left."""
        places = ((host, [one.id for one in some]) for host, some in self.waiting)
        return [(host, ids.index(entry.id) + 1) for host, ids in places if entry.id in ids]

    @cached_property
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
    bounds = {
        name: int(str(raw[name]).replace(",", "")) for name in _NUMBERS if raw.get(name) is not None
    }
    return {**read, **bounds, "kind": RuleKind(raw["kind"]), "reason": reason}
