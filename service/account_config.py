"""Owns the settings of Flask-Security: addresses, passwords, letters, the second step."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from service.passwords import SHORTEST
from service.sayings import sayings
from service.settings import Settings

_Values = Mapping[str, Any]

_ADDRESSES: Final[_Values] = {
    "URL_PREFIX": "/account",
    "LOGIN_URL": "/sign-in",
    "LOGOUT_URL": "/sign-out",
    "REGISTER_URL": "/new",
    "RESET_URL": "/forgotten",
    "CHANGE_URL": "/password",
    "CONFIRM_URL": "/confirm",
    "VERIFY_URL": "/again",
    "TWO_FACTOR_SETUP_URL": "/second-step",
    "TWO_FACTOR_TOKEN_VALIDATION_URL": "/second-step/code",
    "TWO_FACTOR_RESCUE_URL": "/second-step/help",
    "MULTI_FACTOR_RECOVERY_CODES_URL": "/recovery-codes",
    "MULTI_FACTOR_RECOVERY_URL": "/second-step/recovery",
    "POST_LOGIN_VIEW": "account.arrive",
    "POST_CHANGE_VIEW": "account.overview",
    "POST_RESET_VIEW": "security.login",
    "POST_CONFIRM_VIEW": "security.login",
    "POST_REGISTER_VIEW": "security.login",
    "TWO_FACTOR_POST_SETUP_VIEW": "account.overview",
}
_PASSWORDS: Final[_Values] = {
    "PASSWORD_LENGTH_MIN": SHORTEST,
    "PASSWORD_NORMALIZE_FORM": "NFKC",
    "PASSWORD_SINGLE_HASH": True,
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__memory_cost": 19_456,
        "argon2__time_cost": 2,
        "argon2__parallelism": 1,
    },
    "HASHING_SCHEMES": ["hex_sha256"],
}
_TIMES: Final[_Values] = {
    "RESET_PASSWORD_WITHIN": timedelta(days=1),
    "CONFIRM_EMAIL_WITHIN": timedelta(days=2),
    "FRESHNESS": timedelta(minutes=30),
    "FRESHNESS_GRACE_PERIOD": timedelta(0),
    "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
}
_WAYS: Final[_Values] = {
    **dict.fromkeys(("CONFIRMABLE", "RECOVERABLE", "CHANGEABLE", "TWO_FACTOR"), True),
    "RETURN_GENERIC_RESPONSES": True,
    "FRESHNESS_ALLOW_AUTH_TOKEN": False,
    "API_ENABLED_METHODS": ["session"],
    "EMAIL_HTML": False,
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},  # nobody else is asked
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "TOTP_ISSUER": "Dari",
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 8,
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    "I18N_DOMAIN": "messages",
}


def account_config(settings: Settings, secret: str) -> _Values:
    """Give what Flask-Security reads of an application's configuration, under its names."""
    found = {**_ADDRESSES, **_PASSWORDS, **_TIMES, **_WAYS, **_own(settings), **_secrets(secret)}
    return {f"SECURITY_{name}": value for name, value in (found | sayings()).items()}


def _own(settings: Settings) -> _Values:
    """Give what the installation settles."""
    return {
        "REGISTERABLE": settings.registration,
        "DATETIME_FACTORY": _now,
        "EMAIL_SENDER": settings.mail_from or "dari@localhost",
        "I18N_DIRNAME": str(Path(__file__).parent / "translations"),
    }


def _secrets(secret: str) -> _Values:
    """Give the keys that seal second steps and recovery codes."""
    sealed = base64.urlsafe_b64encode(key_for(secret, "recovery codes"))
    totp = base64.urlsafe_b64encode(key_for(secret, "second step")).decode()
    return {"TOTP_SECRETS": {"1": totp}, "MULTI_FACTOR_RECOVERY_CODES_KEYS": [sealed]}


def key_for(secret: str, use: str) -> bytes:
    """Derive a key of 32 bytes for one use from the secret of the installation."""
    return hmac.digest(secret.encode(), use.encode(), hashlib.sha256)


def _now() -> datetime:
    return datetime.now(UTC)
