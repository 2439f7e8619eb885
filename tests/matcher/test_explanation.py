"""Tests that each reason is a sentence in both languages that rests on something true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from index import Encoder, Query
from matcher import FEATURE_NAMES, Contribution, pair_features, phrase
from matcher.explanation import explain, judged, unknowns
from matcher.phrases import phrases
from matcher.sentences import SentenceFinder
from matcher.words import FEWEST_PROFILES, commonness_in
from profiles import Text
from profiles.taxonomy import Names

TODAY = date(2026, 1, 1)
SUBJECT = ("history_top3", "history_all", "history_word", "history_lexical")
KNOWN = [name for name in FEATURE_NAMES if not name.endswith("_unknown")]


def hangul(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


@pytest.fixture
def rich(make: SimpleNamespace) -> Any:
    """A pair of which every feature says something."""
    startup = make.startup(
        name={"en": "Echo", "ko": "에코"},
        summary="We weld ships.",
        seeking="A yard.",
        offering="A pilot.",
        region="KR-27",
        sectors=["robotics", "ai"],
        seeks=["pilot", "grant"],
        offers=["technology_acquisition"],
        stage="seed",
        trl=6,
    )
    partner = make.partner(
        name={"en": "Yard", "ko": "조선소"},
        summary="A yard. It welds ships.",
        offering="Docks. Pilots of welding.",
        seeking="Robots.",
        region="KR-26",
        sites=["KR-27", "US-MA"],
        sectors=["robotics", "cloud"],
        kind="university",
        trl_min=4,
        seeks=["technology_acquisition"],
        offers=["pilot"],
        stages=["seed"],
    )
    past = date(2020, 1, 2)
    deed = make.tie(
        "deed",
        subject={"en": "A crane. A yard.", "ko": "크레인. 더."},
        valid_from=past,
        source="news",
    )
    elsewhere = deed.model_copy(update={"id": "elsewhere", "a": "another"})
    own = make.tie("own", b="another", valid_from=past)
    paired = make.tie(
        "paired", a="centre", kind="pairing", region="KR-27", valid_from=past, source="ministry"
    )
    programme = make.programme(
        partners=["p"],
        regions=["KR-27"],
        summary={"en": "For Daegu. And more.", "ko": "대구를 위해. 그리고."},
        source="law",
    )
    hub = make.programme(
        "hub", kind="cluster_hub", countries=["KR", "US"], summary="Boston.", source="treaty"
    )
    return make.pair(
        startup,
        partner,
        ties=[deed, elsewhere, own, paired],
        tie=elsewhere,
        programmes=[programme, hub],
        evidence={
            "text_is_is": 0.5,
            "text_seeks_offers": 0.5,
            "text_is_seeks": 0.5,
            "text_seeks_is": 0.5,
            "lexical": 9.0,
            "history": 0.5,
            "history_lexical": 0.4,
            "history_word": 0.4,
            "history_mean": 0.4,
            "history_top3": 0.4,
            "history_all": 0.4,
            "fused": 0.4,
            "neighbours": 1.0,
            "neighbours_linked": 1.0,
            "kind_past": 0.5,
            "countries": 0.5,
            "past_region": 3.0,
            "past_sector": 2.0,
            "focus": 0.5,
            "area": 1.0,
        },
    )


def told(
    pair: Any, encoder: Encoder, *, of: str = "startup", only: Any = None
) -> dict[str, Contribution]:
    """The explanation of a pair as if every known feature gave points."""
    profile = getattr(pair, of)
    facets = {"is": profile.summary, "offers": profile.offering, "seeks": profile.seeking}
    vectors = {facet: encoder.encode([text.joined])[0] for facet, text in facets.items() if text}
    query = Query(profile, vectors, "", TODAY)
    points = np.array([
        float(n + 1) * (name in (only or KNOWN)) for n, name in enumerate(FEATURE_NAMES)
    ])
    values = pair_features([pair])[0]
    found = explain(pair, query, values, points, SentenceFinder(encoder))
    assert [one.points for one in found] == sorted(points[points > 0], reverse=True)
    return {one.feature: one for one in found}


@pytest.mark.parametrize("of", ["startup", "partner"])
def test_every_reason_is_a_sentence_in_both_languages(rich: Any, encoder: Encoder, of: str) -> None:
    contributions = told(rich, encoder, of=of)
    assert set(contributions) == set(KNOWN)
    for one in contributions.values():
        for text in (one.phrase.en, one.phrase.ko):
            assert text
            assert not set("{}?") & set(text)
        assert hangul(one.phrase.ko)
        assert not hangul(one.phrase.en.replace(phrases()["reason"][one.feature]["ko"], ""))


def test_the_parameters_of_reasons(rich: Any, encoder: Encoder) -> None:
    said = {name: one.phrase.en for name, one in told(rich, encoder).items()}
    assert said["sector_same"] == "Both are in the same sector: Robotics."
    assert said["sector_related"].endswith("Artificial intelligence – Robotics.")
    assert said["region_same"].endswith("Daegu.")
    assert "Yard – Daegu, since 2020-01-02" in said["region_paired"]
    assert said["region_near"] == "They are about 0 km apart."
    assert "(1 of 2)" in said["support_fit"]
    assert said["prior_tie"].endswith("(1).")
    assert said["activity"].endswith("ties recorded: 1.")
    assert said["history"].endswith("with another.")
    assert "crane" not in "".join(said.values()).casefold()  # deeds are quoted, not told again
    assert "Boston" not in said["region_joined"]
    assert said["region_joined"].endswith("countries: hub.")
    assert said["readiness_fit"].endswith("level 4 or higher, and the startup has it: 6.")
    assert said["kind_past"].endswith("this kind: University.")
    assert said["neighbours"].endswith("same others: another.")
    assert "region: " in said["past_region"]
    assert said["past_region"].endswith("(3).")
    assert "sectors: " in said["past_sector"]
    assert said["past_sector"].endswith("(2).")
    assert said["recency"].endswith("newest tie: 2020-01-02.")
    assert "South Korea, United States" in said["countries"]
    assert said["language"].endswith("same language: English.")
    assert said["history_lexical"].endswith("the same things: yard.")
    assert said["lexical"].endswith("telling words: ships, yard.")


def test_facts_carry_their_source(rich: Any, encoder: Encoder) -> None:
    contributions = told(rich, encoder)
    facts = {
        name: (one.evidence.text.en, one.evidence.source)
        for name, one in contributions.items()
        if one.evidence and one.evidence.kind == "fact"
    }
    assert facts == {
        "history": ("A crane. (2020-01-02)", "news"),
        **dict.fromkeys(SUBJECT, ("A crane. (2020-01-02)", "news")),
        "region_joined": ("Boston.", "treaty"),
        "prior_tie": ("A crane. (2020-01-02)", "news"),
        "region_paired": (contributions["region_paired"].phrase.en, "ministry"),
        "programme": ("For Daegu.", "law"),
    }


@pytest.mark.parametrize(
    ("of", "feature", "quoted"),
    [
        ("startup", "text_is_is", {"A yard.", "It welds ships."}),
        ("startup", "text_seeks_offers", {"Docks.", "Pilots of welding."}),
        ("startup", "text_is_seeks", {"Robots."}),
        ("startup", "text_seeks_is", {"A yard.", "It welds ships."}),
        ("partner", "text_is_is", {"We weld ships."}),
        ("partner", "text_seeks_offers", {"A yard."}),
        ("partner", "text_is_seeks", {"Robots."}),
        ("partner", "text_seeks_is", {"A yard."}),
    ],
)
def test_a_sentence_is_the_candidates_own_from_the_facet_compared(
    rich: Any, encoder: Encoder, of: str, feature: str, quoted: set[str]
) -> None:
    evidence = told(rich, encoder, of=of)[feature].evidence
    assert evidence is not None
    assert evidence.kind == "sentence"
    partners_own = of == "startup" or feature == "text_is_seeks"
    assert evidence.of == ("p" if partners_own else "s")
    assert evidence.text.en in quoted


def test_the_nearest_sentence_is_quoted(rich: Any, encoder: Encoder) -> None:
    evidence = told(rich, encoder)["text_is_is"].evidence
    assert evidence is not None
    assert evidence.text == Names("It welds ships.", "It welds ships.")


def test_the_newest_deed_is_told(make: SimpleNamespace, rich: Any, encoder: Encoder) -> None:
    ties = [
        make.tie("a", subject="New.", valid_from=date(2024, 1, 1)),
        make.tie("b", subject="Old.", valid_from=date(2020, 1, 1)),
        make.tie("c", subject="Undated."),
    ]
    pair = make.pair(rich.startup, rich.partner, ties=ties)
    found = told(pair, encoder)["prior_tie"]
    assert found.evidence is not None
    assert found.evidence.text.en == "New. (2024-01-01)"
    assert "(3)" in found.phrase.en


def test_features_without_points_are_not_told(rich: Any, encoder: Encoder) -> None:
    query = Query(rich.startup, {}, "", TODAY)
    points = np.zeros(len(FEATURE_NAMES))
    assert explain(rich, query, pair_features([rich])[0], points, SentenceFinder(encoder)) == ()


def test_equal_points_are_told_by_name(rich: Any, encoder: Encoder) -> None:
    query = Query(rich.startup, {}, "", TODAY)
    points = np.array([1.0 * (n in ("stage_fit", "activity", "lexical")) for n in FEATURE_NAMES])
    values = pair_features([rich])[0]
    found = explain(rich, query, values, points, SentenceFinder(encoder))
    assert [one.feature for one in found] == ["activity", "lexical", "stage_fit"]


# What is not known


def test_only_unknowns_that_could_earn_points_are_judged() -> None:
    points = np.zeros((1, len(FEATURE_NAMES)))
    points[0, [FEATURE_NAMES.index("text_seeks_offers"), FEATURE_NAMES.index("recency")]] = 1.0
    ranker = SimpleNamespace(version="", contributions=lambda _: points)
    assert judged(ranker) == {"seeking_unknown", "offering_unknown"}  # recency: of the past
    everything = SimpleNamespace(version="", contributions=lambda features: features)
    told = {n for n in FEATURE_NAMES if n.endswith("_unknown")}
    assert {"history_unknown", "region_unknown", "sector_unknown"} <= judged(everything) < told


def test_each_unknown_is_told_once_and_names_who(make: SimpleNamespace) -> None:
    pair = make.pair(
        make.startup("s", sectors=["ai"]), make.partner("p", sites=["KR-27"], stages=["seed"])
    )
    found = {one.feature: one.phrase for one in unknowns(pair, pair_features([pair])[0])}
    assert set(found) == {n for n in FEATURE_NAMES if n.endswith("_unknown")}
    assert unknowns(pair, pair_features([pair])[0], {"stage_unknown"})[0].feature == "stage_unknown"
    who = {name: said.en.partition(": ")[2] for name, said in found.items()}
    assert who["sector_unknown"] == "p."
    assert who["region_unknown"] == "s."
    assert who["stage_unknown"] == "s."
    assert who["readiness_unknown"] == "s, p."
    assert who["language_unknown"] == "p."
    assert who["support_unknown"] == "s, p."
    for said in found.values():
        assert hangul(said.ko)
        assert "{" not in said.en + said.ko


def test_what_is_known_is_not_told(rich: Any) -> None:
    assert unknowns(rich, pair_features([rich])[0]) == ()


# Words


def lexical(make: SimpleNamespace, encoder: Encoder, one: Any, other: Any, **more: Any) -> Names:
    pair = make.pair(make.startup("one", **one), make.partner("two", **other))
    pair = replace(pair, scene=replace(pair.scene, **more))
    return told(pair, encoder, only={"lexical"})["lexical"].phrase


PLAIN = phrase("told.lexical_plain")


@pytest.mark.parametrize(
    ("one", "other", "en", "ko"),
    [
        ("Robots that weld", "weld, ROBOTS", "Robots, weld", ""),
        ("로봇을 만든다", "산업용 로봇", "", "로봇"),
        ("산업용 로봇", "로봇을 만든다", "", "로봇"),
        ("초음파를 판독을 돕는", "초음파의 판독", "", "초음파, 판독"),
        ("the and of", "the and of", "", ""),
        ("A large pilot abroad for devices", "devices, a large pilot abroad", "", ""),
        ("대규모 실증을 하는 솔루션", "대규모 실증과 솔루션", "", ""),
        ("GPU가 필요하다", "GPU를 빌려준다", "", "GPU"),
        ("robots", "로봇", "", ""),
        ("5 robots 2026", "5 yards 2026", "", ""),
        ("robot robots", "robots robot", "robots", ""),
        ("x y z", "z", "", ""),
        ("xx", "yy", "", ""),
    ],
)
def test_words_that_tell(
    make: SimpleNamespace, encoder: Encoder, one: str, other: str, en: str, ko: str
) -> None:
    """Empty words are not named; where none is left in a language, none is named in it."""
    said = lexical(make, encoder, {"summary": one}, {"summary": other})
    folded = phrase("told.lexical_elsewhere") if en or ko else PLAIN
    assert said.en == (phrase("reason.lexical", words=en).en if en else folded.en)
    assert said.ko == (phrase("reason.lexical", words=ko).ko if ko else folded.ko)


def test_the_rarest_words_come_first_and_common_ones_not_at_all(
    make: SimpleNamespace, encoder: Encoder
) -> None:
    share = {"valves": 0.01, "pumps": 0.1, "pipes": 0.5, "tanks": 0.05, "hoses": 0.05, "bolts": 0}
    text = {"summary": " ".join(share)}

    def commonness(tokens: Sequence[str]) -> list[float]:
        return [share[token] for token in tokens]

    said = lexical(make, encoder, text, text, commonness=commonness)
    assert said.en.endswith(": bolts, valves, hoses, tanks.")
    text = {"summary": "pipes pumps"}
    assert lexical(make, encoder, text, text, commonness=commonness).en.endswith(": pumps.")
    text = {"summary": "pipes"}
    assert lexical(make, encoder, text, text, commonness=commonness) == PLAIN


def test_how_common_words_are_is_counted_over_both_sides(
    world: SimpleNamespace, make: SimpleNamespace
) -> None:
    partners = [make.partner(f"p{n}", summary=f"Pumps {n}") for n in range(FEWEST_PROFILES - 1)]
    world.writer.put_many(partners)
    asked = ["pumps", "valves", "nowhere"]
    assert list(commonness_in(world.follower.catch_up())(asked)) == [0.0] * 3  # of too few
    world.writer.put_many([make.startup("s", summary="Valves and pumps")])
    found = commonness_in(world.follower.catch_up())(asked)
    assert list(found) == [1.0, 1 / FEWEST_PROFILES, 0.0]
    world.store.erase("s")
    world.writer.put_many([make.partner("more", summary="Valves")])
    found = commonness_in(world.follower.catch_up())(["valves", "valves"])
    assert list(found) == [1 / FEWEST_PROFILES] * 2


def test_words_are_told_to_each_reader_in_their_own_language(
    make: SimpleNamespace, encoder: Encoder
) -> None:
    text = {"en": "Welding robots", "ko": "용접 로봇"}
    pair = make.pair(make.startup("one", summary=text), make.partner("two", summary=text))
    said = told(pair, encoder, only={"lexical"})["lexical"].phrase
    assert "Welding" in said.en
    assert not hangul(said.en)
    assert "용접" in said.ko
    assert "Welding" not in said.ko


# Phrases


@pytest.mark.parametrize(
    "group", ["name", "reason", "told", "unknown", "refusal", "note", "probability"]
)
def test_every_phrase_stands_in_both_languages_with_the_same_parameters(group: str) -> None:
    from string import Formatter

    for code, template in phrases()[group].items():
        assert set(template) == {"en", "ko"}, code
        named = [{f for _, f, _, _ in Formatter().parse(template[lang]) if f} for lang in template]
        assert named[0] == named[1], code
        assert hangul(template["ko"]), code
        assert not hangul(template["en"]), code


def test_a_phrase_takes_each_language_of_its_parameters() -> None:
    said = phrase("refusal.not_member", programme=Text(en="Hub", ko="허브"))
    assert said.en.endswith("Hub.")
    assert said.ko.endswith("허브")


def test_a_phrase_that_is_not_there_or_lacks_a_parameter_is_refused() -> None:
    with pytest.raises(KeyError):
        phrase("reason.charm")
    with pytest.raises(KeyError, match="programme"):
        phrase("refusal.not_member")
