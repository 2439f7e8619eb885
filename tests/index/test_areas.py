"""Tests areas of work: what is read, what is learned, and from which texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import EncoderError, load_encoder
from index.areas import Areas, areas_for, load_areas
from index.training.areas import learn_areas, main, separated

Make = Callable[..., Any]

HEADER = "title,objective,startDate,legalBasis,topics\n"
ROWS = (
    "robots,robots robots,2024-01-01,HORIZON.2.4,HORIZON-CL4-2023-D6-01\n"
    "games robots,robots,2024-02-01,HORIZON.2.4,HORIZON-CL4-2023-D6-02\n"
    "ships,ships ships,2024-01-01,HORIZON.2.5,HORIZON-CL5-2023-D5-01\n"
    "games ships,ships,2024-02-01,HORIZON.2.5,HORIZON-CL5-2023-D5-01\n"
)
LATER = "games,games,2024-07-01,HORIZON.2.6,HORIZON-CL6-2024-D1-01\n"


@pytest.fixture
def data(tmp_path: Path) -> Callable[[str], Path]:
    def write(rows: str) -> Path:
        (tmp_path / "cordis").mkdir(exist_ok=True)
        (tmp_path / "cordis" / "projects.csv").write_text(rows, encoding="utf-8")
        return tmp_path

    return write


def test_areas_ship_for_the_encoder_that_ships() -> None:
    encoder = load_encoder()
    areas = areas_for(encoder.encoder_id)
    assert areas is not None
    assert areas.mean.shape == (encoder.dimension,)
    assert areas_for("another") is None


def test_shipped_areas_part_energy_from_health() -> None:
    encoder, areas = load_encoder(), load_areas()
    texts = ["wind turbines and solar power", "heat pumps for the grid", "a vaccine for patients"]
    wind, heat, vaccine = areas.of(encoder.encode(texts))
    assert wind @ heat > 0.5 > wind @ vaccine


def test_rows_have_length_one_but_for_those_without_words() -> None:
    areas = Areas("any", np.array([0.5, 0.0]), np.eye(2))
    vectors = np.array([[1, 0], [0, 0], [np.nan, np.nan], [0.5, 0]], np.float32)
    found = areas.of(vectors)
    assert found[0].tolist() == [1, 0]
    assert found[1].tolist() == [0, 0]
    assert np.isnan(found[2]).all()
    assert found[3].tolist() == [0, 0]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "areas.npz"
    with pytest.raises(EncoderError):
        load_areas(path)
    path.write_bytes(b"nothing")
    with pytest.raises(EncoderError):
        load_areas(path)


def test_fields_are_parted(data: Callable[[str], Path], tiny: Make) -> None:
    encoder = tiny(words=["robots", "ships", "games"])
    areas = learn_areas(data(HEADER + ROWS), encoder)
    robots, ships, games = areas.of(encoder.encode(["robots", "ships", "games"]))
    assert robots @ ships < -0.5
    assert abs(robots @ games) < abs(robots @ ships)
    assert areas.encoder_id == encoder.encoder_id


def test_later_projects_are_not_read(data: Callable[[str], Path], tiny: Make) -> None:
    encoder = tiny(words=["robots", "ships", "games"])
    one, two = (learn_areas(data(HEADER + rows), encoder) for rows in (ROWS, ROWS + LATER))
    assert np.array_equal(one.axes, two.axes)
    with pytest.raises(EncoderError):
        learn_areas(data(HEADER + LATER), encoder)


def test_axes_are_as_many_as_asked_for() -> None:
    vectors = np.random.default_rng(0).normal(size=(20, 6))
    fields = [(str(n % 4), str(n % 3)) for n in range(20)]
    assert separated(vectors, fields, "any", k=3).axes.shape == (6, 3)


def test_the_command_writes_what_is_read(
    data: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "areas.npz"
    assert main([str(data(HEADER + ROWS)), "--out", str(out)]) == 0
    assert load_areas(out).encoder_id == load_encoder().encoder_id
    assert main([str(tmp_path / "nothing"), "--out", str(out)]) == 1
    assert "CORDIS" in capsys.readouterr().err
