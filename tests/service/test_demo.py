"""The made-up cohort is whole, marked as made up, and comes into a store once."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from profiles import Side
from profiles.taxonomy import provinces
from service.cli import main
from service.demo import load
from service.demo.loading import SOURCE, cohort


@pytest.fixture(scope="module")
def home(make_app):
    dari = make_app().extensions["dari"]
    load(dari)
    return dari


def test_the_cohort_is_loaded_once_and_keeps_what_staff_changed(home):
    kept = home.store.get("demo-hanbit-npu").model_copy(update={"trl": 9})
    home.writer.put(kept, by="Ahn")
    seq = home.store.last_seq()
    ids = load(home)
    assert home.store.last_seq() == seq
    assert home.store.get("demo-hanbit-npu").trl == 9
    assert list(ids) == sorted(set(ids))
    assert len(home.store.get_many(ids)) == len(ids) >= 60


def test_everybody_is_marked_as_made_up_and_told_in_both_languages():
    names = [name for one in cohort() for name in (one.name.ko, one.name.en)]
    assert all(names)
    assert len(set(names)) == len(names)
    for one in cohort():
        assert one.id.startswith("demo-")
        assert one.source == SOURCE
        assert one.summary.ko
        assert one.summary.en


def test_all_provinces_and_the_countries_of_the_stories_have_somebody():
    startups = [one for one in cohort() if one.side is Side.STARTUP]
    found = {one.region for one in startups}
    assert set(provinces()) <= found
    assert {"RU", "US-MA"} <= found
    assert any(one.region is None for one in startups)
    assert any(one.trl is None for one in startups)
    assert any(not one.sectors for one in startups)


def test_the_cohort_does_not_look_like_the_catalogue_twice(home):
    made_up = {one.id for one in cohort()}
    for id in sorted(made_up)[::9]:
        near = home.names.search(home.store.get(id).name.ko, k=3)
        assert [found for found, score in near if score >= 0.95] == [id]


def test_the_stories_of_this_part_are_played_in_a_home_of_their_own(
    tmp_path, monkeypatch, installed
):
    shutil.copytree(installed, tmp_path / "demo")
    monkeypatch.setenv("DARI_HOME", str(tmp_path / "real"))
    monkeypatch.setenv("DARI_DATABASE_URL", f"sqlite:///{tmp_path / 'real.sqlite3'}")
    monkeypatch.setenv("COLUMNS", "200")

    def told(*words):
        asked = ["demo", *words, "--home", str(tmp_path / "demo")]
        answer = CliRunner().invoke(main, asked)
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    regional = told("regional", "--lang", "ko")
    assert "14곳의 짝을 재현했습니다" in regional
    assert "2014-10-31: 짝 2개가 유효합니다." in regional
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo"]


def test_an_unknown_story_is_refused_with_those_that_there_are():
    answer = CliRunner().invoke(main, ["demo", "nonsense"])
    assert answer.exit_code == 2
    assert "regional" in answer.stderr


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_plans_districts_and_advice_are_told_by_command(dari, lang):
    assert ("14 of 17" if lang == "en" else "17개 지역 가운데 14곳") in dari(
        "plan", "regions", "--lang", lang
    ).stdout
    plan = json.loads(dari("plan", "regions", "--as-of", "2014-10-31", "--json").stdout)
    assert (plan["compared"], len(plan["regions"]), plan["kept"]) == (2, 17, 2)
    kept = json.loads(dari("plan", "regions", "--keep", "세종", "--json").stdout)
    assert kept["kept"] == 15
    proposed = json.loads(dari("plan", "districts", "--json").stdout)
    assert proposed["proposed"] == []  # no startup is held
    for words in (("regions", "--keep", "Atlantis"), ("districts", "--without", "US")):
        assert dari("plan", *words).exit_code == 2
    assert dari("advise", "nobody").exit_code == 1


def test_advice_by_command_is_that_of_the_page(dari, tmp_path, rows):
    one = next(one for one in cohort() if one.id == "demo-kkum-games")
    file = rows(one.model_dump(mode="json", exclude_defaults=True))
    assert dari("import", "startups", file).exit_code == 0
    advice = json.loads(dari("advise", "꿈터게임즈", "--json").stdout)
    assert advice["best"] == "global-google-play"
    assert len(advice["parts"]) == 15
    assert advice["parts"][0]["crowding"] is None
    told = dari("advise", "demo-kkum-games", "--programme", "contest-skt-daejeon")
    assert told.exit_code == 1
    assert "no parts" in told.stderr
