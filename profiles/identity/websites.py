"""Owns the part of a web address that belongs to one holder."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from profiles.identity.words import words

_ADDRESS = re.compile(r"[0-9.]+|\[.*\]|[0-9a-f:]*:[0-9a-f:]*")


def registrable_host(url: str | None) -> str | None:
    """Give the host that is registered, such as `samsung.com` for `https://www.samsung.com/kr`.

    None for an address without a name, and for hosts under which many firms have pages.
    """
    try:
        host = (urlsplit(url or "").hostname or "").rstrip(".")
    except ValueError:
        return None
    labels = host.split(".")
    if len(labels) < 2 or _ADDRESS.fullmatch(host) or not all(labels):
        return None
    below_country = len(labels[-1]) == 2 and labels[-2] in words().second_levels
    found = ".".join(labels[-3:] if below_country else labels[-2:])
    return None if found in words().shared_hosts else found
