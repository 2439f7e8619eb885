"""The pages and commands of bundles, joint projects and support by stage."""

from __future__ import annotations

import io
import json
import re
from csv import reader
from html import unescape

import pytest
from playwright.sync_api import expect

from matcher.bundle_words import say
from profiles.cases import cases_of
from profiles.data import read_yaml
from service.demo import bilateral, hub, load, support
from service.grids import Grid, table_of
from service.settings import Settings
from service.submission import submit
from service.wiring import build

STARTUP = "demo-songdo-antibody"
BUNDLE = f"/startups/{STARTUP}/bundle"
TRIADS = "/programmes/bilateral-korea-russia/triads"
SUPPORT = "/startups/demo-gaet-diagnostics/support"
QUALIFYING = "/programmes/loan-growth/qualifying"


@pytest.fixture(scope="module")
def app(make_app):
    app = make_app()
    load(app.extensions["dari"])
    return app


def text_of(answer) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def test_a_bundle_is_told_with_its_table_counterparts_and_what_is_open(staff):
    answer = staff.get(f"{BUNDLE}?programme=hub-k-bio-lab")
    assert answer.status_code == 200
    told = text_of(answer)
    assert "Samsung Biologics" in told
    assert "Massachusetts General Hospital" in told
    assert "No other choice covers more" in told
    table = re.search(r'<table class="cover">.*?</table>', answer.text, re.DOTALL)[0]
    rows = re.findall(r'<tr>\s*<th scope="row">(.*?)</tr>', table, re.DOTALL)
    assert len(rows) == 9
    assert all(row.count("visually-hidden") == 3 for row in rows)
    chart = re.search(r'src="([^"]*fit\.svg[^"]*)"', answer.text)[1]
    assert staff.get(unescape(chart)).mimetype == "image/svg+xml"


def test_one_click_shortlists_a_member(app, staff, send):
    page = staff.get(f"{BUNDLE}?programme=hub-k-bio-lab").text
    form = re.search(r'<form class="d-print-none" method="post".*?</form>', page, re.DOTALL)[0]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    del sent["csrf_token"]
    answer = send(staff, "/pipeline/shortlist", {k: unescape(v) for k, v in sent.items()})
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, BUNDLE)
    case = cases_of(app.extensions["dari"].store, STARTUP)[0]
    assert (case.partner, case.programme) == (sent["partner"], "hub-k-bio-lab")
    assert "In the pipeline" in text_of(staff.get(f"{BUNDLE}?programme=hub-k-bio-lab"))


def test_one_click_shortlists_both_startups_of_a_project(app, staff, send):
    page = staff.get(TRIADS).text
    form = re.search(r'<form class="d-print-none" method="post".*?</form>', page, re.DOTALL)[0]
    startups = re.findall(r'name="startup" value="([^"]*)"', form)
    partner = re.search(r'name="partner" value="([^"]*)"', form)[1]
    asked = {"startup": startups, "partner": partner, "asked": "partner", "back": TRIADS}
    assert len(startups) == 2
    assert send(staff, "/pipeline/shortlist", asked).status_code == 303
    store = app.extensions["dari"].store
    assert [cases_of(store, one)[0].partner for one in startups] == [partner, partner]


def test_joint_projects_tell_money_points_reserve_and_refusals(staff):
    answer = staff.get(TRIADS)
    told = text_of(answer)
    assert "Check sanctions and export control" in told
    assert "Since 2022 sanctions and export control limit what can be done" in told
    assert "Each side gives $500,000; of $500,000 asked for, $0 are left." in told
    assert "In reserve" in told
    assert "Byeolnae" in told  # its readiness is not known
    assert answer.text.count('id="project-') == 5
    assert staff.get(f"{TRIADS}?each=250000").text.count('id="project-') == 2
    assert staff.get(f"{TRIADS}/points.svg").mimetype == "image/svg+xml"


def test_support_is_told_by_when_with_what_is_missing_and_who_qualifies(staff):
    told = text_of(staff.get(SUPPORT))
    for said in ("Now 3", "Once it is reached 1", "Grow to the stage: Series A", "United States"):
        assert said in told
    assert "Japan" in text_of(staff.get(f"{SUPPORT}?country=Japan"))
    assert "If it does seek this support, say so." in text_of(staff.get(QUALIFYING))


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/startups/nobody/bundle", 404, "nobody"),
        ("/startups/mgh/bundle", 404, "mgh"),
        ("/startups/mgh/support", 404, "mgh"),
        (f"{BUNDLE}?programme=nope", 422, "Programme"),
        (f"{BUNDLE}?most=99", 422, "At most"),
        (f"{BUNDLE}?most=0", 422, "At most"),
        (f"{BUNDLE}?kind=spaceship", 422, "Kind"),
        (f"{BUNDLE}?as_of=yesterday", 422, "Day"),
        ("/programmes/nope/triads", 404, "nope"),
        ("/programmes/hub-k-bio-lab/triads", 422, "bilateral"),
        (f"{TRIADS}?each=500001", 422, "A project asks each side for"),
        (f"{TRIADS}?each=-1", 422, "A project asks each side for"),
        (f"{TRIADS}?most=x", 422, "At most"),
        (f"{SUPPORT}?country=Narnia", 422, "Markets"),
        ("/programmes/nope/qualifying", 404, "nope"),
    ],
)
def test_what_cannot_be_asked_is_told_clearly(staff, path, status, says):
    answer = staff.get(path)
    assert answer.status_code == status
    assert says in text_of(answer)


@pytest.mark.parametrize("path", [BUNDLE, TRIADS, SUPPORT, QUALIFYING])
def test_pages_are_for_staff_and_in_korean_too(staff, client, path):
    assert client.get(path).status_code in (302, 303, 401)
    korean = staff.get(f"{path}?lang=ko")
    assert '<html lang="ko">' in korean.text
    staff.get(f"{path}?lang=en")


@pytest.mark.parametrize("path", [BUNDLE, TRIADS, SUPPORT, QUALIFYING])
def test_files_have_what_the_pages_have(staff, path):
    table = list(reader(io.StringIO(staff.get(f"{path}/export.csv").data.decode("utf-8-sig"))))
    assert len(table) > 1
    assert all(len(row) == len(table[0]) for row in table)
    assert staff.get(f"{path}/export.xlsx").data.startswith(b"PK")
    assert staff.get(f"{path}/export.json").json


def test_a_startup_that_says_nothing_is_told_so(app, staff):
    dari = app.extensions["dari"]
    bare = dari.store.get(STARTUP).model_copy(
        update={"id": "bare", "seeks": (), "seeking": None, "registration": None}
    )
    dari.writer.put(bare)
    assert "It is not known what the startup seeks" in text_of(staff.get("/startups/bare/bundle"))
    assert "No market is known" in text_of(staff.get("/startups/bare/support"))
    dari.store.erase("bare")


@pytest.mark.parametrize("story", [hub, bilateral, support])
def test_the_stories_run_and_tell_tables(app, story):
    told: list[object] = []
    story.run(app.extensions["dari"], lambda *more: told.extend(more))
    assert len(told) >= 4


def test_the_commands_tell_the_same_as_the_pages(dari):
    startup = {"id": "cells", "name": "Cells", "summary": "Cell therapy.", "seeks": ["investment"]}
    built = build(Settings())
    submit(built, startup)
    built.store.close()
    bundle = json.loads(dari("bundle", "cells", "--kind", "investor", "--json").stdout)
    assert [one["role"] for one in bundle["members"]] == ["investor"]
    assert bundle["cover"] == {"weight": 8, "bound": 8, "all": 8}
    assert "투자사" in dari("bundle", "cells", "--kind", "investor", "--lang", "ko").stdout
    triads = json.loads(dari("triads", "bilateral-korea-russia", "--json").stdout)
    assert (triads["triads"], len(triads["missing"])) == ([], 2)
    assert "No startup of" in dari("triads", "bilateral-korea-russia").stdout
    plan = json.loads(dari("support", "cells", "--json").stdout)
    assert plan["programmes"][0]["reach"] == "say"  # neither its stage nor its sectors are known
    listed = json.loads(dari("support", "--programme", "rnd-grant-early", "--json").stdout)
    assert [one["id"] for one in listed["close"]] == ["cells"]
    for wrong in (("support",), ("triads", "hub-k-bio-lab"), ("bundle", "cells", "--most", "99")):
        answer = dari(*wrong)
        assert answer.exit_code in (1, 2)
        assert "Traceback" not in answer.output


def test_every_sentence_is_there_in_both_languages():
    held = read_yaml("matcher", "bundle_words.yaml")
    for code, said in held.items():
        assert said.keys() == {"en", "ko"}, code
        gaps = [set(re.findall(r"{(\w+)}", one)) for one in said.values()]
        assert gaps[0] == gaps[1], code


def test_a_table_that_is_cut_says_how_many_are_left():
    grid = Grid(say("title_left"), (say("col_id"),), tuple((str(n),) for n in range(5)))
    assert table_of(grid, "en", 3).row_count == 3
    assert "+2" in str(table_of(grid, "en", 3).caption)
    assert table_of(grid, "ko").caption is None


@pytest.mark.browser
def test_a_bundle_can_be_asked_anew_and_read_on_a_telephone(browser, address, token):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{address}/sign-in?token={token}")
    page.goto(f"{address}{BUNDLE}?lang=en")
    page.get_by_label("Programme").select_option("hub-k-bio-lab")
    page.get_by_label("Members at most").select_option("1")
    page.get_by_role("button", name="Choose anew").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Songdo Antibody")
    assert page.locator('[id^="member-"]').count() == 1
    for path in (BUNDLE, SUPPORT):
        page.goto(f"{address}{path}?lang=ko")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.close()
