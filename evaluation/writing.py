"""Owns the writing of a test set's folder by a conversion; `dataset.json` comes last."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evaluation import dataset as names
from evaluation.errors import ConversionError
from evaluation.messages import Said, both
from evaluation.runs import Qrels, write_qrels

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""

Lines = Iterable[tuple[str, Iterable[Mapping[str, Any]]]]
"""The lines of each JSONL file, by its name."""

_WRITTEN = frozenset((
    names.STARTUPS,
    names.PARTNERS,
    names.TIES,
    names.QUERIES,
    names.QRELS,
    names.CANDIDATES,
))
STEPS = len(_WRITTEN)

MOST_SECTORS = 8
"""How many sectors an organisation is given that has none but those of its past."""


@dataclass(frozen=True, slots=True)
class Written:
    """How much a conversion wrote."""

    startups: int
    partners: int
    ties: int
    queries: int


def refuse_reversed(cut: date, until: date) -> None:
    """Refuse a last day that lies before the cut.

    Raises:
        ConversionError: if it does.
    """
    if until < cut:
        raise ConversionError(
            value=f"cut {cut}, until {until}",
            rule=both("out_reversed"),
            remedy=both("out_reversed_remedy"),
        )


def write_test_set(
    out: Path, lines: Lines, qrels: Qrels, about: Mapping[str, Any], tell: Progress
) -> Written:
    """Write the files of a test set, `dataset.json` last: without it the folder is no test set.

    What an earlier conversion wrote there is replaced. Sentences of `about` that have two
    languages are written in both.

    Raises:
        ConversionError: if the folder holds something else, or cannot be written.
    """
    counts: Counter[str] = Counter()
    try:
        _prepare(out)
        for step, (name, objects) in enumerate(lines, start=1):
            tell(f"Writing {name}", step, STEPS)
            with (out / name).open("w", encoding="utf-8", newline="\n") as stream:
                for one in objects:
                    stream.write(json.dumps(one, ensure_ascii=False) + "\n")
                    counts[name] += 1
        write_qrels(qrels, out / names.QRELS)
        text = json.dumps(_in_both(about), ensure_ascii=False, indent=2)
        (out / names.DATASET).write_text(text + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConversionError(
            value=out,
            rule=both("out_unwritable", why=error.strerror),
            remedy=both("out_unwritable_remedy"),
        ) from error
    tell("Done", STEPS, STEPS)
    files = (names.STARTUPS, names.PARTNERS, names.TIES, names.QUERIES)
    return Written(*(counts[name] for name in files))


def _in_both(value: Any) -> Any:
    """Write every sentence that has two languages as an object of both."""
    if isinstance(value, Said):
        return value.as_json()
    if isinstance(value, list):
        return [_in_both(one) for one in value]
    return {k: _in_both(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def most_often(codes: Iterable[str]) -> list[str]:
    """Give the codes that come most often, at most `MOST_SECTORS`; equally many by name."""
    found = Counter(codes)
    return sorted(found, key=lambda code: (-found[code], code))[:MOST_SECTORS]


def given(**fields: Any) -> dict[str, Any]:
    """Leave out what is not known."""
    return {name: value for name, value in fields.items() if value}


def silent(description: str, done: int, total: int) -> None:
    """Tell nobody."""


def _prepare(out: Path) -> None:
    """Make the folder; a test set in it is none any more until this conversion is whole."""
    out.mkdir(parents=True, exist_ok=True)
    held = {path.name for path in out.iterdir()}
    if names.DATASET not in held and held - _WRITTEN:
        raise ConversionError(
            value=out,
            rule=both("out_foreign"),
            remedy=both("out_foreign_remedy"),
        )
    for name in (names.DATASET, *_WRITTEN):
        (out / name).unlink(missing_ok=True)
