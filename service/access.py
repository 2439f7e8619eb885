"""Owns who may do what: one table of role, object and action, and which row each address has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from flask import g, request
from werkzeug.exceptions import Forbidden, Unauthorized

from profiles import AnyProfile, Side
from profiles.accounts import Account
from profiles.cases import Case, cases_of, hidden_fields, is_shown_to
from service.keys import dari, holds_token, signed_in
from service.roles import Role as Role

Scope = Literal["any", "own", "shown"]
"""Of which records a row holds: of all; of the profile that the account speaks for; of those that
staff have shown to it by a case, a startup by releasing it, a partner by introducing it."""

Thing = Literal[
    "page", "submission", "session", "account", "accounts", "own", "workbench", "startup",
    "partner", "case", "notes", "held", "rounds", "evaluation", "models", "shut", "answer",
    "keys", "draft", "personal", "erasure",
]  # fmt: skip
"""What there is to see or do: pages for all, the workbench of staff, and records."""

Action = Literal["see", "edit", "use"]

_STAFF: Final[Mapping[Role, Scope]] = {Role.ADMIN: "any", Role.STAFF: "any"}
_JUDGES: Final[Mapping[Role, Scope]] = {**_STAFF, Role.EVALUATOR: "any"}
_EVALUATORS: Final[Mapping[Role, Scope]] = {Role.ADMIN: "any", Role.EVALUATOR: "any"}
_ADMIN: Final[Mapping[Role, Scope]] = {Role.ADMIN: "any"}

EVERYBODY: Final[frozenset[tuple[Thing, Action]]] = frozenset({
    ("page", "see"),
    ("submission", "edit"),
    ("session", "use"),
})
"""What needs no role, and no account."""

TABLE: Final[Mapping[tuple[Thing, Action], Mapping[Role, Scope]]] = {
    ("account", "use"): dict.fromkeys(Role, "own"),
    ("accounts", "edit"): _ADMIN,
    ("own", "see"): {Role.STARTUP: "own", Role.PARTNER: "own"},
    ("workbench", "see"): _STAFF,
    ("workbench", "edit"): _STAFF,
    ("startup", "see"): {**_STAFF, Role.STARTUP: "own", Role.PARTNER: "shown"},
    ("partner", "see"): {**_STAFF, Role.PARTNER: "own", Role.STARTUP: "shown"},
    ("case", "see"): {**_STAFF, Role.STARTUP: "shown", Role.PARTNER: "shown"},
    ("case", "edit"): _STAFF,
    ("notes", "see"): _STAFF,
    ("held", "see"): {**_STAFF, Role.STARTUP: "own"},
    ("rounds", "see"): _JUDGES,
    ("rounds", "edit"): _JUDGES,
    ("evaluation", "see"): _JUDGES,
    ("evaluation", "edit"): _EVALUATORS,
    ("models", "see"): _JUDGES,
    ("models", "edit"): _EVALUATORS,
    ("keys", "see"): _ADMIN,
    ("keys", "edit"): _ADMIN,
    ("personal", "see"): _STAFF,
    ("personal", "edit"): _STAFF,
    ("erasure", "edit"): _ADMIN,
    ("shut", "use"): {},
    ("draft", "use"): {},
    ("answer", "see"): {Role.STARTUP: "own", Role.PARTNER: "own"},
    ("answer", "edit"): {Role.STARTUP: "own", Role.PARTNER: "own"},
}
"""(object, action) → role → of which records. What is not here, nobody may."""

ENDPOINTS: Final[Mapping[tuple[Thing, Action], str]] = {
    ("page", "see"): """
        static bootstrap.static openapi.spec health.healthz open.list_sectors
        public.home public.new_startup public.thanks public.one_page
        drafts.step drafts.preview drafts.worth drafts.link drafts.held drafts.ask_deletion
        own.status own.held_of own.ask_erasure returning.enter
        answers.ask answers.held_case
        advice.own
        open.list_problems open.one_problem
        asking.mine
        meets.ask meets.calendar
    """,
    ("submission", "edit"): """
        public.submit_startup public.choose_own_sectors open.submit_startup
        drafts.start drafts.save_step drafts.submit drafts.bring_together drafts.make_link
        drafts.delete drafts.leave own.edit own.link own.leave own.erase_all
        returning.come_back returning.ask answers.give answers.give_held
        applications.apply applications.withdraw
        asking.ask
        meets.give
    """,
    ("session", "use"): """
        entrance.ask_token entrance.give_token entrance.leave sso.start sso.back
        security.login security.logout security.register security.send_confirmation
        security.confirm_email security.forgot_password security.reset_password
        security.two_factor_token_validation security.mf_recovery security.two_factor_setup
    """,
    ("account", "use"): """
        account.overview account.arrive account.rename account.leave_everywhere account.held
        account.log account.sessions account.end_session
        security.change_password security.verify
        security.two_factor_setup_validate security.mf_recovery_codes
    """,
    ("accounts", "edit"): """
        accounts.overview accounts.add accounts.one accounts.change accounts.turn accounts.reset
        accounts.remove accounts.log accounts.log_of accounts.sign_out
        account_api.all_accounts account_api.one_account account_api.add_one
        account_api.change_one account_api.remove_one
    """,
    ("own", "see"): "account.mine account.claim",
    ("shut", "use"): """
        security.two_factor_rescue security.tf_select security.static
    """,
    ("draft", "use"): """
        draft_api.begin_one draft_api.one_draft draft_api.one_step draft_api.save_one
        draft_api.hand_in_one draft_api.link_to_one draft_api.delete_one
    """,
    ("workbench", "see"): """
        changes.why changes.missing chronicle.history duplicates.overview duplicates.compare
        editing.edit editing.new_tie
        staff.profiles staff.profile staff.matches staff.names staff.programmes
        matching.printed matching.export matching.compare matching.compare_printed
        matching.compare_export matching.choose matching.why_not
        workbench.part workbench.export geography.map
        pipeline.board pipeline.table pipeline.charts pipeline.chart
        bundles.of_startup bundles.chart bundles.export triads.of_programme triads.chart
        triads.export support.of_startup support.export support.of_programme
        support.export_programme
        cases.case cases.letter cases.calendar
        records.startup records.partner records.tie records.programme
        staff_api.startups staff_api.partners staff_api.ties staff_api.programmes
        match_api.startup_matches match_api.startup_why match_api.startup_missing
        match_api.startup_compare match_api.startup_verdicts
        match_api.partner_matches match_api.partner_why match_api.partner_missing
        match_api.partner_compare match_api.partner_verdicts
        records.startup_history records.partner_history records.tie_history
        records.programme_history
        identity_api.duplicates identity_api.pair identity_api.merges identity_api.apart
        takeout_api.export_startups takeout_api.export_partners takeout_api.export_ties
        takeout_api.export_programmes
        key_api.own_key case_api.all case_api.one
        cohort_api.all cohort_api.one cohort_api.entries cohort_api.entry
        decision_api.assignment decision_api.all decision_api.one decision_api.notices
        cohorts.overview cohorts.show programmes.show
        assignments.progress assignments.trade_chart assignments.table
        pairing.planner pairing.region pairing.proposals advice.of_startup
        decisions.one decisions.file decisions.prices decisions.declines decisions.replay
        decisions.notices decisions.letter decisions.letters decisions.exposure
        decisions.exposure_chart
        decisions.lottery reviews.queue reviews.one reviews.new
        events.overview events.new events.of_programme events.show events.edit events.person
        events.printed events.calendar events.own_calendar events.export
        event_api.all event_api.one event_api.schedule event_api.job
    """,
    ("workbench", "edit"): """
        duplicates.merge duplicates.undo duplicates.set_apart duplicates.let_meet
        editing.save editing.save_tie
        staff.choose_sectors staff.add_verdict pipeline.shortlist
        workbench.save workbench.remove deeds.ask deeds.carry_out
        cases.move cases.back cases.close cases.judge cases.note cases.assign cases.release
        cases.answer cases.link cases.keep_letter cases.plan cases.change
        records.replace_startup records.replace_partner records.replace_tie
        records.replace_programme
        records.change_startup records.change_partner records.change_tie records.change_programme
        records.remove_tie records.remove_programme
        staff_api.add_partner staff_api.add_tie staff_api.add_programme
        match_api.startup_verdict match_api.partner_verdict
        identity_api.merge identity_api.undo identity_api.set_apart identity_api.let_meet
        case_api.open case_api.change case_api.move case_api.close case_api.answer case_api.release
        case_api.note case_api.meeting
        cohort_api.open cohort_api.change cohort_api.move cohort_api.apply cohort_api.withdraw
        cohort_api.score cohort_api.check cohort_api.screen
        decision_api.assign decision_api.final decision_api.decline decision_api.override
        cohorts.start cohorts.settings cohorts.keep_rule cohorts.remove_rule cohorts.move_bound
        cohorts.override cohorts.enter cohorts.withdraw cohorts.set_state cohorts.check
        cohorts.score cohorts.recuse cohorts.screen
        assignments.assign assignments.trade_off assignments.stop assignments.decide
        assignments.decline assignments.start_case
        decisions.override reviews.enter reviews.extend reviews.answer
        events.add events.propose events.save events.turn events.invite events.keep_person
        events.remove events.link events.decide events.schedule events.change events.hold
        events.undo
        event_api.propose event_api.change event_api.make event_api.happen event_api.stop
        event_api.undo
    """,
    ("keys", "see"): "keys.overview key_api.all_keys",
    ("keys", "edit"): """
        keys.add keys.revoke key_api.revoke
    """,
    ("personal", "see"): """
        privacy.held_of takeout_api.startup_held takeout_api.partner_held
    """,
    ("personal", "edit"): "editing.withdraw_consent takeout_api.withdraw_consent",
    ("erasure", "edit"): "records.erase_startup records.erase_partner",
    ("rounds", "see"): """
        judging_api.all_rounds judging_api.one_round judging_api.next_pair judging_api.one_pair
        judging_api.qrels judging_api.judgements
        judging.overview judging.outcome judging.next_pair judging.pair judging.qrels judging.table
    """,
    ("rounds", "edit"): """
        judging.judge judging.settle judging.close entrance.ask_name entrance.give_name
        judging_api.judge judging_api.close
    """,
    ("evaluation", "see"): """
        evaluations.overview evaluations.show evaluations.progress evaluations.report
        evaluations.chart evaluations.file test_sets.overview test_sets.show
        evaluation_api.test_sets evaluation_api.all_jobs evaluation_api.one_job
        evaluation_api.report
    """,
    ("evaluation", "edit"): """
        evaluations.new evaluations.start evaluations.stop
        evaluations.new_training evaluations.train
        test_sets.bring test_sets.convert test_sets.check test_sets.delete
        test_sets.bring_run test_sets.delete_run round_opening.new round_opening.start
        evaluation_api.evaluate evaluation_api.train evaluation_api.gate evaluation_api.stop
    """,
    ("models", "see"): """
        models.overview models.show model_api.models model_api.current model_api.model
    """,
    ("models", "edit"): """
        models.gate models.promote models.rollback model_api.promote model_api.rollback
    """,
    ("answer", "see"): """
        answers.own_cases answers.own_case
        meets.own_events meets.own_event meets.own_calendar
    """,
    ("answer", "edit"): "answers.give_own meets.give_own",
}
"""Which row of the table each address of the service has; one that stands in none is shut.

Calls on drafts are shut to accounts: they are for keys that hand in startups."""


@dataclass(frozen=True, slots=True)
class User:
    """Who asks; nobody where there is no role.

    Attributes:
        account: the number of the account; None for nobody, and for who came with the token.
        profile: the startup or partner that the account speaks for.
    """

    roles: frozenset[Role] = frozenset()
    account: int | None = None
    name: str = ""
    profile: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether somebody is signed in."""
        return bool(self.roles)


_NOBODY = User()
_BEARER = User(frozenset({Role.ADMIN}))


def current_user() -> User:
    """Tell who asks: the token of the installation is an admin's; else by the account."""
    if holds_token():
        return _BEARER
    person = signed_in()
    if person is None or person.account is None:
        return _NOBODY
    known: tuple[Account, User] | None = g.get("user")
    if known is None or known[0] is not person.account:
        g.user = known = (person.account, user_of(person.account))
    return known[1]


def user_of(account: Account) -> User:
    """Give who the holder of an account is; a profile that was merged is the one that it is now."""
    profile = account.profile
    if profile:
        profile = dari().store.merged_into([profile]).get(profile, profile)
    return User(roles_of(account.roles), account.id, account.name, profile)


def may(action: Action, thing: Thing | AnyProfile | Case, user: User | None = None) -> bool:
    """Tell whether somebody (by default who asks now) may do something, by the table alone."""
    kind = _kind(thing)
    if (kind, action) in EVERYBODY:  # the session is not looked at: such answers may be kept
        return True
    user = user or current_user()
    scopes = TABLE.get((kind, action), {})
    return any(_is_within(scopes[role], thing, user) for role in user.roles if role in scopes)


def require(action: Action, thing: Thing | AnyProfile | Case) -> None:
    """Let only those pass who may.

    Raises:
        Unauthorized: for somebody who is not signed in.
        Forbidden: for somebody who is, and may not.
    """
    if not may(action, thing):
        raise Forbidden if current_user().is_known else Unauthorized


def roles_for(row: tuple[Thing, Action]) -> frozenset[Role]:
    """Name the roles that a row of the table admits, whatever the record."""
    return frozenset(TABLE.get(row, {}))


def row_of(endpoint: str | None) -> tuple[Thing, Action] | None:
    """Give the row of an address, None where it has none."""
    return _rows().get(endpoint or "")


def require_row() -> None:
    """Let only those pass who may use the address that is asked for; one without a row is shut.

    Raises:
        Unauthorized: for somebody who is not signed in.
        Forbidden: for somebody who is, and may not.
    """
    row = row_of(request.endpoint)
    if row is None:
        raise Forbidden if current_user().is_known else Unauthorized
    require(row[1], row[0])


def hidden_from(user: User, profile: AnyProfile) -> frozenset[str]:
    """Name the fields of a profile that somebody who may see it must not read.

    Staff read all, and each side its own; the other side what `profiles.cases.hidden_fields` leaves
    of the case that shows the most.
    """
    if TABLE["workbench", "see"].keys() & user.roles or profile.id == user.profile:
        return frozenset()
    seen = [hidden_fields(one) for one in shown_cases(user) if profile.id in _ends(one)]
    return frozenset.intersection(*seen) if seen else frozenset(type(profile).model_fields)


def _kind(thing: Thing | AnyProfile | Case) -> Thing:
    if isinstance(thing, str):
        return thing
    return "case" if isinstance(thing, Case) else thing.side.value


def _is_within(scope: Scope, thing: Thing | AnyProfile | Case, user: User) -> bool:
    """Tell whether a record is among those that a scope is of; a kind as such always is."""
    if isinstance(thing, str) or scope == "any":
        return True
    if scope == "own":
        return user.profile is not None and thing.id == user.profile
    shown = shown_cases(user)
    if isinstance(thing, Case):
        return any(one.id == thing.id for one in shown)
    return any(thing.id in _ends(one) for one in shown)


def _ends(case: Case) -> tuple[str, str]:
    return case.startup, case.partner


def shown_cases(user: User) -> list[Case]:
    """Read the cases that the profile of an account may know of, in their order."""
    if user.profile is None:
        return []
    found = cases_of(dari().store, user.profile)
    return [one for one in found if is_shown_to(one, _side_of(one, user))]


def _side_of(case: Case, user: User) -> Side:
    return Side.STARTUP if case.startup == user.profile else Side.PARTNER


@cache
def _rows() -> Mapping[str, tuple[Thing, Action]]:
    return {name: row for row, names in ENDPOINTS.items() for name in names.split()}


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Read roles by their names.

    Raises:
        ValueError: for a name that no role has.
    """
    return frozenset(Role(name) for name in names)
