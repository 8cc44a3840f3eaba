"""The life of a refund: pending, then processed or failed."""

import secrets

from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.api.errors import invalid_input
from sandbox.razorpay.bank.settling import plan_settlement
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
    instant = refund.speed_requested == "optimum" and payment.method in INSTANT_METHODS
    refund.speed_processed = "instant" if instant else "normal"
    refund.failing = _will_fail(account, payment, at)
    refund.debited = refund.amount
    settle_s = min(INSTANT_S, account.refunds.settle_s) if instant else account.refunds.settle_s
    refund.due_at = at + settle_s
    _count_as_refunded(payment, refund.amount)
    account.ledger.save(refund, payment)
    account.hook.emit("refund.created", refund=refund, payment=payment, at=at)
    if refund.speed_requested == "optimum" and not instant:
        account.hook.emit("refund.speed_changed", refund=refund, payment=payment, at=at)
    if settle_s:
        plan_refund(account, refund)
    else:
        _finish(account, refund, refund.due_at)


@atomic
def refund_uncaptured(account: Account, payment: Payment, *, at: float) -> None:
    """Give back an authorized payment that was never captured; the balance never saw it."""
    refund = Refund(
        id=new_id("rfnd"),
        amount=payment.amount,
        currency=payment.currency,
        payment_id=payment.id,
        created_at=int(at),
        status="processed",
        acquirer_data=_reference(payment.method),
    )
    payment.due_at = None
    _count_as_refunded(payment, payment.amount)
    account.ledger.save(refund, payment)
    account.hook.emit("refund.created", refund=refund, payment=payment, at=at)
    account.hook.emit("refund.processed", refund=refund, payment=payment, at=at)


def plan_refund(account: Account, refund: Refund) -> None:
    """Put the bank's answer on the agenda, if it is still to come."""
    if refund.status == "pending" and refund.due_at is not None:
        account.panel.agenda.plan(refund.due_at, lambda at: _finish(account, refund, at))


@atomic
def _finish(account: Account, refund: Refund, at: float) -> None:
    if refund.status != "pending":
        return
    payment = account.ledger.payments[refund.payment_id]
    refund.due_at = None
    if refund.failing:
        refund.status, refund.debited = "failed", 0
        _count_as_refunded(payment, -refund.amount)
    else:
        refund.status = "processed"
        refund.acquirer_data = _reference(payment.method)
        plan_settlement(account, at)
    account.ledger.save(refund, payment)
    account.hook.emit(f"refund.{refund.status}", refund=refund, payment=payment, at=at)


def _count_as_refunded(payment: Payment, amount: int) -> None:
    payment.amount_refunded += amount
    payment.status = "refunded" if payment.amount_refunded == payment.amount else "captured"


def _will_fail(account: Account, payment: Payment, at: float) -> bool:
    if account.refunds.fail_next:
        account.refunds.fail_next -= 1
        return True
    return at - payment.created_at > OLDEST_REFUNDABLE_S


def _reference(method: str) -> dict[str, object]:
    number = "".join(secrets.choice("0123456789") for _ in range(12))
    return {{"card": "arn", "upi": "rrn"}.get(method, "utr"): number}
