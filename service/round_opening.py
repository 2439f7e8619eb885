"""Owns the opening of a round: startups are chosen, lists of them pooled, and the pairs kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation import Run
    from profiles.judgements import Round
    from service.wiring import Dari, Progress

DEEPEST = 100
"""How many places of each list may be pooled."""


@dataclass(frozen=True, slots=True)
class Pooling:
    """What is pooled for a round.

    Attributes:
        systems: which of Dari's; none means the usual ones where there is no run file, else none.
        run_files: TREC runs of other programs.
        depth: how many places of each list, from 1.
        seed: for chance.
    """

    systems: Sequence[str]
    run_files: Sequence[Path]
    depth: int
    seed: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A round that was opened, with how many pairs of how many startups it has."""

    round: Round
    pairs: int
    startups: int


def open_pooled(
    dari: Dari,
    name: str,
    chosen: Callable[[], list[str]],
    pooling: Pooling,
    *,
    judges: int,
    instructions: str,
    by: str,
    progress: Progress | None = None,
) -> Opened:
    """Pool the first places of several lists for chosen startups, and open a round of the pairs.

    Args:
        dari: the installation.
        name: an id of its own, checked before anything is chosen.
        chosen: gives the ids of the startups.
        pooling: which lists, and how deep.
        judges: how many judge each pair, 1-3.
        instructions: what the judges are told.
        by: who opens it.
        progress: told of the way that has been gone.

    Raises:
        InvalidRecord: for a wrong value, a name that is taken, or too many pairs.
        JudgingError: if another model is put in use meanwhile.
        RunFileError: for a run file that breaks its form.
    """
    from evaluation import pool
    from profiles.judging import free_name, open_round

    free_name(dari.store, name)
    startups = chosen()
    runs = _runs(dari, startups, pooling, progress)
    pairs = pool(runs, pooling.depth, queries=startups)
    made = open_round(
        dari.store,
        name,
        pairs,
        judges=judges,
        depth=pooling.depth,
        instructions=instructions,
        by=by,
    )
    return Opened(made, len(pairs), len(startups))


def drawn(dari: Dari, count: int, seed: int) -> list[str]:
    """Draw startups that are held by chance.

    Raises:
        JudgingError: if there are not so many.
    """
    import numpy as np

    from evaluation import sample
    from profiles import Side

    ids = [one.id for one in dari.store.each(Side.STARTUP)]
    return sample(ids, count, rng=np.random.default_rng(seed))


def listed(dari: Dari, lines: Iterable[str], find: Callable[[str], str]) -> list[str]:
    """Read startups from lines of ids or names, in order of id and without repeats.

    Args:
        dari: the installation.
        lines: blank ones are passed over.
        find: gives the id that is meant; raises UnknownId.

    Raises:
        JudgingError: for a line that is no startup.
    """
    found = {
        _startup(dari, line, number, find)
        for number, line in enumerate(map(str.strip, lines), 1)
        if line
    }
    return sorted(found)


def _startup(dari: Dari, line: str, number: int, find: Callable[[str], str]) -> str:
    from profiles import Side, UnknownId
    from profiles.judgements import JudgingError

    try:
        id = find(line)
    except UnknownId as error:
        raise JudgingError("startups", "judging_startup", line, line=number) from error
    id = dari.store.merged_into([id]).get(id, id)
    if dari.store.sides([id]).get(id) is not Side.STARTUP:
        raise JudgingError("startups", "judging_startup", line, line=number)
    return id


def _runs(
    dari: Dari, startups: list[str], pooling: Pooling, progress: Progress | None
) -> list[Run]:
    """Make and read the lists that are pooled; files first, for they are checked at once."""
    import numpy as np

    from evaluation import POOLED, pooled_run, store_runs, systems

    runs: list[Run] = []
    for file in pooling.run_files:
        taken = {run.name for run in runs} | {*systems()}
        runs.append(pooled_run(file, dari.store, {*startups}, taken=taken))
    wanted = pooling.systems or (() if pooling.run_files else POOLED)
    if not wanted:
        return runs
    own = store_runs(
        dari.store,
        dari.matchmaker,
        dari.encoder,
        startups,
        wanted,
        depth=pooling.depth,
        day=dari.settings.today(),
        rng=np.random.default_rng(pooling.seed),
        progress=progress,
    )
    return [*own, *runs]
