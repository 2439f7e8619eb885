"""The commands of evaluation, run on the small test set of the documentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import matcher
from evaluation import SYSTEMS, cordis, crunchbase
from service.cli_evaluate import convert_cordis, convert_crunchbase

TEST_SET = Path(__file__).parents[2] / "docs" / "examples" / "test-set"


@pytest.fixture
def runs(dari, tmp_path):
    assert dari("evaluate", TEST_SET, "--write-runs", tmp_path / "runs").exit_code == 0
    return tmp_path / "runs"


def test_runs_that_were_written_score_as_those_that_were_run(dari, runs, tmp_path):
    names = {*(f"{s}.run" for s in SYSTEMS), "qrels.txt"}
    assert {path.name for path in runs.iterdir()} == names | {"partner"}
    assert {path.name for path in (runs / "partner").iterdir()} == names
    assert (runs / "qrels.txt").read_text().splitlines()[0].split()[1] == "0"
    answer = dari("evaluate", TEST_SET, "--run", runs / "dari.run", "--run", runs / "bm25.run",
                  "--measure", "AP", "--measure", "P@3", "--json")  # fmt: skip
    document = json.loads(answer.stdout)
    systems = document["systems"]
    assert list(systems) == ["dari", "dari (dari)", "bm25 (bm25)", *SYSTEMS[1:]]
    assert systems["dari (dari)"] == systems["dari"]
    assert systems["bm25 (bm25)"] == systems["bm25"]
    assert set(systems["dari"]["all"]) == {"AP", "P@3"}
    assert document["primary"] == "AP"
    assert document["side"] == "startup"
    assert document["turned"]["side"] == "partner"
    assert list(document["turned"]["systems"]) == list(SYSTEMS)


def test_the_report_is_written_in_the_language_asked_for(dari, tmp_path):
    answer = dari("evaluate", TEST_SET, "--report", tmp_path / "out", "--lang", "ko")
    assert answer.exit_code == 0, answer.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in page
    assert "report.html" in answer.stderr


def test_figures_are_told_where_the_report_cannot_be_written(dari, tmp_path):
    (tmp_path / "file").write_text("x")
    answer = dari("evaluate", TEST_SET, "--report", tmp_path / "file", "--json")
    assert answer.exit_code != 0
    assert "cannot be written" in answer.stderr
    assert "dari" in json.loads(answer.stdout)["systems"]


def test_partners_may_ask(dari, tmp_path):
    answer = dari("evaluate", TEST_SET, "--side", "partner", "--write-runs", tmp_path, "--json")
    document = json.loads(answer.stdout)
    assert document["side"] == "partner"
    assert document["systems"]["dari"]["all"]["nDCG@10"]["value"] > 0.5
    again = dari("compare", TEST_SET, tmp_path / "dari.run", tmp_path / "random.run",
                 "--side", "partner", "--json")  # fmt: skip
    assert json.loads(again.stdout)["measures"]["nDCG@10"]["difference"] > 0


def test_compare_prints_the_difference_and_what_moved(dari, runs):
    answer = dari("compare", TEST_SET, runs / "dari.run", runs / "random.run")
    assert answer.exit_code == 0, answer.output
    for said in ("dari − random", "nDCG@10", "track korean", "moved most", "too few clusters"):
        assert said in answer.stdout
    document = json.loads(
        dari("compare", TEST_SET, runs / "dari.run", runs / "dari.run", "--json").stdout
    )
    assert document["second"] == "dari (dari)"
    assert {one["difference"] for one in document["measures"].values()} == {0.0}


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", ("bad.run, line 2", "remedy:")), ("ko", ("bad.run 2번째 줄", "해결 방법:"))],
)
def test_a_broken_run_is_refused_in_both_languages_before_anything_is_run(
    dari, tmp_path, lang, said
):
    bad = tmp_path / "bad.run"
    bad.write_text("sonolight-en Q0 p-imaging 1 2.0 x\nsonolight-en Q0 p-telecom 2 nan x\n")
    for words in (("evaluate", TEST_SET, "--run", bad), ("compare", TEST_SET, bad, bad)):
        answer = dari(*words, "--lang", lang)
        assert answer.exit_code == 1
        assert answer.stdout == ""
        for word in said:
            assert word in answer.stderr


def test_an_unknown_measure_is_named(dari):
    answer = dari("evaluate", TEST_SET, "--measure", "Best@1")
    assert answer.exit_code == 1
    assert "Best@1" in answer.stderr


def test_an_installation_makes_a_test_set_of_its_own_history(dari, tmp_path, rows):
    startup = {"id": "s-own", "name": "Own", "summary": "Makes sonar for ships."}
    assert dari("import", "startups", rows(startup)).exit_code == 0
    tie = {"a": "s-own", "b": "samsung", "kind": "pilot", "valid_from": "2026-06-01"}
    assert dari("import", "ties", rows(tie, name="ties.jsonl")).exit_code == 0
    answer = dari("convert", "store", tmp_path / "own", "--cut", "2026-01-01")
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "own" / "qrels.txt").read_text() == "s-own 0 samsung 2\n"
    document = json.loads(dari("evaluate", tmp_path / "own", "--json").stdout)
    assert document["queries"] == 1
    assert dari("convert", "store", tmp_path / "none", "--cut", "2030-01-01").exit_code == 1


def test_crunchbase_is_converted_or_refused_by_name(dari, tmp_path):
    answer = dari("convert", "crunchbase", tmp_path, tmp_path / "out")
    assert answer.exit_code == 1
    assert "companies.csv" in answer.stderr


def test_two_models_are_compared_on_the_same_queries(dari, tmp_path):
    shipped = Path(matcher.__file__).parent / "weights.toml"
    other = tmp_path / "other.toml"
    text = shipped.read_text(encoding="utf-8")
    other.write_text(text.replace('name = "cold-start"', 'name = "other"'), encoding="utf-8")
    answer = dari("evaluate", TEST_SET, "--beside", other, "--side", "startup", "--json",
                  "--report", tmp_path / "out", "--lang", "ko")  # fmt: skip
    assert answer.exit_code == 0, answer.output
    document = json.loads(answer.stdout)
    versions = list(document["models"].values())
    assert [version.rpartition("-")[0] for version in versions] == ["public", "other"]
    assert document["moved"]["second"] == versions[1]
    assert "turned" not in document
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert all(version in page for version in versions)


def test_the_days_that_the_commands_offer_are_those_of_the_conversions():
    for command, module in ((convert_cordis, cordis), (convert_crunchbase, crunchbase)):
        days = {one.name: one.default for one in command.params if one.name in {"cut", "until"}}
        assert days == {"cut": str(module.CUT), "until": str(module.UNTIL)}


def test_a_conversion_says_how_much_it_wrote(dari, tmp_path, rows):
    source = tmp_path / "cordis"
    source.mkdir()
    (source / "projects.csv").write_text(
        "id,title,startDate,fundingScheme,objective,euroSciVocPaths,topic_title\n"
        "1,Old,2024-01-01,RIA,Objective,,Topic\n2,New,2024-08-01,RIA,With Acme Works,,Topic\n"
    )
    members = (
        "{p},10,Small,,True,PRC,T,DE,1,coordinator\n"
        "{p},20,Acme Works,,False,HES,T,DE,2,participant\n"
    )
    (source / "participations.csv").write_text(
        "projectID,pic,name,shortName,SME,activityType,city,country,order,role\n"
        + members.format(p=1)
        + members.format(p=2)
    )
    answer = dari("convert", "cordis", source, tmp_path / "out", "--mask-names")
    assert answer.exit_code == 0, answer.output
    assert "1 startups, 1 partners, 1 ties, 1 queries. Next: dari evaluate" in answer.stderr
    assert "With …" in (tmp_path / "out" / "queries.jsonl").read_text(encoding="utf-8")
