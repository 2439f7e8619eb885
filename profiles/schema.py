"""Owns the schema: every field of a profile, programme and tie is validated here and only here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from profiles.kinds import (
    FundingUnit,
    PartnerKind,
    ProgrammeKind,
    Side,
    Stage,
    Support,
    TieKind,
)
from profiles.taxonomy import Vocabulary, normalise_region, normalise_sector, terms
from profiles.text import LONGEST_NAME, LONGEST_TEXT, Text, at_most, clean

LONGEST_LIST = 200

_GAPS = re.compile(r"[\s\-]+")
_ID = re.compile(r"[^\s<>\"'`\\?#%&{}\[\]^|;\x00-\x1f\x7f]{1,200}")


def _read_id(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise PydanticCustomError("id", "not an id")
    text = clean(value)
    parts = text.split("/")
    if not _ID.fullmatch(text) or not text.isprintable() or ".." in text or {"", "."} & {*parts}:
        raise PydanticCustomError("id", "not an id")
    return text


def _read_region(value: Any) -> Any:
    code = normalise_region(value) if isinstance(value, str) and len(value) <= 100 else None
    if code is None:
        raise PydanticCustomError("region", "unknown region")
    return code


def _read_sector(value: Any) -> Any:
    code = normalise_sector(value) if isinstance(value, str) and len(value) <= 100 else None
    if code is None:
        raise PydanticCustomError("sector", "unknown sector")
    return code


def _read_list(value: Any) -> Any:
    if isinstance(value, str):
        value = [part for part in (p.strip() for p in value.split(";")) if part]
    if not isinstance(value, (list, tuple)) or len(value) > LONGEST_LIST:
        raise PydanticCustomError("list", "not a list", {"limit": LONGEST_LIST})
    return value


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def _reader_of(kinds: type[StrEnum], vocabulary: Vocabulary | None = None) -> BeforeValidator:
    """Accept a code in any case, or its name in either language."""
    codes: dict[str, StrEnum] = {kind.value: kind for kind in kinds}

    @cache
    def names() -> dict[str, StrEnum]:
        known = terms(vocabulary).values() if vocabulary else ()
        return {
            name.lower(): codes[term.code]
            for term in reversed([*known])  # where two share a name, the first has it
            for name in (term.name.en, term.name.ko)
        }

    def read(value: Any) -> Any:
        if isinstance(value, str) and len(value) <= 100:
            if (kind := codes.get(value)) is not None:
                return kind
            text = clean(value).lower()
            kind = codes.get(_GAPS.sub("_", text)) or names().get(text)
            if kind is not None:
                return kind
        raise PydanticCustomError("vocabulary", "unknown", {"allowed": ", ".join(kinds)})

    return BeforeValidator(read)


def _read_whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise PydanticCustomError("integer", "not a number")
    if (
        isinstance(value, str)
        and len(value) <= 20
        and re.fullmatch(r"\s*[+-]?[0-9]+(\.0+)?\s*", value)
    ):
        return int(float(value))
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    raise PydanticCustomError("integer", "not a number")


def _read_date(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"\d{4}", text):
            text += "-01-01"
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ][0-9:.,+\-Z ]{0,40})?", text):
            try:
                return date.fromisoformat(text[:10])
            except ValueError:
                pass
    raise PydanticCustomError("date", "not a date")


def _read_moment(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = None
    try:
        return value.astimezone(UTC) if value.tzinfo else _no_moment()
    except (AttributeError, OverflowError):
        _no_moment()


def _no_moment() -> NoReturn:
    raise PydanticCustomError("moment", "not a moment")


def _read_currency(value: Any) -> Any:
    import pycountry

    code = value.strip().upper() if isinstance(value, str) and len(value) <= 100 else ""
    if not re.fullmatch(r"[A-Z]{3}", code) or pycountry.currencies.get(alpha_3=code) is None:
        raise PydanticCustomError("currency", "not a currency")
    return code


def _read_url(value: Any) -> Any:
    text = clean(value) if isinstance(value, str) else ""
    if not re.fullmatch(r"https?://[^\s<>\"'`\\]{1,490}", text):
        raise PydanticCustomError("url", "not a web address")
    return text


def _read_email(value: Any) -> Any:
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(value, check_deliverability=False).normalized
    except (EmailNotValidError, TypeError, AttributeError) as error:
        raise PydanticCustomError("email", "not an address") from error


def _read_registration(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**20:
        value = str(value)
    text = clean(value) if isinstance(value, str) and len(value) <= 100 else ""
    if not re.fullmatch(r"(?=.{4,30}$)[0-9]+(-[0-9]+)*", text):
        raise PydanticCustomError("registration", "not a registration number")
    return text


def _is_business_number(digits: str) -> bool:
    """Check the last digit of a Korean business number (사업자등록번호) of ten digits."""
    given = [int(digit) for digit in digits]
    total = sum(w * d for w, d in zip((1, 3, 7, 1, 3, 7, 1, 3, 5), given[:9], strict=True))
    return (total + given[8] * 5 // 10 + given[9]) % 10 == 0


def _read_plain(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("string", "not a text")
    text = clean(value)
    if not text:
        raise PydanticCustomError("text_empty", "empty")
    return text


Id = Annotated[str, BeforeValidator(_read_id)]
RegionCode = Annotated[str, BeforeValidator(_read_region)]
SectorCode = Annotated[str, BeforeValidator(_read_sector)]
Name = Annotated[Text, AfterValidator(at_most(LONGEST_NAME))]
LongText = Annotated[Text, AfterValidator(at_most(LONGEST_TEXT))]
Plain = Annotated[str, BeforeValidator(_read_plain), StringConstraints(max_length=1000)]
Url = Annotated[str, BeforeValidator(_read_url)]
Email = Annotated[str, BeforeValidator(_read_email)]
Registration = Annotated[str, BeforeValidator(_read_registration)]
Day = Annotated[date, BeforeValidator(_read_date)]
Moment = Annotated[datetime, BeforeValidator(_read_moment)]
Currency = Annotated[str, BeforeValidator(_read_currency)]
Whole = Annotated[int, BeforeValidator(_read_whole), Field(ge=0, le=10**15)]
Trl = Annotated[int, BeforeValidator(_read_whole), Field(ge=1, le=9)]
Year = Annotated[int, BeforeValidator(_read_whole), Field(ge=1800, le=2100)]

StageField = Annotated[Stage, _reader_of(Stage, "stages")]
SupportField = Annotated[Support, _reader_of(Support, "supports")]
PartnerKindField = Annotated[PartnerKind, _reader_of(PartnerKind, "partner_kinds")]
TieKindField = Annotated[TieKind, _reader_of(TieKind, "tie_kinds")]
ProgrammeKindField = Annotated[ProgrammeKind, _reader_of(ProgrammeKind, "programme_kinds")]
FundingUnitField = Annotated[FundingUnit, _reader_of(FundingUnit)]

Ids = Annotated[tuple[Id, ...], BeforeValidator(_read_list), AfterValidator(_unique)]
Aliases = Annotated[tuple[Plain, ...], BeforeValidator(_read_list), AfterValidator(_unique)]
Regions = Annotated[tuple[RegionCode, ...], BeforeValidator(_read_list), AfterValidator(_unique)]
Sectors = Annotated[tuple[SectorCode, ...], BeforeValidator(_read_list), AfterValidator(_unique)]
Stages = Annotated[tuple[StageField, ...], BeforeValidator(_read_list), AfterValidator(_unique)]
Supports = Annotated[tuple[SupportField, ...], BeforeValidator(_read_list), AfterValidator(_unique)]
PartnerKinds = Annotated[
    tuple[PartnerKindField, ...], BeforeValidator(_read_list), AfterValidator(_unique)
]


class Record(BaseModel):
    """What profiles, programmes and ties share: frozen, no unknown field, absent stays absent."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_absent(cls, value: Any) -> Any:
        """Read null, an empty string and an empty list as "not given"."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise PydanticCustomError("object", "not an object")
        return {k: v for k, v in value.items() if not _absent(v)}


def _absent(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):  # one level deep: what is nested deeper is given, and refused
        return all(p is None or (isinstance(p, str) and not p.strip()) for p in value.values())
    return value is None or value == [] or value == ()


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
        if korean and not _is_business_number(digits):
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
    """A scheme under which pairs are made, with its rules, places, money and dates."""

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
    funding: Money | None = None
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
            if name in read and _absent(read.get(field)):
                read[field] = read.pop(name)
        return read

    @model_validator(mode="wrap")
    @classmethod
    def _name(cls, value: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Name a tie that has no id after what it says, as it reads once it is valid."""
        if not isinstance(value, Mapping) or not _absent(value.get("id")):
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
