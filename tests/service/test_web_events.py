"""Tests of events in pages: plans, wishes, the schedule, the day, calendars, and who sees what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from icalendar import Calendar
from openpyxl import load_workbook

from profiles.event_meetings import (
    MeetingState,
    keep_schedule,
    mark_held,
    meetings_of,
    schedules_of,
)
from profiles.event_people import get_person, new_link, people_of, set_away, set_wishes
from profiles.events import Event, EventError, EventState, change_event, events, get_event
from profiles.jobs import JobKind, JobState, ask, cancel, end, jobs, open_jobs, take
from service import event_schedules
from service.event_links import token_of
from service.event_schedules import make_schedule
from service.settings import Settings
from service.work import do
from tests.service import accounts
from tests.service.conftest import MakeApp, Send, SignIn

DAY = (datetime.now(UTC) + timedelta(days=180)).date().isoformat()
PLAN = {
    "name_ko": "한-러 교류 행사",
    "name_en": "Korea-Russia exchange",
    "programme": "exchange-korea-russia",
    "country": "KR",
    "place": "Songdo Convensia",
    "zone": "Asia/Seoul",
    "days": DAY,
    "opens": "10:00",
    "closes": "16:00",
    "minutes": "25",
    "gap": "5",
    "breaks": "12:00-13:00",
    "walk": "10",
    "rooms": "Table 1; Hall A\nTable 2; Hall A",
    "fill": "on",
}
Added = Callable[..., Event]


@pytest.fixture
def event(app: APIFlask, staff: FlaskClient, send: Send) -> Event:
    """An event with two on each side; the first of both wish for each other."""
    made = send(staff, "/events/new", PLAN)
    assert made.status_code == 303, made.text
    id = int(made.location.rsplit("/", 1)[1])
    guests = ({"profile": "sonoeye"}, {"organisation": "Guest & <Co>"})
    hosts = (
        {"profile": "skoltech"},
        {"organisation": "Ioffe", "online": "on", "zone": "Europe/Moscow"},
    )
    for side, some in (("a", guests), ("b", hosts)):
        for one in some:
            assert send(staff, f"/events/{id}/people", {"side": side, **one}).status_code == 303
    store = app.extensions["dari"].store
    first, guest, other, afar = [one.id for one in people_of(store, id)]
    said = {first: {other: 3}, guest: {other: 1}, other: {first: 3}, afar: {first: 1, guest: 1}}
    for one, wished in said.items():
        form = {f"wish-{id}": str(wish) for id, wish in wished.items()}
        form |= {"online": "on", "zone": "Europe/Moscow"} if one == afar else {}
        assert send(staff, f"/events/{id}/people/{one}", form).status_code == 303
    return get_event(store, id)


def test_a_schedule_is_made_shown_and_given_as_calendar_table_and_print(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    assert send(staff, f"/events/{event.id}/schedule", {}).status_code == 303
    store = app.extensions["dari"].store
    kept = schedules_of(store, event.id)[0].record
    assert kept["broken"] == 0
    assert [one["value"] for one in kept["levels"]][:2] == [
        1,
        2,
    ]  # of Ioffe two
    page = staff.get(f"/events/{event.id}").text
    assert "Guest &amp; &lt;Co&gt;" in page
    assert "Meetings that both sides wished for" in page
    assert "sanctions and export control" in page
    calendar = Calendar.from_ical(staff.get(f"/events/{event.id}/all.ics").data)
    assert calendar["method"] == "PUBLISH"
    assert calendar.walk("VTIMEZONE")
    its = {str(one["uid"]): one for one in calendar.walk("VEVENT")}
    assert its.keys() == {one.uid for one in meetings_of(store, event.id)}
    starts = {one["dtstart"].dt.isoformat() for one in its.values()}
    assert all(one.startswith(f"{DAY}T1") and one.endswith("+09:00") for one in starts)
    assert "Table 1" in staff.get(f"/events/{event.id}/print?by=room").text
    table = staff.get(f"/events/{event.id}/meetings.xlsx")
    assert load_workbook(BytesIO(table.data)).worksheets[0].max_row == len(its) + 1
    assert "Guest & <Co>" in staff.get(f"/events/{event.id}/meetings.csv").data.decode("utf-8-sig")


def test_who_takes_part_from_afar_meets_in_its_own_day(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    send(staff, f"/events/{event.id}/schedule", {})
    store = app.extensions["dari"].store
    moscow = next(one.id for one in people_of(store, event.id) if one.online)
    slots = [one.slot for one in meetings_of(store, event.id) if one.b == moscow]
    assert slots
    assert min(slots) >= f"{DAY}T14:00"  # which is 08:00 in Moscow


def test_a_change_on_the_day_moves_little_and_calendars_hear_of_it(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store = app.extensions["dari"].store
    send(staff, f"/events/{event.id}/schedule", {})
    before = {one.id: one for one in meetings_of(store, event.id)}
    gone = people_of(store, event.id)[0].id
    change = {"kind": "absent", "person": gone, "slot": f"{DAY}T10:00"}
    assert send(staff, f"/events/{event.id}/change", change).status_code == 303
    after = meetings_of(store, event.id, cancelled=True)
    lost = [one for one in after if not one.is_on]
    assert {one.id for one in lost} == {n for n, one in before.items() if gone in (one.a, one.b)}
    assert all(one.sequence == before[one.id].sequence + 1 for one in lost)
    kept = [one for one in after if one.is_on]
    assert kept
    assert all(one == before[one.id] for one in kept)
    assert "Called off" in staff.get(f"/events/{event.id}").text
    answer = staff.get(f"/events/{event.id}/people/{gone}/cancelled.ics")
    calendar = Calendar.from_ical(answer.data)
    assert calendar["method"] == "CANCEL"
    assert {str(one["status"]) for one in calendar.walk("VEVENT")} == {"CANCELLED"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "flood", "slot": f"{DAY}T10:00"}, "no change that is known"),
        (
            {"kind": "absent", "person": "999999", "slot": f"{DAY}T10:00"},
            "Nobody there has the number",
        ),
        (
            {"kind": "absent", "person": "x' --", "slot": f"{DAY}T10:00"},
            "Nobody there has the number",
        ),
        ({"kind": "absent", "person": "1", "slot": "tomorrow"}, "no slot of this event"),
        (
            {"kind": "late", "slot": f"{DAY}T10:00"},
            'in the list. <span class="quiet">(<a href="#day-person">Participant</a>)</span>',
        ),
        (
            {"kind": "absent", "person": "", "slot": f"{DAY}T10:00"},
            "No participant is chosen.",
        ),
        ({"kind": "room", "room": "Cellar", "slot": f"{DAY}T10:00"}, "Choose the room."),
    ],
)
def test_a_change_of_nothing_is_refused(
    staff: FlaskClient, send: Send, event: Event, change: dict[str, str], said: str
) -> None:
    send(staff, f"/events/{event.id}/schedule", {})
    answer = send(staff, f"/events/{event.id}/change", change)
    assert answer.status_code == 422
    assert said in answer.text


def test_an_added_meeting_needs_its_host_and_a_rule_on_a_pair_both(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    send(staff, f"/events/{event.id}/schedule", {})
    guest, *_, host = (one.id for one in people_of(app.extensions["dari"].store, event.id))
    added = {"kind": "add", "person": guest, "slot": event.plan.slots[0]}
    refused = send(staff, f"/events/{event.id}/change", added)
    assert "No participant is chosen." in refused.text
    assert ">With whom</a>)" in refused.text
    for pair, said in (
        ({"a": guest, "b": 9999}, ("number 9999", ">Hosts of the event</a>)")),
        ({"a": host, "b": guest}, (f"number {host}", ">Guests</a>)")),
        ({"a": "", "b": host}, ("No participant is chosen.", ">Guests</a>)")),
    ):
        answer = send(staff, f"/events/{event.id}/pairs", {**pair, "rule": "forced"})
        assert answer.status_code == 422
        assert all(part in answer.text for part in said)
    send(staff, f"/events/{event.id}/edit", {**PLAN, "side_b_en": "Labs", "revision": "1"})
    answer = send(staff, f"/events/{event.id}/pairs", {"a": guest, "b": "", "rule": "forced"})
    assert ">Labs</a>)" in answer.text
    assert get_event(app.extensions["dari"].store, event.id).plan.chosen == ()


def test_a_meeting_that_is_not_there_cannot_have_been_held(
    staff: FlaskClient, send: Send, event: Event
) -> None:
    answer = send(staff, f"/events/{event.id}/held/9999", {})
    assert answer.status_code == 422
    assert "no meeting of the number 9999" in answer.text
    assert "(meeting)" not in answer.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("by=person&only=zz", "Nobody here has the number zz."),
        ("by=person&only=99999", "Nobody here has the number 99999."),
        ("by=room&only=Cellar%26", "There is no room Cellar&amp; here."),
    ],
)
def test_a_sheet_of_nobody_says_so(
    staff: FlaskClient, send: Send, event: Event, asked: str, said: str
) -> None:
    send(staff, f"/events/{event.id}/schedule", {})
    answer = staff.get(f"/events/{event.id}/print?{asked}")
    assert answer.status_code == 404
    assert said in answer.text
    assert "event-sheet" not in answer.text


def test_a_sheet_of_one_without_meetings_says_so(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    send(staff, f"/events/{event.id}/people", {"side": "a", "organisation": "Late"})
    store = app.extensions["dari"].store
    late = next(one.id for one in people_of(store, event.id) if one.organisation == "Late")
    keep_schedule(store, event.id, [], {})
    answer = staff.get(f"/events/{event.id}/print?by=person&only={late}")
    assert answer.status_code == 200
    assert "<h2>Late</h2>" in answer.text
    assert "No meetings yet." in answer.text


def test_rules_that_contradict_are_told_by_name_in_both_languages(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    first, _, other, _ = people_of(app.extensions["dari"].store, event.id)
    pair = {"a": first.id, "b": other.id, "rule": "forced"}
    assert send(staff, f"/events/{event.id}/pairs", pair).status_code == 303
    away = {"away": list(event.plan.slots)}
    send(staff, f"/events/{event.id}/people/{first.id}", away)
    refused = send(staff, f"/events/{event.id}/schedule", {})
    assert refused.status_code == 422
    assert "SonoEye and Skolkovo" in refused.text
    assert "must meet" in refused.text
    staff.set_cookie("lang", "ko")
    assert "꼭 만나야 합니다" in send(staff, f"/events/{event.id}/schedule?lang=ko", {}).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"days": "soon"}, "days"),
        ({"zone": "Mars/Base"}, "no time zone"),
        ({"closes": "09:00"}, "end before they begin"),
        ({"rooms": "A\nA"}, "same name"),
        ({"minutes": "1"}, "minutes"),
        ({"breaks": "noon"}, "noon is no break"),
        ({"breaks": "12:00-99:99"}, "99:99 is no time of day"),
        ({"breaks": "13:30-12:00"}, "13:30-12:00 is no break"),
        ({"opens": "7 am"}, "7 am is no time of day"),
        ({"opens": "7 am", "closes": "7 am"}, '(<a href="#closes">'),
        ({"programme": "none-such"}, "No programme"),
        (
            {"days": DAY, "minutes": "5", "gap": "0", "opens": "00:00", "closes": "23:59"},
            "more than",
        ),
    ],
)
def test_a_plan_that_is_none_is_refused_and_stays_typed(
    staff: FlaskClient, send: Send, wrong: dict[str, str], said: str
) -> None:
    answer = send(staff, "/events/new", {**PLAN, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert "This field is required" not in answer.text
    assert "Songdo Convensia" in answer.text


def test_a_day_that_has_passed_is_taken_and_said(
    staff: FlaskClient, send: Send, event: Event
) -> None:
    said = "Check the days: January 5, 2001 has passed."
    for path in ("/events/new", f"/events/{event.id}/edit"):
        form = {**PLAN, "revision": str(event.revision), "days": "2001-01-05"}
        made = send(staff, path, form)
        assert made.status_code == 303, made.text
        assert said in staff.get(made.location).text
    again = {**PLAN, "revision": str(event.revision + 1), "days": "2001-01-05", "place": "Busan"}
    kept = send(staff, f"/events/{event.id}/edit", again)
    assert said not in staff.get(kept.location).text


def test_a_name_of_a_person_needs_consent(staff: FlaskClient, send: Send, event: Event) -> None:
    told = {"side": "a", "organisation": "X", "called": "Kim"}
    answer = send(staff, f"/events/{event.id}/people", told)
    assert answer.status_code == 422
    assert "consent" in answer.text
    added = send(staff, f"/events/{event.id}/people", {**told, "consent": "on"})
    assert added.status_code == 303


def test_a_participant_is_added_by_the_name_of_its_profile(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store, to = app.extensions["dari"].store, f"/events/{event.id}/people"
    name = store.get_many(["sonoeye"])["sonoeye"].name
    assert send(staff, to, {"side": "a", "profile": f" {name.ko} "}).status_code == 303
    assert max(people_of(store, event.id), key=lambda one: one.id).profile == "sonoeye"
    refused = send(staff, to, {"side": "a", "profile": "zzqx", "online": "on", "zone": "no"})
    assert refused.status_code == 422
    assert "No profile has the name or id zzqx." in refused.text
    assert '<a href="#profile">Profile: name or ID</a>' in refused.text
    assert 'id="online" name="online" checked' in refused.text
    near = send(staff, f"{to}?lang=ko", {"side": "a", "profile": name.en[:-1]}).text
    assert "하나로 정해지지 않습니다" in near
    assert "(sonoeye)" in near


def test_a_participant_wishes_by_a_link_until_it_is_made_anew(
    app: APIFlask, staff: FlaskClient, client: FlaskClient, send: Send, event: Event
) -> None:
    store = app.extensions["dari"].store
    _, guest, _, host = people_of(store, event.id)
    send(staff, f"/events/{event.id}/people/{guest.id}/link", {})
    page = staff.get(f"/events/{event.id}/people/{guest.id}").text
    found = re.search(r"http://[^<]+(/meet/[^<\"]+)", page)
    assert found
    path = found[1]
    assert "sanctions and export control" in client.get(path).text
    answer = send(client, path, {f"wish-{host.id}": "2", "away": f"{DAY}T10:00"})
    assert answer.status_code == 303
    mine = next(one for one in people_of(store, event.id) if one.id == guest.id)
    assert (mine.wishes, mine.away) == ({host.id: 2}, {f"{DAY}T10:00"})
    assert send(client, path, {"wish-999": "2"}).status_code == 422
    assert send(client, path, {f"wish-{host.id}": "7"}).status_code == 422
    assert send(client, path, {"away": f"{DAY}T04:44"}).status_code == 422
    assert client.get(f"{path}/meetings.ics").status_code == 200
    send(staff, f"/events/{event.id}/people/{guest.id}/link", {})
    assert client.get(path).status_code == 410
    forged = client.get("/meet/forged")
    assert forged.status_code == 404
    assert "This link is not whole" in forged.text


def test_nobody_else_sees_events(client: FlaskClient, event: Event) -> None:
    for path in ("", f"/{event.id}", f"/{event.id}/all.ics", f"/{event.id}/meetings.csv"):
        assert client.get(f"/events{path}").status_code in (302, 303, 401)
    assert client.get("/my/events").status_code in (302, 303, 401)


def test_what_is_not_there_is_not_found(staff: FlaskClient, event: Event) -> None:
    for path in ("/events/999999", f"/events/{event.id}/people/999999", "/events/of/none-such"):
        assert staff.get(path).status_code == 404


def test_a_plan_that_somebody_else_changed_is_not_written_over(
    staff: FlaskClient, send: Send, event: Event
) -> None:
    changed = {**PLAN, "place": "Elsewhere", "revision": str(event.revision)}
    assert send(staff, f"/events/{event.id}/edit", changed).status_code == 303
    again = send(staff, f"/events/{event.id}/edit", changed)
    assert again.status_code == 422
    assert "Somebody else" in again.text


def test_the_next_two_events_are_proposed_once_whoever_asks(
    make_app: MakeApp, sign_in: SignIn, send: Send
) -> None:
    app = make_app()
    staff, store = sign_in(app), app.extensions["dari"].store
    here = "/events/of/bilateral-korea-russia"
    assert "Propose the next two events" in staff.get(here).text
    for programme in ("exchange-korea-russia", "bilateral-korea-russia") * 2:
        sent = send(staff, "/events/propose", {"programme": programme})
        assert (sent.status_code, sent.location) == (303, f"/events/of/{programme}")
    found = events(store)
    assert {one.programme for one in found} == {"exchange-korea-russia"}
    assert sorted(one.plan.country or "" for one in found) == ["KR", "RU"]
    assert len({(one.starts.year, one.starts.month > 6) for one in found}) == 2
    assert {one.state.value for one in found} == {"proposed"}
    assert min(one.starts for one in found) > date.today()
    page = staff.get(here).text
    assert "Propose the next two events" not in page
    assert all(f'href="/events/{one.id}"' in page for one in found)
    assert "The next two events are there already." in page
    assert send(staff, f"/events/{found[0].id}/state", {"state": "confirmed"}).status_code == 303
    assert get_event(store, found[0].id).state.value == "confirmed"
    assert "sanctions and export control" in staff.get("/events/of/exchange-korea-russia").text
    assert send(staff, "/events/propose", {"programme": "hub-k-bio-lab"}).status_code == 404


def test_events_are_proposed_by_the_day_of_the_installation(
    app: APIFlask, staff: FlaskClient, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "today", lambda _: date(2031, 7, 1))
    store, told = app.extensions["dari"].store, {"programme": "exchange-korea-russia"}
    before = {one.id for one in events(store)}
    assert send(staff, "/events/propose", told).status_code == 303
    made = [one.starts.year for one in events(store) if one.id not in before]
    assert min(made) == 2031


def test_what_is_told_of_a_participant_is_kept_whole_or_not_at_all(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store = app.extensions["dari"].store
    _, guest, _, host = people_of(store, event.id)
    path = f"/events/{event.id}/people/{guest.id}"
    right = {"organisation": "Renamed", f"wish-{host.id}": "2", "away": event.plan.slots[0]}
    for wrong in ({f"wish-{host.id}": "7"}, {"away": "tomorrow"}, {"most": "x"}, {"wish-x": "1"}):
        assert send(staff, path, {**right, **wrong}).status_code == 422
        assert people_of(store, event.id)[1] == guest
    assert send(staff, path, right).status_code == 303
    now = people_of(store, event.id)[1]
    assert (now.organisation, now.wishes[host.id]) == ("Renamed", 2)
    assert now.away == {event.plan.slots[0]}


def test_a_waiting_schedule_is_told_however_many_jobs_came_after(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_schedules, "SHORT", 0)
    send(staff, f"/events/{event.id}/schedule", {})
    store = app.extensions["dari"].store
    waits = jobs(store)[0].id
    for _ in range(50):
        cancel(store, ask(store, JobKind.EVALUATE, {}, by="x").id, by="x")
    assert f"/evaluations/{waits}" in staff.get(f"/events/{event.id}").text
    cancel(store, waits, by="x")


def test_a_long_schedule_is_a_job(
    app: APIFlask,
    staff: FlaskClient,
    send: Send,
    event: Event,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path,
) -> None:
    monkeypatch.setattr(event_schedules, "SHORT", 0)
    assert send(staff, f"/events/{event.id}/schedule", {}).status_code == 303
    dari = app.extensions["dari"]
    job = jobs(dari.store)[0]
    assert (job.kind, job.arguments["event"]) == (JobKind.SCHEDULE, event.id)
    assert "A schedule is being made." in staff.get(f"/events/{event.id}").text
    for path in ("/evaluations", f"/evaluations/{job.id}"):
        assert "Schedule of an event" in staff.get(path).text
    told: list[str] = []
    came = do(
        job.kind, dari.settings, {**job.arguments}, tmp_path, lambda *one: told.append(one[0])
    )
    assert came == {"event": event.id, "schedule": 1}
    assert told[0] == "Choosing pairs"


def test_a_long_change_on_the_day_is_a_job(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    dari = app.extensions["dari"]
    for waiting in open_jobs(dari.store, JobKind.SCHEDULE):
        cancel(dari.store, waiting.id, by="x")
    send(staff, f"/events/{event.id}/schedule", {})
    monkeypatch.setattr(event_schedules, "SHORT", 0)
    gone = people_of(dari.store, event.id)[0].id
    wrong = {"kind": "absent", "person": "999", "slot": event.plan.slots[0]}
    assert send(staff, f"/events/{event.id}/change", wrong).status_code == 422
    change = {"kind": "absent", "person": gone, "slot": event.plan.slots[0]}
    assert send(staff, f"/events/{event.id}/change", change).status_code == 303
    job = open_jobs(dari.store, JobKind.SCHEDULE)[-1]
    assert (job.arguments["event"], job.arguments["happened"]["person"]) == (event.id, gone)
    assert len(schedules_of(dari.store, event.id)) == 1
    assert f"/evaluations/{job.id}" in staff.get(f"/events/{event.id}").text
    assert "A change on the day" in staff.get(f"/evaluations/{job.id}").text
    told: list[str] = []
    came = do(job.kind, dari.settings, job.arguments, tmp_path, lambda *one: told.append(one[0]))
    assert (came, told[0]) == ({"event": event.id, "schedule": 2}, "Placing what cannot stay")
    assert schedules_of(dari.store, event.id)[0].record["difference"]["cancelled"]
    taken = take(dari.store, "w")
    assert taken
    end(dari.store, taken, JobState.DONE, outcome=came)
    assert f'href="/events/{event.id}#schedule"' in staff.get(f"/evaluations/{job.id}").text
    send(staff, f"/events/{event.id}/change", change)
    again = open_jobs(dari.store, JobKind.SCHEDULE)[-1]
    assert send(staff, f"/evaluations/{again.id}/cancel", {}).status_code == 303
    assert "A schedule is being made." not in staff.get(f"/events/{event.id}").text


def test_what_was_held_stands_when_somebody_comes_late(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store, last = app.extensions["dari"].store, event.plan.slots[-1]
    send(staff, f"/events/{event.id}/schedule", {})
    met = meetings_of(store, event.id)[-1]
    mark_held(store, event.id, met.id)
    for until in (met.slot, last):  # in the last slot nothing is left that could be changed
        booked = [one.booked for one in meetings_of(store, event.id) if one.id != met.id]
        keep_schedule(store, event.id, [*booked, met.booked._replace(slot=until)], {})
        mark_held(store, event.id, met.id)
        change = {"kind": "late", "person": met.a, "slot": last, "now": ""}
        assert send(staff, f"/events/{event.id}/change", change).status_code == 303
        after = next(one for one in meetings_of(store, event.id) if one.id == met.id)
        assert (after.state, after.slot) == (MeetingState.HELD, until)


@pytest.mark.parametrize("meanwhile", ["plan", "schedule"])
def test_a_change_on_the_day_writes_over_nothing(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event, meanwhile: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    store = app.extensions["dari"].store
    send(staff, f"/events/{event.id}/schedule", {})
    held = get_event(store, event.id)
    search = event_schedules.change

    def searched(*given: Any, **more: Any) -> Any:
        if meanwhile == "plan":
            change_event(store, event.id, plan=held.plan.model_copy(update={"place": "Elsewhere"}))
        else:
            keep_schedule(store, event.id, [], {})
        return search(*given, **more)

    monkeypatch.setattr(event_schedules, "change", searched)
    lost = {"kind": "room", "room": "Table 1", "slot": event.plan.slots[0]}
    answer = send(staff, f"/events/{event.id}/change", lost)
    assert answer.status_code == 422
    said = {"plan": "while the schedule was searched", "schedule": "made meanwhile"}
    assert said[meanwhile] in answer.text
    now = get_event(store, event.id).plan
    assert now.place == ("Elsewhere" if meanwhile == "plan" else held.plan.place)
    assert [one.closed for one in now.rooms] == [(), ()]


@pytest.mark.parametrize("meanwhile", ["plan", "wishes", "held"])
def test_a_schedule_of_what_has_changed_meanwhile_is_not_kept(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event, meanwhile: str,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    dari = app.extensions["dari"]
    send(staff, f"/events/{event.id}/schedule", {})
    first, *_, host = (one.id for one in people_of(dari.store, event.id))
    met = meetings_of(dari.store, event.id)[0]
    changes = {
        "plan": lambda: change_event(
            dari.store, event.id, plan=event.plan.model_copy(update={"rooms": event.plan.rooms[:1]})
        ),
        "wishes": lambda: set_wishes(dari.store, event.id, first, {host: 2}),
        "held": lambda: mark_held(dari.store, event.id, met.id),
    }
    search = event_schedules.schedule

    def searched(*given: Any, **more: Any) -> Any:
        changes[meanwhile]()
        return search(*given, **more)

    monkeypatch.setattr(event_schedules, "schedule", searched)
    with pytest.raises(EventError) as refused:
        do(JobKind.SCHEDULE, dari.settings, {"event": event.id, "by": "x"}, tmp_path, _unheard)
    assert "while the schedule was searched" in refused.value.told("en")[0]
    assert "다시 요청해 주세요" in refused.value.told("ko")[1]
    assert len(schedules_of(dari.store, event.id)) == 1


def test_a_meeting_that_was_held_while_a_change_was_searched_is_not_moved(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = app.extensions["dari"].store
    send(staff, f"/events/{event.id}/schedule", {})
    met = meetings_of(store, event.id)[0]
    search = event_schedules.change

    def searched(*given: Any, **more: Any) -> Any:
        mark_held(store, event.id, met.id)
        return search(*given, **more)

    monkeypatch.setattr(event_schedules, "change", searched)
    gone = {"kind": "absent", "person": met.a, "slot": event.plan.slots[0]}
    answer = send(staff, f"/events/{event.id}/change", gone)
    assert answer.status_code == 422
    assert "noted as held" in answer.text
    now = next(one for one in meetings_of(store, event.id) if one.id == met.id)
    assert (now.state, now.booked) == (MeetingState.HELD, met.booked)


def _unheard(*_said: object) -> None:
    """Hear how far a job is, and do nothing."""


def test_who_is_absent_stays_away_when_it_said_so_meanwhile(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, slots = app.extensions["dari"].store, event.plan.slots
    send(staff, f"/events/{event.id}/schedule", {})
    one = people_of(store, event.id)[0].id
    search = event_schedules.change

    def searched(*given: Any, **more: Any) -> Any:
        set_away(store, event.id, one, slots[:1])
        return search(*given, **more)

    monkeypatch.setattr(event_schedules, "change", searched)
    absent = {"kind": "absent", "person": one, "slot": slots[-1]}
    assert send(staff, f"/events/{event.id}/change", absent).status_code == 303
    assert people_of(store, event.id)[0].away == {slots[0], slots[-1]}
    assert get_event(store, event.id).revision == event.revision


def _changes(store: Any, event: Event) -> dict[str, dict[str, Any]]:
    """A change of each kind on the day."""
    guest, *_, host = (one.id for one in people_of(store, event.id))
    first, last = event.plan.slots[0], event.plan.slots[-1]
    return {
        "absent": {"kind": "absent", "person": guest, "slot": first},
        "late": {"kind": "late", "person": guest, "slot": last},
        "room": {"kind": "room", "room": "Table 1", "slot": first},
        "add": {"kind": "add", "person": guest, "other": host, "slot": first},
    }


@pytest.mark.parametrize("kind", ["absent", "late", "room", "add"])
def test_a_change_on_the_day_is_taken_back_as_a_whole(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event, kind: str
) -> None:
    store, here = app.extensions["dari"].store, f"/events/{event.id}"
    set_away(store, event.id, people_of(store, event.id)[0].id, [event.plan.slots[3]])
    change = _changes(store, event)[kind]
    if kind == "add":  # of two who were not to meet
        pair = {"a": change["person"], "b": change["other"], "rule": "forbidden"}
        send(staff, f"{here}/pairs", pair)
    plan = get_event(store, event.id).plan
    send(staff, f"{here}/schedule", {})
    assert "Take this change back" not in staff.get(here).text
    before = [one.booked for one in meetings_of(store, event.id)], people_of(store, event.id)
    assert send(staff, f"{here}/change", change).status_code == 303
    assert "Take this change back" in staff.get(here).text
    assert send(staff, f"{here}/undo", {"schedule": "1"}).status_code == 422
    assert send(staff, f"{here}/undo", {"schedule": "2"}).status_code == 303
    assert (
        [one.booked for one in meetings_of(store, event.id)],
        people_of(store, event.id),
    ) == before
    assert get_event(store, event.id).plan == plan
    assert "The change of schedule 2 was taken back." in staff.get(here).text
    again = send(staff, f"{here}/undo", {"schedule": "3"})
    assert again.status_code == 422
    assert "of no change on the day" in again.text


def test_what_a_change_came_to_is_not_told_of_another_that_is_taken_back(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store, here = app.extensions["dari"].store, f"/events/{event.id}"
    send(staff, f"{here}/schedule", {})
    changes = _changes(store, event)
    for kind, number in (("late", "2"), ("room", "3")):
        assert send(staff, f"{here}/change", changes[kind]).status_code == 303
        if number == "3":
            assert send(staff, f"{here}/undo", {"schedule": number}).status_code == 303
    first, *_, made = (one.record["levels"] for one in schedules_of(store, event.id))
    assert (first, bool(made)) == ([], True)
    assert "Meetings given up" not in staff.get(here).text


def test_a_meeting_that_is_there_already_is_not_added(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store, here = app.extensions["dari"].store, f"/events/{event.id}"
    send(staff, f"{here}/schedule", {})
    met = meetings_of(store, event.id)[0]
    again = {"kind": "add", "person": met.a, "other": met.b, "slot": event.plan.slots[0]}
    refused = send(staff, f"{here}/change", again)
    assert refused.status_code == 422
    assert f"These two meet already: {met.slot.replace('T', ' ')}, {met.room}." in refused.text


def test_a_change_whose_meeting_was_held_is_not_taken_back(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store, here = app.extensions["dari"].store, f"/events/{event.id}"
    send(staff, f"{here}/schedule", {})
    before = {one.booked for one in meetings_of(store, event.id)}
    send(staff, f"{here}/change", _changes(store, event)["room"])
    moved = next(one for one in meetings_of(store, event.id) if one.booked not in before)
    mark_held(store, event.id, moved.id)
    refused = send(staff, f"{here}/undo", {"schedule": "2"})
    assert refused.status_code == 422
    assert "has taken place since" in refused.text
    mark_held(store, event.id, moved.id, held=False)
    stays = next(one for one in meetings_of(store, event.id) if one.id != moved.id)
    send(staff, f"{here}/people/{stays.a}/remove", {})
    assert send(staff, f"{here}/undo", {"schedule": "2"}).status_code == 303
    assert all(stays.a not in (one.a, one.b) for one in meetings_of(store, event.id))


def test_a_change_begins_with_what_has_not_begun(
    staff: FlaskClient, send: Send, event: Event
) -> None:
    send(staff, f"/events/{event.id}/schedule", {})
    found = re.search(
        r'<select[^>]* name="now"[^>]*>.*?</select>', staff.get(f"/events/{event.id}").text
    )
    assert found
    assert f'value="{event.plan.slots[0]}" selected' in found[0]


def test_what_was_held_stands_in_the_next_schedule(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    dari = app.extensions["dari"]
    send(staff, f"/events/{event.id}/schedule", {})
    met = meetings_of(dari.store, event.id)[0]
    assert send(staff, f"/events/{event.id}/held/{met.id}", {}).status_code == 303
    make_schedule(dari, event.id, seconds=3, by="x")
    now = next(one for one in meetings_of(dari.store, event.id) if one.id == met.id)
    assert now.booked == met.booked


def test_an_added_meeting_that_no_slot_is_left_for_is_refused_in_words(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    why, waited = event_schedules.contradiction, list[float]()

    def told(instance: Any, *, seconds: float) -> Any:
        waited.append(seconds)
        return why(instance, seconds=seconds)

    monkeypatch.setattr(event_schedules, "contradiction", told)
    store, last = app.extensions["dari"].store, event.plan.slots[-1]
    first, _, other, _ = people_of(store, event.id)
    keep_schedule(store, event.id, [], {})
    set_away(store, event.id, first.id, [last])
    added = {"kind": "add", "person": first.id, "other": other.id, "slot": last, "now": last}
    before = get_event(store, event.id)
    answer = send(staff, f"/events/{event.id}/change", added)
    assert answer.status_code == 422
    assert "slots that are left" in answer.text
    assert get_event(store, event.id) == before
    assert waited == [event_schedules.QUICK_S]


def test_a_meeting_at_a_time_when_one_cannot_is_told_and_each_clock_is_shown(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    send(staff, f"/events/{event.id}/schedule", {})
    store = app.extensions["dari"].store
    here = f"/events/{event.id}"
    assert "one of the two cannot" not in staff.get(here).text
    met = next(one for one in meetings_of(store, event.id) if one.slot >= f"{DAY}T14:00")
    set_away(store, event.id, met.a, [met.slot])
    assert "1 meeting is at a time when one of the two cannot." in staff.get(here).text
    page = staff.get(f"{here}?lang=ko").text
    assert "오후 2:00" in page
    assert "오전 8:00" in page  # in Moscow
    assert "러시아(모스크바) 시간" in page
    table = staff.get(f"{here}/meetings.csv").data.decode("utf-8-sig")
    assert f"{DAY},오후 2:00,오전 8:00,{met.room}," in table
    head = next(line for line in table.splitlines() if line.startswith("날짜,"))
    assert head.startswith("날짜,시간 (대한민국 시간),시간 (러시아(모스크바) 시간),방,")


def test_who_can_come_at_no_time_is_named_before_a_schedule_is_made(
    staff: FlaskClient, send: Send, event: Event
) -> None:
    here = f"/events/{event.id}"
    assert "who can come at no time" not in staff.get(here).text
    far = {"side": "b", "organisation": "Far", "online": "on", "zone": "Atlantic/Azores"}
    send(staff, f"{here}/people", far)
    assert "no time:</strong> Far (" in staff.get(here).text


def test_meetings_that_a_changed_plan_has_lost_are_told(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store, here = app.extensions["dari"].store, f"/events/{event.id}"
    send(staff, f"{here}/schedule", {})
    assert "does not have any more" not in staff.get(here).text
    met = meetings_of(store, event.id)[0]
    send(staff, f"{here}/held/{met.id}", {})
    lost = {**PLAN, "rooms": "Table 9; Hall A", "revision": str(event.revision)}
    assert send(staff, f"{here}/edit", lost).status_code == 303
    count = len(meetings_of(store, event.id))
    assert f"{count} meetings are at times or in rooms" in staff.get(here).text
    refused = send(staff, f"{here}/schedule", {})
    assert refused.status_code == 422
    assert f"any more: {met.slot.replace('T', ' ')}, {met.room}." in refused.text
    assert "a meeting that took place needs both" in refused.text


def test_a_participant_gets_the_file_of_what_is_cancelled(
    app: APIFlask, staff: FlaskClient, client: FlaskClient, send: Send, event: Event
) -> None:
    dari = app.extensions["dari"]
    send(staff, f"/events/{event.id}/schedule", {})
    gone = people_of(dari.store, event.id)[0].id
    change = {"kind": "absent", "person": gone, "slot": event.plan.slots[0]}
    send(staff, f"/events/{event.id}/change", change)
    one = new_link(dari.store, event.id, gone)
    token = token_of(event, one, dari.secret_key)
    page = client.get(f"/meet/{token}").text
    assert "Cancelled meetings" in page
    found = Calendar.from_ical(client.get(f"/meet/{token}/cancelled.ics").data)
    assert found["method"] == "CANCEL"
    cancelled = [one for one in meetings_of(dari.store, event.id, cancelled=True) if not one.is_on]
    told = {(str(one["uid"]), int(one["sequence"])) for one in found.walk("VEVENT")}
    assert told == {(one.uid, one.sequence) for one in cancelled if gone in (one.a, one.b)}
    assert staff.get(f"/events/{event.id}/print?by=person&only={gone}").status_code == 200


def test_calendars_hear_of_who_is_taken_out_and_of_an_event_that_is_called_off(
    app: APIFlask, staff: FlaskClient, client: FlaskClient, send: Send, event: Event
) -> None:
    dari, here = app.extensions["dari"], f"/events/{event.id}"
    send(staff, f"{here}/schedule", {})
    first, _, host, _ = (one.id for one in people_of(dari.store, event.id))
    link = f"/meet/{token_of(event, new_link(dari.store, event.id, host), dari.secret_key)}"
    assert send(staff, f"{here}/people/{first}/remove", {}).status_code == 303
    off = Calendar.from_ical(client.get(f"{link}/cancelled.ics").data).walk("VEVENT")
    assert [str(one["summary"])[:1] for one in off] == ["–"]
    assert client.get(link).status_code == staff.get(here).status_code == 200
    assert staff.get(f"{here}/meetings.csv").status_code == 200
    planned = meetings_of(dari.store, event.id)
    send(staff, f"{here}/state", {"state": "cancelled"})
    for path in (f"{link}/meetings.ics", link):
        gone = client.get(path)
        assert gone.status_code == 410
        assert "This event has been called off.</strong> That was on " in gone.text
        assert f'href="{link}/cancelled.ics"' in gone.text
    assert "취소된 행사입니다.</strong> 취소한 때:" in client.get(f"{link}?lang=ko").text
    assert send(client, link, {}).status_code == 410
    assert client.get(f"{link[:-1]}").status_code == 404
    assert send(staff, f"{here}/schedule", {}).status_code == 422
    assert "Confirm it first" in send(staff, f"{here}/schedule", {}).text
    assert "A change on the day" not in staff.get(here).text
    assert "This event has been called off." in staff.get(f"{here}/print?by=room").text
    found = Calendar.from_ical(staff.get(f"{here}/cancelled.ics").data).walk("VEVENT")
    told = {str(one["uid"]): int(one["sequence"]) for one in found}
    assert {one.uid: one.sequence + 1 for one in planned}.items() <= told.items()
    own = Calendar.from_ical(client.get(f"{link}/cancelled.ics").data).walk("VEVENT")
    assert len(own) == 1 + sum(host in (one.a, one.b) for one in planned)
    assert b"VEVENT" not in staff.get(f"{here}/all.ics").data


def test_both_sides_wish_and_read_their_meetings_by_their_accounts(
    app: APIFlask, staff: FlaskClient, send: Send, event: Event
) -> None:
    store = app.extensions["dari"].store
    send(staff, f"/events/{event.id}/schedule", {})
    first, other, host, _ = people_of(store, event.id)
    for one, whom, role in ((first, host, "startup"), (host, first, "partner")):
        mail = f"{role}-{event.id}@event.example"
        with app.app_context():
            accounts.add(app, mail, role, profile=one.profile)
        browser = accounts.browser_of(app, mail)
        here = f"/my/events/{event.id}/{one.id}"
        assert f'href="{here}"' in browser.get("/my/events").text
        assert "Your meetings" in browser.get(here).text
        wished = {f"wish-{whom.id}": "2", "away": event.plan.slots[-1]}
        assert accounts.submit(browser, here, wished, on=here).status_code == 303
        now = get_person(store, event.id, one.id)
        assert (now.wishes, now.away) == ({whom.id: 2}, {event.plan.slots[-1]})
        assert accounts.submit(browser, here, {**wished, "away": "x"}, on=here).status_code == 422
        assert get_person(store, event.id, one.id) == now
        files = (browser.get(f"{here}/{name}.ics") for name in ("meetings", "cancelled"))
        assert [Calendar.from_ical(one.data)["method"] for one in files] == ["PUBLISH", "CANCEL"]
        assert browser.get(f"/my/events/{event.id}/{other.id}").status_code == 404
        assert browser.get(f"/events/{event.id}").status_code == 403
        change_event(store, event.id, state=EventState.CANCELLED)
        gone = browser.get(here)
        assert gone.status_code == 410
        assert "This event has been called off.</strong> That was on " in gone.text
        assert "cancelled</span>" in browser.get("/my/events").text
        change_event(store, event.id, state=EventState.CONFIRMED)
