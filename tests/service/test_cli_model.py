"""Models are gated on sets whose truth is known, promoted, refused and brought back.

Every startup is at home in one of six regions and works in one of six sectors; `p1` to `p6` are the
partners of the regions, `q1` to `q6` those of the sectors. A model of regions puts the one of the
startup's region first, a model of sectors the one of its sector; all others are equal, so they
follow by id. Where p is right, the model of regions reaches 1 and that of sectors
1 / log2(2 + number of the region).
"""

from __future__ import annotations

import json
import math
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from index import load_encoder
from index.encoder import DEFAULT_FOLDER
from matcher import Registry, cold_start, load_ranker
from matcher.ranker import shipped_manifest
from service.models import origin_of
from service.settings import Settings
from tests.models import make_model
from tests.servers import free_port

SHIPPED = load_ranker().version
TRAINED = {"encoder": shipped_manifest()["encoder"], **shipped_manifest()["trained_on"]}
REGIONS = ("KR-11", "KR-26", "KR-27", "KR-28", "KR-29", "KR-30")
SECTORS = (
    "medical_imaging",
    "games",
    "network_equipment",
    "marine_mobility",
    "batteries",
    "fintech",
)


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def make_set(tmp_path):
    """Make a test set of so many queries by track; in "sector" a partner of the sector is right."""

    def make(**tracks: int) -> Path:
        folder = tmp_path / "-".join(f"{name}{n}" for name, n in tracks.items())
        folder.mkdir()
        partners, startups, queries, qrels = [], [], [], []
        for n in range(6):
            region, sector = {"region": REGIONS[n]}, {"sectors": [SECTORS[n]]}
            partners.append({"id": f"p{n + 1}", "name": f"Place {n}", **region})
            partners.append({"id": f"q{n + 1}", "name": f"Trade {n}", **sector})
        for track, count in tracks.items():
            for n in range(count):
                id, place, trade = f"{track}-{n}", n % 6, n // 6 % 6
                own = {"region": REGIONS[place], "sectors": [SECTORS[trade]]}
                startups.append({"id": id, "name": id, "summary": "It makes things.", **own})
                queries.append({"id": id, "startup": id, "date": "2025-03-01", "track": track})
                right = f"p{place + 1}" if track == "region" else f"q{trade + 1}"
                qrels.append(f"{id} 0 {right} 1\n")
        known = {"name": folder.name, "cut": "2025-01-01"}
        (folder / "dataset.json").write_text(json.dumps(known))
        (folder / "partners.jsonl").write_text(lines(*partners))
        (folder / "startups.jsonl").write_text(lines(*startups))
        (folder / "queries.jsonl").write_text(lines(*queries))
        (folder / "qrels.txt").write_text("".join(qrels))
        return folder

    return make


@pytest.fixture
def add(dari, tmp_path):
    """Add a model that gives points for some features: its version."""

    def add(name: str, manifest: dict[str, object] | None = None, **points: float) -> str:
        path, version = make_model(tmp_path / "made", name, points, **(manifest or {}))
        done = dari("model", "add", path)
        assert done.exit_code == 0, done.output
        assert version in done.stderr
        return version

    return add


def said(answer):
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def in_use(dari) -> list[str]:
    return [one["version"] for one in said(dari("model", "list", "--json"))["models"]
            if one["in_use"]]  # fmt: skip


@pytest.fixture
def two(dari, add) -> tuple[str, str]:
    """The model of regions, and that of sectors, which is in use."""
    regions, sectors = add("regions", region_same=100), add("sectors", sector_same=100)
    words = ("--anyway", "--reason", "a start")
    assert dari("model", "promote", sectors, *words).exit_code == 0
    return regions, sectors


def test_a_better_model_is_promoted_and_the_worse_one_refused(dari, two, make_set):
    """The gain is 1 less the mean of 1 / log2(2 + r) for r of 1 to 6: .5603."""
    regions, sectors = two
    folder = make_set(region=36)
    gain = 1 - sum(1 / math.log2(2 + r) for r in range(1, 7)) / 6
    assert gain == pytest.approx(0.5603, abs=5e-5)
    decision = said(dari("model", "gate", regions, folder, "--json"))
    assert decision["passed"], decision
    assert decision["difference"] == pytest.approx(gain, abs=1e-6)
    assert decision["challenger"]["value"] == 1
    assert dari("model", "promote", regions, "--by", "kim").exit_code == 0
    assert in_use(dari) == [regions]

    back = said(dari("model", "gate", sectors, folder, "--json"))
    assert not back["passed"]
    assert back["difference"] == pytest.approx(-gain, abs=1e-6)
    assert back["reasons"][0]["en"].startswith("It is worse")
    refused = dari("model", "promote", sectors, "--lang", "ko")
    assert refused.exit_code == 1
    assert "더 나쁩니다" in refused.stderr
    assert in_use(dari) == [regions]

    assert dari("model", "rollback").exit_code == 0
    assert in_use(dari) == [sectors]
    assert dari("model", "rollback").exit_code == 0
    assert in_use(dari) == [SHIPPED]
    assert dari("model", "rollback").exit_code == 1


def test_a_model_that_is_better_overall_but_falls_on_a_track_is_refused(dari, two, make_set):
    regions, sectors = two
    folder = make_set(region=48, sector=12)
    decision = said(dari("model", "gate", regions, folder, "--json"))
    assert decision["low"] > 0.1
    assert not decision["passed"]
    fallen = {one["value"]: one for one in decision["guards"] if one["state"] == "fell"}
    assert set(fallen) == {"sector"}
    assert fallen["sector"]["champion"]["value"] == 1
    assert "Track: sector fell beyond its bound" in decision["reasons"][0]["en"]
    refused = dari("model", "promote", regions)
    assert refused.exit_code == 1
    assert "Track: sector fell" in refused.stderr
    assert in_use(dari) == [sectors]


def test_where_history_is_thin_the_default_holds(dari, add, make_set):
    regions = add("regions", region_same=100)
    answer = dari("model", "gate", regions, make_set(region=24), "--lang", "ko")
    assert "자료가 적습니다" in answer.stdout
    assert dari("model", "promote", regions).exit_code == 1
    assert in_use(dari) == [SHIPPED]
    shown = dari("match", "samsung-medison", "--lang", "ko").stdout
    assert f"{SHIPPED} (Dari 기본 모델)" in shown


def test_promotion_needs_a_gate_or_a_reason(dari, two, make_set):
    regions, sectors = two
    refused = dari("model", "promote", regions)
    assert refused.exit_code == 1
    assert f"dari model gate {regions} FOLDER" in refused.stderr
    for words in (("--anyway",), ("--reason", "r"), ("--anyway", "--reason", " ")):
        assert dari("model", "promote", regions, *words).exit_code == 2
    assert in_use(dari) == [sectors]
    log = said(dari("model", "list", "--json"))["champion"]["log"]
    assert [(one["to"], one["reason"], one["by"]) for one in log] == [
        (sectors, "a start", "command line")
    ]


def test_models_that_cannot_be_compared_are_refused(dari, two, make_set, add):
    regions, sectors = two
    folder = make_set(region=6)
    assert dari("model", "gate", sectors, folder).exit_code == 1
    assert dari("model", "gate", regions, folder, "--against", regions).exit_code == 1
    assert dari("model", "gate", "no-such", folder).exit_code == 1
    assert dari("model", "gate", regions, folder / "none").exit_code == 1
    beside = said(dari("model", "gate", regions, folder, "--against", "default", "--json"))
    assert beside["champion"]["version"] == SHIPPED
    models = {one["name"]: one for one in said(dari("model", "list", "--json"))["models"]}
    assert models[regions]["gate"] is None  # only what was said beside the champion is kept
    later = {"trained_on": {"dataset": "d", "cut": "2025-01-02"}}
    seen = add("seen", later, region_same=90)
    decision = said(dari("model", "gate", seen, folder, "--json"))
    assert "may have seen the answers" in decision["reasons"][1]["en"]


def test_the_default_is_gated_on_nothing_that_it_was_trained_on(dari, two, make_set):
    folder = make_set(region=6)
    known = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**known, "cut": TRAINED["cut"]}))
    seen = "may have seen the answers"
    assert seen not in str(said(dari("model", "gate", "default", folder, "--json"))["reasons"])
    before = date.fromisoformat(TRAINED["cut"]) - timedelta(1)
    (folder / "dataset.json").write_text(json.dumps({**known, "cut": before.isoformat()}))
    decision = said(dari("model", "gate", "default", folder, "--json"))
    assert seen in str(decision["reasons"])
    assert not decision["passed"]


@pytest.fixture
def foreign_encoder(tmp_path, monkeypatch) -> str:
    """Run with an encoder of another name; its id."""
    folder = tmp_path / "other-static"
    folder.mkdir()
    for path in DEFAULT_FOLDER.iterdir():
        (folder / path.name).symlink_to(path)
    monkeypatch.setenv("DARI_ENCODER", str(folder))
    return load_encoder(str(folder)).encoder_id


def test_with_another_encoder_no_foreign_model_ranks_in_silence(
    dari, make_set, foreign_encoder, tmp_path, monkeypatch
):
    by_hand = cold_start().version
    assert in_use(dari) == [by_hand]
    listed = " ".join(dari("model", "list", "--lang", "ko").stdout.split())
    assert "다른 인코더용" in listed
    assert "is for another encoder" in dari("model", "show", "default").stdout
    folder = make_set(region=6)
    evaluate = ("evaluate", folder, "--measure", "RR", "--json")
    assert f"Model: {by_hand}" in dari(*evaluate).stderr
    trained, _ = make_model(tmp_path, "trained", {"area": 9}, encoder="dari-static-0")
    own, _ = make_model(tmp_path, "own", {"area": 9}, encoder=foreign_encoder)
    for lang, words in (("en", "trained with the encoder dari-static-0"), ("ko", "학습한 모델")):
        refused = dari(*evaluate, "--beside", trained, "--lang", lang)
        assert refused.exit_code == 1
        assert words in refused.stderr
    assert dari(*evaluate, "--beside", own).exit_code == 0
    monkeypatch.setenv("DARI_WEIGHTS", str(trained))
    for command in (evaluate, ("init",)):
        refused = dari(*command)
        assert refused.exit_code == 1
        assert "DARI_ENCODER" in refused.stderr


def test_where_a_list_comes_from_is_told_of_models_that_are_gone_too(tmp_path):
    settings = Settings(home=tmp_path)
    own, other = Registry(tmp_path, TRAINED["encoder"]), Registry(tmp_path, "other-encoder")
    assert origin_of(settings, own, SHIPPED).en == "the default that ships with Dari"
    assert origin_of(settings, own, "taught-12345678").en == "no longer here"
    assert origin_of(settings, other, SHIPPED).ko == "지금은 없는 모델"
    assert origin_of(settings, other, cold_start().version).en.startswith("set by hand")


def test_evaluation_is_by_the_model_in_use_or_the_one_named(dari, two, make_set):
    regions, sectors = two
    folder = make_set(region=6)
    words = ("evaluate", folder, "--measure", "RR", "--json")
    by_use, by_name, by_default = (
        dari(*words, *more) for more in ((), ("--model", regions), ("--model", "default"))
    )
    figures = [said(one)["systems"]["dari"]["all"]["RR"]["value"] for one in (by_use, by_name)]
    assert figures == [pytest.approx(sum(1 / (1 + r) for r in range(1, 7)) / 6, abs=1e-6), 1]
    assert f"Model: {sectors}" in by_use.stderr
    assert f"Model: {SHIPPED}" in by_default.stderr
    assert dari(*words, "--model", "no-such").exit_code == 1


def test_a_model_is_shown_with_its_points_its_training_and_its_gate(dari, add, make_set):
    trained = {"dataset": "own", "cut": "2024-01-01", "queries": 1200, "examples": 34000}
    version = add("regions", {"trained_on": trained}, region_same=100)
    shown = dari("model", "show", version, "--lang", "ko").stdout
    assert "region_same" in shown
    assert "0.0 @ 0, 100.0 @ 1" in shown
    assert "own, 2024-01-01 이전 자료, 질의 1,200개, 예 34,000개" in shown
    assert "관문 기록이 없습니다." in shown
    dari("model", "gate", version, make_set(region=36))
    assert re.search(r"better by \+0\.\d{3}", dari("model", "show", version).stdout)
    document = said(dari("model", "show", version, "--json"))
    assert document["shapes"]["region_same"] == {"at": [0, 1], "points": [0, 100]}
    assert document["gate"]["passed"]
    shipped = " ".join(dari("model", "show", "default").stdout.split())
    assert "ships with Dari, trained on: CORDIS" in shipped
    assert f"known until {TRAINED['cut']}" in shipped
    assert dari("model", "show", "no-such").exit_code == 1


def test_the_list_names_what_cannot_be_used_and_where_weights_are_set(
    dari, two, tmp_path, monkeypatch
):
    folder = tmp_path / "home" / "models"
    (folder / "notes.txt").write_text("x")
    listed = dari("model", "list", "--lang", "ko").stdout
    assert "notes.txt: 모델 폴더가 아닙니다." in listed
    assert "사용 중" in listed
    monkeypatch.setenv("DARI_WEIGHTS", str(folder / two[0] / "weights.toml"))
    assert "DARI_WEIGHTS is set" in dari("model", "list").stdout
    assert in_use(dari) == []
    assert "set by DARI_WEIGHTS" in dari("match", "samsung-medison").stdout
    assert "DARI_WEIGHTS" in dari("model", "rollback").stderr


def test_a_broken_champion_stops_the_lists_by_name_and_can_be_rolled_back(dari, two, tmp_path):
    (tmp_path / "home" / "models" / two[1] / "weights.toml").write_text("name = ")
    refused = dari("match", "samsung-medison")
    assert refused.exit_code == 1
    assert "weights" in refused.stderr
    assert "weights" in dari("serve", "--port", free_port()).stderr
    assert dari("model", "rollback").exit_code == 0
    assert dari("match", "samsung-medison").exit_code == 0


def test_a_running_process_follows_a_promotion_by_another(make_app, sign_in, bearer, tmp_path):
    """The list, the page of models and the API change at the next request, and name the model."""
    path, regions = make_model(tmp_path, "regions", {"region_same": 100})
    app = make_app()
    staff = sign_in(app)
    page = "/partners/samsung-medison/matches?lang=en"
    assert f"{SHIPPED}</a> (the default that ships with Dari)" in staff.get(page).text
    other = Registry(app.extensions["dari"].settings.home)
    other.add(path)
    other.promote(regions, "kim", reason="trial")
    after = staff.get(page).text
    assert f"{regions}</a> (brought from elsewhere, in use since" in after
    assert SHIPPED not in after
    api = app.test_client().get("/api/v1/partners/samsung-medison/matches", headers=bearer)
    assert api.json["model"] == regions
    overview = staff.get("/models?lang=en").text
    assert "trial" in overview
    assert "without a passed gate" in overview
