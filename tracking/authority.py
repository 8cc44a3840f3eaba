"""Who a request speaks for: a bearer token, a mailed link, or the cookie of a session."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain import ids
from domain.errors import InvalidToken
from domain.ports import Caller, Clock, Scope, TokenVerifier
from domain.ports.links import LinkKeys
from tracking.security import COOKIE, bearer_token

LINK_COOKIE: Final = "link_"
"""Begins the name of the cookie of a mailed link; its order follows."""
LINK_VISIT: Final = timedelta(days=30)
LONGEST_KEY: Final = 64


class NobodyKnown(InvalidToken):
    """The request shows nothing that says who it speaks for."""


class LinkRevoked(InvalidToken):
    """The mailed link opens its order no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """A caller, and the key of the link that they came by, if they did."""

    caller: Caller
    link_key: str | None = None


class Authority:
    """Tells who is asking, as far as one order is concerned."""

    def __init__(self, tokens: TokenVerifier, links: LinkKeys, clock: Clock) -> None:
        """Ask these."""
        self._tokens = tokens
        self._links = links
        self._clock = clock

    async def of(
        self,
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
        order_id: str | None,
        token: str | None = None,
    ) -> Visitor:
        """Return who asks for an order, or for none in particular (None).

        What says least is taken first: a link opens one order, a session all of a person's. A
        token that is sent on purpose goes before both cookies.

        Raises:
            NobodyKnown: there is nothing to go by.
            LinkRevoked: there is only a link, and it opens nothing any more.
            TokenExpired: the token was good.
            InvalidToken: the token is no good.
            StoreUnavailable: nobody can say right now.
        """
        shown = token or bearer_token(headers, {})
        if shown:
            return Visitor(caller=self._tokens.verify(shown))
        key = cookies.get(link_cookie(order_id)) if order_id else None
        session = cookies.get(COOKIE)
        if order_id and key:
            try:
                return await self.of_link(order_id, key)
            except LinkRevoked:
                if session is None:
                    raise
        if session is None:
            message = "there is no token"
            raise NobodyKnown(message)
        return Visitor(caller=self._tokens.verify(session))

    async def of_link(self, order_id: str, key: str) -> Visitor:
        """Return the holder of a mailed link.

        Raises:
            LinkRevoked: it opens nothing, or no more.
            StoreUnavailable: nobody can say right now.
        """
        sound = ids.is_order_id(order_id) and len(key) <= LONGEST_KEY
        if not sound or not await self._links.opens(order_id, key):
            message = "this link is no longer valid"
            raise LinkRevoked(message)
        caller = Caller(
            subject=f"link:{order_id}",
            scope=Scope.CUSTOMER,
            expires_at=self._clock.now() + LINK_VISIT,
            order_id=order_id,
        )
        return Visitor(caller=caller, link_key=key)

    async def confirm(self, visitor: Visitor) -> None:
        """Look again whether a visitor may still be here.

        Raises:
            LinkRevoked: their link was revoked.
            StoreUnavailable: nobody can say right now.
        """
        if visitor.link_key is not None and visitor.caller.order_id is not None:
            await self.of_link(visitor.caller.order_id, visitor.link_key)


def link_cookie(order_id: str) -> str:
    """Return the name of the cookie of an order's mailed link."""
    return f"{LINK_COOKIE}{order_id}"
