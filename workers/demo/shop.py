"""The demo's customers: everything goes through the public API and the sandboxes' controls."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from adapters.tokens import TokenIssuer
from domain.ports import Scope

Json = dict[str, Any]
TIMEOUT_S = 20.0
TOKEN_LIFETIME = timedelta(hours=12)


class DemoFailed(Exception):
    """A call of the demo was answered otherwise than it should be."""


class Shop:
    """One client for the API and both sandboxes; closes with the block it is used in."""

    def __init__(self, addresses: Mapping[str, str], jwt_secret: str) -> None:
        """Talk to a running stack."""
        self._api = addresses["api"]
        self._razorpay = addresses["razorpay_sandbox"]
        self._courier = addresses["courier_sandbox"]
        self._issuer = TokenIssuer(jwt_secret)
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S)

    async def __aenter__(self) -> "Shop":
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.aclose()

    def token(self, customer: str) -> str:
        """Return a bearer token of a customer."""
        return self._issuer.issue(
            customer, now=datetime.now(UTC), scope=Scope.CUSTOMER, lifetime=TOKEN_LIFETIME
        )

    async def available(self) -> dict[str, int]:
        """Return the units of each SKU that can be ordered now."""
        answer = await self._call("GET", f"{self._api}/products")
        return {product["sku"]: product["available"] for product in answer["products"]}

    async def place(self, customer: str, body: Json) -> Json:
        """Place an order; return the checkout's answer."""
        key = {"Idempotency-Key": uuid4().hex}
        return await self._as(customer, "POST", "/orders", json=body, headers=key)

    async def pay(self, customer: str, order: Json, outcome: str) -> None:
        """Use the payment sheet; a successful payment is handed over as a browser would."""
        control = {"order_id": order["payment"]["razorpay_order_id"], "outcome": outcome}
        url = f"{self._razorpay}/_control/payments"
        handover = await self._call("POST", url, json=control)
        if outcome == "captured":
            fields = ("razorpay_payment_id", "razorpay_order_id", "razorpay_signature")
            body = {name: handover[name] for name in fields}
            await self._as(customer, "POST", f"/orders/{order['order_id']}/payment", json=body)

    async def cancel(self, customer: str, order_id: str) -> None:
        """Cancel an order."""
        key, body = {"Idempotency-Key": uuid4().hex}, {"reason": "ordered by mistake"}
        await self._as(customer, "POST", f"/orders/{order_id}/cancel", json=body, headers=key)

    async def order(self, customer: str, order_id: str, min_sequence: int = 0) -> Json:
        """Return an order as its customer sees it."""
        params = {"min_sequence": min_sequence} if min_sequence else {}
        return await self._as(customer, "GET", f"/orders/{order_id}", params=params)

    async def events(self, customer: str, order_id: str) -> list[Json]:
        """Return an order's event log."""
        answer = await self._as(customer, "GET", f"/orders/{order_id}/events", params={"after": 0})
        events: list[Json] = answer["events"]
        return events

    async def courier_waits(self) -> None:
        """Let parcels stand still once they are booked."""
        await self._script({"script": "happy", "step_s": 0})

    async def courier_drives(self, awbs: list[str], step_s: float) -> None:
        """Let these parcels, and all later ones, move by themselves."""
        await self._script({"script": "happy", "step_s": step_s})
        for awb in awbs:
            await self._script({"script": "happy", "step_s": step_s, "awb": awb})

    async def ledger(self) -> Json:
        """Return everything that the payment sandbox knows."""
        return await self._call("GET", f"{self._razorpay}/_control/state")

    async def _script(self, body: Json) -> None:
        await self._call("PUT", f"{self._courier}/_control/script", json=body)

    async def _as(self, customer: str, method: str, path: str, **options: Any) -> Json:
        headers = {"Authorization": f"Bearer {self.token(customer)}", **options.pop("headers", {})}
        return await self._call(method, f"{self._api}{path}", headers=headers, **options)

    async def _call(self, method: str, url: str, **options: Any) -> Json:
        answer = await self._http.request(method, url, **options)
        if answer.is_error:
            message = f"{method} {url} answered {answer.status_code}: {answer.text[:300]}"
            raise DemoFailed(message)
        found: Json = answer.json()
        return found
