"""The Korean catalogue holds every message of the service, and what is shipped is what is read."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

SERVICE = Path(__file__).parents[2] / "service"
FOLDER = SERVICE / "translations/ko/LC_MESSAGES"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="ko")


def test_every_message_is_translated_and_no_other_is_kept(catalogue):
    options = {"templates/**.html": {"extensions": "jinja2.ext.do"}}
    found = extract_from_dir(SERVICE, METHODS, options, keywords=KEYWORDS)
    said = {message[0] if isinstance(message, tuple) else message for _, _, message, *_ in found}
    kept = {m.id[0] if isinstance(m.id, tuple) else m.id: m for m in catalogue if m.id}
    assert said - kept.keys() == set()
    assert kept.keys() - said - _of_click() == set()
    assert [id for id, m in kept.items() if not m.string or m.string == ("",) or m.fuzzy] == []


def _of_click() -> set[str]:
    """Give what click says of a command line that is wrong, which it looks up here as well."""
    found = extract_from_dir(Path(click.__file__).parent, METHODS[:1], keywords=KEYWORDS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, *_ in found}


def test_translations_keep_the_gaps_and_are_korean(catalogue):
    gaps = re.compile(r"%\(\w+\)[sd]")
    for message in catalogue:
        if not message.id:
            continue
        said = message.id[-1] if isinstance(message.id, tuple) else message.id
        given = message.string[0] if isinstance(message.string, tuple) else message.string
        assert set(gaps.findall(said)) == set(gaps.findall(given)), said
        assert re.search(r"[가-힣]", given) or given == "ID", said


def test_the_compiled_catalogue_is_that_of_the_source(catalogue):
    with (FOLDER / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    assert _pairs(compiled) == _pairs(catalogue)


def _pairs(catalogue: Catalog) -> set[tuple[str, str]]:
    return {(str(tuple(m.id)), str(tuple(m.string))) for m in catalogue if m.id}


def test_particles_of_pages_follow_what_is_put_in(app) -> None:
    ko = {"Accept-Language": "ko"}
    template = app.jinja_env.from_string(
        "{% autoescape true %}{{ _('The view “%(name)s” has been deleted.', name=name) }}"
        "{% endautoescape %}"
    )
    for name, told in (("서울", "“서울”을"), ("부산 3<b>나", "“부산 3&lt;b&gt;나”를")):
        with app.test_request_context(headers=ko):
            assert told in template.render(name=name)
    with app.test_request_context():
        assert "“서울”" in template.render(name="서울")
