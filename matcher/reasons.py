"""Owns how the contributions of a match are told: each piece of evidence once, the rest folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.matchlist import Contribution, Evidence, Match
from matcher.phrases import phrase
from profiles.taxonomy import Names, in_a_row

_AGAIN = frozenset({"retrieval", "history_mean"})
"""What counts as a whole what other contributions tell one by one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One or several contributions that rest on the same: what they add, say and quote.

    The points of all lines of a match sum to its score exactly.
    """

    parts: tuple[Contribution, ...]
    said: tuple[Names, ...]
    evidence: Evidence | None

    @property
    def points(self) -> float:
        """The sum of the points of the parts."""
        return sum(part.points for part in self.parts)

    @property
    def feature(self) -> str:
        """The feature that adds most of it."""
        return self.parts[0].feature

    @property
    def sentence(self) -> Names:
        """What is said, in one line."""
        return Names(*(in_a_row(one.in_(lang) for one in self.said) for lang in ("en", "ko")))

    @property
    def shares(self) -> tuple[tuple[Names, float], ...]:
        """What each of several parts is called and adds; nothing where there is only one."""
        several = self.parts if len(self.parts) > 1 else ()
        return tuple((phrase(f"name.{one.feature}"), one.points) for one in several)


def lines_of(contributions: Sequence[Contribution]) -> tuple[Line, ...]:
    """Put contributions together that rest on the same evidence, the most points first.

    A sentence or deal is quoted once. What only counts other evidence once more as a whole stands
    last, in one line.
    """
    told = {one.feature for one in contributions} - _AGAIN
    again = [one for one in contributions if told and one.feature in _AGAIN]
    kept = [one for one in contributions if one not in again]
    lines = [_line(parts) for parts in _by_evidence(kept)]
    found = sorted(lines, key=lambda line: (-line.points, line.feature))
    return (*found, _again(again)) if again else tuple(found)


def _by_evidence(contributions: Sequence[Contribution]) -> list[list[Contribution]]:
    """Group those that quote the same, in either language."""
    groups: list[list[Contribution]] = []
    for one in contributions:
        found = next((group for group in groups if _quote_alike(group[0], one)), None)
        if found is None:
            groups.append([one])
        else:
            found.append(one)
    return groups


def _quote_alike(one: Contribution, other: Contribution) -> bool:
    mine, theirs = one.evidence, other.evidence
    if mine is None or theirs is None or mine.kind != theirs.kind:
        return False
    return mine.text.en == theirs.text.en or mine.text.ko == theirs.text.ko


def _line(parts: Sequence[Contribution]) -> Line:
    return Line(
        tuple(parts), tuple(dict.fromkeys(part.phrase for part in parts)), parts[0].evidence
    )


def _again(parts: Sequence[Contribution]) -> Line:
    names = [phrase(f"name.{part.feature}") for part in parts]
    joined = Names(*(", ".join(name.in_(lang) for name in names) for lang in ("en", "ko")))
    return Line(tuple(parts), (phrase("told.again", names=joined),), None)


def without_subject(match: Match) -> Names | None:
    """Say plainly that nothing joins a pair by subject, and what it stands there for.

    None where something says that the two have a subject in common.
    """
    if match.standing.topical:
        return None
    lines = lines_of(match.contributions)
    if not lines:
        return phrase("note.no_subject")
    said = lines[0].said[0]
    reason = Names(said.en.rstrip("."), said.ko.rstrip("."))
    return phrase("note.no_subject_for", reason=reason, points=f"{lines[0].points:.1f}")
