"""Owns the whole way from a test set's folder to a model that its past has taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from evaluation.calibrating import calibration_of
from evaluation.dataset import TestSet
from evaluation.examples import Examples, beside, examples
from evaluation.loading import load
from evaluation.messages import in_language
from evaluation.past import windows
from evaluation.writing import Progress, silent
from index import Encoder, load_encoder
from matcher import Shape, cold_start, load_ranker, write_calibration
from matcher.ranker import TrainedOn, check_name, write_model
from matcher.training import fit

NAME = "trained"

FEWEST_WINDOWS = 2
"""How many windows must be left to learn from where one is held out for the calibration."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as it was written, and what it learned from."""

    path: Path
    trained_on: TrainedOn
    windows: tuple[str, ...]
    shapes: Mapping[str, Shape]
    before: Mapping[str, float]
    """The most points of each feature in the prior."""
    calibrated_on: str | None
    """The later window that its scores were held against; None where there was none."""

    @property
    def version(self) -> str:
        """The version of the model, which is the name of its folder."""
        return self.path.name

    @property
    def points(self) -> dict[str, float]:
        """The most points that each feature can earn."""
        return {name: shape.most for name, shape in self.shapes.items()}

    def as_json(self) -> dict[str, Any]:
        """Give it as an object."""
        on = self.trained_on
        return {
            "model": self.version,
            "path": str(self.path),
            "trained_on": asdict(on),
            "windows": list(self.windows),
            "calibrated_on": self.calibrated_on,
            "points": {
                name: {"prior": self.before[name], "trained": most}
                for name, most in self.points.items()
            },
        }


def train_folder(
    folder: Path,
    out: Path,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    *,
    name: str = NAME,
    also: Sequence[Path] = (),
) -> Trained:
    """Fit a model to what a test set knows of the time before its cut, and write it under `out`.

    Its queries and what was right for them are not looked at. `also` are other sets to learn from;
    each counts at most a tenth as much as what stands before it. Where its windows go by time and
    are several, the newest teaches nothing: what the model's scores came to there is its
    calibration.

    Raises:
        DatasetError: for a folder that breaks the format, or whose ties teach nothing.
        TrainingError: if too little was relevant to learn from.
        ModelError: for a name that does not fit, or a folder that cannot be written.
        DariError: as Dari does.
    """
    check_name(name)
    tell = progress or silent
    encoder = encoder or load_encoder()
    tell("Reading the test set", 0, 1)
    sets = [load(one) for one in (folder, *also)]
    tell("Looking back", 0, 1)
    found = [windows(one) for one in sets]
    held = _held_out(sets[0], found[0])
    if held is not None:
        found[0].remove(held)
    taught = reduce(beside, _asked(found, encoder, tell))
    tell("Fitting", 0, 1)
    prior = cold_start()
    shapes = fit(
        taught.features,
        taught.relevance,
        taught.queries,
        taught.clusters,
        prior=prior,
        weights=taught.weights,
    )
    on = _trained_on(sets, taught)
    path = write_model(
        shapes, out, name=name, encoder=encoder.encoder_id, trained_on=on, prior=prior.version
    )
    if held is not None:
        tell("Calibrating", 0, 1)
        write_calibration(calibration_of(held, encoder, load_ranker(path)), path)
    tell("Done", 1, 1)
    before = {feature: prior.shape(feature).most for feature in shapes}
    names = tuple(str(window.name) for of_set in found for window in of_set)
    return Trained(path, on, names, shapes, before, str(held.name) if held else None)


def _held_out(test_set: TestSet, found: Sequence[TestSet]) -> TestSet | None:
    """Give the newest window if windows go by time and enough others teach; folds have no later."""
    newest = max(found, key=lambda one: one.cut)
    enough = len(found) > FEWEST_WINDOWS and newest.cut < test_set.cut
    return newest if enough else None


def _asked(found: list[list[TestSet]], encoder: Encoder, tell: Progress) -> list[Examples]:
    """Ask the queries of all windows of each set, telling how many have been asked."""
    total, done = sum(len(one.queries) for of_set in found for one in of_set), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        tell("Asking what was asked before", done, total)

    tell("Asking what was asked before", 0, total)
    return [examples(of_set, encoder, advance=advance) for of_set in found]


def _trained_on(sets: Sequence[TestSet], taught: Examples) -> TrainedOn:
    return TrainedOn(
        dataset="; ".join(in_language(one.name, "en") for one in sets),
        dataset_ko="; ".join(in_language(one.name, "ko") for one in sets),
        cut=max(one.cut for one in sets).isoformat(),
        digest=taught.digest,
        queries=len(taught.names),
        examples=len(taught.relevance),
    )
