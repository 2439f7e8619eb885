"""Tests what of a text counts: prose does, markup, repetition and heaps of words do not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from index.prose import BARE_WORDS, CREDIT, told, without_markup, worth_of
from profiles.catalogue import load_catalogue
from profiles.taxonomy import sectors

OWN = {
    "en": "We build a scanner that shows a doctor where a nodule lies, and look for a hospital.",
    "ko": "결절의 위치를 의사에게 보여 주는 진단기를 만들며, 함께 실증할 병원을 찾습니다.",
}
NAMES = {lang: [sector.name.in_(lang) for sector in sectors().values()] for lang in ("en", "ko")}


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("between", [", ", " ", "\n", ". ", "; ", "/", ",", "_", "-", ""])
def test_a_heap_behind_prose_counts_nothing(lang: str, between: str) -> None:
    found = told(f"{OWN[lang]}\n{between.join(NAMES[lang])}")
    assert found.startswith(OWN[lang])
    assert len(found.split()) <= len(OWN[lang].split()) + (CREDIT if between == ". " else 0)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_short_list_counts_and_a_long_one_does_not(lang: str) -> None:
    words = " ".join(NAMES[lang]).split()
    few = ", ".join(words[: BARE_WORDS // 2])
    assert told(few) == few
    assert told(", ".join(words)) == ""


def test_a_few_words_too_many_are_left_out_and_what_follows_counts() -> None:
    listed = "robots drones cameras radar sensors valves pumps lasers magnets batteries " * 3
    found = told(f"{listed}{OWN['en']}")
    assert found == " ".join(listed.split()[:BARE_WORDS]) + f" {OWN['en']}"


def test_prose_counts_whole() -> None:
    """What ships, the scenes and the descriptions lose next to nothing."""
    scenes = Path(__file__).parents[1] / "service" / "scenes.yaml"
    lines = Path("index/training/descriptions.tsv").read_text(encoding="utf-8").splitlines()
    texts = [part for line in lines if line[0] != "#" for part in line.split("\t")[:2]]
    for scene in yaml.safe_load(scenes.read_text(encoding="utf-8")):
        texts += [scene[lang][name] for lang in ("en", "ko") for name in ("summary", "seeking")]
    assert [told(text) for text in texts] == texts
    fields = ("summary", "offering", "seeking")
    given = [getattr(one, name) for one in load_catalogue().partners for name in fields]
    parts = [part for text in given if text for part in text.parts]
    kept = sum(len(told(part).split()) for part in parts)
    assert kept >= 0.999 * sum(len(part.split()) for part in parts)


@pytest.mark.parametrize(
    "text",
    [
        "Wir bauen Maschinen, die durch die Reihen fahren und die Reben mit einer Schere kürzen. "
        "Wir suchen einen Partner, der sie mit uns auf dem Feld und in der Halle erprobt.",
        "Nous cherchons un partenaire pour tester sur le terrain les capteurs que nous avons mis "
        "au point et qui mesurent la qualité de l'eau dans les rivières et les lacs de la région.",
    ],
)
def test_other_languages_count_too(text: str) -> None:
    assert told(text) == text


def test_what_is_said_again_counts_once() -> None:
    for times in (2, 5, 20):
        assert told(" ".join([OWN["en"]] * times)) == OWN["en"]
        assert told("\n".join([OWN["ko"]] * times)) == OWN["ko"]
    assert told("Ships. Cranes. Ships.") == "Ships.\nCranes."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("We build <!-- AI cloud robot --> ships", "We build ships"),
        ("We build <script>ai()</script> ships", "We build > ships"),
        ("We <b>build</b> <span style='color:#fff'>ships</span><br/>", "We build ships"),
        ("<STYLE>a</STYLE><IMG src=x onerror=y>ships", "> ships"),
        ("at <5 °C, a < b and c > d, List<String>", "at <5 °C, a < b and c > d, List<String>"),
        ("We build <!-- never closed", "We build <!-- never closed"),
        ("İ <!-- AI --> ships", "İ ships"),
    ],
)
def test_markup_counts_nothing(text: str, left: str) -> None:
    assert " ".join(without_markup(text).split()) == left
    assert " ".join(told(text).split()) == left


@pytest.mark.parametrize("text", ["<!--" * 5_000, "<b" * 10_000, "<script" * 2_800, "<" * 20_000])
def test_hostile_markup_is_read_at_once(text: str) -> None:
    start = time.process_time()
    told(text)
    assert time.process_time() - start < 5  # some square of the length would take minutes


@given(st.text())
def test_words_are_only_left_out(text: str) -> None:
    left = iter("".join((text if "<" not in text else without_markup(text)).split()))
    kept = "".join(told(text).split())  # words that punctuation joins are words of their own
    assert all(any(sign == other for other in left) for sign in kept)


@pytest.mark.parametrize(
    ("word", "worth"),
    [
        *((word, CREDIT) for word in ("the", "of", "We", "WITH", "der", "with.")),
        *((word, -1) for word in ("and", "or", "AI", "robots", "with,", "및", "", "...", "로봇")),
        *((word, 2) for word in ("로봇을", "만듭니다.", "병원에서", "위한")),
        ("로봇을,", -1),
        ("디지털기술인공지능클라우드로봇을", -2),
    ],
)
def test_grammatical_words_bear_others(word: str, worth: int) -> None:
    assert worth_of(word) == worth
