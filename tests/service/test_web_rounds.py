"""The page that opens a round of judging: what it asks, refuses and makes, and who may."""

from __future__ import annotations

import io
import re

import pytest

from evaluation import outcome_of
from profiles.judging import rounds
from service.web import round_opening as page
from tests.service.accounts import add, browser_of
from tests.service.examples import with_startups

NEW = "/judging/new/round"
USUAL = {"choose": "sample", "sample": "3", "seed": "1", "depth": "2", "judges": "2"}


@pytest.fixture(scope="module")
def installed(installed, tmp_path_factory):
    """A home with the catalogue and the example startups."""
    return with_startups(installed, tmp_path_factory.mktemp("with-startups") / "home")


@pytest.fixture(scope="module")
def app(make_app):
    return make_app()


@pytest.fixture
def store(app):
    return app.extensions["dari"].store


@pytest.fixture
def opens(app, sign_in):
    """Send the form as the page has it, with some fields changed."""
    browser = sign_in(app)

    def send(**fields):
        shown = browser.get(f"{NEW}?lang=en").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', shown)[1]
        return browser.post(NEW, data={"csrf_token": token, **USUAL, **fields})

    return send


def beside(answer, name):
    """Read what stands beside a field."""
    assert answer.status_code == 422, answer.text
    return re.search(f'id="{name}-error">(.*?)</div>', answer.text, re.DOTALL)[1]


def test_the_empty_list_leads_to_the_page(make_app, sign_in):
    browser = sign_in(make_app())
    listed = browser.get("/judging?lang=en").text
    assert listed.count(f'href="{NEW}"') == 2
    form = browser.get(NEW).text
    ticked = re.findall(r'name="systems" value="(\w+)"[^>]* checked', form)
    assert sorted(ticked) == ["bm25", "dari", "dense", "popularity"]


def test_the_page_opens_the_round_that_the_command_does(app, opens, store):
    answer = opens(name="own", systems=["dari", "bm25"], instructions="Mind <the> year.")
    assert (answer.status_code, answer.location) == (303, "/judging/own")
    found = outcome_of(store, "own")
    assert [one.split()[0] for one in found.round.systems] == ["bm25", "dari"]
    assert (found.round.judges, found.round.depth) == (2, 2)
    assert found.round.instructions == "Mind <the> year."
    assert len({one.pair.startup for one in found.pairs}) == 3


def test_a_name_that_is_merely_like_one_is_refused(opens, store):
    assert store.get("beopmaru").name.ko == "법마루"
    given = {"choose": "listed", "sample": "", "startups": "wavegrid\n법마"}
    answer = opens(name="near", systems=["random"], **given)
    assert "Line 2: 법마" in beside(answer, "startups")


def test_startups_are_named_and_runs_of_others_pooled(opens, store):
    run = b"wavegrid Q0 kt 1 1 theirs\nsonolight Q0 kaist 1 1 theirs\n"
    answer = opens(name="named", choose="listed", sample="", startups="소노라이트\n\nwavegrid",
                   runs=(io.BytesIO(run), "../결과.run"))  # fmt: skip
    assert answer.status_code == 303, answer.text
    found = outcome_of(store, "named")
    assert found.round.systems == ("theirs",)
    pairs = {(one.pair.startup, one.pair.partner) for one in found.pairs}
    assert pairs == {("wavegrid", "kt"), ("sonolight", "kaist")}


@pytest.mark.parametrize(
    ("field", "fields", "said"),
    [
        ("name", {"name": ""}, "required"),
        ("name", {"name": "a/b"}, "slash"),
        ("sample", {"sample": "many"}, "many"),
        ("sample", {"sample": "150"}, "150 startups are asked for"),
        ("sample", {"sample": "201"}, "201"),
        ("depth", {"depth": "101"}, "101"),
        ("judges", {"judges": "4"}, "4"),
        ("seed", {"seed": "-1"}, "-1"),
        ("systems", {"systems": []}, "required"),
        ("systems", {"systems": ["oracle"]}, "oracle"),
        ("startups", {"choose": "listed"}, "required"),
        ("startups", {"choose": "listed", "startups": "wavegrid\nnobody"}, "Line 2: nobody"),
        ("startups", {"choose": "listed", "startups": "samsung"}, "Line 1: samsung"),
        ("instructions", {"instructions": "x" * 5_001}, "5001"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_opened(
    opens, store, field, fields, said
):
    before = len(rounds(store))
    answer = opens(**{"name": "refused", "systems": ["bm25"], "judges": "3"} | fields)
    assert said in beside(answer, field)
    assert len(rounds(store)) == before
    if "judges" not in fields:
        assert re.search(r'name="judges"[^>]* value="3"', answer.text)
    assert re.findall(r'name="systems" value="(\w+)"[^>]* checked', answer.text) in (["bm25"], [])


def test_a_run_file_that_breaks_its_form_is_refused(opens, store):
    for run in (b"wavegrid kt", b"wavegrid Q0 nobody 1 1 x", b"unchosen Q0 kt 1 1 x"):
        answer = opens(name="broken", choose="listed", startups="wavegrid",
                       runs=(io.BytesIO(run), "other.run"))  # fmt: skip
        assert "other.run" in beside(answer, "runs")
    assert "broken" not in {one.name for one in rounds(store)}


def test_a_taken_name_and_a_store_too_large_to_pool_at_once_are_refused(opens, monkeypatch):
    assert opens(name="taken", systems=["random"]).status_code == 303
    assert "already" in beside(opens(name="taken", systems=["random"]), "name")
    monkeypatch.setattr(page, "MOST_PARTNERS", 1)
    assert "dari judge open" in beside(opens(name="large", systems=["random"]), "name")


def test_a_form_without_its_token_is_refused(app, sign_in, store):
    form = {**USUAL, "name": "forged", "systems": "random"}
    assert sign_in(app).post(NEW, data=form).status_code == 400
    assert "forged" not in {one.name for one in rounds(store)}


def test_evaluators_and_administrators_alone_open_rounds(make_app):
    app = make_app()
    for role, status in (("evaluator", 200), ("admin", 200), ("staff", 403)):
        add(app, f"{role}@dari.example", role)
        browser = browser_of(app, f"{role}@dari.example")
        assert browser.get(NEW).status_code == status
        assert (f'href="{NEW}"' in browser.get("/judging").text) == (status == 200)
    assert app.test_client().get(NEW).status_code == 401
