"""Owns what is told of models: where the one that speaks comes from, and which others there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matcher import SHIPPED, Champion, Entry, Ranker, Registry
from matcher.ranker import read_manifest
from profiles.taxonomy import Names

if TYPE_CHECKING:
    from service.settings import Settings

_SAID = {
    "shipped": Names("the default that ships with Dari", "Dari 기본 모델"),
    "by_hand": Names(
        "set by hand: the model that ships with Dari is for another encoder",
        "직접 정한 가중치: Dari 기본 모델은 다른 인코더용",
    ),
    "gone": Names("no longer here", "지금은 없는 모델"),
    "weights": Names("set by DARI_WEIGHTS", "DARI_WEIGHTS로 지정"),
    "trained": Names("trained on {dataset}", "학습 자료 {dataset}"),
    "brought": Names("brought from elsewhere", "외부에서 추가"),
    "since": Names("in use since {day}", "{day}부터 사용"),
}


def ranker_of(settings: Settings, models: Registry, name: str | None = None) -> Ranker:
    """Load a model by its version or "default"; without a name, the one that speaks.

    Raises:
        RegistryError: if there is none, or it cannot be used.
        ModelError: if its weights cannot be used.
    """
    if name is not None:
        return models.ranker(name)
    return models.at(settings.weights) if settings.weights else models.current()


def ranker_at(models: Registry, path: Path) -> Ranker:
    """Load a model by its folder or weights file; where there is none, by its version.

    Raises:
        RegistryError: if there is none, or it cannot be used.
        ModelError: if its weights cannot be used.
    """
    return models.at(path) if path.exists() else models.ranker(str(path))


def manifest_at(models: Registry, path: Path) -> Mapping[str, Any]:
    """Read what a model says of itself, found as `ranker_at` finds it; a weights file says nothing.

    Raises:
        RegistryError: if there is none, or it cannot be used.
        ModelError: if its manifest cannot be used.
    """
    if not path.exists():
        return models.manifest(str(path))
    return read_manifest(path) if path.is_dir() else {}


def origin_of(settings: Settings, models: Registry, version: str) -> Names:
    """Say in both languages where the model that made a list comes from.

    Raises:
        RegistryError: if the file that names the champion cannot be read.
    """
    if settings.weights:
        return _SAID["weights"]
    champion = models.champion()
    if models.has(version):
        learned, name = _learned(models.manifest(version)), version
    elif version == models.ranker(SHIPPED).version:
        learned, name = _SAID["shipped" if models.manifest(SHIPPED) else "by_hand"], SHIPPED
    else:
        return _SAID["gone"]
    return _joined(learned, _since(champion.since, settings) if champion.version == name else None)


def dataset_of(manifest: Mapping[str, Any]) -> Names | None:
    """Name what a model was trained on, as its manifest does; None where it names nothing."""
    trained = manifest.get("trained_on")
    if not isinstance(trained, dict) or not trained.get("dataset"):
        return None
    return dataset_name(str(trained["dataset"]), str(trained.get("dataset_ko") or ""))


_OF_SETS = (
    (r"startups in projects from (\S+) to ([^\s;]+)", r"\1~\2 과제에 참여한 스타트업"),
    (r"companies that took money from (\S+) to ([^\s;]+)", r"\1~\2 투자를 받은 기업"),
)
"""How the converters name their sets in English, and the same in Korean."""


def dataset_name(en: str, ko: str = "") -> Names:
    """Name a data set; one that came with no Korean name has what its converter says in Korean."""
    told = ko or en
    for said, korean in _OF_SETS:
        told = re.sub(said, korean, told)
    return Names(en, told)


def _learned(manifest: Mapping[str, Any]) -> Names:
    name = dataset_of(manifest)
    return _filled("trained", dataset=name) if name else _SAID["brought"]


def _since(moment: str | None, settings: Settings) -> Names | None:
    if moment is None:
        return None
    from babel.dates import format_date

    day = datetime.fromisoformat(moment).astimezone(settings.timezone).date()
    en, ko = (format_date(day, "long", locale=lang) for lang in ("en", "ko"))
    return Names(_SAID["since"].en.format(day=en), _SAID["since"].ko.format(day=ko))


def _joined(*parts: Names | None) -> Names:
    known = [one for one in parts if one is not None]
    return Names(*(", ".join(one.in_(lang) for one in known) for lang in ("en", "ko")))


def _filled(code: str, **params: Names) -> Names:
    return Names(
        *(
            _SAID[code].in_(lang).format(**{name: one.in_(lang) for name, one in params.items()})
            for lang in ("en", "ko")
        )
    )


def trained_until(manifest: Mapping[str, Any]) -> date | None:
    """Give the first day that a model's training did not know, where its manifest names it."""
    trained = manifest.get("trained_on")
    cut = trained.get("cut") if isinstance(trained, dict) else None
    return date.fromisoformat(cut) if isinstance(cut, str) else None


@dataclass(frozen=True, slots=True)
class Overview:
    """All models of an installation, the champion, and the file of `DARI_WEIGHTS` if one is set."""

    champion: Champion
    entries: tuple[Entry, ...]
    weights: str | None

    def speaks(self, entry: Entry) -> bool:
        """Whether a model is the one that makes the lists now."""
        return self.weights is None and entry.name == self.champion.version

    def as_json(self, lang: str) -> dict[str, Any]:
        """Give everything as one JSON document; faults are told in `lang`."""
        return {
            "champion": {
                **self.champion.as_json(),
                "previous": [one.as_json() for one in self.champion.previous],
                "log": list(self.champion.log),
            },
            "weights": self.weights,
            "models": [
                {
                    "name": one.name,
                    "version": one.version,
                    "in_use": self.speaks(one),
                    **{key: one.manifest.get(key) for key in _TOLD},
                    "gate": one.gate,
                    "fault": " ".join(one.fault.told(lang)) if one.fault else None,
                }
                for one in self.entries
            ],
        }


_TOLD = ("trained_on", "prior", "encoder", "made_at")


def overview(settings: Settings, models: Registry) -> Overview:
    """Gather all models, the champion first.

    Raises:
        RegistryError: if the file that names the champion cannot be read.
    """
    weights = str(settings.weights) if settings.weights else None
    champion = models.champion()
    first = sorted(models.models(), key=lambda one: one.name != champion.version)
    return Overview(champion, tuple(first), weights)
