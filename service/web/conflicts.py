"""Owns the meeting of two edits of one record: who changed which field, and what is to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import Field, SelectMultipleField

from profiles import Revision
from service import labels
from service.web.edit_forms import EditForm, Value, Values, is_list

THEIRS, YOURS, BOTH = "theirs", "yours", "both"


@dataclass(slots=True)
class Meeting:
    """A field whose two new values differ; `was` is None where its old value is not known.

    `choice` is what is to be kept: 'theirs', 'yours', 'both' (of a list), or empty where a person
    must choose. `untouched` tells that only others have changed the field.
    """

    field: Field
    was: Value | None
    theirs: Value
    yours: Value
    saved: Revision | None
    choice: str
    untouched: bool = False
    both: Value | None = None

    @property
    def versions(self) -> list[tuple[str, Value]]:
        """The versions to choose from."""
        two = [(THEIRS, self.theirs), (YOURS, self.yours)]
        return two if self.both is None else [*two, (BOTH, self.both)]

    @property
    def chosen(self) -> Value:
        """The version that is to be kept."""
        return dict(self.versions).get(self.choice, self.theirs)

    def told(self, value: Value) -> str:
        """Tell a value as its field shows it."""
        choices = self.field.choices
        groups = list(choices.values()) if isinstance(choices, dict) else [choices or []]
        names = {code: name for group in groups for code, name in group}
        if isinstance(self.field, SelectMultipleField):
            return ", ".join(str(names.get(code, code)) for code in value)
        text = str(value or "")
        other = labels.place(text) if self.field.short_name == "region" else text
        return str(names.get(text, other)) if text else ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """All that was typed, and the fields in which it differs from what others have saved."""

    typed: Values
    theirs: Values
    meetings: tuple[Meeting, ...]

    def choose(self, answers: Mapping[str, str]) -> None:
        """Take over what a person has chosen (`choose-FIELD`: a version)."""
        for one in self.meetings:
            answer = answers.get(f"choose-{one.field.short_name}")
            if answer in dict(one.versions):
                one.choice = str(answer)

    @property
    def open(self) -> list[Meeting]:
        """The fields that nobody has chosen for yet."""
        return [one for one in self.meetings if not one.choice]

    @property
    def resolved(self) -> Values:
        """What is to be saved: what others have saved, and what was chosen of one's own."""
        return {**self.theirs, **{one.field.short_name: one.chosen for one in self.meetings}}


def conflict_of(
    form: EditForm,
    was: Mapping[str, Any] | None,
    theirs: Mapping[str, Any],
    history: Sequence[Revision],
) -> Conflict:
    """Compare what was typed into a form with what stands, and both with what was.

    Args:
        form: what was typed.
        was: the stored record at the revision that the form was opened at; None if not known.
        theirs: the stored record as it stands.
        history: the revisions of the record, oldest first.
    """
    typed, stands = form.values, form.values_of(theirs)
    before = form.values_of(was) if was is not None else None
    saved = _savers(form, history)
    meetings = []
    for field in form.own:
        name = field.short_name
        if form.same(name, typed[name], stands[name]):
            continue
        old = before[name] if before is not None else None
        choice = ""
        if old is not None and form.same(name, old, typed[name]):
            choice = THEIRS
        elif old is not None and form.same(name, old, stands[name]):
            choice = YOURS
        who = saved.get(name) if choice != YOURS else None
        met = Meeting(field, old, stands[name], typed[name], who, choice, choice == THEIRS)
        met.both = None if choice else _joined(form, met)
        meetings.append(met)
    return Conflict(typed, stands, tuple(meetings))


def _joined(form: EditForm, met: Meeting) -> Value | None:
    """Put what both have added to a list together, without what one of them has taken out."""
    name = met.field.short_name
    if not is_list(met.field):
        return None
    was, theirs, yours = (_items(one) for one in (met.was or [], met.theirs, met.yours))
    kept = [one for one in theirs if one in yours or one not in was]
    joined = kept + [one for one in yours if one not in theirs and one not in was]
    value: Value = joined if isinstance(met.yours, list) else "\n".join(joined)
    is_one = form.same(name, value, met.theirs) or form.same(name, value, met.yours)
    return None if is_one else value


def _items(value: Value) -> list[str]:
    return (
        value if isinstance(value, list) else [x.strip() for x in value.splitlines() if x.strip()]
    )


def _savers(form: EditForm, history: Sequence[Revision]) -> dict[str, Revision]:
    """Tell by whom each field was changed last."""
    found: dict[str, Revision] = {}
    before: Values = form.values_of({})
    for one in history:
        now = form.values_of(one.payload or {})
        found |= {name: one for name, value in now.items() if value != before[name]}
        before = now
    return found
