"""The other side: partners ask, and the judgements are turned round."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation import (
    bm25_run,
    dari_run,
    dense_run,
    load,
    popularity_run,
    random_run,
    region_run,
    report_on,
    rule_run,
    turn,
)
from index import Encoder
from profiles import Side

Files = dict[str, Any]
Write = Callable[[Files], Path]


def test_each_right_partner_asks_once_for_a_track_and_horizon(write: Write, files: Files) -> None:
    """q1 (health) has p2; q2 (sea, at the cut) and q3 (sea, in February) have p1."""
    turned = turn(load(write(files)))
    assert turned.side is Side.PARTNER
    assert {query.id: query.asker for query in turned.queries} == {
        "p2|health|2020-07-01": "p2",
        "p1|sea|2020-07-01": "p1",
        "p1|sea|2020-02-01": "p1",
    }
    assert turned.qrels == {
        "p2|health|2020-07-01": {"s1": 2},
        "p1|sea|2020-07-01": {"s2": 1},
        "p1|sea|2020-02-01": {"s2": 1},
    }
    assert turned.horizons().keys() == {date(2020, 2, 1), date(2020, 7, 1)}


def test_tracks_of_like_names_ask_apart(write: Write, files: Files) -> None:
    asked = {"startup": "s2", "date": "2020-08-02", "cluster": "r3"}
    tracks = ["big firms", "big_firms", "big  firms"]
    for number, track in enumerate(tracks):
        files["queries.jsonl"].append({**asked, "id": f"n{number}", "track": track})
        files["qrels.txt"].append(f"n{number} 0 p4 1")
    turned = turn(load(write(files)))
    assert {one.id: one.track for one in turned.queries if one.asker == "p4"} == {
        "p4|big_firms|2020-07-01": "big firms",
        "p4|big_firms|2020-07-01|2": "big_firms",
        "p4|big_firms|2020-07-01|3": "big  firms",
    }


def test_candidates_are_the_startups_whose_candidate_the_partner_was(
    write: Write, files: Files
) -> None:
    asked = {"startup": "s2", "date": "2020-08-02", "cluster": "r3", "track": "health"}
    files["queries.jsonl"] += [{**asked, "id": "q4"}, {**asked, "id": "q5", "startup": "s1"}]
    files["qrels.txt"] += ["q4 0 p4 1", "q5 0 p2 3", "q5 0 p3 0", "q4 0 p2 0"]
    files["candidates.jsonl"] = [{"query": "q4", "partners": ["p4"]}]
    turned = turn(load(write(files)))
    assert turned.candidates_of("p4|health|2020-07-01") == {"s1", "s2"}
    assert turned.candidates_of("p2|health|2020-07-01") == {"s1"}
    assert turned.qrels["p2|health|2020-07-01"] == {"s1": 3}


def test_the_cluster_is_that_of_most_relevant_queries(write: Write, files: Files) -> None:
    asked = {"startup": "s1", "date": "2020-08-02", "track": "sea"}
    files["queries.jsonl"] += [{**asked, "id": f"x{i}", "cluster": "a9"} for i in range(2)]
    files["qrels.txt"] += ["x0 0 p1 1", "x1 0 p1 1"]
    turned = turn(load(write(files)))
    assert {q.id: q.cluster for q in turned.queries}["p1|sea|2020-07-01"] == "a9"


def test_a_startup_shows_what_it_seeks_on_its_first_horizon_alone(
    write: Write, files: Files
) -> None:
    files["queries.jsonl"][1]["seeking"] = "what it seeks in September"
    files["queries.jsonl"][2]["seeking"] = "what it seeks in February"
    startup = turn(load(write(files))).startups["s2"]
    assert startup.seeking is not None
    assert startup.seeking.en == "what it seeks in February"


def test_all_systems_answer_from_this_side(
    write: Write, files: Files, word_encoder: Encoder
) -> None:
    turned = turn(load(write(files)))
    runs = [
        dari_run(turned, word_encoder, depth=9),
        random_run(turned, rng=np.random.default_rng(0), depth=9),
        popularity_run(turned, depth=9),
        region_run(turned, depth=9),
        bm25_run(turned, depth=9),
        dense_run(turned, word_encoder, depth=9),
        rule_run(turned, depth=9),
    ]
    for run in runs:
        for query in turned.qrels:
            assert set(run.ids(query)) <= turned.candidates_of(query)
    assert runs[0].ids("p2|health|2020-07-01") == ("s1",)
    report = report_on(turned, runs)
    assert report.systems["dari"]["health"]["RR"].value == 1.0
    assert any("partners ask here: 3 queries of 2 partners" in note for note in report.notes)


@pytest.mark.parametrize("day", ["2020-02-01", "2020-03-01"])
def test_no_answer_is_seen_before_its_day(
    write: Write, files: Files, word_encoder: Encoder, day: str
) -> None:
    """A tie of p1 and s2 on or after the February query's day changes nothing for it."""
    files["ties.jsonl"] = [tie for tie in files["ties.jsonl"] if tie["date"] < "2020-02-01"]
    without = dari_run(turn(load(write(files))), word_encoder, depth=9)
    tie = {"startup": "s2", "partner": "p1", "kind": "pilot", "date": day, "subject": "Mooring"}
    files["ties.jsonl"].append(tie)
    with_tie = dari_run(turn(load(write(files))), word_encoder, depth=9)
    query = "p1|sea|2020-02-01"
    assert with_tie.rankings[query] == without.rankings[query]
