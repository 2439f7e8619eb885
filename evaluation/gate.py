"""Owns the gate: whether a challenger may take the champion's place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evaluation.baselines import region_of
from evaluation.dataset import (
    CANDIDATES,
    DATASET,
    PARTNERS,
    QRELS,
    QUERIES,
    STARTUPS,
    TIES,
    Query,
    TestSet,
)
from evaluation.loading import load
from evaluation.measures import depth_of
from evaluation.messages import keys, said
from evaluation.paired import holm
from evaluation.scoring import LEVEL, PRIMARY, Difference, Figure, Scored, score
from evaluation.slices import FEWEST_CLUSTERS, UNKNOWN, Slices, slices_of
from evaluation.system import dari_runs
from evaluation.turning import turn
from evaluation.writing import Progress
from index import Encoder
from matcher import Ranker
from profiles import Side
from profiles.taxonomy import Names, is_capital_area

FEWEST_TO_PROMOTE = 30
"""With fewer clusters than this no model is promoted: the bootstrap's interval is too narrow."""

BOUNDS: Mapping[str, float] = {
    "track": 0.01,
    "area": 0.01,
    "language": 0.01,
    "profile": 0.01,
    "past": 0.01,
}
"""The guarded dimensions, and how much of the primary measure a slice of each may lose."""

SIDE_BOUND = 0.01
"""How much of the primary measure the queries of partners may lose as a whole."""

_LANGS = ("en", "ko")
_FILES = (DATASET, STARTUPS, PARTNERS, TIES, QUERIES, QRELS, CANDIDATES)
_SEED = 20_241_101


@dataclass(frozen=True, slots=True)
class Guard:
    """One guarded slice: what both models reach there, and challenger minus champion.

    `side` is who asks in it.
    """

    dimension: str
    value: str
    bound: float
    champion: Figure
    challenger: Figure
    gap: Difference
    side: Side = Side.STARTUP

    @property
    def state(self) -> str:
        """Say "few", "fell", "unsure" where a fall cannot be ruled out, or "held".

        A slice fell where its mean loss is beyond the bound, and the whole interval of the gap
        lies below 0: noise does not explain that it lost.
        """
        if self.gap.holm is None or self.gap.low is None or self.gap.high is None:
            return "few"
        if self.gap.value < -self.bound and self.gap.high < 0:
            return "fell"
        return "unsure" if self.gap.low < -self.bound else "held"

    def as_json(self) -> dict[str, Any]:
        """Give the slice as an object."""
        gap = {name: one for name, one in self.gap.as_json().items() if name != "verdict"}
        return {
            "side": self.side.value,
            "dimension": self.dimension,
            "value": self.value,
            "bound": self.bound,
            "state": self.state,
            "champion": self.champion.as_json(),
            "challenger": self.challenger.as_json(),
            **gap,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate decided, why, and on which figures.

    `reasons` are why it passed or did not; `remarks` do not decide. `gap` is challenger minus
    champion over all queries, its `holm` corrected for the challengers that were tried before.
    """

    passed: bool
    reasons: tuple[Names, ...]
    remarks: tuple[Names, ...]
    dataset: str
    digest: str
    measure: str
    champion: str
    challenger: str
    figures: tuple[Figure, Figure]
    gap: Difference
    guards: tuple[Guard, ...]
    earlier: int

    def as_json(self) -> dict[str, Any]:
        """Give the decision as one JSON document."""
        gap = {name: one for name, one in self.gap.as_json().items() if name != "verdict"}
        return {
            "passed": self.passed,
            "reasons": [{"en": one.en, "ko": one.ko} for one in self.reasons],
            "remarks": [{"en": one.en, "ko": one.ko} for one in self.remarks],
            "dataset": self.dataset,
            "digest": self.digest,
            "measure": self.measure,
            "level": LEVEL,
            "champion": {"version": self.champion, **self.figures[0].as_json()},
            "challenger": {"version": self.challenger, **self.figures[1].as_json()},
            **gap,
            "earlier": self.earlier,
            "guards": [one.as_json() for one in self.guards],
        }


def decide(
    scored: Scored,
    *,
    digest: str = "",
    bounds: Mapping[str, float] = BOUNDS,
    earlier: Sequence[float] = (),
    trained_until: date | None = None,
    seed: int = _SEED,
    turned: Scored | None = None,
) -> Decision:
    """Decide whether the second of two scored runs may take the place of the first.

    It passes where all of these hold: there are at least `FEWEST_TO_PROMOTE` clusters; the 95%
    interval of the mean gain in the primary measure lies above 0, and the paired randomisation
    test gives p of at most `LEVEL`, corrected by Holm for earlier challengers; no guarded slice
    of at least `FEWEST_CLUSTERS` clusters has lost more than its bound in the mean while the whole
    95% interval of its gap lies below 0; and the challenger was not trained on what came after the
    cut of the test set.

    Args:
        scored: the champion's run, then the challenger's, on the same queries.
        digest: of the test set's files.
        bounds: guarded dimension → how much of the measure a slice of it may lose.
        earlier: p of each other challenger of this champion on these same files.
        trained_until: the first day that the challenger's training did not know.
        seed: where the bootstrap and the test start from.
        turned: the same two runs with the partners asking, whose queries are guarded as a whole.
    """
    at = scored.measures.index(scored.primary)
    everything = scored.rows(scored.queries)
    gap = _corrected(scored.differences(1, [0], [at], everything, seed)[0][0], earlier)
    figures = scored.figures(everything, seed)
    guards = (*_guards(scored, at, bounds, seed), *_other_side(turned, seed))
    refusals = [
        *_too_few(gap),
        *_known_answers(trained_until, scored.test_set.cut),
        *_no_gain(gap, scored.primary, len(earlier)),
        *(_told_of(one, "gate_fell") for one in guards if one.state == "fell"),
    ]
    return Decision(
        passed=not refusals,
        reasons=tuple(refusals) or (_told("gate_gain", scored.primary, gap),),
        remarks=tuple(_remarks(guards)),
        dataset=scored.test_set.name,
        digest=digest,
        measure=scored.primary,
        champion=scored.runs[0].name,
        challenger=scored.runs[1].name,
        figures=(figures[0][scored.primary], figures[1][scored.primary]),
        gap=gap,
        guards=guards,
        earlier=len(earlier),
    )


def gate_folder(
    folder: Path,
    encoder: Encoder,
    champion: Ranker,
    challenger: Ranker,
    *,
    earlier: Sequence[float] = (),
    trained_until: date | None = None,
    progress: Progress | None = None,
) -> Decision:
    """Ask both models the queries of a test set, through the code that serves users, and decide.

    Raises:
        DatasetError: for a folder that breaks the format, or knows its answers.
        DariError: as Dari does.
    """
    tell = progress or (lambda what, done, total: None)
    tell("Reading the test set", 0, 1)
    test_set = load(folder)
    tell("Reading the test set", 1, 1)
    turned = turn(test_set)
    total = 2 * (len(test_set.queries) + len(turned.queries))
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        tell("Asking both models", done, total)

    advance(0)
    models = {one.version: one for one in (champion, challenger)}
    depth = depth_of([PRIMARY])
    scored, other = (
        score(one, dari_runs(one, encoder, models, depth=depth, advance=advance), [PRIMARY])
        for one in (test_set, turned)
    )
    return decide(
        scored,
        digest=digest_of(folder),
        earlier=earlier,
        trained_until=trained_until,
        turned=other,
    )


def digest_of(folder: Path) -> str:
    """Name what the files of a test set hold, by 16 hexadecimal digits of SHA-256.

    Raises:
        OSError: if a file cannot be read.
    """
    whole = hashlib.sha256()
    for name in _FILES:
        path = folder / name
        content = path.read_bytes() if path.exists() else b""
        whole.update(f"{name} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()[:16]


def guarded_slices(test_set: TestSet) -> Slices:
    """Group the queries by what the gate guards.

    `track`, `language`, `profile` and `past` are those of every report; `area` is where the asker
    is: the capital area, the rest of Korea ("elsewhere"), abroad, or unknown. A slice of all
    queries is none.
    """
    found = slices_of(test_set)
    areas: dict[str, set[str]] = {}
    for query in test_set.queries:
        areas.setdefault(_area(test_set, query), set()).add(query.id)
    told = {"area": {area: frozenset(ids) for area, ids in sorted(areas.items())}}
    every = len(test_set.queries)
    chosen = {name: told.get(name) or found[name] for name in BOUNDS}
    return {
        name: {value: ids for value, ids in values.items() if len(ids) < every}
        for name, values in chosen.items()
    }


def _area(test_set: TestSet, query: Query) -> str:
    region = region_of(test_set, query)
    if region is None:
        return UNKNOWN
    capital = is_capital_area(region)
    return "abroad" if capital is None else "capital" if capital else "elsewhere"


def _guards(scored: Scored, at: int, bounds: Mapping[str, float], seed: int) -> tuple[Guard, ...]:
    made = []
    for dimension, values in guarded_slices(scored.test_set).items():
        for value, ids in values.items():
            rows = scored.rows(ids)
            first, second = scored.figures(rows, seed)
            gap = scored.differences(1, [0], [at], rows, seed)[0][0]
            figures = (first[scored.primary], second[scored.primary])
            made.append(Guard(dimension, value, bounds[dimension], *figures, gap))
    return tuple(made)


def _other_side(turned: Scored | None, seed: int) -> tuple[Guard, ...]:
    """Guard all queries of the partners as one slice."""
    if turned is None:
        return ()
    at, rows = turned.measures.index(turned.primary), turned.rows(turned.queries)
    first, second = turned.figures(rows, seed)
    gap = turned.differences(1, [0], [at], rows, seed)[0][0]
    figures = (first[turned.primary], second[turned.primary])
    return (Guard("side", Side.PARTNER.value, SIDE_BOUND, *figures, gap, Side.PARTNER),)


def _corrected(gap: Difference, earlier: Sequence[float]) -> Difference:
    if gap.p is None:
        return gap
    return Difference(
        gap.value, gap.low, gap.high, gap.n, gap.clusters, gap.p, holm([gap.p, *earlier])[0]
    )


def _too_few(gap: Difference) -> list[Names]:
    if gap.clusters >= FEWEST_TO_PROMOTE:
        return []
    return [_names("gate_few", clusters=gap.clusters, bound=FEWEST_TO_PROMOTE)]


def _known_answers(trained_until: date | None, cut: date) -> list[Names]:
    if trained_until is None or trained_until <= cut:
        return []
    return [_names("gate_later", until=trained_until, cut=cut)]


def _no_gain(gap: Difference, measure: str, earlier: int) -> list[Names]:
    """Say why the gain is none, if it is none; too few clusters are told of elsewhere."""
    if gap.low is None or gap.high is None or gap.holm is None:
        return []
    if gap.low > 0 and gap.holm <= LEVEL:
        return []
    if gap.high < 0 and gap.holm <= LEVEL:
        return [_told("gate_worse", measure, gap)]
    tried = [_names("gate_tried", n=earlier)] if earlier and gap.low > 0 else []
    return [_told("gate_even", measure, gap), *tried]


def _remarks(guards: Sequence[Guard]) -> list[Names]:
    """Name the slices that may have fallen, and those too small to judge."""
    told = {"unsure": "gate_unsure", "few": "gate_small"}
    remarks = []
    for state, code in told.items():
        found = [one for one in guards if one.state == state]
        shown = [", ".join(_named(one, lang) for one in found) for lang in _LANGS]
        if found:
            en, ko = (
                said(code, lang, names=names, bound=FEWEST_CLUSTERS)
                for lang, names in zip(_LANGS, shown, strict=True)
            )
            remarks.append(Names(en, ko))
    return remarks


def _named(guard: Guard, lang: str) -> str:
    return f"{slice_name(guard.dimension, guard.value).in_(lang)} ({guard.gap.n:,})"


def _told(code: str, measure: str, gap: Difference) -> Names:
    return _names(
        code,
        measure=measure,
        gap=f"{gap.value:+.3f}",
        interval=f"{gap.low:+.3f} … {gap.high:+.3f}",
        p=f"{gap.holm:.4f}",
        n=f"{gap.n:,}",
        clusters=f"{gap.clusters:,}",
    )


def _told_of(guard: Guard, code: str) -> Names:
    gap, name = guard.gap, slice_name(guard.dimension, guard.value)
    params = {
        "gap": f"{gap.value:+.3f}",
        "interval": f"{gap.low:+.3f} … {gap.high:+.3f}",
        "bound": f"{guard.bound:.3f}",
        "n": f"{gap.n:,}",
        "clusters": f"{gap.clusters:,}",
    }
    return Names(*(said(code, lang, slice=name.in_(lang), **params) for lang in _LANGS))


def slice_name(dimension: str, value: str) -> Names:
    """Name a guarded slice in both languages; a track is named as the test set names it."""
    shown = f"value_{value}"
    known = shown in keys() and dimension != "track"
    return Names(
        *(
            f"{said(f'dimension_{dimension}', lang)}: {said(shown, lang) if known else value}"
            for lang in _LANGS
        )
    )


def _names(code: str, **params: object) -> Names:
    return Names(said(code, "en", **params), said(code, "ko", **params))
