"""A person's way through the pages in a real browser, without any request to another site."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Route,
    expect,
)

from evaluation import outcome_of
from profiles.judging import open_round
from service.judging import Desk
from service.submission import submit

pytestmark = [
    pytest.mark.browser,
    # A browser that leaves a page early lets the test server drop the files of its pictures.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

PAGES = [
    "/",
    "/startups/new",
    "/startups/new/one-page",
    "/return",
    "/sign-in",
    "/startups",
    "/partners",
    "/programmes",
    "/startups/sonoeye",
    "/partners/samsung",
    "/startups/sonoeye/matches",
    "/startups/sonoeye/matches?programme=contest-skt-daejeon",
    "/startups/sonoeye/matches?weight_past=2&room=1",
    "/startups/sonoeye/matches/print",
    "/startups/sonoeye/compare?partner=samsung&partner=lotte&partner=severance",
    "/startups/sonoeye/why-not?name=lotte",
    "/partners/samsung/matches",
    "/startups/sonoeye/why?candidate=samsung",
    "/startups/sonoeye/missing",
    "/startups/sonoeye/edit",
    "/programmes/contest-skt-daejeon/edit",
    "/ties/new?profile=samsung",
    "/partners/samsung/history",
    "/duplicates",
    "/duplicates/pair?a=samsung&b=sk-telecom",
    "/judging",
    "/evaluations",
    "/evaluations/new",
    "/evaluations/train",
    "/testsets",
    "/models",
    "/models/default",
]


@dataclass
class Watched:
    """A browser's tab whose foreign requests are refused and whose complaints are kept."""

    page: Page
    address: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def guard(self, route: Route) -> None:
        if route.request.url.startswith((self.address, "data:")):
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()


@pytest.fixture
def watch(browser: Browser, address: str) -> Iterator:
    """Open tabs; at the end none of them has asked another site or complained."""
    contexts: list[BrowserContext] = []
    tabs: list[Watched] = []

    def open_tab(locale: str = "en", width: int = 1280, **more) -> Watched:
        viewport = {"width": width, "height": 900}
        context = browser.new_context(locale=locale, viewport=viewport, **more)
        tab = Watched(context.new_page(), address)
        context.route("**/*", tab.guard)
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on(
            "console",
            lambda said: tab.complaints.append(said.text) if said.type == "error" else None,
        )
        contexts.append(context)
        tabs.append(tab)
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    for tab in tabs:
        assert tab.foreign == []
        expected = re.compile(r"the server responded with a status of 4\d\d")
        assert [said for said in tab.complaints if not expected.search(said)] == []


def test_a_person_submits_in_korean_and_staff_find_the_startup(watch, token):
    person = watch("ko")
    page = person.open("/")
    page.get_by_role("link", name="스타트업 등록").first.click()
    page.get_by_role("link", name="한 화면에서 모두 쓰기").click()
    page.get_by_label("이름 (한국어)").fill("부산항해")
    page.get_by_label("하는 일").fill(
        "자율운항 선박을 위한 충돌 회피 항법 소프트웨어를 개발합니다."
    )
    page.get_by_label("찾는 것").fill("실제 선박에서 시험할 조선소나 연구소를 찾습니다.")
    page.get_by_label("지역", exact=True).select_option(label="부산광역시")
    page.get_by_text("모빌리티", exact=True).click()
    page.get_by_label("조선·해양 모빌리티").check()
    page.get_by_label("시드", exact=True).check()
    page.get_by_label("실증·개념검증").first.check()
    page.get_by_label("연락용 이메일").fill("hello@busan.example")
    page.get_by_role("button", name="제출하기").click()
    page.get_by_text("연락처는 동의가 있어야 보관할 수 있습니다.").first.wait_for()
    assert page.get_by_label("이름 (한국어)").input_value() == "부산항해"
    page.get_by_label("이메일 주소의 수집과 이용에 동의합니다.").check()
    page.get_by_role("button", name="제출하기").click()
    page.get_by_role("heading", name="감사합니다. 스타트업이 등록되었습니다.").wait_for()
    id = page.locator("#startup-id").inner_text()

    staff = watch("ko")
    page = staff.open(f"/sign-in?token={token}&next=/startups/{id}/matches")
    page.get_by_role("heading", name="부산항해에 맞는 파트너").wait_for()
    found = page.locator(".match-name h2 a").evaluate_all("links => links.map(a => a.pathname)")
    assert {"/partners/kriso", "/partners/hd-hyundai"} & set(found[:5])
    page.locator("#m-1 .verdict summary").click()
    page.locator("#m-1").get_by_label("메모").fill("다음 주에 소개")
    page.locator("#m-1").get_by_role("button", name="잘 맞음").click()
    page.get_by_text("의견을 저장했습니다.").wait_for()
    assert "다음 주에 소개" in page.locator("#m-1 .verdicts").inner_text()
    staff.open("/partners/kriso/matches?k=50")
    assert page.get_by_role("link", name="부산항해").is_visible()


def test_a_person_submits_in_english_without_scripts(watch, token):
    person = watch("en", java_script_enabled=False)
    page = person.open("/startups/new/one-page")
    page.get_by_label("Name (English)").fill("Twinyard")
    page.get_by_label("What it does").fill("We simulate shipyards as digital twins.")
    page.get_by_label("Region", exact=True).select_option("US")
    page.get_by_text("Digital technology", exact=True).click()
    page.get_by_label("Digital twin and simulation").check()
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_role("heading", name="Thank you. Your startup has been received.").wait_for()
    id = page.locator("#startup-id").inner_text()

    page = watch("en").open(f"/sign-in?token={token}&next=/startups/{id}/matches")
    page.get_by_label("Sector", exact=True).select_option("digital_twin")
    page.get_by_label("Kind").select_option("global_company")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**kind=global_company**")
    found = page.locator(".match-name h2 a").evaluate_all("links => links.map(a => a.pathname)")
    assert {"/partners/dassault-systemes", "/partners/siemens"} & set(found[:3])


def test_switching_the_language_in_the_middle_loses_nothing(watch):
    page = watch("en").open("/startups/new/one-page")
    page.get_by_label("Name (English)").fill("Half done")
    page.get_by_role("button", name="한국어").click()
    page.get_by_role("heading", name="스타트업 등록").wait_for()
    assert page.get_by_label("이름 (English)").input_value() == "Half done"


def test_the_form_is_reached_filled_and_sent_by_keyboard_alone(watch):
    page = watch("en").open("/startups/new/one-page")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    typed = {"name_en": "Keys only", "summary": "We make keyboards."}
    for _ in range(200):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || ''")
        if name in typed:
            page.keyboard.type(typed[name])
        if page.evaluate("document.activeElement.matches('main button[type=submit]')"):
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you. Your startup has been received.").wait_for()


def test_two_people_edit_one_profile_and_neither_loses_a_word(watch, token, app):
    submit(app.extensions["dari"], {"id": "twice", "name": "Twice", "summary": "We weigh ships."})
    tabs = [watch(lang, java_script_enabled=False) for lang in ("ko", "en")]
    kim, lee = (tab.open(f"/sign-in?token={token}&next=/startups/twice/edit") for tab in tabs)
    kim.get_by_label("이름 (변경 이력에 남습니다)").fill("김민지")
    kim.get_by_label("하는 일 (English)").fill("We weigh ships in harbours.")
    kim.get_by_label("설립 연도").fill("2020")
    kim.get_by_role("button", name="저장", exact=True).click()
    kim.get_by_text("변경 내용을 저장했습니다.").wait_for()

    lee.get_by_label("Your name, for the history").fill("Lee")
    lee.get_by_label("What it does (English)").fill("We weigh\nferries & ships.")
    lee.get_by_label("Website").fill("https://twice.example")
    lee.get_by_role("button", name="Save").click()
    lee.get_by_role("heading", name="Somebody else has changed Twice meanwhile").wait_for()
    summary = lee.get_by_role("group", name="What it does (English)")
    for shown in (
        "We weigh ships.",
        "김민지 saved",
        "We weigh ships in harbours.",
        "ferries & ships",
    ):
        assert shown in summary.inner_text()
    assert lee.get_by_role("group", name="Founded").get_by_label("김민지 saved").is_checked()
    assert lee.get_by_role("group", name="Website").get_by_label("You typed").is_checked()
    lee.get_by_role("button", name="Save the chosen versions").click()
    lee.get_by_role("link", name="What it does (English)").wait_for()
    lee.get_by_role("group", name="What it does (English)").get_by_label("You typed").check()
    lee.get_by_role("button", name="Save the chosen versions").click()
    lee.get_by_text("Your changes have been kept.").wait_for()

    kept = app.extensions["dari"].store.get("twice")
    assert kept.summary.en == "We weigh\nferries & ships."
    assert (kept.founded, kept.website) == (2020, "https://twice.example")
    lee.get_by_role("link", name="History").click()
    newest, middle, first = lee.locator(".chronicle > li").all_inner_texts()
    for told, words in (
        (newest, ("Revision 3", "Lee", "We weigh ships in harbours.", "https://twice.example")),
        (
            middle,
            ("Revision 2", "김민지", "We weigh ships.", "We weigh ships in harbours.", "2020"),
        ),
        (first, ("Revision 1", "Entered with")),
    ):
        assert [word for word in words if word not in told] == []


CONTRAST = """
() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const f = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.checkVisibility() || e.closest(".skip-link")) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const text = walk.currentNode.data.trim();
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${e.className} ${text}`);
  }
  return [...new Set(poor)];
}
"""

WALKED = [("ko", "light"), ("en", "dark")]
"""Width depends on the language and contrast on the scheme: two walks meet each of both."""
if "DARI_EVERY_LOOK" in os.environ:
    WALKED += [("ko", "dark"), ("en", "light")]


@pytest.mark.parametrize(("locale", "scheme"), WALKED)
def test_every_page_fits_a_narrow_screen_and_every_text_has_contrast(watch, token, locale, scheme):
    tab = watch(locale, color_scheme=scheme)
    tab.open(f"/sign-in?token={token}")
    for path in [*PAGES, "/nothing"]:
        tab.page.set_viewport_size({"width": 320, "height": 900})
        page = tab.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
        page.set_viewport_size({"width": 1280, "height": 900})
        assert page.evaluate(CONTRAST) == [], path


def test_the_match_list_prints_with_its_reasons_and_without_its_buttons(watch, token):
    tab = watch("en")
    page = tab.open(f"/sign-in?token={token}&next=/startups/sonoeye/matches")
    page.emulate_media(media="print")
    assert page.get_by_role("navigation", name="Main").is_hidden()
    assert page.get_by_text("Give a verdict").first.is_hidden()
    assert page.locator("#m-1 .more .reason").first.is_visible()


def test_what_would_change_a_rank_is_worked_out_when_it_is_opened(watch, token):
    tab = watch("en")
    page = tab.open(f"/sign-in?token={token}&next=/startups/sonoeye/matches")
    first = page.locator("#m-1 details.what-if")
    assert page.locator(".changes").count() == 0
    first.locator("summary").click()
    first.locator(".changes li").first.wait_for()
    assert "points" in first.inner_text()
    assert page.locator(".changes").count() == 1
    page = tab.open("/startups/sonoeye")
    page.get_by_text("Which missing field would help most").click()
    page.locator(".changes li").first.wait_for()
    assert (tab.foreign, tab.complaints) == ([], [])


def test_staff_merge_two_profiles_and_undo_it_without_scripts(watch, app, token):
    from profiles import Side, Startup, validate
    from profiles.apart import keep_proposals
    from profiles.identity import propose_duplicates

    dari = app.extensions["dari"]
    named = {"s-one": "주식회사 하늘농장", "s-two": "하늘농장"}
    for id, name in named.items():
        raw = {"id": id, "name": name, "summary": f"text of {id}", "trl": len(id)}
        dari.writer.put(validate(Startup, raw | ({"region": "KR-27"} if id == "s-two" else {})))
    found = propose_duplicates(dari.store.get_many(named).values())
    keep_proposals(dari.store, found, [Side.STARTUP])

    staff = watch("ko", java_script_enabled=False)
    page = staff.open(f"/sign-in?token={token}")
    page.get_by_text("더 보기").click()
    page.get_by_role("link", name="중복").click()
    page.get_by_role("link", name="비교").click()
    page.get_by_role("heading", name="두 프로필은 같은 기업인가요?").wait_for()
    page.get_by_label("text of s-two").check()
    page.get_by_role("button", name="병합: “주식회사 하늘농장”을 남김").click()
    page.get_by_text("프로필을 병합했습니다.").wait_for()
    page = staff.open("/startups/s-two")
    assert page.url.endswith("/startups/s-one")
    assert page.get_by_text("s-two이(가) 이 프로필에 병합되었습니다.").is_visible()
    assert page.get_by_text("text of s-two").is_visible()
    assert page.get_by_text("대구광역시").is_visible()
    page.get_by_role("link", name="병합 기록").click()
    page.get_by_role("button", name="되돌리기").click()
    page.get_by_text("병합을 되돌렸습니다.").wait_for()
    page = staff.open("/startups/s-two")
    assert page.url.endswith("/startups/s-two")
    page = staff.open("/duplicates")
    page.get_by_role("link", name="비교").click()
    page.get_by_label("이유(선택)").fill("이름만 같음")
    page.get_by_role("button", name="분리하기").click()
    page.get_by_text("두 프로필을 분리했습니다.").wait_for()
    assert page.get_by_text("이름만 같음").is_visible()
    assert page.get_by_role("link", name="비교").count() == 0


def test_a_name_that_is_typed_in_the_form_of_a_tie_is_completed(watch, token):
    tab = watch()
    tab.open(f"/sign-in?token={token}")
    page = tab.open("/ties/new")
    page.locator("#a").press_sequentially("samsu")
    offered = page.locator('datalist#a-names option[value="samsung"]')
    offered.wait_for(state="attached")
    assert "삼성" in offered.text_content()
    assert page.locator("#a").get_attribute("list") == "a-names"


def test_a_slow_answer_to_what_was_typed_before_offers_nothing(watch, token):
    tab = watch()
    tab.open(f"/sign-in?token={token}")
    page = tab.open("/ties/new")
    slow = []

    def hold(route):
        slow.append(route)

    page.route("**/names?q=samsung", hold)
    with page.expect_request("**/names?q=samsung"):
        page.locator("#a").fill("samsung")
    page.locator("#a").fill("kaist")
    page.locator('datalist#a-names option[value="kaist"]').wait_for(state="attached")
    with page.expect_response("**/names?q=samsung") as answered:
        slow[0].continue_()
    answered.value.finished()
    page.wait_for_timeout(100)
    assert page.locator("datalist#a-names option").first.get_attribute("value") == "kaist"


def test_a_verdict_outlives_the_session_in_a_browser(watch, app, token):
    tab = watch("ko", width=390)
    tab.open(f"/sign-in?token={token}")
    page = tab.open("/startups/sonoeye/matches")
    page.locator("details.verdict summary").first.click()
    page.locator("[name=note]").first.fill("둘째 회의를 잡기로 함")
    page.context.clear_cookies()
    page.locator("button[value=good]").first.click()
    assert page.locator("h1").text_content() == "로그아웃된 상태입니다"
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="로그인").last.click()
    other = opened.value
    other.goto(f"{tab.address}/sign-in?token={token}")
    page.get_by_role("button", name="다시 보내기").click()
    page.get_by_text("의견을 저장했습니다.").wait_for()
    said = app.extensions["dari"].store.verdicts("sonoeye")
    assert said[-1].note == "둘째 회의를 잡기로 함"


def test_an_evaluator_judges_by_keys_alone(app, watch, token):
    store = app.extensions["dari"].store
    partners = ("kaist", "naver", "samsung", "sk-telecom", "kt")
    open_round(store, "keys", {("sonoeye", one): {"x": 1} for one in partners}, judges=2, depth=1)
    order = [one.pair.id for one in Desk(outcome_of(store, "keys"), "KJS").order]
    page = watch("ko").open(f"/sign-in?token={token}&next=/judging")
    page.get_by_label("이름 또는 이니셜").fill("KJS")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="5쌍 판정하기").click()

    def at(pair: int) -> None:
        page.wait_for_url(f"**/judging/keys/{order[pair]}")
        page.wait_for_selector("[data-keys=ready]")

    at(0)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour on its way
        page.wait_for_selector(f"html[data-bs-theme={scheme}]")
        assert page.evaluate(CONTRAST) == []
    page.keyboard.press("3")
    at(1)
    expect(page.get_by_role("status")).to_have_text("3등급을 저장했습니다")
    page.keyboard.press("n")
    page.keyboard.type("3 nice, skip 0")  # no key of these but a letter of the note
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    at(2)
    page.keyboard.press("s")
    at(3)
    page.keyboard.press("ArrowLeft")
    at(2)
    page.keyboard.press("ArrowLeft")
    at(1)
    expect(page.get_by_label("메모")).to_have_value("3 nice, skip 0")
    expect(page.get_by_role("button", name="2 잘 맞음")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    at(2)
    page.keyboard.press("ArrowRight")
    at(3)
    page.keyboard.press("Control+1")  # the browser's own
    page.keyboard.press("0")
    at(4)
    page.keyboard.press("1")
    at(2)  # the one that was skipped
    page.keyboard.press("1")
    page.get_by_text("판정할 쌍이 더 없습니다").wait_for()
    given = {one.pair.id: one.grades["KJS"] for one in outcome_of(store, "keys").pairs}
    assert [given[pair] for pair in order] == [3, 2, 1, 0, 1]


def test_a_judging_page_on_a_phone_and_without_a_script(app, watch, token):
    store = app.extensions["dari"].store
    open_round(store, "phone", {("sonoeye", "samsung"): {"x": 1}}, judges=1, depth=1)
    page = watch("en", width=390, java_script_enabled=False).open(f"/sign-in?token={token}")
    page.goto(page.url.replace("/startups", "/judging"))
    page.get_by_label("Your name or initials").fill("Lee")
    page.get_by_role("button", name="Save").click()
    row = page.locator(".round-row").filter(has_text="phone")
    row.get_by_role("link", name="Judge 1 pair", exact=True).click()
    page.get_by_label("Note").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Note").fill("tapped")
    page.get_by_role("button", name="2 Fits well").click()
    page.get_by_text("Nothing is left for you to judge").wait_for()
    (one,) = outcome_of(store, "phone").pairs
    assert one.grades == {"Lee": 2}
