"""Owns the report: the figures of each system on each slice, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.comparing import Moved, corrected, moved, sliced
from evaluation.dataset import ALL, TestSet
from evaluation.exposure import Exposure, exposure_of
from evaluation.measures import DEFAULT
from evaluation.messages import both
from evaluation.reliability import Reliability, reliability_of
from evaluation.runs import Run
from evaluation.scoring import Difference, Figure, Scored, score
from evaluation.slices import FEWEST_CLUSTERS, slices_of
from profiles import Side


@dataclass(frozen=True, slots=True)
class Slice:
    """The queries of one value of a dimension: each system's primary measure, and the gaps.

    `gaps` are the first system minus each other one.
    """

    n: int
    clusters: int
    figures: Mapping[str, Figure]
    gaps: Mapping[str, Difference]

    def as_json(self) -> dict[str, Any]:
        """Give the slice as one object."""
        return {
            "n": self.n,
            "clusters": self.clusters,
            "systems": {name: one.as_json() for name, one in self.figures.items()},
            "differences": {name: one.as_json() for name, one in self.gaps.items()},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Figures by system, track (or "all") and measure, and what a reader must know.

    `gaps` are the first system minus each other one on all queries, by system and measure; `slices`
    go by dimension and value; `exposure` is by system; `calibration` is that of each system which
    gives chances; `moved` compares the first system with one other, if there is one. `models` names
    the model of each system that is Dari, `encoder` what it read texts with. `turned` is the same
    with the other side asking, where both were measured.
    """

    dataset: str
    side: Side
    primary: str
    systems: Mapping[str, Mapping[str, Mapping[str, Figure]]]
    gaps: Mapping[str, Mapping[str, Difference]]
    slices: Mapping[str, Mapping[str, Slice]]
    exposure: Mapping[str, Exposure]
    calibration: Mapping[str, Reliability]
    moved: Moved | None
    queries: int
    clusters: int
    about: Mapping[str, str]
    notes: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    encoder: str | None = None
    turned: Report | None = None

    @property
    def first(self) -> str:
        """The system under test: the others stand beside it."""
        return next(iter(self.systems))

    def as_json(self) -> dict[str, Any]:
        """Give the report as one JSON document."""
        return {
            "dataset": self.dataset,
            "side": self.side.value,
            "primary": self.primary,
            "queries": self.queries,
            "clusters": self.clusters,
            "systems": {
                system: {
                    name: {measure: figure.as_json() for measure, figure in figures.items()}
                    for name, figures in slices.items()
                }
                for system, slices in self.systems.items()
            },
            "differences": {
                system: {measure: gap.as_json() for measure, gap in gaps.items()}
                for system, gaps in self.gaps.items()
            },
            "slices": {
                dimension: {value: one.as_json() for value, one in found.items()}
                for dimension, found in self.slices.items()
            },
            "exposure": {system: one.as_json() for system, one in self.exposure.items()},
            "calibration": {system: one.as_json() for system, one in self.calibration.items()},
            "moved": self.moved.as_json() if self.moved else None,
            "models": dict(self.models),
            "encoder": self.encoder,
            "notes": list(self.notes),
            **({"turned": self.turned.as_json()} if self.turned else {}),
        }


def report_on(
    test_set: TestSet,
    runs: Sequence[Run],
    measures: Sequence[str] = DEFAULT,
    *,
    seed: int = 0,
    notes: Sequence[str] = (),
    beside: str | None = None,
) -> Report:
    """Measure runs on a test set, on each track, each slice and on all queries.

    The first run is the one under test; it is compared with each other one, and pair by pair with
    that named `beside`, else with the best of them. Every interval is
    drawn from a generator of the same seed, so that a figure does not depend on which other
    systems are in the report.

    Raises:
        MeasureError: for a measure that is not known or cannot be computed.
        RunError: for a run of another test set.
    """
    scored = score(test_set, runs, measures)
    tracks = {
        **{
            track: frozenset(query.id for query in test_set.queries if query.track == track)
            for track in test_set.tracks
        },
        ALL: frozenset(query.id for query in test_set.queries),
    }
    by_track = {name: scored.figures(scored.rows(ids), seed) for name, ids in tracks.items()}
    names = [run.name for run in runs]
    return Report(
        dataset=test_set.name,
        side=test_set.side,
        primary=scored.primary,
        systems={
            name: {track: figures[at] for track, figures in by_track.items()}
            for at, name in enumerate(names)
        },
        gaps=_gaps(scored, seed),
        slices=_slices(scored, seed),
        exposure={run.name: exposure_of(test_set, run, seed=seed) for run in runs},
        calibration={
            run.name: reliability_of(test_set, run, seed=seed)
            for run in runs
            if run.chances and any(run.chances.values())
        },
        moved=_moved(scored, beside),
        queries=len(scored.queries),
        clusters=len(set(scored.clusters)),
        about=_about(test_set),
        notes=(*test_set.notes, *notes, *_thin(scored, tracks)),
    )


def _moved(scored: Scored, beside: str | None) -> Moved | None:
    """Compare the first system with the one named, else with the best of the others."""
    if len(scored.runs) < 2:
        return None
    names = [run.name for run in scored.runs]
    means = scored.values[1:, :, scored.measures.index(scored.primary)].mean(axis=1)
    second = names.index(beside) if beside in names else 1 + int(means.argmax())
    return moved(scored, 0, second)


def _gaps(scored: Scored, seed: int) -> dict[str, dict[str, Difference]]:
    """Compare the first system with each other one; p is corrected among the systems."""
    others = range(1, len(scored.runs))
    if not others:
        return {}
    columns = range(len(scored.measures))
    made = scored.differences(0, others, columns, scored.rows(scored.queries), seed)
    by_measure = [corrected([row[at] for row in made]) for at in columns]
    return {
        scored.runs[other].name: {
            name: by_measure[at][row] for at, name in enumerate(scored.measures)
        }
        for row, other in enumerate(others)
    }


def _slices(scored: Scored, seed: int) -> dict[str, dict[str, Slice]]:
    others = range(1, len(scored.runs))
    gaps = sliced(scored, 0, others, seed=seed)
    found: dict[str, dict[str, Slice]] = {}
    for dimension, values in slices_of(scored.test_set).items():
        found[dimension] = {}
        for value, ids in values.items():
            rows = scored.rows(ids)
            figures = scored.figures(rows, seed, [scored.primary])
            found[dimension][value] = Slice(
                n=len(rows),
                clusters=len({scored.clusters[row] for row in rows}),
                figures={
                    run.name: figures[at][scored.primary] for at, run in enumerate(scored.runs)
                },
                gaps={
                    scored.runs[other].name: gap
                    for other, gap in zip(others, gaps[dimension][value], strict=True)
                },
            )
    return found


def _about(test_set: TestSet) -> dict[str, str]:
    """Give what the test set says of itself."""
    said = {
        "cut": test_set.cut.isoformat(),
        "source": test_set.source,
        "licence": test_set.licence,
        "cluster": test_set.cluster,
    }
    return {name: text for name, text in said.items() if text}


def _thin(scored: Scored, slices: Mapping[str, frozenset[str]]) -> list[str]:
    """Warn of slices whose intervals rest on few clusters."""
    counts = {
        name: len({scored.clusters[row] for row in scored.rows(ids)})
        for name, ids in slices.items()
    }
    return [
        both("note_thin", name=name, count=count)
        for name, count in counts.items()
        if count < FEWEST_CLUSTERS
    ]
