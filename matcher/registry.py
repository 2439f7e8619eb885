"""Owns which model of an installation speaks, and how that changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.additive import Ranker
from matcher.calibration import FILE as CALIBRATION
from matcher.model_folders import (
    CHAMPION,
    SHIPPED,
    VERSION,
    ModelFolders,
    RegistryError,
    as_text,
    now,
    version_of,
)
from profiles.durable import put
from profiles.taxonomy import Names

_Stamp = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reign:
    """That a model speaks, or spoke: since when (ISO, UTC), and who made it so.

    `version` is "default" for whatever ships with Dari. `since` and `by` are None for the one that
    spoke before anything was promoted; `reason` is why the gate was passed over, where it was.
    """

    version: str
    since: str | None = None
    by: str | None = None
    reason: str | None = None

    @property
    def is_shipped(self) -> bool:
        """Whether it is the model that ships with Dari."""
        return self.version == SHIPPED

    def as_json(self) -> dict[str, str | None]:
        """Give it as an object."""
        return {
            "version": self.version, "since": self.since, "by": self.by, "reason": self.reason
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Champion(Reign):
    """The model that speaks, those before it, the newest last, and all that ever happened.

    A promotion puts the one before it on `previous`, a rollback takes it from there; `log` only
    grows: objects with `at`, `by`, `what` ("promote" or "rollback"), `from`, `to` and `reason`.
    """

    previous: tuple[Reign, ...] = ()
    log: tuple[Mapping[str, Any], ...] = ()


class Registry(ModelFolders):
    """The models in a home, and the file that names the one that speaks."""

    def __init__(self, home: Path, encoder: str | None = None) -> None:
        super().__init__(home, encoder)
        self._seen: tuple[tuple[_Stamp, _Stamp], str, Ranker] | None = None

    def current(self) -> Ranker:
        """Give the ranker that speaks now; read only where its name or calibration has changed.

        Raises:
            RegistryError: if the file or the model that it names cannot be used.
            ModelError: if the weights of the model cannot be used.
        """
        seen = self._seen
        if seen is None or seen[0] != (self._named(), self._calibrated(seen[1])):
            seen = self._seen = self._look()
        return seen[2]

    def _look(self) -> tuple[tuple[_Stamp, _Stamp], str, Ranker]:
        """Read each file after its stamp: what is read is never older than the stamp claims."""
        named = self._named()
        champion = self.champion()
        calibrated = self._calibrated(champion.version)
        return (named, calibrated), champion.version, self._speaking(champion)

    def _named(self) -> _Stamp:
        return _stamp(self.folder / CHAMPION)

    def _calibrated(self, name: str) -> _Stamp:
        return _stamp(self.folder / name / CALIBRATION)

    def _speaking(self, champion: Champion) -> Ranker:
        if not champion.is_shipped and not self.has(champion.version):
            raise RegistryError("champion_missing", self.folder / champion.version)
        return self.ranker(champion.version)

    def champion(self) -> Champion:
        """Tell which model speaks; without the file it is the one that ships with Dari.

        Raises:
            RegistryError: if the file cannot be read.
        """
        path = self.folder / CHAMPION
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return Champion(
                **_reign(raw),
                previous=tuple(Reign(**_reign(one)) for one in raw.get("previous", [])),
                log=tuple(dict(one) for one in raw.get("log", [])),
            )
        except FileNotFoundError:
            return Champion(SHIPPED)
        except OSError as error:
            raise self._broken(str(error.strerror)) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._broken(f"{type(error).__name__}: {error}") from error

    def _broken(self, why: str) -> RegistryError:
        return RegistryError("champion_broken", self.folder / CHAMPION, why=why)

    def promote(
        self,
        name: str,
        by: str,
        gate: Mapping[str, Any] | None = None,
        *,
        reason: str | None = None,
    ) -> Champion:
        """Let a model speak from now on, by one rename.

        Args:
            name: its version, or "default".
            by: who says so.
            gate: what the gate has just said of it; kept. Without it, what is kept counts.
            reason: why it shall speak although no gate has passed it; recorded.

        Raises:
            RegistryError: if it cannot be used, speaks already, or has not passed the gate beside
                the present champion and no reason is given.
            ModelError: if its weights cannot be used.
        """
        if gate is not None:
            self.keep_gate(name, gate)
        with self.turn():
            present = self.champion()
            ranker = self.ranker(name)
            if name == present.version:
                raise RegistryError("already", name)
            if reason is None:
                self._require_gate(name, ranker.version, present)
            reign = Reign(name, now(), by, reason)
            before = Reign(present.version, present.since, present.by, present.reason)
            return self._write(reign, (*present.previous, before), present, "promote")

    def _require_gate(self, name: str, version: str, present: Champion) -> None:
        gate = self.gate(name)
        champion = self._speaking(present).version
        held = gate is not None and version_of(gate, "champion") == champion
        if gate is None or not held or version_of(gate, "challenger") != version:
            raise RegistryError("no_gate", name, champion=champion, version=name)
        if gate.get("passed") is not True:
            raise RegistryError("gate_refused", name, why=_reasons(gate))

    def rollback(self, by: str, *, reason: str | None = None) -> Champion:
        """Let the model speak that spoke before, by one rename.

        Raises:
            RegistryError: if there is none, or it cannot be used.
            ModelError: if its weights cannot be used.
        """
        with self.turn():
            present = self.champion()
            if not present.previous:
                raise RegistryError("no_past", present.version)
            before = present.previous[-1]
            self.ranker(before.version)
            reign = Reign(before.version, now(), by, reason)
            return self._write(reign, present.previous[:-1], present, "rollback")

    def _write(
        self, reign: Reign, previous: tuple[Reign, ...], present: Champion, what: str
    ) -> Champion:
        deed = {
            "at": reign.since, "by": reign.by, "what": what,
            "from": present.version, "to": reign.version, "reason": reign.reason,
        }  # fmt: skip
        made = Champion(
            reign.version, reign.since, reign.by, reign.reason, previous, (*present.log, deed)
        )
        document = {
            **made.as_json(),
            "previous": [one.as_json() for one in made.previous],
            "log": list(made.log),
        }
        put(self.folder / CHAMPION, as_text(document))
        return made


def _stamp(path: Path) -> _Stamp:
    """Tell a file from another in its place; of one that cannot be looked at, why."""
    try:
        stat = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size


def _reign(raw: Mapping[str, Any]) -> dict[str, Any]:
    version = str(raw["version"])
    if not VERSION.fullmatch(version):
        raise ValueError(f"no version: {version!r}")
    return {"version": version, **{name: raw.get(name) for name in ("since", "by", "reason")}}


def _reasons(gate: Mapping[str, Any]) -> Names:
    reasons = [one for one in gate.get("reasons", []) if isinstance(one, dict)]
    en, ko = (" ".join(str(one.get(lang, "")) for one in reasons) for lang in ("en", "ko"))
    return Names(en, ko)
