"""The doors of the order's workflow, and what outlives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.events import OrderEvent
from domain.messages import (
    CancelOrder,
    CheckoutAnswer,
    CommandAnswer,
    ConfirmPayment,
    DecidePayout,
    DisputeNews,
    MarkPacked,
    PaymentNews,
    PayoutDetails,
    ProposePayout,
    RecordPayout,
    RefundNews,
    ResolveAttention,
    StatusSnapshot,
)
from domain.order import OrderState, Placement
from domain.shipment import CourierUpdate


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


class PayoutCommands(Protocol):
    """Paying cash back by hand, with two people. `key` makes each command happen once.

    The commands raise `CommandRefused` with the reason, and all raise `OrderNotFound`.
    """

    async def propose_payout(
        self, order_id: str, command: ProposePayout, key: str
    ) -> CommandAnswer:
        """Propose to pay a cash refund to a beneficiary."""
        ...

    async def decide_payout(self, order_id: str, command: DecidePayout, key: str) -> CommandAnswer:
        """Approve, refuse or withdraw a payout."""
        ...

    async def record_payout(self, order_id: str, command: RecordPayout, key: str) -> CommandAnswer:
        """Tell that an approved payout has gone."""
        ...

    async def payouts(self, order_id: str) -> Sequence[PayoutDetails]:
        """Return an order's payouts; personal data, for those who approve and pay."""
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

    async def dispute_event(self, order_id: str, news: DisputeNews) -> None:
        """Tell of a dispute."""
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
