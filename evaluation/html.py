"""Owns the report as one HTML file that needs nothing else, in Korean or in English."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.charts import curve_chart, difference_chart, interval_chart, reliability_chart
from evaluation.comparing import Moved
from evaluation.dataset import ALL
from evaluation.errors import ConversionError
from evaluation.exposure import PLACES, Share
from evaluation.messages import both, in_language, keys, said
from evaluation.naming import unused
from evaluation.reliability import FEWEST_RELEVANT, MOST_BINS, Reliability
from evaluation.report import Report, Slice
from evaluation.scoring import Difference
from evaluation.slices import FEWEST_CLUSTERS
from profiles.taxonomy import region_name, sectors

if TYPE_CHECKING:
    from jinja2 import Template

FILE = "report.html"
MOST_REGIONS = 15
_MOST_NAMED = 6
_RARE = 0.001
_SHOWN_PAIRS = 3
_PLAIN = f"P@{PLACES}"
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
        t=pages[0].t,
        title=in_language(report.dataset, lang),
        about=pages[0].about(),
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
        self.lang = lang
        self.t = partial(_said, lang)
        self.beside = report.moved.second if report.moved else report.first
        self.names = self.named()

    def side(self) -> dict[str, Any]:
        """Give what the page shows of this side: its sentences, and all the rest as HTML."""
        report = self.report
        lead = self.t(
            f"html_lead_{report.side.value}",
            n=f"{report.queries:,}",
            clusters=f"{report.clusters:,}",
            cut=report.about["cut"],
        )
        return {
            "key": report.side.value,
            "title": self.t(f"html_side_{report.side.value}"),
            "lead": lead,
            "verdict": self.primary_gap.verdict if self.primary_gap else "few",
            "short": self.short(),
            "body": _template("report_side.html").render(**self.values()),
        }

    def about(self) -> list[tuple[str, str]]:
        """Give where the test set is from, and which models spoke."""
        report = self.report
        told = [
            (self.t(f"html_{key}"), in_language(report.about[key], self.lang))
            for key in ("source", "licence", "cluster")
            if key in report.about
        ]
        if report.models:
            told.append((self.t("html_models"), ", ".join(dict.fromkeys(report.models.values()))))
        if report.encoder:
            told.append((self.t("html_encoder"), report.encoder))
        return told

    def values(self) -> dict[str, Any]:
        """Give all names of the template of one side."""
        report = self.report
        first = report.exposure[report.first]
        return {
            "report": report,
            "lang": self.lang,
            "t": self.t,
            "num": number,
            "fine": fine,
            "points": _points,
            "signed": signed,
            "chance": chance,
            "name": self.name,
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
            "calibration": self.calibration(),
            "most_bins": MOST_BINS,
            "notes": [in_language(note, self.lang) for note in report.notes],
            **(self.moved(report.moved) if report.moved else {}),
        }

    def moved(self, moved: Moved) -> dict[str, Any]:
        """Part the pairs into those that rose and those that fell, and say who gives no reasons."""
        first = self.name(moved.first)
        with_why = {
            moved.first: any(one.first_why is not None for one in moved.pairs),
            moved.second: any(one.second_why is not None for one in moved.pairs),
        }
        mute = [self.name(system) for system, speaks in with_why.items() if not speaks]
        return {
            "moved_pairs": [
                (self.t("html_moved_up", first=first), [p for p in moved.pairs if p.gain > 0]),
                (self.t("html_moved_down", first=first), [p for p in moved.pairs if p.gain < 0]),
            ],
            "shown": _SHOWN_PAIRS,
            "speaking": any(with_why.values()),
            "mute": ", ".join(mute) if moved.pairs else "",
        }

    def calibration(self) -> list[dict[str, Any]]:
        """Tell and draw the calibration of each system that gives chances."""
        return [
            {
                "name": self.name(system),
                "found": found,
                "sentence": self.calibrated(system, found),
                "silent": self.t(
                    "html_silent", pairs=f"{found.pairs:,}", listed=f"{found.listed:,}"
                )
                if found.pairs < found.listed
                else "",
                "svg": reliability_chart(
                    [one.as_json() for one in found.bins],
                    x=self.t("axis_said"),
                    y=self.t("axis_was"),
                    description=self.calibrated(system, found),
                ),
            }
            for system, found in self.report.calibration.items()
        ]

    def calibrated(self, system: str, found: Reliability) -> str:
        """Say whether chances were too high, too low, or neither."""
        share = found.share
        return self.t(
            f"html_calibrated_{found.verdict}",
            name=self.name(system),
            chance=number(found.chance.value),
            share=number(share.value),
            interval=_interval(share.low, share.high, number),
            n=f"{found.pairs:,}",
            clusters=f"{found.clusters:,}",
            relevant=f"{found.relevant:,}",
            bound=FEWEST_CLUSTERS,
            fewest=FEWEST_RELEVANT,
        )

    @property
    def measures(self) -> list[str]:
        """The names of the measures."""
        return list(self.report.systems[self.report.first][ALL])

    def name(self, system: str) -> str:
        """Name a system; a run of others has its own name."""
        return self.names[system]

    def named(self) -> dict[str, str]:
        """Name all systems differently: a run of others may be called as one of these is shown."""
        names = {one: self.t(f"system_{one}") for one in self.report.systems if _is_ours(one)}
        if len(self.report.models) > 1:
            names |= {
                system: self.t("html_model_named", name=names[system], version=version)
                for system, version in self.report.models.items()
                if system in names
            }
        for system in (one for one in self.report.systems if one not in names):
            names[system] = unused(system, names.values(), "{name} ({n})")
        return names

    def value(self, dimension: str, value: str) -> str:
        """Name a value of a dimension."""
        if dimension == "sector" and value in sectors():
            return sectors()[value].name.in_(self.lang)
        if dimension == "region" and value != "unknown":
            return region_name(value, self.lang)
        key = f"value_{value}"
        return self.t(key) if dimension != "track" and key in keys() else value

    @property
    def primary_gap(self) -> Difference | None:
        """The first system minus the one beside it; None where it stands alone."""
        return self.report.gaps[self.beside][self.report.primary] if self.report.gaps else None

    def short(self) -> list[str]:
        """Say which system is better, by how much, where, and how sure one can be."""
        gap = self.primary_gap
        if gap is None:
            return [self.alone(), *self.plain()]
        return [self.verdict(gap), *self.plain(), *self.overall(), *self.where()]

    def verdict(self, gap: Difference) -> str:
        """Say whether the first system is better than the one beside it, and how sure that is."""
        first, other = (
            self.report.systems[one][ALL][self.report.primary]
            for one in (self.report.first, self.beside)
        )
        same = gap.verdict == "even" and gap.value == gap.low == gap.high == 0
        return self.t(
            "html_verdict_same" if same else f"html_verdict_{gap.verdict}",
            first=self.name(self.report.first),
            other=self.name(self.beside),
            measure=self.report.primary,
            value=number(first.value),
            less=number(other.value),
            gap=signed(gap.value) if gap.verdict in {"even", "few"} else number(abs(gap.value)),
            interval=_interval(gap.low, gap.high, signed),
            holm=chance(gap.holm),
            n=f"{gap.n:,}",
            clusters=f"{gap.clusters:,}",
            bound=FEWEST_CLUSTERS,
            tried=len(self.report.gaps),
        )

    def alone(self) -> str:
        """Say what the only system reaches."""
        figure = self.report.systems[self.report.first][ALL][self.report.primary]
        bounds = _interval(figure.low, figure.high, number)
        return self.t(
            "html_verdict_alone",
            first=self.name(self.report.first),
            measure=self.report.primary,
            value=number(figure.value),
            interval=self.t("html_verdict_interval", interval=bounds) if bounds else "",
            n=f"{figure.n:,}",
            clusters=f"{self.report.clusters:,}",
        )

    def plain(self) -> list[str]:
        """Say how many of the first ten are right, where that was measured."""
        if _PLAIN not in self.measures:
            return []
        hits, best = (
            f"{PLACES * self.report.systems[one][ALL][_PLAIN].value:.1f}"
            for one in (self.report.first, self.beside)
        )
        told = {"k": PLACES, "first": self.name(self.report.first), "hits": hits}
        if self.primary_gap is None:
            return [self.t("html_plain_p_alone", **told)]
        if hits == best:
            return [self.t("html_plain_p_same", **told, other=self.name(self.beside))]
        return [self.t("html_plain_p", **told, other=self.name(self.beside), best=best)]

    def overall(self) -> list[str]:
        """Name the systems that the first one is ahead of, behind, and cannot be told from."""
        sentences = []
        for verdict in ("ahead", "behind", "even"):
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


def _interval(low: float | None, high: float | None, told: Callable[[float], str]) -> str:
    if low is None or high is None:
        return ""
    return f"{told(low)} … {told(high)}" if told is signed else f"{told(low)}–{told(high)}"


def _points(value: float) -> str:
    return f"{value:.1f}"


def fine(value: float) -> str:
    """Write four digits: .0083, −.0002, for what is small by nature."""
    text = f"{abs(value):.4f}"
    sign = "−" if value < 0 and float(text) else ""
    return sign + (text[1:] if text.startswith("0.") else text)


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
