"""Owns the rules by which the places of a programme are given out: what each one is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from profiles.fields import Currency, Id, Ids, LongText, Whole, read_list, reader_of
from profiles.kinds import PartnerKind, Stage
from profiles.record import Record
from profiles.taxonomy import normalise_region, normalise_sector


class RuleKind(StrEnum):
    """What a rule says of the pairs that are made.

    `places`: each host takes `low` to `high` applicants. `seats`: each applicant gets `low` to
    `high` hosts. `total`: there are `low` to `high` pairs in all. `quota`: of those placed, `low`
    to `high` are of the group. `share`: `low` to `high` per cent of them are. `budget`: `each` for
    every pair comes to `high` at most. `least_fit`: no pair has fewer than `low` points. `forced`:
    these pairs are made; `forbidden`: they are not. `locked`: decided before, and kept: these
    pairs and no others of these applicants; without hosts, these applicants get none. `apart`: no
    two of these applicants are with one host.
    """

    PLACES = "places"
    SEATS = "seats"
    TOTAL = "total"
    QUOTA = "quota"
    SHARE = "share"
    BUDGET = "budget"
    LEAST_FIT = "least_fit"
    FORCED = "forced"
    FORBIDDEN = "forbidden"
    LOCKED = "locked"
    APART = "apart"


class Area(StrEnum):
    """Where in Korea: the capital area is Seoul, Incheon and Gyeonggi."""

    CAPITAL = "capital"
    NON_CAPITAL = "non_capital"
    ABROAD = "abroad"


_CODES: Mapping[str, frozenset[str]] = {
    "area": frozenset(Area),
    "stage": frozenset(Stage),
    "kind": frozenset(["startup", *PartnerKind]),
}
GROUPS = ("area", "region", "country", "sector", "stage", "kind")
"""By what applicants are grouped. A sector holds those below it, a region is an ISO 3166 code."""


def _read_group(value: Any) -> Any:
    name, _, code = value.partition(":") if isinstance(value, str) else ("", "", "")
    found: str | None
    if name in {"region", "country"}:
        found = normalise_region(code) if 0 < len(code) <= 100 else None
        found = None if found and ("-" in found) == (name == "country") else found
    elif name == "sector":
        found = normalise_sector(code) if 0 < len(code) <= 100 else None
    else:
        found = code if code in _CODES.get(name, ()) else None
    if found is None:
        raise PydanticCustomError("group", "not a group", {"allowed": ", ".join(GROUPS)})
    return f"{name}:{found}"


Group = Annotated[str, BeforeValidator(_read_group)]
RuleKindField = Annotated[RuleKind, reader_of(RuleKind)]

_BOUNDS = frozenset({"low", "high"})
_PAIRS = frozenset({"applicants", "hosts"})
_TAKES: Mapping[RuleKind, tuple[frozenset[str], frozenset[str]]] = {
    RuleKind.PLACES: (frozenset(), _BOUNDS | {"hosts"}),
    RuleKind.SEATS: (frozenset(), _BOUNDS | _PAIRS | {"group"}),
    RuleKind.TOTAL: (frozenset(), _BOUNDS),
    RuleKind.QUOTA: (frozenset({"group"}), _BOUNDS | {"hosts"}),
    RuleKind.SHARE: (frozenset({"group"}), _BOUNDS | {"hosts"}),
    RuleKind.BUDGET: (frozenset({"each", "high", "currency"}), frozenset({"hosts"})),
    RuleKind.LEAST_FIT: (frozenset({"low"}), _PAIRS),
    RuleKind.FORCED: (_PAIRS, frozenset()),
    RuleKind.FORBIDDEN: (_PAIRS, frozenset()),
    RuleKind.LOCKED: (frozenset({"applicants"}), frozenset({"hosts"})),
    RuleKind.APART: (frozenset({"applicants"}), frozenset({"hosts"})),
}
"""What a rule of each kind needs, and what it may have beside that, its id, kind and reason."""

_BOUNDED = frozenset({
    RuleKind.PLACES, RuleKind.SEATS, RuleKind.TOTAL, RuleKind.QUOTA, RuleKind.SHARE,
})  # fmt: skip
_PERCENT = 100


class Rule(Record):
    """One rule by which places are given out; rules are hard, and each has an id to be named by.

    Where no applicants or hosts are named, it holds of all. `low` and `high` are bounds that
    belong to what is allowed: numbers of pairs, per cent for `share`, points for `least_fit`,
    money for `budget`. Whoever's group is unknown counts towards no lower bound of a group, and
    towards every upper bound: what is missing never helps to keep a rule.
    """

    id: Id
    kind: RuleKindField
    group: Group | None = None
    applicants: Ids = ()
    hosts: Ids = ()
    low: Whole | None = None
    high: Whole | None = None
    each: Whole | None = None
    currency: Currency | None = None
    reason: LongText | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        needed, allowed = _TAKES[self.kind]
        given = {name for name in _TAKEN if getattr(self, name) not in (None, ())}
        for name in sorted(given - needed - allowed):
            _refuse("rule_extra", name, kind=self.kind.value)
        for name in sorted(needed - given):
            _refuse("rule_missing", name, kind=self.kind.value)
        if self.kind in _BOUNDED and not given & _BOUNDS:
            _refuse("rule_no_bound", "high", kind=self.kind.value)
        if self.low is not None and self.high is not None and self.high < self.low:
            _refuse("rule_order", "high")
        if self.kind is RuleKind.SHARE and max(self.low or 0, self.high or 0) > _PERCENT:
            _refuse("rule_percent", "high" if (self.high or 0) > _PERCENT else "low")
        return self


_TAKEN = ("group", "applicants", "hosts", "low", "high", "each", "currency")


def _refuse(code: str, field: str, **params: str) -> None:
    raise PydanticCustomError(code, "broken", {"field": field, **params})


def _check_names(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise PydanticCustomError("rule_twice", "twice", {"given": rule.id})
        seen.add(rule.id)
    return rules


NAMING = ("applicants", "hosts")
"""The fields by which a rule names profiles, and parts of a programme."""


def named_in(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """Give (field, id) for each id that rules name; a field is told as "rules.0.hosts"."""
    for number, rule in enumerate(rules):
        for field in NAMING:
            yield from ((f"rules.{number}.{field}", id) for id in getattr(rule, field))


def renamed(rules: Sequence[Rule], into: Mapping[str, str]) -> tuple[Rule, ...]:
    """Give rules that name what ids have become, each id once."""
    return tuple(
        rule.model_copy(
            update={
                field: tuple(dict.fromkeys(into.get(id, id) for id in getattr(rule, field)))
                for field in NAMING
            }
        )
        for rule in rules
    )


def without(rules: Sequence[Rule], id: str) -> tuple[Rule, ...]:
    """Give rules that do not name an id; one that named it alone would hold of all, and goes."""
    return tuple(
        rule.model_copy(
            update={
                field: tuple(one for one in getattr(rule, field) if one != id) for field in NAMING
            }
        )
        for rule in rules
        if (id,) not in (rule.applicants, rule.hosts)
    )


Rules = Annotated[tuple[Rule, ...], BeforeValidator(read_list), AfterValidator(_check_names)]
"""Rules with ids that differ."""
