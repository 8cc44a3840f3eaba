"""The life of a dispute: open, under review, then won, lost or closed."""

from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.balance import Dispute
from sandbox.razorpay.bank.settling import adjust_balance
from sandbox.razorpay.entities import Payment
from sandbox.razorpay.identity import new_id

ENDED = frozenset({"won", "lost", "closed"})
PHASES = ("fraud", "retrieval", "chargeback", "pre_arbitration", "arbitration")
RESPONSE_LIMIT_S = 7 * 86_400
USUAL_REASON = "goods_or_services_not_received_or_partially_received"


@atomic
def open_dispute(
    account: Account,
    payment: Payment,
    *,
    amount: int,
    respond_by: float,
    phase: str = "chargeback",
    reason_code: str = USUAL_REASON,
) -> Dispute:
    """Let the customer's bank claim money back; silence until `respond_by` loses it."""
    now = account.now()
    dispute = Dispute(
        id=new_id("disp"),
        amount=amount,
        currency=payment.currency,
        payment_id=payment.id,
        created_at=int(now),
        respond_by=int(respond_by),
        phase=phase,
        reason_code=reason_code,
    )
    account.ledger.save(dispute)
    account.hook.emit("payment.dispute.created", payment=payment, dispute=dispute, at=now)
    plan_dispute(account, dispute)
    return dispute


@atomic
def move_dispute(
    account: Account,
    dispute: Dispute,
    status: str,
    *,
    at: float,
    respond_by: float | None = None,
) -> None:
    """Bring a dispute to `under_review`, `action_required`, `won`, `lost` or `closed`.

    `action_required` is a message, not a status: the dispute is open again, until `respond_by`.
    """
    payment = account.ledger.payments[dispute.payment_id]
    dispute.status = "open" if status == "action_required" else status
    if status == "under_review":
        dispute.submitted_at = int(at)
    if respond_by is not None:
        dispute.respond_by = int(respond_by)
    if status == "lost":
        dispute.deducted = dispute.amount
        adjust_balance(
            account, payment, -dispute.amount, "Dispute lost", at=at, dispute_id=dispute.id
        )
    account.ledger.save(dispute)
    account.hook.emit(f"payment.dispute.{status}", payment=payment, dispute=dispute, at=at)
    plan_dispute(account, dispute)


def plan_dispute(account: Account, dispute: Dispute) -> None:
    """Put the deadline for an answer on the agenda."""
    if dispute.status == "open":
        account.panel.agenda.plan(
            dispute.respond_by, lambda at: _miss_deadline(account, dispute, at)
        )


def _miss_deadline(account: Account, dispute: Dispute, at: float) -> None:
    # A deadline that was moved meanwhile falls due again later.
    if dispute.status == "open" and dispute.respond_by == at:
        move_dispute(account, dispute, "lost", at=at)
