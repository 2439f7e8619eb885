"""Owns the stored vectors of one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of one owner under one encoder: facet → little-endian float16 bytes."""

    encoder_id: str
    facets: Mapping[str, bytes] = field(default_factory=dict)
