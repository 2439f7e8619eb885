"""Staff at the lists in a real browser: typing, ticking, choosing, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from service.submission import submit
from tests.servers import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

SAID = {
    "en": ("1 startup", "0 startups, 1 with a similar name", "2 startups", "Chosen: 1"),
    "ko": ("스타트업 1곳", "스타트업 0곳, 이름이 비슷한 곳 1곳", "스타트업 2곳", "선택: 1곳"),
}


@pytest.fixture(scope="module")
def address(make_app) -> Iterator[str]:
    app = make_app()
    for id, region, stage in (
        ("robo", "KR-27", "seed"),
        ("heal", "KR-11", "seed"),
        ("x", "KR-11", "growth"),
    ):
        firm = {"id": id, "name": f"{id.title()} Works", "region": region, "stage": stage}
        submit(app.extensions["dari"], firm | {"summary": "Robots that weld ships."})
    with served(app) as url:
        yield url


@pytest.fixture
def open_page(browser: Browser, address: str, token: str) -> Iterator:
    """Open pages of signed-in staff; at the end none of them has complained or asked elsewhere."""
    contexts, wrong = [], []

    def opened(path: str, locale: str = "en", width: int = 1280, **more) -> Page:
        viewport = {"width": width, "height": 900}
        context = browser.new_context(locale=locale, viewport=viewport, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                wrong.append(asked.url) if not asked.url.startswith((address, "data:")) else None
            ),
        )
        page.goto(f"{address}/sign-in?token={token}")
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_list_follows_what_is_typed_and_ticked(open_page, lang):
    one, similar, two, chosen = SAID[lang]
    page = open_page("/startups", lang)
    said = page.locator("#list-said")
    page.fill("#q", "robo")
    expect(said).to_have_text(one)
    expect(page).to_have_url(re.compile(r"/startups\?q=robo$"))
    expect(page.locator(".cell-name a")).to_have_count(1)
    page.fill("#q", "rabo works")
    expect(said).to_have_text(similar)
    page.fill("#q", "")
    page.locator("[data-facet=region] summary").click()
    page.locator("#region-KR-11").check()
    expect(said).to_have_text(two)
    expect(page.locator("#region-KR-11")).to_be_focused()
    expect(page.locator("label[for=stage-seed] .count")).to_have_text("1")
    page.locator("input[name=id]").first.check()
    expect(page.locator("[data-chosen]")).to_have_text(chosen)
    page.go_back()


def test_only_the_last_question_is_shown(open_page):
    page = open_page("/startups")
    waiting = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/lists/startups.json?q=h*", hold)
    page.fill("#q", "heal")
    page.wait_for_timeout(400)
    page.fill("#q", "robo")
    expect(page.locator("#list-said")).to_have_text("1 startup")
    expect(page.locator(".cell-name a")).to_have_text("Robo Works")
    assert len(waiting) == 1
    page.wait_for_timeout(200)
    expect(page.locator(".cell-name a")).to_have_text("Robo Works")


def test_a_list_that_cannot_be_loaded_says_so(open_page):
    page = open_page("/startups")
    page.route("**/lists/startups.json*", lambda route: route.abort())
    page.fill("#q", "heal")
    expect(page.locator("#list-said")).to_contain_text("could not be loaded")


def test_without_scripts_the_form_does_the_same(open_page):
    page = open_page("/startups", java_script_enabled=False)
    page.fill("#q", "robo")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#list-said")).to_have_text("1 startup")
    page.locator("[data-facet=stage] summary").click()
    page.locator("#stage-growth, #stage-seed").first.check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".cell-name a")).to_have_count(1)


@pytest.mark.parametrize(("lang", "done"), [("en", "Erase for good"), ("ko", "완전히 삭제")])
def test_staff_choose_and_are_asked_by_keyboard_alone(open_page, lang, done):
    page = open_page("/startups?q=heal", lang)
    page.locator("#q").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "id":
            break
    page.keyboard.press("Space")
    expect(page.locator("input[name=id]")).to_be_checked()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "deed":
            break
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=done)).to_be_visible()
    expect(page.locator(".chosen-list")).to_contain_text("Heal Works")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_map_is_walked_by_keyboard_and_leads_to_the_list(open_page, lang):
    page = open_page("/map", lang)
    page.locator(".switch a").last.focus()
    page.keyboard.press("Tab")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.endswith(" 2")
    page.keyboard.press("Enter")
    expect(page.locator("#list-said")).to_have_text(SAID[lang][2])


@pytest.mark.parametrize("path", ["/startups", "/partners?region=KR-27", "/map?show=pairings"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_is_not_wider_than_its_screen(open_page, path, scheme):
    page = open_page(path, "en", 320, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
