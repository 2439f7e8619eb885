"""Owns the command that decides again from a record: `dari replay`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.console import print_json, tell_in

if TYPE_CHECKING:
    from matcher.assignment.record import Record, Replayed

_SAID = {
    "en": {
        "of": "Decision record of {as_of}: {applicants} candidates, {hosts} hosts, {pairs} pairs, "
        "model {model}.",
        "by_hand": "Persons changed the places of {count} of them since: that is sealed, and not "
        "searched again.",
        "same": "The same result, byte for byte.",
        "other": "NOT the same: this record does not replay.",
        "differs": "  {part}: the record says {told}; found was {found}",
    },
    "ko": {
        "of": "{as_of} 기준 결정 기록: 배정 대상 {applicants}곳, 수용처 {hosts}곳, 배정 {pairs}건, "
        "모델 {model}",
        "by_hand": "사람이 바꾼 신청: {count}곳. 기록에 봉인되어 있으며 다시 계산하지 않습니다.",
        "same": "같은 결과가 나왔습니다(바이트까지 일치).",
        "other": "같지 않습니다. 이 기록대로 다시 계산되지 않습니다.",
        "differs": "  {part}: 기록 {told} / 다시 계산 {found}",
    },
}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", help="Language.")
def replay(file: Path, as_json: bool, lang: str) -> None:
    """Decide again from a decision record, and say whether the result is the same.

    FILE is a record as a decision's page gives it. No installation is read. Exit status 1: it is
    not the same, or has been tampered with.
    """
    from matcher.assignment.record import read_document, record_from_json
    from matcher.assignment.record import replay as decide_again

    tell_in(lang)
    document = read_document(file.read_bytes())
    record = record_from_json(document)
    found = decide_again(document)
    if as_json:
        print_json(_told(record, found))
    else:
        _say(record, found, lang)
    if not found.same:
        raise click.exceptions.Exit(1)


def _told(record: Record, found: Replayed) -> dict[str, object]:
    differences = [
        {"part": one.part, "told": one.told, "found": one.found} for one in found.differences
    ]
    return {"digest": record.digest, "same": found.same, "differences": differences}


def _say(record: Record, found: Replayed, lang: str) -> None:
    said, instance = _SAID[lang], record.instance
    counts = {"applicants": len(instance.applicants), "hosts": len(instance.hosts)}
    of = {"as_of": record.as_of, "pairs": len(record.pairs), "model": record.model_version}
    click.echo(said["of"].format(**counts, **of))
    if changed := len({one.applicant for one in record.by_hand}):
        click.echo(said["by_hand"].format(count=changed))
    click.echo(said["same" if found.same else "other"])
    for one in found.differences:
        click.echo(said["differs"].format(part=one.part, told=one.told, found=one.found))
