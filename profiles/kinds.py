"""Owns the closed vocabularies of the schema; their names in both languages are in the taxonomy."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """The two kinds of profile."""

    STARTUP = "startup"
    PARTNER = "partner"

    @property
    def other(self) -> Side:
        """The side that this one is matched with."""
        return Side.PARTNER if self is Side.STARTUP else Side.STARTUP


class PartnerKind(StrEnum):
    """What sort of organisation a partner is."""

    CONGLOMERATE = "conglomerate"
    GLOBAL_COMPANY = "global_company"
    RESEARCH_INSTITUTE = "research_institute"
    UNIVERSITY = "university"
    HOSPITAL = "hospital"
    CERTIFICATION_BODY = "certification_body"
    INVESTOR = "investor"
    PUBLIC_AGENCY = "public_agency"
    CLUSTER_OPERATOR = "cluster_operator"


class Stage(StrEnum):
    """How far a startup has grown, in order."""

    IDEA = "idea"
    PRE_SEED = "pre_seed"
    SEED = "seed"
    SERIES_A = "series_a"
    SERIES_B = "series_b"
    GROWTH = "growth"


class Support(StrEnum):
    """What a profile seeks or offers."""

    PILOT = "pilot"
    JOINT_RND = "joint_rnd"
    INVESTMENT = "investment"
    GRANT = "grant"
    LOAN = "loan"
    MENTORING = "mentoring"
    FACILITIES = "facilities"
    COMPUTE = "compute"
    CERTIFICATION = "certification"
    OVERSEAS = "overseas"
    DISTRIBUTION = "distribution"
    PROCUREMENT = "procurement"
    TECHNOLOGY_ACQUISITION = "technology_acquisition"
    DATA = "data"
    CLINICAL_VALIDATION = "clinical_validation"
    REGULATORY_EXEMPTION = "regulatory_exemption"


class TieKind(StrEnum):
    """What sort of dated relation joins two profiles."""

    PAIRING = "pairing"
    COLLABORATION = "collaboration"
    PILOT = "pilot"
    CONTRACT = "contract"
    INVESTMENT = "investment"
    ACQUISITION = "acquisition"
    PROGRAMME = "programme"
    CONFLICT = "conflict"


class ProgrammeKind(StrEnum):
    """What sort of scheme pairs are made under."""

    REGIONAL_CENTRE = "regional_centre"
    CONTEST = "contest"
    SPECIAL_DISTRICT = "special_district"
    GLOBAL_COMPANY = "global_company"
    BILATERAL = "bilateral"
    CLUSTER_HUB = "cluster_hub"
    STAGE_SUPPORT = "stage_support"
    EVENT = "event"


class FundingUnit(StrEnum):
    """What an amount of funding is counted for."""

    STARTUP = "startup"
    SIDE = "side"
    PROGRAMME = "programme"
