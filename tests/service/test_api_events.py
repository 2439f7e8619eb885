"""Tests of the calls on events: read, proposed, scheduled by a job, changed as they were read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from icalendar import Calendar
from werkzeug.test import TestResponse

from profiles.api_keys import add_key
from profiles.event_meetings import EventMeeting, keep_schedule, meetings_of, schedules_of
from profiles.event_people import add_person, people_of, set_wishes
from profiles.events import Event, change_event, get_event, open_event
from profiles.jobs import JobKind
from service.event_day import newest
from service.event_schedules import make_schedule
from service.wiring import Dari
from service.work import do

API = "/api/v1"
PLAN = {
    "name": {"en": "Exchange", "ko": "교류 행사"},
    "days": ["2027-05-19"],
    "opens": "10:00",
    "closes": "12:00",
    "rooms": [{"name": "Table 1"}, {"name": "Table 2"}],
}
Call = Callable[..., TestResponse]


@pytest.fixture(scope="module")
def dari(app: APIFlask) -> Dari:
    found: Dari = app.extensions["dari"]
    return found


@pytest.fixture
def call(app: APIFlask, bearer: dict[str, str]) -> Call:
    """Call the API with the token, or a key; give what was answered, of the expected status."""

    def call(method: str, path: str, status: int = 200, **more: object) -> TestResponse:
        headers = bearer | dict(more.pop("headers", {}))
        answer = app.test_client().open(
            API + path, method=method, headers=headers, buffered=True, **more
        )
        assert answer.status_code == status, answer.text
        return answer

    return call


@pytest.fixture
def event(dari: Dari) -> Event:
    """An event of two who wish for each other, scheduled; a guest has given its name."""
    made = open_event(dari.store, PLAN, programme="exchange-korea-russia")
    add_person(dari.store, made.id, side="a", profile="kist", called="Lee", consent=True)
    add_person(dari.store, made.id, side="b", profile="skoltech")
    guest, host = (one.id for one in people_of(dari.store, made.id))
    set_wishes(dari.store, made.id, guest, {host: 3})
    set_wishes(dari.store, made.id, host, {guest: 2})
    make_schedule(dari, made.id, seconds=2, by="x")
    return get_event(dari.store, made.id)


def test_events_are_listed_and_read_without_what_is_personal(
    call: Call, dari: Dari, event: Event
) -> None:
    listed = call("GET", "/events?programme=exchange-korea-russia&state=confirmed&limit=100").json
    assert event.id in [one["id"] for one in listed["items"]]
    answer = call("GET", f"/events/{event.id}")
    tag = answer.headers["ETag"]
    assert (tag[:5], answer.json["etag"]) == ('"1.1.', '"1.1"')
    assert [one["wishes"] for one in answer.json["people"]] == [1, 1]
    assert "Lee" not in answer.text
    call("GET", f"/events/{event.id}", 304, headers={"If-None-Match": tag})
    set_wishes(dari.store, event.id, answer.json["people"][0]["id"], {})
    call("GET", f"/events/{event.id}", 200, headers={"If-None-Match": tag})
    for path in ("/events/999", f"/events/{1 << 70}", f"/events/{event.id}/jobs/999"):
        call("GET", path, 404)
    call("GET", "/events?state=lost", 422)


def test_a_schedule_is_given_as_json_and_as_a_calendar(call: Call, event: Event) -> None:
    told = call("GET", f"/events/{event.id}/schedule").json
    assert (told["number"], told["status"], len(told["meetings"])) == (1, "optimal", 1)
    assert told["proof"].startswith("Proven:")
    assert told["meetings"][0]["starts"].endswith("+00:00")
    korean = call("GET", f"/events/{event.id}/schedule", headers={"Accept-Language": "ko"}).json
    assert korean["proof"].startswith("증명됨")
    person = told["meetings"][0]["b"]
    path = f"/events/{event.id}/schedule?person={person}"
    answer = call("GET", path, headers={"Accept": "text/calendar"})
    assert answer.mimetype == "text/calendar"
    assert "Lee" not in answer.text
    meeting = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert str(meeting["uid"]) == told["meetings"][0]["uid"]
    off = call("GET", f"{path}&cancelled=yes", headers={"Accept": "text/calendar"})
    assert Calendar.from_ical(off.data)["method"] == "CANCEL"
    call("GET", f"/events/{event.id}/schedule?person=0", 422)
    call("GET", f"/events/{event.id}/schedule", 406, headers={"Accept": "image/png"})


def test_a_change_of_the_day_is_a_job_of_what_was_read(
    call: Call, dari: Dari, event: Event, tmp_path: Path
) -> None:
    path, slot = f"/events/{event.id}/changes", event.plan.slots[0]
    body = {"kind": "absent", "person": people_of(dari.store, event.id)[0].id, "slot": slot}
    call("POST", path, 428, json=body)
    call("POST", path, 412, json=body, headers={"If-Match": '"", "1"'})  # a version may be empty
    stale = call("POST", path, 412, json=body, headers={"If-Match": '"1.0"'}).json
    assert (stale["code"], stale["etag"]) == ("stale", '"1.1"')
    current = {"If-Match": '"1.1"'}
    for wrong in ({"person": 999}, {"kind": "flood"}, {"slot": "tomorrow"}, {"more": 1}):
        refused = call("POST", path, 422, json={**body, **wrong}, headers=current).json
        assert refused["errors"][0]["field"] in {*wrong, "record"}
    sent = {**current, "Idempotency-Key": f"day-{event.id}"}
    asked = call("POST", path, 201, json=body, headers=sent)
    assert call("POST", path, 201, json=body, headers=sent).json["id"] == asked.json["id"]
    where = asked.headers["Location"].removeprefix(API)
    assert call("GET", where).json["state"] == "queued"
    call("GET", where.replace(f"/events/{event.id}/", "/events/999/"), 404)
    job = call("POST", f"{where}/cancel").json
    assert job["state"] == "cancelled"
    arguments = job["arguments"]
    do(JobKind.SCHEDULE, dari.settings, arguments, tmp_path, lambda *_: None)
    after = call("GET", f"/events/{event.id}/schedule").json
    assert [one["state"] for one in after["meetings"]] == ["cancelled"]
    assert len(after["difference"]["cancelled"]) == 1
    call("POST", f"{path}/undo", 428)
    call("POST", f"{path}/undo", 412, headers=current)
    newest = {"If-Match": call("GET", f"/events/{event.id}/schedule").headers["ETag"]}
    back = call("POST", f"{path}/undo", headers=newest)
    assert [one["state"] for one in back.json["meetings"]] == ["planned"]
    tag = {"If-Match": back.headers["ETag"]}
    refused = call("POST", f"{path}/undo", 422, headers=tag).json
    assert refused["errors"][0]["code"] == "event_no_undo"
    again = call("POST", f"/events/{event.id}/schedule", 201).json
    assert again["arguments"] == {"event": event.id, "by": "staff (API)"}


def test_the_next_two_are_proposed_once_and_confirmed_as_read(call: Call) -> None:
    asked = {"programme": "bilateral-korea-russia"}
    first, again = (call("POST", "/events/proposals", json=asked).json for _ in range(2))
    assert [one["id"] for one in first["items"]] == [one["id"] for one in again["items"]]
    assert (len(first["items"]), again["added"]) == (2, 0)
    call("POST", "/events/proposals", 422, json={"programme": "none-such"})
    path = f"/events/{first['items'][1]['id']}"
    call("PATCH", path, 428, json={"state": "cancelled"})
    tag = {"If-Match": call("GET", path).headers["ETag"]}
    assert tag["If-Match"].startswith(first["items"][1]["etag"][:-1])
    assert call("GET", path).json["off_at"] is None
    off = call("PATCH", path, json={"state": "cancelled"}, headers=tag).json
    assert off["state"] == "cancelled"
    assert off["off_at"] > off["made_at"]
    call("PATCH", path, 412, json={"state": "confirmed"}, headers=tag)


def test_a_change_between_the_reading_and_the_writing_is_stale_too(
    call: Call, dari: Dari, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*given: object, **more: object) -> Event:
        plan = event.plan.model_copy(update={"place": "Elsewhere"})
        change_event(dari.store, event.id, plan=plan)
        return change_event(*given, **more)

    monkeypatch.setattr("service.api.events.change_event", changed)
    path, tag = f"/events/{event.id}", f'"{event.revision}.1"'
    stale = call("PATCH", path, 412, json={"state": "cancelled"}, headers={"If-Match": tag})
    assert (stale.json["code"], stale.json["etag"]) == ("stale", f'"{event.revision + 1}.1"')
    assert stale.json["current"]["plan"]["place"] == "Elsewhere"
    assert get_event(dari.store, event.id).state.value == "confirmed"


def test_no_other_change_is_taken_back_than_the_one_that_was_read(
    call: Call, dari: Dari, event: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, slot = f"/events/{event.id}", event.plan.slots[0]
    body = {"kind": "absent", "person": people_of(dari.store, event.id)[0].id, "slot": slot}
    sent = {"headers": {"If-Match": call("GET", path).headers["ETag"]}}
    job = call("POST", f"{path}/changes", 201, json=body, **sent).json
    do(JobKind.SCHEDULE, dari.settings, job["arguments"], tmp_path, lambda *_: None)
    tag = {"If-Match": call("GET", path).headers["ETag"]}

    def overtaken(of: Dari, id: int) -> int:
        number = newest(of, id)
        if len(schedules_of(of.store, id)) == 2:
            keep_schedule(of.store, id, [], schedules_of(of.store, id)[0].record)
        return number

    monkeypatch.setattr("service.api.events.newest", overtaken)
    refused = call("POST", f"{path}/changes/undo", 422, headers=tag).json
    assert refused["errors"][0]["code"] == "event_schedule_changed"
    assert not any("undone" in one.record for one in schedules_of(dari.store, event.id))


def test_what_is_read_never_has_the_version_of_what_came_after(
    call: Call, dari: Dari, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*given: Any, **more: Any) -> list[EventMeeting]:
        found = meetings_of(*given, **more)
        keep_schedule(dari.store, event.id, [], {})
        return found

    monkeypatch.setattr("service.api.events.meetings_of", overtaken)
    for path in (f"/events/{event.id}", f"/events/{event.id}/schedule"):
        before = newest(dari, event.id)
        assert call("GET", path).headers["ETag"].startswith(f'"{event.revision}.{before}.')


def test_a_key_that_reads_changes_nothing(call: Call, dari: Dari, event: Event) -> None:
    _, secret = add_key(dari.store, "events reader", ["read"], by="x")
    key = {"Authorization": f"Bearer {secret}"}
    call("GET", f"/events/{event.id}", headers=key)
    for path in ("schedule", "changes"):
        call("POST", f"/events/{event.id}/{path}", 403, headers=key, json={})
