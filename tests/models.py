"""Folders of models for tests: weights that name a few features, with a manifest beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matcher import FEATURE_NAMES
from matcher.ranker import digest_of


def make_model(
    folder: Path, name: str, points: Mapping[str, float], **manifest: Any
) -> tuple[Path, str]:
    """Write the folder of a model that gives points for some features: its path and version."""
    known = [one for one in FEATURE_NAMES if not one.endswith("_unknown")]
    tables = (
        f"[features.{one}]\npoints = {points.get(one, 0)}\nfloor = 0.0\nceiling = 1.0"
        for one in known
    )
    text = "\n".join([f'name = "{name}"', *tables]) + "\n"
    version = f"{name}-{digest_of(text, str(manifest.get('encoder') or ''))}"
    path = folder / version
    path.mkdir(parents=True)
    (path / "weights.toml").write_text(text, encoding="utf-8")
    said = {
        "name": name,
        "version": version,
        "kind": "additive",
        "features": list(FEATURE_NAMES),
        "encoder": None,
        "trained_on": None,
        "prior": None,
        "made_at": "2026-11-01T00:00:00+00:00",
        **manifest,
    }
    (path / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    return path, version
