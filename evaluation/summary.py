"""Owns the report in short, in both languages: what a page of its own shows of it."""

from __future__ import annotations

from typing import Any

from evaluation.dataset import ALL
from evaluation.html import Page
from evaluation.messages import in_language
from evaluation.report import Report
from evaluation.scoring import Difference
from evaluation.wording import Wording

_LANGS = ("en", "ko")


def summary_of(report: Report) -> dict[str, Any]:
    """Give the verdict of each side with its sentences, figures and charts, as plain values.

    Texts are objects with `en` and `ko`; charts are SVG, by language.
    """
    sides = [one for one in (report, report.turned) if one is not None]
    return {
        "dataset": _both(report.dataset),
        "about": {lang: Wording(report, lang).about() for lang in _LANGS},
        "models": dict(report.models),
        "notes": {lang: _notes(sides, lang) for lang in _LANGS},
        "sides": [_side(one) for one in sides],
    }


def _notes(sides: list[Report], lang: str) -> list[str]:
    """Tell each note once: many hold for both sides."""
    return list(dict.fromkeys(in_language(note, lang) for one in sides for note in one.notes))


def _side(report: Report) -> dict[str, Any]:
    words = {lang: Wording(report, lang) for lang in _LANGS}
    gap = words["en"].primary_gap
    return {
        "side": report.side.value,
        "title": {lang: one.t(f"html_side_{report.side.value}") for lang, one in words.items()},
        "verdict": gap.verdict if gap else "few",
        "said": {lang: one.short() for lang, one in words.items()},
        "primary": report.primary,
        "queries": report.queries,
        "clusters": report.clusters,
        "measures": words["en"].measures,
        "systems": [_system(report, name, words) for name in report.systems],
        "charts": {lang: _charts(report, Page(report, lang)) for lang in _LANGS},
    }


def _system(report: Report, name: str, words: dict[str, Wording]) -> dict[str, Any]:
    figures = report.systems[name][ALL]
    gap = report.gaps[name][report.primary] if name in report.gaps else None
    return {
        "name": {lang: one.name(name) for lang, one in words.items()},
        "first": name == report.first,
        "figures": {measure: one.as_json() for measure, one in figures.items()},
        "gap": _gap(gap, words) if gap else None,
    }


def _gap(gap: Difference, words: dict[str, Wording]) -> dict[str, Any]:
    named = {lang: one.t(f"verdict_{gap.verdict}") for lang, one in words.items()}
    return {**gap.as_json(), "verdict": gap.verdict, "named": named}


def _charts(report: Report, page: Page) -> dict[str, str]:
    drawn = {one["label"]: one["svg"] for one in page.measure_charts()}
    charts = {"measure": drawn[report.primary]}
    return {**charts, "gap": page.gap_chart()} if report.gaps else charts


def _both(text: str) -> dict[str, str]:
    return {lang: in_language(text, lang) for lang in _LANGS}
