"""How many took part in a round is counted from where the applications stand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from matcher.assignment.turnout import Turnout
from profiles.cohorts import EntryStage
from service import turnout

_S = EntryStage
BEFORE = (_S.APPLIED, _S.REFUSED, _S.WITHDRAWN, _S.ELIGIBLE, _S.OUT_FIRST, _S.FIRST)
DECIDED = (_S.REFUSED, _S.OUT_FIRST, _S.OUT_FINAL, _S.SELECTED, _S.RESERVE, _S.DECLINED)


@pytest.mark.parametrize(
    ("screenings", "stages", "told"),
    [
        (0, (_S.REFUSED, _S.ELIGIBLE, _S.ELIGIBLE), Turnout(3, 0, 2)),
        (1, BEFORE, Turnout(6, 1, 3, (1,))),
        (2, (*BEFORE, _S.OUT_FINAL, _S.FINAL), Turnout(8, 1, 5, (3, 1))),
        (2, DECIDED, Turnout(6, 0, 5, (4, 3))),
        (2, (), Turnout(0, 0, 0, (0, 0))),
    ],
)
def test_each_step_counts_who_passed_it(
    monkeypatch: pytest.MonkeyPatch, screenings: int, stages: tuple[EntryStage, ...], told: Turnout
) -> None:
    held: Any = SimpleNamespace(id=3, screenings=screenings)
    entries = [SimpleNamespace(stage=one) for one in stages]
    monkeypatch.setattr(turnout, "entries_of", lambda _store, id: entries if id == held.id else [])
    store: Any = None
    assert turnout.turnout_of(store, held) == told
