"""Measures how places are given out: how good, how proven and how fast, beside other ways.

    python -m benchmarks.assignment

Draws rounds whose places are enough for all, of 1,000 applicants and 100 hosts, without and with
rules of groups, and of 10,000 applicants and 200 hosts, and gives their places out by the engine,
by scipy's `linear_sum_assignment`, by deferred acceptance and greedily. `--small` is a quick try.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import click
import numpy as np

from matcher.assignment import (
    UNIT,
    Aim,
    Applicant,
    Host,
    Instance,
    Solution,
    Status,
    check,
    groups_of,
    solve,
)
from matcher.assignment.stability import deferred_acceptance
from profiles.rules import Rule

REGIONS = {"KR-11": 35, "KR-28": 5, "KR-41": 20, "KR-30": 10, "KR-26": 10, "KR-43": 10, "KR-46": 10}
STAGES = ("idea", "pre_seed", "seed", "series_a", "series_b")
UNKNOWN = 0.05
NOT_ELIGIBLE = 0.1
MOST_CELLS = 3_000_000
"""Of how many cells the square matrix that scipy needs may be; beyond that it takes hours."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one way of giving places out came to."""

    round: str
    way: str
    solution: Solution
    broken: int
    wall: float
    cpu: float


def draw(n: int, m: int, rules: Sequence[Mapping[str, object]] = (), *, seed: int = 0) -> Instance:
    """Draw a round: fits by eight hidden traits and chance, places for all and a little more."""
    chance = np.random.default_rng(seed)
    people = tuple(Applicant(f"a{row:05}", _groups(chance)) for row in range(n))
    low, high = chance.integers(0, 3, m), n // m + chance.integers(0, 4, m)
    hosts = tuple(Host(f"h{j:04}", f"p{j:04}", int(low[j]), int(high[j])) for j in range(m))
    traits = chance.normal(size=(n, 8)) @ chance.normal(size=(8, m)) / np.sqrt(8)
    points = 50 + 12 * traits + chance.normal(0, 6, (n, 1)) + chance.normal(0, 5, (n, m))
    fits = (np.clip(points, 0, 100) * UNIT).astype(np.int64)
    fits[chance.random((n, m)) < NOT_ELIGIBLE] = -1
    return Instance(people, hosts, fits, tuple(Rule.model_validate(rule) for rule in rules))


def _groups(chance: np.random.Generator) -> dict[str, frozenset[str]]:
    shares = np.array([*REGIONS.values()]) / sum(REGIONS.values())
    region = str(chance.choice([*REGIONS], p=shares))
    stage = str(chance.choice(STAGES))
    return {} if chance.random() < UNKNOWN else groups_of(region=region, stage=stage)


def rules_of(n: int, m: int) -> list[dict[str, object]]:
    """Give shares and quotas of groups, and some who are kept apart."""
    half = [f"h{column:04}" for column in range(m // 2)]
    return [
        {"id": "regions", "kind": "share", "group": "area:non_capital", "low": 38},
        {"id": "seed", "kind": "quota", "group": "stage:seed", "high": n // 5},
        {"id": "daejeon", "kind": "quota", "group": "region:KR-30", "low": n // 20, "hosts": half},
        {"id": "ideas", "kind": "share", "group": "stage:idea", "high": 20, "hosts": half},
        *(
            {"id": f"apart{k}", "kind": "apart", "applicants": [f"a{i:05}" for i in (k, k + 50)]}
            for k in range(10)
        ),
    ]


def square(instance: Instance) -> Solution:
    """Give places out by scipy: a column for each place, and one without fit for each applicant."""
    from scipy.optimize import linear_sum_assignment

    owner = np.repeat(np.arange(len(instance.hosts)), [host.high or 0 for host in instance.hosts])
    fits = np.where(instance.fits < 0, -(10**9), instance.fits + 10**7)[:, owner]
    rows, columns = linear_sum_assignment(
        np.hstack([fits, np.zeros((len(fits), len(fits)))]), maximize=True
    )
    made = [(row, owner[c]) for row, c in zip(rows, columns, strict=True) if c < len(owner)]
    return _solution(instance, made)


def greedy(instance: Instance) -> Solution:
    """Make the dearest pair that still can be made, again and again."""
    left = {j: host.high or 0 for j, host in enumerate(instance.hosts)}
    waiting, made = set(range(len(instance.applicants))), []
    for cell in np.argsort(-instance.fits, axis=None, kind="stable"):
        row, column = (int(one) for one in np.unravel_index(cell, instance.fits.shape))
        if instance.fits[row, column] < 0 or not waiting:
            break
        if row in waiting and left[column]:
            made.append((row, column))
            waiting.discard(row)
            left[column] -= 1
    return _solution(instance, made)


def _solution(instance: Instance, made: Sequence[tuple[int, int]]) -> Solution:
    names, hosts = instance.applicant_ids, instance.host_ids
    return Solution(Status.FEASIBLE, tuple(sorted((names[i], hosts[j]) for i, j in made)))


def ways(instance: Instance, seconds: float) -> Iterator[tuple[str, Callable[[], Solution]]]:
    """Give each way by its name; scipy's only where its matrix is not too large."""
    yield "engine", lambda: solve(instance, seconds=seconds)
    total = (Aim.PLACED, Aim.TOTAL)
    yield "engine, placed and total", lambda: solve(instance, seconds=seconds, aims=total)
    places = sum(host.high or 0 for host in instance.hosts)
    if len(instance.applicants) * (places + len(instance.applicants)) <= MOST_CELLS:
        yield "linear_sum_assignment", lambda: square(instance)
    yield "deferred acceptance", lambda: deferred_acceptance(instance)
    yield "greedy by fit", lambda: greedy(instance)


def measure(name: str, instance: Instance, seconds: float) -> Iterator[Row]:
    """Try each way on a round."""
    for way, run in ways(instance, seconds):
        wall, cpu = time.perf_counter(), time.process_time()
        solution = run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        plain = replace(solution, levels=())
        yield Row(name, way, solution, len(check(instance, plain)), wall, cpu)


def worth(instance: Instance, solution: Solution) -> tuple[int, float, float]:
    """Tell how many are placed, the least fit and the total fit, in points."""
    rows = {id: n for n, id in enumerate(instance.applicant_ids)}
    columns = {id: n for n, id in enumerate(instance.host_ids)}
    fits = [int(instance.fits[rows[a], columns[b]]) / UNIT for a, b in solution.pairs]
    return len(fits), min(fits, default=0.0), sum(fits)


def print_row(instance: Instance, row: Row) -> None:
    """Print one line of the table."""
    placed, worst, total = worth(instance, row.solution)
    levels = row.solution.levels
    gap = (
        f"{max(level.gap for level in levels if level.aim is not Aim.SPREAD):.2%}"
        if levels
        else "-"
    )
    status = row.solution.status.value if levels else "-"
    click.echo(
        f"| {row.round} | {row.way} | {placed:,} | {worst:.1f} | {total:,.0f} | {row.broken} "
        f"| {status} | {gap} | {row.wall:.1f} / {row.cpu:.1f} |"
    )


@click.command()
@click.option("--small", is_flag=True, help="A tenth of the size.")
@click.option("--seconds", default=60.0, show_default=True, help="The limit of each search.")
def main(small: bool, seconds: float) -> None:
    """Print the table."""
    by = 10 if small else 1
    middle, large = (1000 // by, 100 // by), (10_000 // by, 200 // by)
    click.echo(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}\n")
    click.echo(
        "| round | way | placed | least fit | total fit | rules broken | status | gap | seconds, "
        "clock / CPU |\n|---|---|---:|---:|---:|---:|---|---:|---:|"
    )
    rounds = {
        f"{middle[0]:,} × {middle[1]}": draw(*middle),
        f"{middle[0]:,} × {middle[1]}, rules": draw(*middle, rules_of(*middle)),
        f"{large[0]:,} × {large[1]}": draw(*large),
    }
    for name, instance in rounds.items():
        for row in measure(name, instance, seconds):
            print_row(instance, row)


if __name__ == "__main__":
    main()
