"""Owns the notice to an applicant that got no place: the reasons, and nothing about anybody else.

A notice tells how many applied and how many places there were, for each host that the applicant
was eligible for or asked for why it was not given a place there, and its place in the reserve. It
holds no name, fit or place of another applicant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from matcher.assignment.alternates import reserves
from matcher.assignment.envy import Envy, count_wanted, envy, said
from matcher.assignment.instance import Instance
from matcher.assignment.record import Record
from matcher.assignment.solution import Solution
from matcher.phrases import phrase
from profiles.taxonomy import Names

Pair = tuple[str, str]
Name = Callable[[str], Names]

RESERVE = 5
"""How far the reserve of a host is told."""

MOST_HOSTS = 8
"""Of how many hosts a notice tells why there was no place; of the others how many they are."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an applicant beside the record.

    Attributes:
        refused: (applicant, host) → why the rules of eligibility refuse the pair.
        barred: applicant → the rules of eligibility that it does not meet anywhere.
        screened: applicant → why it was taken out by a screening.
    """

    refused: Mapping[Pair, Sequence[Names]] = field(default_factory=dict)
    barred: Mapping[str, Sequence[Names]] = field(default_factory=dict)
    screened: Mapping[str, Sequence[Names]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice, in Korean and English: paragraphs of plain text."""

    applicant: str
    subject: Names
    paragraphs: tuple[Names, ...]

    def text(self, lang: str) -> str:
        """Give the paragraphs in `lang` ("en" or "ko"), with an empty line between them."""
        return "\n\n".join(one.in_(lang) for one in self.paragraphs) + "\n"


def refusals(
    record: Record, name: Name, *, programme: Names, known: Known | None = None
) -> tuple[Notice, ...]:
    """Write the notice of everyone without a place, by ascending id.

    Args:
        record: what was decided, overrides included.
        name: what a host, or a rule, is called, by its id.
        programme: what the programme is called.
        known: reasons that the record does not hold.
    """
    known = known or Known()
    decided = record.decided
    placed = {applicant for applicant, _ in decided.pairs}
    ids = [id for id in record.instance.applicant_ids if id not in placed]
    audits = _by_applicant(envy(record.instance, decided, ids, most=MOST_HOSTS))
    wanted = count_wanted(record.instance, decided)
    reserve = _ranks(reserves(record.instance, decided, RESERVE))
    everyone = sorted({*ids, *({*known.screened, *known.barred} - placed)})
    told = _Told(record.instance, decided, name, programme, known)
    return tuple(
        told.notice(id, audits.get(id, ()), wanted.get(id, 0), reserve.get(id, ()))
        for id in everyone
    )


def refusal(
    record: Record, applicant: str, name: Name, *, programme: Names, known: Known | None = None
) -> Notice:
    """Write the notice of one applicant.

    Raises:
        KeyError: if it has a place, or did not apply.
    """
    found = {one.applicant: one for one in refusals(record, name, programme=programme, known=known)}
    return found[applicant]


@dataclass(frozen=True, slots=True)
class _Told:
    instance: Instance
    solution: Solution
    name: Name
    programme: Names
    known: Known

    def notice(
        self, id: str, audit: Sequence[Envy], wanted: int, reserve: Sequence[tuple[str, int]]
    ) -> Notice:
        """Write the notice of one applicant.

        Args:
            id: whose.
            audit: why it has not got the places that it would rather have, the dearest first.
            wanted: how many hosts there are that it would rather have.
            reserve: (host, place) of each reserve that it stands in.
        """
        reasons = [*self._kept_out(id), *self._refused(id), *self._not_given(audit)]
        paragraphs = [
            phrase("notice.result", programme=self.programme),
            self._numbers(),
            *(reasons or [phrase("notice.nowhere")]),
            *([phrase("notice.others", count=wanted - len(audit))] if wanted > len(audit) else ()),
            *(phrase("notice.reserve", host=self.name(host), rank=rank) for host, rank in reserve),
            phrase("notice.rights"),
        ]
        return Notice(id, phrase("notice.subject", programme=self.programme), tuple(paragraphs))

    def _numbers(self) -> Names:
        applied, placed = len(self.instance.applicants), len({a for a, _ in self.solution.pairs})
        return phrase("notice.numbers", applied=applied, placed=placed)

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


def _ranks(reserve: Mapping[str, tuple[str, ...]]) -> dict[str, list[tuple[str, int]]]:
    ranks: dict[str, list[tuple[str, int]]] = {}
    for host, ids in reserve.items():
        for rank, id in enumerate(ids, 1):
            ranks.setdefault(id, []).append((host, rank))
    return ranks
