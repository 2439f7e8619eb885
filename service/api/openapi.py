"""Owns the OpenAPI description: what APIFlask cannot know of queries, bodies and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app
from pydantic import BaseModel

from profiles.api_keys import Scope
from service.api.calls import Call, call_at
from service.api.schemas import all_schemas
from service.api.shapes import REF
from service.queries import MOST

_SCOPES = {
    Scope.READ: "read all records, matches, histories and exports",
    Scope.WRITE: "add, change and delete records, verdicts, merges and cases",
    Scope.SUBMIT: "hand in startups, without the limit that holds for everybody",
    Scope.EVALUATE: "judge pairs, start evaluations and trainings, put models in use",
    Scope.ADMIN: "everything: personal data, erasure and keys, too",
}
SECURITY_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key (`dari key add`) or the token of the installation, which is an "
        "admin's. Scopes: " + "; ".join(f"`{one}`: {what}" for one, what in _SCOPES.items()) + ".",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "dari",
        "description": "The session of an account that is signed in; it reads only.",
    },
}
_DESCRIPTIONS = {
    "k": "How many matches to give.",
    "programme": "Id of a programme whose rules apply.",
    "kind": "Kinds, separated by commas.",
    "region": "ISO 3166 codes, separated by commas; a country stands for its regions.",
    "sector": "Sector codes, separated by commas; a parent stands for what is below it.",
    "q": "Words that the name must hold.",
    "cursor": "Where the list goes on; it comes from `next` and cannot be made up.",
    "limit": "How many items to give.",
    "profile": "Id of the profile whose ties are asked for.",
    "partner": "Id of a partner of the programme.",
    "by": "Who edits, for the history.",
    "candidate": "Id of the candidate that is asked about.",
    "candidates": "Ids of one to four candidates, separated by commas.",
    "as_of": "The day (ISO 8601) whose pairings, conflicts and past count; today if not given.",
    "prove": "Whether the whole installation is searched for what was erased: yes or no.",
    "format": "The form of the file: jsonl, csv, xlsx or parquet.",
    "a": "Id of one of the two.",
    "b": "Id of the other.",
    "stage": "A stage of cases.",
    "owner": "Who looks after a case.",
    "state": "A state of cohorts (intake, screening, decided or dropped), or of events (proposed, "
    "confirmed or cancelled).",
    "entry_stage": "A stage of applications, such as eligible or selected.",
    "person": "Number of the participant whose meetings are asked for.",
    "cancelled": "Whether the calendar file is the one that takes cancelled meetings out.",
    "due": "When the next step is due: overdue, week or none.",
}
_CONDITIONS = {
    "read": (
        "If-None-Match",
        "The ETag of what is known; if it still stands, 304 is answered.",
    ),
    "change": ("If-Match", "The ETag of what was read; * is refused."),
}
_RATE = {
    "RateLimit": {
        "description": "How many calls are left (r) for how many seconds (t).",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "How many calls (q) may be made in how many seconds (w).",
        "schema": {"type": "string"},
    },
}


def describe(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    """Complete the document that APIFlask made; one that is YAML stays as it is."""
    if isinstance(spec, str):
        return spec
    calls = {call.id: call for call in map(call_at, current_app.view_functions) if call}
    spec["servers"] = [{"url": "/"}]
    spec["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    spec["info"]["description"] = "Who fits whom, and why. Every error is a problem (RFC 9457)."
    bodies = {one.body for one in calls.values() if isinstance(one.body, type)}
    ordered = sorted(bodies, key=lambda one: one.__name__)
    spec["components"].setdefault("schemas", {}).update(all_schemas(ordered))
    for path, operations in spec["paths"].items():
        for operation in operations.values():
            if isinstance(operation, dict) and operation.get("operationId") in calls:
                _complete(operation, calls[operation["operationId"]], "{" in path)
    return spec


def _complete(operation: dict[str, Any], call: Call, has_id: bool) -> None:
    parameters = [*operation.get("parameters", ()), *_parameters(call)]
    if parameters:
        operation["parameters"] = parameters
    operation["responses"] = _answers(call, has_id)
    if call.scope is not None:
        operation["security"] = [{"key": [call.scope.value]}]
        if _is_reading(call):
            operation["security"].append({"session": []})
    elif call.keyed:
        operation["security"] = [{}, {"key": [call.keyed.value]}]
    if call.body is not None:
        content = {form: _body(call) for form in call.takes}
        operation["requestBody"] = {"required": True, "content": content}


def _is_reading(call: Call) -> bool:
    return call.status == 200 and call.body is None and call.etag != "change"


def _body(call: Call) -> dict[str, Any]:
    name = call.body if isinstance(call.body, str) else call.body.__name__ if call.body else ""
    example = {} if call.sent is None else {"example": call.sent}
    return {"schema": {"$ref": REF + name}, **example}


def _answers(call: Call, has_id: bool) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Successful response", "headers": dict(_RATE)}
    if call.answer:
        example = {} if call.shown is None else {"example": call.shown}
        schemas = {form: _schema(form, call.answer) for form in call.produces}
        good["content"] = {form: {"schema": one, **example} for form, one in schemas.items()}
    if call.status == 201:
        good["headers"]["Location"] = {"schema": {"type": "string"}}
    if call.etag is not None and call.answer:
        good["headers"]["ETag"] = {
            "description": "The version of what is answered",
            "schema": {"type": "string"},
        }
    if call.links:
        good["links"] = {
            name: {"operationId": to, "parameters": {of: value}}
            for name, (to, of, value) in call.links.items()
        }
    answers = {str(call.status): good}
    if call.id == "openCase":
        answers["200"] = good
    if call.id == "nextPair":
        answers["204"] = {"description": "Nothing is left to be judged"}
    if has_id and call.body is None and _is_reading(call):
        said = "Merged into another profile: Location is the address of that one"
        answers["308"] = {"description": said}
    answers |= {str(status): _problem() for status in _problems(call, has_id)}
    if _is_reading(call):
        answers["412"] = _problem()
        answers["304"] = {"description": "What is known still stands"}
    if call.etag == "change":
        answers |= {"412": _problem("Stale"), "428": _problem()}
    return answers | {"default": _problem()}


def _schema(form: str, name: str) -> dict[str, Any]:
    return {"$ref": REF + name} if form == "application/json" else {"type": "string"}


def _problems(call: Call, has_id: bool) -> list[int]:
    found = {406, 429, *call.problems}
    if call.body is not None:
        found |= {400, 409, 413, 415, 422}
    if call.scope is not None or call.keyed is not None:
        found |= {401, 403}
    if call.query is not None:
        found.add(422)
    if not _is_reading(call):
        found |= {400, 409, 410, 422}
    return sorted(found | ({404} if has_id else set()))


def _parameters(call: Call) -> list[dict[str, Any]]:
    told = [_parameter(name, field) for name, field in _fields(call.query).items()]
    if call.etag is not None:
        name, said = _CONDITIONS[call.etag]
        told.append(_header(name, said, required=call.etag == "change"))
    if call.status == 201:
        said = "A key of the caller's choice; the same call with it is carried out once in a day."
        told.append(_header("Idempotency-Key", said, pattern="^[\\x21-\\x7e]{1,255}$"))
    return told


def _fields(model: type[BaseModel] | None) -> Mapping[str, Any]:
    return model.model_fields if model else {}


def _header(name: str, said: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": required,
        "description": said,
        "schema": {"type": "string", **schema},
    }


def _parameter(name: str, field: Any) -> dict[str, Any]:
    return {
        "in": "query",
        "name": name,
        "required": field.is_required(),
        "description": _DESCRIPTIONS[name],
        "schema": _parameter_schema(field.default),
    }


def _parameter_schema(default: object) -> dict[str, Any]:
    if isinstance(default, int):
        return {"type": "integer", "minimum": 1, "maximum": MOST, "default": default}
    return {"type": "string"}


def _problem(name: str = "Problem") -> dict[str, Any]:
    return {
        "description": "A problem (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": REF + name}}},
    }
