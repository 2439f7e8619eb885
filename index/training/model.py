"""Trains the token vectors of the static model and writes the model folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.training.corpus import Pair, Source
from index.training.parts import parts_of, used_parts

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Report = Callable[[str], None]

MEMORY = (0.9, 0.999)
"""Adam's decay of the means of the gradient and of its square (Kingma and Ba 2015)."""

MOST_TOKENS = 512


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How long and with what the vectors are trained; an epoch passes over the first source."""

    epochs: float = 8.0
    batch: int = 1_024
    dimension: int = 256
    vocabulary: int = 40_000
    rate: float = 0.03
    warmup: float = 0.05
    scale: float = 20.0
    longest: int = 192
    spread: float = 0.1
    pull: float = 2.0
    seed: int = 20_241


def train_model(
    tokenizer: Tokenizer,
    sources: Sequence[Source],
    plan: TrainingPlan,
    *,
    report: Report,
    start: Mapping[str, Floats] | None = None,
) -> Floats:
    """Train the vectors of the tokens, shape (tokens, dimension), over batches of one source each.

    The loss is that of in-batch negatives, both ways (`contrast`), and where two texts of a source
    say the same also the distance of their directions (`attraction`). A pair of a bilingual
    source changes sides at random, so that a batch's negatives hold both languages and the
    language itself is no help. The vector of a token is the sum of those of its parts (`parts_of`),
    which begin with those that `start` holds, each (dimension,), and else at random. A part that
    training never saw counts nothing, so that a token of none else gets a zero vector, and so does
    the unknown token. The result is the same for the same seed, tokenizer, sources and versions
    of the libraries: matrices are multiplied by one thread, so that their sums have one order.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        return _train(tokenizer, sources, plan, report, start or {})


def _train(
    tokenizer: Tokenizer,
    sources: Sequence[Source],
    plan: TrainingPlan,
    report: Report,
    start: Mapping[str, Floats],
) -> Floats:
    generator = np.random.default_rng(plan.seed)
    bags = Bags(tokenizer, plan.longest)
    pieces = pieces_of(tokenizer)
    composed = parts_of(pieces)
    weights = _beginning(pieces, composed.shape[1], plan, generator, start)
    adam = RowAdam(weights)
    steps = count_steps(sources, plan)
    tally: dict[str, list[float]] = {source.name: [] for source in sources}
    batches = islice(_batches(sources, plan, generator), steps)
    for step, (source, pairs) in enumerate(batches, 1):
        texts = [pair[side] for side in (0, 1) for pair in pairs]
        tokens, shares = bags.read(texts)
        used, made = used_parts(composed, tokens)
        shares = shares @ made
        sums = shares @ weights[used]
        loss, gradient = contrast(sums, plan.scale)
        if source.same:
            gradient += plan.pull * attraction(sums)[1]
        adam.step(used, shares.T @ gradient, plan.rate * _rate(step, steps, plan.warmup))
        tally[source.name].append(loss)
        if step % max(1, steps // 20) == 0:
            report(f"step {step}/{steps}: {_recent(tally)}")
    weights[adam.counts == 0] = 0
    vectors: Floats = (composed @ weights).astype(np.float16).astype(np.float32)
    vectors[0] = 0
    return vectors


def _beginning(
    pieces: Sequence[str],
    parts: int,
    plan: TrainingPlan,
    generator: np.random.Generator,
    start: Mapping[str, Floats],
) -> Floats:
    """Give the vectors with which the parts begin; the first parts are the pieces."""
    weights = (generator.standard_normal((parts, plan.dimension)) * plan.spread).astype(np.float32)
    for row, piece in enumerate(pieces):
        if piece in start:
            weights[row] = start[piece]
    return weights


def without_common(vectors: Floats, tokenizer: Tokenizer, texts: Sequence[str]) -> Floats:
    """Take out of the (tokens, d) vectors the one direction that the mean of some texts has.

    What all texts of a kind share tells none from another; without it two texts that have nothing
    in common are at right angles (Mu and Viswanath 2018, here one direction alone).
    """
    tokens, shares = Bags(tokenizer, MOST_TOKENS).read(texts)
    common = (shares @ vectors[tokens]).mean(axis=0)
    common /= np.maximum(np.linalg.norm(common), 1e-9)
    found: Floats = vectors - np.outer(vectors @ common, common)
    return found


def pieces_of(tokenizer: Tokenizer) -> list[str]:
    """List the tokens by their number."""
    return sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)


def count_steps(sources: Sequence[Source], plan: TrainingPlan) -> int:
    """Count the steps that pass `epochs` times over the first source."""
    share = sources[0].share / sum(source.share for source in sources)
    return max(1, round(plan.epochs * sources[0].size / plan.batch / share))


class Bags:
    """Reads texts as bags of tokens, each text cut into tokens once."""

    def __init__(self, tokenizer: Tokenizer, longest: int) -> None:
        self._tokenizer = tokenizer
        self._longest = longest
        self._known: dict[str, Ints] = {}

    def read(self, texts: Sequence[str]) -> tuple[Ints, Any]:
        """Give the t different tokens of n texts, and the share of each in each text.

        Returns:
            Tokens (t,), sorted, and a sparse (n, t) array whose rows sum to 1; a text without
            tokens has an empty row.
        """
        from scipy.sparse import csr_array

        ids = self._ids(texts)
        counts = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
        tokens, columns = np.unique(np.concatenate(ids), return_inverse=True)
        shares = np.repeat(1 / np.maximum(counts, 1), counts).astype(np.float32)
        starts = np.concatenate([[0], np.cumsum(counts)])
        bags = csr_array((shares, columns, starts), shape=(len(ids), len(tokens)))
        bags.sum_duplicates()
        return tokens, bags

    def _ids(self, texts: Sequence[str]) -> list[Ints]:
        """Give the first tokens of each text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, encoding in zip(
            new, self._tokenizer.encode_batch_fast(new, add_special_tokens=False), strict=True
        ):
            self._known[text] = np.asarray(encoding.ids[: self._longest], dtype=np.int32)
        return [self._known[text] for text in texts]


class RowAdam:
    """Adam over the rows of an array that a step touches; the others rest, moments and all."""

    def __init__(self, weights: Floats) -> None:
        self._weights = weights
        self._mean = np.zeros_like(weights)
        self._square = np.zeros_like(weights)
        self.counts = np.zeros(len(weights), dtype=np.int64)

    def step(self, rows: Ints, gradient: Floats, rate: float) -> None:
        """Move r rows, named once each, against their (r, d) gradient."""
        self.counts[rows] += 1
        past = self.counts[rows][:, None].astype(np.float32)
        slow, slower = (np.float32(memory) for memory in MEMORY)
        mean, square = self._mean[rows], self._square[rows]
        mean *= slow
        mean += (1 - slow) * gradient
        square *= slower
        square += (1 - slower) * np.square(gradient)
        self._mean[rows], self._square[rows] = mean, square
        square /= 1 - slower**past
        np.sqrt(square, out=square)
        square += np.float32(1e-8)
        mean *= np.float32(rate) / (1 - slow**past)
        mean /= square
        self._weights[rows] -= mean


def contrast(sums: Floats, scale: float) -> tuple[float, Floats]:
    """Give the loss of 2n texts' vectors, of which rows i and n + i are a pair, and its gradient.

    Each of the first n rows looks for its partner among the other n by cosine times `scale`, and
    each of the others among the first, with the softmax cross-entropy (multiple negatives
    ranking, Henderson and others 2017, both ways). The gradient has the shape of `sums`, (2n, d).
    """
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    units = sums / lengths
    left, right = np.split(units, 2)
    count = len(left)
    # A cosine is at most 1, so no exponential overflows and both ways share one array of them.
    chances = np.exp((left @ right.T - 1) * np.float32(scale))
    own = np.diagonal(chances).copy()
    rows, columns = chances.sum(axis=1), chances.sum(axis=0)
    loss = float(-(np.log(own / rows) + np.log(own / columns)).mean() / 2)
    chances *= (1 / rows)[:, None] + (1 / columns)[None, :]
    chances[np.arange(count), np.arange(count)] -= 2
    chances *= np.float32(scale / 2 / count)
    pull = np.concatenate([chances @ right, chances.T @ left])
    gradient: Floats = (pull - units * (units * pull).sum(axis=1, keepdims=True)) / lengths
    return loss, gradient


def attraction(sums: Floats) -> tuple[float, Floats]:
    """Give how far the n pairs of 2n texts are from one direction, 1 - cosine on average.

    Rows i and n + i are a pair; the gradient has the shape of `sums`, (2n, d). Negatives only rank
    a text before others; two texts that say the same shall also be the same to a third.
    """
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    units = sums / lengths
    left, right = np.split(units, 2)
    cosines = (left * right).sum(axis=1, keepdims=True)
    away = np.concatenate([cosines * left - right, cosines * right - left])
    gradient: Floats = away / lengths / len(left)
    return float(1 - cosines.mean()), gradient


def save_model(tokenizer: Tokenizer, weights: Floats, folder: Path) -> None:
    """Write the model folder: weights as float16, all files readable for everybody (0644)."""
    from safetensors.numpy import save_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    tokenizer.no_truncation()
    static = StaticEmbedding(tokenizer, embedding_weights=weights.astype(np.float16))
    model = SentenceTransformer(modules=[static, Normalize()], device="cpu")
    model.save(str(folder), create_model_card=False)
    save_file({"embedding.weight": weights.astype(np.float16)}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    for file in folder.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)


def _rate(step: int, steps: int, warmup: float) -> float:
    """Give the part of the learning rate at a step: it rises first, then falls to zero."""
    rising = max(1, round(steps * warmup))
    return min(step / rising, (steps - step + 1) / max(1, steps - rising))


def _batches(
    sources: Sequence[Source], plan: TrainingPlan, generator: np.random.Generator
) -> Iterator[tuple[Source, list[Pair]]]:
    """Yield (source, pairs), each source as often as its share says."""
    streams = [source.draw(generator) for source in sources]
    shares = np.array([source.share for source in sources])
    credit = np.zeros(len(sources))
    while True:
        credit += shares / shares.sum()
        turn = int(np.argmax(credit))
        credit[turn] -= 1
        yield sources[turn], _batch(streams[turn], sources[turn], plan.batch, generator)


def _batch(
    stream: Iterator[Pair], source: Source, size: int, generator: np.random.Generator
) -> list[Pair]:
    """Draw pairs until `size` are there in which no text occurs twice, or as many drawn again."""
    pairs: list[Pair] = []
    used: set[str] = set()
    for first, second in islice(stream, min(2 * size, max(2, source.size))):
        if first in used or second in used:
            continue
        used |= {first, second}
        swap = source.bilingual and generator.random() < 0.5
        pairs.append((second, first) if swap else (first, second))
        if len(pairs) == size:
            break
    return pairs


def _recent(tally: dict[str, list[float]]) -> str:
    """Write the mean of each source's latest losses."""
    return ", ".join(
        f"{name} {np.mean(values[-20:]):.3f}" for name, values in tally.items() if values
    )
