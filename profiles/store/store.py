"""Owns the store as a whole: its parts together, and the erasure that concerns them all."""

from __future__ import annotations

from sqlalchemy import or_, select

from profiles import (
    accounts,
    cases,
    drafts,
    event_rows,
    jobs,
    judgements,
    links,
    merges,
    replays,
    reviews,
    rows,
    verdicts,
    views,
)
from profiles import tables as t
from profiles.cohorts import upkeep
from profiles.database import forget, writing
from profiles.store.connection import SYSTEM
from profiles.store.log import Log
from profiles.store.profiles import Profiles
from profiles.store.programmes import Programmes
from profiles.store.ties import Ties
from profiles.store.vectors import VectorsOfRecords
from profiles.store.verdicts import Verdicts
from profiles.vectors import Vectors


class Store(Profiles, Ties, Programmes, VectorsOfRecords, Verdicts, Log):
    """Reads and writes the database.

    Every write adds a revision of each record that it changes, and an entry of the change log, in
    its own transaction.
    """

    def erase(self, id: str, *, by: str = SYSTEM) -> int:
        """Delete a profile with its revisions, vectors, ties and judgements; give the newest seq.

        Its cases and its entries in cohorts go with all that is kept of them.

        Verdicts and what has been merged into it go, too. What stays is a line without content for
        each: that a record of this id was erased, when, by whom; of each verdict on it as a match
        of others, that it was given.

        Raises:
            UnknownId: if there is none.
        """
        with writing(self._engine) as connection:
            side = rows.sides(connection, [id]).get(id)
            if side is None:
                raise merges.missing(connection, id)
            family = merges.family(connection, id)
            of_it = or_(t.ties.c.a == id, t.ties.c.b == id)
            ties = {row.id for row in connection.execute(select(t.ties.c.id).where(of_it))}
            ties |= merges.aside_ties(connection, family)
            for kind, ids in (("tie", sorted(ties)), (side.value, family)):
                rows.write_vectors(connection, kind, {one: Vectors("") for one in ids})
                rows.forget_revisions(connection, kind, ids, by)
            rows.delete_by(connection, t.ties, t.ties.c.id, ties)
            verdicts.forget(connection, family)
            judgements.forget(connection, family)
            drafts.forget_edits(connection, family)
            links.forget_links(connection, family)
            views.forget_views_naming(connection, family)
            cases.forget_cases(connection, family)
            reviews.forget_reviews(connection, family)
            upkeep.forget_entries(connection, family)
            jobs.forget_named(connection, family)
            event_rows.forget_people(connection, family)
            accounts.let_go(connection, family)
            for column in (t.verdicts.c.query, t.verdicts.c.candidate):
                rows.delete_by(connection, t.verdicts, column, [id])
            rows.delete_by(connection, t.profiles, t.profiles.c.id, [id])
            merges.empty_revisions(connection, merges.once_in(connection, family))
            merges.forget_merges(connection, family)
            replays.forget(connection, family)
            changed = [("tie", tie) for tie in sorted(ties)]
            seq = rows.log(connection, [*changed, *((side.value, one) for one in family)])
        forget(self._engine)
        return seq
