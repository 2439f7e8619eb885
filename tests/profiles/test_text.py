"""Tests of text in Korean and/or English."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from profiles import InvalidRecord, Startup, Text, validate
from profiles.text import LONGEST_NAME, LONGEST_TEXT, clean, detect_language, visible


def code_of(value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Text.model_validate(value)
    return caught.value.errors()[0]["type"]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("AI ultrasound probes", "en"),
        ("인공지능 초음파 진단", "ko"),
        (unicodedata.normalize("NFD", "초음파"), "ko"),
        ("AI 기반 ultrasound 진단기기를 만드는 회사", "ko"),
        ("A company named 다리 that pairs startups with partners", "en"),
        ("abcd가", "ko"),  # one letter of five
        ("abcde가", "en"),  # one of six
        ("2024 5.0 %", "en"),
        ("ㄱㄴㄷ", "ko"),
        ("東京大学", "en"),
        ("", "en"),
    ],
)
def test_language_is_korean_from_a_fifth_of_the_letters(text: str, lang: str) -> None:
    assert detect_language(text) == lang


def test_a_string_is_put_under_its_language() -> None:
    assert Text.model_validate("다리") == Text(ko="다리")
    assert Text.model_validate(" Bridge ") == Text(en="Bridge")


def test_one_both_or_no_language() -> None:
    both = Text(en="Bridge", ko="다리")
    assert (both.in_("en"), both.in_("ko")) == ("Bridge", "다리")
    assert both.parts == ("Bridge", "다리")
    assert both.joined == "Bridge\n다리"
    korean = Text.model_validate({"ko": "다리", "en": " "})
    assert korean.en is None
    assert (korean.in_("en"), korean.parts) == ("다리", ("다리",))
    assert Text(en="Bridge").in_("ko") == "Bridge"
    for nothing in ({}, {"en": None, "ko": ""}, "", " \n\u3000", {"en": "\t"}):
        assert code_of(nothing) == "text_empty"


@pytest.mark.parametrize("value", [1, True, 1.5, ["a"], {"en": 1}, {"ko": ["x"]}, {"en": {}}])
def test_what_is_no_text_is_refused(value: Any) -> None:
    assert code_of(value) == "text_type"


def test_another_language_is_refused_by_name() -> None:
    with pytest.raises(InvalidRecord) as caught:
        validate(Startup, {"id": "s", "name": {"fr": "Pont"}, "summary": "x"})
    assert [(e.field, e.code) for e in caught.value.errors] == [("name.fr", "extra")]


def test_korean_is_kept_in_nfc() -> None:
    typed_on_a_mac = unicodedata.normalize("NFD", "대구 초음파")
    assert len(typed_on_a_mac) > len("대구 초음파")
    assert Text.model_validate(typed_on_a_mac).ko == "대구 초음파"
    assert Text.model_validate({"ko": typed_on_a_mac}).ko == "대구 초음파"


def test_line_ends_are_unified_and_tabs_kept() -> None:
    assert clean("\ufeffa".lstrip("\ufeff") + "\r\nb\rc\td \n") == "a\nb\nc\td"


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x85", "\x9b", "\ufffd", chr(0xD800), chr(0xDFFF),
     "\u202e", "\u2066"],
)  # fmt: skip
def test_control_and_broken_characters_are_refused(character: str) -> None:
    assert code_of(f"a{character}b") == "text_control"
    assert code_of({"ko": f"{character}가"}) == "text_control"


@pytest.mark.parametrize(
    "character",
    ["\u00ad", "\u200b", "\u200d", "\u200f", "\u2060", "\u3164", "\uffa0", "\ufe0f", "\ufeff",
     chr(0xE0041), chr(0xE0100), "\u061c", "\u180e", "\u1160"],
)  # fmt: skip
def test_what_nobody_can_see_is_left_out(character: str) -> None:
    hidden = f"{character}초{character}음파 prob{character}es{character}"
    assert Text.model_validate(hidden) == Text(ko="초음파 probes")
    assert Text.model_validate({"en": hidden}).en == "초음파 probes"
    assert code_of(character) == code_of({"ko": character * 3}) == "text_empty"
    named = validate(Startup, {"id": "s", "name": "n", "summary": "x", "aliases": [hidden]})
    assert named.aliases == ("초음파 probes",)


@given(st.text())
def test_what_can_be_seen_is_left_as_it_is(text: str) -> None:
    try:
        once = visible(text)
    except PydanticCustomError:
        return
    assert visible(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not [c for c in once if unicodedata.category(c) == "Cf" and c in "\u200b\u2060\ufeff"]
    if text.isascii():
        assert once == clean(text)


@pytest.mark.parametrize(("field", "limit"), [("name", LONGEST_NAME), ("summary", LONGEST_TEXT)])
def test_each_language_has_its_limit(field: str, limit: int) -> None:
    raw: dict[str, Any] = {"id": "s", "name": "n", "summary": "x"}
    longest = {"en": "e" * limit, "ko": "가" * limit}
    kept = getattr(validate(Startup, {**raw, field: longest}), field)
    assert kept == Text(**longest)
    with pytest.raises(InvalidRecord) as caught:
        validate(Startup, {**raw, field: {"en": "x", "ko": "가" * (limit + 1)}})
    (error,) = caught.value.errors
    assert (error.field, error.code) == (field, "text_too_long")
    assert error.params == {"length": limit + 1, "limit": limit}


def test_a_megabyte_of_text_is_refused_at_once() -> None:
    with pytest.raises(InvalidRecord, match="1000000 characters"):
        validate(Startup, {"id": "s", "name": "n", "summary": "가나다라" * 250_000})


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = clean(text)
    except PydanticCustomError:
        return
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
