"""Owns the reading of the catalogue's YAML files into records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from profiles.data import parse_yaml
from profiles.errors import CatalogueError, InvalidRecord
from profiles.record import Record
from profiles.schema import Partner, Programme, Tie
from profiles.validation import validate

R = TypeVar("R", bound=Record)


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
        ties=_sorted(_read_all(Tie, root.joinpath("ties.yaml"))),
    )


def _load(model: type[R], folder: Traversable) -> tuple[R, ...]:
    return _sorted(record for file in _yaml_files(folder) for record in _read_all(model, file))


def _sorted(records: Iterable[R]) -> tuple[R, ...]:
    return tuple(sorted(records, key=lambda record: str(getattr(record, "id", ""))))


def _yaml_files(folder: Traversable) -> Iterator[Traversable]:
    yield from sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name
    )


def _read_all(model: type[R], file: Traversable) -> tuple[R, ...]:
    return tuple(_read(model, file.name, entry) for entry in parse_yaml(file))


def _read(model: type[R], name: str, entry: Any) -> R:
    try:
        return validate(model, entry)
    except InvalidRecord as error:
        where = f"{name}, {entry.get('id') if isinstance(entry, dict) else entry}"
        raise CatalogueError(value=where, rule=error.rule, remedy=error.remedy) from error
