"""A home with the example startups of the documentation."""

from __future__ import annotations

import shutil
from pathlib import Path

from index import import_file
from service.settings import Settings
from service.wiring import build

STARTUPS = Path(__file__).parents[2] / "docs" / "examples" / "startups.csv"


def with_startups(installed: Path, home: Path) -> Path:
    """Copy an installed home, and add the example startups to the copy."""
    shutil.copytree(installed, home)
    dari = build(Settings(home=home))
    import_file(dari.store, dari.writer, STARTUPS, "startups")
    dari.follower.save_snapshot()
    dari.store.close()
    return home
