"""Whether two profiles are one firm: names without their legal forms, scores, proposals."""

from profiles.identity.comparing import (
    POSSIBLE,
    THRESHOLD,
    Firm,
    Reason,
    Vocabulary,
    compare,
    compare_names,
    firm_of,
    vocabulary_of,
)
from profiles.identity.names import (
    NormalName,
    Reading,
    normalise_name,
    readings,
    readings_of_many,
)
from profiles.identity.proposals import Proposal, candidates, propose_duplicates
from profiles.identity.websites import registrable_host

__all__ = [
    "POSSIBLE",
    "THRESHOLD",
    "Firm",
    "NormalName",
    "Proposal",
    "Reading",
    "Reason",
    "Vocabulary",
    "candidates",
    "compare",
    "compare_names",
    "firm_of",
    "normalise_name",
    "propose_duplicates",
    "readings",
    "readings_of_many",
    "registrable_host",
    "vocabulary_of",
]
