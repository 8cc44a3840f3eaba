"""What customers and providers do to a running stack, and what can be read of it afterwards."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from adapters.mongo.connection import Database
from adapters.mongo.inventory import MongoInventory
from domain import ids
from domain.catalogue import Product, StockLevel
from domain.wire import to_json
from workers.demo.stories import MYSURU, PUNE
from workers.soak.invariants import log_problems, view_problems
from workers.soak.stack_client import StackClient
from workflows.order_client import OrderClient

Json = dict[str, Any]
T = TypeVar("T")

WITHIN_S = 90.0
POLL_S = 0.1
SKU = "TEE-BLK-M"
KARNATAKA = MYSURU


def new_customer() -> str:
    return f"cus_{secrets.token_hex(6)}"


def new_key() -> str:
    return secrets.token_hex(12)


def mail_address(customer: str) -> str:
    return f"{customer}@example.com"


def order_body(
    customer: str,
    *items: tuple[str, int],
    method: str = "prepaid",
    coupon: str | None = None,
    address: dict[str, str] = PUNE,
) -> Json:
    """The body of `POST /orders`; one T-shirt unless items are given."""
    return {
        "items": [{"sku": s, "quantity": q} for s, q in items or ((SKU, 1),)],
        "customer": {
            "name": address["name"],
            "email": mail_address(customer),
            "phone": address["phone"],
        },
        "shipping_address": address,
        "payment_method": method,
        "coupon": coupon,
    }


async def until(
    look: Callable[[], Awaitable[T]],
    good: Callable[[T], bool],
    why: str,
    *,
    within_s: float = WITHIN_S,
) -> T:
    """Look until it is good; fail after `within_s` with what was seen last."""
    deadline = time.monotonic() + within_s
    while True:
        seen = await look()
        if good(seen):
            return seen
        assert time.monotonic() < deadline, f"waited {within_s:g} s in vain: {why}; saw {seen}"
        await asyncio.sleep(POLL_S)


class Shop:
    """One stack, driven over its public HTTP API and its sandboxes' control surfaces."""

    def __init__(self, client: StackClient, orders: OrderClient, database: Database) -> None:
        self.client = client
        self.orders = orders
        self.database = database

    # --- customers ----------------------------------------------------------------------------

    async def order(self, customer: str, body: Json, key: str | None = None) -> httpx.Response:
        return await self.client.api(
            "POST", "/orders", customer=customer, key=key or new_key(), json=body
        )

    async def place(self, customer: str, body: Json, key: str | None = None) -> Json:
        answer = await self.order(customer, body, key)
        assert answer.status_code == 201, answer.text
        placed: Json = answer.json()
        return placed

    async def attempt(self, placed: Json, outcome: str) -> Json:
        """Use the payment sheet; return what the browser gets."""
        body = {"order_id": placed["payment"]["razorpay_order_id"], "outcome": outcome}
        return await self.client.razorpay("POST", "payments", body)

    async def hand_over(self, customer: str, placed: Json, handover: Json) -> httpx.Response:
        names = ("razorpay_payment_id", "razorpay_order_id", "razorpay_signature")
        body = {name: handover[name] for name in names}
        path = f"/orders/{placed['order_id']}/payment"
        return await self.client.api("POST", path, customer=customer, json=body)

    async def pay(self, customer: str, placed: Json) -> Json:
        """Pay as a browser does; return the answer to the hand-over."""
        answer = await self.hand_over(customer, placed, await self.attempt(placed, "captured"))
        assert answer.status_code == 200, answer.text
        paid: Json = answer.json()
        return paid

    async def cancel(self, customer: str, order_id: str) -> httpx.Response:
        path, body = f"/orders/{order_id}/cancel", {"reason": "changed my mind"}
        return await self.client.api("POST", path, customer=customer, key=new_key(), json=body)

    async def view(self, customer: str, order_id: str, **params: int) -> Json:
        answer = await self.client.api(
            "GET", f"/orders/{order_id}", customer=customer, params=params
        )
        assert answer.status_code == 200, answer.text
        seen: Json = answer.json()
        return seen

    async def log(self, customer: str, order_id: str) -> list[Json]:
        """The event log of the read model."""
        path = f"/orders/{order_id}/events"
        answer = await self.client.api("GET", path, customer=customer, params={"after": 0})
        assert answer.status_code == 200, answer.text
        events: list[Json] = answer.json()["events"]
        return events

    async def until_view(
        self, customer: str, order_id: str, good: Callable[[Json], bool], why: str
    ) -> Json:
        return await until(lambda: self.view(customer, order_id), good, why)

    async def until_status(self, customer: str, order_id: str, *statuses: str) -> Json:
        why = f"the order is {' or '.join(statuses)}"
        return await self.until_view(customer, order_id, lambda v: v["status"] in statuses, why)

    # --- the shelves --------------------------------------------------------------------------

    async def new_product(self, units: int) -> str:
        """Put a product of its own into one warehouse; return its SKU."""
        sku = f"TEST-{secrets.token_hex(4).upper()}"
        product = Product(
            sku=sku,
            name="Clay lamp",
            price_paise=100_00,
            gst_rate=5,
            hsn="6912",
            weight_g=200,
            description="For a test.",
        )
        document = to_json(product)
        await self.database["products"].insert_one({**document, "_id": document.pop("sku")})
        await self.receive(sku, units)
        return sku

    async def receive(self, sku: str, units: int) -> None:
        """Put more units of a product on its shelf."""
        level = StockLevel(sku=sku, warehouse="PNQ", available=units)
        await MongoInventory(self.database).receive(secrets.token_hex(8), [level])

    async def available(self, sku: str) -> int:
        """The units that the shop says can be ordered now."""
        units: int = (await self.client.api("GET", f"/products/{sku}")).json()["available"]
        return units

    # --- what must hold -----------------------------------------------------------------------

    async def assert_whole(self, customer: str, order_id: str) -> list[Json]:
        """The log counts 1..n, says what the workflow says, and the view is its fold."""

        async def problems() -> list[str]:
            own = await self.orders.events_since(order_id, 0)
            seen = await self.view(customer, order_id, min_sequence=own[-1].sequence)
            log = await self.client.log(order_id)
            return [*log_problems(own, log), *view_problems(own, log, seen)]

        # An order that still moves may move between two looks.
        await until(problems, lambda found: not found, "log and view are whole", within_s=10)
        return await self.log(customer, order_id)

    async def until_closed(self, order_id: str) -> None:
        """Wait until the workflow's run has ended."""
        handle = self.orders._client.get_workflow_handle(ids.workflow_id(order_id))
        await until(handle.describe, lambda d: d.close_time is not None, "the run has closed")

    # --- providers ----------------------------------------------------------------------------

    async def razorpay_faults(self, seed: int = 1, **groups: Json) -> None:
        await self.client.razorpay("PUT", "faults", {"seed": seed, **groups})

    async def no_razorpay_faults(self) -> None:
        await self.client.razorpay("DELETE", "faults")

    async def courier_pace(self, step_s: float, script: str = "happy") -> None:
        await self.client.courier("PUT", "script", {"script": script, "step_s": step_s})

    async def at_razorpay(self, kind: str, **fields: Any) -> list[Json]:
        """Entities of the payment sandbox with these field values."""
        found = (await self.client.razorpay("GET", "state"))[kind]
        return [each for each in found if all(each[n] == v for n, v in fields.items())]

    async def parcels(self, order_id: str) -> list[Json]:
        """The courier sandbox's parcels of an order."""
        found = (await self.client.courier("GET", "state"))["parcels"]
        return [each for each in found if each["seller_order_id"].startswith(f"{order_id}-")]
