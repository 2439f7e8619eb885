"""Owns what a bundle leaves open: each need that no member covers, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from index import Filters
from matcher.bundle_words import say
from matcher.matchlist import Placed, Refused, Scored
from matcher.needs import Need, borne
from matcher.roles import ROLES, may_join
from matcher.sources import Sources
from profiles import Partner, PartnerKind, Startup
from profiles.taxonomy import Names

if TYPE_CHECKING:
    from matcher.bundles import BundleAsked

MOST_NAMED = 5
"""How many who would cover a need are named."""

_MOST_OTHERS = 500

Why = Literal["full", "refused", "apart", "other_kinds", "nobody"]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A need that no member covers.

    Attributes:
        need: the need.
        why: `full` (who covers it found no place beside the others), `refused` (rules keep off all
            who do), `other_kinds` (only partners of kinds that were not asked for do), `apart`
            (nothing says that who does has a subject in common with the startup) or `nobody`.
        said: the same in words.
        who: those who would cover it.
        refused: those of them whom rules keep off, with the reasons.
    """

    need: Need
    why: Why
    said: Names
    who: tuple[Partner, ...] = ()
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """Who was looked at, and what keeps some of them off."""

    free: Sequence[Partner]
    refused: Mapping[str, Refused]
    kept_off: Sequence[Partner]
    apart: Sequence[Partner]
    others: Sequence[Partner]
    is_whole: bool


def uncovered(
    sources: Sources,
    startup: Startup,
    needs: Sequence[Need],
    scored: Mapping[str, Scored],
    asked: BundleAsked,
) -> tuple[Uncovered, ...]:
    """Say of each need that no member covers why that is so.

    Args:
        sources: where others than those of the roles are looked up.
        startup: whose needs they are.
        needs: those that no member covers.
        scored: role → who was looked at for it.
        asked: what was asked of the bundle.
    """
    if not needs:
        return ()
    known = _known(sources, startup, scored, asked)
    return tuple(_why(need, known) for need in needs)


def _known(
    sources: Sources, startup: Startup, scored: Mapping[str, Scored], asked: BundleAsked
) -> _Known:
    refused = {one.id: one for of_role in scored.values() for one in of_role.refused}
    held = sources.store.get_many(refused)
    asked_kinds = frozenset[PartnerKind]().union(*(ROLES[role] for role in scored))
    others = sources.matchmaker.scores(
        startup,
        _MOST_OTHERS,
        programme=asked.programme,
        filters=Filters(kinds=frozenset(PartnerKind) - asked_kinds),
        as_of=asked.as_of,
    )
    placed = [(one, role) for role, of_role in scored.items() for one in of_role.standing]
    return _Known(
        _partners(one for one, role in placed if may_join(one, role)),
        refused,
        [one for _, one in sorted(held.items()) if isinstance(one, Partner)],
        _partners(one for one, role in placed if not may_join(one, role)),
        _partners(others.standing),
        others.is_whole and all(of_role.is_whole for of_role in scored.values()),
    )


def _partners(placed: Iterable[Placed]) -> list[Partner]:
    return [one.profile for one in placed if isinstance(one.profile, Partner)]


def _why(need: Need, known: _Known) -> Uncovered:
    if who := _who(need, known.free):
        return Uncovered(need, "full", say("left_full"), who)
    if who := _who(need, known.kept_off):
        kept_off = tuple(known.refused[one.id] for one in who)
        return Uncovered(need, "refused", say("left_refused"), who, kept_off)
    if who := _who(need, known.others):
        return Uncovered(need, "other_kinds", say("left_other_kinds"), who)
    if who := _who(need, known.apart):
        return Uncovered(need, "apart", say("left_apart"), who)
    return Uncovered(need, "nobody", say("left_nobody" if known.is_whole else "left_nobody_near"))


def _who(need: Need, partners: Sequence[Partner]) -> tuple[Partner, ...]:
    return tuple(islice((one for one in partners if borne(need, one)), MOST_NAMED))
