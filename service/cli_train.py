"""Owns the `train` command: fit a challenger, gate it, and promote it where it has passed."""

from __future__ import annotations

from gettext import gettext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.console import print_json, read_settings, say, show, stages, tell_in
from service.options import PATH, as_json, by, told_in

if TYPE_CHECKING:
    from rich.table import Table

    from evaluation import Decision, Trained
    from index import Encoder
    from matcher import Registry
    from service.settings import Settings

_LABELS = {
    "en": {
        "feature": "feature", "prior": "prior", "trained": "trained",
        "title": "{version}: {queries} queries, {examples} pairs",
        "written": "Written: {path}.",
        "same": "This is the model in use already; nothing is to be decided.",
        "promoted": "Promoted: {version} is in use from the next list on.",
        "ready": "To put it in use: dari model promote {version}",
        "stays": "The model in use stays: {version}.",
    },
    "ko": {
        "feature": "특징", "prior": "이전", "trained": "학습 뒤",
        "title": "{version}: 질의 {queries}개, 쌍 {examples}개",
        "written": "저장했습니다: {path}",
        "same": "이미 사용하고 있는 모델과 같습니다. 바꿀 것이 없습니다.",
        "promoted": "승격했습니다. 다음 매칭부터 {version} 모델을 씁니다.",
        "ready": "사용하려면: dari model promote {version}",
        "stays": "지금 모델을 그대로 씁니다: {version}",
    },
}  # fmt: skip


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--also",
    multiple=True,
    type=PATH,
    metavar="FOLDER",
    help="Another test set to learn from, which counts a tenth at most; may be repeated.",
)
@click.option("--name", default="trained", show_default=True, help="What the model is called.")
@click.option("--promote", is_flag=True, help="Put it in use if it passes the gate.")
@by
@click.option(
    "--out",
    type=PATH,
    metavar="DIR",
    help="Only write it there; it is not gated.",
)
@as_json
@told_in
def train(
    folder: Path,
    also: tuple[Path, ...],
    name: str,
    promote: bool,
    by: str,
    out: Path | None,
    as_json: bool,
    lang: str | None,
) -> None:
    """Fit a model to the past of a test set FOLDER, and gate it beside the model in use.

    It learns from the ties before the cut; the queries of the test set are asked by the gate alone.
    Where history is thin the gate refuses, and the present model stays.
    """
    from index import load_encoder
    from service.evaluating import challenged, fitted

    if promote and out is not None:
        raise click.UsageError(gettext("--promote is of this installation; leave --out away."))
    settings = read_settings()
    lang = lang or settings.language
    tell_in(lang)
    encoder = load_encoder(settings.encoder)
    if out is not None:
        with stages() as progress:
            _tell(fitted(folder, also, out, encoder, progress, name), None, None, as_json, lang)
        return
    models = _own_models(settings, encoder)
    with stages() as progress:
        trained, decision = challenged(models, folder, also, encoder, progress, name)
    passed = decision is not None and decision.passed
    if promote and passed:
        models.promote(trained.version, by)
    _tell(trained, decision, promote and passed, as_json, lang)
    ended = "promoted" if promote else "ready"
    said = _LABELS[lang]["same" if decision is None else ended if passed else "stays"]
    say(said.format(version=trained.version if passed else models.current().version))


def _own_models(settings: Settings, encoder: Encoder) -> Registry:
    from matcher import Registry
    from service.wiring import make_home

    make_home(settings.home)
    return Registry(settings.home, encoder.encoder_id)


def _tell(
    trained: Trained, decision: Decision | None, promoted: bool | None, as_json: bool, lang: str
) -> None:
    from evaluation import gate_tables

    if as_json:
        gate = decision.as_json() if decision else None
        ended: dict[str, Any] = {} if promoted is None else {"gate": gate, "promoted": promoted}
        print_json({**trained.as_json(), **ended})
    else:
        show(_table(trained, lang), *(gate_tables(decision, lang) if decision else ()))
    say(_LABELS[lang]["written"].format(path=trained.path))


def _table(trained: Trained, lang: str) -> Table:
    """Show what each feature is worth, beside what it was worth in the prior."""
    from rich.table import Table

    on, says = trained.trained_on, _LABELS[lang]
    counts = {"queries": f"{on.queries:,}", "examples": f"{on.examples:,}"}
    table = Table(says["feature"], title=says["title"].format(version=trained.version, **counts))
    table.add_column(says["prior"], justify="right")
    table.add_column(says["trained"], justify="right")
    for feature, most in trained.points.items():
        table.add_row(feature, f"{trained.before[feature]:.1f}", f"{most:.1f}")
    return table
