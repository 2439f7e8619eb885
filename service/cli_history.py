"""Owns the `history` command: who changed what of a record, and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from profiles import FieldChange, Revision
    from profiles.merges import Merge

_LONGEST_CELL = 200


@click.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def history(id: str, as_json: bool) -> None:
    """Show every revision of a profile, tie or programme: who, when, and what changed."""
    from profiles.merging import merges_of

    store = opened().store
    steps = list(_steps(store.history(id)))
    told = _merges_told(id, merges_of(store, id))
    if as_json:
        print_json([
            _json(one, changes, told.get((one.kind, one.number))) for one, changes in steps
        ])
    else:
        show(_table(steps, told))


def _steps(
    revisions: Iterable[Revision],
) -> Iterator[tuple[Revision, tuple[FieldChange, ...]]]:
    """Give each revision with what it changed; that a record was merged changes no field of it."""
    from profiles import differences
    from profiles.merges import merged_in

    before: Revision | None = None
    for one in revisions:
        if merged_in(one.payload):
            yield one, ()
            continue
        known = before.payload if before and before.kind == one.kind else None
        yield one, differences(known, one.payload)
        before = one


def _merges_told(id: str, merges: Iterable[Merge]) -> dict[tuple[str, int], str]:
    """Tell, by the number of the revision of a profile that they made, its merges and undoings."""
    told: dict[tuple[str, int], str] = {}
    for one in merges:
        undone = f"merge {one.number} was undone: {one.dropped} stands by itself again"
        if one.kept == id:
            made, ended = one.kept_revision, one.undone_revision
            told[one.side, made] = f"{one.dropped} was merged into it (merge {one.number})"
        else:
            made, ended = one.dropped_revision, one.undone_revision and one.dropped_revision + 1
            told[one.side, made] = f"merged into {one.kept} (merge {one.number})"
        if ended:
            told[one.side, ended] = undone
    return told


def _json(
    one: Revision, changes: tuple[FieldChange, ...], told: str | None = None
) -> dict[str, Any]:
    from profiles.merges import merged_in

    into = merged_in(one.payload)
    more: dict[str, Any] = {"merged_into": into} if into else {}
    more |= {"merge": told} if told else {}
    return more | {
        "kind": one.kind,
        "id": one.id,
        "revision": one.number,
        "at": one.at.isoformat(),
        "by": one.by,
        "erased": one.payload is None,
        "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in changes],
    }


def _table(
    steps: Iterable[tuple[Revision, tuple[FieldChange, ...]]], merges: Mapping[tuple[str, int], str]
) -> Any:
    from rich.markup import escape
    from rich.table import Table

    from profiles.merges import merged_in

    table = Table(show_lines=True)
    for name in ("revision", "at (UTC)", "by", "what changed"):
        table.add_column(name, overflow="fold")
    for one, changes in steps:
        known = merges.get((one.kind, one.number))
        told = [known] if known else []
        if into := merged_in(one.payload):
            told = told or [f"merged into {into}"]
        told += [f"{c.field}: {_short(c.before)} → {_short(c.after)}" for c in changes]
        what = "\n".join(told) if one.payload is not None else "erased"
        at = one.at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(f"{one.kind} {one.number}", at, escape(one.by), escape(what))
    return table


def _short(value: object) -> str:
    from profiles.errors import shorten

    return "–" if value is None else shorten(json.dumps(value, ensure_ascii=False), _LONGEST_CELL)
