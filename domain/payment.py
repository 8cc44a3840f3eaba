"""The payment ledger: facts about money, recorded once; the payment status follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.cart import PaymentMethod
from domain.money import CURRENCY


class PaymentStatus(StrEnum):
    """What the ledger says in one word."""

    UNPAID = "unpaid"
    AUTHORIZED = "authorized"
    PAID = "paid"
    OVERPAID = "overpaid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    COD_DUE = "cod_due"
    COD_COLLECTED = "cod_collected"
    COD_REMITTED = "cod_remitted"


class EntryKind(StrEnum):
    """What happened to money."""

    REQUESTED = "requested"
    AUTHORIZED = "authorized"
    FAILED = "failed"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    REFUND_REVERSED = "refund_reversed"
    COD_COLLECTED = "cod_collected"
    COD_REMITTED = "cod_remitted"


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentEntry:
    """One fact about money. `reference` is the id of what moved it: payment, refund, AWB, UTR."""

    kind: EntryKind
    amount_paise: int
    reference: str
    at: datetime
    method: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentOrder:
    """The Razorpay order that the customer pays against."""

    razorpay_order_id: str
    key_id: str
    amount_paise: int
    expires_at: datetime
    currency: str = CURRENCY


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayPayment:
    """A payment as Razorpay tells it; `status` is Razorpay's word."""

    payment_id: str
    razorpay_order_id: str | None
    amount_paise: int
    status: str
    captured: bool
    at: datetime
    method: str | None = None
    reason: str | None = None


class RefundStatus(StrEnum):
    """How far a refund is.

    `failed` waits for a person, who retries it (it is `closed`, and a new one follows) or pays it
    outside Razorpay (`manual`).
    """

    INITIATED = "initiated"
    PROCESSED = "processed"
    FAILED = "failed"
    MANUAL = "manual"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Money on its way back. `key` makes Razorpay do it once; `number` counts from 1."""

    number: int
    key: str
    payment_id: str
    amount_paise: int
    reason: str
    status: RefundStatus
    requested_at: datetime
    razorpay_refund_id: str | None = None
    processed_at: datetime | None = None
    failure: str | None = None


class RefundSpeed(StrEnum):
    """How fast a refund goes; what is asked for as instant may still be processed as normal."""

    NORMAL = "normal"
    INSTANT = "instant"


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayRefund:
    """A refund as Razorpay tells it; `status` is pending, processed or failed.

    Attributes:
        key: the refund key it was made with (its receipt); None for one that we did not make.
        speed: how it is processed, as far as known.
        reference: the bank's number for it (ARN, RRN or UTR), which a customer can quote.
    """

    refund_id: str
    payment_id: str
    amount_paise: int
    status: str
    at: datetime
    key: str | None = None
    speed: RefundSpeed | None = None
    reference: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayDispute:
    """A dispute as Razorpay tells it.

    Attributes:
        status: open, under_review, won, lost or closed.
        phase: fraud, retrieval, chargeback, pre_arbitration or arbitration.
        deducted_paise: what left the balance; 0 unless lost.
        respond_by: until when evidence is taken.
    """

    dispute_id: str
    payment_id: str
    amount_paise: int
    deducted_paise: int
    status: str
    phase: str
    reason_code: str
    at: datetime
    respond_by: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentLedger:
    """All payment entries of an order, in the order in which they became known."""

    method: PaymentMethod
    total_paise: int
    entries: tuple[PaymentEntry, ...] = ()

    def knows(self, kind: EntryKind, reference: str) -> bool:
        """Tell whether this fact is recorded already."""
        return any(e.kind is kind and e.reference == reference for e in self.entries)

    def record(self, entry: PaymentEntry) -> "PaymentLedger":
        """Return the ledger with this fact; a fact already known changes nothing."""
        if self.knows(entry.kind, entry.reference):
            return self
        return replace(self, entries=(*self.entries, entry))

    def sum(self, *kinds: EntryKind) -> int:
        """Return the total of the entries of these kinds, in paise."""
        return sum(entry.amount_paise for entry in self.entries if entry.kind in kinds)

    @property
    def received_paise(self) -> int:
        """Return the money that reached us: captured payments, and cash the courier collected."""
        return self.sum(EntryKind.CAPTURED, EntryKind.COD_COLLECTED)

    @property
    def refunded_paise(self) -> int:
        """Return money that went back and stayed there: a bank may return a refund to us."""
        return self.sum(EntryKind.REFUNDED) - self.sum(EntryKind.REFUND_REVERSED)

    @property
    def kept_paise(self) -> int:
        """Return received money that has not gone back."""
        return self.received_paise - self.refunded_paise

    @property
    def secured(self) -> bool:
        """Tell whether the goods may go: paid in full, or cash due at the door."""
        return self.method is PaymentMethod.COD or self.received_paise >= self.total_paise

    @property
    def status(self) -> PaymentStatus:
        """Derive the status; refunds outrank payment, payment outranks authorization."""
        refunded = self.refunded_paise
        if refunded > 0:
            whole = refunded >= self.received_paise
            return PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
        if self.method is PaymentMethod.COD:
            return self._cod_status()
        if self.received_paise > self.total_paise:
            return PaymentStatus.OVERPAID
        if self.received_paise and self.received_paise >= self.total_paise:
            return PaymentStatus.PAID
        if _settled(self.entries, EntryKind.AUTHORIZED):
            return PaymentStatus.AUTHORIZED
        return PaymentStatus.UNPAID

    @property
    def cash_outstanding(self) -> dict[str, int]:
        """Return the cash that the courier has collected and not remitted: AWB to paise."""
        remitted = {
            e.reference.split(":")[0] for e in self.entries if e.kind is EntryKind.COD_REMITTED
        }
        return {
            e.reference: e.amount_paise
            for e in self.entries
            if e.kind is EntryKind.COD_COLLECTED and e.reference not in remitted
        }

    def _cod_status(self) -> PaymentStatus:
        if not self.sum(EntryKind.COD_COLLECTED):
            return PaymentStatus.COD_DUE
        outstanding = self.cash_outstanding
        return PaymentStatus.COD_COLLECTED if outstanding else PaymentStatus.COD_REMITTED


def entry_of(payment: GatewayPayment) -> PaymentEntry | None:
    """Return the ledger entry of a payment's present state, or None while nothing has happened yet.

    A payment that is refunded before we know of its capture brings no money: somebody gave it back
    outside of us, or Razorpay did because nobody had captured it in time.
    """
    kinds = {
        "authorized": EntryKind.AUTHORIZED,
        "captured": EntryKind.CAPTURED,
        "refunded": EntryKind.FAILED,
        "failed": EntryKind.FAILED,
    }
    kind = kinds.get(payment.status)
    if kind is None:
        return None
    return PaymentEntry(
        kind=kind,
        amount_paise=payment.amount_paise,
        reference=payment.payment_id,
        at=payment.at,
        method=payment.method,
        reason=payment.reason,
    )


def _settled(entries: Iterable[PaymentEntry], kind: EntryKind) -> bool:
    """Tell whether the latest word on some payment is this kind (a later failure withdraws it)."""
    latest = {entry.reference: entry.kind for entry in entries}
    return kind in latest.values()
