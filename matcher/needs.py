"""Owns the needs of a startup: what it seeks by ticks and words, and which partner bears which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from index import tokenise
from index.prose import told
from matcher.bundle_words import say
from matcher.matchlist import Evidence
from matcher.roles import role_name, role_of
from matcher.sentences import sentences
from matcher.traits import relation
from matcher.words import Commonness, is_bare, telling_words, tokens_of
from profiles import Partner, PartnerKind, Profile, Startup, Text
from profiles.data import read_yaml
from profiles.taxonomy import Names, find_sectors, find_supports, sectors, terms
from profiles.taxonomy.names import PhraseBook

MOST_WORDS = 6
"""How many words of a text are needs at most."""

_LANGS = ("ko", "en")


class NeedKind(StrEnum):
    """How a startup says that it seeks something."""

    SUPPORT = "support"
    NAMED = "named"
    PARTNER = "partner"
    SECTOR = "sector"
    WORD = "word"


WEIGHTS: Mapping[NeedKind, int] = {
    NeedKind.SUPPORT: 8,
    NeedKind.NAMED: 4,
    NeedKind.PARTNER: 4,
    NeedKind.SECTOR: 2,
    NeedKind.WORD: 1,
}
"""What it counts that a need is covered: one that is ticked, more than all words together."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a startup seeks.

    Attributes:
        kind: whether it is ticked, or stands in the text of what it looks for.
        code: the support, kind of partner, sector or word.
        name: how it is called.
        sentence: the sentence of the startup that says so; None where it is ticked.
    """

    kind: NeedKind
    code: str
    name: Names
    sentence: Names | None = None

    @property
    def id(self) -> str:
        """Its own among the needs of a startup."""
        return f"{self.kind.value}:{self.code}"

    @property
    def weight(self) -> int:
        """What it counts that it is covered."""
        return WEIGHTS[self.kind]


def needs_of(
    startup: Startup, partners: Sequence[Partner] = (), commonness: Commonness | None = None
) -> tuple[Need, ...]:
    """Read the needs of a startup, the weightiest first.

    Those that are ticked (`seeks`); supports, kinds of partner and sectors that its text names
    beside them; and, where partners and the commonness of words are given, the rare words of the
    text that any of these partners says of itself. Of the text counts what is prose.
    """
    found = [
        Need(NeedKind.SUPPORT, code.value, terms("supports")[code].name) for code in startup.seeks
    ]
    if startup.seeking is not None:
        found += _named(startup.seeking, set(startup.seeks))
        if commonness is not None:
            found += _words(startup.seeking, partners, commonness, found)
    return tuple(sorted(found, key=lambda need: (-need.weight, need.id)))


def borne(need: Need, partner: Partner) -> Evidence | None:
    """Tell by what a partner covers a need: a fact of its profile, or a sentence of its own.

    None where nothing that is known of it does.
    """
    if need.kind in (NeedKind.SUPPORT, NeedKind.NAMED):
        return _support(need, partner)
    if need.kind is NeedKind.PARTNER:
        return _kind(need, partner)
    if need.kind is NeedKind.SECTOR:
        return _sector(need, partner)
    return _word(need, partner)


def covered_by(needs: Iterable[Need], partner: Partner) -> frozenset[str]:
    """Give the ids of the needs that a partner covers."""
    return frozenset(need.id for need in needs if borne(need, partner) is not None)


def _support(need: Need, partner: Partner) -> Evidence | None:
    if need.code not in partner.offers:
        return None
    quoted = sentence_of(partner.offering, lambda said: need.code in find_supports(said))
    if quoted is None:
        return Evidence("fact", say("offers", support=need.name))
    return Evidence("sentence", quoted, of=partner.id)


def _kind(need: Need, partner: Partner) -> Evidence | None:
    if role_of(partner.kind) != role_of(PartnerKind(need.code)):
        return None
    return Evidence("fact", say("is_a", kind=terms("partner_kinds")[str(partner.kind)].name))


def _sector(need: Need, partner: Partner) -> Evidence | None:
    for code in partner.sectors:
        if relation(code, need.code) in ("same", "parent"):
            return Evidence("fact", say("works_in", sector=sectors()[code].name))
    return None


def _word(need: Need, partner: Partner) -> Evidence | None:
    quoted = _quoted(_own_texts(partner), need.code)
    return Evidence("sentence", quoted, of=partner.id) if quoted else None


def _named(seeking: Text, ticked: Collection[str]) -> list[Need]:
    texts = [said for said in _spoken(seeking).values() if said]
    supports = _in_order(code for said in texts for code in find_supports(said))
    kinds = _in_order(code for said in texts for code in _kinds().find(said))
    fields = _in_order(code for said in texts for code in find_sectors(said))
    return [
        *(
            Need(
                NeedKind.PARTNER,
                code,
                role_name(role_of(PartnerKind(code)) or code),
                _names(seeking, code),
            )
            for code in kinds
        ),
        *(
            Need(NeedKind.NAMED, code, terms("supports")[code].name, _names(seeking, code))
            for code in supports
            if code not in ticked
        ),
        *(
            Need(NeedKind.SECTOR, code, sectors()[code].name, _names(seeking, code))
            for code in fields
        ),
    ]


def _names(seeking: Text, code: str) -> Names | None:
    """Give the sentence that names a support or sector."""

    def names(said: str) -> bool:
        return code in (*find_supports(said), *_kinds().find(said), *find_sectors(said))

    return sentence_of(seeking, names)


@cache
def _kinds() -> PhraseBook:
    """Give what finds the kinds of partner that a text names."""
    return PhraseBook.of((code, phrase) for code, phrases in _phrases() for phrase in phrases)


@cache
def _phrases() -> tuple[tuple[str, tuple[str, ...]], ...]:
    held = read_yaml("matcher", "partner_words.yaml")
    return tuple((code, (*said["en"], *said["ko"])) for code, said in held.items())


def _words(
    seeking: Text, partners: Sequence[Partner], commonness: Commonness, known: Sequence[Need]
) -> list[Need]:
    """Choose the rare words of a text that most partners say, in one language alone.

    A word that names what is a need already says it again, and is left out.
    """
    lang = _language(seeking, partners)
    own = {one: said if one == lang else "" for one, said in _spoken(seeking).items()}
    said_by: Counter[str] = Counter()
    for partner in partners:
        shared = telling_words(own, own_words(partner), commonness)
        said_by.update(word for word in shared.in_(lang).split(", ") if word)
    names = [f"{need.name.en}\n{need.name.ko}" for need in known]
    named = tokens_of("\n".join([*names, *(one for _, said in _phrases() for one in said)]))
    new = [word for word in said_by if is_bare(word) and not named.issuperset(tokenise(word))]
    best = sorted(new, key=lambda word: (-said_by[word], word))[:MOST_WORDS]
    return [Need(NeedKind.WORD, one, Names(one, one), _quoted([seeking], one)) for one in best]


def _language(seeking: Text, partners: Sequence[Partner]) -> str:
    """Choose the language of the text in which more partners say anything; Korean of equal ones."""
    there = [lang for lang in _LANGS if getattr(seeking, lang)]
    texts = [own_words(partner) for partner in partners]
    return max(there, key=lambda lang: sum(bool(one[lang]) for one in texts))


def _own_texts(profile: Profile) -> list[Text]:
    """Give what a profile says that it offers and is; what it seeks covers nothing."""
    return [text for text in (profile.offering, profile.summary) if text]


def own_words(profile: Profile) -> dict[str, str]:
    """Give what is prose of what a profile says that it offers and is, by language."""
    spoken = [_spoken(text) for text in _own_texts(profile)]
    return {lang: "\n".join(one[lang] for one in spoken).strip() for lang in _LANGS}


def _spoken(text: Text) -> dict[str, str]:
    """Give what of a text is prose, by language."""
    return {lang: told(getattr(text, lang) or "") for lang in _LANGS}


def _in_order(codes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(codes))


def _quoted(texts: Sequence[Text], word: str) -> Names | None:
    found = (sentence_of(text, lambda said: _holds(said, word)) for text in texts)
    return next((one for one in found if one), None)


def _holds(text: str, word: str) -> bool:
    return word.casefold() in text.casefold() and tokens_of(text).issuperset(tokenise(word))


def sentence_of(text: Text | None, is_wanted: Callable[[str], bool]) -> Names | None:
    """Give the first sentence of a text that is wanted, in each language in which there is one.

    Where one language has none, the other's stands in its place; None where neither has.
    """
    if text is None:
        return None
    ko, en = (
        next((one for one in sentences(said) if is_wanted(one)), "")
        for said in _spoken(text).values()
    )
    return Names(en or ko, ko or en) if en or ko else None
