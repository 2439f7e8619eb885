"""Owns the story of the cluster hub: a startup's bundle, and counterparts in the other cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcher.bundle_words import say as said
from matcher.bundles import BundleAsked, bundle_of
from matcher.covering import MOST_MEMBERS
from profiles import validate
from service.bundling import bundle_grids, counterparts_of, sources_of, startup_of
from service.grids import table_of

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari

STARTUPS = {"demo-songdo-antibody": "hub-k-bio-lab", "demo-beacon-imaging": "cluster-korea-us-bio"}
"""Whose bundles are told, and under which programme."""


def run(dari: Dari, say: Say) -> None:
    """Tell the bundles of a venture of Songdo and of one of Boston."""
    lang = dari.settings.language
    for id, programme in STARTUPS.items():
        asked = validate(BundleAsked, {"programme": programme, "most": MOST_MEMBERS})
        bundle = bundle_of(sources_of(dari), startup_of(dari.store, id), asked)
        grids = bundle_grids(bundle, counterparts_of(dari, bundle))
        say(*(table_of(grid, lang) for grid in grids if grid.rows))
        say(said("see_bundle", id=id, programme=programme))
