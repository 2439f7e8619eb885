"""Drafts and the links to them in the store, each on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, update

from profiles import StaleEdit, Startup, Store, UnknownId, Vectors, tables, validate
from profiles.backup import back_up
from profiles.consistency import faults
from profiles.database import alembic_config, reading, writing
from profiles.drafts import (
    begin,
    draft_of,
    edits_of,
    expire,
    known_to,
    name_email,
    rebase,
    remove,
    save,
)
from profiles.links import MOST_AN_HOUR, LinkError, links_of, make_link, plain, use_link
from profiles.merging import merge
from profiles.privacy import erase, held, withdraw
from profiles.remains import owners
from profiles.restoring import restore
from profiles.unmerging import unmerge

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
DAY = timedelta(days=1)
TEXT = "물류 창고에서 상자를 옮기는 로봇 팔을 만듭니다"
CONSENT = {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}


def put(store: Store, id: str, **more: Any) -> None:
    startup = validate(
        Startup, {"id": id, "name": id.upper(), "summary": f"what {id} does", **more}
    )
    store.put_many([(startup, Vectors("e/p1"))])


def drafted(store: Store, values: Any = None, **more: Any) -> str:
    given = {"language": "ko", "now": NOW, "expires_at": LATER, **more}
    return begin(store, values or {"name_ko": "한빛"}, **given).id


def saved(store: Store, id: str, step: str, values: Any, count: int, **more: Any) -> Any:
    given = {"language": "ko", "now": NOW, "expires_at": LATER, **more}
    return save(store, id, step, values, saved=count, **given)


def test_what_was_typed_is_kept_step_by_step_whatever_it_is(store: Store) -> None:
    id = drafted(store)
    assert len(id) == 14
    saved(store, id, "build", {"summary_ko": TEXT, "seeks": ["pilot"]}, 0)
    odd = "\x00 \u202e </script> '; DROP TABLE drafts; -- \U0001f600"
    draft = saved(store, id, "who", {"name_en": odd}, 0)
    assert draft == draft_of(store, id, NOW)
    assert draft.values == {
        "name_ko": "한빛",
        "name_en": odd,
        "summary_ko": TEXT,
        "seeks": ["pilot"],
    }
    assert draft.steps == {"build": 1, "who": 1}
    saved(store, id, "who", {"name_en": "half \ud800"}, 1)
    assert draft_of(store, id, NOW).values["name_en"] == "half ?"


def test_a_tab_that_is_behind_overwrites_nothing(store: Store) -> None:
    id = drafted(store)
    saved(store, id, "who", {"name_en": "first"}, 0)
    saved(store, id, "who", {"name_en": "second"}, 1)
    assert saved(store, id, "who", {"name_en": "second"}, 1).steps == {"who": 2}
    with pytest.raises(StaleEdit) as caught:
        saved(store, id, "who", {"name_en": "from the other tab"}, 1)
    assert (caught.value.held, caught.value.payload) == (2, {"name_en": "second"})
    assert draft_of(store, id, NOW).values["name_en"] == "second"
    saved(store, id, "build", {"summary_ko": TEXT}, 0)


def test_a_draft_that_has_expired_is_gone_and_work_puts_that_off(store: Store) -> None:
    id = drafted(store, expires_at=NOW + DAY)
    other = drafted(store, expires_at=NOW + DAY)
    saved(store, id, "who", {"name_en": "still here"}, 0, expires_at=NOW + 2 * DAY)
    assert draft_of(store, id, NOW + DAY).id == id
    for late in (other, "d-nothing", "\x00"):
        with pytest.raises(UnknownId):
            draft_of(store, late, NOW + DAY)
    with pytest.raises(UnknownId):
        saved(store, other, "who", {}, 0, now=NOW + DAY)
    assert [one.id for one in expire(store, NOW + DAY)] == [other]
    assert expire(store, NOW + DAY) == []


def test_a_link_opens_once(store: Store) -> None:
    id = drafted(store)
    token = make_link(store, "draft", id, now=NOW, lasts=DAY)
    assert len(plain(token)) == 26
    with reading(store.engine) as connection:
        row = connection.execute(select(tables.links)).one()
    assert token not in str(row)
    assert plain(token) not in str(row)
    spaced = f" {token.upper().replace('-', ' ')}\n"
    link = use_link(store, spaced, now=NOW)
    assert (link.kind, link.of, link.used_at) == ("draft", id, NOW)
    assert links_of(store, id) == (link,)
    for wrong, code in ((token, "link_used"), ("aaaa", "link_unknown"), ("", "link_unknown")):
        with pytest.raises(LinkError) as caught:
            use_link(store, wrong, now=NOW)
        assert caught.value.errors[0].code == code
    late = make_link(store, "draft", id, now=NOW, lasts=DAY)
    with pytest.raises(LinkError, match="expired"):
        use_link(store, late, now=NOW + DAY)
    remove(store, id)
    with pytest.raises(LinkError, match="opens nothing"):
        use_link(store, token, now=NOW)


def test_of_two_at_one_moment_one_is_let_in(store: Store) -> None:
    token = make_link(store, "draft", drafted(store), now=NOW, lasts=DAY)
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def attempt() -> None:
        gate.wait()
        try:
            use_link(store, token, now=NOW)
            outcomes.append("in")
        except LinkError as error:
            outcomes.append(error.errors[0].code)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["in", "link_used", "link_used", "link_used"]


def test_nobodys_mailbox_is_flooded(store: Store) -> None:
    id = drafted(store)
    for _ in range(MOST_AN_HOUR):
        make_link(store, "draft", id, now=NOW, lasts=DAY)
    with pytest.raises(LinkError, match="Too many links"):
        make_link(store, "draft", id, now=NOW, lasts=DAY)
    make_link(store, "draft", drafted(store), now=NOW, lasts=DAY)
    make_link(store, "draft", id, now=NOW + timedelta(hours=1), lasts=DAY)


def test_an_address_finds_what_is_its_own(store: Store) -> None:
    put(store, "s1", contact="kim@firm.example", consent=CONSENT)
    put(store, "s2", contact="okim@firm.example", consent=CONSENT)
    put(store, "s3", website="https://kim.example", source="kim@firm.example")
    id, other = drafted(store), drafted(store, expires_at=NOW)
    name_email(store, id, "kim@firm.example", now=NOW)
    assert known_to(store, "kim@firm.example", NOW) == ([id], ["s1"])
    assert known_to(store, '%", "', NOW) == ([], [])
    with pytest.raises(UnknownId):
        name_email(store, other, "kim@firm.example", now=NOW)


def test_an_edit_is_part_of_what_is_held_and_goes_with_its_startup(store: Store) -> None:
    put(store, "s1")
    id = drafted(store, {"summary_ko": TEXT}, startup="s1", base=1)
    make_link(store, "startup", "s1", now=NOW, lasts=DAY)
    make_link(store, "draft", id, now=NOW, lasts=DAY)
    assert owners(store, TEXT[:20]) == {id}
    found = held(store, "s1")
    assert [one.id for one in found.edits] == [one.id for one in edits_of(store, "s1", NOW)] == [id]
    assert [one.kind for one in found.links] == ["startup"]
    assert faults(store) == []
    erase(store, "s1")
    assert owners(store, TEXT[:20]) == set()
    assert expire(store, LATER + DAY) == []
    with reading(store.engine) as connection:
        assert connection.execute(select(tables.links)).all() == []


def test_consent_that_is_withdrawn_takes_the_edits_along(store: Store) -> None:
    put(store, "s1", contact="kim@firm.example", consent=CONSENT)
    drafted(store, {"contact": "kim@firm.example"}, startup="s1", base=1)
    withdraw(store, "s1")
    assert edits_of(store, "s1", NOW) == []
    assert owners(store, "kim@firm.example") == set()


def test_a_link_follows_a_merge_and_comes_back(store: Store) -> None:
    for id in ("s1", "s2"):
        put(store, id)
    first, second = (make_link(store, "startup", "s2", now=NOW, lasts=DAY) for _ in range(2))
    merge(store, "s1", "s2", lambda _: Vectors("e/p1"))
    assert faults(store) == []
    assert use_link(store, first, now=NOW).of == "s1"
    assert [one.of for one in held(store, "s1").links] == ["s2", "s2"]
    unmerge(store, 1, lambda _: Vectors("e/p1"))
    assert use_link(store, second, now=NOW).of == "s2"


def test_a_draft_can_be_set_upon_a_newer_revision(store: Store) -> None:
    put(store, "s1")
    id = drafted(store, {"summary_ko": "a"}, startup="s1", base=1)
    rebase(store, id, {"summary_ko": "b"}, 2, now=NOW)
    draft = draft_of(store, id, NOW)
    assert (draft.base, draft.values) == (2, {"summary_ko": "b"})


def test_a_backup_holds_drafts_and_links(store: Store, tmp_path: Path) -> None:
    id = drafted(store, {"summary_ko": TEXT})
    token = make_link(store, "draft", id, now=NOW, lasts=DAY)
    back_up(store, tmp_path / "dari.zip")
    empty = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    restore(empty, tmp_path / "dari.zip")
    assert draft_of(empty, id, NOW) == draft_of(store, id, NOW)
    assert use_link(empty, token, now=NOW).of == id
    empty.close()


def test_torn_drafts_and_links_are_found(store: Store) -> None:
    put(store, "s1")
    id = drafted(store, startup="s1", base=1)
    make_link(store, "startup", "s1", now=NOW, lasts=DAY)
    for statement, said in (
        (update(tables.drafts).values(startup="nobody"), "the startup that it would change"),
        (update(tables.links).values(of="nobody"), "what it opens is not held"),
    ):
        with writing(store.engine) as connection:
            connection.execute(statement)
        assert any(said in one.what for one in faults(store))
    assert id


def test_drafts_are_not_lost_by_going_back_to_an_older_schema(store: Store) -> None:
    id = drafted(store)
    config = alembic_config()
    with (  # noqa: PT012
        pytest.raises(RuntimeError, match="drafts would be lost"),
        writing(store.engine) as connection,
    ):
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
    assert draft_of(store, id, NOW).id == id
