"""Owns the connection of the store to its database."""

from __future__ import annotations

from typing import Self

from sqlalchemy import Engine

from profiles.database import is_migrated, migrate, open_engine

SYSTEM = "system"
"""Who makes a revision where no person does."""


class Connected:
    """What every part of the store has: the connections to one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at `url`.

        Raises:
            StoreError: if the URL is none that Dari can use.
        """
        return cls(open_engine(url))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def migrate(self) -> None:
        """Bring the schema up to the newest revision."""
        migrate(self._engine)

    @property
    def engine(self) -> Engine:
        """The connections to the database, for the other modules of this floor."""
        return self._engine

    @property
    def is_migrated(self) -> bool:
        """Whether the schema stands at the newest revision."""
        return is_migrated(self._engine)
