"""Owns the numbers in addresses: one that no database can hold is the number of nothing."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

_MOST = (1 << 31) - 1


class Number(IntegerConverter):
    """A number of 0 to 2^31 - 1, as `<int:...>` in every rule; any other is answered 404."""

    def __init__(self, rules: Map, **more: Any) -> None:
        super().__init__(rules, **{"max": _MOST, **more})


def init_app(app: Flask) -> None:
    """Let every rule that is added from now on bound its numbers."""
    app.url_map.converters = {**app.url_map.converters, "int": Number}
