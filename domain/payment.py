"""The payment ledger: facts about money, recorded once; the payment status follows from them."""

import re
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
    COD_WRITTEN_OFF = "cod_written_off"
    VOIDED = "voided"
    MISMATCHED = "mismatched"
    DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentEntry:
    """One fact about money. `reference` is the id of what moved it: payment, refund, AWB, UTR.

    `voided` went back before it counted; `mismatched` came in another currency and never counts
    (`amount_paise` is then in the smallest unit of that currency).
    """

    kind: EntryKind
    amount_paise: int
    reference: str
    at: datetime
    method: str | None = None
    reason: str | None = None
    currency: str = CURRENCY


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
    currency: str = CURRENCY

    def seen(self, at: datetime) -> "GatewayPayment":
        """Return it as it was found at a moment; a poll tells no event's time, and is no old news.

        A capture keeps its own moment: nothing follows it that would have to be told apart.
        """
        return self if self.status == "captured" else replace(self, at=max(self.at, at))


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


class RefundSpeed(StrEnum):
    """How fast a refund goes; what is asked for as instant may still be processed as normal."""

    NORMAL = "normal"
    INSTANT = "instant"


_BANK_REFERENCE = re.compile(r"(?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{6,35}")


def bank_reference(note: str) -> str | None:
    """Return the bank's number of a transfer that stands in a note (UTR, RRN), or None.

    Banks write 12 digits (IMPS), 16 (NEFT) or 22 (RTGS) letters and digits, and older ones less:
    the first word of at least 6 that holds a digit is taken.
    """
    words = re.findall(r"[A-Za-z0-9]+", note)
    return next((word for word in words if _BANK_REFERENCE.fullmatch(word)), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundLine:
    """For which order line a part of a refund is."""

    sku: str
    amount_paise: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Money on its way back. `key` makes Razorpay do it once; `number` counts from 1.

    Cash (`payment_id` is `cash`) goes back by a payout, whose UTR is then the `reference`.

    Attributes:
        speed: what is asked for; `speed_processed` what Razorpay made of it, once known.
        reference: the bank's number for it; of a manual refund, the one that ops gave.
        lines: for which order lines it is; what belongs to none was paid too much.
    """

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
    speed: RefundSpeed = RefundSpeed.NORMAL
    speed_processed: RefundSpeed | None = None
    reference: str | None = None
    lines: tuple[RefundLine, ...] = ()


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

    @property
    def final(self) -> bool:
        """Tell whether it has ended."""
        return self.status in ("won", "lost", "closed")


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentLedger:
    """All payment entries of an order, in the order in which they became known."""

    method: PaymentMethod
    total_paise: int
    entries: tuple[PaymentEntry, ...] = ()
    disputes: tuple[GatewayDispute, ...] = ()

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
    def returned_paise(self) -> int:
        """Return all money that is with the customer again: refunded, or taken back by a bank."""
        return self.refunded_paise + self.sum(EntryKind.DISPUTE_LOST)

    @property
    def kept_paise(self) -> int:
        """Return received money that has not gone back; negative if it went back twice."""
        return self.received_paise - self.returned_paise

    @property
    def disputed_paise(self) -> int:
        """Return money that an open dispute may still take: none of it may be refunded."""
        return sum(each.amount_paise for each in self.disputes if not each.final)

    def dispute(self, dispute_id: str) -> GatewayDispute | None:
        """Return a dispute as it is known, or None."""
        return next((d for d in self.disputes if d.dispute_id == dispute_id), None)

    def claimed_paise(self, payment_id: str) -> int:
        """Return what disputes, open or lost, take of one payment: it cannot be refunded too."""
        return sum(
            (each.deducted_paise or each.amount_paise)
            for each in self.disputes
            if each.payment_id == payment_id and (each.status == "lost" or not each.final)
        )

    @property
    def secured(self) -> bool:
        """Tell whether the goods may go: paid in full, or cash due at the door."""
        return self.method is PaymentMethod.COD or self.received_paise >= self.total_paise

    @property
    def status(self) -> PaymentStatus:
        """Derive the status; money gone back outranks payment, payment outranks authorization."""
        returned = self.returned_paise
        if returned > 0:
            whole = returned >= self.received_paise
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
        """Return the cash that the courier has collected and still owes us: AWB to paise.

        Cash may come in parts, each with its UTR; what ops have written off is not waited for.
        """
        owed: dict[str, int] = {}
        for entry in self.entries:
            awb = entry.reference.split(":")[0]
            if entry.kind is EntryKind.COD_COLLECTED:
                owed[awb] = owed.get(awb, 0) + entry.amount_paise
            elif entry.kind in (EntryKind.COD_REMITTED, EntryKind.COD_WRITTEN_OFF):
                owed[awb] = owed.get(awb, 0) - entry.amount_paise
        return {awb: paise for awb, paise in owed.items() if paise > 0}

    def _cod_status(self) -> PaymentStatus:
        if not self.sum(EntryKind.COD_COLLECTED):
            return PaymentStatus.COD_DUE
        outstanding = self.cash_outstanding
        return PaymentStatus.COD_COLLECTED if outstanding else PaymentStatus.COD_REMITTED


def _settled(entries: Iterable[PaymentEntry], kind: EntryKind) -> bool:
    """Tell whether the latest word on some payment is this kind (a later failure withdraws it)."""
    latest = {entry.reference: entry.kind for entry in entries}
    return kind in latest.values()
