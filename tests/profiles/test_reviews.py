from __future__ import annotations

from datetime import date, timedelta

import pytest

from profiles import Startup, Store, UnknownId, Vectors, validate
from profiles.consistency import faults
from profiles.judges import erase_judge, held_of_judge
from profiles.merging import merge
from profiles.privacy import held
from profiles.reviews import (
    IN_LIST,
    LONGEST,
    Ask,
    Review,
    ReviewError,
    ReviewOutcome,
    ReviewState,
    answer_review,
    ask_review,
    count_reviews,
    due_on,
    extend_review,
    queue,
    review_of,
    reviews_of,
)

DAY = date(2026, 9, 15)


def put(store: Store, *ids: str) -> None:
    startups = [validate(Startup, {"id": id, "name": id, "summary": "x"}) for id in ids]
    store.put_many([(one, Vectors("e/p1")) for one in startups])


def asked(store: Store, id: str = "s-1", kind: Ask = Ask.EXPLANATION, day: date = DAY) -> Review:
    return ask_review(store, id, kind, "Why?", today=day, cohort=7)


def test_an_answer_is_due_thirty_days_after_the_day_of_the_request_holidays_counted() -> None:
    # 15 September is not counted; the thirtieth day after it is 15 October, whatever holidays
    # (Chuseok 2026: 24-26 September) lie between.
    assert due_on(date(2026, 9, 15)) == date(2026, 10, 15)
    assert due_on(date(2027, 1, 31)) == date(2027, 3, 2)
    assert due_on(date(2028, 1, 31)) == date(2028, 3, 1)


def test_a_request_is_kept_with_its_day_and_asked_twice_it_is_one(store: Store) -> None:
    put(store, "s-1")
    one = asked(store)
    assert (one.state, one.asked_on, one.due) == (ReviewState.ASKED, DAY, date(2026, 10, 15))
    assert asked(store, day=DAY + timedelta(days=3)) == one
    assert asked(store, kind=Ask.REFUSAL).id != one.id
    assert ask_review(store, "s-1", Ask.EXPLANATION, "", today=DAY).id != one.id
    assert [each.id for each in reviews_of(store, "s-1")] == sorted(
        each.id for each in queue(store)
    )
    assert count_reviews(store) == (3, 3)


def test_a_letter_entered_late_brings_the_day_of_an_open_request_forward(store: Store) -> None:
    put(store, "s-1")
    one, earlier = asked(store), DAY - timedelta(days=4)
    same = ask_review(
        store, "s-1", one.kind, "By letter.", today=earlier, cohort=7, entered_by="Kim"
    )
    assert (same.id, same.asked_on, same.due) == (one.id, earlier, due_on(earlier))
    assert same.entered_by == "Kim"
    extended = extend_review(store, one.id, days=3, why="x", by="Lee", today=DAY)
    again = asked(store, day=earlier - timedelta(days=1))
    assert (again.asked_on, again.due) == (earlier - timedelta(days=1), extended.due)
    assert [held.id for held in held_of_judge(store, "kim").reviews] == [one.id]
    erase_judge(store, "Kim")
    assert review_of(store, one.id).entered_by == "erased-1"


def test_a_request_is_extended_twice_by_thirty_days_at_most_and_says_why(store: Store) -> None:
    put(store, "s-1")
    one = asked(store)
    once = extend_review(store, one.id, days=30, why="a holiday", by="Kim", today=DAY)
    assert (once.state, once.due) == (ReviewState.EXTENDED, date(2026, 11, 14))
    again = extend_review(store, one.id, days=10, why="an expert", by="Lee", today=once.due)
    assert again.due == date(2026, 11, 24)
    assert [(part.by, part.why) for part in again.extensions] == [
        ("Kim", "a holiday"),
        ("Lee", "an expert"),
    ]
    with pytest.raises(ReviewError, match="extended 2 times"):
        extend_review(store, one.id, days=1, why="more", by="Kim", today=DAY)


@pytest.mark.parametrize(
    ("days", "why", "late", "said"),
    [
        (0, "x", 0, "1 to 30 days, not 0"),
        (31, "x", 0, "1 to 30 days, not 31"),
        (30, "  ", 0, "required"),
        (30, "x", 31, "was due on 2026-10-15"),
        (30, "x" * 4001, 0, "4001 characters"),
    ],
)
def test_an_extension_that_the_decree_does_not_know_is_refused(
    store: Store, days: int, why: str, late: int, said: str
) -> None:
    put(store, "s-1")
    one, today = asked(store), DAY + timedelta(days=late)
    with pytest.raises(ReviewError, match=said):
        extend_review(store, one.id, days=days, why=why, by="Kim", today=today)
    assert review_of(store, one.id) == one


def test_a_request_is_answered_once_by_somebody(store: Store) -> None:
    put(store, "s-1")
    one = asked(store)
    told = answer_review(
        store, one.id, outcome=ReviewOutcome.EXPLAINED, answer="Because.", by="Kim"
    )
    assert (told.state, told.answered_by, told.answer) == (ReviewState.ANSWERED, "Kim", "Because.")
    assert told.answered_at
    assert not told.is_late(date(2030, 1, 1))
    for again in (
        lambda: answer_review(store, one.id, outcome=ReviewOutcome.KEPT, answer="x", by="Lee"),
        lambda: extend_review(store, one.id, days=3, why="x", by="Lee", today=DAY),
    ):
        with pytest.raises(ReviewError, match="answered already"):
            again()
    assert asked(store).id != one.id, "what is answered may be asked anew"


def test_the_queue_has_what_is_due_first_and_what_is_answered_last(store: Store) -> None:
    put(store, "s-1", "s-2", "s-3")
    done = asked(store, "s-1")
    late = asked(store, "s-2", day=DAY + timedelta(days=2))
    soon = asked(store, "s-3", day=DAY - timedelta(days=2))
    answer_review(store, done.id, outcome=ReviewOutcome.KEPT, answer="x", by="Kim")
    assert [one.profile for one in queue(store)] == ["s-3", "s-2", "s-1"]
    assert [one.profile for one in queue(store, after=1)] == ["s-2", "s-1"]
    assert soon.is_late(DAY + timedelta(days=29))
    assert not late.is_late(DAY + timedelta(days=29))
    assert late.days_left(DAY) == 32
    assert IN_LIST >= 3


def test_who_is_unknown_or_says_nothing_cannot_ask_for_a_review(store: Store) -> None:
    put(store, "s-1")
    with pytest.raises(UnknownId):
        asked(store, "s-9")
    with pytest.raises(ReviewError, match="required"):
        ask_review(store, "s-1", Ask.REVIEW, " ", today=DAY)
    with pytest.raises(ReviewError, match="control"):
        ask_review(store, "s-1", Ask.REVIEW, "a\x00b", today=DAY)
    with pytest.raises(UnknownId):
        review_of(store, 99)


def test_what_a_merged_startup_asked_is_the_kept_ones_and_goes_with_it(store: Store) -> None:
    put(store, "s-1", "s-2")
    one = asked(store, "s-2")
    merge(store, "s-1", "s-2", lambda _: Vectors("e/p1"), by="Kim")
    assert reviews_of(store, "s-1") == held(store, "s-1").reviews == (one,)
    assert not [fault for fault in faults(store) if fault.kind == "review"]
    store.erase("s-1")
    assert queue(store) == ()


def test_a_name_of_the_staff_goes_from_answers_and_extensions(store: Store) -> None:
    put(store, "s-1")
    one = asked(store)
    extend_review(store, one.id, days=3, why="x", by="kim", today=DAY)
    extend_review(store, one.id, days=3, why="x", by="Lee", today=DAY)
    answer_review(store, one.id, outcome=ReviewOutcome.KEPT, answer="x", by="Kim")
    assert [each.id for each in held_of_judge(store, "KIM").reviews] == [one.id]
    erase_judge(store, "Kim")
    left = review_of(store, one.id)
    assert [part.by for part in left.extensions] == ["erased-1", "Lee"]
    assert left.answered_by == "erased-1"


def test_the_words_of_a_second_request_are_added_while_there_is_room(store: Store) -> None:
    put(store, "s-1")
    first = ask_review(store, "s-1", Ask.REVIEW, "one", today=DAY)
    more = ask_review(store, "s-1", Ask.REVIEW, "two", today=DAY)
    assert (more.id, more.words) == (first.id, "one\n\ntwo")
    assert ask_review(store, "s-1", Ask.REVIEW, "two", today=DAY) == more
    with pytest.raises(ReviewError):
        ask_review(store, "s-1", Ask.REVIEW, "x" * LONGEST, today=DAY)
    assert review_of(store, first.id) == more
