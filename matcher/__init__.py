"""Who fits whom, and why: eligibility, features, ranker, explanation."""

from matcher.eligibility import Reason, partner_refusals, refusals, startup_refusals
from matcher.features import FEATURE_NAMES, pair_features
from matcher.matchlist import Contribution, Evidence, Match, MatchList, Refused, Unknown
from matcher.matchmaker import MatchError, Matchmaker
from matcher.pairs import Pair, Scene
from matcher.phrases import phrase
from matcher.ranker import AdditiveRanker, ModelError, Ranker, load_ranker, score
from matcher.registry import SHIPPED, Champion, Entry, Registry, RegistryError, Reign

__all__ = [
    "FEATURE_NAMES",
    "SHIPPED",
    "AdditiveRanker",
    "Champion",
    "Contribution",
    "Entry",
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
    "Registry",
    "RegistryError",
    "Reign",
    "Scene",
    "Unknown",
    "load_ranker",
    "pair_features",
    "partner_refusals",
    "phrase",
    "refusals",
    "score",
    "startup_refusals",
]
