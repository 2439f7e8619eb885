"""Owns how the events of a case are told to a person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_time, gettext

from profiles import Side
from profiles.cases import CaseEvent, CaseMeeting
from service import labels
from service.language import language

_CLOCKS = {"en": "short", "ko": "aaaa h:mm"}
"""The time of day in each language; CLDR's own Korean pattern writes PM for 오후."""


def event_text(event: CaseEvent) -> str:
    """Say what an event is, in the reader's language; what somebody wrote is beside it."""
    tell = _TELLERS.get(event.kind)
    return str(tell(event.data)) if tell else event.kind


def event_words(event: CaseEvent) -> str:
    """Give what somebody wrote with an event."""
    return str(event.data.get("text") or event.data.get("words") or "")


def meeting_time(starts: str) -> str:
    """Write the time on the clock of a meeting."""
    moment = datetime.fromisoformat(starts)
    # The moment is of the clock at the meeting: it is told as it stands, in no zone of the reader.
    clock = format_time(moment, _CLOCKS[language()], rebase=False)
    return f"{format_date(moment.date(), 'full')} {clock}"


def meeting_text(meeting: CaseMeeting) -> str:
    """Write when a meeting is, with its zone and length."""
    length = gettext("%(minutes)s minutes", minutes=meeting.minutes)
    return f"{meeting_time(meeting.starts)} ({meeting.zone}) · {length}"


def side_name(side: str) -> str:
    """Name a side."""
    return str(gettext("Startup") if side == Side.STARTUP.value else gettext("Partner"))


def _stage(code: str) -> str:
    return labels.term("case_stages", code)


def _opened(data: Any) -> str:
    if data["shown_rank"] is None:
        return str(gettext("Shortlisted"))
    return str(gettext("Shortlisted from rank %(rank)s", rank=data["shown_rank"]))


def _moved(data: Any) -> str:
    text = gettext("Moved: %(was)s → %(now)s", was=_stage(data["from"]), now=_stage(data["to"]))
    if "day" not in data:
        return str(text)
    return f"{text} ({labels.day(date.fromisoformat(data['day']))})"


def _back(data: Any) -> str:
    was, now = _stage(data["from"]), _stage(data["to"])
    return str(gettext("Taken back: %(was)s → %(now)s", was=was, now=now))


def _closed(data: Any) -> str:
    outcome = labels.term("case_outcomes", data["outcome"])
    text = gettext("Closed: %(outcome)s", outcome=outcome)
    return (
        f"{text} · {labels.term('case_declines', data['reason'])}" if data["reason"] else str(text)
    )


def _changed(data: Any) -> str:
    names = {"owner": gettext("Owner"), "due": gettext("Due"), "programme": gettext("Programme")}
    nothing = gettext("none")
    told = [
        f"{names[field]}: {before or nothing} → {after or nothing}"
        for field, (before, after) in data.items()
    ]
    return " · ".join(told)


def _released(data: Any) -> str:
    if data["released"]:
        return str(gettext("Released to the startup"))
    return str(gettext("Release to the startup taken back"))


def _answered(data: Any) -> str:
    answer = labels.term("case_answers", data["answer"])
    text = f"{side_name(data['side'])}: {answer}"
    if data["reason"]:
        text += f" · {labels.term('case_declines', data['reason'])}"
    return text if data["own"] else f"{text} ({gettext('noted by staff')})"


def _link(data: Any) -> str:
    return str(gettext("Link to answer made: %(side)s", side=side_name(data["side"])))


def _letter(data: Any) -> str:
    if data["sent"]:
        return str(gettext("Letter marked as sent: %(side)s", side=side_name(data["side"])))
    return str(gettext("Letter drafted: %(side)s", side=side_name(data["side"])))


def _meeting(data: Any) -> str:
    what = {
        "planned": gettext("Meeting planned"),
        "changed": gettext("Meeting changed"),
        "cancelled": gettext("Meeting cancelled"),
    }[data["what"]]
    place = f" · {data['place']}" if data["place"] else ""
    return f"{what}: {meeting_time(data['starts'])} ({data['zone']}){place}"


def _verdict(data: Any) -> str:
    said = gettext("Good match") if data["label"] == "good" else gettext("Poor match")
    return str(gettext("Verdict: %(said)s", said=said))


def _note(_data: Any) -> str:
    return str(gettext("Note"))


_TELLERS = {
    "opened": _opened,
    "moved": _moved,
    "back": _back,
    "closed": _closed,
    "note": _note,
    "changed": _changed,
    "released": _released,
    "answered": _answered,
    "link": _link,
    "letter": _letter,
    "meeting": _meeting,
    "verdict": _verdict,
}
