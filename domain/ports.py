"""What the house needs from outside, as Protocols; `adapters/` provides each.

Errors stand in `domain/errors.py`: an `OrderError` will not work again, a `ServiceUnavailable` may.
Every write is idempotent by the key that its docstring names.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from domain.cart import Address, CartItem, Customer, PaymentMethod
from domain.catalogue import CatalogueSnapshot, Product, StockLevel, Warehouse
from domain.documents import DocumentRequest, TaxDocument
from domain.events import OrderEvent
from domain.messages import (
    CancelOrder,
    CheckoutAnswer,
    CommandAnswer,
    ConfirmPayment,
    MarkPacked,
    PaymentNews,
    RefundNews,
    ResolveAttention,
    StatusSnapshot,
)
from domain.order import Allocation, OrderState, Placement
from domain.payment import GatewayPayment, GatewayRefund, PaymentOrder
from domain.pricing import Route
from domain.shipment import CourierUpdate
from domain.status import OrderStatus
from domain.view import OrderView


class Clock(Protocol):
    """Where time comes from outside workflows."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime."""
        ...


# --- catalogue, stock, coupons ------------------------------------------------------------------


class Catalogue(Protocol):
    """Products, warehouses and coupons."""

    async def products(self) -> Sequence[Product]:
        """Return everything on sale, by SKU."""
        ...

    async def warehouse(self, code: str) -> Warehouse:
        """Return one warehouse.

        Raises:
            KeyError: there is none of this code.
        """
        ...

    async def snapshot(self, skus: Sequence[str], coupon: str | None) -> CatalogueSnapshot:
        """Return what pricing needs; unknown SKUs and coupons are simply absent."""
        ...

    async def stock(self, skus: Sequence[str]) -> Sequence[StockLevel]:
        """Return the units that can be ordered now, per SKU and warehouse."""
        ...


class Inventory(Protocol):
    """Stock of the warehouses, as a ledger with one movement per order, SKU, warehouse and kind."""

    async def hold(
        self, order_id: str, items: Sequence[CartItem], pincode: str
    ) -> tuple[Allocation, ...]:
        """Hold all lines or none, in as few warehouses as possible; return where from.

        Idempotent by order: a repeat returns the first allocation. After a release it raises.

        Raises:
            OutOfStock: some lines are short; nothing is held.
        """
        ...

    async def commit(self, order_id: str) -> None:
        """Turn the hold into sold stock. Idempotent; a released order's stock is held again first.

        Raises:
            OutOfStock: the hold had been released and stock no longer allows it.
        """
        ...

    async def release(self, order_id: str) -> None:
        """Give back the hold. Idempotent, also when it never happened; later holds then fail."""
        ...

    async def held_before(self, moment: datetime, limit: int) -> Sequence[str]:
        """Return orders whose stock has been held, and only held, since before this time."""
        ...

    async def restock(self, order_id: str, shipment: int, allocation: Allocation) -> None:
        """Put a parcel's committed goods back on the shelf. Idempotent by order and shipment."""
        ...


class Coupons(Protocol):
    """The budgets of coupons."""

    async def redeem(self, order_id: str, code: str, discount_paise: int, at: datetime) -> None:
        """Take a discount from the coupon's budget. Idempotent by order.

        Raises:
            CouponRefused: unknown, not valid at this time, or the budget does not suffice.
        """
        ...

    async def restore(self, order_id: str) -> None:
        """Give the order's discount back to the budget. Idempotent, also if never redeemed."""
        ...


# --- payment ------------------------------------------------------------------------------------


class PaymentGateway(Protocol):
    """Razorpay. All calls raise `PaymentGatewayUnavailable` when it gives no usable answer."""

    async def create_order(
        self, order_id: str, amount_paise: int, expires_at: datetime
    ) -> PaymentOrder:
        """Create the Razorpay order (receipt = our order id, automatic capture).

        Razorpay has no idempotency here, so an order with this receipt is looked for first.

        Raises:
            PaymentRejected: Razorpay refuses the request itself.
        """
        ...

    async def payments_of(self, razorpay_order_id: str) -> Sequence[GatewayPayment]:
        """Return every payment attempt on a Razorpay order, oldest first."""
        ...

    async def payment(self, payment_id: str) -> GatewayPayment:
        """Return one payment as it now is.

        Raises:
            PaymentRejected: there is no such payment.
        """
        ...

    def verify_handover(self, handover: ConfirmPayment) -> None:
        """Check the signature over (Razorpay order id, payment id). Local, no call.

        Raises:
            PaymentSignatureInvalid: it was not made with our key.
        """
        ...

    async def refund(
        self, payment_id: str, amount_paise: int, key: str, order_id: str
    ) -> GatewayRefund:
        """Refund a captured payment, at most once per key (X-Refund-Idempotency).

        Raises:
            RefundRejected: Razorpay refuses it for good.
        """
        ...

    async def refund_status(self, payment_id: str, refund_id: str) -> GatewayRefund:
        """Return a refund as it now is."""
        ...


class PaymentRefs(Protocol):
    """Which of our orders a Razorpay order belongs to."""

    async def put(self, razorpay_order_id: str, order_id: str) -> None:
        """Remember the pair. Idempotent."""
        ...

    async def order_id(self, razorpay_order_id: str) -> str | None:
        """Return our order id, or None if we never made that Razorpay order."""
        ...


# --- delivery -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRequest:
    """A way from a warehouse to a pincode."""

    from_pincode: str
    to_pincode: str
    weight_g: int
    cod: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ParcelItem:
    """One line of a parcel as the courier wants it."""

    sku: str
    name: str
    hsn: str
    quantity: int
    unit_price_paise: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingRequest:
    """A parcel to be booked. `reference` is ours and unique; booking is idempotent by it."""

    reference: str
    order_id: str
    shipment: int
    ordered_at: datetime
    warehouse: Warehouse
    customer: Customer
    address: Address
    items: tuple[ParcelItem, ...]
    weight_g: int
    amount_paise: int
    payment_method: PaymentMethod


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """A booked parcel."""

    awb: str
    courier: str
    courier_order_id: str
    courier_shipment_id: str
    tracking_url: str
    label_url: str | None
    promised_by: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Remittance:
    """Cash on delivery that the courier has paid out."""

    amount_paise: int
    utr: str
    at: datetime


class Courier(Protocol):
    """Shiprocket. All calls raise `CourierUnavailable` when it gives no usable answer."""

    async def route(self, request: RouteRequest) -> Route:
        """Return whether and by when a parcel can get there."""
        ...

    async def book(self, request: BookingRequest) -> Booking:
        """Create the order, assign an AWB (trying each serviceable courier), print the label.

        Idempotent by `reference`: whatever exists already is taken up and completed.

        Raises:
            BookingRefused: no courier takes it, or the address or wallet is refused (says which).
        """
        ...

    async def schedule_pickup(self, booking: Booking) -> None:
        """Ask the courier to fetch a packed parcel. A second request counts as success.

        Raises:
            BookingRefused: the courier refuses the pickup.
        """
        ...

    async def cancel(self, booking: Booking) -> None:
        """Cancel a parcel that was not picked up. Idempotent.

        Raises:
            ShipmentTooLate: it is with the courier already.
        """
        ...

    async def track(self, shipment: int, awb: str) -> CourierUpdate | None:
        """Return the parcel's present state, or None while it has none of interest."""
        ...

    async def remittance(self, courier_order_id: str) -> Remittance | None:
        """Return the payout of a COD parcel, or None while it is outstanding."""
        ...


# --- documents, mail ----------------------------------------------------------------------------


class DocumentRegister(Protocol):
    """Numbers and contents of tax documents."""

    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        """Take the next number of the warehouse's series and store the document in one transaction.

        Idempotent by `request.key`: a repeat returns the stored document.
        """
        ...

    async def find(self, number: str) -> TaxDocument | None:
        """Return a document by its number."""
        ...


class DocumentRenderer(Protocol):
    """Makes the PDF of a document; pure, but slow enough for a thread."""

    def render(self, document: TaxDocument) -> bytes:
        """Return the PDF; the same document gives the same text."""
        ...


class DocumentFiles(Protocol):
    """Files in S3."""

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store a file; the same key is overwritten with the same content."""
        ...

    async def url(self, key: str, expires_s: int, filename: str) -> str:
        """Return a short-lived URL to download the file."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """One mail. `key` becomes its Message-ID, so a repeat can be recognised by the receiver too."""

    key: str
    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """The mail relay."""

    async def send(self, mail: Mail) -> None:
        """Hand one mail to the relay.

        Raises:
            MailUnavailable: the relay did not take it this time.
            MailRefused: the address is refused for good.
        """
        ...


class SentMail(Protocol):
    """Which messages went out: claim before, mark after."""

    async def claim(self, key: str) -> bool:
        """Claim a message; False if it was marked sent already. A stale claim can be taken over."""
        ...

    async def mark_sent(self, key: str) -> None:
        """Record that the relay took it. Idempotent."""
        ...


# --- events and views ---------------------------------------------------------------------------


class EventPublisher(Protocol):
    """SNS, one topic per type."""

    async def publish(self, events: Sequence[OrderEvent]) -> None:
        """Publish events, batched per topic; repeating keeps each id.

        Raises:
            PublishIncomplete: some were not accepted.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Position:
    """A place in an order's log: everything up to `sequence` of `epoch`. A later epoch is newer."""

    epoch: int
    sequence: int

    @classmethod
    def of(cls, place: OrderView | OrderEvent) -> "Position":
        """Return where a view stands, or an event."""
        return cls(epoch=place.epoch, sequence=place.sequence)

    def __str__(self) -> str:
        """Return `epoch:sequence`, for messages and logs."""
        return f"{self.epoch}:{self.sequence}"


KEPT_DIGESTS: Final = 100
"""How far back a head remembers what was published; a lost task covers a handful of events."""

NO_FACTS: Final[Mapping[int, str]] = MappingProxyType({})


class OrderHeads(Protocol):
    """The newest sequence that each workflow has published, to notice a lost tail."""

    async def advance(
        self, order_id: str, position: Position, at: datetime, digests: Mapping[int, str] = NO_FACTS
    ) -> None:
        """Record the head, and what is about to be published: sequence → `facts.digest`.

        One atomic step per order, never goes back, idempotent. Of the newest epoch the digests of
        the newest `KEPT_DIGESTS` sequences are kept.

        Raises:
            LogDiverged: another digest is recorded for one of these sequences, or a higher epoch;
                nothing is changed.
        """
        ...

    async def behind(self, older_than: datetime, limit: int) -> Sequence[str]:
        """Return orders whose view has not reached a head recorded before this time."""
        ...

    async def caught_up(self, order_id: str, position: Position) -> None:
        """Record how far the view is; never goes back. Idempotent."""
        ...


class EventLog(Protocol):
    """The append-only log of each order's events, unique on (order, epoch, sequence)."""

    async def append(self, events: Sequence[OrderEvent]) -> None:
        """Store events, in any order, repeats included. Idempotent.

        A repeat may differ in its moments (`facts.same_fact`): the first one stays.

        Raises:
            ImpossibleStep: another fact is stored under the same id; the stored one stays, and all
                other events of the call are stored.
        """
        ...

    async def read(
        self, order_id: str, epoch: int, after: int, limit: int = 1000
    ) -> Sequence[OrderEvent]:
        """Return the stored events after a sequence, ascending; there may be holes."""
        ...


class OrderViews(Protocol):
    """The current state of each order, folded from the log."""

    async def get(self, order_id: str) -> OrderView | None:
        """Return the view, or None if no event of this order has arrived."""
        ...

    async def get_many(self, order_ids: Sequence[str]) -> Mapping[str, OrderView]:
        """Return several views in one read."""
        ...

    async def save(self, view: OrderView, expected: Position | None) -> bool:
        """Store a view if the stored one is at `expected` (None: absent). False: others were first.

        Raises:
            ValueError: the view is older than what it is to replace; a view of a higher epoch is
                newer, whatever its sequence.
        """
        ...

    async def of_customer(
        self, customer_id: str, limit: int = 50, before: str | None = None
    ) -> Sequence[OrderView]:
        """Return a customer's orders, newest first; `before` is an order id for paging."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderQuery:
    """What ops look for; absent fields do not restrict. `after` pages by order id."""

    status: OrderStatus | None = None
    customer: str | None = None
    placed_from: datetime | None = None
    placed_until: datetime | None = None
    attention: bool | None = None
    payment_id: str | None = None
    awb: str | None = None
    order_id: str | None = None
    limit: int = 50
    after: str | None = None


class OrderSearch(Protocol):
    """Ops search over the view."""

    async def find(self, query: OrderQuery) -> Sequence[OrderView]:
        """Return matching orders, newest first. `customer` matches id, phone or email."""
        ...


class LiveFeed(Protocol):
    """Redis: wakes those who watch an order. Never the truth, only faster than it."""

    async def announce(self, events: Sequence[OrderEvent]) -> None:
        """Tell the watchers of one order, in one message. Best effort."""
        ...

    def subscribe(self) -> "Subscription":
        """Return a subscription that orders can be added to; one per process."""
        ...


class Subscription(Protocol):
    """One process's ears on the live feed."""

    async def start(self) -> None:
        """Connect and keep reconnecting until stopped."""
        ...

    async def stop(self) -> None:
        """Disconnect."""
        ...

    async def add(self, order_id: str) -> None:
        """Hear an order from now on; returns once the feed confirms."""
        ...

    async def remove(self, order_id: str) -> None:
        """Hear an order no more."""
        ...

    def messages(self) -> AsyncIterator[Sequence[OrderEvent] | None]:
        """Yield announced batches; None after a reconnection: something may have been missed."""
        ...


# --- checkout, commands, queues -----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutRecord:
    """What became of an idempotency key: the order it leads to, and the final answer once known."""

    customer_id: str
    key: str
    order_id: str
    body_sha256: str
    created_at: datetime
    answer: str | None = None


class OrderCommands(Protocol):
    """The doors of the order's workflow. `key` is the caller's idempotency key (the update id).

    All raise `OrderUnavailable` when no answer comes in time; the same key then re-attaches.
    """

    async def checkout(self, placement: Placement) -> CheckoutAnswer:
        """Start the order's workflow and wait for the payment instructions or the refusal.

        Idempotent by order id, during the order's life and as long as Temporal keeps it.
        """
        ...

    async def confirm_payment(self, order_id: str, command: ConfirmPayment) -> CommandAnswer:
        """Hand over what the payment sheet returned. Idempotent by payment id.

        Raises:
            CommandRefused: the signature or the order does not fit.
            OrderNotFound: there is no such order.
        """
        ...

    async def cancel(self, order_id: str, command: CancelOrder, key: str) -> CommandAnswer:
        """Cancel the order while it has not been handed to the courier.

        Raises:
            CommandRefused: it is too late; says why.
            OrderNotFound: there is no such order.
        """
        ...

    async def resolve_attention(
        self, order_id: str, command: ResolveAttention, key: str
    ) -> CommandAnswer:
        """Answer an open attention.

        Raises:
            CommandRefused: it is not open, or the action is not one of those offered.
            OrderNotFound: there is no such order.
        """
        ...

    async def mark_packed(self, order_id: str, command: MarkPacked, key: str) -> CommandAnswer:
        """Tell that a parcel is packed.

        Raises:
            CommandRefused: there is no such parcel, or it cannot be packed now.
            OrderNotFound: there is no such order.
        """
        ...

    async def status(self, order_id: str) -> StatusSnapshot:
        """Ask the workflow itself.

        Raises:
            OrderNotFound: there is no such order.
        """
        ...

    async def events_since(self, order_id: str, sequence: int) -> Sequence[OrderEvent]:
        """Return the workflow's own events after a sequence number.

        Raises:
            OrderNotFound: Temporal has no such order (any more).
        """
        ...


class OrderNews(Protocol):
    """Signals to the order's workflow; a closed order is resumed from its archive.

    All raise `OrderNotFound` for an order that never was, `OrderUnavailable` when Temporal is away.
    Duplicates are harmless: the workflow's ledgers know them.
    """

    async def payment_event(self, order_id: str, news: PaymentNews) -> None:
        """Tell of a payment."""
        ...

    async def refund_event(self, order_id: str, news: RefundNews) -> None:
        """Tell of a refund."""
        ...

    async def courier_event(self, order_id: str, news: CourierUpdate) -> None:
        """Tell of a parcel."""
        ...


class Checkouts(Protocol):
    """Idempotency keys of checkout; they outlive Temporal's retention."""

    async def claim(self, record: CheckoutRecord) -> CheckoutRecord:
        """Store the record if the (customer, key) is new; return the stored one either way."""
        ...

    async def find(self, customer_id: str, key: str) -> CheckoutRecord | None:
        """Return the record of a customer's key, or None if it was never claimed."""
        ...

    async def settle(self, customer_id: str, key: str, answer: str) -> None:
        """Store the final answer as JSON text; the first one stays."""
        ...


class OrderArchive(Protocol):
    """Final states of closed orders, from which they can be resumed."""

    async def store(self, state: OrderState) -> None:
        """Store or replace an order's final state. Idempotent."""
        ...

    async def load(self, order_id: str) -> OrderState | None:
        """Return the stored state, or None."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMessage:
    """A message as received. `receives` counts deliveries, this one included."""

    message_id: str
    receipt: str
    body: str
    receives: int
    attributes: Mapping[str, str]


class MessageQueue(Protocol):
    """One SQS queue."""

    async def send(self, body: str, attributes: Mapping[str, str] | None = None) -> None:
        """Put one message on the queue.

        Raises:
            StoreUnavailable: the queue did not take it.
        """
        ...

    async def receive(
        self, *, limit: int, wait_s: int, visibility_s: int
    ) -> Sequence[QueueMessage]:
        """Long-poll for up to `limit` (at most 10) messages; hidden for `visibility_s`."""
        ...

    async def delete(self, messages: Sequence[QueueMessage]) -> None:
        """Acknowledge messages. Idempotent."""
        ...

    async def hide(self, message: QueueMessage, visibility_s: int) -> None:
        """Extend (or, with 0, end) a message's invisibility."""
        ...


class Scope(StrEnum):
    """What a token allows."""

    CUSTOMER = "customer"
    OPS = "ops"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who is asking."""

    subject: str
    scope: Scope
    expires_at: datetime


class TokenVerifier(Protocol):
    """Checks bearer tokens."""

    def verify(self, token: str) -> Caller:
        """Return who a token speaks for.

        Raises:
            InvalidToken: it is expired, foreign, malformed, or not for us.
        """
        ...
