"""Identity: what a name is without its legal form, and which profiles are proposed as one firm."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles import InvalidRecord, Partner, Startup, validate
from profiles.catalogue import load_catalogue
from profiles.identity import (
    POSSIBLE,
    THRESHOLD,
    candidates,
    compare,
    compare_names,
    firm_of,
    normalise_name,
    propose_duplicates,
    registrable_host,
    vocabulary_of,
)
from profiles.identity.acronyms import stands_for

PAIRS = Path(__file__).parent / "identity_pairs.tsv"


def partner(id: str, name: str, **fields: object) -> Partner:
    return validate(Partner, {"id": id, "name": name, **fields})


@pytest.mark.parametrize(
    "name",
    [
        "주식회사 삼성전자",
        "삼성전자(주)",
        "㈜삼성전자",
        "삼성전자",
        "삼성 전자",
        "삼성전자주식회사",
        "주) 삼성전자",
        "유한회사 삼성전자",
        "（주）삼성전자",
    ],
)
def test_korean_forms_go(name):
    assert normalise_name(name).text == "삼성 전자"


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Samsung Electronics Co., Ltd.", "samsung electronics"),
        ("Acme Inc", "acme"),
        ("ACME L.L.C.", "acme"),
        ("Acme plc", "acme"),
        ("Müller GmbH & Co. KG", "muller"),
        ("Müller G.m.b.H.", "muller"),
        ("Siemens AG", "siemens"),
        ("Verein der Freunde e.V.", "verein der freunde"),
        ("Acme UG (haftungsbeschränkt)", "acme"),
        ("Société Générale S.A.", "societe generale"),
        ("Acme SAS", "acme"),
        ("Acme S.à r.l.", "acme"),
        ("Acme B.V.", "acme"),
        ("Acme N.V.", "acme"),
        ("Enel S.p.A.", "enel"),
        ("Acme s.r.l.", "acme"),
        ("Acme, S.L.U.", "acme"),
        ("Telefónica, S.A.", "telefonica"),
        ("AB Volvo", "volvo"),
        ("Volvo AB", "volvo"),
        ("Nokia Oyj", "nokia"),
        ("Acme ApS", "acme"),
        ("Novo Nordisk A/S", "novo nordisk"),
        ("Acme Sp. z o.o.", "acme"),
        ("Acme, s.r.o.", "acme"),
        ("Acme d.o.o.", "acme"),
        ("Acme Kft.", "acme"),
        ("Acme Co., Ltd. (Korea)", "acme korea"),
        ("KT&G", "ktng"),
        ("AS", "as"),
        ("주식회사", "주식회사"),
        ("", ""),
    ],
)
def test_forms_of_other_languages_go(name, left):
    assert normalise_name(name).text == left


def test_forms_are_told():
    assert normalise_name("Müller GmbH & Co. KG").forms == ("gmbh and co kg",)


@given(st.text(max_size=400))
def test_any_text_is_read_and_is_like_itself(text):
    name = normalise_name(text)
    assert all(name.tokens)
    if name.tokens:
        assert compare_names(text, text) == 1.0


@given(st.text(max_size=30), st.text(max_size=30))
def test_comparison_has_no_direction(a, b):
    score = compare_names(a, b)
    assert 0.0 <= score <= 1.0
    assert score == pytest.approx(compare_names(b, a))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Samsung Bioepis", "Samsung Biologics"),
        ("Hyundai Motor", "Hyundai Steel"),
        ("Samsung", "Samsung Display"),
        ("삼성", "삼성디스플레이"),
        ("한미약품", "한미제약"),
        ("대한제강", "대한제당"),
        ("하나30호스팩", "하나31호스팩"),
        ("부산창조경제혁신센터", "울산창조경제혁신센터"),
        ("Robert Bosch GmbH", "Robert Bosch AG"),
        ("티와이홀딩스", "티웨이홀딩스"),
        ("웨이버스", "웨이비스"),
        ("Clipboard", "Flipboard"),
        ("Track", "Tracks"),
        ("GS글로벌", "SG글로벌"),
        ("디에이테크놀로지", "에이디테크놀로지"),
        ("모아텍", "아모텍"),
        ("성우", "우성"),
        ("케이씨", "케이씨씨"),
        ("기아", "삐아"),
        ("한국과학기술원", "한국과학기술연구원"),
        ("한국과학기술원", "Korea Institute of Science and Technology"),
        ("서울대학교", "University of Seoul"),
        ("충남대학교병원", "Chungbuk National University Hospital"),
        ("CCEI Daegu", "울산창조경제혁신센터"),
    ],
)
def test_near_names_stay_apart(a, b):
    assert compare_names(a, b) < THRESHOLD


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("삼성전자", "Samsung Electronics Co., Ltd."),
        ("에스케이하이닉스", "SK hynix Inc."),
        ("포스코이앤씨", "POSCO E&C"),
        ("에스오일", "S-Oil"),
        ("Samsung Electroncs", "Samsung Electronics"),
        ("TECHNISCHE UNIVERSITAET MUENCHEN", "Technische Universität München"),
        ("경북대병원", "경북대학교병원"),
        ("한국화학연구원(KRICT)", "한국화학연구원"),
        ("금호건설", "긇호건설"),
        ("교보증권", "교보증증권"),
        ("소프트센", "소트프센"),
        ("대구창조경제혁신센터", "CCEI Daegu"),
        ("Chungbuk National University Hospital", "충북대병원"),
        ("Gwangju Institute of Science and Technology (GIST)", "광주과기원"),
        ("한국과학기술원", "KAIST (Korea Advanced Institute of Science and Technology)"),
    ],
)
def test_one_firm_under_two_names(a, b):
    assert compare_names(a, b) >= THRESHOLD


def test_labelled_pairs_hold_the_measured_figures():
    with PAIRS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert len(rows) >= 400
    found = [(r["same"] == "1", compare_names(r["left"], r["right"]) >= THRESHOLD) for r in rows]
    right = sum(same and proposed for same, proposed in found)
    assert right / sum(proposed for _, proposed in found) >= 0.99
    assert right / sum(same for same, _ in found) >= 0.87


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("광림", "궝림"),
        ("대상", "대대상"),
        ("성우전자", "우성전자"),
        ("IBM", "International Business Machines"),
        ("KETEP", "Korea Institute of Energy Technology Evaluation and Planning"),
        ("CBNUH", "충북대학교병원"),
    ],
)
def test_what_may_be_one_firm_needs_more_than_the_names(a, b):
    assert POSSIBLE <= compare_names(a, b) < THRESHOLD
    site = {"website": "https://www.example.co.kr/"}
    assert len(propose_duplicates([partner("a", a, **site), partner("b", b, **site)])) == 1


@pytest.mark.parametrize(
    ("a", "b", "code"),
    [
        ("광림", "궝림", "name_alike"),
        ("IBM", "International Business Machines", "name_acronym"),
    ],
)
def test_what_is_possible_is_proposed_if_that_is_asked(a, b, code):
    firms = [partner("a", a), partner("b", b)]
    assert propose_duplicates(firms) == []
    one, = propose_duplicates(firms, threshold=POSSIBLE)  # fmt: skip
    assert [reason.code for reason in one.reasons] == [code]


@pytest.mark.parametrize(
    ("short", "words", "told"),
    [
        ("ccei", "center creative economy innovation", True),
        ("cbnuh", "chungbuk national university hospital", True),
        ("ketep", "korea institute energy technology evaluation planning", True),
        ("ibm", "international business machines", True),
        ("sk", "s k telecom", False),
        ("ibm", "international business", False),
        ("cnu", "chungbuk national university hospital", False),
        ("ccei", "center creative economy", False),
        ("ab1", "alpha beta one", False),
    ],
)
def test_acronyms(short, words, told):
    assert stands_for([short], words.split()) is told
    assert not stands_for([short, "x"], words.split())


def test_catalogue_holds_no_firm_twice():
    assert propose_duplicates(load_catalogue().partners) == []


def test_aliases_and_both_languages_count():
    firms = [
        partner("a", "Lunit", aliases=["루닛"]),
        partner("b", "주식회사 루닛"),
        validate(Partner, {"id": "c", "name": {"en": "Vuno", "ko": "뷰노"}}),
        partner("d", "VUNO Inc."),
    ]
    assert [(one.a, one.b) for one in propose_duplicates(firms)] == [("a", "b"), ("c", "d")]


def test_reasons_are_told_in_both_languages():
    one, = propose_duplicates([
        partner("a", "삼성전자(주)", region="KR-41", website="https://www.samsung.com/kr"),
        partner("b", "삼성전자", region="KR-41", website="http://samsung.com"),
    ])  # fmt: skip
    assert [reason.code for reason in one.reasons] == ["name_same", "website_same", "region_same"]
    assert one.reasons[1].text.en == "Both websites are under samsung.com."
    assert one.reasons[1].text.ko == "웹사이트 주소가 같습니다: samsung.com."


@pytest.mark.parametrize(
    ("other", "en", "ko"),
    [
        ("KR-41", "Both are in Gyeonggi", "지역이 같습니다: 경기도."),
        ("KR-11", "The regions differ: Gyeonggi", "지역이 다릅니다: 경기도, 서울특별시."),
        ("DE-BE", "The regions differ: Gyeonggi", "지역이 다릅니다: 경기도, 베를린."),
    ],
)
def test_regions_are_told_by_name(other, en, ko):
    a, b = partner("a", "삼성전자(주)", region="KR-41"), partner("b", "삼성전자", region=other)
    reason = compare(firm_of(a), firm_of(b))[1][-1]
    assert reason.text.en.startswith(en)
    assert "KR-" not in reason.text.en
    assert reason.text.ko == ko


def test_registration_decides():
    given = {"registration": "124-81-00998"}
    renamed = propose_duplicates([partner("a", "Alpha", **given), partner("b", "Omega", **given)])
    assert [one.score for one in renamed] == [0.95]
    other = {"registration": "220-81-62517"}
    assert (
        propose_duplicates([partner("a", "Alpha", **given), partner("b", "Alpha", **other)]) == []
    )


def test_website_settles_a_doubtful_typing_error_and_not_an_other_name():
    site = {"website": "https://www.example.co.kr/"}
    doubtful = [partner("a", "티와이홀딩스"), partner("b", "티웨이홀딩스")]
    assert propose_duplicates(doubtful) == []
    sure = [partner("a", "티와이홀딩스", **site), partner("b", "티웨이홀딩스", **site)]
    assert len(propose_duplicates(sure)) == 1
    group = [partner("a", "Samsung", **site), partner("b", "Samsung Display", **site)]
    assert propose_duplicates(group) == []


def test_another_country_keeps_apart():
    firms = [partner("a", "Engreen SRL", region="IT"), partner("b", "Engreen SRL", region="RO")]
    assert propose_duplicates(firms) == []


def test_sides_are_not_mixed():
    startup = validate(Startup, {"id": "s", "name": "Alpha", "summary": "x"})
    assert propose_duplicates([startup, partner("p", "Alpha")]) == []


def test_many_firms_of_one_word_are_not_all_compared():
    firms = [firm_of(partner(f"p{i:04}", f"Samsung Number{i:04}x")) for i in range(500)]
    assert len(list(candidates(firms, vocabulary_of(firms)))) < 5_000
    same = [partner(f"p{i:03}", "Alpha") for i in range(100)]
    assert len(propose_duplicates(same)) == 99


def test_compare_gives_a_rounded_score_below_one_half_for_strangers():
    score, reasons = compare(firm_of(partner("a", "Alpha")), firm_of(partner("b", "Omega")))
    assert (score, [reason.code for reason in reasons]) == (0.0, ["name_other"])


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.samsung.com/kr", "samsung.com"),
        ("http://ccei.creativekorea.or.kr/busan/", "creativekorea.or.kr"),
        ("https://www.ox.ac.uk", "ox.ac.uk"),
        ("https://acme.de:8080/x", "acme.de"),
        ("https://blog.naver.com/acme", None),
        ("http://127.0.0.1/", None),
        ("http://[::1]/", None),
        ("http://[broken/", None),
        ("http://localhost", None),
        (None, None),
    ],
)
def test_registrable_host(url, host):
    assert registrable_host(url) == host


@pytest.mark.parametrize("number", ["124-81-00998", "1248100998", 1248100998, "HRB"])
def test_registration_numbers(number):
    if number == "HRB":
        with pytest.raises(InvalidRecord) as refused:
            partner("a", "Alpha", registration=number)
        assert refused.value.errors[0].code == "registration"
    else:
        assert partner("a", "Alpha", region="KR-11", registration=number).registration == str(
            number
        )


def test_check_digit_of_korean_business_numbers():
    with pytest.raises(InvalidRecord) as refused:
        partner("a", "Alpha", registration="124-81-00997")
    error = refused.value.errors[0]
    assert (error.field, error.code) == ("registration", "business_number")
    assert error.value == "124-81-00997"
    assert "검증 숫자" in error.rule("ko")
    assert partner("a", "Alpha", region="PL", registration="1248100997").registration
