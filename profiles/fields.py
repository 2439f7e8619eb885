"""Owns the fields: how each kind of value is read, and what it must be."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from profiles.kinds import FundingUnit, PartnerKind, ProgrammeKind, Stage, Support, TieKind
from profiles.taxonomy import Vocabulary, normalise_region, normalise_sector, terms
from profiles.text import LONGEST_NAME, LONGEST_TEXT, Text, at_most, clean, visible

LONGEST_LIST = 200

_MOST_DIGITS = 400
"""What is longer is no number that somebody means; what is shorter is told to be out of range."""
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


def read_list(value: Any) -> Any:
    """Read a list, or a text whose parts are divided by semicolons."""
    if isinstance(value, str):
        value = [part for part in (p.strip() for p in value.split(";")) if part]
    if not isinstance(value, (list, tuple)) or len(value) > LONGEST_LIST:
        raise PydanticCustomError("list", "not a list", {"limit": LONGEST_LIST})
    return value


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


def reader_of(kinds: type[StrEnum], vocabulary: Vocabulary | None = None) -> BeforeValidator:
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
        and len(value) <= _MOST_DIGITS
        and re.fullmatch(r"\s*[+-]?[0-9]+(\.0+)?\s*", value)
    ):
        return int(value.split(".")[0])  # a float would change long ones
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


def is_business_number(digits: str) -> bool:
    """Check the last digit of a Korean business number (사업자등록번호) of ten digits."""
    given = [int(digit) for digit in digits]
    total = sum(w * d for w, d in zip((1, 3, 7, 1, 3, 7, 1, 3, 5), given[:9], strict=True))
    return (total + given[8] * 5 // 10 + given[9]) % 10 == 0


def _read_plain(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("string", "not a text")
    text = visible(value)
    if not text:
        raise PydanticCustomError("text_empty", "empty")
    return text


Id = Annotated[str, BeforeValidator(_read_id)]
RegionCode = Annotated[str, BeforeValidator(_read_region)]
SectorCode = Annotated[str, BeforeValidator(_read_sector)]
Name = Annotated[Text, AfterValidator(at_most(LONGEST_NAME))]
LongText = Annotated[Text, AfterValidator(at_most(LONGEST_TEXT))]
Words = Annotated[str, BeforeValidator(_read_plain)]
"""Plain text of which a record says itself how long it may be."""
Plain = Annotated[Words, StringConstraints(max_length=1000)]
Url = Annotated[str, BeforeValidator(_read_url)]
Email = Annotated[str, BeforeValidator(_read_email)]
Registration = Annotated[str, BeforeValidator(_read_registration)]
Day = Annotated[date, BeforeValidator(_read_date)]
Moment = Annotated[datetime, BeforeValidator(_read_moment)]
Currency = Annotated[str, BeforeValidator(_read_currency)]
Whole = Annotated[int, BeforeValidator(_read_whole), Field(ge=0, le=10**15)]
Seed = Annotated[int, BeforeValidator(_read_whole), Field(ge=0, le=2**63 - 1)]
Trl = Annotated[int, BeforeValidator(_read_whole), Field(ge=1, le=9)]
Year = Annotated[int, BeforeValidator(_read_whole), Field(ge=1800, le=2100)]

StageField = Annotated[Stage, reader_of(Stage, "stages")]
SupportField = Annotated[Support, reader_of(Support, "supports")]
PartnerKindField = Annotated[PartnerKind, reader_of(PartnerKind, "partner_kinds")]
TieKindField = Annotated[TieKind, reader_of(TieKind, "tie_kinds")]
ProgrammeKindField = Annotated[ProgrammeKind, reader_of(ProgrammeKind, "programme_kinds")]
FundingUnitField = Annotated[FundingUnit, reader_of(FundingUnit)]

Ids = Annotated[tuple[Id, ...], BeforeValidator(read_list), AfterValidator(_unique)]
Aliases = Annotated[tuple[Plain, ...], BeforeValidator(read_list), AfterValidator(_unique)]
Regions = Annotated[tuple[RegionCode, ...], BeforeValidator(read_list), AfterValidator(_unique)]
Sectors = Annotated[tuple[SectorCode, ...], BeforeValidator(read_list), AfterValidator(_unique)]
Stages = Annotated[tuple[StageField, ...], BeforeValidator(read_list), AfterValidator(_unique)]
Supports = Annotated[tuple[SupportField, ...], BeforeValidator(read_list), AfterValidator(_unique)]
PartnerKinds = Annotated[
    tuple[PartnerKindField, ...], BeforeValidator(read_list), AfterValidator(_unique)
]
