"""A startup sees where it stands, edits itself, takes along what is held, and erases it."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

from profiles import Side, Startup, UnknownId, Verdict, validate
from profiles.case_moves import close_case, move_back, move_case
from profiles.cases import Answer, CaseStage, Decline, Outcome
from profiles.casework import answer_case, note_case, open_case, release_case
from profiles.rows import now
from service.editing import read, replace
from service.shortlisting import reasons_of
from service.submission import submit

KO = {"Accept-Language": "ko"}
TEXT = "물류 창고에서 상자를 옮기는 로봇 팔을 만듭니다."
CONTACT = "kim@hanbit.example"
SECRET = "이 대표는 까다로우니 조심할 것"


@pytest.fixture
def dari(app):
    return app.extensions["dari"]


@pytest.fixture
def own(app, send):
    """A browser that has just handed a startup in, and its id."""
    client = app.test_client()
    at = send(client, "/drafts", {"name_ko": "한빛로봇"}).headers["Location"].rsplit("/", 1)[0]
    for step, data in {
        "build": {"summary_ko": TEXT},
        "place": {"region": "KR-41", "sectors": ["robotics"]},
        "consent": {"contact": CONTACT, "consent": "y"},
    }.items():
        send(client, f"{at}/{step}", {"saved": "0", **data})
    there = send(client, f"{at}/hand-in", {}).headers["Location"]
    return client, there.removeprefix("/my/")


@pytest.fixture
def case(dari, own):
    """A case of the startup with a partner whose name nobody has told it."""
    _, id = own
    told = reasons_of(dari.matchmaker, dari.matchmaker.match(id, 1), "cj-logistics")
    said = {"en": "CJ Logistics likes it.", "ko": "CJ대한통운이 좋아합니다."}
    named = {"feature": "x", "points": 1.0, "is_quoted": True, "said": said, "evidence": None}
    told["reasons"].append(named)
    return open_case(dari.store, id, "cj-logistics", reasons=told, by="Kim Staff")[0]


def standing(page):
    return re.search(r'aria-current="step">([^<]+)<', page.text)[1]


def page_of(own):
    client, id = own
    return client.get(f"/my/{id}")


def test_the_way_of_a_startup_is_told_stage_by_stage(dari, own, case, send):
    store = dari.store
    assert standing(page_of(own)) == "In review"
    release_case(store, case.id, by="Kim Staff")
    assert standing(page_of(own)) == "Matched"
    for stage, said in (
        (CaseStage.INTRODUCED, "Introduced"),
        (CaseStage.MET, "Met"),
        (CaseStage.POC, "Proof of concept"),
        (CaseStage.CONTRACT, "Contract"),
    ):
        move_case(store, case.id, stage, by="Kim Staff")
        assert standing(page_of(own)) == said
    move_back(store, case.id, reason="zu früh", by="Kim Staff")
    assert standing(page_of(own)) == "Proof of concept"
    assert "A contract was made." not in page_of(own).text
    close_case(store, case.id, Outcome.DROPPED, reason=Decline.TIMING, words=SECRET, by="Kim Staff")
    page = page_of(own)
    assert standing(page) == "At an end"
    assert "A match was closed." in page.text
    assert SECRET not in page.text
    assert "Kim Staff" not in page.text


def test_nothing_done_is_submitted_and_an_edit_of_staff_is_a_review(dari, own):
    _, id = own
    assert standing(page_of(own)) == "Submitted"
    kept = read(dari.store, "startup", id)
    raw = kept.record.model_dump(mode="json", exclude_defaults=True)
    told = {name: value for name, value in raw.items() if name not in ("contact", "consent")}
    replace(dari, kept, told | {"trl": 5}, base=kept.revision, by="Kim Staff")
    page = page_of(own)
    assert standing(page) == "In review"
    assert "by the incubator" in page.text
    assert "Kim Staff" not in page.text


def test_a_partner_has_no_name_before_the_introduction(dari, own, case):
    store = dari.store
    note_case(store, case.id, SECRET, by="Kim Staff")
    store.add_verdict(
        Verdict(own[1], "cj-logistics", "good", SECRET, 1, "v", now()), by="Kim Staff"
    )
    before = page_of(own).text
    assert "Conglomerate" not in before
    release_case(store, case.id, by="Kim Staff")
    released = page_of(own).text
    assert "You learn the name once you are introduced." in released
    assert "Why it could fit" in released
    for secret in ("CJ Logistics", "CJ대한통운", "cj-logistics"):
        assert secret not in before
        assert secret not in released
    move_case(store, case.id, CaseStage.INTRODUCED, by="Kim Staff")
    introduced = page_of(own).text
    assert "CJ Logistics likes it." in introduced
    answer_case(store, case.id, Side.STARTUP, Answer.YES, own=True, by="startup")
    page = page_of(own).text
    assert "You said that you would like to meet." in page
    for text in (before, released, introduced, page):
        assert SECRET not in text
        assert "Kim Staff" not in text


PATHS = [
    ("get", ""),
    ("post", "/edit"),
    ("get", "/held.zip"),
    ("post", "/link"),
    ("get", "/erase"),
    ("post", "/erase"),
    ("post", "/leave"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nobody_else_may(app, dari, own, send, method, path):
    _, id = own
    stranger = app.test_client()
    send(stranger, "/startups/new", {"name_en": "Stranger", "summary": "We do something else."})
    for client in (app.test_client(), stranger):
        for target in (id, "sonoeye", "samsung", "nobody"):
            if method == "get":
                assert client.get(f"/my/{target}{path}").status_code == 404
            else:
                sent = {"sure": "y", "way": "here"}
                assert send(client, f"/my/{target}{path}", sent).status_code == 404
    assert dari.store.get(id)


def test_the_one_page_form_leads_to_the_status_too(app, send):
    client = app.test_client()
    send(client, "/startups/new", {"name_en": "Quick", "summary": "We do something."})
    there = re.search(r'href="(/my/s-[a-z2-7]+)"', client.get("/thanks").text)[1]
    assert client.get(there).status_code == 200


def edit_of(own, send):
    client, id = own
    answer = send(client, f"/my/{id}/edit", {})
    return answer.headers["Location"].rsplit("/", 1)[0]


def saved(client, at, step):
    return re.search(r'name="saved" value="(\d+)"', client.get(f"{at}/{step}").text)[1]


def test_a_startup_edits_itself_in_steps(dari, own, send):
    client, id = own
    at = edit_of(own, send)
    assert edit_of(own, send) == at
    assert "한빛로봇" in client.get(f"{at}/who").text
    held = dari.store.get(id)
    send(client, f"{at}/seek", {"seeks": ["pilot"], "saved": "0"})
    assert dari.store.get(id) == held
    assert "Go on with your edit" in page_of(own).text
    answer = send(client, f"{at}/hand-in", {})
    assert answer.headers["Location"] == f"/my/{id}"
    now_held = dari.store.get(id)
    assert [one.value for one in now_held.seeks] == ["pilot"]
    assert (now_held.contact, now_held.consent) == (held.contact, held.consent)
    assert now_held.summary == held.summary
    assert dari.store.history(id)[-1].by == "startup"
    assert client.get(f"{at}/who").status_code == 404


def test_what_staff_change_meanwhile_is_brought_together(dari, own, send):
    client, id = own
    at = edit_of(own, send)
    send(client, f"{at}/build", {"summary_ko": "우리가 고친 글입니다.", "saved": "0"})
    kept = read(dari.store, "startup", id)
    raw = kept.record.model_dump(mode="json", exclude_defaults=True)
    told = {name: value for name, value in raw.items() if name not in ("contact", "consent")}
    theirs = told | {"trl": 5, "summary": {"ko": "기관이 고친 글입니다."}, "aliases": ["HB"]}
    replace(dari, kept, theirs, base=kept.revision, by="Kim Staff")
    refused = send(client, f"{at}/hand-in", {})
    assert refused.headers["Location"] == f"{at}/preview"
    assert "changed your profile since" in client.get(f"{at}/preview").text
    met = send(client, f"{at}/newest", {}).text
    assert "기관이 고친 글입니다." in met
    send(client, f"{at}/hand-in", {})
    kept = dari.store.get(id)
    assert (kept.summary.ko, kept.trl, kept.aliases) == ("우리가 고친 글입니다.", 5, ("HB",))


def test_a_contact_that_is_taken_out_goes_from_the_history_too(dari, own, send):
    client, id = own
    at = edit_of(own, send)
    send(client, f"{at}/consent", {"contact": "", "saved": "0"})
    send(client, f"{at}/hand-in", {})
    kept = dari.store.get(id)
    assert (kept.contact, kept.consent) == (None, None)
    assert all((one.payload or {}).get("contact") is None for one in dari.store.history(id))


def test_a_new_contact_is_consented_to_anew(dari, own, send):
    client, id = own
    before = dari.store.get(id).consent
    at = edit_of(own, send)
    sent = {"contact": "lee@hanbit.example", "saved": "0"}
    send(client, f"{at}/consent", sent)
    assert send(client, f"{at}/hand-in", {}).status_code == 422
    send(client, f"{at}/consent", sent | {"consent": "y", "saved": saved(client, at, "consent")})
    send(client, f"{at}/hand-in", {})
    kept = dari.store.get(id)
    assert kept.contact == "lee@hanbit.example"
    assert kept.consent.at > before.at


def test_what_is_held_is_taken_along_without_what_staff_wrote(dari, own, case, send):
    client, id = own
    note_case(dari.store, case.id, SECRET, by="Kim Staff")
    dari.store.add_verdict(Verdict(id, "kaist", "good", SECRET, 1, "v", now()), by="Kim Staff")
    edit_of(own, send)
    send(client, f"/my/{id}/link", {"way": "here"})
    answer = client.get(f"/my/{id}/held.zip")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        whole = "\n".join(packed.read(name).decode("utf-8-sig") for name in packed.namelist())
        drafts = json.loads(packed.read("drafts.json"))
        links = json.loads(packed.read("links.json"))
    assert TEXT in whole
    assert CONTACT in whole
    assert drafts[0]["values"]["summary_ko"] == TEXT
    assert (links[0]["kind"], links[0]["used_at"]) == ("startup", None)
    for secret in (SECRET, "Kim Staff", "cj-logistics"):
        assert secret not in whole


def test_a_startup_comes_back_by_a_link_to_its_kept_address(app, dari, own, send):
    client, id = own
    page = send(client, f"/my/{id}/link", {"way": "mail"})
    assert page.status_code == 200
    assert "outbox" in page.text
    newest = max(dari.settings.outbox.glob("*.eml"), key=lambda one: one.stat().st_mtime_ns)
    code = re.search(r"([a-z2-9]{4}-){6}[a-z2-9]{2}", newest.read_text(encoding="utf-8"))[0]
    other = app.test_client()
    assert send(other, "/return", {"token": code}).headers["Location"] == f"/my/{id}"
    assert "한빛로봇" in other.get(f"/my/{id}").text
    send(other, f"/my/{id}/leave", {})
    assert other.get(f"/my/{id}").status_code == 404


def test_a_startup_erases_itself_once_it_says_that_it_is_sure(dari, own, case, send):
    client, id = own
    send(client, f"/my/{id}/link", {"way": "mail"})
    edit_of(own, send)
    asked = client.get(f"/my/{id}/erase", headers=KO)
    assert "누구도 되돌릴 수 없습니다" in asked.text
    assert send(client, f"/my/{id}/erase", {}).status_code == 422
    assert dari.store.get(id)
    assert send(client, f"/my/{id}/erase", {"sure": "y"}).headers["Location"] == "/"
    with pytest.raises(UnknownId):
        dari.store.get(id)
    assert client.get(f"/my/{id}").status_code == 404
    mails = [one.read_text(encoding="utf-8") for one in dari.settings.outbox.glob("*.eml")]
    assert not any(id in text or CONTACT in text for text in mails)


def test_what_has_been_merged_is_reached_by_whoever_held_it(app, dari, own, send):
    client, id = own
    submit(dari, {"id": "kept-one", "name": "한빛로봇", "summary": TEXT})
    dari.writer.merge("kept-one", id, by="Kim Staff")
    assert client.get(f"/my/{id}").headers["Location"].startswith("/my/kept-one")
    assert client.get("/my/kept-one").status_code == 200
    assert app.test_client().get("/my/kept-one").status_code == 404


def test_names_of_fields_are_the_same_everywhere(app, own, send, staff):
    client, id = own
    at = edit_of(own, send)
    pages = [
        client.get(f"{at}/build", headers=KO).text,
        client.get(f"{at}/preview", headers=KO).text,
        client.get(f"/my/{id}", headers=KO).text,
        client.get("/startups/new/one-page", headers=KO).text,
        staff.get(f"/startups/{id}/edit?lang=ko").text,
    ]
    for page in pages:
        assert "하는 일" in page
        assert "요약" not in page
    assert isinstance(validate(Startup, {"id": "x", "name": "x", "summary": "y"}), Startup)
