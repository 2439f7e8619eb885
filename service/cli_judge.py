"""Owns the commands of judging rounds: `dari judge open`, `status`, `export` and `close`."""

from __future__ import annotations

from collections.abc import Callable
from gettext import gettext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from service.console import (
    Word,
    named,
    opened,
    print_json,
    read_settings,
    say,
    show,
    stages,
    tell_in,
)
from service.round_opening import DEEPEST

if TYPE_CHECKING:
    from evaluation import Outcome
    from profiles import Store
    from service.wiring import Dari

F = TypeVar("F", bound=Callable[..., Any])

_PATH = click.Path(path_type=Path)
_BY = click.option(
    "--by", default="command line", show_default=True, help="Who does it, for the round."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_lang = click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of errors.")
_LONGEST_LIST = 1 << 20


@click.group()
def judge() -> None:
    """Let people judge pairs blind: pool, follow, export and close a round.

    The judging itself is done on the pages, under /judging.
    """


def _systems() -> list[str]:
    from evaluation import systems

    return [*systems()]


@judge.command("open")
@click.argument("name")
@click.option(
    "--startups", type=_PATH, metavar="FILE", help="A text file: an id or name on each line."
)
@click.option("--sample", type=click.IntRange(1), metavar="N", help="N startups, drawn by chance.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="For chance.")
@click.option(
    "--depth", required=True, type=click.IntRange(1, DEEPEST), help="Places pooled of each list."
)
@click.option(
    "--run",
    "run_files",
    multiple=True,
    type=_PATH,
    metavar="FILE",
    help="A TREC run (startup Q0 partner rank score tag) to pool; may be repeated.",
)
@click.option(
    "--system",
    "named_systems",
    multiple=True,
    type=Word(_systems),
    help="A system to pool; may be repeated. Without --run: dari, bm25, dense and popularity.",
)
@click.option(
    "--judges", default=2, show_default=True, type=click.IntRange(1, 3), help="Judges a pair needs."
)
@click.option("--instructions", default="", help="What the judges are told.")
@_BY
@_JSON
@_lang
def open_(
    name: str,
    startups: Path | None,
    sample: int | None,
    seed: int,
    depth: int,
    run_files: tuple[Path, ...],
    named_systems: tuple[str, ...],
    judges: int,
    instructions: str,
    by: str,
    as_json: bool,
    lang: str | None,
) -> None:
    """Open the round NAME: pool the first places of several lists for chosen startups."""
    from service.round_opening import Pooling, open_pooled

    if (startups is None) == (sample is None):
        raise click.UsageError(gettext("Choose the startups by one of --startups and --sample."))
    dari = _opened(lang)
    with stages() as progress:
        found = open_pooled(
            dari,
            name,
            lambda: _chosen(dari, startups, sample, seed),
            Pooling(named_systems, run_files, depth, seed),
            judges=judges,
            instructions=instructions,
            by=by,
            progress=progress,
        )
    made = found.round
    if as_json:
        print_json({"round": made.name, "pairs": found.pairs, "systems": [*made.systems]})
    say(
        f"Opened: {made.name}, {found.pairs:,} pairs of {found.startups:,} startups from "
        f"{', '.join(made.systems)}. Judges find it under /judging."
    )


@judge.command()
@click.argument("name", required=False)
@_JSON
@_lang
def status(name: str | None, as_json: bool, lang: str | None) -> None:
    """Tell how far the round NAME is, or all rounds: pairs, judges, agreement."""
    from evaluation import outcome_of
    from profiles.judging import rounds

    store = _store(lang)
    lang = lang or read_settings().language
    names = [name] if name else [one.name for one in rounds(store)]
    found = [outcome_of(store, one) for one in names]
    if as_json:
        print_json([_as_json(one) for one in found])
    elif not found:
        say("There is no round. Open one with: dari judge open NAME --sample 20 --depth 5")
    else:
        show(_table(found, lang))


@judge.command()
@click.argument("name")
@click.argument("out", type=_PATH)
@_lang
def export(name: str, out: Path, lang: str | None) -> None:
    """Write the grades of the closed round NAME to the folder OUT.

    qrels.txt (TREC), judgements.csv (who said what), pairs.csv (which system listed what), and
    test-set/ for `dari evaluate`.
    """
    from evaluation import outcome_of, write_outcome
    from profiles.judgements import JudgingError

    store = _store(lang)
    found = outcome_of(store, name)
    if found.round.is_open:
        raise JudgingError("round", "judging_open", found.round.name)
    with stages() as progress:
        written = write_outcome(store, found, out, progress=progress)
    say(f"Written: {', '.join(map(str, written))}. The tables name judges: keep them safe.")
    say(f"Next: dari evaluate {written[-1]}")


@judge.command()
@click.argument("name")
@_BY
@_lang
def close(name: str, by: str, lang: str | None) -> None:
    """Close the round NAME: nobody judges in it any more, and disagreements can be settled."""
    from profiles.judging import close_round

    close_round(_store(lang), name, by=by)
    say(f"Closed: {name}.")


def _opened(lang: str | None) -> Dari:
    dari = opened()
    if lang:
        tell_in(lang)
    return dari


def _store(lang: str | None) -> Store:
    """Open the database alone: nothing is searched for."""
    from profiles import Store

    settings = read_settings()
    if lang:
        tell_in(lang)
    store = Store.open(settings.database)
    return store if store.is_migrated else opened().store


def _chosen(dari: Dari, startups: Path | None, count: int | None, seed: int) -> list[str]:
    """Read or draw the ids of the startups that are judged."""
    from service.round_opening import drawn

    return _listed(dari, startups) if startups is not None else drawn(dari, count or 0, seed)


def _listed(dari: Dari, file: Path) -> list[str]:
    from profiles.judgements import JudgingError
    from service.round_opening import listed

    try:
        with file.open("rb") as stream:
            raw = stream.read(_LONGEST_LIST + 1)
        if len(raw) > _LONGEST_LIST:
            raise JudgingError("startups", "judging_list", file, why="> 1 MiB")
        lines = raw.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise JudgingError("startups", "judging_list", file, why=error.strerror) from error
    except UnicodeDecodeError as error:
        raise JudgingError("startups", "judging_list", file, why="not UTF-8") from error
    found = listed(dari, lines, lambda line: named(dari, line))
    if not found:
        raise JudgingError("startups", "judging_list", file, why="empty")
    return found


def _as_json(found: Outcome) -> dict[str, Any]:
    return {
        "round": found.round.name,
        "open": found.round.is_open,
        "judges_a_pair": found.round.judges,
        "systems": [*found.round.systems],
        "pairs": len(found.pairs),
        "done": found.done,
        "settled": found.settled,
        "graded": dict(found.graded),
        **_agreement(found),
    }


def _agreement(found: Outcome) -> dict[str, Any]:
    from evaluation import NoAlpha

    said = found.agreement
    if isinstance(said, NoAlpha):
        return {"alpha": None, "interval": None, "agreement": said.why}
    bounds = [round(said.low, 4), round(said.high, 4)] if said.has_interval else None
    return {"alpha": round(said.value, 4), "interval": bounds, "agreement": said.verdict}


_LABELS = {
    "en": {
        "title": "Judging rounds", "round": "round", "pairs": "pairs", "full": "judged in full",
        "settled": "settled", "judges": "judges", "alpha": "alpha", "open": "open",
        "closed": "closed", "nobody": "nobody has graded yet", "one_judge": "one judge",
        "too_few": "too few", "no_variance": "no variance", "reliable": "reliable",
        "tentative": "tentative", "unreliable": "unreliable", "unsure": "unsure",
    },
    "ko": {
        "title": "판정 라운드", "round": "라운드", "pairs": "쌍", "full": "판정 완료",
        "settled": "최종 등급", "judges": "판정자", "alpha": "알파", "open": "진행 중",
        "closed": "마감", "nobody": "아직 등급 없음", "one_judge": "판정자 한 명",
        "too_few": "자료 부족", "no_variance": "등급이 모두 같음", "reliable": "믿을 만함",
        "tentative": "조심스럽게 사용", "unreliable": "믿기 어려움", "unsure": "알 수 없음",
    },
}  # fmt: skip


def _table(found: list[Outcome], lang: str) -> Any:
    from rich.markup import escape
    from rich.table import Table

    says = _LABELS[lang]
    table = Table(title=says["title"], title_justify="left")
    for name in ("round", "", "pairs", "full", "settled", "judges", "alpha"):
        table.add_column(says.get(name, ""), overflow="fold")
    for one in found:
        table.add_row(
            escape(one.round.name),
            says["open" if one.round.is_open else "closed"],
            f"{len(one.pairs):,}",
            f"{one.done:,}",
            f"{one.settled:,}",
            escape(", ".join(f"{judge} {count}" for judge, count in one.graded.items())),
            _alpha(one, lang),
        )
    return table


def _alpha(found: Outcome, lang: str) -> str:
    from evaluation import Alpha

    said, says = found.agreement, _LABELS[lang]
    if not isinstance(said, Alpha):
        return says[said.why]
    bounds = f" [{said.low:.2f}, {said.high:.2f}]" if said.has_interval else ""
    return f"{said.value:.2f}{bounds}: {says[said.verdict]}"
