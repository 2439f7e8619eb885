"""Owns the stories: which there are, in which order, and how one is played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

from profiles import DariError
from profiles.taxonomy import Names

if TYPE_CHECKING:
    from service.wiring import Dari

STORIES = {
    "regional": Names("Regional pairing", "지역과 대기업의 짝짓기"),
    "contest": Names("Contest in Daejeon", "대전 공모전"),
    "districts": Names("Special districts", "글로벌 혁신특구"),
    "global": Names("Global-company programme", "글로벌 기업 협업 프로그램"),
    "bilateral": Names("Korea-Russia platform", "한-러 혁신 플랫폼"),
    "hub": Names("Cluster hub of Songdo and Boston", "송도·보스턴 클러스터"),
    "support": Names("R&D support by stage", "단계별 연구개발 지원"),
    "exchange": Names("Exchange event", "교류 행사"),
}
"""The stories by name, in the order in which they are played."""

Say = Callable[..., None]
"""Tells texts, tables, and names in both languages, one after another."""


class Story(Protocol):
    """A module of this package that plays a part of a story."""

    def run(self, dari: Dari, say: Say) -> None:
        """Play it with a store that holds the cohort, and tell what comes of it."""


def told() -> tuple[str, ...]:
    """Name the stories that can be played, in their order."""
    return tuple(name for name in STORIES if _parts(name))


def play(name: str, dari: Dari, say: Say) -> None:
    """Play all parts of a story.

    Raises:
        DariError: if there is no such story.
    """
    if not (parts := _parts(name)):
        raise DariError(
            value=name,
            rule="There is no such story.",
            remedy=f"Choose one of: {', '.join(told())}.",
        )
    say(STORIES[name])
    for part in parts:
        story: Story = import_module(f"service.demo.{part}")
        story.run(dari, say)


def _parts(name: str) -> Sequence[str]:
    """Name the modules of a story: its name, alone or with more behind an underscore."""
    found = iter_modules(import_module("service.demo").__path__)
    return sorted(one.name for one in found if one.name.partition("_")[0] == name in STORIES)
