"""Owns what a person can ask of an installation: what is held, erasure with proof, and expiry."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from profiles import DariError, Revision, Side, Startup, differences
from profiles.accounts import Account
from profiles.apart import Stored
from profiles.api_keys import ApiKey
from profiles.cases import Case, HeldCase, is_shown_to
from profiles.cohorts import Cohort, HeldEntry
from profiles.drafts import Draft, draft_of, remove
from profiles.event_meetings import EventMeeting
from profiles.events import Participant
from profiles.files import guarded
from profiles.jobs import Job
from profiles.judgements import Judged
from profiles.judges import HeldOfJudge
from profiles.links import Link
from profiles.merges import Merge
from profiles.merging import merged_into
from profiles.privacy import Appearance, Held, Idle, held, idle
from profiles.privacy import erase as erase_rows
from profiles.privacy import withdraw as withdraw_rows
from profiles.remains import database_files, rebuild, settle
from profiles.reviews import Review

if TYPE_CHECKING:
    from service.searching import Proof
    from service.settings import Settings
    from service.wiring import Dari

Tell = Callable[[str], None]
WARNING = timedelta(days=30)
_PAGE_S = 5.0

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
reviews.csv       답변하거나 기한을 연장한 요청
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
reviews.csv       the requests about decisions that were answered or extended
Edits and merges of profiles name their makers in the histories of these profiles.
"""


@dataclass(frozen=True, slots=True)
class Expiry:
    """The startups that have expired, and those that will within 30 days, each with its day.

    `merged` names for each of them what has been merged into it: that goes with it.
    """

    days: int
    expired: tuple[Idle, ...]
    expiring: tuple[Idle, ...]
    merged: Mapping[str, Sequence[str]]

    def day_of(self, one: Idle) -> datetime:
        """Tell when a startup expires."""
        return one.last + timedelta(days=self.days)

    def as_json(self) -> dict[str, Any]:
        """Give the lists as plain values for JSON."""
        return {
            "retention_inactive_days": self.days,
            **{name: [self._row(one) for one in getattr(self, name)] for name in _LISTS},
        }

    def _row(self, one: Idle) -> dict[str, Any]:
        last, day = one.last.isoformat(), self.day_of(one).isoformat()
        row = {"id": one.id, "name": one.name, "last_active": last, "expires": day}
        return {**row, "merged": list(self.merged.get(one.id, ()))}


_LISTS = ("expired", "expiring")


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
        archive.writestr("profile.json", _json(found.profile.model_dump(mode="json")))
        for name, (columns, table) in _tables(found).items():
            archive.writestr(f"{name}.csv", _csv(columns, table))
            archive.writestr(f"{name}.json", _json(table))
    return packed.getvalue()


def judge_zip(found: HeldOfJudge, at: datetime) -> bytes:
    """Pack everything that judging holds about a judge: JSON for programs, CSV to read."""
    packed = io.BytesIO()
    given = [
        {
            "round": pair.round,
            "startup": pair.startup,
            "partner": pair.partner,
            **{name: getattr(one, name) for name in ("judge", "role", "grade", "note")},
            "at": one.at.isoformat(),
        }
        for pair, one in found.judgements
    ]
    rounds = [
        {
            **{name: getattr(one, name) for name in ("name", "opened_by", "closed_by")},
            "opened_at": one.opened_at.isoformat(),
            "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        }
        for one in found.rounds
    ]
    views = [
        {**{name: getattr(one, name) for name in _OF_VIEW}, "at": one.at.isoformat()}
        for one in found.views
    ]
    tables = {
        "judgements": (_OF_JUDGE, given),
        "rounds": (_OF_ROUND, rounds),
        "saved_views": (_OF_VIEW, views),
        "jobs": (_OF_JOB, [_job_row(one) for one in found.jobs]),
        "cases": (_OF_CASE, [_worked_row(one) for one in found.cases]),
        "events": (
            ("number", "did", "at"),
            [
                {"number": number, "did": did, "at": at.isoformat()}
                for number, did, at in found.events
            ],
        ),
        "api_keys": (_OF_KEY, [_key_row(one) for one in found.keys]),
        "cohorts": (_OF_COHORT, [_round_row(one) for one in found.cohorts]),
        "reviews": (_OF_REVIEW, [_looked_row(one) for one in found.reviews]),
    }
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        said = JUDGE_README.format(name=found.names[0], at=at.isoformat(timespec="seconds"))
        archive.writestr("README.txt", said.encode("utf-8-sig"))
        for name, (columns, table) in tables.items():
            archive.writestr(f"{name}.csv", _csv(columns, table))
            archive.writestr(f"{name}.json", _json(table))
    return packed.getvalue()


_OF_JUDGE = ("round", "startup", "partner", "judge", "role", "grade", "note", "at")
_OF_VIEW = ("side", "name", "asked", "owner", "shared", "at")
_OF_ROUND = ("name", "opened_by", "opened_at", "closed_by", "closed_at")
_OF_JOB = ("number", "kind", "asked_by", "asked_at", "cancelled_by", "arguments")

_OF_CASE = ("number", "startup", "partner", "stage", "owner", "opened_by", "opened_at")
_OF_REVIEW = ("number", "startup", "kind", "answered_by", "answered_at", "answer")
_OF_KEY = ("prefix", "name", "created_by", "created_at", "revoked_by")


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
    return dict(zip(_OF_REVIEW, named, strict=True))


def _job_row(one: Job) -> dict[str, Any]:
    said = json.dumps(one.arguments, ensure_ascii=False)
    named = (one.id, one.kind.value, one.by, one.asked_at.isoformat(), one.cancelled_by, said)
    return dict(zip(_OF_JOB, named, strict=True))


def erase(
    dari: Dari, ids: Sequence[str], *, by: str, tell: Tell, while_served: bool = False
) -> tuple[list[Appearance], list[str]]:
    """Erase profiles, and what other records, snapshots, letters and the disk keep of them.

    With `while_served` a page is waiting: readers are waited for only briefly, and PostgreSQL's
    tables, which nobody could read meanwhile, are not written anew.

    Returns:
        Where their ids stood, and what could not be done, a sentence each.

    Raises:
        UnknownId: if there is no profile of an id; those before it are erased.
    """
    from index import discard

    named: list[Appearance] = []
    try:
        for id in ids:
            addresses = _addresses(dari, id)
            named += erase_rows(dari.store, id, by=by, tell=tell)
            forget_letters(dari.settings, addresses)
    finally:
        discard(dari.settings.snapshots)
        left = settle_briefly(dari) if while_served else settle(dari.store, tell=tell)
    dari.follower.save_snapshot()
    return named, left


def erase_draft(
    dari: Dari, id: str, *, prove: bool = False, tell: Tell
) -> tuple[list[str], Proof | None]:
    """Erase a draft with its links and letters; then search everything for it, if asked.

    Returns:
        What could not be done, a sentence each, and the proof.

    Raises:
        UnknownId: if there is none; an expired one is there as long as it is held.
    """
    from service.searching import search
    from service.traces import traces_of_draft

    found = draft_of(dari.store, id, datetime.min.replace(tzinfo=UTC))
    traces, untold = traces_of_draft(found)
    remove(dari.store, id)
    forget_letters(dari.settings, [found.email or ""])
    left = settle(dari.store, tell=tell)
    if not prove:
        return left, None
    proof = search(dari.store, dari.settings.home, traces)
    if any(one.place == "database" for one in proof.remains):
        left += rebuild(dari.store)
        proof = search(dari.store, dari.settings.home, traces)
    proof.notes += untold
    return left, proof


def withdraw(dari: Dari, id: str, *, by: str) -> int:
    """Remove a startup's contact and consent, and the letters to it that wait in the outbox.

    Returns:
        How many revisions held an address.

    Raises:
        UnknownId: if there is none.
    """
    addresses = _addresses(dari, id)
    scrubbed = withdraw_rows(dari.store, id, by=by)
    forget_letters(dari.settings, addresses)
    return scrubbed


def settle_briefly(dari: Dari) -> list[str]:
    """Take what was deleted off the disk while a page waits; give what could not be done."""
    if not database_files(dari.store):
        return ["PostgreSQL's tables were not written anew."]
    return settle(dari.store, patience_s=_PAGE_S)


def _addresses(dari: Dari, id: str) -> set[str]:
    """Give the addresses that a profile has or had, and those of the drafts that would change it.

    Raises:
        UnknownId: if there is none.
    """
    found = held(dari.store, id)
    told = [(one.payload or {}).get("contact") for one in found.revisions]
    drafts = [one.email or one.values.get("contact") for one in found.edits]
    return {str(one) for one in (*told, *drafts) if one}


def erase_and_prove(
    dari: Dari, id: str, *, by: str, tell: Tell
) -> tuple[list[Appearance], list[str], Proof]:
    """Erase a profile, then search the whole installation for what it was.

    Returns:
        What `erase` gives, and the proof.

    Raises:
        UnknownId: if there is none.
    """
    from service.searching import search
    from service.traces import traces_of

    traces, untold = traces_of(held(dari.store, id))
    named, left = erase(dari, [id], by=by, tell=tell)
    proof = search(dari.store, dari.settings.home, traces)
    if any(one.place == "database" for one in proof.remains):
        tell("Remains in free pages of the database; writing its file anew ...")
        left += rebuild(dari.store)
        proof = search(dari.store, dari.settings.home, traces)
    proof.notes += untold
    return named, left, proof


def expiry(dari: Dari, now: datetime) -> Expiry:
    """List who has expired, and who will within 30 days.

    Raises:
        DariError: if no retention is set.
    """
    days = dari.settings.retention_inactive_days
    if days is None:
        raise DariError(
            value="DARI_RETENTION_INACTIVE_DAYS",
            rule="No retention is set, so no profile expires.",
            remedy="Set it to a number of days.",
        )
    end = now - timedelta(days=days)
    found = sorted(idle(dari.store, end + WARNING), key=lambda one: (one.last, one.id))
    return Expiry(
        days,
        tuple(one for one in found if one.last < end),
        tuple(one for one in found if one.last >= end),
        merged_into(dari.store, [one.id for one in found]),
    )


def erase_expired(dari: Dari, found: Expiry, *, by: str, tell: Tell) -> tuple[list[str], list[str]]:
    """Erase those who have expired and have not come back to life since they were listed.

    Returns:
        The ids that were erased, with what was merged into them, and what could not be done, a
        sentence each.
    """
    still = {one.id for one in expiry(dari, now()).expired}
    ids = [one.id for one in found.expired if one.id in still]
    families = merged_into(dari.store, ids)
    left = erase(dari, ids, by=by, tell=tell)[1]
    return [one for id in ids for one in (id, *families.get(id, ()))], left


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
_REVIEW = ("id", "profile", "cohort", "kind", "words", "asked_at", "due", "state",
           "extended", "answered_at", "outcome", "answer")  # fmt: skip
_ENTRY = ("number", "cohort", "profile", "stage", "wishes", "note", "refusals", "reason", "host",
          "applied_at", "moved_at")  # fmt: skip
_SCORE = ("entry", "screening", "criterion", "points", "reason", "at")
_OF_COHORT = ("number", "programme", "name", "state", "at")
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


def _round_row(one: Cohort) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("programme", "name")}
    return {"number": one.id, **told, "state": one.state.value, "at": one.at.isoformat()}


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
    dates = {"asked_at": one.asked_at.isoformat(), "due": one.due.isoformat()}
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
    return _json({**_draft_row(draft), "links": [_link_row(one) for one in links]})


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


def forget_letters(settings: Settings, addresses: Iterable[str]) -> int:
    """Delete the letters to addresses that wait in the outbox; give how many there were."""
    from service.mail import letters_to

    files = {file for address in addresses for file in letters_to(settings, address)}
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


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


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def _csv(columns: Sequence[str], table: Iterable[Mapping[str, Any]]) -> bytes:
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


def now() -> datetime:
    """Give the present moment (UTC)."""
    return datetime.now(UTC)
