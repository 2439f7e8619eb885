"""Whatever staff and applicants do to a round, in any order: no entry leaves its way."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from profiles import InvalidRecord, Partner, Programme, StaleEdit, Startup, Store, Vectors, validate
from profiles.cohorts import (
    CohortState,
    Entry,
    EntryStage,
    Refusal,
    Screening,
    apply,
    cohort,
    decline,
    entries_of,
    finish,
    history_of,
    keep_decision,
    mark,
    may_move,
    open_cohort,
    screen,
    set_state,
    withdraw,
)
from profiles.consistency import faults

_FOLDER = TemporaryDirectory()
IDS = ("s1", "s2", "s3")
HOSTS = ("p1", "p2")
WHY = Refusal("region", "x", "x")
WHO = st.sampled_from(IDS)
NOTHING = Vectors("e")
RESULT = (EntryStage.SELECTED, EntryStage.RESERVE, EntryStage.UNPLACED)


class Round(RuleBasedStateMachine):
    """A cohort under all that can be done to it; what is refused changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store.open(f"sqlite:///{_FOLDER.name}/dari.sqlite3")
        self.store.migrate()

    @initialize(screenings=st.integers(0, 2))
    def begin(self, screenings: int) -> None:
        partners = [validate(Partner, {"id": id, "name": id}) for id in HOSTS]
        startups = [validate(Startup, {"id": id, "name": id, "summary": "x"}) for id in IDS]
        self.store.put_many([(one, NOTHING) for one in (*partners, *startups)])
        programme = {"id": "g", "kind": "contest", "name": "g", "partners": list(HOSTS)}
        self.store.put_programmes([validate(Programme, programme)])
        made = open_cohort(self.store, "g", name="r", screenings=screenings)
        self.id, self.screenings = made.id, screenings
        self.seen = self.entries

    @property
    def entries(self) -> dict[str, Entry]:
        return {one.profile: one for one in entries_of(self.store, self.id)}

    def tried(self, act: Any, *args: Any, **given: Any) -> None:
        """Do something; refused, it must have left everything as it was."""
        before, events = self.entries, len(history_of(self.store, self.id))
        try:
            act(self.store, *args, **given)
        except (InvalidRecord, StaleEdit):
            assert self.entries == before
            assert len(history_of(self.store, self.id)) == events

    @rule(who=WHO)
    def apply(self, who: str) -> None:
        self.tried(apply, self.id, who)

    @rule(who=WHO)
    def withdraw(self, who: str) -> None:
        self.tried(withdraw, self.id, who)

    @rule(refused=st.frozensets(WHO))
    def check(self, refused: frozenset[str]) -> None:
        self.tried(mark, self.id, {id: (WHY,) if id in refused else () for id in IDS})

    @rule(which=st.sampled_from(Screening), who=WHO, passes=st.booleans(), late=st.booleans())
    def screen(self, which: Screening, who: str, passes: bool, late: bool) -> None:
        entry = self.entries.get(who)
        bases = {who: entry.revision - late} if entry else {}
        given = {"reason": "r", "by": "k", "bases": bases}
        self.tried(screen, self.id, which, {who: passes}, **given)
        if late and entry:
            assert self.entries[who] == entry

    @rule(places=st.dictionaries(WHO, st.sampled_from(HOSTS)), waiting=st.lists(WHO, unique=True))
    def decide(self, places: dict[str, str], waiting: list[str]) -> None:
        if cohort(self.store, self.id).state is CohortState.DROPPED:
            return
        made = keep_decision(self.store, self.id, {"n": len(places)})
        reserve = {"p1": [id for id in waiting if id not in places]}
        self.tried(finish, made.id, places, reserve, why="w", by="k")

    @rule(who=WHO)
    def decline(self, who: str) -> None:
        self.tried(decline, self.id, who, reason="r")

    @rule(state=st.sampled_from([CohortState.INTAKE, CohortState.SCREENING]))
    def set_state(self, state: CohortState) -> None:
        self.tried(set_state, self.id, state)

    @invariant()
    def nobody_leaves_the_way(self) -> None:
        if not hasattr(self, "id"):
            return
        now, held = self.entries, cohort(self.store, self.id)
        for who, one in now.items():
            assert (one.stage is EntryStage.SELECTED) <= (one.host in HOSTS)
            assert (one.stage is EntryStage.REFUSED) <= bool(one.refusals)
            assert (one.stage in RESULT) <= (held.state is CohortState.DECIDED)
            former = self.seen.get(who)
            assert former is None or former.revision <= one.revision
            if former and former.stage is not one.stage:
                assert former.revision < one.revision
                assert former.stage is not EntryStage.DECLINED
                if former.stage is EntryStage.WITHDRAWN:  # who took it back applies anew
                    assert one.stage is EntryStage.APPLIED
                    assert held.state in (CohortState.INTAKE, CohortState.SCREENING)
        self.seen = now

    def teardown(self) -> None:
        assert faults(self.store) == []
        with self.store.engine.begin() as connection:
            from profiles.tables import metadata

            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        self.store.close()


Round.TestCase.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
TestRound = Round.TestCase


def test_nothing_follows_a_withdrawal_or_a_decline() -> None:
    held = type("Held", (), {"candidates": EntryStage.FINAL, "screened": tuple(Screening)})()
    for over in (EntryStage.WITHDRAWN, EntryStage.DECLINED):
        assert not any(may_move(held, over, to) for to in EntryStage)
    assert may_move(held, EntryStage.RESERVE, EntryStage.SELECTED)
    assert not may_move(held, EntryStage.ELIGIBLE, EntryStage.SELECTED)
