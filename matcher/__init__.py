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
from matcher.families import FAMILIES, family
from matcher.features import FEATURE_NAMES, pair_features
from matcher.lacking import Lack, lacks
from matcher.matchlist import (
    Abstention,
    Contribution,
    Evidence,
    Match,
    MatchList,
    Placed,
    Probability,
    Refused,
    Scored,
    Unknown,
)
from matcher.matchmaker import MatchError, Matchmaker
from matcher.model_folders import SHIPPED, Entry, RegistryError
from matcher.moving import FACTORS, MovedError
from matcher.pairs import Pair, Scene
from matcher.phrases import phrase
from matcher.ranker import ModelError, cold_start, load_ranker
from matcher.reasons import Line, lines_of, without_subject
from matcher.registry import Champion, Registry, Reign
from matcher.single import Beside, Named
from matcher.standing import Busy, Room, Standing, Wanted, room_of
from matcher.telling import helps_json, tell, tell_help, why_json

__all__ = [
    "FACTORS",
    "FAMILIES",
    "FEATURE_NAMES",
    "LEAST",
    "SHIPPED",
    "Abstention",
    "AdditiveRanker",
    "Amount",
    "Beside",
    "Busy",
    "Calibration",
    "CalibrationError",
    "Champion",
    "Change",
    "Contribution",
    "Entry",
    "Evidence",
    "Field",
    "Lack",
    "Line",
    "Match",
    "MatchError",
    "MatchList",
    "Matchmaker",
    "ModelError",
    "MovedError",
    "Named",
    "Option",
    "Pair",
    "Placed",
    "Probability",
    "Ranker",
    "Reason",
    "Refused",
    "Registry",
    "RegistryError",
    "Reign",
    "Room",
    "Scene",
    "Scored",
    "Shape",
    "Standing",
    "Unknown",
    "Wanted",
    "Why",
    "calibrate",
    "cold_start",
    "family",
    "helps_json",
    "known_features",
    "lacks",
    "lines_of",
    "load_ranker",
    "pair_features",
    "partner_refusals",
    "phrase",
    "read_calibration",
    "refusals",
    "room_of",
    "score",
    "startup_refusals",
    "tell",
    "tell_help",
    "why_json",
    "without_subject",
    "write_calibration",
]
