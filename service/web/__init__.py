"""The pages: public ones, those of staff, and the errors."""

from service.web.app import SUBMISSION, init_app, is_draft

__all__ = ["SUBMISSION", "init_app", "is_draft"]
