"""Owns the search by flows: where only capacities matter, the best is found and proven by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matcher.assignment.model import Bits, Ints, Model

_NEAREST = 24
"""How many of the best pairs of each applicant a search begins with."""

_ENOUGH = 50_000
"""Up to so many pairs are searched at once."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Pairs of least cost.

    Attributes:
        taken: shape (p,), the pairs that are made.
        spare: shape (p,), what each pair costs beside what its applicant and its host are worth:
            whatever is made besides costs no less in all. Pairs made have 0 or less, others 0 or
            more.
        loose: shape (p,), the pairs in which equally good solutions may differ.
    """

    taken: Bits
    spare: Ints
    loose: Bits


@dataclass(frozen=True, slots=True)
class _Net:
    """Arcs of a circulation: pairs, then source to applicants, hosts to sink, sink to source."""

    tails: Ints
    heads: Ints
    lows: Ints
    highs: Ints
    costs: Ints


def cheapest(model: Model, open: Bits, costs: Ints, total: tuple[int, int]) -> Flow | None:
    """Find the pairs of least cost under the capacities alone.

    A search begins with the cheapest pairs of each applicant, and takes in every pair that could
    lower the cost, until there is none: what it ends with is the least over all open pairs.

    Args:
        model: whose capacities hold; its other rows are not looked at.
        open: shape (p,), the pairs that may be made.
        costs: shape (p,), whole numbers.
        total: the least and the most pairs in all.

    Returns:
        None where the capacities cannot be kept.
    """
    if (model.forced & ~open).any():
        return None
    tried = nearest(model, open, costs)
    while True:
        pairs = np.flatnonzero(tried)
        net = _net(model, pairs, costs[pairs], total)
        flows = _circulate(net, _nodes(model))
        if flows is None:
            if pairs.size == np.count_nonzero(open):
                return None
            tried = open
            continue
        worth = _worth(net, flows, _nodes(model))
        spare = costs + worth[model.applicants] - worth[_column(model)]
        missed = open & ~tried & (spare < 0)
        if not missed.any():
            taken = np.zeros(model.size, np.bool_)
            taken[pairs[flows[: len(pairs)] > 0]] = True
            loose = np.zeros(model.size, np.bool_)
            every = open & (spare == 0)
            loose[every] = _on_cycles(model, net, flows, worth, np.flatnonzero(every), taken)
            return Flow(taken, spare, loose)
        tried = tried | missed


def _nodes(model: Model) -> int:
    return sum(model.instance.fits.shape) + 2


def _column(model: Model) -> Ints:
    """Shape (p,): the node of the host of each pair."""
    column: Ints = model.hosts + model.instance.fits.shape[0]
    return column


def nearest(model: Model, open: Bits, costs: Ints) -> Bits:
    """Shape (p,): the cheapest open pairs of each applicant, and all that must be made."""
    if np.count_nonzero(open) <= _ENOUGH:
        return open
    pairs = np.flatnonzero(open)
    order = pairs[np.lexsort((costs[pairs], model.applicants[pairs]))]
    mine = model.applicants[order]
    rank = np.arange(len(order)) - np.searchsorted(mine, mine)
    found = model.forced & open
    found[order[rank < _NEAREST]] = True
    return found


def _net(model: Model, pairs: Ints, costs: Ints, total: tuple[int, int]) -> _Net:
    n, m = model.instance.fits.shape
    source, sink = n + m, n + m + 1
    zero = np.zeros(n + m + 1, np.int64)
    return _Net(
        np.concatenate([model.applicants[pairs], np.full(n, source), n + np.arange(m), [sink]]),
        np.concatenate([_column(model)[pairs], np.arange(n), np.full(m, sink), [source]]),
        np.concatenate([model.forced[pairs], model.seats[0], model.places[0], [total[0]]]),
        np.concatenate([np.ones_like(pairs), model.seats[1], model.places[1], [total[1]]]),
        np.concatenate([costs, zero]),
    )


def _circulate(net: _Net, nodes: int) -> Ints | None:
    """Find a circulation of least cost; shape (arcs,), or None where there is none."""
    from ortools.graph.python import min_cost_flow

    if (net.lows > net.highs).any():
        return None
    supplies = np.zeros(nodes, np.int64)
    np.add.at(supplies, net.heads, net.lows)
    np.subtract.at(supplies, net.tails, net.lows)
    search = min_cost_flow.SimpleMinCostFlow()
    arcs = search.add_arcs_with_capacity_and_unit_cost(
        net.tails, net.heads, net.highs - net.lows, net.costs
    )
    search.set_nodes_supplies(np.arange(nodes), supplies)
    status = search.solve()
    if status == search.INFEASIBLE:
        return None
    if status != search.OPTIMAL:
        raise ArithmeticError(f"the flow search ended with {status}")
    return np.asarray(search.flows(arcs), np.int64) + net.lows


def _residual(net: _Net, flows: Ints) -> tuple[Ints, Ints, Ints]:
    """Give the arcs along which the flow may change: from, to, and the cost of one unit more."""
    more, less = flows < net.highs, flows > net.lows
    return (
        np.concatenate([net.tails[more], net.heads[less]]),
        np.concatenate([net.heads[more], net.tails[less]]),
        np.concatenate([net.costs[more], -net.costs[less]]),
    )


def _worth(net: _Net, flows: Ints, nodes: int) -> Ints:
    """Shape (nodes,): the least cost of any way to each node along the residual arcs (Bellman).

    Exact, in whole numbers; it ends because a circulation of least cost leaves no cycle that
    would lower it.
    """
    tails, heads, costs = _residual(net, flows)
    if not len(tails):
        return np.zeros(nodes, np.int64)
    order = np.argsort(heads, kind="stable")
    tails, heads, costs = tails[order], heads[order], costs[order]
    firsts = np.flatnonzero(np.r_[True, heads[1:] != heads[:-1]])
    ends = heads[firsts]
    worth = np.zeros(nodes, np.int64)
    for _ in range(nodes + 1):
        least = np.minimum.reduceat(worth[tails] + costs, firsts)
        if (least >= worth[ends]).all():
            return worth
        worth[ends] = np.minimum(worth[ends], least)
    raise ArithmeticError("the flow found is not of least cost")


def _on_cycles(model: Model, net: _Net, flows: Ints, worth: Ints, pairs: Ints, taken: Bits) -> Bits:
    """Tell of pairs without spare cost whether a cycle of no cost runs through them.

    Two solutions of one cost differ by such cycles alone, and each lies within a strongly
    connected part of the residual arcs without spare cost.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rest = slice(len(flows) - (_nodes(model) - 1), None)
    others = _Net(*(getattr(net, name)[rest] for name in _Net.__slots__))
    tails, heads, costs = _residual(others, flows[rest])
    tight = costs + worth[tails] == worth[heads]
    row, column = model.applicants[pairs], _column(model)[pairs]
    made = taken[pairs]
    free = ~(made & model.forced[pairs])
    tails = np.concatenate([tails[tight], np.where(made, column, row)[free]])
    heads = np.concatenate([heads[tight], np.where(made, row, column)[free]])
    nodes = _nodes(model)
    graph = coo_array((np.ones(len(tails), np.int8), (tails, heads)), (nodes, nodes))
    _, part = connected_components(graph, connection="strong")
    alike: Bits = free & (part[row] == part[column])
    return alike
