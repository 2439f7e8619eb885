"""Reads the data folder into sources of text pairs, and sets the evaluation's part aside."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import EncoderError
from index.training.bilingual import (
    Glossary,
    catalogue_texts,
    sector_phrases,
)

Pair = tuple[str, str]
Draw = Callable[[np.random.Generator], Iterator[Pair]]

CLEAN_DATE = "2024-07-01"
"""CORDIS projects from this day on are left out: they are the tests'."""

KSIC_TESTED = "C11"
"""The revision of the classification whose names are the test."""

ALIKE = 0.8
"""From this share of common character pairs on (Dice), two names are near-identical."""

CATALOGUE_HELD_OUT = 10
PASSAGE_LENGTH = 60
ARTIFICIAL = 5_000

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])|\n+")


@dataclass(frozen=True, slots=True)
class Source:
    """Pairs of one kind: `draw` yields an endless stream of them, `share` is its part of steps.

    Where they are `bilingual`, either text can be that in either language; where they are the
    `same`, the two texts say the same.
    """

    name: str
    size: int
    share: float
    draw: Draw
    bilingual: bool = False
    same: bool = False


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Pairs that training never sees."""

    sbir: Sequence[Pair] = ()
    ksic: Sequence[Pair] = ()
    catalogue: Sequence[Pair] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """One set cut in three; what shares a text with `test` or `choice` is in neither `train`."""

    train: Sequence[Pair]
    choice: Sequence[Pair]
    test: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that training reads, and the texts that the vocabulary is made of.

    The figures on `choice` may choose how the model is trained, those on `test` only tell how
    good it is.
    """

    sources: Sequence[Source]
    choice: HeldOut
    test: HeldOut
    english: Sequence[str] = field(repr=False)
    korean: Sequence[str] = field(repr=False)


def read_corpus(folder: Path, glossary: Glossary) -> Corpus:
    """Read every known file of a data folder, and the bilingual texts of the project.

    Held out for the test are every 20th SBIR award, every third KSIC 11 code with all names that
    are near-identical to its own, and every 10th record of the catalogue; for the choice every
    40th award, every 12th code and every 20th record. CORDIS projects that start on or after
    2024-07-01 are left out, and so are the descriptions of the sectors.

    Raises:
        EncoderError: if the folder holds none of the files.
    """
    awards = split_awards(_read_sbir(folder))
    rows = _read_ksic(folder)
    ksic = split_ksic(rows)
    held_out = {_bare(side) for pair in (*ksic.choice, *ksic.test) for side in pair}
    kind = [
        pair
        for pair in _read_kind(folder, ksic.train)
        if not held_out & {_bare(side) for side in pair}
    ]
    cordis = _read_cordis(folder)
    tatoeba = _read_tatoeba(folder)
    if not (awards.train or ksic.train or kind or cordis or tatoeba):
        raise EncoderError(
            value=str(folder),
            rule="A data folder holds sbir/, cordis/, ksic/, kind/ or tatoeba/.",
            remedy="Name the folder that docs/encoder.md describes.",
        )
    catalogue = split_catalogue(catalogue_texts())
    sources = _sources(awards.train, cordis, ksic.train, kind, tatoeba, catalogue.train, glossary)
    artificial = glossary.descriptions(np.random.default_rng(len(glossary.terms)))
    artificial_korean, artificial_english = zip(*islice(artificial, ARTIFICIAL), strict=True)
    return Corpus(
        sources=[source for source in sources if source.size and source.share],
        choice=HeldOut(awards.choice, ksic.choice, catalogue.choice),
        test=HeldOut(awards.test, ksic.test, catalogue.test),
        english=[
            *(*_texts(awards.train, 0), *_texts(awards.train[::6], 1), *_texts(cordis, 1)),
            *(*_texts(ksic.train, 1), *_texts(tatoeba, 1), *_texts(catalogue.train, 1)),
            *artificial_english,
        ],
        korean=[
            *(*_texts(ksic.train, 0), *_texts(kind, 0), *_texts(tatoeba, 0)),
            *(*_texts(catalogue.train, 0), *artificial_korean),
        ],
    )


def _sources(
    awards: Sequence[Pair],
    cordis: Sequence[Pair],
    ksic: Sequence[Pair],
    kind: Sequence[Pair],
    tatoeba: Sequence[Pair],
    catalogue: Sequence[Pair],
    glossary: Glossary,
) -> list[Source]:
    """Say what part of the steps each kind of pairs has."""
    terms = [(korean, english) for english, korean in glossary.terms]
    return [
        _pairs("sbir title-abstract", awards, 0.24),
        _sentences("sbir sentence-sentence", [abstract for _, abstract in awards], 0.24),
        _pairs("cordis title-objective", cordis, 0.02),
        _sentences("cordis sentence-sentence", [objective for _, objective in cordis], 0.02),
        _pairs("ksic korean-english", ksic, 0.10, same=True),
        _pairs("kind products-industry", kind, 0.06, bilingual=True),
        _pairs("tatoeba", tatoeba, 0.06, same=True),
        _pairs("glossary", terms, 0.06, same=True),
        _pairs("catalogue", catalogue, 0.04, same=True),
        Source("sector phrases", 60, 0.03, sector_phrases, bilingual=True),
        _pairs("verb forms", glossary.verb_forms(), 0.03, same=True),
        Source("descriptions", len(terms), 0.22, glossary.descriptions, bilingual=True, same=True),
    ]


def sentences(text: str, *, least: int = 25) -> list[str]:
    """Cut a text into sentences of at least `least` characters."""
    return [part for part in _SENTENCE_END.split(text) if len(part) >= least]


def _texts(pairs: Iterable[Pair], side: int) -> list[str]:
    """Take one side of the pairs, each text once."""
    return list(dict.fromkeys(pair[side] for pair in pairs))


def split_awards(pairs: Sequence[Pair]) -> Split:
    """Cut awards: every 20th is for the test, and of the others every 40th for the choice.

    What shares a title or an abstract with those is left out of the training.
    """
    test, choice = pairs[19::20], pairs[9::40]
    held_out = {side.casefold() for pair in (*test, *choice) for side in pair}
    train = [pair for pair in pairs if not held_out & {side.casefold() for side in pair}]
    return Split(train, choice, test)


def split_ksic(rows: Sequence[tuple[str, str, str, str]]) -> Split:
    """Cut (revision, code, Korean, English) by the codes of KSIC 11.

    Every third code is for the test, of the others every 12th for the choice. A name of any
    revision whose Korean or English is near-identical to one held out is left out.
    """
    codes = sorted({code for revision, code, _, _ in rows if revision == KSIC_TESTED})
    test = _names_of(rows, set(codes[2::3]))
    choice = _names_of(rows, set(codes[3::12]))
    known = {_bare(side) for pair in test for side in pair}
    choice = [pair for pair in choice if not known & {_bare(side) for side in pair}]
    held_out = [*test, *choice]
    names = list(dict.fromkeys((korean, english) for _, _, korean, english in rows))
    free = ~np.logical_or.reduce([
        near_identical([name[side] for name in names], [name[side] for name in held_out])
        for side in (0, 1)
    ])
    codes_held_out = set(codes[2::3]) | set(codes[3::12])
    own = {(korean, english) for _, code, korean, english in rows if code in codes_held_out}
    train = [name for name, is_free in zip(names, free, strict=True) if is_free and name not in own]
    return Split(train, choice, test)


def near_identical(names: Sequence[str], others: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which of n names shares 0.8 of its character pairs (Dice) with one of the others."""
    if not names or not others:
        return np.zeros(len(names), dtype=bool)
    vocabulary: dict[str, int] = {}
    first, second = (_pair_sets(texts, vocabulary) for texts in (names, others))
    left, right = (_indicators(sets, len(vocabulary)) for sets in (first, second))
    common = left @ right.T
    sizes = left.sum(axis=1)[:, None] + right.sum(axis=1)[None, :]
    found: NDArray[np.bool_] = (2 * common >= ALIKE * sizes).any(axis=1)
    return found


def split_catalogue(records: Sequence[Sequence[Pair]]) -> Split:
    """Cut the texts by record: every 10th for the test, and every 20th of all for the choice."""
    test = [
        pair for record in records[CATALOGUE_HELD_OUT - 1 :: CATALOGUE_HELD_OUT] for pair in record
    ]
    choice = [
        pair
        for record in records[CATALOGUE_HELD_OUT // 2 - 1 :: 2 * CATALOGUE_HELD_OUT]
        for pair in record
    ]
    held_out = {side for pair in (*test, *choice) for side in pair}
    train = [pair for record in records for pair in record if not held_out & set(pair)]
    return Split(train, _passages(choice), _passages(test))


def _passages(pairs: Sequence[Pair]) -> list[Pair]:
    """Keep the pairs that are passages, each once."""
    return list(dict.fromkeys(pair for pair in pairs if len(pair[0]) >= PASSAGE_LENGTH))


def _names_of(rows: Sequence[tuple[str, str, str, str]], codes: set[str]) -> list[Pair]:
    """List the KSIC 11 names of some codes, each Korean and each English name once."""
    korean = {
        korean: (korean, english)
        for revision, code, korean, english in rows
        if revision == KSIC_TESTED and code in codes
    }
    return list({_bare(english): (name, english) for name, english in korean.values()}.values())


def _pair_sets(texts: Sequence[str], vocabulary: dict[str, int]) -> list[set[int]]:
    """Give the numbers of each text's character pairs, and number new ones on."""
    bare = [_bare(text) or text for text in texts]
    return [
        {
            vocabulary.setdefault(text[start : start + 2], len(vocabulary))
            for start in range(max(1, len(text) - 1))
        }
        for text in bare
    ]


def _indicators(sets: Sequence[set[int]], size: int) -> NDArray[np.float32]:
    """Write n sets of numbers below `size` as an (n, size) array of zeros and ones."""
    array = np.zeros((len(sets), size), dtype=np.float32)
    for row, members in enumerate(sets):
        array[row, list(members)] = 1
    return array


def _bare(name: str) -> str:
    """Fold a name to its letters, so that two spellings of one name are equal."""
    return re.sub(r"\W", "", name.casefold())


def read_rows(path: Path, *needed: str, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a CSV file that may be absent, and check its columns.

    Raises:
        EncoderError: if a column is missing.
    """
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter)
        rows = list(reader)
        missing = set(needed) - set(reader.fieldnames or ())
    if missing:
        raise EncoderError(
            value=str(path),
            rule=f"The file needs the columns {', '.join(sorted(missing))}.",
            remedy="See docs/encoder.md for the columns of each file.",
        )
    return rows


def _read_sbir(folder: Path) -> list[Pair]:
    """Read SBIR titles and abstracts, in the order of the file."""
    path = folder / "sbir" / "awards.parquet"
    if not path.is_file():
        return []
    import polars

    table = polars.read_parquet(path, columns=["title", "abstract"])
    return [(title, abstract) for title, abstract in table.unique(maintain_order=True).rows()]


def _read_cordis(folder: Path) -> list[Pair]:
    """Read (title and topic title, objective) of CORDIS projects before the clean date."""
    rows = read_rows(
        folder / "cordis" / "projects.csv", "title", "topic_title", "objective", "startDate"
    )
    known = [row for row in rows if row["startDate"] and row["startDate"] < CLEAN_DATE]
    return [
        (row[title], row["objective"])
        for row in known
        for title in ("title", "topic_title")
        if row[title] and row["objective"]
    ]


def _read_ksic(folder: Path) -> list[tuple[str, str, str, str]]:
    """Read (revision, code, Korean, English name) of the Korean industrial classification."""
    rows = read_rows(folder / "ksic" / "ksic.csv", "ksic_C", "cd", "nm", "eng_nm")
    return [
        (row["ksic_C"], row["cd"], re.sub(r"\(\d[\d~,\s]*\)$", "", row["nm"]), row["eng_nm"])
        for row in rows
        if row["nm"] and row["eng_nm"]
    ]


def _read_kind(folder: Path, ksic: Sequence[Pair]) -> list[Pair]:
    """Read (products, industry), and (products, English industry) where KSIC knows the name."""
    english = dict(ksic)
    rows = read_rows(folder / "kind" / "listed_companies.csv", "업종", "주요제품")
    pairs = [(row["주요제품"], row["업종"]) for row in rows if row["주요제품"] and row["업종"]]
    return pairs + [(products, english[name]) for products, name in pairs if name in english]


def _read_tatoeba(folder: Path) -> list[Pair]:
    """Read (Korean, English) sentences."""
    path = folder / "tatoeba" / "ko_en.tsv"
    if not path.is_file():
        return []
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(cells[1], cells[0]) for cells in lines if len(cells) >= 2 and all(cells[:2])]


def _pairs(
    name: str,
    pairs: Sequence[Pair],
    share: float,
    *,
    bilingual: bool = False,
    same: bool = False,
) -> Source:
    """Make a source that passes through the pairs in a new order each time."""

    def draw(generator: np.random.Generator) -> Iterator[Pair]:
        while True:
            for row in generator.permutation(len(pairs)):
                yield pairs[row]

    return Source(name, len(pairs), share, draw, bilingual or same, same)


def _sentences(name: str, texts: Sequence[str], share: float) -> Source:
    """Make a source that pairs two different sentences of one text, drawn anew each time."""
    cut = [parts for parts in map(sentences, dict.fromkeys(texts)) if len(parts) > 1]

    def draw(generator: np.random.Generator) -> Iterator[Pair]:
        while True:
            for row in generator.permutation(len(cut)):
                first, second = generator.choice(len(cut[row]), size=2, replace=False)
                yield cut[row][first], cut[row][second]

    return Source(name, len(cut), share, draw)
