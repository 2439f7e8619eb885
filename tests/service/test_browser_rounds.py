"""A round and its decisions as a browser shows them: no serious fault, overrides by keyboard."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from profiles import cohorts
from profiles.cohorts import EntryStage
from service.assigning import Limits, assign, decide, hand_on
from service.demo import load

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
    ),
]

CONTEST = "contest-skt-daejeon"
FOUR = ("demo-dulle-mesh", "demo-gyeol-rf", "demo-haneul-optics", "demo-inst-gapcheon-network")
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def round_(app) -> tuple[int, int]:
    """A decided round of which one has given its place back: its number and its decision's."""
    dari = app.extensions["dari"]
    load(dari)
    held = cohorts.open_cohort(dari.store, CONTEST, name="Seen", screenings=0, seed=10**16)
    rule = {"id": "three", "kind": "total", "high": 3}
    cohorts.edit_cohort(dari.store, held.id, {"rules": [*held.rules, rule]})
    cohorts.apply_all(dari.store, held.id, FOUR)
    found = assign(dari, held.id, by="x", limits=Limits(5.0))
    decide(dari, found.decision.id, why="The panel.", by="x", while_open=True)
    entries = cohorts.entries_of(dari.store, held.id)
    gone = next(one for one in entries if one.stage is EntryStage.SELECTED)
    hand_on(dari, held.id, gone.profile, reason="Moved.", by="x")
    return held.id, found.decision.id


@pytest.fixture
def page(browser, address, token):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/sign-in?token={token}")
    yield page
    context.close()


def paths(held: int, decision: int) -> list[str]:
    """The pages of a round and of its decision."""
    steps = ("intake", "rules", "assignment", "decision", "history")
    parts = ("", "/prices", "/notices", "/declines")
    return [
        "/cohorts",
        *(f"/cohorts/{held}?step={step}" for step in steps),
        *(f"/decisions/{decision}{part}" for part in parts),
        "/decisions/exposure",
        f"/startups/{FOUR[0]}",
    ]


@pytest.mark.parametrize(("lang", "scheme", "width"), [("ko", "light", 1280), ("en", "dark", 320)])
def test_no_page_of_a_round_has_a_serious_fault(page, address, round_, lang, scheme, width) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}/cohorts?lang={lang}")
    faults = []
    for path in paths(*round_):
        page.goto(address + path)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        faults += [f"{path}: {wider} px too wide"] if wider > 0 else []
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        faults += [
            f"{path}: {one['id']} {one['nodes'][0]['html'][:200]}"
            for one in found
            if one["impact"] in GRAVE
        ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("form", "chosen", "breaks"),
    [
        (
            "Decide otherwise for one applicant",
            {"#applicant": FOUR[0], "#hosts": "sk-telecom"},
            True,
        ),
        (
            "Let two exchange their places",
            {"#swap-applicant": FOUR[0], "#swap-other": FOUR[1]},
            False,
        ),
    ],
)
def test_places_are_decided_otherwise_by_keyboard_and_the_page_says_what_it_breaks(
    page, address, round_, form, chosen, breaks
) -> None:
    page.goto(f"{address}/decisions/{round_[1]}?lang=en")
    assert "One place was given back later." in page.inner_text("main")
    page.get_by_text(form).focus()
    page.keyboard.press("Enter")
    for select, id in chosen.items():
        page.select_option(select, id)
    panel = page.locator("details[open]", has_text=form)
    panel.locator("textarea").fill("The committee wishes so.")
    panel.get_by_role("button", name="Keep as a new draft").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    said = page.inner_text("main")
    assert "The committee wishes so." in said
    assert ("The decision as it stands breaks rules:" in said) is breaks


def test_what_is_typed_stays_when_the_page_is_read_in_the_other_language(
    app, page, address, round_
) -> None:
    store = app.extensions["dari"].store
    held = cohorts.open_cohort(store, CONTEST, name="Typed")
    page.goto(f"{address}/cohorts/{held.id}?step=rules&lang=en")
    page.locator("#kind").select_option("share")
    page.locator("#low").fill("many")
    page.locator("form.cohort-form #reason").fill("Because.")
    page.get_by_role("checkbox", name="SK Telecom").first.check()
    page.get_by_role("button", name="Keep the rule").click()
    page.get_by_role("link", name="At least").click()
    assert page.evaluate("document.activeElement.id") == "low-error"
    for name in ("한국어", "English"):
        page.get_by_role("link", name=name).click()
        assert page.url.startswith(f"{address}/cohorts/{held.id}?step=rules&lang=")
        assert page.locator("#kind").input_value() == "share"
        assert page.locator("#low").input_value() == "many"
        assert page.locator("form.cohort-form #reason").input_value() == "Because."
        assert page.locator('input[name="hosts"][value="sk-telecom"]').first.is_checked()
        assert page.get_by_role("status").count() == 1
    page.goto(f"{address}/cohorts/{held.id}?step=rules&lang=ko")
    assert page.locator("#low").input_value() == ""
    page.locator("details.panel summary").click()
    page.locator("#set-name").fill("다른 이름")
    page.get_by_role("link", name="English").click()
    assert page.locator("#set-name").is_visible()
    assert page.locator("#set-name").input_value() == "다른 이름"
    assert page.evaluate("sessionStorage.length") == 0
    assert cohorts.cohort(store, held.id) == held
