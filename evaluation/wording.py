"""Owns what is said of one side of a report: what its parts are called, and who is ahead."""

from __future__ import annotations

from functools import partial

from evaluation.dataset import ALL
from evaluation.exposure import PLACES
from evaluation.figures import chance, interval, number, signed
from evaluation.messages import in_language, keys, said
from evaluation.naming import unused
from evaluation.reliability import FEWEST_RELEVANT, Reliability
from evaluation.report import Report
from evaluation.scoring import Difference
from evaluation.slices import FEWEST_CLUSTERS
from profiles.taxonomy import region_name, sectors

_MOST_NAMED = 6
_PLAIN = f"P@{PLACES}"


class Wording:
    """What is said of a report from one side, in one language."""

    def __init__(self, report: Report, lang: str) -> None:
        self.report = report
        self.lang = lang
        self.t = partial(_said, lang)
        self.beside = report.moved.second if report.moved else report.first
        self.names = self.named()

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
            interval=interval(gap.low, gap.high, signed),
            holm=chance(gap.holm),
            n=f"{gap.n:,}",
            clusters=f"{gap.clusters:,}",
            bound=FEWEST_CLUSTERS,
            tried=len(self.report.gaps),
        )

    def alone(self) -> str:
        """Say what the only system reaches."""
        figure = self.report.systems[self.report.first][ALL][self.report.primary]
        bounds = interval(figure.low, figure.high, number)
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

    def calibrated(self, system: str, found: Reliability) -> str:
        """Say whether chances were too high, too low, or neither."""
        share = found.share
        return self.t(
            f"html_calibrated_{found.verdict}",
            name=self.name(system),
            chance=number(found.chance.value),
            share=number(share.value),
            interval=interval(share.low, share.high, number),
            n=f"{found.pairs:,}",
            clusters=f"{found.clusters:,}",
            relevant=f"{found.relevant:,}",
            bound=FEWEST_CLUSTERS,
            fewest=FEWEST_RELEVANT,
        )


def _is_ours(system: str) -> bool:
    return f"system_{system}" in keys()


def _said(lang: str, key: str, **params: object) -> str:
    return said(key, lang, **params)
