"""Owns what Dari understood of a startup: what is known, what is not, what could be added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from profiles import Profile, Side, Startup
from profiles.taxonomy import Names, find_sectors, sectors
from service.describing import field_name
from service.wiring import Dari

MOST_SUGGESTED = 5
NEAR = 0.25
"""From which cosine of a text and a sector the sector is suggested."""

_TOLD = (
    *("summary", "seeking", "offering", "region", "sectors", "stage", "trl", "seeks", "offers"),
)


@dataclass(frozen=True, slots=True)
class Understanding:
    """The fields that are unknown, and sectors that the text suggests where none were chosen."""

    unknown: tuple[str, ...]
    suggested: tuple[str, ...]


def understand(startup: Startup) -> Understanding:
    """Tell what is unknown of a startup; suggest sectors only where none were chosen."""
    unknown = tuple(field_name(field) for field in _TOLD if not getattr(startup, field))
    return Understanding(unknown, suggested_sectors(startup))


def suggest_sectors(dari: Dari, texts: Sequence[str]) -> tuple[str, ...]:
    """Suggest up to five sectors of texts: those that they name, then those of like meaning."""
    named = find_sectors("\n".join(texts))
    if not texts:
        return ()
    codes, of_sectors = _sector_vectors(cast(Any, dari.encoder))
    likeness = of_sectors @ dari.encoder.encode(["\n".join(texts)])[0]
    order = np.argsort(-likeness, kind="stable")
    near = [codes[row] for row in order if likeness[row] >= NEAR]
    return tuple(dict.fromkeys((*named, *near)))[:MOST_SUGGESTED]


@lru_cache(maxsize=2)
def _sector_vectors(encoder: Any) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Encode what each of n sectors is called and described as: codes, and (n, dimension).

    An encoder is known by itself, so another one is asked anew.
    """
    told = {
        code: [*_both(one.name), *one.synonyms_en, *one.synonyms_ko, *_both(one.description)]
        for code, one in sectors().items()
    }
    texts = [text for of_one in told.values() for text in of_one]
    owner = np.repeat(np.arange(len(told)), [len(of_one) for of_one in told.values()])
    sums = np.zeros((len(told), encoder.dimension), dtype=np.float32)
    np.add.at(sums, owner, encoder.encode(texts))
    return tuple(told), sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)


def _both(names: Names) -> tuple[str, str]:
    return names.en, names.ko


def suggested_sectors(profile: Profile) -> tuple[str, ...]:
    """Suggest up to five sectors from the texts of a startup that names none."""
    if profile.sectors or profile.side is not Side.STARTUP:
        return ()
    texts = [t.joined for t in (profile.summary, profile.seeking, profile.offering) if t]
    return tuple(find_sectors("\n".join(texts)))[:5]
