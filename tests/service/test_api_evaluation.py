"""The calls of evaluators and admins: jobs, models in use, accounts; and drafts, step by step."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from profiles.api_keys import add_key
from profiles.drafts import draft_of
from profiles.jobs import JobKind, JobState, ask
from profiles.jobs import job as read_job

API = "/api/v1"
KO = {"Accept-Language": "ko"}
SET = Path(__file__).parents[2] / "docs/examples/test-set"


@pytest.fixture(scope="module")
def app(make_app):
    made = make_app()
    shutil.copytree(SET, made.extensions["dari"].settings.home / "testsets" / "small")
    return made


@pytest.fixture
def dari(app):
    return app.extensions["dari"]


@pytest.fixture
def call(app, bearer):
    """Call the API with the token, or with a key; give what was answered."""

    def call(method, path, status=200, body=None, key=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        door = {"Authorization": f"Bearer {key}"} if key else bearer
        answer = app.test_client().open(
            API + path, method=method, json=body, headers=door | sent, buffered=True
        )
        assert answer.status_code == status, answer.text
        return answer

    return call


@pytest.fixture
def key(dari):
    def make(*scopes):
        return add_key(dari.store, f"Key {scopes}", scopes, by="test")[1]

    return make


def test_an_evaluation_is_asked_for_read_and_cancelled(call, dari, key):
    (shown,) = call("GET", "/test-sets").json["items"]
    assert shown["name"] == "small"
    asked = {"test_set": "small", "side": "startup", "measures": ["nDCG@10"]}
    judge = key("evaluate")
    made = call("POST", "/jobs/evaluations?by=Kim", 201, asked, key=judge)
    path = made.headers["Location"].removeprefix(API)
    assert made.json["state"] == "queued"
    assert made.json["by"].startswith("Kim, ")
    assert call("GET", path, key=judge).json == made.json
    assert made.json["id"] in [one["id"] for one in call("GET", "/jobs").json["items"]]
    call("GET", f"{path}/report", 404)
    assert call("POST", f"{path}/cancel").json["state"] == "cancelled"
    assert read_job(dari.store, made.json["id"]).state is JobState.CANCELLED
    assert call("POST", f"{path}/cancel", 422).json["errors"][0]["code"] == "job_over"
    call("GET", "/jobs/999999", 404)


def test_jobs_of_staff_are_none_of_an_evaluator(call, dari, key):
    job = ask(dari.store, JobKind.ASSIGN, {"cohort": 1, "rules": []}, by="Lee").id
    judge = key("evaluate")
    assert job not in [one["id"] for one in call("GET", "/jobs", key=judge).json["items"]]
    call("GET", f"/jobs/{job}", 404, key=judge)
    call("POST", f"/jobs/{job}/cancel", 404, key=judge)
    assert read_job(dari.store, job).state is JobState.QUEUED


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("evaluations", {"test_set": "none"}, "none"),
        ("evaluations", {"test_set": "../small"}, "test"),
        ("evaluations", {"test_set": "small", "model": "nobody"}, "nobody"),
        ("evaluations", {"test_set": "small", "measures": ["P@x"]}, "P@x"),
        ("evaluations", {"test_set": "small", "runs": ["none"]}, "none"),
        ("trainings", {"test_set": "small", "name": "A B"}, "A B"),
        ("gates", {"test_set": "small", "model": "nobody"}, "nobody"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_at_once(call, path, body, word):
    before = len(call("GET", "/jobs").json["items"])
    told = call("POST", f"/jobs/{path}", 422, body)
    assert told.json["code"] in {"refused", "unprocessable_entity"}
    korean = call("POST", f"/jobs/{path}", 422, body, **KO)
    assert korean.json["detail"] != told.json["detail"]
    assert len(call("GET", "/jobs").json["items"]) == before


def test_training_and_gate_are_asked_for(call, dari):
    made = call("POST", "/jobs/trainings", 201, {"test_set": "small", "name": "own"})
    assert read_job(dari.store, made.json["id"]).kind is JobKind.TRAIN
    gate = call("POST", "/jobs/gates", 201, {"test_set": "small", "model": "default"})
    assert read_job(dari.store, gate.json["id"]).arguments["model"] == "default"


def test_a_model_is_put_in_use_only_with_a_gate_or_a_reason(call, key):
    judge = key("evaluate")
    present = call("GET", "/models/current").json["version"]
    call("POST", "/models/nobody/promotion", 404, {}, key=judge)
    refused = call("POST", f"/models/{present}/promotion", 422, {}, key=judge)
    assert refused.json["code"] == "refused"
    assert call("POST", "/models/rollback", 422, {}, key=judge).json["code"] == "refused"
    call("POST", f"/models/{present}/promotion", 403, {}, key=key("read", "write"))


def test_an_account_is_made_changed_and_removed(call, dari, key):
    given = {"email": "lee@centre.example", "roles": ["staff"], "name": "Lee"}
    made = call("POST", "/accounts", 201, given)
    path = made.headers["Location"].removeprefix(API)
    assert made.json["active"]
    assert "password" not in made.text
    letters = list((dari.settings.home / "outbox").glob("*.eml"))
    assert any("lee@centre.example" in one.read_text() for one in letters)
    call("POST", "/accounts", 422, given)
    call("POST", "/accounts", 422, {**given, "email": "no address"})
    call("POST", "/accounts", 422, {"email": "x@centre.example", "roles": []})
    call("PATCH", path, 428, {"name": "Yi"})
    tag = call("GET", path).headers["ETag"]
    changed = call("PATCH", path, 200, {"name": "Yi", "active": False}, If_Match=tag)
    assert (changed.json["name"], changed.json["active"]) == ("Yi", False)
    assert changed.json["roles"] == ["staff"]
    call("PATCH", path, 412, {"name": "Old"}, If_Match=tag)
    freed = call("PATCH", path, 200, {"profile": None}, If_Match=changed.headers["ETag"])
    assert freed.json["profile"] is None
    changed = freed
    call("PATCH", path, 422, {"roles": ["king"]}, If_Match=changed.headers["ETag"])
    call("GET", path, 403, key=key("read", "write", "evaluate", "submit"))
    call("DELETE", path, 412, If_Match=tag)
    call("DELETE", path, 204, If_Match=changed.headers["ETag"])
    call("GET", path, 404)


def test_a_startup_is_told_step_by_step_and_handed_in(call, dari, key):
    sender = key("submit")
    draft = call("POST", "/drafts", 201, {"language": "ko"}, key=sender).json
    path = f"/drafts/{draft['id']}"
    who = {"values": {"name_ko": "다리로봇", "website": "no address"}}
    call("PUT", f"{path}/steps/who", 428, who, key=sender)
    kept = call("PUT", f"{path}/steps/who", 200, who, key=sender, If_Match='"0"')
    assert [one["field"] for one in kept.json["errors"]] == ["website"]
    call("PUT", f"{path}/steps/who", 412, who, key=sender, If_Match='"0"')
    foreign = {"values": {"summary_ko": "x"}}
    wrong = call("PUT", f"{path}/steps/who", 422, foreign, key=sender, If_Match='"1"')
    assert wrong.json["errors"][0]["field"] == "values.summary_ko"
    call("POST", f"{path}/hand-in", 422, key=sender)
    mended = {"values": {"name_ko": "다리로봇"}}
    call("PUT", f"{path}/steps/who", 200, mended, key=sender, If_Match='"1"')
    build = {"values": {"summary_ko": "다리를 점검하는 로봇을 만듭니다."}}
    call("PUT", f"{path}/steps/build", 200, build, key=sender, If_Match='"0"')
    link = call("POST", f"{path}/link", 201, key=sender).json["address"]
    assert "#" in link
    made = call("POST", f"{path}/hand-in", 201, key=sender)
    assert made.json["name"] == {"ko": "다리로봇"}
    assert call("GET", made.headers["Location"].removeprefix(API)).json["id"] == made.json["id"]
    call("GET", path, 404, key=sender)


def test_a_draft_is_shown_to_a_key_that_may_hand_in_and_goes_for_good(call, dari, key):
    path = f"/drafts/{call('POST', '/drafts', 201, {}).json['id']}"
    call("GET", path, 403, key=key("read"))
    call("GET", f"{path}/steps/nothing", 404)
    call("GET", "/drafts/d-aaaaaaaaaaaa", 404)
    call("DELETE", path, 204)
    call("GET", path, 404)
    with pytest.raises(Exception, match="no draft"):
        draft_of(dari.store, path.removeprefix("/drafts/"), datetime.now(UTC))
