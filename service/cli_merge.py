"""Owns the commands by which staff merge two profiles, undo that, or keep a pair apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, say, show

if TYPE_CHECKING:
    from profiles.fusing import Choice
    from profiles.merges import Merge
    from profiles.merging import Plan

_BY = click.option(
    "--by", default="command line", show_default=True, help="Who does it, for the history."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_YES = click.option("--yes", is_flag=True, help="Do not ask.")


def _read_choices(_ctx: Any, _param: Any, given: tuple[str, ...]) -> dict[str, Choice]:
    chosen: dict[str, Any] = {}
    for one in given:
        field, sign, whose = one.partition("=")
        if not sign or whose not in ("keep", "drop"):
            raise click.BadParameter(f"{one}: write FIELD=keep or FIELD=drop.")
        chosen[field.strip()] = whose
    return chosen


@click.command()
@click.argument("keep")
@click.argument("drop")
@click.option(
    "--choose",
    "choices",
    multiple=True,
    metavar="FIELD=keep|drop",
    callback=_read_choices,
    help="Whose value of a field stands, where that is to be another.",
)
@click.option("--check", is_flag=True, help="Only show what would happen.")
@_YES
@_BY
@_JSON
def merge(
    keep: str,
    drop: str,
    choices: dict[str, Choice],
    check: bool,
    yes: bool,
    by: str,
    as_json: bool,
) -> None:
    """Merge the profile DROP into KEEP: they are one firm.

    KEEP gains what it lacks; ties, verdicts, conflicts and programmes of DROP become its own. The
    id DROP leads to KEEP from then on. `dari unmerge` undoes it.
    """
    from profiles.merging import plan

    dari = opened()
    planned = plan(dari.store, keep, drop, choices=choices)
    if as_json and check:
        print_json(_plan_json(planned))
    elif not as_json:
        show(_plan_table(planned), *_plan_lines(planned))
    if check:
        return
    if not yes:
        click.confirm(f"Merge {drop} into {keep}?", abort=True, err=True)
    made = dari.writer.merge(keep, drop, by=by, base=planned.base, choices=choices)
    if as_json:
        print_json(_merge_json(made))
    say(f"Merged: {drop} into {keep} (merge {made.number}). To undo: dari unmerge {made.number}")


@click.command()
@click.argument("merge")
@_YES
@_BY
@_JSON
def unmerge(merge: str, yes: bool, by: str, as_json: bool) -> None:
    """Undo a MERGE, given by its number or by the id that was merged.

    Both profiles stand by themselves again. What was changed or came since stays with the kept one.
    """
    from profiles.merging import find_merge

    dari = opened()
    found = find_merge(dari.store, merge)
    if not yes and found.undone_at is None:
        asked = f"Undo merge {found.number} of {found.dropped} into {found.kept}?"
        click.confirm(asked, abort=True, err=True)
    undone = dari.writer.unmerge(found.number, by=by)
    if as_json:
        print_json(_merge_json(undone))
    say(f"Undone: merge {undone.number}; {undone.dropped} stands by itself again.")


@click.command("keep-apart")
@click.argument("a")
@click.argument("b")
@click.option("--note", default="", help="Why, at most 1,000 characters.")
@click.option("--withdraw", is_flag=True, help="Withdraw that they are kept apart.")
@_BY
def keep_apart(a: str, b: str, note: str, withdraw: bool, by: str) -> None:
    """Keep the profiles A and B apart for good: they are two firms.

    They are not proposed again, and a merge of them is refused until that is withdrawn.
    """
    from profiles.apart import keep_apart as keep
    from profiles.apart import withdraw_apart

    store = opened().store
    if withdraw:
        withdraw_apart(store, a, b)
        say(f"Withdrawn: {a} and {b} are no longer kept apart.")
    else:
        keep(store, a, b, by=by, note=note)
        say(f"Kept apart: {a} and {b}.")


@click.command()
@click.option("--apart", is_flag=True, help="List the pairs that are kept apart instead.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@_JSON
def merges(apart: bool, limit: int, as_json: bool) -> None:
    """List the newest merges with their numbers, undone ones too; or the pairs kept apart."""
    from profiles.apart import apart_pairs
    from profiles.merging import recent_merges

    store = opened().store
    columns: tuple[str, ...]
    if apart:
        columns = ("a", "b", "by", "at", "note")
        pairs = apart_pairs(store, limit=limit)
        rows = [
            {"a": one.a, "b": one.b, "by": one.by, "at": one.at.isoformat(), "note": one.note}
            for one in pairs
        ]
    else:
        columns = ("number", "dropped", "kept", "by", "at", "undone_by", "undone_at")
        rows = [_merge_json(one) for one in recent_merges(store, limit)]
    if as_json:
        print_json(rows)
    else:
        heads = [f"{name} (UTC)" if name in _TIMES else name for name in columns]
        shown = [{n: _minute(v) if n in _TIMES else v for n, v in row.items()} for row in rows]
        show(_table(columns, shown, heads) if rows else "There are none.")


_TIMES = ("at", "undone_at")


def _minute(moment: str | None) -> str | None:
    return moment and moment[:16].replace("T", " ")


def _merge_json(one: Merge) -> dict[str, Any]:
    return {
        "number": one.number,
        "kept": one.kept,
        "dropped": one.dropped,
        "by": one.by,
        "at": one.at.isoformat(),
        "undone_by": one.undone_by,
        "undone_at": one.undone_at.isoformat() if one.undone_at else None,
    }


def _plan_json(planned: Plan) -> dict[str, Any]:
    return {
        "keep": planned.keep.id,
        "drop": planned.drop.id,
        "fields": [
            {"field": one.field, "keep": one.keep, "drop": one.drop, "merged": one.merged}
            for one in _cells(planned)
        ],
        "ties": list(planned.ties),
        "ties_put_aside": list(planned.aside),
        "verdicts": planned.verdicts,
        "lists": [{"kind": kind, "id": id} for kind, id in planned.lists],
    }


def _plan_lines(planned: Plan) -> list[str]:
    named = ", ".join(f"{kind} {id}" for kind, id in planned.lists[:20])
    return [
        f"Ties that move: {len(planned.ties)}; put aside, as they would say nothing new: "
        f"{len(planned.aside)}.",
        f"Verdicts that move: {planned.verdicts}.",
        f"Lists that name it: {len(planned.lists)}{f' ({named})' if named else ''}.",
    ]


class _Cell:
    """A field of both profiles and of what they become, as plain values."""

    def __init__(self, field: str, values: list[Any]) -> None:
        self.field = field
        self.keep, self.drop, self.merged = values


def _cells(planned: Plan) -> list[_Cell]:
    three = [
        one.model_dump(mode="json", exclude_defaults=True)
        for one in (planned.keep, planned.drop, planned.fused)
    ]
    names = ["aliases", *(one.field for one in planned.differences)]
    cells = [_Cell(name, [values.get(name) for values in three]) for name in names]
    return [one for one in cells if one.keep != one.drop or one.keep != one.merged]


def _plan_table(planned: Plan) -> Any:
    columns = ("field", "keep", "drop", "merged")
    rows = [{name: getattr(one, name) for name in columns} for one in _cells(planned)]
    heads = ("field", f"{planned.keep.id} (stays)", f"{planned.drop.id} (goes)", "becomes")
    return _table(columns, rows, heads)


def _table(columns: tuple[str, ...], rows: list[dict[str, Any]], heads: Any = None) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_lines=True)
    for name in heads or columns:
        table.add_column(escape(name), overflow="fold")
    for row in rows:
        table.add_row(*(escape(_said(row[name])) for name in columns))
    return table


def _said(value: Any) -> str:
    import json

    from profiles.errors import shorten

    if value is None:
        return "–"
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 200)
