"""Owns what two profiles of one firm become as one, field by field, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from profiles.errors import FieldError, InvalidRecord
from profiles.fields import LONGEST_LIST
from profiles.rows import AnyProfile
from profiles.schema import Startup
from profiles.validation import validate

Choice = Literal["keep", "drop"]
Values = dict[str, Any]
P = TypeVar("P", bound=AnyProfile)

_NO_CHOICE = ("id", "aliases", "consent")
_PERSONAL = ("contact", "consent")


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which two profiles differ; `is_list` tells that both values can stand together."""

    field: str
    keep: Any
    drop: Any
    is_list: bool


def choosable(profile: AnyProfile) -> list[str]:
    """Name the fields of which staff may choose whose value stands."""
    return [name for name in type(profile).model_fields if name not in _NO_CHOICE]


def differing(keep: AnyProfile, drop: AnyProfile) -> list[Difference]:
    """Give the fields with a choice in which two profiles differ, in the order of the schema."""
    fields = type(keep).model_fields
    return [
        Difference(name, one, other, fields[name].default == ())
        for name in choosable(keep)
        if (one := getattr(keep, name)) != (other := getattr(drop, name))
    ]


def fuse(keep: P, drop: P, choices: Mapping[str, Choice]) -> P:
    """Give the kept profile with what it lacks from the dropped one.

    Names become aliases, lists are united in order up to their bound, absent fields are filled; a
    value of the kept profile stands. A contact moves only together with its own consent. Of
    conflicts none is left out: where there would be too many, staff must choose.

    Args:
        keep: the profile that stays.
        drop: the one of the same side that goes.
        choices: field → whose value stands, where that is to be another.

    Raises:
        InvalidRecord: for a choice that is none, or where the values cannot stand together.
    """
    _refuse_choices(keep, choices)
    mine, theirs = _values(keep), _values(drop)
    fused: Values = {"id": keep.id}
    for name in choosable(keep):
        fused |= _fused(name, mine, theirs, choices.get(name))
    fused["conflicts"] = [id for id in fused.get("conflicts", ()) if id not in (keep.id, drop.id)]
    refuse_long(keep.id, "conflicts", fused["conflicts"])
    fused["aliases"] = _aliases(fused, mine, theirs)
    return validate(type(keep), fused)


def unfuse(now: P, after: P, before: P) -> P:
    """Take from a profile what a merge gave it, where nobody has changed it since.

    Args:
        now: the profile as it is.
        after: as the merge left it.
        before: as it was before the merge.

    Returns:
        A valid profile: a field that it cannot do without keeps the value that it has.

    Raises:
        InvalidRecord: if more conflicts would come together than a list holds.
    """
    held, given, had = _values(now), _values(after), _values(before)
    values: Values = {"id": now.id}
    for name in type(now).model_fields:
        if name not in _PERSONAL:
            back = _back(held.get(name), given.get(name), had.get(name))
            values |= _kept(name, back if name == "conflicts" else _cut(back))
    refuse_long(now.id, "conflicts", values.get("conflicts", ()))
    personal = had if _personal(held) == _personal(given) else held
    values |= _personal(personal)
    return _valid(type(now), values, held)


def refuse_long(id: str, field: str, ids: Sequence[str]) -> None:
    """Refuse more ids than a list holds: a conflict of interest must not be lost in silence.

    Raises:
        InvalidRecord: with an error of the field of the record `id`, if they are too many.
    """
    if len(ids) > LONGEST_LIST:
        told = {"list": field, "count": len(ids), "limit": LONGEST_LIST}
        raise InvalidRecord([FieldError(field, "list_full", id, told)])


def regain(said: P, now: P, before: P, after: P) -> P:
    """Give a profile, as a file says it, what a merge gave it, where that still stands.

    A value that the file says otherwise than it stood before the merge is the file's.

    Args:
        said: as a file says it, which does not know of the merge.
        now: the profile as it is held.
        before: as it was before the merge.
        after: as the merge left it.
    """
    values, held, had, given = (_values(one) for one in (said, now, before, after))
    made: Values = {"id": said.id}
    for name in choosable(said):
        made |= _kept(name, _regained(*(one.get(name) for one in (values, held, had, given))))
    personal = [_personal(one) for one in (values, held, had, given)]
    stands = personal[0] == personal[2] and personal[1] == personal[3]
    made = {name: value for name, value in made.items() if name not in _PERSONAL}
    made |= personal[3] if stands else personal[0]
    aliases = _regained(*(one.get("aliases", []) for one in (values, held, had, given)))
    called = set(made["name"].values())
    made["aliases"] = [one for one in aliases if one not in called]
    return _valid(type(said), made, values)


def without_contact(profile: AnyProfile) -> AnyProfile:
    """Give a profile without contact and consent."""
    if isinstance(profile, Startup):
        return profile.model_copy(update={"contact": None, "consent": None})
    return profile


def _values(profile: AnyProfile) -> Values:
    return profile.model_dump(mode="json", exclude_defaults=True)


def _personal(values: Values) -> Values:
    return {name: values[name] for name in _PERSONAL if name in values}


def _kept(name: str, value: Any) -> Values:
    return {} if value is None else {name: value}


def _fused(name: str, mine: Values, theirs: Values, choice: Choice | None) -> Values:
    """Give the field, with the consent where it is the contact, as values to be validated."""
    names = _PERSONAL if name == "contact" else (name,)
    one = {n: mine[n] for n in names if n in mine}
    other = {n: theirs[n] for n in names if n in theirs}
    if choice:
        return one if choice == "keep" else other
    if name in mine and name in theirs and isinstance(mine[name], list):
        united = list(dict.fromkeys([*mine[name], *theirs[name]]))
        return {name: united if name == "conflicts" else united[:LONGEST_LIST]}
    return one if name in mine or name not in theirs else other


def _aliases(fused: Values, mine: Values, theirs: Values) -> list[str]:
    """Give every name and alias of both that is not the name that stands, in order."""
    called = set(fused["name"].values())
    names = [
        *mine.get("aliases", ()),
        *mine["name"].values(),
        *theirs["name"].values(),
        *theirs.get("aliases", ()),
    ]
    return [one for one in dict.fromkeys(names) if one not in called][:LONGEST_LIST]


def _back(now: Any, after: Any, before: Any) -> Any:
    if now == after:
        return before
    if any(isinstance(one, list) for one in (now, after, before)):
        given = [one for one in after or () if one not in (before or ())]
        taken = [one for one in before or () if one not in (after or ())]
        left = [one for one in now or () if one not in given]
        return [*left, *(one for one in taken if one not in left)]
    return now


def _cut(value: Any) -> Any:
    return value[:LONGEST_LIST] if isinstance(value, list) else value


def _regained(said: Any, now: Any, before: Any, after: Any) -> Any:
    if any(isinstance(one, list) for one in (said, now, before, after)):
        said, now, before, after = (one or [] for one in (said, now, before, after))
        taken = [one for one in before if one not in (*after, *now)]
        given = [one for one in after if one not in before and one in now]
        left = [one for one in said if one not in taken]
        return list(dict.fromkeys([*left, *given]))[:LONGEST_LIST]
    return after if said == before and now == after else said


def _valid(model: type[P], values: Values, held: Values) -> P:
    """Validate; where values break a rule together, the fields that it names stay as they are."""
    while True:
        try:
            return validate(model, values)
        except InvalidRecord as error:
            wrong = {one.field.split(".")[0] for one in error.errors}
            restored = {name: held.get(name) for name in wrong}
            if all(values.get(name) == value for name, value in restored.items()):
                return validate(model, held)
            values = {**values, **restored}


def _refuse_choices(keep: AnyProfile, choices: Mapping[str, Choice]) -> None:
    allowed = choosable(keep)
    wrong = [
        FieldError(name, "merge_field", choice, {"allowed": ", ".join(allowed)})
        for name, choice in choices.items()
        if name not in allowed or choice not in ("keep", "drop")
    ]
    if wrong:
        raise InvalidRecord(wrong)
