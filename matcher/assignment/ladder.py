"""Owns the search level by level: each aim is raised, then held while the next one is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from matcher.assignment import wide
from matcher.assignment.cpsat import Question, ask
from matcher.assignment.effort import Effort
from matcher.assignment.model import Bits, Ints, Model, Row
from matcher.assignment.search import Climb
from matcher.assignment.solution import Aim, Solution, Status
from matcher.assignment.streams import is_stream, raise_by_flow


def climb(
    model: Model,
    aims: Sequence[Aim],
    effort: Effort,
    *,
    hint: Bits | None = None,
    tell: Callable[[Solution], None] | None = None,
) -> Climb:
    """Raise each aim in its order; stop where the effort is spent or the rules contradict."""
    every = np.ones(model.size, np.bool_)
    search = Climb(model, effort, aims, tell, [*model.everything], every, None)
    search.hinted = hint is not None
    raising = _ways(search, hint)
    for aim in aims:
        if search.best is not None and not effort.over:
            raising[aim](search)
    return search


def _ways(search: Climb, hint: Bits | None) -> Mapping[Aim, Callable[[Climb], None]]:
    """Begin in the way that suits the instance, and tell how each aim is raised then."""
    if is_stream(search):
        raise_by_flow(search)
        return _RAISED
    if wide.is_wide(search):
        wide.begin(search, hint)
        return _WIDE
    _begin(search, hint)
    return _RAISE


def _begin(search: Climb, hint: Bits | None) -> None:
    """Find any pairs that keep the rules."""
    first = ask(search.model, Question(search.rows, search.open, hint=hint), search.effort)
    search.contradicts = first.status is Status.INFEASIBLE
    if first.found:
        search.keep(first.taken)


def _most(search: Climb, aim: Aim, weights: Ints) -> None:
    """Raise a sum of weights (p,), and hold it."""
    answer = search.ask(weights=weights)
    if answer.found:
        search.bounds[aim] = answer.bound
    search.rows.append(Row(_every(search), weights, search.value(aim)))


def _every(search: Climb) -> Ints:
    return np.arange(search.model.size)


def _placed(search: Climb) -> None:
    _most(search, Aim.PLACED, np.ones(search.model.size, np.int64))


def _total(search: Climb) -> None:
    _most(search, Aim.TOTAL, search.model.fits)


def _worst(search: Climb) -> None:
    """Raise the least fit by halving the fits that it may be, and close what lies below."""
    model = search.model
    some = Row(_every(search), np.ones(model.size, np.int64), 1)
    steps = np.unique(model.fits[search.open])
    low = int(np.searchsorted(steps, search.value(Aim.WORST)))
    high = len(steps) - 1
    whole = search.open
    while low < high and not search.effort.over:
        middle = (low + high + 1) // 2
        search.open = whole & (model.fits >= steps[middle])
        answer = search.ask([some])
        if answer.status is Status.INFEASIBLE:
            high = middle - 1
        elif answer.found:
            low = int(np.searchsorted(steps, search.value(Aim.WORST)))
        else:
            break
    search.bounds[Aim.WORST] = int(steps[high]) if search.value(Aim.PLACED) else 0
    search.open = whole & (model.fits >= search.value(Aim.WORST))


def _even(search: Climb) -> None:
    """Lower the spread, and hold it."""
    if search.sole:
        search.bounds[Aim.SPREAD] = search.value(Aim.SPREAD)
        return
    answer = search.ask(even=True)
    if answer.found:
        search.bounds[Aim.SPREAD] = answer.bound
    search.spread = search.value(Aim.SPREAD)


_RAISE: Mapping[Aim, Callable[[Climb], None]] = {
    Aim.PLACED: _placed,
    Aim.WORST: _worst,
    Aim.TOTAL: _total,
    Aim.SPREAD: _even,
}
_WIDE = {**_RAISE, Aim.PLACED: wide.placed, Aim.WORST: wide.worst, Aim.TOTAL: wide.total}


def _nothing(search: Climb) -> None:
    """Leave an aim that was raised before."""


_RAISED = {**dict.fromkeys(Aim, _nothing), Aim.SPREAD: _even}
