"""Owns what all records share: frozen, no unknown field, absent stays absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


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


def is_absent(value: Any) -> bool:
    """Tell whether a raw value says nothing: null, blank, or empty, one level deep."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):  # what is nested deeper is given, and refused
        return all(p is None or (isinstance(p, str) and not p.strip()) for p in value.values())
    return value is None or value == [] or value == ()
