"""Owns the instance: who applies, who takes, how well they fit, by which rules places go out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiles.rules import Area, Rule
from profiles.taxonomy import country_of, sectors

UNIT = 1024
"""Fits are whole numbers of 1/1024 point, as scores are: sums of them are exact."""

NOT_ELIGIBLE = -1

Fits = NDArray[np.int64]

_CAPITAL = frozenset({"KR-11", "KR-28", "KR-41"})


@dataclass(frozen=True, slots=True)
class Applicant:
    """One who applies for a place.

    Attributes:
        id: the profile's.
        groups: by attribute (`profiles.rules.GROUPS`), the codes it has; an attribute that is
            absent is unknown.
        waited: how many rounds it has been left waiting before.
        wishes: the hosts that it asked for, the dearest first; empty where it asked for none.
    """

    id: str
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    waited: int = 0
    wishes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Host:
    """One who takes applicants: a partner, or a programme with its company.

    Attributes:
        id: its own among the hosts.
        partner: the profile that it stands for.
        low: the least that it takes.
        high: the most; None where nothing bounds it.
    """

    id: str
    partner: str
    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """What is to be solved.

    Attributes:
        applicants: n of them, by ascending id.
        hosts: m of them, by ascending id.
        fits: shape (n, m), in 1/1024 point and 0 or more; -1 where the rules of eligibility forbid
            the pair. Read-only.
        rules: the rules beside the places of each host.
        seats: the most hosts that an applicant gets where no rule says otherwise.
        seed: by what ties are broken, where chance is to break them; None: by ids.
    """

    applicants: tuple[Applicant, ...]
    hosts: tuple[Host, ...]
    fits: Fits
    rules: tuple[Rule, ...] = ()
    seats: int = 1
    seed: int | None = None

    def __post_init__(self) -> None:
        for what, ids in (("applicants", self.applicant_ids), ("hosts", self.host_ids)):
            if list(ids) != sorted(set(ids)):
                raise ValueError(f"{what} are not in ascending order of distinct ids")
        if self.fits.shape != (len(self.applicants), len(self.hosts)):
            raise ValueError(f"fits have shape {self.fits.shape}")
        if self.fits.dtype != np.int64 or (self.fits < NOT_ELIGIBLE).any():
            raise ValueError("fits are int64, and -1 where a pair is not eligible")
        self.fits.setflags(write=False)

    @property
    def applicant_ids(self) -> tuple[str, ...]:
        """The ids of the n rows."""
        return tuple(one.id for one in self.applicants)

    @property
    def host_ids(self) -> tuple[str, ...]:
        """The ids of the m columns."""
        return tuple(one.id for one in self.hosts)

    def as_json(self) -> dict[str, Any]:
        """Give all of it as plain values, the same for the same instance."""
        return {
            "applicants": [
                {
                    "id": one.id,
                    "groups": {name: sorted(codes) for name, codes in sorted(one.groups.items())},
                    "waited": one.waited,
                    "wishes": list(one.wishes),
                }
                for one in self.applicants
            ],
            "hosts": [
                {"id": one.id, "partner": one.partner, "low": one.low, "high": one.high}
                for one in self.hosts
            ],
            "fits": self.fits.tolist(),
            "rules": [rule.model_dump(mode="json", exclude_defaults=True) for rule in self.rules],
            "seats": self.seats,
            "seed": self.seed,
        }

    @property
    def digest(self) -> str:
        """The SHA-256 of `as_json` in its one form, in hexadecimal digits."""
        return hashlib.sha256(canonical(self.as_json())).hexdigest()


def instance_from_json(held: Mapping[str, Any]) -> Instance:
    """Read what `Instance.as_json` gave."""
    applicants = tuple(
        Applicant(
            one["id"],
            {name: frozenset(codes) for name, codes in one["groups"].items()},
            one["waited"],
            tuple(one["wishes"]),
        )
        for one in held["applicants"]
    )
    hosts = tuple(Host(one["id"], one["partner"], one["low"], one["high"]) for one in held["hosts"])
    fits = np.array(held["fits"], np.int64).reshape(len(applicants), len(hosts))
    rules = tuple(Rule.model_validate(one) for one in held["rules"])
    return Instance(applicants, hosts, fits, rules, held["seats"], held["seed"])


def canonical(document: Mapping[str, Any]) -> bytes:
    """Give the one form of a JSON document: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def groups_of(
    *,
    region: str | None = None,
    sector_codes: Iterable[str] = (),
    stage: str | None = None,
    kind: str | None = None,
) -> dict[str, frozenset[str]]:
    """Tell the groups of a profile by its fields; what is not known is left out.

    Args:
        region: an ISO 3166 code, of a country or below it.
        sector_codes: its sectors; those above them are added.
        stage: its stage.
        kind: "startup", or the kind of a partner that applies.
    """
    groups = {}
    if region is not None:
        country = country_of(region)
        groups["country"] = frozenset({country})
        if region != country:
            groups["region"] = frozenset({region})
        if country != "KR":
            groups["area"] = frozenset({Area.ABROAD.value})
        elif region != country:
            inside = region in _CAPITAL
            groups["area"] = frozenset({(Area.CAPITAL if inside else Area.NON_CAPITAL).value})
    if codes := set(sector_codes):
        parents = {parent for code in codes if (parent := sectors()[code].parent)}
        groups["sector"] = frozenset(codes | parents)
    if stage is not None:
        groups["stage"] = frozenset({stage})
    if kind is not None:
        groups["kind"] = frozenset({kind})
    return groups


def belongs(one: Applicant, group: str) -> bool | None:
    """Tell whether an applicant is of a group ("area:capital"); None where that is unknown."""
    name, _, code = group.partition(":")
    codes = one.groups.get(name)
    return None if codes is None else code in codes
