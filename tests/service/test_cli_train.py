"""The command that trains, on a set of a few projects: what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matcher import cold_start, load_ranker

SMALL = Path(__file__).parents[2] / "docs" / "examples" / "test-set"
TOPICS = ("pumps for water", "lasers for cutting", "drugs for the heart", "maps for farmers")


def lines(path: Path, records: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    """Sixteen projects of four topics; each topic has its own partners."""
    folder = tmp_path / "projects"
    folder.mkdir()
    about = {"name": "projects", "cut": "2024-07-01"}
    (folder / "dataset.json").write_text(json.dumps(about), encoding="utf-8")
    numbers = range(16)
    lines(folder / "startups.jsonl", [
        {"id": f"s{n}", "name": f"S {n}", "summary": f"We make {TOPICS[n % 4]}."} for n in numbers
    ])  # fmt: skip
    lines(folder / "partners.jsonl", [
        {"id": f"p{n}", "name": f"P {n}", "kind": "university"} for n in range(12)
    ])  # fmt: skip
    lines(folder / "ties.jsonl", [
        {
            "startup": f"s{n}", "partner": f"p{n % 4 + 4 * k}", "kind": "collaboration",
            "date": f"2024-06-{n + 1:02}", "context": f"c{n}",
            "subject": f"Better {TOPICS[n % 4]}, part {n}",
        }
        for n in numbers for k in (n % 3, (n + 1) % 3)
    ])  # fmt: skip
    lines(folder / "queries.jsonl", [
        {"id": "q", "startup": "s1", "date": "2024-07-02", "seeking": "Lasers that cut steel"}
    ])  # fmt: skip
    (folder / "qrels.txt").write_text("q 0 p1 1\n", encoding="utf-8")
    return folder


def test_a_model_is_trained_written_and_read_again(dari, projects, tmp_path):
    answer = dari("train", projects, "--name", "water", "--out", tmp_path / "models", "--json")
    assert answer.exit_code == 0, answer.output
    document = json.loads(answer.stdout)
    folder = tmp_path / "models" / document["model"]
    assert folder.name.startswith("water-")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [folder.name]
    ranker = load_ranker(folder)
    assert ranker.version == document["model"]
    assert sum(one["trained"] for one in document["points"].values()) == pytest.approx(100, abs=0.1)
    assert document["trained_on"]["cut"] == "2024-07-01"
    assert document["trained_on"]["queries"] == 16
    assert len(document["windows"]) == 8
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["prior"] == cold_start().version
    assert manifest["trained_on"] == document["trained_on"]

    again = dari("train", projects, "--name", "water", "--out", tmp_path / "again")
    assert again.exit_code == 0, again.output
    assert folder.name in again.stdout
    assert "region_paired" in again.stdout
    assert (tmp_path / "again" / folder.name / "weights.toml").read_bytes() == (
        folder / "weights.toml"
    ).read_bytes()


def test_a_set_that_teaches_too_little_is_refused(dari, tmp_path):
    answer = dari("train", SMALL, "--out", tmp_path / "models")
    assert answer.exit_code == 1
    assert not (tmp_path / "models").exists()
    assert "remedy" in answer.stderr


def test_a_name_that_fits_no_folder_is_refused(dari, projects, tmp_path):
    answer = dari("train", projects, "--name", "../up", "--out", tmp_path / "models")
    assert answer.exit_code == 1
    assert "small letters" in answer.stderr
    assert not (tmp_path / "up").exists()
