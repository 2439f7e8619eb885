"""Tests of how contributions are told: each piece of evidence once, and nothing lost."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from matcher import FEATURE_NAMES, Contribution, Evidence, lines_of, without_subject
from profiles.taxonomy import Names

TODAY = date(2026, 1, 1)


def part(feature: str, points: float, quoted: str | None = None, *, ko: str = "") -> Contribution:
    evidence = Evidence("fact", Names(quoted, ko or quoted)) if quoted else None
    said = Names(f"{feature} says.", f"{feature} 말.")
    return Contribution(feature, points, 1.0, said, evidence)


def test_a_deal_is_quoted_once_and_its_points_are_summed() -> None:
    lines = lines_of([
        part("sector_same", 4.0),
        part("history_top3", 3.0, "A deal"),
        part("history_all", 2.0, "A deal"),
        part("history_word", 1.0, "Another deal"),
        part("prior_tie", 0.5, "A deal"),
    ])
    assert [(line.feature, line.points) for line in lines] == [
        ("history_top3", 5.5),
        ("sector_same", 4.0),
        ("history_word", 1.0),
    ]
    assert lines[0].sentence.en == "history_top3 says. history_all says. prior_tie says."
    assert [points for _, points in lines[0].shares] == [3.0, 2.0, 0.5]
    assert lines[1].shares == ()
    assert lines[0].evidence is not None


def test_what_reads_the_same_in_one_language_is_one_quotation() -> None:
    lines = lines_of([part("history", 3.0, "A", ko="가"), part("area", 2.0, "B", ko="가")])
    assert len(lines) == 1


def test_what_counts_the_whole_once_more_stands_last_in_one_line() -> None:
    lines = lines_of([part("retrieval", 9.0), part("lexical", 1.0), part("history_mean", 0.5)])
    assert [line.points for line in lines] == [1.0, 9.5]
    assert lines[-1].sentence.en.startswith("The same evidence, counted once more as a whole: ")
    assert "retrieval says" not in lines[-1].sentence.en


def test_alone_it_says_what_it_is() -> None:
    (line,) = lines_of([part("retrieval", 9.0)])
    assert line.sentence.en == "retrieval says."
    assert lines_of([]) == ()


@given(
    st.lists(
        st.builds(
            part,
            st.sampled_from(FEATURE_NAMES),
            st.integers(1, 20_000).map(lambda n: n / 1024),
            st.sampled_from([None, "A", "B", "C"]),
        ),
        unique_by=lambda one: one.feature,
    )
)
def test_no_point_is_lost(parts: list[Contribution]) -> None:
    lines = lines_of(parts)
    assert sum(line.points for line in lines) == sum(one.points for one in parts)
    assert sorted(one.feature for line in lines for one in line.parts) == sorted(
        one.feature for one in parts
    )
    quoted = [line.evidence for line in lines if line.evidence]
    assert len(quoted) == len({one.text for one in quoted})


def test_lists_of_the_catalogue_quote_nothing_twice(catalogue: SimpleNamespace) -> None:
    for one in catalogue.startups:
        for match in catalogue.matchmaker.match(one.id, 20, as_of=TODAY).matches:
            lines = lines_of(match.contributions)
            assert sum(line.points for line in lines) == match.score
            quoted = [line.evidence.text.ko for line in lines if line.evidence]
            assert len(quoted) == len(set(quoted))


def test_a_match_without_a_common_subject_says_what_it_stands_there_for(
    world: SimpleNamespace, make: SimpleNamespace
) -> None:
    world.writer.put_many([
        make.partner("far", name="Far", summary="Cosmetics and perfume.", sectors=["games"]),
        make.partner("near", name="Near", summary="Robots that weld ships.", sectors=["robotics"]),
    ])
    past = date(2020, 1, 1)
    world.writer.put_ties([
        make.tie("paired", a="centre", b="far", kind="pairing", region="KR-27", valid_from=past)
    ])
    asks = make.startup(summary="Robots that weld.", region="KR-27", sectors=["robotics"])
    found = world.matchmaker.match(asks, as_of=TODAY)
    said = {match.profile.id: without_subject(match) for match in found.matches}
    assert said["near"] is None
    assert said["far"] is not None
    assert "Policy pairs the partner" in said["far"].en
    assert said["far"].en.startswith("Nothing says that the two have a subject in common")
    assert "공통된 주제가 있다는 근거가 없습니다" in said["far"].ko
