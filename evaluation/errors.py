"""Owns the errors of evaluation: a test set, a run or a source that cannot be used as it is."""

from __future__ import annotations

from profiles import DariError


class DatasetError(DariError):
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
        where = [file, *([f"line {line}"] if line else []), *([field] if field else [])]
        super().__init__(value=value, rule=f"{', '.join(where)}: {rule}", remedy=remedy)


class RunError(DariError):
    """A run that cannot be scored."""


class MeasureError(DariError):
    """A measure that ir-measures does not know or cannot compute here."""


class ConversionError(DariError):
    """A source that cannot be converted to a test set, or a place it cannot be written to."""
