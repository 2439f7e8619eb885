"""Who gets which place: instances, rules, solutions."""

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
from matcher.assignment.solution import Aim, Level, Solution, Status, solution_from_json

__all__ = [
    "NOT_ELIGIBLE",
    "UNIT",
    "Aim",
    "Applicant",
    "Host",
    "Instance",
    "Level",
    "Solution",
    "Status",
    "belongs",
    "canonical",
    "groups_of",
    "instance_from_json",
    "solution_from_json",
]
