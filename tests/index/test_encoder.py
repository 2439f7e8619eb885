"""Holds every encoder to the protocol, and the static reader to sentence-transformers' own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.encoder import (
    DEFAULT_FOLDER,
    MAX_CHARACTERS,
    Encoder,
    EncoderError,
    StaticEncoder,
    TransformerEncoder,
    load_encoder,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*"),
    pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*"),
]

TEXTS = [
    "We build autonomous ships.",
    "자율운항 선박용 5G 통신장비를 개발합니다.",
    "",
    "AI 기반 초음파 의료영상 진단 솔루션, for hospitals & clinics",
    "a",
    "Ünïcödé 🚢 \u200b <b>html</b> \n\t ﬁ ５Ｇ",
]


def tiny_transformer(folder: Path) -> None:
    """Write a sentence-transformers model of random weights with prompts for either role."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789:", "자", "율", "선", "박"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]
    vocabulary += [f"##{letter}" for letter in letters]
    tokenizer = Tokenizer(
        models.WordPiece({piece: row for row, piece in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    source = folder.parent / "bert"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    ).save_pretrained(source)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(source)
    transformer = Transformer(str(source))
    model = SentenceTransformer(
        modules=[transformer, Pooling(16)],
        prompts={"query": "query: ", "passage": "passage: "},
        device="cpu",
    )
    model.save(str(folder), create_model_card=False)


@pytest.fixture(scope="module")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "tiny-bert"
    tiny_transformer(folder)
    return folder


@pytest.fixture(scope="module", params=["static", "static through torch", "transformer"])
def encoder(request: pytest.FixtureRequest, tiny_folder: Path) -> Encoder:
    makers: dict[str, Callable[[], Encoder]] = {
        "static": lambda: StaticEncoder(DEFAULT_FOLDER),
        "static through torch": lambda: TransformerEncoder(str(DEFAULT_FOLDER)),
        "transformer": lambda: TransformerEncoder(str(tiny_folder)),
    }
    return makers[request.param]()


class TestConformance:
    def test_rows_are_float32_of_length_one_or_zero(self, encoder: Encoder) -> None:
        vectors = encoder.encode(TEXTS)
        assert vectors.shape == (len(TEXTS), encoder.dimension)
        assert vectors.dtype == np.float32
        lengths = np.linalg.norm(vectors, axis=1)
        expected = [float(bool(text)) for text in TEXTS]
        assert lengths == pytest.approx(expected, abs=1e-5)

    def test_an_empty_list_has_no_rows(self, encoder: Encoder) -> None:
        vectors = encoder.encode([])
        assert vectors.shape == (0, encoder.dimension)
        assert vectors.dtype == np.float32

    @pytest.mark.parametrize("blank", ["", "   ", "\n\t"])
    def test_a_blank_text_is_a_zero_row(self, encoder: Encoder, blank: str) -> None:
        assert not encoder.encode([blank]).any()
        assert encoder.encode(["ship", blank])[0].any()

    def test_a_batch_equals_its_texts_alone(self, encoder: Encoder) -> None:
        texts = [f"{text} {row}" for row in range(8) for text in TEXTS]
        alone = np.concatenate([encoder.encode([text]) for text in texts])
        assert encoder.encode(texts) == pytest.approx(alone, abs=2e-6)

    def test_the_same_text_gives_the_same_vector(self, encoder: Encoder) -> None:
        assert np.array_equal(encoder.encode(TEXTS), encoder.encode(TEXTS))

    def test_a_long_text_is_read_to_its_bound(self, encoder: Encoder) -> None:
        long = "ship " * 250_000
        assert np.array_equal(encoder.encode([long]), encoder.encode([long[:MAX_CHARACTERS]]))

    def test_a_lone_surrogate_is_no_failure(self, encoder: Encoder) -> None:
        assert np.isfinite(encoder.encode(["ship \ud800 선박"])).all()

    def test_one_string_is_refused(self, encoder: Encoder) -> None:
        with pytest.raises(EncoderError, match="sequence of texts"):
            encoder.encode("ship")

    def test_queries_are_unit_rows_too(self, encoder: Encoder) -> None:
        vectors = encoder.encode(["ship"], role="query")
        assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-5)

    def test_the_id_ends_in_twelve_hex_digits(self, encoder: Encoder) -> None:
        name, _, digest = encoder.encoder_id.rpartition("-")
        assert name
        assert len(digest) == 12
        int(digest, 16)


class TestStaticEncoder:
    def test_both_readings_of_the_shipped_model_agree(self) -> None:
        ours = load_encoder().encode(TEXTS)
        theirs = TransformerEncoder(str(DEFAULT_FOLDER)).encode(TEXTS)
        cosines = (ours * theirs).sum(axis=1)
        assert (cosines[[0, 1, 3, 4, 5]] >= 0.99999).all()
        assert not ours[2].any()
        assert not theirs[2].any()

    def test_raw_sentence_transformers_agrees(self) -> None:
        from sentence_transformers import SentenceTransformer

        texts = [text for text in TEXTS if text]
        theirs = SentenceTransformer(str(DEFAULT_FOLDER), device="cpu").encode(texts)
        theirs = theirs.astype(np.float32)
        theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
        assert ((load_encoder().encode(texts) * theirs).sum(axis=1) >= 0.99999).all()

    def test_a_vector_is_the_mean_of_its_tokens(self, tmp_path: Path) -> None:
        write_static(tmp_path, {"ship": [3.0, 0.0], "robot": [0.0, 1.0]})
        vectors = StaticEncoder(tmp_path).encode(["ship robot", "robot", "", "ship ship robot"])
        assert vectors[0] == pytest.approx(np.array([3, 1]) / np.sqrt(10))
        assert vectors[1] == pytest.approx([0, 1])
        assert vectors[2] == pytest.approx([0, 0])
        assert vectors[3] == pytest.approx(np.array([6, 1]) / np.sqrt(37))

    def test_many_texts_keep_their_rows(self) -> None:
        encoder = load_encoder()
        texts = [f"{text} {row}" for row in range(100) for text in TEXTS]
        alone = np.concatenate([encoder.encode([text]) for text in texts])
        assert np.array_equal(encoder.encode(texts), alone)

    def test_a_text_of_unknown_tokens_is_a_zero_row(self, tmp_path: Path) -> None:
        write_static(tmp_path, {"ship": [3.0, 0.0]})
        assert not StaticEncoder(tmp_path).encode(["zebra"]).any()

    def test_tokens_beyond_the_bound_are_not_read(self, tmp_path: Path) -> None:
        write_static(tmp_path, {"ship": [1.0, 0.0], "robot": [0.0, 1.0]})
        vectors = StaticEncoder(tmp_path).encode(["ship " * 2_048 + "robot " * 500])
        assert vectors[0] == pytest.approx([1, 0])

    def test_the_id_changes_with_the_weights(self, tmp_path: Path) -> None:
        ids = set()
        for value in (1.0, 2.0, 1.0):
            write_static(tmp_path, {"ship": [value, 0.0]})
            ids.add(StaticEncoder(tmp_path).encoder_id)
        assert len(ids) == 2

    def test_the_shipped_model_is_small_and_readable_by_all(self) -> None:
        files = [file for file in DEFAULT_FOLDER.rglob("*") if file.is_file()]
        assert sum(file.stat().st_size for file in files) <= 25_000_000
        assert all(file.stat().st_mode & 0o444 == 0o444 for file in files)

    def test_the_shipped_model_loads_fast(self) -> None:
        StaticEncoder(DEFAULT_FOLDER)
        times = []
        for _ in range(5):
            started = time.process_time()
            StaticEncoder(DEFAULT_FOLDER)
            times.append(time.process_time() - started)
        assert min(times) < 0.3

    def test_the_meaning_decides(self) -> None:
        korean, ship, insurance = load_encoder().encode([
            "자율운항 선박",
            "autonomous ship",
            "autonomous car insurance",
        ])
        assert korean @ ship > korean @ insurance

    def test_acronyms_stay_whole(self) -> None:
        ids = [load_encoder().encode([text])[0] for text in ("5G", "AI", "5", "A")]
        assert np.abs(ids[0] @ ids[2]) < 0.9
        assert np.abs(ids[1] @ ids[3]) < 0.9


class TestTransformerEncoder:
    def test_roles_take_their_prompts(self, tiny_folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        encoder = TransformerEncoder(str(tiny_folder))
        raw = SentenceTransformer(str(tiny_folder), device="cpu")
        for role, prompt in (("query", "query: "), ("passage", "passage: ")):
            theirs = raw.encode(["ship"], prompt=prompt, normalize_embeddings=True)
            ours = encoder.encode(["ship"], role=role)
            assert ours == pytest.approx(theirs, abs=1e-6)
        assert encoder.encode(["ship"], role="query") != pytest.approx(encoder.encode(["ship"]))

    def test_the_id_follows_weights_and_prompts(self, tiny_folder: Path, tmp_path: Path) -> None:
        original = TransformerEncoder(str(tiny_folder)).encoder_id
        assert original == TransformerEncoder(str(tiny_folder)).encoder_id
        changed = tmp_path / "tiny-bert"
        shutil.copytree(tiny_folder, changed)
        config = changed / "config_sentence_transformers.json"
        settings = json.loads(config.read_text())
        settings["prompts"]["query"] = "search: "
        config.write_text(json.dumps(settings))
        assert TransformerEncoder(str(changed)).encoder_id != original


class TestLoadEncoder:
    @pytest.mark.parametrize("name", [None, "default", str(DEFAULT_FOLDER)])
    def test_static_models_are_read_without_torch(self, name: str | None) -> None:
        assert isinstance(load_encoder(name), StaticEncoder)

    def test_other_folders_go_through_sentence_transformers(self, tiny_folder: Path) -> None:
        assert isinstance(load_encoder(str(tiny_folder)), TransformerEncoder)

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        missing = str(tmp_path / "nothing")
        with pytest.raises(EncoderError) as caught:
            load_encoder(missing)
        assert caught.value.value == missing
        assert caught.value.remedy

    def test_an_unreachable_hub_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(EncoderError) as caught:
            load_encoder("nobody/no-such-model")
        assert caught.value.value == "nobody/no-such-model"

    @pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "modules.json"])
    @pytest.mark.parametrize("content", [b"", b"not a model", b"\xff\xfe{"])
    def test_a_damaged_file_is_named(self, tmp_path: Path, file: str, content: bytes) -> None:
        write_static(tmp_path, {"ship": [1.0, 0.0]})
        (tmp_path / file).write_bytes(content)
        with pytest.raises(EncoderError, match=file):
            load_encoder(str(tmp_path))

    @pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
    def test_a_lost_file_is_named(self, tmp_path: Path, file: str) -> None:
        write_static(tmp_path, {"ship": [1.0, 0.0]})
        (tmp_path / file).unlink()
        with pytest.raises(EncoderError, match=file):
            load_encoder(str(tmp_path))

    def test_numbers_that_are_not_finite_are_refused(self, tmp_path: Path) -> None:
        write_static(tmp_path, {"ship": [np.nan, 0.0]})
        with pytest.raises(EncoderError, match="finite"):
            load_encoder(str(tmp_path))

    def test_a_foreign_tokenizer_is_refused(self, tmp_path: Path) -> None:
        write_static(tmp_path / "large", {"ship": [1.0], "robot": [2.0], "drone": [3.0]})
        write_static(tmp_path / "small", {"ship": [1.0]})
        shutil.copy(tmp_path / "large" / "tokenizer.json", tmp_path / "small" / "tokenizer.json")
        with pytest.raises(EncoderError, match="4 tokens"):
            load_encoder(str(tmp_path / "small"))


def write_static(folder: Path, vectors: dict[str, list[float]]) -> None:
    """Write a StaticEmbedding folder that knows the given words, and a zero unknown token."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder.mkdir(parents=True, exist_ok=True)
    words = ["[UNK]", *vectors]
    tokenizer = Tokenizer(
        models.WordLevel({word: row for row, word in enumerate(words)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    zero = [0.0] * len(next(iter(vectors.values())))
    weights = np.array([zero, *vectors.values()], dtype=np.float32)
    save_file({"embedding.weight": weights}, folder / "model.safetensors")
    shutil.copy(DEFAULT_FOLDER / "modules.json", folder / "modules.json")


def test_vectors_are_the_same_before_and_after_the_weights_are_widened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = ["robots for water works", "수처리 로봇", ""]
    narrow = load_encoder(None)
    before = narrow.encode(texts)
    monkeypatch.setattr("index.encoder._WIDENED_AFTER", 0)
    np.testing.assert_array_equal(narrow.encode(texts), before)


def test_importing_and_encoding_loads_no_heavy_library() -> None:
    code = (
        "import sys; from index.encoder import load_encoder; load_encoder().encode(['ship']);"
        "print(sorted({'torch', 'faiss', 'sentence_transformers', 'transformers'}"
        " & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr
