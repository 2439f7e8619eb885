"""Staff edit profiles, ties and programmes; two edits of one record meet, and neither is lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from profiles import Startup, StoreError, validate
from profiles.database import reading
from service.settings import Settings
from service.submission import submit
from service.wiring import init

KO = {"Accept-Language": "ko"}
MUNSTER = {
    "id": "munster",
    "name": {"ko": "문스터", "en": "Munster"},
    "aliases": ["MST", "Moon Star"],
    "summary": {"ko": "달 탐사 로봇을 만듭니다.\n\n바퀴가 넷입니다.", "en": "We make moon robots."},
    "seeking": {"en": "A launch."},
    "region": "KR-27",
    "sectors": ["robotics", "ai"],
    "stage": "seed",
    "trl": 4,
    "seeks": ["pilot"],
    "offers": ["data"],
    "conflicts": ["samsung"],
    "website": "https://munster.example",
    "registration": "123-45-67891",
    "founded": 2021,
    "source": "told by phone",
    "contact": "ceo@munster.example",
    "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"},
}


@pytest.fixture
def app(make_app):
    app = make_app()
    submit(app.extensions["dari"], MUNSTER)
    return app


@pytest.fixture
def store(app):
    return app.extensions["dari"].store


class Fields(HTMLParser):
    """What a browser would send of a form that nobody has touched."""

    def __init__(self, text, form):
        super().__init__()
        self.found, self._form, self._on, self._area, self._select = {}, form, False, None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "form":
            self._on = told.get("id") == self._form
        if not self._on:
            return
        kind = told.get("type")
        if tag == "input" and (kind not in ("checkbox", "radio") or "checked" in told):
            self.found.setdefault(told["name"], []).append(told.get("value", ""))
        elif tag == "textarea":
            self._area = told["name"]
            self.found[self._area] = [""]
        elif tag == "select":
            self._select = told["name"]
        elif tag == "option" and "selected" in told:
            self.found[self._select] = [told["value"]]

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._on and self._area:
            text = self.found[self._area][0] + data
            self.found[self._area] = [text]


def fields(page, form="edit-form"):
    found = Fields(page.text, form).found
    return {name: [as_sent(value) for value in values] for name, values in found.items()}


def as_sent(value):
    """A text with line ends as a browser sends them; it drops the first one of a text area."""
    return value.replace("\r\n", "\n").removeprefix("\n").replace("\n", "\r\n")


def opened(browser, path="/startups/munster/edit", **more):
    page = browser.get(path, **more)
    assert page.status_code == 200
    return fields(page)


def post(browser, data, path="/startups/munster/edit", **more):
    return browser.post(path, data=data, **more)


@pytest.mark.parametrize(
    "path",
    [
        "startups/munster",
        "partners/samsung",
        "ties/pairing-daegu-samsung",
        "programmes/contest-skt-daejeon",
    ],
)
@pytest.mark.parametrize("headers", [{}, KO])
def test_a_form_that_is_saved_as_it_was_opened_changes_nothing(staff, store, path, headers):
    kind, id = path.split("/")
    before = store.history(id)
    seq = store.last_seq()
    answer = post(staff, opened(staff, f"/{path}/edit", headers=headers), f"/{path}/edit")
    assert answer.status_code == 303
    assert store.history(id) == before
    assert store.last_seq() == seq + 1
    assert kind


def test_every_field_can_be_edited_in_both_languages(staff, store):
    typed = opened(staff)
    assert typed["aliases"] == ["MST\r\nMoon Star"]
    typed |= {
        "editor": "김민지",
        "name_ko": "문스터로보틱스",
        "aliases": "MST\r\n\r\n문스타",
        "seeking_ko": "발사체를 찾습니다.",
        "offering_en": "Maps of the moon.",
        "region": "US",
        "sectors": ["space"],
        "trl": "5",
        "conflicts": "",
        "founded": "",
    }
    assert post(staff, typed).headers["Location"] == "/startups/munster"
    kept = store.get("munster")
    expected = {
        **MUNSTER,
        "name": {"ko": "문스터로보틱스", "en": "Munster"},
        "aliases": ["MST", "문스타"],
        "seeking": {"ko": "발사체를 찾습니다.", "en": "A launch."},
        "offering": {"en": "Maps of the moon."},
        "region": "US",
        "sectors": ["space"],
        "trl": 5,
        "conflicts": [],
        "founded": None,
    }
    assert kept == validate(Startup, expected)
    assert store.history("munster")[-1].by == "김민지"
    assert opened(staff)["editor"] == ["김민지"]


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(staff, store):
    typed = opened(staff)
    typed |= {
        "website": "nonsense",
        "founded": "<b>1492</b>",
        "sectors": ["ai", "alchemy"],
        "name_ko": "가" * 301,
        "seeking_en": "typed \u202e text",
        "contact": "evil@munster.example",
    }
    answer = post(staff, typed)
    assert answer.status_code == 422
    for field in ("website", "founded", "sectors", "name_ko", "seeking_en"):
        assert f'id="{field}-error"' in answer.text, field
        assert f'href="#{field}"' in answer.text
    again = fields(answer)
    assert again["founded"] == ["<b>1492</b>"]
    assert again["seeking_en"] == [typed["seeking_en"]]
    assert sorted(again["sectors"]) == ["ai", "alchemy"]
    assert again["revision"] == typed["revision"]
    assert "<b>1492" not in answer.text
    assert store.get("munster").contact == "ceo@munster.example"
    assert len(store.history("munster")) == 1


@pytest.fixture
def met(staff, app, sign_in, store):
    """Two people who opened the same startup; the first has saved, the second meets that."""
    other = sign_in(app)
    first, second = opened(staff), opened(other)
    first |= {"editor": "Ahn", "summary_en": "Ahn's words.", "trl": "6", "region": "KR-26"}
    second |= {
        "editor": "Bae",
        "summary_en": "Bae's\r\nwords.",
        "founded": "2022",
        "region": "KR-26",
    }
    assert post(staff, first).status_code == 303
    answer = post(other, second)
    assert answer.status_code == 409
    return other, answer


def test_two_edits_meet_and_neither_loses_a_word(met, store):
    other, page = met
    assert store.get("munster").summary.en == "Ahn's words."
    for shown in ("We make moon robots.", "Ahn&#39;s words.", "Bae&#39;s\r\nwords.", "Ahn saved"):
        assert shown in page.text
    meetings = re.findall(r'id="field-(\w+)"', page.text)
    assert sorted(meetings) == ["founded", "summary_en", "trl"]
    typed = fields(page, "conflict-form")
    assert (typed["choose-trl"], typed["choose-founded"]) == (["theirs"], ["yours"])
    assert "choose-summary_en" not in typed
    assert typed["summary_en"] == ["Bae's\r\nwords."]
    refused = post(other, typed)
    assert refused.status_code == 409
    assert "Both have changed this field." in refused.text
    typed = {**fields(refused, "conflict-form"), "choose-summary_en": "yours"}
    assert post(other, typed).status_code == 303
    kept = store.get("munster")
    assert (kept.summary.en, kept.trl, kept.founded) == ("Bae's\nwords.", 6, 2022)
    assert (kept.region, kept.contact) == ("KR-26", "ceo@munster.example")
    assert [one.by for one in store.history("munster")] == ["system", "Ahn", "Bae"]


def test_theirs_can_be_kept_and_the_other_choice_turned_round(met, store):
    other, page = met
    chosen = {"choose-summary_en": "theirs", "choose-trl": "yours", "choose-founded": "theirs"}
    assert post(other, {**fields(page, "conflict-form"), **chosen}).status_code == 303
    kept = store.get("munster")
    assert (kept.summary.en, kept.trl, kept.founded) == ("Ahn's words.", 4, 2021)


def test_a_province_abroad_that_no_list_offers_is_told_by_its_name(staff, app, sign_in):
    first, second = opened(staff), opened(other := sign_in(app))
    assert post(staff, first | {"region": "US-CA"}).status_code == 303
    held = staff.get("/startups/munster/edit").text
    assert '<option value="US-CA" selected>California, United States</option>' in held
    assert opened(staff)["region"] == ["US-CA"]
    met = post(other, second | {"region": "CA-ON"})
    assert met.status_code == 409
    told = re.search(r'<fieldset[^>]*id="field-region".*?</fieldset>', met.text, re.DOTALL)[0]
    assert "California, United States" in told
    assert "Ontario, Canada" in told
    for path in ("/startups/munster/matches", "/pipeline"):
        asked = staff.get(f"{path}?region=US-CA", headers=KO).text
        assert '<option value="US-CA" selected>미국 캘리포니아주</option>' in asked


def test_a_field_that_one_left_alone_is_told_so(met):
    page = met[1].text
    trl = re.search(r'<fieldset[^>]*id="field-trl".*?</fieldset>', page, re.DOTALL)[0]
    assert "Unchanged by you" in trl
    assert "You typed" not in trl
    founded = re.search(r'<fieldset[^>]*id="field-founded".*?</fieldset>', page, re.DOTALL)[0]
    assert "You typed" in founded


def test_two_changes_of_a_list_can_be_joined(staff, app, sign_in, store):
    other = sign_in(app)
    first, second = opened(staff), opened(other)
    first |= {"aliases": "MST\r\nMoon Star\r\nLuna", "sectors": ["robotics", "ai", "space"]}
    second |= {"aliases": "Moon Star\r\nMondo", "sectors": ["robotics", "games"]}
    assert post(staff, first).status_code == 303
    page = post(other, second)
    assert (page.status_code, page.text.count("Both together")) == (409, 2)
    both = {"choose-aliases": "both", "choose-sectors": "both"}
    assert post(other, {**fields(page, "conflict-form"), **both}).status_code == 303
    kept = store.get("munster")
    assert kept.aliases == ("Moon Star", "Luna", "Mondo")
    assert set(kept.sectors) == {"robotics", "space", "games"}


def test_a_third_edit_while_two_meet_is_met_too(met, staff, store):
    other, page = met
    third = {**opened(staff), "editor": "Choi", "summary_en": "Choi's words.", "stage": "growth"}
    assert post(staff, third).status_code == 303
    resolved = {**fields(page, "conflict-form"), "choose-summary_en": "yours"}
    again = post(other, resolved)
    assert again.status_code == 409
    assert "Choi saved" in again.text
    typed = fields(again, "conflict-form")
    assert typed["summary_en"] == ["Bae's\r\nwords."]
    assert typed["choose-stage"] == ["theirs"]
    assert post(other, {**typed, "choose-summary_en": "yours"}).status_code == 303
    kept = store.get("munster")
    assert (kept.summary.en, kept.stage, kept.founded) == ("Bae's\nwords.", "growth", 2022)


def test_an_unknown_revision_makes_every_difference_a_choice(staff, store):
    for revision in ("99", "x", "", "9" * 5_000):
        typed = {**opened(staff), "revision": revision, "trl": "9"}
        page = post(staff, typed)
        assert page.status_code == 409
        assert "choose-trl" not in fields(page, "conflict-form")
    assert store.get("munster").trl == 4


def test_the_same_edit_twice_is_no_conflict(staff, app, sign_in, store):
    other = sign_in(app)
    typed, same = opened(staff) | {"trl": "7"}, opened(other) | {"trl": "7"}
    assert [post(staff, typed).status_code, post(other, same).status_code] == [303, 303]
    assert len(store.history("munster")) == 2


def test_switching_the_language_loses_nothing_on_either_page(staff, met):
    typed = {**opened(staff), "offering_ko": "달 지도"}
    page = post(staff, typed, "/startups/munster/edit?lang=ko&draft=1")
    assert fields(page)["offering_ko"] == ["달 지도"]
    assert "저장" in page.text
    other, conflict = met
    path = "/startups/munster/edit?lang=ko&draft=1"
    chosen = {**fields(conflict, "conflict-form"), "choose-trl": "yours"}
    again = post(other, chosen, path)
    assert "내가 입력한 내용" in again.text
    assert fields(again, "conflict-form")["choose-trl"] == ["yours"]


def test_what_was_typed_outlives_an_erasure_a_lost_session_and_a_broken_database(
    staff, client, store, app, monkeypatch
):
    typed = {**opened(staff), "offering_en": "Maps & more"}
    lost = post(client, typed)
    assert (lost.status_code, fields(lost)["offering_en"]) == (401, ["Maps & more"])
    ended = post(client, {**fields(lost), "trl": "9"})
    assert (ended.status_code, fields(ended)["offering_en"]) == (401, ["Maps & more"])

    def broken(*_args, **_more):
        raise StoreError(value="x", rule="x", remedy="x")

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "put_many", broken)
        down = post(staff, typed)
    assert (down.status_code, fields(down)["offering_en"]) == (503, ["Maps & more"])
    store.erase("munster")
    gone = post(staff, typed)
    assert (gone.status_code, fields(gone)["offering_en"]) == (404, ["Maps & more"])
    assert "erased meanwhile" in gone.text


def test_a_session_that_ended_is_told_at_once_and_saving_then_works(staff, client, store, token):
    typed = {**opened(staff), "offering_en": "Maps & more"}
    ended = post(client, typed)
    assert ended.status_code == 401
    assert "You are signed out" in ended.text
    assert re.search(r'<a [^>]*href="/sign-in\?next=[^"]*" target="_blank"', ended.text)
    assert client.get(f"/sign-in?token={token}").status_code == 303
    assert post(client, fields(ended)).status_code == 303
    assert store.get("munster").offering.en == "Maps & more"


def test_withdrawing_takes_out_contact_and_consent_everywhere(staff, store):
    typed = opened(staff)
    token = {"csrf_token": typed["csrf_token"]}
    assert post(staff, token, "/startups/munster/withdrawal").status_code == 303
    assert (store.get("munster").contact, store.get("munster").consent) == (None, None)
    assert "ceo@munster" not in repr(store.history("munster"))
    assert post(staff, typed | {"trl": "9"}).status_code == 409
    assert post(staff, token, "/startups/samsung/withdrawal").status_code == 404


def test_a_tie_is_added_edited_and_ended(staff, store):
    path = "/ties/new?profile=munster&back=/startups/munster"
    typed = opened(staff, path)
    assert typed["a"] == ["munster"]
    typed |= {"kind": "pilot", "b": "nobody", "subject_ko": "월면 시험"}
    wrong = post(staff, typed, "/ties/new")
    assert wrong.status_code == 422
    assert 'id="b-error"' in wrong.text
    typed = {**fields(wrong), "b": "kaist", "valid_from": "2026-03-01", "editor": "Ahn"}
    assert post(staff, typed, "/ties/new").headers["Location"] == "/startups/munster"
    (tie,) = store.ties_page("munster")
    assert (tie.b, tie.subject.ko, tie.kind) == ("kaist", "월면 시험", "pilot")
    again = post(staff, typed, "/ties/new")
    assert "This very tie is kept already" in again.text
    edit = f"/ties/{tie.id}/edit"
    typed = opened(staff, f"{edit}?back=/startups/munster")
    ended = post(staff, {**typed, "role": "host", "end": "1"}, edit)
    assert ended.headers["Location"] == "/startups/munster"
    assert store.get_ties([tie.id])[tie.id].valid_to is not None
    stale = post(staff, {**typed, "role": "guest"}, edit)
    assert stale.status_code == 409
    assert sorted(re.findall(r'id="field-(\w+)"', stale.text)) == ["role", "valid_to"]
    anew = post(staff, {**typed, "back": "//evil.example"}, "/ties/new")
    assert (anew.status_code, anew.headers["Location"]) == (303, "/partners")


def test_today_is_the_day_of_the_time_zone(make_app, sign_in):
    """A day other than that in UTC: before noon that of yesterday, after it that of tomorrow."""
    now = datetime.now(UTC)
    zone = ZoneInfo("Etc/GMT+12" if now.hour < 12 else "Pacific/Kiritimati")
    other = make_app(timezone=zone)
    dari, staff = other.extensions["dari"], sign_in(other)
    day = datetime.now(zone).date()
    assert day != now.date()
    tie = next(one for one in dari.store.ties() if one.valid_to is None)
    path = f"/ties/{tie.id}/edit"
    begun = {"valid_from": day.isoformat(), "end": "1"}
    assert post(staff, {**opened(staff, path), **begun}, path).status_code == 303
    assert dari.store.get_ties([tie.id])[tie.id].valid_to == day
    assert dari.matchmaker.match("samsung", k=1).as_of == day


def test_a_programme_is_edited(staff, store):
    path = "/programmes/contest-skt-daejeon/edit"
    typed = opened(staff, path) | {
        "funding_amount": "30000000",
        "funding_per": "side",
        "valid_to": "2027-01-31",
        "summary_ko": "새 설명",
        "closed": "true",
        "regions": "대전\r\nKR-27",
    }
    assert post(staff, typed, path).headers["Location"] == "/programmes#contest-skt-daejeon"
    kept = store.programme("contest-skt-daejeon")
    assert (kept.funding.amount, kept.funding.per, kept.closed) == (30_000_000, "side", True)
    assert (kept.summary.ko, kept.regions) == ("새 설명", ("KR-30", "KR-27"))
    wrong = post(staff, opened(staff, path) | {"funding_currency": "won"}, path)
    assert 'id="funding_currency-error"' in wrong.text
    bare = opened(staff, path) | {"funding_amount": "", "funding_currency": ""}
    post(staff, bare, path)
    assert store.programme("contest-skt-daejeon").funding is None


@pytest.mark.parametrize(
    "path",
    ["startups/nobody", "startups/samsung", "ties/none", "programmes/none", "partners/munster"],
)
def test_what_is_not_there_cannot_be_edited(staff, path):
    assert staff.get(f"/{path}/edit").status_code == 404
    assert staff.get(f"/{path}/history").status_code == 404


def test_saving_needs_the_csrf_token(staff, store):
    typed = {**opened(staff), "csrf_token": "", "trl": "9"}
    assert post(staff, typed).status_code == 400
    for path in ("/ties/new", "/startups/munster/withdrawal"):
        assert post(staff, {}, path).status_code == 400
    assert store.get("munster").trl == 4


@pytest.mark.parametrize("kind", ["startup", "partner", "programme", "tie"])
def test_every_field_of_the_schema_has_its_place_in_the_form(app, kind):
    from service.describing import FIELDS
    from service.editing import _MODELS
    from service.web.edit_forms import _split
    from service.web.record_forms import FORMS

    with app.test_request_context():
        form = FORMS[kind](formdata=None)
        shown = [name for _, rows in form.sections for row in rows for name in row]
        assert sorted(shown) == sorted(field.short_name for field in form.own)
    fields = set(_MODELS[kind].model_fields)
    assert {_split(name)[0] for name in shown} == fields - {"id", "contact", "consent"}
    assert fields <= FIELDS.keys()


def test_a_maker_without_a_readable_name_is_told_as_staff(staff, store):
    for name, kept in ((" 김  민지\x00 ", "김 민지"), ("\u202e", "staff"), ("x" * 500, "x" * 100)):
        trl = str(1 + len(store.history("munster")))
        assert post(staff, opened(staff) | {"editor": name, "trl": trl}).status_code == 303
        assert store.history("munster")[-1].by == kept


def test_a_tie_that_was_edited_does_not_stand_in_the_way_of_what_it_said_before(staff, store):
    typed = opened(staff, "/ties/new") | {"kind": "pilot", "a": "munster", "b": "kaist"}
    assert post(staff, typed, "/ties/new").status_code == 303
    (first,) = store.ties_page("munster")
    edit = f"/ties/{first.id}/edit"
    assert post(staff, opened(staff, edit) | {"b": "samsung"}, edit).status_code == 303
    assert post(staff, typed, "/ties/new").status_code == 303
    ties = store.ties_page("munster")
    assert sorted(tie.b for tie in ties) == ["kaist", "samsung"]
    assert store.get_ties([first.id])[first.id].b == "samsung"
    refused = post(staff, typed, "/ties/new")
    assert refused.status_code == 422
    assert "This very tie is kept already" in refused.text
    assert len(store.ties_page("munster")) == 2


def test_keeping_sectors_at_once_with_somebody_else_is_told_as_that(staff, app, store, monkeypatch):
    writer = app.extensions["dari"].writer
    writer.put(store.get("munster").model_copy(update={"sectors": ()}))
    token = {"csrf_token": opened(staff)["csrf_token"]}
    real = type(writer).put

    def overtaken(self, profile, **more):
        monkeypatch.undo()
        real(self, store.get("munster").model_copy(update={"trl": 9}))
        return real(self, profile, **more)

    monkeypatch.setattr(type(writer), "put", overtaken)
    answer = post(staff, token | {"sectors": ["ai"]}, "/startups/munster/sectors")
    assert answer.status_code == 409
    assert "Somebody else has changed this" in answer.text


@pytest.mark.postgresql
def test_a_withdrawal_on_a_page_locks_nobody_out_of_the_tables(
    make_app, sign_in, postgresql, tmp_path
):
    from tests.servers import new_database

    settings = {"database_url": new_database(postgresql)}
    store = init(Settings(home=tmp_path, **settings)).store
    app = make_app(**settings)
    submit(app.extensions["dari"], MUNSTER)
    browser = sign_in(app)
    token = {"csrf_token": opened(browser)["csrf_token"]}
    files = text("SELECT relname, pg_relation_filenode(oid) FROM pg_class WHERE relkind = 'r'")
    with reading(store.engine) as connection:
        before = connection.execute(files).all()
    answer = post(browser, token, "/startups/munster/withdrawal", follow_redirects=True)
    with reading(store.engine) as connection:
        assert connection.execute(files).all() == before
    store.close()
    assert app.extensions["dari"].store.get("munster").contact is None
    assert "dari withdraw munster" in answer.text


def test_a_withdrawal_on_a_page_says_where_the_disk_still_holds_something(
    staff, store, monkeypatch
):
    token = {"csrf_token": opened(staff)["csrf_token"]}
    path = "/startups/munster/withdrawal"
    assert "dari withdraw" not in post(staff, token, path, follow_redirects=True).text
    monkeypatch.setattr("service.privacy.settle", lambda _store, patience_s: ["left"])
    assert "dari withdraw munster" in post(staff, token, path, follow_redirects=True).text


def test_a_tie_takes_the_names_of_profiles_and_offers_those_that_are_like(staff, store):
    path = "/ties/new"
    typed = opened(staff, f"{path}?profile=munster")
    typed |= {"kind": "contract", "b": "Navr", "subject_ko": "달 지도 계약"}
    wrong = post(staff, typed, path)
    assert wrong.status_code == 422
    assert re.search(r"Similar names: [^<]*\(<code>naver</code>\)", wrong.text)
    assert fields(wrong)["b"] == ["Navr"]
    assert post(staff, {**fields(wrong), "b": " 네이버 "}, path).status_code == 303
    (tie,) = store.ties_page("munster")
    assert {tie.a, tie.b} == {"munster", "naver"}
    assert "An ID shared by the ties of one project" in wrong.text


def test_names_that_are_not_unique_stay_names(staff, app, store):
    app.extensions["dari"].writer.put(
        validate(Startup, MUNSTER | {"id": "munster-2", "aliases": [], "registration": None})
    )
    typed = opened(staff, "/ties/new?profile=samsung") | {"kind": "contract", "b": "munster "}
    assert post(staff, {**typed, "subject_en": "Maps"}, "/ties/new").status_code == 303
    typed |= {"b": "Mun ster"}
    wrong = post(staff, {**typed, "subject_en": "Rovers"}, "/ties/new")
    assert wrong.status_code == 422
    assert {"munster", "munster-2"} <= set(re.findall(r"\(<code>([^<]+)</code>\)", wrong.text))


def test_members_and_conflicts_are_named_by_name_too(staff, store):
    path = "/programmes/contest-skt-daejeon/edit"
    assert (
        post(staff, opened(staff, path) | {"partners": "SK텔레콤\r\n네이버"}, path).status_code
        == 303
    )
    assert store.programme("contest-skt-daejeon").partners == ("sk-telecom", "naver")
    assert post(staff, opened(staff) | {"conflicts": "samsung\r\n네이버"}).status_code == 303
    assert store.get("munster").conflicts == ("samsung", "naver")


def test_amounts_may_have_separators_and_stages_keep_their_order(staff, store):
    path = "/programmes/contest-skt-daejeon/edit"
    typed = opened(staff, path) | {
        "funding_amount": "50,000,000",
        "funding_currency": "KRW",
        "stages": ["seed", "idea", "pre_seed"],
    }
    assert post(staff, typed, path).status_code == 303
    kept = store.programme("contest-skt-daejeon")
    assert kept.funding.amount == 50_000_000
    assert kept.stages == ("idea", "pre_seed", "seed")
    wrong = opened(staff, path) | {"funding_amount": "50,00", "stages": ["growth", "idea"]}
    assert post(staff, wrong, path).status_code == 422


RULES = """id: balance
kind: share
group: area:non_capital
low: 30
reason_ko: 지역 균형
  둘째 줄
reason_en: Balance of regions

id: no-samsung
kind: forbidden
applicants: munster
hosts: samsung global-nvidia"""


def test_rules_are_written_as_lines_and_kept_as_they_are(staff, store):
    path = "/programmes/global-nvidia/edit"
    typed = opened(staff, path) | {"rules": RULES.replace("\n", "\r\n")}
    assert post(staff, typed, path).status_code == 303
    balance, forbidden = store.programme("global-nvidia").rules
    assert (balance.kind, balance.group, balance.low) == ("share", "area:non_capital", 30)
    assert (balance.reason.ko, balance.reason.en) == ("지역 균형\n둘째 줄", "Balance of regions")
    assert forbidden.hosts == ("samsung", "global-nvidia")
    again = opened(staff, path)
    assert again["rules"][0].replace("\r\n", "\n") == RULES
    number = store.history("global-nvidia")[-1].number
    assert post(staff, again, path).status_code == 303
    assert store.history("global-nvidia")[-1].number == number


@pytest.mark.parametrize(
    ("rules", "told_en", "told_ko"),
    [
        ("id: a\nkind: share\nlow: 3", "Rule 1 (a), Group", "규칙 1 (a), "),
        ("id: a\nkind: total\nhigh: x", "Rule 1 (a), Upper bound", "상한"),
        ("id: a\nkind: total\nlow: 5\nhigh: 2", "lies below the lower", "상한이 하한보다"),
        ("id: a\nkind: total\nhigh: 2\n\nnonsense", "Rule 2 – The line “nonsense”", "규칙 2"),
        ("id: a\nid: b", "says this field twice", "같은 항목이 두 번"),
        ("id: a\nkind: quota\ngroup: <b>\nlow: 1", "A group is one of", "쌍점과 코드"),
        (
            "id: a\nkind: apart\napplicants: nobody",
            "No profile has the id nobody",
            "프로필이 없습니다",
        ),
        ("id: a\nkind: total\nhigh: 1\n\nid: a\nkind: total\nlow: 1", "Two rules", "규칙이 둘"),
    ],
)
def test_a_wrong_rule_is_told_with_its_place_and_field(staff, store, rules, told_en, told_ko):
    path = "/programmes/global-ibm/edit"
    typed = opened(staff, path) | {"rules": rules}
    for headers, told in (({"Accept-Language": "en"}, told_en), (KO, told_ko)):
        answer = post(staff, typed, path, headers=headers)
        assert answer.status_code == 422
        assert 'id="rules-error"' in answer.text
        assert told in answer.text
        assert "<b>" not in answer.text
    assert store.programme("global-ibm").rules == ()


def test_staff_set_the_places_that_no_source_gives(staff, store):
    path = "/programmes/global-intel/edit"
    form = opened(staff, path)
    assert (form["places"], form["places_assumed"]) == (["20"], ["true"])
    post(staff, form | {"places": "12", "places_assumed": ""}, path)
    kept = store.programme("global-intel")
    assert (kept.places, kept.places_assumed) == (12, False)
    told = staff.get("/programmes/global-company-2025").text
    assert told.count("a setting of the operator: no source gives it") == 5


@pytest.mark.parametrize("umbrella", ["nothing-at-all", "global-ibm"])
def test_a_programme_is_a_part_of_one_that_is_no_part(staff, store, umbrella):
    path = "/programmes/global-ibm/edit"
    answer = post(staff, opened(staff, path) | {"part_of": umbrella}, path)
    assert answer.status_code == 422
    assert 'id="part_of-error"' in answer.text
