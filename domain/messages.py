"""What the outside says to an order's workflow, and what it answers. One object each way."""

from dataclasses import dataclass
from datetime import datetime

from domain.attention import AttentionAction
from domain.order import OrderState, Placement
from domain.payment import GatewayDispute, GatewayPayment, GatewayRefund, PaymentOrder
from domain.payouts import Beneficiary, Payout, PayoutDecision
from domain.shipment import ShipmentLine
from domain.status import OrderStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderInput:
    """What a run begins with: a new placement, or the state that an earlier run left."""

    placement: Placement | None = None
    resumed: OrderState | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a checkout was turned down; `type` is the class name of the error, `skus` the lines."""

    type: str
    message: str
    skus: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckoutAnswer:
    """The final answer to a checkout: how to pay, nothing to pay now (COD), or a refusal."""

    order_id: str
    status: OrderStatus
    sequence: int
    epoch: int
    total_paise: int
    payment: PaymentOrder | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandAnswer:
    """Where the order stands after a command; pass `sequence` to read your own write."""

    order_id: str
    status: OrderStatus
    sequence: int
    epoch: int
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmPayment:
    """The browser's signed hand-over."""

    razorpay_payment_id: str
    razorpay_order_id: str
    razorpay_signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelOrder:
    """Cancel the whole order, or only these units of it; `by` is customer or ops."""

    reason: str
    by: str
    lines: tuple[ShipmentLine, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolveAttention:
    """What ops decided about an open attention."""

    attention_id: str
    action: AttentionAction
    note: str
    by: str = "ops"


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkPacked:
    """The warehouse has packed a parcel."""

    shipment: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentNews:
    """News of a payment from Razorpay's webhook."""

    payment: GatewayPayment


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundNews:
    """News of a refund from Razorpay's webhook."""

    refund: GatewayRefund


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputeNews:
    """News of a dispute from Razorpay's webhook, with the payment as it was then."""

    dispute: GatewayDispute
    payment: GatewayPayment


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposePayout:
    """Pay a cash refund to this beneficiary; a second person has to approve.

    Without a `refund`, ops grant one of this amount: it is made with the proposal and ends with it.
    """

    refund: int | None
    amount_paise: int
    beneficiary: Beneficiary
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DecidePayout:
    """Approve, refuse or withdraw a payout."""

    payout: int
    decision: PayoutDecision
    by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordPayout:
    """An approved payout has been paid; `utr` is the bank's number for it."""

    payout: int
    utr: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PayoutDetails:
    """A payout for those who decide about it or pay it; the beneficiary only while it is open."""

    payout: Payout
    beneficiary: Beneficiary | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventsSince:
    """Ask for the events after a sequence number."""

    sequence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusSnapshot:
    """What the workflow itself says of the order right now."""

    order_id: str
    customer_id: str
    status: OrderStatus
    sequence: int
    epoch: int
    waits_for: str
    until: datetime | None = None
