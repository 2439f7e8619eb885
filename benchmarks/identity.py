"""Measures how well names of one firm are found: precision and recall, with 95% intervals.

Usage: python -m benchmarks.identity [--cordis participations.csv] [--kind listed_companies.csv]
       [--crunchbase companies.csv]
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path

from profiles import Partner, Text
from profiles.identity import (
    POSSIBLE,
    THRESHOLD,
    Firm,
    Vocabulary,
    candidates,
    compare,
    compare_names,
    firm_of,
    registrable_host,
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
        listed(given.kind)
    if given.crunchbase:
        distinct("Crunchbase 2013, companies", given.crunchbase, "name")


def labelled(file: Path) -> None:
    """Measure the labelled pairs, by names alone."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    by_part: dict[str, list[Pair]] = defaultdict(list)
    for row in rows:
        score = compare_names(row["left"], row["right"]) * meet(row["left"], row["right"])
        pair = Pair(row["how"], row["same"] == "1", row["left"], row["right"], score)
        by_part[row["part"]].append(pair)
    everything = [pair for part in by_part.values() for pair in part]
    print("### Labelled pairs, by names alone\n")
    head("pairs", "same", "precision", "recall")
    for name, pairs in (*sorted(by_part.items()), ("both", everything)):
        measured(name, pairs, THRESHOLD)
    measured(f"both, the possible ones (from {POSSIBLE}) too", everything, POSSIBLE)
    print()
    by_how(everything)
    misses(everything)


def meet(*names: str) -> bool:
    """Tell whether two names share a block: else nobody would compare them."""
    firms = [firm_of(Partner(id=str(n), name=Text(ko=name))) for n, name in enumerate(names)]
    return bool(list(candidates(firms, Vocabulary({}, {}))))


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


def listed(file: Path) -> None:
    """Measure KIND's firms with the region and website that it gives; and their names mistyped."""
    firms = read_kind(file)
    vocabulary = vocabulary_of(firms)
    unlike(firms, vocabulary, "with regions and websites")
    draw = random.Random(2)
    chosen = draw.sample(firms, 1_000)
    bare = {"region": None, "host": None}
    fields = {
        "names alone": bare,
        "and region": {"host": None},
        "and region, website": {},
    }
    head("made of 1,000 names", *(f"{name}, {n}" for name in fields for n in (THRESHOLD, POSSIBLE)))
    for what, slip in SLIPS.items():
        pairs = [(firm, mistyped(firm, slip, draw)) for firm in chosen]
        made = [(a, b) for a, b in pairs if a.names[0].readings != b.names[0].readings]
        cells = [f"{what} ({len(made)})"]
        for without in fields.values():
            scores = [
                found_as(replace(a, **without), replace(b, **without), vocabulary) for a, b in made
            ]
            found = [sum(score >= n for score in scores) for n in (THRESHOLD, POSSIBLE)]
            cells += [f"{n / len(made):.3f}" for n in found]
        print("| " + " | ".join(cells) + " |")
    print()


def found_as(a: Firm, b: Firm, vocabulary: Vocabulary) -> float:
    """Score two firms, 0 where they share no block."""
    return compare(a, b, vocabulary)[0] if list(candidates([a, b], vocabulary)) else 0.0


def read_kind(file: Path) -> list[Firm]:
    """Read KIND's listed companies with their regions and websites."""
    from profiles.taxonomy import normalise_region

    found = []
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for i, row in enumerate(csv.DictReader(stream)):
            known = {"region": normalise_region(row["지역"])} if row["지역"] else {}
            name = {"ko": row["회사명"].strip()}
            firm = firm_of(Partner.model_validate({"id": str(i), "name": name, **known}))
            found.append(replace(firm, host=registrable_host(row["홈페이지"])))
    return found


def mistyped(firm: Firm, slip: Callable[[str, random.Random], str], draw: random.Random) -> Firm:
    """Make the same firm under a name with a slip."""
    written = slip(firm.names[0].text, draw)
    called = firm_of(Partner(id="x", name=Text(ko=written))).names
    return replace(firm, id="x", names=called)


def _other_key(name: str, draw: random.Random) -> str:
    """Strike the key beside the right one, on the Korean keyboard, once."""
    at = [i for i, c in enumerate(name) if "가" <= c <= "힣"]
    if not at:
        return name
    i = draw.choice(at)
    code = ord(name[i]) - 0xAC00
    first, middle, last = code // 588, code % 588 // 28, code % 28
    choices = [(n, middle) for n in _beside(_FIRST, first)]
    choices += [(first, n) for n in _beside(_MIDDLE, middle)]
    if not choices:
        return name
    first, middle = draw.choice(choices)
    return name[:i] + chr(0xAC00 + first * 588 + middle * 28 + last) + name[i + 1 :]


def _beside(letters: str, at: int) -> list[int]:
    for row in _KEYS:
        place = row.find(letters[at])
        if place >= 0:
            near = [row[n] for n in (place - 1, place + 1) if 0 <= n < len(row)]
            return [letters.index(letter) for letter in near if letter in letters]
    return []


def _no_final(name: str, draw: random.Random) -> str:
    at = [i for i, c in enumerate(name) if "가" <= c <= "힣" and (ord(c) - 0xAC00) % 28]
    if not at:
        return name
    i = draw.choice(at)
    return name[:i] + chr(ord(name[i]) - (ord(name[i]) - 0xAC00) % 28) + name[i + 1 :]


def _twice(name: str, draw: random.Random) -> str:
    i = draw.randrange(len(name))
    return name[: i + 1] + name[i:]


def _swapped(name: str, draw: random.Random) -> str:
    i = draw.randrange(len(name) - 1)
    return name[:i] + name[i + 1] + name[i] + name[i + 2 :]


_KEYS = ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ")
_FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_MIDDLE = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
SLIPS: dict[str, Callable[[str, random.Random], str]] = {
    "the key beside": _other_key,
    "a final consonant left out": _no_final,
    "a syllable or letter twice": _twice,
    "two exchanged": _swapped,
}


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
    wrong, possible = [], 0
    for a, b in pairs:
        score, _ = compare(firms[a], firms[b], vocabulary)
        possible += POSSIBLE <= score < THRESHOLD
        if score >= THRESHOLD:
            wrong.append((score, firms[a].names[0].text, firms[b].names[0].text))
    took = time.perf_counter() - start
    low, high = wilson(len(pairs) - len(wrong), len(pairs))
    print(
        f"{what}: {len(pairs):,} pairs share a block, {len(wrong)} of them are proposed; kept "
        f"apart {1 - len(wrong) / len(pairs):.4%} [{low:.4%}, {high:.4%}]; {possible} more are "
        f"possible (from {POSSIBLE}); {took:.1f} s.\n"
    )
    for score, a, b in sorted(wrong, reverse=True):
        print(f"- {score:.3f} {a} | {b}")
    print()


def rewritten(firms: Sequence[Firm], vocabulary: Vocabulary, size: int = 1_000) -> None:
    """Measure names against ways of writing them that are made here, as no PIC has two names."""
    draw = random.Random(1)
    chosen = draw.sample(firms, min(size, len(firms)))
    head("made", "recall", f"with the possible ones (from {POSSIBLE})")
    for what, make in (
        ("in title case, commas left out", _titled),
        ("a letter left out", _mistyped),
    ):
        names = [firm.names[0].text for firm in chosen]
        scores = [compare_names(name, make(name, draw), vocabulary) for name in names]
        found = [sum(score >= n for score in scores) for n in (THRESHOLD, POSSIBLE)]
        print(f"| {what} | " + " | ".join(share(n, len(chosen)) for n in found) + " |")
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


def measured(name: str, pairs: Sequence[Pair], lowest: float) -> None:
    """Print one row of precision and recall, of what scores at least `lowest`."""
    right = sum(pair.score >= lowest and pair.same for pair in pairs)
    proposed = sum(pair.score >= lowest for pair in pairs)
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
