"""A pair's way from a match list to a proof of concept, in a real browser, in both languages."""

from __future__ import annotations

import re

import pytest

from profiles.case_moves import move_case
from profiles.cases import CaseStage, cases_of
from profiles.casework import open_case
from service.submission import submit
from tests.service.test_browser_journeys import watch

__all__ = ["watch"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

WORDS = {
    "ko": {
        "shortlist": "후보 선정", "partner": "파트너와 함께 후보로 선정",
        "name": "파트너 이름 또는 ID",
        "release": "스타트업에 공개", "introduced": "→ 소개", "met": "→ 미팅", "poc": "→ 실증(PoC)",
        "link": "답변 링크 만들기", "yes": "네, 만나 보고 싶습니다", "send": "답변 보내기",
        "thanks": "감사합니다. 답변을 저장했습니다.", "letter": "메일 초안", "sent": "직접 보냈음",
        "reasons": "[잘 맞는다고 보는 이유]", "plan": "미팅 잡기", "time": "날짜와 시각",
        "save": "저장", "file": "일정 파일(ICS)", "note": "새 메모", "add": "메모 남기기",
        "board": "진행 현황",
        "stage": "실증(PoC)", "both": "양측이 모두 수락했습니다.",
    },
    "en": {
        "shortlist": "Shortlist", "partner": "Shortlist with a partner",
        "name": "Name or ID of the partner", "release": "Release to the startup",
        "introduced": "→ Introduced", "met": "→ Met", "poc": "→ Proof of concept",
        "link": "Make a link to answer", "yes": "Yes, we would like to meet",
        "send": "Send the answer", "thanks": "Thank you. Your answer has been kept.",
        "letter": "Draft a letter", "sent": "I have sent it", "reasons": "[잘 맞는다고 보는 이유]",
        "plan": "Plan a meeting", "time": "Day and time", "save": "Plan",
        "file": "Calendar file (ICS)", "note": "New note", "add": "Add the note",
        "board": "Pipeline", "stage": "Proof of concept", "both": "Both have accepted.",
    },
}  # fmt: skip


@pytest.mark.parametrize(("lang", "scripts"), [("ko", True), ("en", False)])
def test_a_pair_goes_from_a_match_to_a_proof_of_concept(watch, token, app, lang, scripts):
    words, id = WORDS[lang], f"journey-{lang}"
    named = {"id": id, "name": {"ko": f"여정{lang}", "en": f"Journey {lang}"}}
    said = "휴대용 초음파 진단기기를 만들고 임상 검증을 함께할 병원을 찾습니다."
    submit(app.extensions["dari"], {**named, "summary": said, "region": "KR-27"})
    page = watch(lang, java_script_enabled=scripts).open(
        f"/sign-in?token={token}&next=/startups/{id}/matches"
    )
    best = page.locator(".match-name h2 a").first.get_attribute("href").rsplit("/", 1)[1]
    page.goto(page.url.replace("/matches", ""))
    page.get_by_text(words["partner"]).click()
    page.get_by_label(words["name"]).fill(best)
    page.get_by_role("button", name=words["shortlist"], exact=True).click()
    page.wait_for_url("**/cases/*")
    case = page.url
    assert page.locator(".case-reasons li").count() > 0

    page.get_by_role("button", name=words["release"]).click()
    page.get_by_role("button", name=words["introduced"]).click()
    for side in ("startup", "partner"):
        page.get_by_role("button", name=words["link"]).first.click()
        page.locator(f"#link-{side}").wait_for()
    links = [page.locator(f"#link-{side}").input_value() for side in ("startup", "partner")]
    assert links[0] != links[1]

    page.get_by_role("link", name=words["letter"]).first.click()
    text = page.locator("#letter-text").input_value()
    assert words["reasons"] in text
    assert links[0] in text
    page.get_by_role("button", name=words["sent"]).click()

    for link in links:
        side = watch(lang, 390, java_script_enabled=scripts).page
        side.goto(link)
        side.get_by_label(words["yes"]).check()
        side.get_by_role("button", name=words["send"]).click()
        side.get_by_text(words["thanks"]).wait_for()
    assert words["both"] in side.locator("main").inner_text()

    page.goto(case)
    page.get_by_text(words["plan"]).click()
    page.get_by_label(words["time"]).last.fill("2026-12-03T14:00")
    page.locator(f"form[action$=meetings] button:text-is('{words['save']}')").click()
    with page.expect_download() as got:
        page.get_by_role("link", name=words["file"]).click()
    assert "METHOD:PUBLISH" in got.value.path().read_text()
    page.get_by_role("button", name=words["met"]).click()
    page.get_by_label(words["note"]).fill("잘 만났습니다")
    page.get_by_role("button", name=words["add"]).click()
    page.get_by_role("button", name=words["poc"]).click()
    assert page.locator(".case-path [aria-current]").inner_text() == words["stage"]

    page.get_by_role("link", name=words["board"], exact=True).first.click()
    column = page.locator(".board-column", has=page.locator("#stage-poc"))
    assert named["name"][lang] in column.inner_text()
    (kept,) = cases_of(app.extensions["dari"].store, id)
    assert (kept.stage, kept.startup_answer, kept.partner_answer) == ("poc", "yes", "yes")
    assert kept.shown_rank is None
    ties = app.extensions["dari"].store.ties_page(id)
    assert [(tie.kind, tie.b) for tie in ties] == [("pilot", best)]


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_every_page_of_the_pipeline_fits_a_narrow_screen(watch, token, app, locale):
    dari = app.extensions["dari"]
    submit(dari, {"id": f"narrow-{locale}", "name": "Narrow", "summary": "We weigh ships."})
    case, _ = open_case(dari.store, f"narrow-{locale}", "samsung", owner="x" * 100)
    move_case(dari.store, case.id, CaseStage.MET)
    tab = watch(locale, 320)
    tab.open(f"/sign-in?token={token}")
    for path in ("/pipeline", "/pipeline?stage=met", "/pipeline/charts", f"/cases/{case.id}",
                 f"/cases/{case.id}/letter/partner", "/startups/sonoeye"):  # fmt: skip
        page = tab.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        unnamed = page.evaluate(
            "[...document.querySelectorAll('main input:not([type=hidden]), main select,"
            " main textarea')].filter(e => !e.labels.length && !e.ariaLabel).map(e => e.id)"
        )
        assert unnamed == [], path
    assert re.search(r"narrow|Narrow", tab.open("/pipeline").locator("main").inner_text())
