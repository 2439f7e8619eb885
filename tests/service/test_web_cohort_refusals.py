"""The forms of rounds when they are refused: all that is wrong, by name, with what was typed."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from profiles import cohorts
from profiles.cohorts import Screening
from profiles.reviews import Ask, ask_review
from service.demo import load
from service.entrants import check_eligibility
from service.web.cohort_page import CohortPage

CONTEST = "contest-skt-daejeon"
KO = {"Accept-Language": "ko"}
FIELDS = {
    *("name", "opens", "closes", "as_of", "screenings", "seed", "criteria", "hosts", "state"),
    *("id", "kind", "group", "code", "low", "high", "each", "currency", "applicants", "rule"),
    *("profile", "wishes", "note", "points-0", "reason-0", "assessor", "out", "base", "why"),
    *("applicant", "host", "do", "bound", "seconds", "without", "decision", "reason"),
}
PATHS = (
    *("settings", "rules", "rules/remove", "rules/bound", "pair", "entries", "withdraw", "state"),
    *("score", "recuse", "screen", "assign", "trade-off", "decide", "decline", "case"),
)
WHO = ("demo-dulle-mesh", "demo-gyeol-rf", "demo-haneul-optics")


@pytest.fixture(scope="module")
def dari(app) -> Any:
    load(app.extensions["dari"])
    return app.extensions["dari"]


@pytest.fixture
def held(dari) -> cohorts.Cohort:
    """A round with three eligible applicants."""
    made = cohorts.open_cohort(dari.store, CONTEST, name="2026")
    cohorts.apply_all(dari.store, made.id, WHO)
    check_eligibility(dari, made.id, by="x")
    return made


def summary(page: str) -> list[str]:
    """Give the lines of what is wrong, as text."""
    found = re.search(r'id="errors">(.*?)</div>', page, re.DOTALL)[1]
    lines = re.findall(r"<li>(.*?)</li>", found, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", "", one)).split()) for one in lines]


def linked(page: str) -> list[str]:
    """Give the ids that the lines of what is wrong lead to; each stands on the page once."""
    found = re.findall(r'<li><a href="#([^"]+)">', page)
    assert all(page.count(f'id="{one}"') == 1 for one in found)
    return found


def screened(dari, id: int, **more: Any) -> dict[str, Any]:
    bases = [f"{who} {cohorts.entry_of(dari.store, id, who).revision}" for who in WHO]
    return {"screening": "first", "base": bases, "passed": list(WHO[:1]), **more}


def test_a_screening_tells_all_that_is_missing_at_once_and_keeps_the_tick(dari, staff, send, held):
    here = f"/cohorts/{held.id}/screen"
    page = send(staff, here, screened(dari, held.id)).text
    assert linked(page) == ["unscored-error", "reason-error", "out-error"]
    page = send(staff, here, screened(dari, held.id, unscored="y", reason="The line.")).text
    assert linked(page) == ["out-error"]
    assert re.search(r'name="unscored" value="y" checked', page)
    assert 'value="The line."' in page
    said = screened(dari, held.id, unscored="y", reason="The line.", out="x" * 1001)
    assert "1001 characters" in summary(send(staff, here, said).text)[0]
    assert {one.stage.value for one in cohorts.entries_of(dari.store, held.id)} == {"eligible"}


def test_a_screening_in_which_nobody_moves_is_not_told_as_kept(dari, staff, send, held) -> None:
    here, given = f"/cohorts/{held.id}/screen", {"unscored": "y", "reason": "a", "out": "b"}
    assert send(staff, here, screened(dari, held.id, **given)).status_code == 303
    send(staff, here, screened(dari, held.id, **given))
    page = staff.get(f"/cohorts/{held.id}?step=first").text
    assert "nothing has been changed" in page
    assert send(staff, here, {"screening": "first", **given}).status_code == 422


def test_scores_without_any_entry_are_refused_with_the_remedy(dari, staff, send, held) -> None:
    empty = {f"{what}-{n}": "" for n in range(4) for what in ("points", "reason")}
    given = {"profile": WHO[0], "screening": "first", **empty}
    for headers, told in (({}, "Nothing has been entered"), (KO, "입력한 내용이 없어")):
        refused = send(staff, f"/cohorts/{held.id}/score", given, headers=headers)
        assert refused.status_code == 422
        assert told in summary(refused.text)[0]
    half = {"points-0": "101", "reason-0": "Good.", "reason-1": "Only why.", "points-2": "80"}
    refused = send(staff, f"/cohorts/{held.id}/score", {**given, **half})
    assert linked(refused.text) == ["points-0-error", "points-1-error", "reason-2-error"]
    assert summary(refused.text)[0].startswith("Technology, Points: 101 is outside")
    assert "Only why." in refused.text
    assert cohorts.whole_entry(dari.store, held.id, WHO[0]).scores == ()


@pytest.mark.parametrize(
    ("changes", "told", "korean"),
    [
        ({"host": "nobody"}, "Host: nobody is no host of this cohort.", "수용처가 아닙니다"),
        ({"do": "x"}, "“x” is none of the choices.", "‘x’은(는) 선택할 수 있는"),
        ({"do": ""}, "Nothing is chosen here.", "선택한 값이 없습니다"),
        ({"applicant": "kaist"}, "Applicant: KAIST", "신청하지 않았습니다"),
        ({"reason": " "}, "Reason: A few words are missing", "사유"),
    ],
)
def test_a_pair_is_of_the_round_and_forced_or_forbidden(
    dari, staff, send, held, changes, told, korean
) -> None:
    pair = {"applicant": WHO[0], "host": "sk-telecom", "do": "force", "reason": "known"}
    for headers, words in (({}, told), (KO, korean)):
        refused = send(staff, f"/cohorts/{held.id}/pair", pair | changes, headers=headers)
        assert refused.status_code == 422
        assert words in " ".join(summary(refused.text))
        assert "forced" not in " ".join(summary(refused.text))
    assert cohorts.cohort(dari.store, held.id).rules == held.rules


@pytest.mark.parametrize(
    ("given", "english", "korean"),
    [
        (
            {"kind": "quota", "each": "5", "high": "1"},
            "Money for each pair: A rule of the kind “Quota of a group, in places” has no such",
            "건당 금액: ‘집단별 할당(자리 수)’ 규칙에는 이 항목이 없습니다.",
        ),
        ({"kind": "total"}, "At most: A rule of the kind “Places in all” needs", "최대: ‘"),
        (
            {"kind": "total", "low": "9", "high": "2"},
            "At most: “At most” is less",
            "최대: ‘최대’가 ‘최소’보다",
        ),
        (
            {"kind": "total", "high": "many"},
            "At most: “many” is no whole number",
            "최대: many은(는) 정수가",
        ),
        ({"kind": "budget"}, "Currency: A rule of the kind “Budget” needs", "통화: ‘예산’ 규칙"),
        ({"kind": "x", "high": "2"}, "Kind: “x” is none of the choices", "유형: ‘x’은(는)"),
        (
            {"kind": "share", "code": "area:99", "low": "1"},
            "by its code: “area:99” is no group",
            "코드로 입력: ‘area:99’는 집단이 아닙니다.",
        ),
        (
            {"kind": "share", "group": "area:capital", "code": "sector:ai", "low": "1"},
            "Group: A group is chosen",
            "목록에서 고른 집단과",
        ),
        ({"kind": "places", "high": "1", "hosts": "99"}, "Hosts: 99 is no host", "수용처: 99는"),
        (
            {"kind": "apart", "applicants": "nobody-at-all"},
            "Applicants: No profile nobody-at-all",
            "신청자: nobody-at-all",
        ),
        (
            {"kind": "apart", "applicants": "demo-gyeol-rf"},
            "is of two applicants or more: of one alone it says nothing",
            "신청자: ‘함께 배정하지 않을 신청자’ 규칙에는 신청자가 둘 이상",
        ),
    ],
)
def test_a_wrong_rule_is_told_in_the_words_of_the_form(
    dari, staff, send, held, given, english, korean
) -> None:
    for headers, told in (({}, english), (KO, korean)):
        refused = send(staff, f"/cohorts/{held.id}/rules", given, headers=headers)
        assert refused.status_code == 422
        assert told in " ".join(summary(refused.text))
        assert linked(refused.text)
        assert not re.search(r"\b(quota|share|budget|low|high)\b", " ".join(summary(refused.text)))
    assert cohorts.cohort(dari.store, held.id).rules == held.rules


def test_a_refused_rule_keeps_its_hosts_and_leaves_the_other_form_alone(staff, send, held) -> None:
    given = {"kind": "places", "hosts": ["sk-telecom"], "reason": "Because.", "low": "x"}
    page = send(staff, f"/cohorts/{held.id}/rules", given).text
    assert page.count('name="hosts" value="sk-telecom" checked') == 2  # its own, and that of all
    assert 'value="Because."' in page
    assert linked(page) == ["low-error"]


def test_a_rule_names_applicants_by_name_too(dari, staff, send, held) -> None:
    given = {"id": "two", "kind": "apart", "applicants": "둘레메시\ndemo-gyeol-rf"}
    assert send(staff, f"/cohorts/{held.id}/rules", given).status_code == 303
    rule = cohorts.cohort(dari.store, held.id).rules[-1]
    assert rule.applicants == ("demo-dulle-mesh", "demo-gyeol-rf")


def settings(held: cohorts.Cohort, **changes: Any) -> dict[str, Any]:
    values = {"name": held.name, "as_of": str(held.as_of), "screenings": "2", "criteria": "a"}
    return {**values, "hosts": list(held.hosts), **changes}


def test_settings_are_refused_in_words_of_the_form_and_stay_typed(dari, staff, send, held) -> None:
    many = "\n".join(f"c{n}" for n in range(30))
    given = settings(held, name="Renamed", criteria=many, screenings="99", hosts=["etri"])
    for headers, told, range_ in (
        ({}, "Criteria, one a line: At most 10 fit here. Write one a line", "99 is outside"),
        (KO, "심사 기준(한 줄에 하나): 최대 10개까지 적을 수 있습니다.", "99는 허용 범위"),
    ):
        page = send(staff, f"/cohorts/{held.id}/settings", given, headers=headers).text
        lines = " ".join(summary(page))
        assert told in lines
        assert range_ in lines
        assert "CSV" not in lines
        assert 'value="Renamed"' in page
        assert "c29" in page
        assert page.count('name="hosts" value="etri" checked') == 1
        assert 'name="hosts" value="sk-telecom" checked' not in page
    assert cohorts.cohort(dari.store, held.id) == held


@pytest.mark.parametrize("field", ["as_of", "screenings", "criteria", "name"])
def test_what_a_round_is_never_without_cannot_be_emptied(dari, staff, send, held, field) -> None:
    refused = send(staff, f"/cohorts/{held.id}/settings", settings(held, **{field: " "}))
    assert refused.status_code == 422
    assert linked(refused.text) == [f"{field}-error"]
    assert cohorts.cohort(dari.store, held.id) == held


def test_settings_that_change_nothing_are_not_told_as_a_change(dari, staff, send, held) -> None:
    given = settings(held, criteria="\n".join(held.criteria))
    send(staff, f"/cohorts/{held.id}/settings", given)
    assert "nothing has been changed" in staff.get(f"/cohorts/{held.id}?step=rules").text
    assert cohorts.cohort(dari.store, held.id).revision == held.revision


def test_all_lines_of_applicants_that_cannot_be_entered_are_told(dari, staff, send, held) -> None:
    lines = f"nobody-1\n{WHO[0]}\ndemo-gureum-ops\nnobody-2"
    page = send(staff, f"/cohorts/{held.id}/entries", {"profile": lines, "note": "n"}).text
    assert len(summary(page)) == 3
    assert 'value="n"' in page
    many = "\n".join(f"nobody-{n}" for n in range(30))
    page = send(staff, f"/cohorts/{held.id}/entries", {"profile": many}).text
    assert summary(page)[-1] == "10 things more are not right."
    assert len(cohorts.entries_of(dari.store, held.id)) == len(WHO)


def test_a_name_that_nobody_has_is_told_as_such(dari, staff, send, held) -> None:
    lines = "demo-gureum-ops\nNobody Known\nNo One Either"
    for headers, told in (
        ({}, "No profile Nobody Known is held."),
        (KO, "Nobody Known은(는) 보관"),
    ):
        page = send(staff, f"/cohorts/{held.id}/entries", {"profile": lines}, headers=headers).text
        assert len(summary(page)) == 2
        assert told in summary(page)[0]
    long = send(staff, f"/cohorts/{held.id}/entries", {"profile": "x", "note": "n" * 2001}).text
    assert "No profile" not in " ".join(summary(long))


def test_a_reason_beside_a_choice_is_told_under_its_own_name(dari, staff, send, held) -> None:
    long = {"profile": WHO[0], "screening": "first", "reason": "y" * 1001, "assessor": " "}
    page = send(staff, f"/cohorts/{held.id}/recuse", long | {"assessor": "z" * 1001}).text
    assert linked(page) == ["assessor-error", "reason-error"]
    page = send(staff, f"/cohorts/{held.id}/withdraw", long).text
    assert linked(page) == ["reason-error"]
    assert "y" * 1001 in page
    page = send(staff, f"/cohorts/{held.id}/state", {"state": "dropped", "reason": ""}).text
    assert linked(page) == ["reason-error"]
    page = send(staff, f"/cohorts/{held.id}/state", {"state": "decided"}, headers=KO).text
    assert "결정됨" in summary(page)[0]
    assert "decided" not in summary(page)[0]


def test_a_trial_needs_a_rule_and_its_bound_and_stays_chosen(dari, staff, send, held) -> None:
    assert held.rules
    only = held.rules[0].id
    for given in ({"low": "3"}, {"rule": only}, {"seconds": "1e3"}):
        page = send(staff, f"/cohorts/{held.id}/assign", {"without": only, **given}).text
        assert len(linked(page)) == 1
        assert f'name="without" value="{only}" checked' in page
    page = send(staff, f"/cohorts/{held.id}/assign", {"seconds": "9999"}, headers=KO).text
    assert "1~600초" in summary(page)[0]
    assert "3,600" not in summary(page)[0]


def test_a_round_of_no_programme_is_refused_with_what_was_typed(staff, send, dari) -> None:
    refused = send(staff, "/cohorts", {"programme": "none", "name": "Typed", "closes": "x"})
    assert refused.status_code == 422
    assert linked(refused.text) == ["programme-error"]
    assert 'value="Typed"' in refused.text
    refused = send(staff, "/cohorts", {"programme": CONTEST, "name": "", "closes": "x"})
    assert linked(refused.text) == ["name-error", "closes-error"]


def test_the_language_beside_a_refused_form_leads_to_its_step(staff, send, held) -> None:
    refused = send(staff, f"/cohorts/{held.id}/rules", {"kind": "total"})
    assert f'href="/cohorts/{held.id}?step=rules&amp;lang=ko"' in refused.text
    refused = send(staff, f"/cohorts/{held.id}/recuse", {"screening": "final"})
    assert f'href="/cohorts/{held.id}?step=final&amp;lang=ko"' in refused.text


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a\x00b", "\ud800", "9" * 400])
def test_hostile_values_are_refused_or_kept_as_text(dari, staff, send, held, lang, text) -> None:
    send(staff, f"/cohorts/{held.id}/assign", {})
    everything = dict.fromkeys(FIELDS, text.encode("utf-8", "surrogatepass"))
    for path in PATHS:
        for screening in ("first", text):
            given = {**everything, "screening": screening.encode("utf-8", "surrogatepass")}
            headers = {"Accept-Language": lang}
            answer = send(staff, f"/cohorts/{held.id}/{path}", given, headers=headers)
            assert answer.status_code in (303, 422), path
            assert "<script>alert" not in answer.text
    assert cohorts.cohort(dari.store, held.id).screened == tuple(Screening)


def test_the_history_says_the_number_of_a_decision_with_its_particle(dari, staff, held) -> None:
    event = cohorts.CohortEvent(1, held.id, None, "decided", "x", held.at, {"decision": 2})
    with staff.application.test_request_context(headers=KO):
        assert CohortPage(dari, held, "ko").event_said(event) == "결정 2를 확정했습니다."


def test_a_startup_that_cannot_apply_keeps_what_it_wrote(app, dari, send) -> None:
    made = cohorts.open_cohort(dari.store, "global-company-2025", name="G")
    own = app.test_client()
    with own.session_transaction() as session:
        session["held"] = {"demo-nuri-vision": 2**40}
    given = {"cohort": str(made.id), "wishes": ["", "global-aws"], "note": "Our <b>story</b>"}
    refused = send(own, "/my/demo-nuri-vision/apply", {**given, "wishes": ["none", "global-aws"]})
    assert refused.status_code == 422
    assert "is no part of this programme" in refused.text
    assert 'value="Our &lt;b&gt;story&lt;/b&gt;"' in refused.text
    assert '<option value="global-aws" selected>' in refused.text
    assert send(own, "/my/demo-nuri-vision/apply", given).status_code == 303


def test_a_longer_time_of_a_wrong_number_of_days_stays_typed(dari, staff, send) -> None:
    today = dari.settings.today()
    asked = ask_review(dari.store, "demo-nuri-vision", Ask.EXPLANATION, "Why?", today=today)
    here, given = f"/reviews/{asked.id}", {"days": "soon", "why": "Many requests."}
    for headers, told in (({}, "not soon."), (KO, "받은 값: soon")):
        refused = send(staff, f"{here}/extend", given, headers=headers)
        assert refused.status_code == 422
        assert told in refused.text
        assert '<details class="panel" open>' in refused.text
        assert "Many requests.</textarea>" in refused.text
    refused = send(staff, f"{here}/answer", {"outcome": "kept", "answer": " "})
    assert 'value="30"' in refused.text
    refused = send(staff, f"{here}/answer", {"outcome": "maybe", "answer": "x"}, headers=KO)
    assert "‘maybe’은(는) 선택할 수 있는 값이 아닙니다" in refused.text
    assert "set_aside" not in refused.text.split('id="answer-it"')[0]


def test_what_no_field_of_the_page_shows_is_named_without_a_link(dari, staff, send, held) -> None:
    for path in ("withdraw", "score", "recuse", "case"):
        given = {"profile": "nobody", "screening": "first", "points-0": "1", "reason-0": "x"}
        page = send(staff, f"/cohorts/{held.id}/{path}", given | {"reason": "x"}).text
        assert summary(page)[0].startswith("Applicant: nobody ")
        assert linked(page) == []
    page = send(staff, f"/cohorts/{held.id}/assign", {"without": "nope"}).text
    assert "“nope” is none of the choices" in summary(page)[0]
    page = send(staff, f"/cohorts/{held.id}/trade-off", {"bound": "places low"}).text
    assert "“places low” is none" in summary(page)[0]
