"""Owns what bundles, triads and support by stage are made from."""

from __future__ import annotations

from dataclasses import dataclass

from index import Follower, SearchIndex
from matcher.matchmaker import Matchmaker
from profiles import Store


@dataclass(frozen=True, slots=True)
class Sources:
    """The store, the index that follows it, and who scores pairs."""

    store: Store
    follower: Follower
    matchmaker: Matchmaker

    @property
    def index(self) -> SearchIndex:
        """The index with everything that the store holds now."""
        return self.follower.catch_up()
