"""What every application makes anew and all make alike is made once for all tests of a process.

Servers and commands that tests start as processes of their own make all of it themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from index.encoder import DEFAULT_FOLDER, StaticEncoder


@contextmanager
def kept_between_tests() -> Iterator[None]:
    """Keep the shipped encoder, compiled templates and the builders of addresses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.encoder.StaticEncoder", _reader())
        patch.setattr("flask.Flask.jinja_options", {"bytecode_cache": _Templates()})
        patch.setattr(Rule, "_compile_builder", _builder(Rule._compile_builder))
        yield


def _reader() -> Callable[[Path], StaticEncoder]:
    """Read an encoder; the shipped one, which nothing changes, once."""
    shipped = cache(lambda: StaticEncoder(DEFAULT_FOLDER))
    return lambda folder: shipped() if folder == DEFAULT_FOLDER else StaticEncoder(folder)


class _Templates(BytecodeCache):
    """Keeps the code of templates by name, file and text."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


def _builder(made_by: Callable[[Rule, bool], Any]) -> Callable[..., Any]:
    """Make the function that builds an address from its parts, once for each address."""
    kept: dict[tuple[object, ...], Any] = {}

    def build(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return made_by(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in kept:
            kept[key] = made_by(rule, append_unknown)
        return kept[key]

    return build
