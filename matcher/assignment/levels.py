"""Owns what pairs come to by each aim, and what they could come to at the very most."""

from __future__ import annotations

import numpy as np

from matcher.assignment.model import Bits, Ints, Model
from matcher.assignment.solution import Aim

THOUSAND = 1000


def reached(model: Model, taken: Bits, aim: Aim) -> int:
    """Tell what pairs, shape (p,), come to by an aim; no pairs come to 0 by each."""
    fits = model.fits[taken]
    if aim is Aim.PLACED:
        return len(fits)
    if aim is Aim.WORST:
        return int(fits.min(initial=fits.max(initial=0)))
    return int(fits.sum()) if aim is Aim.TOTAL else _spread(model, taken)


def _spread(model: Model, taken: Bits) -> int:
    """Compare the fullest host with the emptiest, in 1/1000 of their places, rounded down."""
    most = model.capacities
    filled = np.bincount(model.hosts[taken], minlength=len(most))[most > 0]
    shares = THOUSAND * filled // most[most > 0]
    return int(shares.max(initial=0) - shares.min(initial=shares.max(initial=0)))


def loosest(model: Model, aim: Aim) -> int:
    """Give a bound of an aim that needs no search."""
    if aim is Aim.SPREAD:
        return 0
    if aim is Aim.WORST:
        return int(model.fits.max(initial=0))
    seats, places = np.maximum(model.seats[1], 0), np.maximum(model.places[1], 0)
    most = min(int(seats.sum()), int(places.sum()), model.total[1], model.size)
    if aim is Aim.PLACED:
        return most
    return int(np.sort(dearest_of(model))[::-1][:most].sum())


def dearest_of(model: Model) -> Ints:
    """List the best fits of each applicant, as many as it gets hosts at most."""
    order = np.lexsort((-model.fits, model.applicants))
    mine = model.applicants[order]
    rank = np.arange(model.size) - np.searchsorted(mine, mine)
    found: Ints = model.fits[order][rank < model.seats[1][mine]]
    return found
