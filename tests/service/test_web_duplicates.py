"""The pages on which staff merge, undo and keep apart, and what the addresses of merged ids do."""

from __future__ import annotations

import re

import pytest

from profiles import Partner, Side, Startup, Verdict, validate
from profiles.apart import apart_pairs, keep_proposals, stored_proposal
from profiles.identity import POSSIBLE, propose_duplicates
from profiles.merging import recent_merges

FIRMS = [
    {"id": "s-a", "name": "주식회사 바다", "summary": "alpha", "trl": 3, "sectors": ["ai"]},
    {"id": "s-b", "name": {"en": "Bada <b>", "ko": "바다"}, "summary": "beta", "trl": 5,
     "sectors": ["energy"], "region": "KR-26"},
]  # fmt: skip


@pytest.fixture
def app(make_app):
    """An application with two startups of one name, proposed as duplicates."""
    app = make_app()
    dari = app.extensions["dari"]
    dari.writer.put_many([validate(Startup, one) for one in FIRMS])
    found = propose_duplicates(dari.store.each(Side.STARTUP))
    keep_proposals(dari.store, found, [Side.STARTUP])
    return app


@pytest.fixture
def store(app):
    return app.extensions["dari"].store


def form(store, keep="s-a", **more):
    seen = {f"{side}_revision": store.get_with_revision(f"s-{side}")[1] for side in "ab"}
    return {"a": "s-a", "b": "s-b", "keep": keep, **seen, **more}


def test_only_staff_see_and_do_it(app, send):
    nobody = app.test_client()
    for path in ("/duplicates", "/duplicates/pair?a=s-a&b=s-b"):
        assert nobody.get(path).status_code == 401
    for path in ("merge", "undo", "apart", "apart/withdraw"):
        assert send(nobody, f"/duplicates/{path}", {}).status_code == 401
        assert app.test_client().post(f"/duplicates/{path}").status_code in {400, 401}


def test_a_form_without_its_token_is_refused(staff, store):
    assert staff.post("/duplicates/merge", data=form(store)).status_code == 400
    assert recent_merges(store) == []


@pytest.mark.parametrize(("lang", "said"), [("en", "Compare"), ("ko", "비교")])
def test_pairs_are_listed_with_their_reasons(staff, lang, said):
    page = staff.get(f"/duplicates?lang={lang}").text
    assert "주식회사 바다" in page
    assert "<b>" not in page
    assert said in page
    assert re.search(r"<strong>[01]\.\d\d</strong>", page)
    pair = staff.get("/duplicates/pair?a=s-a&b=s-b").text
    assert pair.count('class="differs"') == 5
    assert "Bada &lt;b&gt;" in pair


def test_a_merge_with_choices_and_its_undoing(staff, store, send, bearer):
    store.add_verdict(Verdict("s-b", "samsung", "good", "kept", 1, "m"))
    data = form(store, **{"choice-trl": "b", "choice-sectors": "", "choice-summary": "a"})
    answer = send(staff, "/duplicates/merge", data)
    assert (answer.status_code, answer.location) == (303, "/duplicates#merge-1")
    kept = store.get("s-a")
    assert (kept.trl, kept.sectors, kept.summary.en) == (5, ("ai", "energy"), "alpha")
    assert store.history("s-a")[-1].by == "staff"
    twice = send(staff, "/duplicates/merge", data, follow_redirects=True)
    assert "The profile s-b has been merged into s-a." in twice.text
    assert [one.note for one in store.verdicts("s-a")] == ["kept"]
    for path, there in (
        ("/startups/s-b", "/startups/s-a"),
        ("/startups/s-b/matches?k=3&lang=ko", "/startups/s-a/matches?k=3&lang=ko"),
        ("/startups/s-b/held.zip", "/startups/s-a/held.zip"),
    ):
        moved = staff.get(path)
        assert (moved.status_code, moved.location) == (308, there)
    moved = staff.get("/api/v1/startups/s-b", headers=bearer)
    assert (moved.status_code, moved.location) == (308, "/api/v1/startups/s-a")
    assert staff.get("/partners/s-b", follow_redirects=True).status_code == 404
    assert "s-b was merged into this profile" in staff.get("/startups/s-a?lang=en").text
    assert send(staff, "/duplicates/undo", {"number": 1}).status_code == 303
    assert store.get("s-b") == validate(Startup, FIRMS[1])
    assert store.get("s-a") == validate(Startup, FIRMS[0])
    page = staff.get("/duplicates?lang=en").text
    assert "undone on" in page
    again = send(staff, "/duplicates/undo", {"number": 1}, follow_redirects=True)
    assert "undone already" in again.text


def test_an_address_of_a_merged_id_tells_nothing_to_others(app, staff, store, send):
    send(staff, "/duplicates/merge", form(store))
    nobody = app.test_client()
    assert nobody.get("/startups/s-b").status_code == 401
    assert nobody.get("/api/v1/startups/s-b").status_code == 401


def test_the_api_takes_no_startup_under_a_merged_id(staff, store, send):
    send(staff, "/duplicates/merge", form(store))
    answer = staff.post("/api/v1/startups", json={"id": "s-b", "name": "B", "summary": "again"})
    assert answer.status_code == 409
    (error,) = answer.json["errors"]
    assert (error["field"], error["code"]) == ("id", "id_taken")


def test_a_verdict_from_an_older_page_goes_to_the_kept_one(app, staff, store, send):
    writer = app.extensions["dari"].writer
    writer.put_many([validate(Partner, {"id": id, "name": id}) for id in ("q1", "q2")])
    send(staff, "/duplicates/merge", form(store))
    writer.merge("q1", "q2")
    data = {"candidate": "q2", "label": "good", "shown_rank": 1, "model_version": "m"}
    moved = send(staff, "/startups/s-b/verdicts", data)
    assert (moved.status_code, moved.location) == (308, "/startups/s-a/verdicts")
    assert send(staff, moved.location, data).status_code == 303
    assert [one.candidate for one in store.verdicts("s-a")] == ["q1"]


def test_a_stale_page_is_shown_again_with_what_was_chosen(app, staff, store, send):
    data = form(store, **{"choice-trl": "b"})
    changed = store.get("s-b").model_copy(update={"trl": 7})
    app.extensions["dari"].writer.put(changed)
    answer = send(staff, "/duplicates/merge", data)
    assert answer.status_code == 409
    assert "Somebody has changed one of the two" in answer.text
    assert re.search(r'id="choice-trl-b" value="b"[^>]* checked', answer.text)
    assert recent_merges(store) == []
    assert send(staff, "/duplicates/merge", form(store)).status_code == 303


def test_a_pair_is_kept_apart_and_that_withdrawn(staff, store, send):
    pair = {"a": "s-b", "b": "s-a"}
    send(staff, "/duplicates/apart", {**pair, "note": "<i>two</i>"})
    assert [(one.by, one.note) for one in apart_pairs(store)] == [("staff", "<i>two</i>")]
    page = staff.get("/duplicates?lang=ko").text
    assert "제안된 쌍이 없습니다" in page
    assert "&lt;i&gt;two" in page
    refused = send(staff, "/duplicates/merge", form(store))
    assert refused.status_code == 409
    assert "분리" in refused.text
    assert "Merge:" not in refused.text
    withdrawn = send(staff, "/duplicates/apart/withdraw", pair)
    assert apart_pairs(store) == []
    assert withdrawn.headers["Location"] == "/duplicates/pair?a=s-b&b=s-a"
    proposed = stored_proposal(store, "s-a", "s-b")
    assert proposed.proposal.score >= POSSIBLE
    assert "제안된 쌍입니다. 점수" in staff.get(withdrawn.headers["Location"]).text
    again = send(staff, "/duplicates/apart/withdraw", pair, follow_redirects=True)
    assert "분리되어 있지 않습니다" in again.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("pair", 422),
        ("pair?a=s-a&b=nobody", 404),
        ("pair?a=s-a&b=samsung", 200),
        ("pair?a=s-a&b=s-a", 200),
        ("?page=999", 200),
        ("?page=0", 200),
        ("?page=x", 422),
    ],
)
def test_addresses_that_lead_nowhere(staff, path, status):
    separator = "/" if path.startswith("pair") else ""
    assert staff.get(f"/duplicates{separator}{path}").status_code == status


def test_forms_that_nobody_sends(staff, store, send):
    assert send(staff, "/duplicates/merge", {}).status_code == 422
    assert send(staff, "/duplicates/undo", {"number": "x"}).status_code == 303
    assert send(staff, "/duplicates/apart", {"a": "s-a", "b": "nobody"}).status_code == 404
    answer = send(staff, "/duplicates/merge", form(store, keep="samsung"))
    assert answer.status_code in {404, 409}
    odd = form(store, **{"choice-id": "b"})
    assert send(staff, "/duplicates/merge", odd).status_code == 409
    assert recent_merges(store) == []


def test_who_merges_undoes_and_keeps_apart_is_named(staff, store, send):
    with staff.session_transaction() as session:
        session["name"] = "Kim"
    send(staff, "/duplicates/merge", form(store))
    send(staff, "/duplicates/undo", {"number": 1})
    assert [one.by for one in store.history("s-a")] == ["system", "Kim", "Kim"]
    send(staff, "/duplicates/apart", {"a": "s-a", "b": "s-b"})
    assert [one.by for one in apart_pairs(store)] == ["Kim"]


def test_a_pair_names_fields_and_values_as_the_other_pages_do(app, staff):
    partner = {"id": "q1", "name": "q1", "summary": "x", "kind": "hospital", "trl_min": 2}
    more = {"offers": ["grant"], "stages": ["seed", "growth"], "sites": ["KR-26"]}
    other = partner | more | {"id": "q2", "name": "q2", "website": "https://q.example"}
    other["sectors"], other["aliases"] = ["ai"], ["Q", "Two"]
    app.extensions["dari"].writer.put_many([validate(Partner, one) for one in (partner, other)])
    for a, b in (("q1", "q2"), ("q2", "q1")):
        page = staff.get(f"/duplicates/pair?a={a}&b={b}").text
        shown = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
        for words in (
            "TRL from", "Support it can give", "Seed, Growth", "Busan", "Artificial intelligence",
            "https://q.example", "Q, Two", "Hospital", "not known", "What it does x",
        ):  # fmt: skip
            assert words in shown, words
    assert "지원" in staff.get("/duplicates/pair?a=q1&b=q2&lang=ko").text


def test_a_merge_sent_after_the_session_ended_can_be_sent_again(app, store, token, send):
    browser = app.test_client()
    lost = send(browser, "/duplicates/merge", form(store, **{"choice-trl": "b"}))
    assert lost.status_code == 401
    assert "You are signed out" in lost.text
    tags = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', lost.text)
    assert ("choice-trl", "b") in tags
    browser.get(f"/sign-in?token={token}")
    answer = browser.post("/duplicates/merge", data=dict(tags))
    assert (answer.status_code, answer.location) == (303, "/duplicates#merge-1")
    assert store.get("s-a").trl == 5
