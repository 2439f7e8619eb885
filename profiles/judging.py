"""Owns the rounds of judging in the store: opening, judging, settling and closing them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, func, insert, select, update

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.fields import Id, Plain, Whole
from profiles.judgements import (
    Judgement,
    JudgingError,
    Pooled,
    Role,
    Round,
    judgements_of,
    newest,
    read_judgement,
    read_pair,
    read_round,
    round_row,
)
from profiles.kinds import Side
from profiles.record import Record
from profiles.store import SYSTEM, Store
from profiles.validation import validate

MOST_PAIRS = 5_000
"""How many pairs a round may have: two weeks of work for each of its judges."""
MOST_JUDGES = 3
LONGEST_JUDGE = 100
LONGEST_NOTE = 1_000
LONGEST_INSTRUCTIONS = 5_000


def _read_name(value: Any, read_id: ValidatorFunctionWrapHandler) -> str:
    """Read the name of a round: an id in one part."""
    with suppress(ValidationError):
        read: str = read_id(value)
        if "/" not in read:
            return read
    raise PydanticCustomError("round_name", "no name of a round")


RoundName = Annotated[Id, WrapValidator(_read_name)]


class _Named(Record):
    name: RoundName


class _Opening(_Named):
    judges: Annotated[Whole, Field(ge=1, le=MOST_JUDGES)]
    depth: Annotated[Whole, Field(ge=1, le=1_000)]
    instructions: Annotated[str, StringConstraints(max_length=LONGEST_INSTRUCTIONS)] = ""


class _Said(Record):
    judge: Annotated[Plain, StringConstraints(max_length=LONGEST_JUDGE)]
    grade: Annotated[Whole, Field(ge=0, le=3)] | None = None
    note: Annotated[Plain, StringConstraints(max_length=LONGEST_NOTE)] = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A judgement that was kept, and the one that it took the place of, if any.

    `met` tells that that one had come since the person opened the page: from another tab, say.
    """

    judgement: Judgement
    before: Judgement | None
    met: bool


def open_round(
    store: Store,
    name: str,
    pairs: Mapping[tuple[str, str], Mapping[str, int]],
    *,
    judges: int,
    depth: int,
    instructions: str = "",
    by: str = SYSTEM,
) -> Round:
    """Open a round for the judging of pairs, in one transaction.

    Pairs are numbered by their ids, so no number tells which system listed a pair, or where.

    Args:
        store: where the profiles are.
        name: an id of its own, without a slash.
        pairs: (startup, partner) → system → rank from 1.
        judges: how many judge each pair, 1-3.
        depth: how many places of each list were pooled.
        instructions: what the judges are told.
        by: who opens it.

    Raises:
        InvalidRecord: if a value is wrong, the name is taken, there are no or too many pairs, or a
            profile of one is not held.
    """
    raw = {"judges": judges, "depth": depth, "instructions": instructions.strip()}
    said = validate(_Opening, {**raw, "name": free_name(store, name)})
    if not 0 < len(pairs) <= MOST_PAIRS:
        raise JudgingError("pairs", "round_pairs", len(pairs), limit=f"{MOST_PAIRS:,}")
    systems = sorted({system for found in pairs.values() for system in found})
    made = {
        **said.model_dump(),
        "systems": json.dumps(systems, ensure_ascii=False),
        "opened_at": rows.now(),
        "opened_by": by,
    }
    pooled = [
        {"round": said.name, "startup": one, "partner": other, "systems": _ranks(pairs[one, other])}
        for one, other in sorted(pairs)
    ]
    with writing(store.engine) as connection:
        _refuse_taken(connection, said.name)
        _refuse_unknown(connection, pairs)
        connection.execute(insert(t.judging_rounds).values(**made))
        connection.execute(insert(t.pooled_pairs), pooled)
        startups = sorted({one for one, _ in pairs})
        rows.log(connection, [("judgement", id) for id in startups])
        return round_row(connection, said.name)


def free_name(store: Store, name: str) -> str:
    """Read the name of a round that is to be opened.

    Raises:
        InvalidRecord: if it is none, or is taken.
    """
    read = validate(_Named, {"name": name}).name
    with reading(store.engine) as connection:
        _refuse_taken(connection, read)
    return read


def _refuse_taken(connection: Connection, name: str) -> None:
    if next(rows.by_ids(connection, t.judging_rounds, t.judging_rounds.c.name, [name]), None):
        raise JudgingError("name", "round_taken", name)


def close_round(store: Store, name: str, *, by: str = SYSTEM) -> Round:
    """Close a round: no judge judges in it any more, and what they disagree on can be settled.

    Raises:
        JudgingError: if there is no such round, or it is closed.
    """
    with writing(store.engine) as connection:
        if not round_row(connection, name).is_open:
            raise JudgingError("round", "round_closed", name)
        its = update(t.judging_rounds).where(t.judging_rounds.c.name == name)
        connection.execute(its.values(closed_at=rows.now(), closed_by=by))
        return round_row(connection, name)


def rounds(store: Store) -> list[Round]:
    """Read all rounds, the newest first."""
    r = t.judging_rounds.c
    ordered = select(t.judging_rounds).order_by(r.opened_at.desc(), r.name)
    with reading(store.engine) as connection:
        return [read_round(row) for row in connection.execute(ordered)]


def read_pairs(store: Store, name: str) -> tuple[Round, list[Pooled], list[Judgement]]:
    """Read a round with its pairs by number, and all judgements of them, former ones too.

    Raises:
        JudgingError: if there is no such round.
    """
    with reading(store.engine, repeatable=True) as connection:
        found = round_row(connection, name)
        j, p = t.judgements, t.pooled_pairs
        wanted = select(p).where(p.c.round == name).order_by(p.c.id)
        pairs = [read_pair(row) for row in connection.execute(wanted)]
        of_it = select(j).join(p, p.c.id == j.c.pair).where(p.c.round == name).order_by(j.c.id)
        return found, pairs, [read_judgement(row) for row in connection.execute(of_it)]


def known_judge(store: Store, name: str) -> str:
    """Spell a judge's name as it was spelt before, whatever the case of its letters.

    Two spellings of one name must not count as two judges.
    """
    plain = name.casefold()
    with reading(store.engine) as connection:
        spelt = select(t.judgements.c.judge, func.min(t.judgements.c.id)).group_by(
            t.judgements.c.judge
        )
        known = {str(row[0]).casefold(): str(row[0]) for row in connection.execute(spelt)}
    return known.get(plain, name)


def judge_pair(
    store: Store, pair: int, judge: str, *, grade: int | None, note: str = "", seen: int = 0
) -> Kept:
    """Keep what a judge says of a pair of an open round; None for a pair that is passed over.

    The newest counts, and all are kept; what was said last, word by word, is kept once.

    Args:
        store: where the round is.
        pair: the number of the pair.
        judge: who judges.
        grade: 0-3, or None.
        note: why.
        seen: the number of the judge's judgement that the page showed, 0 for none.

    Raises:
        InvalidRecord: if a value is wrong, the round is closed, or the pair is gone.
    """
    return _keep(store, pair, judge, "judge", grade=grade, note=note, seen=seen)


def settle_pair(
    store: Store, pair: int, by: str, *, grade: int | None, note: str = "", seen: int = 0
) -> Kept:
    """Give a pair of a closed round its final grade; None takes one back.

    Raises:
        InvalidRecord: if a value is wrong, the round is open, or the pair is gone.
    """
    return _keep(store, pair, by, "final", grade=grade, note=note, seen=seen)


def _keep(
    store: Store, pair: int, judge: str, role: Role, *, grade: int | None, note: str, seen: int
) -> Kept:
    said = validate(_Said, {"judge": judge, "grade": grade, "note": note})
    with writing(store.engine) as connection:
        of = _pair_row(connection, pair)
        is_open = round_row(connection, of.round).is_open
        if role == "judge" and not is_open:
            raise JudgingError("round", "round_not_judge", of.round)
        if role == "final" and is_open:
            raise JudgingError("round", "round_not_final", of.round)
        given = judgements_of(connection, [pair])
        before = standing(given, role, None if role == "final" else said.judge)
        met = (before.id if before else 0) != seen
        if before and (before.judge, before.grade, before.note) == (
            said.judge,
            said.grade,
            said.note,
        ):
            return Kept(before, before, met=False)
        values = {**said.model_dump(), "pair": pair, "role": role, "at": rows.now()}
        made = insert(t.judgements).values(**values).returning(t.judgements.c.id)
        id = connection.execute(made).scalar_one()
        rows.log(connection, [("judgement", of.startup)])
        kept = connection.execute(select(t.judgements).where(t.judgements.c.id == id)).one()
        return Kept(read_judgement(kept), before, met)


def standing(given: Collection[Judgement], role: Role, judge: str | None) -> Judgement | None:
    """Give what counts of one pair's judgements: a judge's newest, or the newest of a role."""
    own = [one for one in given if one.role == role and judge in (None, one.judge)]
    return max(own, key=lambda one: one.id, default=None)


def progress(pairs: Sequence[Pooled], given: Collection[Judgement]) -> Counter[str]:
    """Count how many pairs each judge has graded."""
    current = newest(given).values()
    wanted = {pair.id for pair in pairs}
    return Counter(
        one.judge
        for one in current
        if one.role == "judge" and one.grade is not None and one.pair in wanted
    )


def _pair_row(connection: Connection, pair: int) -> Pooled:
    row = None
    if 0 < pair < 1 << 63:
        row = connection.execute(
            select(t.pooled_pairs).where(t.pooled_pairs.c.id == pair)
        ).one_or_none()
    if row is None:
        raise JudgingError("pair", "pair_gone", pair)
    return read_pair(row)


def _refuse_unknown(connection: Connection, pairs: Collection[tuple[str, str]]) -> None:
    ids = {id for pair in pairs for id in pair}
    held = rows.sides(connection, ids)
    for one, other in sorted(pairs):
        for id, side in ((one, Side.STARTUP), (other, Side.PARTNER)):
            if held.get(id) is not side:
                raise JudgingError("pairs", "judging_gone", id)


def _ranks(found: Mapping[str, int]) -> str:
    return json.dumps(dict(sorted(found.items())), ensure_ascii=False, separators=(",", ":"))
