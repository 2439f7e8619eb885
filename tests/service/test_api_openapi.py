"""The OpenAPI document: what it says, and that the service keeps to it whatever is sent."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode

from profiles.api_keys import Scope
from service.api.calls import call_at
from tests import fuzz_api


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/openapi.json").json


def operations(document):
    return {
        one["operationId"]: (path, method, one)
        for path, calls in document["paths"].items()
        for method, one in calls.items()
        if isinstance(one, dict)
    }


def test_the_document_is_valid(document):
    assert document["openapi"] == "3.1.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_document_names_every_call(app, document):
    with app.app_context():
        known = {
            (rule.rule, method.lower()): call_at(rule.endpoint)
            for rule in app.url_map.iter_rules()
            for method in rule.methods - {"HEAD", "OPTIONS"}
            if rule.rule.startswith("/api/")
        }
    assert None not in known.values(), "every address below /api/ is a call"
    named = operations(document)
    assert {call.id for call in known.values()} == set(named)
    assert len(named) == len(known) > 60
    for call in known.values():
        _, _, one = named[call.id]
        assert one["summary"] == call.summary
        assert "default" in one["responses"]
        if call.scope is not None:
            assert {"key": [call.scope.value]} in one["security"]
    assert document["servers"] == [{"url": "/"}]


def test_the_document_names_the_security_schemes_and_the_scopes(document):
    schemes = document["components"]["securitySchemes"]
    assert schemes["key"]["scheme"] == "bearer"
    for scope in Scope:
        assert f"`{scope}`" in schemes["key"]["description"]
    named = operations(document)
    assert named["submitStartup"][2]["security"] == [{}, {"key": ["submit"]}]
    assert "security" not in named["listSectors"][2]
    assert named["heldOfStartup"][2]["security"][0] == {"key": ["write"]}


def test_bodies_have_examples_that_are_taken(make_app, document, bearer):
    """Sends each example of a new record as it stands in the document."""
    client = make_app().test_client()
    for _, (path, method, one) in sorted(operations(document).items()):
        if method not in ("post", "put", "patch") or "requestBody" not in one:
            continue
        contents = one["requestBody"]["content"].values()
        named = [content["schema"]["$ref"].rpartition("/")[2] for content in contents]
        if not named[0].endswith("Replaced") and named[0] not in ("Partner", "Tie", "Programme"):
            assert all("example" in content for content in contents), path
        if method == "post" and "{" not in path and named[0] in (
            "Startup", "Partner", "Programme",
        ):  # fmt: skip
            sent = next(iter(contents))["example"]
            assert client.post(path, json=sent, headers=bearer).status_code == 201


def test_links_lead_to_calls(document):
    named = operations(document)
    links = [
        link
        for _, _, one in named.values()
        for answer in one["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 5
    for link in links:
        path, _, one = named[link["operationId"]]
        there = {p["name"] for p in one.get("parameters", ())}
        assert link["parameters"].keys() <= there, path


def test_the_document_is_not_shaped_by_the_first_host_that_asks(make_app):
    client = make_app().test_client()
    answer = client.get("/openapi.json", headers={"Host": "evil.example"})
    assert "evil.example" not in answer.text


def test_no_page_of_documentation_asks_another_site(client):
    assert client.get("/docs").status_code == 404


CALLS = [
    "submitStartup",
    "addPartner",
    "addTie",
    "addProgramme",
    "getStartup",
    "replaceStartup",
    "changeTie",
    "removeProgramme",
    "eraseStartup",
    "historyOfStartup",
    "listStartups",
    "listPartners",
    "listTies",
    "matchStartup",
    "whyPartner",
    "compareStartup",
    "addVerdictOfStartup",
    "merge",
    "keepApart",
    "nextPair",
    "judgePair",
    "openCase",
    "moveCase",
    "answerCase",
    "planMeeting",
    "listCases",
    "listModels",
    "getProblem",
    "heldOfStartup",
    "startEvaluation",
    "changeAccount",
    "saveDraftStep",
    "eventSchedule",
    "changeOfTheDay",
]
"""Those that differ from each other; `python -m tests.fuzz_api` calls every one."""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    app = fuzz_api.make_app(tmp_path_factory.mktemp("fuzzed") / "var", catalogue=False)
    fuzz_api.fill(app)
    yield app
    app.extensions["dari"].store.close()


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("call", CALLS)
def test_the_service_keeps_to_the_document(fuzzed, call, mode):
    counts = Counter()
    try:
        fuzz_api.attack(fuzzed, call, mode, examples=6, first=20261122, counts=counts)
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
    assert not any(status >= 500 for status in counts)


def test_chains_of_calls_keep_to_the_document(fuzzed):
    fuzz_api.follow(fuzzed, examples=5, steps=5, first=20261122)


def test_answers_declare_no_personal_data(client):
    spec = client.get("/openapi.json").get_json()
    schemas = spec["components"]["schemas"]
    assert {"contact", "consent"} <= schemas["Startup"]["properties"].keys()
    shown = schemas["StartupShown"]
    assert not {"contact", "consent"} & shown["properties"].keys()
    assert "id" in shown["required"]
    for path, method in (("/api/v1/startups/{id}", "get"), ("/api/v1/startups", "post")):
        answers = spec["paths"][path][method]["responses"]
        good = next(one for status, one in answers.items() if status.startswith("2"))
        assert good["content"]["application/json"]["schema"]["$ref"].endswith("/StartupShown")
    kept = client.post("/api/v1/startups", json=STARTUP | {"id": "shown"}).get_json()
    assert not {"contact", "consent"} & kept.keys()


STARTUP = {
    "id": "shown",
    "name": "Shown",
    "summary": "A firm.",
    "contact": "a@firm.example",
    "consent": {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"},
}
