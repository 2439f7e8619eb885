"""Owns the wiring: the one place where store, encoder, follower and matchmaker are put together."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from index import Encoder, Follower, Listing, Names, Writer, load_encoder
from matcher import Matchmaker, Registry
from matcher.kept_triads import KeptTriads
from profiles import DariError, Side, Store
from profiles.catalogue import Catalogue, load_catalogue
from profiles.merges import named_by
from profiles.merging import follow
from profiles.places import busy_on
from service.settings import Settings

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of it are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Dari:
    """Everything that a door needs."""

    settings: Settings
    store: Store
    encoder: Encoder
    writer: Writer
    follower: Follower
    matchmaker: Matchmaker
    models: Registry
    names: Names
    listing: Listing
    triads: KeptTriads
    staff_token: str
    secret_key: str


def build(settings: Settings) -> Dari:
    """Put the parts together; a home that is new or of an older version is prepared first.

    Raises:
        StoreError: if the database cannot be reached.
        DariError: if the home cannot be written, or the encoder or the weights cannot be read.
    """
    make_home(settings.home)
    store = Store.open(settings.database)
    if not store.is_migrated:
        store.close()
        return init(settings)
    return _assemble(settings, store)


def init(settings: Settings, progress: Progress | None = None) -> Dari:
    """Prepare the home: make or migrate the database, load the catalogue, encode what is missing.

    What is there is kept: a catalogue entry that staff have changed or erased is not written again.

    Raises:
        StoreError: if the database cannot be reached or written.
        DariError: if the home cannot be written, or the encoder or the weights cannot be read.
    """
    make_home(settings.home)
    store = Store.open(settings.database)
    store.migrate()
    encoder = load_encoder(settings.encoder)
    writer = Writer(store, encoder)
    tell = progress or (lambda what, done, total: None)
    if settings.catalogue:
        _load_catalogue(store, writer, tell)
    _encode_missing(store, writer, tell)
    dari = _assemble(settings, store, encoder)
    dari.follower.save_snapshot()
    return dari


def _assemble(settings: Settings, store: Store, encoder: Encoder | None = None) -> Dari:
    encoder = encoder or load_encoder(settings.encoder)
    follower = Follower(store, encoder, settings.snapshots)
    models = Registry(settings.home, encoder.encoder_id)
    ranker = models.at(settings.weights) if settings.weights else models.current
    matchmaker = Matchmaker(
        store, follower, encoder, ranker, today=settings.today, busy=partial(busy_on, store)
    )
    return Dari(
        settings=settings,
        store=store,
        encoder=encoder,
        writer=Writer(store, encoder),
        follower=follower,
        matchmaker=matchmaker,
        models=models,
        names=Names(store),
        listing=Listing(store),
        triads=KeptTriads(),
        staff_token=settings.staff_token or _kept_secret(settings.home / "staff-token"),
        secret_key=settings.secret_key or _kept_secret(settings.home / "secret-key"),
    )


def _load_catalogue(store: Store, writer: Writer, tell: Progress) -> None:
    catalogue = load_catalogue()
    tell("loading the catalogue", 0, len(catalogue.partners))
    partners = store.ever_logged([partner.id for partner in catalogue.partners])
    into = store.merged_into(_named_in(catalogue))
    new_partners = (partner for partner in catalogue.partners if partner.id not in partners)
    writer.put_many(follow(partner, into) for partner in new_partners)
    ties = store.ever_logged([tie.id for tie in catalogue.ties])
    new_ties = (follow(tie, into) for tie in catalogue.ties if tie.id not in ties)
    writer.put_ties(tie for tie in new_ties if tie.a != tie.b)
    programmes = store.ever_logged([programme.id for programme in catalogue.programmes])
    of_now = (programme for programme in catalogue.programmes if programme.id not in programmes)
    new = [follow(programme, into) for programme in of_now]
    if new:
        store.put_programmes(new)
    tell("loading the catalogue", len(catalogue.partners), len(catalogue.partners))


def passed_over(store: Store) -> dict[str, str]:
    """Tell which partners of the catalogue are passed over, merged as they are, and into which."""
    return store.merged_into([partner.id for partner in load_catalogue().partners])


def _named_in(catalogue: Catalogue) -> set[str]:
    ids = {id for one in catalogue.partners for _, id in named_by(one)}
    ids |= {id for one in catalogue.ties for _, id in named_by(one)}
    return ids | {id for one in catalogue.programmes for _, id in named_by(one)}


def _encode_missing(store: Store, writer: Writer, tell: Progress) -> None:
    total = sum(store.count(side) for side in Side) + store.count_ties()
    done = 0

    def more(records: int) -> None:
        nonlocal done
        done += records
        tell("checking that everything is encoded", done, total)

    writer.encode_missing(progress=more)


def make_home(home: Path) -> None:
    """Make the folder of an installation, for its owner alone.

    Raises:
        DariError: if it cannot be made.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DariError(
            value=home,
            rule=f"The folder of this installation cannot be made: {error.strerror}.",
            remedy="Set DARI_HOME to a folder that can be written.",
        ) from error


def _kept_secret(path: Path) -> str:
    """Read a secret of this installation; the first call makes it, for its owner alone."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_secret(path)
    with os.fdopen(handle, "w") as stream:
        secret = secrets.token_urlsafe(32)
        stream.write(secret)
    return secret


def _read_secret(path: Path) -> str:
    secret = path.read_text(encoding="ascii").strip()
    if len(secret) < 16:
        raise DariError(
            value=path,
            rule="The secret in this file is too short to be safe.",
            remedy="Delete the file; a new secret is made at the next start.",
        )
    return secret
