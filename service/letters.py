"""Owns the letters that staff send to the two sides of a case: drafts, and files of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import StringConstraints

from profiles import AnyProfile, Record, Side, Startup
from profiles.cases import CONFIDENTIAL, Case, hidden_fields
from profiles.fields import Email, Plain
from profiles.taxonomy import region_name, sectors, terms

Lang = Literal["en", "ko"]

LONGEST_LETTER = 20_000
LONGEST_SUBJECT = 300
LONGEST_LINK = 1_900
"""How many characters of a link mail programs take for certain."""

_TOLD_TO_SIDES = (
    "text_", "sector_", "region_", "support_fit", "wish_fit", "stage_fit",
    "readiness_fit", "programme", "prior_tie",
)  # fmt: skip
"""The reasons that name nobody but the two, and tell of these: past work and common partners name
others, and how often organisations of two countries work together says nothing of the pair."""

_WORDS: Mapping[str, Mapping[Lang, str]] = {
    "subject": {"en": "Introduction: {startup} and {partner}", "ko": "{startup} · {partner} 소개"},
    "greeting": {"en": "Dear {reader} team,", "ko": "{reader} 담당자님께"},
    "opening": {
        "en": "we would like to bring you together with {other}.",
        "ko": "함께 이야기해 보실 만한 곳을 소개해 드립니다: {other}",
    },
    "about": {"en": "About {other}", "ko": "{other} 소개"},
    "reasons": {"en": "Why we think that it fits", "ko": "잘 맞는다고 보는 이유"},
    "answer": {
        "en": "Please let us know whether you would like to meet: {link}",
        "ko": "만나 보실 의향이 있는지 아래 주소에서 알려 주세요.\n{link}",
    },
    "ask": {
        "en": "Please let us know by reply whether you would like to meet.",
        "ko": "만나 보실 의향이 있는지 회신으로 알려 주세요.",
    },
    "closing": {"en": "Kind regards,\n{sender}", "ko": "감사합니다.\n{sender} 드림"},
    "sector": {"en": "Sectors", "ko": "분야"},
    "region": {"en": "Region", "ko": "지역"},
    "stage": {"en": "Stage", "ko": "성장 단계"},
    "kind": {"en": "Kind", "ko": "구분"},
    "website": {"en": "Website", "ko": "웹사이트"},
    "seeking": {"en": "Looks for", "ko": "찾는 것"},
    "offering": {"en": "Can offer", "ko": "제공하는 것"},
    "contact": {"en": "Contact", "ko": "연락처"},
    "registration": {"en": "Registration number", "ko": "사업자등록번호"},
    "team": {"en": "The incubation team", "ko": "보육 담당자"},
}


_UNNAMED = ("kind", "region", "sector", "stage")
"""The facts by which nobody is known."""


class Sent(Record):
    """A letter as a form sends it back."""

    to: Email | None = None
    subject: Annotated[Plain, StringConstraints(max_length=LONGEST_SUBJECT, pattern=r"^[^\n]*$")]
    text: Annotated[str, StringConstraints(max_length=LONGEST_LETTER, min_length=1)]


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that nobody has sent yet; `to` is None where no address is known."""

    lang: Lang
    to: str | None
    subject: str
    text: str

    @property
    def mailto(self) -> str:
        """The link that opens it in the reader's mail program, without its text where too long."""
        head = f"mailto:{quote(self.to or '', safe='@')}?subject={quote(self.subject, safe='')}"
        whole = f"{head}&body={quote(self.text.replace(chr(10), chr(13) + chr(10)), safe='')}"
        return whole if len(whole) <= LONGEST_LINK else head

    @property
    def fits_link(self) -> bool:
        """Whether the link holds the text."""
        return "&body=" in self.mailto


def language_of(profile: AnyProfile) -> Lang:
    """Tell in which language to write to a profile: Korean where it writes or works in Korea."""
    texts = (profile.name, profile.summary, profile.seeking, profile.offering)
    speaks_korean = any(text is not None and text.ko for text in texts)
    return "ko" if speaks_korean or (profile.region or "").startswith("KR") else "en"


def draft(
    case: Case,
    sides: Mapping[Side, AnyProfile],
    to: Side,
    lang: Lang,
    *,
    sender: str = "",
    link: str | None = None,
) -> Draft:
    """Write the letter to one side of a case: who the other is, and why the two fit.

    What is not known is left out, and what the other keeps to itself as long as not both accept.

    Args:
        case: the case.
        sides: both profiles.
        to: the side that is written to.
        lang: the language of the letter.
        sender: who signs it.
        link: where the side can answer.
    """
    reader, other = sides[to], sides[to.other]
    names = {"reader": reader.name.in_(lang), "other": other.name.in_(lang)}
    names |= {side.value: sides[side].name.in_(lang) for side in Side}
    parts = [
        _say("greeting", lang, names),
        _say("opening", lang, names),
        _block(_say("about", lang, names), about(case, other, lang)),
        _block(_say("reasons", lang, names), [f"- {one}" for one in reasons(case, lang)]),
        _say("answer", lang, {"link": link}) if link else _say("ask", lang, {}),
        _say("closing", lang, {"sender": sender or _say("team", lang, {})}),
    ]
    address = reader.contact if isinstance(reader, Startup) else None
    text = "\n\n".join(part for part in parts if part)
    return Draft(lang, address, _say("subject", lang, names), text)


def about(
    case: Case, other: AnyProfile, lang: Lang, *, is_named: bool = True, is_reached: bool = True
) -> list[str]:
    """Tell of a profile what the other side of a case may see, a line each.

    As long as it is not to be named, that is its kind, region, sectors and stage. Without
    `is_reached` it is left out how to reach it.
    """
    told = seen(case, other, lang)
    told = {name: one for name, one in told.items() if is_reached or name not in CONFIDENTIAL}
    if not is_named:
        return [f"{_say(name, lang, {})}: {told[name]}" for name in _UNNAMED if name in told]
    facts = [(_say(name, lang, {}), value) for name, value in told.items()]
    summary = other.summary.in_(lang) if other.summary else ""
    return [*([summary] if summary else []), *(f"{name}: {value}" for name, value in facts)]


def seen(case: Case, other: AnyProfile, lang: Lang) -> dict[str, str]:
    """Give the facts of a profile that the other side of a case may see: field → its text."""
    known = sectors()
    told: dict[str, str | None] = {
        "kind": _term("partner_kinds", getattr(other, "kind", None), lang),
        "region": region_name(other.region, lang) if other.region else None,
        "sector": ", ".join(known[code].name.in_(lang) for code in other.sectors),
        "stage": _term("stages", getattr(other, "stage", None), lang),
        "seeking": other.seeking.in_(lang) if other.seeking else None,
        "offering": other.offering.in_(lang) if other.offering else None,
        "website": other.website,
        "contact": getattr(other, "contact", None),
        "registration": other.registration,
    }
    hidden = hidden_fields(case)
    return {name: value for name, value in told.items() if value and name not in hidden}


def reasons(case: Case, lang: Lang) -> list[str]:
    """Tell the reasons of a case that both sides may read, the weightiest first."""
    told = case.reasons.get("reasons", ())
    return [_reason(one, lang) for one in told if one["feature"].startswith(_TOLD_TO_SIDES)]


def as_file(letter: Sent, sender: str | None = None) -> bytes:
    """Write a letter as a file that mail programs open as a draft (RFC 5322)."""
    message = EmailMessage(policy=SMTP)
    message["X-Unsent"] = "1"
    if sender:
        message["From"] = sender
    if letter.to:
        message["To"] = letter.to
    message["Subject"] = letter.subject
    message.set_content(letter.text)
    return message.as_bytes()


def _say(name: str, lang: Lang, values: Mapping[str, Any]) -> str:
    return _WORDS[name][lang].format_map(values)


def _block(heading: str, lines: list[str]) -> str:
    return "\n".join((f"[{heading}]", *lines)) if lines else ""


def _reason(one: Mapping[str, Any], lang: Lang) -> str:
    said: str = one["said"][lang]
    if not (one["is_quoted"] and one["evidence"] and one["evidence"][lang]):
        return said
    return f"{said} (“{one['evidence'][lang]}”)"


def _term(vocabulary: Any, value: Any, lang: Lang) -> str | None:
    return terms(vocabulary)[value].name.in_(lang) if value else None
