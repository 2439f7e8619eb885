"""Tests of merging, its undoing and pairs kept apart, each on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import event, select, text

from index import Follower, Writer, import_file, verify
from profiles import (
    InvalidRecord,
    MergedId,
    Programme,
    Side,
    StaleEdit,
    Store,
    UnknownId,
    Verdict,
    rows,
    tables,
    validate,
)
from profiles.apart import (
    apart_pairs,
    count_proposals,
    keep_apart,
    keep_proposals,
    stored_proposals,
    withdraw_apart,
)
from profiles.backup import back_up
from profiles.consistency import faults
from profiles.database import alembic_config, reading, writing
from profiles.exporting import export_file
from profiles.identity import propose_duplicates
from profiles.importing import IMPORT_KINDS
from profiles.merging import find_merge, merges_of, plan, recent_merges
from profiles.privacy import erase, held, withdraw
from profiles.restoring import restore

CONSENT = {"version": "1", "purpose": "contact", "at": "2026-11-01T00:00:00Z"}


@pytest.fixture
def writer(store: Store, tiny) -> Writer:
    return Writer(store, tiny())


@pytest.fixture
def known(store: Store, writer: Writer, startup, partner, tie) -> Iterator[Store]:
    """Two startups that are one firm, with ties, verdicts and lists that name them."""
    writer.put_many([
        startup("k", "probes", name={"ko": "소노"}, sectors=["ai"], trl=4, conflicts=["d", "p2"]),
        startup(
            "d",
            "scanners",
            name={"en": "Sono Inc", "ko": "주식회사 소노"},
            aliases=["SN"],
            sectors=["medical_imaging", "ai"],
            trl=6,
            founded=2020,
            contact="ceo@sono.example",
            consent=CONSENT,
            conflicts=["p3"],
        ),
        startup("x", "others", conflicts=["p1"]),
        partner("p1", "makes", conflicts=["x", "d"]),
        partner("p2", "buys", conflicts=["d", "k"]),
        partner("p3", "invests"),
    ])
    writer.put_ties([
        tie("t1", "d", "p1", subject="tried together"),
        tie("t2", "d", "p2", subject="the same"),
        tie("t3", "k", "p2", subject="the same", source="elsewhere"),
        tie("t4", "k", "d", subject="between the two"),
        tie("t5", "p3", "d"),
        tie("t6", "k", "p3", kind="pilot"),
    ])
    programmes = (("g1", ["p1", "d", "k"]), ("g2", ["d", "p1"]), ("g3", ["p1"]))
    store.put_programmes([
        validate(Programme, {"id": id, "kind": "contest", "name": id, "partners": ids})
        for id, ids in programmes
    ])
    for query, candidate in (("d", "p1"), ("p2", "d"), ("k", "p1"), ("x", "p1")):
        store.add_verdict(Verdict(query, candidate, "good", "because", 1, "m"))
    yield store
    assert faults(store) == []


def exported(store: Store, folder: Any) -> dict[str, str]:
    """Everything that an export says, by kind, and the verdicts."""
    said = {}
    for kind in IMPORT_KINDS:
        path = folder / f"{kind}.jsonl"
        export_file(store, kind, path, with_contacts=True)
        said[kind] = path.read_text(encoding="utf-8")
    with reading(store.engine) as connection:
        found = connection.execute(select(tables.verdicts).order_by(tables.verdicts.c.id))
        said["verdicts"] = repr([tuple(row) for row in found])
    return said


def refusal(act: Any, *arguments: Any, **more: Any) -> str:
    with pytest.raises(InvalidRecord) as caught:
        act(*arguments, **more)
    for one in caught.value.errors:
        for lang in ("en", "ko"):
            assert "?" not in one.rule(lang) + one.remedy(lang)
    return caught.value.errors[0].code


RULES = [
    {"id": "f", "kind": "forced", "applicants": ["d"], "hosts": ["p1"]},
    {"id": "a", "kind": "apart", "applicants": ["x", "d", "k"]},
    {"id": "t", "kind": "total", "high": 3},
]


def test_the_rules_of_programmes_follow_a_merge_and_its_undoing(known: Store, writer: Writer):
    ruled = validate(Programme, {"id": "g4", "kind": "contest", "name": "G", "rules": RULES})
    known.put_programmes([ruled])
    made = writer.merge("k", "d")
    merged = known.programme("g4").rules
    assert [one.applicants for one in merged] == [("k",), ("x", "k"), ()]
    assert ("rule a applicants", "g4", ("x",)) in find_merge(known, "d").moved.lists
    with pytest.raises(InvalidRecord, match=r"rules\.0\.applicants"):
        known.put_programmes([ruled])
    writer.unmerge(made.number)
    assert known.programme("g4") == ruled


def test_erasure_leaves_no_rule_that_would_then_hold_of_all(known: Store):
    ruled = validate(Programme, {"id": "g4", "kind": "contest", "name": "G", "rules": RULES})
    known.put_programmes([ruled])
    fields = {one.field for one in held(known, "d").appearances if one.id == "g4"}
    assert fields == {"rules"}
    erase(known, "d")
    left = known.programme("g4").rules
    assert [(one.id, one.applicants) for one in left] == [("a", ("x", "k")), ("t", ())]


def test_the_kept_profile_gains_what_it_lacks(known: Store, writer: Writer) -> None:
    merge = writer.merge("k", "d", by="kim")
    kept = known.get("k")
    assert (merge.number, merge.kept, merge.dropped, merge.by) == (1, "k", "d", "kim")
    assert kept.name.parts == ("소노",)
    assert kept.aliases == ("Sono Inc", "주식회사 소노", "SN")
    assert kept.sectors == ("ai", "medical_imaging")
    assert (kept.trl, kept.founded, kept.summary.en) == (4, 2020, "probes")
    assert kept.conflicts == ("p2", "p3")
    assert (kept.contact, kept.consent.version) == ("ceo@sono.example", "1")


def test_staff_choose_whose_value_stands(known: Store, writer: Writer) -> None:
    chosen = {
        "name": "drop",
        "trl": "drop",
        "sectors": "drop",
        "contact": "keep",
        "founded": "keep",
    }
    writer.merge("k", "d", choices=chosen)
    kept = known.get("k")
    assert kept.name.parts == ("Sono Inc", "주식회사 소노")
    assert kept.aliases == ("소노", "SN")
    assert kept.sectors == ("medical_imaging", "ai")
    assert (kept.trl, kept.founded, kept.contact, kept.consent) == (6, None, None, None)
    for wrong in ({"id": "drop"}, {"consent": "drop"}, {"colour": "keep"}, {"trl": "both"}):
        assert refusal(plan, known, "k", "x", choices=wrong) == "merge_field"


def test_a_contact_moves_only_with_its_own_consent(store: Store, writer: Writer, startup) -> None:
    other = {"version": "2", "purpose": "other", "at": "2026-11-02T00:00:00Z"}
    writer.put_many([
        startup("a", consent=other),
        startup("b", contact="b@b.example", consent=CONSENT),
        startup("c", contact="c@c.example", consent=other),
    ])
    writer.merge("a", "b")
    assert (store.get("a").contact, store.get("a").consent.version) == ("b@b.example", "1")
    writer.merge("c", "a")
    assert (store.get("c").contact, store.get("c").consent.version) == ("c@c.example", "2")


def test_what_named_the_dropped_one_names_the_kept_one(known: Store, writer: Writer) -> None:
    planned = plan(known, "k", "d")
    writer.merge("k", "d", by="kim")
    ties = {tie.id: (tie.a, tie.b) for tie in known.ties()}
    assert ties == {"t1": ("k", "p1"), "t3": ("k", "p2"), "t5": ("p3", "k"), "t6": ("k", "p3")}
    assert (planned.ties, planned.aside) == (("t1", "t5"), ("t2", "t4"))
    assert known.history("t1")[-1].by == "kim"
    assert [known.history(tie)[-1].merged_into for tie in ("t2", "t4")] == ["t3", "k"]
    assert [known.programme(id).partners for id in ("g1", "g2")] == [("p1", "k"), ("k", "p1")]
    assert known.get("p1").conflicts == ("x", "k")
    assert known.get("p2").conflicts == ("k",)
    assert [v.candidate for v in known.verdicts("k")] == ["p1", "p1"]
    assert [v.candidate for v in known.verdicts("p2")] == ["k"]
    assert planned.verdicts == 2
    told = [one for one in known.history("d") if one.kind != "verdict"]
    assert told[-1].merged_into == "k"


def test_a_merged_id_stays_known(known: Store, writer: Writer, startup, tie, tmp_path) -> None:
    writer.merge("k", "d")
    writer.merge("x", "k")
    for act in (known.get, lambda id: held(known, id), lambda id: erase(known, id), known.erase,
                lambda id: withdraw(known, id), lambda id: writer.merge("x", id)):  # fmt: skip
        with pytest.raises(MergedId, match="merged into x") as caught:
            act("d")
        assert caught.value.into == "x"
    assert known.merged_into(["d", "k", "x", "nobody"]) == {"d": "x", "k": "x"}
    assert refusal(writer.put, startup("d")) == "id_merged"
    assert refusal(writer.put, startup("d"), new=True) == "id_merged"
    assert refusal(writer.put, startup("new", conflicts=["d"])) == "id_merged"
    assert refusal(writer.put_ties, [tie("t9", "p1", "d")]) == "id_merged"
    rows = [{"id": "d", "name": "D", "summary": "x"}, {"id": "e", "name": "E", "summary": "x"}]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = import_file(known, writer, path, "startups")
    assert (report.written, report.rejections) == (1, 1)
    assert report.rejected[0].errors[0].rule("en") == "The profile d has been merged into x."
    known.add_verdict(Verdict("d", "p3", "poor", "late", 2, "m"))
    assert known.verdicts("x")[-1].note == "late"


def test_an_index_that_follows_agrees(known: Store, writer: Writer, tiny) -> None:
    follower = Follower(known, tiny())
    follower.catch_up()
    for act in (lambda: writer.merge("k", "d"), lambda: writer.unmerge(1)):
        act()
        index = follower.catch_up()
        assert index.facts.keys() == {p.id for side in Side for p in known.each(side)}
        assert index.history.ties == {tie.id: tie for tie in known.ties()}
        assert verify(known, tiny()).differences == ()


@pytest.mark.parametrize("chosen", [{}, {"name": "drop", "sectors": "drop", "conflicts": "drop"}])
def test_merge_and_undo_is_nothing(
    known: Store, writer: Writer, tmp_path, monkeypatch: pytest.MonkeyPatch, chosen
) -> None:
    monkeypatch.setattr(rows, "BATCH", 2)
    before, made = exported(known, tmp_path), created(known)
    writer.merge("k", "d", choices=chosen)
    assert exported(known, tmp_path) != before
    undone = writer.unmerge(1, by="lee")
    assert (undone.undone_by, undone.moved) == ("lee", None)
    assert exported(known, tmp_path) == before
    assert created(known) == made
    assert refusal(writer.unmerge, 1) == "merge_undone"
    assert refusal(writer.unmerge, 2) == "merge_unknown"


def test_ties_move_and_return_by_as_many_statements_whatever_their_number(
    known: Store, writer: Writer, startup, tie
) -> None:
    done: list[str] = []
    event.listen(known.engine, "before_cursor_execute", lambda *told: done.append(told[2]))

    def statements(keep: str, drop: str, some: int) -> list[int]:
        writer.put_many([startup(keep), startup(drop)])
        for id in (keep, drop):  # every other one says what one of the other says
            writer.put_ties([
                tie(f"{id}-{n}", id, "p1", subject=f"of {id if n % 2 else 'both'} {n}")
                for n in range(some)
            ])
        told = []
        made = len(done)
        number = writer.merge(keep, drop).number
        told.append(len(done) - made)
        made = len(done)
        writer.unmerge(number)
        told.append(len(done) - made)
        assert known.count_ties_of(drop) == some
        return told

    assert statements("a1", "a2", 2) == statements("b1", "b2", 40)


def created(store: Store) -> dict[str, Any]:
    with reading(store.engine) as connection:
        return {row.id: row.created_at for row in connection.execute(select(tables.profiles))}


def test_what_came_later_stays_with_the_kept_one(
    known: Store, writer: Writer, startup, partner, tie
) -> None:
    writer.merge("k", "d")
    kept = known.get("k")
    edited = {"sectors": (*kept.sectors, "energy"), "trl": 9, "contact": "new@sono.example"}
    writer.put(kept.model_copy(update=edited))
    writer.put(partner("p4"))
    writer.put_ties([tie("t7", "k", "p4"), tie("t1", "k", "p1", subject="told anew")])
    known.add_verdict(Verdict("k", "p4", "good", "later", 1, "m"))
    writer.unmerge(1)
    kept, back = known.get("k"), known.get("d")
    assert kept.sectors == ("ai", "energy")
    assert (kept.trl, kept.founded, kept.contact) == (9, None, "new@sono.example")
    assert (back.trl, back.contact, back.sectors) == (
        6, "ceo@sono.example", ("medical_imaging", "ai"))  # fmt: skip
    ties = known.get_ties(["t1", "t7"])
    assert (ties["t1"].a, ties["t1"].subject.en, ties["t7"].a) == ("d", "told anew", "k")
    assert [v.note for v in known.verdicts("k")] == ["because", "later"]


def test_chains_are_undone_from_their_end(known: Store, writer: Writer, tmp_path) -> None:
    before = exported(known, tmp_path)
    writer.merge("k", "d")
    between = exported(known, tmp_path)
    writer.merge("x", "k")
    assert refusal(writer.unmerge, 1) == "undo_order"
    assert find_merge(known, "k").number == find_merge(known, "2").number == 2
    writer.unmerge(2)
    assert exported(known, tmp_path) == between
    writer.unmerge(1)
    assert exported(known, tmp_path) == before
    assert [one.number for one in merges_of(known, "k")] == [1, 2]
    assert [one.number for one in recent_merges(known)] == [2, 1]


def test_merges_that_share_a_record_are_undone_in_order(
    known: Store, writer: Writer, tmp_path
) -> None:
    before = exported(known, tmp_path)
    writer.merge("k", "d")
    writer.merge("p3", "p1")  # both touch t1
    assert refusal(writer.unmerge, 1) == "undo_order"
    writer.unmerge(2)
    writer.unmerge(1)
    assert exported(known, tmp_path) == before


@pytest.mark.parametrize("by", ["a tie that both change", "a list whose owner is merged"])
def test_what_two_merges_share_is_given_back_by_the_later_one_first(
    store: Store, writer: Writer, startup, partner, tie, tmp_path, by
) -> None:
    owner = partner("p1", conflicts=["d"] if "list" in by else [])
    writer.put_many([startup("k"), startup("d"), partner("p0"), owner])
    if "tie" in by:
        writer.put_ties([tie("t1", "d", "p1"), tie("t2", "k", "p0")])
    before = exported(store, tmp_path)
    first, second = writer.merge("k", "d").number, writer.merge("p0", "p1").number
    assert refusal(writer.unmerge, first) == "undo_order"
    writer.unmerge(second)
    writer.unmerge(first)
    assert exported(store, tmp_path) == before


def test_merges_apart_from_each_other_are_undone_in_any_order(
    known: Store, writer: Writer, partner, tmp_path
) -> None:
    writer.put_many([partner("q1"), partner("q2")])
    before = exported(known, tmp_path)
    writer.merge("k", "d")
    writer.merge("q1", "q2")
    writer.unmerge(1)
    writer.unmerge(2)
    assert exported(known, tmp_path) == before


def test_a_merge_is_made_on_what_the_person_saw(known: Store, writer: Writer) -> None:
    seen = plan(known, "k", "d")
    writer.put(known.get("d").model_copy(update={"trl": 7}))
    with pytest.raises(StaleEdit):
        writer.merge("k", "d", base=seen.base)
    writer.merge("k", "d", base=plan(known, "k", "d").base)
    _, at = known.get_with_revision("k")
    assert at == seen.base[0] + 1


def test_a_merge_that_gives_nothing_is_a_revision_all_the_same(
    store: Store, writer: Writer, startup
) -> None:
    writer.put_many([startup("k", name="Sono"), startup("d", name="Sono")])
    merge = writer.merge("k", "d")
    assert [one.number for one in store.history("k")] == [1, merge.kept_revision] == [1, 2]
    writer.unmerge(merge.number)
    assert store.get("d") == startup("d", name="Sono")


def test_what_cannot_be_merged(known: Store, writer: Writer) -> None:
    assert refusal(writer.merge, "k", "k") == "merge_self"
    assert refusal(writer.merge, "k", "p1") == "merge_sides"
    with pytest.raises(UnknownId):
        writer.merge("k", "nobody")


def test_pairs_are_kept_apart_until_that_is_withdrawn(known: Store, writer: Writer) -> None:
    keep_apart(known, "x", "k", by="kim", note="두 회사")
    keep_apart(known, "k", "x", by="lee", note="two firms")
    (one,) = apart_pairs(known)
    assert (one.a, one.b, one.by, one.note) == ("k", "x", "lee", "two firms")
    assert refusal(writer.merge, "k", "x") == "kept_apart"
    writer.merge("d", "k")
    assert refusal(writer.merge, "x", "d") == "kept_apart", "it holds for what k is now"
    withdraw_apart(known, "x", "k")
    assert refusal(withdraw_apart, known, "x", "k") == "not_apart"
    writer.merge("x", "d")
    assert refusal(keep_apart, known, "x", "x") == "merge_self"
    assert refusal(keep_apart, known, "x", "p1") == "merge_sides"
    assert refusal(keep_apart, known, "x", "p1", note="n" * 1001) == "text_too_long"
    with pytest.raises(MergedId):
        keep_apart(known, "d", "x")


def test_proposals_are_stored_without_pairs_that_are_apart(
    store: Store, writer: Writer, startup
) -> None:
    writer.put_many([startup(id, name="주식회사 소노") for id in ("a", "b", "c")])
    found = propose_duplicates(store.each(Side.STARTUP))
    assert keep_proposals(store, found, [Side.STARTUP]) == found
    pairs = [(one.proposal.a, one.proposal.b) for one in stored_proposals(store)]
    assert pairs == [("a", "b"), ("a", "c"), ("b", "c")]
    assert stored_proposals(store, limit=1)[0].proposal == found[0]
    keep_apart(store, "c", "b")
    assert count_proposals(store) == 2
    writer.merge("a", "b")
    assert count_proposals(store) == 0, "b is gone, and a is apart from c by now"
    assert keep_proposals(store, propose_duplicates(store.each(Side.STARTUP)), list(Side)) == []
    assert keep_proposals(store, found, [Side.PARTNER]) == [], "b is gone, and is a now"


def test_a_crash_in_the_middle_leaves_nothing_half_done(
    known: Store, writer: Writer, tmp_path, monkeypatch
) -> None:
    before = exported(known, tmp_path), known.last_seq()
    for where in ("profiles.merging.log", "profiles.mentions.write", "profiles.rows.write_vectors"):
        with monkeypatch.context() as patch:
            patch.setattr(where, broken)
            with pytest.raises(ZeroDivisionError):
                writer.merge("k", "d")
        assert (exported(known, tmp_path), known.last_seq()) == before
    number = writer.merge("k", "d").number
    after = exported(known, tmp_path), known.last_seq()
    for where in ("profiles.unmerging.log", "profiles.unmerging.write"):
        with monkeypatch.context() as patch:
            patch.setattr(where, broken)
            with pytest.raises(ZeroDivisionError):
                writer.unmerge(number)
        assert (exported(known, tmp_path), known.last_seq()) == after


def broken(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError


def everything(store: Store) -> str:
    with reading(store.engine) as connection:
        found = [
            tuple(row)
            for table in tables.metadata.sorted_tables
            for row in connection.execute(select(table).order_by(*table.primary_key))
        ]
    return repr(found)


def test_what_is_held_includes_what_was_merged(known: Store, writer: Writer) -> None:
    keep_apart(known, "d", "x", note="asked them")
    writer.merge("k", "d")
    found = held(known, "k")
    assert {revision.id for revision in found.revisions} == {"k", "d"}
    assert {revision.id for revision in found.tie_revisions} >= {"t1", "t2", "t4"}
    assert [one.dropped for one in found.merges] == ["d"]
    assert [one.note for one in found.apart] == ["asked them"]
    assert "d" in {change.id for _, change in found.changes}


def test_erasing_the_kept_one_erases_what_the_merged_one_left(
    known: Store, writer: Writer, startup
) -> None:
    keep_apart(known, "d", "x", note="asked them")
    writer.merge("k", "d")
    erase(known, "k")
    left = everything(known)
    for said in ("scanners", "probes", "Sono", "소노", "ceo@", "tried together", "between",
                 "the same", "asked them"):  # fmt: skip
        assert said not in left
    assert known.history("d")[-1].payload is None
    assert recent_merges(known) == []
    with pytest.raises(UnknownId) as caught:
        known.get("d")
    assert not isinstance(caught.value, MergedId)
    writer.put(startup("d"), new=True)


def test_what_is_erased_or_withdrawn_meanwhile_does_not_come_back(
    known: Store, writer: Writer
) -> None:
    writer.merge("k", "d")
    withdraw(known, "k")
    for id in ("p1", "p2", "p3"):
        erase(known, id)
    known.add_verdict(Verdict("k", "x", "good", "a number used again", 1, "m"))
    writer.unmerge(1)
    assert "ceo@sono.example" not in everything(known)
    back = known.get("d")
    assert (back.contact, back.consent, back.conflicts) == (None, None, ())
    assert known.get("k").conflicts == ("d",)
    assert [tie.id for tie in known.ties()] == ["t4"]
    assert [v.note for v in known.verdicts("k")] == ["a number used again"]


def test_a_withdrawn_consent_does_not_come_back_to_the_kept_one(
    store: Store, writer: Writer, startup
) -> None:
    given = {"contact": "ceo@sono.example", "consent": CONSENT}
    writer.put_many([startup("k", **given), startup("d"), startup("x", **given), startup("y")])
    writer.merge("k", "d", choices={"contact": "drop"})
    writer.merge("x", "y", choices={"contact": "drop"})
    withdraw(store, "k")
    for number in (1, 2):
        writer.unmerge(number)
    assert (store.get("k").contact, store.get("k").consent) == (None, None)
    assert store.get("x").contact == "ceo@sono.example"
    assert faults(store) == []


def test_a_list_that_undoing_would_make_too_long_is_named(
    known: Store, writer: Writer, partner
) -> None:
    writer.put(partner("p9", conflicts=["d", "k"]))
    writer.merge("k", "d")
    writer.put(partner("p9", conflicts=["k", *(f"c{n}" for n in range(199))]))
    seq = known.last_seq()
    with pytest.raises(InvalidRecord, match="p9 would name 201 profiles in its field conflicts"):
        writer.unmerge(1)
    assert known.last_seq() == seq
    writer.put(partner("p9", conflicts=["k"]))
    writer.unmerge(1)
    assert {*known.get("p9").conflicts} == {"d", "k"}


@pytest.mark.parametrize("number", [0, -1, -(10**23), 10**23])
def test_a_number_that_no_merge_can_have(known: Store, writer: Writer, number: int) -> None:
    with pytest.raises(InvalidRecord, match=f"no merge {number}"):
        writer.unmerge(number)


def test_what_was_merged_once_leaves_nothing_in_the_other(
    known: Store, writer: Writer, startup
) -> None:
    writer.merge("k", "d")
    writer.merge("x", "k")
    writer.unmerge(2)
    writer.put(known.get("k").model_copy(update={"trl": 8}))
    writer.unmerge(1)
    assert everything(known).count("Sono Inc") > 2
    withdraw(known, "d")
    assert "ceo@sono.example" not in everything(known)
    erase(known, "d")
    left = everything(known)
    for said in ("Sono Inc", "주식회사 소노", "scanners"):
        assert said not in left
    assert (known.get("k").trl, known.get("k").name.ko) == (8, "소노")


def test_a_backup_holds_merges(known: Store, writer: Writer, tmp_path) -> None:
    before = exported(known, tmp_path)
    keep_apart(known, "d", "x", note="asked them")
    keep_proposals(known, propose_duplicates(known.each(Side.STARTUP)), [Side.STARTUP])
    writer.merge("k", "d")
    back_up(known, tmp_path / "backup.zip")
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    restore(other, tmp_path / "backup.zip")
    assert everything(other) == everything(known)
    Writer(other, writer._encoder).unmerge(1)
    assert exported(other, tmp_path) == before
    other.close()


def test_the_schema_goes_down_only_where_nothing_is_lost(known: Store, writer: Writer) -> None:
    keep_apart(known, "p1", "p3")
    number = writer.merge("k", "d").number
    for lost, act in (
        ("1 rows of merges", lambda: writer.unmerge(number)),
        ("1 rows of kept_apart", lambda: withdraw_apart(known, "p1", "p3")),
    ):
        with pytest.raises(RuntimeError, match=lost):
            downgrade(known)
        assert known.is_migrated
        act()
    downgrade(known)
    assert not known.is_migrated
    known.migrate()
    assert recent_merges(known) == []


def downgrade(store: Store) -> None:
    config = alembic_config()
    with writing(store.engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")


def test_torn_merges_are_found(known: Store, writer: Writer) -> None:
    writer.merge("k", "d")
    with known.engine.begin() as connection:
        connection.execute(text("UPDATE merges SET kept = 'nobody', dropped = 'x'"))
    assert {(one.id, one.what) for one in faults(known)} == {
        ("x", "it is held, and merged into another"),
        ("x", "what it was merged into is not held"),
    }
    with known.engine.begin() as connection:
        connection.execute(text("UPDATE merges SET kept = 'k', dropped = 'd'"))
