"""A made-up CORDIS folder with each trap of the real one in it."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluation import ConversionError, convert, load

CUT, UNTIL = date(2024, 7, 1), date(2024, 12, 31)

PROJECT_COLUMNS = (
    "id", "acronym", "title", "startDate", "fundingScheme", "objective", "euroSciVocPaths",
    "topic_title",
)  # fmt: skip
PART_COLUMNS = (
    "projectID", "pic", "name", "shortName", "SME", "activityType", "city", "country", "order",
    "role",
)  # fmt: skip

ROBOTS = (
    "/engineering and technology/electrical engineering, electronic engineering, information "
    "engineering/electronic engineering/robotics"
)


def project(id: str, start: str, *, scheme: str = "HORIZON-RIA", title: str = "") -> dict[str, str]:
    return {
        "id": id,
        "title": title or f"Title {id}",
        "startDate": start,
        "fundingScheme": scheme,
        "objective": f"Objective {id}, with commas\nand a new line",
        "euroSciVocPaths": f"{ROBOTS} | /no such field",
        "topic_title": f"Topic {id}",
    }


def part(
    project: str,
    pic: str,
    sme: str,
    activity: str,
    *,
    order: str = "2.0",
    role: str = "participant",
    name: str = "",
    country: str = "DE",
) -> dict[str, str]:
    return {
        "projectID": project,
        "pic": pic,
        "name": name or f"Org {pic}",
        "SME": sme,
        "activityType": activity,
        "city": "Town",
        "country": country,
        "order": order,
        "role": role,
    }


PROJECTS = [
    project("100", "2024-01-01", title="Robots for orchards"),
    project("101", "2024-02-01", title="Only partners"),
    project("102", "2024-06-30", scheme="HORIZON-CSA", title="Coordination before"),
    project("200", "2024-07-01", title="Robots for vineyards"),
    project("201", "2024-12-31"),
    project("202", "2024-09-01", scheme="HORIZON-CSA"),
    project("203", "2025-01-01"),
    project("204", "2024-09-01"),
    project("205", ""),
]

PARTS = [
    # before the cut: a startup, a university in Greece, a company, an agency in the UK
    part("100", "1", "True", "PRC", order="1.0", role="coordinator", name='"""Vine"" robots"'),
    part("100", "2", "False", "HES", country="EL"),
    part("100", "3", "False", "PRC"),
    part("100", "4", "False", "PUB", country="UK"),
    # the same organisation twice: the coordinator's row, and its city, is to be kept
    part("101", "5", "False", "REC", order="3.0", name="Second row"),
    part("101", "5", "False", "REC", order="9.0", role="coordinator", name="Senior row"),
    part("101", "2", "False", "HES"),
    part("101", "7", "True", "OTH", country="XK"),
    part("102", "2", "False", "HES", role="coordinator", order="1.0"),
    part("102", "1", "True", "PRC"),
    # asked for: the startup above, a new startup, its flag changed since, a sole person
    part("200", "1", "True", "PRC", order="1.0", role="coordinator"),
    part("200", "20", "True", "PRC", country="UK"),
    part("200", "2", "False", "HES"),
    part("200", "3", "True", "PRC"),
    part("200", "8", "False", "REC", name="Newcomer"),
    part("200", "30", "", "PRC", name="A Person"),
    part("201", "20", "True", "PRC"),
    part("201", "9", "False", "PRC"),
    part("202", "1", "True", "PRC"),
    part("202", "2", "False", "HES"),
    part("203", "1", "True", "PRC"),
    part("203", "2", "False", "HES"),
    part("204", "2", "False", "HES", role="coordinator"),
    part("204", "5", "False", "REC"),
    part("205", "1", "True", "PRC"),
    part("999", "1", "True", "PRC"),
]


def write_source(folder: Path, projects: list[dict[str, str]], parts: list[dict[str, str]]) -> Path:
    folder.mkdir(exist_ok=True)
    tables = (
        ("projects.csv", PROJECT_COLUMNS, projects),
        ("participations.csv", PART_COLUMNS, parts),
    )
    for name, columns, rows in tables:
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "source", PROJECTS, PARTS)


@pytest.fixture
def out(source: Path, tmp_path: Path) -> Path:
    convert(source, tmp_path / "out", cut=CUT, until=UNTIL)
    return tmp_path / "out"


def lines(out: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / name).read_text(encoding="utf-8").splitlines()]


def by_id(out: Path, name: str) -> dict[str, dict[str, Any]]:
    return {line["id"]: line for line in lines(out, name)}


def test_what_it_writes_is_a_sound_test_set(out: Path) -> None:
    read = load(out)
    assert read.cut == CUT
    assert read.licence == "CC BY 4.0"
    assert read.tracks == ("large", "large_new", "research", "research_new")
    assert not any("left out" in note for note in read.notes if ".jsonl" in note)


def test_queries_are_startups_in_projects_of_the_days_without_csa(out: Path) -> None:
    queries = by_id(out, "queries.jsonl")
    assert list(queries) == [
        "200-1-large",
        "200-1-research",
        "200-1-research_new",
        "200-20-large",
        "200-20-research",
        "200-20-research_new",
        "201-20-large_new",
    ]
    assert queries["200-1-research"] == {
        "id": "200-1-research",
        "startup": "1",
        "date": "2024-07-01",
        "seeking": "Robots for vineyards. Objective 200, with commas and a new line. Topic 200",
        "sectors": ["robotics"],
        "region": "DE",
        "cluster": "200",
        "track": "research",
    }
    assert queries["200-20-research"]["region"] == "GB"


def test_relevant_are_the_members_of_the_tracks_kinds(out: Path) -> None:
    read = load(out)
    assert {query: set(judged) for query, judged in read.qrels.items()} == {
        "200-1-research": {"2"},
        "200-1-research_new": {"8"},
        "200-1-large": {"3"},
        "200-20-research": {"2"},
        "200-20-research_new": {"8"},
        "200-20-large": {"3"},
        "201-20-large_new": {"9"},
    }


def test_candidates_have_a_past_except_among_newcomers(out: Path) -> None:
    read = load(out)
    assert read.candidates_of("200-1-research") == {"2", "5"}
    assert read.candidates_of("200-1-large") == {"3"}
    assert read.candidates_of("200-1-research_new") == {"8"}
    assert read.candidates_of("201-20-large_new") == {"9"}


def test_newcomers_can_be_left_out(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "out", cut=CUT, until=UNTIL, newcomers=False)
    read = load(tmp_path / "out")
    assert read.tracks == ("large", "research")
    assert {"8", "9"}.isdisjoint(read.partners)
    assert any("judged in: nowhere" in note for note in read.notes)


def test_kinds_countries_and_sides(out: Path) -> None:
    startups, partners = by_id(out, "startups.jsonl"), by_id(out, "partners.jsonl")
    assert set(startups) == {"1", "20"}
    assert {id: (p.get("kind"), p.get("region")) for id, p in partners.items()} == {
        "2": ("university", "GR"),
        "3": ("conglomerate", "DE"),
        "4": ("public_agency", "GB"),
        "5": ("research_institute", "DE"),
        "7": ("public_agency", None),
        "8": ("research_institute", "DE"),
        "9": ("conglomerate", "DE"),
    }
    assert partners["5"]["name"] == "Senior row"
    assert startups["1"]["name"] == '"Vine" robots'
    assert "A Person" not in (out / "partners.jsonl").read_text()


def test_profiles_know_nothing_from_the_cut_on(out: Path) -> None:
    for name in ("startups.jsonl", "partners.jsonl", "ties.jsonl"):
        text = (out / name).read_text()
        assert not any(f"Objective {id}" in text for id in ("200", "201", "202", "203", "204"))
        assert "vineyards" not in text
    startups = by_id(out, "startups.jsonl")
    assert (
        startups["20"]["summary"]
        == "Org 20 is a small or medium-sized company in Town, United Kingdom."
    )
    assert "Robots for orchards. Objective 100" in startups["1"]["summary"]
    assert startups["1"]["sectors"] == ["robotics"]
    assert "sectors" not in startups["20"]
    assert "sectors" not in by_id(out, "partners.jsonl")["8"]
    assert "summary" not in by_id(out, "partners.jsonl")["2"]


def test_every_member_of_a_past_project_has_a_tie_with_its_subject(out: Path) -> None:
    ties = lines(out, "ties.jsonl")
    ends = {
        (tie["context"], tie.get("startup") or tie["a"], tie.get("partner") or tie["b"])
        for tie in ties
    }
    assert ends == {
        ("100", "1", "2"),
        ("100", "1", "3"),
        ("100", "1", "4"),
        ("101", "5", "2"),
        ("101", "5", "7"),
        ("102", "1", "2"),
    }
    assert all(tie["date"] < CUT.isoformat() for tie in ties)
    assert ties[0] == {
        "startup": "1",
        "partner": "2",
        "kind": "collaboration",
        "date": "2024-01-01",
        "context": "100",
        "subject": "Robots for orchards. Objective 100, with commas and a new line",
    }


def test_what_was_left_out_is_said(out: Path) -> None:
    written = json.loads((out / "dataset.json").read_text())["notes"]
    assert all(note["ko"] != note["en"] for note in written)
    notes = "\n".join(note["en"] for note in written)
    for what in (
        "projects without a start, left out: 1",
        "rows of unknown projects, left out: 2",
        "rows of sole persons (private, no SME flag), left out: 1",
        "organisations named twice in a project, the senior row kept: 1",
        "research: 1 of 2 members",
    ):
        assert what in notes


def test_the_same_source_gives_the_same_bytes_in_any_order(source: Path, tmp_path: Path) -> None:
    mixed = write_source(tmp_path / "mixed", PROJECTS[::-1], PARTS[::-1])
    digests = []
    for number, folder in enumerate((source, source, mixed)):
        convert(folder, tmp_path / f"out{number}", cut=CUT, until=UNTIL)
        digests.append({
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (tmp_path / f"out{number}").iterdir()
        })
    assert digests[0] == digests[1] == digests[2]


def test_long_texts_are_bounded(tmp_path: Path) -> None:
    projects = [{**one, "objective": "word " * 2_000} for one in PROJECTS]
    convert(write_source(tmp_path / "source", projects, PARTS), tmp_path / "out")
    assert max(len(tie["subject"]) for tie in lines(tmp_path / "out", "ties.jsonl")) <= 1_500
    assert len(by_id(tmp_path / "out", "startups.jsonl")["1"]["summary"]) < 6_000
    load(tmp_path / "out")


def test_it_may_be_run_again_but_overwrites_nothing_else(
    source: Path, out: Path, tmp_path: Path
) -> None:
    convert(source, out, cut=CUT, until=UNTIL)
    (out / "dataset.json").unlink()
    convert(source, out, cut=CUT, until=UNTIL)
    other = tmp_path / "letters"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    with pytest.raises(ConversionError, match="no test set"):
        convert(source, other)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]
    with pytest.raises(ConversionError, match="cannot be written"):
        convert(source, other / "letter.txt")


def test_progress_is_told_to_its_end(source: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    convert(source, tmp_path / "out", progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1] == told[-1][2]


@pytest.mark.parametrize(
    ("projects", "parts", "said"),
    [
        ([{**PROJECTS[0], "startDate": "soon"}], PARTS, "projects.csv, line 3, startDate"),
        ([PROJECTS[0], PROJECTS[0]], PARTS, "projects.csv, line 5, id"),
        (PROJECTS, [{**PARTS[0], "pic": ""}], "participations.csv, line 2, pic"),
        (PROJECTS[:3], PARTS, "No startup takes part"),
    ],
)
def test_a_broken_source_is_named(
    tmp_path: Path, projects: list[dict[str, str]], parts: list[dict[str, str]], said: str
) -> None:
    source = write_source(tmp_path / "source", projects, parts)
    with pytest.raises(ConversionError, match=said):
        convert(source, tmp_path / "out")


def test_a_source_without_files_columns_or_utf8_is_named(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"cannot be read"):
        convert(tmp_path / "nowhere", tmp_path / "out")
    whole = (source / "projects.csv").read_text()
    (source / "projects.csv").write_text(whole.replace("topic_title", "topic"))
    with pytest.raises(ConversionError, match=r"projects\.csv, line 1, topic_title"):
        convert(source, tmp_path / "out")
    (source / "projects.csv").write_bytes(whole.encode("utf-16"))
    with pytest.raises(ConversionError, match="cannot be read"):
        convert(source, tmp_path / "out")


def test_the_last_day_may_not_lie_before_the_cut(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="before the cut"):
        convert(source, tmp_path / "out", cut=UNTIL, until=CUT)


def named(*names: tuple[str, str, str]) -> list[dict[str, str]]:
    """Give the organisations of project 200 other names: (code, name, short name)."""
    found = {pic: {"name": name, "shortName": short} for pic, name, short in names}
    return [{**row, **found.get(row["pic"], {})} for row in PARTS]


def test_names_of_members_are_masked_in_what_is_sought(tmp_path: Path) -> None:
    """The long and the short name, of any project, in any case; other organisations stay."""
    text = "Vine Robotics joins the UNIVERSITY OF TESTING (UT-9) and Org 5; vine and robotics stay"
    projects = [{**one, "objective": text} if one["id"] == "200" else one for one in PROJECTS]
    parts = named(("1", "VINE ROBOTICS GMBH", ""), ("2", "University of Testing", "UT-9"))
    source = write_source(tmp_path / "source", projects, parts)
    out = tmp_path / "out"
    convert(source, out, cut=CUT, until=UNTIL, mask_names=True)
    sought = by_id(out, "queries.jsonl")["200-1-research"]["seeking"]
    assert sought == (
        "Robots for vineyards. … joins the … (…) and Org 5; vine and robotics stay. Topic 200"
    )
    assert any("1 of 2 projects named one" in note for note in load(out).notes)
    convert(source, tmp_path / "plain", cut=CUT, until=UNTIL)
    assert text in by_id(tmp_path / "plain", "queries.jsonl")["200-1-research"]["seeking"]
    for name in ("startups.jsonl", "partners.jsonl", "ties.jsonl", "qrels.txt"):
        assert (out / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()


def test_the_coordinators_row_is_kept_whichever_comes_first(tmp_path: Path) -> None:
    """Five rows of the source name an organisation twice: its town and name are the senior row's,
    it stands once among the members, and it is the coordinator that the others are tied to."""
    twice = [row for row in PARTS if row["pic"] == "5" and row["projectID"] == "101"]
    others = [row for row in PARTS if row not in twice]
    for number, rows in enumerate((twice, twice[::-1])):
        out = tmp_path / f"out{number}"
        source = write_source(tmp_path / f"source{number}", PROJECTS, [*rows, *others])
        convert(source, out, cut=CUT, until=UNTIL)
        assert by_id(out, "partners.jsonl")["5"]["name"] == "Senior row"
        ties = [tie for tie in lines(out, "ties.jsonl") if tie["context"] == "101"]
        assert [(tie["a"], tie["b"]) for tie in ties] == [("5", "2"), ("5", "7")]


def test_a_source_without_short_names_is_read(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", PROJECTS, PARTS)
    whole = (source / "participations.csv").read_text()
    (source / "participations.csv").write_text(whole.replace("shortName", "other", 1))
    written = convert(source, tmp_path / "out", cut=CUT, until=UNTIL, mask_names=True)
    assert (written.startups, written.partners, written.ties, written.queries) == (2, 7, 6, 7)
