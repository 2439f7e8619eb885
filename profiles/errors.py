"""Owns the errors of Dari: each names the value, the rule that it broke and the remedy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profiles.messages import message


class DariError(Exception):
    """A failure that a person can act on.

    Args:
        value: what was given.
        rule: the rule that it broke, one sentence.
        remedy: what to do about it, one sentence.
    """

    def __init__(self, *, value: object, rule: str, remedy: str) -> None:
        self.value, self.rule, self.remedy = value, rule, remedy
        super().__init__(f"{rule} {remedy} (given: {shorten(value, 300)})")

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang`, where they are known in it; else in English."""
        return self.rule, self.remedy


class UnknownId(DariError):
    """An id that the store does not hold."""


class UnknownName(UnknownId):
    """A name that no profile has, or that several have; `near` says which are like it.

    Args:
        value: what was given.
        code: what is wrong, as `messages.yaml` names it.
        near: language ('en', 'ko') → the profiles with similar names.
    """

    def __init__(self, value: str, code: str, near: Mapping[str, str]) -> None:
        self._code, self._near = code, near
        rule, remedy = self.told("en")
        super().__init__(value=value, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        params = {"near": self._near[lang]}
        return message(self._code, "rule", lang, params), message(
            self._code, "remedy", lang, params
        )


class UnknownRecord(UnknownId):
    """An id of what is no profile: a programme, a tie, a request, and so on.

    Args:
        value: what was given.
        code: what is not held, as `messages.yaml` names it.
    """

    def __init__(self, value: object, code: str) -> None:
        self._said = FieldError("id", code, value)
        rule, remedy = self.told("en")
        super().__init__(value=value, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        return self._said.rule(lang), self._said.remedy(lang)


class MergedId(UnknownId):
    """An id whose profile has been merged into another one, `into`."""

    def __init__(self, id: str, into: str) -> None:
        self.into = into
        super().__init__(
            value=id,
            rule=f"This profile has been merged into {into}.",
            remedy=f"Use {into} in its place, or undo the merge.",
        )


class IdTaken(DariError):
    """An id that another profile holds already."""


class StoreError(DariError):
    """A database that cannot be opened, migrated or written."""


class CatalogueError(DariError):
    """A data file of the project that breaks the schema."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken rule of one field; its texts are looked up in the reader's language."""

    field: str
    code: str
    value: object = None
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def rule(self, lang: str) -> str:
        """Say the rule in `lang` ('en' or 'ko')."""
        return message(self.code, "rule", lang, {**self.params, "value": shorten(self.value)})

    def remedy(self, lang: str) -> str:
        """Say the remedy in `lang` ('en' or 'ko')."""
        return message(self.code, "remedy", lang, {**self.params, "value": shorten(self.value)})


class FileError(DariError):
    """What is wrong with a file that people bring or take away, in Korean and English.

    Args:
        value: the file, or the place in it.
        code: what is wrong, as `messages.yaml` names it.
        params: what its texts tell.
    """

    def __init__(self, value: object, code: str, **params: object) -> None:
        self._said = FieldError("file", code, value, params)
        rule, remedy = self.told("en")
        super().__init__(value=value, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        return self._said.rule(lang), self._said.remedy(lang)


class InvalidRecord(DariError):
    """A profile, tie or programme whose fields break the schema; `errors` holds them all."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(
            value=first.value,
            rule=f"{first.field}: {first.rule('en')}",
            remedy=first.remedy("en"),
        )

    def told(self, lang: str) -> tuple[str, str]:
        """Give the first field with its rule, and the remedy, in `lang` ('en' or 'ko')."""
        first = self.errors[0]
        return f"{first.field}: {first.rule(lang)}", first.remedy(lang)


class CodedError(InvalidRecord):
    """One thing that is wrong with what somebody asked for, in Korean and English.

    Args:
        field: what of it is wrong.
        code: what is wrong, as `messages.yaml` names it.
        value: what was given.
        params: what its texts tell.
    """

    def __init__(self, field: str, code: str, value: object = None, **params: object) -> None:
        super().__init__([FieldError(field, code, value, params)])

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        first = self.errors[0]
        return first.rule(lang), first.remedy(lang)


def shorten(value: object, limit: int = 80) -> str:
    """Show a value in at most `limit` characters, without what a page or terminal cannot show."""
    try:
        text = str(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists without end
        text = f"<{type(value).__name__}>"
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
