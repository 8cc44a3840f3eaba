"""Response headers that hold for every answer to a browser."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COMMON: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"


def content_security_policy(public_url: str, api_url: str) -> str:
    """Return what pages may load: only our own files, our own socket, and the API.

    The socket's address is named, too: some browsers do not take it for `'self'`.
    """
    parts = urlsplit(public_url)
    socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' {socket} {api_url}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """Adds the headers; pages are never cached, files with a digest in their address always."""

    def __init__(self, app: ASGIApp, public_url: str, api_url: str) -> None:
        """Serve browsers that reach us here, and the API there."""
        self._app = app
        policy = content_security_policy(public_url, api_url)
        self._headers = {**COMMON, "Content-Security-Policy": policy}
        if public_url.startswith("https://"):
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the answer's own headers win."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_file = scope["path"].startswith("/static/")
        caching = "no-store"
        if is_file:
            caching = FOR_EVER if scope["query_string"] else ASK_AGAIN

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", caching)
                if is_file:  # the client module is for pages of other origins, too
                    headers.setdefault("Access-Control-Allow-Origin", "*")
            await send(message)

        await self._app(scope, receive, with_headers)
