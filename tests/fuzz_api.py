"""Calls every operation of the API with whatever its description allows and forbids.

    python -m tests.fuzz_api --calls 10000

Each call must be answered as the OpenAPI document says, and never with a 5xx; then chains of calls
follow the document's links.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import FlakyStrategyDefinition, Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

TOKEN = "staff-token-for-fuzzing"
_RUNS = 10
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
_STARTUP = {
    "id": "sonoeye",
    "name": {"ko": "소노아이", "en": "SonoEye"},
    "summary": "A handheld ultrasound device for hospitals.",
    "region": "KR-27",
    "sectors": ["medical_imaging"],
}
_CLINIC = {"id": "clinic", "name": "Clinic", "kind": "hospital"}
_TIE = {"id": "tie-known", "kind": "pilot", "a": "sonoeye", "b": "clinic"}
_PROGRAMME = {"id": "programme-known", "name": "Known", "kind": "contest", "partners": ["clinic"]}
_KNOWN = {
    "startups": "sonoeye",
    "partners": "clinic",
    "ties": "tie-known",
    "programmes": "programme-known",
    "cases": 1,
    "rounds": "known",
    "pairs": 1,
    "merges": 1,
    "models": "default",
    "problems": "stale",
    "keys": "aaaaaaaaaa",
    "jobs": 1,
    "accounts": 1,
    "drafts": "d-aaaaaaaaaaaa",
    "steps": "who",
    "events": 1,
    "cohorts": 1,
    "entries": "sonoeye",
    "assignments": 1,
    "decisions": 1,
}
"""What is there, by the part of the address that stands before it."""


def make_app(home: Path, **more: Any) -> APIFlask:
    """Make an application over an empty home that takes as many calls as come."""
    from service import create_app
    from service.settings import Settings

    free = {"api_calls_per_minute": 10**9, "wrong_keys_per_minute": 10**9}
    free |= {"public_submissions_per_hour": 10**9}
    return create_app(Settings(home=home, staff_token=TOKEN, **free, **more))


def fill(app: APIFlask) -> None:
    """Put back whatever is known and has been erased, so that calls find something."""
    from profiles import Partner, Programme, Tie, validate
    from profiles.casework import open_case
    from profiles.judging import open_round, rounds
    from service.submission import submit

    dari = app.extensions["dari"]
    held = dari.store.get_many(["sonoeye", "clinic"])
    if "sonoeye" not in held:
        submit(dari, _STARTUP)
    if "clinic" not in held:
        dari.writer.put(validate(Partner, _CLINIC))
    if not dari.store.get_ties(["tie-known"]):
        dari.writer.put_tie(validate(Tie, _TIE))
    if "programme-known" not in {one.id for one in dari.store.programmes()}:
        dari.store.add_programme(validate(Programme, _PROGRAMME))
    if len(held) == 2 and rounds(dari.store):
        _fill_drafts(dari.store)
        _fill_cohort(dari.store)
        return
    if not rounds(dari.store):
        pairs = {("sonoeye", "clinic"): {"dari": 1}}
        open_round(dari.store, "known", pairs, judges=2, depth=5)
    open_case(dari.store, "sonoeye", "clinic")
    _fill_work(dari.store)


def _fill_work(store: Any) -> None:
    """Put a job, the only admin and a draft where calls look for them."""
    from profiles.accounts import accounts
    from profiles.jobs import JobKind, ask, jobs
    from service.managing import add_account

    if not jobs(store):
        ask(store, JobKind.EVALUATE, {"test_set": "known"}, by="staff")
    if not accounts(store):
        add_account(store, "admin@known.example", ["admin"])
    _fill_event(store)
    _fill_cohort(store)
    _fill_drafts(store)


def _fill_cohort(store: Any) -> None:
    """Put a cohort, an application and a decision that is a draft where calls look for them."""
    from profiles.cohorts import CohortError, apply, cohorts, keep_decision, open_cohort

    if not cohorts(store):
        made = open_cohort(store, "programme-known", name="Known", screenings=1, hosts=["clinic"])
        record = _record()
        keep_decision(store, made.id, record.as_json(), digest=record.digest)
    with suppress(CohortError):  # it is there, or the intake is over
        apply(store, 1, "sonoeye")


def _record() -> Any:
    """Make the record of an assignment of the one to the other."""
    import numpy as np

    from matcher.assignment import UNIT, Applicant, Host, Instance, groups_of, solve
    from matcher.assignment.record import Record

    people = (Applicant("sonoeye", groups_of(region="KR-27")),)
    hosts = (Host("clinic", "clinic", 0, 1),)
    instance = Instance(people, hosts, UNIT * np.array([[80]], np.int64), ())
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return Record(instance, solve(instance), "m", 3, at.date(), "Kim", at, 5.0)


def _fill_event(store: Any) -> None:
    from profiles.event_people import add_person
    from profiles.events import events, open_event

    if not events(store):
        plan = {"name": "Known", "days": ["2027-05-19"], "rooms": [{"name": "T"}]}
        made = open_event(store, plan)
        for side in ("a", "b"):
            add_person(store, made.id, side=side, organisation=f"Known {side}")


def _fill_drafts(store: Any) -> None:
    from sqlalchemy import update

    from profiles import tables as t
    from profiles.database import writing
    from profiles.drafts import begin, known_to
    from profiles.rows import now

    day = now()
    if known_to(store, "draft@known.example", day)[0]:
        return
    made = begin(store, {}, language="en", now=day, expires_at=day + timedelta(days=9))
    kept = {"id": _KNOWN["drafts"], "email": "draft@known.example"}
    with writing(store.engine) as connection:
        connection.execute(update(t.drafts).where(t.drafts.c.id == made.id).values(**kept))


def operations(app: APIFlask) -> list[str]:
    """Name the operations of the API."""
    return [
        operation["operationId"]
        for path, calls in app.test_client().get("/openapi.json").json["paths"].items()
        for operation in calls.values()
        if path.startswith("/api/") and isinstance(operation, dict)
    ]


def known_places(path: str) -> dict[str, Any]:
    """Give values for the gaps of an address that something is kept under."""
    parts = path.split("/")
    gaps = [(place, part[1:-1]) for place, part in enumerate(parts) if part.startswith("{")]
    return {name: _KNOWN[parts[place - 1]] for place, name in gaps}


def _document(app: APIFlask) -> Any:
    """Read the document of an application once: its source is searched for values with it."""
    if "schemathesis" not in app.extensions:
        app.extensions["schemathesis"] = schemathesis.openapi.from_wsgi("/openapi.json", app)
    return app.extensions["schemathesis"]


def attack(
    app: APIFlask, call: str, mode: GenerationMode, *, examples: int, first: int, counts: Counter
) -> None:
    """Send calls of one operation, as drawn and to what is known, and check each answer."""
    api = _document(app)
    operation = api.find_operation_by_id(call)
    bearer = {"Authorization": f"Bearer {app.extensions['dari'].staff_token}"}
    places = known_places(operation.path)

    def send(case: Any) -> None:
        answer = case.call(headers=bearer)
        counts[answer.status_code] += 1
        case.validate_response(answer, headers=bearer, checks=CHECKS)

    @seed(first)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        send(case)
        if not places:
            return
        fill(app)
        case.path_parameters = dict(places)
        send(case)
        if operation.method.upper() == "GET":
            return
        if tag := _tag(app, operation.path, places, bearer):
            case.headers = {**(case.headers or {}), "If-Match": tag}
            send(case)

    check()


def _tag(app: APIFlask, path: str, places: dict[str, Any], bearer: dict[str, str]) -> str | None:
    """Give the version of what a call would change, so that it gets as far as the writing."""
    parts = path.rpartition("/") if path.endswith("judgement") else None
    for candidate in (parts[0] if parts else path, path.rpartition("/")[0]):
        answer = app.test_client().get(candidate.format(**places), headers=bearer, buffered=True)
        if answer.status_code == 200 and "ETag" in answer.headers:
            return str(answer.headers["ETag"])
    return None


def follow(app: APIFlask, *, examples: int, steps: int, first: int) -> None:
    """Send chains of calls that follow the links of the document.

    What is held changes with each call, and with it what can be drawn: hypothesis ends a run where
    it notices that, and another one begins then. A fault that does not come again is still told.
    """
    api = _document(app)
    bearer = {"Authorization": f"Bearer {app.extensions['dari'].staff_token}"}

    # The base class is made of the document at run time.
    class Chain(api.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            return {"headers": bearer}

        def validate_response(self, response: Any, case: Any, **_more: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    asked = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    for attempt in range(_RUNS):
        seed(first + attempt)(Chain)
        try:
            Chain.run(settings=asked)
            break
        except FlakyStrategyDefinition:
            if attempt + 1 == _RUNS:
                raise


def rounds_of(app: APIFlask, calls: int) -> Iterator[tuple[str, GenerationMode, int]]:
    """Give operation, mode and number of draws until so many calls have been made."""
    named = operations(app)
    share = max(1, calls // (2 * 2 * len(named)))
    for number in range(1, 1_000):
        for call in named:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                yield call, mode, share if number == 1 else max(1, share // 4)


def _shown(error: BaseException) -> str:
    """Tell an error, and each of those that it holds."""
    inner = getattr(error, "exceptions", ())
    return "\n".join([str(error), *map(_shown, inner)])


def main(words: list[str], tell: Callable[[str], None] = print) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_api")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261122)
    asked = parser.parse_args(words)
    counts: Counter[int] = Counter()
    began, spent = time.monotonic(), time.process_time()
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="dari-fuzz-") as folder:
        app = make_app(Path(folder) / "var", catalogue=False)
        fill(app)
        for place, (call, mode, examples) in enumerate(rounds_of(app, asked.calls)):
            if counts.total() >= asked.calls:
                break
            try:
                attack(app, call, mode, examples=examples, first=asked.seed + place, counts=counts)
            except Unsatisfiable:  # nothing that is wrong can be sent: there is no parameter
                continue
            except (Exception, BaseExceptionGroup) as error:  # every fault is told at the end
                failed.append(f"{call} ({mode.name.lower()}): {_shown(error)}")
                tell(f"FAULT {failed[-1]}")
        try:
            follow(app, examples=50, steps=8, first=asked.seed)
        except (Exception, BaseExceptionGroup) as error:
            failed.append(f"chains: {_shown(error)}")
            tell(f"FAULT {failed[-1]}")
        app.extensions["dari"].store.close()
    told = ", ".join(f"{status}: {count:,}" for status, count in sorted(counts.items()))
    tell(f"{counts.total():,} calls ({told})")
    tell(f"{time.monotonic() - began:.0f} s, {time.process_time() - spent:.0f} s of one core")
    tell(f"{sum(n for status, n in counts.items() if status >= 500)} of them 5xx")
    tell(f"{len(failed)} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
