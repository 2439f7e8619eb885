"""Owns the report as one HTML file that needs nothing else, in Korean or in English."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from evaluation.charts import curve_chart, difference_chart, interval_chart
from evaluation.dataset import ALL
from evaluation.errors import ConversionError
from evaluation.exposure import PLACES, Share
from evaluation.messages import keys, said
from evaluation.report import Report, Slice
from evaluation.scoring import Difference
from evaluation.slices import FEWEST_CLUSTERS
from profiles.taxonomy import region_name, sectors

FILE = "report.html"
MOST_REGIONS = 15
_MOST_NAMED = 6
_RARE = 0.001


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
            rule=f"The folder cannot be written ({error.strerror}).",
            remedy="Name a folder that can be made and written.",
        ) from error
    return folder / FILE


def as_html(report: Report, lang: str) -> str:
    """Lay the report out as one HTML page with its charts in it."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(
        files("evaluation").joinpath("report.html").read_text(encoding="utf-8")
    )
    return template.render(**_Page(report, "ko" if lang == "ko" else "en").values())


class _Page:
    """What the template shows of a report."""

    def __init__(self, report: Report, lang: str) -> None:
        self.report = report
        self.lang = lang
        self.t = partial(_said, lang)
        self.beside = report.moved.second if report.moved else report.first
        self.names = self.named()

    def values(self) -> dict[str, Any]:
        """Give all names of the template."""
        report = self.report
        first = report.exposure[report.first]
        return {
            "report": report,
            "lang": self.lang,
            "t": self.t,
            "num": number,
            "signed": signed,
            "chance": chance,
            "name": self.name,
            "dataset": report.dataset,
            "lead": self.t(
                f"html_lead_{report.side.value}",
                n=f"{report.queries:,}",
                clusters=f"{report.clusters:,}",
                cut=report.about["cut"],
            ),
            "short": self.short(),
            "measures": self.measures,
            "measure_charts": self.measure_charts(),
            "tracks": [
                (track, next(iter(figures.values())).n)
                for track, figures in report.systems[report.first].items()
                if track != ALL
            ],
            "gap_chart": self.gap_chart() if report.gaps else "",
            "beside": self.beside,
            "bound": FEWEST_CLUSTERS,
            "parts": self.parts() if report.gaps else [],
            "places": PLACES,
            "candidates": f"{first.candidates:,}",
            "curve": self.curve(),
            "capital": any(one.capital for one in report.exposure.values()),
            "regions": self.regions(),
        }

    @property
    def measures(self) -> list[str]:
        """The names of the measures."""
        return list(self.report.systems[self.report.first][ALL])

    def name(self, system: str) -> str:
        """Name a system; a run of others has its own name."""
        return self.names[system]

    def named(self) -> dict[str, str]:
        """Name all systems differently: a run of others may be called as one of these is shown."""
        ours = {one: self.t(f"system_{one}") for one in self.report.systems if _is_ours(one)}
        names = dict(ours)
        for system in (one for one in self.report.systems if one not in ours):
            name, number = system, 2
            while name in names.values():
                name, number = f"{system} ({number})", number + 1
            names[system] = name
        return names

    def value(self, dimension: str, value: str) -> str:
        """Name a value of a dimension."""
        if dimension == "sector" and value in sectors():
            return sectors()[value].name.in_(self.lang)
        if dimension == "region" and value != "unknown":
            return region_name(value, self.lang)
        key = f"value_{value}"
        return self.t(key) if dimension != "track" and key in keys() else value

    def short(self) -> list[str]:
        """Say which system is better, by how much, where, and how sure one can be."""
        report = self.report
        figure = report.systems[report.first][ALL][report.primary]
        told = {"first": self.name(report.first), "measure": report.primary}
        if figure.low is None or figure.high is None:
            sentences = [self.t("html_short_value_bare", value=number(figure.value), **told)]
        else:
            interval = f"{number(figure.low)}–{number(figure.high)}"
            value = number(figure.value)
            sentences = [self.t("html_short_value", value=value, interval=interval, **told)]
        if report.gaps:
            gap = self.gap(report.gaps[self.beside][report.primary])
            sentences += [gap, *self.overall(), *self.where()]
        return sentences

    def gap(self, gap: Difference) -> str:
        """Say how far the first system is from the one beside it."""
        low, high = gap.low, gap.high
        return self.t(
            f"html_gap_{gap.verdict}",
            other=self.name(self.beside),
            gap=signed(gap.value) if gap.verdict in {"even", "few"} else number(abs(gap.value)),
            interval="" if low is None or high is None else f"{signed(low)} … {signed(high)}",
            holm=chance(gap.holm),
            clusters=gap.clusters,
            bound=FEWEST_CLUSTERS,
        )

    def overall(self) -> list[str]:
        """Name the systems that the first one is ahead of, and those that it is behind."""
        sentences = []
        for verdict in ("ahead", "behind"):
            names = [
                self.name(system)
                for system, gaps in self.report.gaps.items()
                if gaps[self.report.primary].verdict == verdict
            ]
            if names:
                sentences.append(self.t(f"html_all_{verdict}", names=", ".join(names)))
        return sentences

    def where(self) -> list[str]:
        """Name the parts in which the first system is ahead or behind, most queries first."""
        found: dict[str, list[tuple[int, str]]] = {"ahead": [], "behind": [], "even": [], "few": []}
        for dimension, values in self.report.slices.items():
            for value, one in values.items():
                name = f"{self.t(f'dimension_{dimension}')} – {self.value(dimension, value)}"
                found[one.gaps[self.beside].verdict].append((-one.n, name))
        other = self.name(self.beside)
        sentences = []
        for verdict in ("ahead", "behind"):
            names = [name for _, name in sorted(found[verdict])]
            if names:
                more = f" (+{len(names) - _MOST_NAMED})" if len(names) > _MOST_NAMED else ""
                listed = ", ".join(names[:_MOST_NAMED]) + more
                sentences.append(self.t(f"html_where_{verdict}", other=other, names=listed))
        if not sentences and found["even"]:
            sentences.append(self.t("html_where_none", other=other))
        if found["few"]:
            sentences.append(self.t("html_where_few", n=len(found["few"])))
        return sentences

    def measure_charts(self) -> list[dict[str, str]]:
        """Draw each measure on all queries."""
        return [
            {
                "label": measure,
                "svg": interval_chart(
                    [
                        {
                            "name": self.name(system),
                            "value": tracks[ALL][measure].value,
                            "low": tracks[ALL][measure].low,
                            "high": tracks[ALL][measure].high,
                        }
                        for system, tracks in self.report.systems.items()
                    ],
                    title=measure,
                    first=self.name(self.report.first),
                    description=measure,
                ),
            }
            for measure in self.measures
        ]

    def gap_chart(self) -> str:
        """Draw the first system minus each other one."""
        rows = [
            _gap_row(self.name(system), gaps[self.report.primary])
            for system, gaps in self.report.gaps.items()
        ]
        return difference_chart(rows, description=self.t("html_gaps"))

    def parts(self) -> list[dict[str, Any]]:
        """Lay out the slices of each dimension, those of most queries first."""
        made = []
        for dimension, values in self.report.slices.items():
            order = sorted(values.items(), key=lambda item: (-item[1].n, item[0]))
            rows: list[dict[str, Any]] = [
                {"name": self.value(dimension, value), "slice": one} for value, one in order
            ]
            title = self.t(f"dimension_{dimension}")
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
        return one.gaps[self.beside]

    def curve(self) -> str:
        """Draw how evenly each system spreads attention."""
        return curve_chart(
            {self.name(system): one.curve.tolist() for system, one in self.report.exposure.items()},
            x=self.t("axis_candidates"),
            y=self.t("axis_attention"),
            description=self.t("html_curve_text"),
        )

    def regions(self) -> list[tuple[str, Share]]:
        """Give the first system's shares of the regions with the most candidates."""
        shares = self.report.exposure[self.report.first].regions
        order = sorted(shares.items(), key=lambda item: (-item[1].n, item[0]))[:MOST_REGIONS]
        return [(self.value("region", region), share) for region, share in order]


def _is_ours(system: str) -> bool:
    return f"system_{system}" in keys()


def _said(lang: str, key: str, **params: object) -> str:
    return said(key, lang, **params)


def _gap_row(name: str, gap: Difference) -> dict[str, object]:
    return {
        "name": name,
        "value": gap.value,
        "low": gap.low,
        "high": gap.high,
        "verdict": gap.verdict,
    }


def number(value: float) -> str:
    """Write three digits: .083, 1.000."""
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0.") else text


def signed(value: float) -> str:
    """Write three digits with their sign: +.083, −.012."""
    sign = "−" if value < 0 else "+"
    return sign + number(abs(value))


def chance(value: float | None) -> str:
    """Write a p value: .012, or <.001; nothing where there is none."""
    if value is None:
        return ""
    return "<.001" if value < _RARE else number(value)
