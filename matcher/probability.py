"""Owns when a probability may be told: what must be known of a pair, and by which model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matcher.calibration import LEAST, Amount, Calibration
from matcher.matchlist import Abstention, Probability
from matcher.pairs import Pair
from matcher.phrases import phrase
from profiles import Profile
from profiles.taxonomy import Names

LEAST_KNOWN = 3
"""How many of the kinds of evidence must be known of a pair."""

WIDEST = 0.5
"""The width from which an interval says too little to be told."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of evidence: whether the startup, and the partner, of a pair have what it takes.

    `tells_work` marks those of which one must be known: they tell what the partner does.
    """

    code: str
    of_startup: Callable[[Pair], bool]
    of_partner: Callable[[Pair], bool]
    tells_work: bool = False


def _says_what_it_is(profile: Profile) -> bool:
    return profile.summary is not None or profile.offering is not None


def _wants_or_gives(profile: Profile) -> bool:
    return bool(profile.seeking or profile.seeks or profile.offering or profile.offers)


KINDS: tuple[Kind, ...] = (
    Kind(
        "words",
        lambda pair: _says_what_it_is(pair.startup) or pair.startup.seeking is not None,
        lambda pair: _says_what_it_is(pair.partner),
        tells_work=True,
    ),
    Kind(
        "wishes",
        lambda pair: bool(pair.startup.seeking or pair.startup.seeks),
        lambda pair: _wants_or_gives(pair.partner),
    ),
    Kind(
        "sectors", lambda pair: bool(pair.startup.sectors), lambda pair: bool(pair.partner.sectors)
    ),
    Kind("region", lambda pair: pair.startup.region is not None, lambda pair: bool(pair.places)),
    Kind("past", lambda _pair: True, lambda pair: pair.past_ties > 0, tells_work=True),
)
"""The kinds of evidence; each is known of a pair where both sides have what it takes."""


def chances(
    pairs: Sequence[Pair],
    scores: NDArray[np.float64],
    calibration: Calibration | None,
    population: str,
    known: Callable[[], Amount],
    *,
    moved: bool = False,
) -> list[Probability | Abstention]:
    """Tell the probability of n pairs by their scores (n,), or why none is told.

    Args:
        pairs: the pairs.
        scores: their scores, in points.
        calibration: that of the model.
        population: names those whom the pairs are of.
        known: counts what is known of them: verdicts and outcomes. Asked where that is of use.
        moved: whether a person moved the weights that made the scores.
    """
    if moved:
        return [Abstention((phrase("probability.moved"),))] * len(pairs)
    silent = _silence(calibration, population, known)
    if calibration is None or silent is not None:
        return [silent or Abstention(())] * len(pairs)
    bounds = calibration.intervals(scores).tolist()
    return [_told(pair, *bound) for pair, bound in zip(pairs, bounds, strict=True)]


def _silence(
    calibration: Calibration | None, population: str, known: Callable[[], Amount]
) -> Abstention | None:
    """Say why a model has no probabilities for a population; None where it has."""
    if calibration is None:
        return Abstention((phrase("probability.uncalibrated"), _needed(known())))
    if calibration.population != population:
        said = phrase("probability.of_others", population=calibration.population)
        return Abstention((said, _needed(known())))
    if not calibration.is_enough:
        said = phrase("probability.thin", **_numbers("", calibration.amount), **_of_least())
        return Abstention((said,))
    return None


@lru_cache(maxsize=16)
def _needed(known: Amount) -> Names:
    return phrase("probability.needed", **_numbers("", known), **_of_least())


def _of_least() -> dict[str, str]:
    return _numbers("least_", LEAST)


def _numbers(prefix: str, amount: Amount) -> dict[str, str]:
    return {
        f"{prefix}pairs": f"{amount.pairs:,}",
        f"{prefix}positives": f"{amount.positives:,}",
        f"{prefix}clusters": f"{amount.clusters:,}",
    }


def _told(pair: Pair, low: float, high: float) -> Probability | Abstention:
    missing = missing_evidence(pair)
    if missing:
        return Abstention(missing)
    if high - low > WIDEST:
        said = phrase("probability.wide", low=f"{low:.0%}", high=f"{high:.0%}")
        return Abstention((said,))
    return Probability(low, high)


def missing_evidence(pair: Pair) -> tuple[Names, ...]:
    """Say what is missing of a pair of which too little is known; nothing where enough is.

    Enough is `LEAST_KNOWN` of the kinds of evidence, one of them telling what the partner does.
    """
    lacking = {kind.code: who for kind in KINDS if (who := _who_lacks(kind, pair))}
    known = len(KINDS) - len(lacking)
    tells_work = any(kind.tells_work and kind.code not in lacking for kind in KINDS)
    if known >= LEAST_KNOWN and tells_work:
        return ()
    counted = phrase("probability.little", known=known, of=len(KINDS), least=LEAST_KNOWN)
    said = (phrase(f"probability.{code}", who=who) for code, who in lacking.items())
    return (counted, *said)


def _who_lacks(kind: Kind, pair: Pair) -> Names | None:
    """Name those of a pair who lack what a kind of evidence takes; None where neither does."""
    sides = ((kind.of_startup, pair.startup), (kind.of_partner, pair.partner))
    names = [profile.name for has, profile in sides if not has(pair)]
    if not names:
        return None
    return Names(*(", ".join(name.in_(lang) for name in names) for lang in ("en", "ko")))
