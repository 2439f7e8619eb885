"""Owns how grids are given as files, and points drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from flask import Response
from flask_babel import gettext

from service.exporting import TYPES
from service.grids import Grid
from service.language import language
from service.pipeline import as_csv, as_xlsx


def given(ending: str, name: str, grid: Grid, document: object) -> Response:
    """Give a grid as CSV or XLSX in the reader's language, or the whole document as JSON."""
    lang = language()
    if ending == "json":
        data = json.dumps(document, ensure_ascii=False, indent=2).encode()
    elif ending == "csv":
        data = as_csv(grid.head(lang), grid.cells(lang))
    else:
        data = as_xlsx(grid.head(lang), grid.cells(lang), name)
    answer = Response(data, mimetype=TYPES[ending])
    answer.headers.set("Content-Disposition", "attachment", filename=f"dari-{name}.{ending}")
    return answer


def points_chart(
    rows: Sequence[Mapping[str, object]], parts: Sequence[str], description: str
) -> Response:
    """Draw points as bars of parts: rows with `name`, `part` and `count`."""
    from evaluation.charts import stacked_chart

    drawn = stacked_chart(rows, parts=parts, x=gettext("Points"), description=description)
    return Response(drawn, mimetype="image/svg+xml")
