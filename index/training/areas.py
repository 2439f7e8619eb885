"""Learns areas of work from CORDIS: python -m index.training.areas DATA_DIR [--out FILE]."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.areas import AREAS_FILE, Areas
from index.encoder import Encoder, EncoderError, load_encoder
from index.training.corpus import CLEAN_DATE, read_rows

DIRECTIONS = 16
"""How many directions are kept."""

RIDGE = 20.0
"""What holds the directions back from what single texts have of their own."""

FEWEST = 3
"""An area of fewer texts counts as one of this many."""

LONGEST_TEXT = 1_500
"""Characters of a project's text that are read: as many as a subject of CORDIS has."""

_COLUMNS = ("title", "objective", "startDate", "legalBasis", "topics")

Floats = NDArray[np.floating]
Doubles = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn and save; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m index.training.areas", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with cordis/")
    parser.add_argument("--out", type=Path, default=AREAS_FILE, help="the file to write")
    options = parser.parse_args(arguments)
    try:
        areas = learn_areas(options.data, load_encoder())
        areas.save(options.out)
    except (EncoderError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def learn_areas(folder: Path, encoder: Encoder) -> Areas:
    """Learn what tells the projects of one field of funding from those of others, by their text.

    Fields are the parts of the programme and the destinations of its calls. Who took part is not
    looked at, nor is a project that starts on `CLEAN_DATE` or later.

    Raises:
        EncoderError: if there is no such project, or a column is missing.
    """
    rows = read_rows(folder / "cordis" / "projects.csv", *_COLUMNS)
    known = [row for row in rows if row["startDate"] and row["startDate"] < CLEAN_DATE]
    if not known:
        raise EncoderError(
            value=str(folder),
            rule="The folder holds no CORDIS project.",
            remedy="Give the folder that holds cordis/projects.csv.",
        )
    texts = [f"{row['title']}. {row['objective']}"[:LONGEST_TEXT] for row in known]
    fields = [(row["legalBasis"], "-".join(row["topics"].split("-")[:4])) for row in known]
    return separated(encoder.encode(texts), fields, encoder.encoder_id)


def separated(
    vectors: Floats, fields: Sequence[tuple[str, ...]], encoder_id: str, *, k: int = DIRECTIONS
) -> Areas:
    """Find up to k directions in which n texts (n, d) of different fields lie apart.

    Which fields a text is of is told from its vector by ridge regression; the directions are the
    principal ones of what is told (reduced-rank regression, Izenman 1975).
    """
    names = sorted({name for named in fields for name in enumerate(named)})
    told = np.array([[name in enumerate(named) for name in names] for named in fields], float)
    told /= np.sqrt(np.maximum(told.sum(axis=0), FEWEST))
    mean = vectors.mean(axis=0, dtype=np.float64)
    apart, sought = vectors - mean, told - told.mean(axis=0)
    square = apart.T @ apart + RIDGE * np.eye(vectors.shape[1])
    regression: Doubles = np.linalg.solve(square, apart.T @ sought)
    principal = np.linalg.svd(apart @ regression, full_matrices=False)[2]
    return Areas(encoder_id, mean, regression @ principal[:k].T)


if __name__ == "__main__":
    sys.exit(main())
