"""Owns the commands that keep an installation safe: verify, snapshot, back up, restore."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, read_settings, say, show, stages

if TYPE_CHECKING:
    from index import Verification
    from profiles import Store

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def index() -> None:
    """Look after the search index: compare it with the database, keep a snapshot."""


@index.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(as_json: bool) -> None:
    """Compare index, newest snapshot and database row by row.

    Every difference is printed. Exit status 1 means that there is one.
    """
    from index import load_encoder, verify
    from profiles import Store

    settings = read_settings()
    with closing(Store.open(settings.database)) as store, stages() as progress:
        encoder = load_encoder(settings.encoder)
        found = verify(store, encoder, settings.snapshots, progress=progress)
    if as_json:
        print_json(found.as_json())
    else:
        show(*_tables(found))
    if found.differences:
        sys.exit(1)


@index.command()
def snapshot() -> None:
    """Write a snapshot of the index, so that the next process starts fast."""
    say(f"Written: {opened().follower.write_snapshot()}.")


@click.command()
@click.argument("file", type=_FILE)
def backup(file: Path) -> None:
    """Write everything that the database holds to one FILE; the server may go on writing.

    The keys of the installation and the settings are not in it.
    """
    from profiles import Store
    from profiles.backup import back_up

    with closing(Store.open(read_settings().database)) as store, stages() as progress:
        manifest = back_up(store, file, progress=progress)
    say(f"Written: {file} ({manifest.rows:,} rows, {file.stat().st_size:,} bytes).")


@click.command()
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Replace what the database holds; it is lost.")
@click.option("--yes", is_flag=True, help="Do not ask before replacing.")
def restore(file: Path, replace: bool, yes: bool) -> None:
    """Make an empty installation from a backup FILE, whichever database it is of.

    The whole file is checked before anything is written.
    """
    from index import discard
    from profiles import DariError, Store
    from profiles.restoring import restore as restore_into
    from service.wiring import make_home as make_home

    settings = read_settings()
    if replace and not yes:
        click.confirm("Replace everything that the database holds, for good?", abort=True)
    make_home(settings.home)
    with closing(Store.open(settings.database)) as store, stages() as progress:
        try:
            manifest = restore_into(store, file, replace=replace, progress=progress)
        except DariError:
            _discard_empty(store)
            raise
    discard(settings.snapshots)
    made = manifest.made_at.isoformat(timespec="seconds")
    say(f"Restored: {manifest.rows:,} rows as of {made}. Next: dari init")


def _discard_empty(store: Store) -> None:
    """Take away the SQLite file that the opening made, where nothing has been written to it."""
    from profiles.remains import database_files

    store.close()
    for path in map(Path, database_files(store)[:1]):
        if path.is_file() and path.stat().st_size == 0:
            path.unlink()


def _tables(found: Verification) -> list[Any]:
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    shown = f"{found.profiles:,} profiles and {found.ties:,} ties up to change {found.seq:,}"
    held = f"snapshot: {found.snapshot or 'none'}"
    if not found.differences:
        return [Text(f"No difference: {shown}; {held}.")]
    table = Table(title="Differences", title_justify="left")
    for name in ("where", "kind", "id", "what"):
        table.add_column(name, overflow="fold")
    for one in found.differences:
        table.add_row(*(escape(cell) for cell in (one.where, one.kind, one.id, one.what)))
    return [table, Text(f"{len(found.differences):,} differences in {shown}; {held}.")]
