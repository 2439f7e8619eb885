"""Owns the joint budget of a bilateral programme: how many projects there is money for."""

from __future__ import annotations

from dataclasses import dataclass

from profiles import FundingUnit, Programme
from profiles.errors import FieldError, InvalidRecord

FIFTH = 5
"""Into how many projects the money is divided where nobody says what a project asks for."""

UNSTATED = 10
"""How many projects there are at most where neither the programme nor anybody says."""

_SIZES = (1, 2, 3, 4, 5, 8, 10)


@dataclass(frozen=True, slots=True)
class Budget:
    """The money of a programme.

    Attributes:
        side: what each side gives in all; None where the programme does not say.
        currency: ISO 4217; None where there is none.
        each: what a project asks for from each side; None where no money is stated.
        projects: how many there may be.
        sizes: what a project may ask for from each side, and how many of these there is money for.
    """

    side: int | None
    currency: str | None
    each: int | None
    projects: int
    sizes: tuple[tuple[int, int], ...] = ()

    def spent(self, projects: int) -> int:
        """Give what so many projects ask for from each side."""
        return projects * (self.each or 0)


def budget_of(programme: Programme, each: int | None, projects: int | None) -> Budget:
    """Work out a budget.

    Money that is counted in all is shared by the countries alike; what is counted for each startup
    says nothing of the whole.

    Args:
        programme: whose money it is.
        each: what a project asks for from each side; a fifth of what a side gives if None.
        projects: how many there are at most; as many as there is money for if None.

    Raises:
        InvalidRecord: if a project asks for more than a side gives.
    """
    side = _side(programme)
    if side is None or programme.funding is None:
        return Budget(None, None, None, projects or UNSTATED)
    if each is not None and each > side:
        raise InvalidRecord([FieldError("each", "range", each, {"bound": f"≤ {side:,}"})])
    asked = each or max(1, side // FIFTH)
    fit = side // asked
    sizes = tuple((side // count, count) for count in _SIZES if side >= count)
    return Budget(side, programme.funding.currency, asked, min(projects or fit, fit), sizes)


def _side(programme: Programme) -> int | None:
    money = programme.funding
    if money is None or money.amount == 0 or money.per is FundingUnit.STARTUP:
        return None
    if money.per is FundingUnit.PROGRAMME:
        return money.amount // max(1, len(programme.countries)) or None
    return money.amount
