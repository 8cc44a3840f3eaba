"""Signs requests to AWS: Signature Version 4, in the standard library.

The SDK would load 280 modules and some thirty megabytes for this. Checked in tests against the
SDK's own signer and against the vectors that AWS publishes.
"""

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

ALGORITHM: Final = "AWS4-HMAC-SHA256"
TIME_FORMAT: Final = "%Y%m%dT%H%M%SZ"


class Credentials(NamedTuple):
    """Who signs; a function's role has a session token."""

    access_key: str
    secret_key: str
    session_token: str = ""


class Scope(NamedTuple):
    """What a signature is good for."""

    region: str
    service: str


class Call(NamedTuple):
    """A request as it will be sent. `path` and `query` are encoded already; no double slashes."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""


def signed_headers(call: Call, credentials: Credentials, scope: Scope, at: str) -> dict[str, str]:
    """Return the call's headers with those that prove who sends it.

    The call's headers must hold `Host`. `at` is the present as `TIME_FORMAT`, UTC; AWS allows five
    minutes of difference.
    """
    headers = {**call.headers, "X-Amz-Date": at}
    if credentials.session_token:
        headers["X-Amz-Security-Token"] = credentials.session_token
    canonical = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    names = ";".join(sorted(canonical))
    day = at[:8]
    reach = f"{day}/{scope.region}/{scope.service}/aws4_request"
    text = f"{ALGORITHM}\n{at}\n{reach}\n{_digest(_canonical(call, canonical, names).encode())}"
    key = signing_key(credentials.secret_key, day, scope.region, scope.service)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{reach}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return headers


@lru_cache(maxsize=4)
def signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    """Return the key of one day, region and service."""
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _canonical(call: Call, headers: Mapping[str, str], names: str) -> str:
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    query = "&".join(sorted(call.query.split("&")))
    return f"{call.method}\n{call.path}\n{query}\n{lines}\n{names}\n{_digest(call.body)}"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
