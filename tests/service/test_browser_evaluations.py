"""An evaluator's way in a real browser: from a ZIP to the verdict, beside a real worker."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from profiles import Store
from profiles.jobs import JobState, jobs
from service.worker import Worker

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

EXAMPLE = Path("docs/examples/test-set")
LONG_MS = 120_000


@pytest.fixture(scope="module")
def working(app) -> Iterator[Store]:
    """A real worker beside the server; gives the store that it takes jobs from."""
    dari = app.extensions["dari"]
    worker = Worker(dari.settings, dari.store)
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield dari.store
    worker.stop()
    thread.join()


def opened(browser: Browser, locale: str, width: int, complaints: list[str], **more) -> Page:
    viewport = {"width": width, "height": 900}
    page = browser.new_context(locale=locale, viewport=viewport, **more).new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("requestfailed", lambda request: complaints.append(request.url))
    return page


def test_an_evaluation_from_the_zip_to_the_verdict(
    browser: Browser, address: str, working: Store, token: str, tmp_path: Path
) -> None:
    packed = shutil.make_archive(str(tmp_path / "set"), "zip", EXAMPLE)
    complaints: list[str] = []
    page = opened(browser, "ko", 1280, complaints)
    page.goto(f"{address}/sign-in?token={token}&next=/evaluations")
    page.get_by_role("link", name="테스트 세트", exact=True).click()
    page.get_by_label("이름").first.fill("example")
    page.get_by_label("폴더를 압축한 ZIP").set_input_files(packed)
    page.get_by_role("button", name="확인하고 저장").click()
    page.get_by_role("link", name=re.compile("example")).click(timeout=LONG_MS)
    page.get_by_role("link", name="평가 시작").click()
    expect(page.get_by_label("테스트 세트")).to_have_value("example")
    page.get_by_label("파트너를 찾는 스타트업", exact=True).check()
    page.get_by_role("button", name="시작", exact=True).click()

    heard = page.locator("#job-live")
    expect(heard).to_have_text(re.compile("."), timeout=LONG_MS)  # a stage is told to ears, too
    page.get_by_role("heading", name="파트너를 찾을 때").wait_for(timeout=LONG_MS)
    assert page.title().startswith("완료")
    done, _ = jobs(working)
    verdict = done.outcome["verdicts"][0]["said"]["ko"]
    expect(page.locator(".verdict-said")).to_have_text(verdict)
    for chart in page.locator(".chart img").all():
        assert chart.evaluate("img => img.complete && img.naturalWidth > 100")
    page.get_by_role("link", name="보고서 열기").click()
    expect(page.locator(".verdict")).to_have_text(verdict)
    assert page.evaluate("getComputedStyle(document.querySelector('.short')).borderLeftWidth") != (
        "0px"
    )
    assert complaints == []


def test_an_evaluation_is_cancelled_on_a_phone_without_a_script(
    browser: Browser, app, address: str, working: Store, token: str
) -> None:
    home = app.extensions["dari"].settings.home
    shutil.copytree(EXAMPLE, home / "testsets" / "phone", dirs_exist_ok=True)
    complaints: list[str] = []
    page = opened(browser, "en", 390, complaints, java_script_enabled=False)
    page.goto(f"{address}/sign-in?token={token}&next=/evaluations/new?test_set=phone")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("heading", name=re.compile("Evaluation .*(waiting|running)")).wait_for()
    # it looks again by itself until the work has begun
    page.get_by_role("heading", name=re.compile("Evaluation .* running")).wait_for(timeout=LONG_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Nothing of it was kept").wait_for(timeout=LONG_MS)
    one = jobs(working)[0]
    assert one.state is JobState.CANCELLED
    assert not (home / "jobs" / str(one.id)).exists()
    assert not list((home / "jobs").glob(".work-*"))
