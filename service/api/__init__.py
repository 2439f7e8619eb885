"""The JSON API under /api/v1, its problem documents and its OpenAPI description."""

from service.api.app import SUBMISSION, init_app, init_limits
from service.api.guard import is_keyed
from service.api.openapi import SECURITY_SCHEMES

__all__ = ["SECURITY_SCHEMES", "SUBMISSION", "init_app", "init_limits", "is_keyed"]
