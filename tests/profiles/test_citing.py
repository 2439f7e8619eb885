"""Tests of citations: the catalogue's own are told in Korean, and none is left over."""

from __future__ import annotations

from profiles import TieKind
from profiles.catalogue import citation, load_catalogue
from profiles.catalogue.citing import _BREAK, _korean


def test_the_sources_of_programmes_and_pairings_have_korean_words():
    held = load_catalogue()
    pairings = [tie for tie in held.ties if tie.kind is TieKind.PAIRING]
    for one in (*held.programmes, *pairings):
        told = citation(one.source, "ko")
        assert any("\uac00" <= letter <= "\ud7a3" for letter in told), one.id
        assert ".." not in told, one.id
        assert citation(one.source, "en") == one.source


def test_what_is_not_known_stays_as_it_is():
    assert citation("Somebody said so; KOTRA, kotra.or.kr", "ko") == (
        "Somebody said so; KOTRA, kotra.or.kr"
    )
    assert citation("KOTRA, kotra.or.kr; KIAT, kiat.or.kr", "ko") == (
        "코트라, kotra.or.kr; 한국산업기술진흥원, kiat.or.kr"
    )


def test_no_words_are_left_over():
    held = load_catalogue()
    sources = [one.source for one in (*held.programmes, *held.ties, *held.partners)]
    used = {part for source in sources for part in _BREAK.split(source)[::2]}
    assert set(_korean()) <= used
