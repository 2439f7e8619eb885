"""Owns the roles that people have in an installation."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is in this installation; one person may be several."""

    ADMIN = "admin"
    STAFF = "staff"
    EVALUATOR = "evaluator"
    STARTUP = "startup"
    PARTNER = "partner"
