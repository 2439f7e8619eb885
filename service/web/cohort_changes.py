"""Owns what an edit of a cohort is called: for each value what it was and what it became."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext

from service import labels
from service.web.cohort_words import criterion_name

_DAYS = {"opens", "closes", "as_of"}
_LISTS = {"hosts", "criteria"}
Change = tuple[Any, Any]


def changes_said(
    data: Mapping[str, Sequence[Any]],
    name: Callable[[str], str],
    rule: Callable[[Mapping[str, Any]], str],
) -> str:
    """Say what an edit changed, value after value.

    Args:
        data: by the name of the value, what it was and what it became.
        name: gives what a host is called.
        rule: says a rule.
    """
    said: list[str] = []
    for field in sorted(data):
        old, new = data[field]
        said += _said(field, (old, new), name, rule)
    return "; ".join(said)


def _said(
    field: str,
    change: Change,
    name: Callable[[str], str],
    rule: Callable[[Mapping[str, Any]], str],
) -> Iterator[str]:
    if field == "rules":
        yield from _rules(_read(change), rule)
    elif field in _LISTS:
        yield from _list(field, _read(change), name if field == "hosts" else criterion_name)
    elif field == "seed":
        yield _seed(change)
    else:
        old, new = (_plain(field, value) for value in change)
        yield f"{_called(field)}: {old} → {new}"


def _rules(change: Change, rule: Callable[[Mapping[str, Any]], str]) -> Iterator[str]:
    old, new = ({one["id"]: one for one in some} for some in change)
    for id in sorted(old.keys() | new.keys()):
        if id not in old:
            yield gettext("rule added: %(rule)s", rule=rule(new[id]))
        elif id not in new:
            yield gettext("rule taken away: %(rule)s", rule=rule(old[id]))
        elif old[id] != new[id]:
            yield gettext("rule changed: %(old)s → %(new)s", old=rule(old[id]), new=rule(new[id]))
    if old == new:
        yield gettext("the order of the rules")


def _list(field: str, change: Change, name: Callable[[str], str]) -> Iterator[str]:
    old, new = change
    come = ", ".join(name(one) for one in new if one not in old)
    gone = ", ".join(name(one) for one in old if one not in new)
    what = _called(field)
    if come:
        yield gettext("%(what)s added: %(names)s", what=what, names=come)
    if gone:
        yield gettext("%(what)s taken away: %(names)s", what=what, names=gone)
    if not (come or gone):
        yield gettext("the order of: %(what)s", what=what)


def _seed(change: Change) -> str:
    """Say that there is another seed, and never which."""
    old, new = change
    if new is None:
        return str(gettext("the seed of the lottery was taken away"))
    set_ = old is None
    return str(gettext("the seed of the lottery was set") if set_ else gettext("another seed"))


def _called(field: str) -> str:
    names = {
        "name": gettext("name"),
        "opens": gettext("first day of applications"),
        "closes": gettext("last day of applications"),
        "as_of": gettext("day that counts"),
        "hosts": gettext("hosts"),
        "criteria": gettext("criteria"),
        "screenings": gettext("screenings"),
    }
    return str(names.get(field, field))


def _plain(field: str, value: Any) -> str:
    if value is None:
        return "–"
    return labels.day(date.fromisoformat(value)) if field in _DAYS else str(value)


def _read(change: Change) -> Change:
    old, new = (json.loads(one) if isinstance(one, str) else one for one in change)
    return old, new
