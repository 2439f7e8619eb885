"""Owns tolerance for outside data: what a line may have wrong, and the note that says so."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar

from evaluation.errors import DatasetError
from evaluation.messages import Said, both
from profiles import FieldError, InvalidRecord, Record, validate
from profiles.taxonomy import map_external
from profiles.validation import without_unknown_fields

R = TypeVar("R", bound=Record)

_ROUNDS = 20
_SHOWN = 60
_KSIC = re.compile(r"[A-U]?[0-9]{2,5}")


@dataclass(slots=True)
class Notes:
    """Counts what was passed over, so that the reader of a report hears of it."""

    _counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    _firsts: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, file: str, what: str, *, first: str = "", count: int = 1) -> None:
        """Count one more case of `what` in `file`; `first` describes the first one."""
        self._counts[file, what] += count
        if first:
            self._firsts.setdefault((file, what), first)

    def sentences(self) -> tuple[str, ...]:
        """Give one sentence for each kind of case, in the order of their first appearance."""
        return tuple(
            f"{file}: {what}"
            + (f": {count}" if count else "")
            + (f" (first: {self._firsts[file, what]})" if (file, what) in self._firsts else "")
            for (file, what), count in self._counts.items()
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a raw object stands: in which file, on which line."""

    file: str
    line: int | None = None

    def error(
        self, *, rule: str, remedy: str, value: object, field: str | None = None
    ) -> DatasetError:
        """Make the error of something wrong here."""
        return DatasetError(
            file=self.file, line=self.line, field=field, rule=rule, remedy=remedy, value=value
        )

    def first(self, value: object) -> str:
        """Describe a case here: its value and line."""
        text = str(value)
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        return f"{shown!r}" + (f", line {self.line}" if self.line else "")


def read_leniently(
    model: type[R],
    raw: Mapping[str, Any],
    place: Place,
    notes: Notes,
    *,
    required: Collection[str] = ("id", "name"),
    also: tuple[str, ...] = (),
    ignore: Collection[str] = (),
    written: Mapping[str, str] | None = None,
) -> R:
    """Build a record of `model`, leaving out what is wrong in fields that may be absent.

    A sector of another classification is mapped where the taxonomy knows it; text that is too
    long is cut; control characters are taken out; any other wrong value is left out. Each of
    these is counted in `notes`. Fields outside the model (and `also`) are not read, nor those
    in `ignore`. `written` gives the names that fields have in the file, where those differ.

    Raises:
        DatasetError: if a field of `required` is missing or wrong, or the record as a whole is.
    """
    kept, unknown = without_unknown_fields(model, raw, also)
    for name in (*unknown, *(name for name in ignore if name in kept)):
        kept.pop(name, None)
        notes.add(place.file, f"field {name!r} was not read")
    for _ in range(_ROUNDS):
        try:
            return validate(model, kept)
        except InvalidRecord as error:
            _repair(kept, error, place, notes, required, written or {})
    raise place.error(
        rule=both("line_unreadable"), remedy=both("line_unreadable_remedy"), value=raw
    )


def _repair(
    raw: dict[str, Any],
    error: InvalidRecord,
    place: Place,
    notes: Notes,
    required: Collection[str],
    written: Mapping[str, str],
) -> None:
    """Change `raw` so that none of the errors comes again.

    Raises:
        DatasetError: if one of them is in a required field or in no field.
    """
    wrong_items: dict[str, set[int]] = defaultdict(set)
    for one in error.errors:
        name, _, rest = one.field.partition(".")
        if one.code in ("text_too_long", "text_control") and name in raw:
            raw[name] = _mend(raw[name], one)
            notes.add(place.file, _MENDED[one.code].format(name), first=f"line {place.line}")
        elif name in required or name not in raw or one.code == "text_missing":
            _refuse(one, written.get(name, name), place)
        elif rest.split(".")[0].isdigit():
            wrong_items[name].add(int(rest.split(".")[0]))
        else:
            notes.add(place.file, f"wrong value of {name!r} left out", first=place.first(raw[name]))
            del raw[name]
    for name, rows in wrong_items.items():
        raw[name] = _without(raw[name], rows, name, place, notes)


_MENDED = {
    "text_too_long": "{!r} was too long and was cut",
    "text_control": "control characters taken out of {!r}",
}


def _refuse(error: FieldError, name: str, place: Place) -> NoReturn:
    raise place.error(
        field=None if name == "record" else name,
        rule=Said(error.rule("en"), error.rule("ko")),
        remedy=Said(error.remedy("en"), error.remedy("ko")),
        value=error.value,
    )


def _mend(value: Any, error: FieldError) -> Any:
    if isinstance(value, Mapping):
        return {key: _mend(part, error) for key, part in value.items()}
    if not isinstance(value, str):
        return [_mend(part, error) for part in value] if isinstance(value, list) else value
    if error.code == "text_control":
        return "".join(c for c in value if c in "\n\r\t" or _is_printable(c))
    limit = error.params.get("limit")
    return value.strip()[:limit] if isinstance(limit, int) else ""


def _is_printable(character: str) -> bool:
    return unicodedata.category(character)[0] != "C" and character != "\ufffd"


def _without(value: Any, rows: set[int], name: str, place: Place, notes: Notes) -> list[Any]:
    """Give a list without its wrong items; sectors are mapped where that is possible."""
    items = [part.strip() for part in value.split(";")] if isinstance(value, str) else list(value)
    items = [item for item in items if item != ""] if isinstance(value, str) else items
    made: list[Any] = []
    for row, item in enumerate(items):
        if row not in rows:
            made.append(item)
            continue
        mapped = mapped_sectors(item) if name == "sectors" else ()
        made.extend(mapped)
        what = "mapped to sectors of Dari" if mapped else "unknown and left out"
        notes.add(place.file, f"values of {name!r} {what}", first=place.first(item))
    return made


def mapped_sectors(value: object) -> tuple[str, ...]:
    """Map a EuroSciVoc path, a category of Crunchbase 2013 or a KSIC code; none where none fits."""
    if not isinstance(value, str):
        return ()
    if _KSIC.fullmatch(value.strip()):
        return map_external("ksic", value)
    return map_external("euroscivoc", value) or map_external("crunchbase2013", value)
