"""Owns the levels where only capacities matter: each is raised by flows, and proven by them."""

from __future__ import annotations

import numpy as np

from matcher.assignment.flow import cheapest, nearest
from matcher.assignment.levels import dearest_of
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
    top = _step(steps, _highest(model, total[0]))
    search.bounds[Aim.WORST] = int(steps[top])
    few = nearest(model, whole, -model.fits)
    _halve(search, few, steps, top, total)
    top = _halve(search, whole, steps, top, total, near=True)
    search.bounds[Aim.WORST] = int(steps[top])
    search.open = whole & (model.fits >= search.value(Aim.WORST))


def _halve(
    search: Climb,
    among: Bits,
    steps: Ints,
    high: int,
    total: tuple[int, int],
    *,
    near: bool = False,
) -> int:
    """Raise the least fit among some pairs, shape (p,); tell the step above which there is none.

    Args:
        search: what is raised.
        among: the pairs.
        steps: the fits that it may be, ascending.
        high: the step above which it is known that there is none.
        total: the least and the most pairs in all.
        near: whether the next step above is tried first.
    """
    fits = search.model.fits
    low = _step(steps, search.value(Aim.WORST))
    guess = low + 1 if near else (low + high + 1) // 2
    while low < high and not search.effort.over:
        flow = cheapest(search.model, among & (fits >= steps[guess]), np.zeros_like(fits), total)
        if flow is None:
            high = guess - 1
        else:
            search.keep(flow.taken)
            low = _step(steps, search.value(Aim.WORST))
        guess = (low + high + 1) // 2
    return high


def _highest(model: Model, placed: int) -> int:
    """Bound the least fit by the dearest pairs of each applicant, so many of which are made."""
    dearest = dearest_of(model)
    return int(np.sort(dearest)[::-1][placed - 1])


def _step(steps: Ints, value: int) -> int:
    return int(np.searchsorted(steps, value))
