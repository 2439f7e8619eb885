"""The pages of evaluators: test sets, jobs, reports and models."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from matcher import SHIPPED
from profiles.jobs import Job, JobKind, JobState, ask, end, job, jobs, take
from service.wiring import Dari
from service.work import do
from service.worker import Worker, folder_of
from tests.models import make_model

EXAMPLE = Path("docs/examples/test-set")


@pytest.fixture(scope="module")
def app(make_app) -> APIFlask:
    return make_app(max_upload_length=200_000)


@pytest.fixture(scope="module")
def engine(app: APIFlask) -> Dari:
    return app.extensions["dari"]


@pytest.fixture
def shelved(engine: Dari) -> str:
    """A test set that an operator has put into the folder."""
    shutil.copytree(EXAMPLE, engine.settings.home / "testsets" / "example", dirs_exist_ok=True)
    return "example"


@pytest.fixture(autouse=True)
def nothing_waits(engine: Dari) -> None:
    while (one := take(engine.store, "test")) is not None:
        end(engine.store, one, JobState.CANCELLED)


def zipped(**changed: str) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(EXAMPLE.iterdir()):
            text = changed.get(path.stem, path.read_text(encoding="utf-8"))
            archive.writestr(f"set/{path.name}", text)
    made.seek(0)
    return made


def done(engine: Dari, kind: JobKind, **arguments: Any) -> Job:
    """Do a job here and now, as a worker does."""
    asked = ask(engine.store, kind, arguments, by="kim")
    mine = take(engine.store, "test")
    assert mine is not None
    assert mine.id == asked.id
    out = folder_of(engine.settings.home, mine.id)
    out.mkdir(parents=True)
    outcome = do(kind, engine.settings, arguments, out, lambda *_: None)
    return end(engine.store, mine, JobState.DONE, outcome=outcome)


@pytest.fixture(scope="module")
def evaluated(engine: Dari) -> Job:
    shutil.copytree(EXAMPLE, engine.settings.home / "testsets" / "example", dirs_exist_ok=True)
    return done(engine, JobKind.EVALUATE, test_set="example", side="startup")


def work_once(engine: Dari) -> None:
    """Let a worker do what waits, in processes of its own, and end."""
    Worker(engine.settings, engine.store).run(once=True)


def received(engine: Dari) -> list[Path]:
    """The ZIPs that were received and are still held."""
    return list((engine.settings.home / "testsets").glob(".brought-*"))


def test_nobody_else_may_see_or_start_anything(client: FlaskClient, send) -> None:
    for path in ("/evaluations", "/evaluations/new", "/evaluations/1/report", "/testsets"):
        assert client.get(path).status_code == 401
    for path in ("/evaluations", "/testsets", "/models/default/promote", "/models/rollback"):
        assert send(client, path, {}).status_code == 401
    sent = {"name": "mine", "file": (zipped(), "set.zip")}
    assert send(client, "/testsets", sent).status_code == 401


def test_a_test_set_comes_as_a_zip_larger_than_a_form_may_be(
    staff: FlaskClient, engine: Dari, send
) -> None:
    assert engine.settings.max_content_length > 200_000
    answer = send(staff, "/testsets", {"name": "mine", "file": (zipped(), "set.zip")})
    assert answer.status_code == 303
    assert answer.location.startswith("/evaluations/")
    assert "mine" not in staff.get("/testsets").text  # it is checked whole first
    work_once(engine)
    page = staff.get(answer.location)
    assert "no leak was found. 16 queries of" in page.text
    assert 'href="/testsets/mine"' in page.text
    assert "mine" in staff.get("/testsets").text
    assert len(received(engine)) == 1
    for zip in received(engine):
        os.utime(zip, (0, 0))
    Worker(engine.settings, engine.store).run(once=True)
    assert received(engine) == []
    again = send(staff, "/testsets", {"name": "mine", "file": (zipped(), "set.zip")})
    assert again.status_code == 422
    assert "already" in again.text
    assert send(staff, "/testsets/mine/delete", {}).status_code == 303
    assert staff.get("/testsets/mine").status_code == 404


@pytest.mark.parametrize(
    ("given", "said", "korean"),
    [
        (b"no zip", "cannot be read as a ZIP", "ZIP 파일로 읽을 수 없습니다"),
        (None, "No file was sent", "파일이 없습니다"),
    ],
)
def test_what_cannot_be_used_is_told_in_both_languages(
    staff: FlaskClient, send, given: bytes | None, said: str, korean: str
) -> None:
    for lang, text in (("en", said), ("ko", korean)):
        sent: dict[str, Any] = {"name": "bad"}
        if given is not None:
            sent["file"] = (io.BytesIO(given), "set.zip")
        answer = send(staff, f"/testsets?lang={lang}", sent)
        assert answer.status_code == 422
        assert text in answer.text
        assert 'value="bad"' in answer.text
    staff.get("/testsets?lang=en")


def test_a_leak_is_named(staff: FlaskClient, engine: Dari, send) -> None:
    tie = '{"startup": "s1", "partner": "p1", "date": "2031-01-01", "kind": "collaboration"}\n'
    answer = send(staff, "/testsets", {"name": "leaky", "file": (zipped(ties=tie), "set.zip")})
    assert answer.status_code == 303
    work_once(engine)
    assert "Leak (a tie after the cut)" in staff.get(f"{answer.location}?lang=en").text
    assert "누설" in staff.get(f"{answer.location}?lang=ko").text
    staff.get("/testsets?lang=en")
    folder = engine.settings.home / "testsets"
    assert not (folder / "leaky").exists()
    assert not list(folder.glob(".adding-*"))


def test_an_upload_over_the_limit_is_refused(staff: FlaskClient, send) -> None:
    huge = io.BytesIO(bytes(300_000))
    answer = send(staff, "/testsets", {"name": "huge", "file": (huge, "set.zip")})
    assert answer.status_code == 413


def test_runs_of_others_are_checked_by_a_job_kept_and_scored(
    staff: FlaskClient, engine: Dari, shelved: str, send
) -> None:
    query, _, partner, _ = (EXAMPLE / "qrels.txt").read_text().split()[:4]
    line = f"{query} Q0 {partner} 1 2.5 theirs\n".encode()
    sent = {"run": "theirs", "file": (io.BytesIO(line), "x.run")}
    answer = send(staff, f"/testsets/{shelved}/runs", sent)
    assert answer.status_code == 303
    assert "theirs" not in staff.get("/evaluations/new").text  # it is checked whole first
    wrong = {"run": "wrong", "file": (io.BytesIO(b"1 2 3\n"), "x.run")}
    other = send(staff, f"/testsets/{shelved}/runs", wrong)
    work_once(engine)
    for lang, said in (("en", "The run theirs is kept: 1 place"), ("ko", "theirs")):
        assert said in staff.get(f"{answer.location}?lang={lang}").text
    assert "theirs" in staff.get("/evaluations/new").text
    for lang, said in (("en", "wrong.run, line 1"), ("ko", "wrong.run 1번째 줄")):
        assert said in staff.get(f"{other.location}?lang={lang}").text
    staff.get("/testsets?lang=en")
    taken = {"run": "theirs", "file": (io.BytesIO(line), "x.run")}
    refused = send(staff, f"/testsets/{shelved}/runs", taken)
    assert refused.status_code == 422
    assert "already" in refused.text
    assert send(staff, f"/testsets/{shelved}/runs/theirs/delete", {}).status_code == 303
    assert send(staff, f"/testsets/{shelved}/runs/theirs/delete", {}).status_code == 404


def test_an_operators_folder_is_checked_on_demand(
    staff: FlaskClient, engine: Dari, shelved: str, send
) -> None:
    answer = send(staff, f"/testsets/{shelved}/check", {})
    assert answer.location.startswith("/evaluations/")
    (engine.settings.home / "testsets" / "broken").mkdir()
    (engine.settings.home / "testsets" / "broken" / "dataset.json").write_text("{")
    assert staff.get("/testsets/broken").status_code == 200
    other = send(staff, "/testsets/broken/check", {})
    work_once(engine)
    assert "no leak was found. 16 queries of" in staff.get(answer.location).text
    assert "This is not JSON" in staff.get(other.location).text
    send(staff, "/testsets/broken/delete", {})


def test_an_evaluation_is_asked_for_shown_and_cancelled(
    staff: FlaskClient, engine: Dari, shelved: str, send
) -> None:
    sent = {"test_set": shelved, "side": "startup", "measures": "AP, nDCG@20"}
    answer = send(staff, "/evaluations", sent)
    assert answer.status_code == 303
    id = int(answer.location.rsplit("/", 1)[1])
    asked = job(engine.store, id)
    assert asked.arguments["measures"] == ["AP", "nDCG@20"]
    page = staff.get(answer.location)
    assert "It waits for its turn: 0 before it." in page.text
    assert "No worker has shown itself" in page.text
    assert '<meta http-equiv="refresh" content="5">' in page.text
    told = staff.get(f"{answer.location}/progress").json
    assert (told["state"], told["over"], told["said"]) == ("queued", False, "waiting")
    assert send(staff, f"{answer.location}/cancel", {}).status_code == 303
    assert job(engine.store, id).state is JobState.CANCELLED
    assert "Nothing of it was kept" in staff.get(answer.location).text
    send(staff, f"{answer.location}/cancel", {})
    assert "is over" in staff.get(answer.location).text
    assert staff.get("/evaluations/999999").status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"test_set": "../x"}, "no test set"),
        ({"model": "/etc/passwd"}, "no model of this version"),
        ({"beside": "../../etc"}, "no model of this version"),
        ({"runs": "../x"}, "no run file"),
        ({"side": "all"}, "none of"),
        ({"measures": "Wonder@5"}, "ir-measures"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before_it_waits(
    staff: FlaskClient, engine: Dari, shelved: str, send, changed: dict[str, str], said: str
) -> None:
    before = len(jobs(engine.store))
    answer = send(staff, "/evaluations", {"test_set": shelved, "side": "both", **changed})
    assert answer.status_code == 422
    assert said in answer.text
    assert len(jobs(engine.store)) == before


def test_the_page_of_a_done_evaluation_tells_the_verdict(
    staff: FlaskClient, evaluated: Job
) -> None:
    here = f"/evaluations/{evaluated.id}"
    page = staff.get(here).text
    verdict = evaluated.outcome["verdicts"][0]["said"]
    assert verdict["en"] in page
    assert verdict["ko"] in staff.get(f"{here}?lang=ko").text
    assert verdict["en"] in staff.get("/evaluations?lang=en").text
    assert "style=" not in page
    chart = staff.get(f"{here}/chart/startup/measure.svg")
    assert chart.mimetype == "image/svg+xml"
    assert staff.get(f"{here}/chart/partner/measure.svg").status_code == 404


def test_the_whole_report_may_do_nothing_but_be_read(staff: FlaskClient, evaluated: Job) -> None:
    answer = staff.get(f"/evaluations/{evaluated.id}/report")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("sandbox")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy


def test_files_of_a_job_are_those_that_are_listed(staff: FlaskClient, evaluated: Job) -> None:
    here = f"/evaluations/{evaluated.id}/files"
    assert (
        json.loads(staff.get(f"{here}/report.json").data)["dataset"] == "A small made-up test set"
    )
    run = staff.get(f"{here}/runs/dari.run")
    assert run.headers["Content-Disposition"].startswith("attachment; filename=evaluation-")
    for name in ("../../staff-token", "%2e%2e/%2e%2e/staff-token", "summary.json", "runs"):
        assert staff.get(f"{here}/{name}").status_code == 404


def test_a_result_that_is_elsewhere_is_said_to_be(staff: FlaskClient, engine: Dari) -> None:
    asked = ask(engine.store, JobKind.EVALUATE, {"test_set": "gone"}, by="kim")
    mine = take(engine.store, "test")
    assert mine is not None
    end(engine.store, mine, JobState.DONE, outcome={})
    page = staff.get(f"/evaluations/{asked.id}")
    assert "not in this folder" in page.text
    assert staff.get(f"/evaluations/{asked.id}/report").status_code == 404


def test_a_set_of_the_stores_own_history_is_asked_for(
    staff: FlaskClient, engine: Dari, send
) -> None:
    assert send(staff, "/testsets/convert", {"name": "own", "cut": "soon"}).status_code == 422
    answer = send(staff, "/testsets/convert", {"name": "own", "cut": "2026-01-01"})
    assert answer.status_code == 303
    found = jobs(engine.store)[0]
    assert (found.kind, found.arguments["cut"]) == (JobKind.CONVERT, "2026-01-01")


def test_a_training_is_asked_for(staff: FlaskClient, engine: Dari, shelved: str, send) -> None:
    assert send(staff, "/evaluations/train", {"test_set": shelved, "name": "Ä"}).status_code == 422
    sent = {"test_set": shelved, "name": "ours", "also": "example"}
    assert send(staff, "/evaluations/train", sent).status_code == 303
    found = jobs(engine.store)[0]
    assert found.arguments == {"test_set": shelved, "also": ["example"], "name": "ours"}


def test_a_model_is_gated_put_in_use_and_taken_back(
    staff: FlaskClient, engine: Dari, shelved: str, send, tmp_path: Path
) -> None:
    folder, version = make_model(tmp_path, "one", {"text_seeks_offers": 9})
    engine.models.add(folder)
    page = staff.get(f"/models/{version}").text
    assert "No gate has been asked about it yet" in page
    assert "It tells none: it has no calibration" in page
    assert send(staff, f"/models/{version}/gate", {"test_set": "nothing"}).status_code == 422
    gated = done(engine, JobKind.GATE, model=version, test_set=shelved)
    assert gated.outcome["passed"] is False
    shown = staff.get(f"/evaluations/{gated.id}").text
    assert "refused" in shown
    assert "Too few clusters" in shown
    assert "Who asks: partners" in shown
    refused = send(staff, f"/models/{version}/promote", {})
    assert refused.status_code == 409
    assert "The gate has refused this model" in refused.text
    known = send(staff, f"/models/{version}/promote", {"reason": "a trial"})
    assert known.status_code == 303
    assert engine.models.champion().version == version
    page = staff.get(f"/models/{version}").text
    assert "in use" in page
    assert "a trial" in page
    assert send(staff, "/models/rollback", {}).status_code == 303
    assert engine.models.champion().version == SHIPPED
    assert send(staff, "/models/rollback", {}).status_code == 303
    assert "no earlier model" in staff.get("/models").text
    assert staff.get("/models/nothing").status_code == 404


def test_a_model_whose_weights_were_changed_is_named_on_its_page(
    staff: FlaskClient, engine: Dari, tmp_path: Path
) -> None:
    folder, version = make_model(tmp_path, "bent", {"text_seeks_offers": 9})
    engine.models.add(folder)
    weights = engine.models.folder / version / "weights.toml"
    weights.write_text(weights.read_text().replace("points = 9", "points = 90"))
    page = staff.get(f"/models/{version}")
    assert page.status_code == 200
    assert "they were changed after the model was made" in page.text
    shutil.rmtree(weights.parent)
