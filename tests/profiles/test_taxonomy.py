"""Tests of the taxonomy: sectors, regions and vocabularies in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pycountry
import pytest

from profiles import taxonomy
from profiles.data import read_yaml
from profiles.taxonomy.names import FALSE_FRIEND, PhraseBook

SECTORS = {
    "digital": "ai cloud enterprise_software cybersecurity data_analytics digital_twin blockchain",
    "content": "games media xr education commerce tourism beauty_fashion",
    "telecom": "network_equipment telecom_infrastructure iot satellite_communication",
    "electronics": (
        "semiconductors semiconductor_equipment displays sensors_optics quantum"
        " consumer_electronics"
    ),
    "manufacturing": "robotics smart_factory machinery additive_manufacturing",
    "materials": "advanced_materials chemicals metals",
    "energy": "renewables hydrogen batteries nuclear smart_grid",
    "environment": "climate waste_recycling water",
    "mobility": (
        "automotive autonomous_driving electric_vehicles marine_mobility logistics"
        " drones_air_mobility"
    ),
    "aerospace_defence": "space aviation defence",
    "health": "medical_devices medical_imaging diagnostics digital_health",
    "bio": "drug_discovery biologics regenerative_medicine biomanufacturing genomics",
    "agri_food": "agriculture food fisheries",
    "built_environment": "smart_city construction real_estate",
    "finance": "fintech insurance",
    "society": "public_services social_services culture",
}
VOCABULARIES: dict[taxonomy.Vocabulary, str] = {
    "stages": "idea pre_seed seed series_a series_b growth",
    "partner_kinds": (
        "conglomerate global_company research_institute university hospital certification_body"
        " investor public_agency cluster_operator"
    ),
    "supports": (
        "pilot joint_rnd investment grant loan mentoring facilities compute certification overseas"
        " distribution procurement technology_acquisition data clinical_validation"
        " regulatory_exemption"
    ),
    "tie_kinds": "pairing collaboration pilot contract investment acquisition programme conflict",
    "programme_kinds": (
        "regional_centre contest special_district global_company bilateral cluster_hub"
        " stage_support event"
    ),
    "case_stages": "shortlisted introduced met poc contract closed",
    "case_outcomes": "contract declined_startup declined_partner dropped",
    "case_declines": (
        "capacity budget timing strategy maturity technology similar terms conflict no_reply other"
    ),
    "case_answers": "yes no undecided",
}
CRUNCHBASE = (
    "advertising analytics automotive biotech cleantech consulting design ecommerce education"
    " enterprise fashion finance games_video hardware health hospitality legal local manufacturing"
    " medical messaging mobile music nanotech network_hosting news nonprofit other pets photo_video"
    " public_relations real_estate search security semiconductor social software sports"
    " transportation travel web"
)
EUROSCIVOC_TOPS = [
    "agricultural sciences",
    "engineering and technology",
    "humanities",
    "medical and health sciences",
    "natural sciences",
    "social sciences",
]
KSIC_GAPS = {4, 9, 40, 43, 44, 48, 53, 54, 57, 67, 69, 77, 78, 79, 80, 81, 82, 83, 88, 89, 92, 93}
KSIC_DIVISIONS = [f"{n:02d}" for n in range(1, 100) if n not in KSIC_GAPS]


def mappings() -> dict[str, dict[str, list[str]]]:
    """Return the mappings as they stand in the file."""
    held: dict[str, dict[str, list[str]]] = read_yaml("profiles.taxonomy", "sectors.yaml")[
        "mappings"
    ]
    return held


class TestSectors:
    def test_hold_the_codes_and_no_other(self) -> None:
        expected = dict.fromkeys(SECTORS) | {
            child: parent for parent, children in SECTORS.items() for child in children.split()
        }
        assert {s.code: s.parent for s in taxonomy.sectors().values()} == expected

    def test_speak_both_languages(self) -> None:
        for sector in taxonomy.sectors().values():
            assert all((sector.name.en, sector.name.ko)), sector.code
            assert sector.description.en.endswith("."), sector.code
            assert sector.description.ko.endswith("."), sector.code
            least = 4 if sector.parent is None else 8
            assert len(set(sector.synonyms_en)) >= least, sector.code
            assert len(set(sector.synonyms_ko)) >= least, sector.code

    @pytest.mark.parametrize("edge", ["related", "complements"])
    def test_edges_are_symmetric_known_and_not_loops(self, edge: str) -> None:
        sectors = taxonomy.sectors()
        for sector in sectors.values():
            for other in getattr(sector, edge):
                assert other != sector.code
                assert sector.code in getattr(sectors[other], edge)

    def test_no_pair_is_both_related_and_complementary(self) -> None:
        for sector in taxonomy.sectors().values():
            assert not sector.related & sector.complements, sector.code

    @pytest.mark.parametrize(
        ("a", "b", "relation"),
        [
            ("ai", "ai", "same"),
            ("ai", "digital", "parent"),
            ("ai", "cloud", "related"),
            ("ai", "semiconductors", "related"),
            ("medical_imaging", "ai", "related"),
            ("network_equipment", "telecom_infrastructure", "related"),
            ("biologics", "biomanufacturing", "related"),
            ("digital_twin", "smart_factory", "related"),
            ("semiconductors", "semiconductor_equipment", "complementary"),
            ("drones_air_mobility", "agriculture", "complementary"),
            ("ai", "blockchain", "sibling"),
            ("games", "tourism", "sibling"),
            ("digital", "content", "none"),
            ("fintech", "fisheries", "none"),
        ],
    )
    def test_relation_holds_both_ways(self, a: str, b: str, relation: str) -> None:
        assert taxonomy.sector_relation(a, b) == relation
        assert taxonomy.sector_relation(b, a) == relation

    def test_relation_refuses_unknown_codes(self) -> None:
        with pytest.raises(ValueError, match="'fishing' is not a sector code"):
            taxonomy.sector_relation("ai", "fishing")


class TestFindSectors:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Ultrasound images read by AI; ultrasounds everywhere", ("medical_imaging", "ai")),
            ("Deep-learning for 5G base stations", ("network_equipment", "ai")),
            ("stem cells and CAR-T", ("regenerative_medicine",)),
            ("batteries", ("batteries",)),
            ("car insurance", ("insurance",)),
            ("초음파 영상을 판독하는 AI 솔루션", ("ai", "medical_imaging")),
            ("스마트 팜과 스마트팜", ("agriculture",)),
            ("모바일게임 스튜디오", ("games",)),
            ("AI기반 줄기세포 치료제", ("ai", "regenerative_medicine")),
            ("Industry 4.0. Batteries", ("smart_factory", "batteries")),
            ("3d 프린팅 부품", ("additive_manufacturing",)),
            ("", ()),
        ],
    )
    def test_finds(self, text: str, found: tuple[str, ...]) -> None:
        assert taxonomy.find_sectors(text) == found

    @pytest.mark.parametrize(
        "text",
        [
            "artful chairs said the maid",  # AR, AI within words
            "a game changer",
            "a catalyst for trade",
            "우수소프트웨어와 특수소재",  # 수소 within words
            "대우주식회사",
            "다양한 창작물과 저작물",
            "국가전략을 제공합니다",
            "인구 센서스",
        ],
    )
    def test_passes_over_false_friends(self, text: str) -> None:
        assert taxonomy.find_sectors(text) == ()

    def test_most_hits_come_first(self) -> None:
        assert taxonomy.find_sectors("AI for drones: drone swarms, drone delivery") == (
            "drones_air_mobility",
            "ai",
        )

    def test_every_phrase_finds_its_own_sector(self) -> None:
        for sector in taxonomy.sectors().values():
            phrases = (*sector.synonyms_en, *sector.synonyms_ko, sector.name.en, sector.name.ko)
            for phrase in phrases:
                assert taxonomy.normalise_sector(phrase) == sector.code, phrase
                assert taxonomy.find_sectors(phrase)[:1] == (sector.code,), phrase


class TestNormaliseSector:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("medical_imaging", "medical_imaging"),
            ("Medical Imaging", "medical_imaging"),
            ("  Sonography ", "medical_imaging"),
            ("small cells", "network_equipment"),
            ("의료 영상", "medical_imaging"),
            ("줄기세포", "regenerative_medicine"),
            ("게임", "games"),
            ("finance", "finance"),
            ("game changer", None),
            ("nothing of the kind", None),
            ("", None),
        ],
    )
    def test_finds_the_code(self, text: str, code: str | None) -> None:
        assert taxonomy.normalise_sector(text) == code


class TestMapExternal:
    def test_targets_exist(self) -> None:
        for vocabulary, mapping in mappings().items():
            for key, codes in mapping.items():
                assert set(codes) <= taxonomy.sectors().keys(), (vocabulary, key)

    def test_every_crunchbase_category_is_mapped(self) -> None:
        assert set(CRUNCHBASE.split()) <= mappings()["crunchbase2013"].keys()

    def test_every_top_of_euroscivoc_is_mapped(self) -> None:
        assert {f"/{top}" for top in EUROSCIVOC_TOPS} <= mappings()["euroscivoc"].keys()

    def test_every_division_of_ksic_is_mapped(self) -> None:
        assert sorted(mappings()["ksic"]) == KSIC_DIVISIONS

    @pytest.mark.parametrize(
        ("vocabulary", "value", "codes"),
        [
            ("crunchbase2013", "games_video", ("games", "media")),
            ("crunchbase2013", "other", ()),
            ("ksic", "27", ("medical_devices", "sensors_optics")),
            ("ksic", "01110", ("agriculture",)),
            ("ksic", "C30121", ("automotive",)),
            ("ksic", "99", ()),
            (
                "euroscivoc",
                "/engineering and technology/environmental engineering/energy and fuels"
                "/renewable energy/hydrogen energy",
                ("hydrogen",),
            ),
            (
                "euroscivoc",
                "/engineering and technology/environmental engineering/energy and fuels/fossil",
                ("energy",),
            ),
            ("euroscivoc", "natural sciences/computer and information sciences", ("digital",)),
            ("euroscivoc", "/no such sciences", ()),
        ],
    )
    def test_maps(
        self, vocabulary: taxonomy.ExternalVocabulary, value: str, codes: tuple[str, ...]
    ) -> None:
        assert taxonomy.map_external(vocabulary, value) == codes

    def test_refuses_an_unknown_vocabulary(self) -> None:
        with pytest.raises(ValueError, match="'nace' is not mapped"):
            taxonomy.map_external("nace", "1")


class TestRegions:
    def test_provinces_are_those_of_iso(self) -> None:
        subdivisions: Any = pycountry.subdivisions
        iso = {s.code for s in subdivisions.get(country_code="KR")}
        assert taxonomy.provinces().keys() == iso

    def test_provinces_speak_both_languages_and_lie_in_korea(self) -> None:
        for region in taxonomy.provinces().values():
            assert all((region.name.en, region.name.ko, region.short.en, region.short.ko))
            assert 33 < region.latitude < 39
            assert 126 < region.longitude < 130

    def test_capital_area(self) -> None:
        capital = {code for code in taxonomy.provinces() if taxonomy.is_capital_area(code)}
        assert capital == {"KR-11", "KR-28", "KR-41"}
        assert taxonomy.is_capital_area("KR-27") is False
        assert taxonomy.is_capital_area("US-MA") is None

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("kr-27", "KR-27"),
            ("Daegu", "KR-27"),
            ("경북", "KR-47"),
            ("Gyeongsangbuk-do", "KR-47"),
            ("강원도", "KR-42"),
            ("전라북도", "KR-45"),
            ("Chungbuk", "KR-43"),
            ("수원시", "KR-41"),
            ("Suwon", "KR-41"),
            ("송도", "KR-28"),
            ("Pangyo", "KR-41"),
            ("오송", "KR-43"),
            ("포항", "KR-47"),
            ("Daegu, South Korea", "KR-27"),
            ("대구광역시 북구", "KR-27"),
            ("경기도 광주시", "KR-41"),
            ("Gwangju, Gyeonggi", None),
            ("us-ma", "US-MA"),
            ("UK", "GB"),
            ("EL", "GR"),
            ("USA", "US"),
            ("Russia", "RU"),
            ("러시아", "RU"),
            ("독일", "DE"),
            ("대한민국", "KR"),
            ("Vietnam", "VN"),
            ("NO", "NO"),
            ("Cambridge, MA", None),
            ("XX", None),
            ("", None),
        ],
    )
    def test_normalise(self, text: str, code: str | None) -> None:
        assert taxonomy.normalise_region(text) == code

    def test_every_name_leads_back_to_its_province(self) -> None:
        for region in taxonomy.provinces().values():
            for names in (region.name, region.short):
                assert taxonomy.normalise_region(names.en) == region.code
                assert taxonomy.normalise_region(names.ko) == region.code

    def test_each_city_stands_once(self) -> None:
        cities = read_yaml("profiles.taxonomy", "regions.yaml")["cities"]
        names = [name for places in cities.values() for pair in places for name in pair]
        assert len(names) == len(set(names))

    @pytest.mark.parametrize(
        ("code", "lang", "name"),
        [
            ("KR-27", "ko", "대구광역시"),
            ("KR-27", "en", "Daegu"),
            ("US-MA", "ko", "매사추세츠주"),
            ("US-MA", "en", "Massachusetts"),
            ("RU-MOW", "en", "Moscow"),
            ("DE-BY", "en", "Bavaria"),
            ("JP-13", "ko", "도쿄도"),
            ("SG-01", "ko", "Central Singapore"),
            ("US", "ko", "미국"),
            ("DE", "en", "Germany"),
        ],
    )
    def test_name(self, code: str, lang: str, name: str) -> None:
        assert taxonomy.region_name(code, lang) == name

    def test_places_abroad_are_told_as_people_call_them_and_encoded_as_before(self) -> None:
        abroad = read_yaml("profiles.taxonomy", "regions_abroad.yaml")
        assert list(abroad) == sorted(abroad)
        for code, names in abroad.items():
            iso = taxonomy.iso_region_name(code, "en")
            assert taxonomy.normalise_region(code) == code
            assert re.search("[가-힣]", taxonomy.region_name(code, "ko"))
            assert taxonomy.region_name(code, "ko") == names["ko"]
            assert taxonomy.region_name(code, "en") == names.get("en", iso)
            assert names.get("en") != iso  # only where it is another
            assert taxonomy.iso_region_name(code, "ko") == iso
        assert taxonomy.iso_region_name("US-MA", "ko") == "Massachusetts"
        assert taxonomy.iso_region_name("RU-MOW", "en") == "Moskva"

    def test_name_refuses_unknown_codes(self) -> None:
        with pytest.raises(ValueError, match="'KR-99' is not a code of ISO 3166"):
            taxonomy.region_name("KR-99", "en")

    def test_country(self) -> None:
        assert taxonomy.country_of("KR-27") == "KR"
        assert taxonomy.country_of("RU") == "RU"

    def test_coordinates_have_codes_of_iso_and_lie_on_earth(self) -> None:
        points = read_yaml("profiles.taxonomy", "regions.yaml")["coordinates"]
        assert len(points) > 100
        for code, (latitude, longitude) in points.items():
            assert taxonomy.normalise_region(code) == code
            assert -90 <= latitude <= 90
            assert -180 <= longitude <= 180

    def test_distance(self) -> None:
        seoul_busan = taxonomy.distance_km("KR-11", "KR-26")
        assert seoul_busan is not None
        assert 320 < seoul_busan < 330
        assert taxonomy.distance_km("KR-26", "KR-11") == pytest.approx(seoul_busan)
        assert taxonomy.distance_km("KR-11", "KR-11") == 0

    def test_unknown_places_have_no_distance(self) -> None:
        assert taxonomy.coordinates("JP-13") is None
        assert taxonomy.distance_km("KR-11", "JP-13") is None


class TestVocabulary:
    @pytest.mark.parametrize("vocabulary", list(VOCABULARIES))
    def test_holds_the_codes_in_both_languages(self, vocabulary: taxonomy.Vocabulary) -> None:
        held = taxonomy.terms(vocabulary)
        assert list(held) == VOCABULARIES[vocabulary].split()
        for term in held.values():
            for names in (term.name, term.description):
                assert all(names.in_(lang) for lang in ("en", "ko")), term.code

    def test_refuses_unknown_vocabularies_and_languages(self) -> None:
        with pytest.raises(ValueError, match="'colours' is not a vocabulary"):
            taxonomy.terms("colours")
        with pytest.raises(ValueError, match="'fr' is not a language"):
            taxonomy.terms("stages")["seed"].name.in_("fr")

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("We look for a PoC and joint research", ("pilot", "joint_rnd")),
            ("GPU credits", ("compute",)),
            ("테스트베드에서 실증하고 해외진출", ("pilot", "overseas")),
            ("규제샌드박스", ("regulatory_exemption",)),
            ("good people", ()),
        ],
    )
    def test_finds_supports(self, text: str, found: tuple[str, ...]) -> None:
        assert taxonomy.find_supports(text) == found

    def test_every_support_is_found_by_each_of_its_phrases(self) -> None:
        for code, entry in read_yaml("profiles.taxonomy", "vocabulary.yaml")["supports"].items():
            for phrase in (*entry["phrases"]["en"], *entry["phrases"]["ko"]):
                assert taxonomy.find_supports(phrase) == (code,), phrase


class TestPhraseBook:
    def test_refuses_a_phrase_of_two_codes(self) -> None:
        with pytest.raises(ValueError, match="'deep sea' stands under two codes"):
            PhraseBook.of([("a", "deep sea"), ("b", "deep sea")])

    def test_longest_phrase_wins_and_false_friends_are_silent(self) -> None:
        book = PhraseBook.of([("a", "sea"), ("b", "sea bed"), (FALSE_FRIEND, "sea change")])
        assert book.find("sea beds") == ("b",)
        assert book.find("a sea change") == ()
        assert book.exact("sea change") is None


def test_import_reads_nothing() -> None:
    """Import the taxonomy with a YAML reader that refuses to read."""
    code = (
        "import yaml\n"
        "def refuse(*args, **kwargs): raise AssertionError('read at import')\n"
        "yaml.load = refuse\n"
        "import profiles.taxonomy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_code_of_iso_3166_is_itself() -> None:
    codes = [one.alpha_2 for one in pycountry.countries]
    codes += [one.code for one in pycountry.subdivisions]
    assert [code for code in codes if taxonomy.normalise_region(code) != code] == []


def test_sentences_in_a_row_are_told_apart() -> None:
    assert taxonomy.in_a_row(["같은 분야: 로봇", "가깝습니다.", "자리 30곳"]) == (
        "같은 분야: 로봇. 가깝습니다. 자리 30곳"
    )
    assert taxonomy.in_a_row([]) == ""
