"""Which open cases take places of partners, as of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select, update

from profiles import Partner, Side, Startup, Store, Vectors, validate
from profiles import tables as t
from profiles.case_moves import close_case, move_back, move_case
from profiles.cases import CaseStage, Decline, Outcome
from profiles.casework import open_case
from profiles.places import busy_on, open_cases

TODAY = datetime.now(UTC).date()


def test_open_cases_count_from_the_day_they_open_to_the_day_they_close(store: Store) -> None:
    for id in ("s", "u"):
        store.put_many([(validate(Startup, {"id": id, "name": id, "summary": "x"}), Vectors("e"))])
    for id in ("p", "q"):
        store.put_many([(validate(Partner, {"id": id, "name": id}), Vectors("e"))])
    first = open_case(store, "s", "p", asked=Side.STARTUP, by="me")[0]
    others = [open_case(store, "u", id, asked=Side.STARTUP, by="me")[0] for id in ("p", "q")]
    assert open_cases(store, TODAY) == open_cases(store, date.max) == {}  # only thought of
    for one in (first, *others):
        move_case(store, one.id, CaseStage.INTRODUCED)
    assert open_cases(store, TODAY) == {"p": {"s", "u"}, "q": {"u"}}
    assert open_cases(store, date.max) == {"p": {"s", "u"}, "q": {"u"}}
    assert open_cases(store, TODAY - timedelta(days=1)) == {}
    assert open_cases(store, date.min) == {}
    closed = update(t.cases).where(t.cases.c.id == first.id)
    with store.engine.begin() as connection:
        connection.execute(closed.values(closed_at=datetime.now(UTC)))
    assert open_cases(store, TODAY) == {"p": {"u"}, "q": {"u"}}
    with store.engine.begin() as connection:
        connection.execute(closed.values(closed_at=datetime.now(UTC) + timedelta(days=2)))
    assert open_cases(store, TODAY)["p"] == {"s", "u"}
    assert busy_on(store, TODAY)("p") == {"s", "u"}
    assert busy_on(store, TODAY)("nobody") == frozenset()


def shift(store: Store, case: int, days: int) -> None:
    """Let a case and its events be of some days earlier."""
    by = timedelta(days=days)
    with store.engine.begin() as connection:
        for table, column in ((t.cases, t.cases.c.id), (t.case_events, t.case_events.c.case)):
            for row in list(connection.execute(select(table).where(column == case))):
                moments = {n: v - by for n, v in row._mapping.items() if isinstance(v, datetime)}
                connection.execute(update(table).where(table.c.id == row.id).values(moments))


def test_a_pair_takes_a_place_from_being_introduced_on_and_by_the_day(store: Store) -> None:
    store.put_many([(validate(Startup, {"id": "s", "name": "s", "summary": "x"}), Vectors("e"))])
    store.put_many([(validate(Partner, {"id": "p", "name": "p"}), Vectors("e"))])
    case = open_case(store, "s", "p", asked=Side.STARTUP, by="me")[0].id
    shift(store, case, 3)  # shortlisted six days ago in the end, introduced three days ago
    move_case(store, case, CaseStage.INTRODUCED)
    shift(store, case, 3)
    days = {ago: open_cases(store, TODAY - timedelta(days=ago)) for ago in (7, 6, 4, 3, 0)}
    assert days == {7: {}, 6: {}, 4: {}, 3: {"p": {"s"}}, 0: {"p": {"s"}}}
    move_back(store, case, reason="A slip.")
    assert open_cases(store, TODAY) == {}
    assert open_cases(store, TODAY - timedelta(days=2)) == {"p": {"s"}}
    move_case(store, case, CaseStage.MET)
    close_case(store, case, Outcome.DROPPED, reason=Decline.TIMING)
    assert open_cases(store, TODAY) == {}
    move_back(store, case, reason="A slip.")
    assert open_cases(store, TODAY) == {"p": {"s"}}
