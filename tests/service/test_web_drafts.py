"""Drafts: a startup tells of itself step by step without an account, and comes back by a link."""

from __future__ import annotations

import email
import logging
import re
from datetime import UTC, datetime, timedelta
from email.policy import default
from html import escape, unescape

import pytest

from profiles import Side
from profiles.drafts import draft_of, save
from profiles.links import links_of, make_link

KO = {"Accept-Language": "ko"}
JSON = {"Accept": "application/json"}
TEXT = "물류 창고에서 상자를 옮기는 로봇 팔을 만듭니다."
GIVEN = {
    "who": {
        "name_ko": "한빛로봇",
        "name_en": "Hanbit Robotics",
        "website": "https://hanbit.example",
    },
    "build": {"summary_ko": TEXT, "summary_en": "We build robot arms for warehouses."},
    "seek": {"seeking_en": "A warehouse that would try our robots.", "seeks": ["pilot"]},
    "place": {"sectors": ["robotics"], "region": "KR-41", "stage": "seed", "trl": "6"},
    "consent": {"contact": "kim@hanbit.example", "consent": "y"},
}
SCRIPT = "<script>alert('1')</script>\"'><img src=x onerror=alert(1)>"
STEPS = tuple(GIVEN)


@pytest.fixture
def dari(app):
    return app.extensions["dari"]


@pytest.fixture
def begin(send):
    """Begin a draft in a browser; give its id."""

    def begin(client, **more):
        answer = send(client, "/drafts", {"name_ko": "한빛로봇", **more})
        assert answer.status_code == 303
        return answer.headers["Location"].split("/")[2]

    return begin


@pytest.fixture
def tell(send, dari):
    """Send a step of a draft as its form would."""

    def tell(client, id, step, data, *, go="next", **more):
        with client.application.app_context():
            store = client.application.extensions["dari"].store
            saved = draft_of(store, id, datetime.now(UTC)).steps.get(step, 0)
        sent = {"saved": str(saved), "go": go, **data}
        return send(client, f"/drafts/{id}/{step}", sent, **more)

    return tell


@pytest.fixture
def told(begin, tell):
    """Fill a whole draft in."""

    def told(client, **changed):
        id = begin(client)
        for step, data in GIVEN.items():
            assert tell(client, id, step, data | changed.get(step, {})).status_code in (303, 422)
        return id

    return told


def values(dari, id):
    return draft_of(dari.store, id, datetime.now(UTC)).values


def code_in(page):
    return re.search(r'id="one-time-code">([^<]+)<', page.text)[1]


def letters(dari):
    return [
        email.message_from_bytes(one.read_bytes(), policy=default)
        for one in sorted(dari.settings.outbox.glob("*.eml"))
    ]


def test_a_startup_is_told_step_by_step_and_handed_in_without_scripts(app, dari, send):
    client = app.test_client()
    page = client.get("/startups/new")
    assert page.status_code == 200
    action = re.search(r'<form id="step-form" method="post" action="([^"]+)"', page.text)[1]
    answer = send(client, action, GIVEN["who"] | {"saved": "0", "go": "next"})
    for step in STEPS[1:]:
        at = answer.headers["Location"]
        assert at.endswith(f"/{step}")
        page = client.get(at)
        action = re.search(r'<form id="step-form" method="post" action="([^"]+)"', page.text)[1]
        answer = send(client, action, GIVEN[step] | {"saved": "0", "go": "next"})
    at = answer.headers["Location"]
    assert at.endswith("/preview")
    page = client.get(at, headers=KO).text
    assert "로봇" in page
    assert "Robotics" in page
    id = at.split("/")[2]
    answer = send(client, f"/drafts/{id}/hand-in", {}, headers=KO)
    kept = dari.store.get(answer.headers["Location"].removeprefix("/my/"))
    assert (kept.name.ko, kept.name.en) == ("한빛로봇", "Hanbit Robotics")
    assert (kept.summary.ko, bool(kept.summary.en)) == (TEXT, True)
    assert (kept.seeking.ko, kept.region, kept.trl, kept.sectors) == (
        None,
        "KR-41",
        6,
        ("robotics",),
    )
    assert (kept.contact, kept.consent.version) == ("kim@hanbit.example", "2026-11")
    status = client.get(answer.headers["Location"], headers=KO).text
    assert "감사합니다. 스타트업이 등록되었습니다." in status
    again = client.get(f"/drafts/{id}/who")
    assert (again.status_code, again.headers["Location"]) == (303, f"/my/{kept.id}")
    assert send(client, f"/drafts/{id}/hand-in", {}).headers["Location"] == f"/my/{kept.id}"


def test_a_draft_is_kept_with_everything_missing_and_is_no_profile(app, dari, begin, tell, staff):
    client = app.test_client()
    before = dari.store.count(Side.STARTUP)
    id = begin(client, name_ko="", website="https://only.example")
    for step in STEPS:
        assert tell(client, id, step, {}).status_code == 303
    page = client.get(f"/drafts/{id}/preview", headers=KO).text
    assert "필수 항목입니다." in page
    assert "스타트업에는 하는 일을 설명하는 글이 필요합니다." in page
    assert f'href="/drafts/{id}/who?check=1#name_ko"' in page
    assert "제출하기" not in page
    assert dari.store.count(Side.STARTUP) == before
    assert id not in staff.get("/startups").text
    wanted = client.get(f"/drafts/{id}/who?check=1", headers=KO).text
    assert "필수 항목입니다." in wanted
    assert 'aria-invalid="true"' in wanted
    assert "필수 항목입니다." not in client.get(f"/drafts/{id}/who", headers=KO).text


def test_a_refused_handing_in_keeps_the_draft_and_says_why(app, dari, begin, send):
    client = app.test_client()
    id = begin(client)
    answer = send(client, f"/drafts/{id}/hand-in", {})
    assert answer.status_code == 422
    assert "A startup needs a text that says what it does." in answer.text
    assert values(dari, id)["name_ko"] == "한빛로봇"


def test_a_wrong_value_is_kept_and_named_beside_its_field(app, dari, begin, tell):
    client = app.test_client()
    id = begin(client)
    wrong = {"name_ko": "한빛로봇", "website": "notaurl"}
    answer = tell(client, id, "who", wrong, headers=KO)
    assert answer.status_code == 422
    assert "notaurl은(는) 웹 주소가 아닙니다." in answer.text
    assert 'href="#website"' in answer.text
    assert re.search(r'id="website"[^>]*aria-invalid="true"', answer.text)
    assert values(dari, id)["website"] == "notaurl"
    assert tell(client, id, "who", wrong, go="seek").status_code == 303
    assert "one thing is not right" in client.get(f"/drafts/{id}/seek").text


def test_a_contact_without_consent_is_asked_for_before_the_end(app, told):
    client = app.test_client()
    id = told(client, consent={"consent": ""})
    assert "A contact address may be kept only with consent." in (
        client.get(f"/drafts/{id}/preview").text
    )


def test_a_script_saves_by_itself_and_is_told_what_is_wrong(app, dari, send):
    client = app.test_client()
    sent = {"name_en": "Auto", "website": "no", "saved": "0"}
    answer = send(client, "/drafts", sent, headers=JSON)
    told = answer.json
    assert answer.status_code == 200
    id = told["action"].split("/")[2]
    assert told["saved"] == 1
    assert list(told["errors"]) == ["website"]
    assert "notes" not in told
    answer = send(client, told["action"], {"name_en": "Auto 2", "saved": "1"}, headers=JSON)
    assert (answer.json["saved"], answer.json["errors"]) == (2, {})
    assert values(dari, id)["name_en"] == "Auto 2"
    assert (
        send(client, told["action"], {"name_en": "x", "saved": "1"}, headers=JSON).status_code
        == 409
    )
    assert values(dari, id)["name_en"] == "Auto 2"


def test_a_window_that_is_behind_loses_nothing_of_either(app, dari, begin, send):
    client = app.test_client()
    id = begin(client)
    send(client, f"/drafts/{id}/build", {"summary_ko": "from one window", "saved": "0"})
    late = {"summary_ko": "from the other window", "saved": "0"}
    answer = send(client, f"/drafts/{id}/build", late)
    assert answer.status_code == 409
    assert "from one window" in answer.text
    assert "from the other window" in answer.text
    saved = re.search(r'name="saved" value="(\d+)"', answer.text)[1]
    assert send(client, f"/drafts/{id}/build", late | {"saved": saved}).status_code == 303
    assert values(dari, id)["summary_ko"] == "from the other window"


def test_switching_the_language_keeps_what_was_typed(app, dari, begin, send):
    client = app.test_client()
    id = begin(client)
    answer = send(client, f"/drafts/{id}/build?lang=ko&go=stay", {"summary_ko": TEXT, "saved": "0"})
    page = client.get(answer.headers["Location"])
    assert '<html lang="ko">' in page.text
    assert TEXT in page.text
    answer = send(app.test_client(), "/drafts?lang=ko&go=stay", {"name_ko": "", "saved": "0"})
    assert answer.headers["Location"] == "/startups/new?lang=ko"


def test_sectors_are_suggested_from_the_meaning_and_never_filled_in(app, dari, begin, tell):
    client = app.test_client()
    id = begin(client)
    tell(client, id, "build", {"summary_en": "An app by which farmers lend each other tractors."})
    page = client.get(f"/drafts/{id}/place").text
    assert 'id="suggested-agriculture"' in page
    assert not re.search(r'id="suggested-agriculture"[^>]* checked', page)
    tell(client, id, "place", {"sectors": ["agriculture"]})
    assert 'id="suggested-agriculture"' not in client.get(f"/drafts/{id}/place").text


def test_what_a_missing_field_is_worth_is_measured_and_no_value_is_proposed(app, begin, tell):
    client = app.test_client()
    id = begin(client)
    tell(client, id, "build", {"summary_ko": TEXT})
    page = client.get(f"/drafts/{id}/worth?part=1").text
    assert "<li><strong>Sectors" in page
    assert "points" in page
    assert "Robotics" not in page
    assert "Fill in what is so, and nothing else" in page
    assert client.get(f"/drafts/{id}/worth").status_code == 200
    assert client.get(f"/drafts/{begin(client)}/worth").status_code == 303


OWN = [
    ("get", "/who"),
    ("post", "/who"),
    ("get", "/preview"),
    ("get", "/worth"),
    ("post", "/hand-in"),
    ("post", "/newest"),
    ("get", "/link"),
    ("post", "/link"),
    ("get", "/held.json"),
    ("get", "/delete"),
    ("post", "/delete"),
    ("post", "/leave"),
]


@pytest.mark.parametrize(("method", "path"), OWN)
def test_nobody_else_opens_a_draft_not_even_staff(app, dari, begin, send, staff, method, path):
    id = begin(app.test_client())
    stranger = app.test_client()
    begin(stranger)
    for client in (app.test_client(), stranger, staff):
        if method == "get":
            assert client.get(f"/drafts/{id}{path}").status_code == 404
        else:
            sent = {"name_ko": "stolen", "way": "here", "saved": "1"}
            assert send(client, f"/drafts/{id}{path}", sent).status_code == 404
    assert values(dari, id)["name_ko"] == "한빛로봇"
    assert links_of(dari.store, id) == ()


def test_a_link_that_is_shown_opens_the_draft_in_another_browser_once(app, begin, send, dari):
    client = app.test_client()
    id = begin(client)
    page = send(client, f"/drafts/{id}/link", {"way": "here"})
    link, code = re.search(r'id="one-time-link">([^<]+)<', page.text)[1], code_in(page)
    assert link == f"http://localhost/return#{code}"
    other = app.test_client()
    for _ in range(3):  # programs that look into mails open links, and use nothing up
        assert other.get("/return").status_code == 200
        assert other.get(f"/return?token={code}").status_code == 200
        assert other.head("/return").status_code == 200
    assert other.get(f"/drafts/{id}/who").status_code == 404
    answer = send(other, "/return", {"token": f" {code.upper()} "})
    assert answer.headers["Location"] == f"/drafts/{id}/build"
    assert "한빛로봇" in other.get(f"/drafts/{id}/who").text
    third = app.test_client()
    refused = send(third, "/return", {"token": code}, headers=KO)
    assert refused.status_code == 422
    assert "이미 사용한 링크입니다." in refused.text
    assert code not in refused.text
    assert third.get(f"/drafts/{id}/who").status_code == 404


def test_a_link_leads_to_its_own_draft_alone_and_ends(app, begin, send, dari):
    mine, yours = app.test_client(), app.test_client()
    first, second = begin(mine), begin(yours)
    code = code_in(send(yours, f"/drafts/{second}/link", {"way": "here"}))
    other = app.test_client()
    send(other, "/return", {"token": code})
    assert other.get(f"/drafts/{second}/who").status_code == 200
    assert other.get(f"/drafts/{first}/who").status_code == 404
    long_ago = datetime.now(UTC) - timedelta(days=4)
    old = make_link(dari.store, "draft", first, now=long_ago, lasts=timedelta(days=3))
    assert "This link has expired." in send(other, "/return", {"token": old}).text
    for guess in ("", "a" * 26, "x" * 100_000, "\x00", SCRIPT):
        assert "This code opens nothing." in send(other, "/return", {"token": guess}).text
    assert other.get(f"/drafts/{first}/who").status_code == 404


def test_a_token_never_travels_where_others_look(app, begin, send):
    client = app.test_client()
    page = send(client, f"/drafts/{begin(client)}/link", {"way": "here"})
    code = code_in(page)
    assert not re.search(rf'(href|src|action)="[^"]*{code}', page.text)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    answer = send(app.test_client(), "/return", {"token": code})
    assert code not in str(answer.headers)


def test_guessing_is_bounded(make_app, send):
    client = make_app(links_per_hour=2).test_client()
    for _ in range(6):
        assert send(client, "/return", {"token": "a" * 26}).status_code == 422
    refused = send(client, "/return", {"token": "a" * 26})
    assert refused.status_code == 429
    for _ in range(2):
        assert send(client, "/return/new", {"email": "a@b.example"}).status_code == 200
    assert send(client, "/return/new", {"email": "a@b.example"}).status_code == 429


def test_handing_in_counts_with_all_submissions(make_app, send):
    app = make_app(public_submissions_per_hour=2)
    client = app.test_client()
    for _ in range(2):
        at = send(client, "/drafts", {"name_ko": "한빛"}).headers["Location"].rsplit("/", 1)[0]
        send(client, f"{at}/build", {"summary_ko": TEXT, "saved": "0"})
        last = send(client, f"{at}/hand-in", {})
        assert last.status_code == 303
    assert send(client, f"{at}/hand-in", {}).status_code == 429
    assert client.post("/api/v1/startups", json={"name": "a", "summary": "b"}).status_code == 429
    assert send(client, "/drafts", {"name_ko": "한빛"}).status_code == 429


@pytest.mark.parametrize(
    ("lang", "subject", "said"),
    [
        ("ko", "다리: 작성 중인 스타트업 초안으로 돌아가기", "한 번만 쓸 수 있습니다."),
        ("en", "Dari: back to the draft of your startup", "It works once, until"),
    ],
)
def test_a_letter_carries_the_link_in_the_readers_language(make_app, send, lang, subject, said):
    app = make_app(public_url="https://dari.example/")
    client, dari = app.test_client(), app.extensions["dari"]
    at = send(client, "/drafts", {"name_ko": "한빛"}).headers["Location"].rsplit("/", 1)[0]
    sent = {"way": "mail", "email": "kim@hanbit.example"}
    page = send(client, f"{at}/link", sent, headers={"Accept-Language": lang})
    assert page.status_code == 200
    assert ("outbox" if lang == "en" else "보낼 편지함") in page.text
    (letter,) = letters(dari)
    assert (letter["To"], letter["Subject"]) == ("kim@hanbit.example", subject)
    text = letter.get_content()
    assert said in text
    code = re.search(r"https://dari\.example/return#(\S+)", text)[1]
    assert send(app.test_client(), "/return", {"token": code}).status_code == 303
    wrong = send(client, f"{at}/link", {"way": "mail", "email": "kim@@hanbit"})
    assert wrong.status_code == 422
    assert 'value="kim@@hanbit"' in wrong.text
    assert len(letters(dari)) == 1


def test_a_foreign_host_never_gets_into_a_letter(make_app, send):
    app = make_app()
    client, dari = app.test_client(), app.extensions["dari"]
    at = send(client, "/drafts", {"name_ko": "한빛"}).headers["Location"].rsplit("/", 1)[0]
    send(client, f"{at}/link", {"way": "mail", "email": "kim@hanbit.example"})
    thief = {"Host": "evil.example"}
    token = re.search(r'csrf_token" value="([^"]+)', client.get("/return", headers=thief).text)
    client.post(
        "/return/new",
        data={"csrf_token": token[1], "email": "kim@hanbit.example"},
        headers=thief,
        buffered=True,
    )
    texts = [one.get_content() for one in letters(dari)]
    assert len(texts) >= 1
    assert not any("evil.example" in text for text in texts)


def test_asking_for_a_link_tells_nobody_whether_an_address_is_known(make_app, send):
    app = make_app()
    client, dari = app.test_client(), app.extensions["dari"]
    at = send(client, "/drafts", {"name_ko": "한빛"}).headers["Location"].rsplit("/", 1)[0]
    send(client, f"{at}/link", {"way": "mail", "email": "kim@hanbit.example"})
    for data in (GIVEN["build"], GIVEN["consent"] | {"contact": "lee@other.example"}):
        step = "build" if "summary_ko" in data else "consent"
        send(client, f"{at}/{step}", {"saved": "0", **data})
    answers = []
    nobody = app.test_client()
    for address in ("kim@hanbit.example", "nobody@hanbit.example"):
        answer = send(nobody, "/return/new", {"email": address}, buffered=True)
        same = re.sub(r'csrf_token" value="[^"]+', "", answer.text)
        answers.append((answer.status_code, same, answer.headers.get("Content-Length") is not None))
    assert answers[0] == answers[1]
    assert [one["To"] for one in letters(dari)] == ["kim@hanbit.example"] * 2
    answer = send(client, f"{at}/hand-in", {})
    assert (
        send(nobody, "/return/new", {"email": "lee@other.example"}, buffered=True).status_code
        == 200
    )
    last = letters(dari)
    assert {one["To"] for one in last} == {"kim@hanbit.example", "lee@other.example"}
    mine = next(one for one in last if one["To"] == "lee@other.example").get_content()
    code = re.search(r"#(\S+)", mine)[1]
    there = send(app.test_client(), "/return", {"token": code}).headers["Location"]
    assert there == answer.headers["Location"]


def test_no_token_no_address_and_no_text_is_logged(app, begin, send, tell, caplog):
    caplog.set_level(logging.DEBUG)
    client = app.test_client()
    id = begin(client)
    tell(client, id, "build", {"summary_ko": "비밀의문장"})
    code = code_in(send(client, f"/drafts/{id}/link", {"way": "here"}))
    send(client, f"/drafts/{id}/link", {"way": "mail", "email": "secret@hanbit.example"})
    send(client, "/return/new", {"email": "secret@hanbit.example"}, buffered=True)
    send(app.test_client(), "/return", {"token": code})
    send(app.test_client(), "/return", {"token": code})
    send(client, f"/drafts/{id}/hand-in", {})
    logged = "\n".join(logging.Formatter().format(one) for one in caplog.records)
    for secret in (code, code.replace("-", ""), "secret@hanbit.example", "비밀의문장"):
        assert secret not in logged


def test_a_letter_that_cannot_be_sent_is_told_of(make_app, send):
    app = make_app(
        smtp_host="127.0.0.1", smtp_port=1, mail_from="dari@dari.example", smtp_security="none"
    )
    client = app.test_client()
    at = send(client, "/drafts", {"name_ko": "한빛"}).headers["Location"].rsplit("/", 1)[0]
    page = send(client, f"{at}/link", {"way": "mail", "email": "kim@hanbit.example"})
    assert page.status_code == 503
    assert "The letter could not be sent." in page.text
    assert (
        send(client, "/return/new", {"email": "kim@hanbit.example"}, buffered=True).status_code
        == 200
    )


FIELDS = [name for data in GIVEN.values() for name in data] + ["offering_ko", "offers"]


def test_markup_is_shown_as_text_on_every_page(app, begin, tell, send):
    client = app.test_client()
    id = begin(client)
    for step, names in {
        "who": ["name_ko", "name_en", "website"],
        "build": ["summary_ko", "summary_en", "offering_ko", "offering_en"],
        "seek": ["seeking_ko", "seeking_en", "seeks", "offers"],
        "place": ["sectors", "region", "stage", "trl"],
        "consent": ["contact", "consent"],
    }.items():
        tell(client, id, step, dict.fromkeys(names, SCRIPT))
    for path in (*STEPS, "preview", "link", "delete"):
        page = client.get(f"/drafts/{id}/{path}").text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    tell(client, id, "place", {"sectors": [], "region": "", "stage": "", "trl": ""})
    tell(client, id, "seek", {"seeking_ko": SCRIPT})
    tell(client, id, "who", {"name_ko": SCRIPT})
    tell(client, id, "consent", {})
    preview = client.get(f"/drafts/{id}/preview").text
    assert escape(SCRIPT[:8]) in preview
    answer = send(client, f"/drafts/{id}/hand-in", {})
    assert answer.status_code == 303
    status = client.get(answer.headers["Location"]).text
    assert "<script>alert" not in status
    assert escape(SCRIPT[:8]) in status


@pytest.mark.parametrize("bad", ["a\x00b", "\u202egnp.exe", "\ufffd"])
def test_broken_characters_are_kept_shown_and_refused(app, dari, begin, tell, send, bad):
    client = app.test_client()
    id = begin(client)
    before = dari.store.count(Side.STARTUP)
    assert tell(client, id, "build", {"summary_ko": bad}).status_code == 422
    assert values(dari, id)["summary_ko"] == bad
    assert client.get(f"/drafts/{id}/build").status_code == 200
    assert send(client, f"/drafts/{id}/hand-in", {}).status_code == 422
    assert dari.store.count(Side.STARTUP) == before


def test_huge_texts_have_clear_answers(app, dari, begin, tell, send):
    client = app.test_client()
    id = begin(client)
    long = tell(client, id, "build", {"summary_ko": "a" * 20_001})
    assert "at most 20000 are allowed" in long.text
    assert len(values(dari, id)["summary_ko"]) == 20_001
    huge = send(client, f"/drafts/{id}/build", {"summary_ko": "가" * 400_000, "saved": "0"})
    assert huge.status_code == 413
    assert send(client, f"/drafts/{id}/no-step", {}).status_code == 404


def test_fields_that_nobody_asked_for_are_not_kept(app, dari, begin, tell):
    client = app.test_client()
    id = begin(client)
    tell(
        client, id, "who", {"name_ko": "한빛", "id": "samsung", "source": "x", "conflicts": ["kt"]}
    )
    assert not {"id", "source", "conflicts", "saved", "csrf_token"} & values(dari, id).keys()


def test_without_a_csrf_token_nothing_is_kept_and_what_was_typed_can_be_sent_again(
    app, dari, begin
):
    client = app.test_client()
    id = begin(client)
    answer = client.post(f"/drafts/{id}/build", data={"summary_ko": TEXT, "saved": "0"})
    assert answer.status_code == 400
    assert TEXT in unescape(answer.text)
    assert "summary_ko" not in values(dari, id)


def test_a_person_takes_a_draft_along_and_deletes_it_for_good(make_app, send):
    app = make_app()
    client, dari = app.test_client(), app.extensions["dari"]
    at = (
        send(client, "/drafts", {"name_ko": "한빛로봇주식회사"})
        .headers["Location"]
        .rsplit("/", 1)[0]
    )
    send(client, f"{at}/build", {"summary_ko": TEXT, "saved": "0"})
    send(client, f"{at}/link", {"way": "mail", "email": "kim@hanbit.example"})
    code = code_in(send(client, f"{at}/link", {"way": "here"}))
    held = client.get(f"{at}/held.json")
    assert held.headers["Content-Disposition"] == "attachment; filename=draft.json"
    assert held.json["values"]["summary_ko"] == TEXT
    assert held.json["email"] == "kim@hanbit.example"
    assert [one["used_at"] for one in held.json["links"]] == [None, None]
    assert code not in held.text
    assert "완전히" in client.get(f"{at}/delete", headers=KO).text
    assert client.get(f"{at}/who").status_code == 200
    assert send(client, f"{at}/delete", {}).headers["Location"] == "/"
    assert client.get(f"{at}/who").status_code == 404
    assert letters(dari) == []
    assert "This code opens nothing." in send(client, "/return", {"token": code}).text
    raw = b"".join(one.read_bytes() for one in dari.settings.home.glob("dari.sqlite3*"))
    assert TEXT.encode() not in raw
    assert b"kim@hanbit.example" not in raw


def test_a_draft_that_has_expired_is_gone_and_swept(make_app, send):
    app = make_app()
    client, dari = app.test_client(), app.extensions["dari"]
    at = send(client, "/drafts", {"name_ko": "한빛"}).headers["Location"].rsplit("/", 1)[0]
    id = at.split("/")[2]
    now = datetime.now(UTC)
    save(dari.store, id, "who", {"name_ko": "지난"}, saved=1, language="ko", now=now,
         expires_at=now - timedelta(seconds=1))  # fmt: skip
    assert client.get(f"{at}/who").status_code == 404
    assert send(client, f"{at}/who", {"name_ko": "x", "saved": "2"}).status_code == 404
    send(client, "/drafts", {"name_ko": "새로"})
    with pytest.raises(Exception, match="no draft"):
        draft_of(dari.store, id, datetime.min.replace(tzinfo=UTC))


def test_a_browser_forgets_a_draft_when_asked(app, begin, send):
    client = app.test_client()
    id = begin(client)
    assert f"/drafts/{id}/build" in client.get("/startups/new").text
    send(client, f"/drafts/{id}/leave", {})
    assert client.get(f"/drafts/{id}/who").status_code == 404
    assert id not in client.get("/startups/new").text


def test_every_input_of_every_step_has_a_label(app, begin):
    client = app.test_client()
    id = begin(client)
    for step in STEPS:
        page = client.get(f"/drafts/{id}/{step}").text
        labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
        inputs = re.findall(r"<(?:input|select|textarea)([^>]*)>", page)
        named = [re.search(r' id="([^"]+)"', one) for one in inputs if 'type="hidden"' not in one]
        assert named
        assert all(one and one[1] in labelled for one in named), step


def test_a_link_back_opens_where_the_person_left_off(app, dari, begin, tell, send):
    client = app.test_client()
    id = begin(client)

    def opens():
        token = make_link(dari.store, "draft", id, now=datetime.now(UTC), lasts=timedelta(hours=1))
        return send(app.test_client(), "/return", {"token": token}).location

    assert opens() == f"/drafts/{id}/build"  # the first step was sent, the second one shown
    tell(client, id, "build", {"summary_ko": TEXT}, go="link")
    assert opens() == f"/drafts/{id}/build"
    send(client, f"/drafts/{id}/place", {"region": "KR-27", "saved": "0"}, headers=JSON)
    assert opens() == f"/drafts/{id}/place"  # saved by itself, and left there
    tell(client, id, "place", {"region": "KR-27"}, go="back")
    assert opens() == f"/drafts/{id}/seek"
    tell(client, id, "seek", {}, go="preview")
    assert opens() == f"/drafts/{id}/preview"
    assert f'href="/drafts/{id}/preview"' in client.get("/return").text
