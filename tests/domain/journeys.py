"""Random lives of orders, told by the domain's own methods; one seed, one life."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from domain.attention import Attention, AttentionAction
from domain.cancellation import Cut, cut_parcel
from domain.documents import Document, DocumentKind
from domain.events import EventType
from domain.order import Allocation, OrderState
from domain.payment import EntryKind, PaymentEntry, PaymentOrder, RefundStatus
from domain.shipment import BEFORE_PICKUP, FORWARD, NEVER_ARRIVED, ShipmentState
from domain.snapshot import Cancellation, Notification
from domain.status import OrderStatus
from tests.domain.orders import ADDRESS, NOON, TWO_PARCELS, book, placed, refund_of

Step = Callable[[], object]

MOST_PARCELS = 5
"""A parcel that is cut leaves its rest to another one; somewhere that ends."""


def journey(
    seed: int, steps: int = 30, allocations: Sequence[Allocation] = TWO_PARCELS
) -> OrderState:
    """Return an order after random steps that its rules allow, each told by an event."""
    traveller = _Traveller(random.Random(seed), placed(allocations))
    for _ in range(steps):
        traveller.dice.choice(list(traveller.possible()))()
    return traveller.state


class _Traveller:
    def __init__(self, dice: random.Random, state: OrderState) -> None:
        self.dice, self.state = dice, state

    @property
    def now(self) -> datetime:
        return NOON + timedelta(minutes=self.state.sequence)

    def possible(self) -> Iterator[Step]:
        yield self._notify
        yield self._attend
        yield partial(self._pay, self.dice.choice([EntryKind.FAILED, EntryKind.AUTHORIZED]))
        if self.state.refund_due_paise:
            yield self._refund
        if self.state.cancelled_at is None:
            yield from self._before_the_end()

    def _before_the_end(self) -> Iterator[Step]:
        state = self.state
        if state.payment_order is None:
            yield self._request_payment
        if not state.ledger.received_paise:
            yield partial(self._pay, EntryKind.CAPTURED)
        if state.confirmed_at is not None:
            yield from self._fulfilment()
        elif state.ledger.secured:
            yield self._revive if state.expired_at else self._confirm
        elif state.expired_at is None:
            yield self._expire
            yield self._cancel

    def _fulfilment(self) -> Iterator[Step]:
        state = self.state
        for number in range(1, len(state.allocations) + 1):
            parcel = state.shipments.get(number)
            if parcel is None:
                yield partial(self._book, number)
                continue
            yield from (partial(self._move, number, step) for step in FORWARD[parcel.state])
            if parcel.state in BEFORE_PICKUP and len(state.allocations) < MOST_PARCELS:
                yield partial(self._cut, number)
            yield partial(self._issue, number)
        yield self._move_house
        if all(parcel.state in NEVER_ARRIVED for parcel in state.shipments.values()):
            yield self._cancel
        if state.status is OrderStatus.DELIVERED:
            yield self._complete

    # --- steps ----------------------------------------------------------------------------------

    def _request_payment(self) -> None:
        total = self.state.placement.quote.total_paise
        order = PaymentOrder(
            razorpay_order_id="order_1", key_id="rzp_test", amount_paise=total, expires_at=self.now
        )
        self.state.payment_order = order
        self.state.emit(EventType.PAYMENT_REQUESTED, self.now, payment_order=order)

    def _pay(self, kind: EntryKind) -> None:
        entry = PaymentEntry(
            kind=kind,
            amount_paise=self.state.placement.quote.total_paise,
            reference=f"pay_{self.state.sequence}",
            at=self.now,
        )
        self.state.ledger = self.state.ledger.record(entry)
        known = {
            EntryKind.FAILED: EventType.PAYMENT_FAILED,
            EntryKind.AUTHORIZED: EventType.PAYMENT_AUTHORIZED,
            EntryKind.CAPTURED: EventType.PAYMENT_CONFIRMED,
        }
        self.state.emit(known[kind], self.now, payment=entry)

    def _confirm(self) -> None:
        self.state.confirmed_at = self.now
        self.state.emit(EventType.ORDER_CONFIRMED, self.now)

    def _revive(self) -> None:
        self.state.expired_at, self.state.confirmed_at = None, self.now
        self.state.emit(EventType.ORDER_REVIVED, self.now)

    def _expire(self) -> None:
        self.state.expired_at = self.now
        why = Cancellation(reason="not paid", by="system", at=self.now)
        self.state.emit(EventType.ORDER_EXPIRED, self.now, cancellation=why)

    def _cancel(self) -> None:
        self.state.cancellation = Cancellation(reason="no", by="customer", at=self.now)
        self.state.cancelled_at = self.now
        self.state.emit(EventType.ORDER_CANCELLED, self.now, cancellation=self.state.cancellation)

    def _complete(self) -> None:
        self.state.completed_at = self.now
        self.state.emit(EventType.ORDER_COMPLETED, self.now)

    def _book(self, number: int) -> None:
        parcel = book(self.state, number)
        self.state.emit(EventType.DELIVERY_BOOKED, self.now, shipment=parcel)

    def _move(self, number: int, step: ShipmentState) -> None:
        moved = self.state.move(number, step, self.now, "as scanned")
        self.state.emit(EventType(f"delivery_{step}"), self.now, shipment=moved)

    def _cut(self, number: int) -> None:
        """Cancel some units of a parcel that is here; the rest becomes another parcel."""
        held = self.state.allocations[number - 1].lines
        taken = [self.dice.randint(0, line.quantity) for line in held]
        if not any(taken):
            return
        pairs = list(zip(held, taken, strict=True))
        cut = Cut(
            shipment=number,
            lines=tuple(replace(line, quantity=n) for line, n in pairs if n),
            rest=tuple(
                replace(line, quantity=line.quantity - n) for line, n in pairs if line.quantity > n
            ),
        )
        told = cut_parcel(self.state, cut, reason="fewer", by="customer", at=self.now)
        self.state.emit(EventType.ORDER_LINES_CANCELLED, self.now, line_cancellation=told)
        self._move(number, ShipmentState.CANCELLED)

    def _issue(self, number: int) -> None:
        again = self.state.invoice_of(number)
        document = Document(
            number=f"{'C' if again else ''}PNQ/2627/{len(self.state.documents) + 1:06d}",
            kind=DocumentKind.CREDIT_NOTE if again else DocumentKind.INVOICE,
            shipment=number,
            amount_paise=self.state.parcel_value_paise(number),
            issued_at=self.now,
            original=again.number if again else None,
        )
        self.state.documents.append(document)
        told = EventType.CREDIT_NOTE_GENERATED if again else EventType.INVOICE_GENERATED
        self.state.emit(told, self.now, document=document)

    def _refund(self) -> None:
        number, due = len(self.state.refunds) + 1, self.state.refund_due_paise
        refund = refund_of(number, due, RefundStatus.INITIATED)
        self.state.refunds[number] = refund
        self.state.emit(EventType.REFUND_INITIATED, self.now, refund=refund)
        done = replace(refund, status=RefundStatus.PROCESSED, processed_at=self.now)
        self.state.refunds[number] = done
        entry = PaymentEntry(
            kind=EntryKind.REFUNDED, amount_paise=due, reference=f"rfnd_{number}", at=self.now
        )
        self.state.ledger = self.state.ledger.record(entry)
        self.state.emit(EventType.REFUND_PROCESSED, self.now, refund=done)

    def _attend(self) -> None:
        """Raise what needs a person, or answer it."""
        waiting = self.state.open_attention
        if waiting:
            answered = replace(
                waiting[0], action=AttentionAction.RETRY, note="done", resolved_at=self.now
            )
            self.state.attention[answered.attention_id] = answered
            self.state.emit(EventType.ORDER_ATTENTION_RESOLVED, self.now, attention=answered)
            return
        raised = Attention(
            attention_id=f"a{len(self.state.attention) + 1}",
            step="booking",
            reason="the address is incomplete",
            suggestion="Correct it",
            actions=tuple(AttentionAction),
            raised_at=self.now,
        )
        self.state.attention[raised.attention_id] = raised
        self.state.emit(EventType.ORDER_ATTENTION_RAISED, self.now, attention=raised)

    def _notify(self) -> None:
        note = Notification(
            channel="email",
            template="order_confirmed",
            occasion=str(self.state.sequence),
            sent_at=self.now,
        )
        self.state.emit(EventType.NOTIFICATION_SENT, self.now, notification=note)

    def _move_house(self) -> None:
        address = replace(ADDRESS, line1=f"{self.state.sequence} FC Road")
        self.state.emit(EventType.ADDRESS_CHANGED, self.now, address=address)
