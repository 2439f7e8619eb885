"""Every page as a reader with a disability meets it: axe-core finds no serious fault on any."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, sync_playwright
from werkzeug.serving import make_server

from tests.walking import addresses, fill

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

ALL = list(product(("en", "ko"), ("light", "dark"), (1280, 320)))
EVERY = "DARI_EVERY_LOOK" in os.environ
"""Whether all pages are looked at in all ways; without it every eighth page in each."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def app(make_app):
    app = make_app()
    fill(app, "A text of some words.")
    return app


@pytest.fixture(scope="module")
def address(app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def pages(app, sign_in) -> list[str]:
    """The addresses that answer with a page of their own."""
    client = sign_in(app)
    answers = {path: client.get(path, buffered=True) for path in addresses(app)}
    found = [
        path
        for path, answer in answers.items()
        if answer.status_code == 200 and answer.mimetype == "text/html"
    ]
    assert len(found) > 50
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=ARGUMENTS,
        )
        yield browser
        browser.close()


@pytest.mark.parametrize(("lang", "scheme", "width"), ALL)
def test_no_page_has_a_serious_fault_or_asks_another_site(
    pages, address, browser, token, lang, scheme, width
):
    foreign, complaints, faults = [], [], []

    def guard(route: Route) -> None:
        if route.request.url.startswith((address, "data:")):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    context = browser.new_context(
        locale=lang,
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )
    context.route("**/*", guard)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: (
            complaints.append(f"{page.url}: {said.text}")
            if "Content Security Policy" in said.text
            else None
        ),
    )
    page.goto(f"{address}/sign-in?token={token}")
    for path in pages if EVERY else pages[ALL.index((lang, scheme, width)) :: len(ALL)]:
        page.goto(address + path)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wider > 0:
            faults.append(f"{path}: wider than the window by {wider} px")
        faults += [f"{path}: {one}" for one in _faults(page)]
    context.close()
    assert (foreign, complaints) == ([], [])
    assert not faults, "\n".join(faults)


def _faults(page) -> list[str]:
    """Tell the serious and critical faults that axe-core finds, with the first element of each."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in GRAVE
    ]
