"""Measures how Korean words are best cut for lexical search: bigrams of Hangul or morphemes.

Usage: python -m benchmarks.korean DATA_DIR

DATA_DIR holds kind/listed_companies.csv and ksic/ksic.csv (docs/retrieval.md). Morphemes need
`pip install "dari[benchmarks]"`.
"""

from __future__ import annotations

import argparse
import csv
import re
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation import clustered_interval
from index import LexicalIndex, tokenise
from index.lexical import stop_words
from profiles import Partner
from profiles.catalogue import load_catalogue
from profiles.taxonomy import sectors

Cut = Callable[[str], list[str]]

KEPT = re.compile("N[NRP]|V[VA]|XR|SL|SN|SH|MAG|W_")
"""Parts of speech that say something: nouns, verbs, adjectives, roots, foreign words, numbers."""
SEED = 20241


@dataclass(frozen=True, slots=True)
class Task:
    """Queries with the documents that answer them; queries of one group are not independent."""

    name: str
    documents: Mapping[str, str]
    queries: Sequence[tuple[str, frozenset[str], str]]


def main() -> None:
    """Print a row for each way to cut, with the time and memory that it costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    partners = [p for p in load_catalogue().partners if p.name.ko]
    tasks = [industries(data), classes(data), *own_texts(partners)]
    for task in tasks:
        print(f"{task.name}: {len(task.queries)} queries, {len(task.documents)} documents")
    print(f"\n| cut | {' | '.join(task.name for task in tasks)} | load | memory | a text |")
    print("|---" * (len(tasks) + 4) + "|")
    texts = [text for task in tasks for text in task.documents.values()]
    for name, make in ways(partners):
        before, start = memory(), time.process_time()
        cut = make()
        cut("자율운항 선박을 만듭니다.")
        loaded, held = time.process_time() - start, memory() - before
        start = time.process_time()
        for text in texts:
            cut(text)
        each = (time.process_time() - start) / len(texts)
        found = " | ".join(measured(task, cut) for task in tasks)
        print(f"| {name} | {found} | {loaded:.2f} s | {held:.0f} MiB | {each * 1e6:.0f} µs |")


def ways(partners: Iterable[Partner]) -> Iterator[tuple[str, Callable[[], Cut]]]:
    """Give the ways to cut a text, by name."""
    yield "words", lambda: words
    yield "bigrams (shipped)", lambda: tokenise
    yield "bigrams and words", lambda: lambda text: [*tokenise(text), *_long_words(text)]
    yield "morphemes", lambda: morphemes(())
    yield "morphemes, own dictionary", lambda: morphemes(dictionary(partners))
    yield "morphemes and bigrams", lambda: both(dictionary(partners))


def words(text: str) -> list[str]:
    """Cut at spaces and signs alone."""
    return [one for one in re.findall(r"\w+", text.lower()) if one not in stop_words()]


def _long_words(text: str) -> list[str]:
    return [one for one in words(text) if "가" <= one[0] <= "힣" and len(one) > 2]


def morphemes(own: Iterable[str]) -> Cut:
    """Cut by kiwipiepy, with words of our own."""
    from kiwipiepy import Kiwi

    kiwi = Kiwi()
    for word in own:
        kiwi.add_user_word(word, "NNP")

    def cut(text: str) -> list[str]:
        found = (t.form.lower() for t in kiwi.tokenize(text) if KEPT.match(t.tag))
        return [one for one in found if one not in stop_words()]

    return cut


def both(own: Iterable[str]) -> Cut:
    """Cut into morphemes and into bigrams."""
    cut = morphemes(own)
    return lambda text: [*cut(text), *tokenise(text)]


def dictionary(partners: Iterable[Partner]) -> set[str]:
    """Give the Korean words of the taxonomy and the partners' names."""
    names = [s.name.ko for s in sectors().values()]
    names += [text for p in partners for text in (p.name.ko, *p.aliases) if text]
    return {w for name in names for w in re.findall("[가-힣]+", name) if len(w) > 1}


def industries(data: Path) -> Task:
    """Find a company's industry, described by its KSIC classes, by the company's products."""
    with (data / "kind/listed_companies.csv").open(encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if r["업종"] and r["주요제품"]]
    below = _below(_classes(data))
    documents = {r["업종"]: "\n".join([r["업종"], *below.get(r["업종"], ())]) for r in rows}
    queries = [(r["주요제품"], frozenset([r["업종"]]), r["업종"]) for r in rows]
    return Task("KIND products → industry", documents, queries)


def classes(data: Path) -> Task:
    """Find the KSIC group of a class by its name; every second class of a group describes it."""
    groups: dict[str, list[str]] = defaultdict(list)
    for code, name in sorted(_classes(data).items()):
        if len(code) == 5:
            groups[code[:3]].append(name)
    documents = {code: "\n".join(names[::2]) for code, names in groups.items() if len(names) > 1}
    queries = [(name, frozenset([code]), code) for code in documents for name in groups[code][1::2]]
    return Task("KSIC class → group", documents, queries)


def own_texts(partners: Sequence[Partner]) -> Iterator[Task]:
    """Find a partner of the catalogue by what it seeks, and by what it offers, from what it is."""
    documents = {p.id: p.summary.ko for p in partners if p.summary and p.summary.ko}
    for facet in ("seeking", "offering"):
        texts = {p.id: getattr(p, facet) for p in partners if p.id in documents}
        queries = [(text.ko, frozenset([id]), id) for id, text in texts.items() if text and text.ko]
        yield Task(f"catalogue {facet} → partner", documents, queries)


def _classes(data: Path) -> dict[str, str]:
    """Read the Korean names of KSIC 11 by code, without the codes that they end with."""
    with (data / "ksic/ksic.csv").open(encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if r["ksic_C"] == "C11"]
    return {r["cd"]: re.sub(r"\(\d+~?\d*\)$", "", r["nm"]).strip() for r in rows}


def _below(names: Mapping[str, str]) -> dict[str, list[str]]:
    """Give the names of all classes below a class, by its name."""
    found: dict[str, list[str]] = {}
    for code, name in names.items():
        if len(code) == 3:
            found[name] = [n for c, n in names.items() if c.startswith(code) and c != code]
    return found


def measured(task: Task, cut: Cut) -> str:
    """Measure MRR@10, with its interval over groups of queries."""
    index = LexicalIndex()
    for id, text in task.documents.items():
        index.put_tokens(id, cut(text))
    values, groups = [], []
    for query, right, group in task.queries:
        numbers, _ = index.best(index.scores(cut(query)), 10)
        ids = index.ids(numbers)
        values.append(next((1 / n for n, id in enumerate(ids, start=1) if id in right), 0.0))
        groups.append(group)
    low, high = clustered_interval(values, groups, rng=np.random.default_rng(SEED))
    return f"{np.mean(values):.3f} [{low:.3f} {high:.3f}]"


def memory() -> float:
    """Give the resident size of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
