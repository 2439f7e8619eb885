"""The form: what is typed is kept or shown again, and what is wrong is said beside its field."""

from __future__ import annotations

import html
import re

import pytest

from profiles import Side

GOOD = {
    "name_ko": "한빛로봇",
    "name_en": "Hanbit Robotics",
    "summary": "물류 창고에서 상자를 옮기는 로봇 팔을 만듭니다.",
    "seeking": "A warehouse that would try our robots for three months.",
    "region": "KR-41",
    "sectors": ["robotics", "logistics"],
    "stage": "seed",
    "trl": "6",
    "seeks": ["pilot", "investment"],
    "website": "https://hanbit.example",
}
TEXT_FIELDS = ["name_ko", "name_en", "summary", "seeking", "offering", "website", "contact"]
KO = {"Accept-Language": "ko"}
SCRIPT = "<script>alert('1')</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def store(app):
    return app.extensions["dari"].store


def newest(client):
    with client.session_transaction() as session:
        return session["submitted"]


def field(page, name):
    """The part of the page from the label of a field to the next field."""
    found = re.search(rf'for="{name}".*?(?=<label|<fieldset|</form)', page, re.DOTALL)
    assert found, name
    return found[0]


def test_a_good_form_is_kept_and_thanked(app, client, send, store, staff):
    answer = send(client, "/startups/new", GOOD)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/thanks"
    kept = store.get(newest(client))
    assert re.fullmatch(r"s-[a-z2-7]{12}", kept.id)
    assert (kept.name.ko, kept.name.en) == ("한빛로봇", "Hanbit Robotics")
    assert kept.summary.ko
    assert not kept.summary.en
    assert kept.seeking.en
    assert not kept.seeking.ko
    assert (kept.region, kept.sectors, kept.trl) == ("KR-41", ("robotics", "logistics"), 6)
    thanks = client.get("/thanks", headers=KO).text
    assert kept.id in thanks
    assert "로봇, 물류" in thanks
    assert "알 수 없는 항목: 줄 수 있는 것, 줄 수 있는 지원" in thanks
    found = staff.get("/partners/cj-logistics/matches?k=50").text
    assert kept.id in found


def test_thanks_without_a_submission_is_not_found(client):
    assert client.get("/thanks").status_code == 404


def test_sectors_are_suggested_but_never_filled_in(client, send, store):
    data = {"name_en": "Echo", "summary": "Ultrasound imaging with artificial intelligence."}
    send(client, "/startups/new", data)
    assert store.get(newest(client)).sectors == ()
    thanks = client.get("/thanks").text
    assert "No sector has been chosen. The text sounds like these" in thanks
    assert "checked" not in thanks
    assert "Artificial intelligence" in thanks


def test_an_empty_form_says_what_is_missing(client, send, store):
    before = store.count(Side.STARTUP)
    answer = send(client, "/startups/new", {}, headers=KO)
    assert answer.status_code == 422
    assert "필수 항목입니다." in field(answer.text, "name_ko")
    answer = send(client, "/startups/new", {})
    assert "This field is required." in field(answer.text, "name_en")
    assert "This field is required." not in field(answer.text, "name_ko")
    assert store.count(Side.STARTUP) == before


@pytest.mark.parametrize(
    ("headers", "rule"),
    [({}, "notaurl is not a web address."), (KO, "notaurl은(는) 웹 주소가 아닙니다.")],
)
def test_an_error_stands_beside_its_field_in_the_readers_language(client, send, headers, rule):
    answer = send(client, "/startups/new", GOOD | {"website": "notaurl"}, headers=headers)
    assert answer.status_code == 422
    assert rule in field(answer.text, "website")
    assert 'aria-invalid="true"' in field(answer.text, "website")
    assert 'aria-invalid="true"' not in field(answer.text, "summary")


def test_what_was_typed_is_never_lost(client, send):
    wrong = GOOD | {"website": "notaurl", "contact": "a@b.example", "region": "XX-99"}
    wrong |= {"sectors": ["robotics", "no_such"], "stage": "late", "trl": "77"}
    page = send(client, "/startups/new", wrong).text
    for name in ("name_ko", "name_en", "website", "contact"):
        assert f'value="{wrong[name]}"' in field(page, name)
    for name in ("summary", "seeking"):
        assert wrong[name] in field(page, name)
    for name, value in (("sectors", "robotics"), ("sectors", "no_such"), ("seeks", "pilot")):
        assert re.search(rf'name="{name}"[^>]*value="{value}" checked', page)
    for name, value in (("stage", "late"), ("trl", "77")):
        assert re.search(rf'name="{name}"[^>]*value="{value}" checked', page)
    assert '<option value="XX-99" selected>' in page


def test_a_contact_needs_consent_and_stays_private(client, send, store, staff):
    contact = {"contact": "boss@hanbit.example"}
    refused = send(client, "/startups/new", GOOD | contact)
    assert "A contact address may be kept only with consent." in refused.text
    send(client, "/startups/new", GOOD | contact | {"consent": "y"})
    kept = store.get(newest(client))
    assert kept.consent.version == "2026-11"
    assert kept.consent.purpose.startswith("Kept: the e-mail address.")
    assert kept.consent.at.utcoffset().total_seconds() == 0
    assert contact["contact"] in staff.get(f"/startups/{kept.id}").text
    for path in ("/startups", f"/startups/{kept.id}/matches", "/api/v1/startups"):
        assert contact["contact"] not in staff.get(path).text
    assert contact["contact"] not in client.get("/thanks").text


def test_consent_without_a_contact_keeps_nothing_personal(client, send, store):
    send(client, "/startups/new", GOOD | {"consent": "y"})
    assert store.get(newest(client)).consent is None


@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_markup_in_a_text_field_is_shown_as_text(client, send, staff, name):
    answer = send(client, "/startups/new", GOOD | {name: SCRIPT})
    pages = [answer]
    if answer.status_code == 303:
        kept = newest(client)
        paths = (f"/startups/{kept}", f"/startups/{kept}/matches", "/startups?q=script")
        pages = [client.get("/thanks"), *(staff.get(path) for path in paths)]
        pages.append(staff.get("/partners/cj-logistics/matches?k=50"))
    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
    assert any(html.escape(SCRIPT[:8]) in page.text for page in pages)


def test_markup_is_shown_as_text_where_a_form_is_shown_again(client, send):
    everywhere = [*TEXT_FIELDS, "region", "sectors", "stage", "trl", "seeks", "offers"]
    page = send(client, "/startups/new", dict.fromkeys(everywhere, SCRIPT)).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("&lt;script&gt;") >= len(everywhere)


@pytest.mark.parametrize("name", [*TEXT_FIELDS, "region", "sectors", "stage", "trl", "seeks"])
@pytest.mark.parametrize("bad", ["a\x00b", "\u202egnp.exe", "\ufffd"])
def test_broken_characters_are_refused_wherever_they_stand(client, send, store, name, bad):
    before = store.count(Side.STARTUP)
    answer = send(client, "/startups/new", GOOD | {name: bad, "consent": "y"})
    assert answer.status_code == 422
    assert 'id="errors"' in answer.text
    assert store.count(Side.STARTUP) == before


def test_a_text_of_a_megabyte_gets_a_clear_page(client, send):
    answer = send(client, "/startups/new", GOOD | {"summary": "가" * 400_000}, headers=KO)
    assert answer.status_code == 413
    assert "한 번에 보낼 수 있는 양은 1024 kB까지입니다." in answer.text


def test_a_text_beyond_its_limit_is_named_and_kept(client, send):
    answer = send(client, "/startups/new", GOOD | {"summary": "a" * 20_001})
    assert answer.status_code == 422
    assert "The text has 20001 characters; at most 20000 are allowed." in answer.text
    assert "a" * 20_001 in answer.text


def test_without_a_csrf_token_nothing_is_kept_or_lost(client, store):
    before = store.count(Side.STARTUP)
    answer = client.post("/startups/new", data=GOOD)
    assert answer.status_code == 400
    assert "Please send it once more. What you typed is still here." in answer.text
    assert GOOD["summary"] in answer.text
    assert store.count(Side.STARTUP) == before


def test_changing_the_language_keeps_what_was_typed(client, send, store):
    before = store.count(Side.STARTUP)
    answer = send(client, "/startups/new?lang=ko&draft=1", GOOD)
    assert answer.status_code == 200
    assert '<html lang="ko">' in answer.text
    assert GOOD["summary"] in answer.text
    assert store.count(Side.STARTUP) == before


def test_too_many_submissions_say_when_to_try_again(make_app, send):
    client = make_app(public_submissions_per_hour=2).test_client()
    for _ in range(2):
        assert send(client, "/startups/new", GOOD).status_code == 303
    refused = send(client, "/startups/new", GOOD, headers=KO)
    assert refused.status_code == 429
    assert re.search(r"\d+분 뒤에 다시 시도해 주세요.", refused.text)
    assert GOOD["summary"] in refused.text
    assert 3_500 < int(refused.headers["Retry-After"]) <= 3_601
    by_api = client.post("/api/v1/startups", json={"name": "a", "summary": "b"})
    assert by_api.status_code == 429
    assert by_api.mimetype == "application/problem+json"
    assert int(by_api.headers["Retry-After"]) > 3_500
    assert client.get("/startups/new/one-page").status_code == 200


def test_every_input_has_a_label(client):
    page = client.get("/startups/new/one-page").text
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    inputs = re.findall(r"<(?:input|select|textarea)([^>]*)>", page)
    named = [re.search(r' id="([^"]+)"', one) for one in inputs if 'type="hidden"' not in one]
    assert all(one and one[1] in labelled for one in named)
    assert len(named) > 100


def test_the_form_offers_provinces_and_countries_in_the_readers_language(client):
    page = client.get("/startups/new/one-page", headers=KO).text
    assert '<option value="KR-27">대구광역시</option>' in page
    assert '<option value="US">미국</option>' in page
    assert client.get("/startups/new/one-page").text.count("<option") > 200


@pytest.mark.parametrize(
    ("limit", "longest"), [(1_048_576, 20_000), (131_072, 4_247), (1_024, 100)]
)
def test_texts_as_long_as_the_form_allows_stay_below_the_limit(make_app, send, limit, longest):
    client = make_app(max_content_length=limit).test_client()
    page = client.get("/startups/new/one-page").text
    assert page.count(f'maxlength="{longest}"') == 3
    if limit < 16_384:
        return
    typed = dict.fromkeys(("summary", "seeking", "offering"), "가" * longest)
    sent = send(client, "/startups/new", {"name_ko": "다리", "contact": "x" * 500, **typed})
    assert sent.status_code == 422  # the address is none, and nothing that was typed is lost
    assert sent.text.count("가" * longest) == 3
