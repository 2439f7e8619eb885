"""Tests that rows are scored by the runs that they share, as BM25 over the runs themselves does."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index.postings import Postings
from index.runs import Runs

rows = st.tuples(st.text(alphabet="abc ", max_size=8).map(str.strip), st.booleans())


def tokens(row: str, kind: bool) -> list[str]:
    """Give the runs of three signs, ends marked, of each word and of all words as one."""
    words = row.split(" ")
    texts = words if len(words) == 1 else [*words, "".join(words)]
    marked = [f"^{text}$" for text in texts]
    return [f"{kind}{text[n : n + 3]}" for text in marked for n in range(len(text) - 2)]


@settings(deadline=None, max_examples=80)
@given(st.lists(st.lists(rows, max_size=4), max_size=4), st.data())
def test_scores_are_those_of_the_runs_as_words(
    batches: list[list[tuple[str, bool]]], data: st.DataObject
) -> None:
    made, plain = Runs(), Postings()
    for batch in batches:
        numbers = made.add([row for row, _ in batch], [kind for _, kind in batch])
        assert list(numbers) == [plain.add(tokens(*row)) for row in batch]
        made.scores("a", False)  # what is asked between makes segments
    for row in (
        sorted(data.draw(st.sets(st.integers(0, max(0, len(made) - 1))))) if len(made) else ()
    ):
        made.drop(row)
        plain.drop(row)
    asked = data.draw(rows)
    np.testing.assert_allclose(made.scores(*asked), plain.scores(tokens(*asked)), rtol=1e-5)
    assert made.compact().tolist() == plain.compact().tolist()
    np.testing.assert_allclose(made.scores(*asked), plain.scores(tokens(*asked)), rtol=1e-5)
    assert made.dead == 0
