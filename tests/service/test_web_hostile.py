"""Tests that hostile text is shown as text, wherever a match quotes it."""

from __future__ import annotations

import json
import re

import pytest

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}} ultrasound for hospitals."
)
FORBIDDEN = ("<script>alert", "<img src=x", "49 ultrasound")


def test_a_match_list_shows_hostile_texts_as_text(app, staff, bearer):
    raw = {"id": "hostile", "name": f"Evil {HOSTILE}", "region": "KR-27", "seeks": ["pilot"]}
    raw |= {"summary": HOSTILE, "seeking": HOSTILE, "sectors": ["medical_imaging"]}
    made = app.test_client().post("/api/v1/startups", json=raw)
    assert made.status_code == 201
    pages = {}
    for lang in ("en", "ko"):
        for path in ("/startups/hostile/matches", "/partners/samsung/matches", "/startups/hostile"):
            page = staff.get(path, headers={"Accept-Language": lang})
            assert page.status_code == 200
            pages[path, lang] = page.text
            assert not [one for one in FORBIDDEN if one in page.text], path
    quoted = [text for text in pages.values() if "&lt;script&gt;alert(1)" in text]
    assert len(quoted) >= 4
    answer = staff.get("/api/v1/startups/hostile/matches?k=3")
    assert answer.content_type.startswith("application/json")
    assert not re.search(r"\b49 ultrasound", json.dumps(answer.json))


@pytest.mark.parametrize(
    "path",
    ["/cases/{}", "/evaluations/{}", "/accounts/{}", "/api/v1/jobs/{}", "/api/v1/cases/{}"],
)
@pytest.mark.parametrize("number", [1 << 31, 1 << 63, 14713617234417604886528])
def test_a_number_that_no_database_holds_is_the_number_of_nothing(staff, path, number):
    assert staff.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("number", [-(1 << 63) - 1, 0, 1, 1 << 63, 14713617234417604886528])
def test_the_log_of_accounts_goes_on_from_below_any_number(staff, number):
    assert staff.get(f"/accounts/log?before={number}").status_code == 200
