"""Owns the `demo` command: the stories of programmes, played with a made-up cohort."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import click

from service.console import Word, read_settings, say, tell_in

if TYPE_CHECKING:
    from service.wiring import Dari


_PLAYED = {"en": "The stories are played in {folder}.", "ko": "{folder}에서 시연합니다."}


def _stories() -> tuple[str, ...]:
    from service.demo.stories import told

    return told()


@click.command()
@click.argument("story", required=False, type=Word(_stories), metavar="[STORY]")
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Language of what is told.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to play in and to keep (default: a temporary one).",
)
@click.option("--serve", is_flag=True, help="Serve the pages of what was played, until Ctrl+C.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.pass_context
def demo(
    ctx: click.Context,
    story: str | None,
    lang: Literal["en", "ko"] | None,
    home: Path | None,
    serve: bool,
    port: int,
) -> None:
    """Play the stories of programmes with a made-up cohort, or one of them.

    It works in a folder of its own, never in that of DARI_HOME, and with a database of its own.
    """
    from service.demo.stories import play

    language = lang or read_settings().language
    tell_in(language)
    with _home(home) as folder:
        dari = _prepared(folder, language)
        for name in [story] if story else _stories():
            play(name, dari, _teller(language))
        dari.store.close()
        if serve:
            _serve(ctx, folder, port)


@contextmanager
def _home(home: Path | None) -> Iterator[Path]:
    if home is not None:
        yield home
        return
    with TemporaryDirectory(prefix="dari-demo-") as folder:
        yield Path(folder)


def _prepared(folder: Path, language: Literal["en", "ko"]) -> Dari:
    from service.demo import load
    from service.settings import Settings
    from service.wiring import init

    say(_PLAYED[language].format(folder=folder))
    dari = init(Settings(home=folder, database_url=None, language=language, catalogue=True))
    load(dari)
    return dari


def _teller(language: str) -> Callable[..., None]:
    """Give what prints texts, tables, and names in both languages."""
    from rich.console import Console

    from profiles import Text
    from profiles.taxonomy import Names

    console = Console()

    def tell(*told: object) -> None:
        for one in told:
            plain = one.in_(language) if isinstance(one, (Names, Text)) else one
            console.print(plain, markup=False, highlight=False)

    return tell


def _serve(ctx: click.Context, folder: Path, port: int) -> None:
    """Serve that folder by the command that serves: the worker beside it reads the environment."""
    os.environ["DARI_HOME"] = str(folder)
    os.environ.pop("DARI_DATABASE_URL", None)
    serve = ctx.find_root().command.get_command(ctx, "serve")  # type: ignore[attr-defined]  # a group
    ctx.invoke(serve, host="127.0.0.1", port=port, workers=1, no_worker=False)
