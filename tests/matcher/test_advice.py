"""Tests of advice: competition counted by hand, intervals, abstention, and the order of parts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.advice import (
    LEAST,
    Interval,
    _crowding,
    _rivals,
    _worth,
    advise,
    parts_of,
    umbrellas,
    wilson,
)
from profiles import UnknownId
from profiles.errors import CodedError

DAY = date(2026, 1, 1)
WHOLE = "global-company-2025"


def test_rivals_are_those_for_whom_no_other_part_is_close():
    nan = np.nan
    points = np.array([[50.0, 40.0, nan], [50.0, 46.0, 10.0], [nan, nan, nan], [nan, nan, 3.0]])
    assert _rivals(points).tolist() == [[1, 0, 1], [1, 1, 0]]
    assert _rivals(np.empty((0, 2))).tolist() == [[0, 0], [0, 0]]


def test_wilson_is_that_of_the_book():
    """Wilson's interval of 90 per cent for 5 of 10: 0.269 to 0.731."""
    assert wilson(5, 10).low == pytest.approx(0.2693, abs=1e-3)
    assert wilson(5, 10).high == pytest.approx(0.7307, abs=1e-3)
    assert wilson(0, 30).low == 0


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_share_and_narrows(n, data):
    k = data.draw(st.integers(0, n))
    found, more = wilson(k, n), wilson(10 * k, 10 * n)
    assert 0 <= found.low <= k / n + 1e-12
    assert k / n - 1e-12 <= found.high <= 1
    assert more.high - more.low <= found.high - found.low


def test_crowding_abstains_where_little_is_known():
    assert _crowding(1, 1, LEAST - 1, 0.1) is None
    assert _crowding(1, 1, LEAST, None) is None
    found = _crowding(2, 2, 40, 0.1)
    assert found == Interval(wilson(2, 40).low / 0.1, wilson(4, 40).high / 0.1)


def test_worth_falls_with_crowding_alone():
    assert _worth(40.0, None) == Interval(40.0, 40.0)
    assert _worth(40.0, Interval(0.2, 0.9)) == Interval(40.0, 40.0)
    assert _worth(40.0, Interval(0.5, 4.0)) == Interval(10.0, 40.0)


@pytest.fixture(scope="module")
def asked(catalogue):
    def ask(id, programme=WHOLE):
        startup = next(one for one in catalogue.startups if one.id == id)
        return advise(catalogue.matchmaker, catalogue.store, startup, programme, as_of=DAY)

    return ask


def test_a_startup_is_led_to_the_part_that_fits(asked):
    found = asked("games")
    assert found.best.part.id == "global-google-play"
    assert len(found.options) == 15
    assert found.best.share == pytest.approx(100 / 364)
    for one in found.options:
        assert (one.fit is None) == bool(one.refusals) == (one.worth is None)
        assert one.competition.crowding is None  # too few startups are known
        assert any("Competition is not told" in said.en for said in one.reasons)
    fits = [one.fit for one in found.options if one.fit is not None]
    assert fits == sorted(fits, reverse=True)


def test_one_of_unknown_sector_may_apply_to_none_and_learns_why(asked):
    found = asked("bare")
    assert found.best is None
    assert {reason.code for one in found.options for reason in one.refusals} >= {"sector_unknown"}


def test_fits_are_those_that_why_tells(catalogue, asked):
    best = asked("games").best
    told = catalogue.matchmaker.why(
        "games", best.part.partners[0], programme=best.part.id, as_of=DAY
    )
    assert told.match.score == best.fit


def test_umbrellas_and_their_parts_are_found_and_others_refused(catalogue, asked):
    assert [one.id for one in umbrellas(catalogue.store)] == [WHOLE]
    assert len(parts_of(catalogue.store, WHOLE)) == 15
    with pytest.raises(CodedError, match="no parts"):
        asked("games", "contest-skt-daejeon")
    with pytest.raises(UnknownId):
        asked("games", "nothing")


def test_a_part_without_places_is_not_advised_and_settings_are_told(catalogue, asked):
    store = catalogue.store
    before = {one.id: one for one in parts_of(store, WHOLE)}
    play = before["global-google-play"]
    store.put_programmes([play.model_copy(update={"places": 0})])
    try:
        told = {one.part.id: one for one in asked("games").options}
    finally:
        store.put_programmes([play])
    shut = told["global-google-play"]
    assert (shut.fit, [reason.code for reason in shut.refusals]) == (None, ["no_places"])
    assert told["global-intel"].share == pytest.approx(20 / 264)
    setting = {
        id for id, one in told.items() if any("a setting of" in why.en for why in one.reasons)
    }
    assert setting == {id for id, part in before.items() if part.places_assumed}
