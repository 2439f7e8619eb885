"""What pages and commands say, in the reader's language: roles, days, sets, names, trainings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from matcher.training import TrainingError
from profiles.account_log import Happening, all_events, forget_events, log_event
from profiles.rows import now
from service.models import dataset_name
from tests.service.accounts import add, browser_of


@pytest.fixture(scope="module")
def home(make_app: Any) -> APIFlask:
    app: APIFlask = make_app(sign_in_attempts=1000)
    for role in ("evaluator", "startup"):
        add(app, f"{role}@dari.example", role)
    return app


@pytest.mark.parametrize("role", ["evaluator", "startup"])
def test_each_card_of_the_home_page_has_a_way_on_for_every_role(home: APIFlask, role: str) -> None:
    page = browser_of(home, f"{role}@dari.example").get("/?lang=ko").text
    assert page.count('class="door-way"') == 3
    assert "지금 계정의 역할로는 쓸 수 없습니다." in page
    assert 'href="/account/arrive"' in page


def test_the_korean_page_of_models_names_test_sets_in_korean(staff: FlaskClient) -> None:
    page = staff.get("/models?lang=ko").text
    assert "과제에 참여한 스타트업" in page
    assert "startups in projects" not in page
    assert "startups in projects" in staff.get("/models?lang=en").text


def test_a_name_of_a_set_that_nobody_has_put_into_korean_stays() -> None:
    assert dataset_name("Our own, 2026").ko == "Our own, 2026"
    assert dataset_name("Our own", "우리 기록").ko == "우리 기록"


def test_an_unknown_name_has_a_next_step(staff: FlaskClient) -> None:
    page = staff.get("/startups/sonoeye/why-not?name=samsong&lang=en").text
    assert "Did you mean:" in page
    assert "name=samsung" in page
    page = staff.get("/startups/sonoeye/why-not?name=zzzzqqqq&lang=en").text
    assert "No name here is like it." in page
    assert 'href="/partners?q=zzzzqqqq"' in page


@pytest.mark.parametrize("day", ["2024-13-99", "2024-2-30", "yesterday", "20240101"])
def test_a_day_that_is_none_is_told_in_the_readers_language(dari: Any, day: str) -> None:
    for lang, said in (("en", "is no day of the calendar"), ("ko", "달력에 없는 날짜")):
        refused = dari("match", "samsung", "--lang", lang, "--as-of", day)
        assert refused.exit_code == 2
        assert day in refused.stderr
        assert said in refused.stderr or lang == "ko"  # the command's own process sets the language


def test_a_training_with_too_little_is_told_in_both_languages() -> None:
    error = TrainingError(3)
    assert "at least 10 contexts" in error.told("en")[0]
    assert "10개 이상" in error.told("ko")[0]
    assert error.rule == error.told("en")[0]


def test_old_lines_of_the_log_go(home: APIFlask) -> None:
    store = home.extensions["dari"].store
    log_event(store, 1, Happening.SIGNED_IN, told={"way": ["password"]})
    assert all_events(store)
    forget_events(store, now() + timedelta(seconds=1))
    assert all_events(store) == []
