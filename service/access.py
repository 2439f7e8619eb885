"""Owns who may do what: one table of role, object and action, and which row each address has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final, Literal

from flask import request
from werkzeug.exceptions import Forbidden, Unauthorized

from profiles import AnyProfile
from service.keys import holds_token


class Role(StrEnum):
    """What somebody is in this installation; one person may be several."""

    ADMIN = "admin"
    STAFF = "staff"
    EVALUATOR = "evaluator"
    STARTUP = "startup"
    PARTNER = "partner"


Scope = Literal["any", "own"]
"""Of which records a row holds: of all, or of the profile that the account speaks for."""

Thing = Literal[
    "page", "submission", "session", "account", "accounts", "home", "workbench", "startup",
    "partner", "held", "rounds", "evaluation", "models", "keys",
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
    ("home", "see"): {Role.STARTUP: "own", Role.PARTNER: "own"},
    ("workbench", "see"): _STAFF,
    ("workbench", "edit"): _STAFF,
    ("startup", "see"): {**_STAFF, Role.STARTUP: "own"},
    ("partner", "see"): {**_STAFF, Role.PARTNER: "own"},
    ("held", "see"): {**_STAFF, Role.STARTUP: "own"},
    ("rounds", "see"): _JUDGES,
    ("rounds", "edit"): _JUDGES,
    ("evaluation", "see"): _JUDGES,
    ("evaluation", "edit"): _EVALUATORS,
    ("models", "see"): _JUDGES,
    ("models", "edit"): _EVALUATORS,
    ("keys", "see"): _ADMIN,
    ("keys", "edit"): _ADMIN,
}
"""(object, action) → role → of which records. What is not here, nobody may."""

ENDPOINTS: Final[Mapping[tuple[Thing, Action], str]] = {
    ("page", "see"): """
        static bootstrap.static openapi.spec health.healthz open.list_sectors
        public.home public.new_startup public.thanks
        open.list_problems open.one_problem
    """,
    ("submission", "edit"): """
        public.submit_startup public.choose_own_sectors open.submit_startup
    """,
    ("session", "use"): "entrance.ask_token entrance.give_token entrance.leave",
    ("workbench", "see"): """
        changes.why changes.missing chronicle.history duplicates.overview duplicates.compare
        editing.edit editing.new_tie privacy.held_of
        staff.profiles staff.profile staff.matches staff.names staff.programmes
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
    """,
    ("workbench", "edit"): """
        duplicates.merge duplicates.undo duplicates.set_apart duplicates.let_meet
        editing.save editing.save_tie editing.withdraw_consent
        staff.choose_sectors staff.add_verdict
        records.replace_startup records.replace_partner records.replace_tie
        records.replace_programme
        records.change_startup records.change_partner records.change_tie records.change_programme
        records.remove_tie records.remove_programme
        staff_api.add_partner staff_api.add_tie staff_api.add_programme
        match_api.startup_verdict match_api.partner_verdict
        identity_api.merge identity_api.undo identity_api.set_apart identity_api.let_meet
        takeout_api.withdraw_consent judging_api.close
        case_api.open case_api.change case_api.move case_api.close case_api.answer case_api.release
        case_api.note case_api.meeting
    """,
    ("held", "see"): "takeout_api.startup_held takeout_api.partner_held",
    ("keys", "see"): "keys.overview key_api.all_keys",
    ("keys", "edit"): """
        keys.add keys.revoke key_api.revoke records.erase_startup records.erase_partner
    """,
    ("rounds", "see"): """
        judging_api.all_rounds judging_api.one_round judging_api.next_pair judging_api.one_pair
        judging_api.qrels judging_api.judgements
        judging.overview judging.outcome judging.next_pair judging.pair judging.qrels judging.table
    """,
    ("rounds", "edit"): """
        judging.judge judging.settle judging.close entrance.ask_name entrance.give_name
        judging_api.judge
    """,
    ("models", "see"): """
        models.overview model_api.models model_api.current model_api.model
    """,
}
"""Which row of the table each address of the service has; one that stands in none is shut."""


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
    """Tell who asks: the token of the installation is an admin's."""
    return _BEARER if holds_token() else _NOBODY


def may(action: Action, thing: Thing | AnyProfile, user: User | None = None) -> bool:
    """Tell whether somebody (by default who asks now) may do something, by the table alone."""
    kind: Thing = thing if isinstance(thing, str) else thing.side.value
    if (kind, action) in EVERYBODY:  # the session is not looked at: such answers may be kept
        return True
    user = user or current_user()
    scopes = TABLE.get((kind, action), {})
    return any(_is_within(scopes[role], thing, user) for role in user.roles if role in scopes)


def require(action: Action, thing: Thing | AnyProfile) -> None:
    """Let only those pass who may.

    Raises:
        Unauthorized: for somebody who is not signed in.
        Forbidden: for somebody who is, and may not.
    """
    if not may(action, thing):
        raise Forbidden if current_user().is_known else Unauthorized


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


def _is_within(scope: Scope, thing: Thing | AnyProfile, user: User) -> bool:
    """Tell whether a record is among those that a scope is of; a kind as such always is."""
    return isinstance(thing, str) or scope == "any" or thing.id == user.profile


@cache
def _rows() -> Mapping[str, tuple[Thing, Action]]:
    return {name: row for row, names in ENDPOINTS.items() for name in names.split()}


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Read roles by their names.

    Raises:
        ValueError: for a name that no role has.
    """
    return frozenset(Role(name) for name in names)
