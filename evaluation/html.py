"""Owns the report as one HTML file that needs nothing else, in Korean or in English."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.charts import curve_chart, difference_chart, interval_chart, reliability_chart
from evaluation.comparing import Moved
from evaluation.dataset import ALL
from evaluation.errors import ConversionError
from evaluation.exposure import PLACES, Share
from evaluation.figures import chance, fine, number, points, signed
from evaluation.messages import both, in_language
from evaluation.reliability import MOST_BINS
from evaluation.report import Report, Slice
from evaluation.scoring import Difference
from evaluation.slices import FEWEST_CLUSTERS
from evaluation.wording import Wording

if TYPE_CHECKING:
    from jinja2 import Template

FILE = "report.html"
MOST_REGIONS = 15
_SHOWN_PAIRS = 3
_READS = ("p", "ndcg", "r", "rr", "judged", "interval", "p_value", "baselines")


def write_report(report: Report, folder: Path, lang: str) -> Path:
    """Write the report to `report.html` in a folder, which is made if it is missing.

    The same report gives the same bytes.

    Args:
        report: what is told.
        folder: where to.
        lang: "ko" for Korean, else English.

    Returns:
        the file.

    Raises:
        ConversionError: if the folder cannot be written.
    """
    page = as_html(report, lang)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConversionError(
            value=folder,
            rule=both("out_unwritable", why=error.strerror),
            remedy=both("out_unwritable_remedy"),
        ) from error
    return folder / FILE


def as_html(report: Report, lang: str) -> str:
    """Lay the report out as one HTML page with its charts in it: each side that was measured."""
    lang = "ko" if lang == "ko" else "en"
    pages = [Page(one, lang) for one in (report, report.turned) if one is not None]
    return _template("report.html").render(
        lang=lang,
        t=pages[0].words.t,
        title=in_language(report.dataset, lang),
        about=pages[0].words.about(),
        sides=[page.side() for page in pages],
        reads=_READS,
    )


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(files("evaluation").joinpath(name).read_text(encoding="utf-8"))


class Page:
    """What the templates show of a report from one side."""

    def __init__(self, report: Report, lang: str) -> None:
        self.report = report
        self.words = Wording(report, lang)

    def side(self) -> dict[str, Any]:
        """Give what the page shows of this side: its sentences, and all the rest as HTML."""
        report = self.report
        lead = self.words.t(
            f"html_lead_{report.side.value}",
            n=f"{report.queries:,}",
            clusters=f"{report.clusters:,}",
            cut=report.about["cut"],
        )
        return {
            "key": report.side.value,
            "title": self.words.t(f"html_side_{report.side.value}"),
            "lead": lead,
            "verdict": self.words.primary_gap.verdict if self.words.primary_gap else "few",
            "short": self.words.short(),
            "body": _template("report_side.html").render(**self.values()),
        }

    def values(self) -> dict[str, Any]:
        """Give all names of the template of one side."""
        report = self.report
        first = report.exposure[report.first]
        return {
            "report": report,
            "lang": self.words.lang,
            "t": self.words.t,
            "num": number,
            "fine": fine,
            "points": points,
            "signed": signed,
            "chance": chance,
            "name": self.words.name,
            "measures": self.words.measures,
            "measure_charts": self.measure_charts(),
            "tracks": [
                (track, next(iter(figures.values())).n)
                for track, figures in report.systems[report.first].items()
                if track != ALL
            ],
            "gap_chart": self.gap_chart() if report.gaps else "",
            "beside": self.words.beside,
            "bound": FEWEST_CLUSTERS,
            "parts": self.parts() if report.gaps else [],
            "places": PLACES,
            "candidates": f"{first.candidates:,}",
            "curve": self.curve(),
            "capital": any(one.capital for one in report.exposure.values()),
            "regions": self.regions(),
            "calibration": self.calibration(),
            "most_bins": MOST_BINS,
            "notes": [in_language(note, self.words.lang) for note in report.notes],
            **(self.moved(report.moved) if report.moved else {}),
        }

    def moved(self, moved: Moved) -> dict[str, Any]:
        """Part the pairs into those that rose and those that fell, and say who gives no reasons."""
        first = self.words.name(moved.first)
        with_why = {
            moved.first: any(one.first_why is not None for one in moved.pairs),
            moved.second: any(one.second_why is not None for one in moved.pairs),
        }
        mute = [self.words.name(system) for system, speaks in with_why.items() if not speaks]
        return {
            "moved_pairs": [
                (
                    self.words.t("html_moved_up", first=first),
                    [p for p in moved.pairs if p.gain > 0],
                ),
                (
                    self.words.t("html_moved_down", first=first),
                    [p for p in moved.pairs if p.gain < 0],
                ),
            ],
            "shown": _SHOWN_PAIRS,
            "speaking": any(with_why.values()),
            "mute": ", ".join(mute) if moved.pairs else "",
        }

    def calibration(self) -> list[dict[str, Any]]:
        """Tell and draw the calibration of each system that gives chances."""
        return [
            {
                "name": self.words.name(system),
                "found": found,
                "sentence": self.words.calibrated(system, found),
                "silent": self.words.t(
                    "html_silent", pairs=f"{found.pairs:,}", listed=f"{found.listed:,}"
                )
                if found.pairs < found.listed
                else "",
                "svg": reliability_chart(
                    [one.as_json() for one in found.bins],
                    x=self.words.t("axis_said"),
                    y=self.words.t("axis_was"),
                    description=self.words.calibrated(system, found),
                ),
            }
            for system, found in self.report.calibration.items()
        ]

    def measure_charts(self) -> list[dict[str, str]]:
        """Draw each measure on all queries."""
        return [
            {
                "label": measure,
                "svg": interval_chart(
                    [
                        {
                            "name": self.words.name(system),
                            "value": tracks[ALL][measure].value,
                            "low": tracks[ALL][measure].low,
                            "high": tracks[ALL][measure].high,
                        }
                        for system, tracks in self.report.systems.items()
                    ],
                    title=measure,
                    first=self.words.name(self.report.first),
                    description=measure,
                ),
            }
            for measure in self.words.measures
        ]

    def gap_chart(self) -> str:
        """Draw the first system minus each other one."""
        rows = [
            _gap_row(self.words.name(system), gaps[self.report.primary])
            for system, gaps in self.report.gaps.items()
        ]
        return difference_chart(rows, description=self.words.t("html_gaps"))

    def parts(self) -> list[dict[str, Any]]:
        """Lay out the slices of each dimension, those of most queries first."""
        made = []
        for dimension, values in self.report.slices.items():
            order = sorted(values.items(), key=lambda item: (-item[1].n, item[0]))
            rows: list[dict[str, Any]] = [
                {"name": self.words.value(dimension, value), "slice": one} for value, one in order
            ]
            title = self.words.t(f"dimension_{dimension}")
            made.append({"title": title, "rows": rows, "svg": self._part_chart(title, rows)})
        return made

    def _part_chart(self, title: str, rows: list[dict[str, Any]]) -> str:
        """Draw a dimension's slices; those without a verdict only where all are without one."""
        told = [row for row in rows if self._gap(row["slice"]).verdict != "few"] or rows
        return difference_chart(
            [
                _gap_row(f"{row['name']} ({row['slice'].n})", self._gap(row["slice"]))
                for row in told
            ],
            description=title,
        )

    def _gap(self, one: Slice) -> Difference:
        return one.gaps[self.words.beside]

    def curve(self) -> str:
        """Draw how evenly each system spreads attention."""
        return curve_chart(
            {
                self.words.name(system): one.curve.tolist()
                for system, one in self.report.exposure.items()
            },
            x=self.words.t("axis_candidates"),
            y=self.words.t("axis_attention"),
            description=self.words.t("html_curve_text"),
        )

    def regions(self) -> list[tuple[str, Share]]:
        """Give the first system's shares of the regions with the most candidates."""
        shares = self.report.exposure[self.report.first].regions
        order = sorted(shares.items(), key=lambda item: (-item[1].n, item[0]))[:MOST_REGIONS]
        return [(self.words.value("region", region), share) for region, share in order]


def _gap_row(name: str, gap: Difference) -> dict[str, object]:
    return {
        "name": name,
        "value": gap.value,
        "low": gap.low,
        "high": gap.high,
        "verdict": gap.verdict,
    }
