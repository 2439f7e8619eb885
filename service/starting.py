"""Owns the asking for jobs of evaluation: what is checked before a piece of work waits its turn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from matcher import RegistryError
from matcher.ranker import check_name
from profiles.jobs import Job, JobError, JobKind, ask
from service.evaluating import known_versions

if TYPE_CHECKING:
    from evaluation import Shelf
    from service.wiring import Dari

SIDES = ("both", "startup", "partner")


def shelf_of(dari: Dari) -> Shelf:
    """Give the test sets and runs of an installation."""
    from evaluation import Shelf

    return Shelf(dari.settings.home)


def check_known(field: str, value: str, known: Collection[str]) -> None:
    """Refuse a word that is none of a closed list.

    Raises:
        JobError: if it is none.
    """
    if value not in known:
        raise JobError(field, "job_word", value, known=", ".join(known))


def start_evaluation(dari: Dari, asked: Mapping[str, Any], *, by: str) -> Job:
    """Ask for models to be scored on a test set.

    Args:
        dari: the installation.
        asked: test_set, model (None: the one in use), beside, runs, side, measures.
        by: who asks.

    Raises:
        ShelfError: if there is no such test set or run.
        RegistryError: if there is no such model.
        MeasureError: for a measure that is none.
        JobError: for a side that is none, or if too many jobs wait.
    """
    from evaluation import parse_measures

    shelf = shelf_of(dari)
    shelf.folder(asked["test_set"])
    for run in asked["runs"]:
        shelf.run(asked["test_set"], run)
    versions = known_versions(dari.models)
    for version in filter(None, (asked["model"], *asked["beside"])):
        if version not in versions:
            raise RegistryError("unknown", version, versions=", ".join(versions))
    check_known("side", asked["side"], SIDES)
    if asked["measures"]:
        parse_measures(asked["measures"])
    return ask(dari.store, JobKind.EVALUATE, asked, by=by)


def start_training(dari: Dari, test_set: str, also: Sequence[str], name: str, *, by: str) -> Job:
    """Ask for a challenger that is fitted to test sets, and for what the gate says of it.

    Raises:
        ShelfError: if there is no such test set.
        ModelError: if no model can have this name.
        JobError: if too many jobs wait.
    """
    for one in (test_set, *also):
        shelf_of(dari).folder(one)
    check_name(name)
    asked = {"test_set": test_set, "also": list(also), "name": name}
    return ask(dari.store, JobKind.TRAIN, asked, by=by)


def start_check(dari: Dari, test_set: str, *, by: str) -> Job:
    """Ask for a test set that stands on the shelf to be read whole, and looked through for leaks.

    Raises:
        ShelfError: if there is no such test set.
        JobError: if too many jobs wait.
    """
    shelf_of(dari).folder(test_set)
    return ask(dari.store, JobKind.CHECK, {"test_set": test_set}, by=by)


def start_bringing(dari: Dari, name: str, packed: IO[bytes], *, by: str) -> Job:
    """Ask for a ZIP to be unpacked, checked whole, and put on the shelf as a test set.

    Raises:
        ShelfError: if the name cannot be used, or what the ZIP lists is no test set.
        JobError: if too many jobs wait.
    """
    from evaluation import Received

    brought = Received(dari.settings.home).keep(name, packed)
    return ask(dari.store, JobKind.CONVERT, {"name": name, "file": brought}, by=by)


def start_run(dari: Dari, test_set: str, run: str, given: IO[bytes], *, by: str) -> Job:
    """Ask for a run file to be checked on a test set, and kept beside it.

    Raises:
        ShelfError: if there is no such test set, or the run's name cannot be used.
        JobError: if too many jobs wait.
    """
    from evaluation import Received

    brought = Received(dari.settings.home).keep_run(test_set, run, given)
    asked = {"test_set": test_set, "run": run, "file": brought}
    return ask(dari.store, JobKind.RUN, asked, by=by)


def start_gate(dari: Dari, model: str, test_set: str, *, by: str) -> Job:
    """Ask what the gate says of a model on a test set.

    Raises:
        ShelfError: if there is no such test set.
        RegistryError: if there is no such model.
        JobError: if too many jobs wait.
    """
    shelf_of(dari).folder(test_set)
    dari.models.ranker(model)
    return ask(dari.store, JobKind.GATE, {"model": model, "test_set": test_set}, by=by)
