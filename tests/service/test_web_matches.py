"""The match page: rank, score, reasons, filters, refusals and verdicts."""

from __future__ import annotations

import re

import pytest

from matcher import family, lines_of
from matcher.additive import known_features
from profiles import Startup, validate

KO = {"Accept-Language": "ko"}


def ids(page, side="partners"):
    return re.findall(rf'<h2>\s*<a href="/{side}/([^"]+)"', page)


def test_a_startup_gets_ranked_partners_with_reasons(staff):
    page = staff.get("/startups/sonoeye/matches").text
    assert len(ids(page)) == 10
    assert "samsung" in ids(page)[:3]
    first = re.search(
        r'<li class="match" id="m-1">.*?(?=<li class="match" id="m-2">)', page, re.DOTALL
    )[0]
    assert "Both are in the same sector: Medical imaging, Artificial intelligence." in first
    assert re.search(r"<q>[^<]{20,}</q>", first)
    assert "Not known" in page
    told = re.sub(r"<[^>]+>", "", page)
    model = r"Model public-\w+ \(the default that ships with Dari\)"
    assert re.search(rf"{model} · as of [^·]+ · records up to change \d+", told)


def test_the_page_says_what_the_matchmaker_says(staff, app):
    dari = app.extensions["dari"]
    found = dari.matchmaker.match("sonoeye", 25)
    page = staff.get("/startups/sonoeye/matches?k=25", headers=KO).text
    assert ids(page) == [match.profile.id for match in found.matches]
    scores = re.findall(r'class="score-number">([\d.]+)<', page)
    assert scores == [f"{match.score:.1f}" for match in found.matches]
    shown = re.findall(r'<li class="match".*?(?=<li class="match"|</ol>)', page, re.DOTALL)
    for match, text in zip(found.matches, shown, strict=True):
        lines = lines_of(match.contributions)
        assert sum(line.points for line in lines) == match.score
        told = re.findall(r'class="points">.*?([+-][\d.]+)</span>', text, re.DOTALL)
        assert told == [f"{line.points:+.1f}" for line in lines]


def test_the_bar_adds_up_to_the_score(staff, app):
    found = app.extensions["dari"].matchmaker.match("sonoeye", 10)
    page = staff.get("/startups/sonoeye/matches").text
    bars = re.findall(r'<svg class="score-bar".*?</svg>', page, re.DOTALL)
    for bar, match in zip(bars, found.matches, strict=True):
        parts = re.findall(r'x="([\d.]+)" width="([\d.]+)"', bar)
        end = 0.0
        for x, width in parts:
            assert float(x) == pytest.approx(end, abs=0.01)
            end = float(x) + float(width)
        assert end == pytest.approx(match.score, abs=0.01)


def test_a_partner_gets_startups(staff):
    page = staff.get("/partners/samsung/matches", headers=KO).text
    assert "삼성에 맞는 스타트업" in page
    assert ids(page, "startups") == ["sonoeye"]
    assert 'id="filter-kind"' not in page


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({"kind": "hospital"}, lambda p: p.kind == "hospital"),
        ({"region": "KR-30"}, lambda p: "KR-30" in (p.region, *p.sites)),
        ({"sector": "games"}, lambda p: "games" in p.sectors),
    ],
)
def test_filters_keep_to_what_was_asked(staff, app, filters, kept):
    store = app.extensions["dari"].store
    page = staff.get("/startups/sonoeye/matches", query_string={"k": "25", **filters}).text
    found = ids(page)
    assert found
    assert all(kept(store.get(id)) for id in found)
    ((name, value),) = filters.items()
    select = re.search(rf'<select[^>]* id="filter-{name}".*?</select>', page, re.DOTALL)[0]
    assert re.search(rf'<option value="{value}" selected>', select)


def test_partners_abroad_are_found_by_their_region(staff, app):
    store = app.extensions["dari"].store
    for lang, of_america in (("en", "United States"), ("ko", "미국")):
        page = staff.get(f"/startups/sonoeye/matches?region=US&k=25&lang={lang}").text
        select = re.search(r'<select[^>]* id="filter-region".*?</select>', page, re.DOTALL)[0]
        assert f'<option value="US" selected>{of_america}</option>' in select
        assert len(re.findall(r'value="KR[^"]*"', select)) == 17
        found = ids(page)
        assert found
        for id in found:
            partner = store.get(id)
            assert any(place.startswith("US") for place in (partner.region, *partner.sites))


def test_empty_filters_are_no_filters(staff):
    path = "/startups/sonoeye/matches"
    plain = ids(staff.get(path).text)
    assert ids(staff.get(f"{path}?programme=&kind=&region=&sector=&k=10").text) == plain


def test_a_programme_refuses_with_reasons(staff):
    page = staff.get("/startups/sonoeye/matches?programme=contest-skt-daejeon").text
    assert "Under the rules of the programme: SK Telecom contest in Daejeon" in page
    assert ids(page) == []
    assert '<details class="refused" open>' in page
    assert "Daejeon" in re.search(r'<details class="refused".*?</details>', page, re.DOTALL)[0]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("k=0", ("How many", "개수")),
        ("k=101", ("How many", "개수")),
        ("k=ten", ("How many", "개수")),
        ("programme=none-such", ("Programme", "프로그램")),
        ("kind=planet", ("Kind", "유형")),
        ("region=Atlantis", ("Region", "지역")),
        ("sector=alchemy", ("Sector", "분야")),
        ("region=%00", ("Region", "지역")),
        ("as_of=xx", ("Day", "기준일")),
        ("as_of=2026-02-30", ("Day", "기준일")),
        ("stage=old", ("Stage", "성장 단계")),
        ("room=yes", ("Only with places left", "자리가 남은 곳만")),
        ("new=2", ("Never worked together", "함께 일한 적 없는 곳만")),
        ("weight_past=3", ("Weight of past work", "지난 협력의 가중치")),
        ("weight_text=nan", ("Weight of texts", "글의 가중치")),
    ],
)
def test_a_wrong_filter_is_named_as_the_reader_knows_it(staff, question, field):
    for name, headers in zip(field, ({}, KO), strict=True):
        answer = staff.get(f"/startups/sonoeye/matches?{question}", headers=headers)
        assert answer.status_code == 422
        assert f"<strong>{name}</strong>" in answer.text


def verdict(**more):
    known = {"candidate": "samsung", "label": "good", "note": "Met on Monday", "shown_rank": "2"}
    return (
        known
        | {"model_version": "cold-start-1", "back": "/startups/sonoeye/matches?k=25#m-2"}
        | more
    )


def test_a_verdict_is_kept_with_the_rank_shown_and_the_model(staff, send, app):
    answer = send(staff, "/startups/sonoeye/verdicts", verdict())
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/startups/sonoeye/matches?k=25#m-2"
    (kept,) = app.extensions["dari"].store.verdicts("sonoeye")
    assert (kept.candidate, kept.label, kept.note) == ("samsung", "good", "Met on Monday")
    assert (kept.shown_rank, kept.model_version) == (2, "cold-start-1")
    page = staff.get("/startups/sonoeye/matches").text
    assert "Your verdict has been kept." in page
    said = re.search(r'<ul class="verdicts">.*?</ul>', page, re.DOTALL)[0]
    for shown in ("Good match", "Met on Monday", "shown at rank 2", "cold-start-1"):
        assert shown in said


def test_the_buttons_of_the_page_send_a_whole_verdict(staff, app):
    page = staff.get("/partners/samsung/matches?k=25").text
    form = re.search(
        r'<form method="post" action="/partners/samsung/verdicts">.*?</form>', page, re.DOTALL
    )[0]
    data = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    answer = staff.post("/partners/samsung/verdicts", data=data | {"label": "poor"})
    assert answer.headers["Location"] == "/partners/samsung/matches?k=25#v-1"
    (kept,) = app.extensions["dari"].store.verdicts("samsung")
    assert (kept.candidate, kept.label, kept.note, kept.shown_rank) == ("sonoeye", "poor", "", 1)


def test_a_verdict_is_confirmed_beside_its_match_and_kept_once(staff, send, app):
    store = app.extensions["dari"].store
    once = verdict(candidate="samsung", note="", model_version="cold-start-x")
    before = len(store.verdicts("sonoeye"))
    for _ in range(2):
        send(staff, "/startups/sonoeye/verdicts", once)
    page = staff.get("/startups/sonoeye/matches").text
    beside = re.search(
        r'<div class="said" id="v-(\d+)">\s*<p class="alert.*?</div>', page, re.DOTALL
    )
    assert "Your verdict has been kept." in beside[0]
    assert ids(page)[int(beside[1]) - 1] == "samsung"
    assert page.count("Your verdict has been kept.") == 1
    assert len(store.verdicts("sonoeye")) == before + 1
    send(staff, "/startups/sonoeye/verdicts", once | {"label": "poor"})
    send(staff, "/startups/sonoeye/verdicts", once)
    assert len(store.verdicts("sonoeye")) == before + 3


def test_a_confirmation_whose_match_is_not_shown_stands_above(staff, send):
    send(staff, "/startups/sonoeye/verdicts", verdict(candidate="lotte", model_version="y"))
    page = staff.get("/startups/sonoeye/matches?kind=hospital").text
    assert page.index("Your verdict has been kept.") < page.index("<h1>")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"label": "maybe"}, 422),
        ({"label": ""}, 422),
        ({"shown_rank": "0"}, 422),
        ({"shown_rank": "x"}, 422),
        ({"note": "a" * 1_001}, 422),
        ({"note": "a\x00b"}, 422),
        ({"model_version": ""}, 422),
        ({"candidate": "nobody"}, 404),
        ({"candidate": "sonoeye"}, 404),
    ],
)
def test_a_verdict_that_says_nothing_is_refused(staff, send, app, wrong, status):
    store = app.extensions["dari"].store
    before = store.last_seq()
    assert send(staff, "/startups/sonoeye/verdicts", verdict(**wrong)).status_code == status
    assert store.last_seq() == before


def test_a_verdict_without_csrf_token_is_refused(staff, app):
    before = app.extensions["dari"].store.last_seq()
    assert staff.post("/startups/sonoeye/verdicts", data=verdict()).status_code == 400
    assert app.extensions["dari"].store.last_seq() == before


def test_a_verdict_leads_to_no_other_site_and_shows_markup_as_text(staff, send):
    data = verdict(back="https://evil.example", note="<script>x</script>")
    answer = send(staff, "/startups/sonoeye/verdicts", data)
    assert answer.headers["Location"] == "/startups/sonoeye/matches"
    assert "<script>x" not in staff.get("/startups/sonoeye/matches").text


def test_an_id_with_a_slash_and_korean_has_its_pages(app, staff):
    body = {
        "id": "센터/2026/가",
        "name": "빗금",
        "summary": "배터리를 만듭니다.",
        "region": "KR-43",
    }
    app.extensions["dari"].writer.put(validate(Startup, body))
    assert staff.get("/api/v1/startups/센터/2026/가").json["id"] == body["id"]
    for path in ("/startups/센터/2026/가", "/startups/센터/2026/가/matches"):
        assert "빗금" in staff.get(path).text


def test_further_values_of_a_filter_stay(staff):
    """What the form sends again is what was asked, and each further value can be taken away."""
    asked = "kind=hospital,university&region=KR-27&region=KR-26&sector=ai,robotics"
    page = staff.get(f"/startups/sonoeye/matches?{asked}").text
    for name, value, text in (
        ("kind", "university", "university"),
        ("region", "KR-26", "Busan"),
        ("sector", "robotics", "Robotics"),
    ):
        assert re.search(
            rf'(?i)<input[^>]*type="checkbox" name="{name}" value="{value}" checked>\s*{text}', page
        ), name
    assert len(re.findall(r'type="checkbox"[^>]* checked', page)) == 3


def test_every_feature_that_can_earn_points_has_a_family():
    assert "other" not in {family(name) for name in known_features()}
