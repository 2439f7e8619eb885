"""Owns the made-up cohort: who is in it, and how it comes into a store."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from profiles import AnyProfile, Partner, Startup, validate
from profiles.data import parse_yaml

if TYPE_CHECKING:
    from service.wiring import Dari

SOURCE = "Made up for the demonstration of Dari; there is no such organisation. 시연용 가상 기관"


def load(dari: Dari) -> tuple[str, ...]:
    """Write the cohort into a store; who is there already stays as it is.

    Returns:
        The ids of the whole cohort in ascending order, each beginning with `demo-`.

    Raises:
        StoreError: if the database cannot be written.
    """
    made_up = list(cohort())
    there = dari.store.ever_logged([one.id for one in made_up])
    dari.writer.put_many(one for one in made_up if one.id not in there)
    return tuple(sorted(one.id for one in made_up))


def cohort() -> Iterator[AnyProfile]:
    """Read the cohort: startups, and institutes that apply beside them.

    Raises:
        InvalidRecord: if an entry breaks the schema.
    """
    folder = files("service.demo").joinpath("cohort")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        yield from map(_read, parse_yaml(file))


def _read(entry: dict[str, Any]) -> AnyProfile:
    told = {**entry, "source": SOURCE}
    return validate(Partner, told) if "kind" in entry else validate(Startup, told)
