"""HTTP to Shiprocket: one token for all calls, answers sorted by what can be done about them."""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from domain.errors import CourierUnavailable

TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 3.0
CONNECTIONS = 20
RENEW_BEFORE_S = 12 * 3600
"""A token lives for ten days; the last half day is left to renew it."""
UNKNOWN_LIFE_S = 24 * 3600
LOGIN_PAUSE_S = 30.0
"""After a refused login; a firewall answers those who keep trying with 403 for good."""
UNAUTHORIZED = 401
RATE_LIMITED = 429
CLIENT_ERRORS = range(400, 500)
SUCCESS = range(200, 300)


class ShiprocketRefusal(Exception):
    """Shiprocket understood and refuses; `str()` is its reason, with the fields at fault."""

    def __init__(self, reason: str, *, status: int) -> None:
        """Keep the HTTP status beside the reason."""
        super().__init__(reason)
        self.status = status


class ShiprocketSession:
    """Authenticated calls to one account.

    Args:
        base_url: with the path `/v1/external`.
        email: of the API user, which differs from the panel's.
        timeout_s: for each answer.
        login_pause_s: how long no login is tried after a refused one.
        now: unix seconds.
    """

    def __init__(
        self,
        base_url: str,
        email: str,
        password: str,
        *,
        timeout_s: float = TIMEOUT_S,
        login_pause_s: float = LOGIN_PAUSE_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = {"email": email, "password": password}
        self._now = now
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
            limits=httpx.Limits(max_connections=CONNECTIONS),
            follow_redirects=False,
        )
        self._login_pause_s = login_pause_s
        self._logging_in = asyncio.Lock()
        self._token = ""
        self._renew_at = 0.0
        self._no_login_before = 0.0

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Read something; see `post`."""
        return await self._call("GET", path, params=dict(params or {}))

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Do something and return the answer's JSON; an empty answer is an empty object.

        A 200 may still hold a failure: the caller looks at the flag inside.

        Raises:
            ShiprocketRefusal: a 4xx other than 401 and 429.
            CourierUnavailable: no answer, 429, 5xx, no JSON, or the login is refused.
        """
        return await self._call("POST", path, json=dict(body))

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        token = await self._fresh_token()
        answer = await self._send(method, path, token=token, **options)
        if answer.status_code == UNAUTHORIZED:
            # Somebody logged it out, or its life was cut short: log in anew, once.
            self._forget(token)
            token = await self._fresh_token()
            answer = await self._send(method, path, token=token, **options)
        return _read(answer)

    async def _send(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return await self._http.request(method, path, headers=headers, **options)
        except httpx.HTTPError as error:
            message = f"no answer from Shiprocket: {type(error).__name__}"
            raise CourierUnavailable(message) from error

    async def _fresh_token(self) -> str:
        if not self._token or self._now() >= self._renew_at:
            async with self._logging_in:
                # Whoever waited here finds the token of the one who went first.
                if not self._token or self._now() >= self._renew_at:
                    await self._log_in()
        return self._token

    def _forget(self, token: str) -> None:
        if self._token == token:
            self._token = ""

    async def _log_in(self) -> None:
        if self._now() < self._no_login_before:
            message = "Shiprocket refused the last login; the next try comes in a moment"
            raise CourierUnavailable(message)
        answer = await self._send("POST", "auth/login", json=self._credentials)
        try:
            body = _read(answer)
        except ShiprocketRefusal as refusal:
            self._no_login_before = self._now() + self._login_pause_s
            message = (
                f"Shiprocket refuses the login ({refusal}): check SHIPROCKET_EMAIL and _PASSWORD"
            )
            raise CourierUnavailable(message) from refusal
        token = body.get("token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            message = "Shiprocket's login answered without a token"
            raise CourierUnavailable(message)
        self._renew_at = self._renewal(token)
        self._token = token

    def _renewal(self, token: str) -> float:
        """Return when to renew: half a day before the end, or halfway for a shorter life."""
        now = self._now()
        life_s = (_expiry(token) or now + UNKNOWN_LIFE_S) - now
        return now + max(life_s - RENEW_BEFORE_S, life_s / 2)


def _expiry(token: str) -> float | None:
    """Return the `exp` of a JWT, which is not verified: it is for nobody but its issuer."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def _read(answer: httpx.Response) -> Any:
    status = answer.status_code
    if status in SUCCESS and not answer.content:
        return {}
    try:
        body = answer.json()
    except ValueError as error:
        message = f"Shiprocket's answer is not JSON (HTTP {status}): {answer.text[:80]!r}"
        raise CourierUnavailable(message) from error
    if status in SUCCESS:
        return body
    reason = f"{_reason(body)} (HTTP {status})"
    if status in CLIENT_ERRORS and status not in {UNAUTHORIZED, RATE_LIMITED}:
        raise ShiprocketRefusal(reason, status=status)
    raise CourierUnavailable(reason)


def _reason(body: Any) -> str:
    """Return the message with each field's complaints."""
    if not isinstance(body, dict):
        return "no reason given"
    errors = body.get("errors")
    complaints = [
        f"{field}: {' '.join(map(str, texts)) if isinstance(texts, list) else texts}"
        for field, texts in (errors.items() if isinstance(errors, dict) else ())
    ]
    return "; ".join([str(body.get("message") or "no reason given"), *complaints])
