"""Owns the folders of the models of an installation: which there are, what lies beside each."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from matcher.additive import AdditiveRanker
from matcher.calibration import FILE as CALIBRATION
from matcher.ranker import cold_start, load_ranker, read_manifest, shipped_manifest
from profiles import DariError
from profiles.data import read_yaml
from profiles.durable import put, sync
from profiles.taxonomy import Names

SHIPPED = "default"
"""What the model that ships with Dari is called by; its version changes with Dari."""

MODELS, CHAMPION, GATE = "models", "champion.json", "gate.json"
VERSION = re.compile(r"\w[\w.-]{0,99}")
"""What a version looks like."""

_ADDING = ".adding-"
_LOCK = ".lock"


class RegistryError(DariError):
    """A model that cannot be used, added or promoted.

    Args:
        code: what is wrong, as `registry.yaml` names it.
        value: what was given.
        params: what the sentences tell; `Names` give their own part.
    """

    def __init__(self, code: str, value: object, **params: object) -> None:
        self.code, self._params = code, params
        rule, remedy = self.told("en")
        super().__init__(value=value, rule=rule, remedy=remedy)

    def told(self, lang: str) -> tuple[str, str]:
        """Give the rule and the remedy in `lang` ('en' or 'ko')."""
        lang = "ko" if lang == "ko" else "en"
        params = {
            name: one.in_(lang) if isinstance(one, Names) else one
            for name, one in self._params.items()
        }
        return said_of(self.code, lang, **params)


def said_of(code: str, lang: str, **params: object) -> tuple[str, str]:
    """Give the rule and the remedy of a code of `registry.yaml` in `lang`, Korean or English."""
    said, lang = _messages()[code], "ko" if lang == "ko" else "en"
    return said["rule"][lang].format(**params), said["remedy"][lang].format(**params)


@cache
def _messages() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    loaded: Mapping[str, Mapping[str, Mapping[str, str]]] = read_yaml("matcher", "registry.yaml")
    return loaded


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the installation, or what stands in its place and cannot be used.

    `name` is what commands call it by: its version, or "default" for the one that ships.
    `manifest` is empty, and `gate` None, where there is none; `fault` says why it cannot be used.
    """

    name: str
    version: str
    path: Path | None
    manifest: Mapping[str, Any]
    gate: Mapping[str, Any] | None = None
    fault: DariError | None = None

    @property
    def is_by_hand(self) -> bool:
        """Whether the weights set by hand stand in for a shipped model of another encoder."""
        return self.name == SHIPPED and not self.manifest and self.fault is None


class ModelFolders:
    """The models in a home, each in a folder named by its version.

    Whoever writes holds a lock; whoever reads needs none, because each change is one rename.

    Args:
        home: the folder of the installation.
        encoder: the id of the encoder that it runs with; a model of another one is refused, and in
            the place of a shipped one stand the weights set by hand. Not checked where None.
    """

    def __init__(self, home: Path, encoder: str | None = None) -> None:
        self._folder = home / MODELS
        self._encoder = encoder
        self._default: AdditiveRanker | None = None

    @property
    def folder(self) -> Path:
        """The folder of the models."""
        return self._folder

    def has(self, name: str) -> bool:
        """Tell whether the folder of models holds one of this version."""
        return name in self._names()

    def ranker(self, name: str) -> AdditiveRanker:
        """Load a model by its version, or "default" for the one that ships.

        Where that was fitted to the cosines of another encoder, "default" is what was set by hand.

        Raises:
            RegistryError: if there is none, or it is for another encoder.
            ModelError: if its manifest or weights cannot be used, or its features do not fit.
        """
        if name == SHIPPED:
            return self._shipped()
        if not self.has(name):
            self._unknown(name)
        self._manifest(self._folder / name)
        return load_ranker(self._folder / name)

    def _shipped(self) -> AdditiveRanker:
        """Load it once: nothing changes it while Dari runs."""
        if self._default is None:
            self._default = load_ranker() if self._fits(shipped_manifest()) else cold_start()
        return self._default

    def at(self, path: Path) -> AdditiveRanker:
        """Load a model from elsewhere: its folder, or a file of weights, which names no encoder.

        Raises:
            RegistryError: if the folder's model is for another encoder.
            ModelError: if its manifest or weights cannot be used, or its features do not fit.
        """
        if path.is_dir():
            self._manifest(path)
        return load_ranker(path)

    def _unknown(self, name: str) -> NoReturn:
        versions = ", ".join([SHIPPED, *self._names()])
        raise RegistryError("unknown", name, versions=versions)

    def manifest(self, name: str) -> Mapping[str, Any]:
        """Read what a model says of itself; nothing where what was set by hand is the default.

        Raises:
            RegistryError: if there is none, or it cannot be used.
        """
        if name != SHIPPED:
            return self._manifest(self._folder / name)
        shipped = shipped_manifest()
        return shipped if self._fits(shipped) else {}

    def models(self) -> list[Entry]:
        """List the model that ships, then all that stands in the folder, by name."""
        return [self._entry(name) for name in (SHIPPED, *self._names(broken=True))]

    def _entry(self, name: str) -> Entry:
        path = None if name == SHIPPED else self._folder / name
        try:
            manifest = self.manifest(name)
            version = (load_ranker(path) if path else self._shipped()).version
            return Entry(name, version, path, manifest, self.gate(name))
        except DariError as error:
            return Entry(name, name, path, {}, fault=error)

    def gate(self, name: str) -> Mapping[str, Any] | None:
        """Read what the gate said of a model the last time, or None where it never did.

        Raises:
            RegistryError: if the file cannot be read.
        """
        path = self._folder / name / GATE
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            return read if isinstance(read, dict) else {}
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RegistryError("gate_broken", path, why=str(error)) from error

    def keep_gate(self, name: str, gate: Mapping[str, Any]) -> None:
        """Keep what the gate said of a model, with the time, in the place of what it said before.

        Raises:
            RegistryError: if it cannot be written.
        """
        if name != SHIPPED and not self.has(name):
            self._unknown(name)
        with self.turn():
            (self._folder / name).mkdir(exist_ok=True)
            put(self._folder / name / GATE, as_text({"at": now(), **gate}))

    def earlier(self, digest: str, champion: str, but: str) -> list[float]:
        """Give the p value of each other model's last gate on a test set beside a champion.

        Args:
            digest: of the test set.
            champion: the version that they were compared with.
            but: the version that is not counted.
        """
        found = []
        for entry in self.models():
            gate = entry.gate or {}
            same = gate.get("digest") == digest and version_of(gate, "champion") == champion
            if same and entry.version != but and isinstance(gate.get("p"), float):
                found.append(float(gate["p"]))
        return found

    def add(self, folder: Path) -> str:
        """Copy the folder of a model into the installation, whole or not at all: its version.

        Of a model that is there already only the calibration is taken on, if the folder has one:
        servers that run with the model use it from their next list on.

        Raises:
            RegistryError: if it does not fit, cannot be written, or a broken one has its name.
            ModelError: if its weights cannot be used.
        """
        self._manifest(folder)
        version = load_ranker(folder).version
        with self.turn():
            target = self._folder / version
            if target.exists():
                if self._entry(version).fault is not None:
                    raise RegistryError("taken", target)
                _recalibrate(folder, target)
                return version
            for left in self._folder.glob(f"{_ADDING}*"):  # its writer was killed: we hold the lock
                shutil.rmtree(left)
            work = Path(tempfile.mkdtemp(prefix=_ADDING, dir=self._folder))
            try:
                _copy(folder, work)
                work.rename(target)
                sync(self._folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)
        return version

    def _names(self, *, broken: bool = False) -> list[str]:
        """Name the folders; with `broken`, whatever else stands there too."""
        known = {CHAMPION, SHIPPED}
        try:
            found = [path for path in self._folder.iterdir() if path.name not in known]
        except FileNotFoundError:
            return []
        return sorted(
            path.name
            for path in found
            if not path.name.startswith(".")
            and (broken or (path.is_dir() and VERSION.fullmatch(path.name)))
        )

    def _manifest(self, path: Path) -> Mapping[str, Any]:
        """Read what a folder says of itself, and refuse it where it does not fit."""
        if not path.is_dir():
            raise RegistryError("no_folder", path)
        manifest = read_manifest(path)
        if not self._fits(manifest):
            encoder = manifest["encoder"]
            raise RegistryError("other_encoder", path.name, encoder=encoder, own=self._encoder)
        return manifest

    def _fits(self, manifest: Mapping[str, Any]) -> bool:
        """Tell whether a model is for the encoder in use; one that names none is for any."""
        return self._encoder is None or manifest.get("encoder") in (None, "", self._encoder)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Write alone; what the disk refuses is told."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)
        except OSError as error:
            self._unwritable(error)

    def _unwritable(self, error: OSError) -> NoReturn:
        why = error.strerror or str(error)
        raise RegistryError("unwritable", self._folder, why=why) from error


def _copy(source: Path, target: Path) -> None:
    """Copy the files of a folder and have the disk keep them; what a gate said is not taken on."""
    for path in sorted(source.iterdir()):
        if path.is_file() and path.name != GATE:
            shutil.copyfile(path, target / path.name)
            sync(target / path.name)
    sync(target)


def _recalibrate(source: Path, target: Path) -> None:
    """Put the calibration of a folder, if it has one, into that of the same model, by one rename.

    The caller has read the folder, so the file can be used.
    """
    try:
        text = (source / CALIBRATION).read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    put(target / CALIBRATION, text)


def version_of(gate: Mapping[str, Any], side: str) -> str | None:
    """Name the model that stood on a side of a gate ("champion" or "challenger")."""
    held = gate.get(side)
    return str(held["version"]) if isinstance(held, dict) and "version" in held else None


def as_text(document: Mapping[str, Any]) -> str:
    """Write a document as the files beside models have it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def now() -> str:
    """Give the present moment as the files beside models have it (ISO, UTC, seconds)."""
    return datetime.now(UTC).isoformat(timespec="seconds")
