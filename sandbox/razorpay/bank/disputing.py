"""The life of a dispute: open, under review, then won, lost or closed."""

from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.bank.settling import plan_settlement
from sandbox.razorpay.entities import Dispute, Payment
from sandbox.razorpay.identity import new_id

ENDED = frozenset({"won", "lost", "closed"})
PHASES = ("fraud", "retrieval", "chargeback", "pre_arbitration", "arbitration")
RESPONSE_LIMIT_S = 7 * 86_400


@atomic
def open_dispute(
    account: Account, payment: Payment, *, amount: int, phase: str, respond_by: float
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
    )
    account.ledger.save(dispute)
    account.hook.emit("payment.dispute.created", payment=payment, dispute=dispute, at=now)
    plan_dispute(account, dispute)
    return dispute


@atomic
def move_dispute(account: Account, dispute: Dispute, status: str, *, at: float) -> None:
    """Bring a dispute to `under_review`, `action_required`, `won`, `lost` or `closed`.

    `action_required` is a message, not a status: the dispute is open again.
    """
    payment = account.ledger.payments[dispute.payment_id]
    dispute.status = "open" if status == "action_required" else status
    if status in ENDED:
        dispute.closed_at = at
    if status == "lost":
        dispute.debited = dispute.amount
        plan_settlement(account, at)
    account.ledger.save(dispute)
    account.hook.emit(f"payment.dispute.{status}", payment=payment, dispute=dispute, at=at)


def plan_dispute(account: Account, dispute: Dispute) -> None:
    """Put the deadline for an answer on the agenda."""
    if dispute.status == "open":
        account.panel.agenda.plan(
            dispute.respond_by, lambda at: _miss_deadline(account, dispute, at)
        )


def _miss_deadline(account: Account, dispute: Dispute, at: float) -> None:
    if dispute.status == "open":
        move_dispute(account, dispute, "lost", at=at)
