"""Owns the `assign` command: the places of a programme given out, and why so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from service.console import opened, print_json, say, show, tell_in

if TYPE_CHECKING:
    from rich.table import Table

    from matcher.assignment import Price, Tags
    from profiles.rules import Rule
    from service.assigning import Assigned, Limits
    from service.wiring import Dari

T = TypeVar("T")

_BY = "command line"
_WAIT_S = 0.2
_SAID = {
    "en": {
        "applicant": "applicant",
        "host": "host",
        "fit": "fit",
        "aim": "aim",
        "value": "reached",
        "bound": "bound",
        "gap": "gap",
        "rule": "rule",
        "cost": "total fit, points",
        "percent": "% of the total without the rule",
        "placed": "places",
        "worst": "least fit",
        "prices": "What each rule costs (what there would be more without it)",
        "joint": "Rules that hide each other (what there would be more without all of them)",
        "idle": "Do not bind: {rules}",
        "untried": "The time did not suffice to tell what these cost: {rules}",
        "rules": "Rules",
        "left": "Without a place: {names}",
        "kept": "Kept as decision {id} (draft) of cohort {cohort}; digest {digest}",
        "digest": "Digest of the record: {digest}",
        "ending": "Ending; the best so far follows.",
        "head": "{programme}: applicants {applicants}, hosts {hosts}, as of {day}, model {model}",
        "open": "Startups may still apply to {cohort}{until}: who applies from now on has no part "
        "in this. Close the intake, and assign again, before it is made final.",
        "until": " (last day {day})",
        "aside": "On the way and no part of this: {names}",
    },
    "ko": {
        "applicant": "신청자",
        "host": "수용처",
        "fit": "적합도",
        "aim": "목표",
        "value": "결과",
        "bound": "한계",
        "gap": "차이",
        "rule": "규칙",
        "cost": "적합도 합계(점)",
        "percent": "규칙이 없을 때 합계 대비 %",
        "placed": "배정 수",
        "worst": "최저 적합도",
        "prices": "규칙별 비용(그 규칙이 없을 때 늘어나는 양)",
        "joint": "서로를 가리는 규칙(모두 없을 때 늘어나는 양)",
        "idle": "결과에 영향이 없는 규칙: {rules}",
        "untried": "시간이 모자라 비용을 따지지 못한 규칙: {rules}",
        "rules": "규칙",
        "left": "자리를 받지 못한 곳: {names}",
        "kept": "차수 {cohort}의 결정 {id}(초안)로 보관. 해시 {digest}",
        "digest": "기록의 해시: {digest}",
        "ending": "중단합니다. 지금까지의 최선을 보여 줍니다.",
        "head": "{programme}: 신청자 {applicants}곳, 수용처 {hosts}곳, 기준일 {day}, 모델 {model}",
        "open": "{cohort}: 접수 중입니다{until}. 이제부터 들어오는 신청은 이 배정에 들지 않습니다. "
        "확정하기 전에 접수를 마감하고 다시 배정해 주세요.",
        "until": "(마감일 {day})",
        "aside": "아직 심사 단계에 있어 이 배정에 포함되지 않은 곳: {names}",
    },
}


@click.command()
@click.argument("programme")
@click.option("--cohort", type=int, help="Number of a cohort (default: the newest under way).")
@click.option("--seconds", default=60.0, show_default=True, help="How long the search may take.")
@click.option("--seed", type=int, help="Seed by which ties are broken, where there is no cohort.")
@click.option(
    "--rule",
    "added",
    multiple=True,
    metavar="'NAME=VALUE ...'",
    help="One more rule, such as 'kind=share group=area:non_capital low=30'; repeatable.",
)
@click.option("--without", multiple=True, metavar="RULE", help="Leave a rule out; repeatable.")
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of it and of errors.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def assign(
    programme: str,
    cohort: int | None,
    seconds: float,
    seed: int | None,
    added: tuple[str, ...],
    without: tuple[str, ...],
    lang: str | None,
    as_json: bool,
) -> None:
    """Give out the places of a programme by its rules, and tell what each rule costs.

    It takes the cohort of the programme that is under way; without one, the startups of the store
    that meet its rules. Ctrl+C ends the search with the best so far.
    """
    from service.assigned_words import assigned_json

    dari = opened()
    language = lang or dari.settings.language
    tell_in(language)
    limits = _limits(seconds)
    rules = [_rule(text, number) for number, text in enumerate(added, 1)]
    found = _interruptible(
        lambda stop: _assigned(dari, programme, cohort, seed, rules, without, limits(stop)),
        _SAID[language]["ending"],
    )
    for line in _warned(dari, found, language):
        say(line)
    if as_json:
        print_json(assigned_json(found))
    else:
        show(*(_plain(one) for one in _told(dari, found, language)))


def _warned(dari: Dari, found: Assigned, lang: str) -> Iterator[str]:
    """Tell that startups may still apply to the cohort, and who of it is no part of the result."""
    from service.assigned_words import naming
    from service.deciding import left_out

    words, held = _SAID[lang], found.cohort
    if held is None:
        return
    if held.is_taking_on(dari.settings.today()):
        until = words["until"].format(day=held.closes) if held.closes else ""
        yield words["open"].format(cohort=held.name, until=until)
    if aside := left_out(dari.store, held, found.record):
        name = naming(dari.store, aside, lang)
        yield words["aside"].format(names=", ".join(map(name, aside)))


def _plain(told: object) -> object:
    """Give what is told without what would be read as markup."""
    from rich.text import Text

    return Text(told) if isinstance(told, str) else told


def _limits(seconds: float) -> Callable[[Callable[[], bool]], Limits]:
    from service.assigning import MOST_SECONDS, Limits
    from service.entrants import AssigningError

    if not 0.1 <= seconds <= MOST_SECONDS:
        raise AssigningError("seconds", "assign_seconds", seconds)
    return lambda stop: Limits(seconds, stop)


def _assigned(
    dari: Dari,
    programme: str,
    cohort: int | None,
    seed: int | None,
    rules: Sequence[Rule],
    without: Sequence[str],
    limits: Limits,
) -> Assigned:
    from profiles.cohorts import CohortError, open_cohort_of
    from profiles.cohorts import cohort as read
    from service.assigning import assign as assign_cohort
    from service.assigning import assign_programme

    dari.store.programme(programme)
    held = read(dari.store, cohort) if cohort else open_cohort_of(dari.store, programme)
    if held is not None and held.programme != programme:
        raise CohortError("cohort", "cohort_other_programme", cohort, programme=programme)
    given: dict[str, Any] = {"by": _BY, "limits": limits, "without": without, "rules": rules}
    if held is not None:
        return assign_cohort(dari, held.id, **given)
    return assign_programme(dari, programme, seed=seed, **given)


def _interruptible(run: Callable[[Callable[[], bool]], T], ending: str) -> T:
    """Run something beside the main thread, which alone hears Ctrl+C; the first one asks it to end.

    Raises:
        KeyboardInterrupt: at the second Ctrl+C.
    """
    stopped, done = threading.Event(), threading.Event()
    found: list[T] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(run(stopped.is_set))
        except BaseException as error:
            failed.append(error)
        finally:
            done.set()

    threading.Thread(target=work, daemon=True).start()
    while not done.is_set():
        try:
            done.wait(_WAIT_S)
        except KeyboardInterrupt:
            if stopped.is_set():
                raise
            stopped.set()
            say(ending)
    if failed:
        raise failed[0]
    return found[0]


def _rule(text: str, number: int) -> Rule:
    """Read a rule as it is typed: name=value pairs with spaces between them.

    Raises:
        InvalidRecord: naming the field that is wrong.
    """
    from profiles import validate
    from profiles.rules import Rule

    raw: dict[str, str] = {"id": f"typed-{number}"}
    for part in text.split():
        name, given, value = part.partition("=")
        value = value if given else part
        raw[name] = value.replace(",", ";") if name in ("applicants", "hosts") else value
    return validate(Rule, raw)


def _told(dari: Dari, found: Assigned, lang: str) -> Iterator[object]:
    from service.assigned_words import naming_of, rule_said, status_name

    words, name = _SAID[lang], naming_of(dari.store, found, lang)
    fitted = found.fitted
    yield words["head"].format(
        programme=found.programme.name.in_(lang),
        applicants=len(fitted.instance.applicants),
        hosts=len(fitted.instance.hosts),
        day=fitted.as_of,
        model=fitted.model_version,
    )
    yield f"{words['rules']}:"
    for rule in fitted.instance.rules:
        yield f"  [{rule.id}] {rule_said(rule, name, lang)}"
    yield status_name(found.solution.status.value).in_(lang)
    if found.contradiction:
        yield found.contradiction.said.in_(lang)
        yield from (f"  - {one.said.in_(lang)}" for one in found.contradiction.relaxations)
    if found.solution.levels:
        yield from _result(found, name, lang)
    if found.decision and found.cohort:
        told = {"id": found.decision.id, "cohort": found.cohort.id}
        yield words["kept"].format(digest=found.decision.digest[:16], **told)
    else:
        yield words["digest"].format(digest=found.record.digest[:16])


def _result(found: Assigned, name: Callable[[str], str], lang: str) -> Iterator[object]:
    """Give the tables of a solution, and who is left without a place."""
    from matcher.assignment import UNIT
    from service.assigned_words import fits_of, level_line

    words = _SAID[lang]
    fits = sorted(fits_of(found).items(), key=lambda one: (name(one[0][1]), -one[1], one[0]))
    rows = [(name(a), name(h), f"{fit / UNIT:.1f}") for (a, h), fit in fits]
    yield _table((words["applicant"], words["host"], words["fit"]), rows)
    lines = [(aim.in_(lang), *rest) for aim, *rest in map(level_line, found.solution.levels)]
    yield _table((words["aim"], words["value"], words["bound"], words["gap"]), lines)
    placed = {a for a, _ in found.solution.pairs}
    left = [name(id) for id in found.fitted.instance.applicant_ids if id not in placed]
    if left:
        yield words["left"].format(names=", ".join(left))
    if found.prices:
        yield from _priced(found.prices, name, lang)


def _priced(tags: Tags, name: Callable[[str], str], lang: str) -> Iterator[object]:
    """Give what the rules cost: each alone, those that hide each other, those that do not bind."""
    words = _SAID[lang]
    for head, prices in (("prices", tags.prices), ("joint", tags.joint)):
        if prices:
            yield words[head]
            heads = (words["rule"], words["cost"], words["percent"], words["placed"])
            yield _table((*heads, words["worst"]), [_cost(one, name, lang) for one in prices])
    for head, rules in (("idle", tags.idle), ("untried", tags.untried)):
        if rules:
            yield words[head].format(rules=", ".join(rule.id for rule in rules))


def _cost(one: Price, name: Callable[[str], str], lang: str) -> tuple[str, ...]:
    from matcher.assignment import UNIT
    from service.assigned_words import rule_said

    return (
        "\n".join(rule_said(rule, name, lang) for rule in one.rules),
        f"{one.total / UNIT:+,.1f}",
        f"{one.percent:+.1f}",
        f"{one.placed:+,}",
        f"{one.worst / UNIT:+,.1f}",
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(*heads)
    for row in rows:
        table.add_row(*map(escape, row))
    return table
