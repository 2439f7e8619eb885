"""Owns the sentences of bundles, triads and support by stage, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from matcher.phrases import filled
from profiles.data import read_yaml
from profiles.taxonomy import Names


def say(code: str, **params: object) -> Names:
    """Fill the sentence of a code in both languages.

    Raises:
        KeyError: if there is no such sentence, or it names a parameter that is not given.
    """
    return filled(_sentences()[code], params)


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    held: Mapping[str, Mapping[str, str]] = read_yaml("matcher", "bundle_words.yaml")
    return held
