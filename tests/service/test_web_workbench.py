"""The lists as a workbench: search, facets, columns, saved views, deeds, export, and the map."""

from __future__ import annotations

import csv
import html
import io
import json
import re

import pytest
from openpyxl import load_workbook

from profiles import Side, UnknownId
from profiles.judges import erase_judge, held_of_judge
from profiles.views import save_view, views_of
from service.describing import asked_name
from service.mail import Letter, deliver
from service.submission import submit

FIRMS = [
    {"id": "robo", "name": {"ko": "로보웍스", "en": "RoboWorks"}, "region": "KR-27",
     "sectors": ["robotics"], "stage": "seed", "summary": "Robots that weld ships.",
     "contact": "ceo@robo.example",
     "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}},
    {"id": "heal", "name": {"ko": "힐링랩", "en": "HealLab"}, "region": "KR-11",
     "sectors": ["medical_imaging"], "stage": "growth", "summary": "Images of hearts."},
    {"id": "plain", "name": "=cmd|calc", "summary": "Artificial intelligence for robots."},
]  # fmt: skip
ADDRESS = re.compile(r'<td class="cell-name">\s*<a href="/startups/([^"?]+)')


@pytest.fixture(scope="module")
def bench(make_app):
    """An application with the catalogue and three startups."""
    app = make_app()
    for firm in FIRMS:
        submit(app.extensions["dari"], firm)
    return app


@pytest.fixture
def worker(bench, sign_in):
    return sign_in(bench)


@pytest.fixture
def store(bench):
    return bench.extensions["dari"].store


def shown(client, query: str) -> list[str]:
    return ADDRESS.findall(client.get(f"/startups?{query}").text)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["plain", "heal", "robo"]),
        ("sort=name", ["plain", "heal", "robo"]),
        ("sort=name&lang=ko", ["plain", "robo", "heal"]),
        ("sort=region", ["heal", "robo", "plain"]),
        ("q=robowerks", ["robo"]),
        ("q=로보", ["robo"]),
        ("q=대구", ["robo"]),
        ("q=robotics", ["robo"]),
        ("region=KR-27,KR-11", ["heal", "robo"]),
        ("region=KR-27&region=unknown", ["plain", "robo"]),
        ("region=KR", ["heal", "robo"]),
        ("stage=seed&region=KR-11", []),
        ("open=yes", ["robo"]),
        ("text=no", []),
        ("sector=unknown", ["plain"]),
        ("nothing=known&utm=1", ["plain", "heal", "robo"]),
    ],
)
def test_a_list_is_narrowed_and_ordered_by_its_address(worker, query, ids):
    assert shown(worker, query) == ids


def test_facets_count_under_the_other_filters(worker):
    page = worker.get("/startups?region=KR-27").text
    counts = {
        match[1]: int(match[2])
        for match in re.finditer(r'for="([a-z]+-[^"]+)">[^<]*<span class="count">(\d+)<', page)
    }
    assert counts["region-KR-27"] == counts["region-KR-11"] == counts["region-unknown"] == 1
    assert counts["stage-seed"] == counts["sector-robotics"] == counts["open-yes"] == 1
    assert "stage-growth" not in counts


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("region=Atlantis", "region"),
        ("sector=alchemy", "sector"),
        ("stage=born", "stage"),
        ("text=maybe", "text"),
        ("open=%00", "open"),
        ("sort=random", "sort"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=WyJuZXdlc3QiLCJlbiIsMV0", "cursor"),
        ("before=%F0%9F%92%A9", "before"),
        ("cursor=" + "W1tb" * 400, "cursor"),
        ("q=%E2%80%AE", "q"),
        ("q=" + "a" * 1_001, "q"),
    ],
)
@pytest.mark.parametrize("path", ["/startups", "/lists/startups.json", "/lists/startups.csv"])
def test_a_hostile_address_is_answered_by_its_rule(worker, path, query, field):
    answer = worker.get(f"{path}?{query}")
    assert answer.status_code == 422
    with worker.application.test_request_context():
        assert f"<strong>{asked_name(field)}</strong>" in answer.text


@pytest.mark.parametrize("path", ["/startups", "/partners"])
def test_what_an_address_says_is_never_markup(worker, path):
    wicked = '"><script>x</script>'
    page = worker.get(path, query_string={"q": wicked, "columns": wicked, "back": wicked}).text
    assert "<script>x" not in page


def test_a_place_in_another_order_begins_anew(worker):
    page = worker.get("/startups?limit=1").text
    following = html.unescape(re.search(r'href="([^"]+)" rel="next"', page)[1])
    assert shown(worker, following.partition("?")[2]) == ["heal"]
    assert shown(worker, following.partition("?")[2] + "&sort=name") == ["plain"]
    back = worker.get(following).text
    assert 'rel="prev"' in back


def test_the_part_is_what_the_page_shows(worker):
    told = worker.get("/lists/startups.json?q=robo").json
    assert told["said"] == "1 startup"
    assert told["address"] == "/startups?q=robo"
    assert "RoboWorks" in told["rows"]
    assert 'id="stage-seed"' in told["facets"]
    assert worker.get("/lists/startups.json?q=robo&lang=ko").json["said"] == "스타트업 1곳"
    similar = worker.get("/lists/startups.json?q=robowerks&lang=en").json
    assert similar["said"] == "0 startups, 1 with a similar name"


def test_columns_are_kept_in_the_address_and_in_a_cookie(worker):
    answer = worker.get("/startups?columns=id.trl&columns=nonsense")
    heads = re.findall(r'<th scope="col">([^<]+)</th>', answer.text)
    assert heads == ["Name", "TRL", "ID"]
    cookie = worker.get_cookie("columns-startups")
    assert cookie.http_only
    assert cookie.value == "trl.id"
    assert '<th scope="col">TRL</th>' in worker.get("/startups").text
    worker.get("/startups?columns=")
    assert re.findall(r'<th scope="col">([^<]+)</th>', worker.get("/startups").text) == ["Name"]
    worker.set_cookie("columns-startups", '"><script>x')
    assert "<script>x" not in worker.get("/startups").text


def test_a_view_is_kept_for_all_or_for_oneself(bench, sign_in, send, store):
    kim, lee = sign_in(bench), sign_in(bench)
    send(kim, "/name", {"name": "Kim"})
    send(lee, "/name", {"name": "Lee"})
    form = {"name": " Seed  in Daegu ", "asked": "stage=seed&region=KR-27&evil=//x"}
    answer = send(kim, "/lists/startups/views", form)
    assert answer.headers["Location"] == "/startups?region=KR-27&stage=seed"
    send(kim, "/lists/startups/views", {"name": "All", "asked": "", "shared": "1"})
    assert "Seed in Daegu" in kim.get("/startups").text
    assert "Seed in Daegu" not in lee.get("/startups").text
    assert ">All <" in lee.get("/startups").text
    own = next(one for one in views_of(store, Side.STARTUP, "Kim") if not one.shared)
    assert send(lee, f"/lists/views/{own.id}/remove", {}).status_code == 404
    assert send(kim, f"/lists/views/{own.id}/remove", {}).status_code == 303
    kim.get("/startups")  # it says that the view is gone
    assert "Seed in Daegu" not in kim.get("/startups").text


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "asked": ""},
        {"name": "x" * 101, "asked": ""},
        {"name": "a\x00b", "asked": ""},
        {"name": "x", "asked": "region=Atlantis"},
        {"name": "x", "asked": "&".join(f"a{n}=1" for n in range(600))},
        {"name": "x", "asked": "q=" + "y" * 1_500},
    ],
)
def test_a_view_that_cannot_be_kept_is_refused(worker, send, store, form):
    before = views_of(store, Side.STARTUP, "")
    assert send(worker, "/lists/startups/views", form).status_code == 422
    assert views_of(store, Side.STARTUP, "") == before


def test_views_go_with_their_person_and_with_whom_they_name(store):
    save_view(store, Side.STARTUP, "mine", "stage=seed", owner="Han", shared=False)
    save_view(store, Side.STARTUP, "ours", "stage=growth", owner="Han", shared=True)
    assert [one.name for one in held_of_judge(store, "han").views] == ["mine", "ours"]
    erase_judge(store, "Han")
    left = {one.name: one.owner for one in views_of(store, Side.STARTUP, "Han")}
    assert "mine" not in left
    assert left["ours"].startswith("erased-")


def test_what_is_exported_is_the_list_without_contacts_and_formulas(worker):
    answer = worker.get("/lists/startups.csv?sort=name")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=startups-")
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["id"] for row in rows] == ["plain", "heal", "robo"]
    assert rows[0]["name_en"].startswith("'=")
    assert "ceo@robo.example" not in text
    told = worker.get("/lists/startups.jsonl?region=KR-27").data.decode().splitlines()
    assert [json.loads(line)["id"] for line in told] == ["robo"]
    assert "contact" not in json.loads(told[0])
    sheet = load_workbook(io.BytesIO(worker.get("/lists/startups.xlsx").data)).active
    heads = [cell.value for cell in sheet[1]]
    assert [row[heads.index("id")].value for row in sheet.iter_rows(min_row=2)] == [
        "plain", "heal", "robo",
    ]  # fmt: skip
    assert "contact" not in heads


def test_an_export_leaves_nothing_on_the_disk(worker, bench):
    assert worker.get("/lists/partners.csv").data
    home = bench.extensions["dari"].settings.home
    assert not list(home.glob("list-*"))


def test_nothing_is_done_before_it_was_asked_and_confirmed(worker, send, store):
    answer = send(worker, "/lists/startups/chosen", {"deed": "erase", "id": ["heal", "gone"]})
    assert answer.status_code == 200
    assert "HealLab" in answer.text
    assert "cannot be undone" in answer.text
    assert "Not there any more: gone" in answer.text
    assert store.get("heal")
    for data in (
        {"deed": "burn", "id": "heal"},
        {"deed": "erase", "id": ["x"] * 1 + [str(n) for n in range(101)]},
    ):
        assert send(worker, "/lists/startups/chosen", data).status_code == 422
    assert send(worker, "/lists/startups/chosen", {"deed": "erase"}).status_code == 303


def test_chosen_ones_are_exported_in_their_order(worker, send):
    answer = send(
        worker, "/lists/startups/chosen", {"deed": "export-jsonl", "id": ["robo", "heal"]}
    )
    assert [json.loads(line)["id"] for line in answer.data.decode().splitlines()] == [
        "robo",
        "heal",
    ]


def test_sectors_of_several_are_confirmed(make_app, sign_in, send):
    app = make_app()
    store = app.extensions["dari"].store
    for n in range(2):
        submit(app.extensions["dari"], {"id": f"s{n}", "name": f"S{n}", "summary": "Robots."})
    staff = sign_in(app)
    page = send(staff, "/lists/startups/chosen", {"deed": "sectors", "id": ["s0", "s1"]}).text
    assert 'name="sectors:s0" value="robotics"' in page
    data = {"id": ["s0", "s1"], "sectors:s0": "robotics"}
    answer = send(staff, "/lists/startups/chosen/sectors", data)
    assert answer.status_code == 303
    assert (store.get("s0").sectors, store.get("s1").sectors) == (("robotics",), ())
    assert "Sectors of 1 startup kept." in staff.get("/startups").text


def test_consent_is_withdrawn_and_profiles_erased_of_several(make_app, sign_in, send):
    app = make_app()
    dari = app.extensions["dari"]
    for firm in FIRMS:
        submit(dari, firm)
    save_view(dari.store, Side.STARTUP, "them", "q=healLab", owner="", shared=True)
    staff = sign_in(app)
    robo = dari.store.get("robo")
    submit(dari, {**robo.model_dump(mode="json", exclude_defaults=True), "id": "twin"})
    for deed, id in (("withdraw", "robo"), ("erase", "twin")):
        deliver(dari.settings, Letter(robo.contact, "Back", "A letter that waits."))
        send(staff, f"/lists/startups/chosen/{deed}", {"id": [id]})
        assert list(dari.settings.outbox.iterdir()) == [], deed
    assert dari.store.get("robo").consent is None
    back = {"back": "//evil.example"}
    answer = send(
        staff, "/lists/startups/chosen/erase", {"id": ["heal", "plain", "samsung"], **back}
    )
    assert answer.headers["Location"] == "/startups"
    for id in ("heal", "plain"):
        with pytest.raises(UnknownId):
            dari.store.get(id)
    assert dari.store.get("samsung")
    assert views_of(dari.store, Side.STARTUP, "") == []
    assert ADDRESS.findall(staff.get("/startups").text) == ["robo"]


@pytest.mark.parametrize(
    "path",
    ["/lists/startups/chosen/erase", "/lists/startups/chosen", "/lists/startups/views",
     "/lists/views/1/remove"],
)  # fmt: skip
def test_deeds_need_staff_and_a_token(bench, worker, send, path):
    assert send(bench.test_client(), path, {"id": "robo"}).status_code == 401
    assert worker.post(path, data={"id": "robo"}).status_code == 400
    assert bench.extensions["dari"].store.get("robo")


def test_chosen_startups_are_shortlisted_for_a_named_partner(worker, send):
    data = {"deed": "shortlist", "id": ["robo", "heal"]}
    assert "Partner: name or ID" in send(worker, "/lists/startups/chosen", data).text
    wrong = send(worker, "/lists/startups/chosen", {**data, "partner": "Hyundia Motr"})
    assert wrong.status_code == 422
    assert "hyundai-motor" in wrong.text
    page = send(worker, "/lists/startups/chosen", {**data, "partner": "samsung"}).text
    assert 'action="/pipeline/shortlist"' in page
    assert page.count('name="startup"') == 2


def test_a_profile_leads_back_to_its_list(worker):
    page = worker.get("/startups?region=KR-27&sort=name").text
    link = html.unescape(re.search(r'href="(/startups/robo[^"]*)"', page)[1])
    assert 'href="/startups?region=KR-27&amp;sort=name"' in worker.get(link).text
    for evil in ("//evil.example", "/partners?x", "javascript:alert(1)", "/startups/../sign-out"):
        page = worker.get("/startups/robo", query_string={"back": evil}).text
        assert '<p class="crumb d-print-none"><a href="/startups">' in page


def test_a_new_tie_begins_with_the_profile_that_is_named(worker):
    assert re.search(
        r'id="a" name="a"[^>]* value="samsung"', worker.get("/ties/new?a=samsung").text
    )


@pytest.mark.parametrize(("lang", "title"), [("en", "Map of Korea"), ("ko", "한국 지도")])
@pytest.mark.parametrize("show", ["startups", "partners", "pairings"])
def test_the_map_counts_links_and_has_a_table(worker, lang, title, show):
    page = worker.get(f"/map?show={show}&lang={lang}").text
    assert f"<h1>{title}</h1>" in page
    assert page.count('class="tile-count') == 17
    assert page.count('scope="row"') >= 17
    if show != "pairings":
        assert f'href="/{show}?region=KR-27"' in page
    else:
        assert 'href="#KR-27"' in page
        assert 'id="KR-27"' in page


def test_the_map_shows_nothing_else(worker):
    assert worker.get("/map?show=secrets").status_code == 422
