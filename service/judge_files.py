"""Owns the files of what is held under the name of one of the staff."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from typing import Any

from profiles.api_keys import ApiKey
from profiles.cases import Case
from profiles.cohorts import Cohort
from profiles.jobs import Job
from profiles.judgements import Judgement, Pooled, Round
from profiles.judges import HeldOfJudge
from profiles.reviews import Review
from profiles.views import SavedView
from service.held_files import csv_file, json_file

JUDGE_README = """\
이 파일은 {name}(이)라는 이름으로 남은 판정에 대해 Dari가 보유하고 있는 모든 정보입니다. ({at})

judgements.csv    판정한 쌍, 등급, 메모, 시각 (바뀌기 전의 판정 포함)
saved_views.csv   저장한 목록 보기
rounds.csv        열거나 마감한 판정 라운드
jobs.csv          시작하거나 취소한 성능 평가와 학습 작업
cases.csv         담당하거나 처리한 진행 건
events.csv        만들거나 일정을 짠 교류 행사
api_keys.csv      만들거나 폐기한 API 키 (키 자체는 보관하지 않습니다)
cohorts.csv       열거나 심사하거나 처리한 모집 차수
reviews.csv       편지를 보고 입력하거나 기한을 연장하거나 답변한 요청
프로필을 고치거나 병합한 기록의 이름은 각 프로필의 변경 기록에 있습니다.

----

This file is everything that the judging of Dari holds under the name {name}. ({at})

judgements.csv    the judged pairs with grade, note and time, former ones too
saved_views.csv   the views of lists that were saved
rounds.csv        the rounds that were opened or closed
jobs.csv          the evaluations and trainings that were started or cancelled
cases.csv         the cases that were looked after or worked on
events.csv        the events that were opened or scheduled
api_keys.csv      the keys of the API that were made or revoked (no key itself is kept)
cohorts.csv       the cohorts that were opened, scored in or worked on
reviews.csv       the requests about decisions that were entered from a letter, extended or answered
Edits and merges of profiles name their makers in the histories of these profiles.
"""


_OF_JUDGE = ("round", "startup", "partner", "judge", "role", "grade", "note", "at")
_OF_VIEW = ("side", "name", "asked", "owner", "shared", "at")
_OF_ROUND = ("name", "opened_by", "opened_at", "closed_by", "closed_at")
_OF_JOB = ("number", "kind", "asked_by", "asked_at", "cancelled_by", "arguments")
_OF_CASE = ("number", "startup", "partner", "stage", "owner", "opened_by", "opened_at")
_OF_REVIEW = ("number", "startup", "kind", "answered_by", "answered_at", "answer",
              "entered_by")  # fmt: skip
_OF_EVENT = ("number", "did", "at")
_OF_COHORT = ("number", "programme", "name", "state", "at")
_OF_KEY = ("prefix", "name", "created_by", "created_at", "revoked_by")


def judge_zip(found: HeldOfJudge, at: datetime) -> bytes:
    """Pack everything that judging holds about a judge: JSON for programs, CSV to read."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        said = JUDGE_README.format(name=found.names[0], at=at.isoformat(timespec="seconds"))
        archive.writestr("README.txt", said.encode("utf-8-sig"))
        for name, (columns, table) in _tables_of(found).items():
            archive.writestr(f"{name}.csv", csv_file(columns, table))
            archive.writestr(f"{name}.json", json_file(table))
    return packed.getvalue()


def _tables_of(found: HeldOfJudge) -> dict[str, tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Give each file's columns and rows, by the name of the file."""
    return {
        "judgements": (_OF_JUDGE, [_judged_row(pair, one) for pair, one in found.judgements]),
        "rounds": (_OF_ROUND, [_opened_row(one) for one in found.rounds]),
        "saved_views": (_OF_VIEW, [_view_row(one) for one in found.views]),
        "jobs": (_OF_JOB, [_job_row(one) for one in found.jobs]),
        "cases": (_OF_CASE, [_worked_row(one) for one in found.cases]),
        "events": (_OF_EVENT, [_event_row(*one) for one in found.events]),
        "api_keys": (_OF_KEY, [_key_row(one) for one in found.keys]),
        "cohorts": (_OF_COHORT, [_round_row(one) for one in found.cohorts]),
        "reviews": (_OF_REVIEW, [_looked_row(one) for one in found.reviews]),
    }


def _judged_row(pair: Pooled, one: Judgement) -> dict[str, Any]:
    return {
        "round": pair.round,
        "startup": pair.startup,
        "partner": pair.partner,
        **{name: getattr(one, name) for name in ("judge", "role", "grade", "note")},
        "at": one.at.isoformat(),
    }


def _opened_row(one: Round) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("name", "opened_by", "closed_by")},
        "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
    }


def _view_row(one: SavedView) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in _OF_VIEW}, "at": one.at.isoformat()}


def _event_row(number: int, did: str, at: datetime) -> dict[str, Any]:
    return {"number": number, "did": did, "at": at.isoformat()}


def _worked_row(one: Case) -> dict[str, Any]:
    pair = (one.id, one.startup, one.partner, one.stage.value)
    named = (*pair, one.owner, one.opened_by, one.opened_at.isoformat())
    return dict(zip(_OF_CASE, named, strict=True))


def _key_row(one: ApiKey) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _OF_KEY}
    return {**told, "created_at": one.created_at.isoformat()}


def _looked_row(one: Review) -> dict[str, Any]:
    answered = one.answered_at.isoformat() if one.answered_at else None
    named = (one.id, one.profile, one.kind.value, one.answered_by, answered, one.answer)
    return dict(zip(_OF_REVIEW, (*named, one.entered_by), strict=True))


def _job_row(one: Job) -> dict[str, Any]:
    said = json.dumps(one.arguments, ensure_ascii=False)
    named = (one.id, one.kind.value, one.by, one.asked_at.isoformat(), one.cancelled_by, said)
    return dict(zip(_OF_JOB, named, strict=True))


def _round_row(one: Cohort) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("programme", "name")}
    return {"number": one.id, **told, "state": one.state.value, "at": one.at.isoformat()}
