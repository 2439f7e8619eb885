"""Tests the splitting of a text and the finding of its nearest sentence."""

from __future__ import annotations

import pytest

from index import Encoder
from matcher.sentences import LONGEST_SENTENCE, MOST_SENTENCES, SentenceFinder, sentences
from profiles import Text
from profiles.taxonomy import Names


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (" \n ", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("로봇을 만듭니다. 배를 짓는다.", ["로봇을 만듭니다.", "배를 짓는다."]),
        ("Version 2.5 of it\nand more", ["Version 2.5 of it", "and more"]),
        ("no end", ["no end"]),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


def test_sentences_are_bounded() -> None:
    assert [len(part) for part in sentences("x" * 9_999)] == [LONGEST_SENTENCE]
    assert len(sentences("a. " * 999)) == MOST_SENTENCES


def test_the_nearest_sentence_is_found_in_each_language(encoder: Encoder) -> None:
    text = Text(
        en="We sell games. We build ships.",
        ko="우리는 게임을 판매합니다. 우리는 선박을 건조합니다.",
    )
    finder = SentenceFinder(encoder)
    ships, games = encoder.encode(["Shipbuilding, ships 선박 조선", "Computer games 게임"])
    assert finder.best(text, [ships]) == Names("We build ships.", "우리는 선박을 건조합니다.")
    assert finder.best(text, [games]) == Names("We sell games.", "우리는 게임을 판매합니다.")
    best = finder.best(text, [games, ships])
    assert best.en in ("We sell games.", "We build ships.")


def test_one_language_stands_for_the_other(encoder: Encoder) -> None:
    finder = SentenceFinder(encoder)
    (vector,) = encoder.encode(["ships"])
    assert finder.best(Text(en="Ships."), [vector]) == Names("Ships.", "Ships.")
    assert finder.best(Text(ko="배."), [vector]) == Names("배.", "배.")


def test_what_is_read_at_once_answers_as_what_is_read_by_turns(encoder: Encoder) -> None:
    texts = [Text(en="We build ships. We sell games."), Text(ko="배를 짓는다. 게임을 판다.\n\n")]
    texts += [Text(en="We build ships. We sell games.", ko="게임을 판다."), Text(en="...")]
    vectors = [*encoder.encode(["ships 선박", "games 게임"])]
    at_once, by_turns = SentenceFinder(encoder), SentenceFinder(encoder)
    at_once.read(texts, ["robots", "ships", "robots"])
    for text in texts:
        for vector in vectors:
            assert at_once.best(text, [vector]) == by_turns.best(text, [vector])
    assert (at_once.vector("robots") == by_turns.vector("robots")).all()
    assert (at_once.vector("unread") == encoder.encode(["unread"])[0]).all()


def test_a_full_memory_drops_the_oldest(encoder: Encoder) -> None:
    (vector,) = encoder.encode(["ships"])
    finder = SentenceFinder(encoder, keep=2)
    texts = [Text(en=f"Ships {n}. Games.") for n in range(5)]
    finder.read(texts, [f"whole {n}" for n in range(5)])
    assert [finder.best(text, [vector]).en for text in texts] == [f"Ships {n}." for n in range(5)]
    assert [*finder._encoded] == ["Ships 3. Games.", "Ships 4. Games."]
    assert [*finder._whole] == ["whole 3", "whole 4"]


def test_what_is_read_is_not_encoded_again(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = SentenceFinder(encoder)
    (vector,) = encoder.encode(["ships"])
    finder.read([Text(en="Ships. Games.")], ["robots"])
    monkeypatch.setattr(type(encoder), "encode", None)
    assert finder.best(Text(en="Ships. Games."), [vector]).en == "Ships."
    assert finder.vector("robots").shape == vector.shape


def test_a_text_is_encoded_once(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    finder = SentenceFinder(encoder)
    (vector,) = encoder.encode(["ships"])
    first = finder.best(Text(en="Ships. Games."), [vector])
    monkeypatch.setattr(type(encoder), "encode", None)
    assert finder.best(Text(en="Ships. Games."), [vector]) == first
