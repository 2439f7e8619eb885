"""Who fits whom, and why: eligibility, features, ranker, explanation."""

from matcher.additive import AdditiveRanker, Ranker, Shape, known_features, score
from matcher.calibration import (
    LEAST,
    Amount,
    Calibration,
    CalibrationError,
    calibrate,
    read_calibration,
    write_calibration,
)
from matcher.counterfactual import Change, Field, Option, Why
from matcher.eligibility import Reason, partner_refusals, refusals, startup_refusals
from matcher.features import FEATURE_NAMES, pair_features
from matcher.matchlist import (
    Abstention,
    Contribution,
    Evidence,
    Match,
    MatchList,
    Probability,
    Refused,
    Unknown,
)
from matcher.matchmaker import MatchError, Matchmaker
from matcher.model_folders import SHIPPED, Entry, RegistryError
from matcher.pairs import Pair, Scene
from matcher.phrases import phrase
from matcher.ranker import ModelError, cold_start, load_ranker
from matcher.registry import Champion, Registry, Reign
from matcher.telling import helps_json, tell, tell_help, why_json

__all__ = [
    "FEATURE_NAMES",
    "LEAST",
    "SHIPPED",
    "Abstention",
    "AdditiveRanker",
    "Amount",
    "Calibration",
    "CalibrationError",
    "Champion",
    "Change",
    "Contribution",
    "Entry",
    "Evidence",
    "Field",
    "Match",
    "MatchError",
    "MatchList",
    "Matchmaker",
    "ModelError",
    "Option",
    "Pair",
    "Probability",
    "Ranker",
    "Reason",
    "Refused",
    "Registry",
    "RegistryError",
    "Reign",
    "Scene",
    "Shape",
    "Unknown",
    "Why",
    "calibrate",
    "cold_start",
    "helps_json",
    "known_features",
    "load_ranker",
    "pair_features",
    "partner_refusals",
    "phrase",
    "read_calibration",
    "refusals",
    "score",
    "startup_refusals",
    "tell",
    "tell_help",
    "why_json",
    "write_calibration",
]
