"""Measures lexical search at size: building, writing, searching, memory, beside bm25s.

Usage: python -m benchmarks.lexical DATA_DIR [--size 100000]

DATA_DIR holds sbir/awards.parquet (docs/encoder.md); its abstracts are cut into texts of 60 words.
Times are CPU time of one thread.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from index import LexicalIndex, tokenise

WORDS = 60
K = 200
ASKED = 200
SEED = 20241


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--size", type=int, default=100_000)
    given = parser.parse_args()
    texts = read(given.data, given.size)
    rng = np.random.default_rng(SEED)
    asked = [texts[row] for row in rng.integers(len(texts), size=ASKED)]
    print(f"{len(texts):,} texts of {WORDS} words, {ASKED} of them as queries, k = {K}\n")
    seconds, _ = took(lambda: [tokenise(text) for text in texts])
    print(f"Cutting into tokens: {seconds:.2f} s, {seconds / len(texts) * 1e6:.0f} µs a text.\n")
    print(
        "| | building | memory | a query | among 10% | after a write |\n|---|---|---|---|---|---|"
    )
    print(f"| Dari | {' | '.join(own(texts, asked, rng))} |")
    print(f"| bm25s | {' | '.join(peer(texts, asked))} |")


def read(data: Path, size: int) -> list[str]:
    """Cut abstracts into texts of 60 words."""
    import polars as pl

    def parts() -> list[str]:
        abstracts = pl.read_parquet(data / "sbir/awards.parquet")["abstract"].drop_nulls()
        words = (abstract.split() for abstract in abstracts)
        return [
            " ".join(some[at : at + WORDS])
            for some in words
            for at in range(0, len(some) - WORDS + 1, WORDS)
        ]

    return list(islice(parts(), size))


def own(texts: Sequence[str], asked: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Measure Dari's index."""
    before, index = memory(), LexicalIndex()

    def build() -> None:
        for number, text in enumerate(texts):
            index.put(f"p{number:07d}", text)
        index.search("robot", 1)

    seconds, _ = took(build)
    held = memory() - before
    tenth = rng.random(len(texts)) < 0.1
    plain = [took(lambda text=text: index.search(text, K))[0] for text in asked]
    filtered = [
        took(lambda text=text: index.best(index.scores(text), K, tenth))[0] for text in asked
    ]

    def write(number: int, text: str) -> None:
        index.put(f"p{number:07d}", text)
        index.search(text, K)

    written = [took(lambda n=n, text=text: write(n, text))[0] for n, text in enumerate(asked)]
    return [f"{seconds:.1f} s", f"{held:.0f} MiB", *map(shown, (plain, filtered, written))]


def peer(texts: Sequence[str], asked: Sequence[str]) -> list[str]:
    """Measure bm25s, over the same tokens; a write means to build it again."""
    import bm25s

    before, model = memory(), bm25s.BM25()

    def build() -> None:
        vocabulary: dict[str, int] = {}
        tokens = [[vocabulary.setdefault(t, len(vocabulary)) for t in tokenise(x)] for x in texts]
        model.index((tokens, vocabulary), show_progress=False)

    def search(text: str, mask: np.ndarray | None = None) -> None:
        known = [n for t in tokenise(text) if (n := model.vocab_dict.get(t)) is not None]
        scores = model.get_scores(known, weight_mask=mask)
        np.argsort(-scores[np.argpartition(-scores, K)[:K]])

    seconds, _ = took(build)
    held = memory() - before
    mask = np.arange(len(texts)) % 10 == 0
    plain = [took(lambda text=text: search(text))[0] for text in asked]
    filtered = [took(lambda text=text: search(text, mask))[0] for text in asked]
    return [
        f"{seconds:.1f} s",
        f"{held:.0f} MiB",
        *map(shown, (plain, filtered)),
        f"{seconds:.1f} s",
    ]


def took(work: Callable[[], object]) -> tuple[float, object]:
    """Give the CPU seconds of some work, and what came out."""
    start = time.process_time()
    done = work()
    return time.process_time() - start, done


def shown(seconds: Sequence[float]) -> str:
    """Write the median and the greatest in milliseconds."""
    return f"{np.median(seconds) * 1e3:.1f} ms (most {max(seconds) * 1e3:.1f})"


def memory() -> float:
    """Give the resident size of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
