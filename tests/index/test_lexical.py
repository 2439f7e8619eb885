"""Tests tokens by hand and BM25 against a worked example."""

from __future__ import annotations

import math

import pytest

from index import LexicalIndex, tokenise


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("  \n ", []),
        ("!?…", []),
        ("Deep-Learning chips, 5G", ["deep", "learning", "chips", "5g"]),
        ("The maker of a drone and its motors", ["maker", "drone", "motors"]),
        ("자율주행", ["자율", "율주", "주행"]),
        ("자율주행 선박을", ["자율", "율주", "주행", "선박", "박을"]),
        ("빛", ["빛"]),
        ("AI반도체", ["ai", "반도", "도체"]),
        ("반도체AI 칩", ["반도", "도체", "ai", "칩"]),
        ("snake_case", ["snake", "case"]),
        ("ＡＩ Ⅲ", ["ai", "iii"]),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", ["한국"]),
        ("Élan café", ["élan", "café"]),
        ("中小企業 支援", ["中小企業", "支援"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokenise(text) == tokens


def test_a_stem_is_found_under_any_particle() -> None:
    assert set(tokenise("로봇")) <= set(tokenise("로봇을")) & set(tokenise("로봇에서"))


DOCUMENTS = {
    "d1": "cat dog",
    "d2": "cat cat fish bird",
    "d3": "dog",
}


def bm25(df: int, tf: int, length: int, *, n: int = 3, mean: float = 7 / 3) -> float:
    """Lucene's BM25 with k1 = 1.5 and b = 0.75."""
    idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
    return idf * tf / (tf + 1.5 * (0.25 + 0.75 * length / mean))


def scores_of(index: LexicalIndex, query: str, ids: list[str]) -> dict[str, float]:
    numbers = index._roster.numbers(ids)
    found = index.scores_at(index.scores(query), numbers[numbers >= 0])
    return dict(zip(index.ids(numbers[numbers >= 0]), found.tolist(), strict=True))


def test_bm25_by_hand() -> None:
    found = LexicalIndex(DOCUMENTS).search("Cat bird", 10)
    assert [id for id, _ in found] == ["d2", "d1"]
    assert found[0][1] == pytest.approx(bm25(2, 2, 4) + bm25(1, 1, 4), rel=1e-5)
    assert found[1][1] == pytest.approx(bm25(2, 1, 2), rel=1e-5)


def test_scores_at_gives_zero_where_no_word_is_shared() -> None:
    scores = scores_of(LexicalIndex(DOCUMENTS), "dog", ["d1", "d2", "d9"])
    assert scores.keys() == {"d1", "d2"}
    assert scores["d2"] == 0
    assert scores["d1"] == pytest.approx(bm25(2, 1, 2), rel=1e-5)


def test_k_and_the_filter_bound_the_list() -> None:
    index = LexicalIndex(DOCUMENTS)
    assert [id for id, _ in index.search("dog cat", 1)] == ["d1"]
    for allowed in (["d2", "d3", "unknown"], {"d2", "d3"}, {"d2": 1, "d3": 1}):
        assert [id for id, _ in index.search("cat", 9, allowed)] == ["d2"]
    assert index.search("cat", 9, set()) == []


def test_equal_scores_come_by_id() -> None:
    ids = [f"{n:03d}" for n in range(200)]
    index = LexicalIndex(dict.fromkeys(ids[::-1], "same words"))
    assert [id for id, _ in index.search("words", 150)] == ids[:150]


@pytest.mark.parametrize("query", ["", "!!", "the of", "unknown 모르는말"])
def test_a_query_without_a_known_word_finds_nothing(query: str) -> None:
    index = LexicalIndex(DOCUMENTS)
    assert index.search(query, 5) == []
    assert scores_of(index, query, ["d1", "d9"]) == {"d1": 0.0}


def test_a_replaced_document_loses_its_old_words() -> None:
    index = LexicalIndex(DOCUMENTS)
    assert index.search("fish", 5)
    index.put("d2", "zebra")
    assert index.search("fish", 5) == []
    assert [id for id, _ in index.search("zebra", 5)] == ["d2"]
    assert len(index) == 3


def test_a_removed_document_is_gone() -> None:
    index = LexicalIndex(DOCUMENTS)
    assert index.search("dog", 5)
    index.remove("d3")
    index.remove("d3")
    assert [id for id, _ in index.search("dog", 5)] == ["d1"]
    assert len(index) == 2


def test_documents_without_a_word_are_no_failure() -> None:
    assert LexicalIndex().search("cat", 5) == []
    index = LexicalIndex({"a": "!!!", "b": "cat"})
    assert [id for id, _ in index.search("cat", 5)] == ["b"]
    index.remove("b")
    assert index.search("cat", 5) == []
    assert scores_of(index, "cat", ["a"]) == {"a": 0.0}


def test_korean_is_found_by_part_of_a_word() -> None:
    index = LexicalIndex({"kriso": "선박해양플랜트연구소", "kist": "한국과학기술연구원"})
    assert [id for id, _ in index.search("자율운항선박을 만든다", 5)] == ["kriso"]


def test_words_that_say_nothing_are_left_out() -> None:
    assert tokenise("We make things. 함께할 기업을 찾습니다") == []
    assert tokenise("초음파 기기를 만듭니다") == ["초음", "음파", "기기", "기를"]
