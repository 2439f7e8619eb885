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
    store = dari().store
    try:
        one = store.programme(id)
    except UnknownId as error:
        raise NotFound from error
    all_of_them = {each.id: each for each in store.programmes()}
    parts = [all_of_them[part] for part in parts_of(one, all_of_them.values())]
    rules = rules_of(one)
    named = [*one.partners, *(id for rule in rules for id in (*rule.hosts, *rule.applicants))]
    name = naming(store, named, language())
    return render_template(
        "programme.html",
        one=one,
        parts=parts,
        whole=all_of_them.get(one.part_of or ""),
        rules=[(rule, rule_said(rule, name, language())) for rule in rules],
        names=store.get_many(one.partners),
        cohorts=cohorts.cohorts(store, id),
        ways=list(_ways(one)),
        words=words,
    )


def _ways(one: Programme) -> Iterator[tuple[str, str]]:
    """Give the pages of other parts that concern a programme, as far as there are any."""
    special, both = ProgrammeKind.SPECIAL_DISTRICT, ProgrammeKind.BILATERAL
    known = (
        ("pairing.proposals", gettext("Proposals of districts"), {special}),
        ("pairing.planner", gettext("Regional planner"), set(ProgrammeKind)),
        ("triads.of_programme", gettext("Joint projects of three"), {both}),
        ("events.of_programme", gettext("Exchange events"), {both, ProgrammeKind.EVENT}),
    )
    for endpoint, text, kinds in known:
        row = row_of(endpoint)
        known_here = endpoint in current_app.view_functions and one.kind in kinds
        if known_here and row and may(row[1], row[0]):
            yield _url(endpoint, one.id), text


def _url(endpoint: str, id: str) -> str:
    """Give the address of a page; the programme is in it where it takes one."""
    rules = current_app.url_map.iter_rules(endpoint)
    taken = {name for rule in rules for name in rule.arguments}
    field = next(iter(taken & {"id", "programme"}), None)
    values: dict[str, Any] = {field or "programme": id}
    return url_for(endpoint, **values)
