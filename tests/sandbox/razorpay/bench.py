"""A running sandbox with its webhook receiver, driven over real HTTP."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.razorpay.app import create_app
from sandbox.razorpay.config import RazorpaySandboxConfig
from tests.sandbox.live_server import serving

KEY_ID = "rzp_test_bench00000001"
KEY_SECRET = "bench_key_secret"
WEBHOOK_SECRET = "bench_webhook_secret"
DEADLINE_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Received:
    """One webhook as it arrived."""

    event_id: str
    signature: str
    raw: bytes
    body: dict[str, Any]

    @property
    def event(self) -> str:
        return str(self.body["event"])


@dataclass(kw_only=True)
class Receiver:
    """A shop's webhook endpoint; `answer` decides the status of each delivery."""

    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], int] = lambda _: 200
    delay_s: float = 0.0

    @property
    def events(self) -> list[str]:
        return [one.event for one in self.received]

    async def take(self, request: Request) -> Response:
        raw = await request.body()
        one = Received(
            event_id=request.headers["x-razorpay-event-id"],
            signature=request.headers["x-razorpay-signature"],
            raw=raw,
            body=await request.json(),
        )
        self.received.append(one)
        await asyncio.sleep(self.delay_s)
        return Response(status_code=self.answer(one))

    async def wait_for(self, count: int) -> list[Received]:
        """Return what was received once there are `count` deliveries."""
        await until(lambda: len(self.received) >= count, lambda: str(self.events))
        return self.received


@dataclass(frozen=True, kw_only=True)
class Shops:
    """One server for the webhook endpoints of many shops."""

    url: str
    receivers: dict[str, Receiver]

    def open(self) -> tuple[str, Receiver]:
        """Return the webhook URL of a new shop, and what it receives."""
        name = secrets.token_hex(4)
        self.receivers[name] = Receiver()
        return f"{self.url}/{name}", self.receivers[name]


@contextlib.asynccontextmanager
async def serving_shops() -> AsyncIterator[Shops]:
    """Serve shops while the block runs."""
    receivers: dict[str, Receiver] = {}

    async def take(request: Request) -> Response:
        return await receivers[request.path_params["shop"]].take(request)

    async with serving(Starlette(routes=[Route("/{shop}", take, methods=["POST"])])) as url:
        yield Shops(url=url, receivers=receivers)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The sandbox (`api` with keys, `control` without) and the receiver."""

    url: str
    api: httpx.AsyncClient
    control: httpx.AsyncClient
    receiver: Receiver

    async def order(self, amount: int = 49_900, **fields: Any) -> dict[str, Any]:
        """Create an order with a receipt of its own."""
        body = {"amount": amount, "currency": "INR", "receipt": secrets.token_hex(8), **fields}
        return await self.ok("POST", "/v1/orders", body)

    async def pay(self, order_id: str, outcome: str = "captured", **fields: Any) -> dict[str, Any]:
        """End an attempt at an order through the control surface."""
        body = {"order_id": order_id, "outcome": outcome, **fields}
        answer = await self.control.post("/_control/payments", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def captured_payment(self, amount: int = 49_900, **fields: Any) -> str:
        """Return the id of a captured payment of a fresh order."""
        order = await self.order(amount)
        return str((await self.pay(order["id"], **fields))["razorpay_payment_id"])

    async def ok(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """Make an API call that must succeed."""
        answer = await self.api.request(method, path, json=body, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def refused(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Make an API call that must be answered with 400; return the error."""
        answer = await self.api.request(method, path, json=body, **more)
        assert answer.status_code == 400, answer.text
        return answer.json()["error"]

    async def faults(self, **plan: Any) -> None:
        """Put fault switches."""
        answer = await self.control.put("/_control/faults", json=plan)
        assert answer.status_code == 200, answer.text

    async def advance(self, seconds: float) -> None:
        """Move the clock."""
        answer = await self.control.post("/_control/clock", json={"advance_s": seconds})
        assert answer.status_code == 200, answer.text

    async def state(self) -> dict[str, Any]:
        """Return every entity."""
        return dict((await self.control.get("/_control/state")).json())

    async def delivery(self, event: str) -> dict[str, Any]:
        """Return the first stored webhook event of a name."""
        events = (await self.state())["webhooks"]["events"]
        return next(dict(one) for one in events if one["event"] == event)


@contextlib.asynccontextmanager
async def bench(shops: Shops, **settings: Any) -> AsyncIterator[Bench]:
    """Run a sandbox that reports to a shop of its own while the block runs."""
    webhook_url, receiver = shops.open()
    config = RazorpaySandboxConfig(
        **{
            "key_id": KEY_ID,
            "key_secret": KEY_SECRET,
            "webhook_secret": WEBHOOK_SECRET,
            "webhook_url": webhook_url,
            **settings,
        }
    )
    async with (
        serving(create_app(config)) as url,
        httpx.AsyncClient(base_url=url, auth=(KEY_ID, KEY_SECRET), trust_env=False) as api,
        httpx.AsyncClient(base_url=url, trust_env=False) as control,
    ):
        yield Bench(url=url, api=api, control=control, receiver=receiver)


async def until(reached: Callable[[], bool], shown: Callable[[], str] = lambda: "") -> None:
    """Wait until a condition holds; fail after a deadline, showing what there is."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not reached():  # noqa: ASYNC110 - polls over HTTP or memory
                await asyncio.sleep(0.01)
    except TimeoutError:
        message = f"not reached within {DEADLINE_S} s: {shown()}"
        raise AssertionError(message) from None
