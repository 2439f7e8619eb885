"""Owns the decision record: all that a decision rests on, so that anyone can come to it again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

from matcher.assignment.instance import Instance, canonical, instance_from_json
from matcher.assignment.solution import Aim, Solution, Status, solution_from_json
from matcher.assignment.turnout import Turnout, turnout_from_json
from profiles.errors import FileError

FORM = "dari-decision-1"
"""By what a file says that it is a decision record, and of which shape."""

MOST_BYTES = 64 * 1024 * 1024
_PACKAGES = ("dari", "numpy", "ortools")

LEFT, MOVED_UP = AFTER = ("left", "moved_up")
"""What may come after a decision: one has left its place, another moved up to it."""

Pair = tuple[str, str]

Solve = Callable[..., Solution]
"""`matcher.assignment.solve`."""


def software() -> dict[str, str]:
    """Tell the versions of what decides here."""
    return {"python": platform.python_version(), **{one: version(one) for one in _PACKAGES}}


@dataclass(frozen=True, slots=True)
class Override:
    """What a person decided otherwise than the search did.

    Attributes:
        by: who decided it.
        at: when, aware.
        applicant: for whom.
        hosts: the hosts that the applicant has from then on; none takes its places away.
        why: the reason; never empty.
        no_reserve: the hosts of whose places the applicant is no reserve from then on; None: as
            `Record.overridden` reckons it, also in records of before it was kept.
        after: what came after the decision that was changed, and is no word of a person about it:
            "left" (it gave its place back, or is gone), "moved_up"; None: a person decided it.
    """

    by: str
    at: datetime
    applicant: str
    hosts: tuple[str, ...]
    why: str
    no_reserve: tuple[str, ...] | None = None
    after: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        at, hosts = self.at.isoformat(), list(self.hosts)
        told = {"by": self.by, "at": at, "applicant": self.applicant}
        kept = {} if self.no_reserve is None else {"no_reserve": list(self.no_reserve)}
        came = {} if self.after is None else {"after": self.after}
        return {**told, "hosts": hosts, "why": self.why, **kept, **came}


@dataclass(frozen=True, slots=True)
class Record:
    """A decision with all that it rests on.

    Attributes:
        instance: who applied, who takes, fits, rules, seed.
        solution: what the search answered.
        model_version: the ranker that the fits are of.
        seq: the state of the database that they were read at.
        as_of: the day for which pairings, conflicts and the past counted.
        by: who asked for the search; at: when, aware.
        seconds: the limit that the search was given.
        aims: what was sought, in this order.
        about: what it is for: "programme", "cohort" and the like, by their ids.
        overrides: what persons decided otherwise, in the order in which they did.
        software: versions by package, and of Python.
        erased: how many of those named were erased since, and have another id in the record: where
            ids break ties, a replay may come out otherwise.
        turnout: how many took part in the round; None where there is none, or it was not kept yet.
    """

    instance: Instance
    solution: Solution
    model_version: str
    seq: int
    as_of: date
    by: str
    at: datetime
    seconds: float
    aims: tuple[Aim, ...] = tuple(Aim)
    about: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    software: Mapping[str, str] = field(default_factory=software)
    erased: int = 0
    turnout: Turnout | None = None

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs that were decided: those of the search, but for what persons overrode."""
        given = {one.applicant: one.hosts for one in self.overrides}
        kept = [pair for pair in self.solution.pairs if pair[0] not in given]
        moved = [(id, host) for id, hosts in given.items() for host in hosts]
        return tuple(sorted([*kept, *moved]))

    @property
    def decided(self) -> Solution:
        """The pairs that were decided, as a solution; where they were overridden nothing is proven.

        It has no levels then: those of the search are of other pairs (`checking.count_levels`).
        """
        if not self.overrides:
            return self.solution
        return Solution(Status.FEASIBLE, self.pairs)

    @property
    def by_hand(self) -> tuple[Override, ...]:
        """What persons decided otherwise; without what came after an earlier decision."""
        return tuple(one for one in self.overrides if one.after is None)

    @property
    def left(self) -> frozenset[str]:
        """Those who gave their place back after an earlier decision, or are gone since."""
        last = {one.applicant: one.after for one in self.overrides}
        return frozenset(id for id, after in last.items() if after == LEFT)

    @property
    def taken_out(self) -> tuple[Pair, ...]:
        """The pairs that the search or a person had made and a person undid; ascending."""
        ids = {one.applicant for one in self.overrides} - self.left
        found = {(id, host) for id in ids for host in self._had(id)}
        return tuple(sorted(found - set(self.pairs)))

    @property
    def no_reserve(self) -> tuple[Pair, ...]:
        """The (applicant, host) of which persons said that it is no reserve there; ascending.

        It was taken out of a place of the host by hand; or of all its places, and then it is no
        reserve anywhere until a person gives it a place.
        """
        last = {one.applicant: one for one in self.overrides}
        found = ((id, host) for id, one in last.items() for host in self._no_reserve(one))
        return tuple(sorted(found))

    def overridden(self, override: Override) -> Record:
        """Give the record with one more override, which keeps of what the applicant is no reserve.

        Raises:
            FileError: if it names an applicant or a host that the instance does not hold, or has
                no reason.
        """
        found = self._with(override)
        kept = replace(override, no_reserve=found._no_reserve(override))
        return replace(found, overrides=(*self.overrides, kept))

    def _with(self, override: Override) -> Record:
        unknown = {override.applicant} - set(self.instance.applicant_ids)
        unknown |= {*override.hosts, *(override.no_reserve or ())} - set(self.instance.host_ids)
        if unknown:
            raise FileError(min(unknown), "record_unknown")
        if not override.why.strip():
            raise FileError(override.applicant, "record_reason")
        return replace(self, overrides=(*self.overrides, override))

    def _had(self, applicant: str) -> set[str]:
        """Give the hosts whose places an applicant has or had, by the search or by hand."""
        own = (one.hosts for one in self.overrides if one.applicant == applicant)
        return {host for id, host in self.solution.pairs if id == applicant}.union(*own)

    def _no_reserve(self, last: Override) -> tuple[str, ...]:
        """Tell of which hosts the last override of an applicant leaves it no reserve."""
        if last.no_reserve is not None:
            return last.no_reserve
        if not last.hosts:
            return self.instance.host_ids
        return tuple(sorted(self._had(last.applicant) - {*last.hosts}))

    def as_json(self) -> dict[str, Any]:
        """Give all of it as plain values, with the digests of the input and of everything."""
        held = {
            "form": FORM,
            "about": dict(sorted(self.about.items())),
            "instance": self.instance.as_json(),
            "instance_digest": self.instance.digest,
            "model_version": self.model_version,
            "seq": self.seq,
            "as_of": self.as_of.isoformat(),
            "search": {"seconds": self.seconds, "aims": [aim.value for aim in self.aims]},
            "solution": self.solution.as_json(),
            "erased": self.erased,
            "overrides": [one.as_json() for one in self.overrides],
            "made": {"by": self.by, "at": self.at.isoformat()},
            "software": dict(sorted(self.software.items())),
        }
        if self.turnout is not None:
            held["turnout"] = self.turnout.as_json()
        return {**held, "digest": _hash(held)}

    @property
    def digest(self) -> str:
        """The SHA-256 of all of it in its one form, in hexadecimal digits."""
        return str(self.as_json()["digest"])

    def to_bytes(self) -> bytes:
        """Give the file that people keep: canonical JSON, one line."""
        return canonical(self.as_json()) + b"\n"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as a record says; texts are shortened.

    Attributes:
        part: what: "instance_digest", "digest", "solution.pairs", "software.ortools" or the like.
        told: what the record says.
        found: what came out.
    """

    part: str
    told: str
    found: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a replay came out.

    Attributes:
        same: nothing has been tampered with, and the search gave the same result, byte for byte.
        differences: all that differs; other versions of software alone do not make it another
            result.
    """

    same: bool
    differences: tuple[Difference, ...]


def record_from_json(held: Mapping[str, Any]) -> Record:
    """Read what `Record.as_json` gave, whether its digests hold or not; `replay` tells that.

    Raises:
        FileError: if it is not a decision record.
    """
    try:
        return _read(held)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FileError(type(error).__name__, "record_shape") from error


def read_record(data: bytes) -> Record:
    """Read the file that `Record.to_bytes` gave.

    Raises:
        FileError: if it is too large, or not a decision record.
    """
    return record_from_json(read_document(data))


def read_document(data: bytes) -> Mapping[str, Any]:
    """Read the JSON of a record's file.

    Raises:
        FileError: if it is too large, no JSON, or says that it is something else.
    """
    if len(data) > MOST_BYTES:
        raise FileError(len(data), "record_size", limit=MOST_BYTES)
    try:
        held = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FileError(type(error).__name__, "record_json") from error
    if not isinstance(held, dict) or held.get("form") != FORM:
        raise FileError(held.get("form") if isinstance(held, dict) else None, "record_shape")
    return held


def replay(record: Record | Mapping[str, Any], solve: Solve | None = None) -> Replayed:
    """Decide again from what a record holds, and name every difference.

    A document whose digests do not hold is refused: nothing is searched for it.

    Args:
        record: a record, or the document of one as it was kept.
        solve: how to search; by default `matcher.assignment.solve`.

    Raises:
        FileError: if the document is not a decision record.
    """
    read = record if isinstance(record, Record) else record_from_json(record)
    tampered = () if isinstance(record, Record) else _tampered(record, read)
    if tampered:
        return Replayed(False, tampered)
    solution = (solve or _solver())(read.instance, seconds=read.seconds, aims=read.aims)
    told, found = canonical(read.solution.as_json()), canonical(solution.as_json())
    other = () if told == found else _result(read.solution, solution)
    return Replayed(told == found, (*other, *_versions(read)))


def _solver() -> Solve:
    from matcher.assignment import solve

    return solve


def _hash(held: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(held)).hexdigest()


def _tampered(held: Mapping[str, Any], read: Record) -> tuple[Difference, ...]:
    rest = {name: value for name, value in held.items() if name != "digest"}
    pairs = {
        "instance_digest": (held.get("instance_digest"), read.instance.digest),
        "digest": (held.get("digest"), _hash(rest)),
    }
    return tuple(
        Difference(part, str(told), found) for part, (told, found) in pairs.items() if told != found
    )


def _result(told: Solution, found: Solution) -> tuple[Difference, ...]:
    pairs = {
        "solution.status": (told.status.value, found.status.value),
        "solution.pairs": (_only(told, found), _only(found, told)),
        "solution.levels": (_levels(told), _levels(found)),
    }
    return tuple(Difference(part, a, b) for part, (a, b) in pairs.items() if a != b)


def _only(one: Solution, other: Solution) -> str:
    """Name the pairs of one that the other does not have."""
    return ", ".join(f"{a} → {h}" for a, h in sorted(set(one.pairs) - set(other.pairs)))


def _levels(one: Solution) -> str:
    return ", ".join(f"{level.aim.value} {level.value}/{level.bound}" for level in one.levels)


def _versions(read: Record) -> tuple[Difference, ...]:
    now = software()
    return tuple(
        Difference(f"software.{name}", read.software.get(name, "-"), now.get(name, "-"))
        for name in sorted({*now, *read.software})
        if read.software.get(name) != now.get(name)
    )


def _read(held: Mapping[str, Any]) -> Record:
    if held["form"] != FORM:
        raise ValueError(held["form"])
    read = _plain(held)
    for one in held["overrides"]:
        read = read._with(_override(one))
    return read


def _plain(held: Mapping[str, Any]) -> Record:
    """Read a record without its overrides."""
    return Record(
        instance=instance_from_json(held["instance"]),
        solution=solution_from_json(held["solution"]),
        model_version=str(held["model_version"]),
        seq=int(held["seq"]),
        as_of=date.fromisoformat(held["as_of"]),
        by=str(held["made"]["by"]),
        at=datetime.fromisoformat(held["made"]["at"]),
        seconds=float(held["search"]["seconds"]),
        aims=tuple(Aim(one) for one in held["search"]["aims"]),
        about={str(name): str(id) for name, id in held["about"].items()},
        software={str(name): str(one) for name, one in held["software"].items()},
        erased=int(held["erased"]),
        turnout=turnout_from_json(held.get("turnout")),
    )


def _override(held: Mapping[str, Any]) -> Override:
    at, after = datetime.fromisoformat(held["at"]), held.get("after")
    if after not in (None, *AFTER):
        raise ValueError(after)
    kept = tuple(held["no_reserve"]) if "no_reserve" in held else None
    hosts = tuple(held["hosts"])
    return Override(held["by"], at, held["applicant"], hosts, held["why"], kept, after)
