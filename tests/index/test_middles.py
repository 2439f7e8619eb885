"""Tests middles: what facets have in common brings nobody nearer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import EncoderError, Middles, load_encoder, passages
from index.middles import load_middles, middles_for
from index.training.middles import found_in, main
from profiles.catalogue import load_catalogue

NUMBERS = st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4)


def axes(*rows: list[float]) -> Middles:
    return Middles("any", np.linalg.qr(np.array(rows).T)[0].T)


def test_middles_ship_for_the_encoder_that_ships() -> None:
    encoder = load_encoder()
    found = middles_for(encoder.encoder_id)
    assert found.axes.shape == (3, encoder.dimension)
    assert found.axes @ found.axes.T == pytest.approx(np.eye(3), abs=1e-9)


def test_what_ships_is_what_the_command_makes(tmp_path: Path) -> None:
    path = tmp_path / "middles.npz"
    assert main(["--out", str(path)]) == 0
    made, shipped = load_middles(path), load_middles()
    assert made.encoder_id == shipped.encoder_id
    cosines = np.linalg.svd(made.axes @ shipped.axes.T)[1]  # of the angles between the two spaces
    assert (cosines > 0.99).all()  # what ships stays until a ranker is fitted; the catalogue grows
    assert main(["--out", str(tmp_path / "nowhere" / "middles.npz")]) == 1


def test_of_another_encoder_nothing_is_left_out() -> None:
    vector = np.array([0.6, 0.8], np.float32)
    assert middles_for("another").apart(vector).tolist() == vector.tolist()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "middles.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(EncoderError):
        load_middles(path)


@settings(deadline=None)
@given(NUMBERS, NUMBERS, st.floats(-5, 5))
def test_more_of_what_all_have_in_common_changes_nothing(
    one: list[float], other: list[float], more: float
) -> None:
    shared = [1.0, 2.0, 0.0, -1.0]
    middles = axes(shared)
    a, b = np.array(one, np.float32), np.array(other, np.float32)
    stuffed = (a + more * np.array(shared)).astype(np.float32)
    assert middles.apart(stuffed) @ b == pytest.approx(middles.apart(a) @ b, abs=1e-4)
    assert middles.apart(a) @ b == pytest.approx(a @ middles.apart(b), abs=1e-5)


def test_the_names_of_all_come_nearer_to_none() -> None:
    """A text of what all partners say is far from the mean of what they seek, but for chance."""
    encoder, partners = load_encoder(), load_catalogue().partners
    sought = encoder.encode([passages(one)["seeks"] for one in partners if one.seeking])
    words = "startup growth technology partner programme support. 스타트업 기술 성장 지원 협력 사업"
    vector = encoder.encode([words])[0]
    apart = middles_for(encoder.encoder_id).apart(vector)
    assert (sought @ vector).mean() > 0.08
    assert abs((sought @ apart).mean()) < 0.01


def test_facets_that_nobody_has_give_no_direction() -> None:
    partners = [one.model_copy(update={"seeking": None}) for one in load_catalogue().partners[:5]]
    assert found_in(partners, load_encoder()).axes.shape[0] == 2
