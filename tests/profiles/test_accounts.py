"""Accounts in the store: kept on both databases, lost to nobody, erased and backed up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profiles import Startup, Store, rows
from profiles.accounts import (
    Account,
    AccountError,
    account_of,
    accounts,
    find_account,
    free_name,
    keep_account,
    remove_account,
    take_counter,
    take_recovery,
)
from profiles.backup import back_up
from profiles.consistency import faults
from profiles.restoring import restore
from profiles.sessions import Over, is_open, open_session, sessions_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KIM = Account(
    email="Kim@Dari.example",
    name="Kim",
    roles=("staff", "admin"),
    uniquifier="u1",
    created_at=NOW,
    password="$argon2id$x",
    recovery=("a", "b"),
)


def test_an_account_is_found_by_each_of_its_keys(store: Store) -> None:
    kept = keep_account(store, replace(KIM, subject="iss 1"))
    assert (kept.email, kept.roles, kept.version) == ("kim@dari.example", ("admin", "staff"), 1)
    for key, value in (("id", kept.id), ("uniquifier", "u1"), ("subject", "iss 1")):
        # The key is one of the literal names, which a loop over a tuple widens to str.
        assert find_account(store, key, value) == kept  # type: ignore[arg-type]
    assert find_account(store, "email", "KIM@dari.example") == kept
    assert find_account(store, "subject", None) is None
    assert accounts(store) == [kept]


def test_two_accounts_share_neither_address_nor_name(store: Store) -> None:
    keep_account(store, KIM)
    for other in ({"name": "Lee"}, {"email": "lee@dari.example", "name": "KIM"}):
        with pytest.raises(AccountError):
            keep_account(store, replace(KIM, uniquifier="u2", **other))
    assert free_name(store, "kim@other.example") == "kim-2"


def test_no_change_is_lost_to_another(store: Store) -> None:
    kept = keep_account(store, KIM)
    keep_account(store, replace(kept, name="Park"))
    with pytest.raises(AccountError) as caught:
        keep_account(store, replace(kept, roles=("staff",)))
    assert caught.value.errors[0].code == "account_changed"
    assert account_of(store, kept.email).roles == ("admin", "staff")


def test_a_code_and_a_recovery_code_are_taken_once(store: Store) -> None:
    kept = keep_account(store, KIM)
    assert [take_counter(store, kept.id, step) for step in (7, 7, 6, 8)] == [
        True,
        False,
        False,
        True,
    ]
    assert [take_recovery(store, kept.id, "a") for _ in range(2)] == [True, False]
    assert account_of(store, kept.email).recovery == ("b",)


def test_an_account_is_removed(store: Store) -> None:
    keep_account(store, KIM)
    remove_account(store, "kim@dari.example")
    assert accounts(store) == []
    with pytest.raises(AccountError):
        remove_account(store, "kim@dari.example")


def test_sessions_end_with_their_uniquifier_their_account_and_a_restore(
    store: Store, tmp_path: Path
) -> None:
    kept = keep_account(store, KIM)
    over = Over(NOW - timedelta(days=9_999), NOW - timedelta(days=9_999))

    def handles() -> list[str]:
        return [one.handle for one in sessions_of(store, kept.id, over)]

    open_session(store, kept.id, "a", kept.uniquifier, "Firefox, Linux", over)
    open_session(store, kept.id, "b", "of-before", "", over)
    assert (handles(), is_open(store, "b")) == (["a"], True)
    changed = keep_account(store, replace(kept, uniquifier="anew"))
    assert (handles(), is_open(store, "a"), is_open(store, "b")) == ([], False, False)
    open_session(store, kept.id, "c", "anew", "", over)
    back_up(store, tmp_path / "b.zip")
    restore(store, tmp_path / "b.zip", replace=True)
    assert not is_open(store, "c")
    open_session(store, kept.id, "d", "anew", "", over)
    open_session(store, 99, "e", "x", "", over)
    assert [one.what for one in faults(store) if one.kind == "session"] == [
        "its account is not held"
    ]
    remove_account(store, changed.email)
    assert not is_open(store, "d")
    later = Over(rows.now() + timedelta(days=1), NOW)
    open_session(store, 99, "f", "x", "", later)
    assert (is_open(store, "e"), is_open(store, "f")) == (False, True)


def test_an_account_speaks_for_no_erased_profile(store: Store) -> None:
    from profiles.vectors import Vectors

    firm = Startup.model_validate({"id": "firm", "name": {"en": "Firm"}, "summary": "Sensors"})
    store.put_many([(firm, Vectors("e"))])
    keep_account(store, replace(KIM, profile="firm"))
    assert faults(store) == []
    store.erase("firm")
    assert account_of(store, KIM.email).profile is None
    kept = account_of(store, KIM.email)
    keep_account(store, replace(kept, profile="nobody"))
    found = [one for one in faults(store) if one.kind == "account"]
    assert [one.what for one in found] == ["what it speaks for is not held"]


def test_accounts_go_into_a_backup_and_come_back(store: Store, tmp_path: Path) -> None:
    kept = keep_account(store, replace(KIM, confirmed_at=NOW, totp="{}", totp_counter=2**40))
    back_up(store, tmp_path / "b.zip")
    restore(store, tmp_path / "b.zip", replace=True)
    assert accounts(store) == [kept]
    assert keep_account(store, replace(KIM, email="x@y.example", name="X", uniquifier="2")).id > 0
