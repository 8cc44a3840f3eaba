"""Stand-ins that only the API needs: the order's workflow behind its commands, views, keys."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from domain.attention import Attention
from domain.cart import CartItem
from domain.errors import CommandRefused, CourierUnavailable, OrderNotFound, OutOfStock
from domain.events import EventType, OrderEvent
from domain.messages import (
    CancelOrder,
    CheckoutAnswer,
    CommandAnswer,
    ConfirmPayment,
    DecidePayout,
    MarkPacked,
    PayoutDetails,
    ProposePayout,
    RecordPayout,
    Refusal,
    ResolveAttention,
    StatusSnapshot,
)
from domain.order import OrderState, Placement
from domain.payment import PaymentOrder
from domain.ports import CheckoutRecord, OrderQuery, Position, RouteRequest
from domain.pricing import Route
from domain.shipment import Shipment, ShipmentState
from domain.snapshot import Cancellation, PlacedOrder
from domain.status import OrderStatus
from domain.view import OrderView, fold
from tests.fakes.recording import Recorder
from tests.fakes.stock import FakeInventory

GOOD_SIGNATURE = "f" * 64


@dataclass
class FakeClock:
    """A clock that stands until it is moved; it starts in the present, since tokens expire."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


@dataclass
class FakeRoutes(Recorder):
    """Says the same of every pincode, except of those not served."""

    unserved: set[str] = field(default_factory=set)
    without_cash: set[str] = field(default_factory=set)

    async def route(self, request: RouteRequest) -> Route:
        async with self._call("route", request=request):
            return Route(
                serviceable=request.to_pincode not in self.unserved,
                cod=request.to_pincode not in self.without_cash,
            )

    def go_away(self) -> None:
        self.fail("route", CourierUnavailable("away"), times=1000)


@dataclass
class FakeCheckouts(Recorder):
    """Idempotency keys in memory."""

    records: dict[tuple[str, str], CheckoutRecord] = field(default_factory=dict)

    async def find(self, customer_id: str, key: str) -> CheckoutRecord | None:
        async with self._call("find", customer_id=customer_id, key=key):
            return self.records.get((customer_id, key))

    async def claim(self, record: CheckoutRecord) -> CheckoutRecord:
        async with self._call("claim", record=record):
            return self.records.setdefault((record.customer_id, record.key), record)

    async def settle(self, customer_id: str, key: str, answer: str) -> None:
        async with self._call("settle", answer=answer):
            record = self.records[customer_id, key]
            if record.answer is None:
                self.records[customer_id, key] = replace(record, answer=answer)


@dataclass
class FakeLog(Recorder):
    """An event log in memory."""

    events: dict[str, dict[int, OrderEvent]] = field(default_factory=dict)

    async def append(self, events: Sequence[OrderEvent]) -> None:
        for event in events:
            self.events.setdefault(event.order_id, {}).setdefault(event.sequence, event)

    async def read(
        self, order_id: str, epoch: int, after: int, limit: int = 1000
    ) -> Sequence[OrderEvent]:
        async with self._call("read", order_id=order_id, after=after):
            stored = self.events.get(order_id, {})
            return [stored[n] for n in sorted(stored) if n > after][:limit]


@dataclass
class FakeViews(Recorder):
    """Views in memory; also the search over them."""

    views: dict[str, OrderView] = field(default_factory=dict)
    read: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def get(self, order_id: str) -> OrderView | None:
        async with self._call("get", order_id=order_id), self.read:
            self.read.notify_all()
            return self.views.get(order_id)

    async def was_read(self, times: int) -> None:
        """Wait until views were read so often."""
        async with self.read:
            await self.read.wait_for(lambda: len(self.called("get")) >= times)

    async def get_many(self, order_ids: Sequence[str]) -> Mapping[str, OrderView]:
        return {each: self.views[each] for each in order_ids if each in self.views}

    async def save(self, view: OrderView, expected: Position | None) -> bool:
        self.views[view.order_id] = view
        return True

    async def of_customer(
        self, customer_id: str, limit: int = 50, before: str | None = None
    ) -> Sequence[OrderView]:
        own = [view for view in self._newest_first() if view.customer_id == customer_id]
        ids = [view.order_id for view in own]
        start = ids.index(before) + 1 if before in ids else 0
        return own[start : start + limit]

    async def find(self, query: OrderQuery) -> Sequence[OrderView]:
        async with self._call("find", query=query):
            found = [view for view in self._newest_first() if _matches(view, query)]
            return found[: query.limit]

    def _newest_first(self) -> list[OrderView]:
        return sorted(
            self.views.values(), key=lambda view: (view.placed_at, view.order_id), reverse=True
        )


def _matches(view: OrderView, query: OrderQuery) -> bool:
    open_attention = any(each.resolved_at is None for each in view.attention)
    return (
        query.status in (None, view.status)
        and query.customer in (None, view.customer_id)
        and query.attention in (None, open_attention)
        and query.order_id in (None, view.order_id)
    )


@dataclass
class FakeOrders(Recorder):
    """The orders' workflows behind `OrderCommands`, as far as callers can tell them from real ones.

    With ``heard`` the view learns of each event at once; without, it never does by itself.
    """

    inventory: FakeInventory = field(default_factory=FakeInventory)
    views: FakeViews = field(default_factory=FakeViews)
    log: FakeLog = field(default_factory=FakeLog)
    states: dict[str, OrderState] = field(default_factory=dict)
    answers: dict[str, CheckoutAnswer] = field(default_factory=dict)
    updates: dict[tuple[str, str], CommandAnswer] = field(default_factory=dict)
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    heard: bool = True
    started: int = 0
    next_refusal: Refusal | None = None

    def refuse_next(self, kind: str, message: str) -> None:
        """Let the next new order be turned down."""
        self.next_refusal = Refusal(type=kind, message=message)

    def forget(self) -> None:
        """Know no answer of a checkout any more, as Temporal past its retention."""
        self.answers.clear()

    async def checkout(self, placement: Placement) -> CheckoutAnswer:
        async with self._call("checkout", placement=placement):
            async with self.starting:
                if placement.order_id not in self.answers:
                    self.answers[placement.order_id] = await self._start(placement)
            return self.answers[placement.order_id]

    async def confirm_payment(self, order_id: str, command: ConfirmPayment) -> CommandAnswer:
        async with self._call("confirm_payment", order_id=order_id, command=command):
            if command.razorpay_signature != GOOD_SIGNATURE:
                raise CommandRefused(
                    kind="PaymentSignatureInvalid", message="the signature does not fit"
                )
            state = self._state(order_id)
            state.confirmed_at = _now()
            await self._emit(state, EventType.ORDER_CONFIRMED)
            return _answer(state)

    async def cancel(self, order_id: str, command: CancelOrder, key: str) -> CommandAnswer:
        async with self._call("cancel", order_id=order_id, command=command, key=key):
            state = self._state(order_id)
            if (order_id, key) in self.updates:
                return self.updates[order_id, key]
            if state.cancellation:
                raise CommandRefused(
                    kind="ImpossibleStep", message="the order is cancelled already"
                )
            state.cancelled_at = _now()
            state.cancellation = Cancellation(
                reason=command.reason, by=command.by, at=state.cancelled_at
            )
            await self._emit(state, EventType.ORDER_CANCELLED, cancellation=state.cancellation)
            self.updates[order_id, key] = _answer(state)
            return self.updates[order_id, key]

    async def resolve_attention(
        self, order_id: str, command: ResolveAttention, key: str
    ) -> CommandAnswer:
        async with self._call("resolve_attention", order_id=order_id, command=command, key=key):
            state = self._state(order_id)
            attention = state.attention.get(command.attention_id)
            if attention is None:
                message = f"attention {command.attention_id} is not open"
                raise CommandRefused(kind="CommandRefused", message=message)
            resolved = replace(attention, action=command.action, resolved_at=_now())
            state.attention[command.attention_id] = resolved
            await self._emit(state, EventType.ORDER_ATTENTION_RESOLVED, attention=resolved)
            return _answer(state)

    async def mark_packed(self, order_id: str, command: MarkPacked, key: str) -> CommandAnswer:
        async with self._call("mark_packed", order_id=order_id, command=command, key=key):
            state = self._state(order_id)
            if command.shipment not in state.shipments:
                message = f"there is no parcel {command.shipment}"
                raise CommandRefused(kind="ImpossibleStep", message=message)
            return _answer(state)

    async def status(self, order_id: str) -> StatusSnapshot:
        async with self._call("status", order_id=order_id):
            state = self._state(order_id)
            return StatusSnapshot(
                order_id=order_id,
                customer_id=state.placement.customer_id,
                status=state.status,
                sequence=state.sequence,
                epoch=state.epoch,
                waits_for="payment",
            )

    async def events_since(self, order_id: str, sequence: int) -> Sequence[OrderEvent]:
        async with self._call("events_since", order_id=order_id, sequence=sequence):
            return self._state(order_id).events_since(sequence)

    async def raise_attention(self, order_id: str, attention: Attention) -> None:
        state = self._state(order_id)
        state.attention[attention.attention_id] = attention
        await self._emit(state, EventType.ORDER_ATTENTION_RAISED, attention=attention)

    async def book(self, order_id: str) -> None:
        """Book the first parcel."""
        state = self._state(order_id)
        state.confirmed_at = state.confirmed_at or _now()
        state.shipments[1] = Shipment(
            number=1,
            warehouse="PNQ",
            lines=(),
            state=ShipmentState.BOOKED,
            reference=f"{order_id}-1",
            awb="AWB1",
        )
        await self._emit(state, EventType.DELIVERY_BOOKED, shipment=state.shipments[1])

    async def _start(self, placement: Placement) -> CheckoutAnswer:
        self.started += 1
        state = OrderState.of(placement)
        if self.next_refusal:
            return _checkout_answer(state, self.next_refusal)
        items = [CartItem(sku=line.sku, quantity=line.quantity) for line in placement.quote.lines]
        try:
            await self.inventory.hold(placement.order_id, items, placement.shipping_address.pincode)
        except OutOfStock as error:
            return _checkout_answer(
                state, Refusal(type="OutOfStock", message=str(error), skus=error.skus)
            )
        self.states[placement.order_id] = state
        await self._place(state)
        return _checkout_answer(state, None)

    async def _place(self, state: OrderState) -> None:
        placement = state.placement
        placed = PlacedOrder(
            customer=placement.customer,
            shipping_address=placement.shipping_address,
            quote=placement.quote,
            placed_at=placement.placed_at,
        )
        await self._emit(state, EventType.ORDER_PLACED, order=placed)
        if placement.payment_method == "cod":
            state.confirmed_at = _now()
            await self._emit(state, EventType.ORDER_CONFIRMED)
            return
        state.payment_order = PaymentOrder(
            razorpay_order_id=f"order_{placement.order_id[4:18]}",
            key_id="rzp_test_key",
            amount_paise=placement.quote.total_paise,
            expires_at=placement.placed_at + timedelta(minutes=30),
        )
        await self._emit(state, EventType.PAYMENT_REQUESTED, payment_order=state.payment_order)

    async def _emit(self, state: OrderState, kind: EventType, **subjects: object) -> None:
        event = state.emit(kind, _now(), **subjects)
        if self.heard:
            await self.log.append([event])
            self.views.views[state.order_id] = fold(self.views.views.get(state.order_id), event)

    def _state(self, order_id: str) -> OrderState:
        if order_id not in self.states:
            raise OrderNotFound
        return self.states[order_id]


def _checkout_answer(state: OrderState, refusal: Refusal | None) -> CheckoutAnswer:
    return CheckoutAnswer(
        order_id=state.order_id,
        status=state.status,
        sequence=state.sequence,
        epoch=state.epoch,
        total_paise=state.placement.quote.total_paise,
        payment=state.payment_order,
        refusal=refusal,
    )


def _answer(state: OrderState) -> CommandAnswer:
    return CommandAnswer(
        order_id=state.order_id,
        status=state.status,
        sequence=state.sequence,
        epoch=state.epoch,
    )


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class FakePayouts(Recorder):
    """The payouts of any order; takes every command unless a test lets it fail."""

    known: list[PayoutDetails] = field(default_factory=list)

    async def propose_payout(
        self, order_id: str, command: ProposePayout, key: str
    ) -> CommandAnswer:
        return await self._take("propose_payout", order_id, command, key)

    async def decide_payout(self, order_id: str, command: DecidePayout, key: str) -> CommandAnswer:
        return await self._take("decide_payout", order_id, command, key)

    async def record_payout(self, order_id: str, command: RecordPayout, key: str) -> CommandAnswer:
        return await self._take("record_payout", order_id, command, key)

    async def payouts(self, order_id: str) -> Sequence[PayoutDetails]:
        async with self._call("payouts", order_id=order_id):
            return self.known

    async def _take(self, name: str, order_id: str, command: object, key: str) -> CommandAnswer:
        async with self._call(name, order_id=order_id, command=command, key=key):
            return CommandAnswer(
                order_id=order_id, status=OrderStatus.DELIVERED, sequence=9, epoch=1, message=name
            )
