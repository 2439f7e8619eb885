"""The pages of rounds: a whole round by forms, what is refused and why, and who sees what."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from profiles import cohorts, tables, validate
from profiles.cases import open_case_of
from profiles.cohorts import CohortState, EntryStage, Screening
from profiles.jobs import JobState, end, take
from profiles.rules import Rule
from service.assigning import Limits, assign, decide
from service.demo import load
from service.work import do

CONTEST = "contest-skt-daejeon"
GLOBAL = "global-company-2025"
KO = {"Accept-Language": "ko"}
APPLY = "demo-gyeol-rf\n둘레메시\ndemo-haneul-optics\ndemo-inst-gapcheon-network\ndemo-gureum-ops"
FOUR = ("demo-dulle-mesh", "demo-gyeol-rf", "demo-haneul-optics", "demo-inst-gapcheon-network")


@pytest.fixture(scope="module")
def dari(app) -> Any:
    load(app.extensions["dari"])
    return app.extensions["dari"]


def opened(dari, staff, send, programme: str = CONTEST, **values: str) -> int:
    """Open a cohort by its form; give its number."""
    sent = send(staff, "/cohorts", {"programme": programme, "name": "2026", **values})
    assert sent.status_code == 303
    return int(re.search(r"/cohorts/(\d+)", sent.headers["Location"])[1])


def work(dari, tmp_path) -> dict[str, Any]:
    """Do the job that waits, as the worker does."""
    job = take(dari.store, "test")
    outcome = do(job.kind, dari.settings, job.arguments, tmp_path, lambda *_: None)
    end(dari.store, job, JobState.DONE, outcome=outcome)
    return outcome


def stages(dari, id: int) -> dict[str, str]:
    return {one.profile: one.stage.value for one in cohorts.entries_of(dari.store, id)}


def base(dari, id: int, who: str) -> int:
    return cohorts.entry_of(dari.store, id, who).revision


def test_a_whole_round_by_forms(dari, staff, send, tmp_path) -> None:
    id = opened(dari, staff, send)
    here = f"/cohorts/{id}"
    assert send(staff, f"{here}/entries", {"profile": APPLY}).status_code == 303
    assert send(staff, f"{here}/check", {}).status_code == 303
    page = staff.get(f"{here}?step=eligibility").text
    assert "The programme is for startups in Daejeon; this one is in Seoul." in page
    assert stages(dari, id)["demo-gureum-ops"] == "refused"

    scored = {f"points-{n}": "80" for n in range(4)} | {f"reason-{n}": "solid" for n in range(4)}
    for who in FOUR[:2]:
        given = {"profile": who, "screening": "first", **scored}
        assert send(staff, f"{here}/score", given).status_code == 303
    assert "tied with 1" in staff.get(f"{here}?step=first").text

    for screening in ("first", "final"):
        some = FOUR if screening == "first" else FOUR[:3]
        given = {
            "screening": screening,
            "reason": "the line",
            "out": "below the line",
            "base": [f"{who} {base(dari, id, who)}" for who in some],
            "passed": list(FOUR[:3]),
        }
        asked = send(staff, f"{here}/screen", given)
        assert asked.status_code == 422
        assert f"any assessor: {3 if screening == 'final' else 1} of those" in asked.text
        assert 'name="unscored"' in asked.text
        assert send(staff, f"{here}/screen", {**given, "unscored": "y"}).status_code == 303
    assert stages(dari, id)[FOUR[3]] == "out_first"
    why = {one.profile: one.reason for one in cohorts.entries_of(dari.store, id)}
    assert (why[FOUR[0]], why[FOUR[3]]) == ("the line", "below the line")

    rule = {"id": "places", "kind": "total", "high": "2"}
    assert send(staff, f"{here}/rules", rule).status_code == 303
    assert send(staff, f"{here}/assign", {"seconds": "10"}).status_code == 303
    assert 'id="job-bar"' in staff.get(f"{here}?step=assignment").text
    outcome = work(dari, tmp_path)
    assert outcome["status"] == "optimal"
    assert "places" in {one["rule"]["id"] for one in outcome["prices"]}
    page = staff.get(f"{here}?step=assignment").text
    assert "What the rules cost" in page
    assert "proven best" in page

    decided = {"decision": str(outcome["decision"]), "why": "the panel"}
    assert "접수 중이지만 확정하고" in staff.get(f"{here}?step=assignment", headers=KO).text
    refused = send(staff, f"{here}/decide", decided)
    assert refused.status_code == 422
    assert "its intake is open" in refused.text
    assert send(staff, f"{here}/decide", {**decided, "while_open": "y"}).status_code == 303
    assert "while startups could still apply" in staff.get(f"{here}?step=history").text
    assert "still apply" not in staff.get(f"{here}?step=decision").text
    assert "confirmed that" in staff.get(f"/decisions/{outcome['decision']}").text
    selected = [who for who, stage in stages(dari, id).items() if stage == "selected"]
    assert len(selected) == 2
    assert send(staff, f"{here}/case", {"profile": selected[0]}).status_code == 303
    case = open_case_of(dari.store, selected[0], "sk-telecom")
    assert case
    assert case.programme == CONTEST
    assert f"/cases/{case.id}" in staff.get(f"{here}?step=decision").text
    given = {"profile": selected[1], "reason": "moved away"}
    assert send(staff, f"{here}/decline", given).status_code == 303
    assert sorted(stages(dari, id).values()).count("selected") == 2
    assert "moved up from the reserve" in staff.get(f"{here}?step=history").text
    for step in ("intake", "rules"):
        assert staff.get(f"{here}?step={step}", headers=KO).status_code == 200
    table = list(csv.reader(io.StringIO(staff.get(f"{here}/table.csv").data.decode("utf-8-sig"))))
    assert len(table) == 6
    assert table[0][0] == "ID"
    book = load_workbook(io.BytesIO(staff.get(f"{here}/table.xlsx").data))
    assert book.sheetnames == ["Applications", "About this list"]


def test_contradicting_rules_are_told_with_what_helps(dari, staff, send, tmp_path) -> None:
    id = opened(dari, staff, send, screenings="0")
    here = f"/cohorts/{id}"
    send(staff, f"{here}/settings", {"name": "x", "screenings": "0", "hosts": "sk-telecom"})
    held = cohorts.cohort(dari.store, id)
    assert (held.screenings, held.hosts) == (2, ("ccei-daejeon", "etri", "sk-telecom"))
    gone = {"id": "venue"}
    assert send(staff, f"{here}/rules/remove", gone).status_code == 303
    values = {"name": "x", "screenings": "0", "hosts": "sk-telecom", "criteria": "a"}
    assert send(staff, f"{here}/settings", values).status_code == 303
    send(staff, f"{here}/entries", {"profile": "demo-gyeol-rf\ndemo-dulle-mesh"})
    least = {"id": "least", "kind": "total", "low": "5", "high": "9"}
    assert send(staff, f"{here}/rules", least).status_code == 303
    send(staff, f"{here}/check", {})
    send(staff, f"{here}/assign", {"seconds": "10"})
    outcome = work(dari, tmp_path)
    assert outcome["status"] == "infeasible"
    page = staff.get(f"{here}?step=assignment").text
    assert "These rules contradict each other" in page
    refused = send(staff, f"{here}/decide", {"decision": str(outcome["decision"]), "why": "x"})
    assert refused.status_code == 422
    assert "no pairs that keep all rules" in refused.text
    moved = send(staff, f"{here}/rules/bound", {"id": "least", "low": "2"})
    assert moved.status_code == 303
    what_if = {"seconds": "10", "without": "least"}
    assert send(staff, f"{here}/assign", what_if).status_code == 303
    assert work(dari, tmp_path)["status"] == "optimal"
    assert "On trial:" in staff.get(f"{here}?step=assignment").text
    tried = {"seconds": "10", "rule": "least", "low": "1", "high": "8"}
    assert send(staff, f"{here}/assign", tried).status_code == 303
    assert work(dari, tmp_path)["status"] == "optimal"
    page = staff.get(f"{here}?step=assignment")
    assert page.status_code == 200
    assert "Pairs in all: 1 to 8." in page.text
    assert send(staff, f"{here}/assign", {**tried, "low": "many"}).status_code == 422
    pair = {"applicant": "demo-gyeol-rf", "host": "sk-telecom", "do": "forbid", "reason": "known"}
    assert send(staff, f"{here}/pair", pair).status_code == 303
    assert cohorts.cohort(dari.store, id).rules[-1].kind.value == "forbidden"
    trade = {"bound": "least high", "seconds": "10"}
    assert send(staff, f"{here}/trade-off", trade).status_code == 303
    assert work(dari, tmp_path)["points"]
    assert staff.get(f"{here}/trade-off.svg").data.startswith(b"<svg")
    assert "What each value" in staff.get(f"{here}?step=assignment").text


@pytest.mark.parametrize(
    ("path", "data", "told"),
    [
        ("rules", {"kind": "share", "low": "30"}, "group"),
        ("rules", {"kind": "share", "group": "area", "code": "moon", "low": "30"}, "group"),
        ("rules", {"kind": "total", "low": "9", "high": "2"}, "high"),
        ("entries", {"profile": "nobody-at-all"}, "profile"),
        ("entries", {"profile": ""}, "profile"),
        (
            "pair",
            {"applicant": "demo-gyeol-rf", "host": "sk-telecom", "reason": " "},
            "pair_reason",
        ),
        ("state", {"state": "dropped"}, "reason"),
        ("state", {"state": "<script>"}, "state"),
        ("assign", {"seconds": "0"}, "seconds"),
        ("assign", {"rule": "none", "low": "1"}, "rule"),
        ("trade-off", {"bound": "none low"}, "rule"),
        ("score", {"profile": "demo-gyeol-rf", "screening": "third"}, "screening"),
        ("decline", {"profile": "demo-gyeol-rf", "reason": "x"}, "cohort"),
        ("case", {"profile": "demo-gyeol-rf"}, "profile"),
    ],
)
def test_what_is_refused_changes_nothing_and_says_why(
    dari, staff, send, path: str, data: dict[str, str], told: str
) -> None:
    id = opened(dari, staff, send)
    before = cohorts.history_of(dari.store, id)
    for headers in ({}, KO):
        refused = send(staff, f"/cohorts/{id}/{path}", data, headers=headers)
        assert refused.status_code == 422
        assert "alert-danger" in refused.text
        assert "<script>" not in refused.text.replace("<script src", "")
    assert cohorts.history_of(dari.store, id) == before


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("en", ["outside the capital area", "Daejeon", "Telecommunications", "Seed", "Russia"]),
        ("ko", ["비수도권", "대전", "통신", "시드", "러시아"]),
    ],
)
def test_a_group_is_chosen_by_name_or_given_by_its_code(dari, staff, send, lang, names) -> None:
    id = opened(dari, staff, send)
    held = cohorts.cohort(dari.store, id).rules
    page = staff.get(f"/cohorts/{id}?step=rules&lang={lang}").text
    listed = re.search(r'<select[^>]*name="group">(.*?)</select>', page, re.DOTALL)[1]
    offered = dict(re.findall(r'<option value="([^"]+)">([^<]+)', listed))
    groups = ["area:non_capital", "region:KR-30", "sector:telecom", "stage:seed", "country:RU"]
    for group, name in zip(groups, names, strict=True):
        assert name in unescape(offered[group])
    assert {"kind:startup", "kind:research_institute", "sector:medical_imaging"} <= offered.keys()
    for group in offered:
        validate(Rule, {"id": "a", "kind": "share", "group": group, "low": 1})
    for given in (
        {"group": "region:KR-30"},
        {"code": "region:US-CA"},
        {"group": "area", "code": "abroad"},
    ):
        sent = {"kind": "quota", "high": "3", **given}
        assert send(staff, f"/cohorts/{id}/rules", sent).status_code == 303
    new = [one.group for one in cohorts.cohort(dari.store, id).rules[len(held) :]]
    assert new == ["region:KR-30", "region:US-CA", "area:abroad"]
    both = {"kind": "quota", "high": "3", "group": "region:KR-30", "code": "region:US-CA"}
    assert send(staff, f"/cohorts/{id}/rules", both).status_code == 422


def test_an_edit_on_an_older_state_is_refused(dari, staff, send) -> None:
    id = opened(dari, staff, send)
    rule = {"kind": "total", "high": "3", "id": "a", "revision": "1"}
    assert send(staff, f"/cohorts/{id}/rules", rule).status_code == 303
    late = send(staff, f"/cohorts/{id}/rules", {**rule, "id": "b"})
    assert late.status_code == 409
    assert "Somebody else has changed this" in late.text
    assert "b" not in {one.id for one in cohorts.cohort(dari.store, id).rules}


def test_only_staff_see_rounds(app, client, staff) -> None:
    for path in ("/cohorts", "/cohorts/1", f"/programmes/{CONTEST}", "/cohorts/1/table.csv"):
        assert client.get(path).status_code == 401
    for path in ("/cohorts/999999", "/cohorts/999999/table.csv", "/programmes/none"):
        assert staff.get(path).status_code == 404


def test_the_page_of_a_programme_tells_rules_parts_and_rounds(dari, staff, send) -> None:
    id = opened(dari, staff, send, GLOBAL)
    page = staff.get(f"/programmes/{GLOBAL}").text
    assert "outside the capital area" in page
    assert "/programmes/global-nvidia" in page
    assert f"/cohorts/{id}" in page
    assert "Joint projects of three" not in page
    assert "Exchange events" not in page
    assert "비수도권" in staff.get(f"/programmes/{GLOBAL}", headers=KO).text
    assert f"/programmes/{GLOBAL}" in staff.get("/programmes").text


@pytest.fixture
def own(app, dari, send):
    """A browser that may open a startup of the made-up cohort."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["held"] = {"demo-nuri-vision": 2**40}
    return client


def test_a_startup_applies_itself_and_sees_its_result_once_decided(
    dari, staff, own, send, tmp_path
) -> None:
    id = opened(dari, staff, send, GLOBAL)
    values = {"name": "G", "screenings": "0", "hosts": ["global-nvidia", "global-aws"]}
    assert send(staff, f"/cohorts/{id}/settings", {**values, "criteria": "a"}).status_code == 303
    assert send(staff, f"/cohorts/{id}/rules/remove", {"id": "balance"}).status_code == 303
    page = own.get("/my/demo-nuri-vision").text
    assert "Rounds of programmes" in page
    applied = {"cohort": str(id), "wishes": ["", ""]}
    send(own, "/my/demo-nuri-vision/apply", applied)
    assert "the part that you apply to" in own.get("/my/demo-nuri-vision").text.lower()
    assert stages(dari, id) == {}
    wished = {"cohort": str(id), "wishes": ["global-nvidia", ""], "note": "<b>x</b>"}
    assert send(own, "/my/demo-nuri-vision/apply", wished).status_code == 303
    assert stages(dari, id) == {"demo-nuri-vision": "applied"}
    assert "&lt;b&gt;x" in staff.get(f"/cohorts/{id}?step=intake").text
    send(staff, f"/cohorts/{id}/assign", {"seconds": "10"})
    decision = work(dari, tmp_path)["decision"]
    assert "being looked at" in own.get("/my/demo-nuri-vision").text
    given = {"decision": str(decision), "why": "all of them", "while_open": "y"}
    assert send(staff, f"/cohorts/{id}/decide", given).status_code == 303
    assert cohorts.cohort(dari.store, id).state is CohortState.DECIDED
    page = own.get("/my/demo-nuri-vision").text
    assert "You have been selected." in page
    assert "N&amp;UP with NVIDIA" in page
    assert "/my/demo-nuri-vision/decisions" in page[page.index("You have been selected.") :]
    send(staff, f"/cohorts/{id}/assign", {"seconds": "10"})
    anew = {"decision": str(work(dari, tmp_path)["decision"]), "why": "thought again"}
    assert "Replace the decision that holds" in staff.get(f"/cohorts/{id}?step=assignment").text
    refused = send(staff, f"/cohorts/{id}/decide", anew)
    assert refused.status_code == 422
    assert "This round is decided already." in refused.text
    assert send(staff, f"/cohorts/{id}/decide", {**anew, "replace": "y"}).status_code == 303
    assert "선정되었습니다" in own.get("/my/demo-nuri-vision", headers=KO).text
    send(own, "/my/demo-nuri-vision/withdraw", {"cohort": str(id)})
    assert stages(dari, id) == {"demo-nuri-vision": EntryStage.SELECTED.value}


def test_nobody_applies_for_another(dari, client, staff, send) -> None:
    id = opened(dari, staff, send)
    sent = send(client, "/my/demo-gyeol-rf/apply", {"cohort": str(id)})
    assert sent.status_code == 404
    assert stages(dari, id) == {}


def test_a_decision_of_another_round_is_not_made_final(dari, staff, send) -> None:
    id, other = opened(dari, staff, send), opened(dari, staff, send)
    made = cohorts.keep_decision(dari.store, other, {"pairs": []})
    sent = send(staff, f"/cohorts/{id}/decide", {"decision": str(made.id), "why": "x"})
    assert sent.status_code == 422
    assert f"No decision has the number {made.id}" in sent.text


def test_odd_numbers_are_no_failure(dari, staff, send) -> None:
    id = opened(dari, staff, send)
    odd = {"screening": "first", "reason": "x", "base": ["demo-gyeol-rf ²"]}
    assert send(staff, f"/cohorts/{id}/screen", odd).status_code in (303, 422)
    assert staff.get(f"/reviews?after={10**30}").status_code == 200


def test_lines_of_applicants_are_entered_together_or_not_at_all(dari, staff, send) -> None:
    id = opened(dari, staff, send)
    some = {"profile": "demo-gyeol-rf\nnobody-at-all"}
    assert send(staff, f"/cohorts/{id}/entries", some).status_code == 422
    assert stages(dari, id) == {}


def test_whoever_mistypes_an_applicant_is_shown_whose_names_are_like_it(dari, staff, send) -> None:
    id = opened(dari, staff, send)
    name = dari.store.get("demo-gyeol-rf").name.en
    typed = f"demo-dulle-mesh\n{name[:-2]}"
    refused = send(staff, f"/cohorts/{id}/entries", {"profile": typed})
    assert refused.status_code == 422
    near = re.search(r"Similar names: (.*?)</p>", refused.text)[1]
    assert f"{name} (<code>demo-gyeol-rf</code>)" in near
    assert f">{typed}</textarea>" in refused.text
    assert stages(dari, id) == {}
    assert "Similar names" not in staff.get(f"/cohorts/{id}?step=intake").text


def test_seconds_that_cannot_be_read_are_refused(dari, staff, send) -> None:
    id = opened(dari, staff, send)
    for path in ("assign", "trade-off"):
        given = {"seconds": "1.5", "bound": "places high"}
        sent = send(staff, f"/cohorts/{id}/{path}", given)
        assert sent.status_code == 422
        assert "1.5" in sent.text


def test_a_seed_is_drawn_by_chance_and_kept(dari, staff, send, monkeypatch) -> None:
    monkeypatch.setattr("matcher.assignment.lottery.new_seed", lambda: 2**63 - 1)
    id = opened(dari, staff, send)
    hosts = list(cohorts.cohort(dari.store, id).hosts)
    values = {"name": "x", "criteria": "a", "hosts": hosts, "screenings": "0"}
    assert send(staff, f"/cohorts/{id}/settings", {**values, "draw": "1"}).status_code == 303
    assert cohorts.cohort(dari.store, id).seed == 2**63 - 1
    assert "Draw a seed" in staff.get(f"/cohorts/{id}?step=rules").text
    send(staff, f"/cohorts/{id}/settings", {**values, "seed": str(2**62 + 1)})
    assert cohorts.cohort(dari.store, id).seed == 2**62 + 1
    small = send(staff, f"/cohorts/{id}/settings", {**values, "seed": "1"}, headers=KO)
    assert small.status_code == 422
    assert "씨앗값은 16자리 이상이어야 합니다" in small.text
    again = send(staff, f"/cohorts/{id}/settings", {**values, "seed": str(2**63)})
    assert again.status_code == 422


@pytest.fixture
def given_out(dari) -> Any:
    """A decided round of the contest without screenings, with an institute among the selected."""
    id = cohorts.open_cohort(dari.store, CONTEST, name="Given out", screenings=0).id
    cohorts.apply_all(dari.store, id, FOUR)
    found = assign(dari, id, by="x", limits=Limits(5.0), priced=False)
    given: Any = {"why": "The panel.", "by": "x", "while_open": True}
    return decide(dari, found.decision.id, **given), found.decision.id


def test_a_selected_institute_has_no_case_and_the_page_says_what_to_do(
    dari, staff, send, given_out
) -> None:
    held, decision = given_out
    institute = FOUR[3]
    assert stages(dari, held.id)[institute] == "selected"
    refused = send(staff, f"/cohorts/{held.id}/case", {"profile": institute})
    assert refused.status_code == 422
    assert "a case brings a startup together with a partner" in refused.text
    page = staff.get(f"/cohorts/{held.id}?step=decision").text
    assert "Why it has no case" in page
    assert f"/decisions/{decision}/notices/{institute}.eml" in page
    tie = re.search(r'href="(/ties/new[^"]+)"', page)[1].replace("&amp;", "&")
    form = staff.get(tie).text
    assert institute in form
    assert cohorts.entry_of(dari.store, held.id, institute).host in form
    assert "진행 건이 없는 이유" in staff.get(f"/cohorts/{held.id}?step=decision", headers=KO).text


def test_a_place_that_is_given_back_is_told_with_who_moves_up_or_that_nobody_does(
    dari, staff, send
) -> None:
    id = cohorts.open_cohort(dari.store, CONTEST, name="Back", screenings=0).id
    cohorts.apply_all(dari.store, id, FOUR[:2])
    one = {"id": "one", "kind": "total", "high": "1"}
    assert send(staff, f"/cohorts/{id}/rules", one).status_code == 303
    found = assign(dari, id, by="x", limits=Limits(5.0), priced=False)
    decide(dari, found.decision.id, why="The panel.", by="x", while_open=True)
    up = {FOUR[0]: "Gyeol RF", FOUR[1]: "Dulle Mesh"}
    for said in ("{up} moves up from the reserve.", "No reserve keeps all rules: it stays free."):
        who = next(id for id, stage in stages(dari, id).items() if stage == "selected")
        gone = {"profile": who, "reason": "moved"}
        gone["base"] = str(base(dari, id, who))
        assert send(staff, f"/cohorts/{id}/decline", gone).status_code == 303
        page = staff.get(f"/cohorts/{id}?step=decision").text
        assert said.format(up=up[who]) in page
        assert page.count("The place is given back") == 1


def test_applications_stand_by_the_names_that_the_reader_sees(dari, staff) -> None:
    id = cohorts.open_cohort(dari.store, CONTEST, name="Named", screenings=0).id
    cohorts.apply_all(dari.store, id, ["demo-gyeol-rf", "demo-barun-timing", "demo-gaon-fibre"])
    for step in ("intake", "eligibility"):
        for headers, names in (
            ({}, ["Barun Timing", "Gaon Fibre Sense", "Gyeol RF"]),
            (KO, ["가온파이버", "결알에프", "바른타이밍"]),
        ):
            page = staff.get(f"/cohorts/{id}?step={step}", headers=headers).text
            assert sorted(names, key=page.index) == names


def test_an_open_intake_is_told_of_until_it_is_closed(dari, staff, send) -> None:
    id = cohorts.open_cohort(dari.store, CONTEST, name="Open", screenings=1).id
    cohorts.apply_all(dari.store, id, FOUR[:3])
    cohorts.mark(dari.store, id, dict.fromkeys(FOUR[:2], ()))
    cohorts.screen(dari.store, id, Screening.FIRST, {FOUR[0]: True}, reason="x", by="x")
    found = assign(dari, id, by="x", limits=Limits(5.0), priced=False)
    pages = [f"/cohorts/{id}?step={step}" for step in ("first", "assignment", "decision")]
    pages.append(f"/decisions/{found.decision.id}")
    for path in pages:
        page = staff.get(path).text
        assert "Startups may still apply to this round." in page, path
        assert f"/cohorts/{id}?step=intake#state" in page
    for path in pages[1::2]:
        page = staff.get(path).text
        assert "2 applications are on their way and no part of this decision" in page, path
    assert send(staff, f"/cohorts/{id}/state", {"state": "screening"}).status_code == 303
    assert all("may still apply" not in staff.get(path).text for path in pages)
    decide(dari, found.decision.id, why="x", by="x")
    assert "confirmed that" not in staff.get(pages[-1]).text


def test_the_table_tells_the_day_of_the_installation_as_the_page_does(dari, staff) -> None:
    id = cohorts.open_cohort(dari.store, CONTEST, name="Night", screenings=0).id
    cohorts.apply_all(dari.store, id, FOUR[:1])
    late = {"applied_at": datetime(2026, 11, 22, 16, tzinfo=UTC)}
    of_it = tables.cohort_entries.c.cohort == id
    with dari.store.engine.begin() as connection:
        connection.execute(update(tables.cohort_entries).where(of_it).values(**late))
    assert "November 23, 2026" in staff.get(f"/cohorts/{id}?step=intake").text
    assert "2026-11-23" in staff.get(f"/cohorts/{id}/table.csv").text


def test_letters_tell_the_numbers_of_the_whole_round(dari, staff) -> None:
    id = cohorts.open_cohort(dari.store, CONTEST, name="Many", screenings=0).id
    cohorts.apply_all(dari.store, id, [*FOUR, "demo-gureum-ops"])
    found = assign(dari, id, by="x", limits=Limits(5.0), priced=False)
    page = staff.get(f"/decisions/{found.decision.id}/notices?lang=en&letter_lang=en").text
    assert page.count("5 applied; 4 met the rules of eligibility; places in all: 10;") == 5
    assert found.record.digest == found.decision.digest, "they are sealed with the rest"


def test_the_history_says_what_changed_in_words_and_not_the_seed(dari, staff, send) -> None:
    id = opened(dari, staff, send, GLOBAL)
    rule = {"kind": "total", "high": "3", "id": "cap"}
    assert send(staff, f"/cohorts/{id}/rules", rule).status_code == 303
    assert send(staff, f"/cohorts/{id}/rules", {**rule, "high": "4"}).status_code == 303
    assert send(staff, f"/cohorts/{id}/rules/remove", {"id": "cap"}).status_code == 303
    held = cohorts.cohort(dari.store, id)
    values = {"name": "Anew", "screenings": "1", "seed": str(10**16), "criteria": "team"}
    values |= {"closes": "2026-12-01"}
    done = send(staff, f"/cohorts/{id}/settings", {**values, "hosts": list(held.hosts)})
    assert done.status_code == 303
    page = staff.get(f"/cohorts/{id}?step=history").text
    for said in (
        "rule added: Pairs in all: at most 3.",
        "rule changed: Pairs in all: at most 3. → Pairs in all: at most 4.",
        "rule taken away: Pairs in all: at most 4.",
        "name: 2026 → Anew",
        "last day of applications: – →",
        "screenings: 2 → 1",
        "the seed of the lottery was set",
        "criteria taken away: Technology, Market, Fit with the host",
        "0 applications",
    ):
        assert said in page, said
    assert str(10**16) not in page
    korean = staff.get(f"/cohorts/{id}?step=history", headers=KO).text
    assert "규칙 추가:" in korean
    assert "rule" not in korean[korean.index("happenings") :]
    step = staff.get(f"/cohorts/{id}?step=assignment").text
    assert "0 applicants stand where places are given out, for" in step
