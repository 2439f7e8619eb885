"""Owns the commands for drafts: what is held of one, its erasure with proof, and expiry."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from service.console import opened, print_json, say, show


@click.group()
def draft() -> None:
    """What startups have begun and not handed in."""


@draft.command("held")
@click.argument("id")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def held_of(id: str, file: Path) -> None:
    """Write everything that is held of a draft to FILE, one JSON document."""
    from profiles.drafts import draft_of
    from profiles.links import links_of
    from service.cli_privacy import write_private
    from service.held_files import held_draft

    dari = opened()
    found = draft_of(dari.store, id, datetime.min.replace(tzinfo=UTC))
    write_private(file, held_draft(found, links_of(dari.store, id)))
    dari.store.close()
    say(f"Written: {file}. It holds personal data: keep it safe.")


@draft.command("erase")
@click.argument("id")
@click.option("--prove", is_flag=True, help="Search everything for remains; exit 1 if any.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--yes", is_flag=True, help="Erase without asking.")
def erase_of(id: str, prove: bool, as_json: bool, yes: bool) -> None:
    """Erase a draft for good, with its links and the letters in the outbox."""
    from service.cli_privacy import proof_tables
    from service.privacy import erase_draft

    if not yes:
        click.confirm("Erase the draft for good?", abort=True, err=True)
    dari = opened()
    left, proof = erase_draft(dari, id, prove=prove, tell=say)
    dari.store.close()
    say(f"Erased: {id}.")
    for sentence in left:
        say(sentence)
    if as_json:
        print_json({"erased": [id], "left": left, "proof": proof.as_json() if proof else None})
    elif proof:
        show(*proof_tables(proof))
    if left or (proof and not proof.is_clean):
        sys.exit(1)


@draft.command("expire")
def expire_all() -> None:
    """Erase the drafts that nobody has changed for DARI_DRAFT_DAYS, and links that have expired."""
    from profiles.drafts import expire
    from profiles.remains import settle
    from service.privacy import forget_letters

    dari = opened()
    gone = expire(dari.store, datetime.now(UTC))
    forget_letters(dari.settings, [one.email for one in gone if one.email])
    left = settle(dari.store, tell=say)
    dari.store.close()
    say(f"Erased: {', '.join(one.id for one in gone) or 'nothing'}.")
    for sentence in left:
        say(sentence)
    if left:
        sys.exit(1)
