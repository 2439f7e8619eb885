"""Owns the notice to an applicant: a place, the reserve, or why none; nothing about anybody else.

A notice tells how many applied, how many each step left, and how many places there were; with a
place where it is and what comes next, without one for each host that the applicant was eligible for
or asked for why it was not given a place there, and its place in the reserve. It holds no name, fit
or place of another applicant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from matcher.assignment.alternates import reserves_of
from matcher.assignment.envy import Envy, count_wanted, envy_of, said
from matcher.assignment.record import Record
from matcher.assignment.turnout import numbers_said
from matcher.phrases import phrase
from profiles.taxonomy import Names

Pair = tuple[str, str]
Name = Callable[[str], Names]

MOST_HOSTS = 8
"""Of how many hosts a notice tells why there was no place; of the others how many they are."""


class Result(StrEnum):
    """What a notice tells: a place, a place in the reserve, or neither."""

    SELECTED = "selected"
    RESERVE = "reserve"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an applicant beside the record.

    Attributes:
        refused: (applicant, host) → why the rules of eligibility refuse the pair.
        barred: applicant → the rules of eligibility that it does not meet anywhere.
        screened: applicant → why it was taken out by a screening.
        placed: applicant → the hosts whose places it has by now; None: as the record says.
        gone: those who gave a place back, or took their application back: they get no notice.
    """

    refused: Mapping[Pair, Sequence[Names]] = field(default_factory=dict)
    barred: Mapping[str, Sequence[Names]] = field(default_factory=dict)
    screened: Mapping[str, Sequence[Names]] = field(default_factory=dict)
    placed: Mapping[str, Sequence[str]] | None = None
    gone: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice, in Korean and English: paragraphs of plain text."""

    applicant: str
    result: Result
    subject: Names
    paragraphs: tuple[Names, ...]

    def text(self, lang: str) -> str:
        """Give the paragraphs in `lang` ("en" or "ko"), with an empty line between them."""
        return "\n\n".join(one.in_(lang) for one in self.paragraphs) + "\n"


def notices(
    record: Record, name: Name, *, programme: Names, known: Known | None = None
) -> tuple[Notice, ...]:
    """Write the notice of everyone who applied, by ascending id.

    Args:
        record: what was decided, overrides included.
        name: what a host, or a rule, is called, by its id.
        programme: what the programme is called.
        known: what the record does not hold: further reasons, and what came after it.
    """
    known = known or Known()
    placed = _placed(record) if known.placed is None else known.placed
    reserve = _ranks(reserves_of(record), left={*known.gone, *(known.placed or ())})
    told = _Told(record, name, programme, known, reserve)
    found = [told.selection(id, hosts) for id, hosts in placed.items() if hosts]
    have = {one.applicant for one in found}
    found += [one for one in _refusals(told) if one.applicant not in have]
    return tuple(sorted(found, key=lambda one: one.applicant))


def notice(
    record: Record, applicant: str, name: Name, *, programme: Names, known: Known | None = None
) -> Notice:
    """Write the notice of one applicant.

    Raises:
        KeyError: if it did not apply, or is gone.
    """
    found = {one.applicant: one for one in notices(record, name, programme=programme, known=known)}
    return found[applicant]


def _placed(record: Record) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for applicant, host in record.pairs:
        found.setdefault(applicant, []).append(host)
    return found


def _refusals(told: _Told) -> Iterator[Notice]:
    """Write the notice of everyone without a place, those in the reserve included."""
    record, known, decided = told.record, told.known, told.record.decided
    placed = {applicant for applicant, _ in decided.pairs}
    ids = [id for id in record.instance.applicant_ids if id not in placed]
    audits = _by_applicant(envy_of(record, ids, most=MOST_HOSTS))
    wanted = count_wanted(record.instance, decided)
    everyone = {*ids, *known.screened, *known.barred} - placed - {*known.gone, *record.left}
    for id in sorted(everyone):
        yield told.refusal(id, audits.get(id, ()), wanted.get(id, 0))


@dataclass(frozen=True, slots=True)
class _Told:
    record: Record
    name: Name
    programme: Names
    known: Known
    reserve: Mapping[str, Sequence[tuple[str, int]]]

    def selection(self, id: str, hosts: Sequence[str]) -> Notice:
        """Write the notice of one who has a place of each of some hosts by now."""
        up = id not in {applicant for applicant, _ in self.record.pairs}
        told = [
            phrase("notice.moved_up" if up else "notice.selected", programme=self.programme),
            *(phrase("notice.place", host=self.name(host)) for host in hosts),
            *self._by_person(id),
            self._numbers(),
            phrase("notice.next_waited" if self._waited(hosts) else "notice.next"),
            phrase("notice.rights"),
        ]
        return self._notice(id, Result.SELECTED, told)

    def refusal(self, id: str, audit: Sequence[Envy], wanted: int) -> Notice:
        """Write the notice of one without a place.

        Args:
            id: whose.
            audit: why it has not got the places that it would rather have, the dearest first.
            wanted: how many hosts there are that it would rather have.
        """
        reasons = [*self._kept_out(id), *self._refused(id), *self._not_given(audit)]
        ranks = [
            phrase("notice.reserve", host=self.name(at), rank=rank)
            for at, rank in self.reserve.get(id, ())
        ]
        told = [
            phrase("notice.waits" if ranks else "notice.result", programme=self.programme),
            *ranks,
            *self._by_person(id),
            self._numbers(),
            phrase("notice.reasons"),
            *(reasons or [phrase("notice.nowhere")]),
            *([phrase("notice.others", count=wanted - len(audit))] if wanted > len(audit) else ()),
            phrase("notice.rights"),
        ]
        return self._notice(id, Result.RESERVE if ranks else Result.REFUSED, told)

    def _notice(self, id: str, result: Result, paragraphs: Sequence[Names]) -> Notice:
        subject = phrase("notice.subject", programme=self.programme)
        return Notice(id, result, subject, tuple(paragraphs))

    def _waited(self, hosts: Collection[str]) -> bool:
        """Tell whether somebody stands on the reserve of one of these hosts by now."""
        return any(at in hosts for ranks in self.reserve.values() for at, _ in ranks)

    def _by_person(self, id: str) -> list[Names]:
        """Tell that a person decided otherwise than the search did."""
        decided = id in {one.applicant for one in self.record.by_hand}
        return [phrase("notice.by_person")] if decided else []

    def _numbers(self) -> Names:
        placed = len({a for a, _ in self.record.pairs})
        return numbers_said(self.record.turnout, self.record.instance, placed)

    def _kept_out(self, id: str) -> list[Names]:
        told = {"notice.barred": self.known.barred, "notice.screened": self.known.screened}
        return [
            phrase(code, reason=reason)
            for code, reasons in told.items()
            for reason in reasons.get(id, ())
        ]

    def _refused(self, id: str) -> list[Names]:
        return [
            phrase("notice.refused", host=self.name(host), reason=reason)
            for (applicant, host), reasons in sorted(self.known.refused.items())
            if applicant == id
            for reason in reasons
        ]

    def _not_given(self, audit: Sequence[Envy]) -> list[Names]:
        told = {pair for pair, reasons in self.known.refused.items() if reasons}
        return [said(one, self.name) for one in audit if (one.applicant, one.host) not in told]


def _by_applicant(found: Sequence[Envy]) -> dict[str, list[Envy]]:
    by: dict[str, list[Envy]] = {}
    for one in found:
        by.setdefault(one.applicant, []).append(one)
    return by


def _ranks(
    reserve: Mapping[str, tuple[str, ...]], left: Collection[str]
) -> dict[str, list[tuple[str, int]]]:
    """Give (host, place) of each reserve that one stands in, without those who left it since."""
    ranks: dict[str, list[tuple[str, int]]] = {}
    for host, ids in reserve.items():
        for rank, id in enumerate((one for one in ids if one not in left), 1):
            ranks.setdefault(id, []).append((host, rank))
    return ranks
