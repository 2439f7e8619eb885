"""The scenes of the setting: a startup is typed into the form, and staff open its match list."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

SCENES = yaml.safe_load(Path(__file__).with_name("scenes.yaml").read_text(encoding="utf-8"))
ASKED = [
    pytest.param(scene, lang, programme, id=f"{scene['scene']}-{lang}-{programme or 'any'}")
    for scene in SCENES
    for lang in ("en", "ko")
    for programme in dict.fromkeys((None, scene.get("programme")))
]


@pytest.mark.parametrize(("scene", "lang", "programme"), ASKED)
def test_a_startup_of_the_setting_finds_its_partners(
    make_scene_app, send, sign_in, scene, lang, programme
):
    app = make_scene_app
    client = app.test_client()
    told = scene[lang]
    form = {**scene["form"], f"name_{lang}": told["name"]}
    form |= {"summary": told["summary"], "seeking": told["seeking"]}
    answer = send(client, "/startups/new", form, headers={"Accept-Language": lang})
    assert answer.status_code == 303
    with client.session_transaction() as session:
        id = session["submitted"]
    address = f"/api/v1/startups/{id}/matches?k=10"
    asked = f"{address}&programme={programme}" if programme else address
    found = sign_in(app).get(asked).get_json()["matches"]
    for expected in scene["expect"]:
        hits = [match for match in found if match["id"] in expected["any"]]
        shown = [(match["id"], match["score"]) for match in found]
        assert hits, (expected, shown)
        assert hits[0]["rank"] <= expected["top"], (expected, shown)
        reasons = {one["feature"] for one in hits[0]["contributions"]}
        assert reasons >= set(expected.get("reasons", ())), (expected, reasons)


@pytest.fixture(scope="module")
def make_scene_app(make_app):
    """One application for all scenes: the startups of the others do not matter."""
    return make_app()


def test_no_code_names_a_company_of_the_scenes():
    named = {id for scene in SCENES for one in scene["expect"] for id in one["any"]}
    root = Path(__file__).parents[2]
    code = [
        path
        for floor in ("profiles", "index", "matcher", "service")
        for path in (root / floor).rglob("*")
        if (path.suffix in {".py", ".toml"} or path.name == "phrases.yaml")
        and "demo" not in path.parts  # which plays what really was, by name
    ]
    assert len(code) > 50
    for path in code:
        text = path.read_text(encoding="utf-8")
        assert not {id for id in named if f'"{id}"' in text or f"'{id}'" in text}, path
