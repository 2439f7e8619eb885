"""Owns markets: which countries a text names, and the sentence that names each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from matcher.needs import sentence_of
from profiles import Text
from profiles.taxonomy import Names

_WORDS = frozenset({"수단", "이란", "오만", "가나", "말리", "피지", "차드", "통가", "기니", "쿠바"})
"""Names of countries that are words or endings of words, too: they count beside a market alone."""

_MARKET = r"\s?(?:시장|진출|수출|현지|법인|인허가|인증)"
_AFTER = (
    r"(?=$|[^가-힣]|시장|진출|수출|현지|법인|인허가|인증|병원|기업"
    r"|에서|에|의|과|와|및|으로|로|을|를|은|는|이|가|내)"
)
_SHORT = {"US": r"U\.?S\.?A?\.?", "GB": r"U\.?K\.?", "AE": r"UAE", "KR": r"Korea"}


def countries_named(text: Text | None, *, apart_from: str | None = None) -> dict[str, Names]:
    """Give the countries that a text names, each with the first sentence that does.

    Args:
        text: in either language, or both.
        apart_from: a country that is left out, such as the writer's own.

    Returns:
        ISO 3166-1 alpha-2 code → sentence, in the order of the codes.
    """
    if text is None:
        return {}
    spoken = text.joined
    named = [code for code, form in _forms().items() if form.search(spoken) and code != apart_from]
    return {code: said for code in named if (said := _sentence(text, code))}


def _sentence(text: Text, code: str) -> Names | None:
    form = _forms()[code]
    return sentence_of(text, lambda said: form.search(said) is not None)


@cache
def _forms() -> Mapping[str, re.Pattern[str]]:
    """Give what finds the names of each country: whole words in English, with endings in Korean."""
    import pycountry
    from babel import Locale

    english, korean = Locale("en").territories, Locale("ko").territories
    codes = sorted(country.alpha_2 for country in pycountry.countries)
    return {
        code: re.compile("|".join([*_english(code, english), *_korean(code, korean)]))
        for code in codes
        if code in english and code in korean
    }


def _english(code: str, names: Mapping[str, str]) -> list[str]:
    short = [rf"(?<![\w.]){_SHORT[code]}(?!\w)"] if code in _SHORT else []
    return [rf"\b{re.escape(names[code])}\b", *short]


def _korean(code: str, names: Mapping[str, str]) -> list[str]:
    name = names[code]
    after = _MARKET if name in _WORDS else _AFTER
    return [rf"(?<![가-힣]){re.escape(name)}{after}"] if len(name) > 1 else []
