"""Owns the calls that take data out: tables as files, what is held about a profile, withdrawal."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, get_args

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from profiles import Side
from profiles.api_keys import Scope
from profiles.exporting import export_file
from profiles.importing import ImportKind
from profiles.privacy import held
from profiles.rows import now
from service.api.answering import chosen_form
from service.api.asked import ExportQuery
from service.api.calls import JSON, Call, add
from service.api.guard import maker
from service.held_files import held_json, held_zip
from service.privacy import withdraw
from service.queries import EditQuery, profile_on, read_query
from service.security import dari

takeout_calls = APIBlueprint("takeout_api", __name__, tag="takeout")

FORMS = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
_ZIP = "application/zip"
_BLOCK = 1 << 16


def _add_export(kind: ImportKind) -> None:
    call = Call(
        f"export{kind.capitalize()}",
        f"Export all {kind} as a file that the import reads back, without personal data.",
        Scope.READ,
        query=ExportQuery,
        answer="File",
        produces=tuple(FORMS.values()),
    )

    @add(takeout_calls, "GET", f"/exports/{kind}", call, endpoint=f"export_{kind}")
    def export() -> ResponseReturnValue:
        query = read_query(ExportQuery, request.args, strict=True)
        name = f"{kind}.{query.format}"
        answer = Response(_written(kind, name), mimetype=FORMS[query.format])
        answer.headers.set("Content-Disposition", "attachment", filename=name)
        return answer


def _written(kind: ImportKind, name: str) -> Iterator[bytes]:
    """Write a table to a file that is gone once it has been read; give its blocks."""
    with tempfile.TemporaryDirectory(prefix="dari-export-") as folder:
        path = Path(folder) / name
        export_file(dari().store, kind, path)
        blocks = _blocks(path.open("rb"))
        next(blocks)  # from here on the file is closed with its blocks, read or not
        return blocks


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        yield b""
        while block := stream.read(_BLOCK):
            yield block


def _add_held(side: Side) -> None:
    name = side.value.capitalize()
    holding = Call(
        f"heldOf{name}",
        f"Give everything that is held about a {side}, personal data too: JSON, or a ZIP to hand "
        "over.",
        Scope.WRITE,
        answer="Held",
        produces=(JSON, _ZIP),
    )

    @add(takeout_calls, "GET", f"/{side}s/<path:id>/held", holding, endpoint=f"{side}_held")
    def everything(id: str) -> Response:
        found = held(dari().store, profile_on(dari().store, side, id).id)
        if chosen_form() != _ZIP:
            return jsonify(held_json(found))
        packed = Response(held_zip(found, now()), mimetype=_ZIP)
        packed.headers.set("Content-Disposition", "attachment", filename="held.zip")
        return packed


for _kind in get_args(ImportKind):
    _add_export(_kind)
for _side in Side:
    _add_held(_side)


@add(
    takeout_calls, "POST", "/startups/<path:id>/withdrawal",
    Call("withdrawConsent", "Remove a startup's contact and consent, in older revisions too.",
         Scope.WRITE, query=EditQuery, status=204),
)  # fmt: skip
def withdraw_consent(id: str) -> Response:
    """Remove a startup's contact and consent."""
    read_query(EditQuery, request.args, strict=True)
    profile_on(dari().store, Side.STARTUP, id)
    withdraw(dari(), id, by=maker())
    return Response(status=204)
