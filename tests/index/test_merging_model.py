"""Random ways of writing, merging, undoing and erasing, against a model of a few lines."""

from __future__ import annotations

import shutil
import tempfile
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from index import Follower, Writer, verify
from profiles import InvalidRecord, Side, Store, Verdict, tables
from profiles.database import reading
from profiles.privacy import erase

IDS = ["s0", "s1", "s2", "s3", "p0", "p1", "p2"]
SECTORS = ["ai", "energy", "medical_imaging", "robotics"]
number = st.integers(0, 50)
deeds = st.lists(
    st.tuples(
        st.sampled_from(["put", "edit", "tie", "judge", "merge", "merge", "undo", "erase"]),
        number,
        number,
        number,
    ),
    max_size=25,
)


class Model:
    """What was said of each id, as if nothing had been merged, and the merges that hold."""

    def __init__(self) -> None:
        self.said: dict[str, dict[str, Any]] = {}
        self.ties: dict[str, tuple[str, str, str]] = {}
        self.verdicts: dict[str, tuple[str, str]] = {}
        self.merges: list[dict[str, Any]] = []

    def now(self, id: str) -> str:
        """Follow an id to what it is now."""
        steps = {one["drop"]: one["keep"] for one in self.merges}
        while id in steps:
            id = steps[id]
        return id

    @property
    def held(self) -> list[str]:
        return [id for id in self.said if self.now(id) == id]

    def merge(self, number: int, keep: str, drop: str) -> None:
        before, dropped = self.said[keep], self.said[drop]
        sectors = [*before["sectors"], *dropped["sectors"]]
        after = {
            **before,
            "founded": before["founded"] or dropped["founded"],
            "sectors": list(dict.fromkeys(sectors)),
        }
        one = {"number": number, "keep": keep, "drop": drop, "before": before, "after": after}
        self.merges.append(one)
        self.said[keep] = dict(after)

    def undo(self, one: dict[str, Any]) -> None:
        held, before, after = self.said[one["keep"]], one["before"], one["after"]
        given = set(after["sectors"]) - set(before["sectors"])
        self.merges.remove(one)
        self.said[one["keep"]] = {
            **held,
            "founded": before["founded"]
            if held["founded"] == after["founded"]
            else held["founded"],
            "sectors": [code for code in held["sectors"] if code not in given],
        }

    def erase(self, id: str) -> None:
        gone = {one for one in self.said if self.now(one) == id}
        self.said = {one: said for one, said in self.said.items() if one not in gone}
        self.merges = [one for one in self.merges if one["drop"] not in gone]
        self.ties = {t: one for t, one in self.ties.items() if not {one[0], one[1]} & gone}
        self.verdicts = {v: one for v, one in self.verdicts.items() if not set(one) & gone}
        for said in self.said.values():
            said["conflicts"] = [one for one in said["conflicts"] if one not in gone]

    def conflicts(self) -> set[tuple[str, str]]:
        named = ((id, other) for id, said in self.said.items() for other in said["conflicts"])
        return {(self.now(id), self.now(other)) for id, other in named}


class Both:
    """Does the same to a store and to the model."""

    def __init__(self, store: Store, tiny: Any, make: dict[str, Any]) -> None:
        self.store, self.model, self.make = store, Model(), make
        self.writer = Writer(store, tiny)
        self.follower = Follower(store, tiny)
        self.count = 0

    def do(self, deed: str, i: int, j: int, k: int) -> None:
        self.count += 1
        held = self.model.held
        getattr(self, deed)(held, i, j, k)

    def put(self, held: list[str], i: int, j: int, k: int) -> None:
        id = IDS[i % len(IDS)]
        if id in self.model.said:
            return
        said = {
            "founded": 1800 + self.count if j % 2 else None,
            "sectors": [code for bit, code in enumerate(SECTORS) if k >> bit & 1],
            "conflicts": [one for one in held if id[0] == "p" and one[0] == "s" and j % 3],
        }
        self.model.said[id] = said
        self.write(id, said)

    def write(self, id: str, said: dict[str, Any]) -> None:
        make = self.make["startup" if id[0] == "s" else "partner"]
        fields = {"sectors": said["sectors"], "conflicts": said["conflicts"]}
        # A partner has no year: what stands for it is a field that both sides have.
        founded = said["founded"] and f"https://{said['founded']}.example"
        self.writer.put(make(id, f"text of {id}", **fields, website=founded))

    def edit(self, held: list[str], i: int, j: int, k: int) -> None:
        if not held:
            return
        id = held[i % len(held)]
        said = self.model.said[id]
        if j % 2:
            said["founded"] = 1800 + self.count
        else:
            said["sectors"] = [code for code in said["sectors"] if code != SECTORS[k % 4]]
        stored = self.store.get(id)
        website = said["founded"] and f"https://{said['founded']}.example"
        new = {"sectors": tuple(said["sectors"]), "website": website}
        self.writer.put(stored.model_copy(update=new))

    def tie(self, held: list[str], i: int, j: int, k: int) -> None:
        if len(held) < 2:
            return
        a, b = held[i % len(held)], held[j % len(held)]
        if a != b:
            id, subject = f"t{self.count}", f"subject {k % 2}"
            self.model.ties[id] = (a, b, subject)
            self.writer.put_ties([self.make["tie"](id, a, b, subject=subject)])

    def judge(self, held: list[str], i: int, j: int, k: int) -> None:
        sides = [[id for id in held if id[0] == letter] for letter in "sp"]
        if not all(sides):
            return
        query, candidate = sides[0][i % len(sides[0])], sides[1][j % len(sides[1])]
        if k % 2:
            query, candidate = candidate, query
        note = f"note {self.count}"
        self.model.verdicts[note] = (query, candidate)
        self.store.add_verdict(Verdict(query, candidate, "good", note, 1, "m"))

    def merge(self, held: list[str], i: int, j: int, _k: int) -> None:
        if len(held) < 2:
            return
        keep, drop = held[i % len(held)], held[j % len(held)]
        if keep == drop or keep[0] != drop[0]:
            return
        self.model.merge(self.writer.merge(keep, drop).number, keep, drop)

    def undo(self, _held: list[str], i: int, _j: int, _k: int) -> None:
        if not self.model.merges:
            return
        one = self.model.merges[i % len(self.model.merges)]
        try:
            self.writer.unmerge(one["number"])
        except InvalidRecord as error:
            refused = error.errors[0].code == "undo_order" and one is not self.model.merges[-1]
        else:
            refused = False
            self.model.undo(one)
        assert refused == (one in self.model.merges), "only an earlier merge is ever refused"

    def erase(self, held: list[str], i: int, _j: int, k: int) -> None:
        if held and k % 3 == 0:
            id = held[i % len(held)]
            erase(self.store, id)
            self.model.erase(id)

    def agree(self) -> None:
        """Compare the store with the model, and the index with the store."""
        store, model = self.store, self.model
        profiles = {p.id: p for side in Side for p in store.each(side)}
        assert sorted(profiles) == sorted(model.held)
        for id in model.held:
            said = model.said[id]
            website = said["founded"] and f"https://{said['founded']}.example"
            assert profiles[id].website == website
            assert sorted(profiles[id].sectors) == sorted(said["sectors"])
        named = {(p.id, other) for p in profiles.values() for other in p.conflicts}
        assert named == model.conflicts()
        ties = {tie.id: tie for tie in store.ties()}
        wanted = {(model.now(a), model.now(b), said) for a, b, said in model.ties.values()}
        found = {(tie.a, tie.b, tie.subject.en) for tie in ties.values()}
        assert found == {one for one in wanted if one[0] != one[1]}
        with reading(store.engine) as connection:
            rows = connection.execute(select(tables.verdicts)).all()
        assert {row.note: (row.query, row.candidate) for row in rows} == {
            note: (model.now(a), model.now(b)) for note, (a, b) in model.verdicts.items()
        }
        assert store.merged_into(IDS) == {
            id: model.now(id) for id in model.said if model.now(id) != id
        }
        index = self.follower.catch_up()
        assert index.facts.keys() == profiles.keys()
        assert index.history.ties == ties

    def undo_all(self) -> None:
        """Undo what holds, the last first: then all is as if nothing had been merged."""
        for one in reversed(list(self.model.merges)):
            self.writer.unmerge(one["number"])
            self.model.undo(one)
        self.agree()
        ties = {tie.id: (tie.a, tie.b, tie.subject.en) for tie in self.store.ties()}
        assert ties == self.model.ties


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds)
def test_nothing_is_lost_by_any_way(migrated_file, tiny, startup, partner, tie, done) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copied = shutil.copy(migrated_file, folder)
        store = Store.open(f"sqlite:///{copied}")
        both = Both(store, tiny(), {"startup": startup, "partner": partner, "tie": tie})
        for i, id in enumerate(IDS[:6]):
            both.do("put", IDS.index(id), i, 2 * i + 1)
        for deed in done:
            both.do(*deed)
            both.agree()
        both.undo_all()
        assert verify(store, tiny()).differences == ()
        store.close()
