"""What pages write by the hundred is what Flask and Jinja would write one by one."""

from __future__ import annotations

import pytest
from flask import render_template_string, url_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup, escape
from pydantic import TypeAdapter, ValidationError

from profiles.fields import Id
from service.web.rendering import address_of_profile, options

KO = {"Accept-Language": "ko"}
_ID = TypeAdapter(Id)


def _is_id(text: str) -> bool:
    try:
        return _ID.validate_python(text) == text
    except ValidationError:
        return False


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(min_size=1, max_size=20).filter(_is_id), st.sampled_from(["startups", "partners"]))
def test_addresses_of_profiles_are_those_that_flask_makes(app, id: str, side: str) -> None:
    with app.test_request_context():
        assert address_of_profile(side)(id) == url_for("staff.profile", side=side, id=id)


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=9)), max_size=4), st.text())
def test_options_are_escaped_and_the_chosen_one_is_marked(choices, chosen) -> None:
    wanted = "".join(
        f'<option value="{escape(code)}"{" selected" if code == chosen else ""}>{escape(text)}'
        "</option>"
        for code, text in choices
    )
    for _ in range(2):  # the second time they are known
        found = options(iter(choices), chosen)
        assert isinstance(found, Markup)
        assert found == wanted


@pytest.mark.parametrize("imported", ["with context", "without context"])
def test_words_follow_the_reader_in_imported_macros_too(app, imported: str) -> None:
    macro = "{% macro told() %}{{ _('Sector') }}, {{ _('Rank %(rank)d', rank=3) }}{% endmacro %}"
    page = "{% from given import told " + imported + " %}{{ told() }}"
    for headers, said in ((None, "Sector, Rank 3"), (KO, "분야, 3위"), (None, "Sector, Rank 3")):
        with app.test_request_context(headers=headers):
            given_macro = app.jinja_env.from_string(macro)
            assert render_template_string(page, given=given_macro) == said
