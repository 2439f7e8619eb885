"""Baselines and Dari itself on a tiny test set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation import bm25_run, dari_run, load, popularity_run, random_run
from evaluation.system import asking
from index import Encoder
from matcher import MatchList, Matchmaker, Probability, cold_start

Files = dict[str, Any]
Write = Callable[[Files], Path]


def test_popularity_counts_contexts_and_lone_ties_before_the_horizon(
    write: Write, files: Files
) -> None:
    """Before the cut p2 has context c1 (two ties) and a tie of its own, p1 and p4 one context."""
    run = popularity_run(load(write(files)), depth=100)
    assert run.rankings["q1"] == (("p2", 2.0), ("p1", 1.0), ("p3", 0.0))
    assert run.rankings["q2"] == (("p2", 2.0), ("p1", 1.0), ("p4", 1.0), ("p3", 0.0))
    assert run.rankings["q3"] == (("p2", 1.0), ("p4", 1.0), ("p1", 0.0), ("p3", 0.0))


def test_bm25_finds_what_a_partner_did_before_the_horizon(write: Write, files: Files) -> None:
    run = bm25_run(load(write(files)), depth=100)
    assert run.ids("q1") == ("p2",)
    assert run.ids("q2") == ("p1",)
    assert run.ids("q3") == ()


def test_random_is_a_seeded_order_of_the_candidates(write: Write, files: Files) -> None:
    read = load(write(files))
    run = random_run(read, rng=np.random.default_rng(5), depth=100)
    assert run == random_run(read, rng=np.random.default_rng(5), depth=100)
    for query in read.qrels:
        assert set(run.ids(query)) == read.candidates_of(query)
    orders = {random_run(read, rng=np.random.default_rng(i), depth=9).ids("q2") for i in range(60)}
    assert len(orders) > 12


def test_runs_are_no_deeper_than_asked(write: Write, files: Files, word_encoder: Encoder) -> None:
    read = load(write(files))
    runs = [
        random_run(read, rng=np.random.default_rng(5), depth=2),
        popularity_run(read, depth=2),
        bm25_run(read, depth=2),
        dari_run(read, word_encoder, depth=2),
    ]
    assert all(len(run.ids(query)) <= 2 for run in runs for query in read.qrels)


def test_dari_answers_every_query_from_its_candidates(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    read = load(write(files))
    told: list[int] = []
    run = dari_run(read, word_encoder, depth=100, ranker=cold_start(), advance=told.append)
    assert told == [1, 1, 1]
    assert set(run.ids("q1")) == {"p1", "p2", "p3"}
    assert set(run.ids("q2")) == {"p1", "p2", "p3", "p4"}
    assert run.ids("q1")[0] == "p2"
    assert run.ids("q2")[0] == "p1"


def test_dari_does_not_see_ties_that_lie_after_a_query(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    """q3 asks on 2020-02-01; what Keel and p1 did comes on 2020-03-01, and must change nothing."""
    with_tie = dari_run(load(write(files)), word_encoder, depth=100)
    files["ties.jsonl"] = [tie for tie in files["ties.jsonl"] if tie["date"] < "2020-02-01"]
    without = dari_run(load(write(files)), word_encoder, depth=100)
    assert with_tie.rankings["q3"] == without.rankings["q3"]
    assert with_tie.rankings["q2"] != without.rankings["q2"]


def test_chances_are_the_middles_of_the_intervals_that_are_told(
    write: Write, files: Files, word_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that was not calibrated abstains; one that was tells .2 to .6 of p1 alone."""
    read = load(write(files))
    assert not any((dari_run(read, word_encoder, depth=9).chances or {}).values())
    told = Matchmaker.match

    def match(self: Matchmaker, *args: Any, **options: Any) -> MatchList:
        answer = told(self, *args, **options)
        matches = [
            replace(one, probability=Probability(0.2, 0.6)) if one.profile.id == "p1" else one
            for one in answer.matches
        ]
        return replace(answer, matches=tuple(matches))

    monkeypatch.setattr(Matchmaker, "match", match)
    run = dari_run(read, word_encoder, depth=9)
    assert run.chances == {query: {"p1": pytest.approx(0.4)} for query in read.qrels}


def test_a_query_speaks_for_the_startup_where_it_says_something(write: Write, files: Files) -> None:
    files["queries.jsonl"][0] |= {"sectors": ["medical_imaging"], "region": "KR-30"}
    files["startups.jsonl"][1] |= {"sectors": ["ai"], "region": "KR-26", "seeking": "a port"}
    read = load(write(files))
    asked = asking(read.startups["s1"], read.queries[0])
    assert asked.seeking is not None
    assert asked.seeking.en == "a hospital to try ultrasound in"
    assert (asked.sectors, asked.region) == (("medical_imaging",), "KR-30")
    assert asked.summary == read.startups["s1"].summary
    assert asking(read.startups["s2"], read.queries[1]) == read.startups["s2"]


def test_pairings_count_on_the_day_of_the_query(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    files["startups.jsonl"][1]["region"] = "KR-26"
    files["partners.jsonl"][2]["region"] = "KR-11"
    apart = dari_run(load(write(files)), word_encoder, depth=100)
    pairing = {"a": "s9", "b": "p3", "kind": "pairing", "region": "KR-26"}
    files["ties.jsonl"].append({**pairing, "date": "2020-06-01", "valid_to": "2020-12-31"})
    paired = dari_run(load(write(files)), word_encoder, depth=100)
    assert dict(paired.rankings["q2"])["p3"] > dict(apart.rankings["q2"])["p3"]
    assert paired.rankings["q3"] == apart.rankings["q3"]


@pytest.mark.parametrize("candidates", [["p3"], ["p2", "p4"]])
def test_only_candidates_are_ranked(
    write: Write, files: Files, word_encoder: Encoder, candidates: list[str]
) -> None:
    files["candidates.jsonl"] = [
        {"query": query, "partners": candidates} for query in ("q1", "q2", "q3")
    ]
    read = load(write(files))
    for run in (
        random_run(read, rng=np.random.default_rng(0), depth=100),
        popularity_run(read, depth=100),
        dari_run(read, word_encoder, depth=100),
    ):
        assert all(set(run.ids(query)) == set(candidates) for query in read.qrels)
