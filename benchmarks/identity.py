"""Measures how well names of one firm are found: precision and recall, with 95% intervals.

Usage: python benchmarks/identity.py [--cordis participations.csv] [--kind listed_companies.csv]
       [--crunchbase companies.csv]
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from profiles import Partner, Text
from profiles.identity import (
    THRESHOLD,
    Firm,
    Vocabulary,
    candidates,
    compare,
    compare_names,
    firm_of,
    vocabulary_of,
)

PAIRS = Path(__file__).parents[1] / "tests" / "profiles" / "identity_pairs.tsv"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names, whether they are of one firm, and the score."""

    how: str
    same: bool
    left: str
    right: str
    score: float

    @property
    def proposed(self) -> bool:
        """Whether the pair would be proposed."""
        return self.score >= THRESHOLD


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, default=PAIRS)
    parser.add_argument("--cordis", type=Path, help="CORDIS participations.csv")
    parser.add_argument("--kind", type=Path, help="KIND listed_companies.csv")
    parser.add_argument("--crunchbase", type=Path, help="Crunchbase 2013 companies.csv")
    given = parser.parse_args()
    print(f"Threshold {THRESHOLD}. Intervals are Wilson's, 95%.\n")
    labelled(given.pairs)
    if given.cordis:
        cordis(given.cordis)
    if given.kind:
        distinct("KIND, listed companies", given.kind, "회사명")
    if given.crunchbase:
        distinct("Crunchbase 2013, companies", given.crunchbase, "name")


def labelled(file: Path) -> None:
    """Measure the labelled pairs, by names alone."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    by_part: dict[str, list[Pair]] = defaultdict(list)
    for row in rows:
        score = compare_names(row["left"], row["right"])
        pair = Pair(row["how"], row["same"] == "1", row["left"], row["right"], score)
        by_part[row["part"]].append(pair)
    everything = [pair for part in by_part.values() for pair in part]
    print("### Labelled pairs, by names alone\n")
    head("pairs", "same", "precision", "recall")
    for name, pairs in (*sorted(by_part.items()), ("both", everything)):
        measured(name, pairs)
    print()
    by_how(everything)
    misses(everything)


def cordis(file: Path) -> None:
    """Measure organisations of CORDIS: by names alone, and by names and countries."""
    organisations, differing = read_cordis(file)
    firms = [firm_of(one) for one in organisations]
    vocabulary = vocabulary_of(firms)
    print("### CORDIS\n")
    print(f"{len(firms):,} PICs; PICs with more than one name: {differing}.\n")
    unlike(firms, vocabulary, "with countries")
    bare = [Firm(firm.id, firm.names) for firm in firms]
    unlike(bare, vocabulary, "names alone")
    rewritten(bare, vocabulary)


def distinct(title: str, file: Path, column: str) -> None:
    """Measure the names of a list of firms, all of which differ, by their names alone."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        names = sorted({row[column].strip() for row in csv.DictReader(stream)} - {""})
    firms = [firm_of(Partner(id=str(i), name=Text(en=n))) for i, n in enumerate(names)]
    print(f"### {title}: {len(firms):,} names\n")
    unlike(firms, vocabulary_of(firms), "names alone")


def read_cordis(file: Path) -> tuple[list[Partner], int]:
    """Read one partner for each PIC; tell for how many PICs the names differ."""
    names: dict[str, set[str]] = defaultdict(set)
    country: dict[str, str] = {}
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            names[row["pic"]].add(row["name"])
            country[row["pic"]] = {"UK": "GB", "EL": "GR"}.get(row["country"], row["country"])
    found = [
        Partner.model_validate({"id": pic, "name": {"en": min(one)}, **region(country[pic])})
        for pic, one in sorted(names.items())
    ]
    return found, sum(len(one) > 1 for one in names.values())


def region(code: str) -> dict[str, str]:
    """Give the region of a country's code where Dari knows it."""
    from profiles.taxonomy import normalise_region

    return {"region": code} if normalise_region(code) else {}


def unlike(firms: Sequence[Firm], vocabulary: Vocabulary, what: str) -> None:
    """Print what is proposed among firms that all differ."""
    start = time.perf_counter()
    pairs = list(candidates(firms, vocabulary))
    wrong = []
    for a, b in pairs:
        score, _ = compare(firms[a], firms[b], vocabulary)
        if score >= THRESHOLD:
            wrong.append((score, firms[a].names[0].text, firms[b].names[0].text))
    took = time.perf_counter() - start
    low, high = wilson(len(pairs) - len(wrong), len(pairs))
    print(
        f"{what}: {len(pairs):,} pairs share a block, {len(wrong)} of them are proposed; kept "
        f"apart {1 - len(wrong) / len(pairs):.4%} [{low:.4%}, {high:.4%}]; {took:.1f} s.\n"
    )
    for score, a, b in sorted(wrong, reverse=True):
        print(f"- {score:.3f} {a} | {b}")
    print()


def rewritten(firms: Sequence[Firm], vocabulary: Vocabulary, size: int = 1_000) -> None:
    """Measure names against ways of writing them that are made here, as no PIC has two names."""
    draw = random.Random(1)
    chosen = draw.sample(firms, min(size, len(firms)))
    head("made", "recall")
    for what, make in (
        ("in title case, commas left out", _titled),
        ("a letter left out", _mistyped),
    ):
        found = 0
        for firm in chosen:
            name = firm.names[0].text
            found += compare_names(name, make(name, draw), vocabulary) >= THRESHOLD
        low, high = wilson(found, len(chosen))
        print(f"| {what} ({len(chosen)}) | {found / len(chosen):.3f} [{low:.3f}, {high:.3f}] |")
    print()


def _titled(name: str, draw: random.Random) -> str:
    return name.replace(",", "").title()


def _mistyped(name: str, draw: random.Random) -> str:
    words = name.split(" ")
    longest = max(range(len(words)), key=lambda i: len(words[i]))
    word = words[longest]
    at = draw.randrange(len(word))
    words[longest] = word[:at] + word[at + 1 :]
    return " ".join(words)


def measured(name: str, pairs: Sequence[Pair]) -> None:
    """Print one row of precision and recall."""
    right = sum(pair.proposed and pair.same for pair in pairs)
    proposed = sum(pair.proposed for pair in pairs)
    same = sum(pair.same for pair in pairs)
    cells = [name, f"{same} of {len(pairs)}", share(right, proposed), share(right, same)]
    print("| " + " | ".join(cells) + " |")


def by_how(pairs: Iterable[Pair]) -> None:
    """Print how many of each sort are decided rightly."""
    groups: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[f"{pair.how} ({'same' if pair.same else 'different'})"].append(pair)
    head("sort", "right")
    for how, some in sorted(groups.items()):
        print(f"| {how} | {share(sum(p.proposed == p.same for p in some), len(some))} |")
    print()


def misses(pairs: Iterable[Pair]) -> None:
    """Print the pairs that are decided wrongly."""
    wrong = [pair for pair in pairs if pair.proposed != pair.same]
    for title, same in (("Proposed, and different", False), ("The same, and not proposed", True)):
        some = sorted((p for p in wrong if p.same is same), key=lambda p: (-p.score, p.left))
        print(f"{title}: {len(some)}\n")
        for p in some:
            print(f"- {p.score:.3f} {p.left} | {p.right} ({p.how})")
        print()


def share(part: int, whole: int) -> str:
    """Write a share with its interval and its counts."""
    low, high = wilson(part, whole)
    value = part / whole if whole else float("nan")
    return f"{value:.3f} [{low:.3f}, {high:.3f}] ({part}/{whole})"


def wilson(part: int, whole: int, z: float = 1.96) -> tuple[float, float]:
    """Give Wilson's interval of a share (E. B. Wilson, JASA 22, 1927)."""
    if not whole:
        return 0.0, 1.0
    p = part / whole
    middle = p + z * z / (2 * whole)
    spread = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def head(*names: str) -> None:
    """Print the head of a table."""
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names))


if __name__ == "__main__":
    main()
