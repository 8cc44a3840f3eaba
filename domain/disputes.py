"""Disputes: a customer asks their bank for the money back, and we answer until a deadline.

An open dispute ties its money up (a refund on top would pay twice), a lost one takes it, a won or
closed one sets it free.
"""

from dataclasses import replace

from domain.payment import EntryKind, GatewayDispute, PaymentEntry, PaymentLedger

LOST = "lost"


def take_in_dispute(ledger: PaymentLedger, news: GatewayDispute) -> PaymentLedger:
    """Return the ledger after news of a dispute; repeats and older news change nothing.

    A final word stays, whatever comes after it. Money is gone once, when the dispute is lost.
    """
    known = ledger.dispute(news.dispute_id)
    if known is not None and (known.final or not (news.final or news.at > known.at)):
        return ledger
    others = tuple(each for each in ledger.disputes if each.dispute_id != news.dispute_id)
    ledger = replace(ledger, disputes=(*others, news))
    entry = loss_of(news)
    return ledger.record(entry) if entry else ledger


def loss_of(dispute: GatewayDispute) -> PaymentEntry | None:
    """Return the ledger entry of a lost dispute, or None: no other one takes money.

    Razorpay's snapshot may come before the deduction stands in it; then it is the whole sum.
    """
    if dispute.status != LOST:
        return None
    return PaymentEntry(
        kind=EntryKind.DISPUTE_LOST,
        amount_paise=dispute.deducted_paise or dispute.amount_paise,
        reference=dispute.dispute_id,
        at=dispute.at,
        reason=dispute.reason_code or None,
    )
