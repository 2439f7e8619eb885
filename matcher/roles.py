"""Owns the roles in a bundle: which kinds of partner have each, and which a programme asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcher.bundle_words import say
from matcher.matchlist import Placed
from profiles import Partner, PartnerKind, Programme, ProgrammeKind, Store
from profiles.taxonomy import Names, terms

ANCHOR = "anchor"
"""The role of a company at whose side a startup grows: a large one of Korea or of the world."""

_ANCHORS = frozenset({PartnerKind.CONGLOMERATE, PartnerKind.GLOBAL_COMPANY})

ROLES: Mapping[str, frozenset[PartnerKind]] = {
    "university": frozenset({PartnerKind.UNIVERSITY}),
    "hospital": frozenset({PartnerKind.HOSPITAL}),
    "research_institute": frozenset({PartnerKind.RESEARCH_INSTITUTE}),
    ANCHOR: _ANCHORS,
    "investor": frozenset({PartnerKind.INVESTOR}),
    "cluster_operator": frozenset({PartnerKind.CLUSTER_OPERATOR}),
    "public_agency": frozenset({PartnerKind.PUBLIC_AGENCY}),
    "certification_body": frozenset({PartnerKind.CERTIFICATION_BODY}),
}
"""The roles, in their order, and the kinds of partner that may have each."""

_OF_ANY_SUBJECT = frozenset({"investor", "cluster_operator", "public_agency"})
"""The roles whose money or room serves any subject."""

ASKED = ("university", "hospital", "research_institute", ANCHOR, "investor")
"""The roles of a bundle where nothing else is asked, and of any bundle of a cluster hub."""


def roles_of(
    programme: Programme | None, store: Store, kinds: Iterable[PartnerKind] = ()
) -> tuple[str, ...]:
    """Give the roles that a bundle may have, in their order.

    Those of the kinds that are asked for; else of the kinds that the programme names; else of its
    members' kinds, and in a cluster hub all of `ASKED`; without a programme, `ASKED`.
    """
    wanted = set(kinds)
    if not wanted and programme is not None:
        wanted = set(programme.partner_kinds) or _kinds_of_members(programme, store)
        if programme.kind is ProgrammeKind.CLUSTER_HUB and not programme.partner_kinds:
            wanted = wanted.union(*(ROLES[role] for role in ASKED))
    return tuple(role for role, those in ROLES.items() if those & wanted) or ASKED


def role_of(kind: PartnerKind | None) -> str | None:
    """Give the role of a kind of partner; None where the kind is not known."""
    return next((role for role, kinds in ROLES.items() if kind in kinds), None)


def may_join(one: Placed, role: str) -> bool:
    """Tell whether one may be a member: money and room serve any subject, all else a common one."""
    return one.topical or role in _OF_ANY_SUBJECT


def role_name(role: str) -> Names:
    """Name a role in both languages."""
    return say("anchor") if role == ANCHOR else terms("partner_kinds")[role].name


def _kinds_of_members(programme: Programme, store: Store) -> set[PartnerKind]:
    members = store.get_many(programme.partners).values()
    return {one.kind for one in members if isinstance(one, Partner) and one.kind}
