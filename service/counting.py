"""Owns the counts of limits, which all workers of this machine share and which outlive them.

They lie in a file of their own beside the database: counting there waits for no writer of the
database, and nothing of it is in a backup. Under each key stands a keyed hash, so the file holds no
address of a reader and no account.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import threading
import time
from pathlib import Path

from limits.storage import Storage

SCHEME = "dari-counts"
_TABLE = "CREATE TABLE IF NOT EXISTS counts (key TEXT PRIMARY KEY, count INTEGER, ends REAL)"
_ADD = """
INSERT INTO counts VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN ends <= ?4 THEN excluded.count ELSE count + excluded.count END,
  ends = CASE WHEN ends <= ?4 THEN excluded.ends ELSE ends END
RETURNING count
"""
_SWEEP_EVERY_S = 600.0


class SharedCounts(Storage):
    """Counts in fixed windows, in an SQLite file.

    Args:
        file: where the counts lie.
        secret: the key of the hashes.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - `limits` reads it so, from the class
    base_exceptions = sqlite3.Error

    def __init__(self, uri: str | None = None, *, file: str, secret: str, **_more: bool) -> None:
        super().__init__(uri)
        self._file, self._secret = Path(file), secret.encode()
        self._held = threading.local()
        self._swept = 0.0

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count, whose window (`expiry` seconds) begins with the first; give the count."""
        now = time.time()
        self._sweep(now)
        given = (self._hash(key), amount, now + expiry, now)
        ((count,),) = self._connection().execute(_ADD, given).fetchall()
        return int(count)

    def get(self, key: str) -> int:
        """Read a count; 0 where its window is over."""
        found = self._row(key)
        return int(found[0]) if found else 0

    def get_expiry(self, key: str) -> float:
        """Tell when (seconds since the epoch) the window of a count ends; now if there is none."""
        found = self._row(key)
        return float(found[1]) if found else time.time()

    def check(self) -> bool:
        """Tell whether the file can be used."""
        try:
            return bool(self._connection().execute("SELECT 1").fetchone() == (1,))
        except sqlite3.Error:
            return False

    def reset(self) -> int:
        """Forget all counts; give how many there were."""
        return self._connection().execute("DELETE FROM counts").rowcount

    def clear(self, key: str) -> None:
        """Forget a count."""
        self._connection().execute("DELETE FROM counts WHERE key = ?", (self._hash(key),))

    def _row(self, key: str) -> tuple[int, float] | None:
        asked = (self._hash(key), time.time())
        found = self._connection().execute(
            "SELECT count, ends FROM counts WHERE key = ? AND ends > ?", asked
        )
        row: tuple[int, float] | None = found.fetchone()
        return row

    def _hash(self, key: str) -> str:
        return hmac.new(self._secret, key.encode(), hashlib.sha256).hexdigest()

    def _sweep(self, now: float) -> None:
        if now - self._swept > _SWEEP_EVERY_S:
            self._swept = now
            self._connection().execute("DELETE FROM counts WHERE ends <= ?", (now,))

    def _connection(self) -> sqlite3.Connection:
        """Give the connection of this thread of this process; a fork opens its own."""
        held: tuple[int, sqlite3.Connection] | None = getattr(self._held, "opened", None)
        if held is None or held[0] != os.getpid():
            held = self._held.opened = (os.getpid(), self._open())
        return held[1]

    def _open(self) -> sqlite3.Connection:
        self._file.touch(mode=0o600)
        opened = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=OFF"):  # a count that a crash loses is one
            opened.execute(f"PRAGMA {pragma}")
        opened.execute(_TABLE)
        return opened
