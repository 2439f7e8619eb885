"""Who gets which place: instances, rules, solutions, and the engine that finds them."""

from matcher.assignment.checking import Broken, check, count_levels
from matcher.assignment.infeasible import (
    Contradiction,
    NotContradictory,
    Relaxation,
    explain_infeasible,
)
from matcher.assignment.instance import (
    NOT_ELIGIBLE,
    UNIT,
    Applicant,
    Host,
    Instance,
    belongs,
    canonical,
    groups_of,
    instance_from_json,
)
from matcher.assignment.prices import NoSuchRule, Point, Price, Tags, price_tags, trade_off
from matcher.assignment.rulebook import rulebook
from matcher.assignment.solution import Aim, Level, Solution, Status, solution_from_json
from matcher.assignment.solving import solve
from matcher.assignment.words import group_words, rule_words

__all__ = [
    "NOT_ELIGIBLE",
    "UNIT",
    "Aim",
    "Applicant",
    "Broken",
    "Contradiction",
    "Host",
    "Instance",
    "Level",
    "NoSuchRule",
    "NotContradictory",
    "Point",
    "Price",
    "Relaxation",
    "Solution",
    "Status",
    "Tags",
    "belongs",
    "canonical",
    "check",
    "count_levels",
    "explain_infeasible",
    "group_words",
    "groups_of",
    "instance_from_json",
    "price_tags",
    "rule_words",
    "rulebook",
    "solution_from_json",
    "solve",
    "trade_off",
]
