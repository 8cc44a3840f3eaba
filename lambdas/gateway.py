"""Requests as gateways hand them to functions, and the answers they take back.

API Gateway's payload versions 1.0 (REST) and 2.0 (HTTP API), and function URLs, which speak 2.0.
"""

import binascii
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

Json = dict[str, Any]

LONGEST_BODY: Final = 6 * 1024 * 1024
"""As the server's own limit; Lambda takes no larger event."""
PROBLEM: Final = "application/problem+json"


class Malformed(Exception):
    """The event is no request that a gateway would make; says what is wrong with it."""


class Request(NamedTuple):
    """One request: names of headers in lower case, the body byte for byte as it came."""

    method: str
    headers: Mapping[str, str]
    body: bytes


class Problem(NamedTuple):
    """An answer that tells of a problem (RFC 9457); the server's own documents are the same."""

    status: int
    slug: str
    title: str
    detail: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def answer(self, detail: str = "") -> Json:
        """Return it as the gateway wants it; without a detail the title stands for it."""
        document = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": detail or self.detail or self.title,
        }
        headers = {"Cache-Control": "no-store", **dict(self.headers)}
        return answer(self.status, document, media_type=PROBLEM, headers=headers)


def read_request(event: object) -> Request:
    """Return the request in an event.

    Raises:
        Malformed: it is not an event of a gateway.
    """
    if not isinstance(event, Mapping):
        message = "the event is no JSON object"
        raise Malformed(message)
    return Request(method=_method(event), headers=_headers(event), body=_body(event))


def answer(
    status: int,
    document: Mapping[str, object],
    *,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Json:
    """Return an answer in the form that both payload versions take."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": media_type, **(headers or {})},
        "body": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def _method(event: Mapping[str, Any]) -> str:
    method = event.get("httpMethod")
    if method is None:
        context = event.get("requestContext")
        http = context.get("http") if isinstance(context, Mapping) else None
        method = http.get("method") if isinstance(http, Mapping) else None
    if not isinstance(method, str):
        message = "the event names no HTTP method"
        raise Malformed(message)
    return method.upper()


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers; a REST API leaves them null when there are none."""
    found = event.get("headers") or {}
    if not isinstance(found, Mapping):
        message = "the event's headers are no JSON object"
        raise Malformed(message)
    return {str(name).lower(): value for name, value in found.items() if isinstance(value, str)}


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        message = "the event's body is no text"
        raise Malformed(message)
    if not event.get("isBase64Encoded"):
        # Half of a surrogate pair cannot have been sent as UTF-8; it must not fit any signature.
        return body.encode("utf-8", "replace")
    try:
        return binascii.a2b_base64(body.encode("ascii"), strict_mode=True)
    except ValueError as error:
        message = "the event's body is not base64"
        raise Malformed(message) from error
