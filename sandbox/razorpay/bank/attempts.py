"""The life of a payment: created, authorized, captured, refunded; or failed, which is not final.

Every step takes the moment at which it happens (unix seconds), persists what it changed and emits
the webhook events that Razorpay emits.
"""

from dataclasses import dataclass

from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.api.errors import ALREADY_CAPTURED, invalid_input
from sandbox.razorpay.bank.methods import Instrument
from sandbox.razorpay.bank.refunding import refund_uncaptured
from sandbox.razorpay.bank.settling import plan_settlement
from sandbox.razorpay.entities import Order, Payment
from sandbox.razorpay.identity import new_id

NO_ANSWER_TIMEOUT_S = 10 * 60
LATE_AUTHORIZATION_S = 3 * 86_400
FEE_PER_MILLE = 20
FEE_PER_MILLE_ABROAD = 30
GST_PERCENT = 18


@dataclass(frozen=True, kw_only=True, slots=True)
class Decline:
    """Why a payment failed, in Razorpay's words."""

    reason: str
    description: str
    source: str = "customer"
    step: str = "payment_authorization"
    code: str = "BAD_REQUEST_ERROR"

    def as_error(self) -> dict[str, str]:
        """Return the error fields of a payment."""
        return {
            "code": self.code,
            "description": self.description,
            "source": self.source,
            "step": self.step,
            "reason": self.reason,
        }


PAYMENT_FAILED = Decline(
    reason="payment_failed",
    description="Your payment didn't go through as it was declined by the bank. Try another "
    "payment method or contact your bank.",
    source="bank",
)
TIMED_OUT = Decline(
    reason="payment_timed_out",
    description="Your payment was not completed on time. Try again later.",
    step="payment_authentication",
)


@atomic
def start_payment(
    account: Account,
    order: Order,
    instrument: Instrument,
    *,
    at: float,
    past_guard: bool = False,
    late_at: float | None = None,
) -> Payment:
    """Begin an attempt at an order: status `created` until the bank answers.

    `past_guard` lets a second payment through that Razorpay would refuse, as happens when two
    attempts run side by side. `late_at` is when the bank will have said yes after all, whatever
    became of the payment meanwhile.

    Raises:
        ApiError: the order is paid, or another payment of it is authorized.
    """
    if not past_guard:
        refuse_second_payment(account, order)
    payment = Payment(
        id=new_id("pay"),
        amount=order.amount,
        currency=order.currency,
        order_id=order.id,
        created_at=int(at),
        due_at=at + NO_ANSWER_TIMEOUT_S,
        late_at=late_at,
        notes=dict(order.notes),
        method=instrument.method,
        card=instrument.card_entity(),
        bank=instrument.bank,
        wallet=instrument.wallet,
        vpa=instrument.vpa,
        upi_flow=instrument.upi_flow,
        international=instrument.international,
        acquirer_data=Instrument.no_acquirer_data(instrument.method),
        email=instrument.email,
        contact=instrument.contact,
    )
    order.attempts += 1
    if order.status == "created":
        order.status = "attempted"
    account.ledger.save(order, payment)
    plan_payment(account, payment)
    return payment


def refuse_second_payment(account: Account, order: Order) -> None:
    """Refuse a payment for an order that is paid or has one authorized (raises ApiError)."""
    if order.status == "paid":
        description = "Payment processing failed because the order is already paid."
        raise invalid_input(description, "order_id")
    if any(one.status == "authorized" for one in account.ledger.payments_of(order.id)):
        description = "Payment processing failed because the order has an authorized payment."
        raise invalid_input(description, "order_id")


@atomic
def authorize_payment(account: Account, payment: Payment, *, at: float, hold: bool = False) -> None:
    """Let the bank say yes, then capture or refund as the order's settings demand.

    With `hold` the payment stays `authorized` for the caller to go on with, as under manual
    capture. Otherwise a payment whose order was paid by another one is refunded at once.
    """
    order = account.ledger.orders[payment.order_id]
    payment.status = "authorized"
    payment.error = None
    payment.authorized_at = at
    payment.acquirer_data = Instrument.acquirer_data(payment.method)
    payment.due_at = payment.created_at + uncaptured_limit_s(account, order)
    account.ledger.save(payment)
    account.hook.emit("payment.authorized", payment=payment, at=at)
    if not hold and order.status == "paid":
        refund_uncaptured(account, payment, at=at)
    elif not hold and captures_itself(order, payment, at):
        capture_payment(account, payment, at=at)
    else:
        plan_payment(account, payment)


def captures_itself(order: Order, payment: Payment, at: float) -> bool:
    """Return whether automatic capture applies to a payment authorized at this moment."""
    if order.capture != "automatic":
        return False
    limit = order.automatic_expiry_s
    return limit is None or at - payment.created_at <= limit


def uncaptured_limit_s(account: Account, order: Order) -> float:
    """Return after how many seconds an uncaptured payment of the order goes back."""
    return order.manual_expiry_s or account.config.uncaptured_refund_s


@atomic
def capture_payment(account: Account, payment: Payment, *, at: float) -> None:
    """Take the authorized money: the order is paid, the fee is known."""
    order = account.ledger.orders[payment.order_id]
    per_mille = FEE_PER_MILLE_ABROAD if payment.international else FEE_PER_MILLE
    fee_net = round(payment.amount * per_mille / 1000)
    payment.tax = round(fee_net * GST_PERCENT / 100)
    payment.fee = fee_net + payment.tax
    payment.status, payment.captured, payment.captured_at = "captured", True, at
    payment.credited, payment.due_at = payment.amount, None
    first = order.status != "paid"
    order.status, order.amount_paid = "paid", order.amount
    account.ledger.save(payment, order)
    plan_settlement(account, at)
    account.hook.emit("payment.captured", payment=payment, at=at)
    if first:
        account.hook.emit("order.paid", payment=payment, order=order, at=at)


def check_capture(account: Account, payment: Payment, amount: int) -> None:
    """Refuse a capture that Razorpay refuses (raises ApiError)."""
    if payment.captured:
        raise invalid_input(ALREADY_CAPTURED)
    if payment.status != "authorized":
        description = (
            "Only payments which have been authorized and not yet captured can be captured"
        )
        raise invalid_input(description)
    if account.ledger.orders[payment.order_id].status == "paid":
        description = "Payment cannot be captured because the corresponding order is already paid"
        raise invalid_input(description)
    if amount != payment.amount:
        description = "Capture amount must be equal to the amount authorized"
        raise invalid_input(description, "amount")


@atomic
def fail_payment(account: Account, payment: Payment, decline: Decline, *, at: float) -> None:
    """Let the attempt fail; it may still turn out authorized later."""
    payment.status, payment.error, payment.due_at = "failed", decline.as_error(), None
    account.ledger.save(payment)
    account.hook.emit("payment.failed", payment=payment, at=at)


def plan_payment(account: Account, payment: Payment) -> None:
    """Put the payment's next deadline on the agenda, if it has one, and its late success."""
    if payment.due_at is not None:
        account.panel.agenda.plan(payment.due_at, lambda at: _deadline(account, payment, at))
    if payment.late_at is not None:
        account.panel.agenda.plan(payment.late_at, lambda at: _answer_late(account, payment, at))


def _deadline(account: Account, payment: Payment, at: float) -> None:
    if payment.due_at != at:
        return  # Something else happened to the payment meanwhile.
    if payment.status == "created":
        fail_payment(account, payment, TIMED_OUT, at=at)
    elif payment.status == "authorized":
        refund_uncaptured(account, payment, at=at)


def _answer_late(account: Account, payment: Payment, at: float) -> None:
    """Hear the bank's late yes; what becomes of it is up to the order and its capture settings."""
    if payment.late_at != at or payment.status not in {"created", "failed"}:
        return
    payment.late_at = None
    authorize_payment(account, payment, at=at)
