"""The calls on cohorts and decisions: a whole round, what is refused, and by whom."""

from __future__ import annotations

from typing import Any

import pytest

from profiles.api_keys import Scope, add_key
from profiles.cohorts import recuse
from profiles.jobs import JobState, end, take
from service.demo import load
from service.work import do

API = "/api/v1"
CONTEST = "contest-skt-daejeon"
TWO = ("demo-gyeol-rf", "demo-haneul-optics")


@pytest.fixture(scope="module")
def dari(app) -> Any:
    load(app.extensions["dari"])
    return app.extensions["dari"]


@pytest.fixture
def call(app, dari, bearer) -> Any:
    """Call the API with the token; give what was answered, of the status that was expected."""

    def call(method: str, path: str, status: int = 200, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = app.test_client().open(
            API + path, method=method, json=body, headers=bearer | sent, buffered=True
        )
        assert answer.status_code == status, answer.text
        return answer

    return call


@pytest.fixture
def cohort(call) -> str:
    """The address of an open cohort with two applications."""
    asked = {"programme": CONTEST, "name": "By calls", "screenings": 1}
    made = call("POST", "/cohorts", 201, asked)
    here = made.headers["Location"].removeprefix(API)
    assert made.headers["ETag"] == '"1"'
    for who in TWO:
        call("POST", f"{here}/entries", 201, {"profile": who})
    return here


def work(dari: Any, tmp_path: Any) -> None:
    job = take(dari.store, "test")
    outcome = do(job.kind, dari.settings, job.arguments, tmp_path, lambda *_: None)
    end(dari.store, job, JobState.DONE, outcome=outcome)


def test_a_whole_round_by_calls(call, dari, cohort, tmp_path) -> None:
    checked = call("POST", f"{cohort}/check").get_json()["items"]
    assert {one["stage"] for one in checked} == {"eligible"}
    page = call("GET", f"{cohort}/entries?limit=1").get_json()
    assert page["total"] == 2
    rest = call("GET", page["next"].removeprefix(API)).get_json()
    assert [one["profile"] for one in (*page["items"], *rest["items"])] == sorted(TWO)

    passed = {"screening": "first", "passed": list(TWO), "reason": "Both."}
    asked = call("POST", f"{cohort}/screening", 422, passed).get_json()
    assert asked["errors"][0]["code"] == "cohort_unscored"
    given = {"screening": "first", "criterion": "team", "points": 80, "reason": "Solid."}
    scored = call("POST", f"{cohort}/entries/{TWO[0]}/scores", 200, given).get_json()
    assert scored["items"][0]["points"] == 80
    recuse(dari.store, int(cohort[9:]), TWO[1], "Lee", reason="Kin.", by="Kim")
    kin = call("POST", f"{cohort}/entries/{TWO[1]}/scores?by=Lee", 422, given).get_json()
    assert kin["errors"][0]["code"] == "cohort_recused"
    call("POST", f"{cohort}/screening", 200, passed | {"unscored": True})

    once = call("POST", f"{cohort}/assignments", 201, {"seconds": 5}, Idempotency_Key="k1")
    again = call("POST", f"{cohort}/assignments", 201, {"seconds": 5}, Idempotency_Key="k1")
    assert again.headers["Idempotency-Replayed"] == "true"
    work(dari, tmp_path)
    told = call("GET", once.headers["Location"].removeprefix(API)).get_json()
    assert (told["state"], told["outcome"]["status"]) == ("done", "optimal")

    draft = f"/decisions/{told['outcome']['decision']}"
    changed = {"applicant": TWO[0], "hosts": [], "why": "It went bankrupt."}
    other = call("POST", f"{draft}/overrides", 201, changed).get_json()
    assert [one["applicant"] for one in other["pairs"]] == [TWO[1]]
    assert other["overrides"][0]["why"] == "It went bankrupt."
    assert other["rests_on"] == told["outcome"]["decision"]
    assert [one["value"] for one in other["reached"] if one["aim"] == "placed"] == [1]
    assert [one["found"] for one in other["reached"] if one["aim"] == "placed"] == [2]
    assert {one["bound"] for one in other["reached"]} == {None}
    for wrong in ({"applicant": "nobody"}, {"hosts": ["nobody"]}, {"swap": "nobody"}):
        asked = call("POST", f"{draft}/overrides", 422, changed | wrong).get_json()
        assert [one["field"] for one in asked["errors"]] == list(wrong)
    swap = {"applicant": TWO[0], "swap": TWO[0], "why": "x"}
    assert call("POST", f"{draft}/overrides", 422, swap).get_json()["errors"][0]["field"] == "other"

    version = call("GET", cohort).headers["ETag"]
    hosts = ["ccei-daejeon", "sk-telecom"]
    two = call("POST", f"{draft}/overrides", 201, changed | {"hosts": hosts}).get_json()["id"]
    lost = call("POST", f"{cohort}/decision", 422, {"decision": two, "why": "x"}, If_Match=version)
    assert lost.get_json()["errors"][0]["code"] == "assign_one_host"
    final = {"decision": told["outcome"]["decision"], "why": "The committee agreed."}
    call("POST", f"{cohort}/decision", 428, final)
    stale = call("POST", f"{cohort}/decision", 412, final, If_Match='"99"').get_json()
    assert (stale["code"], stale["etag"]) == ("stale", version)
    still = call("POST", f"{cohort}/decision", 422, final, If_Match=version).get_json()
    assert [one["code"] for one in still["errors"]] == ["cohort_still_open"]
    final |= {"while_open": True}
    done = call("POST", f"{cohort}/decision", 200, final, If_Match=version)
    assert done.get_json()["state"] == "decided"
    second = {**final, "decision": other["id"]}
    refused = call("POST", f"{cohort}/decision", 422, second, If_Match=done.headers["ETag"])
    assert refused.get_json()["errors"][0]["code"] == "cohort_replace"

    entry = call("GET", f"{cohort}/entries/{TWO[0]}")
    gone = call(
        "POST", f"{cohort}/entries/{TWO[0]}/decline", 200, {"reason": "Moved."},
        If_Match=entry.headers["ETag"],
    ).get_json()  # fmt: skip
    assert gone["declined"]["stage"] == "declined"
    assert gone["moved_up"] is None
    after = call("GET", draft).get_json()["after"]
    assert after["while_open"]
    assert after["handed"][0]["reason"] == "Moved."
    notices = call("GET", f"{draft}/notices").get_json()["items"]
    assert [(one["applicant"], one["result"]) for one in notices] == [(TWO[1], "selected")]
    assert "선정" in notices[0]["text"]["ko"]
    assert call("GET", f"{cohort}/decisions").get_json()["total"] == 3


def test_settings_change_as_they_were_read(call, cohort) -> None:
    changed = call("PATCH", cohort, 200, {"draw": True, "name": "Anew"}, If_Match='"1"')
    assert changed.get_json()["has_seed"] is True
    assert "seed" not in changed.get_json()
    call("PATCH", cohort, 412, {"name": "x"}, If_Match='"1"')
    wrong = call("PATCH", cohort, 422, {"screenings": 3}, If_Match=changed.headers["ETag"])
    assert wrong.get_json()["errors"][0]["field"] == "screenings"
    closed = call("POST", f"{cohort}/state", 200, {"state": "screening"}, If_Match='"2"')
    assert closed.get_json()["state"] == "screening"
    entry = call("GET", f"{cohort}/entries/{TWO[0]}")
    tag = entry.headers["ETag"]
    gone = call("POST", f"{cohort}/entries/{TWO[0]}/withdrawal", 200, {}, If_Match=tag)
    assert gone.get_json()["stage"] == "withdrawn"
    listed = call("GET", f"/cohorts?programme={CONTEST}&state=screening").get_json()
    assert "Anew" in {one["name"] for one in listed["items"]}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/cohorts/987654", 404),
        ("GET", "/cohorts/1000000000000000000000000000000", 404),
        ("GET", "/cohorts?state=x", 422),
        ("GET", "/decisions/987654", 404),
        ("GET", "/decisions/1000000000000000000000000000000", 404),
        ("GET", "/decisions/987654/notices", 404),
        ("GET", "/cohorts/987654/decisions", 404),
        ("POST", "/cohorts/987654/check", 404),
    ],
)
def test_what_is_not_there_is_said(call, method: str, path: str, status: int) -> None:
    told = call(method, path, status, Accept_Language="ko").get_json()
    assert told["status"] == status


def test_hostile_words_end_in_clear_errors(call, cohort) -> None:
    call("GET", f"{cohort}/entries/nobody", 404)
    call("GET", f"{cohort}/assignments/987654", 404)
    for path, body in (
        (f"{cohort}/entries", {"profile": "nobody"}),
        (f"{cohort}/entries", {"profile": TWO[0]}),
        (f"{cohort}/entries/{TWO[0]}/scores", {"screening": "second"}),
        (f"{cohort}/assignments", {"seconds": 601}),
        (f"{cohort}/assignments", {"rules": [{"id": "x", "kind": "share"}]}),
        ("/cohorts", {"programme": CONTEST, "name": ""}),
    ):
        told = call("POST", path, 422, body).get_json()
        assert told["errors"][0]["remedy"], path


def test_a_key_that_reads_changes_nothing(app, dari, cohort) -> None:
    _, key = add_key(dari.store, "reader", [Scope.READ], by="x")
    told = {"Authorization": f"Bearer {key}"}
    client = app.test_client()
    assert client.get(API + cohort, headers=told).status_code == 200
    refused = client.post(f"{API}{cohort}/check", headers=told)
    assert (refused.status_code, refused.get_json()["scope"]) == (403, "write")
    assert client.get(API + cohort).status_code == 401
