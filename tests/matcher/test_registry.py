"""Which model speaks: promotion by one rename, whatever is killed between its steps."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from matcher import (
    FEATURE_NAMES,
    CalibrationError,
    ModelError,
    Registry,
    RegistryError,
    calibrate,
    cold_start,
    load_ranker,
    write_calibration,
)
from matcher import model_folders as module
from matcher.ranker import shipped_manifest
from profiles import durable
from tests.models import make_model

SHIPPED, ENCODER = load_ranker().version, shipped_manifest()["encoder"]


def gate(champion: str, challenger: str, *, passed: bool = True, **more: Any) -> dict[str, Any]:
    reasons = [{"en": "No gain beyond noise.", "ko": "향상이 없습니다."}]
    sides = {"champion": {"version": champion}, "challenger": {"version": challenger}}
    return {"passed": passed, "reasons": [] if passed else reasons, **sides, **more}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def models(home: Path) -> Registry:
    return Registry(home, ENCODER)


@pytest.fixture
def two(models: Registry, tmp_path: Path) -> tuple[str, str]:
    """Two models in the installation."""
    made = [make_model(tmp_path / "made", name, {"sector_same": 50}) for name in ("one", "two")]
    first, second = (models.add(path) for path, _ in made)
    return first, second


def test_without_a_file_the_shipped_model_speaks(models: Registry) -> None:
    assert models.current().version == SHIPPED
    assert models.champion().is_shipped
    assert [(one.name, one.version) for one in models.models()] == [("default", SHIPPED)]
    with pytest.raises(RegistryError, match="no earlier model"):
        models.rollback("kim")


def test_a_promoted_model_speaks_and_a_rollback_undoes_it(
    models: Registry, two: tuple[str, str]
) -> None:
    first, second = two
    models.promote(first, "kim", gate(SHIPPED, first))
    models.promote(second, "lee", gate(first, second))
    assert models.current().version == second
    assert [one.version for one in models.champion().previous] == ["default", first]
    assert models.rollback("kim", reason="complaints").version == first
    assert models.current().version == first
    assert models.rollback("kim").is_shipped
    assert models.current().version == SHIPPED
    told = [(one["what"], one["from"], one["to"], one["by"]) for one in models.champion().log]
    assert told == [
        ("promote", "default", first, "kim"),
        ("promote", first, second, "lee"),
        ("rollback", second, first, "kim"),
        ("rollback", first, "default", "kim"),
    ]


def test_only_a_passed_gate_beside_the_present_champion_promotes(
    models: Registry, two: tuple[str, str]
) -> None:
    first, second = two
    with pytest.raises(RegistryError, match="No gate has compared") as caught:
        models.promote(first, "kim")
    assert SHIPPED in caught.value.told("ko")[0]
    with pytest.raises(RegistryError, match="No gain beyond noise"):
        models.promote(first, "kim", gate(SHIPPED, first, passed=False))
    with pytest.raises(RegistryError, match="No gate has compared"):
        models.promote(first, "kim", gate(second, first))
    with pytest.raises(RegistryError, match="No gate has compared"):
        models.promote(first, "kim", gate(SHIPPED, second))
    assert models.current().version == SHIPPED
    models.promote(first, "kim", gate(SHIPPED, first))
    with pytest.raises(RegistryError, match="in use already"):
        models.promote(first, "kim")
    models.keep_gate(second, gate(SHIPPED, second))  # the champion is another by now
    with pytest.raises(RegistryError, match=f"the one in use, {first}"):
        models.promote(second, "kim")


def test_a_reason_stands_in_for_the_gate_and_is_recorded(
    models: Registry, two: tuple[str, str]
) -> None:
    models.promote(two[0], "kim", reason="agreed with the board")
    assert models.champion().reason == "agreed with the board"
    models.promote("default", "lee", reason="back to what ships")
    assert models.champion().is_shipped
    assert [one["reason"] for one in models.champion().log] == [
        "agreed with the board",
        "back to what ships",
    ]


def test_the_shipped_model_is_gated_like_any_other(models: Registry, two: tuple[str, str]) -> None:
    models.promote(two[0], "kim", gate(SHIPPED, two[0]))
    models.promote("default", "kim", gate(two[0], SHIPPED))
    assert models.current().version == SHIPPED
    assert [one.version for one in models.models()] == [SHIPPED, *sorted(two)]


def test_another_registry_notices_at_its_next_question(
    home: Path, models: Registry, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Registry(home, ENCODER)
    assert worker.current().version == SHIPPED
    models.promote(two[0], "kim", reason="r")
    assert worker.current().version == two[0]
    held = worker.current()
    monkeypatch.setattr(module, "load_ranker", None)
    assert worker.current() is held  # nothing is read where nothing has changed


def test_earlier_challengers_are_counted_by_test_set_and_champion(
    models: Registry, two: tuple[str, str]
) -> None:
    first, second = two
    models.keep_gate(first, gate(SHIPPED, first, digest="d", p=0.2))
    assert models.earlier("d", SHIPPED, second) == [0.2]
    assert models.earlier("d", SHIPPED, first) == []
    assert models.earlier("other", SHIPPED, second) == []
    assert models.earlier("d", "other", second) == []


def damage(path: Path, what: str) -> None:
    if what == "no manifest":
        (path / "manifest.json").unlink()
    elif what == "torn manifest":
        (path / "manifest.json").write_text('{"name": ')
    elif what == "list":
        (path / "manifest.json").write_text("[]")
    elif what == "weights":
        (path / "weights.toml").write_text("name = ")
    else:
        said = json.loads((path / "manifest.json").read_text())
        said |= {
            "features": {"features": FEATURE_NAMES[1:]},
            "encoder": {"encoder": "other-encoder"},
            "version": {"version": "else-12345678"},
        }[what]
        (path / "manifest.json").write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("what", "rule"),
    [
        ("no manifest", "manifest.json"),
        ("torn manifest", "manifest.json"),
        ("list", "manifest.json"),
        ("weights", "weights"),
        ("features", FEATURE_NAMES[0]),
        ("encoder", "other-encoder"),
        ("version", "else-12345678"),
    ],
)
def test_a_model_that_does_not_fit_is_named_and_never_used(
    home: Path, models: Registry, two: tuple[str, str], tmp_path: Path, what: str, rule: str
) -> None:
    models.promote(two[0], "kim", reason="r")
    damage(models.folder / two[0], what)
    entry = {one.name: one for one in models.models()}[two[0]]
    assert entry.fault is not None
    assert rule in str(entry.fault)
    with pytest.raises((RegistryError, ModelError), match=rule):
        Registry(home, ENCODER).current()  # a worker that starts now
    other, _ = make_model(tmp_path / "more", "more", {"sector_same": 5})
    damage(other, what)
    with pytest.raises((RegistryError, ModelError), match=rule):
        models.add(other)
    assert not models.has(other.name)
    assert models.rollback("kim").is_shipped


def test_a_rollback_to_a_broken_model_is_refused(models: Registry, two: tuple[str, str]) -> None:
    models.promote(two[0], "kim", reason="r")
    models.promote(two[1], "kim", reason="r")
    damage(models.folder / two[0], "weights")
    with pytest.raises(ModelError):
        models.rollback("kim")
    assert models.current().version == two[1]
    models.promote("default", "kim", reason="the one before is broken")
    assert models.current().version == SHIPPED


def test_foreign_things_are_named_and_leftovers_are_not(
    models: Registry, two: tuple[str, str]
) -> None:
    (models.folder / "notes.txt").write_text("x")
    (models.folder / "old stuff").mkdir()
    (models.folder / ".adding-x").mkdir()
    faults = {one.name: one.fault for one in models.models() if one.fault}
    assert set(faults) == {"notes.txt", "old stuff"}
    assert "no folder of a model" in str(faults["notes.txt"])
    assert "모델" in faults["notes.txt"].told("ko")[0]
    with pytest.raises(RegistryError, match=two[0]):
        models.promote("old stuff", "kim", reason="r")
    with pytest.raises(RegistryError):
        models.promote("../models/" + two[0], "kim", reason="r")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"since": 3}', '{"version": "../x"}', '{"version": "a", "previous": [3]}'],
)
def test_a_broken_champion_file_is_an_error_not_the_default(
    home: Path, models: Registry, two: tuple[str, str], text: str
) -> None:
    assert models.current()
    (models.folder / "champion.json").write_text(text)
    for registry in (models, Registry(home)):
        with pytest.raises(RegistryError, match="names the model in use"):
            registry.current()


def test_a_champion_that_has_gone_is_an_error(models: Registry, two: tuple[str, str]) -> None:
    models.promote(two[0], "kim", reason="r")
    shutil.rmtree(models.folder / two[0])
    with pytest.raises(RegistryError, match="not in the folder"):
        Registry(models.folder.parent).current()


def test_a_model_added_twice_stays_as_it_is(models: Registry, tmp_path: Path) -> None:
    path, version = make_model(tmp_path / "made", "one", {"sector_same": 50})
    (path / "gate.json").write_text(json.dumps(gate(SHIPPED, version)))
    assert models.add(path) == version == models.add(path)
    assert models.gate(version) is None  # a verdict of elsewhere does not count here
    damage(models.folder / version, "weights")
    with pytest.raises(RegistryError, match="is broken"):
        models.add(path)


def test_the_shipped_model_says_what_it_was_trained_on(models: Registry) -> None:
    said = models.models()[0].manifest
    assert said == models.manifest("default") == shipped_manifest()
    assert date.fromisoformat(said["trained_on"]["cut"])
    assert not models.models()[0].is_by_hand


def test_with_another_encoder_what_was_set_by_hand_is_the_default(home: Path) -> None:
    other = Registry(home, "other-encoder")
    assert other.current().version == other.ranker("default").version == cold_start().version
    assert other.manifest("default") == {}
    entry = other.models()[0]
    assert (entry.version, entry.is_by_hand) == (cold_start().version, True)
    assert Registry(home).current().version == SHIPPED  # nothing is known of the encoder


def test_a_folder_of_another_encoder_is_refused_wherever_it_lies(
    models: Registry, tmp_path: Path
) -> None:
    foreign, _ = make_model(tmp_path / "made", "foreign", {"area": 9}, encoder="other-encoder")
    with pytest.raises(RegistryError, match="other-encoder") as caught:
        models.at(foreign)
    assert "DARI_ENCODER" in caught.value.told("ko")[1]
    own, version = make_model(tmp_path / "made", "own", {"area": 9}, encoder=ENCODER)
    assert models.at(own).version == version
    assert models.at(foreign / "weights.toml").shape("area").most == 9


def write_rates(folder: Path, until: date) -> None:
    scores, labels = [float(n) for n in range(40)], [n > 20 for n in range(40)]
    made = calibrate(scores, labels, population="p", until=until, resamples=0)
    write_calibration(made, folder)


def test_a_calibration_added_later_is_kept_and_running_servers_notice(
    home: Path, models: Registry, tmp_path: Path
) -> None:
    path, version = make_model(tmp_path / "made", "one", {"sector_same": 50})
    models.add(path)
    models.promote(version, "kim", reason="r")
    worker = Registry(home, ENCODER)
    assert worker.current().calibration is None
    for day in (date(2025, 1, 1), date(2025, 6, 1)):
        write_rates(path, day)
        assert models.add(path) == version
        found = worker.current().calibration
        assert found is not None
        assert found.until == day
    (path / "calibration.json").unlink()
    models.add(path)
    assert worker.current().calibration is found  # nothing is taken away
    (path / "calibration.json").write_text("{")
    with pytest.raises(CalibrationError):
        models.add(path)
    assert worker.current().calibration is found
    assert not [one.name for one in (models.folder / version).iterdir() if one.name[0] == "."]


@pytest.mark.parametrize("step", ["mkstemp", "fsync", "replace"])
def test_a_calibration_that_cannot_be_written_leaves_the_one_before(
    models: Registry, tmp_path: Path, step: str
) -> None:
    path, version = make_model(tmp_path / "made", "one", {"sector_same": 50})
    write_rates(path, date(2025, 1, 1))
    models.add(path)
    write_rates(path, date(2025, 6, 1))
    with pytest.MonkeyPatch.context() as patched:
        fail_at(patched, step)
        with pytest.raises(RegistryError, match="No space left"):
            models.add(path)
    found = models.ranker(version).calibration
    assert found is not None
    assert found.until == date(2025, 1, 1)


STEPS = ("mkstemp", "fsync", "replace", "sync")


def fail_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    if step == "mkstemp":
        monkeypatch.setattr(durable.tempfile, "mkstemp", fail)
    elif step == "fsync":
        monkeypatch.setattr(durable.os, "fsync", fail)
    elif step == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(durable, "sync", fail)


@pytest.mark.parametrize("step", STEPS)
def test_a_promotion_that_fails_at_any_step_is_whole_or_nothing(
    home: Path, models: Registry, two: tuple[str, str], step: str
) -> None:
    models.promote(two[0], "kim", reason="r")
    before = (models.folder / "champion.json").read_bytes()
    with pytest.MonkeyPatch.context() as patched:
        fail_at(patched, step)
        with pytest.raises(RegistryError, match="No space left"):
            models.promote(two[1], "kim", reason="r")
    renamed = step == "sync"  # it stands already; only the disk's word for it is missing
    assert ((models.folder / "champion.json").read_bytes() == before) is not renamed
    assert Registry(home).current().version == two[renamed]
    assert [path for path in models.folder.iterdir() if path.name.startswith(".champion")] == []


def _killed_at(home: Path, version: str, step: str) -> None:
    """Die without a word just before or after a step of the promotion."""
    real = os.replace

    def die(*given: Any) -> None:
        if step == "after the rename":
            real(*given)
        os._exit(9)

    def die_at_once(*_: Any) -> None:
        os._exit(9)

    if step == "before the sync":
        durable.os.fsync = die_at_once
    else:
        # A method replaced in a process that is to die in it.
        Path.replace = die  # type: ignore[assignment, method-assign]
    Registry(home).promote(version, "kim", reason="r")


@pytest.mark.parametrize("step", ["before the sync", "before the rename", "after the rename"])
def test_a_promoter_that_is_killed_leaves_the_old_or_the_new_champion(
    home: Path, models: Registry, two: tuple[str, str], step: str
) -> None:
    models.promote(two[0], "kim", reason="r")
    process = multiprocessing.get_context("fork").Process(
        target=_killed_at, args=(home, two[1], step)
    )
    process.start()
    process.join(30)
    assert process.exitcode == 9
    expected = two[1] if step == "after the rename" else two[0]
    assert models.current().version == Registry(home).current().version == expected
    assert {one.name for one in models.models() if one.fault} == set()
    if step != "after the rename":
        models.promote(two[1], "lee", reason="again")  # the lock went with the process
    assert models.current().version == two[1]


def _adding(home: Path, folder: Path) -> None:
    # As above: the process dies in the middle of the write.
    Path.rename = lambda *_: os._exit(9)  # type: ignore[assignment, method-assign, return-value]
    Registry(home).add(folder)


def test_an_addition_that_is_killed_leaves_no_model_and_is_cleaned_up(
    home: Path, models: Registry, tmp_path: Path
) -> None:
    path, version = make_model(tmp_path / "made", "one", {"sector_same": 50})
    process = multiprocessing.get_context("fork").Process(target=_adding, args=(home, path))
    process.start()
    process.join(30)
    assert process.exitcode == 9
    assert [one.name for one in models.models()] == ["default"]
    assert models.add(path) == version
    assert [one.name for one in models.folder.iterdir() if one.name.startswith(".add")] == []


def test_promotions_at_once_take_turns(home: Path, models: Registry, two: tuple[str, str]) -> None:
    """Each of 10 promotions is in the log, and each follows the one before it."""
    stop = threading.Event()
    seen: set[str] = set()

    def watch() -> None:
        worker = Registry(home)
        while not stop.is_set():
            seen.add(worker.current().version)

    def promote(version: str) -> None:
        own = Registry(home)
        done = 0
        while done < 5:
            try:
                own.promote(version, version, reason="r")
                done += 1
            except RegistryError as error:
                assert error.code == "already"  # noqa: PT017

    watcher = threading.Thread(target=watch)
    promoters = [threading.Thread(target=promote, args=(one,)) for one in two]
    for one in (watcher, *promoters):
        one.start()
    for one in promoters:
        one.join(60)
    stop.set()
    watcher.join(60)
    log = models.champion().log
    assert len(log) == 10
    assert [one["from"] for one in log[1:]] == [one["to"] for one in log[:-1]]
    assert seen <= {SHIPPED, *two}


def test_weights_that_were_changed_after_their_model_was_made_are_refused(
    home: Path, models: Registry, two: tuple[str, str]
) -> None:
    path = home / "models" / two[0] / "weights.toml"
    path.write_text(path.read_text().replace("points = 50", "points = 60"))
    with pytest.raises(ModelError, match="changed after the model was made"):
        models.ranker(two[0])
    assert [one.fault is None for one in models.models()] == [True, False, True]
    assert models.ranker(two[1]).version == two[1]
