"""Each kind of leak, planted in a sound set, is refused by its name; what looks alike is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation import DatasetError, LeakError, load

Files = dict[str, Any]
Write = Callable[[Files], Path]

NEED = (
    "We look for a hospital with a heart centre where our portable ultrasound device can be tried "
    "on at least two hundred patients during one year, with an ethics board that knows such trials "
    "and a clinician who leads them."
)
TIE = {"startup": "s1", "partner": "p2", "kind": "pilot", "date": "2020-06-30"}


def leak(write: Write, files: Files) -> LeakError:
    with pytest.raises(LeakError) as raised:
        load(write(files))
    return raised.value


def test_a_tie_after_the_cut(write: Write, files: Files) -> None:
    files["ties.jsonl"].append({**TIE, "date": "2020-07-01"})
    error = leak(write, files)
    assert (error.leak, error.file, error.line) == ("a tie after the cut", "ties.jsonl", 5)
    assert "Leak (a tie after the cut)" in str(error)


@pytest.mark.parametrize("ends", [("s9", "p2"), ("s1", "p4")])
def test_a_tie_of_the_querys_own_cluster(write: Write, files: Files, ends: tuple[str, str]) -> None:
    """q1 has the cluster r1, s1 asks it, and p2 is right."""
    startup, partner = ends
    files["ties.jsonl"].append({**TIE, "startup": startup, "partner": partner, "context": "r1"})
    error = leak(write, files)
    assert (error.leak, error.file) == ("a query's own context", "ties.jsonl")
    assert "q1" in str(error)


def test_a_context_of_others_that_happens_to_be_called_alike_is_none(
    write: Write, files: Files
) -> None:
    files["ties.jsonl"].append({**TIE, "startup": "s9", "partner": "p3", "context": "r1"})
    assert len(load(write(files)).ties) == 5


def test_a_tie_that_no_query_of_the_cluster_sees_is_none(write: Write, files: Files) -> None:
    """q3 asks in February: what its own cluster does in March is not known to it."""
    files["queries.jsonl"] = [q for q in files["queries.jsonl"] if q["id"] != "q2"]
    files["qrels.txt"] = [line for line in files["qrels.txt"] if not line.startswith("q2")]
    tie = {**TIE, "startup": "s2", "partner": "p1", "date": "2020-03-02", "context": "r2"}
    files["ties.jsonl"].append(tie)
    assert len(load(write(files)).ties) == 5
    tie["date"] = "2020-01-31"
    assert leak(write, files).leak == "a query's own context"


def test_the_querys_text_in_the_profile_of_an_answer(write: Write, files: Files) -> None:
    files["queries.jsonl"][0]["seeking"] = NEED
    files["partners.jsonl"][1]["summary"] = f"A clinic. It joined this: {NEED.upper()}"
    error = leak(write, files)
    assert (error.leak, error.file, error.value) == (
        "a query's own context",
        "partners.jsonl",
        "p2",
    )


def test_the_querys_text_in_the_subject_of_a_tie_of_an_answer(write: Write, files: Files) -> None:
    files["queries.jsonl"][0]["seeking"] = NEED
    subject = " ".join(NEED.split()[5:])
    files["ties.jsonl"].append({**TIE, "startup": "s9", "subject": subject})
    error = leak(write, files)
    assert (error.leak, error.file) == ("a query's own context", "ties.jsonl")


def test_a_need_that_others_know_or_that_is_told_in_part_is_no_leak(
    write: Write, files: Files
) -> None:
    files["queries.jsonl"][0]["seeking"] = NEED
    files["startups.jsonl"][0]["seeking"] = NEED
    files["partners.jsonl"][2]["summary"] = NEED
    files["partners.jsonl"][1]["summary"] = " ".join(NEED.split()[:20])
    assert load(write(files)).queries[0].seeking is not None


def test_a_short_need_may_be_said_by_many(write: Write, files: Files) -> None:
    files["partners.jsonl"][1]["summary"] = files["queries.jsonl"][0]["seeking"]
    assert load(write(files))


@pytest.mark.parametrize("split", ["time", None])
def test_a_startup_with_a_past_may_ask_where_the_split_is_by_time(
    write: Write, files: Files, split: str | None
) -> None:
    files["dataset.json"]["split"] = split
    assert load(write(files))


def test_a_startup_on_both_sides_of_a_split_by_entity(write: Write, files: Files) -> None:
    files["dataset.json"]["split"] = "entity"
    error = leak(write, files)
    assert (error.leak, error.file) == ("a startup on both sides of the split", "queries.jsonl")
    assert "s2" in str(error)
    files["ties.jsonl"] = [t for t in files["ties.jsonl"] if t.get("startup") != "s2"]
    assert load(write(files))


def test_a_startup_on_both_sides_under_another_id(write: Write, files: Files) -> None:
    files["dataset.json"]["split"] = "entity"
    files["ties.jsonl"] = [{**t, "startup": "s3"} for t in files["ties.jsonl"] if "startup" in t]
    files["startups.jsonl"].append({"id": "s3", "name": "KEEL ", "summary": "Vessels."})
    error = leak(write, files)
    assert error.leak == "a startup on both sides of the split"
    assert "s3, of the same name" in str(error)


def test_another_kind_of_split_is_refused(write: Write, files: Files) -> None:
    files["dataset.json"]["split"] = "random"
    with pytest.raises(DatasetError, match="split"):
        load(write(files))
