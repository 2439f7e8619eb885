"""Owns the page of one programme: its facts, rules, members and cohorts, and the ways on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apiflask import APIBlueprint
from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from profiles import Programme, ProgrammeKind, UnknownId, cohorts
from profiles.cohorts.opening import parts_of, rules_of
from service import labels
from service.access import may, row_of
from service.assigned_words import naming, rule_said
from service.language import language
from service.security import dari, require_session
from service.web import cohort_words as words

programmes = APIBlueprint("programmes", __name__, url_prefix="/programmes", enable_openapi=False)
programmes.before_request(require_session)


@programmes.get("/<path:id>")
def show(id: str) -> ResponseReturnValue:
    """Show a programme with its rules in words, its members, parts and cohorts."""
    return render_template("programme.html", **_story(_known(id)), words=words)


def _known(id: str) -> Programme:
    try:
        return dari().store.programme(id)
    except UnknownId as error:
        raise NotFound from error


def _story(one: Programme) -> dict[str, Any]:
    """Give what the page tells of a programme."""
    store = dari().store
    every = {each.id: each for each in store.programmes()}
    return {
        "one": one,
        "whole": every.get(one.part_of or ""),
        "parts": [every[part] for part in parts_of(one, every.values())],
        "rules": _rules(one),
        "names": store.get_many(one.partners),
        "cohorts": cohorts.cohorts(store, one.id),
        "ways": list(_ways(one)),
    }


def _rules(one: Programme) -> list[str]:
    """Say the rules by which its places are given out."""
    rules = rules_of(one)
    named = [*one.partners, *(id for rule in rules for id in (*rule.hosts, *rule.applicants))]
    name = naming(dari().store, named, language())
    return [rule_said(rule, name, language()) for rule in rules]


def _ways(one: Programme) -> Iterator[tuple[str, str]]:
    """Give the pages of other parts that concern a programme, as far as there are any."""
    special, both = ProgrammeKind.SPECIAL_DISTRICT, ProgrammeKind.BILATERAL
    centre = {ProgrammeKind.REGIONAL_CENTRE}
    known = (
        ("support.of_programme", gettext("Who may apply"), set(ProgrammeKind)),
        ("pairing.proposals", gettext("Proposals of districts"), {special}),
        ("pairing.planner", gettext("Regional planner"), centre),
        ("triads.of_programme", gettext("Joint projects of three"), {both}),
        ("events.of_programme", gettext("Exchange events"), {both, ProgrammeKind.EVENT}),
    )
    for endpoint, text, kinds in known:
        if one.kind in kinds and _is_open(endpoint):
            yield _url(endpoint, one.id), text
    if one.kind in centre and _is_open("pairing.region"):
        for code in one.regions:
            told = gettext("What %(name)s sees first", name=labels.region(code))
            yield url_for("pairing.region", code=code), told


def _is_open(endpoint: str) -> bool:
    """Tell whether there is a page, and who asks may see it."""
    row = row_of(endpoint)
    return endpoint in current_app.view_functions and row is not None and may(row[1], row[0])


def _url(endpoint: str, id: str) -> str:
    """Give the address of a page; the programme is in it where it takes one."""
    rules = current_app.url_map.iter_rules(endpoint)
    taken = {name for rule in rules for name in rule.arguments}
    field = next(iter(taken & {"id", "programme"}), None)
    values: dict[str, Any] = {field or "programme": id}
    return url_for(endpoint, **values)
