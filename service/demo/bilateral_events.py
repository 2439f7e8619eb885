"""Owns the events of the bilateral platform's story: the next two, in turn in both countries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.taxonomy import Names
from service.demo.bilateral import PROGRAMME
from service.demo.exchange import tell_next

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari


def run(dari: Dari, say: Say) -> None:
    """Propose the next two events; they are those of the exchange, too."""
    tell_next(dari, PROGRAMME, say)
    say(
        Names(
            "The platform and its exchange share these events: asked again, none is added.",
            "플랫폼과 교류 행사는 같은 행사입니다. 다시 제안해도 더 늘지 않습니다.",
        )
    )
