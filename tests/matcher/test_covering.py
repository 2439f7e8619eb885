"""The choice of a bundle: by hand, and against all bundles that there are."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.covering import Option, alone, choose, cover_of, worth_of

NEEDS = {"a": 8, "b": 8, "c": 4, "d": 2, "e": 1}


def option(id: str, role: str, covers: str, fit: float = 1.0) -> Option:
    return Option(id, role, frozenset(covers), round(fit * 1024))


@st.composite
def drawn(draw: st.DrawFn) -> list[Option]:
    count = draw(st.integers(0, 8))
    return [
        option(
            f"p{row}",
            draw(st.sampled_from("rst")),
            draw(st.text("abcde", max_size=4)),
            draw(st.integers(0, 60)),
        )
        for row in range(count)
    ]


def bundles(options: list[Option], most: int, least: int) -> list[tuple[Option, ...]]:
    """Give all that a bundle may be."""
    all_of_them = (some for size in range(most + 1) for some in combinations(options, size))
    return [
        some
        for some in all_of_them
        if len({one.role for one in some}) == len(some)
        and all(heaviest(alone(one, some)) >= least for one in some)
    ]


def heaviest(needs: frozenset[str]) -> int:
    return max((NEEDS[need] for need in needs), default=0)


def test_the_cover_counts_before_the_fit():
    options = [option("broad", "r", "ab", 1), option("fits", "r", "a", 90)]
    found = choose(options, NEEDS, most=2)
    assert found.ids == ("broad",)
    assert (found.cover, found.worth) == (16, 1024)


def test_of_equal_covers_the_one_with_less_overlap_and_a_better_fit_is_taken():
    options = [
        option("a-and-b", "r", "ab", 10),
        option("b-and-c", "s", "bc", 18),  # b again: 8 units, 2 points
        option("c-alone", "t", "c", 15),
    ]
    assert choose(options, NEEDS, most=2).ids == ("a-and-b", "b-and-c")  # 26 against 25
    options[1] = option("b-and-c", "s", "bc", 16)
    assert choose(options, NEEDS, most=2).ids == ("a-and-b", "c-alone")  # 24 against 25


def test_no_more_are_taken_than_cover_it_all_however_well_they_fit():
    options = [option("both", "r", "ab", 1), option("a", "s", "a", 90), option("b", "t", "b", 90)]
    assert choose(options, NEEDS, most=3).ids == ("both",)


def test_a_role_stands_once_and_no_more_are_taken_than_asked():
    options = [option("pa", "r", "a", 1), option("pb", "r", "b", 2), option("pc", "r", "c", 9)]
    assert choose(options, NEEDS, most=5).ids == ("pb",)
    apart = [option(f"p{need}", need, need) for need in "abcde"]
    assert choose(apart, NEEDS, most=2).ids == ("pa", "pb")


def test_of_equal_ones_the_first_by_id_is_taken():
    options = [option(id, "r", need) for id, need in (("p3", "b"), ("p1", "a"), ("p2", "b"))]
    assert choose(options, NEEDS, most=1).ids == ("p1",)


def test_nobody_covers_anything():
    assert choose([option("p", "r", "")], NEEDS, most=3).ids == ()
    assert choose([], NEEDS, most=3).cover == 0


def test_nobody_joins_for_something_light_and_little_fit_is_given_for_it():
    apart = [option("heavy", "r", "a"), option("light", "s", "e")]
    assert choose(apart, NEEDS, most=2).ids == ("heavy", "light")
    assert choose(apart, NEEDS, most=2, least=2).ids == ("heavy",)
    either = [option("heavy", "r", "a", 10), option("both", "s", "ae", 9.5)]
    found = choose(either, NEEDS, most=1, least=2)
    assert (found.ids, found.cover, found.worth) == (("both",), 8, 10.5 * 1024)
    better = [option("heavy", "r", "a", 11), option("both", "s", "ae", 9.5)]
    assert choose(better, NEEDS, most=1, least=2).ids == ("heavy",)


@settings(max_examples=60, deadline=None)
@given(drawn(), st.integers(1, 4), st.sampled_from([1, 2, 4]))
def test_no_bundle_is_better_than_the_chosen(options, most, least):
    found = choose(options, NEEDS, most=most, least=least)
    chosen = [one for one in options if one.id in found.ids]
    weighed = [
        (cover_of(some, NEEDS, least), -len(some), worth_of(some, NEEDS, least))
        for some in [*bundles(options, most, least), chosen]
    ]
    assert (found.cover, -len(found.ids), found.worth) == max(weighed) == weighed[-1]
    assert found.is_optimal
    assert (found.cover_bound, found.worth_bound) == (found.cover, found.worth)


@settings(max_examples=40, deadline=None)
@given(drawn(), st.permutations(range(8)))
def test_members_have_a_worth_of_their_own_in_whatever_order_options_come(options, order):
    found = choose(options, NEEDS, most=4)
    chosen = [one for one in options if one.id in found.ids]
    assert all(alone(one, chosen) for one in chosen)
    assert len({one.role for one in chosen}) == len(chosen)
    mixed = [options[row] for row in order if row < len(options)]
    assert choose(mixed, NEEDS, most=4) == found


@settings(max_examples=40, deadline=None)
@given(drawn(), st.integers(1, 4))
def test_one_more_to_choose_from_never_lowers_the_cover(options, most):
    fewer = choose(options[:-1], NEEDS, most=most)
    assert choose(options, NEEDS, most=most).cover >= fewer.cover
