"""Owns the serving by gunicorn: each worker builds its own application."""

from __future__ import annotations

import gc
import os
import socket
import time
from functools import partial
from typing import Any

from flask import Flask, request
from gunicorn.app.base import BaseApplication

from profiles import DariError
from service.settings import Settings
from service.turns import InTurn, Worker, end_silence

_FULL = 2
_LONG_S = 0.02
_NEW_OBJECTS = 20_000
"""How many objects are made before garbage is looked for. A page makes some thousand, nearly all of
which are gone with it: looking for them 30 times a page cost 4% of it."""
_THREADS = 32
_TIMEOUT_S = 60


class AddressTaken(DariError):
    """An address that Dari cannot listen on."""


def check_free(host: str, port: int) -> None:
    """Make sure that nobody listens on an address.

    Raises:
        AddressTaken: if it cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressTaken(
                value=f"{host}:{port}",
                rule=f"Dari cannot listen on this address: {error.strerror}.",
                remedy="Stop what listens there, or choose another: make run PORT=8001.",
            ) from error


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        ours = {
            "worker_class": Worker,
            "threads": _THREADS,  # they wait for the network alone; see `service.turns`
            "keepalive": 0,  # a connection kept would wait for its worker while others are free
            "timeout": _TIMEOUT_S,
            "control_socket_disable": True,  # nothing of ours asks it, and servers would share it
            "when_ready": lambda arbiter: end_silence(arbiter.LISTENERS),
        }
        for name, value in {**ours, **self._options}.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from service.app import create_app

        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the cores have other requests
        app = create_app(self._settings)
        gc.collect()
        gc.freeze()  # what lives as long as the worker is not looked through again and again
        gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
        gc.callbacks.append(_KeepShort())
        limits = (self._settings.max_content_length, self._settings.max_upload_length)
        return InTurn(app, max(limits), partial(longest_of, app))


def longest_of(app: Flask, environ: dict[str, Any]) -> int:
    """Tell how long a body an application takes of a request: of whom, and at which address."""
    from service.web.test_sets import allow_uploads

    with app.request_context(environ):
        try:
            allow_uploads()
        except DariError:
            return 0  # the application itself tells of it
        return request.max_content_length or 0


class _KeepShort:
    """Sets apart what is left after a full collection of garbage that took long.

    What lists, names and lists of matches are made from is read by the first request that needs it,
    lives as long as the worker, and would be looked through by every later full collection.
    """

    def __init__(self) -> None:
        self._begun = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] != _FULL:
            return
        if phase == "start":
            self._begun = time.perf_counter()
        elif time.perf_counter() - self._begun > _LONG_S:
            gc.freeze()


def run(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until interrupted; the access log is off, so no address of a reader is kept."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _Server(settings, {"bind": bind, "workers": workers, "loglevel": "warning"}).run()
