"""What stands before every API call: the rate limit with its headers, and the token."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.courier.depot import Depot
from sandbox.courier.wire.answers import Refused, error_answer

USUAL_LIMIT = 180
"""Calls a minute that the provider's headers speak of; enforced only by switch."""


class Gate:
    """ASGI middleware for the provider's API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._minute = 0
        self._calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one call pass, or answer 429 or 401 in its place."""
        depot: Depot = scope["app"].state.depot
        limit = depot.account.switches.rate_limit
        self._count(depot.now())

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                allowed = limit or USUAL_LIMIT
                headers = MutableHeaders(scope=message)
                headers["x-ratelimit-limit"] = str(allowed)
                headers["x-ratelimit-remaining"] = str(max(0, allowed - self._calls))
            await send(message)

        if limit is not None and self._calls > limit:
            await error_answer(429)(scope, receive, with_headers)
            return
        turned_away = self._check(depot, scope, receive)
        if turned_away is not None:
            await turned_away(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _count(self, now: float) -> None:
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._calls = minute, 0
        self._calls += 1

    @staticmethod
    def _check(depot: Depot, scope: Scope, receive: Receive) -> Response | None:
        if scope["path"].endswith("/auth/login"):
            return None
        header = Request(scope, receive).headers.get("authorization", "")
        try:
            depot.tokens.check(header, now=depot.now())
        except Refused as refusal:
            return JSONResponse(refusal.body, status_code=refusal.status)
        return None
