"""Owns the lottery: ties broken by a seed that is promised first, told later, and replayed by all.

Before anyone has applied, the SHA-256 of the seed is published (`promise`). Once the applicants
are known, the seed is told: each one's number is the SHA-256 of "seed:id", and the smallest comes
first. `sha256sum` and `sort` give the same order; docs/fairness.md shows how.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from hashlib import sha256

FORM = "dari-lottery-1"
"""What stands first in everything that is hashed: the rules of this lottery."""

_SMALLEST, _END = 10**15, 2**63
"""The seeds are those that a whole number of a database holds and that have 16 digits or more."""


def new_seed() -> int:
    """Draw a seed of 16 digits or more that nobody can find from its promise by trying."""
    return _SMALLEST + secrets.randbelow(_END - _SMALLEST)


def number(id: str, seed: int) -> str:
    """Give the number that an id draws: the SHA-256 of "seed:id" in hexadecimal digits."""
    return _hash(f"{seed}:{id}")


def order(ids: Collection[str], seed: int) -> tuple[str, ...]:
    """Put ids in the order that a seed draws, the first first."""
    return tuple(sorted(ids, key=lambda id: (number(id, seed), id)))


def promise(seed: int, domain: str) -> str:
    """Give the promise of a seed: published before anyone applies, it binds and tells nothing.

    Args:
        seed: the seed; of `new_seed`, for a small number could be found by trying.
        domain: what it is for, such as "cohort 7": one line.
    """
    return _hash(f"{FORM}\n{domain}\n{seed}\n")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What anyone needs to replay a lottery.

    Attributes:
        domain: what it was for.
        seed: the seed, as it was told afterwards.
        ids: who took part, ascending.
        order: in which order they were drawn.
        promise: the SHA-256 of the seed, as it was published before.
        digest: the SHA-256 of the seed and all ids: what the result rests on.
    """

    domain: str
    seed: str
    ids: tuple[str, ...]
    order: tuple[str, ...]
    promise: str
    digest: str

    def as_json(self) -> dict[str, object]:
        """Give it as plain values; the seed is a text, for readers that round large numbers."""
        return {"form": FORM, **asdict(self)}


def certificate(ids: Collection[str], seed: int, domain: str) -> Certificate:
    """Draw, and tell all that is needed to draw again."""
    entered = tuple(sorted(set(ids)))
    digest = _hash("\n".join((FORM, domain, str(seed), *entered, "")))
    return Certificate(
        domain, str(seed), entered, order(entered, seed), promise(seed, domain), digest
    )


def verify(told: Certificate) -> tuple[str, ...]:
    """Draw again, and name the parts of a certificate that come out otherwise; none where it holds.

    Returns:
        names of attributes of `Certificate`, such as ("order",).
    """
    if not told.seed.isascii() or not told.seed.isdigit():
        return ("seed",)
    again = certificate(told.ids, int(told.seed), told.domain)
    names = ("ids", "order", "promise", "digest", "seed")
    return tuple(name for name in names if getattr(again, name) != getattr(told, name))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
