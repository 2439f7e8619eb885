"""Tests that the past teaches without telling: windows and folds, and the leaks planted in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evaluation import DatasetError, LeakError, Query, TestSet, windows
from evaluation import past as past_module
from evaluation.examples import beside, examples
from evaluation.forgetting import Forgetting, drawn_from_contexts, shared_sectors
from profiles import Partner, Startup, Text, Tie, validate

CUT = date(2024, 7, 1)
SECTORS = ("ai", "games", "biologics", "food", "energy", "iot")


def told(number: int) -> str:
    """A subject of a context: its own words, no others."""
    words = [f"w{number}x{k}" for k in range(40)]
    return " ".join(words[:20]) + ". " + " ".join(words[20:]) + "."


def tie(context: str | None, a: str, b: str, day: date, **more: Any) -> Tie:
    said = {"kind": "collaboration", "a": a, "b": b, "valid_from": day, "context": context}
    return validate(Tie, said | more)


def made(contexts: Iterable[tuple[str, date, list[str], list[str]]], **changed: Any) -> TestSet:
    """A set of contexts: (id, day, startups, partners), and a query on each of two tracks."""
    ties, startups, partners = [], {"asks": startup("asks")}, {}
    for number, (id, day, own, others) in enumerate(contexts):
        for a in own:
            startups.setdefault(a, startup(a))
            for b in others:
                partners.setdefault(b, partner(b))
                ties.append(tie(id, a, b, day, subject=told(number)))
    late = partner("late")
    queries = [
        Query("q1", "asks", CUT, "c-q", Text(en="something else"), (), None, "known"),
        Query("q2", "asks", CUT, "c-q", Text(en="something else"), (), None, "new"),
    ]
    held = TestSet(
        name="made",
        cut=CUT,
        startups=startups,
        partners=partners | {"late": late},
        ties=tuple(ties),
        queries=tuple(queries),
        qrels={"q1": {min(partners): 1}, "q2": {"late": 1}},
        candidates={"q1": frozenset(partners), "q2": frozenset({"late"})},
    )
    return replace(held, **changed)


def startup(id: str, **more: Any) -> Startup:
    return validate(Startup, {"id": id, "name": id, "summary": f"{id} is a firm.", **more})


def partner(id: str, **more: Any) -> Partner:
    return validate(Partner, {"id": id, "name": id, "kind": "university", **more})


def months(count: int) -> list[tuple[str, date, list[str], list[str]]]:
    """A context in each of some months before the cut: two startups, a hub, its own partner."""
    return [
        (f"c{n:02}", CUT - timedelta(days=30 * (count - n)), [f"s{n}", f"t{n % 4}"],
         ["hub", f"p{n}", f"r{n % 5}"])
        for n in range(count)
    ]  # fmt: skip


def burst(count: int, size: int = 4, seed: int = 3) -> list[tuple[str, date, list[str], list[str]]]:
    """Contexts that all began in one month: startups of their own, partners of many sizes."""
    rng = np.random.default_rng(seed)
    busy = 1 / np.arange(1, 61)
    found = []
    for n in range(count):
        chosen = rng.choice(60, size=size, replace=False, p=busy / busy.sum())
        day = date(2024, 6, 1 + n % 28)
        found.append((f"c{n:03}", day, [f"s{n}", f"u{n}"], [f"p{k:02}" for k in chosen]))
    return found


@pytest.fixture(scope="module")
def folds() -> SimpleNamespace:
    whole = made(burst(80))
    return SimpleNamespace(whole=whole, found=windows(whole))


def test_windows_by_time_know_only_what_lies_before_them() -> None:
    whole = made(months(48))
    found = windows(whole)
    assert 5 <= len(found) <= 8
    assert [one.cut for one in found][:2] == [date(2024, 4, 1), date(2024, 1, 1)]
    end = CUT
    for one in found:
        assert all(tie.valid_from and tie.valid_from < one.cut for tie in one.ties)
        assert {tie.id for tie in one.ties} == {tie.id for tie in whole.ties_before(one.cut)}
        asked = {query.cluster for query in one.queries}
        assert asked == {id for id, day, _, _ in months(48) if one.cut <= day < end}
        assert {query.date for query in one.queries} == {
            day for _, day, _, _ in months(48) if one.cut <= day < end
        }
        end = one.cut
    assert len(found[-1].ties) >= len(whole.ties) / 2


def test_each_startup_of_a_context_asks_for_its_partners_on_each_track() -> None:
    [one] = [one for one in windows(made(months(48))) if one.cut == date(2024, 4, 1)]
    assert [query.id for query in one.queries if query.cluster == "c47"] == [
        "c47-s47-known", "c47-s47-new", "c47-t3-known", "c47-t3-new",
    ]  # fmt: skip
    assert one.qrels["c47-s47-known"] == {"hub": 2, "r2": 2}
    assert one.qrels["c47-s47-new"] == {"p47": 2}
    query = next(query for query in one.queries if query.id == "c47-s47-known")
    assert query.seeking is not None
    assert query.seeking.joined == told(47)
    later = {f"p{n}" for n in (45, 46, 47)}
    assert one.candidates["c47-s47-new"] == later
    assert one.candidates["c47-s47-known"] == {"hub", *(f"p{n}" for n in range(45))} | {
        f"r{n}" for n in range(5)
    }
    assert "late" not in one.partners


def test_relevance_is_graded_by_the_kind_of_tie_and_ties_without_a_context_are_a_day() -> None:
    day = date(2024, 6, 3)
    whole = made(months(48))
    more = [
        tie(None, "s1", "hub", day, kind="contract"),
        tie(None, "s1", "r1", day, kind="pilot"),
        tie(None, "s1", "r2", day, kind="conflict"),
        tie(None, "s1", "r3", day + timedelta(1)),
    ]
    found = windows(replace(whole, ties=(*whole.ties, *more)))[0]
    assert found.qrels[f"s1@{day}-s1-known"] == {"hub": 3, "r1": 2}
    assert found.qrels[f"s1@{day + timedelta(1)}-s1-known"] == {"r3": 2}


def test_where_time_gives_too_little_the_contexts_are_dealt_out(folds: SimpleNamespace) -> None:
    asked = [{query.cluster for query in one.queries} for one in folds.found]
    contexts = {tie.context for tie in folds.whole.ties}
    assert len(asked) == 8
    assert sum(map(len, asked)) == len(contexts)
    assert set().union(*asked) == contexts
    for one, own in zip(folds.found, asked, strict=True):
        assert {tie.context for tie in one.ties} == contexts - own
        assert one.cut == CUT


def test_never_is_one_context_alone_left_out(folds: SimpleNamespace) -> None:
    for one in (*folds.found, *windows(made(months(48)))):
        assert len({query.cluster for query in one.queries}) > 1
    for one in folds.found:
        assert len({query.cluster for query in one.queries}) >= 5


def test_startups_of_a_project_are_in_one_fold_and_one_cluster(folds: SimpleNamespace) -> None:
    for one in folds.found:
        clusters = Counter(query.cluster for query in one.queries if query.track == "known")
        assert {cluster for cluster, count in clusters.items() if count != 2} == set()
    again = windows(folds.whole)
    assert [one.queries for one in again] == [one.queries for one in folds.found]


def past_of(test_set: TestSet) -> Counter[str]:
    """How many contexts of each partner are known."""
    known = {(tie.context, tie.b) for tie in test_set.ties}
    return Counter(partner for _, partner in known)


def ahead(pairs: Iterable[tuple[int, bool]]) -> float:
    """How often what is right has done more than what is wrong; 0.5 where it says nothing."""
    given = list(pairs)
    right, wrong = (np.array([c for c, is_right in given if is_right == one]) for one in (1, 0))
    gap = np.sign(right[:, None] - wrong[None, :])
    return float((gap.mean() + 1) / 2)


def test_folds_do_not_tell_the_answer_by_who_did_less() -> None:
    """Leaving one context out makes the counts of its own partners fall, and of nobody else.

    Here each partner is in four contexts, so that what it has done says nothing of the next one.
    """
    contexts = [
        (f"c{n:03}", CUT - timedelta(days=1 + n % 28), [f"s{n}"],
         [f"p{(n + step) % 80:02}" for step in (0, 17, 31, 43)])
        for n in range(80)
    ]  # fmt: skip
    whole = made(contexts)
    counts = past_of(whole)
    assert set(counts.values()) == {4}
    alone: list[tuple[int, bool]] = []
    dealt: list[tuple[int, bool]] = []
    for one in windows(whole):
        known = past_of(one)
        for query in one.queries:
            right = one.qrels[query.id]
            alone += [(counts[id] - (id in right), id in right) for id in counts]
            dealt += [(known[id], id in right) for id in one.candidates[query.id]]
    assert ahead(alone) == 0
    assert ahead(dealt) > 0.1


def test_who_did_more_stays_ahead_in_folds(folds: SimpleNamespace) -> None:
    for one in folds.found:
        known = past_of(one)
        pairs = [
            (known[id], id in one.qrels[query.id])
            for query in one.queries
            if query.track == "known"
            for id in one.candidates[query.id]
        ]
        assert ahead(pairs) > 0.7


def test_those_without_a_past_are_not_all_right(folds: SimpleNamespace) -> None:
    """Leaving one context out makes empty profiles of its own partners alone."""
    wrong = [
        one.candidates[query.id] - one.qrels[query.id].keys()
        for one in folds.found
        for query in one.queries
        if query.track == "new"
    ]
    assert len(wrong) > 10
    assert sum(map(bool, wrong)) > len(wrong) / 2


def test_no_text_of_a_profile_holds_what_only_comes_later() -> None:
    whole = made(burst(80))
    own = {"s3": told(3), "s4": told(4)}
    kept = " s3 has made pumps since 1990 and sells them in many countries."
    startups = dict(whole.startups)
    startups["s3"] = startup("s3", summary=own["s3"] + kept, offering=own["s3"][:95] + "…")
    startups["s4"] = startup("s4", summary={"en": own["s4"], "ko": "양수기를 만든다."})
    partners = dict(whole.partners)
    partners["p59"] = partner("p59", summary="Who we are. " + told(3).split(". ")[1])
    for one in windows(replace(whole, startups=startups, partners=partners)):
        asked = {query.cluster for query in one.queries}
        told_of = [one.startups["s3"], one.startups["s4"], one.partners.get("p59")]
        said = " ".join(
            text.joined
            for profile in told_of
            if profile
            for text in (profile.summary, profile.offering)
            if text
        )
        assert ("w3x" in said) == ("c003" not in asked)
        assert ("w4x" in said) == ("c004" not in asked)
        assert "pumps" in said
        assert "양수기" in said


def test_a_startup_of_which_nothing_is_left_says_its_name() -> None:
    forgetting = Forgetting([Text(en=told(1))])
    left = forgetting.profile(startup("sonar", summary=told(1)))
    assert left.summary is not None
    assert left.summary.joined == "sonar"
    validate(Startup, left.model_dump(exclude_none=True))
    assert forgetting.profile(partner("x", summary=told(1))).summary is None
    untouched = startup("keel", summary="Autonomous vessels.")
    assert forgetting.profile(untouched) is untouched


@pytest.mark.parametrize(
    ("sentence", "held"),
    [
        ("One two three four five six seven eight nine ten", True),
        ("one TWO three four five six seven eight nine ten", True),
        ("three four…", True),
        ("ten eleven", False),
        ("three", False),
        ("one two three four five six seven eight and much more of our very own words", False),
    ],
)
def test_a_sentence_is_known_again_whole_or_cut(sentence: str, held: bool) -> None:
    said = Text(en="One two three four five six seven eight nine ten. And more.")
    assert Forgetting([said]).holds(sentence) == held


def drawn(count: int = 80) -> TestSet:
    """A set whose profiles have the sectors of all their contexts, as conversions write them."""
    contexts = burst(count)
    whole = made(contexts)
    of: dict[str, set[str]] = {}
    for number, (_, _, own, others) in enumerate(contexts):
        for id in (*own, *others):
            of.setdefault(id, set()).add(SECTORS[number % len(SECTORS)])
    give: Callable[[Any], Any] = lambda one: one.model_copy(  # noqa: E731
        update={"sectors": tuple(sorted(of.get(one.id, ())))}
    )
    queries = tuple(replace(query, sectors=("ai",)) for query in whole.queries)
    return replace(
        whole,
        startups={id: give(one) for id, one in whole.startups.items()},
        partners={id: give(one) for id, one in whole.partners.items()},
        queries=queries,
    )


def test_no_sector_of_a_profile_comes_of_a_later_context() -> None:
    whole = drawn()
    number = {id: at for at, (id, *_) in enumerate(burst(80))}
    for one in windows(whole):
        known: dict[str, set[str]] = {}
        for tie in one.ties:
            for end in (tie.a, tie.b):
                known.setdefault(end, set()).add(SECTORS[number[tie.context or ""] % len(SECTORS)])
        for id, profile in {**one.startups, **one.partners}.items():
            assert set(profile.sectors) == known.get(id, set()), id
        for query in one.queries:
            assert query.sectors == (SECTORS[number[query.cluster] % len(SECTORS)],)


def test_sectors_that_profiles_state_themselves_stay() -> None:
    whole = made(burst(80))
    partners = {
        id: one.model_copy(update={"sectors": ("ai", SECTORS[len(id) % 6])})
        for id, one in whole.partners.items()
    }
    for one in windows(replace(whole, partners=partners)):
        assert all(profile == partners[id] for id, profile in one.partners.items())


def test_sectors_of_a_context_are_those_that_all_members_have() -> None:
    members = [partner("a", sectors=["ai", "food"]), partner("b", sectors=["food", "iot", "ai"])]
    assert shared_sectors(members, 8) == ("ai", "food")
    cut_short = partner("c", sectors=["games", "energy", "iot"])
    assert shared_sectors([*members, cut_short], 3) == ("ai", "food")
    assert shared_sectors([partner("d")], 8) == ()
    assert not drawn_from_contexts({"a": members[0]}, {"a": [("ai", "food")]})


def test_one_profile_whose_context_left_no_tie_does_not_hide_where_sectors_come_from() -> None:
    inside = {f"p{n}": partner(f"p{n}", sectors=["ai"]) for n in range(100)}
    told = {id: [("ai",)] for id in inside}
    stray = {"stray": partner("stray", sectors=["food"])}
    assert drawn_from_contexts({**inside, **stray}, told)
    several = {f"s{n}": partner(f"s{n}", sectors=["food"]) for n in range(2)}
    assert not drawn_from_contexts({**inside, **several}, told)


def test_a_leak_that_is_left_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks run on every window: without the forgetting they refuse it."""
    whole = made(burst(80))
    told_by = {one.b: one.subject for one in whole.ties}
    partners = {
        id: one.model_copy(update={"summary": told_by.get(id)})
        for id, one in whole.partners.items()
    }
    leaking = replace(whole, partners=partners)
    assert len(windows(leaking)) == 8
    monkeypatch.setattr(Forgetting, "profile", lambda self, profile: profile)
    with pytest.raises(LeakError, match="quotes"):
        windows(leaking)
    monkeypatch.undo()
    monkeypatch.setattr(past_module, "quoted_among", lambda texts, sought: set())
    twice = [one.model_copy(update={"id": f"{one.id}-2", "context": f"{one.context}-2"})
             for one in whole.ties]  # fmt: skip
    with pytest.raises(LeakError, match="quotes"):
        windows(replace(whole, ties=(*whole.ties, *twice)))


def test_contexts_told_in_the_same_words_are_not_known_of_each_other() -> None:
    whole = made(burst(80))
    twice = [one.model_copy(update={"id": f"{one.id}-2", "context": f"{one.context}-2"})
             for one in whole.ties if one.context == "c003"]  # fmt: skip
    for one in windows(replace(whole, ties=(*whole.ties, *twice))):
        asked = {query.cluster for query in one.queries}
        known = {tie.context for tie in one.ties}
        if asked & {"c003", "c003-2"}:
            assert not known & {"c003", "c003-2"}


def test_partners_that_a_startup_knows_are_left_out_where_the_set_leaves_them_out() -> None:
    contexts = [*months(48), ("old", date(2021, 1, 1), ["asks"], ["hub"])]
    whole = made(contexts)
    apart = replace(whole, candidates=whole.candidates | {
        "q1": whole.candidates["q1"] - {"hub"}
    }, qrels=whole.qrels | {"q1": {"r1": 1}})  # fmt: skip
    for test_set, left_out in ((whole, False), (apart, True)):
        one = windows(test_set)[0]
        asked = {query.id for query in one.queries}
        assert ("c47-t3-known" not in asked) == left_out
        assert {"hub", "r2"} <= one.candidates["c47-s47-known"]


@pytest.mark.parametrize(
    ("done", "others", "fewest"),
    [
        ([5, 9, 7], [4, 1], 5),
        ([5, 9, 7], [1, 0], 2),
        ([1, 9], [0, 0], 1),
        ([4, 4], [0], 1),
        ([5, 9], [7, 1], 1),
        ([0, 9], [7, 1], 0),
        ([0, *[1] * 99], [0], 1),
        ([0, 0, *[1] * 98], [0], 0),
        ([3, 9], [], 0),
        ([0, 0], [3], 0),
        ([], [], 0),
    ],
)
def test_how_much_a_candidate_must_have_done(
    done: list[int], others: list[int], fewest: int
) -> None:
    assert past_module._fewest(done, others) == fewest


def test_a_set_without_a_past_teaches_nothing_and_that_is_said() -> None:
    whole = made(burst(80))
    apart = [one.model_copy(update={"kind": "pairing", "region": "KR-27"}) for one in whole.ties]
    for ties in ((), tuple(apart)):
        with pytest.raises(DatasetError, match="nothing to learn from"):
            windows(replace(whole, ties=ties))


def test_examples_are_what_serving_computes(word_encoder: Any) -> None:
    whole = made(burst(24))
    found = windows(whole)[:2]
    told_of: list[int] = []
    got = examples(found, word_encoder, advance=told_of.append)
    queries = [query for one in found for query in one.queries]
    assert sum(told_of) == len(queries)
    assert got.names == tuple(query.id for query in queries)
    assert got.tracks == tuple(query.track for query in queries)
    assert len(got.features) == len(got.relevance) == len(got.candidates) == len(got.queries)
    right = {query: judged for one in found for query, judged in one.qrels.items()}
    for row, number in enumerate(got.queries.tolist()):
        assert got.relevance[row] == right[got.names[number]].get(got.candidates[row], 0)
    assert [len(ideal) for ideal in got.ideal] == [len(right[name]) for name in got.names]
    clusters = {query.id: query.cluster for query in queries}
    held = {
        (clusters[got.names[q]], int(c)) for q, c in zip(got.queries, got.clusters, strict=True)
    }
    assert len(held) == len({cluster for cluster, _ in held}) == len({c for _, c in held})
    assert examples(found, word_encoder).digest == got.digest
    other = examples(found[1:], word_encoder)
    assert other.digest != got.digest


def test_examples_of_another_set_count_a_tenth_at_most(word_encoder: Any) -> None:
    first = examples(windows(made(burst(24)))[:2], word_encoder)
    other = examples(windows(made(burst(40, seed=5)))[:4], word_encoder)
    both = beside(first, other)
    assert len(both.features) == len(first.features) + len(other.features)
    assert len(set(both.clusters)) == len(set(first.clusters)) + len(set(other.clusters))
    assert both.names[both.queries[-1]] == other.names[-1]
    assert len(set(both.windows)) == 6
    _, rows = np.unique(both.clusters, return_index=True)
    own = len(set(first.clusters))
    assert both.weights[rows][:own].sum() == own
    assert both.weights[rows][own:].sum() == pytest.approx(own / 10)
    few = beside(other, replace(first, clusters=first.clusters % 2))
    assert few.weights.min() == 1
