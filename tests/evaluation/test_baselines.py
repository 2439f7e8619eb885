"""The baselines beyond chance, popularity and words, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluation import dense_run, load, region_run, rule_run
from index import Encoder

Files = dict[str, Any]
Write = Callable[[Files], Path]


def test_same_region_popularity_puts_the_region_then_the_country_first(
    write: Write, files: Files
) -> None:
    """p2 is in KR-27 and has two contexts; p1 and p4 have one, p3 none."""
    files["startups.jsonl"][1]["region"] = "KR-26"
    files["partners.jsonl"][2]["region"] = "KR-26"
    files["partners.jsonl"][3]["region"] = "JP"
    run = region_run(load(write(files)), depth=9)
    assert run.ids("q2") == ("p3", "p2", "p1", "p4")
    assert run.ids("q1") == ("p2", "p1", "p3")


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
