"""Owns the row of a file: what it says becomes a record, or the rules that it broke."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from profiles.errors import FieldError, InvalidRecord, shorten
from profiles.mapping import TIE_NAMES
from profiles.record import Record
from profiles.schema import Tie
from profiles.validation import validate, without_unknown_fields


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its record, or the rules that it broke.

    `number` is that of the row's first line, from 1; `ignored` names fields that the schema lacks.
    """

    number: int
    record: Record | None = None
    errors: tuple[FieldError, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def id(self) -> str | None:
        """The id of its record; None where it has none."""
        return getattr(self.record, "id", None)


def parse_json(text: str) -> Any:
    """Parse JSON strictly.

    Raises:
        ValueError: for anything that RFC 8259 does not allow (NaN, too deep, too long numbers), or
            an object that names one member twice.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_each_once)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_record(model: type[Record], raw: object, number: int) -> Row:
    """Validate one raw row; fields that `model` lacks are set aside and named."""
    if not isinstance(raw, Mapping):
        return Row(number, errors=(FieldError("row", "object", raw),))
    names = tuple(TIE_NAMES) if model is Tie else ()
    kept, ignored = without_unknown_fields(model, raw, names)
    return validated(model, kept, number, ignored)


def validated(
    model: type[Record], raw: Mapping[str, Any], number: int, ignored: tuple[str, ...]
) -> Row:
    """Validate a row whose fields `model` has; `ignored` names those that were set aside."""
    try:
        return Row(number, validate(model, raw), ignored=ignored)
    except InvalidRecord as error:
        return Row(number, errors=error.errors, ignored=ignored)


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) < len(members):
        twice, _ = Counter(name for name, _ in members).most_common(1)[0]
        raise ValueError(f"the name {shorten(twice)!r} stands twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
