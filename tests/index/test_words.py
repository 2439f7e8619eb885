"""Tests that tokens by words are those of the tokenizer, whatever the text."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import words
from index.encoder import DEFAULT_FOLDER, MAX_TOKENS, _read_tokenizer
from index.words import WordTokens

FILE = DEFAULT_FOLDER / "tokenizer.json"
TOKENIZER = _read_tokenizer(FILE)
TOKENS = WordTokens(TOKENIZER, longest=MAX_TOKENS)


def direct(texts: Sequence[str]) -> list[list[int]]:
    found = TOKENIZER.encode_batch_fast(list(texts), add_special_tokens=False)
    return [one.ids for one in found]


_PIECES = st.sampled_from(
    ["AI", "ai로봇", "초음파", "Daegu", " ", "\n", "\t", ".", ",", "-", "_", "·", "…", "“", "3.5",
     "é", "É", "ß", "ÿ", "İ", "Σ", "ς", "ﬁ", "①", "ㄱ", "\u0301", "\u1100", "\u11a8", "\x1c",
     "\x85", "\xa0", "™", "€", "한국어", "x" * 40, "가나다라마바사" * 9]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=40) | st.lists(_PIECES, max_size=20).map("".join), max_size=6))
def test_any_texts(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    assert TOKENS.ids(texts) == direct(texts)


def test_every_character_of_the_first_plane() -> None:
    texts = [f"{chr(c)}가a{chr(c)}B" for c in range(0x10000) if not 0xD800 <= c < 0xE000]
    assert TOKENS.ids(texts) == direct(texts)


def test_a_text_is_bounded_as_the_tokenizer_bounds_it() -> None:
    texts = ["ab " * 9_000, "가나 " * 6_000, "q" * 20_000, "가나다라마" * 4_000]
    found = TOKENS.ids(texts)
    assert found == direct(texts)
    assert [len(one) for one in found[:2]] == [MAX_TOKENS, MAX_TOKENS]


def test_a_full_memory_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MOST_CHARACTERS", 12)
    tokens = WordTokens(TOKENIZER, longest=MAX_TOKENS)
    for text in ("robot arm", "welding robots", "game", "robot arm of a factory that welds"):
        assert tokens.ids([text, "robot"]) == direct([text, "robot"])
        assert len(tokens._known) <= 7
    assert "welding" not in tokens._known


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("normalizer", {"type": "Sequence", "normalizers": [{"type": "NFKC"}]}),
        ("normalizer", None),
        ("pre_tokenizer", {"type": "Whitespace"}),
        ("post_processor", {"type": "BertProcessing"}),
        ("added_tokens", [{"id": 0, "content": "[UNK]"}]),
        ("model", {"type": "BPE"}),
    ],
)
def test_only_tokenizers_of_this_kind_are_served(part: str, other: object) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert WordTokens.fits(text)
    assert not WordTokens.fits(json.dumps({**json.loads(text), part: other}))
    assert not WordTokens.fits("[]")


def test_a_tokenizer_that_keeps_what_others_drop_is_not_served() -> None:
    read = json.loads(FILE.read_text(encoding="utf-8"))
    read["pre_tokenizer"]["pretokenizers"][0]["invert"] = True
    assert not WordTokens.fits(json.dumps(read))
