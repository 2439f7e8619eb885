"""Owns what the command line and the stories tell of plans, proposals and advice: tables, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from matcher.assignment import UNIT, Status
from matcher.districts import SORTS
from profiles.rules import RuleKind
from profiles.taxonomy import in_a_row
from service.planning_words import LABELS

if TYPE_CHECKING:
    from matcher.advice import Advice, Interval, Option
    from matcher.districts import Candidate, Proposal
    from matcher.pairing import Plan, Row
    from profiles.taxonomy import Names


def points(value: int) -> str:
    """Write points that are held in 1/1024 as tables show them."""
    return f"{value / UNIT:.1f}"


def plan_tables(plan: Plan, lang: str) -> list[Table | str]:
    """Give a plan as a table, and a sentence on what it reproduces and what differing gains."""
    say = LABELS[lang]
    if plan.contradiction:
        ways = (f"- {one.said.in_(lang)}" for one in plan.contradiction.relaxations)
        return [say["contradiction"].format(said=plan.contradiction.said.in_(lang)), *ways]
    if not plan.is_planned:
        return [plan_sentence(plan, lang)]
    table = _table(say, "region", "planned", "held", "fit", "change", "why")
    for row in plan.rows:
        table.add_row(*_plan_cells(row, say, lang))
    return [table, plan_sentence(plan, lang)]


def _plan_cells(row: Row, say: dict[str, str], lang: str) -> tuple[str, ...]:
    why = in_a_row(one.phrase.in_(lang) for one in row.grounds)
    return (
        row.region.name.in_(lang),
        row.planned.name.in_(lang) if row.planned else say["none"],
        ", ".join(one.name.in_(lang) for one in row.held) or say["none"],
        points(row.fit),
        say["none"] if row.difference is None else f"{row.difference / UNIT:+.1f}",
        why,
    )


def plan_sentence(plan: Plan, lang: str) -> str:
    """Say how many pairings of the day a plan reproduces, and what it gains where it differs.

    Where the time ended before a plan was found, or was proven best, that is said, and what is
    known so far.
    """
    say, day = LABELS[lang], plan.as_of.isoformat()
    if not plan.is_planned:
        return " ".join(_without_plan(plan, say))
    if not plan.compared:
        return say["no_pairing"].format(day=day)
    told = {"kept": plan.kept, "all": len(plan.compared), "day": day}
    told |= {"gain": points(abs(plan.gain)), "gains": say["costs" if plan.gain < 0 else "gains"]}
    same = plan.kept == len(plan.compared)
    said = [say["plan_same" if same else "plan"].format(**told)]
    if left := [row.region.name.in_(lang) for row in plan.rows if row.planned is None]:
        said.append(say["left"].format(names=", ".join(left)))
    if plan.solution.status is Status.FEASIBLE:
        said.insert(0, say["feasible"].format(seconds=seconds_told(plan.seconds)))
    return " ".join(said)


def _without_plan(plan: Plan, say: dict[str, str]) -> tuple[str, ...]:
    hosts = plan.instance.hosts
    proven = plan.solution.status is Status.INFEASIBLE
    known = {
        "regions": len(plan.rows),
        "companies": len(hosts),
        "most": max(host.high or 0 for host in hosts),
        "places": sum(host.high or 0 for host in hosts),
        "kept": sum(rule.kind is RuleKind.FORCED for rule in plan.instance.rules),
    }
    ended = say["infeasible" if proven else "unknown_plan"]
    seconds = seconds_told(plan.seconds)
    return ended.format(seconds=seconds), say["known"].format(**known), say["more_time"]


def proposal_sentence(proposal: Proposal, lang: str) -> str:
    """Say that the time ended before districts were found or proven best; else empty."""
    say, status = LABELS[lang], proposal.solution.status
    if status is Status.OPTIMAL:
        return ""
    ended = say["feasible" if status is Status.FEASIBLE else "unknown_districts"]
    return f"{ended.format(seconds=seconds_told(proposal.seconds))} {say['more_time']}"


def seconds_told(seconds: float) -> str:
    """Write a limit of time without needless digits."""
    return f"{seconds:g}"


def plan_json(plan: Plan) -> dict[str, object]:
    """Give a plan as plain values."""
    return {
        "as_of": plan.as_of.isoformat(),
        "digest": plan.instance.digest,
        "solution": plan.solution.as_json(),
        "contradiction": _both(plan.contradiction.said) if plan.contradiction else None,
        "kept": plan.kept,
        "compared": len(plan.compared),
        "gain": plan.gain / UNIT if plan.is_planned else None,
        "regions": [_plan_row(row) for row in plan.rows],
    }


def _plan_row(row: Row) -> dict[str, object]:
    return {
        "region": row.region.code,
        "centre": row.region.centre.id,
        "planned": row.planned.id if row.planned else None,
        "held": [one.id for one in row.held],
        "fit": row.fit / UNIT if row.planned else None,
        "held_fit": None if row.held_fit is None else row.held_fit / UNIT,
        "why": [
            {"points": one.points / UNIT, "said": _both(one.phrase), "source": one.source}
            for one in row.grounds
        ],
    }


def proposal_tables(proposal: Proposal, lang: str) -> list[Table | str]:
    """Give the districts that are proposed as a table, and another one of those that are not."""
    say = LABELS[lang]
    table = _table(say, "district", "points", "why")
    for one in proposal.chosen:
        table.add_row(one.name.in_(lang), str(one.points), members_told(one, lang))
    left = _table(say, "district", "points", "not")
    for one in proposal.others:
        left.add_row(
            one.name.in_(lang), str(one.points), one.because.in_(lang) if one.because else ""
        )
    told = proposal_sentence(proposal, lang)
    return [*([told] if told else []), table, left]


def members_told(one: Candidate, lang: str) -> str:
    """Count those who would make a district, by sort."""
    counts = ((sort.name.in_(lang), len(one.members[sort.code])) for sort in SORTS)
    return ", ".join(f"{name} {count}" for name, count in counts if count)


def proposal_json(proposal: Proposal) -> dict[str, object]:
    """Give a proposal as plain values."""
    return {
        "as_of": proposal.as_of.isoformat(),
        "digest": proposal.instance.digest,
        "balanced": proposal.balanced,
        "solution": proposal.solution.as_json(),
        "proposed": [_candidate(one) for one in proposal.chosen],
        "others": [_candidate(one) for one in proposal.others],
    }


def _candidate(one: Candidate) -> dict[str, object]:
    return {
        "region": one.region,
        "sector": one.sector,
        "points": one.points,
        "members": {code: list(held) for code, held in one.members.items()},
        "because": _both(one.because) if one.because else None,
    }


def advice_tables(advice: Advice, lang: str) -> list[Table | str]:
    """Give advice as a table of the parts, the best first; those that refuse follow with why."""
    say = LABELS[lang]
    table = _table(say, "part", "fit", "crowding", "worth", "why")
    for one in advice.options:
        table.add_row(*_advice_cells(one, say, lang))
    head: list[Table | str] = [
        f"{advice.startup.name.in_(lang)} – {advice.programme.name.in_(lang)}"
    ]
    return [*head, table] if advice.best else [*head, say["no_part"], table]


def _advice_cells(one: Option, say: dict[str, str], lang: str) -> tuple[str, ...]:
    told = [reason.phrase for reason in one.refusals] if one.refusals else one.reasons
    said = [sentence.in_(lang) for sentence in told]
    return (
        one.part.name.in_(lang),
        say["none"] if one.fit is None else f"{one.fit:.1f}",
        interval_told(one.competition.crowding) or say["unknown"],
        interval_told(one.worth) or say["none"],
        " · ".join(said) if one.refusals else in_a_row(said),
    )


def interval_told(value: Interval | None) -> str:
    """Write an interval, one of a single value as that; empty where there is none."""
    if value is None:
        return ""
    low, high = f"{value.low:.1f}", f"{value.high:.1f}"
    return low if low == high else f"{low}–{high}"


def advice_json(advice: Advice) -> dict[str, object]:
    """Give advice as plain values."""
    return {
        "startup": advice.startup.id,
        "programme": advice.programme.id,
        "as_of": advice.as_of.isoformat(),
        "model_version": advice.model_version,
        "seq": advice.seq,
        "best": advice.best.part.id if advice.best else None,
        "parts": [_option(one) for one in advice.options],
    }


def _option(one: Option) -> dict[str, object]:
    found = one.competition
    return {
        "part": one.part.id,
        "fit": one.fit,
        "places": one.part.places,
        "places_assumed": one.part.places_assumed,
        "rivals": {"sure": found.sure, "open": found.open, "of": found.of},
        "crowding": _ends(found.crowding),
        "worth": _ends(one.worth),
        "refusals": [{"code": reason.code, **_both(reason.phrase)} for reason in one.refusals],
        "why": [_both(sentence) for sentence in one.reasons],
    }


def _ends(value: Interval | None) -> list[float] | None:
    return None if value is None else [value.low, value.high]


def _both(said: Names) -> dict[str, str]:
    return {"en": said.en, "ko": said.ko}


def _table(say: dict[str, str], *columns: str) -> Table:
    table = Table()
    for name in columns:
        right = name in ("fit", "change", "points", "crowding", "worth")
        table.add_column(say[name], justify="right" if right else "left", overflow="fold")
    return table
