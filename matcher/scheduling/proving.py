"""Owns the words of what a search has proven of a schedule, and of what it has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from matcher.assignment import UNIT
from matcher.scheduling.schedule import Aim, Level
from profiles.data import read_yaml
from profiles.text import Text

_WHOM = (Aim.MUTUAL, Aim.WORST, Aim.WISHES, Aim.CANCELLED, Aim.MOVED)
"""What is decided by who meets whom, of a new schedule and of a change; the rest is comfort."""

Words = Mapping[str, Mapping[str, str]]


@cache
def _words() -> Words:
    loaded: Words = read_yaml("matcher.scheduling", "proofs.yaml")
    return loaded


def aim_words(aim: Aim) -> Text:
    """Name an aim, in English and Korean."""
    return _said(aim.value)


def level_words(level: Level) -> Text:
    """Say what was reached of an aim, and whether it is proven that nothing is better."""
    points = UNIT if level.aim is Aim.WISHES else 1
    value, bound = (f"{round(one / points):,}" for one in (level.value, level.bound))
    if level.is_best:
        return _said("best", value=value)
    return _said("up_to" if level.aim.is_most else "down_to", value=value, bound=bound)


def proof_words(levels: Sequence[Level]) -> Text:
    """Say in a sentence what of a schedule is proven to be the best there is, and what is not.

    A level counts as proven where all before it are: it holds what they have reached.
    """
    open_ones = [level.aim for level in levels if not level.is_best]
    if not open_ones:
        return _said("all")
    if open_ones[0] in _WHOM:
        return _said("whom_open", aim=_lowered(open_ones[0]))
    return _said("comfort_open", aims=_listed(open_ones))


def _listed(aims: Sequence[Aim]) -> Text:
    named = [_lowered(aim) for aim in aims]
    return Text(**{lang: ", ".join(one.in_(lang) for one in named) for lang in ("en", "ko")})


def _lowered(aim: Aim) -> Text:
    name = aim_words(aim).in_("en")
    return Text(en=name[0].lower() + name[1:], ko=aim_words(aim).in_("ko"))


def _said(key: str, **parts: str | Text) -> Text:
    def in_(lang: str) -> str:
        told = {n: p.in_(lang) if isinstance(p, Text) else p for n, p in parts.items()}
        return _words()[key][lang].format(**told)

    return Text(en=in_("en"), ko=in_("ko"))
