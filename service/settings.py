"""Owns the settings: one frozen object, read once from the environment (prefix `DARI_`)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How this installation runs. Every field is set by `DARI_` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="DARI_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    home: Path = Path("var")
    """The folder of the database, the snapshots and the keys."""

    database_url: str | None = None
    """A SQLAlchemy URL (SQLite or PostgreSQL); without it, an SQLite file under `home`."""

    encoder: str | None = None
    """A sentence-transformers model by name or path; without it, the one that ships with Dari."""

    weights: Path | None = None
    """A weights file of the ranker; without it, the one that ships with Dari."""

    catalogue: bool = True
    """Whether the partners, programmes and ties that ship with Dari are loaded."""

    staff_token: str | None = Field(default=None, min_length=16, repr=False)
    """The token of staff; without it, a random one made for this installation."""

    secret_key: str | None = Field(default=None, min_length=16, repr=False)
    """The key that signs cookies; without it, a random one made for this installation."""

    language: Literal["en", "ko"] = "en"
    """The language of pages for a reader whose browser names none."""

    timezone: ZoneInfo = Field(default_factory=lambda: ZoneInfo("Asia/Seoul"))
    """The time zone (IANA name) in which pages tell the time, and whose day is today."""

    max_content_length: int = Field(default=1_048_576, ge=1_024)
    """The largest request body, in bytes."""

    max_upload_length: int = Field(default=67_108_864, ge=1_024)
    """The largest test set or run file that a page takes, in bytes."""

    public_submissions_per_hour: int = Field(default=60, ge=1)
    """How many startups one address may submit in an hour; each worker counts its own."""

    secure_cookies: bool = False
    """Whether cookies travel over TLS alone; set it wherever Dari stands behind TLS."""

    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """How many proxies in front of Dari may name the client's address."""

    retention_inactive_days: int | None = Field(default=None, ge=1)
    """After how many days without a change or verdict a startup expires; without it, never."""

    testing: bool = False
    """Whether the application is under test."""

    @property
    def database(self) -> str:
        """The URL of the database."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'dari.sqlite3'}"

    def today(self) -> date:
        """Tell the day that it is in the time zone of this installation."""
        return datetime.now(self.timezone).date()

    @property
    def snapshots(self) -> Path:
        """The folder of the index snapshots."""
        return self.home / "snapshots"
