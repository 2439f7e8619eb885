"""The JSON API under /api/v1, its problem documents and its OpenAPI description."""

from service.api.app import SUBMISSION, init_app

__all__ = ["SUBMISSION", "init_app"]
