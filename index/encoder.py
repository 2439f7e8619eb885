"""Turns texts into unit vectors, with our own static model or any sentence-transformers model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from index.words import WordTokens
from profiles.errors import DariError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Role = Literal["query", "passage"]

DEFAULT_NAME = "default"
DEFAULT_FOLDER = Path(__file__).parent / "models" / "dari-static"
MAX_CHARACTERS = 20_000
MAX_TOKENS = 2_048

_STATIC_BATCH = 256
_TRANSFORMER_BATCH = 32
_WIDENED_AFTER = 50_000
_GATHERED_TOKENS = 1_024
"""How many token vectors are gathered at a time: 1 MB at dimension 256, which a cache holds."""

_WEIGHTS = "model.safetensors"
_TOKENIZER = "tokenizer.json"


class EncoderError(DariError):
    """Raised when a model cannot be found, read or used."""


class Encoder(Protocol):
    """What every encoder gives: an id, a dimension, and texts as unit vectors."""

    @property
    def encoder_id(self) -> str:
        """Name the model and the first 12 hex digits of a SHA-256 over what it is made of."""

    @property
    def dimension(self) -> int:
        """Count the components of a vector."""

    def encode(self, texts: Sequence[str], *, role: Role = "passage") -> NDArray[np.float32]:
        """Encode n texts as an (n, dimension) array of float32 rows.

        A row has length 1, or is zero where the text holds no token that the model knows. A text
        is read up to its first 20,000 characters. A row depends on its own text alone.

        Raises:
            EncoderError: if `texts` is one string and not a sequence of strings.
        """


class StaticEncoder:
    """Reads a sentence-transformers StaticEmbedding folder without torch.

    A text's vector is the normalised mean of its tokens' vectors. Texts are read up to 20,000
    characters and 2,048 tokens; the role makes no difference.
    """

    def __init__(self, folder: Path) -> None:
        """Read tokenizer and weights (float16 or float32) from a model folder.

        Raises:
            EncoderError: if a file is missing, damaged, or the two do not fit each other.
        """
        path = folder / _static_subfolder(folder)
        self._weights = _read_weights(path / _WEIGHTS)
        self._gathered = 0
        self._tokenizer = _read_tokenizer(path / _TOKENIZER)
        words = WordTokens(self._tokenizer, longest=MAX_TOKENS)
        by_words = WordTokens.fits((path / _TOKENIZER).read_text(encoding="utf-8"))
        self._words = words if by_words else None
        if self._tokenizer.get_vocab_size() > len(self._weights):
            raise EncoderError(
                value=str(folder),
                rule=f"The tokenizer knows {self._tokenizer.get_vocab_size()} tokens, but the "
                f"weights hold only {len(self._weights)} rows.",
                remedy="Take both files from one and the same model.",
            )
        self._encoder_id = _folder_id(folder.resolve().name, [path / _TOKENIZER, path / _WEIGHTS])

    @property
    def encoder_id(self) -> str:
        """Name the folder and the first 12 hex digits of the hash of tokenizer and weights."""
        return self._encoder_id

    @property
    def dimension(self) -> int:
        """Count the components of a vector."""
        return int(self._weights.shape[1])

    def encode(self, texts: Sequence[str], *, role: Role = "passage") -> NDArray[np.float32]:
        """Encode n texts as in `Encoder.encode`; `role` is accepted and makes no difference."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start, ids in self._tokenised(bounded(texts)):
            vectors[start : start + len(ids)] = self._means(ids)
        return normalised(vectors)

    def _tokenised(self, texts: Sequence[str]) -> Iterator[tuple[int, list[Sequence[int]]]]:
        """Yield (row of the first text, token ids of some texts), about 1,024 tokens a time."""
        for first in range(0, len(texts), _STATIC_BATCH):
            ids = self._ids(texts[first : first + _STATIC_BATCH])
            step = max(1, _GATHERED_TOKENS * len(ids) // max(1, sum(map(len, ids))))
            for start in range(0, len(ids), step):
                yield first + start, ids[start : start + step]

    def _ids(self, texts: Sequence[str]) -> list[Sequence[int]]:
        if self._words is not None:
            return self._words.ids(texts)
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def _means(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Average the vectors of each text's token ids; one without tokens gets a zero row."""
        counts = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        means = np.zeros((len(texts), self.dimension), dtype=np.float32)
        filled = counts > 0
        if not filled.any():
            return means
        ids = np.fromiter(chain.from_iterable(texts), dtype=np.int64, count=int(counts.sum()))
        starts = (np.cumsum(counts) - counts)[filled]
        sums = np.add.reduceat(self._vectors(ids), starts, axis=0)
        means[filled] = sums / counts[filled, None].astype(np.float32)
        return means

    def _vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Give the vectors of tokens; half floats are widened where many are asked for, for good.

        A process that encodes a few texts starts sooner so, and takes half the memory.
        """
        self._gathered += len(ids)
        if self._gathered > _WIDENED_AFTER and self._weights.dtype != np.float32:
            self._weights = self._weights.astype(np.float32)
        return self._weights[ids].astype(np.float32, copy=False)


class TransformerEncoder:
    """Serves any sentence-transformers model, named by its hub name or its folder.

    Texts are read up to 20,000 characters and whatever number of tokens the model takes. Where
    the model defines prompts for queries and passages, `role` chooses between them.
    """

    def __init__(self, name: str) -> None:
        """Load the model through SentenceTransformer, on the CPU.

        Raises:
            EncoderError: if there is no such model, its files are damaged, or the hub that
                holds it cannot be reached.
        """
        self._model = _load_model(name)
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise EncoderError(
                value=name,
                rule="The model does not say the dimension of its vectors.",
                remedy="Name a sentence-transformers model that gives one vector per text.",
            )
        self._dimension = int(dimension)
        self._batch = _STATIC_BATCH if _is_static(self._model) else _TRANSFORMER_BATCH
        self._encoder_id = f"{Path(name).name}-{_model_digest(self._model)[:12]}"

    @property
    def encoder_id(self) -> str:
        """Name the model and the first 12 hex digits of the hash of its settings and weights."""
        return self._encoder_id

    @property
    def dimension(self) -> int:
        """Count the components of a vector."""
        return self._dimension

    def encode(self, texts: Sequence[str], *, role: Role = "passage") -> NDArray[np.float32]:
        """Encode n texts as in `Encoder.encode`; a blank text gets a zero row."""
        known = bounded(texts)
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        rows = [row for row, text in enumerate(known) if text.strip()]
        if not rows:
            return vectors
        encode = self._model.encode_query if role == "query" else self._model.encode_document
        vectors[rows] = encode(
            [known[row] for row in rows],
            prompt=_prompt(self._model, role),
            batch_size=self._batch,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return normalised(vectors)


def load_encoder(name: str | None = None) -> Encoder:
    """Open an encoder by name.

    None or "default" is the model shipped with Dari; a folder with a StaticEmbedding model is
    read without torch; anything else is a folder or a hub name for sentence-transformers.

    Raises:
        EncoderError: if the model is missing, damaged, or its hub cannot be reached.
    """
    if name is None or name == DEFAULT_NAME:
        return StaticEncoder(DEFAULT_FOLDER)
    if _is_static_folder(Path(name)):
        return StaticEncoder(Path(name))
    return TransformerEncoder(name)


def bounded(texts: Sequence[str]) -> list[str]:
    """Cut each text to 20,000 characters and replace lone surrogates, which are no text.

    Raises:
        EncoderError: if `texts` is one string and not a sequence of strings.
    """
    if isinstance(texts, str):
        raise EncoderError(
            value=texts[:80],
            rule="An encoder takes a sequence of texts, not one text.",
            remedy="Pass a list that holds the text.",
        )
    return [text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8") for text in texts]


def normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale the rows of an (n, d) array to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.zeros_like(vectors)
    np.divide(vectors, lengths, out=scaled, where=lengths > 0)
    return scaled


def _read_json(path: Path) -> Any:
    """Read a JSON file of a model folder."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _static_subfolder(folder: Path) -> str:
    """Find where below a model folder its StaticEmbedding module lies ("" is the folder)."""
    modules = folder / "modules.json"
    return str(_read_json(modules)[0].get("path", "")) if modules.is_file() else ""


def _is_static_folder(folder: Path) -> bool:
    """Tell whether a folder's model is a StaticEmbedding, normalised at most, without prompts."""
    if not (folder / "modules.json").is_file():
        return False
    kinds = [
        str(module["type"]).rsplit(".", 1)[-1] for module in _read_json(folder / "modules.json")
    ]
    config = folder / "config_sentence_transformers.json"
    prompts = _read_json(config).get("prompts") or {} if config.is_file() else {}
    return (
        kinds[:1] == ["StaticEmbedding"]
        and set(kinds[1:]) <= {"Normalize"}
        and not any(prompts.values())
    )


def _read_weights(path: Path) -> NDArray[np.float16 | np.float32]:
    """Read the (tokens, dimension) array of a StaticEmbedding, as float16 or float32."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        weights: NDArray[Any] = load_file(path)["embedding.weight"]
    except (OSError, SafetensorError, KeyError) as error:
        raise _unreadable(path, error) from error
    if weights.ndim != 2 or not np.isfinite(weights).all():
        raise _unreadable(path, f"shape {weights.shape}, or numbers that are not finite")
    return weights if weights.dtype == np.float16 else weights.astype(np.float32, copy=False)


def _read_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer and bound it to 2,048 tokens a text, without padding."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # tokenizers raises bare Exception for a damaged file
        raise _unreadable(path, error) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _unreadable(path: Path, reason: object) -> EncoderError:
    """Say that a file of a model cannot be read, and why."""
    return EncoderError(
        value=str(path),
        rule=f"A model's file must be there and whole ({reason}).",
        remedy="Restore the model folder, or make it again with: python -m index.training DATA_DIR",
    )


def _folder_id(name: str, files: Sequence[Path]) -> str:
    """Join a name and the first 12 hex digits of a SHA-256 over files, names included."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return f"{name}-{digest.hexdigest()[:12]}"


def _load_model(name: str) -> SentenceTransformer:
    """Load a model through sentence-transformers, with one error for all that can go wrong."""
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    known = (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError)
    try:
        return SentenceTransformer(name, device="cpu")
    except known as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise EncoderError(
            value=name,
            rule="An encoder is a model folder, or a model's name on a hub that can be reached "
            f"({reason}).",
            remedy="Check the name and the connection, give the path of a downloaded model, "
            'or use "default".',
        ) from error


def _is_static(model: SentenceTransformer) -> bool:
    """Tell whether a loaded model is a StaticEmbedding."""
    return type(model[0]).__name__ == "StaticEmbedding"


def _prompt(model: SentenceTransformer, role: Role) -> str | None:
    """Choose the first prompt that the model fills for a role.

    sentence-transformers takes the first that exists, and there an empty "document" that it adds
    by itself hides a model's own "passage".
    """
    names = ("query",) if role == "query" else ("document", "passage", "corpus")
    return next((model.prompts[name] for name in names if model.prompts.get(name)), None)


def _model_digest(model: SentenceTransformer) -> str:
    """Hash what decides a loaded model's vectors: modules, prompts, tokenizer and weights."""
    import torch

    digest = hashlib.sha256()
    for module in model:
        config: dict[str, Any] = getattr(module, "get_config_dict", dict)()
        digest.update(json.dumps([type(module).__name__, config], sort_keys=True).encode())
    digest.update(json.dumps([model.prompts, str(model.max_seq_length)], sort_keys=True).encode())
    tokenizer = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    digest.update(tokenizer.to_str().encode() if hasattr(tokenizer, "to_str") else b"")
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
