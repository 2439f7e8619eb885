"""A store with something of one startup in every table: what erasure and backups must reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from profiles import (
    AnyProfile,
    Partner,
    Programme,
    Side,
    Startup,
    Store,
    Tie,
    Vectors,
    Verdict,
    cohorts,
    tables,
)
from profiles import validate as valid
from profiles.accounts import Account, keep_account
from profiles.apart import keep_apart, keep_proposals
from profiles.api_keys import add_key
from profiles.case_meetings import plan_meeting
from profiles.case_moves import move_case
from profiles.cases import Answer, CaseStage, Decline
from profiles.casework import answer_case, assign_case, note_case, open_case, release_case
from profiles.database import reading
from profiles.drafts import begin, name_email
from profiles.event_meetings import Booked, keep_schedule
from profiles.event_people import add_person, set_wishes
from profiles.events import open_event
from profiles.identity import Proposal, Reason
from profiles.jobs import JobKind, ask
from profiles.judging import judge_pair, open_round, read_pairs
from profiles.links import make_link
from profiles.merging import merge
from profiles.replays import Answer as Reply
from profiles.replays import Call, finish
from profiles.replays import begin as begin_call
from profiles.reviews import Ask, ReviewOutcome, answer_review, ask_review, extend_review
from profiles.sessions import Over, open_session
from profiles.text import Text
from profiles.views import save_view

SECRET = "루미나는 아무도 모르는 방식으로 조용한 탐촉자를 만듭니다"
ADDRESS = "boss@lumina.example"
NAME = "Luminaria Sonics"
STAFF = "Mina Kim"
CONSENT = {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}
LUMI = {
    "id": "s-1",
    "name": {"ko": "루미나리아소닉스", "en": NAME},
    "summary": f"{SECRET}.",
    "contact": ADDRESS,
    "consent": CONSENT,
}


def fill_all(store: Store, space: str = "e/p1") -> None:
    """Put something of the startup s-1 into every table; nothing of what it says is another's."""

    of_it = Vectors(space, {"is": bytes(range(1, 255))})
    former = {**LUMI, "id": "s-0", "name": f"{NAME} Labs"}
    others: list[AnyProfile] = [
        valid(Startup, {"id": "s-2", "name": "Other", "summary": "x", "conflicts": ["s-1"]})
    ]
    others += [valid(Partner, {"id": "p-1", "name": "Hospital"})]
    store.put_many([(valid(Startup, LUMI), of_it), (valid(Startup, former), of_it)])
    store.put_many([(one, Vectors(space)) for one in others])
    store.put_programmes([valid(Programme, {"id": "g-1", "kind": "contest", "name": "G"})])
    tie = {"id": "t-1", "a": "s-1", "b": "p-1", "kind": "collaboration", "subject": SECRET}
    store.put_ties([(valid(Tie, tie), Vectors(space))])
    store.add_verdict(Verdict("s-1", "p-1", "good", f"{SECRET}!", 1, "m"), by=STAFF)
    merge(store, "s-1", "s-0", lambda _: of_it, by=STAFF)
    keep_apart(store, "s-1", "s-2", by=STAFF, note=f"{SECRET} apart")
    _work(store)
    _come_back(store)
    _ask(store)
    reason = Reason("name", Text(en=f"{SECRET} alike", ko="비슷합니다"))
    store.put_many([
        (valid(Startup, {"id": "s-3", "name": "Third", "summary": "x"}), Vectors(space))
    ])
    keep_proposals(store, [Proposal("s-1", "s-3", 0.9, (reason,))], [Side.STARTUP])


def _work(store: Store) -> None:
    """Judge, follow up, save views and ask for jobs, as one of the staff."""
    open_round(store, "r", {("s-1", "p-1"): {"bm25": 1}}, judges=1, depth=5, by=STAFF)
    judge_pair(store, read_pairs(store, "r")[1][0].id, STAFF, grade=2, note=f"{SECRET} judged")
    case, _ = open_case(store, "s-1", "p-1", owner="Lee", reasons={"said": SECRET}, by=STAFF)
    assign_case(store, case.id, owner=STAFF, due=None, programme=None, by=STAFF)
    assign_case(store, case.id, owner="Lee", due=None, programme=None, by="Lee")
    release_case(store, case.id, by=STAFF)
    move_case(store, case.id, CaseStage.INTRODUCED, by=STAFF)
    note_case(store, case.id, f"{SECRET} noted", by=STAFF)
    answer_case(
        store, case.id, Side.STARTUP, Answer.NO, reason=Decline.OTHER, words=SECRET, by=STAFF
    )
    where = {"starts": "2027-01-02T10:00", "zone": "Asia/Seoul", "place": f"{SECRET} here"}
    plan_meeting(store, case.id, **where, by=STAFF)
    _meet(store)
    save_view(store, Side.STARTUP, NAME, "q=x", owner=STAFF, shared=True)
    ask(store, JobKind.EVALUATE, {"test_set": "a"}, by=STAFF)
    add_key(store, "portal", ["read"], by=STAFF)
    _hold_a_round(store)


def _hold_a_round(store: Store) -> None:
    """Take it into a cohort, score it, and keep a decision that names it."""
    held = cohorts.open_cohort(store, "g-1", name="first", hosts=["p-1"], by=STAFF)
    entry = {"note": f"{SECRET} applied", "by": STAFF}
    cohorts.apply(store, held.id, "s-1", **entry)
    cohorts.mark(store, held.id, {"s-1": ()}, by=STAFF)
    first, all_of_it = cohorts.Screening.FIRST, cohorts.cohort(store, held.id).criteria
    said = dict.fromkeys(all_of_it, (70, f"{SECRET} scored"))
    cohorts.score_entry(store, held.id, "s-1", first, said, by="Lee")
    cohorts.score_entry(store, held.id, "s-1", first, said, by=STAFF)
    cohorts.recuse(store, held.id, "s-1", "Lee", reason=f"{SECRET} known", by=STAFF)
    cohorts.screen(store, held.id, first, {"s-1": True}, reason=f"{SECRET} passed", by=STAFF)
    record = {"overrides": [[STAFF]], "solution": {"pairs": [["s-1", "p-1"]]}}
    cohorts.keep_decision(store, held.id, record, by=STAFF)


def _meet(store: Store) -> None:
    """Take part in an event, by a name with consent, and be scheduled for a meeting."""
    plan = {"name": "E", "days": ["2027-05-19"], "rooms": [{"name": "Table 1"}]}
    event = open_event(store, plan, programme="g-1", by=STAFF).id
    own = add_person(store, event, side="a", profile="s-1", called=f"{NAME} Boss", consent=True)
    other = add_person(store, event, side="b", organisation="Guest of the house")
    set_wishes(store, event, other.id, {own.id: 3})
    met = Booked(own.id, other.id, "2027-05-19T10:00", "Table 1")
    keep_schedule(store, event, [met], {"meetings": [list(met)]}, by=STAFF)


def _come_back(store: Store) -> None:
    """Speak for it by an account, a draft and a link, and call the API for it."""
    now = datetime.now(UTC)
    her = Account(
        email="her@own.example",
        name="Her",
        roles=("startup",),
        profile="s-1",
        uniquifier="u",
        created_at=now,
    )
    keep_account(store, her)
    over = Over(now - timedelta(hours=1), now - timedelta(hours=1))
    open_session(store, 1, "h", her.uniquifier, "Firefox, Linux", over)
    values = {"summary_ko": f"{SECRET} anew", "contact": ADDRESS}
    lasts = {"now": now, "expires_at": now + timedelta(days=9)}
    draft = begin(store, values, language="ko", startup="s-1", base=1, **lasts)
    name_email(store, draft.id, ADDRESS, now=now)
    make_link(store, "draft", draft.id, now=now, lasts=timedelta(hours=1))
    make_link(store, "startup", "s-1", now=now, lasts=timedelta(hours=1))
    call = Call("key a", "POST /api/v1/startups?", "k", b"{}")
    begin_call(store, call)
    finish(store, call, Reply(201, {}, f'{{"id": "s-1", "summary": "{SECRET}"}}'))


def _ask(store: Store) -> None:
    """Ask for a review of a decision, and have it extended and answered by one of the staff."""
    day = datetime.now(UTC).date()
    asked = ask_review(store, "s-1", Ask.REVIEW, f"{SECRET} asked", today=day)
    extend_review(store, asked.id, days=3, why=f"{SECRET} later", by=STAFF, today=day)
    answer_review(store, asked.id, outcome=ReviewOutcome.KEPT, answer=f"{SECRET} told", by=STAFF)


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Give everything that is held, table by table."""
    with reading(store.engine, repeatable=True) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
        }
