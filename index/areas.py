"""Owns areas of work: the directions in which texts of different fields of funding lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import EncoderError

AREAS_FILE = Path(__file__).parent / "models" / "areas.npz"

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Areas:
    """Directions in the space of one encoder: `mean` (d,) of its texts, and `axes` (d, k)."""

    encoder_id: str
    mean: Doubles
    axes: Doubles

    def of(self, vectors: NDArray[np.floating]) -> Doubles:
        """Give n vectors (n, d) in these directions alone, as rows of length 1, shape (n, k).

        A vector of zeros, of a text without any known word, stays one; one of NaN stays so too.
        """
        turned = vectors.astype(np.float64, copy=False) @ self.axes
        empty = ~turned.any(axis=1)
        turned -= self.mean @ self.axes
        turned[empty] = 0.0
        lengths = np.sqrt(np.vecdot(turned, turned))[:, None]
        units: Doubles = turned / np.where(lengths == 0, 1.0, lengths)
        return units

    def save(self, path: Path) -> None:
        """Write them to a file that `load_areas` reads."""
        np.savez(
            path,
            encoder=np.array(self.encoder_id),
            mean=self.mean.astype(np.float32),
            axes=self.axes.astype(np.float32),
        )


@cache
def load_areas(path: Path = AREAS_FILE) -> Areas:
    """Read areas, by default those that ship with the encoder that ships.

    Raises:
        EncoderError: if the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            mean, axes = (held[name].astype(np.float64) for name in ("mean", "axes"))
            return Areas(str(held["encoder"]), mean, axes)
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            value=str(path),
            rule=f"The areas of work cannot be read: {error}.",
            remedy="Install Dari again, or learn them: python -m index.training.areas DATA_DIR.",
        ) from error


def areas_for(encoder_id: str) -> Areas | None:
    """Give the areas that ship, None where they were learned in the space of another encoder."""
    areas = load_areas()
    return areas if areas.encoder_id == encoder_id else None
