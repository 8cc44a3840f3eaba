"""What benchmarks measure on: one running stack, seen from outside and from its stores."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from secrets import token_hex
from typing import TypeVar

import httpx
from temporalio.client import Client

from adapters.mongo.connection import Database, close, connect
from domain.events import OrderEvent
from domain.wire import read_envelope
from workers.bench.figures import Json
from workers.demo.stories import PUNE
from workers.soak.stack_client import StackClient
from workers.stack.run import RunningStack
from workflows.connection import connect as connect_temporal

T = TypeVar("T")

WITHIN_S = 60.0
LOOK_EVERY_S = 0.1
COURIER_STEP_S = 1.0
"""Between two scans of a parcel, so that each is a workflow task of its own, as in life."""

SKUS = (
    "BOTTLE-CU-1L", "COFFEE-FIL-500", "COOKER-SS-5L", "EARBUD-ANC-WHT", "KURTA-LIN-M",
    "LAMP-DESK-LED", "MAT-YOGA-6", "NOTEBOOK-A5-3", "SNEAKER-RUN-9", "TEE-BLK-M",
)  # fmt: skip


class BenchFailed(Exception):
    """Something answered otherwise than it should, so there is nothing to measure."""


class Bed:
    """One stack under measurement; its orders are placed and paid as customers do it.

    `came_again` counts the checkouts that were answered 503 and asked again.
    """

    def __init__(self, stack: StackClient, temporal: Client, database: Database) -> None:
        """Measure on these."""
        self.stack = stack
        self.temporal = temporal
        self.database = database
        self.came_again = 0
        self._sample: Json | None = None

    async def order(self, customer: str, sku: str) -> tuple[int, Json]:
        """Order one unit; return status and body of the answer.

        A shop that is too busy to answer in time is asked again under the same key, as it says.
        """
        body = {
            "items": [{"sku": sku, "quantity": 1}],
            "customer": {
                "name": PUNE["name"], "email": "asha@example.com", "phone": PUNE["phone"],
            },
            "shipping_address": PUNE,
            "payment_method": "prepaid",
            "coupon": None,
        }  # fmt: skip
        key = token_hex(12)
        while True:
            answer = await self.stack.api("POST", "/orders", customer=customer, key=key, json=body)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer.status_code, answer.json()
            self.came_again += 1
            await asyncio.sleep(float(answer.headers["Retry-After"]))

    async def place(self, customer: str, sku: str) -> Json:
        """Order one unit that is there.

        Raises:
            BenchFailed: the answer is not 201.
        """
        status, placed = await self.order(customer, sku)
        if status != httpx.codes.CREATED:
            message = f"POST /orders answered {status}: {placed}"
            raise BenchFailed(message)
        return placed

    async def pay(self, placed: Json) -> None:
        """Pay; the order hears of it by webhook alone, as if the browser had been closed."""
        body = {"order_id": placed["payment"]["razorpay_order_id"], "outcome": "captured"}
        await self.stack.razorpay("POST", "payments", body)

    async def sample(self) -> Json:
        """Return the answer to the checkout of one order that is delivered by now; made once."""
        if self._sample is None:
            placed = await self.place(new_customer(), SKUS[0])
            await self.pay(placed)
            await self.until_delivered(placed["order_id"])
            self._sample = placed
        return self._sample

    async def until_delivered(self, order_id: str) -> None:
        """Wait until the read model says so.

        Raises:
            BenchFailed: it does not within a minute.
        """

        async def delivered() -> bool:
            return "delivery_delivered" in [each["type"] for each in await self.stack.log(order_id)]

        await until(delivered, f"{order_id} is delivered")

    async def events(self, order_id: str) -> list[OrderEvent]:
        """Return an order's event log."""
        return [read_envelope(each) for each in await self.stack.log(order_id)]


@contextlib.asynccontextmanager
async def opened_bed(running: RunningStack) -> AsyncIterator[Bed]:
    """Connect to a running stack while the block runs; its parcels move at a known pace."""
    addresses, environment = running.plan.addresses, running.plan.environment
    database = connect(addresses["mongodb"], "orders")
    try:
        async with StackClient(addresses, environment) as stack:
            temporal = await connect_temporal(addresses["temporal"])
            await stack.courier("PUT", "script", {"script": "happy", "step_s": COURIER_STEP_S})
            yield Bed(stack, temporal, database)
    finally:
        await close(database)


def new_customer() -> str:
    """Return a customer whom nobody knows yet."""
    return f"cus_{token_hex(6)}"


async def until(
    look: Callable[[], Awaitable[bool]], why: str, *, within_s: float = WITHIN_S
) -> None:
    """Look until it is so.

    Raises:
        BenchFailed: it is not within the time.
    """
    deadline = time.monotonic() + within_s
    while not await look():
        if time.monotonic() > deadline:
            message = f"waited {within_s:g} s in vain until {why}"
            raise BenchFailed(message)
        await asyncio.sleep(LOOK_EVERY_S)


async def in_flight(limit: int, work: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do all of it, so many at once, each as soon as there is room; results in order."""
    gate = asyncio.Semaphore(limit)

    async def through(each: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await each()

    return await asyncio.gather(*(through(each) for each in work))
