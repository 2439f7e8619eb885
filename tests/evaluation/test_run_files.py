"""Anybody's run files: what is read, what is refused and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation import (
    Run,
    RunFileError,
    TestSet,
    evaluate,
    load,
    read_qrels,
    read_run,
    read_runs,
    write_qrels,
    write_run,
)
from evaluation import messages as words
from evaluation.runs import falling

Files = dict[str, Any]
Write = Callable[[Files], Path]

GOOD = "q1 Q0 p2 1 3.5 mine\nq1 Q0 p3 2 1.5 mine\n"


@pytest.fixture
def read(write: Write, files: Files) -> TestSet:
    return load(write(files))


def written(folder: Path, content: str | bytes, name: str = "a.run") -> Path:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(raw)
    return folder / name


def refused(path: Path, test_set: TestSet) -> RunFileError:
    with pytest.raises(RunFileError) as raised:
        read_run(path, test_set=test_set)
    return raised.value


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("q1 Q0 p1 3 1.0", "run_columns"),
        ("q1 Q0 p1 3 1.0 mine more", "run_columns"),
        ("q1,Q0,p1,3,1.0,mine", "run_columns"),
        ("q1 Q0 p1 3 high mine", "run_score"),
        ("q1 Q0 p1 3 nan mine", "run_score"),
        ("q1 Q0 p1 3 NaN mine", "run_score"),
        ("q1 Q0 p1 3 inf mine", "run_score"),
        ("q1 Q0 p1 3 1e999 mine", "run_score"),
        ("q1 Q0 p1 3 1_0 mine", "run_score"),
        ("q1 Q0 p2 3 0.5 mine", "run_twice"),
        ("q7 Q0 p1 3 1.0 mine", "run_query"),
        ("q1 Q0 p9 3 1.0 mine", "run_candidate"),
        ("q1 Q0 p4 3 1.0 mine", "run_candidate"),
        ("q1 Q0 p\udc80 3 1.0 mine", "run_encoding"),
        ("q1 Q0 p1 3 1.0 " + "m" * 20_000, "run_long_line"),
    ],
)
def test_a_hostile_line_is_refused_with_its_number_in_both_languages(
    tmp_path: Path, read: TestSet, line: str, code: str
) -> None:
    raw = (GOOD + "\n" + line + "\n").encode("utf-8", "surrogateescape")
    error = refused(written(tmp_path, raw), read)
    assert (error.code, error.file, error.line) == (code, "a.run", 4)
    assert "a.run, line 4: " in str(error)
    rule, remedy = error.told("ko")
    assert rule.startswith("a.run 4번째 줄: ")
    assert any("가" <= c <= "힣" for c in remedy)


def test_a_pair_that_stands_twice_names_both_lines(tmp_path: Path, read: TestSet) -> None:
    error = refused(written(tmp_path, GOOD + "q1 Q0 p2 3 0.5 mine\n"), read)
    assert "line 3: This candidate stands on line 1 already" in str(error)


@pytest.mark.parametrize(("content", "code"), [("", "run_empty"), ("\n \n", "run_empty")])
def test_an_empty_file_is_refused(tmp_path: Path, read: TestSet, content: str, code: str) -> None:
    assert refused(written(tmp_path, content), read).code == code


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path, read: TestSet) -> None:
    assert refused(tmp_path / "none.run", read).code == "run_missing"
    assert refused(tmp_path, read).code == "run_unreadable"


def test_a_huge_file_is_refused_before_it_fills_the_memory(
    tmp_path: Path, read: TestSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.run_files.MOST_LINES", 1)
    error = refused(written(tmp_path, GOOD), read)
    assert (error.code, error.line) == ("run_huge", 2)


def test_every_sentence_is_there_in_both_languages_with_its_remedy() -> None:
    codes = {key for key in sorted(words.keys()) if key.startswith("run_")}
    for code in codes:
        assert code.endswith("_remedy") or f"{code}_remedy" in codes
        for lang in ("en", "ko"):
            params = {"found": 1, "first": 1, "why": "x", "limit": 1, "depth": 1, "value": "v"}
            assert words.said(code, lang, **params)


def test_bom_crlf_tabs_and_unicode_forms_do_no_harm(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbfq1\tQ0\tcafe\xcc\x81 1 2 mine\r\nq1 0 b 7 3 other\r\n\r\n"
    run = read_run(written(tmp_path, raw))
    assert run == Run.of("mine", {"q1": {"caf\u00e9": 2.0, "b": 3.0}})


def test_the_score_decides_and_the_rank_column_does_not(tmp_path: Path) -> None:
    run = read_run(written(tmp_path, "q Q0 a 1 1 r\nq Q0 b 2 9 r\nq Q0 c 3 9 r\n"))
    assert run.ids("q") == ("b", "c", "a")


def test_a_run_written_is_read_as_the_same_order(tmp_path: Path) -> None:
    run = Run.of("my run", {"q": {"b": 1 / 3, "a": 1 / 3, "c": 1 / 3, "d": 1e-50, "e": 0.0}})
    write_run(run, tmp_path / "a.run")
    again = read_run(tmp_path / "a.run")
    assert again.name == "my_run"
    assert again.ids("q") == run.ids("q")
    for (_, one), (_, other) in zip(run.rankings["q"], again.rankings["q"], strict=True):
        assert other == pytest.approx(one, abs=1e-6)


def test_written_scores_fall_in_the_32_bits_that_trec_eval_reads() -> None:
    scores = falling([5.0, 5.0, 5.0 - 1e-12, 0.0, 0.0, -1.0])
    assert scores.dtype == np.float32
    assert (np.diff(scores) < 0).all()
    read_back = np.array([str(score) for score in scores], dtype=np.float32)
    assert (read_back == scores).all()


def test_qrels_written_are_read_as_the_same(tmp_path: Path) -> None:
    qrels = {"q2": {"b": 1, "a": 0}, "q1": {"a": 3}}
    write_qrels(qrels, tmp_path / "qrels.txt")
    assert (tmp_path / "qrels.txt").read_text().startswith("q1 0 a 3\n")
    assert read_qrels(tmp_path / "qrels.txt") == qrels


def test_names_in_one_report_are_told_apart(tmp_path: Path, read: TestSet) -> None:
    paths = [written(tmp_path, GOOD, name) for name in ("a.run", "b.run")]
    paths += [written(tmp_path, GOOD.replace("mine", "dari"), "dari.run")]
    runs, _ = read_runs([*paths, paths[1]], read, depth=100, taken=("dari",))
    assert [run.name for run in runs] == ["mine", "mine (b)", "dari (dari)", "mine (b) 2"]


def test_places_beyond_the_depth_do_not_count_and_it_is_said(tmp_path: Path, read: TestSet) -> None:
    (run,), notes = read_runs([written(tmp_path, GOOD)], read, depth=1)
    assert run.ids("q1") == ("p2",)
    assert any("only the first 1 places of 1 queries" in note for note in notes)
    assert any("2 queries are not in the run, and score 0" in note for note in notes)


def test_figures_agree_with_trec_eval_on_the_written_files(tmp_path: Path, read: TestSet) -> None:
    """pytrec_eval is trec_eval's own code; it reads the scores as the files have them."""
    import pytrec_eval

    rng = np.random.default_rng(4)
    ids = [f"p{i:02}" for i in range(60)]
    qrels = {f"q{q}": {id: int(rng.integers(0, 4)) for id in rng.choice(ids, 20)} for q in range(9)}
    scores = {q: {id: float(rng.integers(0, 9)) for id in rng.permutation(ids)} for q in qrels}
    write_run(Run.of("r", scores), tmp_path / "a.run")
    write_qrels(qrels, tmp_path / "qrels.txt")
    run = {q: dict(found) for q, found in read_run(tmp_path / "a.run").rankings.items()}
    judged = read_qrels(tmp_path / "qrels.txt")
    names = {
        "P@5": "P_5", "P@10": "P_10", "nDCG@10": "ndcg_cut_10", "R@50": "recall_50",
        "RR": "recip_rank", "AP": "map",
    }  # fmt: skip
    theirs = pytrec_eval.RelevanceEvaluator(judged, set(names.values())).evaluate(run)
    ours = evaluate(qrels, Run.of("r", scores), list(names))
    for query, measure, value in ours.rows():
        assert value == pytest.approx(theirs[query][names[measure]], abs=1e-12), (query, measure)


def test_figures_are_those_of_ir_measures_on_the_same_files(tmp_path: Path, read: TestSet) -> None:
    """Graded judgements, equal scores, a query that the run lacks and one without a right answer.

    ir-measures reads the files itself; a query that is not in the run is 0 in its own means, too.
    """
    import ir_measures

    rng = np.random.default_rng(9)
    ids = [f"p{i:02}" for i in range(80)]
    qrels = {f"q{q}": {id: int(rng.integers(0, 4)) for id in rng.choice(ids, 30)} for q in range(8)}
    qrels["q8"] = dict.fromkeys(ids[:5], 0)
    scores = {q: {id: float(rng.integers(0, 6)) for id in rng.permutation(ids)} for q in qrels}
    del scores["q3"]
    write_run(Run.of("r", scores), tmp_path / "a.run")
    write_qrels(qrels, tmp_path / "qrels.txt")
    names = ["P@5", "P@10", "nDCG@10", "R@50", "RR", "Judged@10", "P(rel=2)@5"]
    theirs = ir_measures.calc_aggregate(
        [ir_measures.parse_measure(name) for name in names],
        list(ir_measures.read_trec_qrels(str(tmp_path / "qrels.txt"))),
        list(ir_measures.read_trec_run(str(tmp_path / "a.run"))),
    )
    again = read_run(tmp_path / "a.run")
    ours = evaluate(read_qrels(tmp_path / "qrels.txt"), again, names)
    for name in names:
        values = [value for _, measure, value in ours.rows() if measure == name]
        assert len(values) == 9
        assert np.mean(values) == pytest.approx(
            theirs[ir_measures.parse_measure(name)], abs=1e-12
        ), name
    assert {value for query, _, value in ours.rows() if query == "q3"} == {0.0}


def test_the_provider_of_the_measures_is_trec_eval() -> None:
    import ir_measures

    providers = {
        name: next(
            provider.NAME
            for provider in ir_measures.DefaultPipeline.providers
            if provider.supports(ir_measures.parse_measure(name))
        )
        for name in ("P@5", "P@10", "nDCG@10", "R@50", "RR")
    }
    assert set(providers.values()) == {"pytrec_eval"}
