"""The masking of names in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.masking import mask


@pytest.mark.parametrize(
    ("text", "names", "masked"),
    [
        ("Acme Widgets leads", ["ACME WIDGETS SRL"], "… leads"),
        ("acme-widgets leads", ["Acme Widgets"], "… leads"),
        ("Acme Widgets SRL leads", ["ACME WIDGETS SRL"], "… leads"),
        ("a vision of VISION and Vision", ["VISION"], "a vision of … and …"),
        ("the Université de Genève", ["UNIVERSITE DE GENEVE"], "the …"),
        ("IT is AI", ["AI"], "IT is AI"),
        ("CNRS-led, at CNRSX", ["CNRS"], "…-led, at CNRSX"),
        ("Long Name Institute", ["Long Name", "Long Name Institute"], "…"),
        ("A B C", ["B C D"], "A B C"),
        ("", ["Acme"], ""),
        ("nobody", [], "nobody"),
    ],
)
def test_whole_names_are_masked(text: str, names: list[str], masked: str) -> None:
    assert mask(text, names) == masked


@given(st.text(max_size=60), st.lists(st.text(max_size=12), max_size=3))
def test_what_is_no_name_stays_as_it_was(text: str, names: list[str]) -> None:
    """Every part between the masks stood in the text, in order."""
    rest = text
    for part in mask(text, names).split("…"):
        assert part in rest
        rest = rest[rest.index(part) + len(part) :]
