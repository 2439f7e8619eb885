"""Owns `dari key`: making, listing and revoking the keys of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, say, short_work, show

if TYPE_CHECKING:
    from profiles.api_keys import ApiKey

_BY = click.option("--by", default="command line", show_default=True, help="Who does it.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group()
def key() -> None:
    """Make, list and revoke the keys by which programs call the API."""


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(["read", "write", "submit", "evaluate", "admin"]),
    help="What it allows; give it once for each. admin allows everything.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="After how many days it expires.")
@_BY
@_JSON
@short_work()
def add(name: str, scopes: tuple[str, ...], days: int | None, by: str, as_json: bool) -> None:
    """Make a key for NAME, and print it: only a hash is kept, so it is never shown again."""
    from profiles.api_keys import add_key
    from profiles.rows import now

    made, shown = add_key(opened().store, name, scopes, days=days, by=by)
    if as_json:
        print_json({**made.as_json(now()), "key": shown})
    else:
        until = f" until {made.expires_at:%Y-%m-%d}" if made.expires_at else ""
        say(f"A key for {made.name}{until}; keep it now, it is not shown again:")
        click.echo(shown)


@key.command("list")
@_JSON
@short_work()
def list_(as_json: bool) -> None:
    """List the keys with what they allow, until when, and when they were used last."""
    from profiles.api_keys import keys
    from profiles.rows import now

    found, at = keys(opened().store), now()
    if as_json:
        print_json([one.as_json(at) for one in found])
    else:
        show(_table([one.as_json(at) for one in found]) if found else "There are none.")


@key.command()
@click.argument("prefix")
@_BY
@short_work()
def revoke(prefix: str, by: str) -> None:
    """Revoke the key with this PREFIX, or the key itself, for good."""
    from profiles.api_keys import prefix_of, revoke_key

    gone: ApiKey = revoke_key(opened().store, prefix_of(prefix) or prefix, by=by)
    say(f"Revoked: the key {gone.prefix} of {gone.name}.")


_COLUMNS = ("prefix", "name", "scopes", "state", "created_at", "expires_at", "last_used")
_TIMES = ("created_at", "expires_at", "last_used")


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_lines=False)
    for name in _COLUMNS:
        table.add_column(f"{name} (UTC)" if name in _TIMES else name)
    for row in rows:
        cells = {n: v and v[:16].replace("T", " ") if n in _TIMES else v for n, v in row.items()}
        table.add_row(*(escape(_cell(cells[name])) for name in _COLUMNS))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return ", ".join(value) if isinstance(value, list) else str(value)
