"""Owns the way from a draft to a startup: its steps, what is missing, and the handing in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from profiles import FieldError, IdTaken, InvalidRecord, Startup, Store, validate
from profiles.drafts import Draft, Values, begin, edits_of, rebase, remove
from profiles.kinds import Side
from profiles.rows import unknown_id
from profiles.text import is_clean
from service.editing import Kept, read, replace, state
from service.privacy import withdraw
from service.submission import submit
from service.wiring import Dari

Step = Literal["who", "build", "seek", "place", "consent"]

STEPS: Mapping[Step, tuple[str, ...]] = {
    "who": ("name_ko", "name_en", "website"),
    "build": ("summary_ko", "summary_en", "offering_ko", "offering_en"),
    "seek": ("seeking_ko", "seeking_en", "seeks", "offers"),
    "place": ("sectors", "region", "stage", "trl"),
    "consent": ("contact", "consent"),
}
"""The steps of the form, in order, and the fields that each asks for."""

TEXTS = ("summary", "seeking", "offering")
LISTS = frozenset({"sectors", "seeks", "offers"})
OWN_MAKER = "startup"
"""Who makes the revisions of a startup that edits itself."""

_PARTS = ("ko", "en")
_SINGLE = ("region", "stage", "trl", "website", "contact")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is: the rules that it breaks, and the fields of the schema left empty."""

    step: Step
    errors: tuple[FieldError, ...]
    empty: tuple[str, ...]
    is_begun: bool

    @property
    def is_missing(self) -> bool:
        """Whether only something required is missing, and nothing is wrong."""
        return bool(self.errors) and all(e.code in _REQUIRED for e in self.errors)


_REQUIRED = ("missing", "text_missing", "consent")


def clean_values(step: Step, given: Mapping[str, list[str]]) -> dict[str, str | list[str]]:
    """Read what a form sent for a step; lines end alike whatever browser sent them."""
    return {
        name: list(dict.fromkeys(given.get(name, [])))
        if name in LISTS
        else (given.get(name) or [""])[0].replace("\r\n", "\n").replace("\r", "\n")
        for name in STEPS[step]
    }


def raw_of(values: Values, consent: Mapping[str, object] | None) -> dict[str, object]:
    """Give what was typed as the schema reads it.

    A text in one language alone is read in the language that it is written in, whichever box it
    stands in. Consent goes with an address only.
    """
    raw: dict[str, object] = {name: values.get(name, "") for name in _SINGLE}
    raw["name"] = {part: values.get(f"name_{part}", "") for part in _PARTS}
    for name in TEXTS:
        typed = {part: str(values.get(f"{name}_{part}", "")) for part in _PARTS}
        filled = [text for text in typed.values() if text.strip()]
        raw[name] = filled[0] if len(filled) == 1 else typed
    raw |= {name: values.get(name) or [] for name in LISTS}
    if consent and values.get("consent") and str(raw["contact"]).strip():
        raw["consent"] = consent
    return raw


def values_of(startup: Startup) -> dict[str, str | list[str]]:
    """Give the values of a kept startup as the form shows them."""
    kept = startup.model_dump(mode="json", exclude_none=True)
    values: dict[str, str | list[str]] = {name: str(kept.get(name, "")) for name in _SINGLE}
    for name in ("name", *TEXTS):
        values |= {f"{name}_{part}": (kept.get(name) or {}).get(part) or "" for part in _PARTS}
    values |= {name: list(kept.get(name, ())) for name in LISTS}
    values["consent"] = "y" if startup.consent else ""
    return values


def errors_of(values: Values, consent: Mapping[str, object]) -> list[FieldError]:
    """Find every rule that a draft breaks as it stands, by field of the schema."""
    try:
        startup_of("x", values, consent)
    except InvalidRecord as error:
        return list(error.errors)
    return []


def startup_of(id: str, values: Values, consent: Mapping[str, object]) -> Startup:
    """Read a draft as the startup that it would be.

    Raises:
        InvalidRecord: with one error for each broken rule.
    """
    return validate(Startup, {**raw_of(values, consent), "id": id})


def progress(values: Values, consent: Mapping[str, object], lang: str) -> list[Progress]:
    """Tell of each step how far it is."""
    errors = errors_of(values, consent)
    return [_progress(step, values, errors, lang) for step in STEPS]


def _progress(step: Step, values: Values, errors: Iterable[FieldError], lang: str) -> Progress:
    own = tuple(one for one in errors if field_of(one, values, lang) in STEPS[step])
    filled = {_stem(name) for name in STEPS[step] if _is_filled(values.get(name))}
    stems = dict.fromkeys(_stem(name) for name in STEPS[step] if name != "consent")
    return Progress(step, own, tuple(one for one in stems if one not in filled), bool(filled))


def step_of(field: str) -> Step:
    """Name the step that asks for a field of the schema."""
    return next(step for step, names in STEPS.items() if field in map(_stem, names))


def field_of(error: FieldError, values: Values, lang: str) -> str:
    """Name the field of the form that an error of the schema belongs to."""
    first, _, part = error.field.partition(".")
    if first not in ("name", *TEXTS):
        return first
    if part in _PARTS:
        return f"{first}_{part}"
    typed = {one: str(values.get(f"{first}_{one}", "")) for one in _PARTS}
    broken = [one for one, text in typed.items() if not is_clean(text)]
    longest = max(typed, key=lambda one: len(typed[one]))
    return f"{first}_{next(iter(broken), longest if typed[longest].strip() else lang)}"


def expiry(dari: Dari, now: datetime) -> datetime:
    """Tell until when a draft is kept that is changed now."""
    return now + timedelta(days=dari.settings.draft_days)


def hand_in(
    dari: Dari, draft: Draft, consent: Mapping[str, object], *, by: str, now: datetime
) -> Startup:
    """Make a draft a startup, and let the draft go; of an edit, change the startup.

    The id of the startup is that of the draft with another letter before it, so a draft that is
    handed in twice at one moment is one startup.

    Raises:
        InvalidRecord: with one error for each broken rule; the draft stays.
        StaleEdit: if the startup has been changed since the draft was begun; the draft stays.
        UnknownId: if that startup has been erased; a `MergedId` if it has been merged.
    """
    if draft.startup is None:
        startup = _submitted(dari, draft, consent, by)
    else:
        startup = _changed(dari, draft, consent)
    remove(dari.store, draft.id)
    return startup


def startup_id(draft: str) -> str:
    """Name the startup that a draft becomes."""
    return f"s-{draft.removeprefix('d-')}"


def _submitted(dari: Dari, draft: Draft, consent: Mapping[str, object], by: str) -> Startup:
    id = startup_id(draft.id)
    try:
        return submit(dari, {**raw_of(draft.values, consent), "id": id}, by=by)
    except IdTaken:
        return _startup(kept_startup(dari.store, id))


def _changed(dari: Dari, draft: Draft, consent: Mapping[str, object]) -> Startup:
    kept = kept_startup(dari.store, str(draft.startup))
    held = kept.record.model_dump(mode="json", exclude_defaults=True)
    own = raw_of(draft.values, held.get("consent") or consent)
    if own["contact"] != held.get("contact") and "consent" in own:
        own["consent"] = consent
    now = {"contact": None, "consent": None, **own}
    written = replace(dari, kept, {**held, **now}, base=draft.base or 0, by=OWN_MAKER, own=True)
    if held.get("contact") and not own["contact"]:
        withdraw(dari, kept.id, by=OWN_MAKER)  # the address goes from older revisions, too
    return _startup(written)


def kept_startup(store: Store, id: str) -> Kept:
    """Read a startup with the revision that an edit of it must name.

    Raises:
        UnknownId: if there is none.
    """
    return read(store, "startup", id)


def read_startup(store: Store, id: str) -> Startup:
    """Read a startup.

    Raises:
        UnknownId: if there is none; a `MergedId` if it has been merged into another.
    """
    return _startup(kept_startup(store, id))


def _startup(kept: Kept) -> Startup:
    if not isinstance(kept.record, Startup):
        raise unknown_id(kept.id)
    return kept.record


def begin_edit(dari: Dari, id: str, *, language: str, now: datetime) -> Draft:
    """Begin to edit a startup, or go on with the edit that there is.

    Raises:
        UnknownId: if there is no such startup.
    """
    kept = kept_startup(dari.store, id)
    if begun := edits_of(dari.store, id, now):
        return begun[0]
    return begin(
        dari.store,
        values_of(_startup(kept)),
        language=language,
        now=now,
        expires_at=expiry(dari, now),
        startup=id,
        base=kept.revision,
    )


@dataclass(frozen=True, slots=True)
class Met:
    """A field that both the startup and somebody else have changed: what each says."""

    field: str
    theirs: str | list[str]


def catch_up(dari: Dari, draft: Draft, *, now: datetime) -> list[Met]:
    """Bring an edit together with what others have changed since it was begun.

    What only others have changed is taken over. What both have changed stays as the draft has it,
    and is told. The draft then stands on the newest revision.

    Raises:
        UnknownId: if the startup or the draft is gone.
    """
    kept = kept_startup(dari.store, str(draft.startup))
    before = state(dari.store, "startup", kept.id, draft.base or 0)
    base = values_of(Startup.model_validate(before)) if before else {}
    theirs = values_of(_startup(kept))
    changed = {name for name, value in theirs.items() if base.get(name) != value}
    ours = {name for name in changed if base.get(name) != draft.values.get(name)}
    met = [
        Met(name, theirs[name])
        for name in theirs
        if name in ours and draft.values.get(name) != theirs[name]
    ]
    values = {**draft.values, **{name: theirs[name] for name in changed - ours}}
    rebase(dari.store, draft.id, values, kept.revision, now=now)
    return met


def is_behind(dari: Dari, draft: Draft) -> bool:
    """Tell whether the startup that a draft edits has been changed since it was begun."""
    return draft.startup is not None and (
        kept_startup(dari.store, draft.startup).revision != draft.base
    )


def is_startup(store: Store, id: str) -> bool:
    """Tell whether there is a startup of this id."""
    return store.sides([id]).get(id) is Side.STARTUP


def _stem(name: str) -> str:
    stem, _, part = name.rpartition("_")
    return stem if part in _PARTS else name


def _is_filled(value: Any) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)
