"""Checkout keys, payment references, sent mail and archived orders, in memory."""

import asyncio
from dataclasses import replace

from domain.errors import ImpossibleStep, MailUnavailable
from domain.order import OrderState
from domain.ports import CheckoutRecord
from domain.wire import from_json, to_json


class FakeCheckouts:
    """Implements `Checkouts`."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], CheckoutRecord] = {}

    async def claim(self, record: CheckoutRecord) -> CheckoutRecord:
        await asyncio.sleep(0)
        return self.records.setdefault((record.customer_id, record.key), record)

    async def find(self, customer_id: str, key: str) -> CheckoutRecord | None:
        await asyncio.sleep(0)
        return self.records.get((customer_id, key))

    async def settle(self, customer_id: str, key: str, answer: str) -> None:
        await asyncio.sleep(0)
        record = self.records.get((customer_id, key))
        if record is not None and record.answer is None:
            self.records[customer_id, key] = replace(record, answer=answer)


class FakePaymentRefs:
    """Implements `PaymentRefs`."""

    def __init__(self) -> None:
        self.refs: dict[str, str] = {}

    async def put(self, razorpay_order_id: str, order_id: str) -> None:
        stored = self.refs.setdefault(razorpay_order_id, order_id)
        if stored != order_id:
            message = f"Razorpay order {razorpay_order_id} belongs to {stored}"
            raise ImpossibleStep(message)

    async def order_id(self, razorpay_order_id: str) -> str | None:
        return self.refs.get(razorpay_order_id)


class FakeSentMail:
    """Implements `SentMail`; `settled` is set once a claim was given up or turned into a mark."""

    def __init__(self) -> None:
        self.claims: set[str] = set()
        self.sent: set[str] = set()
        self.settled = asyncio.Event()

    async def claim(self, key: str) -> bool:
        if key in self.sent:
            return False
        if key in self.claims:
            message = f"{key} is being sent by another attempt"
            raise MailUnavailable(message)
        self.claims.add(key)
        return True

    async def release(self, key: str) -> None:
        self.claims.discard(key)
        self.settled.set()

    async def mark_sent(self, key: str) -> None:
        self.sent.add(key)
        self.settled.set()


class FakeOrderArchive:
    """Implements `OrderArchive`; keeps copies, as a database does."""

    def __init__(self) -> None:
        self.states: dict[str, OrderState] = {}

    async def store(self, state: OrderState) -> None:
        kept = self.states.get(state.order_id)
        if kept is None or (kept.epoch, kept.sequence) <= (state.epoch, state.sequence):
            self.states[state.order_id] = from_json(OrderState, to_json(state))

    async def load(self, order_id: str) -> OrderState | None:
        state = self.states.get(order_id)
        return None if state is None else from_json(OrderState, to_json(state))
