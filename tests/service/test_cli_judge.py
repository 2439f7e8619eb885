"""The commands of judging: opening from lists and files, status, export, closing, judges' data."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile

import numpy as np
import pytest

from evaluation import outcome_of, read_qrels, store_runs
from profiles import Partner, Store, Vectors, validate
from profiles.judgements import JudgingError
from profiles.judging import close_round, judge_pair, open_round, settle_pair
from profiles.merging import merge
from service.settings import Settings
from service.wiring import build
from tests.models import make_model
from tests.service.examples import with_startups

NOTE = "This note says a good deal about what the judge thinks of the two."


@pytest.fixture(scope="module")
def installed(installed, tmp_path_factory):
    """A home with the catalogue and the example startups."""
    return with_startups(installed, tmp_path_factory.mktemp("with-startups") / "home")


@pytest.fixture
def judging(dari):
    """`dari` over a home with the example startups."""
    return dari


@pytest.fixture
def store(judging, tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'home' / 'dari.sqlite3'}")
    yield opened
    opened.close()


def run_file(tmp_path, *lines, name="other.run"):
    path = tmp_path / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_round_from_the_lists_of_dari_and_the_baselines(judging, store):
    answer = judging("judge", "open", "one", "--sample", 3, "--depth", 2, "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    found = outcome_of(store, "one")
    assert told["pairs"] == len(found.pairs)
    names = [name.split()[0] for name in found.round.systems]
    assert names == ["bm25", "dari", "dense", "popularity"]
    assert len({one.pair.startup for one in found.pairs}) == 3
    ranks = [rank for one in found.pairs for rank in one.pair.systems.values()]
    assert set(ranks) == {1, 2}
    assert len(ranks) == 3 * 4 * 2
    dari_first = [
        one.pair
        for one in found.pairs
        if any(name.startswith("dari") and rank == 1 for name, rank in one.pair.systems.items())
    ]
    for pair in dari_first:
        listed = json.loads(judging("match", pair.startup, "--k", 1, "--json").stdout)
        assert listed["matches"][0]["id"] == pair.partner
    judging("judge", "open", "two", "--sample", 3, "--depth", 2)
    again = outcome_of(store, "two")
    assert [(p.pair.startup, p.pair.partner) for p in again.pairs] == [
        (p.pair.startup, p.pair.partner) for p in found.pairs
    ]


def test_a_round_from_chosen_startups_and_run_files(judging, store, tmp_path):
    chosen = tmp_path / "startups.txt"
    chosen.write_text("\ufeff소노라이트\n\nwavegrid\nWavegrid\n", encoding="utf-8")
    kept = validate(Partner, {"id": "old-naver", "name": "Naver of old"})
    store.put_many([(kept, Vectors("e"))])
    merge(store, "naver", "old-naver", lambda _: Vectors("e"))
    one = run_file(
        tmp_path,
        "sonolight Q0 kaist 1 2.5 theirs",
        "sonolight Q0 old-naver 2 1.5 theirs",
        "wavegrid Q0 kt 1 1 theirs",
        "unchosen Q0 nobody 1 1 theirs",
    )
    two = run_file(tmp_path, "wavegrid Q0 kt 1 1 theirs", name="b.run")
    answer = judging("judge", "open", "파일", "--startups", chosen, "--depth", 5, "--run", one,
                     "--run", two, "--judges", 3, "--system", "random", "--by", "Lee",
                     "--instructions", "보세요")  # fmt: skip
    assert answer.exit_code == 0, answer.output
    found = outcome_of(store, "파일")
    assert found.round.systems == ("random", "theirs", "theirs (b)")
    assert (found.round.judges, found.round.opened_by) == (3, "Lee")
    listed = {(p.pair.startup, p.pair.partner): p.pair.systems for p in found.pairs}
    assert listed["sonolight", "naver"]["theirs"] == 2
    assert listed["wavegrid", "kt"].items() >= {("theirs", 1), ("theirs (b)", 1)}


def test_lists_of_two_models_are_never_pooled_as_those_of_one(installed, tmp_path):
    home = tmp_path / "own"
    shutil.copytree(installed, home)
    dari = build(Settings(home=home))
    path, version = make_model(tmp_path, "one", {"sector_same": 50})
    dari.models.add(path)
    day, rng = dari.settings.today(), np.random.default_rng(1)

    def ask(promote):
        def tell(what, done, total):
            if done == 1 and promote:
                dari.models.promote(version, "kim", reason="r")

        asked = (dari.store, dari.matchmaker, dari.encoder, ["sonolight", "wavegrid"], ["dari"])
        return store_runs(*asked, depth=2, day=day, rng=rng, progress=tell)

    with pytest.raises(JudgingError, match=f"The model {version} was put in use") as caught:
        ask(promote=True)
    assert "다시 시작" in caught.value.told("ko")[1]
    assert [run.name for run in ask(promote=False)] == [f"dari {version}"]
    dari.store.close()


def test_no_pair_in_conflict_is_pooled(judging, store):
    pairs = [one.pair for one in _opened(judging, store, "a").pairs]
    first = next(one for one in pairs if one.startup == "sonolight")
    startup = store.get("sonolight").model_copy(update={"conflicts": (first.partner,)})
    store.put_many([(startup, Vectors("none"))])
    judging("init")
    again = {(one.pair.startup, one.pair.partner) for one in _opened(judging, store, "b").pairs}
    assert ("sonolight", first.partner) not in again


def _opened(judging, store, name):
    answer = judging("judge", "open", name, "--sample", 8, "--depth", 2)
    assert answer.exit_code == 0, answer.output
    return outcome_of(store, name)


def test_what_cannot_be_opened_is_named(judging, store, tmp_path):
    good = tmp_path / "good.txt"
    good.write_text("sonolight\n")
    bad = tmp_path / "bad.txt"
    bad.write_text("sonolight\nnaver\n")
    unknown = tmp_path / "unknown.txt"
    unknown.write_text("\n\nnobody knows this one\n")
    empty = tmp_path / "empty.txt"
    empty.write_text(" \n")
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\x00")
    foreign = run_file(tmp_path, "sonolight Q0 wavegrid 1 1 x", name="foreign.run")
    other = run_file(tmp_path, "someone Q0 naver 1 1 x", name="none.run")
    broken = run_file(tmp_path, "sonolight naver", name="broken.run")
    said = {
        ("--startups", tmp_path / "no"): ("cannot be read", "읽을 수 없습니다"),
        ("--startups", bad): ("Line 2: naver", "2번째 줄: naver"),
        ("--startups", unknown): ("Line 3", "3번째 줄"),
        ("--startups", empty): ("empty", "empty"),
        ("--startups", binary): ("UTF-8", "UTF-8"),
        ("--sample", 9999): ("9999 startups", "9999곳"),
        ("--startups", good, "--run", foreign): ("lists wavegrid", "있는 wavegrid"),
        ("--startups", good, "--run", other): ("none of the chosen", "결과가 없습니다"),
        ("--startups", good, "--run", broken): ("2 columns", "열이 2개"),
    }
    for place, (words, told) in enumerate(said.items()):
        lang = ("en", "ko")[place % 2]
        answer = judging("judge", "open", "r", *words, "--depth", 2, "--lang", lang)
        assert answer.exit_code == 1, words
        assert told[place % 2] in answer.stderr, (words, answer.stderr)
    for words in ((), ("--sample", 1, "--startups", good)):
        assert judging("judge", "open", "r", *words, "--depth", 2).exit_code == 2
    assert judging("judge", "open", "a/b", "--sample", 1, "--depth", 1).exit_code == 1
    assert json.loads(judging("judge", "status", "--json").stdout) == []


STARTUP_IDS = ("haeram-robotics", "moonhare-games", "sonolight", "twinworks", "wavegrid")
PAIRS = {
    (one, other): {"popularity": 1 + (one < other)}
    for one in STARTUP_IDS
    for other in ("kaist", "kt", "naver", "samsung")
}


@pytest.fixture
def judged(store):
    """A closed round whose pairs two have judged; one is settled, one has no grade."""
    open_round(store, "r", PAIRS, judges=2, depth=2)
    found = outcome_of(store, "r")
    for place, one in enumerate(found.pairs[:-1]):
        judge_pair(store, one.pair.id, "Kim", grade=place % 4, note="=HYPERLINK(1)")
        judge_pair(store, one.pair.id, "Lee", grade=min(place % 4 + place % 2, 3), note=NOTE)
    judge_pair(store, found.pairs[-1].pair.id, "Kim", grade=None)
    close_round(store, "r", by="Lee")
    settle_pair(store, found.pairs[1].pair.id, "Park", grade=3)
    return outcome_of(store, "r")


def test_status_tells_how_far_a_round_is(judging, judged, store):
    told = json.loads(judging("judge", "status", "r", "--json").stdout)[0]
    pairs = len(judged.pairs)
    assert (told["pairs"], told["done"], told["settled"]) == (pairs, pairs - 1, 1)
    assert told["graded"] == {"Kim": pairs - 1, "Lee": pairs - 1}
    assert 0.5 < told["interval"][0] < told["alpha"] < told["interval"][1] < 1
    table = judging("judge", "status").stdout
    assert "closed" in table
    assert f"{told['alpha']:.2f}" in table
    assert judging("judge", "close", "r").exit_code == 1
    open_round(store, "s", PAIRS, judges=1, depth=1)
    assert judging("judge", "close", "s", "--by", "Lee").exit_code == 0
    assert outcome_of(store, "s").round.closed_by == "Lee"


def test_what_is_exported_is_read_by_evaluate(judging, judged, tmp_path):
    out = tmp_path / "out"
    answer = judging("judge", "export", "r", out)
    assert answer.exit_code == 0, answer.output
    assert {path.name for path in out.iterdir()} == {"qrels.txt", "judgements.csv", "pairs.csv",
                                                     "test-set"}  # fmt: skip
    qrels = read_qrels(out / "qrels.txt")
    assert qrels == judged.qrels
    grades = {(one.pair.startup, one.pair.partner): one.grade for one in judged.pairs}
    last, settled = judged.pairs[-1].pair, judged.pairs[1].pair
    assert last.partner not in qrels.get(last.startup, {})
    assert qrels[settled.startup][settled.partner] == 3
    place = next(n for n, one in enumerate(judged.pairs) if n % 4 == 1 and n > 1)
    one = judged.pairs[place].pair
    assert grades[one.startup, one.partner] == 1  # the median of 1 and 2, rounded down
    assert (out / "judgements.csv").stat().st_mode & 0o077 == 0
    with (out / "judgements.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [*csv.DictReader(stream)]
    assert {row["note"] for row in rows if row["judge"] == "Kim"} == {"'=HYPERLINK(1)", ""}
    with (out / "pairs.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [*csv.DictReader(stream)]
    assert [row["settled"] for row in rows].count("yes") == 1
    assert rows[-1]["grade"] == ""
    assert rows[0]["popularity"] in {"", "1", "2"}
    report = json.loads(judging("evaluate", out / "test-set", "--json").stdout)
    assert report["systems"]["dari"]["all"]["Judged@10"]["value"] > 0
    assert judging("judge", "export", "r", out).exit_code == 0


def test_exports_that_cannot_be_written(judging, judged, store, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for out in ("full", "file", "file/below"):
        answer = judging("judge", "export", "r", tmp_path / out, "--lang", "ko")
        assert answer.exit_code == 1
        assert "쓸 수 없습니다" in answer.stderr
    assert (tmp_path / "full" / "mine.txt").read_text() == "x"
    open_round(store, "new", PAIRS, judges=1, depth=1)
    judge_pair(store, outcome_of(store, "new").pairs[0].pair.id, "Kim", grade=None)
    for lang, words in (("en", "judge close new"), ("ko", "진행 중입니다")):
        answer = judging("judge", "export", "new", tmp_path / "out", "--lang", lang)
        assert answer.exit_code == 1
        assert words in answer.stderr
    assert not (tmp_path / "out").exists()
    close_round(store, "new", by="Lee")
    answer = judging("judge", "export", "new", tmp_path / "out")
    assert "Nobody has graded" in answer.stderr
    assert not (tmp_path / "out").exists()


def test_what_is_held_of_a_judge_and_its_erasure(judging, judged, store, tmp_path):
    file = tmp_path / "lee.zip"
    assert judging("held", "lee", file, "--judge").exit_code == 0
    with zipfile.ZipFile(file) as archive:
        given = json.loads(archive.read("judgements.json"))
        assert len(given) == len(judged.pairs) - 1
        assert {one["note"] for one in given} == {NOTE}
        assert [one["closed_by"] for one in json.loads(archive.read("rounds.json"))] == ["Lee"]
        assert "Lee" in archive.read("README.txt").decode()
    answer = judging("erase", "lee", "--judge", "--yes", "--prove", "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["judgements"] == len(given)
    assert told["proof"]["clean"]
    assert told["proof"]["traces"] > 0
    found = outcome_of(store, "r")
    assert found.qrels == judged.qrels
    assert set(found.graded) == {"Kim", "erased-1"}
    for words in (("erase", "lee", "--judge", "--yes"), ("held", "lee", file, "--judge")):
        answer = judging(*words)
        assert answer.exit_code == 1
        assert "Nobody of the name" in answer.stderr


def test_an_erased_startup_leaves_no_note_behind(judging, judged, store):
    answer = judging("erase", "sonolight", "--yes", "--prove", "--json")
    told = json.loads(answer.stdout)
    others = [one for one in told["proof"]["found"] if not one["also_of"]]
    assert others == []
    assert all(one.pair.startup != "sonolight" for one in outcome_of(store, "r").pairs)
