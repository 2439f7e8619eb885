"""What staff and callers meet who still hold the id of a profile that was merged into another."""

from __future__ import annotations

import re

import pytest

from profiles import Partner, StaleEdit, Startup, Tie, validate

FIRMS = [
    {"id": "s-a", "name": "Alpha", "summary": "kept", "trl": 3},
    {"id": "s-b", "name": "Beta", "summary": "merged", "trl": 5},
]
CONTACT = {
    "contact": "ceo@alpha.example",
    "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"},
}


@pytest.fixture
def app(make_app):
    """An application with two startups and two partners, none of them merged yet."""
    app = make_app()
    writer = app.extensions["dari"].writer
    writer.put_many([validate(Startup, one | CONTACT) for one in FIRMS])
    writer.put_many([validate(Partner, {"id": id, "name": id}) for id in ("p-a", "p-b")])
    return app


@pytest.fixture
def store(app):
    return app.extensions["dari"].store


@pytest.fixture
def writer(app):
    return app.extensions["dari"].writer


def opened(browser, path):
    """The form behind an address, as it would be sent untouched."""
    page = browser.get(path).text
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return dict(found)


def test_a_change_of_the_merged_one_never_becomes_one_of_the_kept_one(
    client, staff, bearer, send, store, writer
):
    read = client.get("/api/v1/startups/s-b", headers=bearer)
    writer.merge("s-a", "s-b")
    writer.unmerge(1)
    writer.merge("s-a", "s-b")
    before = store.get_with_revision("s-a")
    tag = f'"{before[1]}"'
    for given in (read.headers["ETag"], tag):
        sent = client.put(
            "/api/v1/startups/s-b", json=read.json, headers=bearer | {"If-Match": given}
        )
        assert (sent.status_code, sent.mimetype) == (409, "application/problem+json")
        assert [(e["field"], e["code"]) for e in sent.json["errors"]] == [("id", "id_merged")]
        assert "s-a" in sent.json["errors"][0]["rule"]
    for path in ("withdrawal", "sectors"):
        answer = send(staff, f"/startups/s-b/{path}", {"sectors": ["ai"]})
        assert answer.status_code == 409
        assert "merged into s-a" in answer.text
    assert store.get_with_revision("s-a") == before
    assert before[0].contact == "ceo@alpha.example"


def test_an_address_of_the_other_side_leads_nowhere(client, staff, bearer, writer):
    writer.merge("s-a", "s-b")
    for path in ("/partners/s-b", "/partners/s-b/matches", "/partners/s-b/edit"):
        assert staff.get(path).status_code == 404
    assert client.get("/api/v1/partners/s-b", headers=bearer).status_code == 404
    assert staff.get("/startups/s-b").status_code == 308


def test_what_was_typed_into_a_form_outlives_a_merge(staff, writer, store):
    path = "/startups/s-b/edit"
    typed = opened(staff, path) | {"name_en": "Beta", "summary_en": "Typed & kept."}
    writer.merge("s-a", "s-b")
    answer = staff.post(path, data=typed)
    assert answer.status_code == 409
    assert "Typed &amp; kept." in answer.text
    assert 'href="/startups/s-a/edit"' in answer.text
    assert "erased" not in answer.text
    assert "withdrawal" not in answer.text
    assert "병합" in staff.post(f"{path}?lang=ko", data=typed).text
    assert store.get("s-a").summary.en == "kept"


@pytest.mark.parametrize(("gone", "status"), [("merge", 409), ("erase", 404)])
@pytest.mark.parametrize("met", [False, True])
def test_what_was_typed_outlives_one_who_is_faster(
    staff, writer, store, monkeypatch, gone, status, met
):
    path = "/startups/s-b/edit"
    typed = opened(staff, path) | {"name_en": "Beta", "summary_en": "Typed & kept."}
    real = type(writer).put

    def overtaken(self, profile, **more):
        monkeypatch.undo()
        if gone == "merge":
            writer.merge("s-a", "s-b")
        else:
            store.erase("s-b")
        if met:
            raise StaleEdit("s-b", 1, 2, {})
        return real(self, profile, **more)

    monkeypatch.setattr(type(writer), "put", overtaken)
    answer = staff.post(path, data=typed)
    assert answer.status_code == status
    assert "Typed &amp; kept." in answer.text
    assert ("merged into" in answer.text) == (gone == "merge")


def test_a_record_that_names_a_merged_profile_is_told_which_it_is_now(
    client, staff, bearer, writer, store
):
    tie = validate(Tie, {"kind": "pilot", "a": "s-a", "b": "p-a"})
    writer.put_tie(tie)
    read = client.get(f"/api/v1/ties/{tie.id}", headers=bearer)
    writer.merge("p-a", "p-b")
    headers = bearer | {"If-Match": read.headers["ETag"]}
    for named, code in (("p-b", "id_merged"), ("nobody", "id_unknown")):
        path, sent = f"/api/v1/ties/{tie.id}", read.json | {"b": named}
        errors = client.put(path, json=sent, headers=headers).json["errors"]
        assert [(one["field"], one["code"]) for one in errors] == [("b", code)]
    assert store.get_ties([tie.id])[tie.id].b == "p-a"
    typed = opened(staff, "/ties/new") | {"kind": "pilot", "a": "s-b", "b": "p-b"}
    assert "The profile p-b has been merged into p-a." in staff.post("/ties/new", data=typed).text


def test_the_ties_of_a_merged_profile_are_those_of_the_kept_one(client, bearer, writer):
    for context in ("one", "two"):
        writer.put_tie(validate(Tie, {"kind": "pilot", "a": "s-b", "b": "p-a", "context": context}))
    writer.merge("s-a", "s-b")
    page = client.get("/api/v1/ties?profile=s-b&limit=1", headers=bearer).json
    assert (page["total"], page["items"][0]["a"]) == (2, "s-a")
    assert "profile=s-a" in page["next"]


def test_nobody_learns_of_a_merge_by_handing_in_a_startup(client, writer, store):
    writer.merge("s-a", "s-b")
    writer.merge("p-a", "p-b")
    startup = {"id": "s-b", "name": "Gamma", "summary": "new"}
    merged = client.post("/api/v1/startups", json=startup)
    taken = client.post("/api/v1/startups", json=startup | {"id": "s-a"})
    assert merged.status_code == taken.status_code == 409
    assert merged.text == taken.text.replace("s-a", "s-b")
    startup |= {"id": "s-c", "conflicts": ["p-b", "samsung", "p-a"]}
    kept = client.post("/api/v1/startups", json=startup)
    assert (kept.status_code, kept.json["conflicts"]) == (201, startup["conflicts"])
    assert store.get("s-c").conflicts == ("p-a", "samsung")
