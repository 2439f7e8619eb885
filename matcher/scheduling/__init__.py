"""Who meets whom, when and where: schedules of one-to-one meetings."""

from matcher.scheduling.changing import Changed, Difference, change, difference
from matcher.scheduling.checking import Broken, check
from matcher.scheduling.contradicting import Contradiction, NotContradictory, contradiction
from matcher.scheduling.greedy import greedy
from matcher.scheduling.instance import (
    BREAK,
    MOST_WISH,
    End,
    Instance,
    Meeting,
    Pair,
    Person,
    Room,
    Slot,
    days,
)
from matcher.scheduling.measuring import values_of, weight
from matcher.scheduling.proving import aim_words, level_words, proof_words
from matcher.scheduling.rules import Kind, Rule, remedy_words, rule_words, rules_of, without
from matcher.scheduling.schedule import Aim, Level, Schedule, levels_of, schedule_from_json
from matcher.scheduling.solving import schedule

__all__ = [
    "BREAK",
    "MOST_WISH",
    "Aim",
    "Broken",
    "Changed",
    "Contradiction",
    "Difference",
    "End",
    "Instance",
    "Kind",
    "Level",
    "Meeting",
    "NotContradictory",
    "Pair",
    "Person",
    "Room",
    "Rule",
    "Schedule",
    "Slot",
    "aim_words",
    "change",
    "check",
    "contradiction",
    "days",
    "difference",
    "greedy",
    "level_words",
    "levels_of",
    "proof_words",
    "remedy_words",
    "rule_words",
    "rules_of",
    "schedule",
    "schedule_from_json",
    "values_of",
    "weight",
    "without",
]
