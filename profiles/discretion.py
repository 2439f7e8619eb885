"""Owns the discretion of errors: what a database says of a failure, without the values of rows."""

from __future__ import annotations

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext


def hide_values(engine: Engine) -> None:
    """Keep only the first line of PostgreSQL's errors: their details quote the row that failed."""

    @event.listens_for(engine, "handle_error")
    def _shorten(context: ExceptionContext) -> None:
        error = context.original_exception
        said = getattr(getattr(error, "diag", None), "message_primary", None)
        if said is None:
            return
        error.args = (said,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (f"({type(error).__name__}) {said}",)
