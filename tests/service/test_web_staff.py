"""Staff's way in, and their lists and profile pages."""

from __future__ import annotations

import html
import re

import pytest

from index.orders import sort_key
from profiles import Tie, validate
from profiles.apart import apart_pairs
from service.describing import asked_name
from service.submission import submit

CLOSED = [
    "/startups",
    "/partners",
    "/programmes",
    "/startups/sonoeye",
    "/partners/samsung",
    "/startups/sonoeye/matches",
    "/partners/samsung/matches",
    "/startups/nobody",
    "/startups/sonoeye/edit",
    "/startups/sonoeye/history",
    "/programmes/contest-skt-daejeon/edit",
    "/ties/new",
]


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "Please sign in"),
        ({"Accept-Language": "ko"}, "로그인해 주세요"),
    ],
)
def test_staff_pages_answer_nobody_else(client, path, headers, words):
    answer = client.get(path, headers=headers)
    assert answer.status_code == 401
    assert words in answer.text
    assert "Location" not in answer.headers
    assert "SonoEye" not in answer.text
    assert f'href="/sign-in?next={path}"' in answer.text


def test_a_verdict_of_nobody_is_refused(client, send, app):
    data = {"candidate": "samsung", "label": "good", "shown_rank": "1", "model_version": "m"}
    assert send(client, "/startups/sonoeye/verdicts", data).status_code == 401
    assert app.extensions["dari"].store.verdicts("sonoeye") == []


def test_the_link_with_the_token_lets_staff_in(client, token):
    answer = client.get(f"/sign-in?token={token}")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/startups"
    assert client.get("/startups").status_code == 200


def test_the_token_can_be_typed(client, send, token):
    answer = send(client, "/sign-in", {"token": f" {token} ", "next": "/partners/samsung"})
    assert answer.headers["Location"] == "/partners/samsung"
    assert client.get("/partners").status_code == 200


@pytest.mark.parametrize("given", ["wrong", "", "토큰", "\x00", "a" * 5_000])
def test_a_wrong_token_lets_nobody_in(client, send, given):
    answers = [send(client, "/sign-in", {"token": given})]
    if given:
        answers.append(client.get("/sign-in", query_string={"token": given}))
    for answer in answers:
        assert answer.status_code == 401
        assert "This token is not right." in answer.text
    assert client.get("/startups").status_code == 401


def test_typing_the_token_needs_the_csrf_token(client, token):
    assert client.post("/sign-in", data={"token": token}).status_code == 400
    assert client.get("/startups").status_code == 401


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "/a\r\nSet-Cookie: x=y",
        "",
    ],
)
def test_signing_in_leads_to_no_other_site(client, token, elsewhere):
    answer = client.get("/sign-in", query_string={"token": token, "next": elsewhere})
    assert answer.headers["Location"] == "/startups"


def test_signing_in_starts_a_new_session(client, token):
    with client.session_transaction() as session:
        session["submitted"] = "planted"
    client.get(f"/sign-in?token={token}")
    with client.session_transaction() as session:
        assert "submitted" not in session


def test_signing_out_ends_it_and_is_no_link(staff, send):
    assert staff.get("/sign-out").status_code == 405
    assert send(staff, "/sign-out", {}).headers["Location"] == "/"
    assert staff.get("/startups").status_code == 401


def test_a_session_ends_with_its_token(make_app, sign_in):
    first, second = (
        make_app(secret_key="k" * 20),
        make_app(secret_key="k" * 20, staff_token="n" * 20),
    )
    cookie = sign_in(first).get_cookie("dari").value
    other = second.test_client()
    other.set_cookie("dari", cookie)
    assert other.get("/startups").status_code == 401


def test_a_forged_session_is_none(client):
    client.set_cookie("dari", "eyJzdGFmZiI6dHJ1ZX0.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert client.get("/startups").status_code == 401


def test_the_list_of_startups_shows_region_sectors_and_stage(staff):
    page = staff.get("/startups").text
    row = re.search(r'<td class="cell-name">.*?SonoEye.*?</tr>', page, re.DOTALL)[0]
    for shown in ("Daegu", "Medical imaging, Artificial intelligence", "Seed", "소노아이"):
        assert shown in row
    assert 'href="/startups/sonoeye/matches"' in row


def test_lists_are_searched_by_name_in_either_script(staff):
    for words in ("samsung", "삼성", "SAMSUNG"):
        page = staff.get("/partners", query_string={"q": words}).text
        assert 'href="/partners/samsung?back=' in page
        assert 'href="/partners/kaist' not in page
    page = staff.get("/partners", query_string={"q": '"><script>x</script>'}).text
    assert "<script>x" not in page
    assert "No name holds" in page


def test_lists_are_paged_to_the_end_without_gap_or_repetition(staff, app):
    seen, path = [], "/partners?limit=40"
    while path:
        page = staff.get(path).text
        seen += re.findall(r'<td class="cell-name">\s*<a href="/partners/([^"?]+)', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = html.unescape(following[1]) if following else None
    store = app.extensions["dari"].store
    held = store.page(store.get("samsung").side, limit=10_000)
    named = sorted((sort_key(partner.name.in_("en")), partner.id) for partner in held)
    assert seen == [id for _, id in named]


def test_an_impossible_question_is_answered_by_its_rule(staff):
    for path in (
        "/partners?limit=0",
        "/partners?limit=x",
        "/startups?cursor=%00",
        "/startups?q=%00",
    ):
        answer = staff.get(path)
        assert answer.status_code == 422
        named = {str(asked_name(name)) for name in ("limit", "cursor", "q")}
        assert re.search(r"<strong>(.+?)</strong>", answer.text)[1] in named


def test_a_profile_shows_its_facts_texts_and_ties(staff):
    page = staff.get("/partners/samsung", headers={"Accept-Language": "ko"}).text
    for shown in (
        "대기업",
        "경기도",
        "삼성전자",
        "대구창조경제혁신센터",
        "2014년 9월 15일부터",
        "English",
    ):
        assert shown in page
    assert 'href="mailto:ceo@sonoeye.example"' in staff.get("/startups/sonoeye").text


def test_a_profile_of_the_other_side_is_not_found(staff):
    assert staff.get("/startups/samsung").status_code == 404
    assert staff.get("/partners/sonoeye").status_code == 404
    assert staff.get("/startups/samsung/matches").status_code == 404


def test_programmes_show_dates_money_and_rules(staff):
    page = staff.get("/programmes").text
    entry = re.search(r'id="contest-skt-daejeon".*?</article>', page, re.DOTALL)[0]
    for shown in ("₩20,000,000 for each startup", "Daejeon", "SK Telecom", "Places", "Source"):
        assert shown in entry
    assert "US$500,000" in staff.get("/programmes", headers={"Accept-Language": "ko"}).text


@pytest.mark.parametrize(("lang", "words"), [("en", "Similar names"), ("ko", "비슷한 이름")])
def test_a_mistyped_name_finds_similar_ones(staff, lang, words):
    page = staff.get(f"/partners?q=Hyundia+Motr&lang={lang}").text
    assert words in page
    assert 'href="/partners/hyundai-motor?back=' in page
    assert words not in staff.get(f"/partners?lang={lang}").text
    assert words not in staff.get(f"/partners?q=zzzzzzzz&lang={lang}").text


def test_a_name_that_is_given_once_stands_for_verdicts_merges_and_edits(make_app, sign_in, send):
    app = make_app()
    staff, store = sign_in(app), app.extensions["dari"].store
    assert app.test_client().get("/name").status_code == 401
    assert "/name?next=/partners/samsung" in staff.get("/partners/samsung").text
    answer = send(staff, "/name", {"name": " 김민지 ", "next": "/partners/samsung"})
    assert answer.headers["Location"] == "/partners/samsung"
    page = staff.get("/name").text
    assert page.count("김민지") == 2
    assert "samsung" in store.sides(["samsung"])
    assert send(staff, "/duplicates/apart", {"a": "samsung", "b": "lotte"}).status_code == 303
    assert apart_pairs(store)[0].by == "김민지"
    assert 'value="김민지"' in staff.get("/partners/samsung/edit").text
    send(staff, "/name", {"name": ""})
    assert "김민지" not in staff.get("/name").text


def test_the_list_of_startups_begins_with_the_newest(make_app, sign_in):
    app = make_app()
    dari = app.extensions["dari"]
    for id in ("m", "z", "a"):
        submit(dari, {"id": id, "name": f"Firm {id}", "summary": "We make boats."})
    page = sign_in(app).get("/startups").text
    assert re.findall(r'class="cell-name">\s*<a href="/startups/([^"]+)"', page) == ["a", "z", "m"]


def sent_again(page):
    """Read the fields of the form that shows again what was sent."""
    form = re.search(r'<form method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    tags = re.findall(r"<input [^>]*>", form[2])
    return form[1], {
        re.search('name="([^"]*)"', tag)[1]: html.unescape(re.search('value="([^"]*)"', tag)[1])
        for tag in tags
    }


def test_a_verdict_sent_after_the_session_ended_is_kept_and_sent_again(client, send, app, token):
    store = app.extensions["dari"].store
    data = {"candidate": "kaist", "label": "good", "shown_rank": "3", "model_version": "m",
            "note": 'a "long" note', "back": "/startups/sonoeye/matches"}  # fmt: skip
    for answer in (
        client.post("/startups/sonoeye/verdicts", data=data),
        send(client, "/startups/sonoeye/verdicts", data),
    ):
        assert answer.status_code == 401
        assert "You are signed out" in answer.text
        assert 'target="_blank"' in answer.text
        path, fields = sent_again(answer.text)
        assert path == "/startups/sonoeye/verdicts"
        assert fields.items() >= data.items()
    client.get(f"/sign-in?token={token}")
    done = client.post(path, data=fields)
    assert (done.status_code, done.location) == (303, "/startups/sonoeye/matches")
    assert [one.note for one in store.verdicts("sonoeye")] == ['a "long" note']


def test_what_another_site_sent_is_not_shown_to_be_sent_again(client, send):
    data = {"candidate": "kaist", "label": "poor", "shown_rank": "1", "model_version": "m"}
    away = {"Origin": "https://elsewhere.example"}
    answer = client.post("/startups/sonoeye/verdicts", data=data, headers=away)
    assert answer.status_code in {400, 401}
    assert "kaist" not in answer.text


def test_the_ties_of_a_profile_are_paged(make_app, sign_in):
    app = make_app()
    dari = app.extensions["dari"]
    raws = [{"id": f"t{n:03}", "kind": "pilot", "a": "kaist", "b": "samsung"} for n in range(120)]
    dari.writer.put_ties([validate(Tie, raw) for raw in raws])
    browser, path, seen = sign_in(app), "/partners/kaist", []
    while path:
        page = browser.get(path).text
        assert re.search(r'Ties <small class="total">(\d+)<', page)[1] == "123"
        seen.append(re.findall(r'href="/ties/([^/"]+)/edit', page))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following and html.unescape(following[1]).partition("#")[0]
    held = [one.id for one in dari.store.ties_page("kaist", limit=1000)]
    assert [id for part in seen for id in part] == held
    assert [len(part) for part in seen] == [50, 50, 23]
    assert "First page" in page


def test_names_like_what_is_typed_are_offered(staff, client):
    near = staff.get("/names?q=삼성").json
    assert {"id": "samsung", "name": "Samsung / 삼성"} in near
    assert len(near) <= 5
    for nothing in ("", "%20", "x" * 999):
        assert staff.get(f"/names?q={nothing}").json == []
    assert client.get("/names?q=삼성").status_code == 401
    form = staff.get("/ties/new").text
    assert len(re.findall(r'data-names="/names"', form)) == 2
    assert "names.js" in form
