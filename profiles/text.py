"""Owns text in Korean and/or English."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

LONGEST_TEXT = 20_000
LONGEST_NAME = 300

_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)

_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Soft hyphens, joiners, marks of direction, fillers of Hangul, selectors of variants, and tags."""


def detect_language(text: str) -> str:
    """Tell 'ko' where at least a fifth of the letters are Hangul, else 'en'."""
    if text.isascii():
        return "en"
    hangul = len("".join(_HANGUL.findall(text)))
    if 5 * hangul >= len(text) or not hangul:  # no text has more letters than characters
        return "ko" if hangul and _LETTERS.search(text) else "en"
    letters = len("".join(_LETTERS.findall(text)))
    return "ko" if letters and hangul / letters >= 0.2 else "en"


def is_clean(text: str) -> bool:
    """Tell whether a text is free of the characters that `clean` refuses."""
    return not _CONTROL.search(text)


def clean(text: str) -> str:
    """Unify a text that holds no character which is refused.

    Raises:
        PydanticCustomError: `text_control` for control, bidirectional-override, replacement or
            surrogate characters: they garble logs and pages and come from broken encodings.
    """
    if not is_clean(text):
        raise PydanticCustomError("text_control", "control characters")
    return unified(text)


def unified(text: str) -> str:
    """Normalise to NFC, unify line ends and strip white space at both ends."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def visible(text: str) -> str:
    """Clean a text, and leave out the characters that nobody can see.

    Pages and word processors put them into what is copied, so they are no error; but what no
    reader sees must neither count nor part a word in two.

    Raises:
        PydanticCustomError: as `clean` does.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    cleaned = clean(text)
    return cleaned if cleaned.isascii() else unified(_INVISIBLE.sub("", cleaned))


class Text(BaseModel):
    """A text in English (`en`), Korean (`ko`) or both; at least one is there."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"minProperties": 1})

    en: str | None = None
    ko: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, Text):
            return {"en": value.en, "ko": value.ko}
        if isinstance(value, str):
            seen = visible(value)
            return {detect_language(seen): seen} if seen else _empty()
        if not isinstance(value, dict):
            raise PydanticCustomError("text_type", "not a text")
        return {key: _part(part) for key, part in value.items()}

    @model_validator(mode="after")
    def _present(self) -> Self:
        if not (self.en or self.ko):
            _empty()
        return self

    def in_(self, lang: str) -> str:
        """Give the text in `lang`, or in the other language where that one is missing."""
        first, second = (self.ko, self.en) if lang == "ko" else (self.en, self.ko)
        return first or second or ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The texts that are there, English first."""
        return tuple(part for part in (self.en, self.ko) if part)

    @property
    def joined(self) -> str:
        """Both texts, one after the other."""
        if self.en and self.ko:
            return f"{self.en}\n{self.ko}"
        return self.en or self.ko or ""


def _part(part: Any) -> str | None:
    if part is None:
        return None
    if not isinstance(part, str):
        raise PydanticCustomError("text_type", "not a text")
    return visible(part) or None


def _empty() -> Any:
    raise PydanticCustomError("text_empty", "empty")


def at_most(limit: int) -> Any:
    """Make a validator that bounds each language's text at `limit` characters."""

    def check(text: Text) -> Text:
        for part in text.parts:
            if len(part) > limit:
                raise PydanticCustomError(
                    "text_too_long", "too long", {"length": len(part), "limit": limit}
                )
        return text

    return check
