"""Owns middles: directions that the texts of a facet have in common, which tell none from another.

Texts of one kind lean one way: what partners seek is about startups, growth and technology, one
and all. Whoever says more of what everybody says comes nearer to all of them. Without these
directions such words bring a text nearer to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import EncoderError

MIDDLES_FILE = Path(__file__).parent / "models" / "middles.npz"

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Middles:
    """Directions in the space of one encoder: `axes` (k, d), at right angles, of length 1."""

    encoder_id: str
    axes: Doubles

    def apart(self, vector: Floats) -> Floats:
        """Give a vector (d,) without its part in these directions; it is not made longer again.

        The inner product with another vector is then what the two have in common beside them,
        whichever of the two it was taken from. What says little else comes near to nobody.
        """
        if not len(self.axes):
            return vector
        whole = vector.astype(np.float64)
        rest: Floats = (whole - (self.axes @ whole) @ self.axes).astype(np.float32)
        return rest

    def save(self, path: Path) -> None:
        """Write them to a file that `load_middles` reads."""
        np.savez(path, encoder=np.array(self.encoder_id), axes=self.axes)


@cache
def load_middles(path: Path = MIDDLES_FILE) -> Middles:
    """Read middles, by default those that ship with the encoder that ships.

    Raises:
        EncoderError: if the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            return Middles(str(held["encoder"]), held["axes"].astype(np.float64))
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            value=str(path),
            rule=f"The middles of facets cannot be read: {error}.",
            remedy="Install Dari again, or make them: python -m index.training.middles.",
        ) from error


def middles_for(encoder_id: str) -> Middles:
    """Give the middles that ship; none where they are of the space of another encoder."""
    middles = load_middles()
    return middles if middles.encoder_id == encoder_id else Middles(encoder_id, np.zeros((0, 0)))
