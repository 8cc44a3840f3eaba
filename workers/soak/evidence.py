"""Everything that can be known of a soak's orders, gathered from all sides at its end."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from domain.errors import OrderUnavailable
from domain.events import OrderEvent
from workers.soak.lives import Lived
from workers.soak.stack_client import Json, StackClient

AT_ONCE = 4
PATIENCE_S = 60.0
"""A closed order's workflow is replayed to be asked, which a busy worker does when it can."""
ASK_AGAIN_S = 1.0


class Truth(Protocol):
    """The order's own word; `OrderClient` has it."""

    async def events_since(self, order_id: str, sequence: int) -> Any:
        """Return the workflow's own events after a sequence number."""
        ...


class Shelves(Protocol):
    """What the stock ledger and the coupons say of one order."""

    async def movements(self, order_id: str) -> list[Json]:
        """Return every stock movement of an order."""
        ...

    async def redemption(self, order_id: str) -> Json | None:
        """Return the order's coupon redemption, if it has one."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """Where evidence comes from."""

    stack: StackClient
    truth: Truth
    shelves: Shelves


@dataclass(frozen=True, kw_only=True)
class Case:
    """One order from all sides."""

    lived: Lived
    view: Json
    log: list[Json]
    own: tuple[OrderEvent, ...]
    razorpay_orders: list[Json]
    payments: list[Json]
    refunds: list[Json]
    disputes: list[Json]
    parcels: list[Json]
    mails: list[Json]
    movements: list[Json]
    redemption: Json | None


@dataclass
class Mailbox:
    """Mails by their number in the sink; read often, because the sink keeps only the newest."""

    mails: dict[int, Json] = field(default_factory=dict)

    async def read(self, stack: StackClient) -> None:
        """Take in what is in the sink now."""
        for mail in await stack.mails():
            slim = {name: mail[name] for name in ("to", "subject")}
            self.mails[mail["id"]] = slim | {"message_id": mail["headers"].get("Message-ID")}

    async def keep_reading(self, stack: StackClient, every_s: float) -> None:
        """Read until cancelled."""
        while True:
            await self.read(stack)
            await asyncio.sleep(every_s)


@dataclass(frozen=True, kw_only=True)
class Sandboxes:
    """The providers' books, by our order ids."""

    razorpay_orders: dict[str, list[Json]]
    payments: dict[str, list[Json]]
    refunds: dict[str, list[Json]]
    disputes: dict[str, list[Json]]
    parcels: dict[str, list[Json]]

    @classmethod
    async def read(cls, stack: StackClient) -> "Sandboxes":
        """Return the books as they are now."""
        ledger = await stack.razorpay("GET", "state")
        receipts = {each["id"]: each["receipt"] for each in ledger["orders"]}
        payers = {each["id"]: receipts.get(each["order_id"]) for each in ledger["payments"]}
        parcels = (await stack.courier("GET", "state"))["parcels"]
        return cls(
            razorpay_orders=_grouped((o["receipt"], o) for o in ledger["orders"]),
            payments=_grouped((receipts.get(p["order_id"]), p) for p in ledger["payments"]),
            refunds=_grouped((payers.get(r["payment_id"]), r) for r in ledger["refunds"]),
            disputes=_grouped((payers.get(d["payment_id"]), d) for d in ledger["disputes"]),
            parcels=_grouped((p["seller_order_id"].split("-")[0], p) for p in parcels),
        )


async def gather_evidence(sources: Sources, lives: list[Lived], mailbox: Mailbox) -> list[Case]:
    """Return every placed order from all sides."""
    books = await Sandboxes.read(sources.stack)
    await mailbox.read(sources.stack)
    mails = _grouped((to, mail) for mail in mailbox.mails.values() for to in mail["to"])
    gate = asyncio.Semaphore(AT_ONCE)

    async def case(lived: Lived) -> Case:
        async with gate:
            return await _case(sources, lived, books, mails)

    return list(await asyncio.gather(*(case(lived) for lived in lives if lived.order_id)))


async def _case(
    sources: Sources, lived: Lived, books: Sandboxes, mails: dict[str, list[Json]]
) -> Case:
    order_id, customer = lived.order_id, lived.plan.customer
    own = await _own_events(sources.truth, order_id)
    params = {"min_sequence": own[-1].sequence} if own else {}
    view = await _read(sources.stack, customer, f"/orders/{order_id}", params)
    return Case(
        lived=lived,
        view=view,
        log=await sources.stack.log(order_id),
        own=own,
        razorpay_orders=books.razorpay_orders.get(order_id, []),
        payments=books.payments.get(order_id, []),
        refunds=books.refunds.get(order_id, []),
        disputes=books.disputes.get(order_id, []),
        parcels=books.parcels.get(order_id, []),
        mails=mails.get(f"{customer}@example.com", []),
        movements=await sources.shelves.movements(order_id),
        redemption=await sources.shelves.redemption(order_id),
    )


async def _own_events(truth: Truth, order_id: str) -> tuple[OrderEvent, ...]:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return tuple(await truth.events_since(order_id, 0))
        except OrderUnavailable:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(ASK_AGAIN_S)


async def _read(stack: StackClient, customer: str, path: str, params: dict[str, int]) -> Json:
    answer = await stack.api("GET", path, customer=customer, params=params)
    found: Json = answer.json()
    return found


def _grouped(pairs: Iterable[tuple[str | None, Json]]) -> dict[str, list[Json]]:
    groups: defaultdict[str, list[Json]] = defaultdict(list)
    for key, value in pairs:
        if key is not None:
            groups[key].append(value)
    return dict(groups)
