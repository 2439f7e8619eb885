"""Who fits whom, and why: eligibility, features, ranker, explanation."""

from matcher.calibration import (
    LEAST,
    Amount,
    Calibration,
    CalibrationError,
    calibrate,
    read_calibration,
    write_calibration,
)
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
from matcher.pairs import Pair, Scene
from matcher.phrases import phrase
from matcher.ranker import AdditiveRanker, ModelError, Ranker, load_ranker, score

__all__ = [
    "FEATURE_NAMES",
    "LEAST",
    "Abstention",
    "AdditiveRanker",
    "Amount",
    "Calibration",
    "CalibrationError",
    "Contribution",
    "Evidence",
    "Match",
    "MatchError",
    "MatchList",
    "Matchmaker",
    "ModelError",
    "Pair",
    "Probability",
    "Ranker",
    "Reason",
    "Refused",
    "Scene",
    "Unknown",
    "calibrate",
    "load_ranker",
    "pair_features",
    "partner_refusals",
    "phrase",
    "read_calibration",
    "refusals",
    "score",
    "startup_refusals",
    "write_calibration",
]
