"""The pages of judging: blind, by hand and by form, in two tabs, closed meanwhile, settled."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import pytest

from evaluation import outcome_of
from profiles import Tie, Vectors, validate
from profiles.judging import close_round, judge_pair, open_round
from profiles.privacy import erase
from service.judging import Desk
from service.submission import submit

PARTNERS = ("samsung", "kaist", "sk-telecom", "naver")


@pytest.fixture(scope="module")
def app(make_app):
    app = make_app()
    dari = app.extensions["dari"]
    for n in range(3):
        submit(dari, {
            "id": f"startup-{n}",
            "name": f"Startup {n}",
            "summary": "We make portable ultrasound probes.",
            "contact": f"boss{n}@startup.example",
            "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"},
        })  # fmt: skip
    return app


@pytest.fixture
def store(app):
    return app.extensions["dari"].store


@pytest.fixture
def name(store, request):
    """A round of its own for each test."""
    made = re.sub(r"\W+", "-", request.node.name)[:80]
    pairs = {(f"startup-{n}", one): {"SECRETSYSTEM": 7} for n in range(2) for one in PARTNERS}
    open_round(store, made, pairs, judges=2, depth=5, instructions="Mind <the> year.", by="Lee")
    return made


@pytest.fixture
def kim(app, sign_in, send):
    """A browser in which Kim judges."""
    browser = sign_in(app)
    send(browser, "/name", {"name": "Kim"})
    return browser


def first(browser, name):
    """The address of the pair that comes next."""
    answer = browser.get(f"/judging/{name}/next")
    assert answer.status_code == 303
    return answer.location


def current(store, name, judge="Kim"):
    pairs = outcome_of(store, name).pairs
    return {one.pair.id: one.given[judge].grade for one in pairs if judge in one.given}


def pair_of(address):
    return int(address.rpartition("/")[2])


def test_only_staff_judge(app, client, send, name):
    for path in ("", f"/{name}", f"/{name}/next", f"/{name}/1", f"/{name}/qrels.txt"):
        assert client.get(f"/judging{path}").status_code == 401
    assert send(client, f"/judging/{name}/1", {"grade": "1"}).status_code == 401
    assert send(client, f"/judging/{name}/close", {}).status_code == 401


def test_a_form_without_its_token_is_refused(kim, store, name):
    address = first(kim, name)
    assert kim.post(address, data={"grade": "1"}).status_code == 400
    assert current(store, name) == {}


def test_a_judge_gives_a_name_first(staff, send, name):
    answer = staff.get(f"/judging/{name}/next")
    assert answer.location == f"/name?next=/judging/{name}/next"
    assert 'action="/name"' in staff.get("/judging").text
    given = send(staff, "/name", {"name": "Kim", "next": f"/judging/{name}/next"})
    assert given.location == f"/judging/{name}/next"


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_page_shows_two_profiles_and_nothing_that_would_sway(kim, store, name, lang):
    address = first(kim, name)
    judge_pair(store, pair_of(address), "Lee", grade=3, note="LEE SAID SO")
    page = kim.get(f"{address}?lang={lang}").text
    main = page[page.index("<main") : page.index("</main>")]
    one = Desk(outcome_of(store, name), "Kim").pair(pair_of(address)).pair
    for id in (one.startup, one.partner):
        assert f"<code>{id}</code>" in main
        assert f'href="/startups/{id}' not in main
    assert "ultrasound probes" in main
    assert "Mind &lt;the&gt; year." in main
    for secret in ("SECRETSYSTEM", "LEE SAID", "Lee", "@startup.example", "/matches", "score"):
        assert secret not in main
    assert re.findall(r'name="grade" value="(.)"', main) == ["0", "1", "2", "3"]
    assert main.count("aria-pressed") == 0
    kim.get("/judging?lang=en")


def test_ties_between_the_two_would_tell_the_answer_and_are_not_shown(kim, store, name):
    address = first(kim, name)
    one = Desk(outcome_of(store, name), "Kim").pair(pair_of(address)).pair
    for id, other, subject in (
        ("t-own", one.partner, "a pilot of the two"),
        ("t-else", "kt", "one with others"),
    ):
        raw = {"id": id, "kind": "pilot", "a": one.startup, "b": other, "subject": subject}
        store.put_ties([(validate(Tie, raw), Vectors("e/p1"))])
    page = kim.get(address).text
    assert "one with others" in page
    assert "a pilot of the two" not in page


def test_the_way_through_a_round_without_a_script(kim, store, send, name):
    order = [one.pair.id for one in Desk(outcome_of(store, name), "Kim").order]
    address = first(kim, name)
    assert pair_of(address) == order[0]
    assert "0 graded, 8 left" in kim.get(address).text
    answer = send(kim, address, {"grade": "3", "note": "very\r\nwell", "seen": "0"})
    assert pair_of(answer.location) == order[1]
    page = kim.get(answer.location).text
    assert "Grade 3 is kept" in page
    assert "1 graded, 7 left" in page
    answer = send(kim, answer.location, {"go": "skip", "seen": "0"})
    assert pair_of(answer.location) == order[2]
    assert "1 of them skipped" in kim.get(answer.location).text
    back = send(kim, answer.location, {"go": "back", "note": "", "seen": "0"}).location
    assert pair_of(back) == order[1]
    back = send(kim, back, {"go": "back", "seen": "0"}).location
    assert pair_of(back) == order[0]
    page = kim.get(back).text
    assert "very\nwell" in page
    assert re.search(r'value="3"[^>]*aria-pressed="true"', page)
    seen = re.search(r'name="seen" value="(\d+)"', page)[1]
    forward = send(kim, back, {"go": "forward", "note": "very\r\nwell", "seen": seen}).location
    assert pair_of(forward) == order[1]
    again = send(kim, back, {"grade": "2", "note": "less", "seen": seen}).location
    assert pair_of(again) == order[2]
    for place in range(2, 8):
        answer = send(kim, f"/judging/{name}/{order[place]}", {"grade": "1", "seen": "0"})
    assert pair_of(answer.location) == order[1]  # the skipped one comes last
    end = send(kim, answer.location, {"grade": "0"})
    assert end.location == f"/judging/{name}"
    assert "Nothing is left for you" in kim.get(end.location).text
    assert current(store, name) == {order[0]: 2, order[1]: 0, **dict.fromkeys(order[2:], 1)}
    assert first(kim, name) == f"/judging/{name}"


def test_a_note_is_kept_whichever_way_one_leaves(kim, store, send, name):
    address = first(kim, name)
    send(kim, address, {"go": "forward", "note": "not sure yet"})
    one = outcome_of(store, name)
    assert [(said.grade, said.note) for said in one.given] == [(None, "not sure yet")]
    assert "not sure yet" in kim.get(address).text
    seen = one.given[0].id
    send(kim, address, {"grade": "2", "note": "not sure yet", "seen": str(seen)})
    send(kim, address, {"go": "skip", "note": "sure", "seen": str(seen + 1)})
    assert [(said.grade, said.note) for said in outcome_of(store, name).given][-1] == (2, "sure")


def test_enough_judges_and_no_more_are_asked(kim, store, name):
    order = [one.pair.id for one in Desk(outcome_of(store, name), "Kim").order]
    for judge in ("Lee", "Park"):
        judge_pair(store, order[0], judge, grade=1)
    judge_pair(store, order[1], "Lee", grade=1)
    assert pair_of(first(kim, name)) == order[1]
    assert "0 graded, 7 left" in kim.get(f"/judging/{name}/{order[1]}").text


def test_two_tabs_of_one_judge(kim, store, send, name):
    address = first(kim, name)
    send(kim, address, {"grade": "1", "note": "first tab", "seen": "0"})
    answer = send(kim, address, {"grade": "2", "note": "second tab", "seen": "0"})
    page = kim.get(answer.location).text
    assert "Meanwhile another judgement of this pair had been kept, with the grade 1" in page
    assert [one.note for one in outcome_of(store, name).given] == ["first tab", "second tab"]
    assert current(store, name) == {pair_of(address): 2}


def test_the_name_on_the_page_is_the_one_that_judges(kim, store, send, name):
    address = first(kim, name)
    send(kim, "/name", {"name": "Somebody Else"})
    send(kim, address, {"grade": "1", "judge": "Kim"})
    send(kim, "/name", {"name": "  kim "})
    send(kim, address, {"grade": "2", "judge": "kim"})
    assert current(store, name) == {pair_of(address): 2}


def test_what_was_typed_is_still_there_when_something_is_wrong(kim, store, send, name):
    address = first(kim, name)
    answer = send(kim, address, {"grade": "9", "note": "my long <thought>"})
    assert answer.status_code == 422
    assert "my long &lt;thought&gt;" in answer.text
    answer = send(kim, address, {"grade": "1", "note": "y" * 1_001})
    assert answer.status_code == 422
    assert "y" * 1_001 in answer.text
    assert current(store, name) == {}


def test_a_round_that_was_closed_meanwhile(kim, store, send, name):
    address = first(kim, name)
    close_round(store, name, by="Lee")
    answer = send(kim, address, {"grade": "1", "note": "too late"})
    assert answer.status_code == 409
    assert "nobody judges in it any more" in answer.text
    assert "\ntoo late</textarea>" in answer.text
    assert f'href="/judging/{name}/next"' in answer.text
    assert first(kim, name) == f"/judging/{name}"


def test_a_profile_that_was_erased_meanwhile(kim, store, send, make_app, sign_in):
    app = make_app()
    store = app.extensions["dari"].store
    submit(app.extensions["dari"], {"id": "gone", "name": "G", "summary": "x"})
    open_round(store, "r", {("gone", "naver"): {"x": 1}}, judges=1, depth=1)
    browser = sign_in(app)
    send(browser, "/name", {"name": "Kim"})
    address = first(browser, "r")
    erase(store, "gone")
    answer = send(browser, address, {"grade": "1", "note": "나의 메모 " * 100})
    assert answer.status_code == 409
    assert "not in a round any more" in answer.text
    assert "나의 메모 나의 메모" in answer.text
    assert browser.get(address).status_code == 404
    assert browser.get("/judging").status_code == 200
    assert browser.get("/judging/r").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/nope", "/nope/next", "/nope/1", "/nope/qrels.txt", "/{name}/999999", "/{name}/x", "/..%2f"],
)
def test_addresses_that_lead_nowhere(kim, name, path):
    assert kim.get(f"/judging{path.format(name=name)}").status_code == 404


def test_forms_that_nobody_sends(kim, store, send, name):
    for data in ({"grade": "1e9"}, {"grade": "1", "seen": "x"}, {"go": "away"}):
        assert send(kim, first(kim, name), data).status_code == 422
    assert send(kim, f"/judging/{name}/999999", {"grade": "1"}).status_code == 409
    assert send(kim, "/judging/nope/1", {"grade": "1"}).status_code == 404
    assert send(kim, "/judging/nope/close", {}).status_code == 303
    assert current(store, name) == {}


def test_an_open_round_shows_no_grade_of_a_pair(kim, store, send, name):
    address = first(kim, name)
    judge_pair(store, pair_of(address), "Lee", grade=0, note="LEE SAID SO")
    judge_pair(store, pair_of(address), "Park", grade=3)
    page = kim.get(f"/judging/{name}").text
    assert "closed, so that judging stays blind" in page
    assert "LEE SAID" not in page
    assert "confusion" not in page
    for path in ("qrels.txt", "judgements.csv"):
        answer = kim.get(f"/judging/{name}/{path}")
        assert answer.status_code == 422
        assert "LEE SAID" not in answer.text
    assert send(kim, f"{address}/final", {"grade": "1"}).status_code == 409
    assert outcome_of(store, name).settled == 0


def judged(store, name):
    """Let Kim and Lee judge all pairs: they differ on the last two."""
    pairs = [one.pair for one in outcome_of(store, name).pairs]
    for place, one in enumerate(pairs):
        judge_pair(store, one.id, "Kim", grade=place % 4)
        judge_pair(store, one.id, "Lee", grade=3 if place == 4 else place % 4, note="=cmd|1")
    return pairs


def test_a_closed_round_is_told_settled_and_handed_out(kim, store, send, name):
    pairs = judged(store, name)
    assert "Too few: 8 pairs" in kim.get(f"/judging/{name}").text
    assert send(kim, f"/judging/{name}/close", {}).status_code == 303
    page = kim.get(f"/judging/{name}").text
    for said in ("8 of 8 pairs", "Down: Kim. Across: Lee.", "SECRETSYSTEM", "Where the judges"):
        assert said in page
    here = f"/judging/{name}/{pairs[4].id}"
    assert f'href="{here}"' in page
    assert f'href="/judging/{name}/{pairs[0].id}"' not in page
    page = kim.get(here).text
    assert "=cmd|1" in page
    assert "median of the judges rounded down" in page
    assert "has grade 1" in page  # of 0 and 3
    assert send(kim, f"{here}/final", {"grade": "2", "note": "we met"}).location == here
    page = kim.get(here).text
    assert "final grade 2" in page
    answer = send(kim, f"{here}/final", {"grade": "0", "seen": "0"})
    assert "Meanwhile another judgement" in kim.get(answer.location).text
    seen = outcome_of(store, name).pairs[4].final.id
    send(kim, f"{here}/final", {"grade": "", "seen": str(seen)})
    assert outcome_of(store, name).settled == 0
    send(kim, f"{here}/final", {"grade": "2"})
    text = kim.get(f"/judging/{name}/qrels.txt").text
    assert f"{pairs[4].startup} 0 {pairs[4].partner} 2" in text.splitlines()
    assert len(text.splitlines()) == 8
    table = kim.get(f"/judging/{name}/judgements.csv")
    assert table.headers["Content-Disposition"].startswith("attachment")
    rows = [*csv.DictReader(io.StringIO(table.data.decode("utf-8-sig")))]
    assert {row["note"] for row in rows if row["judge"] == "Lee"} == {"'=cmd|1"}
    assert [row["judge"] for row in rows if row["role"] == "final"] == ["Kim"]


def test_a_judgement_sent_after_the_session_ended_can_be_sent_again(app, store, send, token, name):
    browser = app.test_client()
    browser.get(f"/sign-in?token={token}")
    send(browser, "/name", {"name": "Kim"})
    address = first(browser, name)
    send(browser, "/sign-out", {})
    data = {"grade": "2", "note": "typed", "judge": "Kim", "seen": "0"}
    answer = send(browser, address, data)
    assert answer.status_code == 401
    assert "Your grade" in answer.text
    kept = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', answer.text))
    assert {name: kept.get(name) for name in data} == data
    browser.get(f"/sign-in?token={token}")
    assert send(browser, address, kept).status_code == 303
    assert current(store, name) == {pair_of(address): 2}


def test_a_startup_is_told_what_is_right_to_tell(kim, store, name):
    pair = next(one.pair for one in outcome_of(store, name).pairs)
    judge_pair(store, pair.id, "Secret Judge", grade=0, note="THE NOTE")

    def told():
        answer = kim.get(f"/startups/{pair.startup}/held.zip")
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            whole = b"".join(archive.read(one) for one in archive.namelist()).decode()
            rows = json.loads(archive.read("judged.json"))
            return whole, [one for one in rows if one["round"] == name]

    whole, rows = told()
    assert "THE NOTE" not in whole
    assert [one.get("role") for one in rows] == ["judge", None, None, None]
    close_round(store, name)
    whole, rows = told()
    assert (rows[0]["grade"], rows[0]["note"]) == (0, "THE NOTE")
    assert "Secret Judge" not in whole
