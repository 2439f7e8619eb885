"""`dari user`: accounts from the shell, and what is held and erased of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from service.cli import main
from service.served import note_served
from tests.service.accounts import PASSWORD

STRONG = "korrekt batterie pferd klammer"


def rows(dari: Any) -> dict[str, Any]:
    return {one["email"]: one for one in json.loads(dari("user", "list", "--json").stdout)}


def typed(text: str, *words: str) -> Any:
    from click.testing import CliRunner

    return CliRunner().invoke(main, list(words), input=text)


def test_the_first_admin_is_added_with_a_password_that_is_asked_for(dari: Any) -> None:
    words = ("user", "add", "Kim@dari.example", "--role", "admin", "--name", "Kim")
    done = typed(f"{STRONG}\n{STRONG}\n", *words)
    assert done.exit_code == 0, done.output
    assert STRONG not in done.output
    found = rows(dari)["kim@dari.example"]
    assert (found["roles"], found["state"], found["name"]) == (["admin"], "in use", "Kim")


@pytest.mark.parametrize("password", ["short", "passwordpassword"])
def test_a_poor_password_is_refused(dari: Any, password: str) -> None:
    words = ("user", "add", "kim@dari.example", "--role", "admin")
    done = typed(f"{password}\n{password}\n", *words)
    assert done.exit_code == 1
    assert "cannot be used" in done.output
    assert password not in done.output.replace("Password:", "")
    assert rows(dari) == {}


def test_no_password_can_be_an_argument() -> None:
    group = main.commands["user"]
    assert isinstance(group, click.Group)
    names = {one.name for one in group.commands["add"].params}
    assert not [name for name in names if "pass" in (name or "")]


def test_a_link_is_printed_and_lets_a_person_choose_a_password(dari: Any, token: str) -> None:
    from service import create_app
    from service.settings import Settings
    from tests.service.accounts import enter, submit

    words = ("user", "add", "kim@dari.example", "--role", "staff", "--link")
    done = dari(*words, "--address", "https://dari.example.kr")
    link = done.stdout.strip()
    assert link.startswith("https://dari.example.kr/account/forgotten/")
    app = create_app(Settings(home=Path(os.environ["DARI_HOME"])))
    path = link.removeprefix("https://dari.example.kr")
    chosen = {"password": PASSWORD, "password_confirm": PASSWORD}
    assert submit(app.test_client(), path, chosen).status_code == 302
    client = app.test_client()
    assert enter(client, "kim@dari.example").status_code == 302
    assert client.get("/account").status_code == 200
    assert dari("user", "sign-out", "kim@dari.example").exit_code == 0
    assert client.get("/account").status_code == 401
    assert enter(client, "kim@dari.example").status_code == 302
    app.extensions["dari"].store.close()


def test_roles_change_and_an_account_is_shut_and_opened(dari: Any) -> None:
    dari("user", "add", "boss@dari.example", "--role", "admin", "--link")
    dari("user", "add", "kim@dari.example", "--role", "staff", "--link")
    assert dari("user", "role", "kim@dari.example", "--role", "evaluator").exit_code == 0
    assert rows(dari)["kim@dari.example"]["roles"] == ["evaluator"]
    dari("user", "disable", "kim@dari.example")
    assert rows(dari)["kim@dari.example"]["state"] == "shut"
    dari("user", "disable", "kim@dari.example", "--undo")
    assert rows(dari)["kim@dari.example"]["state"] == "no password yet"
    refused = dari("user", "disable", "boss@dari.example")
    assert refused.exit_code == 1
    assert "last admin" in refused.output
    again = dari("user", "reset", "kim@dari.example")
    assert "/account/forgotten/" in again.stdout
    assert dari("user", "remove", "kim@dari.example", "--yes").exit_code == 0
    assert list(rows(dari)) == ["boss@dari.example"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "nobody", "--role", "staff"), "whole e-mail"),
        (("role", "nobody@x.example", "--role", "staff"), "no account"),
        (("add", "k@x.example", "--role", "startup", "--profile", "nope", "--link"), "no startup"),
    ],
)
def test_what_is_wrong_is_said(dari: Any, words: tuple[str, ...], said: str) -> None:
    done = dari("user", *words)
    assert done.exit_code == 1
    assert said in done.output


def test_what_is_held_of_an_account_is_given_and_erased_with_proof(
    dari: Any, tmp_path: Path
) -> None:
    email = "quiet.person@dari.example"
    dari("user", "add", email, "--role", "staff", "--name", "Quiet", "--link")
    file = tmp_path / "held.json"
    assert dari("held", email, file, "--account").exit_code == 0
    assert json.loads(file.read_text())["email"] == email
    outbox = Path(os.environ["DARI_HOME"]) / "outbox"
    outbox.mkdir(exist_ok=True)
    (outbox / "letter.eml").write_text(f"To: {email}\nSubject: x\n\nx\n")
    done = dari("erase", email, "--account", "--yes", "--prove", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["proof"]["clean"]
    assert not list(outbox.iterdir())
    assert rows(dari) == {}


def test_the_command_line_imports_nothing_of_accounts_before_they_are_asked_for() -> None:
    code = (
        "import sys, service.cli; "
        "known = ('flask', 'flask_security', 'authlib', 'zxcvbn'); "
        "print([one for one in known if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("host", "port", "base"),
    [
        ("127.0.0.1", 8123, "http://127.0.0.1:8123/"),
        ("0.0.0.0", 9000, "http://127.0.0.1:9000/"),
        ("::1", 8001, "http://[::1]:8001/"),
    ],
)
def test_a_link_leads_to_where_dari_was_last_served(
    dari: Any, host: str, port: int, base: str
) -> None:
    note_served(Path(os.environ["DARI_HOME"]), host, port)
    done = dari("user", "add", "kim@dari.example", "--role", "staff", "--link")
    assert base in done.stdout
    assert "https://dari.example/" in dari(
        "user", "reset", "kim@dari.example", "--address", "https://dari.example"
    ).stdout  # fmt: skip


def test_a_link_leads_to_port_8000_where_nobody_has_served_yet(dari: Any) -> None:
    done = dari("user", "add", "kim@dari.example", "--role", "staff", "--link")
    assert "http://127.0.0.1:8000/" in done.stdout
