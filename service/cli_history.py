"""Owns the `history` command: who changed what of a record, and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, show

if TYPE_CHECKING:
    from profiles import Revision, Step

_LONGEST_CELL = 200


@click.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def history(id: str, as_json: bool) -> None:
    """Show every revision of a profile, tie or programme: who, when, and what changed.

    The verdicts on a profile's matches are told, too.
    """
    from profiles import steps

    told = steps(opened().store.history(id))
    if as_json:
        print_json([_json(one) for one in told])
    else:
        show(_table(told))


def _json(step: Step) -> dict[str, Any]:
    one = step.revision
    changes = [{"field": c.field, "before": c.before, "after": c.after} for c in step.changes]
    return {
        "kind": one.kind,
        "id": one.id,
        "revision": one.number,
        "at": one.at.isoformat(),
        "by": one.by,
        "erased": one.payload is None,
        "changes": changes,
        **({"verdict": one.payload} if one.kind == "verdict" else {}),
    }


def _table(told: list[Step]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_lines=True)
    for name in ("revision", "at (UTC)", "by", "what changed"):
        table.add_column(name, overflow="fold")
    for step in told:
        one = step.revision
        at = one.at.strftime("%Y-%m-%d %H:%M:%S")
        what = escape("\n".join(_told(step)))
        table.add_row(f"{one.kind} {one.number}", at, escape(one.by), what)
    return table


def _told(step: Step) -> list[str]:
    if step.revision.payload is None:
        return ["erased"]
    if step.revision.kind == "verdict":
        return [_statement(step.revision)]
    return [f"{c.field}: {_short(c.before)} → {_short(c.after)}" for c in step.changes]


def _statement(one: Revision) -> str:
    from profiles.errors import shorten

    said = one.payload or {}
    rank = f", shown at rank {said['shown_rank']}" if said.get("shown_rank") else ""
    note = f": {shorten(said['note'], _LONGEST_CELL)}" if said.get("note") else ""
    return f"{said['candidate']} is a {said['label']} match{rank} by {said['model_version']}{note}"


def _short(value: object) -> str:
    from profiles.errors import shorten

    return "–" if value is None else shorten(json.dumps(value, ensure_ascii=False), _LONGEST_CELL)
