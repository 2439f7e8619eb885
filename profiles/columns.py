"""Owns the columns of a table: which of them gives which field, and the row that cells make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from profiles.errors import FieldError, shorten
from profiles.files import unreadable
from profiles.mapping import ColumnMap, Target, target_of
from profiles.raw_rows import Row, parse_json, validated
from profiles.record import Record
from profiles.text import detect_language

FLAGS = frozenset({"closed", "places_assumed"})
"""The fields that say yes or no."""

_READ_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def read_header(
    path: Path, cells: Sequence[str], model: type[Record], mapping: ColumnMap | None
) -> Columns:
    """Read the names of the columns; one without a name is called by its place."""
    names = [cell.strip() or _unnamed(place) for place, cell in enumerate(cells, start=1)]
    most, times = Counter(names).most_common(1)[0] if names else ("", 0)
    if times > 1:
        unreadable(path, "header_twice", name=repr(shorten(most)), times=times)
    if mapping is not None:
        _refuse_missing(path, names, mapping)
        return Columns(names, mapping.columns, model, mapping)
    targets = {name: target for name in names if (target := target_of(name, model))}
    if not targets:
        some = list(model.model_fields)[:4]
        given = [cell.strip() for cell in cells if cell.strip()]
        told = {"names": shorten(", ".join(given)), "known": ", ".join(some)}
        unreadable(path, "header_unknown", **told)
    return Columns(names, targets, model)


def _unnamed(place: int) -> str:
    return f"column {place}"


def _refuse_missing(path: Path, names: Sequence[str], mapping: ColumnMap) -> None:
    missing = [name for name in mapping.columns if name not in names]
    if missing:
        lacking, there = shorten(", ".join(missing), 200), shorten(", ".join(names), 300)
        unreadable(path, "header_lacks", names=lacking, known=there)


class Columns:
    """The columns of a table, each with the field that it gives.

    A row has `least` cells at the least, up to the last column that means something: one with
    fewer may have been cut off, and to take it would erase what stands in the cells it lacks.
    """

    def __init__(
        self,
        names: Sequence[str],
        targets: Mapping[str, Target],
        model: type[Record],
        mapping: ColumnMap | None = None,
    ) -> None:
        self.count = len(names)
        self.least = max(
            (at for at, name in enumerate(names, 1) if name in targets or name != _unnamed(at)),
            default=0,
        )
        self._model = model
        self._columns = [(name, targets.get(name)) for name in names]
        self._constants = mapping.constants if mapping else ()
        self._mapped = mapping is not None
        self._lists = _list_fields(model)

    def row(self, number: int, cells: Iterable[Any]) -> Row:
        """Make the row of these cells."""
        ignored: list[str] = []
        plain: dict[str, Any] = {}
        parts: dict[str, dict[str, Any]] = {}
        twice: list[FieldError] = []
        for (name, target), cell in zip(self._columns, cells, strict=False):
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            if target is None:
                ignored.append(shorten(name))
                continue
            value = self._read(target, cell)
            if value is None:
                continue
            if target.part:
                parts.setdefault(target.field, {})[target.part] = value
            elif plain.setdefault(target.field, value) != value:
                twice.append(FieldError(target.field, "csv_twice", shorten(value)))
        for target, value in self._constants:
            if target.part:
                parts.setdefault(target.field, {})[target.part] = value
            else:
                plain[target.field] = value
        twice += _join(plain, parts)
        if twice:
            return Row(number, errors=tuple(twice), ignored=tuple(ignored))
        return validated(self._model, plain, number, tuple(ignored))

    def _read(self, target: Target, cell: Any) -> Any:
        if self._mapped:
            cell = target.read(cell)
        if not isinstance(cell, str) or target.part:
            return cell
        if target.field in FLAGS:
            return _READ_FLAGS.get(cell.strip().lower(), cell)
        if target.field in self._lists and cell.startswith("["):
            return _json_list(cell)
        return cell


def _join(plain: dict[str, Any], parts: Mapping[str, dict[str, Any]]) -> list[FieldError]:
    """Put the parts of fields into `plain`; tell where a plain column says something else.

    A plain `name` beside `name_en` or `name_ko` is the name in the language that it is written in.
    """
    twice = []
    for field, given in parts.items():
        whole = plain.get(field)
        if isinstance(whole, str):
            given.setdefault(detect_language(whole), whole)
        if whole is not None and whole not in given.values() and whole != given:
            twice.append(FieldError(field, "csv_twice", shorten(whole)))
        plain[field] = given
    return twice


@cache
def _list_fields(model: type[Record]) -> frozenset[str]:
    return frozenset(name for name, one in model.model_fields.items() if one.default == ())


def _json_list(cell: str) -> Any:
    """Read a list whose values hold semicolons, as the export writes it."""
    try:
        read = parse_json(cell)
    except ValueError:
        return cell
    return read if isinstance(read, list) else cell
