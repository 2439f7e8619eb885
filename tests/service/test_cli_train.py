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
    assert document["calibrated_on"] is None  # folds have no later one
    assert ranker.calibration is None
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


def test_where_windows_go_by_time_the_newest_calibrates_and_teaches_nothing(
    dari, projects, tmp_path
):
    """Projects of thirty months: what began in the last quarter before the cut is held out."""
    kept = [json.loads(line) for line in (projects / "ties.jsonl").read_text("utf-8").splitlines()]
    months = [f"{2022 + month // 12}-{month % 12 + 1:02}-15" for month in range(30)]
    lines(projects / "ties.jsonl", [
        {**tie, "context": f"{tie['context']}-{month}", "date": day}
        for month, day in enumerate(months)
        for tie in kept if int(tie["context"][1:]) % 4 == month % 4
    ])  # fmt: skip
    answer = dari("train", projects, "--out", tmp_path / "models", "--json")
    assert answer.exit_code == 0, answer.output
    document = json.loads(answer.stdout)
    assert document["calibrated_on"].endswith("from 2024-04-01")
    assert document["calibrated_on"] not in document["windows"]
    assert [name.rpartition(" ")[2] for name in document["windows"]] == [
        "2024-01-01", "2023-10-01", "2023-07-01", "2023-04-01"
    ]  # fmt: skip
    calibration = load_ranker(tmp_path / "models" / document["model"]).calibration
    assert calibration is not None
    assert calibration.population == "projects"
    assert "2024-04-01" <= calibration.until.isoformat() < "2024-07-01"


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


REGIONS = ("KR-11", "KR-26", "KR-27", "KR-28", "KR-29", "KR-30")
SECTORS = ("medical_imaging", "games", "network_equipment", "marine_mobility", "ai", "fintech")


@pytest.fixture
def neighbours(tmp_path: Path) -> Path:
    """Who worked together were neighbours of other sectors; the cold start looks at sectors first.

    There is a partner for each region and sector, 72 past projects, and 36 queries.
    """
    folder = tmp_path / "neighbours"
    folder.mkdir()
    about = {"name": "neighbours", "cut": "2024-07-01"}
    (folder / "dataset.json").write_text(json.dumps(about), encoding="utf-8")

    def place(n: int) -> dict[str, object]:
        return {"region": REGIONS[n % 6], "sectors": [SECTORS[n // 6 % 6]]}

    def right(n: int) -> list[str]:
        return [f"p{(n % 6 + 6 * (n // 6 % 6 + step)) % 36}" for step in (1, 2)]

    lines(folder / "partners.jsonl", [{"id": f"p{n}", "name": f"P{n}", **place(n)}
                                      for n in range(36)])  # fmt: skip
    lines(folder / "startups.jsonl", [
        {"id": f"s{n}", "name": f"S{n}", "summary": "It makes things.", **place(n)}
        for n in range(108)
    ])  # fmt: skip
    lines(folder / "ties.jsonl", [
        {"startup": f"s{n}", "partner": partner, "kind": "collaboration",
         "date": f"2024-0{n % 6 + 1}-{n % 27 + 1:02}", "context": f"c{n}"}
        for n in range(72) for partner in right(n)
    ])  # fmt: skip
    lines(folder / "queries.jsonl", [
        {"id": f"q{n}", "startup": f"s{n}", "date": "2024-07-02"} for n in range(72, 108)
    ])  # fmt: skip
    judged = [f"q{n} 0 {partner} 1\n" for n in range(72, 108) for partner in right(n)]
    (folder / "qrels.txt").write_text("".join(judged), encoding="utf-8")
    return folder


def in_use(dari) -> str:
    models = json.loads(dari("model", "list", "--json").stdout)["models"]
    return next(one["version"] for one in models if one["in_use"])


def test_a_model_that_learned_more_is_promoted_through_the_gate(dari, neighbours):
    shipped = load_ranker().version
    first = dari("train", neighbours, "--json")
    assert first.exit_code == 0, first.output
    document = json.loads(first.stdout)
    assert document["gate"]["passed"], document["gate"]["reasons"]
    assert document["gate"]["champion"]["version"] == shipped
    assert document["gate"]["low"] > 0
    assert document["promoted"] is False
    assert in_use(dari) == shipped
    assert f"dari model promote {document['model']}" in first.stderr

    again = dari("train", neighbours, "--promote", "--by", "kim", "--lang", "ko")
    assert again.exit_code == 0, again.output
    assert "승격했습니다" in again.stderr
    assert in_use(dari) == document["model"]
    page = dari("match", "samsung-medison", "--lang", "ko").stdout
    assert f"{document['model']} (학습 자료 neighbours, " in page

    third = dari("train", neighbours, "--promote", "--json")
    assert json.loads(third.stdout)["gate"] is None
    assert "in use already" in third.stderr


def test_where_history_is_thin_the_default_holds(dari, projects):
    shipped = load_ranker().version
    answer = dari("train", projects, "--promote")
    assert answer.exit_code == 0, answer.output
    assert "Too few clusters" in answer.stdout
    assert f"The model in use stays: {shipped}." in answer.stderr
    assert in_use(dari) == shipped
    assert dari("train", projects, "--promote", "--out", "x").exit_code == 2
