"""The commands for drafts: what is held, erasure that is proved, and expiry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profiles import Store
from profiles.drafts import begin, name_email, save
from profiles.links import make_link
from service.mail import Letter, deliver
from service.settings import Settings

TEXT = "물류 창고에서 상자를 옮기는 로봇 팔을 만들어 실증할 곳을 찾습니다."
ADDRESS = "kim.hanbit@firm.example"
NOW = datetime.now(UTC)


@pytest.fixture
def home(dari, tmp_path: Path) -> Path:
    return tmp_path / "home"


def drafted(home: Path, *, days: int = 10) -> str:
    """Keep a draft with a link, and a letter to its person; give its id."""
    store = Store.open(f"sqlite:///{home / 'dari.sqlite3'}")
    ends = NOW + timedelta(days=days)
    id = begin(store, {"name_ko": "한빛로봇회사"}, language="ko", now=NOW, expires_at=ends).id
    if days > 0:
        save(store, id, "build", {"summary_ko": TEXT}, saved=0, language="ko", now=NOW,
             expires_at=ends)  # fmt: skip
        name_email(store, id, ADDRESS, now=NOW)
        make_link(store, "draft", id, now=NOW, lasts=timedelta(days=1))
        deliver(Settings(home=home), Letter(ADDRESS, "초안", TEXT))
        deliver(Settings(home=home), Letter("other@firm.example", "초안", "다른 글"))
    store.close()
    return id


def test_what_is_held_of_a_draft_is_written_for_its_owner_alone(dari, home, tmp_path):
    id = drafted(home)
    out = tmp_path / "held.json"
    assert dari("draft", "held", id, out).exit_code == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    assert (told["values"]["summary_ko"], told["email"]) == (TEXT, ADDRESS)
    assert len(told["links"]) == 1
    assert out.stat().st_mode & 0o777 == 0o600
    assert dari("draft", "held", "d-nothing", out).exit_code == 1


def test_a_draft_is_erased_and_that_is_proved(dari, home):
    id = drafted(home)
    answer = dari("draft", "erase", id, "--yes", "--prove", "--json")
    assert answer.exit_code == 0, answer.output
    proof = json.loads(answer.stdout)["proof"]
    assert proof["clean"]
    assert proof["traces"] >= 3
    assert len(list((home / "outbox").glob("*.eml"))) == 1
    assert dari("draft", "erase", id, "--yes").exit_code == 1


def test_what_is_left_of_a_draft_is_found(dari, home):
    id = drafted(home)
    (home / "notes.txt").write_text(f"noted: {ADDRESS}", encoding="utf-8")
    answer = dari("draft", "erase", id, "--yes", "--prove", "--json")
    assert answer.exit_code == 1
    (found,) = json.loads(answer.stdout)["proof"]["found"]
    assert found["where"].endswith("notes.txt")


def test_drafts_that_have_expired_go(dari, home):
    kept, gone = drafted(home), drafted(home, days=-1)
    answer = dari("draft", "expire")
    assert f"Erased: {gone}." in answer.stderr
    assert dari("draft", "erase", gone, "--yes").exit_code == 1
    assert dari("draft", "erase", kept, "--yes").exit_code == 0


def test_the_tables_agree_with_drafts_in_them(dari, home):
    drafted(home)
    assert dari("index", "verify").exit_code == 0
