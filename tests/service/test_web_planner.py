"""The pages of the planner, of further districts and of advice, in both languages, and who may."""

from __future__ import annotations

import re

import pytest

from matcher.assignment import NotContradictory
from profiles import Tie, validate
from service.demo import load
from tests.service.accounts import add, browser_of

KO = {"Accept-Language": "ko"}


@pytest.fixture(scope="module")
def app(make_app):
    app = make_app()
    load(app.extensions["dari"])
    return app


def rows_of(page):
    return re.findall(r'<tr id="(KR-\d\d)"', page.text)


def test_the_planner_shows_all_regions_beside_what_holds(staff):
    page = staff.get("/planner")
    assert page.status_code == 200
    assert len(rows_of(page)) == 17
    assert "14 of 17 pairings" in page.text
    assert page.text.count('class="plan-differs"') == 3
    korean = staff.get("/planner", headers=KO)
    assert "17개 지역 가운데 14곳의 짝을 재현했습니다" in korean.text
    assert "본사나 사업장 30점" in korean.text


def test_what_if_a_pairing_stays_and_another_day_counts(staff):
    kept = staff.get("/planner?region=KR-50")
    assert "15 of 17 pairings" in kept.text
    assert re.search(r'value="KR-50"[^>]* checked', kept.text)
    assert (
        "All 2 pairings of 2014-10-31 are reproduced."
        in staff.get("/planner?as_of=2014-10-31").text
    )
    assert "No pairing holds on 2013-01-01" in staff.get("/planner?as_of=2013-01-01").text


@pytest.mark.parametrize("path", ["/planner", "/planner/districts"])
@pytest.mark.parametrize(
    ("asked", "field"),
    [("most=0", "most"), ("most=x", "most"), ("as_of=2026-02-30", "as_of"),
     ("region=Atlantis", "region"), ("most=" + "9" * 30, "most")],
)  # fmt: skip
def test_hostile_questions_are_answered_by_what_is_wrong(staff, path, asked, field):
    for headers in ({"Accept-Language": "en"}, KO):
        page = staff.get(f"{path}?{asked}", headers=headers)
        assert page.status_code == 422, field
        assert "Traceback" not in page.text


def test_a_region_sees_its_company_and_its_own_startups_first(staff):
    page = staff.get("/planner/regions/KR-26")
    assert "Lotte" in page.text
    assert "launch of the Busan centre, 16 March 2015" in page.text
    first = re.findall(r'href="/startups/(demo-[\w-]+)"', page.text)
    store = staff.application.extensions["dari"].store
    assert first
    assert {one.region for one in store.get_many(first).values()} == {"KR-26"}
    before = staff.get("/planner/regions/KR-26?as_of=2015-03-15")
    assert "No pairing holds on this day." in before.text
    assert before.text.index("Begins after this day") < before.text.index("Lotte")
    assert "sees first" not in before.text
    assert staff.get("/planner/regions/KR-99").status_code == 404


def test_a_region_tells_what_ended_and_shows_every_company_of_the_day(make_app, sign_in):
    staff = sign_in(make_app())
    writer = staff.application.extensions["dari"].writer
    ends = (("kt", "2010-01-01", "2014-12-31"), ("naver", "2018-01-01", None))
    writer.put_ties([
        validate(Tie, {"kind": "pairing", "a": "ccei-jeju", "b": company, "region": "KR-49",
                       "valid_from": first, "valid_to": last})
        for company, first, last in ends
    ])  # fmt: skip
    today = staff.get("/planner/regions/KR-49").text
    assert "The companies of the region" in today
    seen = re.findall(r"What (.+) sees first", today)
    assert [one for one in seen if "Kakao" in one or "NAVER" in one]
    assert len(seen) == 3  # its centre, and both companies
    assert today.index("NAVER") < today.index("Ended before this day") < today.index(">KT<")
    early = staff.get("/planner/regions/KR-49?as_of=2014-10-31", headers=KO).text
    assert early.index(">KT<") < early.index("이날 이후에 시작하는 짝") < early.index("카카오")


def test_a_planner_out_of_time_says_so_and_what_is_known(staff, monkeypatch):
    def too_long(*_args, **_named):
        raise NotContradictory(value="", rule="", remedy="")

    monkeypatch.setattr("matcher.pairing.explain_infeasible", too_long)
    monkeypatch.setattr("service.web.pairing._SECONDS", 0.5)
    path = "/planner?most=1&region=KR-27&region=KR-47"
    page = staff.get(path)
    assert page.status_code == 200
    assert "No plan meets all rules. Which of them contradict each other was not found" in page.text
    assert len(rows_of(page)) == 17
    assert "그대로 두기로 한 짝 2개" in staff.get(path, headers=KO).text


def test_sources_are_told_in_korean_or_said_to_be_english(staff):
    page = staff.get("/planner/regions/KR-26", headers=KO).text
    assert "미래창조과학부, 부산창조경제혁신센터 출범, 2015. 3. 16.; 대한민국" in page
    partner = staff.get("/partners/ansys", headers=KO).text
    assert re.search(r'<span lang="en">Ansys Startup Program page.*</span> .*\(영문\)', partner)
    assert "(영문)" not in staff.get("/partners/ansys").text


def test_a_programme_tells_its_story_without_codes(staff):
    whole = staff.get("/programmes/global-company-2025").text
    assert "up to ₩200,000,000 for each startup" in whole
    assert "Places of the parts together: 364." in whole
    assert whole.count("a setting of the operator: no source gives it") == 6
    assert "/programmes/global-openai" in whole
    assert 'href="/programmes/global-intel/edit#places"' in whole
    assert 'href="/programmes/global-company-2025/qualifying"' in whole
    korean = staff.get("/programmes/global-company-2025", headers=KO).text
    assert "건당 ₩200,000,000, 모두 합쳐 최대 ₩72,800,000,000" in korean
    assert "최대 ₩200,000,000 (기업당)" in korean
    centre = staff.get("/programmes/regional-centre-busan").text
    assert 'href="/planner/regions/KR-26"' in centre


def test_every_programme_of_the_catalogue_reads_in_both_languages(staff):
    store = staff.application.extensions["dari"].store
    for one in store.programmes():
        korean, english = (
            re.sub(r"<[^>]+>", " ", page.split("<main")[1].split("</main>")[0])
            for page in (staff.get(f"/programmes/{one.id}", headers=KO).text,
                         staff.get(f"/programmes/{one.id}").text)
        )  # fmt: skip
        assert "(영문)" not in korean, one.id
        for told in (korean, english):
            assert not re.search(r"\b(None|[a-z]+_[a-z_]+)\b", told), one.id
            assert one.id not in told, one.id


def test_districts_are_proposed_with_who_makes_them_and_why_others_are_not(staff):
    page = staff.get("/planner/districts")
    assert re.findall(r'<article class="panel" id="(KR-\d\d)"', page.text) == [
        "KR-30", "KR-45", "KR-47",
    ]  # fmt: skip
    assert "The province has a district: Gangwon healthcare data district." in page.text
    without = staff.get("/planner/districts?region=KR-30&most=2", headers=KO)
    assert "요청한 사람이 뺀 시·도입니다." in without.text
    assert 'id="KR-30"' not in without.text
    assert 'id="KR-11"' in staff.get("/planner/districts?capital=1").text


def test_advice_names_the_part_that_fits_with_its_competition(staff):
    page = staff.get("/startups/demo-kkum-games/advice")
    assert "Best to apply to: ChangGoo with Google Play" in page.text
    assert re.search(r"Of \d+ other startups that may apply to any part", page.text)
    assert "Crowding 0." in page.text
    korean = staff.get("/startups/demo-hana-app/advice", headers=KO)
    assert "신청할 수 있는 세부 프로그램이 없습니다" in korean.text
    assert staff.get("/startups/samsung/advice").status_code == 404
    unknown = staff.get("/startups/demo-kkum-games/advice?programme=contest-skt-daejeon")
    assert unknown.status_code == 404
    assert "/startups/demo-kkum-games/advice" in staff.get("/startups/demo-kkum-games").text


def test_only_staff_plan_and_only_its_own_person_sees_a_startups_advice(app, client):
    for path in ("/planner", "/planner/districts", "/planner/regions/KR-26"):
        assert client.get(path).status_code in (303, 401)
    assert client.get("/startups/demo-kkum-games/advice").status_code in (303, 401)
    assert client.get("/my/demo-kkum-games/advice").status_code == 404
    add(app, "her@kkum.example", "startup", profile="demo-kkum-games")
    her = browser_of(app, "her@kkum.example")
    own = her.get("/my/demo-kkum-games/advice")
    assert own.status_code == 200
    assert "demo-dalbit" not in own.text
    assert "/my/demo-kkum-games/advice" in her.get("/my/demo-kkum-games").text
    assert her.get("/my/demo-nuri-vision/advice").status_code == 404
    assert her.get("/planner").status_code == 403


def test_the_menu_leads_to_the_planner(staff):
    assert 'href="/planner"' in staff.get("/programmes").text


def test_startups_abroad_are_refused_by_domestic_support_with_the_reason(staff):
    found = staff.get("/programmes/investment-match/qualifying").text
    now, out = found.split('id="close"')[0], found.split('id="out"')[1]
    assert "demo-volga-sonar" not in now
    assert "demo-volga-sonar" in out
    told = "The programme is for startups in South Korea; this one is in Russian Federation."
    assert told in out
    assert "프로그램 대상 국가: 대한민국. 스타트업의 국가: 러시아" in staff.get(
        "/startups/demo-volga-sonar/support", headers=KO
    ).text  # fmt: skip
    advice = staff.get("/startups/demo-volga-sonar/advice").text
    assert told in advice
    assert "The startup may apply to no part of the programme" in advice
