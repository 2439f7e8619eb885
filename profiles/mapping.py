"""Owns the column map: which column of a foreign file gives which field, and how."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from profiles.errors import FileError, shorten
from profiles.record import Record
from profiles.schema import Consent, Money, Tie

PARTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("name", "summary", "offering", "seeking", "subject"), ("en", "ko")),
    "funding": tuple(Money.model_fields),
    "consent": tuple(Consent.model_fields),
}
"""The fields that have parts: a column is called `name_en`, a place in a map `name.en`."""

TIE_NAMES: Mapping[str, str] = {"startup": "a", "partner": "b", "date": "valid_from"}
"""What files may call the fields of ties."""

_LARGEST_MAP = 1_000_000
_SECTIONS = ("columns", "constants", "values")
_OPTIONS = ("to", "prefix", "suffix", "split", "drop")


class InvalidMap(FileError):
    """A column map that cannot be read, or that names what is not there."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a cell goes, and what is done to it on the way.

    First `values` are looked up, then `prefix` and `suffix` put around it. `split` separates the
    values of a list, `drop` holds cells that mean "not given".
    """

    field: str
    part: str | None = None
    prefix: str = ""
    suffix: str = ""
    split: str | None = None
    drop: frozenset[str] = frozenset()
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """The place as a map names it."""
        return f"{self.field}.{self.part}" if self.part else self.field

    def read(self, cell: Any) -> Any:
        """Give what a cell says; None where it says nothing."""
        if not isinstance(cell, str):
            changes = self.prefix or self.suffix or self.values
            return self._changed(str(cell)) if changes and isinstance(cell, int) else cell
        if self.split is not None:
            pieces = (piece.strip() for piece in cell.split(self.split))
            kept = (self._changed(piece) for piece in pieces if piece)
            return [piece for piece in kept if piece is not None]
        return self._changed(cell)

    def _changed(self, text: str) -> Any:
        bare = text.strip()
        if not bare or bare in self.drop:
            return None
        if bare in self.values:
            return self.values[bare]
        return f"{self.prefix}{bare}{self.suffix}" if self.prefix or self.suffix else text


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Columns of a file and the fields that they give, and fields that are the same in each row."""

    columns: Mapping[str, Target]
    constants: Sequence[tuple[Target, Any]] = ()


def target_of(name: str, model: type[Record], mark: str = "_") -> Target | None:
    """Find the field, or part of one, that a name means; None where there is none."""
    if name in model.model_fields:
        return Target(name)
    if model is Tie and name in TIE_NAMES:
        return Target(TIE_NAMES[name])
    whole, _, part = name.rpartition(mark)
    known = whole in model.model_fields and part in PARTS.get(whole, ())
    return Target(whole, part) if known else None


def read_map(path: Path, model: type[Record]) -> ColumnMap:
    """Read a column map for records of `model` from a TOML file.

    Raises:
        InvalidMap: if the file cannot be read, is no TOML, or names a section, option or field
            that is not there, or one field twice.
    """
    raw = _read_toml(path)
    for name in raw:
        if name not in _SECTIONS:
            _invalid(name, "map_section", near=_nearest(name, _SECTIONS))
    columns = _table(raw, "columns")
    if not columns:
        _invalid(str(path), "map_empty")
    values = {_place(name, model).name: name for name in _table(raw, "values")}
    read = {
        name.strip(): _column(name, given, model, raw.get("values", {}), values)
        for name, given in columns.items()
    }
    constants = [(_place(name, model), one) for name, one in _table(raw, "constants").items()]
    _refuse_twice([target.name for target in (*read.values(), *(place for place, _ in constants))])
    for place, name in values.items():
        if place not in {target.name for target in read.values()}:
            _invalid(name, "map_no_column")
    return ColumnMap(read, constants)


def _column(
    name: str, given: Any, model: type[Record], values: Mapping[str, Any], named: Mapping[str, str]
) -> Target:
    options = given if isinstance(given, dict) else {"to": given}
    for option in options:
        if option not in _OPTIONS:
            _invalid(f"{name}: {option}", "map_option", near=_nearest(option, _OPTIONS))
    place = _place(options.get("to"), model, name)
    for option in ("prefix", "suffix", "split"):
        if not isinstance(options.get(option, ""), str):
            _invalid(f"{name}: {option}", "map_text")
    if options.get("split") == "":
        _invalid(f"{name}: split", "map_separator")
    drop = options.get("drop", [])
    if not isinstance(drop, list) or not all(isinstance(one, str) for one in drop):
        _invalid(f"{name}: drop", "map_drop")
    table = values.get(named.get(place.name, ""), {})
    if not isinstance(table, dict):
        _invalid(f"values.{place.name}", "map_values")
    return Target(
        place.field,
        place.part,
        options.get("prefix", ""),
        options.get("suffix", ""),
        options.get("split"),
        frozenset(one.strip() for one in drop),
        {key.strip(): one for key, one in table.items()},
    )


def _place(name: Any, model: type[Record], column: str | None = None) -> Target:
    found = target_of(name, model, ".") if isinstance(name, str) else None
    if found is None:
        value = f"{column} → {shorten(name)}" if column else shorten(name)
        _invalid(value, "map_field", near=_nearest(str(name), _places(model)))
    return found


def _places(model: type[Record]) -> list[str]:
    parts = [f"{name}.{part}" for name in model.model_fields for part in PARTS.get(name, ())]
    return [*model.model_fields, *parts, *(TIE_NAMES if model is Tie else ())]


def _refuse_twice(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            _invalid(name, "map_twice")


def _table(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = raw.get(name, {})
    if not isinstance(table, dict):
        _invalid(name, "map_table", name=name)
    return table


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_MAP + 1)
        if len(data) > _LARGEST_MAP:
            _invalid(str(path), "map_large")
        return tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        _invalid(str(path), "map_unread", reason=error.strerror)
    except (ValueError, RecursionError) as error:  # TOML, UTF-8, a path with NUL
        _invalid(str(path), "map_toml", reason=error)


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name[:100], known, n=3)
    return ", ".join(close or known)


def _invalid(value: str, code: str, **params: object) -> NoReturn:
    raise InvalidMap(value, code, **params)
