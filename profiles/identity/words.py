"""Owns the words that names of firms are made of, read from `identity_words.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from profiles.data import read_yaml

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Legal forms, stop words, short words, letters and terms, as `names.fold` writes them."""

    anywhere: tuple[str, ...]
    bracketed: frozenset[str]
    ending: frozenset[Phrase]
    leading: frozenset[Phrase]
    families: Mapping[str, int]
    stop: frozenset[str]
    short: Mapping[str, str]
    abridged: Mapping[str, str]
    letters: Mapping[str, str]
    terms: Mapping[str, tuple[str, ...]]
    known: frozenset[str]
    shared_hosts: frozenset[str]
    second_levels: frozenset[str]


@cache
def words() -> Words:
    """Read the words; a term is known in both of its languages."""
    read = read_yaml("profiles", "identity_words.yaml")
    terms = {ko: tuple(en) for ko, en in read["terms"].items()}
    english = {word for forms in terms.values() for form in forms for word in form.split()}
    return Words(
        anywhere=tuple(sorted(read["forms_anywhere"], key=len, reverse=True)),
        bracketed=frozenset(read["forms_bracketed"]),
        ending=frozenset(tuple(form.split()) for form in read["forms_ending"]),
        leading=frozenset(tuple(form.split()) for form in read["forms_leading"]),
        families={form: n for n, some in enumerate(read["form_families"]) for form in some},
        stop=frozenset(read["stop_words"]),
        short=read["short_words"],
        abridged=read["abridged"],
        letters=read["letters"],
        terms=terms,
        known=frozenset({*terms, *english, *read["short_words"].values()}),
        shared_hosts=frozenset(read["shared_hosts"]),
        second_levels=frozenset(read["second_levels"]),
    )
