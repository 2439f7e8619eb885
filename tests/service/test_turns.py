"""Requests are answered one at a time, and none waits for another's network."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO
from select import select
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.workers.gthread import PollableMethodQueue
from werkzeug.test import EnvironBuilder

from service.server import longest_of
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

    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            begun.set()
            assert rest.wait(20)
            return super().read(size)

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return [environ["wsgi.input"].read()]

    served = InTurn(app, 10)
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(served, {"wsgi.input": Slow(b"late"), "CONTENT_LENGTH": "4"}, None)
        assert begun.wait(20)
        assert served(_environ(b"now"), None) == [b"now"]
        assert not slow.done()
        rest.set()
        assert slow.result(20) == [b"late"]


def _echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    return [environ["CONTENT_LENGTH"].encode(), environ["wsgi.input"].read()]


def test_a_body_longer_than_any_that_is_taken_is_left_unread() -> None:
    body = BytesIO(b"x" * 11)
    seen = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append((environ["wsgi.input"], body.tell()))
        return []

    InTurn(app, 10)({"wsgi.input": body, "CONTENT_LENGTH": "11"}, None)
    assert seen == [(body, 0)]


def test_a_body_in_chunks_has_its_length_and_one_that_is_too_long_a_length_that_is() -> None:
    served = InTurn(_echo, 10)
    for sent, told in ((10, [b"10", b"x" * 10]), (99, [b"11", b"x" * 11])):
        environ = {"wsgi.input": BytesIO(b"x" * sent), "HTTP_TRANSFER_ENCODING": "chunked"}
        assert served(environ, None) == told


def test_a_large_body_is_read_only_where_it_is_taken() -> None:
    large = b"z" * (2 << 20)
    taken = {"/upload": 3 << 20, "/": 10}
    served = InTurn(lambda environ, _: [environ], 3 << 20, lambda one: taken[one["PATH_INFO"]])
    length = str(len(large))
    for path, is_read, told in (("/upload", True, length), ("/", False, "11")):
        body = BytesIO(large)
        sent = {"wsgi.input": body, "CONTENT_LENGTH": length, "PATH_INFO": path}
        (environ,) = served(sent, None)
        assert (environ["wsgi.input"] is not body, body.tell() > 0) == (is_read, is_read)
        chunks = {"HTTP_TRANSFER_ENCODING": "chunked", "PATH_INFO": path}
        (environ,) = served({"wsgi.input": BytesIO(large), **chunks}, None)
        assert environ["CONTENT_LENGTH"] == told


def test_who_is_not_signed_in_sends_no_more_than_a_form_may_hold(app: Any, sign_in: Any) -> None:
    settings, cookie = app.extensions["dari"].settings, sign_in(app).get_cookie("dari")
    longest = {True: settings.max_upload_length, False: settings.max_content_length}
    for path, known, is_upload in (
        ("/testsets", {"Cookie": f"dari={cookie.value}"}, True),
        ("/startups/new", {"Cookie": f"dari={cookie.value}"}, False),
        ("/testsets", {}, False),
        ("/nowhere", {}, False),
    ):
        environ = EnvironBuilder(path=path, method="POST", headers=known).get_environ()
        assert longest_of(app, environ) == longest[is_upload]


def test_large_bodies_come_whole_and_a_few_at_a_time() -> None:
    served, large = InTurn(_echo, 3 << 20), b"y" * (3 << 20)
    begun, rest = threading.Semaphore(0), threading.Event()

    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            begun.release()
            assert rest.wait(20)
            return super().read(size)

    with ThreadPoolExecutor(3) as threads:
        asked = [{"wsgi.input": Slow(large), "CONTENT_LENGTH": str(len(large))} for _ in range(3)]
        answers = [threads.submit(served, one, None) for one in asked]
        assert begun.acquire(timeout=20)
        assert begun.acquire(timeout=20)
        assert not begun.acquire(timeout=0.2), "the third waits"
        assert list(served(_environ(b"small"), None)) == [b"5", b"small"]
        rest.set()
        assert all([*one.result(20)][1] == large for one in answers)


def test_who_stops_sending_is_told_that_it_took_too_long() -> None:
    class Stopped(BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise BlockingIOError

    told: list[str] = []
    environ = {"wsgi.input": Stopped(), "CONTENT_LENGTH": "4"}
    assert InTurn(_echo, 10)(environ, lambda status, _headers: told.append(status)) == []
    assert told == ["408 Request Timeout"]


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


def _worker(served: InTurn) -> Any:
    """A worker that has loaded an application, and serves nothing."""
    worker: Any = object.__new__(Worker)
    worker.app = SimpleNamespace(wsgi=lambda: served)
    worker.log = SimpleNamespace(error_log=logging.Logger("server"))
    worker.method_queue = PollableMethodQueue()
    worker.method_queue.init()
    worker.load_wsgi()
    return worker


@pytest.mark.parametrize(("error", "logged"), [(BlockingIOError, 0), (OSError, 1)])
def test_that_somebody_fell_silent_is_not_logged(error: type[OSError], logged: int) -> None:
    log = _worker(InTurn(_echo, 10)).log.error_log
    written = StringIO()
    log.addHandler(logging.StreamHandler(written))
    try:
        raise error
    except error:
        log.exception("Socket error processing request.")
    assert written.getvalue().count("Traceback") == logged


def test_a_worker_listens_again_once_an_answer_is_made_however_slowly_it_is_read() -> None:
    served = InTurn(_echo, 10)
    worker = _worker(served)
    reader = worker.method_queue.fileno()
    assert not select([reader], [], [], 0)[0]
    unread = served(_environ(b"now"), None)
    assert select([reader], [], [], 0)[0]
    assert served.busy_for() == 0
    assert list(unread) == [b"3", b"now"]
    worker.method_queue.close()


def test_a_worker_whose_application_hangs_says_no_more_that_it_lives() -> None:
    told: list[int] = []
    worker = object.__new__(Worker)
    worker.tmp = SimpleNamespace(notify=lambda: told.append(1))
    worker.wsgi = SimpleNamespace(busy_for=lambda: 0.5)
    worker.notify()
    worker.wsgi = SimpleNamespace(busy_for=lambda: 1.5)
    worker.notify()
    assert told == [1]
