"""Owns the answers that are kept for a day: a call that is sent twice is carried out once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from profiles import rows
from profiles import tables as t
from profiles.database import reading, writing
from profiles.errors import DariError

if TYPE_CHECKING:
    from profiles.store import Store

LIFE = timedelta(days=1)
"""How long an answer is kept."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may be sent twice: who makes it, where, under which key, and what it says."""

    caller: str
    route: str
    key: str
    content: bytes

    @property
    def place(self) -> dict[str, str]:
        """Where its answer is kept."""
        return {"caller": self.caller, "route": _digest(self.route.encode()), "key": self.key}

    @property
    def fingerprint(self) -> str:
        """What tells it from another call with the same key."""
        return _digest(self.content)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the status, some headers, and the text of the body."""

    status: int
    headers: Mapping[str, str]
    body: str


class OtherCall(DariError):
    """A key that has been used for a call that said something else."""


class CallBegun(DariError):
    """A key whose call has begun and has not been answered."""


class AnswerErased(DariError):
    """A key whose answer told of a profile that has been erased since."""


def begin(store: Store, call: Call) -> Answer | None:
    """Take a key for a call, or give the answer that the very call was given before.

    Of two that come at once one alone is let through. One that has begun and was never answered,
    for the server stopped in its midst, is not let through again: it may have been carried out.

    Raises:
        OtherCall: if the key has been used for another call.
        CallBegun: if the call has begun and is not answered.
        AnswerErased: if what it made has been erased.
    """
    r = t.replays.c
    with writing(store.engine) as connection:
        connection.execute(delete(t.replays).where(r.begun_at < rows.now() - LIFE))
        row = connection.execute(select(t.replays).where(*_at(call))).one_or_none()
        if row is None:
            values = {**call.place, "fingerprint": call.fingerprint, "begun_at": rows.now()}
            connection.execute(insert(t.replays).values(**values))
            return None
    return _read(row, call)


def finish(store: Store, call: Call, answer: Answer) -> None:
    """Keep the answer of a call."""
    headers = json.dumps(dict(answer.headers), ensure_ascii=False)
    values = {"status": answer.status, "headers": headers, "body": answer.body}
    with writing(store.engine) as connection:
        connection.execute(update(t.replays).where(*_at(call)).values(**values))


def release(store: Store, call: Call) -> None:
    """Give a key back whose call changed nothing."""
    with writing(store.engine) as connection:
        connection.execute(delete(t.replays).where(*_at(call)))


def count_answers(store: Store) -> int:
    """Count the answers that are kept."""
    with reading(store.engine) as connection:
        return len(connection.execute(select(t.replays.c.key)).all())


def forget(connection: Connection, ids: Collection[str]) -> None:
    """Empty the kept answers that name profiles which are erased; that they were given stays."""
    r = t.replays.c
    for id in ids:
        told = json.dumps(id, ensure_ascii=False)
        naming = or_(
            r.body.contains(told, autoescape=True), r.headers.contains(id, autoescape=True)
        )
        connection.execute(update(t.replays).where(naming).values(body=None, headers=None))


def _read(row: Any, call: Call) -> Answer:
    given = call.key
    if row.fingerprint != call.fingerprint:
        raise OtherCall(
            value=given,
            rule="This idempotency key has been used for a call that said something else.",
            remedy="Use a new key for each call, and the same one only to send it again.",
        )
    if row.status is None:
        raise CallBegun(
            value=given,
            rule="The call with this idempotency key has begun and has not been answered.",
            remedy="Try again in a moment; if that does not help, see whether it was carried out.",
        )
    if row.body is None:
        raise AnswerErased(
            value=given,
            rule="What the call with this idempotency key made has been erased.",
            remedy="Use a new key to make it again.",
        )
    return Answer(row.status, json.loads(row.headers), row.body)


def _at(call: Call) -> list[Any]:
    return [getattr(t.replays.c, name) == value for name, value in call.place.items()]


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
