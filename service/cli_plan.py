"""Owns the commands that plan: regional pairings, further districts, and advice to a startup."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from service.console import named, opened_in, print_json, short_work, show

if TYPE_CHECKING:
    from service.wiring import Dari

_DAY = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day that counts (default: today)."
)
_LANG = click.option(
    "--lang", type=click.Choice(["en", "ko"]), help="Language of it and of errors."
)
_SECONDS = click.option("--seconds", type=click.FloatRange(0.01, 600), default=20.0,
                        show_default=True, help="How long the search may take.")  # fmt: skip
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group()
def plan() -> None:
    """Plan regional pairings and further special districts."""


@plan.command()
@click.option("--most", default=2, show_default=True, type=click.IntRange(1, 17),
              help="The most regions of one company.")  # fmt: skip
@click.option("--keep", multiple=True, metavar="REGION", help="Region whose pairing stays.")
@_SECONDS
@_DAY
@_LANG
@_JSON
@short_work()
def regions(
    most: int,
    keep: tuple[str, ...],
    seconds: float,
    as_of: datetime | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Plan which company each region is paired with, beside the pairings of a day."""
    from matcher.pairing import plan_regions
    from service.planning import plan_json, plan_tables

    dari, language = opened_in(lang)
    kept = _codes("keep", keep, language)
    day = _day(dari, as_of)
    found = plan_regions(dari.store, as_of=day, most=most, keep=kept, seconds=seconds)
    if as_json:
        print_json(plan_json(found))
    else:
        show(*plan_tables(found, language))


@plan.command()
@click.option("--most", default=3, show_default=True, type=click.IntRange(1, 6),
              help="The most districts that are proposed.")  # fmt: skip
@click.option("--without", multiple=True, metavar="REGION", help="Province that is left out.")
@click.option("--capital", is_flag=True, help="Let the capital area take part, too.")
@_SECONDS
@_DAY
@_LANG
@_JSON
@short_work()
def districts(
    most: int,
    without: tuple[str, ...],
    capital: bool,
    seconds: float,
    as_of: datetime | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Propose further special districts under regional balance."""
    from matcher.districts import propose_districts
    from service.planning import proposal_json, proposal_tables

    dari, language = opened_in(lang)
    found = propose_districts(
        dari.store,
        as_of=_day(dari, as_of),
        most=most,
        balanced=not capital,
        left_out=_codes("without", without, language),
        seconds=seconds,
    )
    if as_json:
        print_json(proposal_json(found))
    else:
        show(*proposal_tables(found, language))


@click.command()
@click.argument("startup", metavar="ID_OR_NAME")
@click.option("--programme", default="global-company-2025", show_default=True,
              help="Id of a programme with parts, of which a startup applies to one.")  # fmt: skip
@_DAY
@_LANG
@_JSON
@short_work()
def advise(
    startup: str, programme: str, as_of: datetime | None, lang: str | None, as_json: bool
) -> None:
    """Tell which part of a programme a startup is best to apply to, and why."""
    from matcher.advice import advise as ask
    from profiles import Side, Startup
    from service.planning import advice_json, advice_tables
    from service.queries import profile_on

    dari, language = opened_in(lang)
    profile = profile_on(dari.store, Side.STARTUP, named(dari, startup))
    assert isinstance(profile, Startup)  # noqa: S101  # its side says so
    found = ask(dari.matchmaker, dari.store, profile, programme, as_of=_day(dari, as_of))
    if as_json:
        print_json(advice_json(found))
    else:
        show(*advice_tables(found, language))


def _day(dari: Dari, as_of: datetime | None) -> date:
    return as_of.date() if as_of else dari.settings.today()


def _codes(option: str, given: tuple[str, ...], language: str) -> list[str]:
    """Read provinces by their codes or names.

    Raises:
        UsageError: for one that is none.
    """
    from profiles import FieldError
    from profiles.taxonomy import normalise_region, provinces

    codes = [normalise_region(text) or "" for text in given]
    for text, code in zip(given, codes, strict=True):
        if code not in provinces():
            wrong = FieldError(option, "province", text)
            told = f"{wrong.rule(language)} {wrong.remedy(language)}"
            raise click.UsageError(f"--{option}: {told}")
    return codes
