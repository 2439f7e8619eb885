"""Keeps what is true: profiles, ties, programmes, vectors, verdicts, revisions, the change log."""

from profiles.store.connection import SYSTEM
from profiles.store.log import Change
from profiles.store.profiles import LONGEST_SEARCH, ListedRow
from profiles.store.store import Store

__all__ = ["LONGEST_SEARCH", "SYSTEM", "Change", "ListedRow", "Store"]
