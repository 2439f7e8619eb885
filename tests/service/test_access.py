"""Who may do what: every address has a row, and what the table says of it holds for real."""

from __future__ import annotations

import pytest
from apiflask import APIFlask

from service.access import ENDPOINTS, EVERYBODY, TABLE, Role, User, may, row_of

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
def test_nobody_may_what_needs_a_role(row: tuple[str, str]) -> None:
    assert not may(row[1], row[0], User())  # type: ignore[arg-type]


def test_an_admin_may_all_that_staff_and_evaluators_may() -> None:
    for row, scopes in TABLE.items():
        if {Role.STAFF, Role.EVALUATOR} & set(scopes):
            assert scopes.get(Role.ADMIN) == scopes.get(Role.STAFF, scopes.get(Role.EVALUATOR)), row
