"""Owns the check that the tables agree: no half-written record, nothing of one that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union_all,
)

from profiles import tables as t
from profiles.database import reading
from profiles.revisions import merged_payload
from profiles.store import Store


@dataclass(frozen=True, slots=True)
class Fault:
    """One record whose rows do not agree, and what is wrong with it."""

    kind: str
    id: str
    what: str


def faults(store: Store) -> list[Fault]:
    """Compare profiles, ties and programmes with revisions, vectors and the change log.

    Judged pairs are compared with their rounds, profiles and judgements, cases with their profiles
    and events, cohorts with their programmes and entries, events with their participants, drafts
    and links with what they are of.

    All is read in one transaction, so a server may write meanwhile.

    Raises:
        StoreError: if the database does not answer.
    """
    with reading(store.engine, repeatable=True) as connection:
        return sorted(_faults(connection), key=lambda fault: (fault.kind, fault.id, fault.what))


def _faults(connection: Connection) -> Iterator[Fault]:
    for what, query in _queries():
        for row in connection.execute(query):
            yield Fault(row.kind, row.id, what)


def _queries() -> Iterator[tuple[str, Select[Any]]]:
    records, newest = _records(), _newest_revisions()
    same = and_(records.c.kind == newest.c.kind, records.c.id == newest.c.id)
    both = records.outerjoin(newest, same)
    yield "it has no revision", _of(records, both, newest.c.id.is_(None))
    differs = or_(newest.c.payload.is_(None), newest.c.payload != records.c.payload)
    moved = or_(differs, newest.c.number != func.coalesce(records.c.revision, newest.c.number))
    yield (
        "its newest revision is not what is held",
        _of(records, both, and_(newest.c.id.is_not(None), moved)),
    )
    yield (
        "it has revisions, but is not held",
        _of(
            newest,
            newest.outerjoin(records, same),
            and_(
                records.c.id.is_(None),
                newest.c.payload.is_not(None),
                newest.c.payload.not_like(merged_payload("%")),
            ),
        ),
    )
    logged = select(t.changes.c.kind, t.changes.c.id).distinct().subquery("logged")
    known = and_(records.c.kind == logged.c.kind, records.c.id == logged.c.id)
    yield (
        "the change log does not name it",
        _of(records, records.outerjoin(logged, known), logged.c.id.is_(None)),
    )
    yield from _merged_queries(records)
    yield from _judging_queries()
    yield from _draft_queries()
    yield from _case_queries()
    yield from _account_queries()
    yield from _review_queries()
    yield from _cohort_queries()
    yield from _event_queries()
    owners = select(t.vectors.c.owner_kind.label("kind"), t.vectors.c.owner_id.label("id"))
    owner = owners.distinct().subquery("owners")
    owned = and_(records.c.kind == owner.c.kind, records.c.id == owner.c.id)
    yield (
        "it has vectors, but is not held",
        _of(owner, owner.outerjoin(records, owned), records.c.id.is_(None)),
    )


def _judging_queries() -> Iterator[tuple[str, Select[Any]]]:
    p, j = t.pooled_pairs.c, t.judgements.c
    kept = select(t.judging_rounds.c.name)
    yield "its round is not held", _lost("pooled pair", p.id, p.round.not_in(kept))
    held = select(t.profiles.c.id)
    for end in (p.startup, p.partner):
        yield f"its {end.name} is not held", _lost("pooled pair", p.id, end.not_in(held))
    yield "its pair is not held", _lost("judgement", j.id, j.pair.not_in(select(p.id)))


def _draft_queries() -> Iterator[tuple[str, Select[Any]]]:
    d, k = t.drafts.c, t.links.c
    known = (select(t.profiles.c.id), select(t.merges.c.dropped))
    of_none = [d.startup.is_not(None), *(d.startup.not_in(one) for one in known)]
    yield "the startup that it would change is not held", _lost("draft", d.id, and_(*of_none))
    opens = and_(*(k.of.not_in(one) for one in (*known, select(d.id))))
    yield "what it opens is not held", _lost("link", k.of, opens)


def _account_queries() -> Iterator[tuple[str, Select[Any]]]:
    a, m = t.accounts.c, t.merges.c
    merged = select(m.dropped).where(m.undone_at.is_(None))
    lost = a.profile.not_in(select(t.profiles.c.id).union(merged))
    yield "what it speaks for is not held", _lost("account", a.id, lost)
    e = t.account_events.c
    gone = select(e.account).where(e.kind == "removed")
    orphan = and_(e.account.not_in(select(a.id)), e.account.not_in(gone))
    yield "its account is not held", _lost("account event", e.id, orphan)
    s = t.sessions.c
    yield "its account is not held", _lost("session", s.id, s.account.not_in(select(a.id)))


def _review_queries() -> Iterator[tuple[str, Select[Any]]]:
    r, m = t.reviews.c, t.merges.c
    known = select(t.profiles.c.id).union(select(m.dropped))
    yield "the startup that asked is not held", _lost("review", r.id, r.profile.not_in(known))
    answered = (r.state == "answered") != r.answered_at.is_not(None)
    yield "its state and its answer do not agree", _lost("review", r.id, answered)


def _case_queries() -> Iterator[tuple[str, Select[Any]]]:
    c, e, m = t.cases.c, t.case_events.c, t.case_meetings.c
    held = select(t.profiles.c.id)
    for end in (c.startup, c.partner):
        yield f"its {end.name} is not held", _lost("case", c.id, end.not_in(held))
    ends = or_(c.path == c.stage, c.path.like("% " + c.stage))
    yield "its way does not end at its stage", _lost("case", c.id, not_(ends))
    closed = (c.stage == "closed") != c.closed_at.is_not(None)
    yield "its stage and the moment of its end do not agree", _lost("case", c.id, closed)
    yield (
        "it stands aside for one that is not held",
        _lost("case", c.id, c.aside.not_in(_case_ids())),
    )
    begun = select(e.case).where(e.kind == "opened")
    yield "no event tells of its beginning", _lost("case", c.id, c.id.not_in(begun))
    for kind, column, id in (("case event", e.case, e.id), ("case meeting", m.case, m.id)):
        yield "its case is not held", _lost(kind, id, column.not_in(_case_ids()))


def _cohort_queries() -> Iterator[tuple[str, Select[Any]]]:
    c, e = t.cohorts.c, t.cohort_entries.c
    held = select(t.programmes.c.id)
    yield "its programme is not held", _lost("cohort", c.id, c.programme.not_in(held))
    cohorts, entries = select(c.id), select(e.id)
    for kind, table in (("entry", t.cohort_entries), ("decision", t.cohort_decisions)):
        lost = table.c.cohort.not_in(cohorts)
        yield "its cohort is not held", _lost(f"cohort {kind}", table.c.id, lost)
    gone = e.profile.not_in(select(t.profiles.c.id))
    yield "its applicant is not held", _lost("cohort entry", e.id, gone)
    aside = e.aside.not_in(entries)
    yield "it stands aside for one that is not held", _lost("cohort entry", e.id, aside)
    placed = (e.stage == "selected") & e.host.is_(None)
    yield "it is selected without a place", _lost("cohort entry", e.id, placed)
    s, d = t.cohort_scores.c, t.cohort_events.c
    for kind, id, of in (("score", s.id, s.entry), ("event", d.id, d.entry)):
        stray = and_(of.is_not(None), of.not_in(entries))
        yield "its entry is not held", _lost(f"cohort {kind}", id, stray)


def _event_queries() -> Iterator[tuple[str, Select[Any]]]:
    e, p, m, s = t.events.c, t.event_people.c, t.event_meetings.c, t.event_schedules.c
    for kind, column, id in (
        *(("participant", p.event, p.id), ("event meeting", m.event, m.id)),
        ("event schedule", s.event, s.id),
    ):
        yield "its event is not held", _lost(kind, id, column.not_in(select(e.id)))
    merged = select(t.merges.c.dropped).where(t.merges.c.undone_at.is_(None))
    known = select(t.profiles.c.id).union(merged)
    yield "what it speaks for is not held", _lost("participant", p.id, p.profile.not_in(known))
    for end, side in ((m.a, "a"), (m.b, "b")):
        of_side = select(p.id).where(p.side == side, p.event == m.event)
        left = and_(end < 0, m.state == "cancelled")  # of one who was taken out
        lost = and_(end.not_in(of_side.correlate(t.event_meetings)), not_(left))
        yield f"its participant {side} is not held", _lost("event meeting", m.id, lost)
    unnamed = and_(p.called != "", p.consent_at.is_(None))
    yield "it holds a person's name without consent", _lost("participant", p.id, unnamed)


def _case_ids() -> Select[Any]:
    return select(t.cases.c.id)


def _lost(kind: str, id: Any, where: ColumnElement[bool]) -> Select[Any]:
    told: tuple[Any, ...] = (literal(kind).label("kind"), cast(id, String).label("id"))
    return select(*told).where(where)


def _merged_queries(records: Subquery) -> Iterator[tuple[str, Select[Any]]]:
    m = t.merges.c
    holding = select(m.side.label("kind"), m.dropped.label("id"), m.kept).where(
        m.undone_at.is_(None)
    )
    merged = holding.subquery("merged")
    same = and_(records.c.kind == merged.c.kind, records.c.id == merged.c.id)
    both = merged.outerjoin(records, same)
    yield "it is held, and merged into another", _of(merged, both, records.c.id.is_not(None))
    known = union_all(select(records.c.id), select(merged.c.id)).subquery("known")
    ends = merged.outerjoin(known, known.c.id == merged.c.kept)
    yield "what it was merged into is not held", _of(merged, ends, known.c.id.is_(None))


def _of(wanted: Subquery, source: Any, where: ColumnElement[bool]) -> Select[Any]:
    return select(wanted.c.kind, wanted.c.id).select_from(source).where(where)


def _records() -> Subquery:
    """Give kind, id, payload and revision (null where a record keeps none) of every record."""
    p = t.profiles.c
    parts = [select(p.side.label("kind"), p.id, p.payload, p.revision)]
    for kind, table in (("tie", t.ties), ("programme", t.programmes)):
        columns = (literal(kind).label("kind"), table.c.id, table.c.payload)
        parts.append(select(*columns, cast(null(), Integer).label("revision")))
    return union_all(*parts).subquery("records")


def _newest_revisions() -> Subquery:
    r = t.revisions.c
    kept = r.kind.in_(("startup", "partner", "tie", "programme"))
    grouped = select(r.kind, r.id, func.max(r.number).label("number")).where(kept)
    top = grouped.group_by(r.kind, r.id).subquery("top")
    same = and_(r.kind == top.c.kind, r.id == top.c.id, r.number == top.c.number)
    joined = t.revisions.join(top, same)
    return select(r.kind, r.id, r.number, r.payload).select_from(joined).subquery("newest")
