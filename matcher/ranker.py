"""Owns the ranker on disk: a folder with its weights and what it was made of."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, NoReturn

from matcher.additive import AdditiveRanker, Ranker, Shape, is_shape, known_features, score
from matcher.calibration import read_calibration
from matcher.features import FEATURE_NAMES
from profiles import DariError
from profiles.data import read_yaml

__all__ = [
    "AdditiveRanker",
    "ModelError",
    "Ranker",
    "TrainedOn",
    "cold_start",
    "load_ranker",
    "read_manifest",
    "score",
    "shipped_manifest",
    "write_model",
]

WEIGHTS, MANIFEST = "weights.toml", "manifest.json"
KIND = "additive"

MOST_POINTS = 100

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_STRAIGHT, _BENT = {"points", "floor", "ceiling"}, {"at", "points"}
_DIGITS = 4


class ModelError(DariError):
    """A model file that does not fit the features, or breaks the rules of a model."""


class ModelNameError(ModelError):
    """A name that no model can have, told in Korean and English."""

    def __init__(self, name: str) -> None:
        rule, remedy = self.told("en")
        super().__init__(value=name, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        said = read_yaml("matcher", "registry.yaml")["name"]
        return said["rule"][lang], said["remedy"][lang]


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """What a model was fitted to: a data set until a day, and how much of it.

    `dataset_ko` is the name of the data set in Korean; empty in the manifests of older models.
    """

    dataset: str
    cut: str
    digest: str
    queries: int
    examples: int
    dataset_ko: str = ""


def load_ranker(path: Path | None = None) -> AdditiveRanker:
    """Read a model: a folder, or a file of weights alone; without a path the one that ships.

    Raises:
        ModelError: if it cannot be read, names a feature that does not exist, or leaves one out,
            or would give points for something unknown.
        CalibrationError: if the calibration in the folder cannot be read.
    """
    if path is None:
        with as_file(files("matcher").joinpath("models")) as shipped:
            return load_ranker(_only_model(shipped))
    if path.is_dir():
        manifest = read_manifest(path)
        _check_digest(path, manifest)
        ranker = _read(path / WEIGHTS, version=manifest["version"])
        return replace(ranker, calibration=read_calibration(path))
    return _read(path)


def cold_start() -> AdditiveRanker:
    """Read the ranker that was set by hand, the prior of every training."""
    with as_file(files("matcher").joinpath(WEIGHTS)) as path:
        return _read(path)


@cache
def shipped_manifest() -> Mapping[str, Any]:
    """Read, once, what the model that ships with Dari says of itself.

    Raises:
        ModelError: as `read_manifest` does.
    """
    with as_file(files("matcher").joinpath("models")) as shipped:
        return MappingProxyType(read_manifest(_only_model(shipped)))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what a model's folder says of itself.

    Raises:
        ModelError: if that cannot be read, names another folder, kind or other features.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version, kind, features = (manifest[name] for name in ("version", "kind", "features"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        _refuse(path, f"The manifest cannot be read: {type(error).__name__} {error}.")
    if version != folder.name:
        _refuse(path, f"The folder must be named as its version: {version}.")
    if kind != KIND:
        _refuse(path, f"Dari reads models of the kind {KIND!r}, not {kind!r}.")
    if not isinstance(features, list) or set(features) != set(FEATURE_NAMES):
        other = _difference(features if isinstance(features, list) else [], FEATURE_NAMES)
        _refuse(path, f"The features differ from those computed: {other}.")
    return dict(manifest)


def write_model(
    shapes: Mapping[str, Shape],
    out: Path,
    *,
    name: str,
    encoder: str,
    trained_on: TrainedOn,
    prior: str,
) -> Path:
    """Write a model into a folder of its own under `out`; give that folder.

    It is named by the name and a digest of what decides the scores: equal training gives equal
    names. A folder that stands there already is the same model, and is left as it is.

    Raises:
        ModelError: if the name does not fit a file, or the folder cannot be written.
    """
    check_name(name)
    text = as_toml(name, shapes)
    digest = digest_of(text, encoder)
    folder = out / f"{name}-{digest}"
    manifest = {
        "name": name,
        "version": folder.name,
        "kind": KIND,
        "features": list(FEATURE_NAMES),
        "encoder": encoder,
        "trained_on": {name: one for name, one in asdict(trained_on).items() if one != ""},
        "prior": prior,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    said = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    try:
        if not folder.exists():
            out.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=".writing-", dir=out) as work:
                made = Path(work) / folder.name
                made.mkdir()
                (made / WEIGHTS).write_text(text, encoding="utf-8", newline="\n")
                (made / MANIFEST).write_text(said, encoding="utf-8", newline="\n")
                made.rename(folder)
    except OSError as error:
        raise ModelError(
            value=folder,
            rule=f"The model cannot be written ({error.strerror}).",
            remedy="Name a folder that can be made and written.",
        ) from error
    return folder


def check_name(name: str) -> None:
    """Refuse a name that does not fit a folder.

    Raises:
        ModelNameError: if it does not.
    """
    if not _NAME.fullmatch(name):
        raise ModelNameError(name)


def as_toml(name: str, shapes: Mapping[str, Shape]) -> str:
    """Write shapes as a file of weights, in the order of the features."""
    parts = [f'name = "{name}"\n']
    for feature in known_features():
        shape = shapes[feature]
        at, points = (", ".join(map(_number, row)) for row in (shape.at, shape.points))
        parts.append(f"[features.{feature}]\nat = [{at}]\npoints = [{points}]\n")
    return "\n".join(parts)


def _number(value: float) -> str:
    """Write a number as it is rounded."""
    return repr(round(float(value), _DIGITS) + 0.0)


def _check_digest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse weights that are not those that the folder was named by: somebody has changed them."""
    path = folder / WEIGHTS
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _refuse(path, f"The weights file cannot be read: {error}.")
    named, held = (
        folder.name.rpartition("-")[2],
        digest_of(text, str(manifest.get("encoder") or "")),
    )
    if named != held:
        raise ModelError(
            value=path,
            rule=f"The weights have the digest {held}, but the folder is named by {named}: they "
            "were changed after the model was made.",
            remedy="Bring the model back from a copy, or train it anew; weights of your own are "
            "used by DARI_WEIGHTS.",
        )


def digest_of(text: str, encoder: str) -> str:
    """Name what decides the scores of a model, its weights and encoder, by 8 hexadecimal digits."""
    return hashlib.sha256(text.encode() + b"\0" + encoder.encode()).hexdigest()[:8]


def _only_model(folder: Path) -> Path:
    found = sorted(path for path in folder.iterdir() if (path / MANIFEST).is_file())
    if len(found) != 1:
        _refuse(folder, f"One model ships with Dari; here are {len(found)}.")
    return found[0]


def _read(path: Path, version: str | None = None) -> AdditiveRanker:
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
        name, given = str(raw["name"]), raw["features"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        _refuse(path, f"The weights file cannot be read: {error}.")
    shapes = _shapes(path, given)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return AdditiveRanker.of(version or f"{name}-{digest}", shapes)


def _shapes(path: Path, given: Any) -> dict[str, Shape]:
    known = known_features()
    if not isinstance(given, dict):
        _refuse(path, "`features` is a table of features.")
    if set(given) != set(known):
        _refuse(path, f"The features differ from those computed: {_difference(given, known)}.")
    return {name: _shape(path, name, weight) for name, weight in given.items()}


def _shape(path: Path, name: str, weight: Any) -> Shape:
    fields = set(weight) if isinstance(weight, dict) else set()
    if fields == _STRAIGHT:
        return _straight(path, name, weight)
    if fields != _BENT:
        _refuse(path, f"{name} needs points, floor and ceiling, or at and points.")
    at, points = weight["at"], weight["points"]
    if not all(isinstance(row, list) and _are_numbers(row) for row in (at, points)):
        _refuse(path, f"{name} needs numbers.")
    if not is_shape(at, points, MOST_POINTS):
        _refuse(
            path,
            f"{name} needs as many points as values `at`: values that rise from 0 or more, and "
            "points from 0 to 100 that begin at 0 and never fall.",
        )
    return Shape(tuple(map(float, at)), tuple(map(float, points)))


def _straight(path: Path, name: str, weight: Mapping[str, Any]) -> Shape:
    if not _are_numbers(weight.values()):
        _refuse(path, f"{name} needs numbers.")
    points, floor, ceiling = (float(weight[field]) for field in ("points", "floor", "ceiling"))
    if not is_shape((floor, ceiling), (0.0, points), MOST_POINTS):
        _refuse(path, f"{name} needs points from 0 to 100 and 0 <= floor < ceiling.")
    return Shape((floor, ceiling), (0.0, points))


def _are_numbers(values: Any) -> bool:
    return all(type(number) in (int, float) for number in values)


def _difference(given: Sequence[str] | Mapping[str, Any], known: Sequence[str]) -> str:
    return ", ".join(sorted(set(map(str, given)).symmetric_difference(known)))


def _refuse(path: Path, rule: str) -> NoReturn:
    raise ModelError(
        value=path,
        rule=rule,
        remedy="Mend the file; matcher/weights.toml in the project shows the form.",
    )
