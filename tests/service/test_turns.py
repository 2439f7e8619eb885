"""Requests are answered one at a time, and none waits for another's network."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from service.turns import InTurn, Worker


def _environ(body: bytes = b"", **more: str) -> dict[str, Any]:
    return {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), **more}


def test_one_request_at_a_time_and_always_in_the_same_thread() -> None:
    inside: list[int] = []
    seen: set[tuple[int, int]] = set()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        inside.append(1)
        seen.add((len(inside), threading.get_ident()))
        threading.Event().wait(0.01)
        inside.pop()
        return []

    served = InTurn(app, 10)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: served(_environ(), None), range(24)))
    assert len(seen) == 1
    assert {many for many, _ in seen} == {1}


def test_who_sends_slowly_holds_up_nobody() -> None:
    begun, rest = threading.Event(), threading.Event()

    class Slow:
        def read(self, _size: int) -> bytes:
            begun.set()
            assert rest.wait(20)
            return b"late"

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return [environ["wsgi.input"].read()]

    served = InTurn(app, 10)
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(served, {"wsgi.input": Slow(), "CONTENT_LENGTH": "4"}, None)
        assert begun.wait(20)
        assert served(_environ(b"now"), None) == [b"now"]
        assert not slow.done()
        rest.set()
        assert slow.result(20) == [b"late"]


def test_a_body_longer_than_a_form_is_left_to_the_application() -> None:
    body = BytesIO(b"x" * 11)
    seen = []
    InTurn(lambda environ, _: seen.append(environ["wsgi.input"]) or [], 10)(  # type: ignore[func-returns-value]
        {"wsgi.input": body, "CONTENT_LENGTH": "11"}, lambda *_: None
    )
    assert seen == [body]
    assert body.tell() == 0


def test_an_error_of_the_application_reaches_the_server_and_the_next_is_answered() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if "bad" in environ:
            raise ValueError("bad")
        return [b"well"]

    served = InTurn(app, 10)
    with pytest.raises(ValueError, match="bad"):
        served(_environ(bad="1"), None)
    assert (served.busy_for(), served.answered) == (0, 1)
    assert served(_environ(), None) == [b"well"]


def test_a_worker_whose_application_hangs_says_no_more_that_it_lives() -> None:
    told: list[int] = []
    worker = object.__new__(Worker)
    worker.tmp = SimpleNamespace(notify=lambda: told.append(1))
    worker.wsgi = SimpleNamespace(busy_for=lambda: 0.5)
    worker.notify()
    worker.wsgi = SimpleNamespace(busy_for=lambda: 1.5)
    worker.notify()
    assert told == [1]
