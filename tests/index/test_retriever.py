"""Tests who is near, by what, and that no filter hides an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import WEIGHTS, Filters, Follower, Retriever, Writer, facts_of, fuse
from profiles import Partner, PartnerKind, Store, validate
from tests.index.reference import admits

Make = Callable[..., Any]

TODAY = date(2026, 1, 1)
WORDS = ["robots", "games", "ships"]
THIRD = pytest.approx(1 / 3)
PAST = {
    "history": 1,
    "history_all": 1,
    "history_lexical": True,
    "history_mean": 1,
    "history_top3": THIRD,
    "history_word": True,
}
COMPANY = {"neighbours", "neighbours_linked", "kind_past", "countries"}


def test_fusion_by_hand() -> None:
    evidence = {
        "text_is_is": np.array([0.4, 0.8, np.nan, -1.0]),
        "lexical": np.array([0.0, 20.0, 60.0, np.nan]),
    }
    fused = fuse(evidence, {"text_is_is": 1.0, "lexical": 0.5, "not there": 9.0})
    assert fused == pytest.approx([0.4, 0.8 + 0.25, 0.375, 0.0])


def test_text_and_past_are_two_accounts_of_one_thing() -> None:
    evidence = {
        "text_is_is": np.array([0.2, 0.3, 0.3, np.nan]),
        "text_is_seeks": np.array([0.1, np.nan, np.nan, np.nan]),
        "history_all": np.array([np.nan, np.nan, 0.5, 0.5]),
        "history_lexical": np.array([np.nan, np.nan, 0.25, 0.25]),
        "lexical": np.array([np.nan, np.nan, 20.0, np.nan]),
    }
    weights = dict.fromkeys(evidence, 1.0) | {"history_all": 0.6}
    assert fuse(evidence, weights) == pytest.approx([0.3, 0.3, 0.5 + 0.5, 0.4])


VALUE = st.sampled_from([np.nan, 0.0, 0.5]) | st.floats(-1, 9)
EVIDENCE = st.fixed_dictionaries(dict.fromkeys([*WEIGHTS, "history"], VALUE))


@settings(max_examples=500, deadline=None)
@given(EVIDENCE, st.sampled_from([*WEIGHTS, "history"]), st.floats(0, 9), st.booleans())
def test_more_evidence_never_lowers_a_score_and_what_is_absent_never_raises_it(
    evidence: dict[str, float], name: str, more: float, known: bool
) -> None:
    weights = {**WEIGHTS, "history": 0.5}
    more_of_it = evidence | {name: np.fmax(evidence[name], 0) + more}
    less = evidence if known else evidence | {name: np.nan}
    pairs = {n: np.array([less[n], more_of_it[n]]) for n in less}
    fused = fuse(pairs, weights)
    assert fused[0] <= fused[1] + 1e-12


def test_weak_evidence_stays_weak_where_nobody_has_better(world: Any, startup: Make) -> None:
    weak = {"history_lexical": np.array([0.01, 0.0]), "text_is_is": np.array([0.0, 0.5])}
    assert fuse(weak, WEIGHTS)[0] < fuse(weak, WEIGHTS)[1]
    assert fuse({"lexical": np.empty(0)}, WEIGHTS).tolist() == []


def test_the_weights_are_of_evidence_that_there_is(world: Any, startup: Make) -> None:
    asked = startup("q", "robots", seeking="ships")
    names = {name for c in found(world, asked) for name in c.evidence}
    assert set(WEIGHTS) <= names


@pytest.fixture
def world(
    sqlite_store: Store, tiny: Make, startup: Make, partner: Make, tie: Make
) -> tuple[Retriever, Writer]:
    encoder = tiny(words=WORDS)
    writing = Writer(sqlite_store, encoder)
    writing.put_many([
        startup("s1", "robots", seeking="ships"),
        startup("s2", "games", offering="ships"),
        startup("s3", "robots games"),
    ])
    writing.put_many([
        partner("p1", "robots", seeking="robots"),
        partner("p2", "games", offering="ships"),
        partner("p3"),
    ])
    writing.put_ties([
        tie("t1", "s2", "p3", date(2020, 1, 1), subject="ships"),
        tie("t2", "s2", "p2", date(2025, 12, 31), subject="robots"),
        tie("t3", "s2", "p1", TODAY, subject="ships"),
    ])
    return Retriever(Follower(sqlite_store, encoder), encoder), writing


def found(world: tuple[Retriever, Writer], query: Any, pool: int = 9, **more: Any) -> list[Any]:
    retriever, _ = world
    return retriever.retrieve(retriever.query(query, TODAY), pool, **more)[0]


def test_evidence_of_partners_by_hand(world: Any, startup: Make) -> None:
    evidence = {
        c.id: dict(c.evidence) for c in found(world, startup("q", "robots", seeking="ships"))
    }
    for told in evidence.values():
        assert told.pop("fused") > 0
        assert not COMPANY & told.keys()
        told["words"] = told.pop("lexical") > 0
        for name in {"history_lexical", "history_word"} & told.keys():
            told[name] = told[name] > 0
    assert evidence == {
        "p1": {"text_is_is": 1, "text_is_seeks": 1, "text_seeks_is": 0, "words": True},
        "p2": {
            "text_is_is": 0,
            "text_seeks_offers": 1,
            "text_seeks_is": 0,
            "words": True,
            **PAST,
            "focus": 0,
        },
        "p3": {"text_is_is": 0, "text_seeks_is": 0, "words": False, **PAST, "focus": THIRD},
    }


def test_history_names_its_tie(world: Any, startup: Make) -> None:
    ties = {c.id: c.tie and c.tie.id for c in found(world, startup("q", "robots", seeking="ships"))}
    assert ties == {"p1": None, "p2": "t2", "p3": "t1"}


def test_evidence_of_startups_by_hand(world: Any, partner: Make) -> None:
    asked = partner("p2", "games", offering="ships")
    evidence = {c.id: dict(c.evidence) for c in found(world, asked)}
    assert evidence["s1"] == {
        "text_is_is": 0,
        "text_seeks_offers": 1,
        "text_seeks_is": 0,
        "lexical": pytest.approx(evidence["s1"]["lexical"]),
        "history": 1,
        "history_all": 1,
        "history_lexical": pytest.approx(evidence["s1"]["history_lexical"]),
        "history_mean": 1,
        "history_top3": THIRD,
        "history_word": pytest.approx(evidence["s1"]["history_lexical"]),
        "fused": pytest.approx(evidence["s1"]["fused"]),
        "focus": 0,
    }
    assert evidence["s2"]["text_is_is"] == 1
    assert not PAST.keys() & evidence["s2"].keys()
    assert evidence["s3"]["text_is_is"] == pytest.approx(0.5**0.5, abs=1e-3)


def test_a_pair_has_the_same_evidence_from_either_side(world: Any) -> None:
    _, writing = world
    store = writing._store
    sides = [store.get_many([f"{side}{n}" for n in (1, 2, 3)]) for side in "sp"]
    there = {(s.id, c.id): c for s in sides[0].values() for c in found(world, s)}
    back = {(c.id, p.id): c for p in sides[1].values() for c in found(world, p)}
    assert there.keys() == back.keys()
    for pair, one in there.items():
        other = back[pair]
        assert one.evidence.keys() == other.evidence.keys()
        for name in one.evidence.keys() - {"lexical", "fused"}:
            assert one.evidence[name] == pytest.approx(other.evidence[name], abs=1e-3)
        assert (one.tie and one.tie.id) == (other.tie and other.tie.id)


def test_the_best_fused_comes_first_and_the_pool_bounds_the_list(world: Any, startup: Make) -> None:
    asked = startup("q", "robots", seeking="ships")
    everyone = [c.id for c in found(world, asked)]
    assert everyone == ["p1", "p2", "p3"]  # two facets outweigh an offer beside the past here
    assert [c.id for c in found(world, asked, pool=2)] == everyone[:2]
    assert found(world, asked, pool=0) == []


def test_of_many_the_best_by_any_evidence_are_compared(
    world: Any, startup: Make, partner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [startup("q", "robots", seeking="ships"), partner("p2", "games", offering="ships")]
    everyone = [found(world, one) for one in asked]
    monkeypatch.setattr("index.retriever._FEW", 0)
    for one, all_of_them in zip(asked, everyone, strict=True):
        assert found(world, one, pool=2) == all_of_them[:2]
        among = frozenset(candidate.id for candidate in all_of_them[:2])
        assert found(world, one, pool=1, filters=Filters(ids=among)) == all_of_them[:1]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (["s1", "s2", "s3"], ["s3", "s1"]),
        (["s3", "s1"], ["s1", "s3"]),
        (["s3", "s1"], ["s2"]),
        (["s1"], ["s1", "s3"]),
        ([], ["s2"]),
        (["s2"], []),
    ],
)
def test_vectors_that_were_read_once_are_those_that_are_read(
    world: Any, partner: Make, first: list[str], then: list[str]
) -> None:
    retriever, _ = world
    look = retriever._look(retriever.query(partner("q", "robots"), TODAY), None)
    numbers = look.index.roster.numbers
    held = look.index.facets["startup", "is"]
    assert np.array_equal(look.vectors_at("is", numbers(first)), held.vectors(first))
    assert np.array_equal(look.vectors_at("is", numbers(then)), held.vectors(then))


def test_only_the_other_side_appears(world: Any, partner: Make, startup: Make) -> None:
    assert {c.id for c in found(world, partner("q", "robots"))} == {"s1", "s2", "s3"}
    assert {c.id for c in found(world, startup("q", "robots"))} == {"p1", "p2", "p3"}


def test_the_query_itself_never_appears(world: Any, startup: Make) -> None:
    """A profile that is only asked with may bear any id, even one of the other side."""
    assert {c.id for c in found(world, startup("p1", "robots"))} == {"p2", "p3"}


def test_a_query_without_a_known_word_still_gets_everyone(world: Any, startup: Make) -> None:
    assert [c.id for c in found(world, startup("q", "zzz"))] == ["p1", "p2", "p3"]


def test_an_empty_store_gives_an_empty_list(sqlite_store: Store, tiny: Make, startup: Make) -> None:
    encoder = tiny()
    retriever = Retriever(Follower(sqlite_store, encoder), encoder)
    candidates, index = retriever.retrieve(retriever.query(startup("q"), TODAY), 5)
    assert candidates == []
    assert index.seq == 0


CODES = {
    "regions": ["KR", "KR-11", "KR-27", "US", "US-MA"],
    "sectors": ["digital", "ai", "games", "content", "robotics"],
    "kinds": list(PartnerKind)[:4],
}
SUBSETS = {name: st.frozensets(st.sampled_from(codes)) for name, codes in CODES.items()}
FILTERS = st.builds(
    Filters,
    **SUBSETS,
    ids=st.none() | st.frozensets(st.sampled_from([*(f"p{n:02d}" for n in range(40)), "x"])),
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, list[Partner]]]:
    rng = np.random.default_rng(3)

    def some(name: str) -> list[str]:
        codes = CODES[name]
        return [codes[n] for n in rng.choice(len(codes), rng.integers(0, 3), replace=False)]

    partners = [
        validate(
            Partner,
            {
                "id": f"p{n:02d}",
                "name": f"p{n:02d}",
                "summary": " ".join(rng.choice(WORDS, 2)),
                "region": next(iter(some("regions")), None),
                "sites": some("regions"),
                "sectors": some("sectors"),
                "kind": next(iter(some("kinds")), None),
            },
        )
        for n in range(40)
    ]
    path: Path = tmp_path_factory.mktemp("many") / "dari.sqlite3"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    yield store, partners
    store.close()


@pytest.fixture
def near_many(many: tuple[Store, list[Partner]], tiny: Make) -> tuple[Retriever, list[Partner]]:
    store, partners = many
    encoder = tiny(words=WORDS)
    Writer(store, encoder).put_many(partners)
    return Retriever(Follower(store, encoder), encoder), partners


def test_a_filter_never_empties_a_list_that_has_answers(
    near_many: tuple[Retriever, list[Partner]], startup: Make
) -> None:
    retriever, partners = near_many
    query = retriever.query(startup("q", "robots", seeking="ships"), TODAY)

    @settings(deadline=None, max_examples=150)
    @given(FILTERS, st.integers(1, 60))
    def holds(filters: Filters, pool: int) -> None:
        admitted = {p.id for p in partners if admits(filters, p.id, facts_of(p))}
        candidates, _ = retriever.retrieve(query, pool, filters=filters)
        ids = [candidate.id for candidate in candidates]
        assert len(ids) == len(set(ids)) == min(pool, len(admitted))
        assert set(ids) <= admitted

    holds()
