"""Who fits whom, and why: eligibility, features, ranker, explanation."""

from matcher.additive import AdditiveRanker, Ranker, Shape, score
from matcher.eligibility import Reason, partner_refusals, refusals, startup_refusals
from matcher.features import FEATURE_NAMES, pair_features
from matcher.matchlist import Contribution, Evidence, Match, MatchList, Refused, Unknown
from matcher.matchmaker import MatchError, Matchmaker
from matcher.pairs import Pair, Scene
from matcher.phrases import phrase
from matcher.ranker import ModelError, cold_start, load_ranker

__all__ = [
    "FEATURE_NAMES",
    "AdditiveRanker",
    "Contribution",
    "Evidence",
    "Match",
    "MatchError",
    "MatchList",
    "Matchmaker",
    "ModelError",
    "Pair",
    "Ranker",
    "Reason",
    "Refused",
    "Scene",
    "Shape",
    "Unknown",
    "cold_start",
    "load_ranker",
    "pair_features",
    "partner_refusals",
    "phrase",
    "refusals",
    "score",
    "startup_refusals",
]
