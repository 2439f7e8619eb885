"""Tests of the schema: each type of field by good and bad values, and the rules between fields."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from profiles import (
    FieldError,
    FundingUnit,
    InvalidRecord,
    Money,
    Partner,
    PartnerKind,
    Programme,
    ProgrammeKind,
    Record,
    Stage,
    Startup,
    Support,
    Text,
    Tie,
    TieKind,
    validate,
)
from profiles.fields import LONGEST_LIST

STARTUP: dict[str, Any] = {"id": "sonic", "name": "Sonic", "summary": "Ultrasound probes"}
PARTNER: dict[str, Any] = {"id": "etri", "name": "ETRI"}
PROGRAMME: dict[str, Any] = {"id": "contest", "kind": "contest", "name": "Contest"}
TIE: dict[str, Any] = {"kind": "pilot", "a": "sonic", "b": "etri"}
LEAST: dict[type[Record], dict[str, Any]] = {
    Startup: STARTUP,
    Partner: PARTNER,
    Programme: PROGRAMME,
    Tie: TIE,
}
MODELS: list[type[Record]] = [Startup, Partner, Programme, Tie]
HUGE = 10**5000
HUGE_PARAM = pytest.param(HUGE, id="5001 digits")


def startup(**fields: Any) -> Startup:
    return validate(Startup, {**STARTUP, **fields})


def partner(**fields: Any) -> Partner:
    return validate(Partner, {**PARTNER, **fields})


def programme(**fields: Any) -> Programme:
    return validate(Programme, {**PROGRAMME, **fields})


def tie(**fields: Any) -> Tie:
    return validate(Tie, {**TIE, **fields})


def errors_of(model: type[Record], raw: object) -> tuple[FieldError, ...]:
    with pytest.raises(InvalidRecord) as caught:
        validate(model, raw)
    for error in caught.value.errors:
        for lang in ("en", "ko"):
            assert error.rule(lang)
            assert error.remedy(lang)
    return caught.value.errors


def codes_of(model: type[Record], **fields: Any) -> list[tuple[str, str]]:
    return [(e.field, e.code) for e in errors_of(model, {**LEAST[model], **fields})]


@pytest.mark.parametrize("model", MODELS)
def test_the_least_record_is_valid_and_frozen(model: type[Record]) -> None:
    record = validate(model, LEAST[model])
    with pytest.raises(ValueError, match="frozen"):
        record.id = "other"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("raw", [None, 1, "x", [], [LEAST[Startup]], True, math.nan, HUGE_PARAM])
def test_what_is_no_object_is_refused(model: type[Record], raw: object) -> None:
    assert [(e.field, e.code) for e in errors_of(model, raw)] == [("record", "object")]


def test_all_broken_rules_are_told_at_once() -> None:
    assert codes_of(Startup, name="", region="Atlantis", trl=10, sectors=["ai", "x"]) == [
        ("name", "missing"),
        ("region", "region"),
        ("sectors.1", "sector"),
        ("trl", "range"),
    ]


@pytest.mark.parametrize("absent", [None, "", "  \n", [], {}, {"en": None, "ko": " "}])
def test_null_and_blank_read_as_not_given(absent: Any) -> None:
    fields = [name for name in Partner.model_fields if name not in PARTNER]
    assert partner(**dict.fromkeys(fields, absent)) == partner()
    assert codes_of(Partner, name=absent) == [("name", "missing")]


def test_an_unknown_field_is_refused_by_name() -> None:
    assert codes_of(Startup, turnover=5, Region="KR-27") == [
        ("turnover", "extra"),
        ("Region", "extra"),
    ]


def test_an_unknown_field_with_a_broken_name_can_be_shown() -> None:
    (error,) = errors_of(Startup, {**STARTUP, "\ud800\x1b" + "x" * 500: 5})
    error.field.encode()
    assert error.field.isprintable()
    assert len(error.field) <= 80


# Ids


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("a", "a"),
        (" s-1 ", "s-1"),
        (7, "7"),
        ("org:12/3@x", "org:12/3@x"),
        ("다리", "다리"),
        ("\u1103\u1161\u1105\u1175", "다리"),
        ("x" * 200, "x" * 200),
        ("a.b", "a.b"),
    ],
)
def test_good_ids(raw: Any, kept: str) -> None:
    assert startup(id=raw).id == kept


@pytest.mark.parametrize(
    "raw",
    ["..", "a..b", "../etc/passwd", ".", "/", "a/", "/a", "a//b", "a/./b", "a b", "a\tb", "a\nb",
     'a"b', "a'b", "a`b", "<a>", "a\\b", "a?b", "a#b", "a%2e", "a&b", "a;b", "a|b", "a[0]", "{a}",
     "x" * 201, "a\u200bb", "\u200b", "a\u3000b", "a\u037eb", True, 1.0, math.nan, HUGE_PARAM,
     ["a"], {"en": "a"}],
)  # fmt: skip
def test_bad_ids(raw: Any) -> None:
    assert codes_of(Startup, id=raw) in ([("id", "id")], [("id", "value")])


@pytest.mark.parametrize("raw", ["a\x00b", "a\u202eb", "\ud800"])
def test_ids_with_control_characters(raw: str) -> None:
    assert codes_of(Startup, id=raw) == [("id", "text_control")]


# Regions and sectors


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("KR-27", "KR-27"),
        ("kr-27", "KR-27"),
        ("Daegu", "KR-27"),
        ("대구광역시", "KR-27"),
        ("대구", "KR-27"),
        ("US-MA", "US-MA"),
        ("RU", "RU"),
        ("러시아", "RU"),
    ],
)
def test_regions_by_code_or_name(raw: str, code: str) -> None:
    assert startup(region=raw).region == code


@pytest.mark.parametrize("raw", ["KR-99", "Atlantis", 27, True, ["KR-27"], "K" * 101, "KR_27; x"])
def test_unknown_regions(raw: Any) -> None:
    assert codes_of(Startup, region=raw) == [("region", "region")]


def test_sectors_by_code_or_name_once_each() -> None:
    found = startup(sectors=["medical_imaging", "Robotics", "로봇", "robotics"]).sectors
    assert found == ("medical_imaging", "robotics")


@pytest.mark.parametrize("raw", ["alchemy", 3, None, True, "", ["ai"], "a" * 101])
def test_unknown_sectors(raw: Any) -> None:
    assert codes_of(Startup, sectors=["ai", raw]) == [("sectors.1", "sector")]


# Lists


def test_a_string_is_a_list_with_semicolons() -> None:
    assert startup(sectors=" ai; ;robotics;").sectors == ("ai", "robotics")
    assert startup(aliases="음파;Sonic Inc.").aliases == ("음파", "Sonic Inc.")
    assert partner(sites="Daegu;KR-47").sites == ("KR-27", "KR-47")


@pytest.mark.parametrize("raw", [5, True, {"a": 1}, ["ai"] * (LONGEST_LIST + 1), "ai;" * 201])
def test_what_is_no_list(raw: Any) -> None:
    assert codes_of(Startup, sectors=raw) == [("sectors", "list")]


def test_blank_entries_of_a_list_are_refused() -> None:
    assert codes_of(Startup, aliases=["A", " "]) == [("aliases.1", "text_empty")]
    assert codes_of(Startup, aliases=["A", 5]) == [("aliases.1", "string")]
    assert codes_of(Startup, conflicts=["etri", ".."]) == [("conflicts.1", "id")]


# Vocabularies


@pytest.mark.parametrize("raw", ["joint_rnd", "JOINT_RND", "joint rnd", "Joint-RND", " joint_rnd "])
def test_codes_in_any_case(raw: str) -> None:
    assert startup(seeks=[raw]).seeks == (Support.JOINT_RND,)


def test_names_in_either_language() -> None:
    assert startup(stage="Series A").stage is Stage.SERIES_A
    assert startup(stage="시드").stage is Stage.SEED
    assert partner(kind="연구기관").kind is PartnerKind.RESEARCH_INSTITUTE
    assert partner(kind="Hospital").kind is PartnerKind.HOSPITAL


@pytest.mark.parametrize("raw", ["unicorn", 1, True, ["seed"], {"en": "seed"}, "s" * 101])
def test_words_outside_a_vocabulary(raw: Any) -> None:
    (error,) = errors_of(Startup, {**STARTUP, "stage": raw})
    assert (error.field, error.code) == ("stage", "vocabulary")
    assert "pre_seed" in error.rule("en")
    assert "pre_seed" in error.rule("ko")


def test_each_vocabulary_has_its_own_words() -> None:
    assert codes_of(Partner, kind="contest") == [("kind", "vocabulary")]
    assert codes_of(Programme, kind="hospital") == [("kind", "vocabulary")]
    assert codes_of(Tie, kind="friendship") == [("kind", "vocabulary")]
    assert programme(kind="global company").kind is ProgrammeKind.GLOBAL_COMPANY


# Numbers


@pytest.mark.parametrize(("raw", "kept"), [(4, 4), ("4", 4), (" 4 ", 4), (4.0, 4), ("4.0", 4)])
def test_whole_numbers(raw: Any, kept: int) -> None:
    assert startup(trl=raw).trl == kept


@pytest.mark.parametrize(
    "raw", [True, False, 4.5, "4.5", "four", "4e0", "４", math.nan, math.inf, "NaN", [4], {"a": 4}]
)
def test_what_is_no_whole_number(raw: Any) -> None:
    assert codes_of(Startup, trl=raw) == [("trl", "integer")]


@pytest.mark.parametrize(
    ("field", "raw", "bound"),
    [
        ("trl", 0, "≥ 1"),
        ("trl", 10, "≤ 9"),
        ("trl", -1, "≥ 1"),
        ("trl", 10**30, "≤ 9"),
        pytest.param("trl", HUGE, "≤ 9", id="5001 digits"),
        ("trl", 1e308, "≤ 9"),
        ("founded", 1799, "≥ 1800"),
        ("founded", 2101, "≤ 2100"),
    ],
)
def test_numbers_have_bounds(field: str, raw: Any, bound: str) -> None:
    (error,) = errors_of(Startup, {**STARTUP, field: raw})
    assert (error.field, error.code) == (field, "range")
    assert bound in error.rule("en")
    assert bound in error.rule("ko")


def test_capacity_and_places_are_not_negative() -> None:
    assert partner(capacity=0).capacity == 0
    assert codes_of(Partner, capacity=-1) == [("capacity", "range")]
    assert codes_of(Programme, places="-3") == [("places", "range")]
    assert codes_of(Programme, places=10**16) == [("places", "range")]


# Dates and moments


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2014-09-15", date(2014, 9, 15)),
        (" 2014-09-15 ", date(2014, 9, 15)),
        ("2014", date(2014, 1, 1)),
        ("2014-09-15T23:30:00Z", date(2014, 9, 15)),
        ("2014-09-15 00:00:00", date(2014, 9, 15)),
        (date(2014, 9, 15), date(2014, 9, 15)),
        (datetime(2014, 9, 15, 3, tzinfo=UTC), date(2014, 9, 15)),
    ],
)
def test_dates(raw: Any, day: date) -> None:
    assert tie(valid_from=raw).valid_from == day


@pytest.mark.parametrize(
    "raw",
    ["2014-13-01", "2014-02-30", "0000-01-01", "15.09.2014", "2014-9-1", "2014-09-15 or so", 2014,
     True, 20140915.0, math.nan, ["2014-09-15"], "٢٠١٤", "2014-09-15" + "0" * 50, "yesterday"],
)  # fmt: skip
def test_what_is_no_date(raw: Any) -> None:
    assert codes_of(Tie, valid_from=raw) == [("valid_from", "date")]


@pytest.mark.parametrize("make", [tie, programme])
def test_the_end_is_not_before_the_beginning(make: Any) -> None:
    make(valid_from="2015-01-01", valid_to="2015-01-01")
    with pytest.raises(InvalidRecord) as caught:
        make(valid_from="2015-01-02", valid_to="2015-01-01")
    (error,) = caught.value.errors
    assert (error.field, error.code, error.value) == ("valid_to", "dates_order", None)


def test_readiness_levels_are_in_order() -> None:
    assert programme(trl_min=4, trl_max=4).trl_max == 4
    assert codes_of(Programme, trl_min=7, trl_max=3) == [("trl_max", "trl_order")]


# Addresses


@pytest.mark.parametrize("raw", ["https://dari.kr", "http://a.b/c?d=e&f=g#h", "https://한글.kr/길"])
def test_web_addresses(raw: str) -> None:
    assert startup(website=f" {raw} ").website == raw


@pytest.mark.parametrize(
    "raw",
    ["dari.kr", "ftp://x", "javascript:alert(1)", "https://", "https://a b", "https://<x>",
     "https://" + "x" * 491, 5, True, ["https://x.y"]],
)  # fmt: skip
def test_what_is_no_web_address(raw: Any) -> None:
    assert codes_of(Startup, website=raw) == [("website", "url")]


@pytest.mark.parametrize("raw", ["https://a\x00b", "https://a\ud800b", "https://a\u202eb"])
def test_a_web_address_holds_no_control_characters(raw: str) -> None:
    assert codes_of(Startup, website=raw) == [("website", "text_control")]


CONSENT = {"version": "1", "purpose": "matchmaking", "at": "2026-01-02T03:04:05+09:00"}


@pytest.mark.parametrize(
    "raw", ["nobody", "a@", "@b.c", "a b@c.de", "a@b@c.de", 5, True, ["a@b.kr"], "x" * 10_000]
)
def test_what_is_no_email(raw: Any) -> None:
    assert ("contact", "email") in codes_of(Startup, contact=raw, consent=CONSENT)


def test_an_address_needs_consent() -> None:
    assert startup(contact="ceo@sonic.kr", consent=CONSENT).contact == "ceo@sonic.kr"
    assert startup(consent=CONSENT).consent is not None
    (error,) = errors_of(Startup, {**STARTUP, "contact": "ceo@sonic.kr"})
    assert (error.field, error.code, error.value) == ("consent", "consent", None)
    assert codes_of(Startup, contact="ceo@sonic.kr", consent={"version": "1"}) == [
        ("consent.purpose", "missing"),
        ("consent.at", "missing"),
    ]


def test_the_moment_of_consent_is_utc() -> None:
    consent = startup(consent=CONSENT).consent
    assert consent is not None
    assert consent.at == datetime(2026, 1, 1, 18, 4, 5, tzinfo=UTC)
    assert consent.at.utcoffset() == timedelta(0)
    seoul = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=9)))
    assert startup(consent={**CONSENT, "at": seoul}).consent == consent


@pytest.mark.parametrize(
    "raw",
    ["2026-01-02T03:04:05", "2026-01-02", "now", 1_700_000_000, math.nan, True, ["x"],
     datetime(2026, 1, 2), "0001-01-01T00:00:00+09:00"],
)  # fmt: skip
def test_a_moment_without_time_zone_is_refused(raw: Any) -> None:
    assert codes_of(Startup, consent={**CONSENT, "at": raw}) == [("consent.at", "moment")]


# Money, flags


def test_money_is_whole_with_its_currency() -> None:
    funding = programme(funding={"amount": "20000000", "currency": "krw", "per": "Side"}).funding
    assert funding == Money(amount=20_000_000, currency="KRW", per=FundingUnit.SIDE)
    assert Money(amount=1, currency="USD").per is FundingUnit.STARTUP


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"amount": 1.5}, ("funding.amount", "integer")),
        ({"amount": -1}, ("funding.amount", "range")),
        ({"amount": None}, ("funding.amount", "missing")),
        ({"currency": "won"}, ("funding.currency", "currency")),
        ({"currency": "ZZZ"}, ("funding.currency", "currency")),
        ({"currency": 5}, ("funding.currency", "currency")),
        ({"per": "year"}, ("funding.per", "vocabulary")),
        ({"tax": 5}, ("funding.tax", "extra")),
    ],
)
def test_bad_money(fields: dict[str, Any], error: tuple[str, str]) -> None:
    money = {"amount": 5, "currency": "KRW", **fields}
    assert codes_of(Programme, funding=money) == [error]


@pytest.mark.parametrize("raw", [5, "20M", [1], True])
def test_what_is_no_money(raw: Any) -> None:
    assert codes_of(Programme, funding=raw) == [("funding", "object")]


def test_flags() -> None:
    assert programme(closed=True).closed
    assert not programme(closed=None).closed
    for raw in ("perhaps", 2, 0.5, [True], math.nan):
        assert codes_of(Programme, closed=raw) == [("closed", "boolean")]


# Startups and ties as wholes


def test_a_startup_says_what_it_does() -> None:
    bare = {"id": "s", "name": "n"}
    (error,) = errors_of(Startup, bare)
    assert (error.field, error.code) == ("summary", "text_missing")
    for field in ("summary", "seeking", "offering"):
        assert getattr(validate(Startup, {**bare, field: "x"}), field) == Text(en="x")


def test_files_may_call_the_ends_startup_and_partner() -> None:
    raw = {"kind": "pilot", "startup": "sonic", "partner": "etri", "date": "2020-05-01"}
    assert validate(Tie, raw) == tie(valid_from="2020-05-01")
    assert errors_of(Tie, {**TIE, "startup": "other"})[0].code == "extra"
    assert [e.field for e in errors_of(Tie, {"kind": "pilot", "startup": "sonic"})] == ["b"]


def test_a_tie_joins_two() -> None:
    assert codes_of(Tie, b="sonic") == [("b", "tie_ends")]


def test_a_pairing_needs_its_region() -> None:
    assert tie(kind="pairing", region="Daegu").region == "KR-27"
    assert codes_of(Tie, kind="pairing") == [("region", "pairing_region")]


def test_a_tie_without_id_is_named_by_what_it_says() -> None:
    assert tie(id="t-1").id == "t-1"
    plain = tie(kind="pairing", region="KR-27", valid_from="2014-01-01").id
    assert plain == "tie-bdac194de3828a9cd067"  # stands in databases: it must never change
    assert tie(id=" ", kind="pairing", region="KR-27", valid_from="2014-01-01").id == plain
    same = {"kind": "Pairing", "startup": " sonic", "partner": "etri", "date": "2014"}
    assert validate(Tie, {**same, "region": "대구"}).id == plain
    assert tie(kind="pairing", region="KR-27", valid_from="2014-01-01", source="x").id == plain
    others = [
        tie(),
        tie(kind="contract"),
        tie(a="other"),
        tie(a="etri", b="sonic"),
        tie(valid_from="2014"),
        tie(context="project"),
        tie(role="lead"),
    ]
    assert len({plain, *(one.id for one in others)}) == len(others) + 1


def test_a_tie_holds_between_its_dates() -> None:
    held = tie(valid_from="2014-09-15", valid_to="2015-12-31")
    on = [date(2014, 9, 14), date(2014, 9, 15), date(2015, 12, 31), date(2016, 1, 1)]
    assert [held.holds(day) for day in on] == [False, True, True, False]
    assert tie().holds(date.min)


# Any value at all

_NESTED = json.loads("[" * 300 + "]" * 300)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=30)
    | st.sampled_from(["KR-27", "ai", "seed", "2014-09-15", "https://x.y", "a@b.kr", _NESTED])
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["en", "ko", "amount", "at"]) | st.text(), inner, max_size=4
        )
    ),
    max_leaves=6,
)


def _records(model: type[Record]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from([*model.model_fields, "x", "startup"]), _VALUES)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_value_gives_a_record_or_its_errors(model: type[Record], data: st.DataObject) -> None:
    raw = data.draw(
        _VALUES | _records(model) | _records(model).map(lambda r: {**LEAST[model], **r})
    )
    try:
        record = validate(model, raw)
    except InvalidRecord as invalid:
        for error in invalid.errors:
            said = [part(lang) for part in (error.rule, error.remedy) for lang in ("en", "ko")]
            "".join([*said, error.field, str(invalid)]).encode()
    else:
        again(record)


@pytest.mark.parametrize(
    "wrong", [{"trl": "three"}, {"sectors": "ai"}, {"stage": "none"}, {"extra": 1}, {"name": 3}]
)
def test_what_is_stored_has_the_types_of_a_record_or_is_an_error(wrong: dict[str, Any]) -> None:
    kept = validate(Startup, STARTUP).model_dump(mode="json", exclude_defaults=True)
    assert Startup.stored(json.dumps(kept)) == validate(Startup, STARTUP)
    for broken in ({**kept, **wrong}, {key: kept[key] for key in kept if key != "id"}):
        with pytest.raises(ValidationError) as refused:
            Startup.stored(json.dumps(broken))
        assert "input_value" not in str(refused.value)  # what a startup wrote belongs in no log


@pytest.mark.parametrize("depth", [300, 900, 5000])
def test_deep_nesting_is_an_error_like_any_other(depth: int) -> None:
    deep: Any = "x"
    for _ in range(depth):
        deep = {"en": deep}
    for field in ("name", "summary", "region", "aliases", "trl", "contact", "consent"):
        assert errors_of(Startup, {**STARTUP, field: deep})
    for field in ("id", "kind", "a", "role", "valid_from"):
        assert errors_of(Tie, {**TIE, field: deep})


def again(record: Record) -> None:
    dumped = json.dumps(record.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
    dumped.encode()
    assert validate(type(record), json.loads(dumped)) == record
    assert type(record).model_validate_json(dumped) == record
    assert repr(type(record).stored(dumped)) == repr(record)


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.text(
    "가나다라 abc;é\n", max_size=20
)
_SOME: dict[str, st.SearchStrategy[Any]] = {
    "aliases": st.lists(_TEXTS, max_size=3),
    "summary": _TEXTS | st.fixed_dictionaries({"en": _TEXTS, "ko": _TEXTS}),
    "seeking": _TEXTS,
    "region": st.sampled_from(["KR-27", "부산", "US-MA", "Germany"]),
    "sectors": st.lists(st.sampled_from(["ai", "로봇", "Games"]), max_size=3),
    "seeks": st.lists(st.sampled_from(list(Support)), max_size=3),
    "conflicts": st.lists(st.text("abc-1가", min_size=1, max_size=5), max_size=3),
    "website": st.sampled_from(["https://x.y", "http://한.글/é"]),
    "trl": st.integers(1, 9),
    "founded": st.integers(1800, 2100).map(str),
    "stage": st.sampled_from(list(Stage)),
    "contact": st.sampled_from(["A.B@Example.KR", "é@b.de", "x@한국.kr"]),
    "consent": st.datetimes(
        min_value=datetime(1990, 1, 1), timezones=st.timezones()
    ).map(lambda at: {**CONSENT, "at": at}),
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({}, optional=_SOME))
def test_a_valid_startup_survives_json(fields: dict[str, Any]) -> None:
    try:
        record = startup(**fields)
    except InvalidRecord:
        return
    again(record)


def test_kinds_of_ties_survive_json() -> None:
    for kind in TieKind:
        again(tie(kind=kind, region="KR-27", valid_from="2014", subject="함께 한 일", role="lead"))
    again(programme(funding={"amount": 5, "currency": "USD"}, closed=True, trl_min=2, places=0))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({}, {("id", "missing"), ("name", "missing"), ("summary", "text_missing")}),
        ({"id": "a", "summary": 3}, {("name", "missing"), ("summary", "text_type")}),
        (
            {"id": "a", "name": "n", "contact": "a@b.co", "trl": 77},
            {("trl", "range"), ("summary", "text_missing")},
        ),
        (
            {"id": "a", "summary": "s", "contact": "a@b.co"},
            {("name", "missing"), ("consent", "consent")},
        ),
    ],
)
def test_rules_between_fields_are_told_beside_wrong_fields(raw, told) -> None:
    with pytest.raises(InvalidRecord) as caught:
        validate(Startup, raw)
    assert {(one.field, one.code) for one in caught.value.errors} == told
