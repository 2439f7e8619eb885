"""Owns lexical search: BM25 over words and, for Korean, character bigrams."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from index.columns import Column, Mask, Numbers, Roster, best_first
from index.postings import Postings, Scores, Vocabulary

_TOKEN = re.compile(r"[\uac00-\ud7a3]+|[^\W_\uac00-\ud7a3]+")
_PLAIN = {
    code: chr(code).lower() if chr(code) in string.ascii_letters + string.digits else " "
    for code in range(128)
}
_FEWEST_DEAD_ROWS = 1_000


@cache
def stop_words() -> frozenset[str]:
    """Give the words, in both languages, that say nothing of what somebody does."""
    return frozenset(files("index").joinpath("stopwords.txt").read_text(encoding="utf-8").split())


def tokenise(text: str) -> list[str]:
    """Split into lower-case words, and runs of Hangul into character bigrams.

    Bigrams of Hangul need no dictionary and find a stem under any particle (Lucene's
    CJKAnalyzer does the same). A lone syllable stays as it is. Stop words are left out.
    """
    stop = stop_words()
    if text.isascii():
        return [word for word in text.translate(_PLAIN).split() if word not in stop]
    tokens: list[str] = []
    for run in _TOKEN.findall(unicodedata.normalize("NFKC", text).lower()):
        if run in stop:
            continue
        if "\uac00" <= run[0] <= "\ud7a3" and len(run) > 1:
            tokens.extend(map(str.__add__, run, run[1:]))
        else:
            tokens.append(run)
    return tokens


class LexicalIndex:
    """BM25 over documents by id: a document is added, replaced or removed on its own.

    Ids have numbers, by `roster`; whoever gives one can ask and is answered by these numbers.
    """

    def __init__(
        self,
        documents: Mapping[str, str] | None = None,
        *,
        roster: Roster | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self._roster = Roster() if roster is None else roster
        self._postings = Postings(vocabulary)
        self._row = Column(np.int64)  # by number: 1 + the row, 0 where there is none
        self._number = Column(np.int64)  # by row
        self._documents = 0
        for id, text in (documents or {}).items():
            self.put(id, text)

    def __len__(self) -> int:
        return self._documents

    def put(self, id: str, text: str) -> None:
        """Add a document, or replace it."""
        self.put_tokens(id, tokenise(text))

    def put_tokens(self, id: str, tokens: Sequence[str]) -> None:
        """Add a document that has been cut into tokens, or replace it."""
        self.remove(id)
        number = self._roster.hold(id)
        self._row.grow(number + 1)
        self._row.values[number] = 1 + self._postings.add(tokens)
        self._number.append(number)
        self._documents += 1

    def remove(self, id: str) -> None:
        """Drop a document; an id that has none is passed over."""
        number = self._roster.number(id)
        if not 0 <= number < len(self._row) or not self._row.values[number]:
            return
        self._postings.drop(int(self._row.values[number]) - 1)
        self._row.values[number] = 0
        self._documents -= 1
        self._roster.release(id)
        if self._postings.dead >= max(_FEWEST_DEAD_ROWS, self._documents):
            self._compact()

    def search(
        self, text: str, k: int, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Find up to k documents that share a word with `text`, among `allowed` ids.

        Returns:
            (id, BM25 score > 0) by score descending, then id ascending.
        """
        mask = None if allowed is None else self._roster.mask(allowed)
        numbers, scores = self.best(self.scores(text), k, mask)
        return list(zip(self.ids(numbers), scores.tolist(), strict=True))

    def ids(self, numbers: Numbers) -> list[str]:
        """Give the ids of documents by number."""
        return self._roster.ids(numbers.tolist())

    def scores(
        self,
        text: str | Iterable[str],
        worth: Callable[[Sequence[str]], Scores] | None = None,
    ) -> Scores:
        """Score all documents for a text, or for tokens: what `best` and `scores_at` read.

        With `worth`, t different tokens weigh what it gives, shape (t,), in place of their rarity.
        """
        tokens = tokenise(text) if isinstance(text, str) else text
        return self._postings.scores(tokens, worth=worth)

    def best(self, scores: Scores, k: int, allowed: Mask | None = None) -> tuple[Numbers, Scores]:
        """Give numbers and scores of the k best documents that share a word, shapes (<=k,).

        Args:
            scores: as `scores` gave them.
            k: how many at most.
            allowed: by number, which documents may come; all if not given.
        """
        numbers, rows = self._number.values, np.flatnonzero(scores)
        if allowed is not None:
            rows = rows[allowed[numbers[rows]]]
        found = scores[rows]
        best = best_first(found, k, lambda place: self._roster.id(numbers[rows[place]]))
        return numbers[rows[best]], found[best]

    def scores_at(self, scores: Scores, numbers: Numbers) -> Scores:
        """Give the scores of n documents by number, shape (n,); NaN where there is none."""
        self._row.grow(len(self._roster))
        rows = self._row.values[numbers]
        return np.where(rows > 0, np.append(scores, np.nan)[rows - 1], np.nan)

    def lengths(self, numbers: Numbers) -> Scores:
        """Give how many tokens each of n documents has, shape (n,); 0 where there is none."""
        self._row.grow(len(self._roster))
        rows = self._row.values[numbers]
        lengths: Scores = np.append(self._postings.lengths, 0.0)
        found: Scores = lengths[rows - 1]
        return found

    def holding(self, tokens: Sequence[str]) -> Numbers:
        """Count the documents that hold each of t tokens, shape (t,)."""
        return self._postings.held(tokens)

    def sums(
        self,
        numbers: Numbers,
        weights: Scores,
        terms: NDArray[np.int32],
        places: Numbers,
        width: int,
    ) -> Scores:
        """Add up, for each of n documents, m weights as often as it holds their terms.

        Args:
            numbers: of the documents, shape (n,).
            weights: what a term counts, shape (m,).
            terms: the numbers of the terms in the vocabulary, shape (m,).
            places: the column of the outcome that each belongs to, shape (m,).
            width: how many columns there are.

        Returns:
            Sums of shape (n, width).
        """
        order = np.argsort(terms, kind="stable")
        known, first, sizes = np.unique(terms[order], return_index=True, return_counts=True)
        self._row.grow(len(self._roster))
        place_of = np.full(len(self._postings) + 1, -1, np.int64)
        place_of[self._row.values[numbers]] = np.arange(len(numbers))
        place_of[0] = -1
        rows, counts, of_term = self._postings.postings(known)
        held = np.flatnonzero(place_of[rows + 1] >= 0)
        rows, counts, of_term = place_of[rows[held] + 1], counts[held], of_term[held]
        size = sizes[of_term]
        begin = np.cumsum(size) - size
        at = order[np.arange(size.sum()) - np.repeat(begin - first[of_term], size)]
        goal = np.repeat(rows, size) * width + places[at]
        shares = np.repeat(counts, size) * weights[at]
        found = np.bincount(goal, shares, len(numbers) * width).astype(np.float64, copy=False)
        return found.reshape(len(numbers), width)

    def _compact(self) -> None:
        new_row = self._postings.compact()
        self._number.replace(self._number.values[new_row >= 0])
        self._row.values[self._number.values] = 1 + np.arange(len(self._number))
