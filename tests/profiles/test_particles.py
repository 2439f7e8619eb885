"""Tests of the particles behind what messages put in: the one form where it is known."""

from __future__ import annotations

import pytest

from profiles import FieldError
from profiles.particles import settled


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("99은(는)", "99는"),
        ("10은(는)", "10은"),
        ("3이(가)", "3이"),
        ("2을(를)", "2를"),
        ("수용처은(는)", "수용처는"),
        ("나눔비전을(를)", "나눔비전을"),
        ("‘결정’와(과)", "‘결정’과"),
        ("삼성(주)과(와)", "삼성(주)와"),
        ("서울(으)로", "서울로"),
        ("7(으)로", "7로"),
        ("6(으)로", "6으로"),
        ("부산(으)로", "부산으로"),
        ("대구(으)로", "대구로"),
        ("이름(이)라는", "이름이라는"),
        ("누리(이)라는", "누리라는"),
        ("notaurl은(는)", "notaurl은(는)"),
        ("은(는)", "은(는)"),
        ("하나(둘)", "하나(둘)"),
    ],
)
def test_a_particle_follows_how_the_word_before_it_ends(written: str, said: str) -> None:
    assert settled(written) == said


def test_messages_settle_their_particles_in_korean_alone() -> None:
    error = FieldError("screenings", "range", 99, {"bound": "≤ 2"})
    assert error.rule("ko") == "99는 허용 범위(≤ 2)를 벗어납니다."
    assert FieldError("a", "sector", "99은(는)").rule("en").startswith("99은(는) is not")
