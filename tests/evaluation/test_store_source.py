"""An installation's own verdicts and outcomes as a test set."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluation import ConversionError, convert_store, load
from profiles import Partner, Revision, Startup, Store, Text, Tie, Verdict, validate
from profiles.case_moves import close_case, move_back, move_case
from profiles.cases import CaseStage, Decline, Outcome
from profiles.casework import open_case
from profiles.vectors import Vectors

CUT = date(2020, 7, 1)


def put(store: Store, *profiles: Startup | Partner) -> None:
    store.put_many([(profile, Vectors("none")) for profile in profiles])


def startup(id: str, summary: str = "Makes sonar.", **fields: Any) -> Startup:
    return validate(Startup, {"id": id, "name": id.title(), "summary": summary, **fields})


def partner(id: str, **fields: Any) -> Partner:
    return validate(Partner, {"id": id, "name": id.title(), **fields})


def tie(a: str, b: str, kind: str, day: str | None, **fields: Any) -> Tie:
    return validate(Tie, {"a": a, "b": b, "kind": kind, "valid_from": day, **fields})


def verdict(query: str, candidate: str, label: Any, day: str) -> Verdict:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Verdict(query, candidate, label, "", 1, "model-1", at)


@pytest.fixture
def filled(store: Store) -> Store:
    consent = {"version": "1", "purpose": "matching", "at": "2020-01-01T00:00:00Z"}
    put(
        store,
        startup("s1", contact="a@example.com", consent=consent),
        startup("s2"),
        startup("s3"),
        *(partner(f"p{i}") for i in range(1, 5)),
    )
    ties = [
        tie("s1", "p1", "pilot", "2020-06-30"),
        tie("s1", "p2", "contract", "2020-08-01"),
        tie("p3", "s2", "pilot", "2020-07-01"),
        tie("s2", "p4", "conflict", "2020-08-01"),
        tie("s3", "p4", "pairing", "2020-08-01", region="KR-27"),
        tie("s3", "p4", "pilot", None),
        tie("s1", "s2", "collaboration", "2020-09-01"),
    ]
    store.put_ties([(one, Vectors("none")) for one in ties])
    for one in (
        verdict("s1", "p2", "poor", "2020-07-20"),
        verdict("s1", "p3", "poor", "2020-07-15"),
        verdict("s1", "p3", "good", "2020-07-16"),
        verdict("s1", "p4", "poor", "2020-07-17"),
        verdict("p1", "s2", "good", "2020-07-18"),
        verdict("s3", "p1", "good", "2020-06-01"),
    ):
        store.add_verdict(one)
    return store


def test_verdicts_and_outcomes_become_judgements(filled: Store, tmp_path: Path) -> None:
    """The last verdict counts, an outcome says more, and what came before the cut asks nothing."""
    convert_store(filled, tmp_path / "out", cut=CUT)
    read = load(tmp_path / "out")
    assert read.qrels == {"s1": {"p2": 3, "p3": 1, "p4": 0}, "s2": {"p1": 1, "p3": 2}}
    assert {q.id: q.date for q in read.queries} == {
        "s1": date(2020, 7, 15),
        "s2": date(2020, 7, 1),
    }
    assert read.ties == ()
    said = "\n".join(read.notes)
    assert "entered or dated so only later, left out as nobody had them then: 1" in said
    assert "ties without a date, left out: 1" in said
    assert "pairs that are not held, left out: 1" in said
    assert "5 pairs are judged" in said


def test_no_contact_data_is_written(filled: Store, tmp_path: Path) -> None:
    convert_store(filled, tmp_path / "out", cut=CUT)
    for path in (tmp_path / "out").iterdir():
        assert "example.com" not in path.read_text(encoding="utf-8")
        assert "consent" not in path.read_text(encoding="utf-8")


def test_a_profile_stands_as_it_did_before_the_cut(store: Store, tmp_path: Path) -> None:
    put(store, startup("s1", "What it said first."), partner("p1"))
    put(store, startup("s1", "What it says now."))
    day = datetime.now(UTC).date()
    store.put_ties([(tie("s1", "p1", "pilot", "2999-01-01"), Vectors("none"))])
    summaries = []
    for name, cut in (("before", date(2000, 1, 1)), ("after", date(2998, 1, 1))):
        convert_store(store, tmp_path / name, cut=cut)
        text = (tmp_path / name / "startups.jsonl").read_text(encoding="utf-8")
        summaries.append(json.loads(text)["summary"])
        notes = load(tmp_path / name).notes
        assert any("taken as first written: 2" in n for n in notes) is (cut < day)
    assert summaries == [{"en": "What it said first."}, {"en": "What it says now."}]


def test_a_tie_is_known_as_it_was_written_before_the_cut(store: Store, tmp_path: Path) -> None:
    """Entered today: unknown to a cut of yesterday, whatever day it bears, and known tomorrow."""
    put(store, startup("s1"), partner("p1"), partner("p2"))
    day = {"valid_from": "2020-06-30", "subject": "Sonar for ships"}
    known = validate(Tie, {"id": "t1", "a": "s1", "b": "p1", "kind": "pilot", **day})
    outcome = tie("s1", "p2", "contract", "2999-01-01")
    store.put_ties([(one, Vectors("none")) for one in (known, outcome)])
    ties = {}
    for name, cut in (("before", date(2021, 1, 1)), ("after", date(2998, 1, 1))):
        convert_store(store, tmp_path / name, cut=cut)
        ties[name] = [(one.id, one.valid_from) for one in load(tmp_path / name).ties]
    assert ties == {"before": [], "after": [("t1", date(2020, 6, 30))]}


def test_a_change_of_a_tie_after_the_cut_is_not_known(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, startup("s1"), partner("p1"), partner("p2"))
    first = validate(
        Tie, {"id": "t1", "a": "s1", "b": "p1", "kind": "pilot", "valid_from": "2020-01-01"}
    )
    later = first.model_copy(update={"subject": Text(en="It became a great success.")})
    store.put_ties([(first, Vectors("none"))])
    store.put_ties([(tie("s1", "p2", "contract", "2999-01-01"), Vectors("none"))])
    store.put_ties([(later, Vectors("none"))])
    history = type(store).history

    def dated(self: Store, id: str) -> list[Revision]:
        """Date each revision of the tie to a year of its own."""
        found = history(self, id)
        return [
            replace(one, at=one.at.replace(year=2990 + at)) if id == "t1" else one
            for at, one in enumerate(found)
        ]

    monkeypatch.setattr(type(store), "history", dated)
    convert_store(store, tmp_path / "set", cut=date(2991, 1, 1))
    (known,) = load(tmp_path / "set").ties
    assert known.subject is None


def test_a_last_day_bounds_what_counts(filled: Store, tmp_path: Path) -> None:
    convert_store(filled, tmp_path / "out", cut=CUT, until=date(2020, 7, 16))
    assert load(tmp_path / "out").qrels == {"s1": {"p3": 1}, "s2": {"p3": 2}}


def test_a_history_without_a_good_end_is_refused(filled: Store, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="No startup had"):
        convert_store(filled, tmp_path / "out", cut=date(2021, 1, 1))


def test_what_cases_came_to_becomes_judgements(store: Store, tmp_path: Path) -> None:
    put(store, *(startup(f"s{n}") for n in (1, 2)), *(partner(f"p{n}") for n in range(1, 6)))
    cut = datetime.now(UTC).date() - timedelta(days=1)
    numbers = {}
    for one, other in (("s1", "p1"), ("s1", "p2"), ("s1", "p3"), ("s1", "p4"), ("s2", "p5")):
        case, _ = open_case(store, one, other, shown_rank=2, model_version="m")
        numbers[other] = case.id
    move_case(store, numbers["p1"], CaseStage.POC)
    move_case(store, numbers["p2"], CaseStage.POC)
    move_case(store, numbers["p2"], CaseStage.CONTRACT)
    move_case(store, numbers["p3"], CaseStage.POC)
    move_back(store, numbers["p3"], reason="It was another firm")
    for partner_, label in (("p3", "poor"), ("p4", "good")):
        declined = {"reason": Decline.TIMING, "verdict": label}
        close_case(store, numbers[partner_], Outcome.DECLINED_PARTNER, **declined)
    close_case(store, numbers["p5"], Outcome.DROPPED, reason=Decline.NO_REPLY)
    convert_store(store, tmp_path / "out", cut=cut)
    assert load(tmp_path / "out").qrels == {"s1": {"p1": 2, "p2": 3, "p3": 0, "p4": 1}}
