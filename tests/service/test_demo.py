"""The made-up cohort is whole, marked as made up, and comes into a store once."""

from __future__ import annotations

import pytest

from profiles import Side
from profiles.taxonomy import provinces
from service.demo import load
from service.demo.loading import SOURCE, cohort


@pytest.fixture(scope="module")
def home(make_app):
    dari = make_app().extensions["dari"]
    load(dari)
    return dari


def test_the_cohort_is_loaded_once_and_keeps_what_staff_changed(home):
    kept = home.store.get("demo-hanbit-npu").model_copy(update={"trl": 9})
    home.writer.put(kept, by="Ahn")
    seq = home.store.last_seq()
    ids = load(home)
    assert home.store.last_seq() == seq
    assert home.store.get("demo-hanbit-npu").trl == 9
    assert list(ids) == sorted(set(ids))
    assert len(home.store.get_many(ids)) == len(ids) >= 60


def test_everybody_is_marked_as_made_up_and_told_in_both_languages():
    names = [name for one in cohort() for name in (one.name.ko, one.name.en)]
    assert all(names)
    assert len(set(names)) == len(names)
    for one in cohort():
        assert one.id.startswith("demo-")
        assert one.source == SOURCE
        assert one.summary.ko
        assert one.summary.en


def test_all_provinces_and_the_countries_of_the_stories_have_somebody():
    startups = [one for one in cohort() if one.side is Side.STARTUP]
    found = {one.region for one in startups}
    assert set(provinces()) <= found
    assert {"RU", "US-MA"} <= found
    assert any(one.region is None for one in startups)
    assert any(one.trl is None for one in startups)
    assert any(not one.sectors for one in startups)


def test_the_cohort_does_not_look_like_the_catalogue_twice(home):
    made_up = {one.id for one in cohort()}
    for id in sorted(made_up)[::9]:
        near = home.names.search(home.store.get(id).name.ko, k=3)
        assert [found for found, score in near if score >= 0.95] == [id]
