"""Owns what a password must be: long enough, and none that is known or easily guessed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from flask_babel import gettext
from flask_security import PasswordUtil

from profiles.accounts import AccountError
from service.keys import dari

SHORTEST = 12
LONGEST = 128
_STRONG = 3
"""The score of zxcvbn, 0-4, from which guessing takes more than 10^8 attempts."""


class Passwords(PasswordUtil):
    """Holds new passwords to the rules; nothing of them leaves this machine."""

    def validate(
        self, password: str, is_register: bool, **given: Any
    ) -> tuple[list[str] | None, str]:
        """Give what is wrong with a new password (None: nothing), and the password normalized."""
        plain = self.normalize(password)
        user = given.get("user")
        known = [str(given.get("email") or getattr(user, "email", ""))]
        why = weakness(plain, dari().settings.breached_passwords, known)
        return ([why] if why else None), plain


def weakness(password: str, breached: Path | None, known: list[str]) -> str:
    """Say what is wrong with a password in the reader's language; empty where nothing is.

    Args:
        password: normalized.
        breached: a file of breached passwords, see `is_breached`.
        known: what an attacker knows of the person, such as the e-mail address.

    Raises:
        AccountError: if the file cannot be read.
    """
    if len(password) < SHORTEST:
        return str(gettext("It needs at least %(number)d characters.", number=SHORTEST))
    if len(password) > LONGEST:
        return str(gettext("It may have at most %(number)d characters.", number=LONGEST))
    if breached and is_breached(password, breached):
        return str(gettext("It is on a list of passwords that have been stolen elsewhere."))
    if _guessed(password, known):
        return str(gettext("It is easily guessed: common words, names, dates or rows of keys."))
    return ""


def is_breached(password: str, file: Path) -> bool:
    """Look a password up in a list in the order of SHA-1, as Have I Been Pwned hands it out.

    Each line is 40 hexadecimal digits and what may follow a colon. The file is searched in halves:
    some 30 reads for a billion lines.

    Raises:
        AccountError: if the file cannot be read.
    """
    sought = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        with file.open("rb") as stream:
            low, high = 0, os.fstat(stream.fileno()).st_size
            while low < high:
                middle = (low + high) // 2
                stream.seek(middle)
                if middle:
                    stream.seek(middle - 1)
                    stream.readline()  # to the begin of a line: this one, or the next
                line = stream.readline()
                found = line[:40].upper()
                if found == sought:
                    return True
                if line and found < sought:
                    low = stream.tell()
                else:
                    high = middle
    except OSError as error:
        raise AccountError(
            "breached_passwords", "account_password", file, why=error.strerror
        ) from error
    return False


def _guessed(password: str, known: list[str]) -> bool:
    from zxcvbn import zxcvbn  # its lists of words take memory: only who sets a password pays

    words = [part for one in known for part in (one, *one.replace("@", ".").split("."))]
    found = zxcvbn(password[:72], user_inputs=["dari", "다리", *filter(None, words)])
    return int(found["score"]) < _STRONG
