"""Owns how a counterfactual is told: what is empty, what would follow, and from which values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from matcher.counterfactual import Change, Option, Why
from matcher.matchlist import match_json
from matcher.phrases import phrase
from matcher.rescoring import BEST
from profiles import AnyProfile, Side, Text
from profiles.taxonomy import Names

MOST_VALUES = 4
"""How many values are named."""


@dataclass(frozen=True, slots=True)
class Told:
    """A change in words: the empty fields, what would follow, and the values that bring it."""

    fields: Names
    effect: Names
    values: tuple[Names, ...]

    @property
    def sentence(self) -> Names:
        """All of it in one line."""
        return Names(self._line("en"), self._line("ko"))

    def _line(self, lang: str) -> str:
        said = f"{self.fields.in_(lang)}: {self.effect.in_(lang)}"
        return ". ".join([said, *(value.in_(lang) for value in self.values)])


def tell(change: Change, who: Mapping[Side, Text], rank: int | None) -> Told:
    """Tell a change of one pair; `who` names both sides, `rank` is the one that it has now."""
    parts = [_points(change, "points"), *_rank(change, rank)]
    return Told(_fields(change, who), _joined(parts, "; "), _values(change))


def tell_help(change: Change, who: Mapping[Side, Text]) -> Told:
    """Tell what a field would do for the head of a list."""
    return Told(_fields(change, who), _points(change, "head_points"), _values(change))


def _fields(change: Change, who: Mapping[Side, Text]) -> Names:
    named = [
        phrase("change.field", field=phrase(f"field.{one.name}"), who=who[one.of])
        for one in change.fields
    ]
    return _joined(named, " + ")


def _points(change: Change, code: str) -> Names:
    least, most = f"{change.least:+.1f}", f"{change.most:+.1f}"
    if change.is_open:
        return phrase(f"change.{code}_text", most=most)
    if least == most:
        return phrase(f"change.{code}", points=most)
    return phrase(f"change.{code}_between", least=least, most=most)


def _rank(change: Change, now: int | None) -> list[Names]:
    if change.ranks is None:
        return []
    best, worst = change.ranks
    if now is None:
        return [phrase("change.rank_lifted", best=best)]
    if best == worst == now:
        return [phrase("change.rank_stays", now=now)]
    if change.is_open:
        return [phrase("change.rank_text", now=now, best=best)]
    code = "change.rank" if best == worst else "change.rank_between"
    return [phrase(code, now=now, best=best, worst=worst)]


def _values(change: Change) -> tuple[Names, ...]:
    """Name the values that bring the most, where not all do, and those that a rule forbids."""
    told = []
    best = [option for option in change.best if _named(option)]
    if change.most > 0 and best and len(best) < len(change.options):
        told.append(phrase("change.most_with", values=_some(best)))
    if change.refused and len(change.refused) < len(change.options):
        told.append(phrase("change.off_with", values=_some(change.refused)))
    return tuple(told)


def _named(option: Option) -> list[Names]:
    return list(dict.fromkeys(name for name in option.names if name is not None))


def _some(options: Sequence[Option]) -> Names:
    names = [_joined(_named(option), " + ") for option in options]
    shown, left = _joined(names[:MOST_VALUES], ", "), len(names) - MOST_VALUES
    return phrase("change.more", values=shown, count=left) if left > 0 else shown


def _joined(names: Sequence[Names], by: str) -> Names:
    return Names(*(by.join(name.in_(lang) for name in names) for lang in ("en", "ko")))


def why_json(why: Why) -> dict[str, Any]:
    """Give all that can be told of a pair as plain values for JSON."""
    return {
        "query": why.query.id,
        "model": why.model_version,
        "programme": why.programme.id if why.programme else None,
        "as_of": why.as_of.isoformat(),
        "index_seq": why.index_seq,
        "pool": why.pool,
        "in_pool": why.in_pool,
        **match_json(why.match),
        "rank": why.rank,
        "refusals": [{"code": one.code, "reason": asdict(one.phrase)} for one in why.reasons],
        "changes": [
            {**change.as_json(), "said": asdict(tell(change, why.who, why.rank).sentence)}
            for change in why.changes
        ],
        "notes": [asdict(note) for note in why.notes],
    }


def helps_json(profile: AnyProfile, changes: Sequence[Change]) -> dict[str, Any]:
    """Give what empty fields of a profile would do for the head of its list."""
    who = {profile.side: profile.name}
    return {
        "query": profile.id,
        "best": BEST,
        "changes": [
            {**change.as_json(), "said": asdict(tell_help(change, who).sentence)}
            for change in changes
        ],
    }
