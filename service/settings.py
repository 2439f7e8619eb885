"""Owns the settings: one frozen object, read once from the environment (prefix `DARI_`)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator
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
    """How many startups one address may submit in an hour."""

    api_calls_per_minute: int = Field(default=600, ge=1)
    """How many calls one key, or one address without a key, may make of the API in a minute."""

    wrong_keys_per_minute: int = Field(default=20, ge=1)
    """How many wrong keys one address may try in a minute."""

    secure_cookies: bool = False
    """Whether cookies travel over TLS alone; set it wherever Dari stands behind TLS."""

    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """How many proxies in front of Dari may name the client's address."""

    retention_inactive_days: int | None = Field(default=None, ge=1)
    """After how many days without a change or verdict a startup expires; without it, never."""

    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+/?$")
    """The address by which people reach this installation, such as `https://dari.example`."""

    draft_days: int = Field(default=60, ge=1)
    """After how many days without a change a draft of a startup is deleted."""

    link_hours: int = Field(default=72, ge=1)
    """For how many hours the link by which a person comes back can be used."""

    links_per_hour: int = Field(default=20, ge=1)
    """How many links one address may ask for in an hour, and three times as many codes try."""

    smtp_host: str | None = None
    """The mail server; without it, letters are kept as files in the outbox of this home."""

    smtp_port: int = Field(default=587, ge=1, le=65535)
    """The port of the mail server."""

    smtp_username: str | None = None
    """The name by which Dari signs in to the mail server; without it, it does not sign in."""

    smtp_password: str | None = Field(default=None, repr=False)
    """The password that goes with `smtp_username`."""

    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way to the mail server is kept secret; "none" never carries a password."""

    smtp_ca_file: Path | None = None
    """Certificates (PEM) that vouch for the mail server; without them, those of the system."""

    mail_from: str | None = Field(default=None, validate_default=True)
    """Whom letters are from, as `address` or `Name <address>`."""

    registration: bool = True
    """Whether startups may make an account by themselves."""

    session_hours: int = Field(default=12, ge=1, le=24 * 30)
    """After how many hours one must sign in again, whatever one does."""

    session_idle_minutes: int = Field(default=60, ge=5, le=24 * 60)
    """After how many minutes without a request one must sign in again."""

    account_log_days: int = Field(default=365, ge=30)
    """For how many days it is kept who signed in, and what of an account was changed."""

    sign_in_attempts: int = Field(default=10, ge=3)
    """How often a quarter of an hour a sign-in may fail, for an account and for an address."""

    second_step_required: bool = False
    """Whether admins, staff and evaluators must have a second step (TOTP)."""

    breached_passwords: Path | None = None
    """A list of breached passwords, ordered by SHA-1, that new ones are looked up in."""

    oidc_issuer: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    """The single sign-on: the issuer of an OpenID provider; without it, there is none."""

    oidc_client_id: str | None = None
    """Under which id the OpenID provider knows Dari."""

    oidc_client_secret: str | None = Field(default=None, repr=False)
    """The secret that goes with `oidc_client_id`."""

    oidc_name: str = "Single sign-on"
    """What the button of the single sign-on is called."""

    testing: bool = False
    """Whether the application is under test."""

    @field_validator("mail_from")
    @classmethod
    def _is_sendable(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("smtp_host") and not value:
            raise ValueError("a mail server needs to be told whom letters are from")
        if info.data.get("smtp_password") and info.data.get("smtp_security") == "none":
            raise ValueError("a password is not sent in the clear: set DARI_SMTP_SECURITY")
        return value

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

    @property
    def outbox(self) -> Path:
        """The folder of the letters that no mail server was there to take."""
        return self.home / "outbox"
