"""The OpenAPI document: what it says, and that the service keeps to it whatever is sent."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

RECORDS = ("startup", "partner", "tie", "programme")
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


def test_the_document_names_every_call(client):
    document = client.get("/openapi.json").json
    calls = {
        (m, p) for p, methods in document["paths"].items() for m in methods if m != "parameters"
    }
    api = "/api/v1"
    assert calls == {
        ("post", f"{api}/startups"),
        ("get", f"{api}/startups"),
        *((m, f"{api}/{kind}s/{{id}}") for kind in RECORDS for m in ("get", "put")),
        ("get", f"{api}/startups/{{id}}/matches"),
        ("get", f"{api}/partners"),
        ("get", f"{api}/partners/{{id}}/matches"),
        *(
            ("get", f"{api}/{side}s/{{id}}/{what}")
            for side in ("startup", "partner")
            for what in ("why", "missing")
        ),
        ("get", f"{api}/programmes"),
        ("get", f"{api}/ties"),
        ("get", f"{api}/sectors"),
    }
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/"}]
    assert document["paths"][f"{api}/startups"]["get"]["security"] == [{"staff": []}]
    assert "security" not in document["paths"][f"{api}/startups"]["post"]


def test_the_document_is_not_shaped_by_the_first_host_that_asks(make_app):
    client = make_app().test_client()
    answer = client.get("/openapi.json", headers={"Host": "evil.example"})
    assert "evil.example" not in answer.text


def test_no_page_of_documentation_asks_another_site(client):
    assert client.get("/docs").status_code == 404


KNOWN = {
    "getStartup": "sonoeye",
    "matchStartup": "sonoeye",
    "getPartner": "samsung",
    "getTie": "pairing-daegu-samsung",
    "getProgramme": "contest-skt-daejeon",
    "replaceStartup": "sonoeye",
    "replacePartner": "samsung",
    "replaceTie": "pairing-daegu-samsung",
    "replaceProgramme": "contest-skt-daejeon",
    "matchPartner": "samsung",
}
CALLS = [
    *((call, GenerationMode.POSITIVE) for call in ("listSectors", "listProgrammes")),
    *(
        (call, mode)
        for call in ("submitStartup", "listStartups", "listPartners", "listTies", *KNOWN)
        for mode in GenerationMode
    ),
]


def etag(app, bearer, case):
    """The tag of what stands, so that a change gets as far as the writing."""
    path = case.formatted_path
    return app.test_client().get(path, headers=bearer).headers["ETag"]


@pytest.mark.parametrize(("call", "mode"), CALLS)
def test_the_service_keeps_to_the_document(app, bearer, call, mode):
    api = schemathesis.openapi.from_wsgi("/openapi.json", app)
    operation = api.find_operation_by_id(call)

    @seed(20261122)
    @settings(
        max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case):
        case.call_and_validate(headers=bearer, checks=CHECKS)
        if call in KNOWN:
            case.path_parameters = {"id": KNOWN[call]}
            case.call_and_validate(headers=bearer, checks=CHECKS)
        if call.startswith("replace"):
            case.headers = {**case.headers, "If-Match": etag(app, bearer, case)}
            case.call_and_validate(headers=bearer, checks=CHECKS)

    check()


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
