"""Checks what the training adds to pieces and words: parts of pieces, forms of verbs, a teacher."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from index.training.bilingual import CHOICE_FILE, read_choice, read_glossary, read_pairs
from index.training.corpus import Source
from index.training.model import (
    TrainingPlan,
    attraction,
    pieces_of,
    train_model,
    without_common,
)
from index.training.parts import PARTS_SHARE, parts_of, used_parts
from index.training.teacher import principal
from index.training.verbs import FORM_PAIRS, Verb, form_pairs
from index.training.vocabulary import train_tokenizer


class TestParts:
    def test_a_korean_piece_has_its_syllables_and_pairs_of_them(self) -> None:
        dense = parts_of(["[UNK]", "양식장", "식장", "장", "shrimp"]).toarray()
        parts = ["[UNK]", "양식장", "식장", "장", "shrimp", "양", "식", "양식"]
        fifth, half = PARTS_SHARE / 5, PARTS_SHARE / 2
        told = [dict(zip(parts, row, strict=True)) for row in dense.tolist()]
        inner = dict.fromkeys(["양", "식", "장", "양식", "식장"], fifth)
        assert told[1] == pytest.approx(dict.fromkeys(parts, 0.0) | {"양식장": 1.0} | inner)
        assert told[2] == pytest.approx(
            dict.fromkeys(parts, 0.0) | {"식장": 1.0, "식": half, "장": half}
        )
        assert dense[[0, 3, 4]].tolist() == np.eye(8)[[0, 3, 4]].tolist()

    def test_the_parts_of_some_tokens_make_the_same_vectors(self) -> None:
        composed = parts_of(["[UNK]", "양식장", "식장", "장", "shrimp"])
        weights = np.random.default_rng(0).standard_normal((composed.shape[1], 3))
        tokens = np.array([1, 4])
        used, made = used_parts(composed, tokens)
        assert list(used) == sorted(set(used))
        assert made @ weights[used] == pytest.approx((composed @ weights)[tokens])

    def test_a_word_that_training_never_saw_learns_from_its_syllables(self) -> None:
        tokenizer = train_tokenizer(
            ["farm ship"] * 9, [], words=["양식", "조선", "식장"], size=4_000
        )
        pairs = [("양식", "farm"), ("조선", "ship")]

        def draw(generator: np.random.Generator) -> object:
            while True:
                yield from pairs

        source = Source("pairs", 2, 1.0, draw, bilingual=True, same=True)
        plan = TrainingPlan(epochs=30, batch=2, dimension=8)
        vectors = train_model(tokenizer, [source], plan, report=lambda line: None)
        row = dict(zip(pieces_of(tokenizer), vectors, strict=True))
        unseen, farm, ship = row["식장"], row["farm"], row["ship"]
        assert np.linalg.norm(unseen) > 0
        assert unseen @ farm / np.linalg.norm(farm) > unseen @ ship / np.linalg.norm(ship)
        assert not row["[UNK]"].any()


class TestAttraction:
    def test_the_gradient_is_that_of_the_loss(self) -> None:
        sums = np.random.default_rng(0).standard_normal((8, 5))
        loss, gradient = attraction(sums)
        for place in np.ndindex(*sums.shape):
            moved = sums.copy()
            moved[place] += 1e-6
            assert (attraction(moved)[0] - loss) / 1e-6 == pytest.approx(gradient[place], abs=1e-5)

    def test_the_loss_by_hand(self) -> None:
        sums = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [4.0, 0.0]])
        assert attraction(sums)[0] == pytest.approx(0.5)


class TestCommonDirection:
    def test_what_all_texts_share_is_taken_out(self) -> None:
        words = ["ship", "robot", "antenna"]
        tokenizer = train_tokenizer(["ship robot antenna"] * 9, [], words=words, size=4_000)
        rows = {piece: row for row, piece in enumerate(pieces_of(tokenizer))}
        vectors = np.zeros((len(rows), 3), dtype=np.float32)
        vectors[[rows["ship"], rows["robot"]]] = [[2, 1, 0], [2, -1, 0]]
        vectors[rows["antenna"]] = [4, 0, 3]
        found = without_common(vectors, tokenizer, ["ship", "robot", "ship robot"])
        assert found[rows["ship"]] == pytest.approx([0, 1, 0], abs=1e-6)
        assert found[rows["robot"]] == pytest.approx([0, -1, 0], abs=1e-6)
        assert found[rows["antenna"]] == pytest.approx([0, 0, 3], abs=1e-6)


class TestVerbs:
    @pytest.mark.parametrize(
        ("verb", "forms"),
        [
            (
                "개발하다",
                ["개발합니다", "개발하는", "개발해서", "개발했습니다", "개발한", "개발하면"],
            ),
            ("굽다/구워", ["굽습니다", "굽는", "구워서", "구웠습니다", "구운", "구우면"]),
            ("팔다/팔아", ["팝니다", "파는", "팔아서", "팔았습니다", "판", "팔면"]),
            ("듣다/들어", ["듣습니다", "듣는", "들어서", "들었습니다", "들은", "들으면"]),
            ("짓다/지어", ["짓습니다", "짓는", "지어서", "지었습니다", "지은", "지으면"]),
            ("찾다/찾아", ["찾습니다", "찾는", "찾아서", "찾았습니다", "찾은", "찾으면"]),
            ("나르다/날라", ["나릅니다", "나르는", "날라서", "날랐습니다", "나른", "나르면"]),
            ("돕다/도와", ["돕습니다", "돕는", "도와서", "도왔습니다", "도운", "도우면"]),
        ],
    )
    def test_korean(self, verb: str, forms: list[str]) -> None:
        asked = ("습니다", "는", "아서", "았습니다", "은", "면")
        assert [Verb.of("do", verb).in_korean(form) for form in asked] == forms

    @pytest.mark.parametrize(
        ("verb", "forms"),
        [
            ("develop", ["develop", "develops", "developing"]),
            ("carry", ["carry", "carries", "carrying"]),
            ("make", ["make", "makes", "making"]),
            ("stop", ["stop", "stops", "stopping"]),
            ("fix on", ["fix on", "fixes on", "fixing on"]),
            ("be born", ["be born", "is born", "being born"]),
            ("die", ["die", "dies", "dying"]),
        ],
    )
    def test_english(self, verb: str, forms: list[str]) -> None:
        assert [Verb.of(verb, "하다").in_english(form) for form in ("", "s", "ing")] == forms

    def test_every_verb_has_every_form(self) -> None:
        glossary = read_glossary()
        for verb in glossary.verbs:
            assert all(verb.in_korean(form) and "다/" not in verb.stem for _, form in FORM_PAIRS)
            assert all(english and korean for english, korean in form_pairs(verb))
        assert len(glossary.verb_forms()) == len(glossary.verbs) * len(form_pairs(verb))

    def test_descriptions_hold_verbs_in_both_languages(self) -> None:
        glossary = read_glossary()
        told = list(islice(glossary.descriptions(np.random.default_rng(3)), 200))
        polite = {verb.in_korean("습니다") for verb in glossary.verbs}
        assert sum(any(form in korean for form in polite) for korean, _ in told) > 50


class TestTeacher:
    def test_the_principal_axes_come_first_and_have_the_length_asked_for(self) -> None:
        generator = np.random.default_rng(0)
        vectors = generator.standard_normal((200, 4)) * [1.0, 5.0, 0.1, 2.0] + 3.0
        turned = principal(vectors.astype(np.float32), 2, length=1.6)
        assert turned.shape == (200, 2)
        assert np.linalg.norm(turned, axis=1).mean() == pytest.approx(1.6, rel=1e-5)
        assert abs(np.corrcoef(turned[:, 0], vectors[:, 1])[0, 1]) > 0.99

    def test_axes_that_are_not_there_are_zero(self) -> None:
        turned = principal(np.eye(3, dtype=np.float32), 5, length=1.0)
        assert turned.shape == (3, 5)
        assert not turned[:, 3:].any()

    def test_what_begins_with_a_vector_and_is_not_moved_counts_nothing(self) -> None:
        tokenizer = train_tokenizer(["ship robot"] * 9, [], words=["ship", "robot"], size=4_000)
        start = {piece: np.ones(4, np.float32) for piece in pieces_of(tokenizer)}

        def draw(generator: np.random.Generator) -> object:
            while True:
                yield "ship", "ship"

        source = Source("pairs", 1, 1.0, draw)
        plan = TrainingPlan(epochs=2, batch=1, dimension=4)
        vectors = train_model(tokenizer, [source], plan, report=lambda line: None, start=start)
        row = dict(zip(pieces_of(tokenizer), vectors, strict=True))
        assert row["ship"].any()
        assert not row["robot"].any()


def test_what_chooses_is_not_what_tests_or_trains() -> None:
    chosen = {side for pair in read_choice() for side in pair}
    assert len(read_choice()) == len(read_pairs(CHOICE_FILE)) == 80
    assert not chosen & {side for pair in read_glossary().terms for side in pair}
