"""Owns what else happens to cohorts: profiles erased or merged, names of staff taken out."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from itertools import count
from typing import Any

from sqlalchemy import Connection, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.cohorts.deciding import written_digest
from profiles.cohorts.reading import entries_naming, held_entry
from profiles.cohorts.values import (
    Cohort,
    CohortError,
    Entry,
    EntryStage,
    HeldEntry,
    read_cohort,
)
from profiles.merges import Moved
from profiles.rules import without

_FURTHEST = tuple(EntryStage)
_ERASED = "erased"


def about_entries(connection: Connection, ids: Collection[str]) -> tuple[HeldEntry, ...]:
    """Read what is held of profiles in cohorts: all of each of their entries."""
    return tuple(held_entry(connection, one) for one in entries_naming(connection, ids))


def forget_entries(connection: Connection, ids: Collection[str]) -> None:
    """Delete the entries of erased profiles with all that is kept of them.

    Records of decisions stay, for the sake of all others in them: an erased profile has in them a
    name that tells nothing, and the digest is that of the record as it is then.
    """
    gone = [one.id for one in entries_naming(connection, ids)]
    for table in (t.cohort_scores, t.cohort_recusals, t.cohort_events):
        rows.delete_by(connection, table, table.c.entry, gone)
    rows.delete_by(connection, t.cohort_entries, t.cohort_entries.c.id, gone)
    for id in sorted(ids):
        _rename_in_records(connection, id, None)
        _rename_in_events(connection, id, _ERASED)
        _forget_host(connection, id)


def _forget_host(connection: Connection, id: str) -> None:
    """Take an erased partner out of the hosts of cohorts, and out of the rules that name it."""
    c = t.cohorts.c
    quoted = json.dumps(id, ensure_ascii=False)
    some = or_(c.hosts.contains(quoted, autoescape=True), c.rules.contains(quoted, autoescape=True))
    for cohort in map(read_cohort, connection.execute(select(t.cohorts).where(some)).all()):
        hosts = json.dumps([host for host in cohort.hosts if host != id], ensure_ascii=False)
        left = [
            rule.model_dump(mode="json", exclude_defaults=True)
            for rule in without(cohort.rules, id)
        ]
        rules = json.dumps(left, ensure_ascii=False, sort_keys=True)
        its = update(t.cohorts).where(c.id == cohort.id)
        connection.execute(its.values(hosts=hosts, rules=rules, revision=cohort.revision + 1))


def refuse_used(connection: Connection, programme: str) -> None:
    """Refuse to let a programme go of which there are cohorts: they say what it decided.

    Raises:
        CohortError: if there is one.
    """
    its = select(t.cohorts.c.name).where(t.cohorts.c.programme == programme).limit(1)
    name = connection.execute(its).scalar()
    if name is not None:
        raise CohortError("programme", "cohort_of_programme", programme, name=name)


def find_entries(connection: Connection, keep: str, drop: str) -> tuple[list[int], list[Any]]:
    """Find the entries of a profile to be merged, and which of twins in a cohort stands aside.

    Of two entries of one cohort the one that has come further stays, the older one where both have
    come as far.

    Returns:
        The numbers of the dropped profile's entries; (entry, the one that it stands aside for).
    """
    moving = entries_naming(connection, [drop])
    own = {one.cohort: one for one in entries_naming(connection, [keep]) if one.aside is None}
    aside = []
    for one in moving:
        twin = own.get(one.cohort)
        if twin is not None and one.aside is None:
            further = max(one, twin, key=_reach)
            aside.append(((twin if further is one else one).id, further.id))
    return [one.id for one in moving], aside


def _reach(one: Entry) -> tuple[int, int]:
    return _FURTHEST.index(one.stage), -one.id


def move_entries(connection: Connection, found: tuple[list[int], list[Any]], keep: str) -> None:
    """Let the entries that were found name the kept profile, and the twins step aside."""
    moving, aside = found
    for id, further in aside:
        _set(connection, id, aside=further)
    for id in moving:
        _set(connection, id, profile=keep)


def move_entries_back(connection: Connection, moved: Moved, kept: str, dropped: str) -> None:
    """Give the dropped profile its entries back, and let those that stepped aside stand again."""
    for id in moved.entries:
        of_it = (t.cohort_entries.c.id == id, t.cohort_entries.c.profile == kept)
        connection.execute(update(t.cohort_entries).where(*of_it).values(profile=dropped))
    for id, _further in moved.entries_aside:
        _set(connection, id, aside=None)


def _set(connection: Connection, id: int, **values: object) -> None:
    revision = t.cohort_entries.c.revision + 1
    its = update(t.cohort_entries).where(t.cohort_entries.c.id == id)
    connection.execute(its.values(**values, revision=revision))


def names_of_staff(connection: Connection) -> set[str]:
    """Name all who opened, entered, scored, recused or decided something in cohorts."""
    found: set[str] = set()
    for column in _named():
        found |= set(connection.execute(select(column).distinct()).scalars())
    return found


def of_person(connection: Connection, names: Collection[str]) -> tuple[Cohort, ...]:
    """Read the cohorts that somebody opened or did something in, oldest first."""
    e, c = t.cohort_events.c, t.cohorts.c
    did = select(e.cohort).where(e.by.in_(names))
    its = select(t.cohorts).where(or_(c.by.in_(names), c.id.in_(did))).order_by(c.id)
    return tuple(map(read_cohort, connection.execute(its)))


def erase_names(connection: Connection, names: Collection[str], nobody: str) -> None:
    """Put a name that tells nothing in the place of persons' names in all cohorts."""
    for column in _named():
        its = update(column.table).where(column.in_(names))
        connection.execute(its.values({column.name: nobody}))
    for name in names:
        _rename_in_records(connection, name, nobody)
        _rename_in_events(connection, name, nobody)


def _named() -> tuple[Any, ...]:
    s, r = t.cohort_scores.c, t.cohort_recusals.c
    return (
        *(t.cohorts.c.by, t.cohort_entries.c.by, s.assessor, r.assessor, r.by),
        *(t.cohort_decisions.c.by, t.cohort_events.c.by),
    )


def _rename_in_records(connection: Connection, old: str, new: str | None) -> None:
    d = t.cohort_decisions
    holds = d.c.record.contains(json.dumps(old, ensure_ascii=False), autoescape=True)
    for row in connection.execute(select(d.c.id, d.c.record).where(holds)).all():
        free = (f"{_ERASED}-{n}" for n in count(1) if f'"{_ERASED}-{n}"' not in row.record)
        renamed = _in_order(_renamed(json.loads(row.record), old, new or next(free)))
        document = _sealed(renamed, erased=int(new is None))
        digest = document.get("digest") or written_digest(document)
        values = {"record": rows.written(document), "digest": digest}
        connection.execute(update(d).where(d.c.id == row.id).values(**values))


def _sealed(document: dict[str, Any], *, erased: int) -> dict[str, Any]:
    """Let the digests that a record tells of itself be those of what it says now."""
    if "instance_digest" not in document:
        return document
    told = {**document, "erased": document.get("erased", 0) + erased}
    told["instance_digest"] = written_digest(told["instance"])
    del told["digest"]
    return {**told, "digest": written_digest(told)}


def _rename_in_events(connection: Connection, old: str, new: str) -> None:
    e, quoted = t.cohort_events, json.dumps(old, ensure_ascii=False)
    written = json.dumps(quoted, ensure_ascii=False)[1:-1]
    holds = or_(*(e.c.data.contains(one, autoescape=True) for one in (quoted, written)))
    for row in connection.execute(select(e.c.id, e.c.data).where(holds)).all():
        data = rows.written(_renamed(json.loads(row.data), old, new))
        connection.execute(update(e).where(e.c.id == row.id).values(data=data))


def _renamed(value: Any, old: str, new: str) -> Any:
    """Put one text in the place of another wherever it stands alone or quoted in a document."""
    if isinstance(value, Mapping):
        return {new if k == old else k: _renamed(one, old, new) for k, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, old, new) for one in value]
    if isinstance(value, str) and value != old:
        before, after = (json.dumps(one, ensure_ascii=False) for one in (old, new))
        return value.replace(before, after)
    return new if value == old else value


def _in_order(document: dict[str, Any]) -> dict[str, Any]:
    """Bring the applicants and hosts of a record into the order of their ids, and its fits too."""
    held = document.get("instance")
    if not isinstance(held, dict) or "fits" not in held:
        return document
    ups = sorted(range(len(held["applicants"])), key=lambda row: held["applicants"][row]["id"])
    ats = sorted(range(len(held["hosts"])), key=lambda at: held["hosts"][at]["id"])
    held["applicants"] = [held["applicants"][row] for row in ups]
    held["hosts"] = [held["hosts"][at] for at in ats]
    held["fits"] = [[held["fits"][row][at] for at in ats] for row in ups]
    if pairs := document.get("solution", {}).get("pairs"):
        document["solution"]["pairs"] = sorted(pairs)
    return document
