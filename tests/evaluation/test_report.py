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
    as_tables,
    evaluate_folder,
    load,
    report_on,
)
from index import Encoder

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
        "exposure", "notes",
    }  # fmt: skip
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
