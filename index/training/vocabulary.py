"""Makes the tokenizer: one vocabulary of word pieces for English and Korean."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.models import Model

UNKNOWN = "[UNK]"
MAX_PIECE = 18
KEPT_SHARE = -7.0
KEPT_KOREAN = 4

_HANGUL = re.compile(r"[ㄱ-ㆎ가-힣]")
_SEPARATORS = r"[\s\p{P}\p{S}]+"
_HANGUL_RUN = r"[ㄱ-ㆎ가-힣]+"


def train_tokenizer(
    english: Iterable[str], korean: Iterable[str], *, words: Iterable[str], size: int
) -> Tokenizer:
    """Train a tokenizer of at most `size` pieces.

    Texts are folded to NFKC and lower case, punctuation is dropped, and runs of Hangul are parted
    from Latin letters and digits. The pieces are those of byte-pair merges, learnt apart for the
    two languages so that the larger corpus does not crowd out the other, and the words of
    `words` (Korean ones of at most four syllables); a text is cut into the most probable pieces
    (unigram model over their counts). The same texts give the same tokenizer: no step depends on
    threads or on hash order.
    """
    counts = {False: _word_counts(english), True: _word_counts(korean)}
    for word, count in _word_counts(words).items():
        counts[_is_korean(word)][word] += count
    total = counts[False] + counts[True]
    kept = {
        w for w in _word_counts(words) if len(w) <= (KEPT_KOREAN if _is_korean(w) else MAX_PIECE)
    }
    pieces = kept | {character for word in total for character in word} | _common_syllables()
    room = max(0, size - 1 - len(pieces))
    korean_pieces = _merged_pieces(counts[True], room // 3)
    pieces |= korean_pieces
    pieces |= _merged_pieces(counts[False], max(0, size - 1 - len(pieces)))
    return _unigram(_scores(sorted(pieces), total, kept))


def _bare_tokenizer(model: Model) -> Tokenizer:
    """Wrap a tokenizers model in our normaliser and splitter."""
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers

    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(_SEPARATORS), "removed"),
        pre_tokenizers.Split(Regex(_HANGUL_RUN), "isolated"),
    ])
    return tokenizer


def _words(texts: Iterable[str]) -> Iterator[str]:
    """Yield the words that the tokenizer sees in the texts."""
    from tokenizers import models

    bare = _bare_tokenizer(models.BPE())
    for text in texts:
        for word, _ in bare.pre_tokenizer.pre_tokenize_str(bare.normalizer.normalize_str(text)):
            yield word


def _word_counts(texts: Iterable[str]) -> Counter[str]:
    """Count the words of the texts."""
    return Counter(_words(texts))


def _is_korean(word: str) -> bool:
    """Tell whether a word is written in Hangul."""
    return _HANGUL.search(word) is not None


def _common_syllables() -> set[str]:
    """List the 2,350 syllables of KS X 1001, those that Korean texts are made of."""
    rows = (bytes([high, low]) for high in range(0xB0, 0xC9) for low in range(0xA1, 0xFF))
    return {row.decode("euc-kr") for row in rows}


def _merged_pieces(counts: Counter[str], limit: int) -> set[str]:
    """Learn up to `limit` byte-pair pieces from word counts."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = {character for word in counts for character in word}
    trainer = trainers.BpeTrainer(
        vocab_size=limit + len(alphabet),
        min_frequency=2,
        max_token_length=MAX_PIECE,
        show_progress=False,
    )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    chunks = (" ".join([word] * min(count, 1_000)) for word, count in ordered)
    tokenizer.train_from_iterator(chunks, trainer)
    return set(tokenizer.get_vocab()) - alphabet


def _scores(pieces: list[str], counts: Counter[str], kept: set[str]) -> list[tuple[str, float]]:
    """Score each piece by the logarithm of its share in the text, counted inside words too.

    Kept words hold a share of at least exp(-7), so that "AI" or "5G" is never cut in two.
    """
    known = set(pieces)
    found: Counter[str] = Counter()
    for word, count in counts.items():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + MAX_PIECE) + 1):
                if word[start:end] in known:
                    found[word[start:end]] += count
    total = sum(found.values()) + len(pieces)
    shares = {piece: math.log((found[piece] + 1) / total) for piece in pieces}
    floors = dict.fromkeys(kept, KEPT_SHARE)
    return [(p, round(max(shares[p], floors.get(p, -math.inf)), 4)) for p in pieces]


def _unigram(scores: list[tuple[str, float]]) -> Tokenizer:
    """Make a unigram tokenizer, the unknown token first, then pieces by score and spelling."""
    from tokenizers import models

    ordered = sorted(scores, key=lambda item: (-item[1], item[0]))
    return _bare_tokenizer(models.Unigram([(UNKNOWN, -30.0), *ordered], unk_id=0))
