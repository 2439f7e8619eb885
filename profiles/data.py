"""Owns the reading of the data files that ship with Dari."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml


def read_yaml(package: str, name: str) -> Any:
    """Read a YAML file of a package by its name."""
    return parse_yaml(files(package).joinpath(name))


def parse_yaml(file: Traversable) -> Any:
    """Read a YAML file."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # A safe loader, in C where there is one.
    return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
