"""Owns the opening and editing of a cohort: its dates, rules, hosts and criteria."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, insert, select

from profiles import rows
from profiles import tables as t
from profiles.cohorts.reading import cohort_row
from profiles.cohorts.values import MOST_SCREENINGS, Cohort, CohortError, CohortState
from profiles.cohorts.writing import change_cohort, cohort_to_change, read_words, record
from profiles.database import writing
from profiles.errors import UnknownRecord
from profiles.fields import Day, Ids, Plain, Seed, Whole, read_list
from profiles.record import Record
from profiles.rules import Rule, RuleKind, Rules
from profiles.schema import Programme
from profiles.store.connection import SYSTEM
from profiles.validation import validate

if TYPE_CHECKING:
    from profiles.store import Store

CRITERIA = ("technology", "market", "team", "partner_fit")
"""The criteria of screening where staff name none."""
MOST_CRITERIA = 10
SMALLEST_SEED = 10**15
"""A seed of a lottery has 16 digits or more: about 50 bits, which nobody tries out in a round."""
_PLACES = "places"


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > MOST_CRITERIA:
        raise PydanticCustomError("list", "too many", {"limit": MOST_CRITERIA})
    return tuple(dict.fromkeys(names))


_Criterion = Annotated[Plain, StringConstraints(max_length=100)]
_Criteria = Annotated[tuple[_Criterion, ...], BeforeValidator(read_list), AfterValidator(_distinct)]


class _Values(Record):
    name: Annotated[Plain, StringConstraints(max_length=200)]
    opens: Day | None = None
    closes: Day | None = None
    as_of: Day | None = None
    rules: Rules = ()
    hosts: Ids = ()
    criteria: _Criteria = CRITERIA
    screenings: Annotated[Whole, Field(le=MOST_SCREENINGS)] = MOST_SCREENINGS
    seed: Seed | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.opens and self.closes and self.closes < self.opens:
            raise PydanticCustomError("dates_order", "end before start", {"field": "closes"})
        return self


FIELDS = tuple(_Values.model_fields)
"""What staff set of a cohort."""


def open_cohort(
    store: Store, programme: str, *, by: str = SYSTEM, today: date | None = None, **values: Any
) -> Cohort:
    """Open a cohort of a programme, whose rules and hosts it takes over where none are given.

    Args:
        store: where the programme is.
        programme: its id.
        by: who opens it.
        today: the day that counts where `as_of` is not given; the day in UTC if not given.
        values: by name (`FIELDS`); `name` is needed.

    Raises:
        InvalidRecord: if a value is wrong, a host or one that a rule names is not held, or a rule
            that keeps applicants apart names one alone.
        UnknownId: if there is no such programme.
    """
    with writing(store.engine) as connection:
        held = _programmes(connection)
        own = _known(held, programme)
        raw = {"rules": rules_of(own), "hosts": hosts_of(own, held.values()), **values}
        said = validate(_Values, raw)
        _refuse_strangers(connection, held, said)
        _refuse_alone(said.rules, own.rules)
        _refuse_small(said.seed)
        at = rows.now()
        written = {**_written(said), "as_of": said.as_of or today or at.date()}
        state = CohortState.INTAKE.value
        made = insert(t.cohorts).values(
            **written, programme=programme, state=state, revision=1, by=by, at=at
        )
        id = connection.execute(made.returning(t.cohorts.c.id)).scalar_one()
        record(connection, id, None, "opened", by, {"name": said.name})
        return cohort_row(connection, id)


def edit_cohort(
    store: Store, id: int, changes: Mapping[str, Any], *, by: str = SYSTEM, base: int | None = None
) -> Cohort:
    """Change what staff set of a cohort (`FIELDS`), and keep what it was before.

    Raises:
        CohortError: if it is decided or given up.
        InvalidRecord: if a value is wrong, or a rule that keeps applicants apart names one alone.
        StaleEdit: if it has been changed since `base`.
        UnknownCohort: if there is none.
    """
    with writing(store.engine) as connection:
        cohort = cohort_to_change(connection, id, base)
        before = validate(_Values, {name: getattr(cohort, name) for name in FIELDS})
        said = validate(_Values, {**before.model_dump(exclude_defaults=True), **changes})
        said = said.model_copy(update={"as_of": said.as_of or before.as_of})
        _refuse_strangers(connection, _programmes(connection), said)
        _refuse_alone(said.rules, before.rules)
        if said.seed != before.seed:
            _refuse_small(said.seed)
        old, new = _written(before), _written(said)
        changed = {name: value for name, value in new.items() if value != old[name]}
        if not changed:
            return cohort
        told = {name: [_plain(old[name]), _plain(value)] for name, value in changed.items()}
        record(connection, id, None, "edited", by, told)
        return change_cohort(connection, cohort, **changed)


def set_state(
    store: Store,
    id: int,
    state: CohortState,
    *,
    reason: str = "",
    by: str = SYSTEM,
    base: int | None = None,
) -> Cohort:
    """Close the intake of a cohort, open it again, or give the cohort up (with a reason).

    Raises:
        CohortError: if it is decided or given up, or a reason is missing; a decision alone makes
            it decided.
        StaleEdit: if it has been changed since `base`.
        UnknownCohort: if there is none.
    """
    said = read_words(reason, needed=state is CohortState.DROPPED)
    with writing(store.engine) as connection:
        cohort = cohort_to_change(connection, id, base)
        if state in (CohortState.DECIDED, cohort.state):
            raise CohortError("state", "cohort_state", state.value)
        told = {"from": cohort.state.value, "to": state.value, "reason": said}
        record(connection, id, None, "state", by, told)
        return change_cohort(connection, cohort, state=state.value)


def rules_of(programme: Programme) -> tuple[Rule, ...]:
    """Give the rules of a programme; its places are one more where no rule bounds the total."""
    bounded = any(rule.kind is RuleKind.TOTAL for rule in programme.rules)
    taken = {rule.id for rule in programme.rules}
    if programme.places is None or bounded or _PLACES in taken:
        return programme.rules
    return (Rule(id=_PLACES, kind=RuleKind.TOTAL, high=programme.places), *programme.rules)


def hosts_of(programme: Programme, others: Iterable[Programme]) -> tuple[str, ...]:
    """Give the hosts of a programme: its parts, or its partners where it has none."""
    return parts_of(programme, others) or tuple(sorted(programme.partners))


def parts_of(programme: Programme, others: Iterable[Programme]) -> tuple[str, ...]:
    """Give the ids of the parts of a programme, ascending."""
    return tuple(sorted(one.id for one in others if one.part_of == programme.id))


def _programmes(connection: Connection) -> dict[str, Programme]:
    found = connection.execute(select(t.programmes.c.payload)).scalars()
    read = map(Programme.model_validate_json, found)
    return {one.id: one for one in read}


def _known(held: Mapping[str, Programme], id: str) -> Programme:
    if id not in held:
        raise UnknownRecord(id, "programme_unknown")
    return held[id]


def _refuse_strangers(
    connection: Connection, programmes: Mapping[str, Programme], said: _Values
) -> None:
    """Refuse hosts that are neither a partner nor a programme, and rules that name others."""
    known = rows.sides(connection, said.hosts).keys() | programmes.keys()
    for host in said.hosts:
        if host not in known:
            raise CohortError("hosts", "cohort_no_host", host)
    named = {host: rule.id for rule in said.rules for host in rule.hosts}
    for host in sorted(named.keys() - set(said.hosts)):
        raise CohortError("rules", "cohort_rule_host", host, rule=named[host])


def _refuse_alone(rules: Sequence[Rule], held: Sequence[Rule]) -> None:
    """Refuse to keep one applicant apart; a rule that stands may have lost others by erasure."""
    for number, rule in enumerate(rules):
        if rule.kind is RuleKind.APART and len(rule.applicants) == 1 and rule not in held:
            field, kind = f"rules.{number}.applicants", rule.kind.value
            raise CohortError(field, "rule_alone", rule.applicants[0], kind=kind)


def _refuse_small(seed: int | None) -> None:
    """Refuse a seed that could be found from its promise by trying."""
    if seed is not None and seed < SMALLEST_SEED:
        digits = len(str(SMALLEST_SEED))
        raise CohortError("seed", "cohort_seed", seed, digits=digits)


def _written(said: _Values) -> dict[str, Any]:
    dumped = [rule.model_dump(mode="json", exclude_defaults=True) for rule in said.rules]
    return {
        **said.model_dump(exclude={"rules", "hosts", "criteria"}),
        "rules": _json(dumped),
        "hosts": _json(said.hosts),
        "criteria": _json(said.criteria),
    }


def _json(values: Sequence[Any]) -> str:
    import json

    return json.dumps(list(values), ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
