"""A store in which everything that pages show is filled, and the addresses of all pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apiflask import APIFlask
from werkzeug.routing import IntegerConverter, Rule

from profiles.api_keys import add_key
from profiles.judging import open_round
from service.submission import submit

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
    if name == "name" and "judging" in rule:
        return "hostile-round"
    if name == "id" and "programmes" in rule:
        return "hostile-programme"
    if name in ("id", "profile", "startup", "partner"):
        return "hostile-partner" if side == "partners" or name == "partner" else "hostile"
    return "unheard-of"
