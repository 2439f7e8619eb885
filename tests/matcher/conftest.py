"""Short ways to make records and pairs, and the catalogue in a store that tests only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from index import Candidate, Encoder, Follower, History, Writer
from matcher import Matchmaker, Pair, Scene, cold_start, load_ranker
from profiles import Partner, Programme, Startup, Store, Tie, validate
from profiles.catalogue import load_catalogue

TODAY = date(2026, 1, 1)


def make_startup(id: str = "s", **fields: Any) -> Startup:
    return validate(Startup, {"id": id, "name": id, "summary": "something", **fields})


def make_partner(id: str = "p", **fields: Any) -> Partner:
    return validate(Partner, {"id": id, "name": id, **fields})


def make_tie(id: str = "t", a: str = "s", b: str = "p", **fields: Any) -> Tie:
    return validate(Tie, {"id": id, "a": a, "b": b, "kind": "collaboration", **fields})


def make_programme(id: str = "g", **fields: Any) -> Programme:
    return validate(Programme, {"id": id, "name": id, "kind": "contest", **fields})


def make_history(*ties: Tie) -> History:
    history = History(2)
    for tie in ties:
        history.put(tie, None)
    return history


def make_pair(
    startup: Startup | None = None,
    partner: Partner | None = None,
    *,
    ties: Sequence[Tie] = (),
    evidence: Mapping[str, float] | None = None,
    tie: Tie | None = None,
    programme: Programme | None = None,
    programmes: Sequence[Programme] = (),
    on: date = TODAY,
) -> Pair:
    scene = Scene(make_history(*ties), on, programme, programmes)
    partner = partner or make_partner()
    candidate = Candidate(partner.id, evidence or {}, tie)
    return Pair(startup or make_startup(), partner, candidate, scene)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Makers of valid records: `make.startup(id, **fields)`, and so on."""
    return SimpleNamespace(
        startup=make_startup,
        partner=make_partner,
        tie=make_tie,
        programme=make_programme,
        history=make_history,
        pair=make_pair,
    )


@pytest.fixture
def world(sqlite_store: Store, encoder: Encoder) -> SimpleNamespace:
    """An empty store with a writer and a matchmaker over it, by weights that stay."""
    follower = Follower(sqlite_store, encoder)
    return SimpleNamespace(
        store=sqlite_store,
        writer=Writer(sqlite_store, encoder),
        follower=follower,
        matchmaker=Matchmaker(sqlite_store, follower, encoder, cold_start()),
    )


@pytest.fixture(scope="session")
def catalogue(
    encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """The catalogue in a store of its own, with a few startups; tests only read it."""
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('catalogue') / 'dari.sqlite3'}")
    store.migrate()
    held, writer = load_catalogue(), Writer(store, encoder)
    writer.put_many(held.partners)
    writer.put_many(STARTUPS)
    writer.put_ties(held.ties)
    store.put_programmes(held.programmes)
    follower = Follower(store, encoder)
    new: Callable[[], Matchmaker] = lambda: Matchmaker(  # noqa: E731
        store, Follower(store, encoder), encoder, load_ranker()
    )
    yield SimpleNamespace(
        store=store,
        held=held,
        startups=STARTUPS,
        new_matchmaker=new,
        matchmaker=Matchmaker(store, follower, encoder, load_ranker()),
    )
    store.close()


STARTUPS = [
    make_startup(
        "ultrasound",
        name={"en": "Echo", "ko": "에코"},
        summary={
            "en": "We make a portable ultrasound scanner. Its AI reads images of the heart.",
            "ko": "휴대용 초음파 진단기를 만듭니다. 인공지능이 심장 영상을 판독합니다.",
        },
        seeking={
            "en": "A pilot in a hospital and investment.",
            "ko": "병원 실증과 투자를 찾습니다.",
        },
        offering="Technology for medical imaging.",
        region="KR-27",
        sectors=["medical_imaging", "ai"],
        seeks=["pilot", "investment"],
        offers=["technology_acquisition"],
        stage="seed",
        trl=6,
    ),
    make_startup(
        "games",
        summary="A studio that makes mobile games for players all over the world.",
        seeking="Help with sales abroad.",
        region="KR-41",
        sectors=["games"],
        seeks=["distribution", "overseas"],
        stage="series_a",
        trl=9,
    ),
    make_startup("bare", summary="재생의료용 세포 치료제를 개발한다."),
]
