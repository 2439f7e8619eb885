"""Tests of what two profiles become as one, field by field, and of the way back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import InvalidRecord, Partner, Startup, validate
from profiles.fusing import choosable, differing, fuse, unfuse

IDS = st.sampled_from(["a", "b", "c", "keep", "drop"])
TEXTS = st.none() | st.sampled_from(["one", "둘", "three"])
FIELDS: dict[str, Any] = {
    "name": st.sampled_from(["Sono", "소노", "Bada", "바다"])
    | st.fixed_dictionaries({"en": st.just("Sono"), "ko": st.just("소노")}),
    "aliases": st.lists(st.sampled_from(["SN", "Sono", "BD"]), max_size=3),
    "summary": st.sampled_from(["probes", "탐침"]),
    "offering": TEXTS,
    "seeking": TEXTS,
    "region": st.none() | st.sampled_from(["KR-27", "DE"]),
    "sectors": st.lists(st.sampled_from(["ai", "energy", "robotics"]), max_size=3),
    "conflicts": st.lists(IDS, max_size=4),
    "trl": st.none() | st.integers(1, 9),
    "contact": st.none() | st.sampled_from(["a@a.example", "b@b.example"]),
}
CONSENTS = st.sampled_from(["1", "2"])


def startups(id: str) -> st.SearchStrategy[Startup]:
    def make(raw: dict[str, Any], version: str) -> Startup:
        consent = {"version": version, "purpose": "p", "at": "2026-11-01T00:00:00Z"}
        return validate(Startup, {**raw, "id": id, "consent": consent if raw["contact"] else None})

    return st.builds(make, st.fixed_dictionaries(FIELDS), CONSENTS)


CHOICES = st.dictionaries(
    st.sampled_from([name for name in FIELDS if name != "aliases"]),
    st.sampled_from(["keep", "drop"]),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(startups("keep"), startups("drop"), CHOICES)
def test_there_and_back_is_where_it_began(keep, drop, choices) -> None:
    fused = fuse(keep, drop, choices)
    assert unfuse(fused, fused, keep) == keep
    names = {*fused.name.parts, *fused.aliases}
    assert names >= {*keep.name.parts, *drop.name.parts, *keep.aliases, *drop.aliases}
    assert not {"keep", "drop"} & {*fused.conflicts}
    assert (fused.contact is None) == (fused.consent is None)
    for one in (keep, drop):
        if fused.contact == one.contact and fused.consent == one.consent:
            break
    else:
        pytest.fail("the contact and the consent come from one profile, together")
    if not choices:
        assert {*fused.sectors} == {*keep.sectors, *drop.sectors}
        assert fused.trl == (keep.trl or drop.trl)


@settings(max_examples=80, deadline=None)
@given(startups("keep"), startups("drop"), startups("keep"))
def test_whatever_was_edited_since_stays(keep, drop, edited) -> None:
    fused = fuse(keep, drop, {})
    split = unfuse(edited, fused, keep)
    for name in ("name", "summary", "offering", "seeking", "region", "trl"):
        if getattr(edited, name) != getattr(fused, name):
            assert getattr(split, name) == getattr(edited, name)
    own = {*edited.sectors} - ({*fused.sectors} - {*keep.sectors})
    assert {*split.sectors} == own or edited.sectors == fused.sectors


def partner(id: str, **fields: Any) -> Partner:
    return validate(Partner, {"id": id, "name": id, **fields})


def test_lists_stay_within_their_bound() -> None:
    many = [f"x{n}" for n in range(150)]
    one, other = partner("a", aliases=many), partner("b", aliases=[f"y{n}" for n in range(150)])
    assert fuse(one, other, {}).aliases == (*many, "b", *(f"y{n}" for n in range(49)))


def test_no_conflict_of_interest_is_lost_in_silence() -> None:
    many, others = [f"x{n}" for n in range(150)], [f"y{n}" for n in range(51)]
    one, other = partner("a", conflicts=[*many, "b"]), partner("b", conflicts=others)
    with pytest.raises(InvalidRecord) as caught:
        fuse(one, other, {})
    (told,) = caught.value.errors
    assert (told.field, told.code, told.value, told.params["count"]) == (
        "conflicts",
        "list_full",
        "a",
        201,
    )
    assert fuse(one, other, {"conflicts": "keep"}).conflicts == (*many,)
    assert len(fuse(one, partner("b", conflicts=others[:-1]), {}).conflicts) == 200

    fused = fuse(one, other, {"conflicts": "drop"})
    edited = fused.model_copy(update={"conflicts": tuple(f"z{n}" for n in range(50))})
    with pytest.raises(InvalidRecord, match="more than the 200"):
        unfuse(edited, fused, one)
    less = edited.model_copy(update={"conflicts": edited.conflicts[1:]})
    assert {*unfuse(less, fused, one).conflicts} == {*less.conflicts, *many, "b"}


def test_values_that_cannot_stand_together_are_named_and_can_be_chosen() -> None:
    one, other = partner("a", region="KR-27"), partner("b", registration="1234567890")
    with pytest.raises(InvalidRecord) as caught:
        fuse(one, other, {})
    assert caught.value.errors[0].field == "registration"
    assert fuse(one, other, {"registration": "keep"}).registration is None


def test_what_a_profile_cannot_do_without_stays() -> None:
    one = validate(Startup, {"id": "a", "name": "A", "seeking": "s"})
    other = validate(Startup, {"id": "b", "name": "B", "offering": "o"})
    fused = fuse(one, other, {})
    edited = fused.model_copy(update={"seeking": None})
    assert unfuse(edited, fused, one).offering == fused.offering


def test_only_fields_with_a_choice_are_told_to_differ() -> None:
    one, other = partner("a", trl_min=3, aliases=["x"]), partner("b", trl_min=4, sectors=["ai"])
    told = [(d.field, d.keep, d.drop, d.is_list) for d in differing(one, other)]
    assert told[1:] == [("sectors", (), ("ai",), True), ("trl_min", 3, 4, False)]
    assert not {"id", "aliases", "consent"} & {*choosable(one)}
