"""Owns the schema: what a profile, programme and tie is made of, and what it must be as a whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Self

from pydantic import ModelWrapValidatorHandler, model_validator
from pydantic_core import PydanticCustomError

from profiles.fields import (
    Aliases,
    Currency,
    Day,
    Email,
    FundingUnitField,
    Id,
    Ids,
    LongText,
    Moment,
    Name,
    PartnerKindField,
    PartnerKinds,
    Plain,
    ProgrammeKindField,
    RegionCode,
    Regions,
    Registration,
    Sectors,
    StageField,
    Stages,
    Supports,
    TieKindField,
    Trl,
    Url,
    Whole,
    Year,
    is_business_number,
)
from profiles.kinds import FundingUnit, Side, TieKind
from profiles.record import Record, is_absent
from profiles.rules import Rules


class Consent(Record):
    """That a person agreed to the keeping of personal data: to which wording, and when (UTC)."""

    version: Plain
    purpose: Plain
    at: Moment


class Money(Record):
    """An amount in whole units of its currency (ISO 4217), and what it is counted for."""

    amount: Whole
    currency: Currency
    per: FundingUnitField = FundingUnit.STARTUP


class Profile(Record):
    """What startups and partners have in common. An absent field means "unknown"."""

    side: ClassVar[Side]

    id: Id
    name: Name
    aliases: Aliases = ()
    summary: LongText | None = None
    offering: LongText | None = None
    seeking: LongText | None = None
    region: RegionCode | None = None
    sectors: Sectors = ()
    seeks: Supports = ()
    offers: Supports = ()
    conflicts: Ids = ()
    website: Url | None = None
    registration: Registration | None = None
    source: Plain | None = None

    @model_validator(mode="after")
    def _check_registration(self) -> Self:
        given = self.registration or ""
        digits = given.replace("-", "")
        korean = re.fullmatch(r"\d{3}-\d{2}-\d{5}", given) or (
            len(digits) == 10 and (self.region or "").startswith("KR")
        )
        if korean and not is_business_number(digits):
            raise PydanticCustomError(
                "business_number", "wrong check digit", {"field": "registration", "given": given}
            )
        return self


class Startup(Profile):
    """A young firm that looks for partners."""

    side: ClassVar[Side] = Side.STARTUP

    stage: StageField | None = None
    trl: Trl | None = None
    founded: Year | None = None
    contact: Email | None = None
    consent: Consent | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.summary or self.seeking or self.offering):
            raise PydanticCustomError("text_missing", "no text", {"field": "summary"})
        if self.contact and not self.consent:
            raise PydanticCustomError("consent", "no consent", {"field": "consent"})
        return self


class Partner(Profile):
    """An organisation that takes startups on; it may have no text at all."""

    side: ClassVar[Side] = Side.PARTNER

    kind: PartnerKindField | None = None
    sites: Regions = ()
    stages: Stages = ()
    trl_min: Trl | None = None
    capacity: Whole | None = None


class Programme(Record):
    """A scheme under which pairs are made, with its rules, places, money and dates.

    A programme may be `part_of` another: of those parts a startup applies to one. `rules` are
    those by which its places are given out (`profiles.rules`), beside `places`. `places_assumed`
    says that no source gives the places: they are a setting of the operator.
    """

    id: Id
    kind: ProgrammeKindField
    name: Name
    summary: LongText | None = None
    regions: Regions = ()
    countries: Regions = ()
    sectors: Sectors = ()
    stages: Stages = ()
    trl_min: Trl | None = None
    trl_max: Trl | None = None
    needs: Supports = ()
    gives: Supports = ()
    partners: Ids = ()
    partner_kinds: PartnerKinds = ()
    closed: bool = False
    places: Whole | None = None
    places_assumed: bool = False
    funding: Money | None = None
    part_of: Id | None = None
    rules: Rules = ()
    valid_from: Day | None = None
    valid_to: Day | None = None
    source: Plain | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _in_order(self.valid_from, self.valid_to)
        if self.trl_min and self.trl_max and self.trl_max < self.trl_min:
            raise PydanticCustomError("trl_order", "end before start", {"field": "trl_max"})
        return self


class Tie(Record):
    """A dated relation between two profiles.

    `a` and `b` are ids; files may call them `startup` and `partner`, and `valid_from` `date`.
    In a policy pairing `b` is the paired partner, and `a` the body that speaks for the region.
    Without an `id` of its own a tie is named by a hash of what it says.
    """

    id: Id
    kind: TieKindField
    a: Id
    b: Id
    region: RegionCode | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    context: Id | None = None
    subject: LongText | None = None
    role: Plain | None = None
    source: Plain | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        names = {"startup": "a", "partner": "b", "date": "valid_from"}
        read = dict(value)
        for name, field in names.items():
            if name in read and is_absent(read.get(field)):
                read[field] = read.pop(name)
        return read

    @model_validator(mode="wrap")
    @classmethod
    def _name(cls, value: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Name a tie that has no id after what it says, as it reads once it is valid."""
        if not isinstance(value, Mapping) or not is_absent(value.get("id")):
            return read(value)
        tie = read({**value, "id": "tie"})
        parts = (tie.kind, tie.a, tie.b, tie.region, tie.valid_from, tie.context, tie.role)
        said = "\x1f".join(str(part or "") for part in parts)
        return tie.model_copy(
            update={"id": "tie-" + hashlib.sha256(said.encode()).hexdigest()[:20]}
        )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.a == self.b:
            raise PydanticCustomError("tie_ends", "one profile", {"field": "b"})
        if self.kind is TieKind.PAIRING and not self.region:
            raise PydanticCustomError("pairing_region", "no region", {"field": "region"})
        _in_order(self.valid_from, self.valid_to)
        return self

    def holds(self, on: date) -> bool:
        """Tell whether the tie is valid on a day; a missing end is open."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )


def _in_order(start: date | None, end: date | None) -> None:
    if start and end and end < start:
        raise PydanticCustomError("dates_order", "end before start", {"field": "valid_to"})
