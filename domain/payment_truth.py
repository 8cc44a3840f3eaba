"""What is true of a payment, whoever tells it: webhook, hand-over and polling end here.

News may be lost, doubled and reordered, and a failure is not final (Razorpay may capture the same
payment later), so the ledger keeps the last word on each payment and is told it in any order.
"""

from dataclasses import replace

from domain.money import CURRENCY
from domain.payment import EntryKind, GatewayPayment, PaymentEntry, PaymentLedger, PaymentOrder

LAST_WORDS = frozenset({EntryKind.CAPTURED, EntryKind.VOIDED, EntryKind.MISMATCHED})
"""After these nothing else becomes of a payment; what follows a capture: refunds and disputes."""

_ATTEMPTS = LAST_WORDS | {EntryKind.AUTHORIZED, EntryKind.FAILED}
_KINDS = {
    "authorized": EntryKind.AUTHORIZED,
    "captured": EntryKind.CAPTURED,
    "refunded": EntryKind.VOIDED,
    "failed": EntryKind.FAILED,
}


def take_in(
    ledger: PaymentLedger, order: PaymentOrder | None, payment: GatewayPayment
) -> tuple[PaymentLedger, PaymentEntry | None]:
    """Return the ledger after news of a payment, and the entry if it says anything new.

    News of another order's payment, old news and repeats change nothing. Of two words that are not
    final the younger holds; within one second (Razorpay's clock) a failure is the later one.
    """
    entry = entry_of(payment)
    if entry is None or order is None or payment.razorpay_order_id != order.razorpay_order_id:
        return ledger, None
    known = last_word(ledger, entry.reference)
    if known is None or (known.kind is not entry.kind and _outranks(entry, known)):
        return replace(ledger, entries=(*ledger.entries, entry)), entry
    if known.kind is entry.kind and _outranks(entry, known):
        return _still(ledger, known, entry), None
    return ledger, None


def last_word(ledger: PaymentLedger, payment_id: str) -> PaymentEntry | None:
    """Return the entry that says what has become of a payment, or None if it is not known."""
    words = (e for e in ledger.entries if e.kind in _ATTEMPTS and e.reference == payment_id)
    return next(reversed(tuple(words)), None)


def entry_of(payment: GatewayPayment) -> PaymentEntry | None:
    """Return the ledger entry of a payment's present state, or None while nothing has happened yet.

    A payment that is refunded before we know of its capture brings no money: somebody gave it back
    outside of us, or Razorpay did because nobody had captured it in time. Money in another currency
    than ours cannot count for an order, whatever the figure.
    """
    kind = _KINDS.get(payment.status)
    if kind is None:
        return None
    reason = payment.reason
    if kind is EntryKind.CAPTURED and payment.currency != CURRENCY:
        kind, reason = EntryKind.MISMATCHED, f"captured in {payment.currency}, not in {CURRENCY}"
    return PaymentEntry(
        kind=kind,
        amount_paise=payment.amount_paise,
        reference=payment.payment_id,
        at=payment.at,
        method=payment.method,
        reason=reason,
        currency=payment.currency,
    )


def _outranks(entry: PaymentEntry, known: PaymentEntry) -> bool:
    if known.kind in LAST_WORDS:
        return False
    return entry.kind in LAST_WORDS or _age(entry) > _age(known)


def _age(entry: PaymentEntry) -> tuple[object, ...]:
    return entry.at, entry.kind is EntryKind.FAILED


def _still(ledger: PaymentLedger, known: PaymentEntry, told: PaymentEntry) -> PaymentLedger:
    """Keep until when a word has held, so that older news that comes later is known as older."""
    held = replace(known, at=told.at)
    return replace(ledger, entries=tuple(held if e is known else e for e in ledger.entries))
