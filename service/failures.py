"""Owns what is said of each failure: a heading and a text for every HTTP status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from profiles import FieldError


@dataclass(frozen=True, slots=True)
class Failure:
    """What is answered: a status, a heading, a text, the fields that are wrong."""

    status: int
    heading: str
    text: str
    errors: Sequence[FieldError] = ()


class BrokenLink(NotFound):
    """A link out of a letter that leads nowhere: as a rule its end was lost."""


_OTHER = (_l("The request cannot be answered"), _l("Please check the address."))
_KNOWN = {
    400: (
        _l("The request cannot be read"),
        _l("The page may have been open for too long. Please send it once more."),
    ),
    401: (
        _l("Please sign in"),
        _l("This page is for people with an account, or with the token of this installation."),
    ),
    403: (
        _l("Your account may not open this page"),
        _l("Another role is needed for it. An admin can give it to you."),
    ),
    404: (
        _l("Nothing is kept under this address"),
        _l("It may have been erased, or the address may have been mistyped."),
    ),
    405: (
        _l("This address cannot be used in that way"),
        _l("The method of the request is not allowed here."),
    ),
    410: (
        _l("This link has ended"),
        _l("It held for a while only, or a newer one has taken its place. Ask for another one."),
    ),
    412: (
        _l("Somebody else has changed this since you read it"),
        _l("Compare the two versions, and send yours again on the newer one."),
    ),
    413: (
        _l("That is too much at once"),
        _l("At most %(limit)s kB can be sent. Please shorten the texts."),
    ),
    415: (
        _l("The content type is not supported"),
        _l("Send JSON with the header Content-Type: application/json."),
    ),
    422: (
        _l("Some values cannot be used"),
        _l("Each of them is named below with what to do about it."),
    ),
    428: (
        _l("A change must name the version that it is made on"),
        _l(
            "Send the ETag that you have read in the header If-Match; * is refused, for it would "
            "overwrite what others have written meanwhile."
        ),
    ),
    429: (_l("Too many submissions from one address"), _l("Please try again later.")),
    500: (
        _l("Something went wrong on our side"),
        _l("The error has been logged. Nothing that was kept before is lost."),
    ),
    503: (_l("Dari is not ready"), _l("Please try again in a moment.")),
}


def failure(status: int) -> Failure:
    """Describe an HTTP status in the reader's language."""
    heading, text = _KNOWN.get(status, _OTHER)
    told = str(text)
    if status == 413:
        told %= {"limit": (current_app.config["MAX_CONTENT_LENGTH"] or 0) // 1024}
    return Failure(status, str(heading), told)


def signed_out() -> Failure:
    """Describe that a session has ended while somebody typed."""
    text = gettext("Sign in in another tab, come back to this one, and press the button again.")
    return Failure(401, gettext("You are signed out"), text)


def no_token() -> str:
    """Tell a program that it lacks the staff token, and where the token stands."""
    return str(
        gettext(
            "Send the staff token in the header Authorization: Bearer TOKEN. Whoever runs Dari "
            "finds it in the file staff-token in DARI_HOME, or has set it as DARI_STAFF_TOKEN."
        )
    )
