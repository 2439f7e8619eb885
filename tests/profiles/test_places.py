"""Which open cases take places of partners, as of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from profiles import Partner, Side, Startup, Store, Vectors, validate
from profiles import tables as t
from profiles.casework import open_case
from profiles.places import busy_on, open_cases

TODAY = datetime.now(UTC).date()


def test_open_cases_count_from_the_day_they_open_to_the_day_they_close(store: Store) -> None:
    for id in ("s", "u"):
        store.put_many([(validate(Startup, {"id": id, "name": id, "summary": "x"}), Vectors("e"))])
    for id in ("p", "q"):
        store.put_many([(validate(Partner, {"id": id, "name": id}), Vectors("e"))])
    first = open_case(store, "s", "p", asked=Side.STARTUP, by="me")[0]
    open_case(store, "u", "p", asked=Side.STARTUP, by="me")
    open_case(store, "u", "q", asked=Side.STARTUP, by="me")
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
