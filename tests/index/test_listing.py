"""Lists: who passes, how many by each code, in which order, and pages that writes do not break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import FIELDS, Asked, Listing, Term, Writer, read_terms
from index.codes import codes_of
from index.orders import sort_key
from index.shelf import Shelf
from profiles import Side, Store
from profiles.store import ListedRow
from profiles.taxonomy import country_of, sectors

Make = Callable[..., Any]
DAY = datetime(2026, 11, 1, tzinfo=UTC)

IDS = st.sampled_from([f"s{n}" for n in range(12)])
FIELDS_OF_ONE = st.fixed_dictionaries(
    {"name": st.fixed_dictionaries({"ko": st.sampled_from(["가온", "나래", "다온", "Éclair"])})},
    optional={
        "region": st.sampled_from(["KR-27", "KR-11", "US", "US-CA"]),
        "sectors": st.lists(st.sampled_from(["ai", "robotics", "medical_imaging"]), max_size=2),
        "stage": st.sampled_from(["seed", "growth"]),
        "summary": st.just({"en": "text"}),
        "consent": st.just({"version": "1"}),
    },
)


def row(id: str, minutes: int = 0, side: Side = Side.STARTUP, **fields: Any) -> ListedRow:
    fields = {"name": {"en": id}} | fields
    names = "\n".join([*fields["name"].values(), id]).casefold()
    return ListedRow(id, side, names, DAY + timedelta(minutes=minutes), fields)


def shelf_of(*rows: ListedRow) -> Shelf:
    shelf = Shelf(rows[0].side if rows else Side.STARTUP)
    shelf.put_many(rows)
    return shelf


def test_the_newest_come_first_and_equal_ones_by_id() -> None:
    shelf = shelf_of(row("b"), row("a"), row("z", 5), row("m", 3))
    assert shelf.ask(Asked()).ids == ("z", "m", "a", "b")


def test_names_are_ordered_in_the_readers_language() -> None:
    shelf = shelf_of(
        row("1", name={"ko": "㈜하늘", "en": "Aero"}),
        row("2", name={"ko": "가람", "en": "Zed"}),
        row("3", name={"en": "Éclair"}),
        row("4", name={"ko": "나래"}),
    )
    assert shelf.ask(Asked(sort="name", lang="ko")).ids == ("3", "2", "4", "1")
    assert shelf.ask(Asked(sort="name", lang="en")).ids == ("1", "3", "2", "4")


def test_regions_are_ordered_as_the_provinces_then_abroad_then_unknown() -> None:
    places = {"a": None, "b": "US", "c": "KR-27", "d": "KR-11", "e": "DE"}
    shelf = shelf_of(*(row(id, region=region) for id, region in places.items()))
    assert shelf.ask(Asked(sort="region")).ids == ("d", "c", "e", "b", "a")


def test_a_count_stands_under_the_filters_of_all_other_fields() -> None:
    shelf = shelf_of(
        row("1", region="KR-27", sectors=["medical_imaging"], stage="seed"),
        row("2", region="KR-27", sectors=["ai"], stage="growth"),
        row("3", region="KR-11", sectors=["ai"], stage="seed"),
        row("4"),
    )
    asked = Asked(filters={"region": frozenset(["KR-27"]), "stage": frozenset(["seed"])})
    found = shelf.ask(asked)
    assert found.ids == ("1",)
    assert found.counts["region"] == {"KR-27": 1, "KR": 2, "KR-11": 1}
    assert found.counts["stage"] == {"seed": 1, "growth": 1}
    parent = sectors()["medical_imaging"].parent
    assert found.counts["sector"] == {"medical_imaging": 1, parent: 1}
    unknown = shelf.ask(Asked(filters={"stage": frozenset(["unknown"])}))
    assert (unknown.ids, unknown.counts["region"]) == (("4",), {"unknown": 1})


def test_terms_are_names_regions_or_sectors() -> None:
    shelf = shelf_of(
        row("seoul-labs", region="KR-27"),
        row("x", region="KR-11", sectors=["robotics"]),
        row("y", region="KR-11"),
    )
    assert set(shelf.ask(Asked(terms=read_terms("Seoul"))).ids) == {"seoul-labs", "x", "y"}
    assert shelf.ask(Asked(terms=read_terms("서울 로봇"))).ids == ("x",)
    assert shelf.ask(Asked(terms=(Term("nobody"),))).total == 0


def test_short_latin_words_are_no_countries() -> None:
    assert read_terms("sk") == (Term("sk"),)
    assert read_terms("Germany")[0].regions == {"DE"}
    assert read_terms("") == ()
    assert read_terms("x" * 900) == (Term("x" * 900),)


def test_partners_are_open_unless_they_take_nobody() -> None:
    kinds = {id: {"capacity": n} for id, n in (("full", 0), ("some", 3))}
    rows = [row(id, side=Side.PARTNER, **fields) for id, fields in kinds.items()]
    shelf = shelf_of(*rows, row("unsaid", side=Side.PARTNER))
    assert set(shelf.ask(Asked(filters={"open": frozenset(["yes"])})).ids) == {"some", "unsaid"}
    assert shelf.ask(Asked()).counts["open"] == {"yes": 2, "no": 1}


def test_a_part_before_a_place_ends_there() -> None:
    shelf = shelf_of(*(row(f"s{n}", n) for n in range(7)))
    first = shelf.ask(Asked(limit=3))
    second = shelf.ask(Asked(limit=3, after=first.after))
    third = shelf.ask(Asked(limit=3, after=second.after))
    assert (first.first, second.first, third.first) == (1, 4, 7)
    assert (first.before, third.after) == (None, None)
    assert shelf.ask(Asked(limit=3, before=second.before)).ids == first.ids
    assert shelf.ask(Asked(limit=3, before=third.before)).ids == second.ids


def test_similar_ones_must_pass_the_filters_and_not_be_found_already() -> None:
    shelf = shelf_of(row("robot", stage="seed"), row("rabot", stage="seed"), row("rebot"))
    asked = Asked(terms=(Term("robot"),), filters={"stage": frozenset(["seed"])})
    assert shelf.among(["rebot", "robot", "rabot", "gone"], asked) == ["rabot"]


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(IDS, FIELDS_OF_ONE), st.data())
def test_what_is_counted_is_what_passes(held: dict[str, dict[str, Any]], data: Any) -> None:
    """Counts and filters agree with a plain reading of each profile, after changes too."""
    shelf = Shelf(Side.STARTUP)
    for turn in range(2):
        for id, fields in held.items():
            shelf.put_many([row(id, len(id), **fields)])
        if turn == 0 and held:
            gone = data.draw(st.sampled_from(sorted(held)))
            shelf.remove(gone)
            shelf.remove(gone)
            held = {id: fields for id, fields in held.items() if id != gone}
    told = {id: codes_of(row(id, **fields)) for id, fields in held.items()}
    pool = {
        name: sorted({c for one in told.values() for c in one[name]})
        for name in FIELDS[Side.STARTUP]
    }
    filters = {
        name: frozenset(data.draw(st.lists(st.sampled_from(codes), max_size=2)))
        for name, codes in pool.items()
        if codes
    }
    found = shelf.ask(Asked(filters=filters, limit=100))

    def passes(codes: Any, but: str = "") -> bool:
        wanted = ((name, some) for name, some in filters.items() if some and name != but)
        return all(some & set(codes[name]) for name, some in wanted)

    assert set(found.ids) == {id for id, codes in told.items() if passes(codes)}
    assert found.total == len(found.ids)
    for name in FIELDS[Side.STARTUP]:
        plain = Counter(
            c for codes in told.values() if passes(codes, name) for c in set(codes[name])
        )
        assert found.counts[name] == dict(plain)


WRITES = st.lists(st.tuples(st.sampled_from(["put", "rename", "drop"]), IDS), max_size=4)


@settings(deadline=None, max_examples=200)
@given(
    start=st.lists(IDS, unique=True),
    writes=st.lists(WRITES, max_size=8),
    sort=st.sampled_from(["newest", "name", "region"]),
    limit=st.integers(1, 4),
)
def test_paging_shows_each_once_while_others_write(
    start: list[str], writes: list[Any], sort: Any, limit: int
) -> None:
    """Who stays where it stood from the first page to the last is shown once, in order."""
    clock = 0
    shelf = shelf_of(*(row(id, clock := clock + 1) for id in start))
    steady, seen, after, turns = set(start), [], None, iter(writes)
    while True:
        found = shelf.ask(Asked(sort=sort, limit=limit, after=after))
        seen += found.ids
        for deed, id in next(turns, ()):
            steady.discard(id)
            clock += 1
            if deed == "drop":
                shelf.remove(id)
            else:
                named = {"name": {"en": f"{deed}{clock % 3}"}} if deed == "rename" else {}
                shelf.put_many([row(id, clock, **named)])
        if found.after is None:
            break
        after = found.after
    shown = [id for id in seen if id in steady]
    assert sorted(shown) == sorted(steady)
    assert shown == [id for id in shelf.ask(Asked(sort=sort, limit=99)).ids if id in steady]


def test_the_store_is_followed(store: Store, tiny: Make, partner: Make) -> None:
    listing, writer = Listing(store), Writer(store, tiny())
    assert listing.ask(Side.PARTNER, Asked()).total == 0
    writer.put(partner("p1", region="KR-27"))
    writer.put(partner("p2", region="KR-11"))
    asked = Asked(sort="name", filters={"region": frozenset(["KR-27"])})
    assert listing.ask(Side.PARTNER, asked).ids == ("p1",)
    writer.put(partner("p1", region="KR-11"))
    found = listing.ask(Side.PARTNER, Asked(sort="region"))
    assert (found.ids, found.counts["region"]) == (("p1", "p2"), {"KR-11": 2, "KR": 2})
    store.erase("p1")
    assert listing.ask(Side.PARTNER, Asked()).ids == ("p2",)
    assert listing.all_ids(Side.PARTNER, Asked()) == ["p2"]
    assert listing.ask(Side.STARTUP, Asked()).total == 0
    assert Listing(store).ask(Side.PARTNER, Asked()).ids == ("p2",)


@pytest.mark.parametrize(
    ("name", "key"), [("㈜ 하늘", "하늘"), ("(주)가온", "가온"), ("ÉCLAIR", "eclair"), ("!!", "!!")]
)
def test_what_a_name_is_ordered_by(name: str, key: str) -> None:
    assert sort_key(name) == key


def test_a_region_counts_for_its_country() -> None:
    codes = codes_of(row("a", region="US-CA"))
    assert list(codes["region"]) == ["US-CA", country_of("US-CA")]


def test_the_same_words_find_what_has_come_since() -> None:
    shelf = shelf_of(row("robot"))
    asked = Asked(terms=(Term("robot"),))
    assert shelf.ask(asked).ids == ("robot",)
    shelf.put_many([row("robot-2", 1)])
    assert shelf.ask(asked).ids == ("robot-2", "robot")
    shelf.remove("robot")
    assert shelf.ask(asked).ids == ("robot-2",)


def test_names_are_sought_as_each_of_them_would_be():
    from index.terms import Sought

    names = ["daegu sono", "sono", "", "a\nb", "no", "ono sonno"]
    sought = Sought()
    for row, one in enumerate(names):
        sought.put(row, one)
    for text in ("sono", "no", "o", "a b", "x", "sono\nno", "."):
        wanted = [text in one.replace("\n", " ") for one in names]
        assert sought.having(text).tolist() == wanted, text
    sought.put(1, "other")
    assert sought.having("sono").tolist() == [True, *[False] * 5]
