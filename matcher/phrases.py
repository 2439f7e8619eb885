"""Owns the sentences of reasons, refusals and unknowns, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from profiles import Text
from profiles.data import read_yaml
from profiles.taxonomy import Names


@cache
def phrases() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read `phrases.yaml`: group → code → language → template."""
    loaded: Mapping[str, Mapping[str, Mapping[str, str]]] = read_yaml("matcher", "phrases.yaml")
    return loaded


def phrase(code: str, **params: object) -> Names:
    """Fill the template `group.code` in both languages; `Names` and `Text` give their own part.

    Raises:
        KeyError: if there is no such template, or it names a parameter that is not given.
    """
    if not params:
        return _plain(code)
    return filled(_template(code), params)


@cache
def _plain(code: str) -> Names:
    return filled(_template(code), {})


def _template(code: str) -> Mapping[str, str]:
    group, _, name = code.partition(".")
    return phrases()[group][name]


def filled(template: Mapping[str, str], params: Mapping[str, object]) -> Names:
    """Fill a template in both languages; `Names` and `Text` give their own part.

    Raises:
        KeyError: if it names a parameter that is not given.
    """
    return Names(
        template["en"].format(**_in(params, "en")), template["ko"].format(**_in(params, "ko"))
    )


def _in(params: Mapping[str, object], lang: str) -> dict[str, object]:
    return {
        name: value.in_(lang) if isinstance(value, (Names, Text)) else value
        for name, value in params.items()
    }
