"""Owns the levels where only capacities matter: each is raised by flows, and proven by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matcher.assignment.effort import Effort
from matcher.assignment.flow import cheapest, nearest
from matcher.assignment.levels import dearest_of, reached
from matcher.assignment.model import Bits, Ints, Model, Row
from matcher.assignment.search import Climb
from matcher.assignment.solution import Aim

_ORDER = (Aim.PLACED, Aim.WORST, Aim.TOTAL)


def is_stream(search: Climb) -> bool:
    """Tell whether flows can raise the aims: no rows beside capacities, and the usual order."""
    aims = [aim for aim in search.aims if aim is not Aim.SPREAD]
    usual = aims == [aim for aim in _ORDER if aim in aims]
    last = Aim.SPREAD not in search.aims or search.aims[-1] is Aim.SPREAD
    placed = Aim.PLACED in aims or Aim.WORST not in aims
    return not search.model.rows and usual and last and placed


def raise_by_flow(search: Climb) -> None:
    """Raise the aims before the spread; then only pairs in which equals differ stay open."""
    model, total = search.model, search.model.total
    ones = np.ones(model.size, np.int64)
    flow = cheapest(model, search.open, -ones * (Aim.PLACED in search.aims), total)
    search.contradicts = flow is None
    if flow is None:
        return
    search.keep(flow.taken)
    if Aim.PLACED in search.aims:
        total = _hold(search, Aim.PLACED, ones), total[1]
    if Aim.WORST in search.aims and not search.effort.over:
        _raise_worst(search, total)
    if Aim.TOTAL in search.aims and not search.effort.over:
        flow = cheapest(model, search.open, -model.fits, total)
        if flow is None:
            raise ArithmeticError("pairs that were found before are found no more")
        search.keep(flow.taken)
        _hold(search, Aim.TOTAL, model.fits)
        search.close(flow.loose)


def _hold(search: Climb, aim: Aim, weights: Ints) -> int:
    """Note that an aim is proven, and hold it."""
    value = search.bounds[aim] = search.value(aim)
    search.rows.append(Row(np.arange(search.model.size), weights, value))
    return value


def _raise_worst(search: Climb, total: tuple[int, int]) -> None:
    """Raise the least fit by halving the fits that it may be.

    First among the dearest pairs of each applicant, where little is searched; then, from there,
    among all: what cannot be raised there is proven.
    """
    model, whole = search.model, search.open
    if not total[0]:
        search.bounds[Aim.WORST] = search.value(Aim.WORST)
        return
    steps = np.unique(model.fits[whole])
    low = _step(steps, search.value(Aim.WORST))
    top = ceiling(model, whole, steps, low, total, search.effort, search.keep)
    search.bounds[Aim.WORST] = int(steps[top])
    search.open = whole & (model.fits >= search.value(Aim.WORST))


def ceiling(
    model: Model,
    open: Bits,
    steps: Ints,
    low: int,
    total: tuple[int, int],
    effort: Effort,
    keep: Callable[[Bits], None] | None = None,
) -> int:
    """Tell how high the least fit may be as far as the capacities go.

    It is raised among the dearest pairs of each applicant first, where little is searched; then,
    from there, among all: what cannot be raised there is proven.

    Args:
        model: whose capacities hold.
        open: shape (p,), the pairs that may be made.
        steps: the fits that the least may be, ascending.
        low: the step that was reached before.
        total: the least and the most pairs in all.
        effort: ends the search early; what is told then is no more than a bound.
        keep: is given pairs, shape (p,), that reach a higher step.

    Returns:
        The step above which it is proven that there are none.
    """
    top = max(_step(steps, _highest(model, total[0])), low)
    halving = _Halving(model, steps, total, effort, keep)
    low, _ = halving.halve(nearest(model, open, -model.fits), low, top, (low + top + 1) // 2)
    return halving.halve(open, low, top, low + 1)[1]


@dataclass(frozen=True, slots=True)
class _Halving:
    """Halves the steps that the least fit may reach."""

    model: Model
    steps: Ints
    total: tuple[int, int]
    effort: Effort
    keep: Callable[[Bits], None] | None

    def halve(self, among: Bits, low: int, high: int, guess: int) -> tuple[int, int]:
        """Narrow down what some pairs reach, from a first guess; give the step and its bound."""
        fits = self.model.fits
        while low < high and not self.effort.over:
            open = among & (fits >= self.steps[guess])
            flow = cheapest(self.model, open, np.zeros_like(fits), self.total)
            if flow is None:
                high = guess - 1
            else:
                low = _step(self.steps, reached(self.model, flow.taken, Aim.WORST))
                if self.keep:
                    self.keep(flow.taken)
            guess = (low + high + 1) // 2
        return low, high


def _highest(model: Model, placed: int) -> int:
    """Bound the least fit by the dearest pairs of each applicant, so many of which are made."""
    dearest = np.sort(dearest_of(model))[::-1]
    return int(dearest[placed - 1]) if placed <= len(dearest) else 0


def _step(steps: Ints, value: int) -> int:
    return int(np.searchsorted(steps, value))
