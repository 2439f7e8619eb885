"""Owns the `history` command: who changed what of a record, and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles import Revision, Step
    from profiles.merging import Told

_LONGEST_CELL = 200


@click.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def history(id: str, as_json: bool) -> None:
    """Show every revision of a profile, tie or programme: who, when, and what changed.

    The verdicts on a profile's matches are told, too, and the merges that it took part in.
    """
    from profiles import steps
    from profiles.merging import merges_of, merges_told

    store = opened().store
    told = steps(store.history(id))
    merges = {key: _merge(what) for key, what in merges_told(id, merges_of(store, id)).items()}
    if as_json:
        print_json([_json(one, merges) for one in told])
    else:
        show(_table(told, merges))


def _merge(told: Told) -> str:
    what, one = told
    if what == "took in":
        return f"{one.dropped} was merged into it (merge {one.number})"
    if what == "merged":
        return f"merged into {one.kept} (merge {one.number})"
    return f"merge {one.number} was undone: {one.dropped} stands by itself again"


def _json(step: Step, merges: Mapping[tuple[str, str, int], str]) -> dict[str, Any]:
    one = step.revision
    changes = [{"field": c.field, "before": c.before, "after": c.after} for c in step.changes]
    more = {"merged_into": one.merged_into, "merge": merges.get((one.kind, one.id, one.number))}
    return {name: value for name, value in more.items() if value} | {
        "kind": one.kind,
        "id": one.id,
        "revision": one.number,
        "at": one.at.isoformat(),
        "by": one.by,
        "erased": one.payload is None,
        "changes": changes,
        **({"verdict": one.payload} if one.kind == "verdict" else {}),
    }


def _table(told: list[Step], merges: Mapping[tuple[str, str, int], str]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_lines=True)
    for name in ("revision", "at (UTC)", "by", "what changed"):
        table.add_column(name, overflow="fold")
    for step in told:
        one = step.revision
        at = one.at.strftime("%Y-%m-%d %H:%M:%S")
        what = escape("\n".join(_told(step, merges)))
        table.add_row(f"{one.kind} {one.number}", at, escape(one.by), what)
    return table


def _told(step: Step, merges: Mapping[tuple[str, str, int], str]) -> list[str]:
    one = step.revision
    if one.payload is None:
        return ["erased"]
    if one.kind == "verdict":
        return [_statement(one)]
    merge = merges.get((one.kind, one.id, one.number))
    if merge is None and one.merged_into:
        merge = f"merged into {one.merged_into}"
    return [*([merge] if merge else []), *_changes(step)]


def _changes(step: Step) -> list[str]:
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
