"""Tests of the catalogue: that it is whole, and that its facts are those of the setting."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from profiles import (
    CatalogueError,
    FundingUnit,
    Money,
    Partner,
    PartnerKind,
    Programme,
    ProgrammeKind,
    Support,
    Tie,
    TieKind,
)
from profiles.catalogue import Catalogue, load_catalogue, loading

# The conglomerates of the regional centres and their regions.
PAIRINGS = {
    ("samsung", "KR-27"), ("samsung", "KR-47"), ("sk", "KR-30"), ("hyundai-motor", "KR-29"),
    ("lg", "KR-43"), ("lotte", "KR-26"), ("kt", "KR-41"), ("naver", "KR-42"),
    ("hanwha", "KR-44"), ("doosan", "KR-48"), ("hanjin", "KR-28"), ("hyosung", "KR-45"),
    ("gs", "KR-46"), ("cj", "KR-11"), ("hd-hyundai", "KR-31"), ("kakao", "KR-49"),
}  # fmt: skip


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def partners(catalogue: Catalogue) -> dict[str, Partner]:
    return {partner.id: partner for partner in catalogue.partners}


@pytest.fixture(scope="module")
def programmes(catalogue: Catalogue) -> dict[str, Programme]:
    return {programme.id: programme for programme in catalogue.programmes}


def test_there_are_a_hundred_partners_and_no_id_twice(catalogue: Catalogue) -> None:
    assert len(catalogue.partners) >= 100
    for records in (catalogue.partners, catalogue.programmes, catalogue.ties):
        ids = [record.id for record in records]
        assert ids == sorted(ids)
        assert [id for id, n in Counter(ids).items() if n > 1] == []


def test_everything_names_its_source(catalogue: Catalogue) -> None:
    records = (*catalogue.partners, *catalogue.programmes, *catalogue.ties)
    assert [record.id for record in records if not record.source] == []


def test_every_text_stands_in_both_languages(catalogue: Catalogue) -> None:
    texts = [
        (record.id, field, text)
        for record in (*catalogue.partners, *catalogue.programmes, *catalogue.ties)
        for field in ("name", "summary", "offering", "seeking", "subject")
        if (text := getattr(record, field, None)) is not None
    ]
    assert [(id, field) for id, field, text in texts if not (text.en and text.ko)] == []


def test_every_partner_says_what_it_is_and_of_what_kind(catalogue: Catalogue) -> None:
    unplaced = [partner.id for partner in catalogue.partners if not partner.region]
    assert len(unplaced) <= len(catalogue.partners) / 50, unplaced
    for partner in catalogue.partners:
        assert partner.summary, partner.id
        assert partner.kind, partner.id
        assert partner.offers, partner.id


def test_every_kind_of_partner_and_programme_is_there(catalogue: Catalogue) -> None:
    assert {partner.kind for partner in catalogue.partners} == set(PartnerKind)
    assert {programme.kind for programme in catalogue.programmes} == set(ProgrammeKind)


def test_every_id_that_is_named_exists(catalogue: Catalogue, partners: dict[str, Partner]) -> None:
    named = {id for programme in catalogue.programmes for id in programme.partners}
    named |= {end for tie in catalogue.ties for end in (tie.a, tie.b)}
    named |= {id for partner in catalogue.partners for id in partner.conflicts}
    assert named - set(partners) == set()


def test_the_conglomerates_are_paired_with_their_regions(
    catalogue: Catalogue, partners: dict[str, Partner]
) -> None:
    pairings = [tie for tie in catalogue.ties if tie.kind is TieKind.PAIRING]
    assert {(tie.b, tie.region) for tie in pairings} >= PAIRINGS
    assert len({id for id, _ in PAIRINGS}) == 15
    for tie in pairings:
        assert tie.valid_from is not None, tie.id
        assert partners[tie.a].region == tie.region, tie.id
    assert {partners[id].kind for id, _ in PAIRINGS} == {PartnerKind.CONGLOMERATE}


def test_the_telecom_contest(programmes: dict[str, Programme]) -> None:
    (contest,) = [p for p in programmes.values() if p.kind is ProgrammeKind.CONTEST and p.places]
    assert contest.places == 10
    assert contest.funding == Money(amount=20_000_000, currency="KRW", per=FundingUnit.STARTUP)
    assert contest.regions == ("KR-30",)
    assert set(contest.sectors) == {"telecom_infrastructure", "network_equipment", "semiconductors"}
    assert {"sk-telecom", "etri"} <= set(contest.partners)
    assert Support.PROCUREMENT in contest.gives


def test_the_special_districts(programmes: dict[str, Programme]) -> None:
    districts = [p for p in programmes.values() if p.kind is ProgrammeKind.SPECIAL_DISTRICT]
    assert len(districts) >= 4
    for district in districts:
        assert district.regions, district.id
        assert district.sectors, district.id


def test_the_programmes_of_the_global_companies(programmes: dict[str, Programme]) -> None:
    found = [p for p in programmes.values() if p.kind is ProgrammeKind.GLOBAL_COMPANY]
    members = {id for programme in found for id in programme.partners}
    assert {"google-play", "nvidia", "microsoft", "dassault-systemes", "openai"} <= members
    whole = Money(amount=200_000_000, currency="KRW", per=FundingUnit.STARTUP)
    assert {p.funding for p in found} == {whole}


def test_domestic_programmes_are_for_startups_of_korea(programmes: dict[str, Programme]) -> None:
    domestic = {ProgrammeKind.STAGE_SUPPORT, ProgrammeKind.GLOBAL_COMPANY}
    found = {p.countries for p in programmes.values() if p.kind in domestic}
    assert found == {("KR",)}
    rest = {p.id for p in programmes.values() if not p.regions and not p.countries}
    assert rest == set()


def test_the_parts_of_the_global_programme_come_to_its_places(
    programmes: dict[str, Programme],
) -> None:
    umbrella = programmes["global-company-2025"]
    parts = [p for p in programmes.values() if p.part_of == umbrella.id]
    assert len(parts) == 15  # the call of 2025 counts fourteen; no list of it was seen
    assert len({id for part in parts for id in part.partners}) == 14
    assert "openai" in {id for part in parts for id in part.partners}
    assert {part.partners[0] for part in parts if part.places_assumed} == {
        *("oracle", "intel", "thales", "loreal", "air-liquide", "ansys"),
    }
    for part in parts:
        assert part.places_assumed == ("a setting of the operator" in (part.source or "")), part.id
    assert sum(part.places or 0 for part in parts) == umbrella.places == 364
    rules = {rule.id: rule for rule in umbrella.rules}
    assert rules["places"].high == 364
    assert rules["budget"].each * 364 == rules["budget"].high


def test_every_rule_says_why_in_both_languages_and_names_what_is_there(
    catalogue: Catalogue, partners: dict[str, Partner], programmes: dict[str, Programme]
) -> None:
    for programme in catalogue.programmes:
        assert programme.part_of is None or programmes[programme.part_of].part_of is None
        for rule in programme.rules:
            assert rule.reason, rule.id
            assert rule.reason.ko, rule.id
            assert rule.reason.en, rule.id
            assert set(rule.hosts) <= {*partners, *programmes}


def test_the_platform_with_russia(programmes: dict[str, Programme]) -> None:
    (platform,) = [p for p in programmes.values() if p.kind is ProgrammeKind.BILATERAL]
    assert platform.funding == Money(amount=500_000, currency="USD", per=FundingUnit.SIDE)
    assert set(platform.countries) == {"KR", "RU"}
    assert "moscow-cooperation-center" in platform.partners


def test_the_hubs_of_songdo_and_boston(programmes: dict[str, Programme]) -> None:
    hubs = [p for p in programmes.values() if p.kind is ProgrammeKind.CLUSTER_HUB]
    members = {id for hub in hubs for id in hub.partners}
    assert {"k-bio-lab-hub", "yonsei", "mgh", "labcentral"} <= members
    assert {"KR", "US"} in [set(hub.countries) for hub in hubs]


def test_no_fact_is_dated_in_the_future(catalogue: Catalogue) -> None:
    for record in (*catalogue.programmes, *catalogue.ties):
        assert (record.valid_from or date.min) < date(2027, 1, 1), record.id


def test_an_entry_that_breaks_the_schema_is_named(tmp_path: Path) -> None:
    file = tmp_path / "partners.yaml"
    file.write_text("- {id: good, name: Good}\n- {id: bad, name: Bad, region: Atlantis}\n")
    with pytest.raises(CatalogueError, match=r"region: Atlantis .*partners\.yaml, bad"):
        loading._read_all(Partner, file)
    file.write_text("- just a string\n")
    with pytest.raises(CatalogueError, match="just a string"):
        loading._read_all(Tie, file)
