"""The calls on one record, its matches, duplicates, rounds, cases, models and files."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from profiles import Side
from profiles.apart import keep_proposals
from profiles.api_keys import add_key
from profiles.identity import propose_duplicates
from profiles.judging import open_round
from service.api.records import merge_patch
from service.submission import submit

API = "/api/v1"
KO = {"Accept-Language": "ko"}


@pytest.fixture(scope="module")
def app(make_app):
    app = make_app()
    dari = app.extensions["dari"]
    for number in range(5):
        firm = {"id": f"bridge-{number}", "name": f"Bridge {number}", "region": "KR-27"}
        submit(dari, {**firm, "summary": "Ultrasound for hospitals.", "sectors": ["ai"]})
    consent = {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}
    twin = {"id": "bridge-twin", "name": "Bridge 0", "summary": "The same firm twice."}
    submit(dari, {**twin, "contact": "ceo@bridge.example", "consent": consent})
    return app


@pytest.fixture
def dari(app):
    return app.extensions["dari"]


@pytest.fixture
def call(app, bearer):
    """Call the API with the token; give what was answered, of the status that was expected."""

    def call(method, path, status=200, body=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = app.test_client().open(
            API + path, method=method, json=body, headers=bearer | sent, buffered=True
        )
        assert answer.status_code == status, answer.text
        return answer

    return call


def walk(call, path):
    """Read a list to its end by the addresses that it gives."""
    items, next_path = [], path
    while next_path:
        page = call("GET", next_path.removeprefix(API))
        items += page.json["items"]
        next_path = page.json["next"]
        if next_path:
            assert page.headers["Link"] == f'<{next_path}>; rel="next"'
    return items


def tag(call, path):
    return call("GET", path).headers["ETag"]


@pytest.mark.parametrize(
    ("held", "patch", "made"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, {"a": {"b": None}}, {"a": {}}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_is_that_of_rfc_7396(held, patch, made):
    assert merge_patch(held, patch) == made


def test_some_fields_of_a_record_are_changed(call):
    path = "/startups/bridge-1"
    was = call("GET", path)
    given = {"trl": 6, "region": None, "name": {"ko": "다리"}}
    answer = call("PATCH", path, 200, given, If_Match=was.headers["ETag"])
    assert answer.json["trl"] == 6
    assert "region" not in answer.json
    assert answer.json["name"] == {"en": "Bridge 1", "ko": "다리"}
    assert answer.json["sectors"] == was.json["sectors"]
    stale = call("PATCH", path, 412, {"trl": 7}, If_Match=was.headers["ETag"])
    assert stale.json["code"] == "stale"
    assert {"field": "trl", "base": None, "current": 6, "sent": 7} in stale.json["differences"]
    call("PATCH", path, 428, {"trl": 7})
    wrong = call("PATCH", path, 422, {"contact": "x@y.zz"}, If_Match=answer.headers["ETag"])
    assert [one["field"] for one in wrong.json["errors"]] == ["contact"]


def test_records_are_added_and_deleted(call, dari):
    tie = {"kind": "pilot", "a": "bridge-2", "b": "samsung-medison", "valid_from": "2026-01-02"}
    made = call("POST", "/ties", 201, tie)
    path = made.headers["Location"].removeprefix(API)
    assert call("GET", path).json == made.json
    assert call("POST", "/ties", 409, tie).json["code"] == "conflict"
    programme = {"id": "bridge-2027", "name": "Bridge 2027", "kind": "contest"}
    call("POST", "/programmes", 201, {**programme, "partners": ["samsung"]})
    call("POST", "/programmes", 409, programme)
    call("POST", "/programmes", 422, {**programme, "id": "other", "partners": ["nobody"]})
    for one in (path, "/programmes/bridge-2027"):
        call("DELETE", one, 428)
        call("DELETE", one, 412, If_Match='"99"')
        assert call("DELETE", f"{one}?by=Kim", 204, If_Match=tag(call, one)).data == b""
        call("GET", one, 404)
        told = call("GET", f"{one}/history").json["items"]
        assert [(step["erased"], step["by"]) for step in told] == [(True, "Kim (API)")]
    dari.follower.catch_up()
    from profiles.consistency import faults

    assert faults(dari.store) == []


def test_a_history_goes_on_where_it_stopped_though_more_comes(call):
    path = "/startups/bridge-3"
    for number in range(4):
        call("PATCH", path, 200, {"trl": number + 1}, If_Match=tag(call, path))
    first = call("GET", f"{path}/history?limit=2").json
    assert [step["revision"] for step in first["items"]] == [5, 4]
    call("PATCH", path, 200, {"trl": 9}, If_Match=tag(call, path))
    second = call("GET", first["next"].removeprefix(API)).json
    assert [step["revision"] for step in second["items"]] == [3, 2]
    third = call("GET", second["next"].removeprefix(API)).json
    assert [step["revision"] for step in third["items"]] == [1]
    assert third["next"] is None
    twin = call("GET", "/startups/bridge-twin/history")
    assert "ceo@bridge.example" not in twin.text


def test_lists_are_filtered_and_a_cursor_belongs_to_its_list(call, dari):
    found = walk(call, "/startups?region=KR-27&sector=ai&limit=2")
    assert [one["id"] for one in found] == sorted(one["id"] for one in found)
    assert {"bridge-0", "bridge-4"} <= {one["id"] for one in found}
    named = walk(call, "/startups?region=KR-27&q=bridge%204&limit=1")
    assert [one["id"] for one in named] == ["bridge-4"]
    hospitals = walk(call, "/partners?kind=hospital&limit=3")
    assert {one["kind"] for one in hospitals} == {"hospital"}
    contests = call("GET", "/programmes?kind=contest,event&limit=100").json
    assert {one["kind"] for one in contests["items"]} <= {"contest", "event"}
    assert contests["total"] == len(contests["items"]) > 0
    cursor = re.search("cursor=([^&]+)", call("GET", "/partners?limit=1").json["next"])[1]
    for path in ("/startups?limit=1", "/partners?kind=hospital", "/programmes?limit=3", "/models"):
        joint = "&" if "?" in path else "?"
        wrong = call("GET", f"{path}{joint}cursor={cursor}", 422)
        assert [one["field"] for one in wrong.json["errors"]] == ["cursor"]
    for forged in ("samsung", cursor[:-1], cursor + "x", "WyJ4IiwieCJd.abc"):
        call("GET", f"/partners?cursor={forged}", 422)


def test_a_list_stays_in_order_while_others_write(call):
    page = call("GET", "/startups?limit=2").json
    seen = [one["id"] for one in page["items"]]
    submitted = call("POST", "/startups", 201, {"id": "aaa", "name": "A", "summary": "First."})
    call("DELETE", f"/startups/{seen[-1]}", 200, If_Match=tag(call, f"/startups/{seen[-1]}"))
    rest = walk(call, page["next"].removeprefix(API))
    assert submitted.json["id"] not in seen
    ids = [*seen, *(one["id"] for one in rest)]
    assert ids == sorted(set(ids))
    twin = {"id": seen[-1], "name": "Bridge 0 again", "summary": "Ultrasound for hospitals."}
    call("POST", "/startups", 201, twin)


def test_matches_are_told_as_of_a_day_and_side_by_side(call):
    found = call("GET", "/startups/bridge-4/matches?k=4&as_of=2026-05-01").json
    assert found["as_of"] == "2026-05-01"
    ids = [one["id"] for one in found["matches"]][:3]
    beside = call("GET", f"/startups/bridge-4/compare?candidates={','.join(ids)}").json
    assert [one["id"] for one in beside["items"]] == ids
    why = call("GET", f"/startups/bridge-4/why?candidate={ids[0]}&as_of=2026-05-01").json
    assert (why["as_of"], why["rank"]) == ("2026-05-01", 1)
    for wrong in ("", "a,b,c,d,e", "<x>"):
        call("GET", f"/startups/bridge-4/compare?candidates={wrong}", 422)
    call("GET", "/startups/bridge-4/compare?candidates=bridge-1", 404)
    call("GET", "/startups/bridge-4/matches?as_of=someday", 422)


def test_verdicts_are_said_and_listed(call, dari):
    said = {"candidate": "samsung", "label": "good", "shown_rank": 1, "model_version": "m-1"}
    made = [
        call("POST", "/startups/bridge-4/verdicts?by=Kim", 201, {**said, "note": f"note {number}"})
        for number in range(3)
    ]
    listed = walk(call, "/startups/bridge-4/verdicts?limit=2")
    assert [one["note"] for one in listed] == [one.json["note"] for one in made]
    assert dari.store.history("bridge-4")[-1].by == "Kim (API)"
    call("POST", "/startups/bridge-4/verdicts", 422, {**said, "label": "fine"})
    call("POST", "/startups/bridge-4/verdicts", 404, {**said, "candidate": "bridge-1"})
    call("POST", "/startups/nobody/verdicts", 404, said)


def test_duplicates_are_merged_undone_and_kept_apart(call, dari):
    both = list(dari.store.get_many(["bridge-0", "bridge-twin"]).values())
    keep_proposals(dari.store, propose_duplicates(both, threshold=0.1), [Side.STARTUP])
    assert {(one["a"], one["b"]) for one in walk(call, "/duplicates?limit=1")} == {
        ("bridge-0", "bridge-twin")
    }
    pair = call("GET", "/duplicates/pair?a=bridge-0&b=bridge-twin").json
    given = {
        "keep": "bridge-0",
        "drop": "bridge-twin",
        "keep_revision": pair["a_revision"],
        "drop_revision": pair["b_revision"] + 1,
    }
    assert call("POST", "/merges", 409, given).json["code"] == "stale"
    given["drop_revision"] -= 1
    merge = call("POST", "/merges", 201, {**given, "choices": {"summary": "drop"}}).json
    led = call("GET", "/startups/bridge-twin", 308)
    assert led.headers["Location"] == "/api/v1/startups/bridge-0"
    call("PATCH", "/startups/bridge-twin", 409, {"trl": 1}, If_Match='"1"')
    assert [one["number"] for one in walk(call, "/merges?limit=1")] == [merge["number"]]
    undone = call("POST", f"/merges/{merge['number']}/undo").json
    assert undone["undone_by"] == "staff (API)"
    call("POST", f"/merges/{merge['number']}/undo", 422)
    call("POST", "/merges/999/undo", 422)
    call("POST", "/kept-apart", 201, {"a": "bridge-0", "b": "bridge-twin", "note": "No."})
    assert [one["note"] for one in walk(call, "/kept-apart?limit=1")] == ["No."]
    call("DELETE", "/kept-apart?a=bridge-0&b=bridge-twin", 204)
    call("DELETE", "/kept-apart?a=bridge-0&b=bridge-twin", 422)


def test_a_round_is_judged_blind_and_told_once_it_is_closed(app, call, dari):
    pairs = {("bridge-1", "samsung"): {"dari": 1}, ("bridge-2", "samsung"): {"bm25": 2}}
    open_round(dari.store, "autumn", pairs, judges=2, depth=5, instructions="Be fair.")
    keys = [add_key(dari.store, name, ["evaluate"])[1] for name in ("Judge Kim", "Judge Lee")]
    client = app.test_client()

    def judge(key, method, path, **more):
        headers = {"Authorization": f"Bearer {key}", **more.pop("headers", {})}
        return client.open(f"{API}/judging/rounds/{path}", method=method, headers=headers, **more)

    for key in keys:
        for _ in range(2):
            asked = judge(key, "GET", "autumn/next")
            assert asked.status_code == 200
            for hidden in ("bm25", '"systems"', "Judge Lee" if key is keys[0] else "Judge Kim"):
                assert hidden not in asked.text
            path = f"autumn/pairs/{asked.json['pair']}/judgement"
            body = {"grade": 2, "note": "So."}
            assert judge(key, "PUT", path, json=body).status_code == 428
            tagged = {"If-Match": asked.headers["ETag"]}
            kept = judge(key, "PUT", path, json=body, headers=tagged)
            assert (kept.status_code, kept.json["judgement"]["grade"]) == (200, 2)
            assert judge(key, "PUT", path, json={"grade": 1}, headers=tagged).status_code == 412
            assert judge(key, "PUT", path, json={"grade": 7}, headers=tagged).status_code == 422
        assert judge(key, "GET", "autumn/next").status_code == 204
        assert judge(key, "GET", "autumn").json["outcome"] is None
        assert judge(key, "GET", "nowhere").status_code == 404
    call("GET", "/judging/rounds/autumn/qrels", 422)
    told = call("POST", "/judging/rounds/autumn/close").json
    assert told["outcome"]["graded"] == {"Judge Kim": 2, "Judge Lee": 2}
    assert "bridge-1 0 samsung 2" in call("GET", "/judging/rounds/autumn/qrels").text
    assert "Judge Kim" in call("GET", "/judging/rounds/autumn/judgements").text
    assert [one["name"] for one in walk(call, "/judging/rounds?limit=1")] == ["autumn"]
    call("POST", "/judging/rounds/autumn/close", 422)


def test_a_case_goes_its_way(call, dari):
    pair = {"startup": "bridge-2", "partner": "samsung", "shown_rank": 3, "owner": "Kim"}
    made = call("POST", "/cases?by=Kim", 201, pair)
    path = made.headers["Location"].removeprefix(API)
    assert call("POST", "/cases", 200, pair).json["id"] == made.json["id"]
    assert "link" not in made.text

    def change(what, body, status=200, stamp=None):
        method = "PATCH" if what == "" else "POST"
        return call(method, path + what, status, body, If_Match=stamp or tag(call, path))

    due = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    assert change("", {"due": due}).json["owner"] == "Kim"
    old = tag(call, path)
    assert change("/release", {"released": True}).json["released_at"]
    stale = change("/move", {"to": "introduced"}, 412, old)
    assert stale.json["current"]["due"] == due
    call("POST", f"{path}/move", 428, {"to": "met"})
    change("/move", {"to": "poc", "day": "2026-11-01"})
    change("/move", {"to": "introduced"}, 422)
    change("/move", {"to": "back"}, 422)
    change("/move", {"to": "back", "reason": "A slip."})
    change("/answer", {"side": "partner", "answer": "no"}, 422)
    change("/answer", {"side": "partner", "answer": "yes"})
    note = call("POST", f"{path}/notes", 201, {"note": "They met."})
    assert note.json["events"][-1]["data"] == {"text": "They met."}
    meeting = {"starts": "2026-12-01T14:00", "zone": "Asia/Seoul"}
    assert call("POST", f"{path}/meetings", 201, meeting).json["minutes"] == 60
    call("POST", f"{path}/meetings", 422, {**meeting, "zone": "Moon/Sea"})
    closing = {"outcome": "dropped", "reason": "timing", "verdict": "poor"}
    assert change("/close", closing).json["stage"] == "closed"
    whole = call("GET", path).json
    assert {"opened", "moved", "back", "closed"} <= {one["kind"] for one in whole["events"]}
    other = call("POST", "/cases", 201, {"startup": "bridge-1", "partner": "samsung"})
    assert other.status_code == 201
    assert [one["id"] for one in walk(call, "/cases?limit=1")] == [
        made.json["id"],
        made.json["id"] + 1,
    ]
    assert call("GET", "/cases?stage=closed").json["total"] == 1
    for missing in ("/cases/999", "/cases/99999999999999999999"):
        call("GET", missing, 404)
    call("POST", "/cases", 422, {"startup": "bridge-2", "partner": "nobody"})


def test_models_are_listed_and_shown(call):
    found = walk(call, "/models?limit=1")
    current = call("GET", "/models/current").json
    shown = call("GET", f"/models/{current['version']}")
    assert shown.json in found
    assert any(one["in_use"] for one in found)
    known = shown.headers["ETag"]
    assert call("GET", f"/models/{current['version']}", 304, If_None_Match=known).data == b""
    call("GET", "/models/none-such", 404)


@pytest.mark.parametrize("form", ["jsonl", "csv", "xlsx", "parquet"])
@pytest.mark.parametrize("kind", ["startups", "partners", "ties", "programmes"])
def test_tables_are_exported_without_personal_data(call, kind, form):
    answer = call("GET", f"/exports/{kind}?format={form}")
    assert f"{kind}.{form}" in answer.headers["Content-Disposition"]
    assert len(answer.data) > 100
    assert b"ceo@bridge.example" not in answer.data
    if form == "jsonl":
        assert all(json.loads(line)["id"] for line in answer.text.splitlines())


def test_an_export_of_another_form_is_refused(call):
    call("GET", "/exports/startups?format=pdf", 422)
    call("GET", "/exports/accounts", 404)


def test_what_is_held_is_given_and_erased_with_a_proof(call, dari):
    path = "/startups/bridge-twin"
    told = call("GET", f"{path}/held")
    assert told.json["profile"]["contact"] == "ceo@bridge.example"
    packed = call("GET", f"{path}/held", Accept="application/zip")
    assert "profile.json" in zipfile.ZipFile(io.BytesIO(packed.data)).namelist()
    assert call("GET", f"{path}/held", 406, Accept="text/html").json["code"] == "not_acceptable"
    call("POST", f"{path}/withdrawal", 204)
    assert dari.store.get("bridge-twin").contact is None
    call("DELETE", path, 428)
    call("DELETE", path, 412, If_Match='"99"')
    gone = call("DELETE", f"{path}?prove=yes", 200, If_Match=tag(call, path)).json
    assert gone["proof"]["clean"], gone
    call("GET", path, 404)


def test_every_problem_has_a_type_that_is_told(call):
    listed = call("GET", "/problems").json["items"]
    for one in listed:
        assert call("GET", one["type"].removeprefix(API)).json == one
        korean = call("GET", one["type"].removeprefix(API), Accept_Language="ko").json
        assert re.search("[가-힣]", korean["title"]), one
    call("GET", "/problems/none", 404)


@pytest.mark.parametrize(
    ("method", "path", "headers", "data", "status"),
    [
        ("GET", "/nothing/at/all", {}, None, 404),
        ("DELETE", "/programmes", {}, None, 405),
        ("POST", "/ties", {"Content-Type": "text/plain"}, b"{}", 415),
        ("POST", "/ties", {"Content-Type": "application/json; charset=euc-kr"}, b"{}", 415),
        (
            "POST",
            "/ties",
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            b"",
            415,
        ),
        ("POST", "/ties", {"Content-Type": "application/json"}, b"{", 400),
        ("POST", "/ties", {"Content-Type": "application/json"}, b"\xff", 400),
        ("POST", "/ties", {"Content-Type": "application/json"}, b" " * 2_000_000, 413),
        ("GET", "/startups", {"Accept": "text/html"}, None, 406),
        ("GET", "/startups", {"Accept": "application/json;q=0"}, None, 406),
    ],
)
def test_whatever_goes_wrong_is_a_problem(app, bearer, method, path, headers, data, status):
    for lang in ("en", "ko"):
        sent = bearer | headers | {"Accept-Language": lang}
        answer = app.test_client().open(API + path, method=method, headers=sent, data=data)
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json"
        assert answer.json["status"] == status
        assert answer.json["type"].startswith("/api/v1/problems/")
        assert bool(re.search("[가-힣]", answer.json["title"])) is (lang == "ko")


def test_head_and_options_are_answered(app, bearer):
    client = app.test_client()
    head = client.head(f"{API}/startups", headers=bearer)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == client.get(f"{API}/startups", headers=bearer).headers["ETag"]
    assert client.head(f"{API}/startups").status_code == 401
    asked = client.options(f"{API}/startups")
    assert asked.status_code == 200
    assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(asked.headers["Allow"].split(", "))


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/problem+json", None])
def test_what_can_be_read_is_answered(app, bearer, accept):
    headers = bearer | ({"Accept": accept} if accept else {})
    answer = app.test_client().get(f"{API}/startups", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")


def test_an_answer_that_still_stands_is_not_sent_again(app, bearer):
    client = app.test_client()
    for path in ("/sectors", "/partners?limit=3", "/programmes", "/models"):
        tagged = client.get(API + path, headers=bearer).headers["ETag"]
        again = client.get(API + path, headers=bearer | {"If-None-Match": tagged})
        assert (again.status_code, again.data) == (304, b"")
