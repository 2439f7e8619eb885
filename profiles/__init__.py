"""Who is who: schema, taxonomy, catalogue, store and import."""

from profiles.errors import (
    CatalogueError,
    DariError,
    FieldError,
    IdTaken,
    InvalidRecord,
    StoreError,
    UnknownId,
)
from profiles.kinds import (
    FundingUnit,
    PartnerKind,
    ProgrammeKind,
    Side,
    Stage,
    Support,
    TieKind,
)
from profiles.schema import Consent, Money, Partner, Profile, Programme, Record, Startup, Tie
from profiles.store import AnyProfile, Change, Store, Vectors
from profiles.text import Text
from profiles.validation import validate
from profiles.verdicts import Verdict

__all__ = [
    "AnyProfile",
    "CatalogueError",
    "Change",
    "Consent",
    "DariError",
    "FieldError",
    "FundingUnit",
    "IdTaken",
    "InvalidRecord",
    "Money",
    "Partner",
    "PartnerKind",
    "Profile",
    "Programme",
    "ProgrammeKind",
    "Record",
    "Side",
    "Stage",
    "Startup",
    "Store",
    "StoreError",
    "Support",
    "Text",
    "Tie",
    "TieKind",
    "UnknownId",
    "Vectors",
    "Verdict",
    "validate",
]
