"""Owns the reading of a test set's folder: strict where a figure would change, else tolerant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator

from evaluation.dataset import (
    ALL,
    CANDIDATES,
    DATASET,
    PARTNERS,
    QRELS,
    QUERIES,
    STARTUPS,
    TIES,
    Query,
    TestSet,
)
from evaluation.errors import DatasetError, LeakError
from evaluation.files import as_id, parse_object, read_objects, read_text
from evaluation.leaks import TIE_AFTER_CUT, check_leaks
from evaluation.lenient import Notes, Place, read_leniently
from evaluation.messages import Said, both
from evaluation.runs import Qrels, numbered_qrels
from profiles import Partner, Record, Startup, Text, Tie, TieKind
from profiles.fields import Day, Id, LongText, Plain, RegionCode, Sectors

P = TypeVar("P", Startup, Partner)
T = TypeVar("T")

_TIE_NAMES = {"a": "startup", "b": "partner", "valid_from": "date"}
_PERSONAL = ("contact", "consent")


def load(folder: Path) -> TestSet:
    """Read a test set from its folder.

    Trouble in fields that may be absent is passed over and counted in `notes`.

    Raises:
        DatasetError: naming file, line and field, for anything else: a missing file, broken
            JSON, another encoding, a missing required field, an id that stands twice or is not
            defined, a relevance outside 0-3.
        LeakError: for a set that knows its answers: a tie dated on or after the cut, a query's
            own context in what is known, a startup on both sides of a split by entity.
    """
    if not folder.is_dir():
        raise DatasetError(
            file=str(folder),
            value=folder,
            rule=both("set_no_folder"),
            remedy=both("set_no_folder_remedy"),
        )
    notes = Notes()
    about = _read_about(folder, notes)
    partners = _read_profiles(folder / PARTNERS, Partner, notes)
    startups, renamed = _set_apart(
        _read_profiles(folder / STARTUPS, Startup, notes), partners, notes
    )
    queries = _read_queries(folder / QUERIES, startups, renamed, notes)
    qrels = _read_qrels(folder / QRELS, queries, partners, notes)
    test_set = TestSet(
        name=_said(about.name),
        cut=about.cut,
        startups=startups,
        partners=partners,
        ties=_read_ties(
            folder / TIES, about.cut, renamed, startups.keys() | partners.keys(), notes
        ),
        queries=tuple(queries.values()),
        qrels=qrels,
        candidates=_read_candidates(folder / CANDIDATES, qrels, frozenset(partners), notes),
        licence=about.licence,
        source=about.source,
        language=about.language,
        cluster=_said(about.cluster) if about.cluster else None,
        notes=(*map(_said, about.notes), *notes.sentences()),
    )
    check_leaks(test_set, by_entity=about.split == "entity")
    return test_set


def _said(text: Text) -> Said:
    return Said(text.in_("en"), text.in_("ko"))


def _as_label(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Label = Annotated[Plain, BeforeValidator(_as_label)]
Words = Annotated[LongText, BeforeValidator(_as_label)]


class _About(Record):
    """`dataset.json`."""

    name: Words
    cut: Day
    licence: Plain | None = None
    source: Plain | None = None
    language: Plain | None = None
    cluster: LongText | None = None
    notes: tuple[LongText, ...] = ()
    split: Literal["time", "entity"] = "time"


class _Asked(Record):
    """A line of `queries.jsonl`."""

    id: Id
    startup: Id
    date: Day
    seeking: LongText | None = None
    sectors: Sectors = ()
    region: RegionCode | None = None
    cluster: Label | None = None
    track: Label | None = None


def _read_about(folder: Path, notes: Notes) -> _About:
    raw = parse_object(read_text(folder / DATASET), DATASET)
    return read_leniently(_About, raw, Place(DATASET), notes, required=("name", "cut", "split"))


def _read_profiles(path: Path, model: type[P], notes: Notes) -> dict[str, P]:
    found: dict[str, P] = {}
    lines: dict[str, int] = {}
    for number, raw in read_objects(path):
        place = Place(path.name, number)
        profile = read_leniently(model, raw, place, notes, ignore=_PERSONAL)
        _check_new(profile.id, lines, place)
        found[profile.id] = profile
    return _not_empty(found, path)


def _not_empty(found: dict[str, T], path: Path) -> dict[str, T]:
    if not found:
        raise DatasetError(
            file=path.name,
            value=path,
            rule=both("set_empty_file"),
            remedy=both("set_empty_file_remedy"),
        )
    return found


def _check_new(id: str, lines: dict[str, int], place: Place) -> None:
    if id in lines:
        raise place.error(
            field="id",
            value=id,
            rule=both("set_id_twice", first=lines[id]),
            remedy=both("set_id_twice_remedy"),
        )
    lines[id] = place.line or 0


def _set_apart(
    startups: dict[str, Startup], partners: Mapping[str, Partner], notes: Notes
) -> tuple[dict[str, Startup], dict[str, str]]:
    """Rename startups whose id is a partner's as well; give the startups and old id → new id."""
    renamed = {}
    for id in startups.keys() & partners.keys():
        new = f"startup:{id}"
        while new in startups or new in partners:
            new = f"startup:{new}"
        renamed[id] = new
    if renamed:
        first = repr(min(renamed))
        notes.add(STARTUPS, "ids of a partner, renamed", first=first, count=len(renamed))
    apart = {}
    for old, startup in startups.items():
        new = renamed.get(old, old)
        apart[new] = startup if new == old else startup.model_copy(update={"id": new})
    return apart, renamed


def _read_queries(
    path: Path, startups: Mapping[str, Startup], renamed: Mapping[str, str], notes: Notes
) -> dict[str, Query]:
    queries: dict[str, Query] = {}
    lines: dict[str, int] = {}
    for number, raw in read_objects(path):
        place = Place(path.name, number)
        asked = read_leniently(_Asked, raw, place, notes, required=("id", "startup", "date"))
        _check_new(asked.id, lines, place)
        queries[asked.id] = _query(asked, startups, renamed, place, notes)
    return _not_empty(queries, path)


def _query(
    asked: _Asked,
    startups: Mapping[str, Startup],
    renamed: Mapping[str, str],
    place: Place,
    notes: Notes,
) -> Query:
    startup = renamed.get(asked.startup, asked.startup)
    if startup not in startups:
        raise place.error(
            field="startup",
            value=asked.startup,
            rule=both("set_no_startup", file=STARTUPS),
            remedy=both("set_no_startup_remedy", file=STARTUPS),
        )
    if asked.track == ALL:
        raise place.error(
            field="track",
            value=asked.track,
            rule=both("set_track_all", name=ALL),
            remedy=both("set_track_all_remedy"),
        )
    if asked.cluster is None:
        notes.add(place.file, "queries without a cluster, each taken as independent of the others")
    return Query(
        id=asked.id,
        asker=startup,
        date=asked.date,
        cluster=f"query {asked.id}" if asked.cluster is None else asked.cluster,
        seeking=asked.seeking,
        sectors=asked.sectors,
        region=asked.region,
        track=asked.track,
    )


def _read_ties(
    path: Path, cut: date, renamed: Mapping[str, str], known: set[str], notes: Notes
) -> tuple[Tie, ...]:
    if not path.exists():
        notes.add(TIES, "no such file, so nothing is known of the past", count=0)
        return ()
    ties: dict[str, Tie] = {}
    for number, raw in read_objects(path):
        place = Place(path.name, number)
        tie = _read_tie(raw, place, renamed, notes)
        if tie is None:
            continue
        _check_leak(tie, cut, place)
        if not {tie.a, tie.b} <= known:
            notes.add(TIES, "ties with an end that is in neither file", first=f"line {number}")
        _put_tie(ties, tie, "id" in raw, place, notes)
    return tuple(sorted(ties.values(), key=lambda tie: (tie.valid_from or date.min, tie.id)))


def _read_tie(
    raw: dict[str, Any], place: Place, renamed: Mapping[str, str], notes: Notes
) -> Tie | None:
    raw = dict(raw)
    if raw.get("startup"):
        raw["startup"] = renamed.get(as_id(raw["startup"]), raw["startup"])
    ends = [raw.get("a") or raw.get("startup"), raw.get("b") or raw.get("partner")]
    if ends[0] and ends[0] == ends[1]:
        notes.add(TIES, "ties of one profile with itself, left out", first=place.first(ends[0]))
        return None
    if not raw.get("kind"):
        notes.add(TIES, "ties without a kind, taken as collaboration", first=f"line {place.line}")
        raw["kind"] = TieKind.COLLABORATION
    if raw["kind"] == TieKind.PAIRING and not raw.get("region"):
        notes.add(TIES, "pairings without a region, left out", first=f"line {place.line}")
        return None
    written = {field: name for field, name in _TIE_NAMES.items() if field not in raw}
    return read_leniently(
        Tie,
        raw,
        place,
        notes,
        required=("kind", *_TIE_NAMES, *_TIE_NAMES.values()),
        also=tuple(_TIE_NAMES.values()),
        written=written,
    )


def _check_leak(tie: Tie, cut: date, place: Place) -> None:
    if tie.valid_from is None:
        raise place.error(
            field="date",
            value=tie.id,
            rule=both("set_tie_undated"),
            remedy=both("set_tie_undated_remedy"),
        )
    if tie.valid_from >= cut:
        raise LeakError(
            TIE_AFTER_CUT,
            file=place.file,
            line=place.line,
            field="date",
            value=tie.valid_from,
            rule=both("leak_tie", a=tie.a, b=tie.b, cut=cut),
            remedy=both("leak_tie_remedy"),
        )


def _put_tie(ties: dict[str, Tie], tie: Tie, has_id: bool, place: Place, notes: Notes) -> None:
    """Add a tie; a repeated one is passed over, one that only looks alike gets an id of its own."""
    if tie.id not in ties:
        ties[tie.id] = tie
    elif ties[tie.id] == tie:
        notes.add(TIES, "ties that stand twice, read once", first=f"line {place.line}")
    elif has_id:
        raise place.error(
            field="id",
            value=tie.id,
            rule=both("set_tie_id"),
            remedy=both("set_tie_id_remedy"),
        )
    else:
        number = 2
        while f"{tie.id}-{number}" in ties:
            number += 1
        ties[f"{tie.id}-{number}"] = tie.model_copy(update={"id": f"{tie.id}-{number}"})


def _read_qrels(
    path: Path, queries: Mapping[str, Query], partners: Mapping[str, Partner], notes: Notes
) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {query: {} for query in queries}
    for query, judged in numbered_qrels(path).items():
        for partner, (grade, number) in judged.items():
            place = Place(path.name, number)
            _check_known(query, queries, "query", QUERIES, place)
            _check_known(partner, partners, "partner", PARTNERS, place)
            qrels[query][partner] = grade
    without = [query for query, judged in qrels.items() if not any(judged.values())]
    if without:
        what = "queries without a relevant partner; they count, and every measure of them is 0"
        notes.add(QRELS, what, first=without[0], count=len(without))
    return qrels


def _check_known(id: str, known: Mapping[str, object], field: str, file: str, place: Place) -> None:
    if id not in known:
        raise place.error(
            field=field,
            value=id,
            rule=both("set_unknown_id", file=file, field=field),
            remedy=both("set_unknown_id_remedy", file=file),
        )


def _read_candidates(
    path: Path, qrels: Qrels, partners: frozenset[str], notes: Notes
) -> dict[str, frozenset[str]]:
    found = dict.fromkeys(qrels, partners)
    if not path.exists():
        return found
    lines: dict[str, int] = {}
    same: dict[frozenset[str], frozenset[str]] = {}
    for number, raw in read_objects(path):
        place = Place(path.name, number)
        query = as_id(raw.get("query"))
        _check_known(query, qrels, "query", QUERIES, place)
        _check_new(query, lines, place)
        listed = _listed(raw.get("partners"), partners, place)
        found[query] = same.setdefault(listed, listed)
    _note_unreachable(qrels, found, notes)
    return found


def _listed(value: Any, partners: frozenset[str], place: Place) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise place.error(
            field="partners",
            value=value,
            rule=both("set_candidates"),
            remedy=both("set_candidates_remedy"),
        )
    listed = frozenset(map(as_id, value))
    for unknown in sorted(listed - partners):
        raise place.error(
            field="partners",
            value=unknown,
            rule=both("set_no_partner", file=PARTNERS),
            remedy=both("set_no_partner_remedy", file=PARTNERS),
        )
    return listed


def _note_unreachable(qrels: Qrels, found: Mapping[str, frozenset[str]], notes: Notes) -> None:
    missed = sum(
        grade > 0 and partner not in found[query]
        for query, judged in qrels.items()
        for partner, grade in judged.items()
    )
    if missed:
        what = "relevant partners that are no candidates of their query; they count as missed"
        notes.add(CANDIDATES, what, count=missed)
