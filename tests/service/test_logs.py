"""Logs carry ids, never profile texts or addresses, whatever goes wrong at whichever door."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from profiles import Startup
from service.cli import main
from service.submission import submit

MARK = "비밀의문장"
ADDRESS = "secret.person@firm.example"
STARTUP = {
    "id": "quiet",
    "name": f"{MARK} 이름",
    "summary": f"{MARK} 요약",
    "contact": ADDRESS,
    "consent": {"version": "1", "purpose": f"{MARK}", "at": "2026-11-01T00:00:00Z"},
}
BROKEN = [
    STARTUP | {"trl": MARK},
    STARTUP | {"id": MARK + " " + ADDRESS},
    STARTUP | {"sectors": [MARK]},
    STARTUP | {"contact": f"{ADDRESS} {MARK}"},
    STARTUP | {MARK: ADDRESS},
    STARTUP | {"website": MARK, "founded": ADDRESS},
    [MARK, ADDRESS],
    MARK,
]


@pytest.fixture
def logged(caplog):
    """What all loggers said, with the texts of errors and the rows of tracebacks."""
    caplog.set_level(logging.DEBUG)
    form = logging.Formatter("%(name)s %(levelname)s %(message)s")
    return lambda: "\n".join(form.format(one) for one in caplog.records)


def unsaid(text: str) -> None:
    for secret in (MARK, ADDRESS, json.dumps(MARK)[1:-1], "secret.person"):
        assert secret not in text


def break_payloads(home: Path) -> None:
    """Damage from outside: the record is held, and breaks the schema."""
    with sqlite3.connect(home / "dari.sqlite3") as connection:
        payload = json.dumps(STARTUP | {"trl": f"{MARK} {ADDRESS}"})
        connection.execute("UPDATE profiles SET payload = ? WHERE id = 'quiet'", (payload,))
    connection.close()


def test_the_text_of_an_error_of_the_schema_holds_no_input():
    with pytest.raises(ValueError, match="trl") as caught:
        Startup.model_validate(STARTUP | {"trl": f"{MARK} {ADDRESS}"})
    unsaid(str(caught.value))


def test_pages_and_api_log_no_text(make_app, sign_in, send, bearer, logged):
    app = make_app()
    dari = app.extensions["dari"]
    submit(dari, STARTUP)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    staff, nobody = sign_in(app), app.test_client()
    for body in BROKEN:
        assert nobody.post("/api/v1/startups", json=body).status_code == 422
        if isinstance(body, dict):
            typed = {k: v for k, v in body.items() if isinstance(v, str)}
            send(nobody, "/startups/new", {"name_ko": MARK, **typed})
    nobody.post("/api/v1/startups", json=STARTUP)
    nobody.post("/api/v1/startups", data=f'{{"{MARK}', content_type="application/json")
    nobody.post("/startups/new", data=STARTUP)
    break_payloads(dari.settings.home)
    for path in ("/startups/quiet", "/startups", f"/startups?q={MARK}", f"/startups/{MARK}"):
        staff.get(path)
    assert staff.get("/startups/quiet").status_code == 500
    assert nobody.get("/api/v1/startups/quiet", headers=bearer).status_code == 500
    with sqlite3.connect(dari.settings.home / "dari.sqlite3") as connection:
        connection.execute("DROP TABLE ties")
    connection.close()
    nobody.post("/api/v1/startups", json=STARTUP | {"id": "other"})
    assert "ValidationError" in logged()
    unsaid(logged())


def test_the_command_line_and_the_importer_log_no_text(installed, tmp_path, monkeypatch, logged):
    home = tmp_path / "home"
    shutil.copytree(installed, home)
    monkeypatch.setenv("DARI_HOME", str(home))
    rows = tmp_path / "rows.jsonl"
    lines = [STARTUP, *BROKEN, STARTUP | {"id": "samsung"}]
    text = "\n".join(json.dumps(one, ensure_ascii=False) for one in lines)
    rows.write_text(f'{text}\n{{"{MARK} {ADDRESS}', encoding="utf-8")
    table = tmp_path / "rows.csv"
    table.write_text(f'id,name_ko,summary_ko\nx,{MARK},"{MARK}\n{ADDRESS},,\n', encoding="utf-8")

    def run(*words: object) -> int:
        return CliRunner().invoke(main, [str(word) for word in words]).exit_code

    assert run("import", "startups", rows) == 0
    run("import", "startups", table)
    run("import", "ties", rows)
    run("import", "partners", rows, "--map", rows)
    break_payloads(home)
    commands = [
        ("match", "quiet"),
        ("duplicates",),
        ("index", "verify"),
        ("history", MARK),
        ("export", "startups", tmp_path / "out.csv"),
        ("held", "quiet", tmp_path / "held.zip"),
    ]
    for words in commands:
        run(*words)
    unsaid(logged())
    for file in home.rglob("*.log"):
        unsaid(file.read_text(encoding="utf-8"))
