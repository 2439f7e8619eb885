"""Owns the conversion of an installation's own history to a test set: verdicts and outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from evaluation import dataset as names
from evaluation.errors import ConversionError
from evaluation.messages import Said, both
from evaluation.runs import Qrels
from evaluation.writing import (
    STEPS,
    Progress,
    Written,
    given,
    refuse_reversed,
    silent,
    write_test_set,
)
from profiles import AnyProfile, Side, Store, Tie, TieKind, Verdict

OUTCOMES: Mapping[TieKind, int] = {
    TieKind.COLLABORATION: 2,
    TieKind.PILOT: 2,
    TieKind.PROGRAMME: 2,
    TieKind.CONTRACT: 3,
    TieKind.INVESTMENT: 3,
    TieKind.ACQUISITION: 3,
}
"""How relevant a pair is that a tie of this kind came of; a pairing by policy is no outcome."""

VERDICTS: Mapping[str, int] = {"good": 1, "poor": 0}
"""How relevant a pair is that was judged so; an outcome says more than a verdict."""

_PRIVATE = frozenset({"contact", "consent"})


def convert_store(
    store: Store,
    out: Path,
    *,
    cut: date,
    until: date | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write a test set from a store: what was known before a day, and what came of it.

    A query is a startup on whose matches somebody gave a verdict, or that began a tie with a
    partner, from `cut` to `until`, both included; it asks on the first such day. Relevance is 3
    for a contract, investment or acquisition, 2 for a collaboration, pilot or programme, else that
    of the last verdict: 1 for good, 0 for poor. Each profile stands as it did before the cut, or,
    where it was first written later, as it was first written. A tie is known as it was written
    before the cut; one that was entered later was not known, whatever day it bears. Contact data
    is left out.

    The same store gives the same bytes.

    Args:
        store: the installation's.
        out: the folder to write; made if it is missing.
        cut: the first day that is not known.
        until: the last day that counts; none if not given.
        progress: told of the way that has been gone.

    Returns:
        how much was written.

    Raises:
        ConversionError: if nothing was judged or came of it between the days, or `out` holds
            something else.
    """
    tell = progress or silent
    tell("Reading the store", 0, STEPS)
    refuse_reversed(cut, until or date.max)
    history = _History(store, cut, until or date.max)
    history.read()
    if not any(grade > 0 for judged in history.qrels.values() for grade in judged.values()):
        raise ConversionError(
            value=f"{cut} to {until or 'today'}",
            rule=both("store_nothing"),
            remedy=both("store_nothing_remedy"),
        )
    return write_test_set(out, history.files(), history.qrels, history.about(), tell)


def convert_judged(
    store: Store,
    out: Path,
    qrels: Qrels,
    *,
    cut: date,
    name: str,
    notes: Sequence[str],
    progress: Progress | None = None,
) -> None:
    """Write a test set of what people judged: the store as it was before a day, and their grades.

    Each startup of `qrels` is a query that asks on the day `cut`. Profiles and ties are told as
    `convert_store` tells them.

    Args:
        store: the installation's.
        out: the folder to write; made if it is missing.
        qrels: startup → partner → grade; those that are not held any more are left out.
        cut: the first day that is not known.
        name: the name of the test set.
        notes: sentences for the reader of a report.
        progress: told of the way that has been gone.

    Raises:
        ConversionError: if `out` holds something else, or cannot be written.
    """
    history = _History(store, cut, cut)
    history.read_known()
    history.qrels = {
        startup: {id: grade for id, grade in judged.items() if id in history.partners}
        for startup, judged in qrels.items()
        if startup in history.startups
    }
    history.asked = dict.fromkeys(history.qrels, cut)
    about = {**history.about(), "name": name, "notes": [*history.counted(), *notes]}
    write_test_set(out, history.files(), history.qrels, about, progress or silent)


@dataclass(slots=True)
class _History:
    """A store seen from the cut."""

    store: Store
    cut: date
    until: date
    startups: dict[str, dict[str, Any]] = field(default_factory=dict)
    partners: dict[str, dict[str, Any]] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)
    qrels: dict[str, dict[str, int]] = field(default_factory=dict)
    asked: dict[str, date] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def read(self) -> None:
        """Read profiles, ties and verdicts."""
        self._read_profiles()
        for verdict in sorted(self._verdicts(), key=lambda one: one.at):
            self._judge(verdict)
        for tie in sorted(self.store.ties(), key=lambda tie: tie.id):
            self._tie(tie)
        self.qrels = {id: dict(sorted(judged.items())) for id, judged in sorted(self.qrels.items())}

    def read_known(self) -> None:
        """Read profiles and the ties before the cut; neither verdicts nor outcomes."""
        self._read_profiles()
        for tie in sorted(self.store.ties(), key=lambda tie: tie.id):
            if tie.valid_from is None or tie.valid_from < self.cut:
                self._tie(tie)

    def _read_profiles(self) -> None:
        for side, found in ((Side.STARTUP, self.startups), (Side.PARTNER, self.partners)):
            for profile in self.store.each(side):
                found[profile.id] = self._as_it_was(profile)

    def _as_it_was(self, profile: AnyProfile) -> dict[str, Any]:
        """Give a profile's state before the cut, else its first one."""
        states = [
            (one.at.date(), one.payload)
            for one in self.store.history(profile.id)
            if one.kind == profile.side.value and one.payload and one.merged_into is None
        ]
        before = [payload for day, payload in states if day < self.cut]
        if not before:
            self.counts["note_store_later"] += 1
        payload = before[-1] if before else states[0][1] if states else _now(profile)
        kept = {name: value for name, value in payload.items() if name not in _PRIVATE}
        return given(**{**kept, "id": profile.id})

    def _verdicts(self) -> Iterator[Verdict]:
        for id in (*self.startups, *self.partners):
            yield from self.store.verdicts(id)

    def _judge(self, verdict: Verdict) -> None:
        ends = (verdict.query, verdict.candidate)
        startup, partner = ends if verdict.query in self.startups else ends[::-1]
        self._add(startup, partner, VERDICTS[verdict.label], verdict.at.date(), outcome=False)

    def _tie(self, tie: Tie) -> None:
        if tie.valid_from is None:
            self.counts["note_store_undated"] += 1
        elif tie.valid_from < self.cut:
            self._know(tie)
        elif tie.kind in OUTCOMES:
            startup, partner = (tie.a, tie.b) if tie.a in self.startups else (tie.b, tie.a)
            self._add(startup, partner, OUTCOMES[tie.kind], tie.valid_from, outcome=True)

    def _know(self, tie: Tie) -> None:
        """Count a tie as known as it was written before the cut; one entered later was not."""
        states = [
            one.payload
            for one in self.store.history(tie.id)
            if one.kind == "tie" and one.payload and one.at.date() < self.cut
        ]
        ends = {"id": tie.id, "a": tie.a, "b": tie.b}
        then = Tie.model_validate({**states[-1], **ends}) if states else None
        if then is None or then.valid_from is None or then.valid_from >= self.cut:
            self.counts["note_store_entered"] += 1
        else:
            self.ties.append(then)

    def _add(self, startup: str, partner: str, grade: int, day: date, *, outcome: bool) -> None:
        """Add a judgement: the newest verdict counts, and the highest outcome."""
        if not self.cut <= day <= self.until:
            return
        if startup not in self.startups or partner not in self.partners:
            self.counts["note_store_strangers"] += 1
            return
        judged = self.qrels.setdefault(startup, {})
        judged[partner] = max(grade, judged.get(partner, 0)) if outcome else grade
        self.asked[startup] = min(day, self.asked.get(startup, day))

    def files(self) -> Iterator[tuple[str, Iterable[Mapping[str, Any]]]]:
        """Give the lines of each JSONL file."""
        yield names.STARTUPS, (self.startups[id] for id in sorted(self.startups))
        yield names.PARTNERS, (self.partners[id] for id in sorted(self.partners))
        yield names.TIES, (tie.model_dump(mode="json", exclude_none=True) for tie in self.ties)
        yield names.QUERIES, (self._query(id) for id in sorted(self.qrels))

    def _query(self, startup: str) -> dict[str, Any]:
        day = self.asked[startup].isoformat()
        return {"id": startup, "startup": startup, "date": day, "cluster": startup}

    def counted(self) -> list[Said]:
        """Tell how much was left out or taken otherwise, a sentence each."""
        return [both(key, n=count) for key, count in sorted(self.counts.items())]

    def about(self) -> dict[str, Any]:
        """Give `dataset.json`."""
        pairs = sum(map(len, self.qrels.values()))
        return {
            "name": both("store_name", cut=self.cut),
            "cut": self.cut.isoformat(),
            "source": self.store.identity(),
            "cluster": both("cluster_startup"),
            "split": "time",
            "notes": [
                *self.counted(),
                both("note_store_pairs", n=pairs),
            ],
        }


def _now(profile: AnyProfile) -> dict[str, Any]:
    return profile.model_dump(mode="json", exclude_none=True)
