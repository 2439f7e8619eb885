"""A startup's way in a real browser: from the first visit to handed in, and back by a link."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
WORDS = {
    "ko": {
        "go on": "저장하고 다음으로",
        "look": "저장하고 미리 보기",
        "name": "이름 (한국어)",
        "text": "하는 일 (한국어)",
        "pilot": "실증·개념검증",
        "robots": "로봇",
        "region": "경기도",
        "contact": "연락용 이메일",
        "later": "저장하고 나중에 이어 쓰기",
        "show": "링크를 화면에 표시하기",
        "open": "열기",
        "hand in": "제출하기",
        "stands": "진행 상황",
        "edit": "프로필 수정",
        "keep": "수정 내용 저장하기",
        "erase": "모두 삭제",
        "sure": "네, 우리 스타트업에 대해 보관 중인 모든 정보를 삭제해 주세요.",
        "for good": "완전히 삭제하기",
        "erased": "보관하던 모든 정보를 삭제했습니다",
    },
    "en": {
        "go on": "Save and go on",
        "look": "Save and look it over",
        "name": "Name (English)",
        "text": "What it does (English)",
        "pilot": "Pilot and proof of concept",
        "robots": "Robotics",
        "region": "Gyeonggi",
        "contact": "Contact e-mail",
        "later": "Save and come back later",
        "show": "Show me a link to keep",
        "open": "Open",
        "hand in": "Hand it in",
        "stands": "Where it stands",
        "edit": "Edit the profile",
        "keep": "Keep the changes",
        "erase": "Erase everything",
        "sure": "Yes, erase everything that is held about my startup.",
        "for good": "Erase for good",
        "erased": "Everything that was held about your startup is erased.",
    },
}
TOLD = {
    "ko": ("한빛로봇", "물류 창고에서 상자를 옮기는 로봇 팔을 만듭니다."),
    "en": ("Hanbit Robotics", "We build robot arms that move boxes in warehouses."),
}


@pytest.fixture(scope="module")
def address(app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser, address):
    """Open a page in a browser of its own; requests to other sites are refused and counted."""
    contexts: list[BrowserContext] = []
    foreign: list[str] = []

    def guard(route):
        if route.request.url.startswith((address, "data:")):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    def visit(path: str, lang: str, **more) -> Page:
        context = browser.new_context(locale=lang, **more)
        context.route("**/*", guard)
        contexts.append(context)
        page = context.new_page()
        page.goto(path if path.startswith("http") else address + path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert foreign == []


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_first_visit_to_handed_in_and_back_by_a_link(visit, lang, scripts):
    say = WORDS[lang]
    name, text = TOLD[lang]

    def press(on: Page, what: str) -> None:
        on.get_by_role("button", name=say[what], exact=True).click()

    page = visit("/startups/new", lang, java_script_enabled=scripts)
    page.get_by_label(say["name"]).fill(name)
    press(page, "go on")
    page.get_by_label(say["text"]).fill(text)
    press(page, "later")
    press(page, "show")
    link = page.locator("#one-time-link").inner_text()
    code = page.locator("#one-time-code").inner_text()

    back = visit(link, lang, java_script_enabled=scripts)
    if scripts:
        expect(back.locator("#token")).to_have_value(code)
        assert "#" not in back.url
    else:
        back.locator("#token").fill(code)
    press(back, "open")
    back.wait_for_url("**/drafts/**")
    back.goto(back.url.rpartition("/")[0] + "/build")
    assert back.get_by_label(say["text"]).input_value() == text
    press(back, "go on")
    back.get_by_label(say["pilot"]).first.check()
    press(back, "go on")
    back.locator(".suggestion").get_by_label(say["robots"]).check()
    back.locator("#region").select_option(label=say["region"])
    press(back, "go on")
    back.get_by_label(say["contact"], exact=True).fill("kim@hanbit.example")
    back.locator("#consent").check()
    press(back, "look")
    assert say["robots"] in back.locator("#understood").inner_text()
    if scripts:
        back.locator("#worth .changes li").first.wait_for()
    press(back, "hand in")
    back.wait_for_url("**/my/s-*")
    assert back.get_by_role("heading", name=say["stands"]).is_visible()

    back.goto(back.url + "?lang=" + lang)
    press(back, "show")
    again = visit(back.locator("#one-time-link").inner_text(), lang, java_script_enabled=scripts)
    if not scripts:
        again.locator("#token").fill(back.locator("#one-time-code").inner_text())
    press(again, "open")
    again.wait_for_url("**/my/s-*")
    press(again, "edit")
    again.get_by_label(say["name"]).fill(f"{name} 2")
    press(again, "go on")
    again.goto(re.sub(r"/\w+$", "/preview", again.url))
    press(again, "keep")
    again.wait_for_url("**/my/s-*")
    assert f"{name} 2" in again.locator("h1").inner_text()
    again.get_by_role("link", name=say["erase"]).click()
    again.get_by_label(say["sure"]).check()
    press(again, "for good")
    again.get_by_text(say["erased"]).wait_for()


def test_what_is_typed_is_saved_by_itself_and_the_page_says_when(visit):
    page = visit("/startups/new", "en")
    page.get_by_label("Name (English)").fill("Self-saving")
    expect(page.locator("#save-state")).to_contain_text("Saved at")
    assert re.search(r"/drafts/d-[a-z2-7]{12}/who$", page.url)
    page.get_by_label("Website").fill("notaurl")
    page.get_by_text("notaurl is not a web address.").wait_for()
    page.reload()
    assert page.get_by_label("Name (English)").input_value() == "Self-saving"
    assert page.get_by_label("Website").input_value() == "notaurl"


def test_what_cannot_be_saved_is_said_and_saved_once_it_can(visit):
    page = visit("/startups/new", "en")
    page.get_by_label("Name (English)").fill("Offline")
    expect(page.locator("#save-state")).to_contain_text("Saved at")
    page.context.set_offline(True)
    page.get_by_label("Name (English)").fill("Offline, still typing")
    expect(page.locator("#save-state")).to_contain_text("Not saved yet")
    assert page.get_by_label("Name (English)").input_value() == "Offline, still typing"
    page.context.set_offline(False)
    expect(page.locator("#save-state")).to_contain_text("Saved at")
    page.reload()
    assert page.get_by_label("Name (English)").input_value() == "Offline, still typing"


def test_two_windows_lose_nothing(visit):
    page = visit("/startups/new", "en")
    page.get_by_label("Name (English)").fill("First")
    expect(page.locator("#save-state")).to_contain_text("Saved at")
    other = page.context.new_page()
    other.goto(page.url)
    with other.expect_response(lambda one: one.request.method == "POST") as saved:  # says "Saved"
        other.get_by_label("Name (English)").fill("From the other window")  # of what it opened with
    assert saved.value.ok
    page.get_by_label("Name (English)").fill("From this window")
    expect(page.locator("#save-state")).to_contain_text("Another window has saved")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("heading", name="Submit a startup").wait_for()
    assert page.get_by_text("From the other window").is_visible()
    assert page.get_by_label("Name (English)").input_value() == "From this window"


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_every_step_fits_the_screen(visit, width):
    page = visit("/startups/new", "ko", viewport={"width": width, "height": 800})
    page.get_by_label("이름 (한국어)").fill("좁은화면")
    page.get_by_role("button", name="저장하고 다음으로").click()
    page.wait_for_url("**/build")
    base = page.url.rsplit("/", 1)[0]
    for step in ("who", "build", "seek", "place", "consent", "preview", "link", "delete"):
        page.goto(f"{base}/{step}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, step
