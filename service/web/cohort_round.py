"""Owns a cohort as pages see it: its entries and programme, and the names of all in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from profiles import AnyProfile, Programme, Startup
from profiles.cohorts import (
    Cohort,
    Entry,
    EntryStage,
    entries_of,
)
from profiles.rules import Rule
from profiles.text import is_clean

if TYPE_CHECKING:
    from service.wiring import Dari


@dataclass(frozen=True)
class Round:
    """A cohort in the language of a reader."""

    dari: Dari
    cohort: Cohort
    lang: str

    @cached_property
    def entries(self) -> list[Entry]:
        """All applications, by id."""
        return entries_of(self.dari.store, self.cohort.id)

    @cached_property
    def programmes(self) -> dict[str, Programme]:
        """All programmes by id."""
        return {one.id: one for one in self.dari.store.programmes()}

    @property
    def programme(self) -> Programme:
        """Whose cohort it is."""
        return self.programmes[self.cohort.programme]

    @cached_property
    def profiles(self) -> Mapping[str, AnyProfile]:
        """Those who apply and those who take."""
        ids = {one.profile for one in self.entries} | {*self.cohort.hosts, *self.partners.values()}
        return self.dari.store.get_many(ids)

    @cached_property
    def partners(self) -> dict[str, str]:
        """The partner that each host stands for."""
        parts = {
            id: self.programmes[id].partners for id in self.cohort.hosts if id in self.programmes
        }
        return {id: parts[id][0] if parts.get(id) else id for id in self.cohort.hosts}

    def name(self, id: str) -> str:
        """Name a profile or a programme in the reader's language."""
        named = self.profiles.get(id) or self.programmes.get(id)
        return named.name.in_(self.lang) if named else id

    def named(self, id: str) -> str:
        """Name whoever an id is of, in the round or not; what is no id is given as it is."""
        if self.name(id) != id or not is_clean(id):
            return self.name(id)
        found = self.dari.store.get_many([id]).get(id)
        return found.name.in_(self.lang) if found else id

    @property
    def counts(self) -> Counter[EntryStage]:
        """How many stand at each stage."""
        return Counter(one.stage for one in self.entries)

    def is_startup(self, id: str) -> bool:
        """Tell whether an applicant is a startup: only those have cases."""
        return isinstance(self.profiles.get(id), Startup)

    def rule_said(self, rule: Rule) -> str:
        """Say a rule in the reader's language."""
        from service.assigned_words import rule_said

        return rule_said(rule, self.name, self.lang)
