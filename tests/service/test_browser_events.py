"""The pages of events in a browser: no serious fault, no wider than the window, both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from apiflask import APIFlask
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from profiles.event_people import add_person, change_person, new_link, people_of
from profiles.events import change_event, get_event, open_event
from service.event_day import Happened
from service.event_links import token_of
from service.event_schedules import fit_to_day, make_schedule

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

GRAVE = ("serious", "critical")
PLAN = {
    "name": {"en": "Exchange", "ko": "교류 행사"},
    "opens": "14:00",
    "closes": "16:00",
    "rooms": [{"name": "Table 1", "hall": "A"}, {"name": "Table 2", "hall": "B"}],
}


@pytest.fixture(scope="module")
def event(app: APIFlask) -> int:
    """A scheduled event with one from afar, of which a meeting was given up."""
    dari = app.extensions["dari"]
    day = dari.settings.today() + timedelta(days=200)
    made = open_event(dari.store, {**PLAN, "days": [day]}, programme="exchange-korea-russia")
    for side, some in (("a", ("sonoeye", "kist")), ("b", ("skoltech", "itmo"))):
        for id in some:
            add_person(dari.store, made.id, side=side, profile=id)
    first, *_, afar = [one.id for one in people_of(dari.store, made.id)]
    change_person(dari.store, made.id, first, wishes={afar: 3})
    change_person(dari.store, made.id, afar, online=True, zone="Europe/Moscow", wishes={first: 3})
    make_schedule(dari, made.id, seconds=2, by="x")
    fit_to_day(dari, made.id, Happened("absent", made.plan.slots[0], person=first), by="x")
    change_event(dari.store, made.id, plan={**PLAN, "days": [day], "place": "Songdo"})
    return made.id


@pytest.fixture(scope="module")
def paths(app: APIFlask, event: int) -> list[str]:
    """The addresses of the pages of staff and of a participant."""
    dari = app.extensions["dari"]
    one = new_link(dari.store, event, people_of(dari.store, event)[0].id)
    token = token_of(get_event(dari.store, event), one, dari.secret_key)
    here = f"/events/{event}"
    return [
        "/events", "/events/of/bilateral-korea-russia", "/events/new", here, f"{here}/edit",
        f"{here}/people/{one.id}", f"{here}/print?by=room", f"{here}/print?by=person&only={one.id}",
        f"/meet/{token}",
    ]  # fmt: skip


@pytest.fixture(params=[("ko", 1280), ("en", 390)], ids=["ko", "en"])
def page(request, browser: Browser, address: str, token: str) -> Iterator[Page]:
    """A window of staff."""
    lang, width = request.param
    context = browser.new_context(
        locale=lang, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{address}/sign-in?token={token}")
    yield page
    context.close()


def test_no_page_of_events_has_a_serious_fault_or_is_too_wide(
    page: Page, address: str, paths: list[str]
) -> None:
    faults = []
    for path in paths:
        answer = page.goto(address + path)
        assert answer
        assert answer.status == 200, path
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{path}: wider than the window")
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        faults += [
            f"{path}: {one['id']} {one['nodes'][0]['html'][:120]}"
            for one in found
            if one["impact"] in GRAVE
        ]
    assert not faults, "\n".join(faults)


def test_a_meeting_is_noted_and_a_room_lost_by_hand(page: Page, address: str, event: int) -> None:
    page.goto(f"{address}/events/{event}")
    page.select_option("#kind", "room")
    page.select_option("#room", "Table 1")
    page.locator(f"form[action='/events/{event}/change'] button").click()
    assert page.url.endswith("#schedule")
    assert page.locator("#schedule").is_visible()
