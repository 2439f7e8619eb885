"""Owns the rules of a schedule as something that can be named, told, and taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

import numpy as np

from matcher.scheduling.instance import Instance, Room
from profiles.data import read_yaml
from profiles.text import Text


class Kind(StrEnum):
    """What a rule says; `words.yaml` says it in words."""

    TWICE = "twice"
    ROOM_TWICE = "room_twice"
    AGAIN = "again"
    AWAY = "away"
    CLOSED = "closed"
    FORCED = "forced"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    ASKED = "asked"
    FIXED = "fixed"
    LEAST = "least"
    MOST = "most"
    TRAVEL = "travel"
    IN_A_ROW = "in_a_row"
    ROOMS = "rooms"
    LEVEL = "level"


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A rule, and of whom it is: a person, a pair, a room; of nobody where it is one for all."""

    kind: Kind
    of: tuple[str, ...] = ()


def rules_of(instance: Instance) -> list[Rule]:
    """Name the rules of an instance that somebody could loosen, those for all last."""
    found = [Rule(Kind.FIXED, (one.a, one.b)) for one in instance.fixed]
    found += [Rule(Kind.FORCED, pair) for pair in sorted(instance.forced)]
    found += [Rule(Kind.LEAST, (one.id,)) for one in instance.people if one.least]
    found += [Rule(Kind.FORBIDDEN, pair) for pair in sorted(instance.forbidden)]
    found += [Rule(Kind.REFUSED, pair) for pair in _refused(instance)]
    found += [Rule(Kind.AWAY, (one.id,)) for one in instance.people if one.away]
    found += [Rule(Kind.MOST, (one.id,)) for one in instance.people if one.most is not None]
    found += [Rule(Kind.CLOSED, (one.id,)) for one in instance.rooms if one.closed]
    general = {
        Kind.IN_A_ROW: instance.in_a_row is not None,
        Kind.TRAVEL: bool(instance.travel.any()),
        Kind.ASKED: not instance.fill,
        Kind.ROOMS: True,
    }
    return found + [Rule(kind) for kind, is_there in general.items() if is_there]


def _refused(instance: Instance) -> list[tuple[str, str]]:
    """Name the pairs that must meet, and that eligibility refuses."""
    return [pair for pair in sorted(instance.forced) if instance.fit(*pair) < 0]


def without(instance: Instance, gone: frozenset[Rule]) -> Instance:
    """Give an instance without some of its rules."""
    kinds = {one.kind for one in gone}
    of = {kind: {one.of for one in gone if one.kind is kind} for kind in Kind}
    ids = {kind: {key[0] for key in keys if key} for kind, keys in of.items()}
    fits = instance.fits.copy()
    for a, b in of[Kind.REFUSED]:
        fits[instance.row[a], instance.column[b]] = 0
    loosened = instance.but(
        people=tuple(
            replace(
                one,
                least=0 if one.id in ids[Kind.LEAST] else one.least,
                most=None if one.id in ids[Kind.MOST] else one.most,
                away=frozenset() if one.id in ids[Kind.AWAY] else one.away,
            )
            for one in instance.people
        ),
        rooms=tuple(Room(one.id) if one.id in ids[Kind.CLOSED] else one for one in instance.rooms),
        fits=fits,
        forced=instance.forced - of[Kind.FORCED],
        forbidden=instance.forbidden - of[Kind.FORBIDDEN],
        fixed=tuple(one for one in instance.fixed if (one.a, one.b) not in of[Kind.FIXED]),
        in_a_row=None if Kind.IN_A_ROW in kinds else instance.in_a_row,
        travel=np.zeros_like(instance.travel) if Kind.TRAVEL in kinds else instance.travel,
        fill=instance.fill or Kind.ASKED in kinds,
    )
    return _with_rooms(loosened) if Kind.ROOMS in kinds else loosened


def _with_rooms(instance: Instance) -> Instance:
    """Add a room for every person of side b, as near as the nearest."""
    more = [Room(f"~{number:06d}") for number in range(len(instance.b))]
    many = len(instance.rooms) + len(more)
    travel = np.zeros((many, many), np.int64)
    travel[: len(instance.rooms), : len(instance.rooms)] = instance.travel
    rooms = sorted([*instance.rooms, *more], key=lambda one: one.id)
    order = [[*instance.rooms, *more].index(one) for one in rooms]
    return instance.but(rooms=tuple(rooms), travel=travel[np.ix_(order, order)])


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    loaded: Mapping[str, Mapping[str, Mapping[str, str]]] = read_yaml(
        "matcher", "scheduling/words.yaml"
    )
    return loaded


def rule_words(rule: Rule, names: Mapping[str, Text] | None = None) -> Text:
    """Say a rule in a sentence, in English and Korean.

    Args:
        rule: the rule.
        names: id → name of persons and rooms; an id without one is told as it is.
    """
    return _filled("rule", rule, names or {})


def remedy_words(rule: Rule, names: Mapping[str, Text] | None = None) -> Text:
    """Say how a rule can be loosened, in English and Korean."""
    return _filled("remedy", rule, names or {})


def _filled(part: str, rule: Rule, names: Mapping[str, Text]) -> Text:
    said = _words()[rule.kind.value][part]
    return Text(**{lang: said[lang].format(*_called(rule, names, lang)) for lang in ("en", "ko")})


def _called(rule: Rule, names: Mapping[str, Text], lang: str) -> Iterator[str]:
    for id in rule.of:
        yield names[id].in_(lang) if id in names else id
