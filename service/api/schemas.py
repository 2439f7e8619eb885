"""Owns the schemas of bodies and answers in the OpenAPI description."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from profiles import Partner, Programme, Startup, Tie
from profiles.api_keys import Scope
from profiles.cases import Answer, CaseStage
from profiles.exporting import PERSONAL

REF = "#/components/schemas/"
RECORDS = ("Startup", "Partner", "Tie", "Programme")
_NAMES = {
    "type": "object",
    "properties": {"en": {"type": ["string", "null"]}, "ko": {"type": ["string", "null"]}},
}
_MOMENT = {"type": "string", "format": "date-time"}
_NO_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_NO_TEXT = {"type": ["string", "null"]}
_ANY: dict[str, Any] = {"type": "object"}


def all_schemas(bodies: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """Make the schemas of all records, bodies and answers, by name."""
    models: list[Any] = [(m, "validation") for m in (Startup, Partner, Tie, Programme, *bodies)]
    _, made = models_json_schema(models, ref_template=REF + "{model}")
    schemas: dict[str, Any] = made["$defs"]
    text = schemas["Text"]
    schemas["Text"] = {"anyOf": [{"type": "string", "minLength": 1}, text]}
    shown = _without(schemas["Startup"], PERSONAL, "StartupShown")
    for name in RECORDS:  # the address names the record, or it is given an id
        schemas[name]["required"] = [one for one in schemas[name]["required"] if one != "id"]
    schemas["StartupShown"] = shown
    schemas["StartupReplaced"] = _without(schemas["Startup"], PERSONAL, "StartupReplaced")
    return (
        schemas
        | _of_records()
        | _of_matches()
        | _of_work()
        | _of_duplicates()
        | _of_judging()
        | _of_cases()
    )


def _without(schema: dict[str, Any], fields: Collection[str], title: str) -> dict[str, Any]:
    """Give a schema without some of its properties, none of which is required."""
    kept = {name: one for name, one in schema["properties"].items() if name not in fields}
    return {**schema, "title": title, "properties": kept}


def _of_records() -> dict[str, Any]:
    change = _object(field="string", before={}, after={})
    step = _object(
        kind="string",
        id="string",
        revision="integer",
        at=_MOMENT,
        by="string",
        erased="boolean",
        merged_into=_NO_TEXT,
        changes={"type": "array", "items": change},
        verdict={"type": ["object", "null"]},
    )
    stood = _object(kind="string", id="string", field="string")
    return {
        "StartupPage": _searched("StartupShown"),
        "PartnerPage": _searched("Partner"),
        "TiePage": _page("Tie"),
        "ProgrammePage": _page("Programme"),
        "SectorList": _list(_object(code="string", name=_NAMES, parent=["string", "null"])),
        "Patch": {
            "type": "object",
            "description": "The fields to change, as JSON Merge Patch: null takes one away.",
        },
        "Step": step,
        "StepPage": _page("Step"),
        "Held": {**_object(profile=_ANY), "additionalProperties": {"type": "array"}},
        "Erased": _object(
            id="string",
            stood_in={"type": "array", "items": stood},
            left={"type": "array", "items": {"type": "string"}},
            proof={"type": ["object", "null"]},
        ),
        "Problem": _problem_schema(),
        "Stale": _stale_schema(),
        "ProblemType": _problem_type(),
        "ProblemTypeList": _list({"$ref": REF + "ProblemType"}),
        "File": {"type": "string", "contentMediaType": "application/octet-stream"},
    }


def _of_matches() -> dict[str, Any]:
    verdict = _object(
        query="string",
        candidate="string",
        label={"enum": ["good", "poor"]},
        note="string",
        shown_rank={"type": ["integer", "null"]},
        model_version="string",
        at=_MOMENT,
    )
    return {
        "MatchList": _match_list(),
        "Why": _why(),
        "Missing": _missing(),
        "Comparison": _object(query="string", items={"type": "array", "items": _ref("Why")}),
        "Verdict": verdict,
        "VerdictPage": _page("Verdict"),
    }


def _of_work() -> dict[str, Any]:
    reign = {"version": "string", "since": _NO_TEXT, "by": _NO_TEXT}
    model = _object(name="string", version=_NO_TEXT, in_use="boolean", gate={}, fault=_NO_TEXT)
    scopes = {"type": "array", "items": {"enum": [one.value for one in Scope]}}
    key = _object(
        prefix="string",
        name="string",
        scopes=scopes,
        state={"enum": ["valid", "expired", "revoked"]},
        created_by="string",
        revoked_by=_NO_TEXT,
        created_at=_MOMENT,
        expires_at=_NO_MOMENT,
        last_used=_NO_MOMENT,
        revoked_at=_NO_MOMENT,
    )
    return {
        "Model": model,
        "ModelPage": _page("Model"),
        "Champion": {
            **_object(version="string", previous={"type": "array"}, log={"type": "array"}),
            "description": f"The model that makes the lists: {', '.join(reign)}.",
        },
        "Key": key,
        "KeyPage": _page("Key"),
        "OwnKey": _object(name="string", scopes=scopes, expires_at=_NO_MOMENT),
    }


def _of_duplicates() -> dict[str, Any]:
    reason = _object(code="string", text=_NAMES)
    proposal = _object(
        side="string",
        a="string",
        b="string",
        score="number",
        reasons={"type": "array", "items": reason},
        found_at=_MOMENT,
    )
    merge = _object(
        number="integer",
        side="string",
        kept="string",
        dropped="string",
        by="string",
        at=_MOMENT,
        undone_by=_NO_TEXT,
        undone_at=_NO_MOMENT,
    )
    pages = {"MergePage": _page("Merge")}
    pages["MergePage"]["properties"].pop("total")
    pages["MergePage"]["required"].remove("total")
    return {
        "Proposal": proposal,
        "ProposalPage": _page("Proposal"),
        "Pair": _object(
            a=_ANY,
            b=_ANY,
            a_revision="integer",
            b_revision="integer",
            differing={"type": "array", "items": {"type": "string"}},
        ),
        "Merge": merge,
        "Apart": _object(a="string", b="string", by="string", at=_MOMENT, note="string"),
        "ApartPage": _page("Apart"),
        **pages,
    }


def _of_judging() -> dict[str, Any]:
    side = _object(profile=_ANY, ties={"type": "array", "items": _ref("Tie")})
    said = _object(grade={"type": ["integer", "null"]}, note="string", at=_MOMENT)
    outcome = _object(
        systems={"type": "array", "items": {"type": "string"}},
        graded=_ANY,
        settled="integer",
        alpha={"type": ["number", "null"]},
        agreement="string",
        measured="boolean",
    )
    return {
        "Round": _object(
            name="string",
            open="boolean",
            instructions="string",
            judges_a_pair="integer",
            pairs="integer",
            done="integer",
            opened_at=_MOMENT,
            closed_at=_NO_MOMENT,
            outcome={"anyOf": [outcome, {"type": "null"}]},
        ),
        "RoundPage": _page("Round"),
        "JudgedPair": _object(
            round="string",
            pair="integer",
            instructions="string",
            judge="string",
            left="integer",
            startup=side,
            partner=side,
            judgement={"anyOf": [said, {"type": "null"}]},
        ),
    }


def _of_cases() -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": "integer",
        "startup": "string",
        "partner": "string",
        "stage": {"enum": [one.value for one in CaseStage]},
        "path": {"type": "array", "items": {"type": "string"}},
        "revision": "integer",
        "owner": _NO_TEXT,
        "due": _NO_TEXT,
        "programme": _NO_TEXT,
        "released_at": _NO_MOMENT,
        "startup_answer": {"enum": [one.value for one in Answer]},
        "partner_answer": {"enum": [one.value for one in Answer]},
        "outcome": _NO_TEXT,
        "declined_reason": _NO_TEXT,
        "declined_words": "string",
        "opened_at": _MOMENT,
        "opened_by": "string",
        "moved_at": _MOMENT,
        "closed_at": _NO_MOMENT,
    }
    event = _object(kind="string", at=_MOMENT, by="string", data=_ANY)
    more = {
        "events": {"type": "array", "items": event},
        "meetings": {"type": "array", "items": _ref("Meeting")},
    }
    listed = _page("Case")
    listed["properties"]["stages"] = {"type": "object"}
    meeting = _object(
        id="integer",
        case="integer",
        starts="string",
        zone="string",
        minutes="integer",
        place="string",
        cancelled_at=_NO_MOMENT,
    )
    return {
        "Case": _object(**fields),
        "WholeCase": _object(**fields, **more),
        "CasePage": listed,
        "Meeting": meeting,
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": REF + name}


def _object(**properties: Any) -> dict[str, Any]:
    written = {n: p if isinstance(p, dict) else {"type": p} for n, p in properties.items()}
    return {"type": "object", "properties": written, "required": list(written)}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return _object(items={"type": "array", "items": item})


def _page(name: str) -> dict[str, Any]:
    items = {"type": "array", "items": {"$ref": REF + name}}
    return _object(items=items, total="integer", next=["string", "null"])


def _searched(name: str) -> dict[str, Any]:
    """Describe a part of a list that is searched by name, with those of similar names."""
    page = _page(name)
    page["properties"]["similar"] = page["properties"]["items"]
    page["required"].append("similar")
    return page


def _problem_type() -> dict[str, Any]:
    return _object(type="string", code="string", status="integer", title="string", detail="string")


def _problem_schema() -> dict[str, Any]:
    error = _object(
        field="string", code="string", rule="string", remedy="string", value=["string", "null"]
    )
    schema = _object(type="string", title="string", status="integer", detail="string")
    schema["properties"]["code"] = {"type": "string"}
    schema["properties"]["scope"] = {"enum": [one.value for one in Scope]}
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
