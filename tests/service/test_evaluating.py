"""What the commands and the jobs of evaluation share."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation import Trained, as_html, as_tables, in_language
from index import Encoder
from matcher import Registry
from matcher.ranker import TrainedOn
from profiles import Side
from service import evaluating as module
from service.evaluating import challenged, evaluated
from service.settings import Settings
from tests.models import make_model

EXAMPLE = Path("docs/examples/test-set")


@pytest.mark.parametrize(("cut", "late"), [("2025-01-01", False), ("2025-01-02", True)])
def test_a_model_that_learned_from_after_the_cut_is_told_of(
    tmp_path: Path, encoder: Encoder, cut: str, late: bool
) -> None:
    """The example knows until 2025-01-01; a training that knew less than that knew no answer."""
    on = {"dataset": "x", "cut": cut, "digest": "", "queries": 1, "examples": 1}
    made, version = make_model(tmp_path / "made", "one", {"text_seeks_offers": 9}, trained_on=on)
    settings = Settings(home=tmp_path / "home")
    Registry(settings.home, encoder.encoder_id).add(made)
    report = evaluated(settings, encoder, EXAMPLE, ["P@5"], model=version, side=Side.STARTUP)
    told = [in_language(note, "en") for note in report.notes if "may have seen the answers" in note]
    assert told == (
        [
            f"{version} was trained on what was known until 2025-01-02, but the test set asks from "
            "2025-01-01 on: it may have seen the answers, and its figures may be too good"
        ]
        if late
        else []
    )
    assert ("정답을 이미 보았을 수 있어" in as_html(report, "ko")) is late
    assert any("시스템" in str(table.columns[0].header) for table in as_tables(report, "ko"))


def test_a_challenger_is_added_with_its_gate_or_not_at_all(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Registry(tmp_path / "home", encoder.encoder_id)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def fit(folder: Path, also: object, out: Path, *_: object) -> Trained:
        made, _ = make_model(out, "ours", {"text_seeks_offers": 9})
        return Trained(made, TrainedOn("x", "2020-01-01", "", 1, 1), (), {}, {}, None)

    def stop(what: str, done: int, total: int) -> None:
        if what == "Asking both models":
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "fitted", fit)
    with pytest.raises(KeyboardInterrupt):
        challenged(models, EXAMPLE, (), encoder, stop, "ours")
    assert [one.name for one in models.models()] == ["default"]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("dari-train")] == []
    trained, decision = challenged(models, EXAMPLE, (), encoder, lambda *_: None, "ours")
    assert decision is not None
    gate = models.gate(trained.version)
    assert gate is not None
    assert gate["passed"] is decision.passed is False
    assert gate["guards"][-1]["side"] == "partner"
