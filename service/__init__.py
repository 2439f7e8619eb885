"""Owns every door of Dari: web pages, the JSON API and the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """Import `create_app` when it is asked for: the command line starts without Flask."""
    if name == "create_app":
        from service.app import create_app

        return create_app
    raise AttributeError(name)
