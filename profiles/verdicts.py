"""Owns the verdict: what staff or a partner said of a shown match."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of one shown pair, with the rank shown and the model that ranked it."""

    query: str
    candidate: str
    label: Literal["good", "poor"]
    note: str
    shown_rank: int | None
    model_version: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
