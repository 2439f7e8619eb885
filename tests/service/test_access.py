"""Who may do what: every address has a row, and what the table says of it holds for real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from profiles import Side, Startup, Store
from profiles.api_keys import add_key
from profiles.case_moves import move_case
from profiles.cases import Answer, CaseStage
from profiles.casework import answer_case, open_case, release_case
from service.access import (
    ENDPOINTS,
    EVERYBODY,
    TABLE,
    Action,
    Thing,
    User,
    hidden_from,
    may,
    row_of,
)
from service.roles import Role
from service.submission import submit
from tests.service.accounts import add, browser_of, token_of
from tests.service.accounts import submit as send_form

ROWS = {name for names in ENDPOINTS.values() for name in names.split()}


def test_every_address_has_a_row_and_every_row_an_address(app: APIFlask) -> None:
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert there - ROWS == set(), "these addresses have no row in service/access.py"
    assert ROWS - there == set(), "these rows have no address"


def test_no_address_stands_in_two_rows() -> None:
    listed = [name for names in ENDPOINTS.values() for name in names.split()]
    assert len(listed) == len(set(listed))


def test_every_row_that_an_address_has_stands_in_the_table() -> None:
    assert set(ENDPOINTS) <= set(TABLE) | EVERYBODY


def test_an_unknown_address_has_no_row() -> None:
    assert row_of("staff.unheard_of") is None
    assert row_of(None) is None


@pytest.mark.parametrize("row", sorted(TABLE))
def test_nobody_may_what_needs_a_role(row: tuple[Thing, Action]) -> None:
    thing, action = row
    assert not may(action, thing, User())


def test_an_admin_may_all_that_staff_and_evaluators_may() -> None:
    for row, scopes in TABLE.items():
        if {Role.STAFF, Role.EVALUATOR} & set(scopes):
            assert scopes.get(Role.ADMIN) == scopes.get(Role.STAFF, scopes.get(Role.EVALUATOR)), row


ENDING = {
    *("account.leave_everywhere", "entrance.leave", "security.logout"),
    *("entrance.give_token", "security.two_factor_token_validation"),
}
"""The addresses that end the session: they would spoil the walk."""


@pytest.fixture(scope="module")
def walked(make_app: Any) -> dict[Role | None, tuple[FlaskClient, str]]:
    """A browser of each role, and of nobody, with its CSRF token."""
    app = make_app(sign_in_attempts=1000)
    found: dict[Role | None, tuple[FlaskClient, str]] = {}
    for role in Role:
        add(app, f"{role}@dari.example", role)
        client = browser_of(app, f"{role}@dari.example")
        found[role] = (client, token_of(client.get("/account")))
    nobody = app.test_client()
    found[None] = (nobody, token_of(nobody.get("/sign-in")))
    return found


def addresses(app: APIFlask) -> Iterator[tuple[str, str, str]]:
    """Give (endpoint, method, path) of every address, with values that name nothing."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ENDING:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT"}):
            yield rule.endpoint, method, adapter.build(rule.endpoint, values(rule), method)


def values(rule: Rule) -> dict[str, Any]:
    found = {}
    for name in rule.arguments:
        converter = rule._converters.get(name)
        is_number = isinstance(converter, IntegerConverter)
        choices = sorted(getattr(converter, "items", ()))
        found[name] = choices[-1] if choices else 0 if is_number else "nope"
    return {**found, **(rule.defaults or {})}


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: str(role or "nobody"))
def test_every_address_is_open_to_those_of_its_row_and_shut_to_others(
    walked: dict[Role | None, tuple[FlaskClient, str]], role: Role | None
) -> None:
    client, token = walked[role]
    wrong = []
    app = client.application
    assert isinstance(app, APIFlask)
    for endpoint, method, path in addresses(app):
        row = row_of(endpoint)
        assert row
        answer = client.open(path, method=method, headers={"X-CSRFToken": token})
        is_call = path.startswith("/api/")
        is_open = row in EVERYBODY or (role in TABLE[row] if role else False)
        is_open &= row in EVERYBODY or not (is_call and method != "GET")
        shut = 401 if role is None or (is_call and method != "GET") else 403
        refused = answer.status_code in (401, 403)
        if refused == is_open or (not is_open and answer.status_code != shut):
            wrong.append((endpoint, method, answer.status_code))
    assert wrong == []


# Records


@pytest.fixture(scope="module")
def pair(make_app: Any) -> APIFlask:
    """Two startups, of which staff have chosen Samsung for the first."""
    app = make_app()
    for id in ("mine", "other"):
        record = {"id": id, "name": {"en": id}, "summary": "Ultrasound devices", "aliases": ["x"]}
        more = {"website": "https://firm.example", "contact": "ceo@firm.example"}
        consent = {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}
        submit(app.extensions["dari"], record | more | {"consent": consent})
    return app


def who(role: Role, profile: str) -> User:
    return User(frozenset({role}), 1, "x", profile)


def test_what_each_side_sees_of_the_other_grows_with_the_case(pair: APIFlask) -> None:
    store: Store = pair.extensions["dari"].store
    mine, other, samsung = (store.get(id) for id in ("mine", "other", "samsung"))
    startup, partner = who(Role.STARTUP, "mine"), who(Role.PARTNER, "samsung")
    with pair.test_request_context():
        assert may("see", mine, startup)
        assert not may("see", other, startup)
        assert not may("see", samsung, startup)
        case, _ = open_case(store, "mine", "samsung")
        assert not may("see", case, startup)
        assert not may("see", samsung, startup)
        assert not may("see", mine, partner)
        release_case(store, case.id)
        assert may("see", case, startup)
        assert may("see", samsung, startup)
        assert not may("see", mine, partner)
        move_case(store, case.id, CaseStage.INTRODUCED)
        assert may("see", mine, partner)
        assert not may("see", other, partner)
        assert {"website", "contact", "registration", "aliases"} <= hidden_from(partner, mine)
        answer_case(store, case.id, Side.STARTUP, Answer.YES)
        assert "contact" in hidden_from(partner, mine)
        answer_case(store, case.id, Side.PARTNER, Answer.YES)
        seen = hidden_from(partner, mine)
        assert not {"website", "contact", "registration"} & seen
        assert "aliases" in seen
        assert hidden_from(startup, mine) == frozenset()
        assert "name" in hidden_from(partner, other)
    assert isinstance(mine, Startup)


@pytest.mark.parametrize("role", [Role.STARTUP, Role.PARTNER])
def test_an_account_without_a_profile_sees_none(pair: APIFlask, role: Role) -> None:
    store: Store = pair.extensions["dari"].store
    with pair.test_request_context():
        for id in ("mine", "other", "samsung"):
            assert not may("see", store.get(id), User(frozenset({role}), 1))


SAME = (
    ("privacy.held_of", "takeout_api.startup_held", "takeout_api.partner_held"),
    ("editing.withdraw_consent", "takeout_api.withdraw_consent"),
    ("judging.close", "judging_api.close"),
    ("judging.judge", "judging_api.judge"),
    ("cases.move", "case_api.move"),
    ("cases.close", "case_api.close"),
    ("cases.release", "case_api.release"),
    ("cases.answer", "case_api.answer"),
    ("cases.note", "case_api.note"),
    ("pipeline.shortlist", "case_api.open"),
    ("duplicates.merge", "identity_api.merge"),
    ("duplicates.undo", "identity_api.undo"),
    ("editing.save", "records.replace_startup"),
    ("staff.add_verdict", "match_api.startup_verdict"),
    ("keys.revoke", "key_api.revoke"),
    ("staff.profiles", "staff_api.startups"),
    ("workbench.export", "takeout_api.export_startups"),
)
"""Addresses of pages and calls that do the same."""


def test_what_pages_and_calls_do_alike_stands_in_one_row(pair: APIFlask) -> None:
    for page, *calls in SAME:
        for one in (page, *calls):
            assert one in pair.view_functions, one
        assert {row_of(one) for one in calls} == {row_of(page)}, page


def test_staff_erase_nothing_for_good_wherever_they_ask(make_app: Any) -> None:
    app = make_app()
    submit(app.extensions["dari"], {"id": "mine", "name": "Mine", "summary": "Ultrasound"})
    store = app.extensions["dari"].store
    add(app, "staff@dari.example", "staff")
    add(app, "admin@dari.example", "admin")
    staff, admin = (browser_of(app, f"{who}@dari.example") for who in ("staff", "admin"))
    assert 'value="erase"' not in staff.get("/startups").text
    assert 'value="erase"' in admin.get("/startups").text
    chosen, done = "/lists/startups/chosen", "/lists/startups/chosen/erase"
    for path, form in ((chosen, {"deed": "erase", "id": "mine"}), (done, {"id": "mine"})):
        assert send_form(staff, path, form, on="/account").status_code == 403
    withdrawn = {"deed": "withdraw", "id": "mine"}
    assert send_form(staff, chosen, withdrawn, on="/account").status_code == 200
    _, writing = add_key(store, "writes", ["read", "write"])
    _, ruling = add_key(store, "rules", ["admin"])
    call = app.test_client().delete
    tag = app.test_client().get("/api/v1/startups/mine", headers=bearing(writing)).headers["ETag"]
    path = "/api/v1/startups/mine"
    assert call(path, headers={**bearing(writing), "If-Match": tag}).status_code == 403
    assert call(path, headers={**bearing(ruling), "If-Match": tag}).status_code == 200


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_the_table_refuses_a_key_whose_call_asks_for_too_little(
    make_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    _, key = add_key(app.extensions["dari"].store, "writes", ["write"])
    monkeypatch.setattr("service.api.guard.row_of", lambda _: ("erasure", "edit"))
    answer = app.test_client().get("/api/v1/startups/x/held", headers=bearing(key))
    assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")
