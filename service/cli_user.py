"""Owns the commands on the accounts of people: `dari user`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from service.console import Word, opened, print_json, say, show, tell_in

if TYPE_CHECKING:
    from flask import Flask

    from profiles.accounts import Account
    from service.wiring import Dari


def _roles() -> list[str]:
    from service.roles import Role

    return [role.value for role in Role]


_ADDRESS = click.option(
    "--address",
    help="Where Dari is reached, for the link (DARI_PUBLIC_URL, else where it was last served).",
)
_LANG = click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of what goes wrong.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_ROLE = click.option("--role", "roles", multiple=True, required=True, type=Word(_roles))
_PROFILE = click.option("--profile", help="Id of the startup or partner that it speaks for.")


@click.group()
def user() -> None:
    """Add, list and change the accounts of people.

    A password is asked for where one can type, or chosen by a link that is printed; it is never an
    argument of a command.
    """


@user.command()
@click.argument("email")
@_ROLE
@click.option("--name", default="", help="Name for the history (what stands before the @).")
@_PROFILE
@click.option("--link", is_flag=True, help="Print a link by which the person chooses a password.")
@_ADDRESS
@_LANG
def add(
    email: str,
    roles: tuple[str, ...],
    name: str,
    profile: str | None,
    link: bool,
    address: str | None,
    lang: str | None,
) -> None:
    """Add an account. Without --link the password is asked for, twice."""
    from service.managing import add_account, checked_email

    with _at_work(lang, address) as (dari, app):
        hashed = None if link else _hashed(app, checked_email(email))
        made = add_account(dari.store, email, roles, name=name, profile=profile, password=hashed)
        say(f"Added: {made.email} ({', '.join(made.roles)}), called {made.name}.")
        if link:
            _print_link(made)


@user.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """List the accounts with their roles and state."""
    from rich.markup import escape
    from rich.table import Table

    from profiles.accounts import accounts

    with _at_work(None, None) as (dari, _app):
        found = accounts(dari.store)
    if as_json:
        print_json([_row(one) for one in found])
        return
    table = Table(title=f"Accounts: {len(found)}", title_justify="left")
    for column in ("e-mail", "name", "roles", "speaks for", "second step", "state"):
        table.add_column(column, overflow="fold")
    for one in found:
        step = "on" if one.totp else "off"
        cells = (one.email, one.name, ", ".join(one.roles), one.profile or "", step, _state(one))
        table.add_row(*map(escape, cells))
    show(table)


@user.command()
@click.argument("email")
@_ROLE
@_PROFILE
@_LANG
def role(email: str, roles: tuple[str, ...], profile: str | None, lang: str | None) -> None:
    """Give an account these roles in place of those that it has; --profile changes for whom."""
    from profiles.accounts import account_of
    from service.managing import change_account

    with _at_work(lang, None) as (dari, _app):
        found = account_of(dari.store, email)
        speaks = found.profile if profile is None else profile
        if not set(roles) & {"startup", "partner"}:
            speaks = None
        changed = change_account(dari.store, found, name=found.name, roles=roles, profile=speaks)
    say(f"Changed: {changed.email} is {', '.join(changed.roles)}.")


@user.command("sign-out")
@click.argument("email")
@_LANG
def sign_out(email: str, lang: str | None) -> None:
    """End every session of an account; its password stays."""
    from profiles.accounts import account_of
    from service.managing import end_all_sessions

    with _at_work(lang, None) as (dari, _app):
        end_all_sessions(dari.store, account_of(dari.store, email))
    say(f"Signed out on every device: {email}.")


@user.command()
@click.argument("email")
@click.option("--undo", is_flag=True, help="Open it again.")
@_LANG
def disable(email: str, undo: bool, lang: str | None) -> None:
    """Shut an account: nobody can sign in to it, and every session of it ends at once."""
    from profiles.accounts import account_of
    from service.managing import disable_account

    with _at_work(lang, None) as (dari, _app):
        disable_account(dari.store, account_of(dari.store, email), disabled=not undo)
    say(f"{'Opened again' if undo else 'Shut'}: {email}.")


@user.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Remove without asking.")
@_LANG
def remove(email: str, yes: bool, lang: str | None) -> None:
    """Remove an account for good; histories keep the name. `dari erase --account` proves it."""
    from profiles.accounts import account_of
    from service.managing import drop_account

    with _at_work(lang, None) as (dari, _app):
        found = account_of(dari.store, email)
        if not yes:
            click.confirm(f"Remove the account of {found.email} for good?", abort=True, err=True)
        drop_account(dari.store, found)
    say(f"Removed: {email}.")


@user.command()
@click.argument("email")
@_ADDRESS
@_LANG
def reset(email: str, address: str | None, lang: str | None) -> None:
    """Take password and second step away, end every session, and print a link to choose anew."""
    from profiles.accounts import account_of
    from service.managing import reset_account

    with _at_work(lang, address) as (dari, _app):
        found = reset_account(dari.store, account_of(dari.store, email))
        say(f"Reset: {found.email}.")
        _print_link(found)


@contextmanager
def _at_work(lang: str | None, address: str | None) -> Iterator[tuple[Dari, Flask]]:
    """Open the installation, and stand where a page would: links are made as pages make them."""
    from service.accounts import bare_app
    from service.served import last_served

    dari = opened()
    language = lang or dari.settings.language
    tell_in(language)
    app = bare_app(dari, language)
    base = address or dari.settings.public_url or last_served(dari.settings.home)
    try:
        with app.test_request_context(base_url=base):
            yield dari, app
    finally:
        dari.store.close()


def _hashed(app: Flask, email: str) -> str:
    """Ask for a new password, hold it to the rules, and give its hash.

    Raises:
        AccountError: if it is too short, known or easily guessed.
    """
    from flask_security import hash_password

    from profiles.accounts import AccountError

    given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    util: Any = app.extensions["security"].password_util
    wrong, plain = util.validate(given, True, email=email)
    if wrong:
        raise AccountError("password", "account_password", "…", why=" ".join(wrong))
    return str(hash_password(plain))


def _print_link(account: Account) -> None:
    from service.accounts import one_time_link

    say("By this link a password is chosen, once, within a day:")
    click.echo(one_time_link(account))
    sys.stdout.flush()


def _row(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "name": account.name,
        "roles": list(account.roles),
        "profile": account.profile,
        "second_step": bool(account.totp),
        "state": _state(account),
    }


def _state(account: Account) -> str:
    if not account.is_active:
        return "shut"
    if not account.password:
        return "no password yet"
    return "in use" if account.confirmed_at else "not confirmed"
