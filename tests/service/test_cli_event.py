"""Tests of `dari event`: from a proposal to the calendars, and files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.service.conftest import RunDari

PLAN = """
name: {en: Exchange, ko: 교류 행사}
days: [2027-05-19]
opens: "10:00"
closes: "12:00"
rooms: [{name: Table 1}, {name: Table 2}]
"""


@pytest.fixture
def planned(dari: RunDari, tmp_path: Path) -> RunDari:
    """An event with two on each side, and wishes of a file."""
    plan, wishes = tmp_path / "plan.yaml", tmp_path / "wishes.csv"
    plan.write_text(PLAN, encoding="utf-8")
    assert dari("event", "new", plan, "--programme", "exchange-korea-russia").exit_code == 0
    for side, who in (("a", "kist"), ("a", "etri"), ("b", "skoltech"), ("b", "itmo")):
        assert dari("event", "invite", 1, who, "--side", side).exit_code == 0
    wishes.write_text("who,whom,wish\nkist,skoltech,3\nskoltech,1,2\netri,itmo,1\n", "utf-8-sig")
    taken = dari("event", "wishes", 1, wishes)
    assert taken.exit_code == 0, taken.output
    return dari


def test_an_event_is_scheduled_changed_and_given_as_calendars(
    planned: RunDari, tmp_path: Path
) -> None:
    made = planned("event", "schedule", 1, "--seconds", 3, "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (told["number"], told["broken"], len(told["meetings"])) == (1, 0, 2)
    change = ("absent", "--person", 1, "--slot", "2027-05-19T10:00")
    changed = json.loads(planned("event", "change", 1, *change, "--json").stdout)
    assert len(changed["difference"]["cancelled"]) == 1
    assert changed["difference"]["kept"] == 1
    assert planned("event", "ics", 1, tmp_path / "out").exit_code == 0
    files = sorted(one.name for one in (tmp_path / "out").iterdir())
    assert files == ["all.ics", "cancelled.ics", *(f"participant-{n}.ics" for n in range(1, 5))]
    cancelled = Calendar.from_ical((tmp_path / "out" / "cancelled.ics").read_bytes())
    assert (cancelled["method"], len(cancelled.walk("VEVENT"))) == ("CANCEL", 1)
    assert "Exchange" in planned("event", "list").output
    back = json.loads(planned("event", "undo", 1, "--json").stdout)
    assert (back["undone"], back["meetings"]) == (2, told["meetings"])
    again = planned("event", "undo", 1)
    assert again.exit_code == 1
    assert "no change on the day" in again.output


def test_the_next_two_events_are_proposed_and_stand(dari: RunDari) -> None:
    lines = dari("event", "propose", "exchange-korea-russia").stdout.splitlines()
    assert len(lines) == 2
    assert dari("event", "propose", "bilateral-korea-russia").stdout.splitlines() == lines
    refused = dari("event", "propose", "none-such")
    assert refused.exit_code == 1
    assert "No programme" in refused.output


@pytest.mark.parametrize("line", ["kist,nobody,1", "kist,skoltech", "kist,skoltech,x\na,b,c"])
def test_a_line_that_cannot_be_read_is_named_and_nothing_is_kept(
    planned: RunDari, tmp_path: Path, line: str
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(f"kist,itmo,3\n{line}\n", encoding="utf-8")
    for nowhere in (77, 1 << 63):
        unknown = planned("event", "wishes", nowhere, wrong).output
        assert "There is no event of the number" in unknown
    refused = planned("event", "wishes", 1, wrong)
    assert refused.exit_code == 1
    assert "Line 2" in refused.output
    made = planned("event", "schedule", 1, "--seconds", 3, "--json")
    assert json.loads(made.stdout)["levels"][0]["value"] == 1


def test_a_plan_that_is_no_yaml_is_refused(dari: RunDari, tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("{", encoding="utf-8")
    refused = dari("event", "new", file)
    assert refused.exit_code == 1
    assert "neither YAML nor JSON" in refused.output
