"""Trains the token vectors of the static model and writes the model folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from index.training.corpus import Pair, Source

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Report = Callable[[str], None]

Direction = Literal["query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc"]

ALL_DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How long and with what the vectors are trained; an epoch passes over the first source."""

    epochs: float = 3.0
    batch: int = 1_024
    dimension: int = 256
    vocabulary: int = 35_000
    rate: float = 0.03
    warmup: float = 0.05
    scale: float = 20.0
    longest: int = 192
    seed: int = 20_241
    threads: int = 1


def train_model(
    tokenizer: Tokenizer, sources: Sequence[Source], plan: TrainingPlan, *, report: Report
) -> SentenceTransformer:
    """Train a StaticEmbedding with MultipleNegativesRankingLoss over batches of one source each.

    A pair of a bilingual source changes sides at random, so that a batch's negatives hold both
    languages and the language itself is no help. The result is the same for the same seed,
    tokenizer, sources and versions of the libraries.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    generator = np.random.default_rng(plan.seed)
    tokenizer.enable_truncation(plan.longest)
    weights = generator.standard_normal((tokenizer.get_vocab_size(), plan.dimension))
    static = StaticEmbedding(tokenizer, embedding_weights=weights.astype(np.float32) * 0.1)
    model = SentenceTransformer(modules=[static, Normalize()], device="cpu")
    loss = MultipleNegativesRankingLoss(model, scale=plan.scale, directions=ALL_DIRECTIONS)
    steps = count_steps(sources, plan)
    optimizer = torch.optim.Adam(model.parameters(), lr=plan.rate, foreach=False)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _rate(steps, plan.warmup))
    seen = np.zeros(len(weights), dtype=bool)
    tally: dict[str, list[float]] = {source.name: [] for source in sources}
    model.train()
    for step, (name, pairs) in enumerate(islice(_batches(sources, plan, generator), steps), 1):
        features = [_features(tokenizer, [pair[side] for pair in pairs]) for side in (0, 1)]
        for feature in features:
            seen[feature["input_ids"].numpy()] = True
        value = loss(features, torch.empty(0))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
        tally[name].append(value.item())
        if step % max(1, steps // 20) == 0:
            report(f"step {step}/{steps}: {_recent(tally)}")
    model.eval()
    _finish(static, seen)
    return model


def count_steps(sources: Sequence[Source], plan: TrainingPlan) -> int:
    """Count the steps that pass `epochs` times over the first source."""
    share = sources[0].share / sum(source.share for source in sources)
    return max(1, round(plan.epochs * sources[0].size / plan.batch / share))


def save_model(model: SentenceTransformer, folder: Path) -> None:
    """Write the model folder: weights as float16, all files readable for everybody (0644)."""
    from safetensors.numpy import save_file

    static: Any = model[0]
    static.tokenizer.no_truncation()
    model.half()
    model.save(str(folder), create_model_card=False)
    weights = static.embedding.weight.detach().numpy()
    save_file({"embedding.weight": np.ascontiguousarray(weights)}, folder / "model.safetensors")
    compact = static.tokenizer.to_str(pretty=False)
    (folder / "tokenizer.json").write_text(compact, encoding="utf-8")
    for file in folder.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)


def _rate(steps: int, warmup: float) -> Callable[[int], float]:
    """Raise the learning rate over the first part of the steps, then lower it to zero."""
    rising = max(1, round(steps * warmup))
    return lambda step: min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))


def _batches(
    sources: Sequence[Source], plan: TrainingPlan, generator: np.random.Generator
) -> Iterator[tuple[str, list[Pair]]]:
    """Yield (source name, pairs), each source as often as its share says."""
    streams = [source.draw(generator) for source in sources]
    shares = np.array([source.share for source in sources])
    credit = np.zeros(len(sources))
    while True:
        credit += shares / shares.sum()
        turn = int(np.argmax(credit))
        credit[turn] -= 1
        yield sources[turn].name, _batch(streams[turn], sources[turn], plan.batch, generator)


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


def _features(tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, torch.Tensor]:
    """Tokenise texts into the flat ids and offsets that an EmbeddingBag takes."""
    import torch

    encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    counts = np.fromiter((len(e) for e in encodings), dtype=np.int64, count=len(encodings))
    ids = np.concatenate([np.asarray(e.ids, dtype=np.int64) for e in encodings])
    return {
        "input_ids": torch.from_numpy(ids),
        "offsets": torch.from_numpy(np.cumsum(counts) - counts),
    }


def _recent(tally: dict[str, list[float]]) -> str:
    """Write the mean of each source's latest losses."""
    return ", ".join(
        f"{name} {np.mean(values[-20:]):.3f}" for name, values in tally.items() if values
    )


def _finish(static: Any, seen: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
    """Zero the vectors of tokens that training never saw, and of the unknown token."""
    import torch

    with torch.no_grad():
        static.embedding.weight[torch.from_numpy(~seen)] = 0
        static.embedding.weight[0] = 0
