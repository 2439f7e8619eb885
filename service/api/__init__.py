"""The JSON API under /api/v1, its problem documents and its OpenAPI description."""

from service.api.app import SUBMISSION, init_app, leave_pages_out
from service.api.guard import is_keyed
from service.api.limits import call_limits
from service.api.openapi import SECURITY_SCHEMES

__all__ = [
    "SECURITY_SCHEMES",
    "SUBMISSION",
    "call_limits",
    "init_app",
    "is_keyed",
    "leave_pages_out",
]
