from __future__ import annotations

from dataclasses import replace

from hypothesis import given as drawn
from hypothesis import settings

from matcher.assignment import Instance, Status, check, solve
from matcher.assignment import preferences as p
from matcher.assignment.envy import Envy, Why, count_wanted, envy, said
from matcher.assignment.stability import blocking_pairs
from matcher.phrases import phrases
from tests.matcher.assignment.fair import given, instances, made


def told(instance: Instance, *pairs: str) -> dict[tuple[str, str], Envy]:
    return {(one.applicant, one.host): one for one in envy(instance, given(*pairs))}


def test_who_has_the_place_fits_better() -> None:
    found = told(made([[5, 9], [7, 3], [9, 8]], [1, 1]), "ay", "cx")
    assert found["b", "x"] == Envy("b", "x", None, "c", Why.FIT)
    assert found["b", "y"] == Envy("b", "y", None, "a", Why.FIT)
    assert set(found) == {("b", "x"), ("b", "y")}, "the others have what is dearest to them"


def test_an_equal_fit_is_decided_by_waiting_then_by_the_draw() -> None:
    fits = [[4], [4]]
    assert told(made(fits, [1], waited={"b": 2}), "bx")["a", "x"].why is Why.WAITED
    assert told(made(fits, [1]), "ax")["b", "x"].why is Why.DRAWN
    assert told(made(fits, [1], seed=5), "bx")["a", "x"].why is Why.DRAWN


def test_a_rule_stands_against_it_by_its_id() -> None:
    quota = {"id": "rural", "kind": "quota", "group": "area:non_capital", "low": 1}
    regions = {"a": "KR-30", "b": "KR-11"}
    instance = made([[2], [9]], [1], quota, regions=regions)
    found = told(instance, "ax")["b", "x"]
    assert (found.why, found.rules, found.other) == (Why.RULE, ("rural",), "a")
    no = {"id": "no", "kind": "forbidden", "applicants": ["b"], "hosts": ["x"]}
    assert told(made([[2], [9]], [1], no), "ax")["b", "x"].rules == ("no",)


def test_the_whole_is_better_as_it_is() -> None:
    # Both would go to x, b fits it better; but only b may go to y, so two places need b at y.
    instance = made([[4, -1], [9, 5]], [1, 1])
    assert solve(instance).pairs == (("a", "x"), ("b", "y"))
    found = told(instance, "ax", "by")
    assert found["b", "x"] == Envy("b", "x", "y", "a", Why.WHOLE)
    assert found["b", "x"].is_justified
    assert ("a", "y") not in found, "nobody asked for it, and it is not eligible"


def test_what_was_asked_for_and_is_not_eligible_is_told_as_such() -> None:
    found = told(made([[4, -1]], [1, 1], wishes={"a": ("y",)}), "ax")
    assert found == {("a", "y"): Envy("a", "y", "x", None, Why.NOT_ELIGIBLE)}


def test_a_free_place_is_told_with_the_rule_that_keeps_it_free() -> None:
    apart = {"id": "apart", "kind": "apart", "applicants": ["a", "b"]}
    found = told(made([[4], [3]], [2], apart), "ax")
    assert found["b", "x"] == Envy("b", "x", None, None, Why.RULE, ("apart",))
    assert told(made([[4], [3]], [2]), "ax")["b", "x"].why is Why.WHOLE


def test_where_a_rule_counts_all_places_who_has_one_is_what_stands_against_it() -> None:
    most = {"id": "most", "kind": "total", "high": 1}
    found = told(made([[4], [3]], [None], most), "ax")
    assert found["b", "x"] == Envy("b", "x", None, "a", Why.FIT)
    both = ({"id": "both", "kind": "budget", "each": 5, "high": 9, "currency": "KRW"}, most)
    assert told(made([[4], [3]], [None], *both), "bx")["a", "x"].why is Why.WHOLE
    nobody = told(made([[4, 3], [3, 2]], [1, 1], most), "ax")
    assert nobody["b", "y"] == Envy("b", "y", None, None, Why.RULE, ("most",))


def test_every_reason_is_said_in_both_languages_without_other_applicants() -> None:
    for why in Why:
        for other in (None, "secret"):
            one = Envy("a", "x", None, other, why, ("r-1", "r-2") if why is Why.RULE else ())
            code = f"free_{why}" if other is None else why.value
            if code in phrases()["envy"]:
                words = said(one, lambda id: f"<{id}>")
                assert "<x>" in words.en
                assert "<x>" in words.ko
                assert "secret" not in words.en + words.ko
                assert ("<r-1>; <r-2>" in words.ko) == (why is Why.RULE)


def test_one_applicant_is_told_alone() -> None:
    instance = made([[5, 9], [7, 3], [9, 8]], [1, 1])
    assert envy(instance, given("ay", "cx"), ["a"]) == ()
    assert {one.applicant for one in envy(instance, given("ay", "cx"), ["b"])} == {"b"}
    assert [one.host for one in envy(instance, given("ay", "cx"), most=1)] == ["x"]
    assert count_wanted(instance, given("ay", "cx")) == {"a": 0, "b": 2, "c": 0}


@drawn(instances())
@settings(max_examples=40, deadline=None)
def test_what_is_told_holds(instance: Instance) -> None:
    solution = solve(instance, seconds=60)
    found = envy(instance, solution)
    claims, open_ = p.of_hosts(instance), p.allowed(instance)
    rows = {id: n for n, id in enumerate(instance.applicant_ids)}
    columns = {id: n for n, id in enumerate(instance.host_ids)}
    for one in found:
        a, h = rows[one.applicant], columns[one.host]
        assert one.why in _possible(instance, one)
        if one.why in {Why.FIT, Why.WAITED, Why.DRAWN}:
            assert one.other is not None
            assert claims[a, h] > claims[rows[one.other], h]
        if one.rules and open_[a, h]:
            out = {(one.applicant, one.has), (one.other, one.host)}
            pairs = {*solution.pairs} - out | {(one.applicant, one.host)}
            hypothetic = replace(solution, status=Status.FEASIBLE, pairs=tuple(pairs), levels=())
            assert set(one.rules) <= {rule.rule_id for rule in check(instance, hypothetic)}
    justified = {(one.applicant, one.host) for one in found if one.why is Why.WHOLE}
    assert justified <= {(one.applicant, one.host) for one in blocking_pairs(instance, solution)}


def _possible(instance: Instance, one: Envy) -> set[Why]:
    places = dict(zip(instance.host_ids, p.places(instance), strict=True))
    if not places[one.host]:
        return {Why.NOT_ELIGIBLE, Why.NO_PLACES}
    if one.other is None:
        return {Why.NOT_ELIGIBLE, Why.RULE, Why.WHOLE}
    return set(Why) - {Why.NO_PLACES}
