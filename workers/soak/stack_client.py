"""A client of a running stack, as its customers and its providers' panels see it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.tokens import TokenIssuer
from domain.ports import Scope
from workers.stack.dev_secrets import read_dev_secrets

Json = dict[str, Any]

TIMEOUT_S = 30.0
"""Above the API's own limit of ten seconds for a command."""
TOKEN_LIFETIME = timedelta(hours=12)
AGAIN = (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS)
"""Answers that ask for the same request, with the same key, later."""


class ControlRefused(Exception):
    """A sandbox did not obey; names the call and the answer."""


class StackClient:
    """Speaks to one stack over HTTP; closes with the block it is used in.

    Answers of the API come back as they are, whatever their status: callers judge them.
    """

    def __init__(self, addresses: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """Talk to the stack of these addresses (`stack.json`) and secrets (`dev.env`)."""
        self.addresses = addresses
        self.secrets = secrets
        self._issuer = TokenIssuer(secrets["ORDERS_JWT_SECRET"])
        self.http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)

    @classmethod
    def of(cls, data: Path) -> "StackClient":
        """Return a client of the stack that keeps its data here.

        Raises:
            FileNotFoundError: no stack runs on this folder.
        """
        addresses = json.loads((data / "stack.json").read_text())
        return cls(addresses, read_dev_secrets(data / "dev.env"))

    async def __aenter__(self) -> "StackClient":
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.http.aclose()

    def token(self, subject: str, scope: Scope = Scope.CUSTOMER) -> str:
        """Return a bearer token."""
        now = datetime.now(UTC)
        return self._issuer.issue(subject, now=now, scope=scope, lifetime=TOKEN_LIFETIME)

    async def api(
        self,
        method: str,
        path: str,
        *,
        customer: str | None = None,
        key: str | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Call the API as a customer, under an idempotency key if one is given."""
        headers = dict(options.pop("headers", {}))
        if customer is not None:
            headers["Authorization"] = f"Bearer {self.token(customer)}"
        if key is not None:
            headers["Idempotency-Key"] = key
        url = f"{self.addresses['api']}{path}"
        return await self.http.request(method, url, headers=headers, **options)

    async def ops(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call the API as somebody of ops."""
        headers = {"Authorization": f"Bearer {self.token('ops', Scope.OPS)}"}
        return await self.api(method, path, headers=headers, **options)

    async def log(self, order_id: str) -> list[Json]:
        """Return an order's event log, with what is shown to ops alone."""
        answer = await self.ops("GET", f"/orders/{order_id}/events", params={"after": 0})
        events: list[Json] = answer.raise_for_status().json()["events"]
        return events

    async def razorpay(self, method: str, path: str, body: Json | None = None) -> Json:
        """Use the payment sandbox's control surface.

        Raises:
            ControlRefused: it did not obey.
        """
        return await self._control("razorpay_sandbox", method, path, body)

    async def courier(self, method: str, path: str, body: Json | None = None) -> Json:
        """Use the courier sandbox's control surface.

        Raises:
            ControlRefused: it did not obey.
        """
        return await self._control("courier_sandbox", method, path, body)

    async def mails(self, recipient: str | None = None) -> list[Json]:
        """Return what the mail sink has received, oldest first."""
        params = {"to": recipient} if recipient else {}
        answer = await self.http.get(f"{self.addresses['mail']}/api/messages", params=params)
        found: list[Json] = answer.raise_for_status().json()["messages"]
        return found

    async def _control(self, service: str, method: str, path: str, body: Json | None) -> Json:
        url = f"{self.addresses[service]}/_control/{path}"
        answer = await self.http.request(method, url, json=body)
        if answer.is_error:
            message = f"{method} {url} answered {answer.status_code}: {answer.text[:300]}"
            raise ControlRefused(message)
        found: Json = answer.json()
        return found
