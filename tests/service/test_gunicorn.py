"""The server as people run it: two gunicorn workers that follow one database and one champion."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.models import make_model
from tests.servers import serving


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server with two workers: its address and the staff token that it printed."""
    with _serving(installed, tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def listening(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with two workers that answers all of what is sent to it as bytes: its address."""
    with _serving(installed, tmp_path_factory.mktemp("listening")) as (address, _):
        yield address


@contextmanager
def _serving(installed: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a copy of the home: the address, and the token of the link that was printed."""
    shutil.copytree(installed, folder / "home")
    with serving(folder / "home", folder / "log") as address:
        printed = (folder / "log").read_text()
        found = re.search(rf"{re.escape(address)}/sign-in\?token=(\S+)", printed)
        assert found, printed
        yield address, found[1]


def _call(address: str, token: str | None = None, body: object = None) -> dict[str, object]:
    headers = {"Connection": "close"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(address, data, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        read: dict[str, object] = json.load(answer)
        return read


def test_what_was_submitted_is_in_the_lists_of_the_next_request_in_each_worker(served):
    address, token = served
    for number in range(8):
        body = {
            "name": f"Sonolight {number}",
            "summary": "We make handheld ultrasound devices for hospitals.",
            "sectors": ["medical_imaging"],
            "region": "KR-27",
        }
        id = _call(f"{address}/api/v1/startups", body=body)["id"]
        for _ in range(4):  # whichever worker answers
            own = _call(f"{address}/api/v1/startups/{id}/matches?k=3", token)
            assert own["matches"]
            theirs = _call(f"{address}/api/v1/partners/samsung-medison/matches?k=100", token)
            assert id in {match["id"] for match in theirs["matches"]}


def test_each_worker_follows_a_promotion_and_a_rollback_without_a_restart(served, tmp_path):
    address, token = served
    path, version = make_model(tmp_path / "made", "regions", {"region_same": 100})
    asked = f"{address}/api/v1/partners/samsung-medison/matches?k=5"

    def speaking() -> set[object]:
        return {_call(asked, token)["model"] for _ in range(8)}  # whichever worker answers

    def dari(*words: object) -> None:
        command = [sys.executable, "-m", "service", "model", *map(str, words)]
        home = {"DARI_HOME": str(tmp_path / "home")}
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **home})

    shipped = speaking()
    dari("add", path)
    assert speaking() == shipped
    dari("promote", version, "--anyway", "--reason", "trial")
    assert speaking() == {version}
    dari("rollback")
    assert speaking() == shipped


def _send(address: str, data: bytes) -> bytes:
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        wire.settimeout(20)
        wire.sendall(data)
        parts = []
        try:
            while part := wire.recv(65_536):
                parts.append(part)
        except TimeoutError:
            pytest.fail("the server waits for more of what it was sent")
    return b"".join(parts)


_HIDDEN = b"GET /api/v1/startups HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer stolen\r\n\r\n"


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 50\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ],
)
def test_a_request_of_two_lengths_carries_no_other_within_it(listening, lengths):
    head = b"POST /api/v1/startups HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    close = b"Connection: close\r\n\r\n"
    answer = _send(listening, head + lengths + close + b"0\r\n\r\n" + _HIDDEN)
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b"key_unknown" not in answer
    assert not answer.startswith(b"HTTP/1.1 2")


def test_a_body_that_says_less_than_it_is_ends_there(listening):
    body = b'{"name":"Cut","summary":"Of a length."}'
    head = (
        b"POST /api/v1/startups HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: " + str(len(body)).encode()
    )
    answer = _send(listening, head + b"\r\n\r\n" + body + _HIDDEN)
    assert answer.startswith(b"HTTP/1.1 201")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "line", [b"GET /" + b"a" * 20_000, b"GET / HTTP/9.9", b"\x16\x03\x01", b"GET  /  HTTP/1.1"]
)
def test_a_line_that_is_no_request_is_refused(listening, line):
    answer = _send(listening, line + b"\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert not answer.startswith(b"HTTP/1.1 2")


def test_too_many_headers_are_refused(listening):
    many = b"".join(b"X-%d: y\r\n" % number for number in range(500))
    answer = _send(
        listening, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + many + b"\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 4")


_BEGUN = [
    b"",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Half",
    b"POST /api/v1/startups HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{",
    b"POST /api/v1/startups HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
]


@pytest.mark.parametrize("begun", _BEGUN, ids=["nothing", "header", "body", "chunk"])
def test_connections_that_stop_midway_hold_nobody_up(listening: str, begun: bytes) -> None:
    """Browsers open connections ahead, and leave them empty: more than there are workers."""
    host, port = listening.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(6)]
    try:
        for one in silent:
            one.sendall(begun)
        time.sleep(0.2)
        with urllib.request.urlopen(f"{listening}/healthz", timeout=20) as answer:
            assert answer.status == 200
    finally:
        for one in silent:
            one.close()


def test_connections_that_are_not_closed_after_the_answer_hold_nobody_up(listening: str) -> None:
    host, port = listening.removeprefix("http://").split(":")
    kept: list[socket.socket] = []
    begun = time.monotonic()
    try:
        for _ in range(12):
            kept.append(socket.create_connection((host, int(port)), timeout=20))
            kept[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert kept[-1].recv(65_536).startswith(b"HTTP/1.1 200")
    finally:
        for one in kept:
            one.close()
    assert time.monotonic() - begun < 8  # two seconds each, if the two workers waited for them


def test_a_stranger_is_told_that_a_body_is_too_long_before_it_is_sent(listening: str) -> None:
    head = b"POST /testsets HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 30000000"
    assert b" 413 " in _send(listening, head + b"\r\n\r\n").split(b"\r\n")[0]


def test_a_body_in_chunks_is_read_whole_and_bounded(listening: str) -> None:
    head = (
        b"POST /api/v1/startups HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = b'{"name":"Chunked","summary":"In parts."}'
    parts = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    assert _send(listening, head + parts + b"0\r\n\r\n").startswith(b"HTTP/1.1 201")
    many = b"20000\r\n" + b" " * 0x20000 + b"\r\n"
    assert _send(listening, head + many * 10 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413")
