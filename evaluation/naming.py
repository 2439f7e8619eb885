"""Owns the finding of a name that nothing else has."""

from __future__ import annotations

from collections.abc import Container
from itertools import count


def unused(name: str, taken: Container[str], numbered: str) -> str:
    """Give a name, or where it is taken the first numbered one that is not.

    Args:
        name: the name that is wanted.
        taken: the names that are in use.
        numbered: how a name is numbered, with {name} and {n}, from 2: "{name}-{n}".
    """
    if name not in taken:
        return name
    tries = (numbered.format(name=name, n=n) for n in count(2))
    return next(free for free in tries if free not in taken)
