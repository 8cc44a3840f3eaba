"""The order itself: what the workflow carries, and the facts and sums that follow from it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from domain.attention import Attention
from domain.cart import Address, Customer, PaymentMethod
from domain.documents import Document, DocumentKind, parcel_lines
from domain.errors import ImpossibleStep
from domain.events import EventData, EventType, OrderEvent
from domain.payment import PaymentLedger, PaymentOrder, Refund, RefundSpeed, RefundStatus
from domain.payouts import Beneficiary, Payout
from domain.pricing import Quote
from domain.shipment import FORWARD, Shipment, ShipmentLine, ShipmentState
from domain.snapshot import Cancellation, LineCancellation
from domain.status import OrderFacts, OrderStatus, derive_status


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """The settings that were in force when the order was placed; they stay with it."""

    payment_window_s: int = 1800
    return_window_s: int = 604_800
    late_payment_window_s: int = 432_000
    auto_pack: bool = False
    revive_late_payments: bool = True
    tracking_url: str = ""
    refund_speed: RefundSpeed = RefundSpeed.NORMAL


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """A new order: who, where to, at what price, under which terms."""

    order_id: str
    customer_id: str
    customer: Customer
    shipping_address: Address
    quote: Quote
    placed_at: datetime
    terms: Terms

    @property
    def payment_method(self) -> PaymentMethod:
        """Return how the customer pays."""
        return self.quote.payment_method


class Undo(StrEnum):
    """A compensation that is owed while it stands in `OrderState.undo`."""

    RELEASE_STOCK = "release_stock"
    RESTORE_COUPON = "restore_coupon"


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """One warehouse's part of the order; each becomes one parcel.

    It never changes: when some units of a parcel are cancelled, the rest becomes an allocation of
    its own, which `replaces` the parcel of that number.
    """

    warehouse: str
    lines: tuple[ShipmentLine, ...]
    replaces: int | None = None


@dataclass(kw_only=True, slots=True)
class OrderState:
    """Everything the workflow knows; the one object that continue-as-new and resumption carry.

    Ledgers, shipments and marks are facts; `status` and all sums are derived from them.
    `coupon_life` counts how often the coupon was to be redeemed: a revived order does so anew.
    """

    placement: Placement
    epoch: int = 1
    events: list[OrderEvent] = field(default_factory=list)
    published: int = 0
    ledger: PaymentLedger
    payment_order: PaymentOrder | None = None
    payment_deadline: datetime | None = None
    undo: list[Undo] = field(default_factory=list)
    coupon_life: int = 1
    allocations: tuple[Allocation, ...] = ()
    confirmed_at: datetime | None = None
    expired_at: datetime | None = None
    cancellation: Cancellation | None = None
    cancelled_at: datetime | None = None
    line_cancellations: list[LineCancellation] = field(default_factory=list)
    completed_at: datetime | None = None
    shipments: dict[int, Shipment] = field(default_factory=dict)
    refunds: dict[int, Refund] = field(default_factory=dict)
    payouts: dict[int, Payout] = field(default_factory=dict)
    beneficiaries: dict[int, Beneficiary] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    attention: dict[str, Attention] = field(default_factory=dict)
    return_until: datetime | None = None

    @classmethod
    def of(cls, placement: Placement) -> "OrderState":
        """Return the state of an order that has just been asked for."""
        ledger = PaymentLedger(
            method=placement.payment_method, total_paise=placement.quote.total_paise
        )
        return cls(placement=placement, ledger=ledger)

    @property
    def order_id(self) -> str:
        """Return the order's id."""
        return self.placement.order_id

    @property
    def sequence(self) -> int:
        """Return the head: the sequence of the newest event, 0 before the first."""
        return len(self.events)

    @property
    def status(self) -> OrderStatus:
        """Derive the customer-facing status."""
        return derive_status(
            OrderFacts(
                confirmed=self.confirmed_at is not None,
                expired=self.expired_at is not None,
                cancelled=self.cancelled_at is not None,
                completed=self.completed_at is not None,
                awaiting_shipment=len(self.shipments) < len(self.allocations),
                parcels=tuple(parcel.state for parcel in self.shipments.values()),
            )
        )

    @property
    def open_attention(self) -> tuple[Attention, ...]:
        """Return what waits for a person, oldest first."""
        return tuple(a for a in self.attention.values() if a.resolved_at is None)

    @property
    def owed_paise(self) -> int:
        """Return what the customer owes for what they keep or are still to get.

        Nothing for an order that was never confirmed or has expired; a parcel that was cancelled,
        lost or came back takes its share of the charges with it.
        """
        if self.confirmed_at is None or self.expired_at is not None:
            return 0
        return sum(self.parcel_value_paise(n) for n in self.parcel_numbers if not self.is_gone(n))

    @property
    def parcel_numbers(self) -> range:
        """Return the number of each parcel that is, was or will be."""
        return range(1, len(self.allocations) + 1)

    def is_gone(self, number: int) -> bool:
        """Tell whether nothing of a parcel is owed any more."""
        parcel = self.shipments.get(number)
        if parcel is None:
            return self.cancelled_at is not None
        return parcel.never_arrived

    def parcel_value_paise(self, number: int) -> int:
        """Return a parcel's share of what the customer is charged.

        The shares of any parcels that hold each unit once sum to the total.
        """
        return sum(self.charges(number).values())

    def charges(self, number: int) -> dict[str, int]:
        """Return what the customer is charged for each line of a parcel."""
        lines = parcel_lines(
            self.placement.quote.lines,
            self.allocations[number - 1].lines,
            self.units_before(number),
        )
        return {line.sku: line.charged_paise for line in lines}

    def units_before(self, number: int) -> dict[str, int]:
        """Return which units of each line a parcel holds: those after this many.

        A line's units are dealt out to the parcels in their order. A parcel that replaces another
        holds the first units of that one: the last ones were cancelled.
        """
        replaced = self.allocations[number - 1].replaces
        if replaced is not None:
            return self.units_before(replaced)
        units: dict[str, int] = {}
        for allocation in self.allocations[: number - 1]:
            for line in allocation.lines:
                units[line.sku] = units.get(line.sku, 0) + line.quantity
        return units

    def replacement_of(self, number: int) -> int | None:
        """Return the parcel that holds the rest of a cut one, or None."""
        following = (n for n in self.parcel_numbers if self.allocations[n - 1].replaces == number)
        return next(following, None)

    @property
    def refund_due_paise(self) -> int:
        """Return received money that is owed back and not yet on its way. Never negative.

        Before confirmation only money that cannot belong to this order any more is due back.
        """
        if self.confirmed_at is None and self.expired_at is None and self.cancelled_at is None:
            return 0
        return max(0, self.disposable_paise - self.owed_paise)

    @property
    def disposable_paise(self) -> int:
        """Return kept money that no refund has laid its hand on, and no open dispute ties up."""
        on_its_way = sum(
            refund.amount_paise
            for refund in self.refunds.values()
            if refund.status in (RefundStatus.INITIATED, RefundStatus.FAILED)
        )
        return self.ledger.kept_paise - on_its_way - self.ledger.disputed_paise

    def invoice_of(self, number: int) -> Document | None:
        """Return the invoice of a parcel, if it has one."""
        return self._document(number, DocumentKind.INVOICE)

    def credit_note_of(self, number: int) -> Document | None:
        """Return the credit note of a parcel, if it has one."""
        return self._document(number, DocumentKind.CREDIT_NOTE)

    def _document(self, number: int, kind: DocumentKind) -> Document | None:
        found = (d for d in self.documents if d.shipment == number and d.kind is kind)
        return next(found, None)

    def events_since(self, sequence: int) -> list[OrderEvent]:
        """Return the events after a sequence number, oldest first."""
        return self.events[max(0, sequence) :]

    def move(self, number: int, state: ShipmentState, at: datetime, reason: str = "") -> Shipment:
        """Move a parcel one step forward.

        Raises:
            ImpossibleStep: the table of steps does not allow it.
        """
        parcel = self.shipments[number]
        if state not in FORWARD[parcel.state]:
            msg = f"parcel {number} cannot go from {parcel.state} to {state}"
            raise ImpossibleStep(msg)
        attempts = parcel.attempts + (state is ShipmentState.ATTEMPT_FAILED)
        moved = replace(
            parcel, state=state, changed_at=at, reason=reason or None, attempts=attempts
        )
        self.shipments[number] = moved
        return moved

    def begin_epoch(self) -> None:
        """Tell the whole log anew under the next epoch; nothing of it counts as published."""
        self.epoch += 1
        self.events[:] = [replace(event, epoch=self.epoch) for event in self.events]
        self.published = 0

    def emit(self, event_type: EventType, at: datetime, **subjects: object) -> OrderEvent:
        """Append an event with the next sequence number and the status as it now is."""
        event = OrderEvent(
            order_id=self.order_id,
            epoch=self.epoch,
            sequence=self.sequence + 1,
            type=event_type,
            time=at,
            data=EventData(
                status=self.status,
                payment_status=self.ledger.status,
                customer_id=self.placement.customer_id,
                **subjects,  # type: ignore[arg-type]  # names are checked against SUBJECTS in tests
            ),
        )
        self.events.append(event)
        return event
