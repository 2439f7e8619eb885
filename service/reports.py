"""Owns what the command line prints: tables for people, plain values for JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text as Plain

from profiles.errors import shorten

if TYPE_CHECKING:
    from index import ImportReport
    from matcher import Abstention, Match, MatchList, Probability, Why
    from profiles import FieldError
    from profiles.importing import Row
    from profiles.taxonomy import Names

_MOST_ROWS = 50
_MOST_NAMES = 20
_LACKING = ("missing", "text_missing")

_LABELS = {
    "en": {
        "row": "row",
        "field": "field",
        "value": "value",
        "rule": "rule",
        "remedy": "remedy",
        "rank": "#",
        "who": "match",
        "score": "fit",
        "why": "why",
        "unknown": "not known",
        "probability": "probability",
        "pair": "{candidate} for {query}",
        "rank_of": "rank {rank} of {count} that were looked at",
        "not_in_pool": "no rank: not among the {count} nearest by text, words and history",
        "changes": "What would change this rank (fields that are empty now; fill in what is so)",
        "nothing": "No empty field would change anything here.",
        "refused": "Refused by the rules",
        "rejected": "Rejected rows",
        "none": "No match: nobody passes the filters and the rules.",
        "more": "… and {n} more (--json shows all)",
        "more_rows": "… and {n} more rows (--report FILE keeps all)",
        "checked": "Only checked, nothing written: ",
        "ignored": "Passed over, as neither Dari nor the map names them (and in how many rows): "
        "{names}",
        "ignored_more": " and {n} more",
        "map_hint": "Where one of them is a field that a row lacks, say so in a map (--map FILE, "
        "see docs/data.md).",
        "no_rows": "The file holds no rows: below the header, give one for each record.",
        "stopped": "Stopped after row {row}; run the same command again to go on.",
        "summary": "{accepted} rows accepted ({written} new or changed, {unchanged} unchanged), "
        "{rejected} rejected",
    },
    "ko": {
        "row": "행",
        "field": "항목",
        "value": "값",
        "rule": "규칙",
        "remedy": "해결 방법",
        "rank": "#",
        "who": "상대",
        "score": "적합도",
        "why": "이유",
        "unknown": "알 수 없는 것",
        "probability": "확률",
        "pair": "{query}에 대한 {candidate}",
        "rank_of": "살펴본 {count}곳 가운데 {rank}위",
        "not_in_pool": "순위 없음: 글, 낱말, 이력이 가까운 {count}곳에 들지 않았습니다",
        "changes": "순위를 바꿀 수 있는 것(지금 비어 있는 항목만, 사실일 때만 적어 주세요)",
        "nothing": "비어 있는 항목 가운데 결과를 바꿀 것은 없습니다.",
        "refused": "규칙에 따라 제외된 곳",
        "rejected": "거부된 행",
        "none": "맞는 상대가 없습니다. 조건과 규칙을 통과한 곳이 없습니다.",
        "more": "… 외 {n}건 (--json으로 모두 볼 수 있습니다)",
        "more_rows": "… 외 {n}행 (--report 파일에 모두 남길 수 있습니다)",
        "checked": "검사만 했고 저장하지 않았습니다: ",
        "ignored": "Dari와 열 지도에 없는 항목은 건너뛰었습니다(괄호 안은 행 수): {names}",
        "ignored_more": " 외 {n}개",
        "map_hint": "이 가운데 행에 없다고 한 항목이 있으면 열 지도로 알려 주세요"
        "(--map 파일, docs/data.md 참고).",
        "no_rows": "파일에 행이 없습니다. 머리글 아래에 한 줄에 하나씩 적어 주세요.",
        "stopped": "{row}행까지 처리하고 멈췄습니다. 같은 명령을 다시 실행하면 이어서 진행합니다.",
        "summary": "{accepted}행을 받았습니다(신규·변경 {written}, 그대로 {unchanged}). "
        "{rejected}행은 거부했습니다",
    },
}


def import_json(report: ImportReport, lang: str) -> dict[str, Any]:
    """Give an import's report as plain values for JSON."""
    return {
        "accepted": report.accepted,
        "written": report.written,
        "unchanged": report.unchanged,
        "rejections": report.rejections,
        "last_row": report.last_row,
        "stopped": report.stopped,
        "rejected": [
            {**_named(row, error), "rule": error.rule(lang), "remedy": error.remedy(lang)}
            for row in report.rejected
            for error in row.errors
        ],
        "ignored": report.ignored,
    }


def import_tables(report: ImportReport, lang: str, *, checked: bool = False) -> list[Any]:
    """Give an import's report as a line and, where rows were rejected, a table."""
    say = _LABELS[lang]
    counts = {
        "accepted": f"{report.accepted:,}",
        "written": f"{report.written:,}",
        "unchanged": f"{report.unchanged:,}",
        "rejected": f"{report.rejections:,}",
    }
    summary = say["summary"].format(**counts) + "."
    shown: list[Any] = [Plain(say["checked"] + summary if checked else summary)]
    if report.ignored:
        most = sorted(report.ignored.items())[:_MOST_NAMES]
        names = ", ".join(f"{shorten(name, 40)} ({n})" for name, n in most)
        left = len(report.ignored) - _MOST_NAMES
        names += say["ignored_more"].format(n=f"{left:,}") if left > 0 else ""
        shown.append(Plain(say["ignored"].format(names=names)))
        if any(error.code in _LACKING for row in report.rejected for error in row.errors):
            shown.append(Plain(say["map_hint"]))
    if report.rejected:
        shown += _rejected(report, lang)
    return shown


def import_end(report: ImportReport, lang: str) -> str:
    """Say how an import ended, where that needs a word: it was stopped, or there were no rows."""
    if report.stopped:
        return _LABELS[lang]["stopped"].format(row=f"{report.last_row:,}")
    empty = not report.accepted and not report.rejections
    return _LABELS[lang]["no_rows"] if empty else ""


@contextmanager
def rejection_file(path: Path, lang: str | None) -> Iterator[Callable[[Row], None]]:
    """Write rejected rows to a .jsonl or .csv file as they come, in one language or in both.

    Raises:
        UnwritableFile: if the file cannot be written, or its ending is neither of these.
    """
    from profiles.files import UnwritableFile, guarded, replacing

    if path.suffix.lower() not in (".jsonl", ".csv"):
        raise UnwritableFile(str(path), "file_report_format", ending=path.suffix or path.name)
    table = path.suffix.lower() == ".csv"
    encoding = "utf-8-sig" if table else "utf-8"
    with replacing(path) as new, new.open("w", encoding=encoding, newline="") as stream:
        cells = csv.writer(stream)
        if table:
            cells.writerow([*_NAMED, *_texts(None, lang)])

        def tell(row: Row) -> None:
            for error in row.errors:
                line = {**_named(row, error), **_texts(error, lang)}
                if table:
                    cells.writerow([
                        "" if one is None else guarded(str(one)) for one in line.values()
                    ])
                else:
                    stream.write(json.dumps(line, ensure_ascii=False) + "\n")

        yield tell
        stream.flush()


_NAMED = ("row", "field", "code", "value")


def _named(row: Row, error: FieldError) -> dict[str, Any]:
    value = shorten(error.value) if error.value is not None else None
    return dict(zip(_NAMED, (row.number, error.field, error.code, value), strict=True))


def _texts(error: FieldError | None, lang: str | None) -> dict[str, str]:
    """Give rule and remedy in a language, or in both under names that say which."""
    return {
        part if lang else f"{part}_{one}": getattr(error, part)(one) if error else ""
        for part in ("rule", "remedy")
        for one in ([lang] if lang else ["en", "ko"])
    }


def _rejected(report: ImportReport, lang: str) -> list[Any]:
    say = _LABELS[lang]
    table = Table(title=say["rejected"], title_justify="left")
    for name in ("row", "field", "value", "rule", "remedy"):
        table.add_column(say[name], justify="right" if name == "row" else "left", overflow="fold")
    for row in report.rejected[:_MOST_ROWS]:
        for error in row.errors:
            value = shorten(error.value, 40) if error.value is not None else ""
            cells = (str(row.number), error.field, value, error.rule(lang), error.remedy(lang))
            table.add_row(*(escape(cell) for cell in cells))
    left = report.rejections - _MOST_ROWS
    return [table, Plain(say["more_rows"].format(n=f"{left:,}"))] if left > 0 else [table]


def match_tables(found: MatchList, origin: Names, lang: str) -> list[Any]:
    """Give a match list as a table with reasons, a table of those refused, and the model."""
    say = _LABELS[lang]
    head = found.query.name.in_(lang)
    under = f" · {found.programme.name.in_(lang)}" if found.programme else ""
    table = Table(title=Plain(f"{head}{under}"), title_justify="left", show_lines=True)
    for name in ("rank", "who", "score", "why"):
        table.add_column(
            say[name], justify="right" if name in ("rank", "score") else "left", overflow="fold"
        )
    for match in found.matches:
        who = f"{match.profile.name.in_(lang)}\n{match.profile.id}"
        why = _why(match, lang, found.abstention)
        table.add_row(str(match.rank), escape(who), f"{match.score:.1f}", escape(why))
    model = f"{found.model_version} ({origin.in_(lang)})"
    foot = Plain(f"{model} · {found.as_of.isoformat()} · seq {found.index_seq}", "dim")
    notes = [Plain(note.in_(lang)) for note in found.notes]
    if found.abstention is not None:
        notes += [Plain(reason.in_(lang)) for reason in found.abstention.reasons]
    if not found.matches:
        notes.append(Plain(say["none"]))
    return [table, *notes, *_refused(found, lang), foot]


def why_tables(why: Why, lang: str) -> list[Any]:
    """Give all that can be told of one pair: its score with reasons, and what would change it."""
    from matcher import tell

    say = _LABELS[lang]
    names = {"query": why.query.name.in_(lang), "candidate": why.match.profile.name.in_(lang)}
    table = Table(title=Plain(say["pair"].format(**names)), title_justify="left", show_lines=True)
    for name in ("score", "why"):
        table.add_column(say[name], justify="right" if name == "score" else "left", overflow="fold")
    table.add_row(f"{why.match.score:.1f}", escape(_why(why.match, lang)))
    told = [tell(change, why.who, why.rank).sentence.in_(lang) for change in why.changes]
    notes = [note.in_(lang) for note in (*why.notes, *(one.phrase for one in why.reasons))]
    if not why.reasons:
        place = "rank_of" if why.rank else "not_in_pool"
        notes.append(say[place].format(rank=why.rank, count=why.pool))
    lines = [say["changes"], *(f"  {one}" for one in told)] if told else [say["nothing"]]
    foot = Plain(f"{why.model_version} · {why.as_of.isoformat()} · seq {why.index_seq}", "dim")
    return [table, *map(Plain, (*notes, *lines)), foot]


def _why(match: Match, lang: str, common: Abstention | None = None) -> str:
    """Tell why a match is made; what keeps all matches of a list from a probability is left out."""
    from matcher import lines_of, without_subject

    lines = _chance(match.probability, lang) if match.probability != common else []
    warning = without_subject(match)
    if warning is not None:
        lines.append(f"    !  {warning.in_(lang)}")
    for one in lines_of(match.contributions):
        lines.append(f"{one.points:5.1f}  {one.sentence.in_(lang)}")
        if one.evidence is not None:
            lines.append(f"       “{shorten(one.evidence.text.in_(lang), 160)}”")
    if match.unknowns:
        unknown = " · ".join(one.phrase.in_(lang) for one in match.unknowns)
        lines.append(f"    ?  {_LABELS[lang]['unknown']}: {unknown}")
    return "\n".join(lines)


def _chance(told: Probability | Abstention, lang: str) -> list[str]:
    from matcher import Abstention

    if isinstance(told, Abstention):
        return ["    ?  " + " · ".join(reason.in_(lang) for reason in told.reasons)]
    bounds = f"{told.low:.1%} – {told.high:.1%}"
    return [f"    %  {_LABELS[lang]['probability']}: {bounds}"]


def _refused(found: MatchList, lang: str) -> list[Any]:
    if not found.refused:
        return []
    say = _LABELS[lang]
    table = Table(title=say["refused"], title_justify="left")
    table.add_column(say["who"])
    table.add_column(say["why"])
    for one in found.refused[:_MOST_ROWS]:
        reasons = "\n".join(reason.phrase.in_(lang) for reason in one.reasons)
        table.add_row(escape(f"{one.name.in_(lang)} ({one.id})"), escape(reasons))
    left = len(found.refused) - _MOST_ROWS
    return [table, Plain(say["more"].format(n=left))] if left > 0 else [table]
