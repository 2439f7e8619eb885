"""Probabilities and counterfactuals through every door: pages, API and command line."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from matcher import Amount, Calibration, load_ranker
from profiles import Startup, validate
from service.submission import submit
from service.web.matches import Interval

KO = {"Accept-Language": "ko"}
BARE = {"name": "Echo", "summary": "Portable ultrasound scanners with AI for hospitals."}


@pytest.fixture(scope="module")
def app(make_app):
    from tests.service.conftest import ULTRASOUND

    app = make_app()
    submit(app.extensions["dari"], ULTRASOUND)
    app.extensions["dari"].writer.put(validate(Startup, {"id": "bare", **BARE}))
    return app


@pytest.fixture
def calibrated(app, monkeypatch):
    """A model whose scores are known to come to something in 18 to 31 cases of 100."""
    dari = app.extensions["dari"]
    low, high = np.array([0.1801, 0.1801]), np.array([0.3099, 0.3099])
    made = Calibration(
        dari.store.identity(), date(2026, 6, 30), Amount(1200, 60, 80), np.array([1000]), low, high
    )
    ranker = replace(load_ranker(), calibration=made)
    monkeypatch.setattr(dari.matchmaker, "_speaking", lambda: ranker)


def test_a_page_says_once_why_there_is_no_probability(staff):
    page = staff.get("/startups/sonoeye/matches").text
    assert page.count("has not been measured") == 1
    assert "300 pairs of 50 startups" in page
    assert "chance-bar" not in page
    korean = staff.get("/startups/sonoeye/matches", headers=KO).text
    assert korean.count("확률을 표시하지 않습니다") == 1


def test_an_interval_is_shown_with_its_bar(staff, calibrated):
    page = staff.get("/startups/sonoeye/matches").text
    assert "<strong>18–31%</strong>" in page
    assert re.search(r'class="chance-span" x="18" width="13"', page)
    assert "Measured on 1,200 of your own pairs, until June 30, 2026." in page
    assert 'aria-label="Probability between 18 and 31 per cent"' in page
    assert "확률 <strong>18–31%</strong>" in staff.get("/startups/sonoeye/matches", headers=KO).text


def test_a_pair_of_which_too_little_is_known_says_so_itself(staff, calibrated):
    """Of the list of one that says little, some partners have enough and some have not."""
    page = staff.get("/startups/bare/matches?k=50").text
    assert "too little is known of this pair" in page
    assert "Sectors not known: Echo." in page


def test_intervals_are_rounded_outwards():
    from matcher import Probability

    def text(low, high):
        return Interval.of(Probability(low, high)).text

    assert text(0.1801, 0.3099) == "18–31%"
    assert text(0.18, 0.31) == "18–31%"
    assert text(0.0, 0.004) == "0–1%"
    assert text(0.07, 0.07) == "7%"
    assert text(0.29, 0.57) == "29–57%"


def test_each_match_offers_what_would_change_its_rank(staff):
    page = staff.get("/startups/bare/matches?k=10&kind=hospital&region=KR-11,KR-26").text
    asked = re.findall(r'data-load="([^"]+)"', page)
    assert asked
    address = asked[0].replace("&amp;", "&")
    assert "kind=hospital" in address
    part = staff.get(address).text
    assert "<html" not in part
    assert "Region (Echo)" in part
    whole = staff.get(address.removesuffix("&part=1")).text
    assert "What would change the rank of" in whole
    assert part.split("<li>")[1] in whole


def test_the_rank_of_a_page_is_that_of_the_list(staff):
    page = staff.get("/startups/bare/why?candidate=samsung").text
    matches = staff.get("/startups/bare/matches?k=50").text
    ids = re.findall(r'<h2>\s*<a href="/partners/([^"]+)"', matches)
    assert f"rank {ids.index('samsung') + 1} of" in page
    korean = staff.get("/startups/bare/why?candidate=samsung", headers=KO).text
    assert "순위를 바꿀 수 있는 것" in korean
    assert "지역 (Echo)" in korean


def test_a_profile_tells_which_field_would_help_most(staff):
    page = staff.get("/startups/bare").text
    assert 'data-load="/startups/bare/missing?part=1"' in page
    part = staff.get("/startups/bare/missing?part=1").text
    assert "the ten best matches gain" in part
    assert "<html" not in part
    assert "What would help Echo most" in staff.get("/startups/bare/missing").text
    assert staff.get("/partners/samsung/missing").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/startups/bare/why", 422),
        ("/startups/bare/why?candidate=nobody", 404),
        ("/startups/bare/why?candidate=sonoeye", 404),
        ("/startups/nobody/why?candidate=samsung", 404),
        ("/startups/nobody/missing", 404),
        ("/partners/bare/missing", 404),
    ],
)
def test_wrong_questions_are_named(staff, client, bearer, path, status):
    assert staff.get(path).status_code == status
    assert client.get(f"/api/v1{path}", headers=bearer).status_code == status


@pytest.mark.parametrize("path", ["/startups/bare/why?candidate=samsung", "/startups/bare/missing"])
def test_only_staff_may_ask(client, path):
    assert client.get(path).status_code in (302, 303, 401)
    assert client.get(f"/api/v1{path}").status_code == 401


def test_the_api_tells_all_of_a_pair(client, bearer):
    found = client.get("/api/v1/startups/bare/why?candidate=samsung", headers=bearer).json
    assert found["id"] == "samsung"
    assert sum(one["points"] for one in found["contributions"]) == found["score"]
    regions = [one for one in found["changes"] if one["fields"][0]["field"] == "region"]
    assert regions[0]["points"]["most"] > 0
    best = regions[0]["options"][0]
    assert best["names"][0]["ko"]
    assert best["allowed"] is True
    turned = client.get("/api/v1/partners/samsung/why?candidate=bare", headers=bearer).json
    assert (turned["query"], turned["id"]) == ("samsung", "bare")
    helps = client.get("/api/v1/startups/bare/missing", headers=bearer).json
    assert helps["changes"][0]["points"]["most"] > 0


def test_the_api_tells_a_probability(client, bearer, calibrated):
    found = client.get("/api/v1/startups/sonoeye/matches", headers=bearer).json
    told = [one["probability"] for one in found["matches"]]
    assert {"low": 0.1801, "high": 0.3099, "reasons": []} in told
    assert found["calibration"]["until"] == "2026-06-30"


def test_the_command_tells_one_pair(dari, rows):
    assert dari("import", "startups", rows({"id": "bare", **BARE})).exit_code == 0
    answer = dari("why", "bare", "삼성")
    assert answer.exit_code == 0
    assert "What would change this rank" in answer.stdout
    assert "Region (Echo): +0.0 to" in answer.stdout
    raw = json.loads(dari("why", "bare", "samsung", "--json").stdout)
    assert f"rank {raw['rank']} of" in answer.stdout
    korean = dari("why", "bare", "samsung", "--lang", "ko").stdout
    assert "순위를 바꿀 수 있는 것" in korean
    refused = dari("why", "samsung", "sk")
    assert refused.exit_code == 1
    assert "Both are partners" in refused.stderr
    listed = dari("match", "bare", "--k", 3).stdout
    assert listed.count("has not been measured") == 1
