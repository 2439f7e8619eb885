"""Owns the words by which pages tell of jobs, and what both their pages check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from profiles import DariError
from profiles.jobs import Job, JobError, JobKind, JobState
from service.language import language

_TURNED = " (partners ask)"
_WRITING = "Writing "


def told(error: DariError) -> tuple[str, str]:
    """Give the rule and remedy of what was refused, for a page; others are answered elsewhere.

    Raises:
        DariError: the error itself, if it is the database's or the machine's, not the reader's.
    """
    from evaluation import DatasetError, MeasureError, RunError, ShelfError
    from matcher import ModelError, RegistryError

    known = (DatasetError, MeasureError, RunError, ShelfError, ModelError, RegistryError, JobError)
    if not isinstance(error, known):
        raise error
    return error.told(language())


def kind_name(kind: JobKind) -> str:
    """Name what is done."""
    named: dict[JobKind, str] = {
        JobKind.EVALUATE: gettext("Evaluation"),
        JobKind.TRAIN: gettext("Training"),
        JobKind.GATE: gettext("Gate"),
        JobKind.CONVERT: gettext("Test set"),
        JobKind.CHECK: gettext("Check of a test set"),
        JobKind.RUN: gettext("Run file"),
        JobKind.ASSIGN: gettext("Assignment"),
        JobKind.SCHEDULE: gettext("Schedule of an event"),
    }
    return named[kind]


def state_name(one: Job) -> str:
    """Name how far a job is."""
    named: dict[JobState, str] = {
        JobState.QUEUED: gettext("waiting"),
        JobState.RUNNING: gettext("running"),
        JobState.DONE: gettext("done"),
        JobState.FAILED: gettext("failed"),
        JobState.CANCELLED: gettext("cancelled"),
    }
    return named[one.state]


def stage_name(what: str) -> str:
    """Name a stage of the work, as progress tells it."""
    plain = what.removesuffix(_TURNED)
    if plain.startswith(_WRITING):
        return str(gettext("Writing %(file)s", file=plain.removeprefix(_WRITING)))
    named = _stages().get(plain, plain)
    return named if plain == what else str(gettext("%(stage)s (partners ask)", stage=named))


def _stages() -> dict[str, str]:
    return {
        "Reading the test set": gettext("Reading the test set"),
        "Reading the run file": gettext("Reading the run file"),
        "Asking Dari": gettext("Asking Dari"),
        "Asking BM25": gettext("Asking the baselines"),
        "Measuring": gettext("Measuring"),
        "Looking back": gettext("Looking back at the time before the cut"),
        "Asking what was asked before": gettext("Asking what was asked before"),
        "Fitting": gettext("Fitting the model"),
        "Calibrating": gettext("Calibrating its probabilities"),
        "Asking both models": gettext("Asking both models"),
        "Reading the store": gettext("Reading the store"),
        "Choosing pairs": gettext("Choosing pairs"),
        "Placing what cannot stay": gettext("Placing what cannot stay"),
        "Placing all meetings anew": gettext("Placing all meetings anew"),
        "Placing them in time": gettext("Placing them in time"),
        "Shortening the waits": gettext("Shortening the waits"),
        "Giving rooms out": gettext("Giving rooms out"),
        "Done": gettext("Writing the result"),
        "Reading the fits": gettext("Reading the fits"),
        "Searching": gettext("Searching"),
        "Reckoning the prices": gettext("Reckoning the prices"),
    }


def guard_name(guard: Mapping[str, Any]) -> str:
    """Name a guarded slice."""
    from evaluation import slice_name

    return slice_name(str(guard["dimension"]), str(guard["value"])).in_(language())


def guard_state(guard: Mapping[str, Any]) -> str:
    """Name what became of a guarded slice."""
    named: dict[str, str] = {
        "held": gettext("held"),
        "unsure": gettext("a fall cannot be ruled out"),
        "fell": gettext("fell"),
        "few": gettext("too few to tell"),
    }
    return named.get(str(guard["state"]), "")


def finding(verdict: str) -> str:
    """Name what a comparison of the first system with another found."""
    named: dict[str, str] = {
        "ahead": gettext("the first is ahead"),
        "behind": gettext("the first is behind"),
        "even": gettext("cannot be told apart"),
        "few": gettext("too few to tell"),
    }
    return named[verdict]
