"""Owns the commands of models: which there are, what the gate says, and which one speaks."""

from __future__ import annotations

from gettext import gettext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.console import print_json, read_settings, say, show, stages, tell_in
from service.options import PATH, as_json, by, told_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index import Encoder
    from matcher import AdditiveRanker, Champion, Entry, Registry, Shape
    from service.models import Overview
    from service.settings import Settings

_LABELS = {
    "en": {
        "model": "model", "state": "state", "trained": "trained on", "gate": "gate", "made": "made",
        "speaks": "in use", "waits": "", "broken": "cannot be used", "passed": "passed",
        "refused": "refused", "feature": "feature", "most": "most",
        "knots": "points @ value", "shapes": "{version}: points by the value of each feature",
        "weights": "DARI_WEIGHTS is set: {path} speaks, whatever is promoted.",
        "no_gate": "No gate yet.", "last_gate": "Gate of {at}: ",
        "shipped": "ships with Dari, trained on",
        "by_hand": "set by hand: the model that ships with Dari is for another encoder",
        "cut": "known until {cut}", "size": "{queries} queries, {examples} examples",
        "promoted": "In use now: {version}. Running servers use it from their next request on.",
        "kept": "Kept beside the model; to promote it: dari model promote {version}",
    },
    "ko": {
        "model": "모델", "state": "상태", "trained": "학습 자료", "gate": "관문", "made": "만든 날",
        "speaks": "사용 중", "waits": "", "broken": "사용 불가", "passed": "통과",
        "refused": "거부", "feature": "특징", "most": "최대",
        "knots": "점수 @ 값", "shapes": "{version}: 특징의 값에 따른 점수",
        "weights": "DARI_WEIGHTS가 지정되어 있어 승격과 관계없이 이 파일을 씁니다: {path}",
        "no_gate": "관문 기록이 없습니다.", "last_gate": "관문({at}): ",
        "shipped": "Dari 기본 모델, 학습 자료",
        "by_hand": "직접 정한 가중치: Dari 기본 모델은 다른 인코더용",
        "cut": "{cut} 이전 자료", "size": "질의 {queries}개, 예 {examples}개",
        "promoted": "이제 {version} 모델을 씁니다. 실행 중인 서버는 다음 요청부터 바뀝니다.",
        "kept": "결과를 모델 옆에 적어 두었습니다. 승격: dari model promote {version}",
    },
}  # fmt: skip


@click.group()
def model() -> None:
    """Show the models of this installation, gate one, and choose the one that speaks."""


@model.command("list")
@as_json
@told_in
def list_(as_json: bool, lang: str | None) -> None:
    """List the models: which is in use, what each was trained on, what the gate said.

    A folder that is no model, or one that does not fit this Dari, is named with the reason.
    """
    from service.models import overview

    settings, lang = _told_in(lang)
    found = overview(settings, _registry(settings, _encoder(settings)))
    if as_json:
        print_json(found.as_json(lang))
    else:
        show(*_listed(found, lang))


@model.command("show")
@click.argument("version")
@as_json
@told_in
def show_(version: str, as_json: bool, lang: str | None) -> None:
    """Show a model: its points by feature, what it was trained on, its gate."""
    from dataclasses import asdict

    from matcher import known_features

    settings, lang = _told_in(lang)
    models = _registry(settings, _encoder(settings))
    ranker, manifest, gate = models.ranker(version), models.manifest(version), models.gate(version)
    if as_json:
        shapes = {name: asdict(ranker.shape(name)) for name in known_features()}
        shown = {"version": ranker.version, "shapes": shapes}
        print_json({**shown, "manifest": manifest or None, "gate": gate})
    else:
        about = _about(version, manifest, lang)
        show(_shape_table(ranker, lang), *about, *_gate_lines(gate, lang))


@model.command("add")
@click.argument("folder", type=PATH)
@told_in
def add(folder: Path, lang: str | None) -> None:
    """Copy the model in FOLDER, trained elsewhere, into this installation. It is not promoted."""
    from service.wiring import make_home

    settings, _ = _told_in(lang)
    make_home(settings.home)
    version = _registry(settings, _encoder(settings)).add(folder)
    say(f"Added: {version}. Next: dari model gate {version} FOLDER")


@model.command("gate")
@click.argument("version")
@click.argument("folder", type=PATH)
@click.option(
    "--against", metavar="VERSION", help="The model that it is compared with, if not the champion."
)
@as_json
@told_in
def gate(version: str, folder: Path, against: str | None, as_json: bool, lang: str | None) -> None:
    """Compare the model VERSION with the champion on the test set FOLDER, and keep the verdict.

    The rule stands in docs/evaluation.md. VERSION may be "default", the model that ships.
    """
    from evaluation import gate_tables
    from service.evaluating import gated

    settings, lang = _told_in(lang)
    encoder = _encoder(settings)
    models = _registry(settings, encoder)
    with stages() as progress:
        decision = gated(models, version, folder, encoder, progress, against=against)
    if as_json:
        print_json(decision.as_json())
    else:
        show(*gate_tables(decision, lang))
    if decision.passed and against is None:
        say(_LABELS[lang]["kept"].format(version=version))


@model.command("promote")
@click.argument("version")
@click.option("--anyway", is_flag=True, help="Promote it without a passed gate; needs --reason.")
@click.option("--reason", metavar="TEXT", help="Why; it is recorded and shown.")
@by
@as_json
@told_in
def promote(
    version: str, anyway: bool, reason: str | None, by: str, as_json: bool, lang: str | None
) -> None:
    """Let the model VERSION speak from now on: it has passed the gate beside the champion.

    VERSION may be "default", the model that ships. `dari model rollback` undoes it.
    """
    if anyway != bool(reason and reason.strip()):
        raise click.UsageError(gettext("--anyway and --reason TEXT go together."))
    settings, lang = _told_in(lang)
    models = _registry(settings, _encoder(settings))
    _said(models.promote(version, by, reason=reason), settings, as_json, lang)


@model.command("rollback")
@click.option("--reason", metavar="TEXT", help="Why; it is recorded and shown.")
@by
@as_json
@told_in
def rollback(reason: str | None, by: str, as_json: bool, lang: str | None) -> None:
    """Let the model speak again that spoke before the present one."""
    settings, lang = _told_in(lang)
    models = _registry(settings, _encoder(settings))
    _said(models.rollback(by, reason=reason), settings, as_json, lang)


def _told_in(lang: str | None) -> tuple[Settings, str]:
    settings = read_settings()
    lang = lang or settings.language
    tell_in(lang)
    return settings, lang


def _encoder(settings: Settings) -> Encoder:
    from index import load_encoder

    return load_encoder(settings.encoder)


def _registry(settings: Settings, encoder: Encoder) -> Registry:
    from matcher import Registry

    return Registry(settings.home, encoder.encoder_id)


def _said(now: Champion, settings: Settings, as_json: bool, lang: str) -> None:
    if as_json:
        print_json({**now.as_json(), "previous": [one.as_json() for one in now.previous]})
    say(_LABELS[lang]["promoted"].format(version=now.version))
    if settings.weights:
        say(_LABELS[lang]["weights"].format(path=settings.weights))


def _listed(found: Overview, lang: str) -> list[Any]:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    says = _LABELS[lang]
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("model", "state", "trained", "gate", "made"):
        table.add_column(says[name], overflow="fold")
    for one in found.entries:
        state = "broken" if one.fault else "speaks" if found.speaks(one) else "waits"
        version = one.version if one.path else f"{one.version} ({one.name})"
        cells = (version, says[state], _trained(one, lang), _gate_cell(one, lang), _made(one))
        table.add_row(*map(escape, cells))
    faults = [" ".join(one.fault.told(lang)) for one in found.entries if one.fault]
    lines = [f"{one.name}: {text}" for one, text in zip(
        [one for one in found.entries if one.fault], faults, strict=True)]  # fmt: skip
    weights = [says["weights"].format(path=found.weights)] if found.weights else []
    return [table, *map(escape, lines), *map(escape, weights)]


def _trained(entry: Entry, lang: str) -> str:
    from service.models import dataset_of

    says, name = _LABELS[lang], dataset_of(entry.manifest)
    if entry.is_by_hand:
        return says["by_hand"]
    dataset = name.in_(lang) if name else ""
    return dataset if entry.path or entry.fault else f"{says['shipped']} {dataset}"


def _gate_cell(entry: Entry, lang: str) -> str:
    if entry.gate is None:
        return ""
    verdict = _LABELS[lang]["passed" if entry.gate.get("passed") is True else "refused"]
    gap = entry.gate.get("difference")
    return f"{verdict} {gap:+.3f}" if isinstance(gap, float) else verdict


def _made(entry: Entry) -> str:
    return str(entry.manifest.get("made_at") or "")[:10]


def _shape_table(ranker: AdditiveRanker, lang: str) -> Any:
    """Show the most that each feature adds, and the knots of its shape, the greatest first."""
    from rich import box
    from rich.table import Table

    from matcher import known_features, phrase

    says = _LABELS[lang]
    title = says["shapes"].format(version=ranker.version)
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(says["feature"])
    table.add_column(says["most"], justify="right")
    table.add_column(says["knots"], overflow="fold")
    shapes = {name: ranker.shape(name) for name in known_features()}
    for name, shape in sorted(shapes.items(), key=lambda pair: (-pair[1].most, pair[0])):
        label = f"{phrase(f'name.{name}').in_(lang)} ({name})"
        table.add_row(label, *((f"{shape.most:.1f}", _knots(shape)) if shape.most else ("·", "")))
    return table


def _knots(shape: Shape) -> str:
    """Write a shape as points at values; it is straight between them."""
    knots = zip(shape.at, shape.points, strict=True)
    return ", ".join(f"{points:.1f} @ {at:g}" for at, points in knots)


def _about(name: str, manifest: Mapping[str, Any], lang: str) -> list[str]:
    from rich.markup import escape

    from matcher import SHIPPED
    from service.models import dataset_of

    says = _LABELS[lang]
    head = says["shipped" if name == SHIPPED else "trained"]
    trained = manifest.get("trained_on")
    if not isinstance(trained, dict):
        return [f"{says['trained']}: {'–' if manifest else says['by_hand']}"]
    dataset = dataset_of(manifest)
    parts = [dataset.in_(lang) if dataset else "–", says["cut"].format(cut=trained.get("cut"))]
    counts = {name: f"{trained.get(name) or 0:,}" for name in ("queries", "examples")}
    return [escape(f"{head}: {', '.join([*parts, says['size'].format(**counts)])}")]


def _gate_lines(gate: Mapping[str, Any] | None, lang: str) -> list[str]:
    from rich.markup import escape

    says = _LABELS[lang]
    if gate is None:
        return [says["no_gate"]]
    verdict = says["passed" if gate.get("passed") is True else "refused"]
    told = [one.get(lang, "") for one in [*gate.get("reasons", []), *gate.get("remarks", [])]]
    head = says["last_gate"].format(at=str(gate.get("at"))[:10]) + verdict
    return [escape(head), *(escape(f"  {one}") for one in told)]
