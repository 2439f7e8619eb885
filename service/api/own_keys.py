"""Owns the calls on keys: what one's own allows, which there are, and the revoking of one."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from profiles.api_keys import Scope, keys, revoke_key
from profiles.rows import now
from service.api.calls import Call, add
from service.api.cursors import PageQuery, sequence
from service.api.guard import caller, maker
from service.queries import read_query
from service.security import dari

key_calls = APIBlueprint("key_api", __name__, tag="keys")


@add(
    key_calls, "GET", "/keys",
    Call("listKeys", "List the keys by prefix; they themselves are never shown again.",
         Scope.ADMIN, query=PageQuery, answer="KeyPage"),
)  # fmt: skip
def all_keys() -> ResponseReturnValue:
    """List the keys."""
    query = read_query(PageQuery, request.args, strict=True)
    at = now()
    return sequence(keys(dari().store), query, lambda one: one.prefix, lambda one: one.as_json(at))


@add(
    key_calls, "GET", "/keys/own",
    Call("ownKey", "Tell what the key that calls allows, and until when.", Scope.READ,
         answer="OwnKey"),
)  # fmt: skip
def own_key() -> Response:
    """Tell what the caller may do."""
    key = caller().key
    until = key.expires_at.isoformat() if key and key.expires_at else None
    return jsonify(name=caller().name, scopes=sorted(caller().scopes), expires_at=until)


@add(
    key_calls, "DELETE", "/keys/<prefix>",
    Call("revokeKey", "Revoke a key for good.", Scope.ADMIN, status=204, problems=(404,)),
)  # fmt: skip
def revoke(prefix: str) -> Response:
    """Revoke a key."""
    revoke_key(dari().store, prefix, by=maker())
    return Response(status=204)
