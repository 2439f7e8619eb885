"""Owns the traces of a profile: what must be found nowhere once it is erased, in every spelling."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from profiles.cases import HeldCase
    from profiles.cohorts import HeldEntry
    from profiles.drafts import Draft
    from profiles.judges import HeldOfJudge
    from profiles.privacy import Held
    from profiles.reviews import Review

SHORTEST_SENTENCE = 20
"""How wide a sentence is that chance does not repeat: a letter is one, a Hangul syllable two."""
_SHORTEST_PIECE = 6
_FEWEST_VALUES = 8
_BLOCK = 4 << 20
_SENTENCE_END = re.compile(r"(?<=[.!?。])\s+|\n+")
_TEXTS = ("summary", "offering", "seeking")


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that must vanish: a text, or the float16 bytes of a vector; and where it stood."""

    what: str
    text: str | None = None
    vector: bytes | None = None
    any_case: bool = False


def traces_of(held: Held) -> tuple[list[Trace], list[str]]:
    """Collect what must vanish with a profile, and say what cannot be searched for by itself.

    Collected are sentences of 20 or more characters (10 of Hangul) of its texts, of the subjects
    of its ties and of the notes of verdicts, judgements and kept-apart pairs, in every revision;
    its names and contact; its vectors. Left out is what cannot be told from chance: shorter
    sentences, names of one or two letters or that are part of the id (which stays in the audit
    line), and vectors of a few values only.
    """
    said = list(dict.fromkeys(_said(held)))
    ids = "\n".join({held.profile.id, *(one.id for one in held.revisions)}).casefold()
    good = [trace for trace in said if _is_telling(trace, ids)]
    left = [trace for trace in said if trace not in good]
    return good, [f"too short or too common to be searched for: {trace.what}" for trace in left]


def traces_of_draft(draft: Draft) -> tuple[list[Trace], list[str]]:
    """Collect what must vanish with a draft: its sentences, its addresses and its names."""
    names = [str(draft.values.get(f"name_{part}", "")) for part in ("ko", "en")]
    named = [Trace(f"draft {draft.id}: name", text=name, any_case=True) for name in names if name]
    said = [*named, *_of_draft(draft)]
    good = [trace for trace in said if _is_telling(trace, draft.id)]
    left = [trace for trace in said if trace not in good]
    return good, [f"too short to be searched for: {trace.what}" for trace in left]


def traces_of_judge(held: HeldOfJudge) -> tuple[list[Trace], list[str]]:
    """Collect what must vanish with a judge: the sentences of their notes.

    The name itself is not searched for: histories may name the same person as an editor.
    """
    seen: set[str] = set()
    said: list[Trace] = []
    for pair, one in held.judgements:
        where = f"judgement of {pair.startup} and {pair.partner}: note"
        said += _fresh(_sentences(where, {"note": one.note}), seen)
    good = [trace for trace in said if _is_telling(trace, "")]
    left = [trace for trace in said if trace not in good]
    untold = ["the name is not searched for: histories may name the same person as an editor"]
    return good, untold + [f"too short to be searched for: {trace.what}" for trace in left]


def pieces_of(trace: Trace) -> set[bytes]:
    """Spell a trace in every way in which a file may hold it, as pieces of bytes.

    Long ones are given in halves, so that one that a database page cuts in two is still found.
    """
    if trace.vector is not None:
        return {p for form in _vector_forms(trace.vector) for p in _halves(form) if _is_varied(p)}
    text = trace.text or ""
    wide = len(text) >= 2 * SHORTEST_SENTENCE
    parts = (text[: len(text) // 2], text[len(text) // 2 :]) if wide else (text,)
    if trace.any_case:
        parts = (*parts, *(part.casefold() for part in parts))
    spelt = {form for part in parts for form in _text_forms(part)}
    return {form for form in spelt if len(form) >= _SHORTEST_PIECE}


class Needles:
    """Searches blocks of bytes for many pieces at once, in a time that hardly grows with them."""

    def __init__(self, traces: Sequence[Trace], *, block: int = _BLOCK) -> None:
        self._block = block
        self._traces_of: dict[bytes, set[int]] = {}
        for number, trace in enumerate(traces):
            for piece in pieces_of(trace):
                self._traces_of.setdefault(piece, set()).add(number)
        self._by_start: dict[bytes, list[bytes]] = {}
        self._tables = [np.zeros(1 << 16, dtype=bool) for _ in range(3)]
        for piece in self._traces_of:
            self._by_start.setdefault(piece[:_SHORTEST_PIECE], []).append(piece)
            for place, table in enumerate(self._tables):
                table[int.from_bytes(piece[2 * place : 2 * place + 2], "little")] = True
        self._overlap = max((len(piece) for piece in self._traces_of), default=1) - 1

    def search(self, blocks: Iterable[bytes]) -> tuple[set[int], int]:
        """Give the numbers of the traces that the blocks hold, and how many bytes they are."""
        found: set[int] = set()
        size, kept = 0, b""
        for block in _large(blocks, self._block):
            size += len(block)
            window = kept + block
            for piece in self._pieces_in(window):
                found |= self._traces_of[piece]
            kept = window[max(0, len(window) - self._overlap) :]
        return found, size

    def _pieces_in(self, window: bytes) -> Iterator[bytes]:
        for place in self._candidates(window):
            for piece in self._by_start.get(window[place : place + _SHORTEST_PIECE], ()):
                if window.startswith(piece, place):
                    yield piece

    def _candidates(self, window: bytes) -> list[int]:
        """Give the places where the first six bytes, two and two, are those of some piece."""
        read = np.frombuffer(window, dtype=np.uint8)
        if len(read) < _SHORTEST_PIECE:
            return []
        pairs = read[:-1] | (read[1:].astype(np.uint16) << 8)
        places: NDArray[Any] = np.flatnonzero(self._tables[0][pairs[:-4]])
        for ahead, table in ((2, self._tables[1]), (4, self._tables[2])):
            places = places[table[pairs[places + ahead]]]
        return [int(place) for place in places]


def _said(held: Held) -> Iterator[Trace]:
    profile = held.profile
    states: list[tuple[str, Mapping[str, Any]]] = [("", profile.model_dump(mode="json"))]
    states += [(f"revision {r.number}: ", r.payload) for r in held.revisions if r.payload]
    seen: set[str] = set()
    for where, payload in states:
        yield from _fresh(_of_payload(where, payload), seen)
    for tie in held.ties:
        yield from _fresh(_sentences(f"tie {tie.id}: subject", tie.model_dump()["subject"]), seen)
    for r in held.tie_revisions:
        subject = (r.payload or {}).get("subject")
        yield from _fresh(_sentences(f"tie {r.id}, revision {r.number}: subject", subject), seen)
    for number, verdict in enumerate(held.verdicts, 1):
        yield from _fresh(_sentences(f"verdict {number}: note", {"note": verdict.note}), seen)
    for r in held.verdict_revisions:
        note = (r.payload or {}).get("note")
        yield from _fresh(_sentences(f"verdict of {r.id}, {r.number}: note", {"note": note}), seen)
    for one in held.apart:
        yield from _fresh(_sentences(f"{one.a} apart from {one.b}: note", {"note": one.note}), seen)
    for judged in held.judged:
        note = judged.judgement.note if judged.judgement else ""
        where = f"judgement in {judged.pair.round}: note"
        yield from _fresh(_sentences(where, {"note": note}), seen)
    yield from _fresh(_of_participants(held), seen)
    asked = map(_of_review, held.reviews)
    applied = map(_of_entry, held.entries)
    for said in (*map(_of_case, held.cases), *map(_of_draft, held.edits), *asked, *applied):
        yield from _fresh(said, seen)
    for v in held.vectors:
        yield Trace(f"{v.owner_kind} {v.owner_id}: vector of {v.facet}", vector=v.data)


def _of_participants(held: Held) -> Iterator[Trace]:
    for one in held.participants:
        for name in filter(None, (one.called, one.organisation)):
            yield Trace(f"participant {one.id}: name", text=name, any_case=True)


def _of_case(held: HeldCase) -> Iterator[Trace]:
    where = f"case {held.case.id}: "
    yield from _sentences(f"{where}words", {"words": held.case.declined_words})
    for event in held.events:
        said = {name: event.data.get(name) for name in ("text", "words", "place")}
        yield from _sentences(f"{where}{event.kind}", said)
    for meeting in held.meetings:
        yield from _sentences(f"{where}place of a meeting", {"place": meeting.place})


def _of_review(one: Review) -> Iterator[Trace]:
    where = f"request {one.id}: "
    said = {"words": one.words, "answer": one.answer}
    yield from _sentences(f"{where}words", said)
    for extension in one.extensions:
        yield from _sentences(f"{where}extension", {"why": extension.why})


def _of_entry(held: HeldEntry) -> Iterator[Trace]:
    where = f"entry {held.entry.id}: "
    yield from _sentences(f"{where}note", {"note": held.entry.note})
    yield from _sentences(f"{where}reason", {"reason": held.entry.reason})
    said = [*(one.reason for one in held.scores), *(one.reason for one in held.recusals)]
    for reason in said:
        yield from _sentences(f"{where}reason", {"reason": reason})
    for event in held.events:
        yield from _sentences(f"{where}{event.kind}", {"reason": event.data.get("reason")})


def _of_draft(draft: Draft) -> Iterator[Trace]:
    where = f"draft {draft.id}: "
    for name, value in draft.values.items():
        if isinstance(value, str):
            yield from _sentences(f"{where}{name}", {"text": value})
    for address in (draft.email, draft.values.get("contact")):
        if address and isinstance(address, str):
            yield Trace(f"{where}contact", text=address, any_case=True)


def _fresh(traces: Iterable[Trace], seen: set[str]) -> Iterator[Trace]:
    """Pass over what an earlier state said in the same words."""
    for trace in traces:
        if trace.text not in seen:
            seen.add(trace.text or "")
            yield trace


def _of_payload(where: str, payload: Mapping[str, Any]) -> Iterator[Trace]:
    for field in _TEXTS:
        yield from _sentences(f"{where}{field}", payload.get(field))
    names = [name for name in (payload.get("name") or {}).values() if name]
    for name in (*names, *(payload.get("aliases") or ())):
        yield Trace(f"{where}name", text=name, any_case=True)
    if payload.get("contact"):
        yield Trace(f"{where}contact", text=payload["contact"], any_case=True)


def _sentences(where: str, text: Mapping[str, str | None] | None) -> Iterator[Trace]:
    for part in (text or {}).values():
        split = _SENTENCE_END.split(part or "")
        for number, sentence in enumerate((one.strip() for one in split), 1):
            if sentence:
                yield Trace(f"{where}, sentence {number}", text=sentence)


def _is_telling(trace: Trace, ids: str) -> bool:
    if trace.text is None:
        return bool(pieces_of(trace))
    if trace.any_case:
        return trace.text.casefold() not in ids and len(trace.text.encode()) >= _SHORTEST_PIECE
    return _width(trace.text) >= SHORTEST_SENTENCE


def _width(text: str) -> int:
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def _text_forms(text: str) -> Iterator[bytes]:
    quoted = json.dumps(text, ensure_ascii=False)[1:-1]
    spelt = {
        text,
        json.dumps(text)[1:-1],
        quoted,
        json.dumps(quoted)[1:-1],  # a payload within a line of a backup
        json.dumps(quoted, ensure_ascii=False)[1:-1],
        text.replace('"', '""'),
        html.escape(text, quote=False),
        html.escape(text),
    }
    for one in spelt:
        yield one.encode("utf-8")
        yield one.encode("utf-16-le")
        yield one.encode("utf-16-be")
    try:
        yield text.encode("cp949")
    except UnicodeEncodeError:
        return


def _vector_forms(data: bytes) -> Iterator[bytes]:
    from index.writer import read_vector

    yield data
    yield base64.b64encode(data)
    if len(data) % 2 == 0:
        with np.errstate(all="ignore"):  # a broken vector must not keep a profile from erasure
            forms = (np.frombuffer(data, dtype="<f2").astype("<f4"), read_vector(data))
        yield from (form.astype("<f4").tobytes() for form in forms)


def _halves(data: bytes) -> tuple[bytes, bytes]:
    half = len(data) // 2
    return data[:half], data[half:]


def _is_varied(piece: bytes) -> bool:
    return len(set(piece)) >= _FEWEST_VALUES


def _large(blocks: Iterable[bytes], enough: int) -> Iterator[bytes]:
    gathered: list[bytes] = []
    size = 0
    for block in blocks:
        gathered.append(block)
        size += len(block)
        if size >= enough:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)
