"""A match list in a real browser: choosing, comparing, asking why not, moving weights, printing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.service.test_browser_journeys import watch

__all__ = ["watch"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

LIST = "/startups/sonoeye/matches"
SAID = {
    "en": {
        "choose": "Choose", "compare": "Compare two to four", "side": "Side by side for SonoEye",
        "weights": "Move the weights for the moment", "show": "Show", "moved": "Weights moved",
        "model": "By the weights of the model", "why": "Tell why", "rank": "It stands at rank",
        "print": "Print view", "past": "Programmes and past work",
    },
    "ko": {
        "choose": "선택", "compare": "2~4곳 비교", "side": "나란히 비교: 소노아이",
        "weights": "가중치를 잠시 바꾸기", "show": "보기", "moved": "가중치를 잠시 바꾼 목록",
        "model": "모델의 가중치로 보기", "why": "이유 보기", "rank": "위입니다. 목록은",
        "print": "인쇄용 보기", "past": "프로그램과 협력 이력",
    },
}  # fmt: skip


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("locale", ["en", "ko"])
def test_staff_move_weights_compare_and_ask_why_not(watch, token, locale, scripts):
    said, tab = SAID[locale], watch(locale, java_script_enabled=scripts)
    tab.open(f"/sign-in?token={token}")
    page = tab.open(LIST)
    first = page.locator(".match h2 a").first.inner_text()
    page.get_by_text(said["weights"]).click()
    page.get_by_label(said["past"]).select_option("0")
    page.locator("#weight-region").select_option("0")
    page.get_by_role("button", name=said["show"], exact=True).click()
    page.get_by_role("note").get_by_text(said["moved"]).wait_for()
    assert "weight_region=0" in page.url
    assert page.locator(".match h2 a").first.inner_text() != first
    boxes = page.locator(".pick input")
    for place in (0, 2):
        boxes.nth(place).check()
    names = [page.locator(".match h2 a").nth(place).inner_text() for place in (0, 2)]
    page.get_by_role("button", name=said["compare"]).click()
    page.get_by_role("heading", name=said["side"]).wait_for()
    assert "weight_region=0" in page.url
    assert "csrf" not in page.url
    assert page.locator(".compare thead th").all_inner_texts() == names
    assert page.get_by_role("note").get_by_text(said["moved"]).is_visible()
    page.get_by_role("link", name=said["model"]).click()
    expect(page.get_by_role("note")).to_have_count(0)
    expect(page.locator(".compare thead th")).to_have_text(names)
    page = tab.open(f"{LIST}?kind=conglomerate&k=10")
    page.locator("#why-not-name").fill("롯데")
    page.get_by_role("button", name=said["why"]).click()
    page.get_by_text(said["rank"]).wait_for()
    assert "kind=conglomerate" in page.url
    assert page.locator(".lacks li").count() > 1


def test_a_name_is_offered_while_one_types(watch, token):
    tab = watch("ko")
    tab.open(f"/sign-in?token={token}")
    page = tab.open(LIST)
    page.locator("#why-not-name").press_sequentially("samsu")
    offered = page.locator('datalist#why-not-name-names option[value="samsung"]')
    offered.wait_for(state="attached")
    assert "삼성" in offered.text_content()


@pytest.mark.parametrize("width", [390, 320])
def test_a_comparison_scrolls_in_its_own_box_and_keeps_the_names(watch, token, width):
    tab = watch("ko", width=width)
    tab.open(f"/sign-in?token={token}")
    chosen = "partner=samsung&partner=lotte&partner=severance&partner=ge-healthcare"
    page = tab.open(f"/startups/sonoeye/compare?{chosen}")
    wide = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(wide)
    box = page.locator(".compare-box")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.evaluate("box => box.scrollTo(400, 600)")
    left, top = box.bounding_box()["x"], box.bounding_box()["y"]
    row = page.locator(".compare tbody th").nth(4).bounding_box()
    head = page.locator(".compare thead th").nth(2).bounding_box()
    assert row["x"] == pytest.approx(left, abs=2)
    assert head["y"] == pytest.approx(top, abs=2)
    box.focus()
    page.keyboard.press("Home")
    expect(box).to_have_js_property("scrollTop", 0)


@pytest.mark.parametrize(("locale", "scheme"), [("ko", "light"), ("en", "dark")])
def test_the_print_view_is_a4_and_breaks_no_match(watch, token, locale, scheme):
    tab = watch(locale, color_scheme=scheme)
    tab.open(f"/sign-in?token={token}")
    page = tab.open(LIST)
    page.get_by_role("link", name=SAID[locale]["print"]).click()
    page.locator(".meeting").wait_for()
    page.emulate_media(media="print", color_scheme=scheme)
    sections = page.locator(".meeting .match")
    assert sections.count() == 10
    for one in sections.all():
        assert one.evaluate("one => getComputedStyle(one).breakInside") == "avoid"
    assert not page.locator(".site-header").is_visible()
    assert page.locator("main :is(button, form, input, select)").count() == 0
    ink = page.evaluate("getComputedStyle(document.querySelector('.meeting h1')).color")
    assert ink == "rgb(0, 0, 0)"
    pdf = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert len(boxes) >= 2
    for box in boxes:
        assert [float(side) for side in box] == pytest.approx([595, 842], abs=1)
    heights = [one.bounding_box()["height"] for one in sections.all()]
    assert max(heights) < 900  # of some 1,020 pixels of a page
