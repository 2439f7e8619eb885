"""Owns the commands by which people get at, withdraw and erase what is held about them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, say, show

if TYPE_CHECKING:
    from profiles.privacy import Appearance, Idle
    from service.privacy import Expiry
    from service.searching import Proof
    from service.wiring import Dari

_BY = click.option(
    "--by", default="command line", show_default=True, help="Who does it, for the history."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_JUDGE = click.option(
    "--judge", is_flag=True, help="ID is the name under which one of the staff judges and works."
)
_ACCOUNT = click.option(
    "--account", is_flag=True, help="ID is the e-mail address of somebody's account."
)
_MOST_ROWS = 50


@click.command()
@click.argument("id")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_JUDGE
@_ACCOUNT
def held(id: str, file: Path, judge: bool, account: bool) -> None:
    """Write everything that is held about a profile to FILE, a ZIP of CSV and JSON.

    With --judge, what judging holds under the name of a judge; with --account, what is held of an
    account, as JSON.
    """
    from profiles.accounts import account_of
    from profiles.judges import held_of_judge
    from profiles.privacy import held as find
    from service.held_files import held_zip
    from service.judge_files import judge_zip
    from service.managing import held_of_account
    from service.privacy import now
    from service.sessions import over

    with _opened() as dari:
        if account:
            ended = over(dari.settings)
            told = held_of_account(dari.store, account_of(dari.store, id), ended)
            packed = json.dumps(told, ensure_ascii=False, indent=2).encode()
        elif judge:
            packed = judge_zip(held_of_judge(dari.store, id), now())
        else:
            packed = held_zip(find(dari.store, id), now())
    write_private(file, packed)
    say(f"Written: {file} ({len(packed):,} bytes). It holds personal data: keep it safe.")


@click.command()
@click.argument("id")
@click.option("--prove", is_flag=True, help="Search everything for remains; exit 1 if any.")
@_BY
@_JSON
@click.option("--yes", is_flag=True, help="Erase without asking.")
@_JUDGE
@_ACCOUNT
def erase(
    id: str, prove: bool, by: str, as_json: bool, yes: bool, judge: bool, account: bool
) -> None:
    """Erase a profile for good: row, revisions, vectors, ties, verdicts, snapshots.

    What has been merged into it goes with it; the question names it. Its id is taken out of
    conflict lists and programmes, too. Exit status 1 means that something of it is left; what, and
    where, is said.

    With --judge, the name and notes of a judge go; the grades stay under a name that tells nothing.
    With --account, an account goes, with the letters to it that wait in the outbox.
    """
    from profiles.merging import merged_into
    from service import privacy

    if account:
        _erase_account(id, prove=prove, as_json=as_json, yes=yes)
        return
    if judge:
        _erase_judge(id, prove=prove, as_json=as_json, yes=yes)
        return
    proof = None
    with _opened() as dari:
        dari.store.get(id)
        merged = merged_into(dari.store, [id]).get(id, [])
        if not yes:
            click.confirm(_asked(merged), abort=True, err=True)
        if prove:
            named, left, proof = privacy.erase_and_prove(dari, id, by=by, tell=say)
        else:
            named, left = privacy.erase(dari, [id], by=by, tell=say)
    say(f"Erased: {id}{', and what was merged into it: ' if merged else ''}{', '.join(merged)}.")
    _say_named(id, named)
    for sentence in left:
        say(sentence)
    if as_json:
        print_json({
            "erased": [id, *merged],
            "left": left,
            "proof": proof.as_json() if proof else None,
        })
    elif proof:
        show(*proof_tables(proof))
    if left or (proof and not proof.is_clean):
        sys.exit(1)


def _erase_account(email: str, *, prove: bool, as_json: bool, yes: bool) -> None:
    """Remove an account and the letters to it, clean the disk, and search for the address."""
    from profiles.accounts import account_of
    from profiles.remains import rebuild, settle
    from service.managing import drop_account
    from service.privacy import forget_letters
    from service.searching import search
    from service.traces import Trace

    with _opened() as dari:
        found = account_of(dari.store, email)
        if not yes:
            click.confirm(f"Erase the account of {found.email} for good?", abort=True, err=True)
        drop_account(dari.store, found)
        forget_letters(dari.settings, [found.email])
        left = settle(dari.store, tell=say)
        traces = [Trace("e-mail address", text=found.email, any_case=True)]
        proof = search(dari.store, dari.settings.home, traces) if prove else None
        if proof and any(one.place == "database" for one in proof.remains):
            left += rebuild(dari.store)
            proof = search(dari.store, dari.settings.home, traces)
        if proof:
            proof.notes.append("the name is not searched for: histories name editors by it")
    say(f"Erased: the account of {found.email}. Histories keep the name {found.name}.")
    for sentence in left:
        say(sentence)
    if as_json:
        told = proof.as_json() if proof else None
        print_json({"erased": [found.email], "left": left, "proof": told})
    elif proof:
        show(*proof_tables(proof))
    if left or (proof and not proof.is_clean):
        sys.exit(1)


def _erase_judge(name: str, *, prove: bool, as_json: bool, yes: bool) -> None:
    """Erase a judge's name and notes, take them off the disk, and search for them if asked."""
    from profiles.judges import erase_judge, held_of_judge
    from profiles.remains import rebuild, settle
    from service.searching import search
    from service.traces import traces_of_judge

    with _opened() as dari:
        found = held_of_judge(dari.store, name)
        if not yes:
            click.confirm(_asked_of_judge(name, len(found.judgements)), abort=True, err=True)
        traces, untold = traces_of_judge(found)
        gone = erase_judge(dari.store, name)
        left = settle(dari.store, tell=say)
        proof = search(dari.store, dari.settings.home, traces) if prove else None
        if proof and any(one.place == "database" for one in proof.remains):
            left += rebuild(dari.store)
            proof = search(dari.store, dari.settings.home, traces)
        if proof:
            proof.notes += untold
    say(f"Erased: the name and notes of {gone} judgements by {name}. The grades stay.")
    for sentence in left:
        say(sentence)
    if as_json:
        print_json({
            "erased": [name],
            "judgements": gone,
            "left": left,
            "proof": proof.as_json() if proof else None,
        })
    elif proof:
        show(*proof_tables(proof))
    if left or (proof and not proof.is_clean):
        sys.exit(1)


@click.command()
@click.argument("id")
@_BY
def withdraw(id: str, by: str) -> None:
    """Withdraw a startup's consent: contact and consent go, from older revisions too."""
    from profiles.remains import settle
    from service.privacy import withdraw as take_out

    with _opened() as dari:
        profile = dari.store.get(id)
        scrubbed = take_out(dari, id, by=by)
        left = settle(dari.store, tell=say)
    if scrubbed or getattr(profile, "consent", None):
        say(f"Withdrawn: {id}; the address was taken out of {scrubbed} revisions.")
    else:
        say(f"Nothing to withdraw: {id} holds no consent and no address.")
    for sentence in left:
        say(sentence)
    if left:
        sys.exit(1)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only list; erase nothing.")
@click.option("--yes", is_flag=True, help="Erase without asking.")
@_BY
@_JSON
def expire(dry_run: bool, yes: bool, by: str, as_json: bool) -> None:
    """Erase the startups that nobody has changed or judged for DARI_RETENTION_INACTIVE_DAYS.

    Lists them, and those that will expire within 30 days. Partners never expire.
    """
    from service import privacy

    with _opened() as dari:
        found = privacy.expiry(dari, privacy.now())
        if as_json:
            print_json(found.as_json())
        else:
            show(*_expiry_tables(found))
        if dry_run or not found.expired:
            return
        if not yes:
            click.confirm(_asked_of(found), abort=True, err=True)
        erased, left = privacy.erase_expired(dari, found, by=by, tell=say)
    say(f"Erased: {', '.join(erased) or 'nothing'}.")
    for sentence in left:
        say(sentence)
    if left:
        sys.exit(1)


@contextmanager
def _opened() -> Iterator[Dari]:
    """Open the installation, and close it at the end: SQLite's log goes with the last reader."""
    dari = opened()
    try:
        yield dari
    finally:
        dari.store.close()


def write_private(file: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    from profiles import DariError

    part = file.with_name(f"{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(data)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DariError(
            value=file,
            rule=f"The file cannot be written: {error.strerror}.",
            remedy="Choose a folder that exists and can be written.",
        ) from error


def _asked(merged: list[str]) -> str:
    also = f", and what was merged into it ({', '.join(merged)}):" if merged else ":"
    return f"Erase the profile{also} texts, vectors, ties and verdicts, for good?"


def _asked_of_judge(name: str, judgements: int) -> str:
    return f"Take the name {name} and its notes out of {judgements} judgements, for good?"


def _asked_of(found: Expiry) -> str:
    merged = [id for one in found.expired for id in found.merged.get(one.id, ())]
    also = f", and what was merged into them ({', '.join(merged)})," if merged else ""
    return f"Erase {len(found.expired)} startups{also} for good?"


def _say_named(id: str, named: list[Appearance]) -> None:
    for one in named:
        if one.id != id:
            say(f"Its id was taken out of the {one.field} of {one.kind} {one.id}.")


def proof_tables(proof: Proof) -> list[Any]:
    """Tell a proof in tables and sentences."""
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    searched = Table(title=f"Searched for {proof.traces} traces", title_justify="left")
    searched.add_column("place", overflow="fold")
    for name in ("files", "bytes"):
        searched.add_column(name, justify="right")
    for place, (files, size) in proof.searched.items():
        searched.add_row(escape(place), f"{files:,}", f"{size:,}")
    shown: list[Any] = [searched]
    rows: list[tuple[str, ...]] = [
        (one.where, one.what, ", ".join(one.also_of) or "nobody else")
        for one in sorted(proof.found, key=lambda one: (bool(one.also_of), one.where, one.what))
    ]
    if rows:
        shown.append(_table("Found", ("where", "what", "also of"), rows))
    shown += [Text(f"Could not be read: {one}") for one in proof.unread]
    shown += [Text(note) for note in proof.notes[:_MOST_ROWS]]
    return [*shown, Text(_verdict(proof))]


def _verdict(proof: Proof) -> str:
    if proof.remains:
        return f"Found: {len(proof.remains)} remains. Delete what is named above."
    if proof.unread:
        return "Found: nothing in what could be read, but not everything could be."
    others = len(proof.found)
    return "Found: nothing." + (f" {others} findings belong to others, too." if others else "")


def _expiry_tables(found: Expiry) -> list[Any]:
    def rows(ones: tuple[Idle, ...]) -> list[tuple[str, ...]]:
        return [
            (
                one.id,
                one.name,
                ", ".join(found.merged.get(one.id, ())),
                f"{one.last:%Y-%m-%d}",
                f"{found.day_of(one):%Y-%m-%d}",
            )
            for one in ones
        ]

    columns = ("id", "name", "merged into it", "last active", "expires")
    return [
        _table(f"Expired: {len(found.expired)}", columns, rows(found.expired)),
        _table(f"Expiring within 30 days: {len(found.expiring)}", columns, rows(found.expiring)),
    ]


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows[:_MOST_ROWS]:
        table.add_row(*map(escape, row))
    if len(rows) > _MOST_ROWS:
        table.caption = f"and {len(rows) - _MOST_ROWS} more (--json shows all)"
    return table
