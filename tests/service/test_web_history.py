"""The page that tells who changed what of a record, and when."""

from __future__ import annotations

import html
import re

import pytest

from profiles import Startup, Tie, Verdict, validate

KO = {"Accept-Language": "ko"}
TELLER = {
    "id": "teller",
    "name": {"ko": "텔러", "en": "Teller"},
    "summary": {"en": "We tell <b>tales</b>."},
    "region": "KR-27",
    "sectors": ["ai"],
    "stage": "seed",
}


@pytest.fixture
def app(make_app):
    return make_app()


@pytest.fixture
def dari(app):
    return app.extensions["dari"]


def put(dari, by, **fields):
    dari.writer.put(validate(Startup, {**TELLER, **fields}), by=by)


def told(browser, path, headers=None):
    """The entries of a history, newest first, as words."""
    page = browser.get(path, headers=headers)
    assert page.status_code == 200
    entries = re.findall(r'<li class="panel">(.*?)</li>', page.text, re.DOTALL)
    plain = [re.sub(r"<[^>]*>", " ", entry) for entry in entries]
    return [html.unescape(re.sub(r"\s+", " ", one)).strip() for one in plain]


def test_changes_are_told_with_names_in_either_language(staff, dari):
    put(dari, "Ahn")
    texts = {"en": "We tell tales.", "ko": "이야기합니다."}
    changed = {"region": "KR-26", "stage": None, "sectors": ["robotics", "ai"], "trl": 3}
    put(dari, "Bae", summary=texts, **changed)
    newest, oldest = told(staff, "/startups/teller/history")
    for words in (
        "Revision 2 Bae",
        "What it does (English) We tell <b>tales</b>. We tell tales.",
        "What it does (한국어) 이야기합니다.",
        "Region Daegu → Busan",
        "Sectors Artificial intelligence → Robotics, Artificial intelligence",
        "Stage Seed taken out",
        "Technology readiness level (TRL) 3",
    ):
        assert words in newest
    assert oldest.startswith("Revision 1 Ahn")
    newest = told(staff, "/startups/teller/history", KO)[0]
    for words in (
        "지역 대구광역시 → 부산광역시",
        "분야 인공지능 → 로봇, 인공지능",
        "성장 단계 시드 지움",
    ):
        assert words in newest


def test_ties_and_verdicts_are_in_it_from_both_ends(staff, dari):
    put(dari, "Ahn")
    tie = {"id": "t-teller", "kind": "pilot", "a": "teller", "b": "kaist"}
    dari.writer.put_tie(validate(Tie, {**tie, "valid_from": "2026-01-02"}), by="Bae")
    dari.writer.put_tie(validate(Tie, {**tie, "valid_to": "2026-03-04"}), by="Choi")
    dari.store.add_verdict(Verdict("teller", "kaist", "good", "gladly", 2, "m-1"), by="Dan")
    for path in ("/startups/teller/history", "/partners/kaist/history"):
        verdict, ended, tied = told(staff, path)[:3]
        assert verdict.startswith("Verdict 1 Dan")
        assert "Technology) : Good match “gladly” shown at rank 2, m-1" in verdict
        assert "Tie, revision 2 Choi" in ended
        assert "Valid from January 2, 2026 taken out Valid to March 4, 2026" in ended
        assert "Teller – KAIST" in tied
    assert len(told(staff, "/ties/t-teller/history")) == 2
    dari.writer.put_tie(validate(Tie, {**tie, "a": "etri"}), by="Eun")
    assert sum("Tie, revision" in one for one in told(staff, "/startups/teller/history")) == 2


def test_what_was_erased_is_told_as_such(staff, dari):
    put(dari, "Ahn")
    dari.store.add_verdict(Verdict("teller", "etri", "poor", "so-so", 1, "m"), by="Bae")
    dari.store.add_verdict(Verdict("samsung", "teller", "good", "secret", 1, "m"), by="Bae")
    dari.store.erase("teller", by="Choi")
    (left,) = told(staff, "/startups/teller/history")
    assert "Choi" in left
    assert left.endswith("Its content has been erased. Only this line is left.")
    assert staff.get("/partners/teller/history").status_code == 404
    assert "secret" not in staff.get("/partners/samsung/history").text
    put(dari, "Dan")
    again = told(staff, "/startups/teller/history")
    assert [one[:10] for one in again] == ["Revision 3", "Revision 2"]


def test_a_long_history_is_paged(staff, dari):
    for number in range(110):
        put(dari, f"by-{number}", founded=1900 + number)
    seen, path = [], "/startups/teller/history"
    while path:
        seen += [re.search(r"by-\d+", one)[0] for one in told(staff, path)]
        following = re.search(r'href="([^"]+)" rel="next"', staff.get(path).text)
        path = html.unescape(following[1]) if following else None
    assert seen == [f"by-{number}" for number in reversed(range(110))]
    assert staff.get("/startups/teller/history?page=0").status_code == 422
    assert told(staff, "/startups/teller/history?page=99") == []


def test_a_programme_has_its_history(staff):
    (one,) = told(staff, "/programmes/contest-skt-daejeon/history")
    assert "₩20,000,000 for each startup" in one
    assert staff.get("/partners/contest-skt-daejeon/history").status_code == 404


def test_a_profile_leads_to_its_form_its_history_and_a_new_tie(staff):
    page = staff.get("/partners/kaist").text
    for path in ("/partners/kaist/edit", "/partners/kaist/history", "/ties/new?profile=kaist"):
        assert f'href="{path}' in page


def test_a_programme_with_the_id_of_a_profile_has_its_own_history(staff, dari):
    put(dari, "Ahn", id="contest-skt-daejeon")
    page = staff.get("/programmes/contest-skt-daejeon/history")
    assert page.status_code == 200
    name = dari.store.programme("contest-skt-daejeon").name.in_("en")
    assert f"History of {name}" in html.unescape(page.text)
    assert "History of Teller" in staff.get("/startups/contest-skt-daejeon/history").text


def test_a_merge_is_told_with_links(staff, dari):
    put(dari, "Ahn")
    put(dari, "Bae", id="seller")
    dari.writer.merge("teller", "seller")
    dari.writer.unmerge(1)
    gone = staff.get("/startups/seller/history").text
    assert 'Merged into <a href="/startups/teller/history">teller</a>.' in gone
    kept = staff.get("/startups/teller/history").text
    assert '<a href="/startups/seller/history">seller</a> was merged into it.' in kept


def test_makers_and_times_are_told_in_the_language_of_the_reader(staff):
    page = staff.get("/partners/samsung/history", headers={"Accept-Language": "ko"}).text
    assert "<span>시스템</span>" in page
    assert re.search(r"\d{4}\. \d+\. \d+\. 오[전후] \d+:\d\d:\d\d, 대한민국 시간", page)
    page = staff.get("/partners/samsung/history").text
    assert "<span>system</span>" in page
    assert re.search(r"\d+:\d\d:\d\d.[AP]M, South Korea Time", page)


def test_headings_name_programmes_and_ties_and_lead_back(staff):
    page = staff.get("/programmes/contest-skt-daejeon/history").text
    assert "<h1>History of SK Telecom contest in Daejeon" in page
    page = staff.get("/ties/pairing-daegu-samsung/history", headers=KO).text
    heading = re.search(r"<h1>.*?</h1>", page, re.DOTALL)[0]
    assert "삼성" in heading
    assert "pairing-daegu-samsung" not in heading
    assert '<a href="/partners/samsung">' in re.search(r'<p class="crumb">.*?</p>', page)[0]
