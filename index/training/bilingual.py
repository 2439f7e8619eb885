"""Owns the bilingual terms and the artificial descriptions made from them in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import EncoderError
from index.training.verbs import FINALS, Verb, final_of, form_pairs
from profiles.catalogue import load_catalogue
from profiles.taxonomy import sectors

Pair = tuple[str, str]
Rows = NDArray[np.int64]

GLOSSARY_FILE = Path(__file__).parent / "glossary.tsv"
FRAMES_FILE = Path(__file__).parent / "frames.tsv"
VERBS_FILE = Path(__file__).parent / "verbs.tsv"
VERB_FRAMES_FILE = Path(__file__).parent / "verb_frames.tsv"
CHOICE_FILE = Path(__file__).parent / "choice.tsv"
DESCRIPTIONS_FILE = Path(__file__).parent / "descriptions.tsv"

TEXT_FIELDS = ("name", "summary", "offering", "seeking", "subject")
LONGEST = 3
DROPPED = 0.25
LOT = 1_024
CIRCLE = 600
VERB_CIRCLE = 150
VERB_FRAMES_AGAIN = 4
"""How often each frame with verbs stands among the frames, so that half the sentences have one."""

_SLOT = re.compile(r"\{([xyz])\}")
_VERB = re.compile(r"\{([vw])(?:\.([^}]*))?\}")
_PARTICLE = re.compile(r"(\S)\((\w+)/(\w+)\)")


@dataclass(frozen=True, slots=True)
class Frame:
    """One sentence with slots in both languages, and how many terms it takes."""

    english: str
    korean: str
    slots: int


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms as (English, Korean), verbs, and the frames that make sentences of them."""

    terms: Sequence[Pair]
    frames: Sequence[Frame]
    verbs: Sequence[Verb] = ()

    def descriptions(self, generator: np.random.Generator) -> Iterator[Pair]:
        """Yield (Korean, English) descriptions of 1 to 3 sentences over 1 to 9 terms, no end.

        In one of four, one language lacks one sentence of the other, as texts about the same
        company seldom say quite the same. Each 1,024 in turn speak of 600 terms only, so that
        those of one batch share words and each word must be told from the next.
        """
        while True:
            circle = generator.permutation(len(self.terms))[:CIRCLE]
            verbs = generator.permutation(len(self.verbs))[:VERB_CIRCLE]
            for _ in range(LOT):
                yield self._description(circle, verbs, generator)

    def verb_forms(self) -> list[Pair]:
        """List the (Korean, English) forms of the verbs that say much the same."""
        return [(korean, english) for verb in self.verbs for english, korean in form_pairs(verb)]

    def _description(self, circle: Rows, verbs: Rows, generator: np.random.Generator) -> Pair:
        """Make one description over some of the terms."""
        count = int(generator.integers(1, LONGEST + 1))
        parts = [self._sentence(circle, verbs, generator) for _ in range(count)]
        korean = [part for part, _ in parts]
        english = [part for _, part in parts]
        if count > 1 and generator.random() < DROPPED:
            shortened = (korean, english)[int(generator.integers(2))]
            shortened.pop(int(generator.integers(count)))
        return " ".join(korean), " ".join(english)

    def _sentence(self, circle: Rows, verbs: Rows, generator: np.random.Generator) -> Pair:
        """Fill one frame with terms, and with verbs where it has place for them."""
        frame = self.frames[int(generator.integers(len(self.frames)))]
        rows = circle[generator.integers(len(circle), size=frame.slots)]
        terms = dict(zip("xyz", (self.terms[row] for row in rows), strict=False))
        korean, english = frame.korean, frame.english
        if _VERB.search(english):
            drawn = verbs[generator.integers(len(verbs), size=2)]
            chosen = dict(zip("vw", (self.verbs[row] for row in drawn), strict=True))
            korean = _VERB.sub(lambda slot: chosen[slot[1]].in_korean(slot[2]), korean)
            english = _VERB.sub(lambda slot: chosen[slot[1]].in_english(slot[2] or ""), english)
        korean = filled(korean, {slot: term for slot, (_, term) in terms.items()})
        return korean, filled(english, {slot: term for slot, (term, _) in terms.items()})


def read_glossary() -> Glossary:
    """Read the terms of the glossary and of the taxonomy of sectors, and the frames."""
    verbs = [Verb.of(english, korean) for english, korean in read_pairs(VERBS_FILE)]
    verb_frames = read_pairs(VERB_FRAMES_FILE) * VERB_FRAMES_AGAIN
    frames = [
        Frame(english, korean, len(set(_SLOT.findall(english))))
        for english, korean in (*read_pairs(FRAMES_FILE), *verb_frames)
    ]
    terms = list(dict.fromkeys([*read_pairs(GLOSSARY_FILE), *sector_names()]))
    return Glossary(terms, frames, verbs)


def read_pairs(path: Path) -> list[Pair]:
    """Read a file of (English, Korean) lines parted by a tab; `#` begins a comment.

    Raises:
        EncoderError: if a line has not exactly two cells.
    """
    return [(english, korean) for english, korean in _read_cells(path, 2)]


def read_descriptions() -> list[tuple[str, str, tuple[str, ...]]]:
    """Read the (Korean, English, sectors) of the startups that training never sees."""
    return [(ko, en, tuple(named.split())) for en, ko, named in _read_cells(DESCRIPTIONS_FILE, 3)]


def read_choice() -> list[Pair]:
    """Read the (Korean, English) descriptions that only choose how the model is trained."""
    return [(korean, english) for english, korean in read_pairs(CHOICE_FILE)]


def _read_cells(path: Path, count: int) -> list[list[str]]:
    """Read the lines of a file as cells parted by tabs, without blank lines and comments."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != count or not all(cells):
            raise EncoderError(
                value=f"{path}:{number}",
                rule=f"A line holds {count} texts parted by tabs, none of them empty.",
                remedy="Correct the line.",
            )
        rows.append(cells)
    return rows


def sector_names() -> list[Pair]:
    """List the (English, Korean) names of the sectors of the taxonomy."""
    return [(sector.name.en, sector.name.ko) for sector in sectors().values()]


def sector_descriptions() -> list[Pair]:
    """List the (Korean, English) descriptions of the sectors of the taxonomy."""
    return [(sector.description.ko, sector.description.en) for sector in sectors().values()]


def sector_phrases(generator: np.random.Generator) -> Iterator[Pair]:
    """Yield two phrases of one sector in any language, without end, sector by sector."""
    phrases = [
        [sector.name.en, sector.name.ko, *sector.synonyms_en, *sector.synonyms_ko]
        for sector in sectors().values()
    ]
    while True:
        for row in generator.permutation(len(phrases)):
            first, second = generator.choice(len(phrases[row]), size=2, replace=False)
            yield phrases[row][first], phrases[row][second]


def catalogue_texts() -> list[list[Pair]]:
    """List the (Korean, English) texts of each record of the catalogue, its name first."""
    catalogue = load_catalogue()
    records = (*catalogue.partners, *catalogue.programmes, *catalogue.ties)
    return [pairs for pairs in map(_texts, records) if pairs]


def filled(frame: str, terms: Mapping[str, str]) -> str:
    """Put terms into a frame's slots and choose the particles written as (을/를) after them."""
    text = _SLOT.sub(lambda slot: terms[slot.group(1)], frame)
    return _PARTICLE.sub(lambda found: with_particle(*found.groups()), text)


def with_particle(word: str, closed: str, open_: str) -> str:
    """Add a Korean particle: `closed` after a final consonant, `open_` after a vowel.

    After anything but Hangul it is `open_`. The particles 으로/로 take a final ㄹ for open, and
    와/과 stand the other way round in writing.
    """
    if closed == "와":
        closed, open_ = open_, closed
    final = final_of(word)
    is_open = final == 0 or (closed == "으로" and final == FINALS["ㄹ"])
    return word + (open_ if is_open else closed)


def _texts(record: object) -> list[Pair]:
    """List the texts of a record that stand in both languages."""
    texts = (getattr(record, field, None) for field in TEXT_FIELDS)
    return [(text.ko, text.en) for text in texts if text and text.ko and text.en]
