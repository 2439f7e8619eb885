"""Owns what the commands share: the installation that they work on, progress, and printing."""

from __future__ import annotations

import gc
import gettext
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from profiles import DariError
    from service.settings import Settings
    from service.wiring import Dari


SAME = 0.95
"""The likeness from which a name is the one that was meant: it is written or sounds the same."""

_ALSO = 0.9
"""The likeness from which another may have been meant too."""

_TAKEN = {
    "en": "“{text}” is read as {id}. It may also mean: {others}. An id says it exactly.",
    "ko": "“{text}”: {id}(으)로 읽었습니다. 다른 후보: {others}. ID로 적으면 분명합니다.",
}

_LANGUAGE = "dari.language"
_SAID = {"en": ("given: ", "remedy:"), "ko": ("받은 값:  ", "해결 방법:")}


class Word(click.ParamType[str]):
    """A choice among words that are looked up only where they are needed."""

    name = "choice"

    def __init__(self, look_up: Callable[[], Sequence[str]]) -> None:
        self._look_up = look_up

    @cached_property
    def _choice(self) -> click.Choice[str]:
        return click.Choice(self._look_up())

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the word, or fail naming all that there are."""
        return self._choice.convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """Name all words."""
        return self._choice.get_metavar(param, ctx)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str | None:
        """Name all words where none is given."""
        return self._choice.get_missing_message(param, ctx)


@contextmanager
def spoken(words: Sequence[str]) -> Iterator[None]:
    """Let click tell what is wrong with a command line in the language that it asks for.

    Click looks its sentences up by `gettext`, which takes the language from `LANGUAGE`; those of
    Dari stand in the same catalogue as the pages'.

    Args:
        words: the command line.
    """
    # The settings would take longer to import than --help to print, and may be what is wrong.
    lang = _asked_language(words) or os.environ.get("DARI_LANGUAGE")
    before = os.environ.get("LANGUAGE")
    if lang == "ko":
        gettext.bindtextdomain("messages", Path(__file__).with_name("translations"))
        os.environ["LANGUAGE"] = lang
    try:
        yield
    finally:
        os.environ.pop("LANGUAGE", None)
        if before is not None:
            os.environ["LANGUAGE"] = before


def _asked_language(words: Sequence[str]) -> str | None:
    """Give what follows the last --lang; it is read before anything else can go wrong."""
    found = None
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, given, value = word.partition("=")
        if name == "--lang":
            found = value if given else after
    return found


@contextmanager
def short_work() -> Iterator[None]:
    """Leave memory uncollected for work that takes a second: the process ends soon after it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def prepared() -> Dari:
    """Prepare the installation of the settings, and open it."""
    from service.wiring import init as prepare

    with stages() as progress:
        return prepare(read_settings(), progress)


def opened() -> Dari:
    """Open the installation of the settings."""
    from service.wiring import build

    return build(read_settings())


def opened_in(lang: str | None) -> tuple[Dari, str]:
    """Open the installation, and tell in a language, or in its own: 'en' or 'ko'."""
    dari = opened()
    language = lang or dari.settings.language
    tell_in(language)
    return dari, language


def read_settings() -> Settings:
    """Read the settings; from here on errors are told in their language, if no other was chosen.

    Raises:
        UsageError: naming the variable that is wrong.
    """
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "DARI_" + str(first["loc"][0]).upper()
        raise click.UsageError(f"{name}: {first['msg']}.") from error
    if context := click.get_current_context(silent=True):
        context.meta.setdefault(_LANGUAGE, settings.language)
    return settings


def counts(dari: Dari) -> str:
    """Say how much an installation holds."""
    from profiles import Side

    startups, partners = (dari.store.count(side) for side in Side)
    return (
        f"{startups:,} startups, {partners:,} partners, {len(dari.store.programmes())} programmes"
    )


@dataclass(frozen=True, slots=True)
class Meant:
    """The profile that a text names, and the others that it may name: id → name."""

    id: str
    others: Mapping[str, str]


def named(dari: Dari, text: str) -> str:
    """Find the id that is meant, as `meant` does, and tell of the others that may be meant."""
    found = meant(dari, text)
    tell_of_others(text, found)
    return found.id


def tell_of_others(text: str, found: Meant) -> None:
    """Say on stderr which profile a name was read as, where it may mean others too."""
    if found.others:
        others = ", ".join(f"{id} ({name})" for id, name in found.others.items())
        lang = click.get_current_context().meta.get(_LANGUAGE, "en")
        say(_TAKEN[lang].format(text=text, id=found.id, others=others))


def meant(dari: Dari, text: str) -> Meant:
    """Find the id that is meant by an id, or by a name that one profile alone has.

    A merged id stays itself: whoever asks for its profile is told which one it is now.

    Raises:
        UnknownName: naming those with similar names.
    """
    from profiles import UnknownName

    if dari.store.sides([text]) or dari.store.merged_into([text]):
        return Meant(text, {})
    near = dari.names.search(text, k=6)
    best = [id for id, score in near if score >= SAME and score == near[0][1]]
    held = dari.store.get_many([id for id, _ in near])
    if len(best) == 1:
        context = click.get_current_context(silent=True)
        lang = context.meta.get(_LANGUAGE, "en") if context else "en"
        others = [id for id, score in near if id != best[0] and id in held and score >= _ALSO]
        return Meant(best[0], {id: held[id].name.in_(lang) for id in others})
    said = {
        lang: ", ".join(f"{id} ({held[id].name.in_(lang)})" for id, _ in near[:5] if id in held)
        for lang in ("en", "ko")
    }
    unknown = "name_near" if said["en"] else "name_unknown"
    raise UnknownName(text, "name_shared" if best else unknown, said)


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar with rate and time left on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, advance=done)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show one bar for each stage of a long work, on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what)
            progress.update(tasks[what], completed=done, total=total)

        yield tell


def tell_in(lang: str) -> None:
    """Let what goes wrong with this command be told in a language ('en' or 'ko')."""
    click.get_current_context().meta[_LANGUAGE] = lang


def fail(error: DariError) -> NoReturn:
    """Tell what went wrong and what to do about it, and end with exit status 1."""
    from profiles.errors import shorten

    lang = click.get_current_context().meta.get(_LANGUAGE, "en")
    rule, remedy = error.told(lang)
    given, do = _SAID[lang if rule != error.rule else "en"]
    value = "".join(c if c.isprintable() else "�" for c in shorten(error.value, 300))
    click.echo(f"dari: {rule}\n  {given} {value}\n  {do} {remedy}", err=True)
    sys.exit(1)


def print_json(document: object) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def show(*renderables: object) -> None:
    """Print tables and texts on stdout."""
    from rich.console import Console

    console = Console()
    for one in renderables:
        console.print(one)


def say(text: str) -> None:
    """Print a line on stderr."""
    click.echo(text, err=True)
