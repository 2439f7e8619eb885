"""Owns what ties were about: distinct subjects, each with its vector, its words and its ties."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.backend import Floats
from index.columns import Column, Mask, Numbers
from index.deeds import NEVER
from index.lexical import tokenise
from index.postings import Postings, Scores, Vocabulary

_FEWEST_DEAD_ROWS = 1_000


class Subjects:
    """What ties were about: numbered, each with a vector, its words and its ties."""

    def __init__(self, dimension: int, vocabulary: Vocabulary | None) -> None:
        self.vocabulary = Vocabulary() if vocabulary is None else vocabulary
        self._number: dict[str, int] = {}
        self._key_of: dict[str, str] = {}
        self._ties: dict[str, set[str]] = {}
        self._vectors = Column(np.float32, dimension)
        self._words = Postings(self.vocabulary)
        self._since = Column(np.int32)

    def __len__(self) -> int:
        return len(self._number)

    def put(self, tie_id: str, text: str, vector: Floats) -> int:
        """Add a tie to the subject of a text; give the subject's number."""
        key = hashlib.sha256(text.encode()).hexdigest()[:24]
        self._key_of[tie_id] = key
        self._ties.setdefault(key, set()).add(tie_id)
        if key not in self._number:
            self._number[key] = self._words.add(tokenise(text))
            self._vectors.append(vector)
            self._since.append(NEVER)
        return self._number[key]

    def remove(self, tie_id: str) -> None:
        """Take a tie away; its subject goes with its last tie."""
        key = self._key_of.pop(tie_id)
        self._ties[key].discard(tie_id)
        if not self._ties[key]:
            del self._ties[key]
            self._words.drop(self._number.pop(key))

    def number(self, tie_id: str) -> int:
        """Give the number of a tie's subject, -1 where it has none."""
        return self._number[self._key_of[tie_id]] if tie_id in self._key_of else -1

    def ties(self, tie_id: str) -> set[str]:
        """Give the ties that are about the same as a tie that has a subject."""
        return self._ties[self._key_of[tie_id]]

    def date(self, number: int, day: int) -> None:
        """Say since when a subject is known."""
        self._since.values[number] = day

    def known(self, before: int) -> Mask:
        """Mark the subjects that were known before a day."""
        marked: Mask = self._since.values < before
        return marked

    def vectors(self, numbers: Numbers) -> Floats:
        """Give the vectors of n subjects, shape (n, d)."""
        found: Floats = self._vectors.values[numbers]
        return found

    def cosines(self, queries: Floats, numbers: Numbers) -> Scores:
        """Give for each of n subjects the greatest cosine with any of q queries, shape (n,)."""
        if len(numbers) < len(self._vectors):
            wanted, place = np.unique(numbers, return_inverse=True)
        else:  # most are asked for, some of them often
            wanted, place = np.arange(len(self._vectors)), numbers
        # Row by row: a product of matrices rounds a row by where it stands, which is chance here.
        vectors = self._vectors.values[wanted]
        greatest: Scores = np.max([np.vecdot(vectors, query) for query in queries], axis=0)[place]
        return greatest.astype(np.float64)

    def scores(self, tokens: Sequence[str], before: int) -> Scores:
        """Score all subjects for tokens, as if only those known before a day were there."""
        return self._words.scores(tokens, self.known(before))

    def weights(self, numbers: Numbers, before: int) -> tuple[Scores, NDArray[np.int32], Numbers]:
        """Give what each token of some subjects counts, as `Postings.weights` does."""
        return self._words.weights(numbers, self.known(before))

    def compact(self) -> Numbers | None:
        """Forget what is gone, where that is half of all: give the new number of each, or None."""
        if self._words.dead < max(_FEWEST_DEAD_ROWS, len(self)):
            return None
        new = self._words.compact()
        for column in (self._vectors, self._since):
            column.replace(column.values[new >= 0])
        self._number = {key: int(new[number]) for key, number in self._number.items()}
        return new
