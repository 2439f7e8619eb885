"""The page of models: for staff, in both languages, and true to the registry."""

from __future__ import annotations

import pytest

from matcher import load_ranker
from tests.models import make_model

SHIPPED = load_ranker().version
TRAINED = {"dataset": "Own <history>", "cut": "2025-07-01", "queries": 420, "examples": 9000}
REASON = {"en": "It is worse: -0.100.", "ko": "더 나쁩니다. 차이 -0.100"}


def gate(champion: str, challenger: str, *, passed: bool) -> dict[str, object]:
    return {
        "passed": passed, "dataset": "own", "measure": "nDCG@10", "n": 1234,
        "difference": 0.1 if passed else -0.1, "low": 0.05, "high": 0.15,
        "champion": {"version": champion}, "challenger": {"version": challenger},
        "reasons": [REASON], "remarks": [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def shown(make_app, sign_in, tmp_path_factory):
    """The browser of staff of an installation with two models, one in use, and a stray file."""
    app = make_app()
    models = app.extensions["dari"].models
    made = tmp_path_factory.mktemp("made")
    versions = []
    for name in ("one", "two"):
        path, version = make_model(made, name, {"sector_same": 50}, trained_on=TRAINED)
        models.add(path)
        versions.append(version)
    models.promote(versions[0], "김민지", gate(SHIPPED, versions[0], passed=True))
    models.keep_gate(versions[1], gate(versions[0], versions[1], passed=False))
    (models.folder / "notes.txt").write_text("x")
    return sign_in(app), versions


def test_the_page_shows_each_model_with_its_gate(shown):
    staff, (first, second) = shown
    page = staff.get("/models?lang=en").text
    assert page.index(first) < page.index(SHIPPED, page.index("<tbody"))  # in use: it comes first
    for said in ("in use", "ships with Dari, trained on CORDIS", "Own &lt;history&gt;",
                 "1,234 queries", "refused",
                 "+0.100 (+0.050 … +0.150)", "It is worse: -0.100.", "notes.txt", "cannot be used",
                 "promoted", "김민지", second):  # fmt: skip
        assert said in page
    korean = staff.get("/models?lang=ko").text
    for said in (
        "사용 중",
        "Dari 기본 모델, 학습 자료 CORDIS",
        "더 나쁩니다. 차이 -0.100",
        "모델 폴더가 아닙니다.",
        "2025년 7월 1일 이전 자료",
    ):
        assert said in korean


def test_the_list_says_where_its_model_comes_from_and_leads_to_the_page(shown):
    staff, (first, _) = shown
    page = staff.get("/partners/samsung-medison/matches?lang=en").text
    assert f'<a href="/models">{first}</a> (trained on Own &lt;history&gt;, in use since' in page
    korean = staff.get("/partners/samsung-medison/matches?lang=ko").text
    assert "(학습 자료 Own &lt;history&gt;, " in korean
    assert "부터 사용)" in korean


def test_the_page_is_for_staff(client):
    assert client.get("/models").status_code == 401


def test_a_broken_champion_file_is_told_in_words(make_app, sign_in):
    app = make_app()
    models = app.extensions["dari"].models
    models.folder.mkdir()
    (models.folder / "champion.json").write_text("{")
    staff = sign_in(app)
    for path in ("/models", "/partners/samsung-medison/matches"):
        answer = staff.get(f"{path}?lang=ko")
        assert answer.status_code == 503
    assert staff.get("/partners").status_code == 200
