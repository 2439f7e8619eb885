from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluation import DatasetError, load
from profiles import DariError, PartnerKind

Files = dict[str, Any]
Write = Callable[[Files], Path]

QUERY = {"id": "q9", "startup": "s1", "date": "2020-08-01"}
TIE = {"startup": "s1", "partner": "p1", "kind": "pilot", "date": "2019-01-01"}


def refusal(write: Write, files: Files) -> DatasetError:
    with pytest.raises(DatasetError) as raised:
        load(write(files))
    return raised.value


def test_a_sound_folder_is_read_whole(write: Write, files: Files) -> None:
    read = load(write(files))
    assert (read.name, read.cut, read.licence) == ("small", date(2020, 7, 1), "CC0")
    assert set(read.startups) == {"s1", "s2"}
    assert read.startups["s2"].summary is not None
    assert read.startups["s2"].summary.ko == "자율운항"
    assert read.partners["p2"].kind is PartnerKind.HOSPITAL
    assert len(read.ties) == 4
    assert read.tracks == ("health", "sea")
    assert read.qrels["q1"] == {"p2": 2, "p3": 0}
    assert read.candidates_of("q1") == {"p1", "p2", "p3"}
    assert read.candidates_of("q2") == {"p1", "p2", "p3", "p4"}


def test_a_query_uses_the_past_before_its_day_or_the_cut(write: Write, files: Files) -> None:
    read = load(write(files))
    horizons = read.horizons()
    assert {day: [q.id for q in asked] for day, asked in horizons.items()} == {
        date(2020, 2, 1): ["q3"],
        date(2020, 7, 1): ["q1", "q2"],
    }
    assert len(read.ties_before(date(2020, 3, 1))) == 2
    assert len(read.ties_before(date(2020, 3, 2))) == 3


def test_bom_and_crlf_and_blank_lines_and_no_last_newline(write: Write, files: Files) -> None:
    lines = [json.dumps(one) for one in files["partners.jsonl"]]
    files["partners.jsonl"] = b"\xef\xbb\xbf" + "\r\n\r\n".join(lines).encode()
    files["qrels.txt"] = b"\xef\xbb\xbfq1 0 p2 2\r\nq2\t0\tp1\t1\r\n\r\n"
    read = load(write(files))
    assert len(read.partners) == 4
    assert read.qrels["q2"] == {"p1": 1}


@pytest.mark.parametrize(
    "name", ["dataset.json", "startups.jsonl", "partners.jsonl", "queries.jsonl", "qrels.txt"]
)
def test_a_missing_file_is_named(write: Write, files: Files, name: str) -> None:
    del files[name]
    error = refusal(write, files)
    assert error.file == name
    assert "missing" in str(error)
    assert isinstance(error, DariError)


def test_ties_and_candidates_may_be_missing_and_the_first_is_said(
    write: Write, files: Files
) -> None:
    del files["ties.jsonl"], files["candidates.jsonl"]
    read = load(write(files))
    assert read.ties == ()
    assert read.candidates_of("q1") == set(read.partners)
    assert any("nothing is known of the past" in note for note in read.notes)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        load(tmp_path / "nowhere")


def test_a_folder_in_place_of_a_file(write: Write, files: Files, tmp_path: Path) -> None:
    del files["qrels.txt"]
    (write(files) / "qrels.txt").mkdir()
    with pytest.raises(DatasetError, match=r"qrels\.txt: The file cannot be read"):
        load(tmp_path / "set")


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("startups.jsonl", '{"id": "x", ', "not JSON"),
        ("startups.jsonl", '["x"]', "not an object"),
        ("startups.jsonl", '{"id": "x", "name": "X", "trl": NaN}', "not JSON"),
        ("partners.jsonl", "[" * 100_000, "not JSON"),
        ("queries.jsonl", "null", "not an object"),
        ("qrels.txt", "q1 p1 1", "3 columns"),
        ("qrels.txt", "q1 0 p1 1 extra", "5 columns"),
        ("qrels.txt", "q1 0 p1 4", "0 to 3"),
        ("qrels.txt", "q1 0 p1 -1", "0 to 3"),
        ("qrels.txt", "q1 0 p1 1.0", "0 to 3"),
        ("qrels.txt", "q1 0 p2 1", "twice"),
        ("qrels.txt", "q9 0 p1 1", "holds no query"),
        ("qrels.txt", "q1 0 p9 1", "holds no partner"),
    ],
)
def test_a_broken_line_is_named(
    write: Write, files: Files, name: str, line: str, said: str
) -> None:
    files[name].append(line)
    error = refusal(write, files)
    assert (error.file, error.line) == (name, len(files[name]))
    assert said in str(error)


@pytest.mark.parametrize(
    ("name", "line", "field"),
    [
        ("startups.jsonl", {"name": "X", "summary": "x"}, "id"),
        ("startups.jsonl", {"id": "x", "summary": "x"}, "name"),
        ("startups.jsonl", {"id": "x", "name": "X"}, "summary"),
        ("startups.jsonl", {"id": "a b", "name": "X", "summary": "x"}, "id"),
        ("startups.jsonl", {"id": "s1", "name": "Again", "summary": "x"}, "id"),
        ("partners.jsonl", {"id": "p1", "name": "Again"}, "id"),
        ("partners.jsonl", {"id": "p9", "name": 7}, "name"),
        ("queries.jsonl", {"id": "q1", "startup": "s1", "date": "2020-08-01"}, "id"),
        ("queries.jsonl", {"id": "q9", "startup": "s8", "date": "2020-08-01"}, "startup"),
        ("queries.jsonl", {"id": "q9", "startup": "s1"}, "date"),
        ("queries.jsonl", {"id": "q9", "startup": "s1", "date": "1 August"}, "date"),
        ("queries.jsonl", {"id": "q9", "startup": "s1", "date": "2020-02-30"}, "date"),
        ("queries.jsonl", {**QUERY, "track": "all"}, "track"),
        ("ties.jsonl", {"startup": "s1", "partner": "p1", "kind": "pilot"}, "date"),
        ("ties.jsonl", {**TIE, "date": "soon"}, "date"),
        ("ties.jsonl", {"startup": "s1", "kind": "pilot", "date": "2019-01-01"}, "partner"),
        ("ties.jsonl", {**TIE, "kind": "love"}, "kind"),
        ("candidates.jsonl", {"query": "q9", "partners": ["p1"]}, "query"),
        ("candidates.jsonl", {"query": "q1", "partners": ["p1"]}, "id"),
        ("candidates.jsonl", {"query": "q2", "partners": ["p9"]}, "partners"),
        ("candidates.jsonl", {"query": "q2", "partners": []}, "partners"),
        ("candidates.jsonl", {"query": "q2", "partners": "p1"}, "partners"),
    ],
)  # fmt: skip
def test_a_required_field_is_named(
    write: Write, files: Files, name: str, line: dict[str, Any], field: str
) -> None:
    files[name].append(line)
    error = refusal(write, files)
    assert (error.file, error.line, error.field) == (name, len(files[name]), field)


@pytest.mark.parametrize("field", ["name", "cut"])
def test_what_dataset_json_must_say(write: Write, files: Files, field: str) -> None:
    del files["dataset.json"][field]
    error = refusal(write, files)
    assert (error.file, error.field) == ("dataset.json", field)


@pytest.mark.parametrize("name", ["startups.jsonl", "partners.jsonl", "queries.jsonl"])
def test_an_empty_file_is_refused(write: Write, files: Files, name: str) -> None:
    files[name] = b"\n"
    assert "holds no line" in str(refusal(write, files))


def test_another_encoding_is_refused_with_its_line(write: Write, files: Files) -> None:
    good = json.dumps(files["startups.jsonl"][0]).encode()
    files["startups.jsonl"] = good + b"\n" + '{"id": "한국"}'.encode("cp949") + b"\n"
    error = refusal(write, files)
    assert (error.file, error.line) == ("startups.jsonl", 2)
    assert "UTF-8" in str(error)


@pytest.mark.parametrize("day", ["2020-07-01", "2021-01-01"])
def test_a_tie_on_or_after_the_cut_is_refused_as_a_leak(
    write: Write, files: Files, day: str
) -> None:
    files["ties.jsonl"].append({"startup": "s1", "partner": "p2", "kind": "pilot", "date": day})
    error = refusal(write, files)
    assert (error.file, error.line, error.field) == ("ties.jsonl", 5, "date")
    assert "Leak" in str(error)
    assert "s1" in str(error)
    assert "p2" in str(error)


def test_trouble_in_optional_fields_is_passed_over_and_said(write: Write, files: Files) -> None:
    files["startups.jsonl"].append({
        "id": "s3",
        "name": "Odd",
        "summary": "x",
        "sectors": [
            "ai",
            "no such sector",
            "games_video",
            "/natural sciences/physical sciences/optics",
        ],
        "region": "Atlantis",
        "founded": "long ago",
        "seeks": ["pilot", "love"],
        "employees": 12,
        "contact": "someone@example.com",
    })
    files["partners.jsonl"].append({"id": "p5", "name": "P\x07", "summary": "y" * 30_000})
    read = load(write(files))
    odd, cut_partner = read.startups["s3"], read.partners["p5"]
    assert odd.sectors == ("ai", "games", "media", "sensors_optics")
    assert (odd.region, odd.founded, odd.contact) == (None, None, None)
    assert [support.value for support in odd.seeks] == ["pilot"]
    assert cut_partner.name.en == "P"
    assert cut_partner.summary is not None
    assert len(cut_partner.summary.joined) == 20_000
    said = "\n".join(read.notes)
    for what in (
        "'sectors' unknown and left out: 1 (first: 'no such sector', line 3)",
        "'sectors' mapped to sectors of Dari: 2",
        "wrong value of 'region' left out: 1 (first: 'Atlantis', line 3)",
        "wrong value of 'founded'",
        "'seeks' unknown and left out",
        "field 'employees' was not read",
        "field 'contact' was not read",
        "'summary' was too long",
        "control characters",
    ):
        assert what in said


def test_regions_are_read_by_name(write: Write, files: Files) -> None:
    files["partners.jsonl"].append({"id": "p5", "name": "P", "region": "대구광역시"})
    assert load(write(files)).partners["p5"].region == "KR-27"


def test_odd_ties_are_passed_over_and_said(write: Write, files: Files) -> None:
    sound = {"startup": "s1", "partner": "p1", "date": "2019-01-01"}
    files["ties.jsonl"] += [
        sound,
        {**sound, "kind": "collaboration"},
        {**sound, "kind": "collaboration", "subject": "another"},
        {"a": "p1", "b": "p1", "kind": "investment", "date": "2019-01-01"},
        {**sound, "kind": "pairing"},
    ]
    read = load(write(files))
    assert len(read.ties) == 6
    assert len({tie.id for tie in read.ties}) == 6
    said = "\n".join(read.notes)
    for what in (
        "without a kind, taken as collaboration: 1",
        "stand twice, read once: 1",
        "of one profile with itself",
        "pairings without a region",
        "an end that is in neither file: 2",
    ):
        assert what in said


def test_two_ties_of_one_given_id_are_refused(write: Write, files: Files) -> None:
    tie = {"id": "t", "startup": "s1", "partner": "p1", "kind": "pilot", "date": "2019-01-01"}
    files["ties.jsonl"] += [tie, {**tie, "partner": "p2"}]
    assert refusal(write, files).field == "id"


def test_an_id_on_both_sides_is_kept_apart(write: Write, files: Files) -> None:
    files["startups.jsonl"].append({"id": "p1", "name": "Spin-off", "summary": "x"})
    files["queries.jsonl"].append({"id": "q4", "startup": "p1", "date": "2020-08-01"})
    files["ties.jsonl"].append({
        "startup": "p1",
        "partner": "p2",
        "kind": "pilot",
        "date": "2019-01-01",
    })
    read = load(write(files))
    assert read.queries[-1].asker == "startup:p1"
    assert read.startups["startup:p1"].name.en == "Spin-off"
    assert any(tie.a == "startup:p1" for tie in read.ties)
    assert any("renamed" in note for note in read.notes)


def test_queries_without_cluster_or_relevant_partner_are_said(write: Write, files: Files) -> None:
    files["queries.jsonl"] += [
        {"id": "q4", "startup": "s1", "date": "2020-08-01"},
        {"id": "q5", "startup": "s1", "date": "2020-08-01", "cluster": 12},
    ]
    read = load(write(files))
    assert [query.cluster for query in read.queries[3:]] == ["query q4", "12"]
    assert any("without a cluster" in note for note in read.notes)
    assert any("without a relevant partner" in note and "2" in note for note in read.notes)


def test_relevant_partners_that_are_no_candidates_are_said(write: Write, files: Files) -> None:
    files["qrels.txt"].append("q1 0 p4 1")
    assert any("no candidates of their query" in note for note in load(write(files)).notes)


def test_ids_are_compared_in_one_unicode_form(write: Write, files: Files) -> None:
    files["partners.jsonl"].append({"id": "cafe\u0301", "name": "Café"})
    files["qrels.txt"].append("q1 0 caf\u00e9 1")
    files["candidates.jsonl"] = [{"query": "q1", "partners": ["cafe\u0301", "p2", "p3"]}]
    assert load(write(files)).qrels["q1"]["caf\u00e9"] == 1
