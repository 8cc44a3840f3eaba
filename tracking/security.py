"""Who is asking, and from where."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from domain.errors import InvalidToken

POSITION: Final = re.compile(r"(\d{1,9}):(\d{1,9})", re.ASCII)
"""How plain HTTP writes a position: epoch, then sequence."""

COOKIE: Final = "tracking"
"""Holds the reader's token; HttpOnly, so that no script can read it."""


class TokenExpired(InvalidToken):
    """The token was good and its time is over; a new one will do."""


def origin_allowed(headers: Mapping[str, str], origins: frozenset[str]) -> bool:
    """Tell whether the page that makes a request may do so; programs send no origin.

    A browser cannot forge `Host`, so a page of the same host is at home.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    return origin in origins or urlsplit(origin).netloc == headers.get("host")


def address_of(headers: Mapping[str, str], peer: str, proxies: int) -> str:
    """Return the address of a client behind so many proxies of our own.

    Each proxy appends whom it heard; what stands further left is the client's own claim.
    """
    heard = [each.strip() for each in headers.get("x-forwarded-for", "").split(",") if each.strip()]
    return heard[-proxies] if 0 < proxies <= len(heard) else peer


def bearer_token(headers: Mapping[str, str], cookies: Mapping[str, str]) -> str | None:
    """Return the token of a plain request: the Authorization header, else the cookie."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return cookies.get(COOKIE)
