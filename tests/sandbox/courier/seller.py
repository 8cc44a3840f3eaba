"""The seller's side of the courier sandbox, as tests play it: forms, calls, a webhook receiver."""

import asyncio
import contextlib
import json
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.courier.app import create_app
from sandbox.courier.config import CourierSandboxConfig
from tests.sandbox.courier.serving import serving

EMAIL = "courier@sandbox.test"
PASSWORD = "made-up"
TOKEN = "webhook-key"
API = "/v1/external"
DEADLINE_S = 10.0
DAY_S = 86_400
# A context that loads no certificates: making the usual one takes longer than most tests here.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class WebhookReceiver:
    """A seller's webhook endpoint that keeps what it gets and answers `answer_status`."""

    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answer_status: int = 200

    async def take(self, request: Request) -> Response:
        self.keys.append(request.headers.get("x-api-key", ""))
        self.received.append(json.loads(await request.body()))
        return Response(status_code=self.answer_status)

    def of(self, awb: str) -> list[dict[str, Any]]:
        return [body for body in self.received if body["awb"] == awb]

    def statuses(self, awb: str) -> list[int]:
        return [body["shipment_status_id"] for body in self.of(awb)]

    async def wait_for(self, awb: str, status: int) -> dict[str, Any]:
        await until(lambda: status in self.statuses(awb))
        return next(body for body in self.of(awb) if body["shipment_status_id"] == status)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[WebhookReceiver]:
    receiver = WebhookReceiver()
    routes = [Route("/webhooks/courier", receiver.take, methods=["POST"])]
    async with serving(Starlette(routes=routes)) as url:
        receiver.url = f"{url}/webhooks/courier"
        yield receiver


@dataclass
class Seller:
    """A logged-in seller with shortcuts for the calls that every test makes."""

    http: httpx.AsyncClient
    receiver: WebhookReceiver

    async def log_in(self) -> str:
        answer = await self.http.post(
            f"{API}/auth/login", json={"email": EMAIL, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        self.http.headers["authorization"] = f"Bearer {token}"
        return token

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(f"{API}{path}", params=params)

    async def post(self, path: str, body: object) -> httpx.Response:
        return await self.http.post(f"{API}{path}", json=body)

    async def created(self, **changes: Any) -> dict[str, Any]:
        answer = await self.post("/orders/create/adhoc", order_form(**changes))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def booked(self, **changes: Any) -> dict[str, Any]:
        """Create an order and assign its AWB; returns the assignment's data."""
        order = await self.created(**changes)
        answer = await self.post("/courier/assign/awb", {"shipment_id": order["shipment_id"]})
        assert answer.json().get("awb_assign_status") == 1, answer.text
        data: dict[str, Any] = answer.json()["response"]["data"]
        return data

    async def dispatched(self, **changes: Any) -> dict[str, Any]:
        """Create, book and schedule a pickup; returns the assignment's data."""
        data = await self.booked(**changes)
        await self.pick_up(data["shipment_id"])
        return data

    async def pick_up(self, shipment_id: int) -> dict[str, Any]:
        answer = await self.post("/courier/generate/pickup", {"shipment_id": [shipment_id]})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def track(self, awb: str) -> dict[str, Any]:
        body: dict[str, Any] = (await self.get(f"/courier/track/awb/{awb}")).json()
        data: dict[str, Any] = body["tracking_data"]
        return data

    async def show(self, order_id: int) -> dict[str, Any]:
        data: dict[str, Any] = (await self.get(f"/orders/show/{order_id}")).json()["data"]
        return data

    async def wait_for(self, awb: str, status: int) -> dict[str, Any]:
        """Poll the track call until a parcel has a status."""
        deadline = time.monotonic() + DEADLINE_S
        while (data := await self.track(awb))["shipment_status"] != status:
            assert time.monotonic() < deadline, f"{awb} never came to {status}: {data}"
            await asyncio.sleep(0.02)
        return data

    async def script(self, script: str, step_s: float, awb: str | None = None) -> None:
        body = {"script": script, "step_s": step_s} | ({} if awb is None else {"awb": awb})
        answer = await self.http.put("/_control/script", json=body)
        assert answer.status_code == 200, answer.text

    async def advance(self, awb: str, to: str | None = None) -> dict[str, Any]:
        body = {} if to is None else {"to": to}
        answer = await self.http.post(f"/_control/shipments/{awb}/advance", json=body)
        assert answer.status_code == 200, answer.text
        parcel: dict[str, Any] = answer.json()["parcel"]
        return parcel

    async def pass_days(self, days: float) -> None:
        """Let days go by, and log in again as tokens run out."""
        await self.pass_time(days * DAY_S)
        await self.log_in()

    async def pass_time(self, seconds: float) -> None:
        answer = await self.http.post("/_control/clock", json={"advance_s": seconds})
        assert answer.status_code == 200, answer.text

    async def switch(self, **switches: Any) -> None:
        answer = await self.http.put("/_control/switches", json=switches)
        assert answer.status_code == 200, answer.text

    async def faults(self, **groups: Any) -> None:
        answer = await self.http.put("/_control/faults", json=groups)
        assert answer.status_code == 200, answer.text

    async def wallet_paise(self) -> int:
        answer = await self.get("/account/details/wallet-balance")
        return round(float(answer.json()["data"]["balance_amount"]) * 100)

    async def state(self) -> dict[str, Any]:
        body: dict[str, Any] = (await self.http.get("/_control/state")).json()
        return body


def sandbox_config(receiver: WebhookReceiver, **changes: Any) -> CourierSandboxConfig:
    """Settings of a sandbox that stands still until it is told to move."""
    settings: dict[str, Any] = {
        "email": EMAIL,
        "password": PASSWORD,
        "webhook_token": TOKEN,
        "webhook_url": receiver.url,
        "step_s": 0.0,
    }
    return CourierSandboxConfig(**settings | changes)


@contextlib.asynccontextmanager
async def logged_in(url: str, receiver: WebhookReceiver) -> AsyncIterator[Seller]:
    """A seller who is logged in to the sandbox at a URL."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=NO_TLS) as http:
        seller = Seller(http=http, receiver=receiver)
        await seller.log_in()
        yield seller


@contextlib.asynccontextmanager
async def selling(receiver: WebhookReceiver, **changes: Any) -> AsyncIterator[Seller]:
    """A sandbox of one's own on a free port, and a seller who is logged in to it."""
    app = create_app(sandbox_config(receiver, **changes))
    async with serving(app) as url, logged_in(url, receiver) as seller:
        yield seller


def order_form(**changes: Any) -> dict[str, Any]:
    """A complete order; `changes` replace fields, a value of None removes one."""
    form: dict[str, Any] = {
        "order_id": f"ord_{secrets.token_hex(10)}-1",
        "order_date": "2026-11-23 11:11",
        "pickup_location": "Pune",
        "billing_customer_name": "Asha",
        "billing_last_name": "Rao",
        "billing_address": "14, MG Road",
        "billing_address_2": "Near the park",
        "billing_city": "Bengaluru",
        "billing_pincode": "560034",
        "billing_state": "Karnataka",
        "billing_country": "India",
        "billing_email": "asha@example.com",
        "billing_phone": "9876543210",
        "shipping_is_billing": True,
        "order_items": [
            {"name": "Kurta", "sku": "KURTA-M", "units": 2, "selling_price": 499.5, "hsn": 6204}
        ],
        "payment_method": "Prepaid",
        "sub_total": 999,
        "length": 20,
        "breadth": 15,
        "height": 5,
        "weight": 0.45,
    }
    form.update(changes)
    return {name: value for name, value in form.items() if value is not None}


def return_form(**changes: Any) -> dict[str, Any]:
    """A complete return from the customer to the Pune warehouse."""
    form: dict[str, Any] = {
        "order_id": f"ord_{secrets.token_hex(10)}-1-r1",
        "order_date": "2026-11-23",
        "pickup_customer_name": "Asha",
        "pickup_address": "14, MG Road",
        "pickup_city": "Bengaluru",
        "pickup_state": "Karnataka",
        "pickup_country": "India",
        "pickup_pincode": 560034,
        "pickup_email": "asha@example.com",
        "pickup_phone": "9876543210",
        "shipping_customer_name": "Pune warehouse",
        "shipping_address": "Plot 14, Hinjawadi",
        "shipping_city": "Pune",
        "shipping_pincode": 411001,
        "shipping_state": "Maharashtra",
        "shipping_country": "India",
        "shipping_phone": "9876500000",
        "order_items": [{"name": "Kurta", "sku": "KURTA-M", "units": 1, "selling_price": 499.5}],
        "payment_method": "Prepaid",
        "sub_total": 499.5,
        "length": 20,
        "breadth": 15,
        "height": 5,
        "weight": 0.45,
    }
    form.update(changes)
    return {name: value for name, value in form.items() if value is not None}


async def until(condition: Callable[[], bool]) -> None:
    """Poll until a condition holds."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        await asyncio.sleep(0.02)
