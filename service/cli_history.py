"""Owns the `history` command: who changed what of a record, and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, show

if TYPE_CHECKING:
    from profiles import FieldChange, Revision

_LONGEST_CELL = 200


@click.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def history(id: str, as_json: bool) -> None:
    """Show every revision of a profile, tie or programme: who, when, and what changed."""
    from profiles import differences

    revisions = opened().store.history(id)
    steps = []
    before: Revision | None = None
    for one in revisions:
        known = before.payload if before and before.kind == one.kind else None
        steps.append((one, differences(known, one.payload)))
        before = one
    if as_json:
        print_json([_json(one, changes) for one, changes in steps])
    else:
        show(_table(steps))


def _json(one: Revision, changes: tuple[FieldChange, ...]) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.id,
        "revision": one.number,
        "at": one.at.isoformat(),
        "by": one.by,
        "erased": one.payload is None,
        "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in changes],
    }


def _table(steps: list[tuple[Revision, tuple[FieldChange, ...]]]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_lines=True)
    for name in ("revision", "at (UTC)", "by", "what changed"):
        table.add_column(name, overflow="fold")
    for one, changes in steps:
        told = [f"{c.field}: {_short(c.before)} → {_short(c.after)}" for c in changes]
        what = "\n".join(told) if one.payload is not None else "erased"
        at = one.at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(f"{one.kind} {one.number}", at, escape(one.by), escape(what))
    return table


def _short(value: object) -> str:
    from profiles.errors import shorten

    return "–" if value is None else shorten(json.dumps(value, ensure_ascii=False), _LONGEST_CELL)
