"""Owns the errors of evaluation: a test set, a run or a source that cannot be used as it is."""

from __future__ import annotations

from evaluation.messages import Said, in_language, said
from profiles import DariError
from profiles.errors import shorten

_LANGS = ("en", "ko")


class SaidError(DariError):
    """A failure whose rule and remedy may have their Korean beside them (`messages.both`)."""

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        return in_language(self.rule, lang), in_language(self.remedy, lang)


class DatasetError(SaidError):
    """A test set that breaks its format; names the file, the line and the field where known."""

    def __init__(
        self,
        *,
        file: str,
        rule: str,
        remedy: str,
        value: object,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        self.file, self.line, self.field = file, line, field
        told = (f"{_where(file, line, field, lang)}: {in_language(rule, lang)}" for lang in _LANGS)
        super().__init__(value=value, rule=Said(*told), remedy=remedy)


def _where(file: str, line: int | None, field: str | None, lang: str) -> str:
    at = f"{line}번째 줄" if lang == "ko" else f"line {line}"
    return ", ".join([file, *([at] if line else []), *([field] if field else [])])


class LeakError(DatasetError):
    """A test set that knows its answers; `leak` is the name of the leak."""

    def __init__(
        self,
        leak: str,
        *,
        file: str,
        rule: str,
        remedy: str,
        value: object,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        self.leak = leak
        told = Said(
            f"Leak ({leak}): {rule}", f"누설({in_language(leak, 'ko')}): {in_language(rule, 'ko')}"
        )
        super().__init__(file=file, rule=told, remedy=remedy, value=value, line=line, field=field)


class ShelfError(DariError):
    """A test set or a run file that cannot be kept, or is not there.

    Args:
        code: the key of what is wrong in `messages.yaml`; its remedy is `code` with `_remedy`.
        value: what was given.
        params: what the sentences need.
    """

    def __init__(self, code: str, value: object, **params: object) -> None:
        self.code, self._params = code, {**params, "value": shorten(value)}
        rule, remedy = self.told("en")
        super().__init__(value=value, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        keys = (self.code, f"{self.code}_remedy")
        rule, remedy = (said(key, lang, **self._params) for key in keys)
        return rule, remedy


class RunError(SaidError):
    """A run that cannot be scored."""


class RunFileError(RunError):
    """A run file that breaks its form; names the file and, where known, the line.

    Args:
        code: the key of what is wrong in `messages.yaml`; its remedy is `code` with `_remedy`.
        file: the name of the file.
        value: what stands there.
        line: the number of the line, from 1.
        params: what the sentences need.
    """

    def __init__(
        self, code: str, *, file: str, value: object, line: int | None = None, **params: object
    ) -> None:
        self.code, self.file, self.line, self.params = code, file, line, params
        rule, remedy = self.told("en")
        super().__init__(value=value, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give where and what is wrong, and the remedy, in `lang` ('en' or 'ko')."""
        line = {"en": f", line {self.line}", "ko": f" {self.line}번째 줄"}
        where = self.file + (line["ko" if lang == "ko" else "en"] if self.line else "")
        rule, remedy = (
            said(code, lang, **self.params) for code in (self.code, f"{self.code}_remedy")
        )
        return f"{where}: {rule}", remedy


class MeasureError(SaidError):
    """A measure that ir-measures does not know or cannot compute here."""


class ConversionError(SaidError):
    """A source that cannot be converted to a test set, or a place it cannot be written to."""
