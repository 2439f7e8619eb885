"""Owns the pages of the pipeline as a whole: the board, its tables and charts, the shortlisting."""

from __future__ import annotations

from typing import Literal

from apiflask import APIBlueprint
from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from profiles import InvalidRecord, UnknownId
from profiles.case_lists import count_overdue, owners_of_cases, regions_of_cases
from profiles.case_moves import TIES
from profiles.cases import STAGES
from service import labels
from service.language import language
from service.pipeline import (
    MOST_EXPORTED,
    NOBODY,
    Tally,
    as_csv,
    as_xlsx,
    read_board,
    read_board_query,
    table_rows,
    tallies,
)
from service.security import dari, editor, local_address, require_session
from service.shortlisting import read_wish, shortlist

pipeline = APIBlueprint("pipeline", __name__, enable_openapi=False)
pipeline.before_request(require_session)

_KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_MOST_BARS = 12


@pipeline.get("/pipeline")
def board() -> ResponseReturnValue:
    """Show the cases by stage, or a page of those of one stage."""
    store, query = dari().store, read_board_query(request.args)
    today = dari().settings.today()
    found = read_board(store, query, today)
    known = {"owners": owners_of_cases(store), "programmes": store.programmes(), "nobody": NOBODY}
    overdue = count_overdue(store, today)
    shown = {"board": found, "query": query, "today": today, "overdue": overdue}
    known["abroad"] = labels.places_abroad(regions_of_cases(store))
    partner = store.get_many([query.partner]).get(query.partner) if query.partner else None
    return render_template(
        "pipeline.html", **shown, **known, partner=partner, stages=STAGES, dated=tuple(TIES)
    )


@pipeline.get("/pipeline/cases.<any(csv, xlsx):kind>")
def table(kind: str) -> ResponseReturnValue:
    """Give the cases under the filters of the board as a table."""
    query = read_board_query(request.args)
    rows, is_cut = table_rows(dari().store, query, dari().settings.today(), language())
    head = _head()
    if is_cut:
        rows.append([gettext("Only the first %(most)s are listed.", most=f"{MOST_EXPORTED:,}")])
    data = as_csv(head, rows) if kind == "csv" else as_xlsx(head, rows, gettext("Pipeline"))
    answer = Response(data, mimetype=_KINDS[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=f"pipeline.{kind}")
    return answer


@pipeline.get("/pipeline/charts")
def charts() -> ResponseReturnValue:
    """Show how many cases stand at each stage, in all and by sector and region."""
    found = {by: _tallies(by) for by in _fields()}
    return render_template("pipeline_charts.html", tallies=found, stages=STAGES)


@pipeline.get("/pipeline/charts/<any(stage, sector, region):by>.svg")
def chart(by: str) -> ResponseReturnValue:
    """Draw one of the charts."""
    from evaluation.charts import stacked_chart

    stages = [labels.term("case_stages", stage) for stage in STAGES]
    field: Literal["sector", "region"] = "sector" if by == "sector" else "region"
    if by == "stage":
        found = _tallies("region")
        counted = {stage: sum(one.counts.get(stage, 0) for one in found) for stage in STAGES}
        rows = [
            {"name": name, "part": name, "count": counted[stage]}
            for stage, name in zip(STAGES, stages, strict=True)
        ]
    else:
        rows = [
            {"name": one.name, "part": name, "count": one.counts.get(stage, 0)}
            for one in _tallies(field)[:_MOST_BARS]
            for stage, name in zip(STAGES, stages, strict=True)
        ]
    drawn = stacked_chart(rows, parts=stages, x=gettext("Cases"), description=chart_text(by))
    return Response(drawn, mimetype="image/svg+xml")


@pipeline.post("/pipeline/shortlist", endpoint="shortlist")
def shortlist_pairs() -> ResponseReturnValue:
    """Shortlist what was chosen of a match list or on a profile page."""
    back = local_address(request.form.get("back"), url_for("pipeline.board"))
    try:
        new, old = shortlist(dari(), read_wish(request.form), by=editor())
    except (InvalidRecord, UnknownId) as error:
        flash(" ".join(error.told(language())), "danger")
        return redirect(back, 303)
    if new:
        many = len(new)
        text = ngettext("One pair is shortlisted.", "%(num)d pairs are shortlisted.", many)
        flash(text, "success")
    if old:
        many = len(old)
        text = ngettext("One has an open case.", "%(num)d have an open case.", many)
        flash(text, "info")
    if request.form.get("open") and len(new + old) == 1:
        return redirect(url_for("cases.case", id=(new + old)[0].id), 303)
    return redirect(back, 303)


def chart_text(by: str) -> str:
    """Say in words what a chart shows."""
    told = {
        "stage": gettext("How many cases stand at each stage; the table below has the numbers."),
        "sector": gettext("How many cases stand at each stage, by the startup's sector; the table "
                          "below has the numbers."),
        "region": gettext("How many cases stand at each stage, by the startup's region; the table "
                          "below has the numbers."),
    }  # fmt: skip
    return str(told[by])


def _fields() -> tuple[Literal["sector"], Literal["region"]]:
    return "sector", "region"


def _tallies(by: Literal["sector", "region"]) -> list[Tally]:
    return tallies(dari().store, by, gettext("Not stated"))


def _head() -> list[str]:
    return [
        gettext("Case"), gettext("Startup"), gettext("Startup ID"), gettext("Partner"),
        gettext("Partner ID"), gettext("Stage of the case"), gettext("Owner"), gettext("Due"),
        gettext("Region"), gettext("Sectors"), gettext("Programme"),
        gettext("Answer of the startup"), gettext("Answer of the partner"), gettext("Outcome"),
        gettext("Reason"), gettext("In words"), gettext("Rank shown"), gettext("Model"),
        gettext("Opened"), gettext("Moved"), gettext("Ended"),
    ]  # fmt: skip
