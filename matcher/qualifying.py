"""Owns how a startup stands to a programme's rules: met now, missing, within reach or out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice

from matcher.bundle_words import say
from matcher.eligibility import Reason, startup_refusals
from matcher.sources import Sources
from profiles import Programme, Side, Stage, Startup
from profiles.taxonomy import Names, region_names, sector_names, sectors, term_names, terms

MOST_LOOKED_AT = 20_000
"""Of how many startups it is looked up who qualifies, by id."""


class Reach(StrEnum):
    """When a startup may apply.

    Now; once it says what is not known; once it has reached what is asked; once the programme
    begins; or not at all.
    """

    NOW = "now"
    SAY = "say"
    REACH = "reach"
    BEGINS = "begins"
    OUT = "out"


class StepKind(StrEnum):
    """What is to be done: say what is so, grow, or wait."""

    SAY = "say"
    REACH = "reach"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a startup lacks for a programme, and what leads there.

    `far` is how far away it is: levels of readiness or stages; 0 for what need only be said.
    """

    kind: StepKind
    field: str
    said: Names
    far: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a startup stands to a programme.

    Attributes:
        reach: when it may apply.
        met: the rules that it meets, in words.
        steps: what it lacks and can truthfully say or reach; none where it may not apply at all.
        refusals: every rule that it does not meet now, or that nobody can check.
    """

    reach: Reach
    met: tuple[Names, ...]
    steps: tuple[Step, ...]
    refusals: tuple[Reason, ...]

    @property
    def order(self) -> tuple[int, int, int]:
        """What it is ordered by: the reach, how far away it is, how many rules are met."""
        far = sum(step.far for step in self.steps)
        return [*Reach].index(self.reach), far, -len(self.met)


def standing_under(startup: Startup, programme: Programme, on: date) -> Standing:
    """Tell how a startup stands to the rules of a programme on a day."""
    refusals = tuple(startup_refusals(startup, programme))
    if programme.valid_to is not None and programme.valid_to < on:
        over = Reason("over", say("over", day=programme.valid_to.isoformat()))
        return Standing(Reach.OUT, _met(startup, programme, refusals), (), (*refusals, over))
    steps = [_step(startup, programme, reason) for reason in refusals]
    if programme.valid_from is not None and programme.valid_from > on:
        said = say("step_wait", day=programme.valid_from.isoformat())
        steps.append(Step(StepKind.WAIT, "valid_from", said))
    known = tuple(step for step in steps if step is not None)
    if len(known) < len(steps):
        return Standing(Reach.OUT, _met(startup, programme, refusals), (), refusals)
    return Standing(_reach(known), _met(startup, programme, refusals), known, refusals)


def _reach(steps: tuple[Step, ...]) -> Reach:
    kinds = {step.kind for step in steps}
    if StepKind.REACH in kinds:
        return Reach.REACH
    if StepKind.SAY in kinds:
        return Reach.SAY
    return Reach.BEGINS if kinds else Reach.NOW


def _step(startup: Startup, programme: Programme, reason: Reason) -> Step | None:
    """Give what leads to a rule being met; None where nothing can truthfully be done."""
    field, _, rest = reason.code.partition("_")
    if rest == "unknown" or field == "need":
        return Step(StepKind.SAY, field, say(f"step_{reason.code}"))
    if reason.code == "stage" and startup.stage is not None:
        return _next_stage(startup.stage, programme)
    if reason.code == "trl" and startup.trl is not None:
        return _next_level(startup.trl, programme)
    return None


def _next_stage(own: Stage, programme: Programme) -> Step | None:
    every = list(Stage)
    later = [one for one in every[every.index(own) + 1 :] if one in programme.stages]
    if not later:
        return None
    far = every.index(later[0]) - every.index(own)
    name = terms("stages")[later[0].value].name
    return Step(StepKind.REACH, "stage", say("step_stage", stage=name), far)


def _next_level(own: int, programme: Programme) -> Step | None:
    low = programme.trl_min
    if low is None or own >= low:
        return None
    return Step(StepKind.REACH, "trl", say("step_trl", level=low, own=own), low - own)


def _met(startup: Startup, programme: Programme, refusals: tuple[Reason, ...]) -> tuple[Names, ...]:
    """Say which rules are met; of sectors and supports, by which of the startup's own."""
    broken = {reason.code.partition("_")[0] for reason in refusals}
    told = {
        "region": region_names(programme.regions),
        "country": region_names(programme.countries),
        "sector": sector_names(_own_sectors(startup, programme)),
        "stage": term_names("stages", programme.stages),
        "trl": _levels(programme),
        "need": term_names("supports", tuple(x for x in startup.seeks if x in programme.needs)),
    }
    return tuple(
        say(f"met_{field}", wanted=wanted)
        for field, wanted in told.items()
        if wanted.en and field not in broken
    )


def _own_sectors(startup: Startup, programme: Programme) -> list[str]:
    """Give the startup's sectors that a programme names, or whose parent it names."""
    named = set(programme.sectors)
    return [code for code in startup.sectors if named & {code, sectors()[code].parent}]


def _levels(programme: Programme) -> Names:
    low, high = programme.trl_min, programme.trl_max
    told = f"{low or 1}–{high or 9}" if low or high else ""
    return Names(told, told)


@dataclass(frozen=True, slots=True)
class Qualifying:
    """Who of the startups of a store may apply to a programme.

    Attributes:
        programme: the programme.
        on: the day that counts.
        now: those that meet every rule, by id.
        close: those that lack what can be said or reached, the nearest first, with what it is.
        out: those for whom it is not, by id, with the rules that they can never meet.
        broken: code of a rule → how many startups do not meet it, the most first.
        looked_at: how many were looked at.
        is_whole: whether these are all.
    """

    programme: Programme
    on: date
    now: tuple[Startup, ...]
    close: tuple[tuple[Startup, Standing], ...]
    out: tuple[tuple[Startup, Standing], ...]
    broken: Mapping[str, int]
    looked_at: int
    is_whole: bool


def qualifying(sources: Sources, programme: Programme, as_of: date | None) -> Qualifying:
    """Tell who of the startups of a store may apply to a programme, now or later."""
    on = sources.matchmaker.day(programme, as_of)
    every = islice(sources.store.each(Side.STARTUP), MOST_LOOKED_AT)
    looked = [
        (one, standing_under(one, programme, on)) for one in every if isinstance(one, Startup)
    ]
    broken = Counter(reason.code for _, told in looked for reason in told.refusals)
    close = [(one, told) for one, told in looked if told.reach not in (Reach.NOW, Reach.OUT)]
    return Qualifying(
        programme,
        on,
        tuple(one for one, told in looked if told.reach is Reach.NOW),
        tuple(sorted(close, key=lambda pair: (pair[1].order, pair[0].id))),
        tuple((one, told) for one, told in looked if told.reach is Reach.OUT),
        dict(sorted(broken.items(), key=lambda pair: (-pair[1], pair[0]))),
        len(looked),
        sources.store.count(Side.STARTUP) <= MOST_LOOKED_AT,
    )
