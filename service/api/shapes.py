"""Owns the shapes that the schemas of bodies and answers are made of."""

from __future__ import annotations

from typing import Any

REF = "#/components/schemas/"
NAMES = {
    "type": "object",
    "properties": {"en": {"type": ["string", "null"]}, "ko": {"type": ["string", "null"]}},
}
MOMENT = {"type": "string", "format": "date-time"}
NO_MOMENT = {"type": ["string", "null"], "format": "date-time"}
NO_TEXT = {"type": ["string", "null"]}
ANY: dict[str, Any] = {"type": "object"}


def ref(name: str) -> dict[str, str]:
    """Name a schema."""
    return {"$ref": REF + name}


def object_of(**properties: Any) -> dict[str, Any]:
    """Describe an object that has all of some properties, each a schema or the name of a type."""
    written = {n: p if isinstance(p, dict) else {"type": p} for n, p in properties.items()}
    return {"type": "object", "properties": written, "required": list(written)}


def list_of(item: dict[str, Any]) -> dict[str, Any]:
    """Describe a whole list."""
    return object_of(items={"type": "array", "items": item})


def page_of(name: str) -> dict[str, Any]:
    """Describe a part of a list, with the address of the next part."""
    items = {"type": "array", "items": {"$ref": REF + name}}
    return object_of(items=items, total="integer", next=["string", "null"])
