"""Owns the commands of bundles, triads and support by stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import click

from service.console import Word, named, opened_in, print_json, short_work, show

if TYPE_CHECKING:
    from profiles import Startup
    from profiles.record import Record
    from service.grids import Grid
    from service.wiring import Dari

R = TypeVar("R", bound="Record")

_MOST_ROWS = 20

_LANG = click.option(
    "--lang", type=click.Choice(["en", "ko"]), help="Language of it and of errors."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_DAY = click.option("--as-of", help="Day that counts, YYYY-MM-DD (today).")


def _partner_kinds() -> list[str]:
    from profiles import PartnerKind

    return [kind.value for kind in PartnerKind]


@click.command()
@click.argument("startup", metavar="ID_OR_NAME")
@click.option("--programme", help="Id of a programme whose rules and kinds hold.")
@click.option("--kind", multiple=True, type=Word(_partner_kinds), help="Kinds of its members.")
@click.option("--most", type=int, help="How many members at most (5).")
@_DAY
@_LANG
@_JSON
@short_work()
def bundle(startup: str, lang: str | None, as_json: bool, **asked: object) -> None:
    """Choose few partners of different kinds that together cover what a startup seeks.

    Each is told with what it alone adds, who could stand in for it, and its counterpart in the
    other cluster; and of what nobody covers, why.
    """
    from matcher.bundles import BundleAsked, bundle_of
    from service.bundle_json import bundle_json
    from service.bundling import bundle_grids, counterparts_of, sources_of

    dari, language = opened_in(lang)
    found = bundle_of(sources_of(dari), _startup(dari, startup), _read(BundleAsked, asked))
    across = counterparts_of(dari, found)
    if as_json:
        print_json(bundle_json(found, across))
    else:
        _show(bundle_grids(found, across), language)


@click.command()
@click.argument("programme", metavar="PROGRAMME")
@click.option("--each", type=int, help="What a project asks for from each side (a fifth).")
@click.option("--projects", type=int, help="How many projects at most.")
@click.option("--most", type=int, help="How many projects an organisation may be in (1).")
@_DAY
@_LANG
@_JSON
@short_work()
def triads(programme: str, lang: str | None, as_json: bool, **asked: object) -> None:
    """Choose joint projects of two startups and an institute under a bilateral programme."""
    from matcher.triads import TriadsAsked, triads_of
    from service.bundle_json import triads_json
    from service.bundling import sources_of, triads_grids

    dari, language = opened_in(lang)
    found = triads_of(sources_of(dari), programme, _read(TriadsAsked, asked))
    if as_json:
        print_json(triads_json(found))
    else:
        told = (found.caution, *found.missing)
        show(*(one.in_(language) for one in told if one is not None))
        _show(triads_grids(found), language)


@click.command()
@click.argument("startup", required=False, metavar="[ID_OR_NAME]")
@click.option("--programme", help="Tell instead which startups may apply to this programme.")
@click.option("--country", multiple=True, help="Markets; those that its text names if not given.")
@_DAY
@_LANG
@_JSON
@short_work()
def support(
    startup: str | None, programme: str | None, lang: str | None, as_json: bool, **asked: object
) -> None:
    """Tell which grants, loans and investments a startup may apply to now, and which next.

    With --programme it tells for its operator which startups may apply to it.
    """
    from matcher.qualifying import qualifying
    from matcher.support import SupportAsked, support_for
    from service.bundle_json import qualifying_json, support_json
    from service.bundling import qualifying_grid, sources_of, support_grids

    if (startup is None) is (programme is None):
        raise click.UsageError("Name a startup, or a programme by --programme.")
    dari, language = opened_in(lang)
    read = _read(SupportAsked, asked)
    if startup is not None:
        plan = support_for(sources_of(dari), _startup(dari, startup), read)
        document, grids = support_json(plan), support_grids(plan)
    else:
        under = dari.store.programme(str(programme))
        found = qualifying(sources_of(dari), under, read.as_of)
        document, grids = qualifying_json(found), (qualifying_grid(found),)
    if as_json:
        print_json(document)
    else:
        _show(grids, language)


def _read(model: type[R], asked: Mapping[str, object]) -> R:
    from profiles import validate

    return validate(model, {name: value for name, value in asked.items() if value is not None})


def _startup(dari: Dari, text: str) -> Startup:
    """Find the startup that is meant by an id or a name.

    Raises:
        UnknownId: if it is a partner.
    """
    from service.bundling import startup_of

    return startup_of(dari.store, named(dari, text))


def _show(grids: tuple[Grid, ...], language: str) -> None:
    from service.grids import table_of

    for grid in grids:
        if grid.rows:
            show(table_of(grid, language, _MOST_ROWS))
