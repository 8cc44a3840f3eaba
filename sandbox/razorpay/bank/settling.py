"""Settlement: the merchant's balance goes to the bank account two days after it moved."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.balance import Adjustment, Settlement
from sandbox.razorpay.entities import Payment, Refund
from sandbox.razorpay.identity import new_id

IST = timezone(timedelta(hours=5, minutes=30), "IST")
SETTLEMENT_HOUR = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """What a settlement pays out."""

    payments: list[Payment]
    refunds: list[Refund]
    adjustments: list[Adjustment]

    @property
    def amount(self) -> int:
        """Return credits minus debits, in paise."""
        captured = sum(one.credited - (one.fee or 0) for one in self.payments)
        refunded = sum(one.debited for one in self.refunds)
        return captured - refunded + sum(one.amount for one in self.adjustments)

    def __bool__(self) -> bool:
        """Tell whether anything moved."""
        return bool(self.payments or self.refunds or self.adjustments)


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
def adjust_balance(
    account: Account,
    payment: Payment,
    amount: int,
    description: str,
    *,
    at: float,
    dispute_id: str | None = None,
) -> Adjustment:
    """Correct the balance by a signed amount, on account of a payment."""
    adjustment = Adjustment(
        id=new_id("adj"),
        amount=amount,
        currency=payment.currency,
        created_at=int(at),
        description=description,
        payment_id=payment.id,
        dispute_id=dispute_id,
    )
    account.ledger.save(adjustment)
    plan_settlement(account, at)
    return adjustment


@atomic
def settle(account: Account, *, at: float, before: float | None = None) -> Settlement | None:
    """Pay out what moved before a moment (default: everything).

    Returns:
        The settlement; None if there is nothing, or if debits outweigh credits and wait for them.
    """
    due = _due(account, at if before is None else before)
    if not due or due.amount < 0:
        return None
    settlement = Settlement(
        id=new_id("setl"),
        amount=due.amount,
        fees=sum(one.fee or 0 for one in due.payments),
        tax=sum(one.tax or 0 for one in due.payments),
        utr=f"{int(at)}{secrets.token_hex(3)}",
        created_at=int(at),
    )
    settled: list[Payment | Refund | Adjustment] = [*due.payments, *due.refunds, *due.adjustments]
    for one in settled:
        one.settlement_id = settlement.id
    account.ledger.save(settlement, *settled)
    account.hook.emit("settlement.processed", settlement=settlement, at=at)
    return settlement


def _run_planned(account: Account, due_at: float) -> None:
    account.planned_settlements.discard(due_at)
    settle(account, at=due_at, before=due_at - account.config.settlement_delay_s)


def _due(account: Account, limit: float) -> Due:
    """Return what is not settled yet; a pending refund may still come back, so it waits."""
    ledger = account.ledger
    return Due(
        payments=[
            one
            for one in ledger.payments.values()
            if one.credited and one.settlement_id is None and (one.captured_at or 0) <= limit
        ],
        refunds=[
            one
            for one in ledger.refunds.values()
            if one.debited and one.status == "processed" and one.settlement_id is None
            and one.created_at <= limit
        ],
        adjustments=[
            one
            for one in ledger.adjustments.values()
            if one.settlement_id is None and one.created_at <= limit
        ],
    )  # fmt: skip
