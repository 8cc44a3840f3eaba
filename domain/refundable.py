"""Which payment can still give money back, and how much: each refund is of one payment."""

from collections.abc import Iterable

from domain.payment import EntryKind, PaymentLedger, Refund, RefundStatus

TAKEN = frozenset({RefundStatus.INITIATED, RefundStatus.PROCESSED})
"""Refunds that use up their payment at Razorpay; one that failed or was paid by hand does not."""


def most_refundable(ledger: PaymentLedger, refunds: Iterable[Refund]) -> tuple[str | None, int]:
    """Return the captured payment with the most money left, and how much that is in paise.

    What it cannot give comes from the next one. A disputed payment cannot be refunded too. None if
    no payment has anything left: cash goes back by hand.
    """
    taken = [refund for refund in refunds if refund.status in TAKEN]
    best: tuple[str | None, int] = (None, 0)
    for entry in ledger.entries:
        if entry.kind is EntryKind.CAPTURED:
            gone = sum(r.amount_paise for r in taken if r.payment_id == entry.reference)
            left = entry.amount_paise - gone - ledger.claimed_paise(entry.reference)
            best = max(best, (entry.reference, left), key=lambda pair: pair[1])
    return best
