"""The pages of the pipeline: what they show, keep and refuse, and to whom."""

from __future__ import annotations

import email
import io
import re
import threading
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from typing import Any

import openpyxl
import pytest
from icalendar import Calendar

from profiles import Side, Startup, validate
from profiles.case_moves import close_case, move_case
from profiles.cases import (
    Answer,
    CaseStage,
    Decline,
    Outcome,
    cases_of,
    get_case,
    whole_case,
)
from profiles.casework import answer_case, make_link, note_case, open_case, release_case
from service.answer_links import newest_link, sign
from service.submission import submit
from tests.service.accounts import add, browser_of
from tests.service.accounts import submit as send_form

HOSTILE = '<script>alert(1)</script>=HYPERLINK("x")\'"]]>&amp;{{7*7}}'
CONTACT = "ceo@sonoeye.example"


@pytest.fixture
def dari(app) -> Any:
    return app.extensions["dari"]


@pytest.fixture
def case(dari) -> Any:
    """A fresh case of the one startup and a partner that has no other."""
    for one in cases_of(dari.store, "sonoeye"):
        if one.is_open and one.stage is not CaseStage.CONTRACT:
            close_case(dari.store, one.id, Outcome.DROPPED, reason=Decline.TIMING)
        elif one.is_open:
            close_case(dari.store, one.id, Outcome.CONTRACT)
    told = {"en": "Both work on similar things.", "ko": "하는 일이 서로 비슷합니다."}
    secret = {"en": "A past work with Rival.", "ko": "경쟁사와의 지난 협력."}
    reasons = {
        "score": 41.5,
        "model": "m",
        "reasons": [
            {"feature": "text_is_is", "points": 5.0, "said": told, "evidence": told,
             "is_quoted": True},
            {"feature": "history", "points": 3.0, "said": secret, "evidence": None,
             "is_quoted": False},
        ],
        "unknown": [{"en": "No stage is known.", "ko": "성장 단계를 알 수 없습니다."}],
    }  # fmt: skip
    return open_case(
        dari.store, "sonoeye", "samsung", shown_rank=3, model_version="m", reasons=reasons
    )[0]


def act(send, client, case, what: str, /, **form: Any):
    return send(client, f"/cases/{case.id}/{what}", {"revision": case.revision, **form})


def test_matches_are_shortlisted_with_rank_model_and_reasons(staff, send, dari, case) -> None:
    back = "/startups/sonoeye/matches?k=10"
    sent = {
        "startup": "sonoeye",
        "partner": ["sk-telecom", "kt"],
        "rank-sk-telecom": "2",
        "rank-kt": "4",
        "model_version": "shown-model",
        "back": back,
    }
    answer = send(staff, "/pipeline/shortlist", sent)
    assert (answer.status_code, answer.location) == (303, back)
    found = {one.partner: one for one in cases_of(dari.store, "sonoeye") if one.is_open}
    assert (found["sk-telecom"].shown_rank, found["kt"].shown_rank) == (2, 4)
    assert found["kt"].model_version == "shown-model"
    match = dari.matchmaker.why("sonoeye", "kt").match
    told = {one["feature"]: one["points"] for one in found["kt"].reasons["reasons"]}
    points = {one.feature: one.points for one in match.contributions}
    assert found["kt"].reasons["score"] == pytest.approx(match.score, abs=1e-4)
    assert told == pytest.approx({name: points[name] for name in told}, abs=1e-4)
    said = found["kt"].reasons["reasons"][0]["said"]
    assert said["en"]
    assert re.search("[가-힣]", said["ko"])
    assert "2 pairs are shortlisted." in staff.get("/pipeline").text
    again = send(staff, "/pipeline/shortlist", {**sent, "partner": "kt"}, follow_redirects=True)
    assert "One has an open case." in again.text


def test_a_profile_page_lists_its_cases_and_shortlists_by_name(staff, send, dari, case) -> None:
    page = staff.get("/startups/sonoeye").text
    assert f'href="/cases/{case.id}"' in page
    assert f'href="/cases/{case.id}"' in staff.get("/partners/samsung").text
    sent = {"startup": "sonoeye", "partner": "현대자동차그룹", "asked": "startup", "open": "1"}
    answer = send(staff, "/pipeline/shortlist", {**sent, "partner": "SK텔레콤"})
    assert re.fullmatch(r"/cases/\d+", answer.location)
    for wrong in ("nobody at all", "\x00", "sonoeye", ""):
        refused = send(
            staff, "/pipeline/shortlist", {**sent, "partner": wrong}, follow_redirects=True
        )
        assert "alert-danger" in refused.text, wrong


def test_a_name_that_is_merely_alike_opens_no_case(staff, send, dari) -> None:
    before = len(cases_of(dari.store, "sonoeye"))
    for alike in ("Air", "Ans", "아모레퍼"):
        sent = {"startup": "sonoeye", "partner": alike, "asked": "startup", "open": "1"}
        refused = send(staff, "/pipeline/shortlist", sent, follow_redirects=True)
        assert "alert-danger" in refused.text, alike
        assert re.search(r"(korean-air|ansys|amorepacific) \(", refused.text), alike
    assert len(cases_of(dari.store, "sonoeye")) == before


def test_a_shortlist_leads_nowhere_else(staff, send, case) -> None:
    for back in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"):
        sent = {"startup": "sonoeye", "partner": "samsung", "back": back}
        assert send(staff, "/pipeline/shortlist", sent).location == "/pipeline"
        moved = send(staff, f"/cases/{case.id}/note", {"note": "x", "back": back})
        assert moved.location == f"/cases/{case.id}"


def test_too_many_at_once_are_refused(staff, send) -> None:
    sent = {"startup": "sonoeye", "partner": [f"p{n}" for n in range(51)]}
    answer = send(staff, "/pipeline/shortlist", sent, follow_redirects=True)
    assert "51 pairs are too many at once" in answer.text
    for none in ({}, {"partner": ""}, {"partner": " "}):
        sent = {"startup": "sonoeye", **none}
        nobody = send(staff, "/pipeline/shortlist", sent, follow_redirects=True)
        assert "Nobody has been chosen." in nobody.text


def test_a_case_goes_its_way_by_forms_alone(staff, send, dari, case) -> None:
    page = staff.get(f"/cases/{case.id}").text
    assert "Both work on similar things." in page
    assert "Shown at rank 3" in page
    act(send, staff, case, "move", stage="introduced", release="n")
    act(send, staff, get_case(dari.store, case.id), "move", stage="poc", day="2026-10-05")
    act(send, staff, get_case(dari.store, case.id), "back", reason="not signed")
    now = get_case(dari.store, case.id)
    due = now.opened_at.date() + timedelta(days=30)
    act(send, staff, now, "assign", owner="김민지", due=due.isoformat(), programme="")
    now = get_case(dari.store, case.id)
    assert (now.stage, now.owner) == (CaseStage.INTRODUCED, "김민지")
    closed = act(
        send, staff, now, "close", outcome="declined_partner", reason="budget", words="내년에",
        verdict="poor",
    )  # fmt: skip
    assert closed.status_code == 303
    page = staff.get(f"/cases/{case.id}").text
    for said in ("Declined by the partner", "No budget", "내년에", "Verdict: Poor match"):
        assert said in page
    last = dari.store.verdicts("sonoeye")[-1]
    assert (last.candidate, last.label, last.shown_rank) == ("samsung", "poor", 3)
    assert dari.store.ties_page("sonoeye") == []


def test_what_is_refused_says_why_and_keeps_what_was_typed(staff, send, dari, case) -> None:
    answer = act(send, staff, case, "close", outcome="dropped", reason="other", words="")
    assert answer.status_code == 422
    assert "few words are missing" in answer.text
    long = "아주 긴 메모 " * 1_000
    answer = act(send, staff, case, "note", note=long)
    assert answer.status_code == 422
    assert long.strip() in answer.text
    assert get_case(dari.store, case.id) == case
    for what, form in (
        ("move", {"stage": "nowhere"}),
        ("move", {"stage": "shortlisted"}),
        ("move", {"stage": "poc", "day": "2999-01-01", "release": "n"}),
        ("close", {"outcome": "won"}),
        ("answer", {"side": "both", "answer": "yes"}),
        ("answer", {"side": "startup", "answer": "maybe"}),
        ("answer", {"side": "startup", "answer": "no"}),
        ("assign", {"due": "soon"}),
        ("assign", {"due": "1900-01-01"}),
        ("link", {"side": "startup"}),
        ("verdict", {"verdict": "fine"}),
        ("meetings", {"starts": "x", "zone": "Asia/Seoul"}),
        ("meetings/1", {"starts": "2026-11-30T14:00", "zone": "Asia/Seoul"}),
    ):
        assert act(send, staff, case, what, **form).status_code == 422, (what, form)


def test_a_stale_form_changes_nothing_and_says_so(staff, send, dari, case) -> None:
    move_case(dari.store, case.id, CaseStage.MET, by="Lee")
    answer = act(send, staff, case, "back", reason="my words")
    assert answer.status_code == 409
    assert "Somebody else has changed the case meanwhile." in answer.text
    assert "my words" in answer.text
    assert get_case(dari.store, case.id).stage is CaseStage.MET


def test_two_staff_who_move_one_case_at_once_move_it_once(app, sign_in, send, case, dari) -> None:
    clients, said = [sign_in(app) for _ in range(3)], []
    start = threading.Barrier(len(clients))

    def work(client, stage: str) -> None:
        start.wait()
        said.append(act(send, client, case, "move", stage=stage, release="n").status_code)

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in zip(clients, ("introduced", "met", "met"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [303, 409, 409]
    assert get_case(dari.store, case.id).revision == case.revision + 1


def test_nobody_but_staff_gets_in(client, send, case) -> None:
    for path in ("/pipeline", "/pipeline/charts", "/pipeline/cases.csv",
                 "/pipeline/charts/stage.svg", f"/cases/{case.id}",
                 f"/cases/{case.id}/letter/partner",
                 f"/my/cases/{case.id}"):  # fmt: skip
        assert client.get(path).status_code == 401, path
    for what in ("move", "back", "close", "note", "assign", "release", "answer", "link", "verdict",
                 "letter/partner", "meetings", "meetings/1"):  # fmt: skip
        assert act(send, client, case, what, stage="met").status_code == 401, what
    assert send(client, "/pipeline/shortlist", {"startup": "sonoeye"}).status_code == 401


def test_without_its_token_no_form_is_taken(staff, dari, case) -> None:
    for path in (f"/cases/{case.id}/move", "/pipeline/shortlist", f"/cases/{case.id}/note"):
        assert staff.post(path, data={"stage": "met", "note": "x"}).status_code == 400
    assert get_case(dari.store, case.id) == case


def test_what_is_not_there_is_not_found(staff, send, case) -> None:
    for path in ("/cases/999999", "/cases/0", "/cases/99999999999999999999",
                 "/cases/1/letter/nobody", f"/cases/{case.id}/meetings/7.ics",
                 "/pipeline/charts/other.svg", "/pipeline/cases.exe"):  # fmt: skip
        assert staff.get(path).status_code == 404, path
    assert send(staff, "/cases/999999/move", {"stage": "met"}).status_code == 404


def test_hostile_words_are_shown_as_words(staff, send, dari, case) -> None:
    act(send, staff, case, "assign", owner=HOSTILE, due="", programme="")
    act(send, staff, case, "note", note=HOSTILE)
    now = get_case(dari.store, case.id)
    act(send, staff, now, "answer", side="partner", answer="no", reason="other", words=HOSTILE)
    form = {"starts": "2026-11-30T14:00", "zone": "Asia/Seoul", "place": HOSTILE}
    act(send, staff, case, "meetings", **form)
    for path in (f"/cases/{case.id}", "/pipeline", "/startups/sonoeye",
                 f"/cases/{case.id}/letter/partner"):  # fmt: skip
        page = staff.get(path).text
        assert "<script>alert" not in page
        assert "49" not in re.findall(r"amp;(\d+)", page)
    (row,) = [one for one in _rows(staff.get("/pipeline/cases.csv").data) if HOSTILE in one]
    assert HOSTILE in row
    act(send, staff, get_case(dari.store, case.id), "assign", owner="=1+1", due="", programme="")
    assert "'=1+1" in staff.get("/pipeline/cases.csv").data.decode("utf-8-sig")


def _rows(data: bytes) -> list[list[str]]:
    import csv

    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_tables_follow_the_filters(staff, dari, case) -> None:
    data = staff.get("/pipeline/cases.csv?partner=samsung&stage=shortlisted").data
    assert data.startswith(b"\xef\xbb\xbf")
    head, row = _rows(data)
    told = dict(zip(head, row, strict=True))
    assert told["Partner ID"] == "samsung"
    assert told["Stage of the case"] == "Shortlisted"
    answer = staff.get("/pipeline/cases.xlsx?partner=samsung&stage=shortlisted&lang=ko")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    values = {cell.value for row in sheet.iter_rows() for cell in row}
    assert {"samsung", "후보 선정", "소노아이", 3} <= values
    staff.get("/?lang=en")


def test_the_regions_of_the_board_are_the_provinces_and_where_its_startups_are(staff, dari) -> None:
    submit(dari, {"id": "far", "name": "Far", "summary": "Ships.", "region": "US-MA"})
    plain = staff.get("/pipeline").text  # a startup without a case is on no board
    assert '<optgroup label="Abroad">' not in plain
    open_case(dari.store, "far", "samsung", shown_rank=1, model_version="m", reasons={})
    page = staff.get("/pipeline?region=US-MA").text
    abroad = re.search(r'<optgroup label="Abroad">(.*?)</optgroup>', page, re.DOTALL)[1]
    assert re.findall(r'value="([^"]*)"( selected)?>([^<]*)<', abroad) == [
        ("US", "", "United States"),
        ("US-MA", " selected", "Massachusetts, United States"),
    ]
    assert page.count('value="US-MA"') == 1


def test_filters_that_are_wrong_are_refused_and_odd_ones_find_nothing(staff, case) -> None:
    for query in ("stage=lost", "due=now", "region=Atlantis", "sector=magic", "after=x"):
        assert staff.get(f"/pipeline?{query}").status_code == 422, query
    for query in ("q=%27%3B+DROP+TABLE+cases%3B--", "owner=%25", "q=%00", "partner=nobody"):
        answer = staff.get(f"/pipeline?{query}")
        assert answer.status_code in (200, 422)
        assert f"case-{case.id}" not in answer.text
    found = staff.get("/pipeline?q=sonoeye&due=none&region=KR-27&sector=health&owner=-").text
    assert f'id="case-{case.id}"' in found
    assert f'id="case-{case.id}"' not in staff.get("/pipeline?region=KR-26").text
    assert f'id="case-{case.id}"' not in staff.get("/pipeline?sector=mobility").text


def test_a_long_column_is_read_page_by_page(make_app, sign_in) -> None:
    app = make_app()
    dari = app.extensions["dari"]
    client = sign_in(app)
    partners = [one.id for one in dari.store.page(Side.PARTNER, limit=60)]
    submit(dari, {"id": "many", "name": "Many", "summary": "We weigh ships."})
    for partner in partners:
        open_case(dari.store, "many", partner)
    board = client.get("/pipeline").text
    assert "All 60" in board
    seen, path = [], "/pipeline?stage=shortlisted"
    while path:
        page = client.get(path.replace("&amp;", "&")).text
        seen += re.findall(r'id="case-(\d+)"', page)
        found = re.search(r'href="([^"]*after=\d+[^"]*)" rel="next"', page)
        path = found[1] if found else ""
    assert len(seen) == len(set(seen)) == 60


def test_charts_are_drawn_with_their_tables(staff, case) -> None:
    page = staff.get("/pipeline/charts").text
    assert "Daegu" in page
    assert "Health care" in page
    for by in ("stage", "sector", "region"):
        answer = staff.get(f"/pipeline/charts/{by}.svg")
        assert answer.mimetype == "image/svg+xml"
        assert answer.text.startswith("<svg")
        assert "http://www.w3.org" in answer.text
    assert 'alt="' in page


def test_a_letter_tells_reasons_and_no_secrets(staff, send, dari, case) -> None:
    page = staff.get(f"/cases/{case.id}/letter/partner").text
    assert "소노아이" in page
    assert "하는 일이 서로 비슷합니다." in page
    assert (
        "Both work on similar things."
        in staff.get(f"/cases/{case.id}/letter/partner?letter_lang=en").text
    )
    for hidden in (CONTACT, "경쟁사", "성장 단계를 알 수 없습니다", "동의"):
        assert hidden not in page.split("<textarea")[1], hidden
    for side in Side:
        answer_case(dari.store, case.id, side, Answer.YES)
    assert CONTACT in staff.get(f"/cases/{case.id}/letter/partner").text.split("<textarea")[1]
    assert f'value="{CONTACT}"' in staff.get(f"/cases/{case.id}/letter/startup").text
    assert [one.kind for one in whole_case(dari.store, case.id).events].count("letter") == 0


def test_a_letter_is_taken_as_a_file_and_marked_as_sent(staff, send, dari, case) -> None:
    path = f"/cases/{case.id}/letter/partner"
    form = {"to": "kim@partner.example", "subject": "소개합니다", "letter_lang": "ko"}
    text = "안녕하세요.\r\n\r\n.\r\nFrom here on"
    answer = send(staff, path, {**form, "text": text, "do": "file"})
    assert answer.mimetype == "message/rfc822"
    read = email.message_from_bytes(answer.data, policy=default)
    assert (read["To"], read["Subject"], read["X-Unsent"]) == (
        "kim@partner.example",
        "소개합니다",
        "1",
    )
    assert read.get_content().splitlines() == text.splitlines()
    assert send(staff, path, {**form, "text": text, "do": "sent"}).status_code == 303
    told = [one.data for one in whole_case(dari.store, case.id).events if one.kind == "letter"]
    assert [one["sent"] for one in told] == [False, True]
    for wrong in (
        {"to": "a@b.example\r\nBcc: c@d.example"},
        {"to": "nobody"},
        {"subject": "x\nBcc: c@d.example"},
        {"subject": ""},
        {"text": ""},
        {"text": "x" * 20_001},
    ):
        refused = send(staff, path, {**form, "text": text, **wrong})
        assert refused.status_code == 422, wrong
    assert len(whole_case(dari.store, case.id).events) == len(told) + 1


def test_a_refused_change_of_a_meeting_stays_typed_and_names_its_field(staff, send, case) -> None:
    here, plan = f"/cases/{case.id}", {"starts": "2027-05-19T10:00", "zone": "Asia/Seoul"}
    assert send(staff, f"{here}/meetings", {**plan, "minutes": "60"}).status_code == 303
    meeting = re.search(r'id="meeting-(\d+)"', staff.get(here).text)[1]
    typed = {**plan, "sequence": "0", "minutes": "9999", "place": "Room 9"}
    refused = send(staff, f"{here}/meetings/{meeting}", typed)
    assert refused.status_code == 422
    assert f'(<a href="#minutes-{meeting}">Minutes</a>)' in refused.text
    form = re.search(rf'id="starts-{meeting}".*?</form>', refused.text, re.DOTALL)[0]
    assert 'value="9999"' in form
    assert 'value="Room 9"' in form


def test_a_meeting_has_a_calendar_file(staff, send, dari, case) -> None:
    place = "서울; 강남구, 테헤란로\\1 " + "가" * 100
    form = {
        "starts": "2026-07-01T14:00",
        "zone": "America/New_York",
        "minutes": "90",
        "place": place,
    }
    assert act(send, staff, case, "meetings", **form).status_code == 303
    (made,) = whole_case(dari.store, case.id).meetings
    path = f"/cases/{case.id}/meetings/{made.id}"
    answer = staff.get(f"{path}.ics")
    assert answer.mimetype == "text/calendar"
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75
    calendar = Calendar.from_ical(answer.data)
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar.walk("VTIMEZONE")[0]["TZID"] == "America/New_York"
    assert event["LOCATION"] == place
    assert event.start.isoformat() == "2026-07-01T14:00:00-04:00"
    assert event.duration.total_seconds() == 90 * 60
    assert (event["SEQUENCE"], event["STATUS"], str(event["UID"])) == (0, "CONFIRMED", made.uid)
    assert "SonoEye" in event["SUMMARY"]
    assert "Samsung" in event["SUMMARY"]
    assert CONTACT not in answer.text
    send(staff, path, {**form, "place": "x", "sequence": "0"})
    assert send(staff, path, {**form, "place": "y", "sequence": "0"}).status_code == 422
    send(staff, path, {"do": "cancel", "sequence": "1"})
    (event,) = Calendar.from_ical(staff.get(f"{path}.ics").data).walk("VEVENT")
    assert (event["SEQUENCE"], event["STATUS"], str(event["UID"])) == (2, "CANCELLED", made.uid)


@pytest.fixture
def linked(dari, case) -> dict[str, str]:
    """The addresses at which both sides of a case answer."""
    release_case(dari.store, case.id)
    move_case(dari.store, case.id, CaseStage.INTRODUCED)
    for side in Side:
        make_link(dari.store, case.id, side)
    held = whole_case(dari.store, case.id)
    return {
        side.value: f"/answer/{sign(newest_link(held, side), dari.secret_key)}" for side in Side
    }


def test_both_sides_answer_by_their_links(client, send, dari, case, linked) -> None:
    note_case(dari.store, case.id, "The secret of staff")
    page = client.get(linked["partner"]).text
    assert "SonoEye" in page
    for hidden in (CONTACT, "The secret of staff", "Rival", "samsung.com/secret"):
        assert hidden not in page, hidden
    before = get_case(dari.store, case.id)
    assert client.get(linked["startup"]).status_code == 200
    assert get_case(dari.store, case.id) == before  # to look keeps nothing
    refused = send(client, linked["partner"], {"answer": "no"})
    assert refused.status_code == 422
    assert "A reason is missing." in refused.text
    sent = {"answer": "no", "reason": "capacity", "words": HOSTILE}
    assert send(client, linked["partner"], sent).status_code == 303
    page = send(client, linked["partner"], {"answer": "yes"}, follow_redirects=True).text
    assert "Thank you. Your answer has been kept." in page
    assert CONTACT not in page
    assert HOSTILE[:8] not in client.get(linked["startup"]).text
    send(client, linked["startup"], {"answer": "yes"})
    assert CONTACT in client.get(linked["partner"]).text
    events = whole_case(dari.store, case.id).events
    assert [one.by for one in events if one.kind == "answered"] == ["samsung", "samsung", "sonoeye"]


def test_accounts_answer_of_their_own_cases_alone(app, dari, case) -> None:
    for address, role, profile in (
        ("s@example.com", "startup", "sonoeye"),
        ("p@example.com", "partner", "samsung"),
        ("o@example.com", "partner", "kt"),
    ):
        add(app, address, role, profile=profile)
    startup, partner, other = (browser_of(app, f"{one}@example.com") for one in "spo")
    path = f"/my/cases/{case.id}"
    for browser in (startup, partner, other):  # nobody has been told of it
        assert browser.get(path).status_code == 404
        assert browser.get(f"/cases/{case.id}").status_code == 403
        assert browser.get("/pipeline").status_code == 403
    release_case(dari.store, case.id)
    assert partner.get(path).status_code == 404
    assert send_form(startup, path, {"answer": "yes"}).status_code == 303
    move_case(dari.store, case.id, CaseStage.INTRODUCED)
    assert CONTACT not in partner.get(path).text
    assert send_form(partner, path, {"answer": "yes"}).status_code == 303
    assert CONTACT in partner.get(path).text
    assert f'href="{path}"' in partner.get("/my/cases").text
    assert f'href="{path}"' not in other.get("/my/cases").text
    assert other.get(path).status_code == 404
    assert send_form(other, path, {"answer": "no"}, on="/account").status_code == 404
    assert get_case(dari.store, case.id).partner_answer is Answer.YES


def test_a_link_is_of_one_side_of_one_case_for_a_while(client, send, dari, case, linked) -> None:
    token = linked["partner"].removeprefix("/answer/")
    held = whole_case(dari.store, case.id)
    link = newest_link(held, Side.PARTNER)
    key = dari.secret_key
    past = link.until.replace(year=2020)
    for wrong, status in (
        (token[:-1], 404),
        (token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:], 404),
        (sign(link, "another key of 16 signs"), 404),
        ("x" * 5_000, 404),
        ("", 404),
        (sign(replace(link, until=past), key), 410),
        (sign(replace(link, opened=link.opened - 1), key), 404),
        (sign(replace(link, case=999_999), key), 404),
    ):
        answer = client.get(f"/answer/{wrong}")
        assert answer.status_code == status, wrong
        broken = "This link is not whole" in answer.text
        assert broken is (status == 404 and wrong != "")  # an address without a token is no link
    make_link(dari.store, case.id, Side.PARTNER)
    assert client.get(linked["partner"]).status_code == 410
    assert send(client, linked["partner"], {"answer": "yes"}).status_code == 410
    assert get_case(dari.store, case.id).partner_answer is Answer.UNDECIDED
    release_case(dari.store, case.id, released=False)
    assert client.get(linked["startup"]).status_code == 410


def _twin(dari, startup: str) -> tuple[Any, str]:
    """A case of another startup with the same partner, and the link by which that answers."""
    dari.writer.put(validate(Startup, {"id": startup, "name": "Sono Two", "summary": "Eyes."}))
    made = open_case(dari.store, startup, "samsung")[0]
    release_case(dari.store, made.id)
    move_case(dari.store, made.id, CaseStage.INTRODUCED)
    make_link(dari.store, made.id, Side.PARTNER)
    link = newest_link(whole_case(dari.store, made.id), Side.PARTNER)
    return made, f"/answer/{sign(link, dari.secret_key)}"


def test_a_link_leads_to_the_case_that_stands_since_a_merge(
    app, client, send, dari, case, linked
) -> None:
    twin, other = _twin(dari, "sono-two")
    done = dari.writer.merge("sonoeye", "sono-two")
    links = {case.id: linked["partner"], twin.id: other}
    aside = next(id for id in links if get_case(dari.store, id).aside)
    stands = next(id for id in links if id != aside)
    try:
        assert client.get(links[aside]).status_code == 200
        assert send(client, links[aside], {"answer": "yes"}).status_code == 303
        assert get_case(dari.store, stands).partner_answer is Answer.YES
        assert get_case(dari.store, aside).partner_answer is Answer.UNDECIDED
        add(app, f"merged-{case.id}@example.com", "partner", profile="samsung")
        partner = browser_of(app, f"merged-{case.id}@example.com")
        assert partner.get(f"/my/cases/{aside}").status_code == 200
        make_link(dari.store, stands, Side.PARTNER)  # which ends its own links alone
        assert client.get(links[aside]).status_code == 200
        assert client.get(links[stands]).status_code == 410
    finally:
        dari.writer.unmerge(done.number)
    assert send(client, links[aside], {"answer": "no", "reason": "timing"}).status_code == 303
    assert get_case(dari.store, aside).partner_answer is Answer.NO


def test_a_startup_without_an_account_finds_its_case_by_its_former_id(
    client, dari, case, linked
) -> None:
    with client.session_transaction() as session:
        session["held"] = {"sono-three": 4_000_000_000}
    _, _ = _twin(dari, "sono-three")
    done = dari.writer.merge("sonoeye", "sono-three")
    try:
        assert client.get(f"/my/sono-three/cases/{case.id}").status_code == 200
        assert client.get(f"/my/samsung/cases/{case.id}").status_code == 404
    finally:
        dari.writer.unmerge(done.number)
    assert client.get(f"/my/sono-three/cases/{case.id}").status_code == 404


def test_a_closed_case_takes_no_answer(client, send, dari, case, linked) -> None:
    close_case(dari.store, case.id, Outcome.DROPPED, reason=Decline.TIMING)
    page = client.get(linked["partner"])
    assert page.status_code == 200
    assert "The case is closed." in page.text
    assert send(client, linked["partner"], {"answer": "yes"}).status_code == 422


def test_links_and_letters_are_in_no_log(staff, send, dari, case, linked, caplog) -> None:
    with caplog.at_level(0):
        staff.get(linked["partner"])
        staff.get(f"/cases/{case.id}/letter/partner")
        staff.get(linked["partner"] + "x")
    assert linked["partner"].removeprefix("/answer/")[:30] not in caplog.text


def test_what_is_held_tells_of_cases_without_notes(dari, case) -> None:
    from profiles.privacy import held
    from service.held_files import _tables

    note_case(dari.store, case.id, "The secret of staff")
    told = _tables(held(dari.store, "sonoeye"))["cases"][1]
    (row,) = [one for one in told if one["number"] == case.id]
    assert "partner" not in row  # the match is not released yet
    assert row["notes"] == 1
    assert "The secret of staff" not in str(told)
