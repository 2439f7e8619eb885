"""Finds the middles of facets in the catalogue: python -m index.training.middles [--out FILE]."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from index.encoder import Encoder, EncoderError, load_encoder
from index.middles import MIDDLES_FILE, Middles
from index.passages import PROFILE_FACETS, passages
from profiles import Profile
from profiles.catalogue import load_catalogue


def main(arguments: Sequence[str] | None = None) -> int:
    """Find and save; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m index.training.middles", description=__doc__)
    parser.add_argument("--out", type=Path, default=MIDDLES_FILE, help="the file to write")
    options = parser.parse_args(arguments)
    try:
        found_in(load_catalogue().partners, load_encoder()).save(options.out)
    except (EncoderError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def found_in(profiles: Iterable[Profile], encoder: Encoder) -> Middles:
    """Find the mean vector of each facet of some profiles, and the axes that these span.

    A facet that no profile has gives none.
    """
    told = [passages(profile) for profile in profiles]
    texts = [[made[facet] for made in told if facet in made] for facet in PROFILE_FACETS]
    means = [encoder.encode(of).mean(axis=0, dtype=np.float64) for of in texts if of]
    spanned = np.linalg.qr(np.array(means).reshape(len(means), encoder.dimension).T)[0].T
    return Middles(encoder.encoder_id, spanned)


if __name__ == "__main__":
    sys.exit(main())
