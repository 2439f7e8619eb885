"""Passwords are looked up in a list of breached ones, halving the file, and nothing is sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.accounts import AccountError
from service.passwords import is_breached


def listed(path: Path, passwords: list[str], ending: str = ":3\r\n") -> Path:
    hashes = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in passwords)
    path.write_bytes("".join(one + ending for one in hashes).encode())
    return path


@given(st.lists(st.text(max_size=8), max_size=40, unique=True), st.text(max_size=8))
def test_a_password_is_found_if_and_only_if_it_is_listed(passwords, other) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = listed(Path(folder) / "list.txt", passwords)
        assert all(is_breached(one, file) for one in passwords)
        assert is_breached(other, file) == (other in passwords)


def test_lists_without_counts_and_in_small_letters_are_read(tmp_path: Path) -> None:
    file = listed(tmp_path / "list.txt", ["one", "two"], "\n")
    file.write_bytes(file.read_bytes().lower())
    assert is_breached("two", file)
    assert not is_breached("three", file)


def test_a_list_that_cannot_be_read_is_said_and_lets_no_password_pass(tmp_path: Path) -> None:
    with pytest.raises(AccountError):
        is_breached("one", tmp_path / "gone.txt")
