from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evaluation import (
    DEFAULT,
    SYSTEMS,
    Figure,
    MeasureError,
    Report,
    Run,
    RunError,
    as_tables,
    evaluate_folder,
    heading,
    load,
    report_on,
)
from index import Encoder
from matcher import AdditiveRanker, load_ranker
from profiles import Side

Files = dict[str, Any]
Write = Callable[[Files], Path]


def printed(report: Report) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=80, color_system=None)
    for table in as_tables(report):
        console.print(table)
    return stream.getvalue()


def test_the_document_has_every_system_slice_and_measure(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    told: list[tuple[str, int, int]] = []
    folder = write(files)
    report = evaluate_folder(folder, word_encoder, progress=lambda *step: told.append(step))
    document = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert set(document) == {
        "dataset", "side", "primary", "queries", "clusters", "systems", "differences", "slices",
        "exposure", "calibration", "moved", "models", "encoder", "notes",
    }  # fmt: skip
    assert document["calibration"] == {}
    assert list(document["models"]) == ["dari"]
    assert document["encoder"] == "words-64"
    assert document["dataset"] == "small"
    assert list(document["systems"]) == list(SYSTEMS)
    for slices in document["systems"].values():
        assert list(slices) == ["health", "sea", "all"]
        for figures in slices.values():
            assert list(figures) == list(DEFAULT)
            assert all(set(cell) == {"value", "low", "high", "n"} for cell in figures.values())
    assert told[0][0] == "Reading the test set"
    assert ("Asking Dari", 3, 3) in told
    assert told[-1] == ("Done", 1, 1)


def test_both_sides_stand_in_one_document(
    write: Write, files: Files, word_encoder: Encoder, tmp_path: Path
) -> None:
    folder = write(files)
    told: list[tuple[str, int, int]] = []
    both = evaluate_folder(
        folder,
        word_encoder,
        side=None,
        runs_out=tmp_path / "runs",
        progress=lambda *step: told.append(step),
    )
    for side, found in ((Side.STARTUP, both.as_json()), (Side.PARTNER, both.as_json()["turned"])):
        alone = evaluate_folder(folder, word_encoder, side=side).as_json()
        assert {**alone, "turned": None} == {**found, "turned": None}
    assert ("Asking Dari (partners ask)", 3, 3) in told
    assert (tmp_path / "runs" / "dari.run").read_text().startswith("q1 ")
    assert (tmp_path / "runs" / "partner" / "dari.run").read_text().startswith("p1|")


def test_two_models_stand_beside_each_other_with_their_reasons(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    shipped = load_ranker()
    bare = AdditiveRanker.of("region-only", {})
    report = evaluate_folder(write(files), word_encoder, beside={"region-only": bare})
    assert list(report.systems) == ["dari", "region-only", *SYSTEMS[1:]]
    assert report.models == {"dari": shipped.version, "region-only": "region-only"}
    assert report.moved is not None
    assert report.moved.second == "region-only"
    (up, *_) = report.moved.pairs
    assert up.gain > 0
    assert up.first_why
    assert [one.points for one in up.first_why] == sorted(
        (one.points for one in up.first_why), reverse=True
    )
    assert up.second_why == ()
    told = up.as_json()["first_reasons"][0]
    assert set(told) == {"feature", "points", "reason"}
    assert told["reason"]["ko"] != told["reason"]["en"]


@pytest.mark.parametrize("name", ["bm25", "dari", "", "two words"])
def test_a_model_needs_a_name_of_its_own(
    write: Write, files: Files, word_encoder: Encoder, name: str
) -> None:
    with pytest.raises(RunError, match="name of its own"):
        evaluate_folder(write(files), word_encoder, beside={name: load_ranker()})


def test_means_are_those_of_the_slices_queries(write: Write, files: Files) -> None:
    run = Run.of("mine", {"q1": {"p2": 1.0}, "q2": {"p3": 2.0, "p1": 1.0}})
    figures = report_on(load(write(files)), [run], ["RR", "P@5"]).systems["mine"]
    assert figures["health"]["RR"] == Figure(1.0, None, None, 1)
    assert figures["sea"]["RR"] == Figure(0.25, None, None, 2)
    whole = figures["all"]["RR"]
    assert (whole.value, whole.n) == (0.5, 3)
    assert whole.low == 0.25
    assert whole.high == 1.0
    assert figures["all"]["P@5"].value == pytest.approx(0.4 / 3)


def test_the_same_input_gives_the_same_document(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    asked = {"startup": "s1", "date": "2020-08-01", "track": "health"}
    files["queries.jsonl"] += [{**asked, "id": f"n{i}", "cluster": f"n{i}"} for i in range(30)]
    files["qrels.txt"] += [f"n{i} 0 p{1 + i % 4} 1" for i in range(30)]
    folder = write(files)
    first, second = (evaluate_folder(folder, word_encoder).as_json() for _ in range(2))
    assert json.dumps(first) == json.dumps(second)


def test_notes_say_what_was_passed_over_and_what_is_thin(write: Write, files: Files) -> None:
    files["dataset.json"]["notes"] = ["kept from the source"]
    files["partners.jsonl"][0]["region"] = "Atlantis"
    notes = report_on(load(write(files)), [Run.of("mine", {})]).notes
    assert notes[0] == "kept from the source"
    assert any("Atlantis" in note for note in notes)
    assert "sea: only 1 clusters, so its intervals say little" in notes


def test_the_tables_show_values_with_their_bounds(write: Write, files: Files) -> None:
    for query in files["queries.jsonl"]:
        query["track"] = query["track"].replace("health", "[b]h[/b]")
    run = Run.of("mine", {"q1": {"p2": 1.0}, "q2": {"p3": 2.0, "p1": 1.0}})
    text = printed(report_on(load(write(files)), [run], ["RR"]))
    said = " ".join(text.split())
    assert "[b]h[/b] · 1 queries" in said
    assert "mine 1.00" in said
    assert "mine .500 .250–1.00" in said[said.index("all · 3 queries") :]


def test_the_tables_tell_who_asks_and_whether_chances_hold(write: Write, files: Files) -> None:
    read = load(write(files))
    run = Run.of("mine", {"q1": {"p2": 1.0}}, chances={"q1": {"p2": 0.75}})
    report = report_on(read, [run], ["RR"])
    assert heading(report) == "small · Startups look for partners"
    assert "mine 1 .750 1.00 .062 .250 few" in " ".join(printed(report).split())
    assert "probabilities" not in printed(report_on(read, [Run.of("mine", {})], ["RR"]))


def test_an_unknown_measure_is_refused_before_anything_is_run(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    told: list[str] = []
    with pytest.raises(MeasureError):
        evaluate_folder(
            write(files), word_encoder, ["P@5", "Best@1"], lambda what, *_: told.append(what)
        )
    assert told == []


def test_importing_evaluation_loads_no_heavy_library() -> None:
    import subprocess
    import sys

    heavy = ("torch", "sentence_transformers", "faiss", "sklearn", "ir_measures", "rich.table")
    code = f"import sys, evaluation; print([name for name in {heavy!r} if name in sys.modules])"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
