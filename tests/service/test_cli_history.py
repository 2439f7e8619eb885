"""The history of a record on the command line."""

from __future__ import annotations

import json


def write(tmp_path, **fields):
    path = tmp_path / "rows.jsonl"
    row = {"id": "s1", "name": "Sono", "summary": "[b]Probes[/b]", **fields}
    path.write_text(json.dumps(row), encoding="utf-8")
    return path


def test_who_changed_what_is_told(dari, tmp_path):
    dari("import", "startups", write(tmp_path))
    dari("import", "startups", write(tmp_path, region="KR-27"))
    steps = json.loads(dari("history", "s1", "--json").stdout)
    assert [(one["revision"], one["by"]) for one in steps] == [(1, "import"), (2, "import")]
    assert steps[1]["changes"] == [{"field": "region", "before": None, "after": "KR-27"}]
    shown = dari("history", "s1").stdout
    assert 'region: – → "KR-27"' in shown
    assert "[b]Probes[/b]" in shown


def test_an_erased_record_keeps_a_line_without_content(dari, tmp_path):
    dari("import", "startups", write(tmp_path))
    dari("erase", "s1", "--yes")
    (one,) = json.loads(dari("history", "s1", "--json").stdout)
    assert (one["erased"], one["changes"]) == (True, [])


def test_a_record_that_never_was_is_named(dari):
    answer = dari("history", "nobody")
    assert answer.exit_code == 1
    assert "nobody" in answer.stderr


def test_a_verdict_is_told_as_a_statement(dari, tmp_path):
    from profiles import Verdict
    from service.console import opened

    dari("import", "startups", write(tmp_path))
    store = opened().store
    store.add_verdict(Verdict("s1", "etri", "good", "[i]soon[/i]", 3, "m"), by="Kim")
    store.add_verdict(Verdict("s1", "etri", "poor", "", None, "m"), by="Lee")
    said = json.loads(dari("history", "s1", "--json").stdout)[1:]
    assert [(one["by"], one["verdict"]["label"], one["changes"]) for one in said] == [
        ("Kim", "good", []),
        ("Lee", "poor", []),
    ]
    shown = dari("history", "s1").stdout
    assert "etri is a good match, shown at rank 3 by m: [i]soon[/i]" in shown
    dari("erase", "etri", "--yes")
    assert [one["erased"] for one in json.loads(dari("history", "s1", "--json").stdout)] == [
        False,
        True,
        True,
    ]
