"""Owns the levels of large instances with rules of every kind: a relaxation says where to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matcher.assignment.levels import loosest
from matcher.assignment.mip import ask_mip
from matcher.assignment.model import Bits, Ints, Row
from matcher.assignment.relax import SCALE, Relaxed, Table, begin_with, competitive, relax
from matcher.assignment.search import Climb
from matcher.assignment.solution import Aim, Status
from matcher.assignment.streams import ceiling

WIDE = 100
"""From so many pairs on a relaxation is asked first."""

_WIDTHS = (6, 20)
"""How many pairs of each applicant are searched, at first and then."""

_ANY = 0.05
"""How far from the best total pairs may be that are sought for being there at all."""

_SHARE = 0.25
"""Of the effort that is left, what one search among some pairs may take."""


def is_wide(search: Climb) -> bool:
    """Tell whether a relaxation pays; none holds the spread, so it must be sought last."""
    even = Aim.SPREAD in search.aims and search.aims[-1] is not Aim.SPREAD
    return search.model.size >= max(WIDE, 1) and not even


def find(search: Climb, open: Bits, rows: Sequence[Row]) -> Status:
    """Look for pairs among those that are open under what is held and some rows.

    Returns:
        `infeasible` where it is proven that there are none; `unknown` where the effort was spent;
        else pairs were found, and kept if they are better.
    """
    model = search.model
    table = Table(model, [*search.rows, *rows])
    none = np.zeros(model.size, np.int64)
    start = begin_with(model, open, model.fits)
    relaxed = relax(table, open, none, start, search.effort, elastic=True)
    if relaxed is None:
        return Status.UNKNOWN
    if relaxed.bound < 0:
        return Status.INFEASIBLE
    near = relax(table, open, model.fits, start | relaxed.used, search.effort)
    for most in _WIDTHS if near else ():
        among = competitive(model, open, near or relaxed, most)
        answer = ask_mip(table, among, model.fits, search.effort, gap=_ANY)
        if answer.found:
            search.keep(answer.taken)
            return Status.FEASIBLE
    return search.ask(rows, open=open, share=_SHARE).status


def raise_sum(search: Climb, aim: Aim, weights: Ints, rank: Ints) -> Relaxed | None:
    """Raise a sum of weights (p,), note its bound, and hold it.

    What is searched is narrowed to pairs that the relaxation finds near: the others could reach
    no more than its bound less what they cost it, so that the bound told holds for all pairs.

    Args:
        search: what is raised.
        aim: the aim that the weights are of.
        weights: shape (p,).
        rank: shape (p,), which pairs to prefer where the relaxation does not tell.

    Returns:
        The relaxation, where one was needed.
    """
    model = search.model
    search.bounds[aim] = loosest(model, aim)
    relaxed = None
    table = Table(model, search.rows)
    if search.value(aim) < search.bounds[aim]:
        start = begin_with(model, search.open, rank) | _best(search)
        relaxed = relax(table, search.open, weights, start, search.effort)
    if relaxed is not None:
        search.bounds[aim] = min(search.bounds[aim], relaxed.bound // SCALE)
        for most in (*_WIDTHS, len(model.instance.hosts)):
            if search.value(aim) == search.bounds[aim] or search.effort.over:
                break
            _narrowed(search, table, aim, weights, relaxed, most)
    search.rows.append(Row(np.arange(model.size), weights, search.value(aim)))
    return relaxed


def _best(search: Climb) -> Bits:
    none = np.zeros(search.model.size, np.bool_)
    return none if search.best is None else search.best


def _narrowed(
    search: Climb, table: Table, aim: Aim, weights: Ints, relaxed: Relaxed, most: int
) -> None:
    """Raise a sum among the pairs nearest to the relaxation, and note what that proves of all."""
    near = _reachable(search, aim, relaxed)
    among = competitive(search.model, near, relaxed, most) | _best(search)
    answer = ask_mip(table, among & search.open, weights, search.effort)
    if not answer.found:
        return
    search.keep(answer.taken)
    beyond = search.open & ~among
    others = relaxed.bound + int(relaxed.spare[beyond].max(initial=-relaxed.bound))
    proven = max(answer.bound, min(others, relaxed.bound) // SCALE, search.value(aim))
    search.bounds[aim] = min(search.bounds[aim], proven)


def _reachable(search: Climb, aim: Aim, relaxed: Relaxed) -> Bits:
    """Shape (p,): the open pairs with which what was reached could still be reached."""
    gap = relaxed.bound - search.value(aim) * SCALE
    return search.open & (relaxed.spare >= -gap)


def begin(search: Climb, hint: Bits | None) -> None:
    """Find any pairs that keep the rules; a hint that keeps them is taken, shape (p,)."""
    if hint is not None and Table(search.model, search.rows).kept(hint):
        search.keep(hint)
    else:
        search.contradicts = find(search, search.open, []) is Status.INFEASIBLE


def placed(search: Climb) -> None:
    """Raise how many pairs are made."""
    ones = np.ones(search.model.size, np.int64)
    raise_sum(search, Aim.PLACED, ones, search.model.fits)


def total(search: Climb) -> None:
    """Raise the sum of fits; where it is proven, only what can still change stays open."""
    model = search.model
    relaxed = raise_sum(search, Aim.TOTAL, model.fits, model.fits)
    if relaxed is None or search.value(Aim.TOTAL) != search.bounds[Aim.TOTAL]:
        return
    gap = relaxed.bound - search.value(Aim.TOTAL) * SCALE
    if search.aims[-1] in {Aim.TOTAL, Aim.SPREAD}:
        search.close(search.open & (np.abs(relaxed.spare) <= gap))


def worst(search: Climb) -> None:
    """Raise the least fit: below what the capacities alone allow, by halving."""
    model, whole = search.model, search.open
    some = Row(np.arange(model.size), np.ones(model.size, np.int64), 1)
    count = max(search.value(Aim.PLACED) if Aim.PLACED in search.bounds else 1, 1)
    steps = np.unique(model.fits[whole])
    low = int(np.searchsorted(steps, search.value(Aim.WORST)))
    total = count, model.total[1]
    high = ceiling(replace(model, rows=()), whole, steps, low, total, search.effort)
    guess = low + 1 if search.hinted else high
    while low < high and not search.effort.over:
        found = find(search, whole & (model.fits >= steps[guess]), [some])
        if found is Status.INFEASIBLE:
            high = guess - 1
        elif found is Status.UNKNOWN:
            break
        else:
            low = int(np.searchsorted(steps, search.value(Aim.WORST)))
        guess = (low + high + 1) // 2
    search.bounds[Aim.WORST] = int(steps[high]) if search.value(Aim.PLACED) else 0
    search.open = whole & (model.fits >= search.value(Aim.WORST))
