"""The report as one file: what it says, in both languages, and that it is the same again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation import (
    ConversionError,
    Reason,
    Report,
    Run,
    as_html,
    evaluate_folder,
    load,
    report_on,
    write_report,
)
from evaluation import messages as words
from index import Encoder
from matcher import load_ranker
from profiles.taxonomy import Names

Files = dict[str, Any]
Write = Callable[[Files], Path]
ROOT = Path(__file__).parents[2]


def report(write: Write, files: Files, *, lone: bool = False) -> Report:
    asked = {"startup": "s1", "date": "2020-08-01", "track": "health", "sectors": ["ai"]}
    files["queries.jsonl"] += [{**asked, "id": f"n{i}", "cluster": f"n{i}"} for i in range(24)]
    files["qrels.txt"] += [f"n{i} 0 p1 1" for i in range(24)]
    good = {f"n{i}": {"p1": 9.0, "p2": 8.0} for i in range(24)}
    poor = {f"n{i}": {"p1": 1.0, "p2": 8.0, "p3": 7.0} for i in range(24)}
    runs = [Run.of("dari", good), Run.of("popularity", poor), Run.of("a <b>run</b>", poor)]
    return report_on(load(write(files)), runs[:1] if lone else runs, seed=3)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the charts out, where a test is about words alone."""
    monkeypatch.setattr("evaluation.charts._drawn", lambda *_args, **_kwargs: "<svg></svg>")


def plain(page: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


@pytest.mark.usefixtures("undrawn")
def test_it_says_which_is_better_by_how_much_where_and_how_sure(write: Write, files: Files) -> None:
    text = plain(as_html(report(write, files), "en"))
    verdict = "Dari is better than popularity: nDCG@10 .889 against .444, a gain of .444"
    assert re.search(
        rf"{verdict} \(95% interval \+\.\d+ … \+\.\d+; 27 queries in 26 clusters\)", text
    )
    assert "with probability &lt;.001 (corrected for 2 comparisons)" in text
    assert (
        "of the first 10 that Dari lists, 0.9 are right on average, as many as with popularity"
        in text
    )
    assert "Over all queries it is ahead, beyond noise, of: popularity, a &lt;b&gt;run" in text
    assert re.search("Ahead of popularity: [^.]*Track – health", text)
    assert "parts are too small for a verdict" in text
    assert "too few" in text


@pytest.mark.usefixtures("undrawn")
def test_it_is_told_in_korean(write: Write, files: Files) -> None:
    page = as_html(report(write, files), "ko")
    assert '<html lang="ko">' in page
    text = plain(page).split("유의할 점")[0]
    assert "인기도보다 다리 쪽이 낫습니다. nDCG@10 .889 대 .444" in text
    for english in ("Where", "ahead", "too few", "Coverage", "Difference", "interval"):
        assert english not in text


@pytest.mark.usefixtures("undrawn")
def test_runs_that_cannot_be_told_apart_and_lone_clusters_get_no_praise(
    write: Write, files: Files
) -> None:
    run = Run.of("dari", {"q1": {"p2": 1.0}})
    few = report_on(load(write(files)), [run, Run.of("bm25", {})])
    assert "No verdict on Dari and words (BM25)" in plain(as_html(few, "en"))
    assert "결론을 내지 않습니다(다리 / 단어(BM25))" in plain(as_html(few, "ko"))
    report(write, files)
    runs = [Run.of(name, {f"n{i}": {"p1": 1.0} for i in range(24)}) for name in ("dari", "x")]
    even = report_on(load(write(files)), runs)
    assert "Dari and x come to the same" in plain(as_html(even, "en"))


@pytest.mark.usefixtures("undrawn")
def test_both_sides_stand_on_one_page(write: Write, files: Files, word_encoder: Encoder) -> None:
    made = evaluate_folder(write(files), word_encoder, side=None)
    page = as_html(made, "en")
    assert [page.count(f'id="{side}"') for side in ("startup", "partner")] == [1, 1]
    text = plain(page)
    assert text.index("queries of startups that look") < text.index("queries of partners that look")
    assert text.count("What to keep in mind") == 2
    assert text.count("How to read this") == 1
    assert load_ranker().version in text
    assert "words-64" in text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.usefixtures("undrawn")
def test_notes_are_in_the_readers_language(write: Write, files: Files) -> None:
    files["dataset.json"]["notes"] = [{"en": "mind this", "ko": "주의"}, "plain"]
    files["dataset.json"]["cluster"] = {"en": "a round", "ko": "라운드"}
    made = report_on(load(write(files)), [Run.of("dari", {})])
    english, korean = plain(as_html(made, "en")), plain(as_html(made, "ko"))
    assert "mind this" in english
    assert "주의" not in english
    assert "주의" in korean
    assert "mind this" not in korean
    assert "plain" in korean
    assert "묶음의 뜻: 라운드" in korean
    assert made.as_json()["notes"][:2] == ["mind this", "plain"]


@pytest.mark.usefixtures("undrawn")
def test_what_moved_is_told_with_its_reasons(write: Write, files: Files) -> None:
    why = Reason("sector", 12.5, Names("Same sector", "같은 분야"))
    other = Reason("region", 3.25, Names("Same <region>", "같은 지역"))
    runs = [
        Run.of("dari", {"q1": {"p2": 2.0, "p1": 1.0}}, reasons={"q1": {"p2": (why, other)}}),
        Run.of("second", {"q1": {"p1": 2.0, "p2": 1.0}}, reasons={"q1": {"p2": ()}}),
    ]
    made = report_on(load(write(files)), runs)
    english, korean = plain(as_html(made, "en")), plain(as_html(made, "ko"))
    assert "Dari rank 1: Same sector (12.5) · Same &lt;region&gt; (3.2)" in english
    assert "second rank 2" in english
    assert "같은 분야 (12.5)" in korean
    mute = report_on(load(write(files)), [runs[0], Run.of("bm25", {"q1": {"p1": 1.0}})])
    assert "words (BM25): baselines and run files give no reasons" in plain(as_html(mute, "en"))


def test_probabilities_are_drawn_where_a_system_gives_them(write: Write, files: Files) -> None:
    files["queries.jsonl"] += [
        {"id": f"n{i}", "startup": "s1", "date": "2020-08-01", "cluster": f"n{i}"}
        for i in range(24)
    ]
    files["qrels.txt"] += [f"n{i} 0 p1 {i % 2}" for i in range(24)]
    scores = {f"n{i}": {"p1": 9.0, "p2": 8.0} for i in range(24)}
    chances = {query: {"p1": 0.9} for query in scores}
    runs = [Run.of("dari", scores, chances=chances), Run.of("bm25", scores)]
    page = as_html(report_on(load(write(files)), runs), "en")
    text = plain(page)
    assert "Dari: on average it said .900, but .500 were relevant" in text
    assert "its probabilities are too high. 24 pairs in 24 clusters" in text
    assert "A probability was said of 24 of 48 listed pairs" in text
    assert "there is no reliability table" not in text
    assert page.count("<svg") == 6 + 1 + 6 + 1 + 1
    assert "확률이 너무 높습니다" in plain(as_html(report_on(load(write(files)), runs), "ko"))


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_same_input_gives_the_same_bytes(
    write: Write, files: Files, tmp_path: Path, lang: str
) -> None:
    made = report(write, files)
    paths = [write_report(made, tmp_path / name, lang) for name in ("a", "b")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_it_needs_nothing_else(write: Write, files: Files) -> None:
    page = as_html(report(write, files), "en")
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", page)
    assert not re.findall(r"url\((?!#)", page)
    assert "@import" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count("<svg") == 6 + 1 + 6 + 1


def test_hostile_names_are_text(write: Write, files: Files) -> None:
    files["dataset.json"]["name"] = "<script>alert(1)</script>"
    files["queries.jsonl"][0]["track"] = "</svg><img src=x>"
    page = as_html(report(write, files), "en")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(("lang", "tag"), [("en", "Dari"), ("en", "words (BM25)"), ("ko", "다리")])
def test_a_run_called_as_one_of_ours_is_shown_stands_for_itself(
    write: Write, files: Files, lang: str, tag: str
) -> None:
    runs = [Run.of(name, {"q1": {"p1": 1.0}}) for name in ("dari", tag, "bm25", f"{tag} (2)")]
    page = as_html(report_on(load(write(files)), runs), lang)
    cells = re.findall(r"<tr[^>]*><td>([^<]*)</td>", page.split("</table>", 1)[0])
    assert len(set(cells)) == 4
    curve = page.split("<svg")[-1]
    assert all(f">{name}<" in curve for name in cells)


def test_a_report_of_one_system_stands_alone(write: Write, files: Files) -> None:
    made = report(write, files, lone=True)
    assert made.moved is None
    text = plain(as_html(made, "en"))
    assert "Dari reaches" in text
    assert "By how much" not in text


def test_a_place_that_cannot_be_written_is_named(
    write: Write, files: Files, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConversionError, match="cannot be written"):
        write_report(report(write, files, lone=True), tmp_path / "file", "en")


def test_every_sentence_that_the_page_uses_is_there_in_both_languages() -> None:
    used = set()
    for name in ("html.py", "wording.py", "report.html", "report_side.html"):
        source = (ROOT / "evaluation" / name).read_text(encoding="utf-8")
        used |= set(re.findall(r"""\bt\(\s*f?["']([a-z0-9_]+)["']\s*[,)]""", source))
    assert len(used) > 40
    assert used <= words.keys()
    for key in words.keys():  # noqa: SIM118 - a function, not a mapping
        catalogue = words._catalogue()[key]
        assert set(catalogue) == {"en", "ko"}
        holes = [set(re.findall(r"{(\w+)}", catalogue[lang])) for lang in ("en", "ko")]
        assert holes[0] == holes[1], key
