"""A store in which everything that pages show is filled, and the addresses of all pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from werkzeug.routing import IntegerConverter, Rule

from profiles import Store, cohorts
from profiles.api_keys import add_key
from profiles.event_meetings import Booked, keep_schedule
from profiles.event_people import add_person, set_wishes
from profiles.events import open_event
from profiles.jobs import JobKind, ask
from profiles.judging import open_round
from profiles.reviews import Ask, ask_review, extend_review
from service.assigning import Limits, assign
from service.managing import add_account
from service.submission import submit
from service.wiring import Dari

MARK = "hx9z"
SCRIPT = (
    f"<script>{MARK}()</script><img src=x onerror={MARK}()>\"'><svg onload={MARK}()>{{{{7*7}}}}"
)
"""What a page would run if it took a text for its own."""


def startup_of(text: str) -> dict[str, object]:
    """Make a startup that says a text in every field that takes one."""
    return {
        "id": "hostile",
        "name": {"en": f"Evil {text}", "ko": f"나쁜 {text}"},
        "aliases": [f"Alias {text}"],
        "summary": {"en": text, "ko": f"초음파 {text}"},
        "seeking": f"Hospitals {text}",
        "offering": f"Devices {text}",
        "source": f"Source {text}",
        "region": "KR-27",
        "sectors": ["medical_imaging"],
    }


def fill(app: APIFlask, text: str = SCRIPT) -> None:
    """Fill a store with records, cases, rounds and keys that say a text wherever one is taken."""
    startup = startup_of(text)
    dari = app.extensions["dari"]
    submit(dari, startup)
    submit(dari, {"id": "victim", "name": "Victim", "summary": "Keeps its secrets."})
    client, bearer = app.test_client(), {"Authorization": f"Bearer {dari.staff_token}"}

    def post(path, body):
        answer = client.post(f"/api/v1{path}", json=body, headers=bearer)
        assert answer.status_code == 201, answer.text

    partner = {"id": "hostile-partner", "kind": "hospital", "capacity": 3}
    texts = {name: startup[name] for name in ("name", "aliases", "summary", "seeking", "source")}
    post(f"/partners?by={MARK}<b>", {**partner, **texts, "offering": text})
    tie = {"kind": "pilot", "a": "hostile", "b": "hostile-partner", "valid_from": "2026-01-01"}
    post("/ties", {**tie, "subject": text, "source": text})
    programme = {"id": "hostile-programme", "kind": "contest", "partners": ["hostile-partner"]}
    post("/programmes", {**programme, "name": text, "summary": text, "source": text})
    verdict = {"candidate": "hostile-partner", "label": "good", "note": text, "shown_rank": 1}
    post("/startups/hostile/verdicts", {**verdict, "model_version": text})
    post("/kept-apart", {"a": "hostile", "b": "victim", "note": text})
    case = {"startup": "hostile", "partner": "hostile-partner", "owner": text[:100]}
    post("/cases", {**case, "model_version": text})
    post("/cases/1/notes", {"note": text})
    post("/cases/1/meetings", {"starts": "2026-12-01T14:00", "zone": "Asia/Seoul", "place": text})
    pairs = {("hostile", "hostile-partner"): {text[:40]: 1}}
    open_round(dari.store, "hostile-round", pairs, judges=2, depth=5, instructions=text)
    add_key(dari.store, f"Key {text}"[:60], ["read"], by=text)
    _meet(dari.store, text)
    _decide(dari, text)
    _evaluate(dari, text)
    add_account(dari.store, "walker@dari.example", ["staff"], name=f"Walker {text}"[:80])


def _meet(store: Store, text: str) -> None:
    """Hold an event with one meeting."""
    plan = {"name": f"Event {text}", "days": ["2027-05-19"], "rooms": [{"name": text[:80]}]}
    event = open_event(store, plan, programme="hostile-programme", by=text).id
    own = add_person(store, event, side="a", profile="hostile", called=text[:100], consent=True)
    other = add_person(store, event, side="b", organisation=f"Guest {text}")
    set_wishes(store, event, other.id, {own.id: 3})
    met = Booked(own.id, other.id, "2027-05-19T10:00", text[:80])
    keep_schedule(store, event, [met], {"meetings": [list(met)]}, by=text)


def _decide(dari: Dari, text: str) -> None:
    """Hold a round until its decision, and ask for a review of that."""
    store = dari.store
    held = cohorts.open_cohort(
        store, "hostile-programme", name=text, hosts=["hostile-partner"], by=text
    )
    cohorts.apply(store, held.id, "hostile", note=text, by=text)
    cohorts.mark(store, held.id, {"hostile": ()}, by=text)
    said = dict.fromkeys(held.criteria, (70, text))
    for screening in held.screened:
        cohorts.score_entry(store, held.id, "hostile", screening, said, by=text)
        cohorts.screen(store, held.id, screening, {"hostile": True}, reason=text, by=text)
    assign(dari, held.id, by=text, limits=Limits(5))
    asked = ask_review(store, "hostile", Ask.REVIEW, text, today=datetime.now(UTC).date())
    extend_review(store, asked.id, days=3, why=text, by=text, today=datetime.now(UTC).date())


def _evaluate(dari: Dari, text: str) -> None:
    """Put a test set on the shelf, and let an evaluation of it wait."""
    example = Path("docs/examples/test-set")
    shutil.copytree(example, dari.settings.home / "testsets" / "hostile-set")
    ask(dari.store, JobKind.EVALUATE, {"test_set": "hostile-set", "runs": [text]}, by=text)


def addresses(app: APIFlask) -> list[str]:
    """Give the address of every page, for what is there and for what is not."""
    adapter = app.url_map.bind("")
    found = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/api/", "/static")):
            continue
        if "static" in rule.endpoint or rule.endpoint in _PASSED_OVER:
            continue
        for values in gaps(rule):
            found.add(adapter.build(rule.endpoint, values))
    asked = {
        "/startups/hostile/why?candidate=hostile-partner",
        "/duplicates/pair?a=hostile&b=victim",
        "/startups?q=hx9z",
        "/startups?q=%3Cscript%3Ehx9z()%3C/script%3E",
        "/sign-in?next=/startups",
        "/ties/new?profile=hostile",
        "/partners/hostile-partner/why?candidate=hostile",
        "/startups/hostile/matches?programme=hostile-programme",
    }
    return sorted(found | asked)


_PASSED_OVER = {"openapi.spec", "security.logout"}
"""What is no page, and what would end the session that walks."""


def gaps(rule: Rule) -> Iterator[dict[str, Any]]:
    """Give values for the gaps of an address that something is kept under, once for each side."""
    given = dict(rule.defaults or {})
    names = sorted(rule.arguments - given.keys())
    choices = {n: sorted(getattr(rule._converters[n], "items", ())) for n in names}
    sides = next((n for n in names if {"startups", "partners"} & {*choices[n]}), None)
    for side in ("startups", "partners") if sides else ("startups",):
        values: dict[str, Any] = {}
        for name in names:
            if isinstance(rule._converters[name], IntegerConverter):
                values[name] = 1
            elif name == sides:
                values[name] = side
            else:
                values[name] = choices[name][0] if choices[name] else _kept(rule.rule, name, side)
        yield given | values


def _kept(rule: str, name: str, side: str) -> str:
    if name == "name" and ("judging" in rule or "testsets" in rule):
        return "hostile-round" if "judging" in rule else "hostile-set"
    if name in ("id", "programme") and ("programmes" in rule or "/of/" in rule):
        return "hostile-programme"
    if name == "region" or "regions" in rule:
        return "KR-27"
    if name in ("id", "profile", "startup", "partner"):
        return "hostile-partner" if side == "partners" or name == "partner" else "hostile"
    return "unheard-of"
