"""Owns where this installation is served: `dari serve` notes it, and other commands link there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_FILE = "served-at"
_DEFAULT = "http://127.0.0.1:8000"
_ANY = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - told apart, not listened on


def note_served(home: Path, host: str, port: int) -> str:
    """Keep the address that a server listens on; give the one by which this machine reaches it."""
    shown = _ANY.get(host, f"[{host}]" if ":" in host else host)
    address = f"http://{shown}:{port}"
    with suppress(OSError):  # a home that cannot be written serves all the same
        (home / _FILE).write_text(address, encoding="ascii")
    return address


def last_served(home: Path) -> str:
    """Tell where Dari was last served; on port 8000 of this machine if it never was."""
    with suppress(OSError, ValueError):
        held = (home / _FILE).read_text(encoding="ascii").strip()
        return held if held.startswith("http://") else _DEFAULT
    return _DEFAULT
