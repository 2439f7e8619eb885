"""Trains on a tiny made-up data folder, and checks what the training stands on."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import polars
import pytest

from index.encoder import EncoderError, StaticEncoder, TransformerEncoder
from index.training import train_tokenizer
from index.training.__main__ import main
from index.training.bilingual import (
    DESCRIPTIONS_FILE,
    GLOSSARY_FILE,
    filled,
    read_glossary,
    read_pairs,
    sector_phrases,
    with_particle,
)
from index.training.corpus import read_corpus, sentences
from index.training.report import bm25_scores, reciprocal_ranks

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")

NOUNS = ["ship", "robot", "battery", "antibody", "antenna", "laser", "satellite", "membrane"]
QUICK = ["--threads=1", "--epochs=1", "--batch=64", "--vocabulary=6000", "--dimension=16"]


def write_data(folder: Path) -> Path:
    """Write a data folder of the same form as the real one, small and made up."""
    for name in ("sbir", "cordis", "ksic", "kind", "tatoeba"):
        (folder / name).mkdir(parents=True)
    pairs = [(f"{a} for a {b} {n}", f"We study the {a}. It helps every {b} of type {n} a lot.")
             for n, a in enumerate(NOUNS * 5) for b in NOUNS]  # fmt: skip
    titles, abstracts = zip(*pairs, strict=True)
    polars.DataFrame({"title": titles, "abstract": abstracts}).write_parquet(
        folder / "sbir" / "awards.parquet"
    )
    (folder / "cordis" / "projects.csv").write_text(
        "id,title,topic_title,objective,startDate\n"
        "1,Old project,Topic,The old project studies ships. It ends in a report.,2024-06-30\n"
        "2,New project,Topic,The new project is a clean test.,2024-07-01\n",
        encoding="utf-8",
    )
    names = [
        f"{code},제품 {code} 제조업,Manufacture of item {code},5,C11" for code in range(100, 140)
    ]
    (folder / "ksic" / "ksic.csv").write_text(
        "cd,nm,eng_nm,digit,ksic_C\n" + "\n".join(names), encoding="utf-8"
    )
    (folder / "kind" / "listed_companies.csv").write_text(
        "회사명,업종,주요제품\n가나,제품 100 제조업,로봇\n다라,제품 109 제조업,비밀\n",
        encoding="utf-8",
    )
    (folder / "tatoeba" / "ko_en.tsv").write_text("Hello.\t안녕.\nGo.\t가.\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


class TestCommand:
    def test_it_trains_a_model_that_loads_and_says_its_figures(
        self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "model"
        assert main([str(data), "--out", str(out), *QUICK]) == 0
        printed = capsys.readouterr().out
        assert "MRR@10" in printed
        assert "BM25" in printed
        assert "KSIC names" in printed
        ours = StaticEncoder(out).encode(["robot for a ship", "로봇"])
        theirs = TransformerEncoder(str(out)).encode(["robot for a ship", "로봇"])
        assert ours.shape == (2, 16)
        assert ((ours * theirs).sum(axis=1) >= 0.99999).all()
        assert all(
            file.stat().st_mode & 0o777 == 0o644 for file in out.rglob("*") if file.is_file()
        )

    def test_the_same_command_gives_the_same_bytes(self, data: Path, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "index.training", str(data), *QUICK]
        for name in ("first", "second"):
            subprocess.run([*command, "--out", str(tmp_path / name)], check=True)
        for file in sorted((tmp_path / "first").rglob("*")):
            if file.is_file():
                twin = tmp_path / "second" / file.relative_to(tmp_path / "first")
                assert file.read_bytes() == twin.read_bytes(), file.name

    def test_a_folder_without_data_is_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(tmp_path), "--out", str(tmp_path / "model")]) == 1
        assert str(tmp_path) in capsys.readouterr().err
        assert not (tmp_path / "model").exists()

    def test_a_missing_column_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "ksic").mkdir()
        (tmp_path / "ksic" / "ksic.csv").write_text("cd,nm\n1,농업\n", encoding="utf-8")
        with pytest.raises(EncoderError, match="eng_nm"):
            read_corpus(tmp_path, read_glossary())


class TestCorpus:
    def test_held_out_texts_are_in_no_source(self, data: Path) -> None:
        corpus = read_corpus(data, read_glossary())
        test = corpus.held_out
        held_out = {side for pair in (*test.sbir, *test.ksic, *test.catalogue) for side in pair}
        assert len(corpus.held_out.sbir) == 16
        assert len(corpus.held_out.catalogue) >= 20
        assert len(corpus.held_out.ksic) == 4
        generator = np.random.default_rng(0)
        for source in corpus.sources:
            drawn = {side for pair in islice(source.draw(generator), 1_000) for side in pair}
            assert not drawn & held_out, source.name
        assert not {*corpus.english, *corpus.korean} & held_out

    def test_later_projects_are_left_out(self, data: Path) -> None:
        corpus = read_corpus(data, read_glossary())
        assert any("old project" in text for text in corpus.english)
        assert not any("clean test" in text for text in corpus.english)

    def test_the_evaluation_s_descriptions_are_in_no_source(self) -> None:
        trained = {side for pair in read_glossary().terms for side in pair}
        assert not trained & {side for pair in read_pairs(DESCRIPTIONS_FILE) for side in pair}
        assert len(read_pairs(DESCRIPTIONS_FILE)) == 60

    def test_sentences(self) -> None:
        text = "The first sentence is here. Short. And the last one is here, too!"
        assert sentences(text) == ["The first sentence is here.", "And the last one is here, too!"]


class TestBilingual:
    def test_the_glossary_is_large_and_says_nothing_twice(self) -> None:
        pairs = read_pairs(GLOSSARY_FILE)
        assert len(pairs) >= 1_200
        assert len(set(pairs)) == len(pairs)

    @pytest.mark.parametrize(
        ("word", "particles", "expected"),
        [
            ("로봇", ("을", "를"), "로봇을"),
            ("배터리", ("을", "를"), "배터리를"),
            ("AI", ("을", "를"), "AI를"),
            ("선박", ("와", "과"), "선박과"),
            ("배터리", ("와", "과"), "배터리와"),
            ("서울", ("으로", "로"), "서울로"),
            ("부산", ("으로", "로"), "부산으로"),
            ("제주", ("으로", "로"), "제주로"),
        ],
    )
    def test_particles(self, word: str, particles: tuple[str, str], expected: str) -> None:
        assert with_particle(word, *particles) == expected

    def test_frames_are_filled(self) -> None:
        terms = {"x": "로봇", "y": "배터리"}
        assert filled("{y}용 {x}(을/를) 개발합니다.", terms) == "배터리용 로봇을 개발합니다."

    def test_both_languages_of_a_frame_take_the_same_terms(self) -> None:
        for frame in read_glossary().frames:
            slots = [{slot for slot in "xyz" if f"{{{slot}}}" in side}
                     for side in (frame.english, frame.korean)]  # fmt: skip
            assert slots[0] == slots[1]
            assert sorted(slots[0]) == list("xyz"[: frame.slots])

    def test_descriptions_hold_no_slot(self) -> None:
        drawn = list(islice(read_glossary().descriptions(np.random.default_rng(3)), 500))
        assert not any(mark in text for pair in drawn for text in pair for mark in "{}")

    def test_sector_phrases_differ(self) -> None:
        drawn = list(islice(sector_phrases(np.random.default_rng(3)), 100))
        assert all(first and second for first, second in drawn)

    def test_a_line_without_tab_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "terms.tsv").write_text("robot 로봇\n", encoding="utf-8")
        with pytest.raises(EncoderError, match=r"terms\.tsv:1"):
            read_pairs(tmp_path / "terms.tsv")


class TestVocabulary:
    def test_acronyms_stay_whole_and_scripts_part(self) -> None:
        english = ["a network of AI", "i see 5 g and 5G"] * 20
        tokenizer = train_tokenizer(
            english, ["선박용 통신장비를 개발"] * 20, words=["AI", "5G", "선박"], size=4_000
        )
        assert tokenizer.encode("５Ｇ통신장비").tokens[0] == "5g"
        assert tokenizer.encode("AI기반").tokens[0] == "ai"
        assert tokenizer.encode("선박용, 5G!").tokens[-1] == "5g"
        assert tokenizer.get_vocab_size() <= 4_000

    def test_the_same_texts_give_the_same_tokenizer(self) -> None:
        made = [
            train_tokenizer(["ships and robots"] * 9, ["배와 로봇"] * 9, words=["AI"], size=3_000)
            for _ in range(2)
        ]
        assert made[0].to_str() == made[1].to_str()


class TestReport:
    def test_reciprocal_ranks_by_hand(self) -> None:
        scores = np.array([[0.9, 0.1, 0.2], [0.5, 0.5, 0.1], [0.9, 0.8, 0.7]])
        assert reciprocal_ranks(scores) == pytest.approx([1, 1 / 2, 1 / 3])
        assert reciprocal_ranks(scores, depth=2) == pytest.approx([1, 1 / 2, 0])

    def test_bm25_finds_the_shared_word(self) -> None:
        scores = bm25_scores(["robot"], ["a ship", "a robot arm", "an antenna"])
        assert scores.argmax() == 1
