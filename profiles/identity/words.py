"""Owns the words that names of firms are made of, read from `identity_words.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from profiles.data import read_yaml

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Legal forms, stop words, short words, letters and terms, as `names.fold` writes them.

    `last` and `first` are the words with which an ending form ends and a leading one begins,
    `heads` the first two signs of the terms, `spelt_heads` the first one of the letters.
    """

    anywhere: tuple[str, ...]
    bracketed: frozenset[str]
    ending: frozenset[Phrase]
    leading: frozenset[Phrase]
    last: frozenset[str]
    first: frozenset[str]
    families: Mapping[str, int]
    stop: frozenset[str]
    short: Mapping[str, str]
    abridged: Mapping[str, str]
    letters: Mapping[str, str]
    spelt_heads: frozenset[str]
    terms: Mapping[str, tuple[str, ...]]
    heads: frozenset[str]
    known: frozenset[str]
    shared_hosts: frozenset[str]
    second_levels: frozenset[str]


@cache
def words() -> Words:
    """Read the words; a term is known in both of its languages."""
    read = read_yaml("profiles", "identity_words.yaml")
    terms = {ko: tuple(en) for ko, en in read["terms"].items()}
    english = {word for forms in terms.values() for form in forms for word in form.split()}
    ending = frozenset(tuple(form.split()) for form in read["forms_ending"])
    leading = frozenset(tuple(form.split()) for form in read["forms_leading"])
    return Words(
        anywhere=tuple(sorted(read["forms_anywhere"], key=len, reverse=True)),
        bracketed=frozenset(read["forms_bracketed"]),
        ending=ending,
        leading=leading,
        last=frozenset(form[-1] for form in ending),
        first=frozenset(form[0] for form in leading),
        families={form: n for n, some in enumerate(read["form_families"]) for form in some},
        stop=frozenset(read["stop_words"]),
        short=read["short_words"],
        abridged=read["abridged"],
        letters=read["letters"],
        spelt_heads=frozenset(spelt[0] for spelt in read["letters"]),
        terms=terms,
        heads=frozenset(term[:2] for term in terms),
        known=frozenset({*terms, *english, *read["short_words"].values()}),
        shared_hosts=frozenset(read["shared_hosts"]),
        second_levels=frozenset(read["second_levels"]),
    )
