"""Tests of errors: their texts in both languages, and that every code has them."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import index.loading
import profiles
from profiles import DariError, FieldError, IdTaken, InvalidRecord, Side, Startup, validate
from profiles.cohorts import CohortState
from profiles.errors import shorten
from profiles.messages import catalogue, message

PARAMS: dict[str, dict[str, object]] = {
    "text_too_long": {"length": 301, "limit": 300},
    "id_repeated": {"row": 7},
    "vocabulary": {"allowed": "idea, seed"},
    "list": {"limit": 200},
    "range": {"bound": "≥ 1"},
    "json": {"detail": "Expecting value"},
    "csv_columns": {"found": 5, "expected": 4},
    "too_large": {"limit": "1,000,000 characters"},
    "id_merged": {"into": "other"},
    "kept_apart": {"other": "b"},
    "merge_field": {"allowed": "name, region"},
    "merge_sides": {"other": "b"},
    "not_apart": {"other": "b"},
    "list_full": {"list": "conflicts", "count": 201, "limit": 200},
    "undo_order": {"later": 7, "dropped": "b", "kept": "a"},
    **{key: {"ending": ".pdf"} for key in ("file_format", "file_report_format")},
    "file_unread": {"reason": "no disk"},
    "file_no_parquet": {"reason_en": "it breaks off"},
    **{f"backup_{key}": {"reason": "no disk"} for key in ("unwritten", "unopened", "unread")},
    "backup_newer": {"given": "'9999'", "newest": "0016"},
    "backup_format": {"given": "'x'", "known": "'dari'"},
    "backup_no_manifest": {"missing": "'tables'"},
    "backup_manifest": {"reason": "no disk"},
    "backup_row": {"line": 7, "table": "ties.jsonl", "reason": "no disk"},
    "backup_content": {"table": "ties.jsonl"},
    **{key: {"reason": "no disk"} for key in ("file_unwritten", "map_unread", "map_toml")},
    "file_sheet_rows": {"found": "300,000", "limit": "200,000"},
    "file_sheet_size": {"size": "2,000"},
    "file_export_format": {"ending": ".pdf", "allowed": ".csv, .jsonl"},
    "file_many_rows": {"limit": "200,000"},
    "header_twice": {"name": "summary", "times": 2},
    "header_unknown": {"names": "a, b", "known": "id, name"},
    "header_lacks": {"names": "a, b", "known": "id, name"},
    **{
        key: {"near": "columns"}
        for key in ("map_section", "map_option", "map_field", "name_near", "name_shared")
    },
    "map_table": {"name": "values"},
    "round_pairs": {"limit": "5,000"},
    "judging_model": {"before": "cordis-12345678"},
    "judging_sample": {"held": 12},
    "judging_many": {"limit": 200},
    "judging_large": {"limit": "10,000"},
    "judging_startup": {"line": 7},
    **{key: {"file": "own.run"} for key in ("judging_run", "judging_run_queries")},
    **{key: {"why": "no disk"} for key in ("judging_list", "judging_out")},
    "account_name": {"longest": 200},
    "account_password": {"why": "It is too short."},
    "account_profile": {"side": "startup"},
    "case_another": {"other": "b"},
    "case_aside": {"into": "b"},
    "case_due_early": {"opened": "2026-11-23"},
    "case_due_far": {"years": 10},
    "case_gap": {"zone": "Europe/Berlin"},
    "case_many": {"limit": "20,000"},
    "views_full": {"limit": 200},
    "chosen_few": {"count": 0},
    "job_word": {"known": "evaluate, train"},
    **{key: {"name": "Spring"} for key in ("cohort_decided", "cohort_dropped", "cohort_intake")},
    **{key: {"name": "Spring"} for key in ("cohort_intake_over", "cohort_of_programme")},
    **{key: {"name": "Spring"} for key in ("cohort_screening", "cohort_still_open")},
    "cohort_not_begun": {"name": "Spring", "opens": "2027-01-02"},
    "cohort_kind": {"kind": "university"},
    "cohort_seed": {"digits": 16},
    "cohort_move": {"profile": "b", "stage": "final", "to": "reserve"},
    "cohort_not_in": {"profile": "b", "stage": "final"},
    "cohort_recused": {"profile": "b"},
    "cohort_no_reserve": {"host": "nvidia"},
    "cohort_one_part": {"other": "ansys"},
    "cohort_other_programme": {"programme": "g-1"},
    "cohort_rule_host": {"rule": "share"},
    "appraise_nobody": {"hosts": "nvidia, ansys"},
    "assign_no_rule": {"known": "share, places"},
    **{key: {"limit": "2,000"} for key in ("assign_too_many", "event_slots", "record_size")},
    **{key: {"most": 30} for key in ("decision_declines", "event_least")},
    **{key: {"most": 30} for key in ("review_days", "review_extended")},
    "review_late": {"due": "2027-02-01"},
    "review_early": {"decided": "2027-02-01"},
    "event_wishes_file": {"line": 7},
    "event_alike": {"near_en": "SonoEye (sonoeye)", "near_ko": "소노아이 (sonoeye)"},
    "event_impossible": {
        "rule_en": "No room is free.",
        "rule_ko": "빈 방이 없습니다.",
        "remedy_en": "Add one.",
        "remedy_ko": "방을 추가해 주세요.",
    },
    "group": {"allowed": "area, region"},
    **{key: {"kind": "share"} for key in ("rule_extra", "rule_missing", "cohort_kind_here")},
    **{key: {"kind": "share"} for key in ("rule_no_bound", "rule_no_bound_here", "rule_alone")},
    "case_year": {"first": 2000, "last": 2100, "year": 1026},
    "list_lines": {"limit": 10},
    "rule_twice": {"given": "share"},
    **{key: {"why": "no disk"} for key in ("mail_refused", "mail_unkept", "mail_unreachable")},
}
CODES = sorted(catalogue())


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("code", CODES)
def test_each_code_says_its_rule_and_remedy(code: str, lang: str) -> None:
    error = FieldError("field", code, "{given} 100%", PARAMS.get(code, {}))
    for said in (error.rule(lang), error.remedy(lang)):
        assert said.strip()
        assert "{{" not in said
        assert "}}" not in said
        assert bool(re.search("[가-힣]", said)) == (lang == "ko")
    other = "_en" if lang == "ko" else "_ko"
    for name, shown in PARAMS.get(code, {}).items():
        assert name.endswith(other) or str(shown) in error.rule(lang) + error.remedy(lang)


@pytest.mark.parametrize("code", CODES)
def test_templates_take_only_what_is_given(code: str) -> None:
    for part in catalogue()[code].values():
        for template in part.values():
            named = {name for _, name, _, _ in string.Formatter().parse(template) if name}
            assert named <= {"value", *PARAMS.get(code, {})}


def test_braces_of_values_stay_as_they_are() -> None:
    assert "{given} 100%" in FieldError("region", "region", "{given} 100%").rule("ko")
    assert '{"en": "..."' in FieldError("name", "text_type", 5).remedy("en")
    assert "[ ] { }" in FieldError("id", "id", 5).rule("en")


def test_a_missing_parameter_is_a_question_mark_and_a_missing_code_an_error() -> None:
    assert "?" in message("range", "rule", "en", {})
    with pytest.raises(KeyError):
        message("no such code", "rule", "en", {})


def test_every_code_of_the_source_has_its_message() -> None:
    root = Path(profiles.__file__).parent
    service = root.parent / "service"
    sources = [
        *root.glob("*.py"),
        *root.glob("store/*.py"),
        *root.glob("cohorts/*.py"),
        *root.parent.joinpath("matcher").rglob("*.py"),
        Path(index.loading.__file__),
        *service.rglob("*.py"),
        *service.parent.joinpath("evaluation").glob("*.py"),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    used = set(re.findall(r'PydanticCustomError\(\s*"(\w+)"', text))
    raised = r"(?:Field|Judging|Case|Account|Job|Mail)Error"
    used |= set(re.findall(rf'{raised}\(\s*[^,]+?,\s*"(\w+)"', text))
    used |= set(re.findall(r'(?:LinkError|_wrong)\(\s*"(\w+)"', text))
    used |= (
        set(re.findall(r'"((?:file|header|map|name)_\w+)"', text))
        - {"name_en", "name_ko", "name_given"}
        - {"map_file", "map_hint"}
    )
    mapped = re.search(r"_CODES = {(.*?)}", text, re.DOTALL)
    assert mapped
    used |= set(re.findall(r': "(\w+)"', mapped[1]))
    assert len(used) > 25
    of_sets = (service.parent / "evaluation" / "messages.yaml").read_text(encoding="utf-8")
    used -= set(re.findall(r"^ *(\w+):", of_sets, re.MULTILINE))
    assert sorted(used - set(CODES)) == []
    told = set(re.findall(r'"(\w+)"', text)) | {f"case_no_{side.value}" for side in Side}
    told |= {f"cohort_{state.value}" for state in CohortState}
    assert sorted(set(CODES) - told - {"value"}) == []


def test_an_invalid_record_tells_its_first_error() -> None:
    with pytest.raises(InvalidRecord, match="region: Atlantis is not a region") as caught:
        validate(Startup, {"id": "s", "name": "n", "summary": "x", "region": "Atlantis"})
    assert isinstance(caught.value, DariError)
    assert caught.value.value == "Atlantis"
    assert "ISO 3166" in caught.value.remedy


def test_an_error_names_value_rule_and_remedy() -> None:
    error = IdTaken(value="x" * 500, rule="Rule.", remedy="Remedy.")
    assert str(error).startswith("Rule. Remedy. (given: xxx")
    assert len(str(error)) < 340


def _nested() -> Any:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    return deep


def test_any_value_can_be_shown() -> None:
    assert shorten("가" * 81) == "가" * 79 + "…"
    assert shorten("가" * 80) == "가" * 80
    assert shorten("a\nb\x1b[2J\ud800\u202e") == "a b\ufffd[2J\ufffd\ufffd"
    assert shorten(10**5000) == "<int>"
    assert shorten(_nested()) == "<list>"


def test_profiles_are_imported_without_the_heavy_libraries() -> None:
    heavy = ["torch", "faiss", "polars", "sentence_transformers", "sklearn", "flask", "alembic"]
    script = (
        "import sys, profiles, profiles.catalogue, profiles.importing;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
