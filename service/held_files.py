"""Owns the files of what is held about a profile: a JSON document, and a ZIP to hand over."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from profiles import Revision, Side, Startup, differences
from profiles.accounts import Account
from profiles.apart import Stored
from profiles.cases import HeldCase, is_shown_to
from profiles.cohorts import HeldEntry
from profiles.drafts import Draft
from profiles.event_meetings import EventMeeting
from profiles.events import Participant
from profiles.files import guarded
from profiles.judgements import Judged
from profiles.links import Link
from profiles.merges import Merge
from profiles.privacy import Held
from profiles.reviews import Review

README = """\
이 파일은 Dari가 {id}에 대해 보유하고 있는 모든 정보입니다. ({at})

profile.json      프로필 전체: 입력한 내용과 동의 내역
consent.csv       개인정보 동의: 연락처, 동의서 판, 목적, 시각
revisions.csv     프로필의 모든 변경: 언제, 누가, 어느 항목을, 무엇에서 무엇으로
ties.csv          다른 곳과의 관계(협력, 실증, 투자 등)
tie_revisions.csv 그 관계의 모든 변경
verdicts.csv      매칭 결과에 대한 담당자의 의견과 메모
verdict_revisions.csv 그 의견을 누가 언제 남겼는지
vectors.csv       글에서 계산한 숫자(벡터): 종류, 계산한 모형, 크기(바이트)
merges.csv        이 프로필에 병합되었거나 병합되었다가 되돌려진 프로필
kept_apart.csv    같은 기업이 아니라고 확인된 프로필과 메모
proposals.csv     같은 기업일 수 있다고 제안된 다른 프로필과 그 이유
judged.csv        블라인드 판정에 쓰인 쌍과 등급, 메모. 판정자 이름은 빠져 있고,
                  진행 중인 라운드는 판정이 있다는 사실만 적혀 있습니다
cases.csv         진행 건: 단계, 날짜, 답변, 미팅. 상대는 알려 드린 뒤에만 적혀 있고,
                  담당자의 메모는 개수만 적혀 있습니다
participants.csv  교류 행사 참가: 행사 번호, 부르는 이름과 동의 시각, 참여할 수 없는 시간
event_meetings.csv 교류 행사의 상담: 시간과 방
drafts.csv        이 프로필을 고치던 중 저장된 초안
links.csv         돌아오는 링크: 만든 때, 만료, 사용한 때 (링크 자체는 보관하지 않습니다)
accounts.csv      이 프로필을 대신하는 계정: 전자우편 주소, 이름, 역할
entries.csv       프로그램 모집 신청: 차수, 단계, 희망 순, 적은 말, 충족하지 못한 요건
scores.csv        심사 점수와 사유 (심사위원 이름은 빼고)
reviews.csv       결정에 대한 설명·검토·거부 요청과 그 답변
appearances.csv   이 프로필의 ID가 적힌 프로그램과, 다른 프로필의 이해상충 목록
changes.csv       변경 기록: 번호와 시각만 있고 내용은 없습니다
같은 이름의 .json 파일에는 같은 내용이 프로그램이 읽기 쉬운 형식으로 들어 있습니다.
로그에는 ID만 남고, 프로필의 글이나 연락처는 남지 않습니다.

----

This file is everything that Dari holds about {id}. ({at})

profile.json      the whole profile: what was handed in, and the consent
consent.csv       consent to the keeping of personal data: contact, version, purpose, time
revisions.csv     every change of the profile: when, by whom, which field, from what to what
ties.csv          relations with others (collaborations, pilots, investments ...)
tie_revisions.csv every change of those relations
verdicts.csv      what staff said of shown matches, with their notes
verdict_revisions.csv who gave those verdicts, and when
vectors.csv       numbers computed from the texts: facet, encoder, size in bytes
merges.csv        profiles that were merged into this one, undone ones too
kept_apart.csv    profiles that staff said are other firms, with their notes
proposals.csv     profiles that were proposed as the same firm, with the reasons
judged.csv        pairs that evaluators judged, with grades and notes (without the names of
                  the judges; of a round that is still open, only that there is a judgement)
cases.csv         cases of being brought together: stage, days, answers, meetings; the other
                  side once it has been told to you, and of staff's notes how many there are
participants.csv  taking part in events: number of the event, name with the time of the consent,
                  times away, how many wishes
event_meetings.csv meetings at events: when, and in which room
drafts.csv        edits of this profile that were begun and saved
links.csv         links to come back by: when made, until when, when used (no link itself is kept)
accounts.csv      the accounts that speak for this profile: e-mail address, name, roles
entries.csv       applications to cohorts: stage, wishes, note, rules that are not met
scores.csv        scores of the screenings with their reasons (without the names of assessors)
reviews.csv       requests to explain, review or set aside a decision, with the answers
appearances.csv   programmes, and conflict lists of others, that name this profile's id
changes.csv       the change log: numbers and times, without content
The .json files of the same names hold the same for programs.
Logs carry ids only, never texts or addresses of a profile.
"""


def held_json(found: Held) -> dict[str, Any]:
    """Give everything that is held about a profile as plain values for JSON."""
    tables = {name: table for name, (_, table) in _tables(found).items()}
    return {"profile": found.profile.model_dump(mode="json", exclude_defaults=True), **tables}


def held_zip(found: Held, at: datetime) -> bytes:
    """Pack everything that is held about a profile: JSON for programs, CSV and a README to read."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        said = README.format(id=found.profile.id, at=at.isoformat(timespec="seconds"))
        archive.writestr("README.txt", said.encode("utf-8-sig"))
        archive.writestr("profile.json", json_file(found.profile.model_dump(mode="json")))
        for name, (columns, table) in _tables(found).items():
            archive.writestr(f"{name}.csv", csv_file(columns, table))
            archive.writestr(f"{name}.json", json_file(table))
    return packed.getvalue()


def _tables(found: Held) -> dict[str, tuple[Sequence[str], list[dict[str, Any]]]]:
    profile = found.profile
    consent: list[dict[str, Any]] = []
    if isinstance(profile, Startup) and profile.consent:
        consent = [{"contact": profile.contact, **profile.consent.model_dump(mode="json")}]
    ties = [tie.model_dump(mode="json") for tie in found.ties]
    return {
        "consent": (("contact", "version", "purpose", "at"), consent),
        "revisions": (_REVISION, list(_changed(found.revisions))),
        "ties": (("id", "kind", "a", "b", "region", "valid_from", "valid_to", "context",
                  "subject", "role", "source"), ties),
        "tie_revisions": (_REVISION, list(_changed(found.tie_revisions))),
        "verdicts": (("query", "candidate", "label", "note", "shown_rank", "model_version", "at"),
                     [{**asdict(one), "at": one.at.isoformat()} for one in found.verdicts]),
        "verdict_revisions": (("id", "number", "at", "by", *_VERDICT),
                              [_verdict_row(one) for one in found.verdict_revisions]),
        "vectors": (("owner_kind", "owner_id", "facet", "encoder_id", "bytes"),
                    [_vector_row(one) for one in found.vectors]),
        "merges": (_MERGE, [_merge_row(one) for one in found.merges]),
        "kept_apart": (("a", "b", "by", "at", "note"),
                       [{**asdict(one), "at": one.at.isoformat()} for one in found.apart]),
        "proposals": (("a", "b", "score", "codes", "reasons", "found_at"),
                      [_proposal_row(one) for one in found.proposals]),
        "judged": (_JUDGED, [_judged_row(one) for one in found.judged]),
        "cases": (_CASE, [_case_row(one, profile.side) for one in found.cases]),
        "participants": (_PARTICIPANT, [_participant_row(one) for one in found.participants]),
        "event_meetings": (_EVENT_MEETING, [_event_row(one) for one in found.event_meetings]),
        "drafts": (_DRAFT, [_draft_row(one) for one in found.edits]),
        "links": (_LINK, [_link_row(one) for one in found.links]),
        "accounts": (_ACCOUNT, [_account_row(one) for one in found.accounts]),
        "entries": (_ENTRY, [_entry_row(one) for one in found.entries]),
        "scores": (_SCORE, [row for one in found.entries for row in _score_rows(one)]),
        "reviews": (_REVIEW, [_review_row(one) for one in found.reviews]),
        "appearances": (("kind", "id", "field", "revision"),
                        [asdict(one) for one in found.appearances]),
        "changes": (("seq", "kind", "id", "at"),
                    [{**asdict(one), "at": at.isoformat()} for at, one in found.changes]),
    }  # fmt: skip


_DRAFT = ("id", "values", "place", "language", "email", "startup", "base", "made_at", "changed_at",
          "expires_at")  # fmt: skip


_ACCOUNT = ("email", "name", "roles", "profile", "created_at")


_REVIEW = ("id", "profile", "cohort", "kind", "words", "asked_at", "asked_on", "due", "state",
           "extended", "answered_at", "outcome", "answer")  # fmt: skip


_ENTRY = ("number", "cohort", "profile", "stage", "wishes", "note", "refusals", "reason", "host",
          "applied_at", "moved_at")  # fmt: skip


_SCORE = ("entry", "screening", "criterion", "points", "reason", "at")


_LINK = ("kind", "of", "made_at", "expires_at", "used_at")


_PARTICIPANT = ("number", "event", "side", "profile", "organisation", "called", "consent_at",
                "zone", "online", "least", "most", "away", "wishes")  # fmt: skip


_EVENT_MEETING = ("number", "event", "slot", "room", "state", "changed_at")


def _participant_row(one: Participant) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _PARTICIPANT[1:]}
    consent = one.consent_at.isoformat() if one.consent_at else None
    return {**told, "number": one.id, "consent_at": consent, "away": sorted(one.away),
            "wishes": len(one.wishes)}  # fmt: skip


def _event_row(one: EventMeeting) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("event", "slot", "room")}
    state, changed = one.state.value, one.changed_at.isoformat()
    return {"number": one.id, **told, "state": state, "changed_at": changed}


def _entry_row(held: HeldEntry) -> dict[str, Any]:
    one = held.entry
    told = {name: getattr(one, name) for name in ("cohort", "profile", "note", "reason", "host")}
    moments = {name: getattr(one, name).isoformat() for name in ("applied_at", "moved_at")}
    refusals = " ".join(f"{each.ko} / {each.en}" for each in one.refusals)
    lists = {"wishes": " ".join(one.wishes), "refusals": refusals}
    return {"number": one.id, "stage": one.stage.value, **told, **moments, **lists}


def _score_rows(held: HeldEntry) -> Iterator[dict[str, Any]]:
    for one in held.scores:
        told = {name: getattr(one, name) for name in ("entry", "criterion", "points", "reason")}
        yield {**told, "screening": one.screening.value, "at": one.at.isoformat()}


def _draft_row(one: Draft) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _DRAFT}
    return {**told, "values": dict(one.values), **_moments(one)}


def _account_row(one: Account) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _ACCOUNT}
    return {**told, "roles": list(one.roles), "created_at": one.created_at.isoformat()}


def _review_row(one: Review) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _REVIEW if name != "extended"}
    extended = [{"until": part.until.isoformat(), "why": part.why} for part in one.extensions]
    answered = one.answered_at.isoformat() if one.answered_at else None
    dates = {name: getattr(one, name).isoformat() for name in ("asked_at", "asked_on", "due")}
    return {**told, **dates, "answered_at": answered, "extended": extended}


def _link_row(one: Link) -> dict[str, Any]:
    used = one.used_at.isoformat() if one.used_at else None
    ends = one.expires_at.isoformat()
    return {"kind": one.kind, "of": one.of, "made_at": one.made_at.isoformat(),
            "expires_at": ends, "used_at": used}  # fmt: skip


def _moments(one: Draft) -> dict[str, str]:
    return {
        name: getattr(one, name).isoformat() for name in ("made_at", "changed_at", "expires_at")
    }


def held_draft(draft: Draft, links: Iterable[Link]) -> bytes:
    """Give everything that is held of a draft as one JSON document."""
    return json_file({**_draft_row(draft), "links": [_link_row(one) for one in links]})


def own_zip(found: Held, at: datetime) -> bytes:
    """Pack what is held about a startup for whoever comes by its link or account.

    Left out is what staff wrote for themselves, which pairs they consider, and their names: the
    incubator gives that to a person whom it knows (`dari held`).
    """
    mine = ("startup", "public form", "public API")
    named = [r if r.by in mine else dataclasses.replace(r, by="staff") for r in found.revisions]
    shown = dataclasses.replace(
        found,
        revisions=tuple(named),
        ties=(),
        tie_revisions=(),
        verdicts=(),
        verdict_revisions=(),
        merges=(),
        apart=(),
        proposals=(),
        judged=(),
        cases=(),
        accounts=(),
        appearances=(),
    )
    return held_zip(shown, at)


_VERDICT = ("candidate", "label", "note", "shown_rank", "model_version")


_REVISION = ("id", "number", "at", "by", "field", "before", "after")


def _changed(revisions: Iterable[Revision]) -> Iterable[dict[str, Any]]:
    before: Revision | None = None
    for one in revisions:
        same = before is not None and before.id == one.id
        told = {"id": one.id, "number": one.number, "at": one.at.isoformat(), "by": one.by}
        changes = differences(before.payload if before and same else None, one.payload)
        for change in changes:
            yield {**told, "field": change.field, "before": change.before, "after": change.after}
        if not changes:
            yield {**told, "field": None, "before": None, "after": None}
        before = one


def _verdict_row(one: Revision) -> dict[str, Any]:
    said = one.payload or {}
    told = {"id": one.id, "number": one.number, "at": one.at.isoformat(), "by": one.by}
    return told | {name: said.get(name) for name in _VERDICT}


_JUDGED = ("round", "startup", "partner", "role", "grade", "note", "at")


def _judged_row(one: Judged) -> dict[str, Any]:
    """Tell a judgement without its judge, and without its content as long as others judge blind."""
    pair = {"round": one.pair.round, "startup": one.pair.startup, "partner": one.pair.partner}
    if one.judgement is None:
        return pair
    told = pair | {"role": one.judgement.role, "at": one.judgement.at.isoformat()}
    said = {"grade": one.judgement.grade, "note": one.judgement.note}
    return told if one.is_open else told | said


_CASE = ("number", "startup", "partner", "stage", "opened_at", "moved_at", "closed_at", "outcome",
         "released_at", "startup_answer", "partner_answer", "shown_rank", "model_version",
         "meetings", "events", "notes")  # fmt: skip


def _case_row(held: HeldCase, side: Side) -> dict[str, Any]:
    """Tell a case: the other side only once it is shown to this one, notes of staff by number."""
    one = held.case
    moments = {
        name: getattr(one, name) for name in ("opened_at", "moved_at", "closed_at", "released_at")
    }
    told = {name: at.isoformat() if at else None for name, at in moments.items()}
    told |= {"number": one.id, "stage": one.stage.value, "shown_rank": one.shown_rank}
    told |= {"model_version": one.model_version, side.value: one.id_of(side)}
    told |= {f"{side.value}_answer": one.answer_of(side).value}
    told |= {"events": len(held.events), "notes": _count(held, "note")}
    if is_shown_to(one, side):
        other = side.other
        told |= {other.value: one.id_of(other), f"{other.value}_answer": one.answer_of(other).value}
        told |= {"outcome": one.outcome.value if one.outcome else None}
        told |= {"meetings": [f"{met.starts} {met.zone}" for met in held.meetings]}
    return told


def _count(held: HeldCase, kind: str) -> int:
    return sum(event.kind == kind for event in held.events)


_MERGE = ("number", "kept", "dropped", "at", "by", "undone_at", "undone_by")


def _merge_row(one: Merge) -> dict[str, Any]:
    undone = one.undone_at.isoformat() if one.undone_at else None
    return {
        "number": one.number,
        "kept": one.kept,
        "dropped": one.dropped,
        "at": one.at.isoformat(),
        "by": one.by,
        "undone_at": undone,
        "undone_by": one.undone_by,
    }


def _proposal_row(one: Stored) -> dict[str, Any]:
    said = one.proposal
    return {
        "a": said.a,
        "b": said.b,
        "score": said.score,
        "codes": [reason.code for reason in said.reasons],
        "reasons": {
            "en": "\n".join(reason.text.en or "" for reason in said.reasons),
            "ko": "\n".join(reason.text.ko or "" for reason in said.reasons),
        },
        "found_at": one.found_at.isoformat(),
    }


def _vector_row(one: Any) -> dict[str, Any]:
    return {
        "owner_kind": one.owner_kind,
        "owner_id": one.owner_id,
        "facet": one.facet,
        "encoder_id": one.encoder_id,
        "bytes": len(one.data),
    }


def json_file(value: object) -> bytes:
    """Write a value as a file of JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def csv_file(columns: Sequence[str], table: Iterable[Mapping[str, Any]]) -> bytes:
    """Write a CSV that Excel reads: UTF-8 with BOM, and no cell that it would compute."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in table:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict) and value.keys() <= {"en", "ko"}:
        value = "\n".join(part for part in value.values() if part)
    elif isinstance(value, (dict, list, tuple)):
        value = json.dumps(value, ensure_ascii=False)
    return guarded(str(value))
