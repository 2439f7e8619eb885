"""Reads the data folder into sources of text pairs, and sets the evaluation's part aside."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from index.encoder import EncoderError
from index.training.bilingual import (
    Glossary,
    catalogue_texts,
    sector_descriptions,
    sector_phrases,
)

Pair = tuple[str, str]
Draw = Callable[[np.random.Generator], Iterator[Pair]]

CLEAN_TEST_DATE = "2024-07-01"
SBIR_HELD_OUT = 20
KSIC_HELD_OUT = 10
CATALOGUE_HELD_OUT = 10
PASSAGE_LENGTH = 60
ARTIFICIAL = 5_000

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])|\n+")


@dataclass(frozen=True, slots=True)
class Source:
    """Pairs of one kind: `draw` yields an endless stream of them, `share` is its part of steps."""

    name: str
    size: int
    share: float
    draw: Draw
    bilingual: bool = False


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Pairs that training never sees."""

    sbir: Sequence[Pair] = ()
    ksic: Sequence[Pair] = ()
    catalogue: Sequence[Pair] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """All that training reads, and the texts that the vocabulary is made of."""

    sources: Sequence[Source]
    held_out: HeldOut
    english: Sequence[str] = field(repr=False)
    korean: Sequence[str] = field(repr=False)


def read_corpus(folder: Path, glossary: Glossary) -> Corpus:
    """Read every known file of a data folder, and the bilingual texts of the project.

    Every 20th SBIR award, every 10th KSIC code and every 10th record of the catalogue are held
    out, with all that shares a text with them. CORDIS projects that start on or after 2024-07-01
    are left out.

    Raises:
        EncoderError: if the folder holds none of the files.
    """
    awards, sbir_test = _every(_read_sbir(folder), SBIR_HELD_OUT)
    ksic, ksic_test = _split_ksic(_read_ksic(folder))
    tested = {side for pair in ksic_test for side in pair}
    kind = [pair for pair in _read_kind(folder, ksic) if not tested & set(pair)]
    cordis = _read_cordis(folder)
    tatoeba = _read_tatoeba(folder)
    if not (awards or ksic or kind or cordis or tatoeba):
        raise EncoderError(
            value=str(folder),
            rule="A data folder holds sbir/, cordis/, ksic/, kind/ or tatoeba/.",
            remedy="Name the folder that docs/encoder.md describes.",
        )
    catalogue, catalogue_test = _split_catalogue(catalogue_texts())
    terms = [(korean, english) for english, korean in glossary.terms]
    sources = [
        _pairs("sbir title-abstract", awards, 0.22),
        _sentences("sbir sentence-sentence", [abstract for _, abstract in awards], 0.22),
        _pairs("cordis title-objective", cordis, 0.02),
        _sentences("cordis sentence-sentence", [objective for _, objective in cordis], 0.02),
        _pairs("ksic korean-english", ksic, 0.10, bilingual=True),
        _pairs("kind products-industry", kind, 0.06, bilingual=True),
        _pairs("tatoeba", tatoeba, 0.06, bilingual=True),
        _pairs("glossary", terms, 0.06, bilingual=True),
        _pairs("catalogue", catalogue, 0.04, bilingual=True),
        _pairs("sector descriptions", sector_descriptions(), 0.01, bilingual=True),
        Source("sector phrases", 60, 0.03, sector_phrases, bilingual=True),
        Source("descriptions", len(terms), 0.22, glossary.descriptions, bilingual=True),
    ]
    artificial = glossary.descriptions(np.random.default_rng(len(terms)))
    artificial_korean, artificial_english = zip(*islice(artificial, ARTIFICIAL), strict=True)
    return Corpus(
        sources=[source for source in sources if source.size and source.share],
        held_out=HeldOut(sbir_test, ksic_test, catalogue_test),
        english=[
            *(*_texts(awards, 0), *_texts(awards[::6], 1), *_texts(cordis, 1)),
            *(*_texts(ksic, 1), *_texts(tatoeba, 1), *_texts(catalogue, 1), *artificial_english),
        ],
        korean=[
            *(*_texts(ksic, 0), *_texts(kind, 0), *_texts(tatoeba, 0)),
            *(*_texts(catalogue, 0), *artificial_korean),
        ],
    )


def sentences(text: str, *, least: int = 25) -> list[str]:
    """Cut a text into sentences of at least `least` characters."""
    return [part for part in _SENTENCE_END.split(text) if len(part) >= least]


def _texts(pairs: Iterable[Pair], side: int) -> list[str]:
    """Take one side of the pairs, each text once."""
    return list(dict.fromkeys(pair[side] for pair in pairs))


def _every(pairs: Sequence[Pair], nth: int) -> tuple[list[Pair], list[Pair]]:
    """Part pairs into those to train on and every nth, with all that shares a text with those."""
    test = list(pairs[nth - 1 :: nth])
    tested = {side.casefold() for pair in test for side in pair}
    train = [pair for pair in pairs if not tested & {side.casefold() for side in pair}]
    return train, test


def _split_ksic(rows: Sequence[tuple[str, str, str]]) -> tuple[list[Pair], list[Pair]]:
    """Part (code, Korean, English) by code: every 10th code, with its names, is for the test."""
    codes = sorted({code for code, _, _ in rows})
    chosen = set(codes[KSIC_HELD_OUT - 1 :: KSIC_HELD_OUT])
    test = {korean: (korean, english) for code, korean, english in rows if code in chosen}
    tested = {_bare(side) for code, *pair in rows if code in chosen for side in pair}
    train = [(ko, en) for _, ko, en in rows if not tested & {_bare(ko), _bare(en)}]
    unique = {_bare(english): (korean, english) for korean, english in test.values()}
    return list(dict.fromkeys(train)), list(unique.values())


def _split_catalogue(records: Sequence[Sequence[Pair]]) -> tuple[list[Pair], list[Pair]]:
    """Part the texts by record: the passages of every 10th record are for the test."""
    test = [
        pair for record in records[CATALOGUE_HELD_OUT - 1 :: CATALOGUE_HELD_OUT] for pair in record
    ]
    tested = {side for pair in test for side in pair}
    train = [pair for record in records for pair in record if not tested & set(pair)]
    return train, [pair for pair in test if len(pair[0]) >= PASSAGE_LENGTH]


def _bare(name: str) -> str:
    """Fold a name to its letters, so that two spellings of one name are equal."""
    return re.sub(r"\W", "", name.casefold())


def _rows(path: Path, *needed: str, delimiter: str = ",") -> list[dict[str, str]]:
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
    """Read (title and topic title, objective) of CORDIS projects before the clean test's date."""
    rows = _rows(
        folder / "cordis" / "projects.csv", "title", "topic_title", "objective", "startDate"
    )
    known = [row for row in rows if row["startDate"] and row["startDate"] < CLEAN_TEST_DATE]
    return [
        (row[title], row["objective"])
        for row in known
        for title in ("title", "topic_title")
        if row[title] and row["objective"]
    ]


def _read_ksic(folder: Path) -> list[tuple[str, str, str]]:
    """Read (code, Korean name, English name) of the Korean Standard Industrial Classification."""
    rows = _rows(folder / "ksic" / "ksic.csv", "cd", "nm", "eng_nm")
    return [
        (row["cd"], re.sub(r"\(\d[\d~,\s]*\)$", "", row["nm"]), row["eng_nm"])
        for row in rows
        if row["nm"] and row["eng_nm"]
    ]


def _read_kind(folder: Path, ksic: Sequence[Pair]) -> list[Pair]:
    """Read (products, industry), and (products, English industry) where KSIC knows the name."""
    english = dict(ksic)
    rows = _rows(folder / "kind" / "listed_companies.csv", "업종", "주요제품")
    pairs = [(row["주요제품"], row["업종"]) for row in rows if row["주요제품"] and row["업종"]]
    return pairs + [(products, english[name]) for products, name in pairs if name in english]


def _read_tatoeba(folder: Path) -> list[Pair]:
    """Read (Korean, English) sentences."""
    path = folder / "tatoeba" / "ko_en.tsv"
    if not path.is_file():
        return []
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(cells[1], cells[0]) for cells in lines if len(cells) >= 2 and all(cells[:2])]


def _pairs(name: str, pairs: Sequence[Pair], share: float, *, bilingual: bool = False) -> Source:
    """Make a source that passes through the pairs in a new order each time."""

    def draw(generator: np.random.Generator) -> Iterator[Pair]:
        while True:
            for row in generator.permutation(len(pairs)):
                yield pairs[row]

    return Source(name, len(pairs), share, draw, bilingual)


def _sentences(name: str, texts: Sequence[str], share: float) -> Source:
    """Make a source that pairs two different sentences of one text, drawn anew each time."""
    cut = [parts for parts in map(sentences, dict.fromkeys(texts)) if len(parts) > 1]

    def draw(generator: np.random.Generator) -> Iterator[Pair]:
        while True:
            for row in generator.permutation(len(cut)):
                first, second = generator.choice(len(cut[row]), size=2, replace=False)
                yield cut[row][first], cut[row][second]

    return Source(name, len(cut), share, draw)
