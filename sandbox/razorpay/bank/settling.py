"""Settlement: what was captured and refunded goes to the merchant's bank account two days later."""

import secrets
from datetime import datetime, timedelta, timezone

from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.entities import Dispute, Payment, Refund, Settlement
from sandbox.razorpay.identity import new_id

IST = timezone(timedelta(hours=5, minutes=30), "IST")
SETTLEMENT_HOUR = 10


def plan_settlement(account: Account, at: float) -> None:
    """Put the settlement that follows a movement of money at `at` on the agenda."""
    settled = datetime.fromtimestamp(at + account.config.settlement_delay_s, IST)
    payout = settled.replace(hour=SETTLEMENT_HOUR, minute=0, second=0, microsecond=0)
    if payout < settled:
        payout += timedelta(days=1)
    due_at = payout.timestamp()
    if due_at in account.planned_settlements:
        return
    account.planned_settlements.add(due_at)
    account.panel.agenda.plan(due_at, lambda due: _run_planned(account, due))


@atomic
def settle(account: Account, *, at: float, before: float | None = None) -> Settlement | None:
    """Pay out what was captured and refunded before a moment (default: everything).

    Returns:
        The settlement; None if there is nothing, or if refunds outweigh captures and wait for them.
    """
    limit = at if before is None else before
    payments = [one for one in _captured(account) if (one.captured_at or 0) <= limit]
    refunds = [one for one in _debited(account) if one.created_at <= limit]
    amount = sum(one.credited - (one.fee or 0) for one in payments)
    disputes = [one for one in _lost(account) if (one.closed_at or 0) <= limit]
    amount -= sum(one.debited for one in refunds) + sum(one.debited for one in disputes)
    if amount < 0 or not (payments or refunds or disputes):
        return None
    settlement = Settlement(
        id=new_id("setl"),
        amount=amount,
        fees=sum(one.fee or 0 for one in payments),
        tax=sum(one.tax or 0 for one in payments),
        utr=f"UTR{secrets.randbelow(10**12):012d}",
        created_at=int(at),
    )
    for payment in payments:
        payment.settlement_id = settlement.id
    for refund in refunds:
        refund.settlement_id = settlement.id
    for dispute in disputes:
        dispute.settlement_id = settlement.id
    account.ledger.save(settlement, *payments, *refunds, *disputes)
    account.hook.emit("settlement.processed", settlement=settlement, at=at)
    return settlement


def _run_planned(account: Account, due_at: float) -> None:
    account.planned_settlements.discard(due_at)
    settle(account, at=due_at, before=due_at - account.config.settlement_delay_s)


def _captured(account: Account) -> list[Payment]:
    payments = account.ledger.payments.values()
    return [one for one in payments if one.credited and one.settlement_id is None]


def _lost(account: Account) -> list[Dispute]:
    disputes = account.ledger.disputes.values()
    return [one for one in disputes if one.debited and one.settlement_id is None]


def _debited(account: Account) -> list[Refund]:
    """Return refunds that left the balance; a pending one may still come back, so it waits."""
    refunds = account.ledger.refunds.values()
    return [
        one
        for one in refunds
        if one.debited and one.status == "processed" and one.settlement_id is None
    ]
