"""Measures what a worker's index takes in memory: many profiles of two facets, without a database.

    python -m benchmarks.memory [--rows 1000000]

Each profile has 80 words (as `benchmarks.import --seeking` makes them: a text of 60, one of 20),
two sectors, a region and two vectors in clusters; the index is filled as a follower fills it. It
prints what is resident after a search by words and one by each facet, once what was only needed
meanwhile is given back, and the greatest amount before.
"""

from __future__ import annotations

import argparse
import ctypes
import random
import resource
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import load_encoder
from index.filters import shared_facts
from index.search_index import Entry, SearchIndex
from profiles import Side
from profiles.taxonomy import provinces, sectors

CHUNK = 2_000
CLUSTERS = 2_000
SPREAD = 0.5
"""How far a vector lies from the centre of its cluster, as a share of its length."""

MIB = 1 << 20
WORDS = 80

imported = import_module("benchmarks.import")  # its name is a word of the language
text_of, terms = imported.text_of, imported.glossary_terms


def main() -> None:
    """Print one line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    print("| profiles | facets | resident, MiB | bytes a profile | at its peak, MiB | CPU s |")
    print("|---:|---:|---:|---:|---:|---:|")
    for rows in parser.parse_args().rows:
        measure(rows)


def measure(rows: int) -> None:
    """Fill an index and print what it takes."""
    encoder = load_encoder()
    index = SearchIndex(encoder.dimension, encoder.encoder_id)
    before, begun = resident(), time.process_time()
    with index.growing():
        for chunk in chunks(rows, encoder.dimension):
            index.put_many(chunk)
    index.lexical[Side.STARTUP].search("welding robots", 10)
    query = np.ones((1, encoder.dimension), np.float32)
    facets = [held for held in index.facets.values() if len(held)]
    for held in facets:
        held.search(query / np.linalg.norm(query), 10)
    now, peak = resident(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    spent = time.process_time() - begun
    print(
        f"| {rows:,} | {len(facets)} | {now / MIB:,.0f} | {(now - before) / rows:,.0f} "
        f"| {peak / MIB:,.0f} | {spent:.0f} |",
        flush=True,
    )


def chunks(rows: int, dimension: int) -> Iterator[list[Entry]]:
    """Make startups, always the same."""
    draw, rng = random.Random(3), np.random.default_rng(3)
    centres = rng.standard_normal((CLUSTERS, dimension)).astype(np.float32)
    words, regions, codes = terms(), list(provinces()), list(sectors())
    for start in range(0, rows, CHUNK):
        size = min(CHUNK, rows - start)
        own, sought = (clustered(centres, size, rng) for _ in range(2))
        yield [
            Entry(
                f"s{start + row}",
                shared_facts(
                    Side.STARTUP, None, (draw.choice(regions),), tuple(draw.sample(codes, 2))
                ),
                text_of(draw, words[row % 2], WORDS),
                {"is": own[row], "seeks": sought[row]},
            )
            for row in range(size)
        ]


def clustered(
    centres: NDArray[np.float32], size: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw unit vectors around some centres, shape (size, d)."""
    near = centres[rng.integers(len(centres), size=size)]
    drawn = near + SPREAD * rng.standard_normal(near.shape).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def resident() -> int:
    """Tell how many bytes of this process are in memory, once what is free is given back."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
