"""Measures how profiles are found by mistyped names, and by names of the other script.

Usage: python -m benchmarks.names DATA_DIR [--size 100000]

DATA_DIR holds kind/listed_companies.csv, crunchbase2013/companies.csv, cordis/participations.csv;
names made of their words fill up to the size. Times are CPU time of one thread.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index import NameIndex
from profiles import Side
from profiles.catalogue import load_catalogue

SEED = 20241
ASKED = 500
AT_ONCE = 10_000
SHORTEST = 4
FILES = {
    "Korean, KIND": ("kind/listed_companies.csv", "회사명"),
    "English, Crunchbase": ("crunchbase2013/companies.csv", "name"),
    "European, CORDIS": ("cordis/participations.csv", "name"),
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--size", type=int, default=100_000)
    given = parser.parse_args()
    rng = random.Random(SEED)
    read = {name: column(given.data / path, of) for name, (path, of) in FILES.items()}
    names = [name for of_file in read.values() for name in of_file]
    words = [word for name in names for word in name.split() if len(word) >= SHORTEST]
    while len(names) < given.size:
        names.append(" ".join(rng.sample(words, rng.choice((1, 2, 2, 3)))))
    index, start = NameIndex(), time.process_time()
    for first in range(0, len(names), AT_ONCE):
        some = enumerate(names[first : first + AT_ONCE], first)
        index.put_many([(str(number), Side.PARTNER, [name]) for number, name in some])
    index.search("robot")
    print(f"{len(names):,} names read in {time.process_time() - start:.1f} s\n")
    print("| one typing error | names | first | among five | median | 99th percentile |")
    print("|---|---|---|---|---|---|")
    for title, of_file in read.items():
        print(f"| {title} | {' | '.join(mistyped(index, names, of_file, rng))} |")
    other_script()


def column(path: Path, name: str) -> list[str]:
    """Read the distinct values of a column."""
    with path.open(encoding="utf-8") as stream:
        return list(dict.fromkeys(row[name] for row in csv.DictReader(stream) if row[name]))


def mistyped(
    index: NameIndex, names: Sequence[str], some: Sequence[str], rng: random.Random
) -> list[str]:
    """Search names with one typing error each; any profile of the name meant counts."""
    asked = rng.sample([name for name in some if len(name) >= SHORTEST], ASKED)
    first, among, took = 0, 0, []
    for name in asked:
        start = time.process_time()
        found = [names[int(id)] for id, _ in index.search(slip(name, rng), k=5)]
        took.append((time.process_time() - start) * 1e3)
        first += found[:1] == [name]
        among += name in found
    quantiles = [f"{np.quantile(took, q):.0f} ms" for q in (0.5, 0.99)]
    return [f"{ASKED}", f"{first / ASKED:.3f}", f"{among / ASKED:.3f}", *quantiles]


def slip(name: str, rng: random.Random) -> str:
    """Leave out, double, exchange or mistake one letter; of a syllable, its vowel."""
    at, kind = rng.randrange(len(name)), rng.randrange(4)
    before, letter, after = name[:at], name[at], name[at + 1 :]
    if kind == 0:
        return before + after
    if kind == 1:
        return before + letter + letter + after
    if kind == 2 and after:
        return before + after[0] + letter + after[1:]
    if "가" <= letter <= "힣":
        place = ord(letter) - 0xAC00
        vowel = (place % 588 // 28 + rng.randrange(1, 21)) % 21
        return before + chr(0xAC00 + place // 588 * 588 + vowel * 28 + place % 28) + after
    return before + rng.choice("abcdefghijklmnopqrstuvwxyz") + after


def other_script() -> None:
    """Search the catalogue, held in one script alone, by names of the other."""
    partners = [p for p in load_catalogue().partners if p.name.ko and p.name.en]
    print("\n| other script, catalogue | names | first | among five |\n|---|---|---|---|")
    for held, asked in (("ko", "en"), ("en", "ko")):
        index = NameIndex()
        for partner in partners:
            index.put(partner.id, Side.PARTNER, [partner.name.in_(held)])
        found = [[id for id, _ in index.search(p.name.in_(asked), k=5)] for p in partners]
        first = np.mean([ids[:1] == [p.id] for ids, p in zip(found, partners, strict=True)])
        among = np.mean([p.id in ids for ids, p in zip(found, partners, strict=True)])
        print(f"| {asked} finds {held} | {len(partners)} | {first:.3f} | {among:.3f} |")


if __name__ == "__main__":
    main()
