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
from service.api.evaluation_schemas import evaluation_schemas
from service.api.event_schemas import event_schemas
from service.api.round_schemas import round_schemas
from service.api.shapes import (
    ANY,
    MOMENT,
    NAMES,
    NO_MOMENT,
    NO_TEXT,
    REF,
    list_of,
    object_of,
    page_of,
    ref,
)

RECORDS = ("Startup", "Partner", "Tie", "Programme")


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
        | evaluation_schemas()
        | round_schemas()
        | event_schemas()
    )


def _without(schema: dict[str, Any], fields: Collection[str], title: str) -> dict[str, Any]:
    """Give a schema without some of its properties, none of which is required."""
    kept = {name: one for name, one in schema["properties"].items() if name not in fields}
    return {**schema, "title": title, "properties": kept}


def _of_records() -> dict[str, Any]:
    change = object_of(field="string", before={}, after={})
    step = object_of(
        kind="string",
        id="string",
        revision="integer",
        at=MOMENT,
        by="string",
        erased="boolean",
        merged_into=NO_TEXT,
        changes={"type": "array", "items": change},
        verdict={"type": ["object", "null"]},
    )
    stood = object_of(kind="string", id="string", field="string")
    return {
        "StartupPage": _searched("StartupShown"),
        "PartnerPage": _searched("Partner"),
        "TiePage": page_of("Tie"),
        "ProgrammePage": page_of("Programme"),
        "SectorList": list_of(object_of(code="string", name=NAMES, parent=["string", "null"])),
        "Patch": {
            "type": "object",
            "description": "The fields to change, as JSON Merge Patch: null takes one away.",
        },
        "Step": step,
        "StepPage": page_of("Step"),
        "Held": {**object_of(profile=ANY), "additionalProperties": {"type": "array"}},
        "Erased": object_of(
            id="string",
            stood_in={"type": "array", "items": stood},
            left={"type": "array", "items": {"type": "string"}},
            proof={"type": ["object", "null"]},
        ),
        "Problem": _problem_schema(),
        "Stale": _stale_schema(),
        "ProblemType": _problem_type(),
        "ProblemTypeList": list_of({"$ref": REF + "ProblemType"}),
        "File": {"type": "string", "contentMediaType": "application/octet-stream"},
    }


def _of_matches() -> dict[str, Any]:
    verdict = object_of(
        query="string",
        candidate="string",
        label={"enum": ["good", "poor"]},
        note="string",
        shown_rank={"type": ["integer", "null"]},
        model_version="string",
        at=MOMENT,
    )
    return {
        "MatchList": _match_list(),
        "Why": _why(),
        "Missing": _missing(),
        "Comparison": object_of(query="string", items={"type": "array", "items": ref("Why")}),
        "Verdict": verdict,
        "VerdictPage": page_of("Verdict"),
    }


def _of_work() -> dict[str, Any]:
    reign = {"version": "string", "since": NO_TEXT, "by": NO_TEXT}
    model = object_of(name="string", version=NO_TEXT, in_use="boolean", gate={}, fault=NO_TEXT)
    scopes = {"type": "array", "items": {"enum": [one.value for one in Scope]}}
    key = object_of(
        prefix="string",
        name="string",
        scopes=scopes,
        state={"enum": ["valid", "expired", "revoked"]},
        created_by="string",
        revoked_by=NO_TEXT,
        created_at=MOMENT,
        expires_at=NO_MOMENT,
        last_used=NO_MOMENT,
        revoked_at=NO_MOMENT,
    )
    return {
        "Model": model,
        "ModelPage": page_of("Model"),
        "Champion": {
            **object_of(version="string", previous={"type": "array"}, log={"type": "array"}),
            "description": f"The model that makes the lists: {', '.join(reign)}.",
        },
        "Key": key,
        "KeyPage": page_of("Key"),
        "OwnKey": object_of(name="string", scopes=scopes, expires_at=NO_MOMENT),
    }


def _of_duplicates() -> dict[str, Any]:
    reason = object_of(code="string", text=NAMES)
    proposal = object_of(
        side="string",
        a="string",
        b="string",
        score="number",
        reasons={"type": "array", "items": reason},
        found_at=MOMENT,
    )
    merge = object_of(
        number="integer",
        side="string",
        kept="string",
        dropped="string",
        by="string",
        at=MOMENT,
        undone_by=NO_TEXT,
        undone_at=NO_MOMENT,
    )
    pages = {"MergePage": page_of("Merge")}
    pages["MergePage"]["properties"].pop("total")
    pages["MergePage"]["required"].remove("total")
    return {
        "Proposal": proposal,
        "ProposalPage": page_of("Proposal"),
        "Pair": object_of(
            a=ANY,
            b=ANY,
            a_revision="integer",
            b_revision="integer",
            differing={"type": "array", "items": {"type": "string"}},
        ),
        "Merge": merge,
        "Apart": object_of(a="string", b="string", by="string", at=MOMENT, note="string"),
        "ApartPage": page_of("Apart"),
        **pages,
    }


def _of_judging() -> dict[str, Any]:
    side = object_of(profile=ANY, ties={"type": "array", "items": ref("Tie")})
    said = object_of(grade={"type": ["integer", "null"]}, note="string", at=MOMENT)
    outcome = object_of(
        systems={"type": "array", "items": {"type": "string"}},
        graded=ANY,
        settled="integer",
        alpha={"type": ["number", "null"]},
        agreement="string",
        measured="boolean",
    )
    return {
        "Round": object_of(
            name="string",
            open="boolean",
            instructions="string",
            judges_a_pair="integer",
            pairs="integer",
            done="integer",
            opened_at=MOMENT,
            closed_at=NO_MOMENT,
            outcome={"anyOf": [outcome, {"type": "null"}]},
        ),
        "RoundPage": page_of("Round"),
        "JudgedPair": object_of(
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
        "owner": NO_TEXT,
        "due": NO_TEXT,
        "programme": NO_TEXT,
        "released_at": NO_MOMENT,
        "startup_answer": {"enum": [one.value for one in Answer]},
        "partner_answer": {"enum": [one.value for one in Answer]},
        "outcome": NO_TEXT,
        "declined_reason": NO_TEXT,
        "declined_words": "string",
        "opened_at": MOMENT,
        "opened_by": "string",
        "moved_at": MOMENT,
        "closed_at": NO_MOMENT,
    }
    event = object_of(kind="string", at=MOMENT, by="string", data=ANY)
    more = {
        "events": {"type": "array", "items": event},
        "meetings": {"type": "array", "items": ref("Meeting")},
    }
    listed = page_of("Case")
    listed["properties"]["stages"] = {"type": "object"}
    meeting = object_of(
        id="integer",
        case="integer",
        starts="string",
        zone="string",
        minutes="integer",
        place="string",
        cancelled_at=NO_MOMENT,
    )
    return {
        "Case": object_of(**fields),
        "WholeCase": object_of(**fields, **more),
        "CasePage": listed,
        "Meeting": meeting,
    }


def _searched(name: str) -> dict[str, Any]:
    """Describe a part of a list that is searched by name, with those of similar names."""
    page = page_of(name)
    page["properties"]["similar"] = page["properties"]["items"]
    page["required"].append("similar")
    return page


def _problem_type() -> dict[str, Any]:
    return object_of(
        type="string", code="string", status="integer", title="string", detail="string"
    )


def _problem_schema() -> dict[str, Any]:
    error = object_of(
        field="string", code="string", rule="string", remedy="string", value=["string", "null"]
    )
    schema = object_of(type="string", title="string", status="integer", detail="string")
    schema["properties"]["code"] = {"type": "string"}
    schema["properties"]["scope"] = {"enum": [one.value for one in Scope]}
    schema["properties"]["errors"] = {"type": "array", "items": error}
    return schema


def _stale_schema() -> dict[str, Any]:
    """Describe the problem of a stale edit: what stands, what was sent, and where they differ."""
    schema = _problem_schema()
    difference = object_of(field="string", base={}, current={}, sent={})
    schema["properties"] |= {
        "etag": {"type": "string"},
        "current": {"type": "object"},
        "sent": {"type": "object"},
        "differences": {"type": "array", "items": difference},
    }
    return schema


def _match() -> dict[str, Any]:
    evidence = object_of(kind="string", text=NAMES, source=["string", "null"])
    contribution = object_of(
        feature="string",
        points="number",
        reason=NAMES,
        evidence={"anyOf": [evidence, {"type": "null"}]},
    )
    return object_of(
        rank="integer",
        id="string",
        name=NAMES,
        score="number",
        probability=_probability(),
        contributions={"type": "array", "items": contribution},
        unknowns={"type": "array"},
    )


def _probability() -> dict[str, Any]:
    """Describe an interval, or the reasons why there is none."""
    share = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    schema = object_of(low=share, high=share, reasons={"type": "array", "items": NAMES})
    said = (
        "What share of pairs with such a score came to something, as an interval; null where none "
        "is told, with the reasons. Those that hold for every match stand once, in "
        "`no_probability` of the list."
    )
    return {**schema, "description": said}


def _match_list() -> dict[str, Any]:
    refused = object_of(id="string", name=NAMES, reasons={"type": "array"})
    calibration = object_of(
        population="string", until="string", pairs="integer", positives="integer",
        clusters="integer",
    )  # fmt: skip
    return object_of(
        query="string",
        model="string",
        programme=["string", "null"],
        as_of="string",
        index_seq="integer",
        calibration={"anyOf": [calibration, {"type": "null"}]},
        no_probability={"type": "array", "items": NAMES},
        matches={"type": "array", "items": _match()},
        refused={"type": "array", "items": refused},
        notes={"type": "array"},
    )


def _why() -> dict[str, Any]:
    schema = _match()
    more = object_of(
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
    return object_of(query="string", best="integer", changes={"type": "array", "items": _change()})


def _change() -> dict[str, Any]:
    """Describe what empty fields might hold, and what would follow."""
    option = object_of(
        values={"type": "array", "items": {"type": ["string", "null"]}},
        names={"type": "array"},
        points="number",
        rank=["integer", "null"],
        allowed="boolean",
    )
    return object_of(
        fields={"type": "array", "items": object_of(of="string", field="string")},
        depends_on_text="boolean",
        points=object_of(least="number", most="number"),
        ranks={"anyOf": [object_of(best="integer", worst="integer"), {"type": "null"}]},
        options={"type": "array", "items": option},
        said=NAMES,
    )
