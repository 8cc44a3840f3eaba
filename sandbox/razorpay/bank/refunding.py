"""The life of a refund: pending, then processed or failed; and a few that come back after all."""

import secrets

from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.api.errors import invalid_input
from sandbox.razorpay.bank.settling import adjust_balance, plan_settlement
from sandbox.razorpay.entities import Payment, Refund
from sandbox.razorpay.identity import new_id

INSTANT_METHODS = frozenset({"card", "upi", "wallet"})
OLDEST_REFUNDABLE_S = 183 * 86_400
INSTANT_S = 1.0


def check_refund(account: Account, payment: Payment, amount: int | None) -> int:
    """Return the amount to refund, everything that is left if None was asked for.

    Raises:
        ApiError: the payment is not captured, fully refunded, or the amount is too much.
    """
    if payment.amount_refunded and payment.amount_refunded == payment.amount:
        description = "The payment has been fully refunded already"
        raise invalid_input(description)
    if payment.status != "captured":
        description = "The payment status should be captured for action to be taken"
        raise invalid_input(description)
    left = payment.amount - payment.amount_refunded
    if amount is not None and amount > left:
        description = "The refund amount provided is greater than amount captured"
        raise invalid_input(description, "amount")
    if account.refunds.balance_short:
        description = "invalid request sent"
        raise invalid_input(description)
    return left if amount is None else amount


@atomic
def start_refund(account: Account, payment: Payment, refund: Refund, *, at: float) -> None:
    """Send money back; the payment counts it as refunded from now on."""
    behaviour = account.refunds
    wanted_instant = refund.speed_requested == "optimum"
    instant = wanted_instant and payment.method in INSTANT_METHODS
    refund.speed_processed = "instant" if instant else "normal"
    refund.failing = behaviour.take("fail_next") or at - payment.created_at > OLDEST_REFUNDABLE_S
    refund.slows = instant and behaviour.take("slow_next")
    refund.bounces_s = behaviour.bounce_s if behaviour.take("bounce_next") else None
    refund.debited = refund.amount
    settle_s = min(INSTANT_S, behaviour.settle_s) if instant else behaviour.settle_s
    refund.due_at = at + settle_s
    _count_as_refunded(payment, refund.amount)
    account.ledger.save(refund, payment)
    account.hook.emit("refund.created", refund=refund, payment=payment, at=at)
    if wanted_instant and not instant:
        account.hook.emit("refund.speed_changed", refund=refund, payment=payment, at=at)
    if settle_s:
        plan_refund(account, refund)
    else:
        _answer(account, refund, refund.due_at)


@atomic
def refund_uncaptured(account: Account, payment: Payment, *, at: float) -> None:
    """Give back an authorized payment that was never captured; the balance never saw it."""
    order = account.ledger.orders[payment.order_id]
    instant = order.refund_speed == "optimum" and payment.method in INSTANT_METHODS
    refund = Refund(
        id=new_id("rfnd"),
        amount=payment.amount,
        currency=payment.currency,
        payment_id=payment.id,
        created_at=int(at),
        status="processed",
        speed_requested=order.refund_speed,
        speed_processed="instant" if instant else "normal",
        acquirer_data=_reference(payment.method),
    )
    payment.due_at = None
    _count_as_refunded(payment, payment.amount)
    account.ledger.save(refund, payment)
    account.hook.emit("refund.created", refund=refund, payment=payment, at=at)
    account.hook.emit("refund.processed", refund=refund, payment=payment, at=at)


def plan_refund(account: Account, refund: Refund) -> None:
    """Put the bank's next word on the agenda, if there is one to come."""
    if refund.due_at is not None and refund.status != "failed":
        account.panel.agenda.plan(refund.due_at, lambda at: _deadline(account, refund, at))


@atomic
def process_refund(account: Account, refund: Refund, *, at: float) -> None:
    """Let the money reach the customer's bank, for now or for good."""
    payment = account.ledger.payments[refund.payment_id]
    refund.status, refund.due_at = "processed", None
    refund.acquirer_data = _reference(payment.method)
    if refund.bounces_s is not None:
        refund.due_at = at + refund.bounces_s
    plan_settlement(account, at)
    account.ledger.save(refund, payment)
    account.hook.emit("refund.processed", refund=refund, payment=payment, at=at)
    plan_refund(account, refund)


@atomic
def fail_refund(account: Account, refund: Refund, *, at: float) -> None:
    """Let the money come back to the merchant, also after the refund was processed."""
    payment = account.ledger.payments[refund.payment_id]
    if refund.settlement_id is not None:
        description = f"Refund {refund.id} failed"
        adjust_balance(account, payment, refund.debited, description, at=at)
    else:
        refund.debited = 0
    refund.status, refund.due_at = "failed", None
    _count_as_refunded(payment, -refund.amount)
    account.ledger.save(refund, payment)
    account.hook.emit("refund.failed", refund=refund, payment=payment, at=at)


def _deadline(account: Account, refund: Refund, at: float) -> None:
    if refund.due_at == at:
        _answer(account, refund, at)


def _answer(account: Account, refund: Refund, at: float) -> None:
    if refund.status == "processed" or refund.failing:
        fail_refund(account, refund, at=at)
    elif refund.slows:
        _slow_down(account, refund, at)
    else:
        process_refund(account, refund, at=at)


@atomic
def _slow_down(account: Account, refund: Refund, at: float) -> None:
    """Go on at normal speed: the customer's bank would not take the money at once."""
    payment = account.ledger.payments[refund.payment_id]
    refund.slows, refund.speed_processed = False, "normal"
    refund.due_at = at + account.refunds.settle_s
    account.ledger.save(refund)
    account.hook.emit("refund.speed_changed", refund=refund, payment=payment, at=at)
    plan_refund(account, refund)


def _count_as_refunded(payment: Payment, amount: int) -> None:
    payment.amount_refunded += amount
    payment.status = "refunded" if payment.amount_refunded == payment.amount else "captured"


def _reference(method: str) -> dict[str, object]:
    number = "".join(secrets.choice("0123456789") for _ in range(12))
    return {{"card": "arn", "upi": "rrn"}.get(method, "utr"): number}
