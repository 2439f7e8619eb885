"""Owns how a worker serves: the network is waited for by many threads, the application has one."""

from __future__ import annotations

import logging
import socket
import struct
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from tempfile import SpooledTemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any, TypeAlias

from gunicorn.sock import BaseSocket
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn, ThreadWorker

_SILENT_S = 30
"""How long whoever has begun to send, or to read, may let the other side wait."""
_CHUNKED = "HTTP_TRANSFER_ENCODING"
_IN_MEMORY = 1 << 20
_BLOCK = 1 << 16
_LARGE_AT_ONCE = 2
"""How many bodies of more than a MiB a process reads or answers at once."""
_MOMENT_S = 0.02
"""How long a worker that has taken a connection leaves others to the other workers."""

Application: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class InTurn:
    """A WSGI application that answers one request at a time, in the order in which they came whole.

    What a process holds in memory is changed between requests only, so none of its parts needs to
    bear two at once. Bodies are read before a request's turn: who sends slowly, or says nothing at
    all, holds up nobody else. Large ones lie on disk, a few at a time; others wait for these.

    Args:
        app: the application.
        most: the longest body, in bytes, that the application takes anywhere; a longer one is left
            to it, which refuses it for its length.
        most_of: tells how long a body it takes of a request, before a large one is read; by
            default `most`.

    Attributes:
        answered: how many requests it has answered.
        when_answered: called after each answer is made, and before any of it is sent.
    """

    def __init__(
        self,
        app: Application,
        most: int,
        most_of: Callable[[dict[str, Any]], int] | None = None,
    ) -> None:
        self._app = app
        self._most = most
        self._most_of = most_of
        self._thread = ThreadPoolExecutor(1, "application")
        self._large = BoundedSemaphore(_LARGE_AT_ONCE)
        self._begun: float | None = None
        self.answered = 0
        self.when_answered: Callable[[], object] = _nothing

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request when it is its turn."""
        is_chunked = _CHUNKED in environ  # how long it is, nobody knows before the end
        length = self._most if is_chunked else int(environ.get("CONTENT_LENGTH") or 0)
        most = self._taken(environ) if length > _IN_MEMORY else self._most
        length = min(length, most) if is_chunked else length
        if length > most:
            return self._in_turn(environ, start_response)
        with (
            self._large if length > _IN_MEMORY else nullcontext(),
            SpooledTemporaryFile(_IN_MEMORY) as body,
        ):
            try:
                self._read_ahead(environ, body, most)
            except BlockingIOError:  # the socket's own limit, of `end_silence`
                start_response("408 Request Timeout", [("Content-Length", "0")])
                return []
            return self._in_turn(environ, start_response)

    def busy_for(self) -> float:
        """Tell for how many seconds a request has been answered; 0 if none is."""
        begun = self._begun
        return 0.0 if begun is None else time.monotonic() - begun

    def _in_turn(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        return self._thread.submit(self._answer, environ, start_response).result()

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        self._begun = time.monotonic()
        try:
            return self._app(environ, start_response)
        finally:
            self.answered += 1
            self._begun = None
            self.when_answered()

    def _taken(self, environ: dict[str, Any]) -> int:
        """Tell how long a body is taken of a request; the application's thread is asked."""
        if self._most_of is None:
            return self._most
        return min(self._most, self._thread.submit(self._most_of, environ).result())

    def _read_ahead(self, environ: dict[str, Any], body: IO[bytes], most: int) -> None:
        """Read what is sent, and put it in the place of the network, with its length."""
        sent, left = environ["wsgi.input"], most + 1
        while left and (block := sent.read(min(left, _BLOCK))):
            left -= body.write(block)
        body.seek(0)
        environ["wsgi.input"] = body
        if environ.pop(_CHUNKED, None):
            environ["CONTENT_LENGTH"] = str(most + 1 - left)


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker that takes what it can answer at once, and is taken for dead where it hangs.

    Whoever connects while its application is at work, or is about to be, is left to a worker that
    is free. One that connects and says nothing is waited for a moment alone.
    """

    _answered = 0
    _expected = 0.0

    def load_wsgi(self) -> None:
        """Load the application; each answer ends the waiting, however slowly it is read.

        That somebody fell silent is not logged: it is no error, and anybody could fill the log.
        """
        super().load_wsgi()
        self.wsgi.when_answered = partial(self.method_queue.defer, _nothing)
        self.log.error_log.addFilter(_is_no_silence)

    def handle(self, conn: TConn) -> Any:
        """Answer what comes by a connection, and wait here for the other side to close it.

        Else the main thread would wait for that, and take nobody's connection meanwhile.
        """
        stays = super().handle(conn)
        if not stays:
            with suppress(OSError):  # it is closed already
                close_graceful(conn.sock.dup())
                conn.sock.shutdown(socket.SHUT_RDWR)
        return stays

    def set_accept_enabled(self, enabled: bool) -> None:
        """Listen, but not while a request is answered or is about to come."""
        super().set_accept_enabled(enabled and not self._is_taken())

    def accept(self, listener: BaseSocket) -> None:
        """Take a connection, unless a request has begun since it was looked for."""
        before, answered = self.nr_conns, self.wsgi.answered
        if not self._is_taken():
            super().accept(listener)
        if self.nr_conns > before:  # else another worker was faster
            self._answered = answered
            self._expected = time.monotonic() + _MOMENT_S
        self.set_accept_enabled(self._accepting)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for what comes; each answer that is made is among it, and listening goes on."""
        self.set_accept_enabled(self._accepting)
        left = self._expected - time.monotonic()
        super().wait_for_and_dispatch_events(min(timeout, left) if left > 0 else timeout)

    def _is_taken(self) -> bool:
        if self.wsgi.busy_for():
            return True
        is_awaited = self.wsgi.answered == self._answered
        return is_awaited and time.monotonic() < self._expected

    def notify(self) -> None:
        """Tell the arbiter that the worker lives, unless its application does not come back."""
        if self.wsgi.busy_for() < 1:
            super().notify()


def _is_no_silence(record: logging.LogRecord) -> bool:
    """Tell whether what is logged is anything but the end of a silence, of `end_silence`."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))


def _nothing() -> None:
    """Do nothing: it is enough that somebody is woken for it."""


def end_silence(listeners: Iterable[BaseSocket]) -> None:
    """Let nobody who has begun to send hold a thread for ever; what is accepted inherits it."""
    limit = struct.pack("ll", _SILENT_S, 0)
    for listener in listeners:
        for waits in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, waits, limit)
