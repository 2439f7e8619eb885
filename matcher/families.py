"""Owns the families of features: what kind of evidence each of them is."""

from __future__ import annotations

from collections.abc import Mapping

FAMILIES = ("text", "sector", "region", "support", "past")
"""The families, in the order in which they are told."""

_OF_FIRST_WORD: Mapping[str, str] = {
    "text": "text",
    "lexical": "text",
    "language": "text",
    "retrieval": "text",
    "sector": "sector",
    "region": "region",
    "support": "support",
    "wish": "support",
    "stage": "support",
    "readiness": "support",
    "history": "past",
    "prior": "past",
    "activity": "past",
    "programme": "past",
    "focus": "past",
    "area": "past",
    "kind": "past",
    "neighbours": "past",
    "recency": "past",
    "countries": "past",
    "past": "past",
}


def family(feature: str) -> str:
    """Tell which family a feature belongs to: one of `FAMILIES`, or "other"."""
    return _OF_FIRST_WORD.get(feature.split("_")[0], "other")
