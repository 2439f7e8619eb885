"""Owns what all records share: frozen, no unknown field, absent stays absent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import CoreConfig, PydanticCustomError, SchemaValidator

_OURS = ("function-before", "function-after", "function-wrap")


class Record(BaseModel):
    """What profiles, programmes and ties share: frozen, no unknown field, absent stays absent."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_absent(cls, value: Any) -> Any:
        """Read null, an empty string and an empty list as "not given"."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise PydanticCustomError("object", "not an object")
        return {k: v for k, v in value.items() if not is_absent(v)}

    @classmethod
    def stored(cls, text: str) -> Self:
        """Read a record that was stored: of what it was validated by before, its types alone.

        That takes a third of the time, and pages read hundreds.

        Raises:
            ValidationError: if a field is missing, unknown or of another type.
        """
        return cast(Self, _types_of(cls).validate_json(text))


@cache
def _types_of(model: type[Record]) -> SchemaValidator:
    hidden = CoreConfig(hide_input_in_errors=True)  # what a startup wrote belongs in no log
    return SchemaValidator(_without_ours(model.__pydantic_core_schema__), hidden)


def _without_ours(schema: Any) -> Any:
    """Leave the functions of ours out of a schema of pydantic's core."""
    if isinstance(schema, list):
        return [_without_ours(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    if schema.get("type") in _OURS:
        named = {"ref": schema["ref"]} if "ref" in schema else {}
        return {**_without_ours(schema["schema"]), **named}
    return {name: _without_ours(one) for name, one in schema.items()}


def is_absent(value: Any) -> bool:
    """Tell whether a raw value says nothing: null, blank, or empty, one level deep."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):  # what is nested deeper is given, and refused
        return all(p is None or (isinstance(p, str) and not p.strip()) for p in value.values())
    return value is None or value == [] or value == ()
