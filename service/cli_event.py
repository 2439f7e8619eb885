"""Owns `dari event`: events at which two sides meet, their wishes, schedules and calendars."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.console import opened, print_json, say, show

if TYPE_CHECKING:
    from profiles.event_meetings import ScheduleRevision
    from service.wiring import Dari

_BY = click.option("--by", default="command line", show_default=True, help="Who does it.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_KINDS = ("absent", "late", "room", "add")


@click.group()
def event() -> None:
    """Plan events, invite, take wishes, schedule the meetings, and change them on the day."""


@event.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--programme", help="Id of the programme that it belongs to.")
@_BY
@_JSON
def new(file: Path, programme: str | None, by: str, as_json: bool) -> None:
    """Open an event by the plan of FILE (YAML or JSON; docs/events.md tells its fields)."""
    from profiles.events import open_event

    made = open_event(opened().store, _read_plan(file), programme=programme, by=by)
    if as_json:
        print_json({"id": made.id, "slots": list(made.plan.slots)})
    else:
        say(f"Event {made.id}: {made.plan.name.in_('en')}, {len(made.plan.slots)} slots.")


@event.command()
@click.argument("programme")
@_BY
def propose(programme: str, by: str) -> None:
    """Propose the next two events of PROGRAMME, which holds them twice a year.

    Those that there are stand; both are printed.
    """
    from profiles.events import get_event
    from service.event_proposals import propose_events, series_of

    dari = opened()
    today = dari.settings.today()
    propose_events(dari, programme, today, by=by)
    for one in series_of(dari, programme, today).coming:
        name = get_event(dari.store, one.event).plan.name.in_("en")
        click.echo(f"{one.event}\t{one.day.isoformat()}\t{name}")


@event.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """List the events."""
    from profiles.events import events

    found = [
        {"id": one.id, "starts": one.starts.isoformat(), "state": one.state.value,
         "name": one.plan.name.in_("en"), "programme": one.programme}
        for one in events(opened().store)
    ]  # fmt: skip
    if as_json:
        print_json(found)
    else:
        show(_table(found) if found else "There are none.")


@event.command()
@click.argument("id", type=int)
@click.argument("profile")
@click.option("--side", type=click.Choice(["a", "b"]), required=True, help="a: guests, b: hosts.")
@click.option("--organisation", is_flag=True, help="PROFILE is the name of one without a profile.")
@click.option("--online", is_flag=True, help="It takes part from afar.")
@click.option("--zone", help="Its time zone, such as Europe/Moscow.")
@click.option("--least", type=click.IntRange(0, 100), default=0, help="Fewest meetings.")
@click.option("--most", type=click.IntRange(1, 100), help="Most meetings.")
def invite(
    id: int, profile: str, side: str, organisation: bool, online: bool, zone: str | None,
    least: int, most: int | None,
) -> None:  # fmt: skip
    """Add a participant to event ID; print its number."""
    from profiles.event_people import add_person

    who = {"organisation" if organisation else "profile": profile}
    told = {"online": online, "zone": zone, "least": least, "most": most}
    click.echo(add_person(opened().store, id, side=side, **who, **told).id)


@event.command()
@click.argument("id", type=int)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--ranked", is_flag=True, help="The third column is a rank from 1, not 0 to 3.")
def wishes(id: int, file: Path, ranked: bool) -> None:
    """Take the wishes of FILE for event ID: CSV of who, whom, and 0 to 3.

    Who and whom are numbers of participants, ids of profiles or names of organisations. The wishes
    of whoever stands in the file take the place of those before; nothing is kept of a file in
    which a line is wrong.
    """
    from profiles.event_people import people_of, set_wishes
    from profiles.events import get_event

    store = opened().store
    held = get_event(store, id).id
    told = _wishes(file, _known(people_of(store, held)), ranked=ranked)
    for person, wished in told.items():
        set_wishes(store, id, person, wished)
    say(f"{sum(map(len, told.values()))} wishes of {len(told)} participants are kept.")


@event.command()
@click.argument("id", type=int)
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(0.1, 3600))
@_BY
@_JSON
def schedule(id: int, seconds: float, by: str, as_json: bool) -> None:
    """Make the schedule of event ID anew; meetings that were held stand."""
    from service.console import stages
    from service.event_schedules import make_schedule

    dari = opened()
    with stages() as progress:
        made = make_schedule(dari, id, seconds=seconds, by=by, progress=progress)
    _tell(dari, made, as_json)


@event.command()
@click.argument("id", type=int)
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("--slot", required=True, help="From when, as 2027-05-19T10:00; late: until when.")
@click.option("--now", default="", help="Late: change nothing before this slot.")
@click.option("--person", type=int, default=0, help="Number of who is absent, late or the guest.")
@click.option("--other", type=int, default=0, help="Number of the host of an added meeting.")
@click.option("--room", default="", help="The room that is lost.")
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(0.1, 3600))
@_BY
@_JSON
def change(
    id: int, kind: Any, slot: str, now: str, person: int, other: int, room: str,
    seconds: float, by: str, as_json: bool,
) -> None:  # fmt: skip
    """Fit the schedule of event ID to what happened, with the least disturbance."""
    from service.console import stages
    from service.event_day import Happened
    from service.event_schedules import fit_to_day

    dari = opened()
    happened = Happened(kind, slot, now, person, other, room)
    with stages() as progress:
        made = fit_to_day(dari, id, happened, seconds=seconds, by=by, progress=progress)
    _tell(dari, made, as_json)


@event.command()
@click.argument("id", type=int)
@_BY
@_JSON
def undo(id: int, by: str, as_json: bool) -> None:
    """Take the newest change on the day of event ID back, where it was a mistake."""
    from service.event_day import newest
    from service.event_undo import undo_change

    dari = opened()
    _tell(dari, undo_change(dari, id, newest(dari, id), by=by), as_json)


@event.command()
@click.argument("id", type=int)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", help="Of the titles.")
def ics(id: int, folder: Path, lang: str) -> None:
    """Write calendar files of event ID to FOLDER: all.ics, and one for each participant."""
    from profiles.event_meetings import meetings_of
    from profiles.event_people import people_of
    from profiles.events import get_event
    from service.event_calendars import event_file
    from service.event_planning import names_of

    dari = opened()
    one, people = get_event(dari.store, id), people_of(dari.store, id)
    met = meetings_of(dari.store, id, cancelled=True)
    names = names_of(dari, one, people)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "all.ics").write_bytes(event_file(one, met, names, lang))
    (folder / "cancelled.ics").write_bytes(event_file(one, met, names, lang, cancelled=True))
    for person in people:
        data = event_file(one, met, names, lang, person=person)
        (folder / f"participant-{person.id}.ics").write_bytes(data)
    say(f"Written: {len(people) + 2} files to {folder}.")


def _read_plan(file: Path) -> Any:
    from profiles import DariError
    from profiles.data import parse_yaml

    try:
        return parse_yaml(file)
    except Exception as error:  # whatever the parser says of a file that is none
        raise DariError(
            value=file,
            rule="This file is neither YAML nor JSON.",
            remedy="Write the plan as docs/events.md shows.",
        ) from error


def _known(people: Any) -> dict[str, int]:
    named = {name: one.id for one in people for name in (one.profile, one.organisation) if name}
    return {**named, **{str(one.id): one.id for one in people}}


def _wishes(file: Path, known: dict[str, int], *, ranked: bool) -> dict[int, dict[int, int]]:
    from profiles.event_people import ranked as by_rank

    told: dict[int, dict[int, int]] = {}
    for who, whom, value in _lines(file, known):
        told.setdefault(who, {})[whom] = value
    if not ranked:
        return told
    return {who: by_rank(sorted(some, key=lambda whom: (some[whom], whom)))
            for who, some in told.items()}  # fmt: skip


def _lines(file: Path, known: dict[str, int]) -> Iterator[tuple[int, int, int]]:
    """Read the lines; the first may be a head.

    Raises:
        EventError: naming the line that is wrong.
    """
    from profiles.events import EventError

    with file.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.reader(stream), start=1):
            cells = [cell.strip() for cell in row]
            if not any(cells) or (number == 1 and not cells[-1].isdigit()):
                continue
            right = len(cells) == 3 and cells[2].isdigit() and len(cells[2]) < 4
            if not right or not {cells[0], cells[1]} <= known.keys():
                said = ", ".join(cells)
                raise EventError("wishes", "event_wishes_file", said, line=number)
            yield known[cells[0]], known[cells[1]], int(cells[2])


def _tell(dari: Dari, made: ScheduleRevision, as_json: bool) -> None:
    from matcher.scheduling import aim_words, level_words, levels_of, proof_words

    if as_json:
        print_json({"event": made.event, "number": made.number, **made.record})
        return
    meetings = len(made.record["meetings"])
    say(f"Schedule {made.number}: {meetings} meeting{'' if meetings == 1 else 's'}.")
    if levels := levels_of(made.record["levels"]):
        told = [(aim_words(one.aim), level_words(one)) for one in levels]
        show(_table([{"aim": aim.in_("en"), "reached": said.in_("en")} for aim, said in told]))
        say(proof_words(levels).in_("en"))
    if changed := made.record["difference"]:
        counts = {name: len(changed[name]) for name in ("cancelled", "moved", "added")}
        say(", ".join(f"{name} {n}" for name, n in {**counts, "kept": changed["kept"]}.items()))


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(escape("–" if cell is None else str(cell)) for cell in row.values()))
    return table
