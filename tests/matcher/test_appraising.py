from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from matcher.appraising import AppraisalError, Place, appraise
from profiles import Partner, Startup, validate


def test_a_partner_that_goes_meanwhile_is_told() -> None:
    def looked_at(*_: object) -> tuple[list[Any], Any]:
        return [], SimpleNamespace(seq=1)

    pool: Any = SimpleNamespace(query=lambda *_: None, looked_at=looked_at)
    startup = validate(Startup, {"id": "s", "name": "s", "summary": "x"})
    place = Place(validate(Partner, {"id": "p", "name": "p"}))
    ranker: Any = None
    with pytest.raises(AppraisalError, match="chang"):
        appraise(pool, ranker, [startup], [place], date(2026, 11, 20))
