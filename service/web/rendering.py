"""Owns what pages write by the hundred: translated words, options of a choice, addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from flask import Flask, url_for
from flask_babel import get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from profiles.particles import settled
from service.language import language

_KEPT_SENTENCES = 4_000
_KEPT_CHOICES = 500
_PLAIN_IN_A_PATH = "!$&'()*+,/:;=@"
_OPTION, _CHOSEN = Markup('<option value="%s"%s>%s</option>'), Markup(" selected")


def translate_quickly(app: Flask) -> None:
    """Let templates keep the words that they have translated once, by language.

    What `_` gives stays what Jinja's own gives: markup where the template escapes, filled with the
    variables. Jinja's asks for the whole context, which it copies for each call within a loop; and
    the language is asked for once for each template that is rendered.
    """

    @pass_eval_context
    def translated(context: EvalContext, sentence: str, /, **variables: Any) -> str:
        return _translator(language())(context, sentence, **variables)

    app.jinja_env.globals["_"] = translated  # where a macro is imported without its context
    app.context_processor(lambda: {"_": _translator(language())})


@cache
def _translator(lang: str) -> Callable[..., str]:
    @lru_cache(maxsize=_KEPT_SENTENCES)
    def said(sentence: str) -> str:
        return str(get_translations().ugettext(sentence))

    @lru_cache(maxsize=_KEPT_SENTENCES)
    def whole(sentence: str) -> Markup:
        return Markup(said(sentence)) % {}  # noqa: S704 ours, as in Jinja

    @pass_eval_context
    def translated(context: EvalContext, sentence: str, /, **variables: Any) -> str:
        if not context.autoescape:
            return with_particles(said(sentence) % variables)
        if not variables:
            return whole(sentence)
        return with_particles(Markup(said(sentence)) % variables)  # noqa: S704 ours, too

    return translated


def with_particles(text: str) -> str:
    """Let the particles of a Korean sentence follow what was put in; markup stays markup."""
    if "(" not in text or language() != "ko":
        return text
    return type(text)(settled(text))  # only particles are shortened, so what was escaped stays so


def options(choices: Iterable[tuple[str, str]], chosen: str | None) -> Markup:
    """Write the options of a choice, each a code with its name, as the macro `option` does one."""
    return _options(tuple(choices), chosen)


@lru_cache(maxsize=_KEPT_CHOICES)
def _options(choices: tuple[tuple[str, str], ...], chosen: str | None) -> Markup:
    return Markup("").join(
        _OPTION % (code, _CHOSEN if code == chosen else "", text) for code, text in choices
    )


def address_of_profile(side: str) -> Callable[[str], str]:
    """Give what makes the addresses of profiles of a side by their ids, as `url_for` would."""
    start = url_for("staff.profile", side=side, id="x")[:-1]
    return lambda id: start + quote(id, safe=_PLAIN_IN_A_PATH)
