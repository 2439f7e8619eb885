"""Owns the `decision` commands: what a decision is, overrides by hand, and making it final."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from service.console import opened, print_json, show, tell_in

if TYPE_CHECKING:
    from service.deciding import Shown
    from service.wiring import Dari

F = TypeVar("F", bound=Callable[..., Any])

_BY = "command line"
_SAID: Mapping[str, Mapping[str, str]] = {
    "en": {
        "state_draft": "draft",
        "state_final": "final",
        "state_replaced": "replaced",
        "head": "Decision {id} of cohort {cohort} ({state}): {pairs} pairs; digest {digest}",
        "by": "By a person: {who}, from then on {hosts}: {why} ({by})",
        "before_left": "Before that it gave its place back: {who}: {why} ({by})",
        "before_moved_up": "Before that it moved up: {who}, {hosts}: {why} ({by})",
        "none": "no place",
        "out": "Taken out by a person, and no reserve: {who} at {hosts}",
        "broken": "It breaks a rule: {rule}",
        "kept": "All rules are kept.",
        "left": "Given back later: {who}, {host}; since then {taken}",
        "free": "nobody",
        "erased": "one that was erased since",
        "unknown": "–",
        "open": "Made final while startups could still apply, as {by} confirmed.",
        "holds": "What holds now is decision {id}.",
        "draft": "Kept as decision {id} (draft).",
        "final": "Decision {id} of cohort {cohort} is final.",
        "moved": "{who} moves up.",
        "nobody": "No reserve keeps all rules: the place stays free.",
    },
    "ko": {
        "state_draft": "초안",
        "state_final": "확정",
        "state_replaced": "대체됨",
        "head": "차수 {cohort}의 결정 {id}({state}): 배정 {pairs}건, 해시 {digest}",
        "by": "사람이 바꿈: {who} → {hosts}. 사유: {why} ({by})",
        "before_left": "그 전에 자리를 반납함: {who}. 사유: {why} ({by})",
        "before_moved_up": "그 전에 승계함: {who} → {hosts}. 사유: {why} ({by})",
        "none": "자리 없음",
        "out": "사람이 제외해 예비 명단에 없음: {who} ({hosts})",
        "broken": "어긋나는 규칙: {rule}",
        "kept": "모든 규칙을 지킵니다.",
        "left": "이후 반납: {who}, {host}. 지금: {taken}",
        "free": "없음",
        "erased": "이후 삭제된 신청자",
        "unknown": "–",
        "open": "접수 중에 확정했습니다(확인: {by}).",
        "holds": "지금 유효한 결정은 {id}입니다.",
        "draft": "결정 {id}(초안)로 보관했습니다.",
        "final": "차수 {cohort}의 결정 {id}: 확정했습니다.",
        "moved": "예비에서 승계: {who}",
        "nobody": "모든 규칙을 지키는 예비가 없어 빈자리로 둡니다.",
    },
}


@click.group()
def decision() -> None:
    """Show decisions of cohorts, decide otherwise by hand, make them final, note declines."""


def _spoken(command: F) -> F:
    lang = click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of it.")
    return lang(command)


def _begun(lang: str | None) -> tuple[Dari, Mapping[str, str], str]:
    dari = opened()
    language = lang or dari.settings.language
    tell_in(language)
    return dari, _SAID[language], language


@decision.command("show")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@_spoken
def show_one(number: int, as_json: bool, lang: str | None) -> None:
    """Tell who has which place, what persons overrode, what it breaks, and what came after."""
    from service.deciding import show as read
    from service.decision_json import decision_json

    dari, _, language = _begun(lang)
    shown = read(dari, number)
    if as_json:
        print_json(decision_json(dari, shown))
    else:
        show(*_told(dari, shown, language))


@decision.command()
@click.argument("number", type=int)
@click.argument("applicant")
@click.option(
    "--host", "hosts", multiple=True, help="Host from then on; repeatable. None: no place."
)
@click.option("--swap", metavar="APPLICANT", help="Exchange the places with this one instead.")
@click.option("--why", required=True, help="Reason; it is kept in the record.")
@click.option("--by", default=_BY, show_default=True, help="Who decides.")
@_spoken
def override(
    number: int,
    applicant: str,
    hosts: Sequence[str],
    swap: str | None,
    why: str,
    by: str,
    lang: str | None,
) -> None:
    """Decide otherwise for an applicant; it is kept as a new draft, which tells what it breaks."""
    from service import deciding

    if swap and hosts:
        raise click.UsageError("--swap and --host exclude each other.")
    dari, said, language = _begun(lang)
    changes = deciding.swapped(dari, number, applicant, swap) if swap else {applicant: hosts}
    kept = deciding.override(dari, number, changes, why=why, by=by)
    show(said["draft"].format(id=kept.id), *_told(dari, deciding.show(dari, kept.id), language))


@decision.command()
@click.argument("number", type=int)
@click.option("--why", required=True, help="Why it is decided, such as the meeting that did.")
@click.option("--by", default=_BY, show_default=True, help="Who decides.")
@click.option("--replace", is_flag=True, help="Replace the decision that holds.")
@click.option("--while-open", is_flag=True, help="Confirm it though startups may still apply.")
@_spoken
def final(
    number: int, why: str, by: str, replace: bool, while_open: bool, lang: str | None
) -> None:
    """Make a decision final; where one holds already, only with --replace.

    While startups may still apply, only with --while-open; the decision ends the intake.
    """
    from service.assigning import decide

    dari, said, _ = _begun(lang)
    held = decide(dari, number, why=why, by=by, replace=replace, while_open=while_open)
    show(said["final"].format(id=number, cohort=held.id))


@decision.command()
@click.argument("cohort", type=int)
@click.argument("profile")
@click.option("--why", required=True, help="Why the place is given back.")
@click.option("--by", default=_BY, show_default=True, help="Who notes it.")
@_spoken
def decline(cohort: int, profile: str, why: str, by: str, lang: str | None) -> None:
    """Note that one who was selected gives its place back; the first reserve moves up."""
    from service.assigned_words import naming
    from service.assigning import hand_on

    dari, said, language = _begun(lang)
    up = hand_on(dari, cohort, profile, reason=why, by=by)
    if up is None:
        show(said["nobody"])
    else:
        name = naming(dari.store, [up.profile], language)
        show(said["moved"].format(who=name(up.profile)))


def _told(dari: Dari, shown: Shown, lang: str) -> Iterator[str]:
    """Tell a decision in lines."""
    from service.deciding import broken, host_rows

    said, kept, record = _SAID[lang], shown.kept, shown.record

    def name(id: str) -> str:
        return shown.name(id).in_(lang)

    told = {"id": kept.id, "cohort": kept.cohort, "state": said[f"state_{kept.state.value}"]}
    yield said["head"].format(pairs=len(record.pairs), digest=record.digest[:16], **told)
    for row in host_rows(shown):
        yield f"  {name(row.id)}: {', '.join(name(one.id) for one in row.placed) or '–'}"
    for one in record.overrides:
        hosts = ", ".join(map(name, one.hosts)) or said["none"]
        yield said[f"before_{one.after}" if one.after else "by"].format(
            who=name(one.applicant), hosts=hosts, why=one.why, by=one.by
        )
    for who in sorted({applicant for applicant, _ in record.no_reserve}):
        hosts = ", ".join(name(host) for a, host in record.no_reserve if a == who)
        yield said["out"].format(who=name(who), hosts=hosts)
    wrong = broken(shown)
    yield from (said["broken"].format(rule=shown.broken_said(one).in_(lang)) for one in wrong)
    if not wrong:
        yield said["kept"]
    yield from _after(dari, shown, lang)


def _after(dari: Dari, shown: Shown, lang: str) -> Iterator[str]:
    """Tell what became of a decision."""
    from profiles.cohorts import aftermath

    said, after = _SAID[lang], aftermath(dari.store, shown.kept)
    if after.while_open:
        yield said["open"].format(by=after.final_by)
    for one in after.handed:
        named = ((one.left, "erased"), (one.host, "unknown"), (one.taken, "free"))
        who, host, taken = (shown.name(id).in_(lang) if id else said[no] for id, no in named)
        yield said["left"].format(who=who, host=host, taken=taken)
    if after.holds not in (None, shown.kept.id):
        yield said["holds"].format(id=after.holds)
