"""Tests the texts that the encoder and lexical search see."""

from __future__ import annotations

from collections.abc import Callable

from index import document, passages, subject_passage
from index.passages import MOST_NAMED_SECTORS
from profiles import Partner, Startup, Tie, validate
from profiles.taxonomy import region_name, sectors


def full() -> Startup:
    return validate(
        Startup,
        {
            "id": "s",
            "name": {"en": "Wave", "ko": "파도"},
            "aliases": ["Wave Labs"],
            "summary": {"en": "Ships that steer.", "ko": "스스로 가는 배."},
            "offering": "A pilot.",
            "seeking": {"ko": "실증 장소"},
            "region": "KR-26",
            "sectors": ["ai"],
            "contact": "someone@example.org",
            "consent": {"version": "1", "purpose": "matching", "at": "2026-01-01T00:00:00Z"},
        },
    )


def test_each_facet_with_a_text_has_a_passage() -> None:
    ai = sectors()["ai"].name
    assert passages(full()) == {
        "is": f"Wave\n파도\nShips that steer.\n스스로 가는 배.\n{ai.en}\n{ai.ko}",
        "offers": "A pilot.",
        "seeks": "실증 장소",
    }


def test_a_text_is_told_as_far_as_it_counts(partner: Callable[..., Partner]) -> None:
    heap = ", ".join(code.replace("_", " ") for code in sectors())
    one = partner("p", "We build ships. We build ships.", offering="<!-- AI -->", seeking=heap,
                  aliases=[heap[:900]])  # fmt: skip
    assert passages(one) == {"is": "p\nWe build ships."}
    assert document(one) == "p\nWe build ships."


def test_who_ticks_all_sectors_is_told_by_none(partner: Callable[..., Partner]) -> None:
    codes = list(sectors())
    most = partner("p", sectors=codes[:MOST_NAMED_SECTORS])
    assert sectors()[codes[-1]].name.en not in passages(most)["is"]
    assert all(sectors()[code].name.ko in passages(most)["is"] for code in most.sectors)
    for told in (passages, document):
        assert told(partner("p", sectors=codes)) == told(partner("p"))


def test_a_bare_partner_is_its_name(partner: Callable[..., Partner]) -> None:
    assert passages(partner("p")) == {"is": "p"}
    assert document(partner("p")) == "p"


def test_a_document_holds_every_word_to_look_for_and_nothing_personal() -> None:
    text = document(full())
    regions = [region_name("KR-26", lang) for lang in ("en", "ko")]
    for word in ("Wave Labs", "스스로 가는 배.", "A pilot.", "실증 장소", *regions):
        assert word in text.split("\n")
    assert "example.org" not in text


def test_a_place_abroad_is_encoded_by_its_iso_name(partner: Callable[..., Partner]) -> None:
    assert document(partner("p", region="US-MA")).split("\n")[1:] == ["Massachusetts"] * 2


def test_a_tie_is_told_by_its_subject(tie: Callable[..., Tie]) -> None:
    assert subject_passage(tie("t", "a", "b")) is None
    both = tie("t", "a", "b", subject={"en": "Chips", "ko": "칩"})
    assert subject_passage(both) == "Chips\n칩"
