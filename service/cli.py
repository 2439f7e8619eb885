"""Owns the `dari` command line."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import date
from typing import Any, TypeVar

import click

from service.cli_assign import assign
from service.cli_bundle import bundle, support, triads
from service.cli_data import export, import_
from service.cli_decision import decision
from service.cli_demo import demo
from service.cli_draft import draft
from service.cli_evaluate import compare, convert, evaluate
from service.cli_event import event
from service.cli_history import history
from service.cli_identity import duplicates
from service.cli_judge import judge
from service.cli_key import key
from service.cli_merge import keep_apart, merge, merges, unmerge
from service.cli_model import model
from service.cli_plan import advise, plan
from service.cli_privacy import erase, expire, held, withdraw
from service.cli_replay import replay
from service.cli_safety import backup, index, restore
from service.cli_train import train
from service.cli_user import user
from service.cli_work import beside, work
from service.console import (
    Word,
    counts,
    fail,
    meant,
    named,
    opened,
    prepared,
    print_json,
    say,
    short_work,
    show,
    spoken,
    tell_in,
    tell_of_others,
)
from service.options import DAY

F = TypeVar("F", bound=Callable[..., Any])

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(click.Group):
    """Turns every named error into one message on stderr and exit status 1."""

    def main(self, args: Sequence[str] | None = None, *given: Any, **more: Any) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        with spoken(words):
            return super().main(words, *given, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with short_work():
            from profiles.errors import DariError
        gc.freeze()  # what was imported stays: no collection need look at it again

        try:
            return super().invoke(ctx)
        except DariError as error:
            fail(error)


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.version_option(package_name="dari", prog_name="dari")
def main() -> None:
    """Dari pairs startups with partners, and says why.

    DARI_HOME names the folder of the database and the snapshots (default: var/).
    """


@main.command()
def init() -> None:
    """Prepare this installation: database, catalogue, vectors. It keeps what is there."""
    from service.wiring import passed_over

    dari = prepared()
    for id, into in sorted(passed_over(dari.store).items()):
        say(f"Passed over: {id} of the catalogue has been merged into {into}.")
    say(f"Ready: {counts(dari)} in {dari.settings.home.resolve()}.")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--no-worker", is_flag=True, help="Leave evaluations and trainings to another `dari work`."
)
def serve(host: str, port: int, workers: int, no_worker: bool) -> None:
    """Serve the pages and the API; prepares the installation first where needed."""
    from service.served import note_served
    from service.server import check_free, run

    check_free(host, port)
    dari = prepared()
    spoken = dari.matchmaker.model_version  # one that cannot be used is told of before serving
    address = note_served(dari.settings.home, host, port)
    click.echo(f"\n  Dari is served on {address}")
    click.echo(f"  Staff sign in by  {address}/sign-in?token={dari.staff_token}")
    click.echo(f"  Lists are made by the model {spoken}")
    click.echo("  Stop with Ctrl+C.\n")
    dari.store.close()
    with nullcontext() if no_worker else beside():
        run(dari.settings, host, port, workers)


def _partner_kinds() -> list[str]:
    from profiles import PartnerKind

    return [kind.value for kind in PartnerKind]


@main.command()
@click.argument("id", metavar="ID_OR_NAME")
@click.option("--k", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--programme", help="Id of a programme whose rules hold.")
@click.option("--region", multiple=True, help="Region of the candidates, code or name.")
@click.option("--sector", multiple=True, help="Sector of the candidates, code or name.")
@click.option("--kind", multiple=True, type=Word(_partner_kinds))
@click.option("--as-of", type=DAY, help="Day that counts (today).")
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of the list and of errors.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@short_work()
def match(
    id: str,
    k: int,
    programme: str | None,
    region: tuple[str, ...],
    sector: tuple[str, ...],
    kind: tuple[str, ...],
    as_of: date | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """List the best partners of a startup, or startups of a partner, with the reasons.

    A name or alias will do where there is one of that name only.
    """
    from profiles import InvalidRecord, validate
    from service.models import origin_of
    from service.queries import PartnerMatchQuery
    from service.reports import match_tables

    dari = opened()
    language = lang or dari.settings.language
    tell_in(language)
    try:
        asked = validate(PartnerMatchQuery, {"kind": kind, "region": region, "sector": sector})
    except InvalidRecord as error:
        first = error.errors[0]
        option = first.field.split(".")[0]
        told = f"{first.rule(language)} {first.remedy(language)}"
        raise click.UsageError(f"--{option}: {told}") from error
    read = meant(dari, id)
    tell_of_others(id, read)
    found = dari.matchmaker.match(
        read.id, k, programme=programme, filters=asked.filters, as_of=as_of
    )
    if as_json:
        others = [{"id": other, "name": name} for other, name in read.others.items()]
        print_json(found.as_json() | ({"may_also_mean": others} if others else {}))
    else:
        origin = origin_of(dari.settings, dari.models, found.model_version)
        show(*match_tables(found, origin, language))


@main.command()
@click.argument("id", metavar="ID_OR_NAME")
@click.argument("candidate", metavar="ID_OR_NAME")
@click.option("--programme", help="Id of a programme whose rules hold.")
@click.option("--as-of", type=DAY, help="Day that counts (today).")
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of it and of errors.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@short_work()
def why(
    id: str,
    candidate: str,
    programme: str | None,
    as_of: date | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Tell one pair's score, rank and reasons, and what would change its rank.

    The first asks, the second is looked for in its list, whether it is shown there or not. Only
    fields that are empty now are looked at.
    """
    from matcher import why_json
    from service.reports import why_tables

    dari = opened()
    language = lang or dari.settings.language
    tell_in(language)
    id, candidate = named(dari, id), named(dari, candidate)
    found = dari.matchmaker.why(id, candidate, programme=programme, as_of=as_of)
    if as_json:
        print_json(why_json(found))
    else:
        show(*why_tables(found, language))


for _command in (
    *(import_, export, index, backup, restore, history),
    *(evaluate, compare, convert, judge, train, model, key, work),
    *(erase, expire, held, withdraw, draft),
    *(duplicates, keep_apart, merge, merges, unmerge),
    *(user, replay, demo, plan, advise, assign, decision),
    *(bundle, triads, support, event),
):
    main.add_command(_command)
