"""Owns the job that assigns: what a page asked for is read, solved, kept, and told in short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matcher.assignment import Point, Solution
    from service.settings import Settings
    from service.wiring import Dari, Progress

FITTING, SEARCHING, PRICING = "Reading the fits", "Searching", "Reckoning the prices"
MOST_POINTS = 9
"""How many values of a bound a trade-off tries."""


def assigned(
    settings: Settings, arguments: Mapping[str, Any], progress: Progress
) -> dict[str, Any]:
    """Do what a page asked for: an assignment (`cohort`), or a trade-off (with `trade_off`).

    Returns:
        What came of it: "decision", "status", "levels", "prices" and "contradiction", or the
        "points" of the "rule".

    Raises:
        DariError: as `service.assigning.assign` and `matcher.assignment.trade_off` do.
    """
    from service.wiring import build

    dari = build(settings)
    try:
        progress(FITTING, 0, 1)
        if arguments.get("trade_off"):
            return _traded(dari, arguments, progress)
        return _assigned(dari, arguments, progress)
    finally:
        dari.store.close()


def _assigned(dari: Dari, arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    from profiles import validate
    from profiles.rules import Rule
    from service.assigned_words import contradiction_json, tags_json
    from service.assigning import Limits, assign

    def tell(solution: Solution) -> None:
        progress(SEARCHING, len(solution.levels), 4)

    found = assign(
        dari,
        arguments["cohort"],
        by=arguments["by"],
        limits=Limits(arguments["seconds"], progress=tell),
        without=arguments.get("without", ()),
        rules=[validate(Rule, raw) for raw in arguments.get("rules", ())],
    )
    progress(PRICING, 1, 1)
    return {
        "decision": found.decision.id if found.decision else None,
        "status": found.solution.status.value,
        "levels": found.solution.as_json()["levels"],
        **tags_json(found.prices),
        "contradiction": contradiction_json(found.contradiction) if found.contradiction else None,
    }


def _traded(dari: Dari, arguments: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    from matcher.assignment import trade_off
    from profiles.cohorts import cohort
    from service.entrants import fitted_cohort

    fitted = fitted_cohort(dari, cohort(dari.store, arguments["cohort"]))
    progress(SEARCHING, 0, 1)
    rule, bound = arguments["trade_off"], arguments["bound"]
    seconds = arguments["seconds"]
    found = trade_off(fitted.instance, rule, arguments["values"], bound=bound, seconds=seconds)
    return {"rule": rule, "bound": bound, "points": [_point(one) for one in found]}


def _point(one: Point) -> dict[str, Any]:
    return {"value": one.value, **one.solution.as_json(), "pairs": len(one.solution.pairs)}
