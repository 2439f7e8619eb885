"""Owns what makes a file stay where it was put, whatever happens to the machine."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Have the disk keep a file, or what a folder holds by name.

    Raises:
        OSError: if it cannot be opened or kept.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
