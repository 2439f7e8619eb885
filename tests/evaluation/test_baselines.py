"""The baselines beyond chance, popularity and words, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluation import dense_run, knn_run, load, region_run, rule_run, turn
from index import Encoder

Files = dict[str, Any]
Write = Callable[[Files], Path]


def test_same_region_popularity_puts_the_region_then_the_country_first(
    write: Write, files: Files
) -> None:
    """p2 is in KR-27 and has two contexts; p1 and p4 have one, p3 none.

    p1 has no region, but dealt with Keel of KR-26 before the cut.
    """
    files["startups.jsonl"][1]["region"] = "KR-26"
    files["partners.jsonl"][2]["region"] = "KR-26"
    files["partners.jsonl"][3]["region"] = "JP"
    run = region_run(load(write(files)), depth=9)
    assert run.ids("q2") == ("p1", "p3", "p2", "p4")
    assert run.ids("q1") == ("p2", "p1", "p3")


def test_a_candidate_without_a_region_counts_as_where_most_of_its_past_was(
    write: Write, files: Files
) -> None:
    """p1 (no region) dealt with Keel of KR-26 before the cut; p2 has a region of its own."""
    files["startups.jsonl"][1]["region"] = "KR-26"
    files["startups.jsonl"][0]["region"] = "KR-26"
    read = load(write(files))
    assert region_run(read, depth=9).ids("q1")[0] == "p1"
    assert dict(rule_run(read, depth=9).rankings["q1"]) == {"p1": 1.0, "p2": 0.5, "p3": 0.0}
    assert dict(rule_run(read, depth=9).rankings["q3"])["p1"] == 0.0


def test_dense_orders_by_the_nearest_text(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    run = dense_run(load(write(files)), word_encoder, depth=9)
    assert run.ids("q1")[0] == "p2"
    assert run.ids("q2")[0] == "p1"
    first = dict(run.rankings["q2"])["p1"]
    asked, subject = "Autonomous vessels. 자율운항", "Autonomous mooring of vessels in a harbour"
    vectors = word_encoder.encode([asked.replace(" 자율운항", "\n자율운항"), subject])
    assert abs(first - float(vectors[0] @ vectors[1])) < 1e-6


def test_dense_sees_nothing_that_lies_after_a_query(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    later = dense_run(load(write(files)), word_encoder, depth=9)
    files["ties.jsonl"] = [tie for tie in files["ties.jsonl"] if tie["date"] < "2020-02-01"]
    early = dense_run(load(write(files)), word_encoder, depth=9)
    assert later.rankings["q3"] == early.rankings["q3"]
    assert later.rankings["q2"] != early.rankings["q2"]


def test_the_rule_counts_sector_and_region(write: Write, files: Files) -> None:
    files["queries.jsonl"][1] |= {"sectors": ["marine_mobility"], "region": "KR-26"}
    files["partners.jsonl"][0] |= {"sectors": ["marine_mobility"]}
    files["partners.jsonl"][1] |= {"region": "KR-26"}
    files["partners.jsonl"][3] |= {"sectors": ["games", "marine_mobility"], "region": "KR-11"}
    run = rule_run(load(write(files)), depth=9)
    assert run.rankings["q2"] == (("p4", 2.5), ("p1", 2.0), ("p2", 1.0), ("p3", 0.0))
    assert run.rankings["q3"] == (("p1", 0.0), ("p2", 0.0), ("p3", 0.0), ("p4", 0.0))


def test_shared_pasts_are_counted_by_cosine_then_popularity(write: Write, files: Files) -> None:
    """Keel (s2) dealt with p1; s7 with p1 and p3; s8 with p3 and p2; s9 with p2 (and so has p4).

    N(p1) = {s2, s7}, N(p3) = {s7, s8}, N(p2) = {s8, s9}: p1 shares itself wholly (1), p3 one of
    two (1/2), p2 none. Sonar (s1) has no past: all are ordered by popularity.
    """
    day = {"kind": "pilot", "date": "2020-02-02"}
    for startup, partner in (("s7", "p1"), ("s7", "p3"), ("s8", "p3"), ("s8", "p2")):
        files["ties.jsonl"].append({"startup": startup, "partner": partner, **day})
    run = knn_run(load(write(files)), depth=9)
    assert run.ids("q2") == ("p1", "p3", "p2", "p4")
    scores = dict(run.rankings["q2"])
    assert [round(scores[id], 4) for id in ("p1", "p3", "p2", "p4")] == [1.0, 0.5, 0.0, 0.0]
    assert run.ids("q1") == ("p2", "p1", "p3")
    assert run.ids("q3")[0] == "p2"


def test_shared_pasts_serve_partners_that_ask(write: Write, files: Files) -> None:
    run = knn_run(turn(load(write(files))), depth=9)
    assert run.rankings
    assert all(score >= 0 for ranking in run.rankings.values() for _, score in ranking)
