"""The pages beside a match list: comparing, why not, moved weights, print and exports."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from urllib.parse import parse_qs, urlsplit

import fastexcel
import pytest

from matcher import lines_of
from profiles import Partner, Startup, Tie, validate
from profiles.casework import release_case

KO = {"Accept-Language": "ko"}
LIST = "/startups/sonoeye/matches"
EVIL = '=HYPERLINK("https://evil.example")'


@pytest.fixture(scope="module")
def app(make_app):
    from service.submission import submit

    from .conftest import ULTRASOUND

    app = make_app()
    dari = app.extensions["dari"]
    submit(dari, ULTRASOUND)
    same = {
        "name": {"ko": "+한빛초음파", "en": EVIL},
        "summary": "휴대용 초음파 진단기기를 만드는 병원 협력사. AI 판독을 돕는다.",
        "sectors": ["medical_imaging", "ai"],
        "region": "KR-27",
        "stages": ["seed"],
    }
    dari.writer.put_many([
        validate(Partner, {"id": "hanbit", **same, "capacity": 2, "conflicts": ["rival"]}),
        validate(Partner, {"id": "taken", **same, "name": "Taken", "capacity": 1}),
        validate(Startup, {"id": "rival", "name": "Rival & Sons", "summary": "x"}),
    ])
    past = {"kind": "pilot", "valid_from": "2024-05-06", "subject": "<b>시험</b> 한 건"}
    dari.writer.put_ties([
        validate(Tie, {"id": "past", "a": "sonoeye", "b": "hanbit", **past}),
        validate(Tie, {
            "id": "now", "a": "rival", "b": "taken", "kind": "contract",
            "valid_from": "2024-01-01", "valid_to": "2099-01-01",
        }),
    ])  # fmt: skip
    return app


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def ids(page):
    return re.findall(r'<h2>\s*<a href="/partners/([^"]+)"', page.text)


def match_of(page, id):
    shown = re.findall(r'<li class="match".*?(?=<li class="match"|</ol>)', page.text, re.DOTALL)
    found = [one for one in shown if f'<a href="/partners/{id}"' in one]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


# The list


def test_a_match_tells_what_two_did_the_places_and_the_conflicts(staff):
    page = staff.get(f"{LIST}?k=50")
    told = match_of(page, "hanbit")
    assert "Worked together May 6, 2024 · Pilot · &lt;b&gt;시험&lt;/b&gt; 한 건" in told
    assert "Places left 2 of 2 left" in told
    assert "Conflicts of interest Rival &amp; Sons" in told
    told = match_of(page, "taken")
    assert "Worked together nothing on record" in told
    assert "0 of 1 left; 1 taken by open cases and work under way" in told
    assert "not known: the partner does not say how many it takes" in match_of(page, "samsung")
    assert '<span lang="ko">&lt;b&gt;' in page.text


def test_filters_by_places_stage_and_what_was_done_together(staff):
    every = ids(staff.get(f"{LIST}?k=50"))
    assert {"hanbit", "taken"} <= set(every)
    roomy = ids(staff.get(f"{LIST}?k=50&room=1"))
    assert "hanbit" in roomy
    assert not {"taken", "samsung"} & set(roomy)  # full, and unknown
    fresh = ids(staff.get(f"{LIST}?k=50&new=1"))
    assert "hanbit" not in fresh
    assert "taken" in fresh
    page = staff.get(f"{LIST}?k=50&stage=seed,growth&room=1")
    assert "hanbit" in ids(page)
    assert re.search(r'type="checkbox" name="stage" value="growth" checked', page.text)
    assert 'id="filter-room" name="room" value="1" checked' in page.text
    assert "lotte" not in ids(staff.get(f"{LIST}?k=50&stage=idea"))


def test_a_list_is_as_of_the_day_that_is_asked_for(staff, app):
    page = staff.get(f"{LIST}?as_of=2020-01-01&k=50")
    assert "as of January 1, 2020" in text_of(page)
    assert 'type="date" value="2020-01-01"' in page.text
    found = app.extensions["dari"].matchmaker.match("sonoeye", 50, as_of=date(2020, 1, 1))
    assert ids(page) == [match.profile.id for match in found.matches]
    assert "nothing on record" in match_of(page, "hanbit")
    asked = re.findall(r'data-load="[^"]*why\?[^"]*"', page.text)
    assert all("as_of=2020-01-01" in one for one in asked)
    assert ids(staff.get(f"{LIST}?as_of=")) == ids(staff.get(LIST))
    for day in ("0001-01-01", "9999-12-31"):
        assert staff.get(f"{LIST}?as_of={day}").status_code == 200


def test_a_source_is_told_in_the_readers_language(staff):
    page = staff.get(LIST, headers=KO).text
    assert re.search(r'class="source">출처: <span>미래창조과학부, 대구창조경제혁신센터', page)
    assert 'class="source">Source: <span>Ministry' in staff.get(LIST).text


def test_one_without_a_common_subject_says_so_on_the_page(staff, app):
    dari = app.extensions["dari"]
    raw = {"id": "cakes", "name": "Cakes", "region": "KR-27", "summary": "케이크와 쿠키."}
    dari.writer.put(validate(Startup, raw))
    page = staff.get("/startups/cakes/matches?k=50", headers=KO)
    assert "공통 주제 없음: 두 곳에 공통된 주제가 있다는 근거가 없습니다." in text_of(page)
    assert "정책상 파트너와 스타트업의 지역이 연계" in text_of(page)


# Moved weights


def test_moved_weights_are_marked_and_travel_in_the_address(staff, app):
    moved = f"{LIST}?weight_region=0&weight_past=2"
    page = staff.get(moved)
    found = app.extensions["dari"].matchmaker.match(
        "sonoeye", 10, factors={"region": 0.0, "past": 2.0}
    )
    assert ids(page) == [match.profile.id for match in found.matches]
    told = text_of(page)
    assert "Weights moved for the moment: Region ×0, Programmes and past work ×2." in told
    assert "This is not what the model says" in told
    version = found.model_version
    assert version.endswith("~region:0~past:2")
    assert f'name="model_version" value="{version}"' in page.text
    assert '<option value="0" selected>' in page.text
    scores = re.findall(
        r'class="score-number">([\d.]+)<span class="score-of"> / ([\d.]+)', page.text
    )
    assert [one for one, _ in scores] == [f"{match.score:.1f}" for match in found.matches]
    assert {most for _, most in scores} == {f"{round(found.most, 1):g}"}
    for way in ("print", "export.csv", "export.xlsx", "export.json"):
        asked = re.search(rf'href="({LIST}/{re.escape(way)}\?[^"]*)"', page.text)[1]
        assert {"weight_region=0", "weight_past=2"} <= set(urlsplit(asked).query.split("&amp;"))
    back = re.search(r'href="([^"]*)">By the weights of the model', page.text)[1]
    assert "weight" not in back
    assert ids(staff.get(back)) == ids(staff.get(LIST))
    assert "Weights moved" not in staff.get(f"{LIST}?weight_past=1").text
    printed = text_of(staff.get(f"{LIST}/print?weight_region=0"))
    assert "Weights moved for the moment: Region ×0." in printed


def test_a_verdict_from_a_moved_list_says_so(staff, send, app):
    page = staff.get(f"{LIST}?weight_region=0").text
    version = re.search(r'name="model_version" value="([^"]+)"', page)[1]
    data = {"candidate": "samsung", "label": "good", "shown_rank": "1", "model_version": version}
    assert send(staff, "/startups/sonoeye/verdicts", data).status_code == 303
    kept = app.extensions["dari"].store.verdicts("sonoeye")[-1]
    assert kept.model_version.endswith("~region:0")


# The shortlist


def test_a_button_and_several_boxes_shortlist(staff, send, app):
    dari = app.extensions["dari"]
    page = staff.get(f"{LIST}?k=25&weight_region=0").text
    form = re.search(
        r'<form method="post" action="/pipeline/shortlist">.*?</form>', page, re.DOTALL
    )
    data = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
    data.pop("csrf_token")
    assert send(staff, "/pipeline/shortlist", data).status_code == 303
    bar = re.search(r'<form class="pick-bar.*?</form>', page, re.DOTALL)[0]
    sent = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', bar))
    sent.pop("csrf_token")
    boxes = re.findall(r'type="checkbox" form="pick" name="partner" value="([^"]+)"', page)
    chosen = boxes[2:4]
    assert 'formaction="/pipeline/shortlist"' in bar
    assert send(staff, "/pipeline/shortlist", {**sent, "partner": chosen}).status_code == 303
    from profiles.cases import cases_of

    kept = {case.partner: case for case in cases_of(dari.store, "sonoeye")}
    assert set(kept) == {data["partner"], *chosen}
    assert [kept[id].shown_rank for id in (data["partner"], *chosen)] == [1, 3, 4]
    assert {case.model_version.partition("~")[2] for case in kept.values()} == {"region:0"}
    page = staff.get(f"{LIST}?k=25")
    assert "Shortlisted" in match_of(page, chosen[0])
    release_case(dari.store, kept[chosen[0]].id, by="me")
    told = match_of(staff.get(f"{LIST}?k=25"), chosen[0])
    assert "Released to the startup on" in told


# Comparing


def test_boxes_lead_to_a_comparison_that_has_an_address(staff, send):
    path = "/startups/sonoeye/compare?region=KR-27&weight_past=2&k=10"
    answer = send(staff, path, {"partner": ["samsung", "hanbit"], "rank-samsung": "1"})
    assert answer.status_code == 303
    there = urlsplit(answer.headers["Location"])
    assert there.path == "/startups/sonoeye/compare"
    assert parse_qs(there.query) == {
        "region": ["KR-27"], "weight_past": ["2"], "partner": ["samsung", "hanbit"]
    }  # fmt: skip
    assert staff.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("side", ["startups", "partners"])
def test_a_comparison_holds_what_the_list_says(staff, app, side):
    dari = app.extensions["dari"]
    asks, other = ("sonoeye", "partner") if side == "startups" else ("hanbit", "startup")
    chosen = ["samsung", "hanbit", "lotte", "taken"] if side == "startups" else ["sonoeye", "rival"]
    asked = "&".join(f"{other}={id}" for id in chosen)
    page = staff.get(f"/{side}/{asks}/compare?{asked}")
    heads = re.findall(r'<th scope="col">\s*<a href="/\w+/([^"]+)"', page.text)
    assert heads == chosen
    named = dari.matchmaker.beside(asks, chosen).named
    scores = re.findall(r'class="score-number">([\d.]+)<', page.text)
    assert scores == [f"{one.match.score:.1f}" for one in named]
    points = re.findall(r'class="compare-points">([\d.]+)<', page.text)
    assert len(points) == 5 * len(chosen)
    for column, one in enumerate(named):
        own = [float(value) for value in points[column :: len(chosen)]]
        assert sum(own) == pytest.approx(one.match.score, abs=0.26)
    rows = re.findall(r'<th scope="row">(?:<svg.*?</svg>)?\s*([^<]+)</th>', page.text, re.DOTALL)
    assert [row.strip() for row in rows] == [
        "Place", "Fit", "What it is", "Texts", "Sectors", "Region", "Support and stage",
        "Programmes and past work", "Not known", "Worked together", "Places left",
        "Conflicts of interest", "Case of the pair",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("partner=samsung", 422),
        ("", 422),
        ("partner=samsung&partner=samsung", 422),
        ("partner=a&partner=b&partner=c&partner=d&partner=e", 422),
        ("partner=samsung&partner=nobody", 404),
        ("partner=samsung&partner=rival", 404),
        ("partner=samsung&partner=%00", 404),
        ("partner=samsung&partner=lotte&as_of=x", 422),
        ("partner=samsung&partner=lotte&weight_past=1e9", 422),
    ],
)
def test_a_comparison_of_too_few_or_wrong_ones_is_refused(staff, asked, status):
    answer = staff.get(f"/startups/sonoeye/compare?{asked}")
    assert answer.status_code == status
    assert staff.get(f"/startups/sonoeye/compare/print?{asked}").status_code == status
    if status == 422 and "x" not in asked and "e9" not in asked:
        assert "Two to four are compared side by side" in answer.text


def test_ticking_too_many_is_told_without_a_write(staff, send, app):
    before = app.extensions["dari"].store.last_seq()
    answer = send(staff, "/startups/sonoeye/compare", {"partner": list("abcde")})
    assert answer.status_code == 422
    assert "Two to four are compared side by side, not 5." in answer.text
    assert app.extensions["dari"].store.last_seq() == before


# Why not


@pytest.mark.parametrize("name", ["lotte", "Lotte", "롯데", " LOTTE ", "롯 데"])
def test_why_not_tells_the_rank_and_what_is_lacking(staff, app, name):
    page = staff.get("/startups/sonoeye/why-not", query_string={"name": name})
    beside = app.extensions["dari"].matchmaker.beside("sonoeye", ["lotte"])
    one, last = beside.named[0], beside.found.matches[-1]
    told = text_of(page)
    assert (
        f"It stands at rank {one.match.rank} of {beside.ranked}; the list shows the first 10."
        in told
    )
    assert f"Against rank 10, {last.profile.name.en}" in told
    gaps = [
        float(gap)
        for gap in re.findall(r'<span class="points">([+-][\d.]+)</span> <span>', page.text)
    ]
    assert sum(gaps) == pytest.approx(one.match.score - last.score, abs=0.05 * len(gaps))
    assert min(gaps) == gaps[0]


def test_why_not_tells_a_refusal(staff, app):
    dari = app.extensions["dari"]
    raw = {"id": "foe", "name": "Foe", "summary": "초음파", "conflicts": ["sonoeye"]}
    dari.writer.put(validate(Partner, raw))
    told = text_of(staff.get("/startups/sonoeye/why-not?name=foe"))
    assert "It is refused by a rule: A conflict of interest is recorded" in told
    asked = "name=samsung&programme=contest-skt-daejeon"
    assert "It is refused by a rule:" in text_of(staff.get(f"/startups/sonoeye/why-not?{asked}"))


def test_why_not_of_one_on_the_list_and_of_one_that_is_filtered(staff):
    told = text_of(staff.get("/startups/sonoeye/why-not?name=samsung"))
    assert re.search(r"It is on the list, at rank \d\.", told)
    told = text_of(staff.get("/startups/sonoeye/why-not?name=samsung&kind=hospital"))
    assert "The filters of the list keep it out. By its score it would stand at rank 1." in told


def test_a_name_that_is_mistyped_is_answered_with_those_that_are_like_it(staff):
    page = staff.get("/startups/sonoeye/why-not?name=Samsumg")
    assert "No one name fits “Samsumg”. Did you mean:" in text_of(page)
    assert re.search(r'href="/startups/sonoeye/why-not\?name=samsung"', page.text)
    for name in ("", "a" * 5_000, "\x00", "<script>alert(1)</script>", "sonoeye"):
        page = staff.get("/startups/sonoeye/why-not", query_string={"name": name})
        assert page.status_code in (200, 422)
        assert "<script>alert" not in page.text
        assert "Traceback" not in page.text


# Print and exports


def test_the_print_view_has_a_head_and_no_controls(staff):
    page = staff.get(f"{LIST}/print?kind=conglomerate&room=1&weight_text=0.5&as_of=2026-01-02")
    article = re.search(r'<article class="meeting">.*?</article>', page.text, re.DOTALL)[0]
    assert not re.search(r"<(form|input|select|button|details|a)\b", article)
    told = text_of(page)
    for shown in (
        "Day January 2, 2026",
        "Filters Large company or group · only with places left",
        "Weights Texts ×0.5",
        "~text:0.5",
        "For SonoEye",
    ):
        assert shown in told


def test_the_csv_opens_in_excel_and_holds_no_formula(staff, app):
    answer = staff.get(f"{LIST}/export.csv?k=50", headers=KO)
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert 'attachment; filename="dari-matches-' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    found = app.extensions["dari"].matchmaker.match("sonoeye", 50)
    assert [row["ID"] for row in rows] == [match.profile.id for match in found.matches]
    families = [name for name in rows[0] if name.startswith("점수: ")]
    for row, match in zip(rows, found.matches, strict=True):
        assert float(row["적합도"]) == match.score == sum(float(row[name]) for name in families)
        assert row["순위"] == str(match.rank)
        assert row["이유"].count("\n") == len(lines_of(match.contributions)) - 1
        for cell in row.values():
            assert not re.match(r"[=+@\t\r-](?![\d.]+ )", cell), cell
    own = next(row for row in rows if row["ID"] == "hanbit")
    assert own["이름"] == "'+한빛초음파"
    assert own["다른 언어 이름"] == f"'{EVIL}"
    assert own["함께한 이력"] == "2024년 5월 6일 · 실증 · <b>시험</b> 한 건"
    assert (own["남은 자리"], own["이해 충돌"]) == ("2", "Rival & Sons")


def test_the_xlsx_is_typed_and_tells_what_it_is_made_of(staff, app):
    answer = staff.get(f"{LIST}/export.xlsx?k=5&weight_region=0&sector=ai")
    book = fastexcel.read_excel(answer.data)
    table = book.load_sheet(0).to_polars()
    assert table.columns[:3] == ["Rank", "ID", "Name"]
    assert table["Rank"].to_list() == [1, 2, 3, 4, 5]
    assert table["Fit"].dtype.is_numeric()
    about = dict(book.load_sheet(1, header_row=None).to_polars().rows())
    assert about["Weights"] == "Region ×0"
    assert about["Filters"] == "Artificial intelligence"
    assert about["Model"].partition(" ")[0].endswith("~region:0")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


def test_the_json_is_the_apis_with_what_stands_beside(staff, bearer, app):
    told = json.loads(staff.get(f"{LIST}/export.json?k=3").data)
    api = app.test_client().get("/api/v1/startups/sonoeye/matches?k=3", headers=bearer).json
    for match in told["matches"]:
        assert set(match.pop("standing")) == {"together", "places", "conflicts", "common_subject"}
    assert told.pop("weights") == {}
    assert told.pop("most") == 100
    assert told.pop("asked") == {"k": 3}
    assert told == api


def test_a_comparison_is_taken_away_too(staff):
    asked = "/startups/sonoeye/compare/export.{}?partner=lotte&partner=samsung"
    rows = list(
        csv.DictReader(io.StringIO(staff.get(asked.format("csv")).data.decode("utf-8-sig")))
    )
    assert [row["ID"] for row in rows] == ["lotte", "samsung"]
    told = json.loads(staff.get(asked.format("json")).data)
    assert [one["id"] for one in told["compared"]] == ["lotte", "samsung"]
    assert all(one["place"] for one in told["compared"])
    assert staff.get(asked.format("xlsx")).data.startswith(b"PK")


@pytest.mark.parametrize(
    "path",
    [
        "/startups/sonoeye/matches/print",
        "/startups/sonoeye/matches/export.csv",
        "/startups/sonoeye/matches/export.json",
        "/startups/sonoeye/compare?partner=samsung&partner=lotte",
        "/startups/sonoeye/compare/export.xlsx?partner=samsung&partner=lotte",
        "/startups/sonoeye/why-not?name=samsung",
    ],
)
def test_none_of_it_is_shown_to_strangers(client, path):
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("ending", ["exe", "csv/", "CSV", "xlsx%00"])
def test_other_endings_are_not_there(staff, ending):
    assert staff.get(f"{LIST}/export.{ending}").status_code == 404


def test_partners_get_their_pages_too(staff):
    for way in ("print", "export.csv", "export.xlsx", "export.json"):
        assert staff.get(f"/partners/hanbit/matches/{way}", headers=KO).status_code == 200
    page = staff.get("/partners/hanbit/matches")
    assert "Places left: 2 of 2 left" in text_of(page)
    assert 'id="filter-room"' not in page.text
    assert staff.get("/partners/hanbit/why-not?name=sonoeye", headers=KO).status_code == 200
