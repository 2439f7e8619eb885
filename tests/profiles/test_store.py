"""Tests of the store, each on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from profiles import (
    AnyProfile,
    FieldChange,
    IdTaken,
    Partner,
    Programme,
    Side,
    StaleEdit,
    Startup,
    Store,
    Text,
    Tie,
    UnknownId,
    Vectors,
    Verdict,
    differences,
    steps,
    tables,
    validate,
)
from profiles.database import reading
from profiles.store import LONGEST_SEARCH

SPACE = "encoder/p1"


def startup(id: str, **fields: Any) -> Startup:
    return validate(Startup, {"id": id, "name": f"Startup {id}", "summary": "초음파", **fields})


def partner(id: str, **fields: Any) -> Partner:
    return validate(Partner, {"id": id, "name": f"Partner {id}", **fields})


def tie(id: str, a: str, b: str, **fields: Any) -> Tie:
    return validate(Tie, {"id": id, "kind": "pilot", "a": a, "b": b, **fields})


def encoded(profile: AnyProfile) -> tuple[AnyProfile, Vectors]:
    return profile, Vectors(SPACE, {"is": b"\x00\x3c" * 4})


def put(store: Store, *profiles: AnyProfile, new: bool = False) -> int:
    return store.put_many([encoded(profile) for profile in profiles], new=new)


def rows(store: Store, table: Any) -> list[Any]:
    with reading(store._engine) as connection:
        return list(connection.execute(select(table)))


FULL: dict[str, Any] = {
    "name": {"en": "Sonic", "ko": "음파"},
    "aliases": ["소닉", "Sonic Inc."],
    "summary": {"en": "Probes", "ko": "탐촉자 — 😀"},
    "seeking": "파일럿",
    "offering": "data",
    "region": "KR-27",
    "sectors": ["medical_imaging", "ai"],
    "seeks": ["pilot"],
    "offers": ["data"],
    "conflicts": ["etri"],
    "website": "https://한글.kr/é",
    "source": "made up",
    "stage": "seed",
    "trl": 4,
    "founded": 2020,
    "contact": "ceo@sonic.kr",
    "consent": {"version": "1", "purpose": "matching", "at": "2026-01-02T03:04:05+09:00"},
}


def test_profiles_come_back_as_they_went(store: Store) -> None:
    there = startup("sonic", **FULL)
    here = partner("etri", kind="research_institute", sites=["KR-30"], capacity=0, trl_min=4)
    put(store, there, here, startup("다리/1"))
    assert store.get("sonic") == there
    assert store.get("etri") == here
    assert store.get_many(["sonic", "다리/1", "nobody"]).keys() == {"sonic", "다리/1"}
    assert store.sides(["sonic", "etri", "x"]) == {"sonic": Side.STARTUP, "etri": Side.PARTNER}


@pytest.mark.parametrize("id", ["nobody", "", "a\x00b", "\ud800", "x" * 5000, "'; DROP TABLE", "%"])
def test_ids_that_nobody_has(store: Store, id: str) -> None:
    put(store, startup("a"))
    with pytest.raises(UnknownId):
        store.get(id)
    with pytest.raises(UnknownId):
        store.programme(id)
    with pytest.raises(UnknownId):
        store.erase(id)
    assert store.verdicts(id) == []
    assert store.ties_page(id) == []
    assert store.count_ties_of(id) == 0
    assert store.vectors("startup", [id], SPACE) == {}
    assert len(store.page(Side.STARTUP, after=id)) <= 1


def test_the_ids_of_a_side_are_given_in_their_order(store: Store) -> None:
    put(store, startup("s2"), partner("p1"), startup("s10"), startup("s1"))
    assert store.ids(Side.STARTUP) == ["s1", "s10", "s2"]
    assert store.ids(Side.PARTNER) == ["p1"]


def test_pages_follow_the_ids_without_gap_or_repetition(store: Store) -> None:
    ids = ["A", "B-1", "Z", "a", "a-1", "a.b", "a1", "b", "z", "é", "가", "나", "다리", "10", "9"]
    put(store, *(startup(id) for id in ids), partner("p"))
    seen: list[str] = []
    while page := store.page(Side.STARTUP, after=seen[-1] if seen else None, limit=4):
        assert len(page) <= 4
        seen += [profile.id for profile in page]
    assert seen == sorted(ids)
    assert [p.id for p in store.each(Side.STARTUP, batch=2)] == sorted(ids)
    assert [p.id for p in store.page(Side.PARTNER)] == ["p"]
    assert (store.count(Side.STARTUP), store.count(Side.PARTNER)) == (len(ids), 1)


@pytest.mark.postgresql
def test_ids_are_ordered_by_code_point_whatever_the_server_s_language(postgresql: str) -> None:
    import psycopg

    with psycopg.connect(postgresql.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE english TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        )
    store = Store.open(postgresql.replace("/postgres", "/english"))
    store.migrate()
    ids = ["B", "a", "a-b", "aa", "Z", "가", "é"]
    put(store, *(partner(id) for id in ids))
    store.put_programmes([validate(Programme, {"id": i, "kind": "event", "name": i}) for i in ids])
    store.put_ties([(tie(id, "B", "a"), Vectors(SPACE)) for id in ids])
    assert [p.id for p in store.each(Side.PARTNER, batch=2)] == sorted(ids)
    assert [p.id for p in store.programmes()] == sorted(ids)
    assert [t.id for t in store.ties()] == sorted(ids)
    store.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sonic", ["a"]),
        ("SONIC", ["a"]),
        ("inc sonic", ["a"]),
        ("음파", ["a"]),
        (unicodedata.normalize("NFD", "음파"), ["a"]),
        ("소닉", ["a"]),
        ("100%", ["b"]),
        ("%", ["b"]),
        ("_", ["c"]),
        ("\\", ["d"]),
        ("/", ["e/1"]),
        ("straße", ["d"]),
        ("STRASSE", ["d"]),
        ("E/1", ["e/1"]),
        ("sonic etri", []),
        ("'; --", []),
        ("a\x00", []),
        ("\ud800", []),
        ("x" * (LONGEST_SEARCH + 1), []),
        ("a " * (LONGEST_SEARCH // 2), ["a", "b", "c", "d"]),
        ("", ["a", "b", "c", "d", "e/1"]),
        ("  ", ["a", "b", "c", "d", "e/1"]),
    ],
)
def test_search_of_names(store: Store, text: str, found: list[str]) -> None:
    put(
        store,
        startup("a", **FULL),
        startup("b", name="100% Natural"),
        startup("c", name="snake_case Lab"),
        startup("d", name="Straße\\Lab"),
        startup("e/1", name="다리"),
        partner("p", name="Sonic 100% _ \\"),
    )
    assert [p.id for p in store.page(Side.STARTUP, text=text)] == found
    assert store.count(Side.STARTUP, text=text) == len(found)


def test_many_words_are_searched(store: Store) -> None:
    words = " ".join(f"w{n}" for n in range(190))
    put(store, startup("a", aliases=words.split()))
    assert store.count(Side.STARTUP, text=words) == 1
    assert store.count(Side.STARTUP, text=words + " w999") == 0


def test_the_revision_counts_changes(store: Store) -> None:
    def revision() -> Any:
        (row,) = rows(store, tables.profiles)
        return row.revision, row.created_at, row.updated_at

    assert put(store, startup("a")) == 1
    first = revision()
    assert first[0] == 1
    assert put(store, startup("a")) == 2
    assert revision() == first
    put(store, startup("a", trl=4))
    second = revision()
    assert second[0] == 2
    assert second[1] == first[1]
    assert second[2] > first[2]
    assert store.get("a") == startup("a", trl=4)


def test_an_id_belongs_to_one_side(store: Store) -> None:
    put(store, startup("a"))
    with pytest.raises(IdTaken) as caught:
        put(store, partner("b"), partner("a"))
    assert caught.value.value == "a"
    assert store.count(Side.PARTNER) == 0
    assert store.last_seq() == 1
    assert store.get("a") == startup("a")


def test_a_new_profile_takes_no_existing_id(store: Store) -> None:
    assert put(store, startup("a"), new=True) == 1
    with pytest.raises(IdTaken):
        put(store, startup("b"), startup("a", trl=9), new=True)
    assert store.get_many(["a", "b"]) == {"a": startup("a")}
    assert store.last_seq() == 1


def test_an_id_stands_once_in_what_is_written(store: Store) -> None:
    for second in (partner("a"), startup("a", trl=4)):
        with pytest.raises(IdTaken):
            put(store, startup("a"), second)
    assert store.get_many(["a"]) == {}
    assert store.last_seq() == 0


def test_nothing_is_written_when_something_fails(store: Store) -> None:
    put(store, startup("a"))
    broken = (startup("z"), Vectors(SPACE, {"is": None}))
    with pytest.raises(Exception, match=r".+"):
        store.put_many([encoded(startup("a", trl=4)), encoded(startup("b")), broken])
    assert store.get_many(["a", "b", "z"]) == {"a": startup("a")}
    assert store.last_seq() == 1


def test_nothing_is_logged_for_nothing(store: Store) -> None:
    assert (put(store), store.put_ties([]), store.put_programmes([])) == (0, 0, 0)


def test_changed_keeps_what_must_be_written(store: Store) -> None:
    put(store, startup("a"), startup("b"))
    wanted = [startup("a"), startup("b", trl=4), startup("c")]
    assert store.changed(wanted, SPACE) == wanted[1:]
    assert store.changed(wanted, "other/p1") == wanted


def test_vectors_are_replaced_with_their_profile(store: Store) -> None:
    store.put_many([(startup("a"), Vectors("old/p1", {"is": b"12", "seeks": b"34"}))])
    assert store.vectors("startup", ["a"], "old/p1") == {"a": {"is": b"12", "seeks": b"34"}}
    store.put_many([(startup("a"), Vectors("old/p1", {"is": b"56"}))])
    put(store, startup("a"))
    assert store.vectors("startup", ["a"], "old/p1") == {"a": {"is": b"56"}}
    put(store, startup("a", trl=4))
    assert store.vectors("startup", ["a"], "old/p1") == {}
    assert store.vectors("startup", ["a"], SPACE) == {"a": {"is": b"\x00\x3c" * 4}}


def test_more_ids_than_a_statement_takes(store: Store) -> None:
    ids = [f"s{n:04}" for n in range(1203)]
    put(store, *(startup(id) for id in ids))
    assert list(store.get_many(reversed(ids))) == ids
    assert len(store.changes_after(3)) == 1200
    assert [c.seq for c in store.changes_after(3, limit=2)] == [4, 5]


def test_ties_come_back_as_they_went(store: Store) -> None:
    one = tie("t1", "a", "b", valid_from="2014-09-15", subject={"en": "A", "ko": "가"}, role="lead")
    two = tie("t2", "b", "c", kind="pairing", region="KR-27", valid_to="2020-01-01")
    seq = store.put_ties([(two, Vectors(SPACE)), (one, Vectors(SPACE, {"subject": b"12"}))])
    assert seq == 2
    assert list(store.ties()) == [one, two]
    assert store.ties_page("b") == [one, two]
    assert store.ties_page("a") == [one]
    assert store.get_ties(["t2", "t9"]) == {"t2": two}
    assert store.count_ties() == 2
    assert store.vectors("tie", ["t1"], SPACE) == {"t1": {"subject": b"12"}}
    later = tie("t1", "a", "c", valid_from=date(2015, 1, 1), subject="x")
    assert store.changed_ties([one, two, later], SPACE) == [later]
    store.put_ties([(later, Vectors(SPACE))])
    assert store.ties_page("a") == [later]
    assert [t.id for t in store.changed_ties([later, two], SPACE)] == ["t1"]  # it lacks its vector


def test_programmes_come_back_as_they_went(store: Store) -> None:
    raw = {"id": "c", "kind": "contest", "name": {"en": "Contest", "ko": "공모전"}, "places": 10}
    money = {"amount": 20_000_000, "currency": "KRW", "per": "side"}
    contest = validate(Programme, {**raw, "funding": money, "valid_from": "2014-10-10"})
    event = validate(Programme, {"id": "a", "kind": "event", "name": "Event"})
    assert store.put_programmes([contest, event]) == 2
    assert store.programmes() == [event, contest]
    assert store.programme("c") == contest
    changed = contest.model_copy(update={"name": Text(en="Contest 2")})
    store.put_programmes([changed])
    assert store.programme("c") == changed
    assert len(store.programmes()) == 2


def test_verdicts_keep_their_moment_in_utc(store: Store) -> None:
    seoul = timezone(timedelta(hours=9))
    at = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=seoul)
    first = Verdict("sonic", "etri", "good", "잘 맞음 %", 1, "rules-1", at)
    now = Verdict("sonic", "kist", "poor", "", None, "rules-1")
    for verdict in (first, now, Verdict("other", "etri", "good", "", 3, "rules-1")):
        store.add_verdict(verdict)
    kept = store.verdicts("sonic")
    assert kept == [first, now]
    assert [verdict.at.utcoffset() for verdict in kept] == [timedelta(0)] * 2
    assert kept[0].at == datetime(2026, 1, 1, 18, 4, 5, 678_901, tzinfo=UTC)
    assert [(c.kind, c.id) for c in store.changes_after(1)] == [
        ("verdict", "sonic"),
        ("verdict", "other"),
    ]


def test_moments_without_time_zone_are_an_error(store: Store) -> None:
    naive = datetime(2026, 1, 2)
    with pytest.raises(Exception, match="no time zone"):
        store.add_verdict(Verdict("a", "b", "good", "", 1, "m", naive))
    assert store.last_seq() == 0


def test_the_moments_of_rows_are_utc(store: Store) -> None:
    put(store, startup("a"))
    (profile,), (change,) = rows(store, tables.profiles), rows(store, tables.changes)
    for at in (profile.created_at, profile.updated_at, change.at):
        assert at.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)


SECRET = "Geheimnisvolle-Ultraschallsonde-비밀"


def _with_a_secret(store: Store) -> None:
    known = startup("gone", name=SECRET, summary=SECRET * 500, contact="secret@dari.kr",
                    consent=FULL["consent"])  # fmt: skip
    put(store, known, startup("stays"), partner("etri"))
    put(store, known.model_copy(update={"trl": 5}))
    store.put_ties([
        (tie("t-gone", "gone", "etri", subject=SECRET), Vectors(SPACE, {"subject": b"12"})),
        (tie("t-back", "etri", "gone"), Vectors(SPACE)),
        (tie("t-stays", "stays", "etri"), Vectors(SPACE, {"subject": b"12"})),
    ])
    store.add_verdict(Verdict("gone", "etri", "good", SECRET, 1, "m"))
    store.add_verdict(Verdict("etri", "gone", "poor", SECRET, 1, "m"))
    store.add_verdict(Verdict("stays", "etri", "good", "kept", 1, "m"))


def test_erasure_leaves_nothing_but_the_log(store: Store) -> None:
    _with_a_secret(store)
    before = store.last_seq()
    assert store.erase("gone") == before + 3
    logged = [(c.kind, c.id) for c in store.changes_after(before)]
    assert sorted(logged) == [("startup", "gone"), ("tie", "t-back"), ("tie", "t-gone")]
    for table in tables.metadata.sorted_tables:
        if table not in (tables.changes, tables.revisions):
            held = repr(rows(store, table))
            assert SECRET not in held
            assert "gone" not in held, table.name
            assert "t-back" not in held
    assert SECRET not in repr(rows(store, tables.changes))
    assert SECRET not in repr(rows(store, tables.revisions))
    audit = [(one.kind, one.payload, one.by) for one in store.history("gone")]
    assert audit == [("startup", None, "system")]
    assert [t.id for t in store.ties()] == ["t-stays"]
    assert [v.note for v in store.verdicts("stays")] == ["kept"]
    assert store.vectors("tie", ["t-stays", "t-gone"], SPACE).keys() == {"t-stays"}
    assert store.vectors("startup", ["stays", "gone"], SPACE).keys() == {"stays"}
    with pytest.raises(UnknownId):
        store.erase("gone")
    put(store, startup("gone"), new=True)
    put(store, startup("gone", summary="Changed once."))
    put(store, startup("gone", summary="Changed twice."))
    assert [one.payload is None for one in store.history("gone")] == [True, False, False, False]


def test_erased_text_is_gone_from_the_file(sqlite_store: Store, tmp_path: Path) -> None:
    def held() -> list[bool]:
        needles = (SECRET.encode(), b"secret@dari.kr")
        data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        return [needle in data for needle in needles]

    _with_a_secret(sqlite_store)
    assert held() == [True, True]
    sqlite_store.erase("gone")
    assert held() == [False, False]
    sqlite_store.close()
    assert held() == [False, False]


def test_a_reader_never_misses_a_change(store: Store, database_url: str) -> None:
    """Writers race; a reader that polls after its last seq sees each change, in order, once."""
    writers, each = 4, 25
    stores = [Store.open(database_url) for _ in range(writers)]
    reader, done = store, threading.Event()

    def write(number: int) -> list[int]:
        own = stores[number]
        return [put(own, startup(f"s{number}-{n}"), startup(f"x{number}-{n}")) for n in range(each)]

    def follow() -> list[tuple[int, str]]:
        seen: list[tuple[int, str]] = []
        while True:
            last_round = done.is_set()
            after = seen[-1][0] if seen else 0
            newest = reader.last_seq()
            found = reader.changes_after(after)
            assert newest <= (found[-1].seq if found else after)
            held = reader.get_many([change.id for change in found])
            assert len(held) == len(found), "a change is logged before its profile is there"
            seen += [(change.seq, change.id) for change in found]
            if last_round:
                return seen

    with ThreadPoolExecutor(writers + 1) as pool:
        following = pool.submit(follow)
        try:
            given = [seq for seqs in pool.map(write, range(writers)) for seq in seqs]
        finally:
            done.set()
        seen = following.result()
    assert [seq for seq, _ in seen] == list(range(1, 2 * writers * each + 1))
    assert len({id for _, id in seen}) == 2 * writers * each
    assert sorted(given) == list(range(2, 2 * writers * each + 1, 2))
    for one in stores:
        one.close()


def test_two_who_ask_for_one_new_id(store: Store, database_url: str) -> None:
    stores = [Store.open(database_url) for _ in range(4)]
    start = threading.Barrier(len(stores))

    def ask(own: Store) -> bool:
        start.wait()
        try:
            put(own, startup("wanted"), new=True)
        except IdTaken:
            return False
        return True

    with ThreadPoolExecutor(len(stores)) as pool:
        assert sorted(pool.map(ask, stores)) == [False, False, False, True]
    assert store.last_seq() == 1
    for one in stores:
        one.close()


def test_every_state_is_kept_with_who_and_when(store: Store) -> None:
    put(store, startup("a"))
    put(store, startup("a", region="KR-27"))
    put(store, startup("a", region="KR-27"))  # nothing new: no revision
    store.put_many([(startup("a", region="KR-26"), Vectors(SPACE))], by="staff")
    history = store.history("a")
    assert [(one.number, one.by) for one in history] == [(1, "system"), (2, "system"), (3, "staff")]
    assert all(one.at.tzinfo is UTC for one in history)
    changes = differences(history[1].payload, history[2].payload)
    assert changes == (FieldChange("region", "KR-27", "KR-26"),)
    assert differences(None, history[0].payload)[0].before is None
    with pytest.raises(UnknownId):
        store.history("nobody")


def test_a_stale_edit_is_refused_with_what_stands(store: Store) -> None:
    put(store, startup("a"))
    _, base = store.get_with_revision("a")
    store.put_many([(startup("a", region="KR-27"), Vectors(SPACE))], base=base, by="first")
    with pytest.raises(StaleEdit) as caught:
        store.put_many([(startup("a", region="KR-26"), Vectors(SPACE))], base=base, by="second")
    assert (caught.value.base, caught.value.held) == (base, base + 1)
    assert caught.value.payload["region"] == "KR-27"
    assert store.get("a").region == "KR-27"
    assert [one.by for one in store.history("a")] == ["system", "first"]
    with pytest.raises(UnknownId):
        store.put_many([(startup("nobody"), Vectors(SPACE))], base=1)


def test_ties_and_programmes_have_revisions(store: Store) -> None:
    for role in ("first", "second"):
        tie = validate(Tie, {"id": "t", "kind": "pilot", "a": "x", "b": "y", "role": role})
        store.put_ties([(tie, Vectors(SPACE))], by=role)
        store.put_programmes(
            [validate(Programme, {"id": "p", "kind": "contest", "name": role})], by=role
        )
    assert [one.by for one in store.history("t")] == ["first", "second"]
    assert [one.payload["name"] for one in store.history("p") if one.payload] == [
        {"en": "first"},
        {"en": "second"},
    ]


@pytest.mark.parametrize("kind", ["tie", "programme"])
def test_stale_edits_of_ties_and_programmes_are_refused(store: Store, kind: str) -> None:
    def write(role: str, base: int | None = None, id: str = "x") -> None:
        if kind == "tie":
            store.put_ties([(tie(id, "a", "b", role=role), Vectors(SPACE))], base=base, by=role)
        else:
            programme = validate(Programme, {"id": id, "kind": "contest", "name": role})
            store.put_programmes([programme], base=base, by=role)

    read = store.tie_with_revision if kind == "tie" else store.programme_with_revision
    write("first")
    base = read("x")[1]
    write("second", base)
    with pytest.raises(StaleEdit) as caught:
        write("third", base)
    assert (caught.value.base, caught.value.held) == (1, 2)
    assert "second" in repr(caught.value.payload)
    assert read("x")[1] == 2
    assert [one.by for one in store.history("x")] == ["first", "second"]
    for unknown in ("y", "\x00"):
        with pytest.raises(UnknownId):
            read(unknown)
    with pytest.raises(UnknownId):
        write("nobody", 1, "y")


def test_a_new_tie_takes_no_id_that_is_held(store: Store) -> None:
    store.put_ties([(tie("t", "a", "b"), Vectors(SPACE))], new=True)
    with pytest.raises(IdTaken):
        store.put_ties([(tie("t", "a", "c"), Vectors(SPACE))], new=True)
    assert store.tie_with_revision("t")[0].b == "b"


def test_of_racing_edits_of_one_tie_one_wins(store: Store, database_url: str) -> None:
    store.put_ties([(tie("t", "a", "b"), Vectors(SPACE))])
    stores = [Store.open(database_url) for _ in range(4)]

    def edit(own: Store) -> bool:
        try:
            own.put_ties([(tie("t", "a", "b", role=str(id(own))), Vectors(SPACE))], base=1)
        except StaleEdit:
            return False
        return True

    with ThreadPoolExecutor(len(stores)) as pool:
        assert sorted(pool.map(edit, stores)) == [False, False, False, True]
    for one in stores:
        one.close()


def test_a_verdict_is_a_revision_that_says_who_gave_it(store: Store) -> None:
    put(store, startup("a"))
    for label in ("good", "poor"):
        store.add_verdict(Verdict("a", "k", label, "메모", 3, "m"), by="Kim")
    own, *said = store.history("a")
    assert own.kind == "startup"
    assert [(one.kind, one.number, one.by) for one in said] == [
        ("verdict", 1, "Kim"),
        ("verdict", 2, "Kim"),
    ]
    assert [one.payload and one.payload["label"] for one in said] == ["good", "poor"]
    assert said[0].payload
    kept = ("candidate", "note", "shown_rank", "model_version")
    assert [said[0].payload[name] for name in kept] == ["k", "메모", 3, "m"]
    assert [step.changes for step in steps(said)] == [(), ()]


# What is known of pairs


def judged(store: Store, query: str, candidate: str, label: Any) -> None:
    store.add_verdict(Verdict(query, candidate, label, "", 1, "model"), by=f"{label} {candidate}")


def test_verdicts_and_outcomes_are_counted_once_a_pair(store: Store) -> None:
    """Four pairs of two startups: good in the end, poor, come of a pilot, and both."""
    assert store.experience() == (0, 0, 0)
    put(store, startup("s"), startup("t"), partner("p"), partner("q"), partner("r"))
    judged(store, "s", "p", "poor")
    judged(store, "p", "s", "good")
    judged(store, "s", "q", "good")
    judged(store, "s", "q", "poor")
    assert store.experience() == (2, 1, 1)
    ties = [
        tie("1", "t", "p"),
        tie("2", "r", "t"),
        tie("3", "p", "q"),
        tie("4", "s", "r", kind="conflict"),
        tie("5", "s", "nobody"),
    ]
    store.put_ties([(one, Vectors(SPACE, {})) for one in ties])
    assert store.experience() == (4, 3, 2)
    judged(store, "t", "p", "poor")
    assert store.experience() == (4, 3, 2)


def test_counting_looks_at_so_many_and_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.store.verdicts.MOST_COUNTED", 2)
    put(store, startup("s"), *(partner(f"p{n}") for n in range(4)))
    for n in range(4):
        judged(store, "s", f"p{n}", "good")
    assert store.experience().pairs == 2


def test_the_kinds_of_outcome_are_those_of_a_test_set() -> None:
    from evaluation.store_source import OUTCOMES as RELEVANT
    from profiles.store.verdicts import OUTCOMES

    assert set(OUTCOMES) == set(RELEVANT)


def test_a_store_has_a_name_that_no_change_takes_away(store: Store) -> None:
    assert store.identity() == "dari-store-empty"
    put(store, startup("s"))
    name = store.identity()
    assert len(name) == len("dari-store-") + 16
    put(store, startup("t"))
    store.erase("s")
    assert store.identity() == name
