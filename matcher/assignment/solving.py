"""Owns the door of the engine: an instance goes in, the best assignment and its bounds come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from matcher.assignment.effort import Effort
from matcher.assignment.instance import Instance
from matcher.assignment.ladder import climb
from matcher.assignment.model import model_of
from matcher.assignment.search import Climb
from matcher.assignment.solution import Aim, Solution, Status
from matcher.assignment.ties import settle


def solve(
    instance: Instance,
    *,
    seconds: float = 60.0,
    aims: Sequence[Aim] = tuple(Aim),
    hint: Solution | None = None,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Solution], None] | None = None,
) -> Solution:
    """Find the best pairs that keep all rules.

    The same instance, limits and hint give the same pairs on every machine, in whichever order
    the rules stand: the search is limited in steps that are counted, and the clock is only an
    emergency brake.

    Args:
        instance: who applies, who takes, and the rules.
        seconds: how long it may take.
        aims: what is sought, the first above all.
        hint: pairs to begin with.
        stop: asked again and again whether the search is to end, also from another thread.
        progress: told each better solution with its bounds.

    Returns:
        The best solution found, with its bound by each aim. Of equal ones that are proven best
        the first in the canonical order is taken (`matcher.assignment.ties`); only then is it
        `optimal`. Without pairs and
        levels where the rules contradict, or where it ended before anything was found.
    """
    effort = Effort(seconds, stop or (lambda: False))
    model = model_of(instance)
    begin = model.taken_of(hint.pairs) if hint else None
    search = climb(model, aims, effort, hint=begin, tell=progress)
    settled = not aims or settle(search)
    return _answer(search, settled)


def _answer(search: Climb, settled: bool) -> Solution:
    """Give what was found; without the ties broken nobody could find the same again."""
    if search.contradicts:
        return Solution(Status.INFEASIBLE, seconds=search.effort.spent)
    found = search.solution
    if found.status is Status.OPTIMAL and not settled:
        return replace(found, status=Status.FEASIBLE)
    return found
