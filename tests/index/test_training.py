"""Trains on a tiny made-up data folder, and checks what the training stands on."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stdout
from itertools import islice
from pathlib import Path

import numpy as np
import polars
import pytest

from index.encoder import EncoderError, StaticEncoder, TransformerEncoder
from index.training import train_tokenizer
from index.training.__main__ import main
from index.training.bilingual import (
    GLOSSARY_FILE,
    filled,
    read_descriptions,
    read_glossary,
    read_pairs,
    sector_descriptions,
    sector_phrases,
    with_particle,
)
from index.training.corpus import near_identical, read_corpus, sentences, split_ksic
from index.training.model import Bags, RowAdam, contrast
from index.training.report import bm25_scores, reciprocal_ranks
from profiles.taxonomy import sectors

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")

NOUNS = ["ship", "robot", "battery", "antibody", "antenna", "laser", "satellite", "membrane"]
KOREAN = ["선박", "로봇", "전지", "항체", "안테나", "레이저", "위성", "분리막"]
USES = {"농업": "farm", "의료": "hospital", "국방": "army", "교육": "school", "가정": "home"}
QUICK = ["--epochs=1", "--batch=64", "--vocabulary=6000", "--dimension=16"]


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
    things = list(zip(KOREAN, NOUNS, strict=True))
    made = [(f"{use}용 {ko}", f"{place} {en}") for use, place in USES.items() for ko, en in things]
    names = [f"{code},{ko},{en},5,C11" for code, (ko, en) in enumerate(made, start=100)]
    (folder / "ksic" / "ksic.csv").write_text(
        "cd,nm,eng_nm,digit,ksic_C\n" + "\n".join(names), encoding="utf-8"
    )
    (folder / "kind" / "listed_companies.csv").write_text(
        "회사명,업종,주요제품\n가나,농업용 선박,로봇\n다라,농업용 전지,비밀\n",
        encoding="utf-8",
    )
    (folder / "tatoeba" / "ko_en.tsv").write_text("Hello.\t안녕.\nGo.\t가.\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A model that this process has trained, and what was printed meanwhile."""
    out, printed = tmp_path_factory.mktemp("trained") / "model", io.StringIO()
    with redirect_stdout(printed):
        assert main([str(data), "--out", str(out), *QUICK]) == 0
    return out, printed.getvalue()


class TestCommand:
    def test_it_trains_a_model_that_loads_and_says_its_figures(
        self, trained: tuple[Path, str]
    ) -> None:
        out, printed = trained
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

    def test_the_same_command_gives_the_same_bytes(
        self, data: Path, trained: tuple[Path, str], tmp_path: Path
    ) -> None:
        """Another process, of other hashes, makes what this one made."""
        command = [sys.executable, "-m", "index.training", str(data), *QUICK]
        subprocess.run([*command, "--out", str(tmp_path)], check=True)
        made = {one.relative_to(trained[0]) for one in trained[0].rglob("*") if one.is_file()}
        assert made == {one.relative_to(tmp_path) for one in tmp_path.rglob("*") if one.is_file()}
        for file in sorted(made):
            assert (trained[0] / file).read_bytes() == (tmp_path / file).read_bytes(), file

    def test_without_the_teacher_training_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("index.training.teacher.TEACHER_PACKAGE", "no_such_package")
        (tmp_path / "tatoeba").mkdir()
        (tmp_path / "tatoeba" / "ko_en.tsv").write_text("Hello.\t안녕.\n", encoding="utf-8")
        assert main([str(tmp_path), "--out", str(tmp_path / "model"), *QUICK]) == 0
        assert "teacher absent" in capsys.readouterr().out

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
        held_out = {
            side
            for part in (corpus.choice, corpus.test)
            for pair in (*part.sbir, *part.ksic, *part.catalogue)
            for side in pair
        }
        held_out |= {side for pair in sector_descriptions() for side in pair}
        assert [len(part.sbir) for part in (corpus.choice, corpus.test)] == [8, 16]
        assert [len(part.ksic) for part in (corpus.choice, corpus.test)] == [4, 13]
        assert len(corpus.test.catalogue) >= 20
        generator = np.random.default_rng(0)
        for source in corpus.sources:
            drawn = {side for pair in islice(source.draw(generator), 1_000) for side in pair}
            assert not drawn & held_out, source.name
        assert not {*corpus.english, *corpus.korean} & held_out

    def test_later_projects_are_left_out(self, data: Path) -> None:
        corpus = read_corpus(data, read_glossary())
        assert any("old project" in text for text in corpus.english)
        assert not any("clean test" in text for text in corpus.english)

    def test_choice_and_test_are_apart(self, data: Path) -> None:
        corpus = read_corpus(data, read_glossary())
        for one, other in (
            (corpus.choice.sbir, corpus.test.sbir),
            (corpus.choice.ksic, corpus.test.ksic),
            (corpus.choice.catalogue, corpus.test.catalogue),
        ):
            assert not {s for pair in one for s in pair} & {s for pair in other for s in pair}

    def test_an_industry_held_out_is_no_bridge_either(self, data: Path) -> None:
        corpus = read_corpus(data, read_glossary())
        kind = next(source for source in corpus.sources if source.name.startswith("kind"))
        drawn = set(islice(kind.draw(np.random.default_rng(0)), 50))
        assert drawn == {("로봇", "농업용 선박"), ("로봇", "farm ship")}

    def test_near_identical_names_go_with_the_one_held_out(self) -> None:
        rows = [
            ("C11", "1", "배 농장", "pear farming"),
            ("C11", "2", "전구 공장", "lamp works"),
            ("C11", "3", "반도체 소자 제조업", "semiconductor devices"),
            ("C10", "9", "반도체소자 제조업", "chips"),
            ("C9", "3", "전자관", "electron tubes"),
            ("C9", "7", "칩", "semiconductor device"),
        ]
        split = split_ksic(rows)
        assert split.test == [("반도체 소자 제조업", "semiconductor devices")]
        assert split.train == [("배 농장", "pear farming"), ("전구 공장", "lamp works")]

    def test_near_identical_by_hand(self) -> None:
        # 3 of the 4 character pairs of either name are common: 0.75. Of 5 and 5, 4 are: 0.8.
        assert near_identical(["abcde"], ["abcdx"]).tolist() == [False]
        assert near_identical(["a-b C d, E f", "zzz"], ["abcdex"]).tolist() == [True, False]
        assert near_identical([], ["ab"]).tolist() == []
        assert near_identical(["x"], []).tolist() == [False]

    def test_the_evaluation_s_descriptions_are_in_no_source(self) -> None:
        trained = {side for pair in read_glossary().terms for side in pair}
        told = read_descriptions()
        assert not trained & {text for korean, english, _ in told for text in (korean, english)}
        assert len({korean for korean, _, _ in told}) == len({en for _, en, _ in told}) == 200
        assert all(named and set(named) <= set(sectors()) for _, _, named in told)

    def test_sentences(self) -> None:
        text = "The first sentence is here. Short. And the last one is here, too!"
        assert sentences(text) == ["The first sentence is here.", "And the last one is here, too!"]


class TestBilingual:
    def test_the_glossary_is_large_and_says_nothing_twice(self) -> None:
        pairs = read_pairs(GLOSSARY_FILE)
        assert len({english.casefold() for english, _ in pairs}) >= 2_500
        assert len({korean for _, korean in pairs}) >= 2_500
        assert len({(english.casefold(), korean) for english, korean in pairs}) == len(pairs)

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


class TestModel:
    def test_the_gradient_is_that_of_the_loss(self) -> None:
        sums = np.random.default_rng(0).standard_normal((8, 5))
        loss, gradient = contrast(sums, 7.0)
        for place in np.ndindex(*sums.shape):
            moved = sums.copy()
            moved[place] += 1e-6
            slope = (contrast(moved, 7.0)[0] - loss) / 1e-6
            assert slope == pytest.approx(gradient[place], abs=1e-5)

    def test_the_loss_by_hand(self) -> None:
        sums = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [0.0, 4.0]])
        loss, _ = contrast(sums, 1.0)
        assert loss == pytest.approx(np.log(1 + np.exp(-1)))

    def test_bags_hold_each_token_s_share(self) -> None:
        tokenizer = train_tokenizer(["ship robot"] * 9, [], words=["ship", "robot"], size=3_000)
        tokens, shares = Bags(tokenizer, longest=3).read(["ship robot ship robot", "", "robot"])
        names = [tokenizer.id_to_token(int(token)) for token in tokens]
        dense = dict(zip(names, shares.toarray().T.tolist(), strict=True))
        assert dense == {
            "ship": pytest.approx([2 / 3, 0, 0]),
            "robot": pytest.approx([1 / 3, 0, 1]),
        }

    def test_adam_moves_only_the_rows_named(self) -> None:
        weights = np.ones((3, 2), dtype=np.float32)
        adam = RowAdam(weights)
        adam.step(np.array([1], dtype=np.int32), np.array([[0.5, -3.0]], np.float32), 0.1)
        assert weights == pytest.approx(np.array([[1, 1], [0.9, 1.1], [1, 1]]), abs=1e-5)
        assert adam.counts.tolist() == [0, 1, 0]


class TestReport:
    def test_reciprocal_ranks_by_hand(self) -> None:
        scores = np.array([[0.9, 0.1, 0.2], [0.5, 0.5, 0.1], [0.9, 0.8, 0.7]])
        assert reciprocal_ranks(scores) == pytest.approx([1, 1 / 2, 1 / 3])
        assert reciprocal_ranks(scores, depth=2) == pytest.approx([1, 1 / 2, 0])

    def test_bm25_finds_the_shared_word(self) -> None:
        scores = bm25_scores(["robot"], ["a ship", "a robot arm", "an antenna"])
        assert scores.argmax() == 1
