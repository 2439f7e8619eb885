"""The pipeline and wide tables in a real browser: dragging cards, folding filters, scrolling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from apiflask import APIFlask
from playwright.sync_api import Browser, Page, expect

from profiles.case_moves import move_case
from profiles.cases import Case, CaseStage, get_case
from profiles.casework import open_case, release_case
from service.submission import submit
from tests.servers import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def home(make_app: Any) -> APIFlask:
    app: APIFlask = make_app()
    for id in ("robo", "heal", "weld", "ship"):
        firm = {"id": id, "name": f"{id.title()} Works", "region": "KR-27", "stage": "seed"}
        submit(app.extensions["dari"], firm | {"summary": "Robots that weld ships."})
    return app


@pytest.fixture(scope="module")
def address(home: APIFlask) -> Iterator[str]:
    with served(home) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, address: str, token: str) -> Iterator[Visit]:
    contexts, wrong = [], []

    def visit(path: str, *, locale: str = "en", width: int = 1280) -> Page:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{address}/sign-in?token={token}")
        page.goto(address + path)
        return page

    yield visit
    for one in contexts:
        one.close()
    assert wrong == []


def store(home: APIFlask) -> Any:
    return home.extensions["dari"].store


def drag(page: Page, case: Case, stage: str) -> None:
    page.locator(f"#case-{case.id}").drag_to(page.locator(f'[data-stage="{stage}"] h2'))
    page.wait_for_load_state()


def test_a_card_is_dragged_to_a_later_stage_and_to_no_earlier_one(
    home: APIFlask, visit: Visit
) -> None:
    case = release_case(store(home), open_case(store(home), "robo", "samsung")[0].id)
    page = visit("/pipeline")
    drag(page, case, "met")
    expect(page.get_by_role("status")).to_contain_text("The case has been moved.")
    assert get_case(store(home), case.id).stage is CaseStage.MET
    assert page.url.endswith(f"/pipeline#case-{case.id}")
    drag(page, case, "introduced")
    assert get_case(store(home), case.id).stage is CaseStage.MET


def test_a_card_that_somebody_else_has_moved_is_refused(home: APIFlask, visit: Visit) -> None:
    case = release_case(store(home), open_case(store(home), "heal", "samsung")[0].id)
    page = visit("/pipeline", locale="ko")
    move_case(store(home), case.id, CaseStage.INTRODUCED)
    drag(page, case, "met")
    expect(page.get_by_role("alert")).to_contain_text("그사이 다른 사람이")
    assert get_case(store(home), case.id).stage is CaseStage.INTRODUCED


def test_a_card_that_its_startup_knows_nothing_of_is_asked_about(
    home: APIFlask, visit: Visit
) -> None:
    case = open_case(store(home), "weld", "samsung")[0]
    page = visit("/pipeline")
    drag(page, case, "introduced")
    page.get_by_role("button", name="Release to the startup and move on").click()
    assert page.url.endswith(f"/pipeline#case-{case.id}")
    now = get_case(store(home), case.id)
    assert (now.stage, now.released_at is not None) == (CaseStage.INTRODUCED, True)


def overflow(page: Page) -> int:
    """How far the page can be scrolled sideways, in pixels."""
    found: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


@pytest.mark.parametrize("locale", ["en", "ko"])
def test_what_is_wider_than_a_telephone_scrolls_in_a_box_that_says_so(
    home: APIFlask, visit: Visit, locale: str
) -> None:
    open_case(store(home), "ship", "samsung")
    compare = "/startups/robo/compare?partner=samsung&partner=kt&partner=sk-telecom"
    for path in (compare, "/pipeline/charts"):
        page = visit(path, locale=locale, width=390)
        assert overflow(page) <= 0, path
        box = page.locator(".scroller").first
        expect(page.locator(".scroll-hint").first).to_be_visible()
        assert box.get_attribute("tabindex") == "0"
        assert box.get_attribute("aria-label")
        before = box.evaluate("one => [one.scrollWidth - one.clientWidth, one.scrollLeft]")
        assert before[0] > 50, path
        box.focus()
        page.keyboard.press("ArrowRight")
        expect(box).not_to_have_js_property("scrollLeft", 0)
        wide = visit(path, locale=locale)
        expect(wide.locator(".scroll-hint").first).to_be_hidden()


def test_filters_are_folded_on_a_telephone_unless_one_is_set(home: APIFlask, visit: Visit) -> None:
    path = "/startups/robo/matches"
    page = visit(path, width=390)
    expect(page.get_by_label("Programme", exact=True)).to_be_hidden()
    first = page.locator(".matches .match").first.bounding_box()
    assert first is not None
    assert first["y"] < 800
    page.get_by_text("Filters", exact=True).click()
    expect(page.get_by_label("Programme", exact=True)).to_be_visible()
    expect(
        visit(f"{path}?region=KR-27", width=390).get_by_label("Programme", exact=True)
    ).to_be_visible()
    expect(visit(path).get_by_label("Programme", exact=True)).to_be_visible()
