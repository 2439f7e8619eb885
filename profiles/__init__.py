"""Who is who: schema, taxonomy, catalogue, store and import."""

from profiles.errors import (
    CatalogueError,
    DariError,
    FieldError,
    IdTaken,
    InvalidRecord,
    MergedId,
    StoreError,
    UnknownId,
    UnknownName,
    UnknownRecord,
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
from profiles.record import Record
from profiles.revisions import FieldChange, Revision, StaleEdit, Step, differences, steps
from profiles.rows import AnyProfile
from profiles.schema import Consent, Money, Partner, Profile, Programme, Startup, Tie
from profiles.store import Change, Store
from profiles.text import Text
from profiles.validation import validate
from profiles.vectors import Vectors
from profiles.verdicts import Verdict

__all__ = [
    "AnyProfile",
    "CatalogueError",
    "Change",
    "Consent",
    "DariError",
    "FieldChange",
    "FieldError",
    "FundingUnit",
    "IdTaken",
    "InvalidRecord",
    "MergedId",
    "Money",
    "Partner",
    "PartnerKind",
    "Profile",
    "Programme",
    "ProgrammeKind",
    "Record",
    "Revision",
    "Side",
    "Stage",
    "StaleEdit",
    "Startup",
    "Step",
    "Store",
    "StoreError",
    "Support",
    "Text",
    "Tie",
    "TieKind",
    "UnknownId",
    "UnknownName",
    "UnknownRecord",
    "Vectors",
    "Verdict",
    "differences",
    "steps",
    "validate",
]
