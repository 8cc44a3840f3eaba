"""Money in and out through Razorpay."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities.failures import refusals
from domain.messages import ConfirmPayment
from domain.payment import GatewayPayment, GatewayRefund, PaymentOrder, RefundSpeed
from domain.ports import PaymentGateway, PaymentRefs


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatePaymentOrderInput:
    """What is to be paid, and until when."""

    order_id: str
    amount_paise: int
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUpPaymentsInput:
    """Whose payments to ask for."""

    razorpay_order_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUpPaymentsResult:
    """Every attempt, oldest first."""

    payments: tuple[GatewayPayment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundPaymentInput:
    """A refund with everything fixed before the first try."""

    order_id: str
    payment_id: str
    amount_paise: int
    key: str
    speed: RefundSpeed = RefundSpeed.NORMAL


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUpRefundInput:
    """A refund whose news is overdue."""

    payment_id: str
    razorpay_refund_id: str


class PaymentActivities:
    """Runs on the `payments` queue. Idempotent: by receipt, payment id, and refund key."""

    def __init__(self, gateway: PaymentGateway, refs: PaymentRefs) -> None:
        """Receive the ports."""
        self._gateway = gateway
        self._refs = refs

    @activity.defn
    async def create_payment_order(self, request: CreatePaymentOrderInput) -> PaymentOrder:
        """Create the Razorpay order and remember whose it is before anybody can pay it."""
        with refusals():
            created = await self._gateway.create_order(
                request.order_id, request.amount_paise, request.expires_at
            )
            await self._refs.put(created.razorpay_order_id, request.order_id)
        return created

    @activity.defn
    async def confirm_handover(self, handover: ConfirmPayment) -> GatewayPayment:
        """Check the browser's signature, then ask Razorpay: a signature proves no capture."""
        with refusals():
            self._gateway.verify_handover(handover)
            return await self._gateway.payment(handover.razorpay_payment_id)

    @activity.defn
    async def look_up_payments(self, request: LookUpPaymentsInput) -> LookUpPaymentsResult:
        """Ask Razorpay for every attempt on an order."""
        with refusals():
            payments = await self._gateway.payments_of(request.razorpay_order_id)
        return LookUpPaymentsResult(payments=tuple(payments))

    @activity.defn
    async def refund_payment(self, request: RefundPaymentInput) -> GatewayRefund:
        """Refund at most once per key. Fails for good with `RefundRejected`."""
        with refusals():
            return await self._gateway.refund(
                request.payment_id,
                request.amount_paise,
                request.key,
                request.order_id,
                speed=request.speed,
            )

    @activity.defn
    async def look_up_refund(self, request: LookUpRefundInput) -> GatewayRefund:
        """Ask Razorpay how far a refund is."""
        with refusals():
            return await self._gateway.refund_status(request.payment_id, request.razorpay_refund_id)
