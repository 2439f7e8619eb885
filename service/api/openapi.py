"""Owns the OpenAPI description: what APIFlask cannot know of queries, bodies and answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic.json_schema import models_json_schema

from profiles import Partner, Programme, Startup, Tie
from profiles.exporting import PERSONAL
from profiles.schema import Record
from service.queries import (
    MOST,
    EditQuery,
    ListQuery,
    PartnerMatchQuery,
    StartupMatchQuery,
    TieQuery,
    WhyPartnerQuery,
    WhyStartupQuery,
)

_REF = "#/components/schemas/"
_NAMES = {"type": "object", "properties": {"en": {"type": "string"}, "ko": {"type": "string"}}}

_DESCRIPTIONS = {
    "k": "How many matches to give.",
    "programme": "Id of a programme whose rules apply.",
    "kind": "Kinds of partner, separated by commas.",
    "region": "ISO 3166 codes, separated by commas; a country stands for its regions.",
    "sector": "Sector codes, separated by commas; a parent stands for what is below it.",
    "q": "Words that the name must hold.",
    "cursor": "Id after which the list goes on.",
    "limit": "How many items to give.",
    "profile": "Id of the profile whose ties are asked for.",
    "by": "Who edits, for the history.",
    "candidate": "Id of the candidate that is asked about.",
}

_RECORDS = ("Startup", "Partner", "Tie", "Programme")
_SHOWN = {name: name for name in _RECORDS} | {"Startup": "StartupShown"}
"""The schema of each kind of record as answers show it: without personal data."""
_REPLACED = _SHOWN | {"Startup": "StartupReplaced"}
"""The schema of each kind of record as it is sent to take the place of what stands."""
_CONDITIONS = {
    "If-Match": "The ETag of the record as it was read; * is refused.",
    "If-None-Match": "The ETag of the record as it is known; if it still stands, 304 is answered.",
}

_OPERATIONS: dict[str, dict[str, Any]] = {
    "submitStartup": {"body": "Startup", "status": "201", "answer": "StartupShown"},
    "listSectors": {"answer": "SectorList"},
    "listStartups": {"query": ListQuery, "answer": "StartupPage"},
    "listPartners": {"query": ListQuery, "answer": "PartnerPage"},
    "listTies": {"query": TieQuery, "answer": "TiePage"},
    **{f"get{name}": {"answer": _SHOWN[name], "etag": "If-None-Match"} for name in _RECORDS},
    **{
        f"replace{name}": {
            "query": EditQuery,
            "body": _REPLACED[name],
            "answer": _SHOWN[name],
            "etag": "If-Match",
        }
        for name in _RECORDS
    },
    "matchStartup": {"query": PartnerMatchQuery, "answer": "MatchList"},
    "matchPartner": {"query": StartupMatchQuery, "answer": "MatchList"},
    "whyStartup": {"query": WhyPartnerQuery, "answer": "Why"},
    "whyPartner": {"query": WhyStartupQuery, "answer": "Why"},
    "missingStartup": {"answer": "Missing"},
    "missingPartner": {"answer": "Missing"},
    "listProgrammes": {"answer": "ProgrammeList"},
}


def describe(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    """Complete the document that APIFlask made; one that is YAML stays as it is."""
    if isinstance(spec, str):
        return spec
    spec["servers"] = [{"url": "/"}]
    spec["info"]["license"] = {"name": "Apache-2.0"}
    spec["components"].setdefault("schemas", {}).update(_schemas())
    for path, operations in spec["paths"].items():
        for operation in operations.values():
            if isinstance(operation, dict) and operation.get("operationId") in _OPERATIONS:
                _complete(operation, _OPERATIONS[operation["operationId"]], "{id}" in path)
    return spec


def _complete(operation: dict[str, Any], known: dict[str, Any], has_id: bool) -> None:
    staff = "staff" in operation.get("tags", ())
    if query := known.get("query"):
        operation["parameters"] = [*operation.get("parameters", ()), *_parameters(query)]
    operation["responses"] = {known.get("status", "200"): _answer(known["answer"])}
    if has_id and "body" not in known:
        said = "Merged into another profile: Location is the address of that one"
        operation["responses"]["308"] = {"description": said}
    problems = ["400", "409", "413", "415", "422"] if "body" in known else []
    problems += ["429"] if known.get("status") == "201" else []
    problems += ["401"] * staff + ["404"] * has_id + ["422"] * ("query" in known)
    operation["responses"] |= {status: _problem() for status in problems}
    operation["responses"]["default"] = _problem()
    if staff:
        operation["security"] = [{"staff": []}]
    if condition := known.get("etag"):
        _add_etag(operation, condition)
    if body := known.get("body"):
        operation["requestBody"] = {"required": True, "content": _json(body)}


def _add_etag(operation: dict[str, Any], condition: str) -> None:
    """Describe the ETag of an answer, and the condition under which a call is carried out."""
    etag = {"description": "The revision of the record", "schema": {"type": "string"}}
    operation["responses"]["200"]["headers"] = {"ETag": etag}
    parameter = {
        "in": "header",
        "name": condition,
        "required": condition == "If-Match",
        "description": _CONDITIONS[condition],
        "schema": {"type": "string"},
    }
    operation["parameters"] = [*operation.get("parameters", ()), parameter]
    if condition == "If-Match":
        operation["responses"] |= {"412": _problem("Stale"), "428": _problem()}
    else:
        operation["responses"]["304"] = {"description": "The record still stands as it is known"}


def _parameters(model: type[Record]) -> list[dict[str, Any]]:
    return [
        {
            "in": "query",
            "name": name,
            "required": field.is_required(),
            "description": _DESCRIPTIONS[name],
            "schema": _parameter_schema(field.default),
        }
        for name, field in model.model_fields.items()
    ]


def _parameter_schema(default: object) -> dict[str, Any]:
    if isinstance(default, int):
        return {"type": "integer", "minimum": 1, "maximum": MOST, "default": default}
    return {"type": "string"}


def _answer(name: str) -> dict[str, Any]:
    return {"description": "Successful response", "content": _json(name)}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF + name}}}


def _problem(name: str = "Problem") -> dict[str, Any]:
    schema = {"$ref": _REF + name}
    return {
        "description": "A problem (RFC 9457)",
        "content": {"application/problem+json": {"schema": schema}},
    }


def _without(schema: dict[str, Any], fields: Collection[str], title: str) -> dict[str, Any]:
    """Give a schema without some of its properties, none of which is required."""
    kept = {name: one for name, one in schema["properties"].items() if name not in fields}
    return {**schema, "title": title, "properties": kept}


def _schemas() -> dict[str, Any]:
    models: list[Any] = [(m, "validation") for m in (Startup, Partner, Tie, Programme)]
    _, made = models_json_schema(models, ref_template=_REF + "{model}")
    schemas: dict[str, Any] = made["$defs"]
    text = schemas["Text"]
    schemas["Text"] = {"anyOf": [{"type": "string", "minLength": 1}, text]}
    shown = _without(schemas["Startup"], PERSONAL, "StartupShown")
    for name in _RECORDS:  # the address names the record, or it is given an id
        schemas[name]["required"] = [one for one in schemas[name]["required"] if one != "id"]
    schemas |= {
        "StartupShown": shown,
        "StartupReplaced": _without(schemas["Startup"], PERSONAL, "StartupReplaced"),
        "StartupPage": _searched("StartupShown"),
        "PartnerPage": _searched("Partner"),
        "TiePage": _page("Tie"),
        "ProgrammeList": _list({"$ref": _REF + "Programme"}),
        "SectorList": _list(_object(code="string", name=_NAMES, parent=["string", "null"])),
        "Problem": _problem_schema(),
        "Stale": _stale_schema(),
        "MatchList": _match_list(),
        "Why": _why(),
        "Missing": _missing(),
    }
    return schemas


def _object(**properties: Any) -> dict[str, Any]:
    written = {n: p if isinstance(p, dict) else {"type": p} for n, p in properties.items()}
    return {"type": "object", "properties": written, "required": list(written)}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return _object(items={"type": "array", "items": item})


def _page(name: str) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": _REF + name}}
    return _object(items=items, total="integer", next=["string", "null"])


def _searched(name: str) -> dict[str, Any]:
    """Describe a part of a list that is searched by name, with those of similar names."""
    page = _page(name)
    page["properties"]["similar"] = page["properties"]["items"]
    page["required"].append("similar")
    return page


def _problem_schema() -> dict[str, Any]:
    error = _object(
        field="string", code="string", rule="string", remedy="string", value=["string", "null"]
    )
    schema = _object(type="string", title="string", status="integer", detail="string")
    schema["properties"]["code"] = {"type": "string"}
    schema["properties"]["errors"] = {"type": "array", "items": error}
    return schema


def _stale_schema() -> dict[str, Any]:
    """Describe the problem of a stale edit: what stands, what was sent, and where they differ."""
    schema = _problem_schema()
    difference = _object(field="string", base={}, current={}, sent={})
    schema["properties"] |= {
        "etag": {"type": "string"},
        "current": {"type": "object"},
        "sent": {"type": "object"},
        "differences": {"type": "array", "items": difference},
    }
    return schema


def _match() -> dict[str, Any]:
    evidence = _object(kind="string", text=_NAMES, source=["string", "null"])
    contribution = _object(
        feature="string",
        points="number",
        reason=_NAMES,
        evidence={"anyOf": [evidence, {"type": "null"}]},
    )
    return _object(
        rank="integer",
        id="string",
        name=_NAMES,
        score="number",
        probability=_probability(),
        contributions={"type": "array", "items": contribution},
        unknowns={"type": "array"},
    )


def _probability() -> dict[str, Any]:
    """Describe an interval, or the reasons why there is none."""
    share = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    schema = _object(low=share, high=share, reasons={"type": "array", "items": _NAMES})
    said = (
        "What share of pairs with such a score came to something, as an interval; null where none "
        "is told, with the reasons. Those that hold for every match stand once, in "
        "`no_probability` of the list."
    )
    return {**schema, "description": said}


def _match_list() -> dict[str, Any]:
    refused = _object(id="string", name=_NAMES, reasons={"type": "array"})
    calibration = _object(
        population="string", until="string", pairs="integer", positives="integer",
        clusters="integer",
    )  # fmt: skip
    return _object(
        query="string",
        model="string",
        programme=["string", "null"],
        as_of="string",
        index_seq="integer",
        calibration={"anyOf": [calibration, {"type": "null"}]},
        no_probability={"type": "array", "items": _NAMES},
        matches={"type": "array", "items": _match()},
        refused={"type": "array", "items": refused},
        notes={"type": "array"},
    )


def _why() -> dict[str, Any]:
    schema = _match()
    more = _object(
        query="string",
        model="string",
        programme=["string", "null"],
        as_of="string",
        index_seq="integer",
        pool="integer",
        in_pool="boolean",
        rank=["integer", "null"],
        refusals={"type": "array"},
        changes={"type": "array", "items": _change()},
        notes={"type": "array"},
    )
    properties = schema["properties"] | more["properties"]
    return {**schema, "properties": properties, "required": list(properties)}


def _missing() -> dict[str, Any]:
    return _object(query="string", best="integer", changes={"type": "array", "items": _change()})


def _change() -> dict[str, Any]:
    """Describe what empty fields might hold, and what would follow."""
    option = _object(
        values={"type": "array", "items": {"type": ["string", "null"]}},
        names={"type": "array"},
        points="number",
        rank=["integer", "null"],
        allowed="boolean",
    )
    return _object(
        fields={"type": "array", "items": _object(of="string", field="string")},
        depends_on_text="boolean",
        points=_object(least="number", most="number"),
        ranks={"anyOf": [_object(best="integer", worst="integer"), {"type": "null"}]},
        options={"type": "array", "items": option},
        said=_NAMES,
    )
