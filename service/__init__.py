"""Owns every door of Dari: web pages, the JSON API and the command line."""

from service.app import create_app

__all__ = ["create_app"]
