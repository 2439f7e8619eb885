"""Owns what the commands and the jobs of evaluation share: scoring, fitting, gating, converting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from matcher import SHIPPED, Registry, RegistryError
from service.models import manifest_at, ranker_at, ranker_of, trained_until

if TYPE_CHECKING:
    from evaluation import Decision, Report, Trained
    from index import Encoder
    from profiles import Side
    from service.settings import Settings
    from service.wiring import Progress


def evaluated(
    settings: Settings,
    encoder: Encoder,
    folder: Path,
    measures: Sequence[str],
    progress: Progress | None = None,
    *,
    model: str | None = None,
    beside: Sequence[Path] = (),
    side: Side | None = None,
    run_files: Sequence[Path] = (),
    runs_out: Path | None = None,
) -> Report:
    """Score a model, its baselines, others and run files on a test set.

    Args:
        settings: of the installation whose models they are.
        encoder: what Dari runs with.
        folder: the test set.
        measures: names as ir-measures has them; the default ones if none.
        progress: told of the way that has been gone.
        model: a version, or "default"; the one in use if None.
        beside: other models, each by its folder, weights file or version.
        side: who asks; None for both, one after the other.
        run_files: TREC runs of other systems.
        runs_out: the folder that runs and qrels are written to.

    Raises:
        RegistryError: if a model cannot be used.
        DatasetError: for a folder that breaks the format.
        DariError: as `evaluation.evaluate_folder` does.
    """
    from evaluation import DEFAULT, evaluate_folder

    models = Registry(settings.home, encoder.encoder_id)
    ranker = ranker_of(settings, models, model)
    others = {}
    learned = {"dari": _learned(settings, models, model)}
    for path in beside:
        other = ranker_at(models, path)
        others[other.version] = other
        learned[other.version] = trained_until(manifest_at(models, path))
    return evaluate_folder(
        folder,
        encoder,
        measures or DEFAULT,
        progress,
        ranker=ranker,
        beside=others,
        side=side,
        run_files=run_files,
        runs_out=runs_out,
        trained_until={name: day for name, day in learned.items() if day is not None},
    )


def _learned(settings: Settings, models: Registry, model: str | None) -> date | None:
    """Give the first day that the training of the model under test did not know, if told."""
    if model is None and settings.weights:
        return trained_until(manifest_at(models, settings.weights))
    return trained_until(models.manifest(model or models.champion().version))


def fitted(
    folder: Path,
    also: Sequence[Path],
    out: Path,
    encoder: Encoder,
    progress: Progress,
    name: str,
) -> Trained:
    """Fit a model to the past of a test set, and write it under `out`.

    Raises:
        DariError: as `evaluation.train_folder` does.
    """
    from evaluation import train_folder

    return train_folder(folder, out, encoder, progress, name=name, also=also)


def challenged(
    models: Registry,
    folder: Path,
    also: Sequence[Path],
    encoder: Encoder,
    progress: Progress,
    name: str,
) -> tuple[Trained, Decision | None]:
    """Fit a challenger, gate it, and then add both to the installation: whole, or not at all.

    There is no decision where the model is the one in use.

    Raises:
        DariError: as fitting and the gate do.
    """
    with TemporaryDirectory(prefix="dari-train-") as work:
        trained = fitted(folder, also, Path(work), encoder, progress, name)
        decision = None
        if models.current().version != trained.version:
            decision = decided(models, Path(trained.path), folder, encoder, progress)
        version = models.add(trained.path)
    if decision is not None:
        models.keep_gate(version, decision.as_json())
    return replace(trained, path=models.folder / version), decision


def gated(
    models: Registry,
    version: str,
    folder: Path,
    encoder: Encoder,
    progress: Progress | None = None,
    *,
    against: str | None = None,
) -> Decision:
    """Gate a model on a test set beside the champion, or another, and keep what it said.

    What was said beside another than the champion is not kept.

    Raises:
        RegistryError: if one of them cannot be used, or both are one.
        DatasetError: for a folder that breaks the format.
        DariError: as Dari does.
    """
    decision = decided(models, version, folder, encoder, progress, against=against)
    if against is None:
        models.keep_gate(version, decision.as_json())
    return decision


def decided(
    models: Registry,
    challenger: str | Path,
    folder: Path,
    encoder: Encoder,
    progress: Progress | None = None,
    *,
    against: str | None = None,
) -> Decision:
    """Ask the gate of a model, by its version or its folder; nothing is kept.

    Raises:
        RegistryError: if one of them cannot be used, or both are one.
        DatasetError: for a folder that breaks the format.
        DariError: as Dari does.
    """
    from evaluation import digest_of, gate_folder

    champion = models.ranker(against) if against else models.current()
    ranker = ranker_at(models, Path(challenger))
    if champion.version == ranker.version:
        raise RegistryError("already" if against is None else "same", str(challenger))
    tried = models.earlier(digest_of(folder), champion.version, ranker.version)
    manifest = manifest_at(models, Path(challenger))
    return gate_folder(
        folder,
        encoder,
        champion,
        ranker,
        earlier=[] if against else tried,
        trained_until=trained_until(manifest),
        progress=progress,
    )


def known_versions(models: Registry) -> list[str]:
    """Name the models that can be used, the one that ships first."""
    return [one.name for one in models.models() if one.fault is None] or [SHIPPED]
