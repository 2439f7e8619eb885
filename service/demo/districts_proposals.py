"""Owns the second part of the story of special districts: which further ones to propose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcher.districts import propose_districts
from profiles.taxonomy import Names
from service.planning import proposal_tables

if TYPE_CHECKING:
    from service.demo.stories import Say
    from service.wiring import Dari


def run(dari: Dari, say: Say) -> None:
    """Propose three further districts, and say what would be if the capital area took part."""
    today, lang = dari.settings.today(), dari.settings.language
    say(Names("Further districts under regional balance", "지역 균형을 지킨 추가 특구 제안"))
    say(*proposal_tables(propose_districts(dari.store, as_of=today), lang))
    say(Names("What if the capital area took part?", "수도권도 참여한다면?"))
    say(proposal_tables(propose_districts(dari.store, as_of=today, balanced=False), lang)[0])
