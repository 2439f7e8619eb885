"""Tests that profiles are found by name, in either script, mistyped, and as the store stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import NameIndex, Names, Writer
from index.hangul import romanise, sound
from profiles import Partner, Side, Store, Vectors, validate
from profiles.identity import readings, readings_of_many

Make = Callable[..., Any]

FIRMS = {
    "samsung": ["Samsung Electronics Co., Ltd.", "삼성전자"],
    "biologics": ["Samsung Biologics", "삼성바이오로직스"],
    "hyundai": ["현대자동차(주)"],
    "doosan": ["Doosan Robotics"],
    "skhynix": ["에스케이하이닉스"],
    "etri": ["한국전자통신연구원(ETRI)"],
    "kakao": ["Kakao"],
    "karo": ["Karo Bio"],
    "nextcell": ["넥스트셀바이오"],
}


@pytest.fixture(scope="module")
def index() -> NameIndex:
    made = NameIndex()
    for id, names in FIRMS.items():
        made.put(id, Side.PARTNER, names)
    return made


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Samsung Electronics", "samsung"),
        ("SAMSUNG ELECTRONICS", "samsung"),
        ("삼성전자", "samsung"),
        ("㈜삼성전자", "samsung"),
        ("samsng electronics", "samsung"),
        ("Samsugn Electroncis", "samsung"),
        ("samsungelectronics", "samsung"),
        ("삼숭전자", "samsung"),
        ("삼성저자", "samsung"),
        ("삼전성자", "samsung"),
        ("samsung biologcs", "biologics"),
        ("Hyundai Motor", "hyundai"),
        ("hyundai", "hyundai"),
        ("현대 자동차", "hyundai"),
        ("현대자통차", "hyundai"),
        ("두산", "doosan"),
        ("SK Hynix", "skhynix"),
        ("sk하이닉스", "skhynix"),
        ("etri", "etri"),
        ("kakoa", "kakao"),
        ("카카오", "kakao"),
        ("넥스트셀바이", "nextcell"),
    ],
)
def test_a_name_is_found(index: NameIndex, text: str, first: str) -> None:
    assert [id for id, _ in index.search(text)][:1] == [first]


@pytest.mark.parametrize("text", ["", " ", "!!", "(주)", "LG", "google", "삼양식품", "k"])
def test_what_is_not_like_a_name_finds_none(index: NameIndex, text: str) -> None:
    assert not {"samsung", "kakao", "hyundai"} & {
        id for id, score in index.search(text) if score >= 0.95
    }


def test_the_same_name_scores_one_and_a_slip_less(index: NameIndex) -> None:
    assert index.search("Samsung Electronics")[0] == ("samsung", 1.0)
    assert 0.8 <= index.search("Samsung Electronic5")[0][1] < 1.0


def test_a_word_finds_all_that_have_it_the_nearest_first(index: NameIndex) -> None:
    found = dict(index.search("samsung"))
    assert found.keys() == {"samsung", "biologics"}
    assert index.search("samsung", k=1) == [("biologics", found["biologics"])]


def test_only_one_side_is_asked(index: NameIndex) -> None:
    assert index.search("kakao", Side.STARTUP) == []
    assert index.search("kakao", Side.PARTNER)[0][0] == "kakao"


def test_equal_names_come_by_id() -> None:
    index = NameIndex()
    for id in ("b", "a", "c"):
        index.put(id, Side.STARTUP, ["Same Name"])
    assert index.search("same name") == [("a", 1.0), ("b", 1.0), ("c", 1.0)]


def test_names_are_replaced_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.names._FEWEST_DEAD_ROWS", 2)
    index = NameIndex()
    for n in range(12):
        index.put(f"p{n}", Side.PARTNER, [f"Robot{n} Works", f"로봇{n}"])
    for n in range(10):
        index.remove(f"p{n}")
    index.put("p11", Side.PARTNER, ["Ship Yard"])
    index.remove("nobody")
    assert [id for id, _ in index.search("robot10 works")] == ["p10"]
    assert "p11" not in dict(index.search("robot11 works"))
    assert [id for id, _ in index.search("shipyard")] == ["p11"]
    assert len(index) == 2
    assert len(index._spellings) == len(index._runs) < 12


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.lists(st.text(max_size=30), max_size=3))
def test_any_text_is_answered(text: str, names: list[str]) -> None:
    index = NameIndex()
    index.put("p", Side.PARTNER, names)
    assert all(0.5 * 0.95 <= score <= 1.0 for _, score in index.search(text))


def test_the_store_is_followed(store: Store, tiny: Make, partner: Make) -> None:
    names, writer = Names(store), Writer(store, tiny())
    assert names.search("robots") == []
    writer.put(partner("p1", aliases=["Robot Works"]))
    assert names.search("robot wroks")[0][0] == "p1"
    writer.put(partner("p1", aliases=["Ship Yard"]))
    assert names.search("robot works") == []
    assert names.search("shipyard")[0][0] == "p1"
    store.erase("p1")
    assert names.search("shipyard") == []


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("삼성", "samseong"),
        ("한국", "hanguk"),
        ("빛", "bit"),
        ("LG화학", "LGhwahak"),
        ("값", "gap"),
    ],
)
def test_syllables_are_romanised(hangul: str, latin: str) -> None:
    assert romanise(hangul) == latin


@pytest.mark.parametrize(
    ("latin", "hangul"),
    [
        ("samsung", "삼성"),
        ("hyundai", "현대"),
        ("doosan", "두산"),
        ("lotte", "롯데"),
        ("pusan", "부산"),
        ("jeonbuk", "전북"),
        ("yonsei", "연세"),
        ("nexon", "넥슨"),
    ],
)
def test_customary_spellings_sound_as_they_are_written(latin: str, hangul: str) -> None:
    assert sound(latin) == sound(hangul)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(alphabet="ab cé.&/(,)-ø'S㈜주삼성에스\x00\x01\n", max_size=20), max_size=6))
def test_many_names_are_read_as_each_by_itself(names: list[str]) -> None:
    assert readings_of_many(names) == [readings(name) for name in names]


def test_many_names_at_once_are_found_as_each_by_itself() -> None:
    together, apart = NameIndex(), NameIndex()
    entries = [(id, Side.PARTNER, names) for id, names in FIRMS.items()]
    together.put_many(entries)
    for entry in entries:
        apart.put(*entry)
    for text in (name for names in FIRMS.values() for name in names):
        assert together.search(text) == apart.search(text) != []


def test_many_words_sound_as_each_by_itself() -> None:
    words = [word for names in FIRMS.values() for name in names for word in name.lower().split()]
    assert sound("\n".join(words)).split("\n") == [sound(word) for word in words]


@pytest.mark.parametrize(
    ("word", "heard"),
    [("tschech", "jej"), ("aei", "ei"), ("eeoou", "eo"), ("cycc", "syk"), ("phoenix", "poeniks")],
)
def test_letters_fall_together_from_left_to_right(word: str, heard: str) -> None:
    assert sound(word) == heard


def test_threads_that_search_at_once_take_turns(sqlite_store: Store) -> None:
    """The first search reads all names; two of them at once must not read into one index."""
    from concurrent.futures import ThreadPoolExecutor

    partners = [validate(Partner, {"id": f"p{n}", "name": f"Name {n}"}) for n in range(3_000)]
    sqlite_store.put_many([(one, Vectors("e")) for one in partners])
    names = Names(sqlite_store)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(names.search, ["Name 7"] * 8))
    assert [one[0][0] for one in found] == ["p7"] * 8


SHORT = {
    "hyundai": ["현대", "Hyundai"],
    "naver": ["네이버", "NAVER"],
    "sonolight": ["SonoLight", "소노라이트"],
    "butterfly": ["나비"],
    "samsung": ["삼성", "Samsung"],
}


@pytest.fixture(scope="module")
def short() -> NameIndex:
    made = NameIndex()
    made.put_many([(id, Side.PARTNER, names) for id, names in SHORT.items()])
    return made


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sonolite", "sonolight"),
        ("현데", "hyundai"),
        ("현다이", "hyundai"),
        ("나바", "butterfly"),
        ("나바", "naver"),
        ("나이버", "naver"),
        ("삼선", "samsung"),
        ("삼송", "samsung"),
    ],
)
def test_a_short_name_with_a_wrong_syllable_is_told_of(
    short: NameIndex, text: str, found: str
) -> None:
    assert found in dict(short.search(text))


@pytest.mark.parametrize("text", ["google", "lotte", "다보", "kt", "배", "zz"])
def test_nothing_is_told_of_that_is_not_near(short: NameIndex, text: str) -> None:
    assert short.search(text) == []


def test_what_is_only_near_never_stands_beside_what_is_alike() -> None:
    index = NameIndex()
    for n in range(30):
        index.put(f"s{n}", Side.STARTUP, [f"나{chr(0xB098 + 28 * n)}"])
    index.put("navi", Side.STARTUP, ["나비"])
    assert index.search("나비")[0] == ("navi", 1.0)
    assert all(score >= 0.8 for _, score in index.search("나비"))
    assert len(index.search("나뱌")) <= 5
