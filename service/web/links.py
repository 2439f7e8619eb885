"""Owns the letters with the links by which a person comes back, and where such a link leads.

The token stands behind the `#` of a link: no browser sends that part to a server, so it is in no
log and in no Referer, and a program that opens links in mails uses nothing up.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask import request
from flask_babel import force_locale, gettext

from profiles.links import Kind, make_link
from service.labels import moment
from service.mail import Delivered, Letter, deliver
from service.wiring import Dari

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def base_url(dari: Dari) -> str | None:
    """Give the address that links in letters begin with.

    That is the one of the settings. Without it, only an address of this very machine is taken from
    the request: anybody can send a request that names another one.
    """
    if dari.settings.public_url:
        return dari.settings.public_url.rstrip("/")
    own = urlsplit(request.host_url).hostname in _LOOPBACK
    return request.host_url.rstrip("/") if own else None


def new_token(dari: Dari, kind: Kind, of: str) -> str:
    """Make a link to a draft or a startup, and give its token.

    Raises:
        LinkError: if there were too many within the last hour.
    """
    lasts = timedelta(hours=dari.settings.link_hours)
    return make_link(dari.store, kind, of, now=datetime.now(UTC), lasts=lasts)


def send_link(
    dari: Dari, kind: Kind, of: str, *, to: str, base: str | None, path: str, lang: str
) -> Delivered:
    """Send a new link to an address, in a language.

    Raises:
        LinkError: if there were too many within the last hour.
        MailError: if the letter cannot be sent.
    """
    token = new_token(dari, kind, of)
    until = datetime.now(UTC) + timedelta(hours=dari.settings.link_hours)
    with force_locale(lang):
        link = f"{base}{path}#{token}" if base else None
        return deliver(dari.settings, _letter(kind, to, token, link, moment(until)))


def _letter(kind: Kind, to: str, token: str, link: str | None, until: str) -> Letter:
    if kind == "draft":
        subject = gettext("Dari: back to the draft of your startup")
        what = gettext("By this link you come back to the draft that you have begun:")
    else:
        subject = gettext("Dari: where your startup stands")
        what = gettext("By this link you see where your startup stands:")
    lines = [gettext("Hello,"), "", what, ""]
    if link:
        lines += [link, "", gettext("Where the link cannot be opened, give this code instead:")]
    else:
        lines += [gettext("Open “Come back” on the page where you began, and give this code:")]
    lines += [
        "",
        token,
        "",
        gettext("It works once, until %(moment)s.", moment=until),
        gettext("If you did not ask for it, delete this letter; nothing happens then."),
        "",
    ]
    return Letter(to, subject, "\n".join(lines))
