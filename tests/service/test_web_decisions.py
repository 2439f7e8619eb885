"""The pages of a decision: what they tell, keep and refuse, and to whom."""

from __future__ import annotations

import email
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.policy import default
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from sqlalchemy import select, update

from matcher.assignment import UNIT, Applicant, Host, Instance, groups_of, solve
from matcher.assignment.lottery import promise
from matcher.assignment.record import Record, read_record, replay
from profiles import Partner, Programme, Startup, Vectors, validate
from profiles import tables as t
from profiles.cohorts import (
    CohortState,
    apply,
    decisions_of,
    entries_of,
    finish,
    keep_decision,
    mark,
    open_cohort,
    set_state,
    withdraw,
)
from profiles.reviews import Ask, ask_review, reviews_of
from profiles.rules import Rule
from service.assigning import decide, hand_on
from service.deciding import override, swapped
from tests.service.accounts import token_of

SECRET = "열쇠말 하나"
SEED, OTHER_SEED = 4_242_424_242_424_242, 7_770_017_770_017_770
STARTUPS = {
    "st-a": ("가람전자", "Garam", "KR-30", "a@own.example"),
    "st-b": ("나래소프트", "Narae", "KR-11", "b@own.example"),
    "st-c": ("다온바이오", "Daon", "KR-26", None),
    "st-d": ("라온<script>", "Raon", None, "d@own.example"),
}
FITS = [[50, 40], [60, 30], [20, 45], [10, 5]]


@pytest.fixture(scope="module")
def dari(app) -> Any:
    return app.extensions["dari"]


@pytest.fixture(scope="module")
def cohort(dari) -> Any:
    store = dari.store
    for id, (ko, en, region, contact) in STARTUPS.items():
        values = {"id": id, "name": {"ko": ko, "en": en}, "summary": SECRET, "region": region}
        told = {name: value for name, value in (*values.items(), ("contact", contact)) if value}
        if contact:
            told["consent"] = {"version": "1", "purpose": "c", "at": "2026-11-01T00:00:00Z"}
        store.put_many([(validate(Startup, told), _vectors(dari))])
    for id in ("pa-x", "pa-y"):
        partner = {"id": id, "name": {"ko": f"{id} 통신", "en": f"{id} Telecom"}}
        store.put_many([(validate(Partner, partner), _vectors(dari))])
    programme = {"id": "pr-1", "kind": "contest", "name": {"ko": "대전 공모전", "en": "Contest"},
                 "partners": ["pa-x", "pa-y"]}  # fmt: skip
    store.put_programmes([validate(Programme, programme)])
    made = open_cohort(store, "pr-1", name="1st", seed=SEED, screenings=0, hosts=["pa-x", "pa-y"])
    for id in STARTUPS:
        apply(store, made.id, id)
    mark(store, made.id, dict.fromkeys(STARTUPS, ()))
    return made


def _vectors(dari: Any) -> Vectors:
    return Vectors("e/p1")


def record_of(cohort: Any, *rules: Rule) -> Record:
    people = tuple(
        Applicant(id, groups_of(region=region)) for id, (_, _, region, _) in STARTUPS.items()
    )
    hosts = tuple(Host(id, id, 0, 1) for id in ("pa-x", "pa-y"))
    fits = UNIT * np.array(FITS, np.int64)
    instance = Instance(people, hosts, fits, rules, seed=SEED)
    about = {"programme": "pr-1", "cohort": str(cohort.id)}
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    solution = solve(instance, seconds=60)
    return Record(instance, solution, "m-1", 3, date(2026, 11, 20), "Kim", at, 5.0, about=about)


RURAL = Rule(id="rural", kind="share", group="area:non_capital", low=50, reason="Balance")


@pytest.fixture
def kept(dari, cohort) -> Any:
    record = record_of(cohort, RURAL)
    return keep_decision(dari.store, cohort.id, record.as_json(), digest=record.digest, by="Kim")


def text_of(page: Any) -> str:
    assert page.status_code == 200, page.text
    return re.sub(r"\s+", " ", page.text)


def test_a_decision_tells_result_aims_rules_audits_and_record(staff, kept) -> None:
    page = text_of(staff.get(f"/decisions/{kept.id}?lang=en"))
    for said in (
        "The best: nothing is better by any aim.",
        "Sum of all fits",
        "105.0 points",
        "2 of 4 among whom places were given out have a place.",
        "Narae",
        "60.0",
        "pa-x Telecom",
        "50 per cent go to",
        "Balance",
        "A stable matching, which heeds no quota",
        "who has a place there fits better",
        kept.digest,
        promise(SEED, f"cohort {kept.cohort}"),
        "Download the record (JSON)",
    ):
        assert said in page, said
    assert "<script>" not in page.replace("<script src=", "")
    korean = text_of(staff.get(f"/decisions/{kept.id}?lang=ko"))
    for said in ("나래소프트", "씨앗값", "예비", "자리"):
        assert said in korean, said
    assert "라온&lt;script&gt;" in korean


def test_the_downloaded_record_replays(staff, kept) -> None:
    answer = staff.get(f"/decisions/{kept.id}.json")
    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename=decision-{kept.id}.json"
    )
    assert replay(json.loads(answer.data)).same
    assert read_record(answer.data).digest == kept.digest
    assert "The same result, byte for byte." in text_of(staff.get(f"/decisions/{kept.id}/replay"))


def test_a_record_that_was_changed_in_the_database_is_told(staff, dari, cohort) -> None:
    document = {**record_of(cohort).as_json(), "model_version": "m-2"}
    kept = keep_decision(dari.store, cohort.id, document, by="Kim")
    page = text_of(staff.get(f"/decisions/{kept.id}/replay"))
    assert "Not the same: this record does not replay." in page
    assert "digest of the record</th>" in page


def test_one_applicant_is_looked_at(staff, kept) -> None:
    page = text_of(staff.get(f"/decisions/{kept.id}?of=st-d&lang=en"))
    table = page[page.index("Would rather have a place of") :]
    assert table.count('<th scope="row"><span>Raon') == 2
    assert "Garam</span></th>" not in table[: table.index("</table>")]
    assert staff.get(f"/decisions/{kept.id}?of=nobody").status_code == 200


def test_declines_are_rehearsed_without_a_change(staff, dari, kept) -> None:
    before = decisions_of(dari.store, kept.cohort)
    page = text_of(staff.get(f"/decisions/{kept.id}/declines?declines=st-b&lang=en"))
    assert "What would happen" in page
    assert "Garam" in page[page.index("New pairs") :]
    assert "<dt>Moved though they did not decline</dt><dd>0</dd>" in page
    drawn = text_of(staff.get(f"/decisions/{kept.id}/declines?rate=30&lang=en"))
    assert "If each declines with 30 per cent" in drawn
    assert decisions_of(dari.store, kept.cohort) == before
    for query, said in (
        ("declines=st-d", "st-d has no place in this decision"),
        ("rate=91", "1 to 90 per cent, not 91"),
        ("rate=x", "1 to 90 per cent, not 0"),
    ):
        refused = staff.get(f"/decisions/{kept.id}/declines?{query}&lang=en")
        assert refused.status_code == 422
        assert said in refused.text


def test_what_rules_cost_is_told(staff, dari, cohort) -> None:
    dear = Rule(id="no-b", kind="forbidden", applicants=("st-b",), hosts=("pa-x", "pa-y"))
    record = record_of(cohort, dear)
    kept = keep_decision(dari.store, cohort.id, record.as_json(), digest=record.digest, by="Kim")
    page = text_of(staff.get(f"/decisions/{kept.id}/prices?lang=en"))
    assert "Must not be paired: Narae with pa-x Telecom, pa-y Telecom." in page
    assert "Narae" in page[page.index("</thead>") :]
    korean = text_of(staff.get(f"/decisions/{kept.id}/prices?lang=ko"))
    assert "합계 대비(%)" in korean


def test_an_override_is_a_new_draft_with_who_and_why(staff, send, dari, kept) -> None:
    path = f"/decisions/{kept.id}/override"
    sent = {"applicant": "st-d", "hosts": "pa-x", "why": "It is the only one that ships."}
    answer = send(staff, path, sent)
    assert answer.status_code == 303
    newest = decisions_of(dari.store, kept.cohort)[0]
    assert answer.location.endswith(f"/decisions/{newest.id}")
    assert newest.id != kept.id
    told = newest.record["overrides"][0]
    assert (told["applicant"], told["hosts"]) == ("st-d", ["pa-x"])
    page = text_of(staff.get(f"/decisions/{newest.id}?lang=en"))
    assert "It is the only one that ships." in page
    assert "The decision as it stands breaks rules:" in page, "two now have one place"
    assert "Made final" not in page
    assert "keeps all rules, and may undo" in text_of(
        staff.get(f"/decisions/{newest.id}/declines?lang=en")
    )
    refused = send(staff, path, {"applicant": "st-d", "hosts": "pa-x", "why": " "})
    assert refused.status_code == 422
    assert "An override needs a reason." in refused.text
    strange = send(staff, path, {"applicant": "st-q", "why": "x"})
    assert strange.status_code == 422
    assert send(staff, path, {"applicant": "st-d", "why": "x"}).status_code == 422, "as it is"
    assert replay(newest.record).same, "what a person decided is part of the record, and sealed"
    forged = {**newest.record, "overrides": [{**told, "applicant": "st-a"}]}
    assert [one.part for one in replay(forged).differences] == ["digest"]


def test_two_exchange_places_by_hand(staff, send, dari, kept) -> None:
    path = f"/decisions/{kept.id}/override"
    sent = {"applicant": "st-b", "other": "st-c", "why": "Both asked for it."}
    assert send(staff, path, sent).status_code == 303
    newest = decisions_of(dari.store, kept.cohort)[0]
    record = read_record(json.dumps(newest.record).encode())
    assert record.pairs == (("st-b", "pa-y"), ("st-c", "pa-x"))
    assert [one.why for one in record.overrides] == ["Both asked for it."] * 2
    for wrong in ({"other": "st-b"}, {"applicant": "st-a", "other": "st-d"}):
        refused = send(staff, path, {**sent, **wrong})
        assert refused.status_code == 422
        assert "cannot exchange places" in refused.text
    gone = send(staff, path, {"applicant": "st-b", "why": "It went bankrupt."})
    assert gone.status_code == 303
    taken = read_record(json.dumps(decisions_of(dari.store, kept.cohort)[0].record).encode())
    assert taken.pairs == (("st-c", "pa-y"),)


def test_notices_name_reasons_and_nobody_else(staff, kept) -> None:
    page = text_of(staff.get(f"/decisions/{kept.id}/notices?letter_lang=ko"))
    assert page.count('class="panel decision-notice"') == 4
    some = text_of(staff.get(f"/decisions/{kept.id}/notices?result=selected&lang=en"))
    assert some.count('class="panel decision-notice"') == 2
    assert "everyone (4)" in some
    place = staff.get(f"/decisions/{kept.id}/notices/st-b.eml?letter_lang=ko")
    told = email.message_from_bytes(place.data, policy=default)
    assert told["To"] == "b@own.example"
    assert "배정된 자리: pa-x 통신" in told.get_content()
    assert "제37조의2" in page
    letter = staff.get(f"/decisions/{kept.id}/notices/st-d.eml?letter_lang=en")
    message = email.message_from_bytes(letter.data, policy=default)
    assert (message["To"], message["Subject"]) == (
        "d@own.example",
        "Contest: result of your application",
    )
    body = message.get_content()
    assert "pa-x Telecom: all places there went to applicants whose fit with it is better." in body
    for other in ("Garam", "Narae", "Daon", "60", "st-b"):
        assert other not in body
    text = staff.get(f"/decisions/{kept.id}/notices/st-a.txt?letter_lang=ko")
    assert text.data.decode("utf-8-sig").startswith("가람전자 귀중 (모집 차수: ")
    assert "notice-" in text.headers["Content-Disposition"]
    assert text.headers["Content-Disposition"].endswith("-st-a-ko.txt")
    assert body.startswith("To Raon, about the round “")
    assert staff.get(f"/decisions/{kept.id}/notices/st-q.txt").status_code == 404


def test_shares_are_counted_over_final_decisions(staff, dari, cohort, kept) -> None:
    empty = text_of(staff.get("/decisions/exposure?programme=pr-1&lang=en"))
    assert "No round has a final decision yet." in empty
    selected = dict(read_record(json.dumps(kept.record).encode()).pairs)
    finish(dari.store, kept.id, selected, {}, why="The committee agreed.", by="Kim")
    page = text_of(staff.get("/decisions/exposure?programme=pr-1&lang=en"))
    assert "One final decision is counted." in page
    assert "Region not known" in page
    assert "Seoul" in page
    drawn = staff.get("/decisions/exposure.svg?programme=pr-1&lang=ko")
    assert drawn.mimetype == "image/svg+xml"
    assert "지역 모름" in drawn.text
    told = text_of(staff.get(f"/cohorts/{cohort.id}/lottery?lang=en"))
    assert f"<code>{SEED}</code>" in told, "the seed is told once a decision is final"


@pytest.mark.parametrize("ending", ["", ".svg"])
def test_shares_under_a_programme_that_is_not_held_are_not_found(staff, ending) -> None:
    assert staff.get(f"/decisions/exposure{ending}?programme=none").status_code == 404
    assert staff.get(f"/decisions/exposure{ending}?programme=").status_code == 200


def test_the_seed_is_not_told_before_a_decision(staff, dari, cohort) -> None:
    other = open_cohort(dari.store, "pr-1", name="2nd", seed=OTHER_SEED, hosts=["pa-x"])
    page = text_of(staff.get(f"/cohorts/{other.id}/lottery?lang=en"))
    assert promise(OTHER_SEED, f"cohort {other.id}") in page
    assert str(OTHER_SEED) not in page
    none = open_cohort(dari.store, "pr-1", name="3rd", hosts=["pa-x"])
    assert "ids break ties" in text_of(staff.get(f"/cohorts/{none.id}/lottery?lang=en"))


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".json",
        "/prices",
        "/declines",
        "/replay",
        "/notices",
        "/notices.zip",
        "/notices/st-a.txt",
    ],
)
def test_only_staff_see_decisions(client, staff, kept, path: str) -> None:
    assert client.get(f"/decisions/{kept.id}{path}").status_code in {302, 303, 401}
    assert staff.get(f"/decisions/987654{path}").status_code in {404, 422}


def test_a_decision_that_is_not_there_is_not_found(staff, send) -> None:
    for path in ("", ".json", "/declines", "/notices", "/prices", "/replay", "/notices.zip"):
        assert staff.get(f"/decisions/99999{path}").status_code == 404
    assert send(staff, "/decisions/99999/override", {"why": "x"}).status_code == 404


def test_a_startup_asks_and_staff_answer(staff, send, app, dari, cohort) -> None:
    own = app.test_client()
    with own.session_transaction() as session:
        session["held"] = {"st-a": int(datetime.now(UTC).timestamp())}
    page = own.get("/my/st-a/decisions?lang=en")
    assert "Contest · 1st" in page.text
    sent = {"csrf_token": token_of(page), "kind": "review", "cohort": str(cohort.id)}
    empty = own.post("/my/st-a/decisions", data={**sent, "words": " "})
    assert empty.status_code == 422
    assert own.post("/my/st-a/decisions", data={**sent, "kind": "x"}).status_code == 422
    strange = own.post("/my/st-a/decisions", data={**sent, "cohort": "99", "words": "x"})
    assert "have not applied to a round 99" in strange.text
    asked = own.post("/my/st-a/decisions", data={**sent, "words": "We have a new patent."})
    assert asked.status_code == 303
    queue = text_of(staff.get("/reviews?lang=en"))
    assert "Garam" in queue
    assert "30 days left" in queue
    id = re.search(r"/reviews/(\d+)", queue)[1]
    assert "We have a new patent." in text_of(staff.get(f"/reviews/{id}?lang=en"))
    late = send(staff, f"/reviews/{id}/extend", {"days": "31", "why": "x"})
    assert late.status_code == 422
    assert send(staff, f"/reviews/{id}/extend", {"days": "30", "why": "An expert looks."}).location
    done = {"outcome": "kept", "answer": "Kim looked again <b>."}
    assert send(staff, f"/reviews/{id}/answer", done).status_code == 303
    seen = text_of(own.get("/my/st-a/decisions?lang=en"))
    assert "An expert looks." in seen
    assert "Kim looked again &lt;b&gt;." in seen
    assert "Looked at again by a person: it stays" in seen
    again = send(staff, f"/reviews/{id}/answer", done)
    assert again.status_code == 422
    assert "answered already" in again.text


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_page_is_there_in_both_languages(staff, dari, kept, lang: str) -> None:
    asked = ask_review(dari.store, "st-b", Ask.EXPLANATION, "?", today=date(2026, 11, 20))
    for path in (
        f"/decisions/{kept.id}",
        f"/decisions/{kept.id}/prices",
        f"/decisions/{kept.id}/declines?declines=st-b&rate=20",
        f"/decisions/{kept.id}/replay",
        f"/decisions/{kept.id}/notices",
        "/decisions/exposure",
        f"/cohorts/{kept.cohort}/lottery",
        "/reviews",
        f"/reviews/{asked.id}",
    ):
        page = staff.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert page.status_code == 200, path
        assert f'<html lang="{lang}">' in page.text
        assert ("결정" in page.text) == (lang == "ko"), path


def test_nobody_else_asks_for_a_startup_or_sees_the_queue(client, cohort) -> None:
    assert client.get("/my/st-a/decisions").status_code == 404
    assert client.get("/reviews").status_code in {302, 303, 401}
    assert client.get("/reviews/1").status_code in {302, 303, 401}


@pytest.fixture
def held(dari, cohort) -> Any:
    """A cohort of its own with a final decision: st-b has the place of pa-x, st-c that of pa-y."""
    made = open_cohort(dari.store, "pr-1", name="Held", screenings=0, hosts=["pa-x", "pa-y"])
    for id in STARTUPS:
        apply(dari.store, made.id, id)
    mark(dari.store, made.id, dict.fromkeys(STARTUPS, ()))
    record = record_of(made)
    kept = keep_decision(dari.store, made.id, record.as_json(), digest=record.digest, by="Kim")
    set_state(dari.store, made.id, CohortState.SCREENING)
    decide(dari, kept.id, why="The committee agreed.", by="Kim")
    return kept


def test_what_came_after_a_decision_is_told_on_it_and_not_in_its_record(staff, dari, held) -> None:
    before = text_of(staff.get(f"/decisions/{held.id}?lang=en"))
    assert "After this decision" not in before
    assert re.search(r"Made final: [^<]+Kim</span>", before)
    hand_on(dari, held.cohort, "st-b", reason="Moved abroad.", by="Lee")
    page = text_of(staff.get(f"/decisions/{held.id}?lang=en"))
    told = page[page.index("After this decision") : page.index("What was reached")]
    for said in ("One place was given back later.", "Narae", "Garam", "Moved abroad.", "Lee"):
        assert said in told, said
    assert f"/cohorts/{held.cohort}?step=decision" in told
    assert "given back later" in page[page.index("Who has which place") :]
    assert "moved up later" in page
    assert "이 결정 이후" in text_of(staff.get(f"/decisions/{held.id}?lang=ko"))
    kept = staff.get(f"/decisions/{held.id}.json")
    assert read_record(kept.data).digest == held.digest
    for who in ("st-a", "st-c", "st-d"):
        hand_on(dari, held.cohort, who, reason="x", by="Lee")
    assert "nobody: the place is free" in text_of(staff.get(f"/decisions/{held.id}?lang=en"))


def test_a_replaced_decision_and_a_draft_lead_to_the_one_that_holds(staff, dari, held) -> None:
    again = keep_decision(dari.store, held.cohort, held.record, digest=held.digest, by="Kim")
    assert f'/decisions/{held.id}">Decision {held.id}</a>' in text_of(
        staff.get(f"/decisions/{again.id}?lang=en")
    )
    decide(dari, again.id, why="Again.", by="Kim", replace=True)
    hand_on(dari, held.cohort, "st-b", reason="Moved abroad.", by="Lee")
    page = text_of(staff.get(f"/decisions/{held.id}?lang=en"))
    assert "It was replaced." in page
    assert f'/decisions/{again.id}">Decision {again.id}</a>' in page
    assert "Moved abroad." not in page, "that came after the later decision"


def test_all_letters_come_in_one_file_as_the_places_stand_now(staff, dari, held) -> None:
    hand_on(dari, held.cohort, "st-b", reason="Moved abroad.", by="Lee")
    answer = staff.get(f"/decisions/{held.id}/notices.zip?letter_lang=en")
    with ZipFile(io.BytesIO(answer.data)) as packed:
        assert sorted(packed.namelist()) == sorted(
            f"{result}/{who}-en.{kind}"
            for who, result in (("st-a", "selected"), ("st-c", "selected"), ("st-d", "reserve"))
            for kind in ("txt", "eml")
        )
        up = packed.read("selected/st-a-en.txt").decode("utf-8-sig")
    assert "you move up from the reserve" in up
    assert "Your place: pa-x Telecom." in up
    assert staff.get(f"/decisions/{held.id}/notices/st-b.txt").status_code == 404


def test_declines_are_rehearsed_from_the_places_as_they_stand_now(staff, dari, held) -> None:
    hand_on(dari, held.cohort, "st-b", reason="Moved abroad.", by="Lee")
    here = f"/decisions/{held.id}/declines?lang=en"
    assert staff.get(f"{here}&declines=st-b").status_code == 422
    page = text_of(staff.get(f"{here}&declines=st-a"))
    assert "as they stand today" in page
    gained = page[page.index("New pairs") : page.index("Who would decline?")]
    assert "Raon" in gained
    assert "Narae" not in gained, "it gave its place back"
    assert 'value="st-b"' not in page
    assert 'value="st-a"' in page


def test_the_reserve_that_is_taken_away_is_counted_as_it_stands(staff, dari, held) -> None:
    hand_on(dari, held.cohort, "st-b", reason="Moved abroad.", by="Lee")
    table = staff.get(f"/cohorts/{held.cohort}/table.csv?lang=en").data.decode("utf-8-sig")
    assert "1. pa-y Telecom" in table
    assert "1. pa-x Telecom" in table, "who stood before st-d has moved up"


def test_a_profile_leads_to_its_applications_decisions_and_requests(staff, app, dari, held) -> None:
    asked = ask_review(
        dari.store, "st-b", Ask.REVIEW, "?", today=date(2026, 11, 20), cohort=held.cohort
    )
    page = text_of(staff.get("/startups/st-b?lang=en"))
    told = page[page.index("Applications to programmes") : page.index('id="ties"')]
    for said in (f"/cohorts/{held.cohort}", f"/decisions/{held.id}", f"/reviews/{asked.id}"):
        assert said in told, said
    assert "pa-x Telecom" in told
    assert "Let a person look again – Waits for an answer" in told
    assert "프로그램 신청" in text_of(staff.get("/startups/st-b?lang=ko"))
    own = app.test_client()
    with own.session_transaction() as session:
        session["held"] = {"st-b": int(datetime.now(UTC).timestamp())}
    mine = text_of(own.get("/my/st-b?lang=en"))
    assert "You asked:" in mine
    assert "Decided; it has stood so since" in mine
    assert f"/decisions/{held.id}" not in mine, "the page of the decision is for staff"


def taken_out(dari: Any, held: Any, who: str) -> Any:
    """Let a person take one out of its place, and make that final."""
    again = override(dari, held.id, {who: ()}, why="It went bankrupt.", by="Lee")
    decide(dari, again.id, why="Again.", by="Lee", replace=True)
    return again


def stages_of(dari: Any, held: Any) -> dict[str, str]:
    return {one.profile: one.stage.value for one in entries_of(dari.store, held.cohort)}


def test_whom_a_person_took_out_no_decline_brings_back(staff, dari, held) -> None:
    again = taken_out(dari, held, "st-b")
    assert again.record["overrides"][0]["no_reserve"] == ["pa-x", "pa-y"]
    assert stages_of(dari, held)["st-b"] == "unplaced"
    page = text_of(staff.get(f"/decisions/{again.id}?lang=en"))
    out = "because a person took them out or they left their place: <span>Narae</span>."
    assert out in page
    assert "on no reserve list either" in page
    assert "a person took it out of a place there" in text_of(
        staff.get(f"/decisions/{again.id}?lang=en&of=st-b")
    )
    rehearsed = text_of(staff.get(f"/decisions/{again.id}/declines?declines=st-c&lang=en"))
    gained = rehearsed[rehearsed.index("New pairs") : rehearsed.index("Who would decline?")]
    assert "Narae" not in gained
    hand_on(dari, held.cohort, "st-c", reason="x", by="Lee")
    assert stages_of(dari, held)["st-b"] == "unplaced"
    put_back = override(dari, again.id, {"st-b": ("pa-x",)}, why="Sold.", by="Lee")
    decide(dari, put_back.id, why="Sold.", by="Lee", replace=True)
    assert stages_of(dari, held)["st-b"] == "selected"


def test_what_was_reached_is_told_of_what_persons_decided(staff, dari, held) -> None:
    first = override(dari, held.id, {"st-b": ()}, why="It went bankrupt.", by="Lee")
    second = override(dari, first.id, {"st-d": ("pa-x",)}, why="It ships.", by="Park")
    page = text_of(staff.get(f"/decisions/{second.id}?lang=en"))
    aims = page[page.index('id="aims"') : page.index('id="result"')]
    assert "nothing proves it the best" in aims
    assert "The best: nothing is better by any aim." not in page
    assert 'Reached">55.0 points</td><td data-label="The search had reached">105.0 points' in aims
    assert 'Reached">10.0 points</td>' in aims
    assert "2 of 4 among whom places were given out have a place." in page
    head = page[page.index("case-facts") : page.index('id="aims"')]
    assert re.search(r"Decided otherwise: [^<]+Park</span>", head)
    assert "Made:" not in head
    rests = head[head.index("Rests on") :]
    assert f'/decisions/{first.id}">Decision {first.id}</a>' in rests
    assert "Nov 20, 2026" in rests
    assert f'/decisions/{held.id}">Decision {held.id}</a>' in text_of(
        staff.get(f"/decisions/{first.id}?lang=en")
    )
    round_ = text_of(staff.get(f"/cohorts/{held.cohort}?step=assignment&lang=en"))
    assert "Changed by persons: not proven to be the best" in round_
    assert "total fit 55.0" in text_of(staff.get(f"/cohorts/{held.cohort}?step=decision&lang=en"))
    for way, said in (("prices", "is not in them"), ("replay", "not searched again")):
        assert said in text_of(staff.get(f"/decisions/{second.id}/{way}?lang=en"))
        assert said not in text_of(staff.get(f"/decisions/{held.id}/{way}?lang=en"))


def test_an_override_of_what_holds_begins_with_the_places_as_they_stand(staff, dari, held) -> None:
    hand_on(dari, held.cohort, "st-b", reason="Moved abroad.", by="Lee")
    again = override(dari, held.id, {"st-c": ()}, why="It went bankrupt.", by="Park")
    told = [(one["applicant"], one["hosts"], one["by"]) for one in again.record["overrides"]]
    assert told == [("st-a", ["pa-x"], "Lee"), ("st-b", [], "Lee"), ("st-c", [], "Park")]
    page = text_of(staff.get(f"/decisions/{again.id}?lang=en"))
    for said in ("gave its place back before", "had moved up before", "Moved abroad."):
        assert said in page, said
    table = page[page.index('id="result"') : page.index('id="rules"')]
    assert table.count("by a person</span>") == 0, "nobody gave st-a its place by hand"
    audits = page[page.index('id="audits"') : page.index('id="ties"')]
    assert "Narae</span></th>" not in audits, "it left by itself"
    assert staff.get(f"/decisions/{again.id}/notices/st-b.txt").status_code == 404
    letter = staff.get(f"/decisions/{again.id}/notices/st-a.txt?letter_lang=en").text
    assert "A person decided" not in letter
    decide(dari, again.id, why="Again.", by="Park", replace=True)
    now = stages_of(dari, held)
    assert (now["st-a"], now["st-b"], now["st-c"]) == ("selected", "declined", "unplaced")
    history = text_of(staff.get(f"/cohorts/{held.cohort}?step=history&lang=en"))
    assert f"decided otherwise by a person: decision {held.id} into {again.id}." in history
    assert replay(again.record).same
    swap = swapped(dari, again.id, "st-a", "st-d")
    assert swap == {"st-a": (), "st-d": ("pa-x",)}


def test_a_place_that_eligibility_refuses_has_no_fit(staff, dari, cohort) -> None:
    record = record_of(cohort)
    fits = record.instance.fits.copy()
    fits[3] = -1
    instance = replace(record.instance, fits=fits)
    record = replace(record, instance=instance, solution=solve(instance, seconds=60))
    kept = keep_decision(dari.store, cohort.id, record.as_json(), digest=record.digest, by="Kim")
    again = override(dari, kept.id, {"st-b": (), "st-d": ("pa-x",)}, why="x", by="Lee")
    page = text_of(staff.get(f"/decisions/{again.id}?lang=en"))
    assert "no fit: not eligible" in page
    assert "Without a fit, because eligibility refuses the pair: 1." in page
    assert 'Reached">45.0 points</td>' in page
    assert "-0.0" not in page
    step = text_of(staff.get(f"/cohorts/{cohort.id}?step=assignment&lang=en"))
    assert "no fit: not eligible" in step
    assert "-0.0" not in step


def test_a_reserve_of_before_whom_a_person_took_out_does_not_move_up(dari, held) -> None:
    again = override(dari, held.id, {"st-b": ()}, why="It went bankrupt.", by="Lee")
    selected = {"st-c": "pa-y", "st-a": "pa-x"}
    given: Any = {"why": "x", "by": "Lee", "replace": True}
    finish(dari.store, again.id, selected, {"pa-x": ["st-b", "st-d"]}, **given)
    up = hand_on(dari, held.cohort, "st-a", reason="x", by="Lee")
    assert up.profile == "st-d"


def test_who_withdrew_is_no_reserve_and_stands_in_no_ones_way(dari, held) -> None:
    withdraw(dari.store, held.cohort, "st-d", by="Lee")
    again = override(dari, held.id, {"st-b": ()}, why="It went bankrupt.", by="Lee")
    decide(dari, again.id, why="Again.", by="Lee", replace=True)
    assert stages_of(dari, held)["st-a"] == "reserve"
    assert stages_of(dari, held)["st-d"] == "withdrawn"


def _put_back(store, by: timedelta) -> None:
    """Let all that was done to rounds have been done earlier."""
    with store.engine.begin() as connection:
        for table, column in (
            (t.cohort_events, t.cohort_events.c.at),
            (t.cohort_entries, t.cohort_entries.c.applied_at),
            (t.cohort_entries, t.cohort_entries.c.moved_at),
        ):
            for row in connection.execute(select(table.c.id, column)).all():
                its = update(table).where(table.c.id == row.id)
                connection.execute(its.values({column.name: row[1] - by}))


def test_what_was_decided_between_a_letter_and_its_entry_is_a_change(
    staff, send, dari, held
) -> None:
    _put_back(dari.store, timedelta(days=5))
    again = override(dari, held.id, {"st-b": (), "st-d": ("pa-x",)}, why="x", by="Lee")
    decide(dari, again.id, why="It ships.", by="Lee", replace=True)
    came = (dari.settings.today() - timedelta(days=3)).isoformat()
    sent = {"profile": "st-d", "cohort": str(held.cohort), "kind": "review", "words": "We ship."}
    kept = send(staff, "/reviews/new", {**sent, "came": came})
    assert "Nothing has been changed" not in text_of(staff.get(f"{kept.location}?lang=en"))
    changed = {"outcome": "changed", "answer": "You have a place."}
    assert send(staff, f"{kept.location}/answer", changed).status_code == 303


def test_a_request_that_came_by_letter_is_entered_and_answered(staff, send, dari, held) -> None:
    letters = text_of(staff.get(f"/decisions/{held.id}/notices?lang=en&result=reserve"))
    way = re.search(r'href="(/reviews/new[^"]+st-d[^"]*)"', letters)[1].replace("&amp;", "&")
    assert f"cohort={held.cohort}" in way
    assert 'name="words"' in text_of(staff.get(f"{way}&lang=en"))
    today = dari.settings.today()
    _put_back(dari.store, timedelta(days=5))
    sent = {"profile": "st-d", "cohort": str(held.cohort), "kind": "review"}
    sent |= {"words": "We ship.", "came": (today - timedelta(days=3)).isoformat()}
    later = {"came": (today + timedelta(days=1)).isoformat()}
    early = {"came": (today - timedelta(days=6)).isoformat()}
    for wrong in (later, early, {"came": "x"}, {"words": " "}, {"kind": "x"}):
        refused = send(staff, "/reviews/new", {**sent, **wrong})
        assert refused.status_code == 422, wrong
    korean = send(staff, "/reviews/new?lang=ko", {**sent, "came": "2026-13-40"}).text
    assert "받은 날</a>: <strong>2026-13-40은 날짜가 아닙니다." in korean
    assert "came:" not in korean
    staff.get("/?lang=en")
    refused = send(staff, "/reviews/new", {**sent, **early}).text
    first = (today - timedelta(days=5)).isoformat()
    assert f"Nothing had been decided about this application before {first}" in refused
    assert f"{first} or later" in refused
    for wrong in ({"profile": "nobody"}, {"cohort": "987654"}, {"cohort": ""}):
        assert send(staff, "/reviews/new", {**sent, **wrong}).status_code == 404, wrong
    kept = send(staff, "/reviews/new", sent)
    assert kept.status_code == 303
    page = text_of(staff.get(f"{kept.location}?lang=en"))
    assert f"/decisions/{held.id}?of=st-d" in page
    assert "Nothing has been changed since it was asked" in page
    asked = reviews_of(dari.store, "st-d")[-1]
    assert asked.entered_by
    assert f"was entered by {asked.entered_by}" in page
    assert (asked.asked_on, asked.due) == (today - timedelta(days=3), today + timedelta(days=27))
    changed = {"outcome": "changed", "answer": "You have a place."}
    early = send(staff, f"{kept.location}/answer", changed)
    assert early.status_code == 422
    assert 'name="stands"' in early.text
    assert staff.get("/reviews?lang=ko").status_code == 200
    korean = send(staff, f"{kept.location}/answer", changed)
    assert "아직 ‘변경’이 아닙니다" in korean.text
    again = override(dari, held.id, {"st-b": (), "st-d": ("pa-x",)}, why="x", by="Lee")
    decide(dari, again.id, why="It ships.", by="Lee", replace=True)
    page = text_of(staff.get(f"{kept.location}?lang=en"))
    assert "Nothing has been changed" not in page
    assert send(staff, f"{kept.location}/answer", changed).status_code == 303
    other = send(
        staff, "/reviews/new", {**sent, "words": "Once more.", "came": today.isoformat()}
    ).location
    assert send(staff, f"{other}/answer", changed).status_code == 422
    assert send(staff, f"{other}/answer", {**changed, "stands": "y"}).status_code == 303
    assert f"/decisions/{again.id}?of=st-d" in page
