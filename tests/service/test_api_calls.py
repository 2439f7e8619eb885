"""The calls of staff: who may ask, lists, matches, and what every error below /api/ looks like."""

from __future__ import annotations

import re

import pytest

KO = {"Accept-Language": "ko"}
HANGUL = re.compile("[가-힣]")
CLOSED = [
    "/api/v1/startups",
    "/api/v1/startups/sonoeye",
    "/api/v1/startups/sonoeye/matches",
    "/api/v1/startups/nobody",
    "/api/v1/partners",
    "/api/v1/partners/samsung",
    "/api/v1/partners/samsung/matches",
    "/api/v1/programmes",
]


def problem(answer, status):
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    return answer.json


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": "Basic c3RhZmY6c3RhZmY="},
        {"Authorization": "nonsense"},
    ],
)
def test_staff_calls_answer_nobody_else(client, path, headers):
    answer = client.get(path, headers=headers)
    assert HANGUL.search(problem(client.get(path, headers=headers | KO), 401)["title"])
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "SonoEye" not in answer.text


def test_a_session_may_read(staff):
    assert staff.get("/api/v1/startups/sonoeye").json["name"]["en"] == "SonoEye"
    problem(staff.get("/api/v1/startups", headers={"Authorization": "Bearer wrong"}), 401)


def test_lists_are_walked_by_their_cursor(client, bearer, app):
    seen, path = [], "/api/v1/partners?limit=70"
    while path:
        page = client.get(path, headers=bearer).json
        seen += [item["id"] for item in page["items"]]
        path = page["next"]
    assert page["total"] == len(seen) == len(set(seen))
    assert seen == sorted(seen)


def test_a_list_is_searched(client, bearer):
    page = client.get("/api/v1/partners?q=삼성&limit=1", headers=bearer).json
    assert page["total"] > 1
    following = client.get(page["next"], headers=bearer).json
    assert following["total"] == page["total"]
    assert following["items"][0]["id"] != page["items"][0]["id"]


@pytest.mark.parametrize("asked", ["Samsugn", "Smasung", "Samsumg"])
def test_a_mistyped_name_lists_similar_ones(client, bearer, asked):
    page = client.get(f"/api/v1/partners?q={asked}", headers=bearer).json
    assert (page["items"], page["total"], page["next"]) == ([], 0, None)
    assert "samsung" in [item["id"] for item in page["similar"]]
    assert len(page["similar"]) <= 10


def test_similar_names_follow_the_last_part_of_a_list(client, bearer):
    page = client.get("/api/v1/partners?q=samsung&limit=2", headers=bearer).json
    assert page["similar"] == []
    seen = [item["id"] for item in page["items"]]
    while page["next"]:
        page = client.get(page["next"], headers=bearer).json
        seen += [item["id"] for item in page["items"]]
    assert len(seen) == page["total"]
    assert not set(seen) & {item["id"] for item in page["similar"]}
    assert client.get("/api/v1/partners", headers=bearer).json["similar"] == []


def test_matches_are_ranked_explained_and_add_up(client, bearer):
    found = client.get("/api/v1/startups/sonoeye/matches?k=20", headers=bearer).json
    assert found["query"] == "sonoeye"
    assert found["model"].startswith("public-")
    assert [match["rank"] for match in found["matches"]] == list(range(1, 21))
    assert "samsung" in [match["id"] for match in found["matches"][:3]]
    for match in found["matches"]:
        assert sum(part["points"] for part in match["contributions"]) == match["score"]
        assert all(part["reason"]["ko"] and part["reason"]["en"] for part in match["contributions"])
    scores = [match["score"] for match in found["matches"]]
    assert scores == sorted(scores, reverse=True)


def test_matches_answer_to_filters(client, bearer):
    path = "/api/v1/startups/sonoeye/matches?k=100&kind=hospital,university&region=KR-11"
    found = client.get(path, headers=bearer).json
    assert found["matches"]
    for match in found["matches"]:
        partner = client.get(f"/api/v1/partners/{match['id']}", headers=bearer).json
        assert partner["kind"] in {"hospital", "university"}
        assert "KR-11" in [partner["region"], *partner.get("sites", [])]


def test_a_partner_gets_startups(client, bearer):
    found = client.get("/api/v1/partners/samsung/matches", headers=bearer).json
    assert [match["id"] for match in found["matches"]] == ["sonoeye"]


def test_a_programme_brings_its_rules(client, bearer):
    path = "/api/v1/startups/sonoeye/matches?programme=contest-skt-daejeon"
    found = client.get(path, headers=bearer).json
    assert found["programme"] == "contest-skt-daejeon"
    assert found["matches"] == []
    assert found["refused"][0]["reasons"][0]["reason"]["ko"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("startups/sonoeye/matches?k=0", "k"),
        ("startups/sonoeye/matches?k=101", "k"),
        ("startups/sonoeye/matches?k=1.5", "k"),
        ("startups/sonoeye/matches?k=%00", "k"),
        ("startups/sonoeye/matches?programme=none-such", "programme"),
        ("startups/sonoeye/matches?programm=x", "programm"),
        ("startups/sonoeye/matches?kind=hospital,planet", "kind.1"),
        ("startups/sonoeye/matches?region=KR-99", "region.0"),
        ("startups/sonoeye/matches?sector=alchemy", "sector.0"),
        ("partners/samsung/matches?kind=hospital", "kind"),
        ("partners?limit=1000", "limit"),
        ("partners?cursor=%00", "cursor"),
        ("partners?q=%E2%80%AE", "q"),
    ],
)
def test_a_wrong_question_names_its_field(client, bearer, path, field):
    for headers in (bearer, bearer | KO):
        wrong = problem(client.get(f"/api/v1/{path}", headers=headers), 422)
        assert [error["field"] for error in wrong["errors"]] == [field]
    assert any("가" <= letter <= "힣" for letter in wrong["errors"][0]["rule"])


@pytest.mark.parametrize(
    "path", ["startups/nobody", "partners/sonoeye", "startups/samsung/matches", "nothing"]
)
def test_what_is_not_there_is_a_problem(client, bearer, path):
    problem(client.get(f"/api/v1/{path}", headers=bearer), 404)


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(client):
    answer = client.delete("/api/v1/startups")
    problem(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_a_failure_is_a_problem_that_tells_nothing_of_the_inside(client, bearer, app, monkeypatch):
    def broken(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(type(app.extensions["dari"].store), "get_with_revision", broken)
    answer = client.get("/api/v1/startups/sonoeye", headers=bearer)
    problem(answer, 500)
    assert "secret" not in answer.text


def test_programmes_and_sectors(client, bearer):
    programmes = client.get("/api/v1/programmes", headers=bearer).json["items"]
    contest = next(p for p in programmes if p["id"] == "contest-skt-daejeon")
    assert contest["funding"] == {"amount": 20_000_000, "currency": "KRW"}
    answer = client.get("/api/v1/sectors")
    assert {
        "code": "robotics",
        "name": {"en": "Robotics", "ko": "로봇"},
        "parent": "manufacturing",
    } in answer.json["items"]
    assert "로봇" in answer.text


def test_the_language_of_the_api_is_that_of_accept_language(staff):
    staff.get("/?lang=ko")
    assert problem(staff.get("/api/v1/startups/nobody"), 404)["title"].startswith("Nothing")
