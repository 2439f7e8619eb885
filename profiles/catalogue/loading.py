"""Owns the reading of the catalogue's YAML files into records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import yaml

from profiles.errors import CatalogueError, InvalidRecord
from profiles.schema import Partner, Programme, Record, Tie
from profiles.validation import validate

R = TypeVar("R", bound=Record)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What ships with Dari, each in the order of its ids."""

    partners: tuple[Partner, ...]
    programmes: tuple[Programme, ...]
    ties: tuple[Tie, ...]


def load_catalogue() -> Catalogue:
    """Read the catalogue.

    Raises:
        CatalogueError: if an entry breaks the schema; it names the file, the entry and the field.
    """
    root = files("profiles.catalogue")
    return Catalogue(
        partners=_load(Partner, root.joinpath("partners")),
        programmes=_load(Programme, root.joinpath("programmes")),
        ties=_read_all(Tie, root.joinpath("ties.yaml")),
    )


def _load(model: type[R], folder: Traversable) -> tuple[R, ...]:
    found = [record for file in _yaml_files(folder) for record in _read_all(model, file)]
    return tuple(sorted(found, key=lambda record: str(getattr(record, "id", ""))))


def _yaml_files(folder: Traversable) -> Iterator[Traversable]:
    yield from sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name
    )


def _read_all(model: type[R], file: Traversable) -> tuple[R, ...]:
    raw = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)
    return tuple(_read(model, file.name, entry) for entry in raw)


def _read(model: type[R], name: str, entry: Any) -> R:
    try:
        return validate(model, entry)
    except InvalidRecord as error:
        where = f"{name}, {entry.get('id') if isinstance(entry, dict) else entry}"
        raise CatalogueError(value=where, rule=error.rule, remedy=error.remedy) from error
