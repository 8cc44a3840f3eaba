"""What a reconciliation finds: differences, each explained, and the report of a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

_INDIA = timedelta(hours=5, minutes=30)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first moment of an Indian calendar day, and of the next one."""
    begin = datetime.combine(day, time(), UTC) - _INDIA
    return begin, begin + timedelta(days=1)


class DifferenceKind(StrEnum):
    """How the providers' books and the orders' ledgers can differ."""

    CAPTURE_UNKNOWN = "capture_unknown"
    CAPTURE_NOT_SETTLED = "capture_not_settled"
    AMOUNT_DIFFERS = "amount_differs"
    REFUND_UNKNOWN = "refund_unknown"
    REFUND_NOT_SETTLED = "refund_not_settled"
    REFUND_SETTLED_THOUGH_FAILED = "refund_settled_though_failed"
    REFUND_STUCK = "refund_stuck"
    FEE_UNEXPECTED = "fee_unexpected"
    DUPLICATE_ROW = "duplicate_row"
    ROW_ON_HOLD = "row_on_hold"
    ROW_UNEXPECTED = "row_unexpected"
    PAYOUT_DIFFERS = "payout_differs"
    MONEY_KEPT = "money_kept"
    DOCUMENTS_DIFFER = "documents_differ"
    DISPUTE_UNKNOWN = "dispute_unknown"
    DISPUTE_NOT_SETTLED = "dispute_not_settled"
    CASH_NOT_REMITTED = "cash_not_remitted"
    CASH_DIFFERS = "cash_differs"
    CASH_UNKNOWN = "cash_unknown"


K = DifferenceKind

MEANING: dict[DifferenceKind, str] = {
    K.CAPTURE_UNKNOWN: "Razorpay paid out a payment that no order has recorded",
    K.CAPTURE_NOT_SETTLED: "a captured payment is in no settlement although its time has come",
    K.AMOUNT_DIFFERS: "Razorpay and the order's ledger name different amounts",
    K.REFUND_UNKNOWN: "Razorpay paid a refund that no order has recorded",
    K.REFUND_NOT_SETTLED: "a refund of ours is in no settlement although its time has come",
    K.REFUND_SETTLED_THOUGH_FAILED: "Razorpay took the money of a refund that we hold for failed",
    K.REFUND_STUCK: "a refund was begun and has not ended in time",
    K.FEE_UNEXPECTED: "a fee, its GST or the credit is not what it should be",
    K.DUPLICATE_ROW: "the same movement of money was settled before",
    K.ROW_ON_HOLD: "Razorpay holds the money of this row back",
    K.ROW_UNEXPECTED: "a row that none of our orders explains",
    K.PAYOUT_DIFFERS: "a payout is not the sum of its rows",
    K.MONEY_KEPT: "an order that was never fulfilled keeps money",
    K.DOCUMENTS_DIFFER: "invoices minus credit notes are not what the customer has paid",
    K.DISPUTE_UNKNOWN: "Razorpay debited a dispute that no order holds for lost",
    K.DISPUTE_NOT_SETTLED: "a lost dispute is in no settlement although its time has come",
    K.CASH_NOT_REMITTED: "the courier has not paid out collected cash in time",
    K.CASH_DIFFERS: "the courier paid out another amount than it collected",
    K.CASH_UNKNOWN: "the courier paid out cash for a parcel that collected none",
}
"""One sentence for each kind, as the report says it."""

ACTION: dict[DifferenceKind, str] = {
    K.CAPTURE_UNKNOWN: (
        "The order, where there is one, has just been told and refunds or revives by itself: run "
        "the day again. Without an order refund it at Razorpay."
    ),
    K.CAPTURE_NOT_SETTLED: "Look the payment up at Razorpay; ask its support with the payment id.",
    K.AMOUNT_DIFFERS: "Compare both sides; correct the order by hand, or claim the difference.",
    K.REFUND_UNKNOWN: (
        "The order has just been told: run the day again. Find out who refunded outside the system."
    ),
    K.REFUND_NOT_SETTLED: "Look the refund up at Razorpay: the customer may still wait for it.",
    K.REFUND_SETTLED_THOUGH_FAILED: "Make sure that the customer was not paid twice.",
    K.REFUND_STUCK: "Answer the order's attention, or ask Razorpay's support with the refund id.",
    K.FEE_UNEXPECTED: "Compare with the pricing plan; claim what was taken too much.",
    K.DUPLICATE_ROW: "Ask Razorpay's support for a correction with both settlement ids.",
    K.ROW_ON_HOLD: "See Razorpay's dashboard for the reason and what it asks for.",
    K.ROW_UNEXPECTED: "Find out what it is in Razorpay's dashboard and book it by hand.",
    K.PAYOUT_DIFFERS: "Compare the bank statement; ask Razorpay's support with the settlement id.",
    K.MONEY_KEPT: "Refund the customer: resolve the order's attention, or refund by hand.",
    K.DOCUMENTS_DIFFER: "Let accounts issue the missing invoice or credit note.",
    K.DISPUTE_UNKNOWN: "Look the dispute up at Razorpay and book it to its order.",
    K.DISPUTE_NOT_SETTLED: "Look the dispute up at Razorpay: it may not be lost after all.",
    K.CASH_NOT_REMITTED: "Claim the cash from the courier with the AWB.",
    K.CASH_DIFFERS: "Claim the difference from the courier with AWB and UTR.",
    K.CASH_UNKNOWN: "Ask the courier what it was for; it may be another shop's.",
}
"""What a person should do about each kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that does not fit. Amounts are absent where there is nothing to compare.

    Attributes:
        subject: the id under which the providers know it: payment, refund, settlement, AWB.
        order_id: the order it belongs to, as far as known.
        expected_paise: what we think; `found_paise` what the provider says.
        detail: what is particular about this one; the kind says the rest.
    """

    kind: DifferenceKind
    subject: str
    order_id: str | None = None
    expected_paise: int | None = None
    found_paise: int | None = None
    detail: str = ""

    @property
    def explanation(self) -> str:
        """Return the sentence that explains it."""
        meaning = MEANING[self.kind]
        return f"{meaning}: {self.detail}" if self.detail else meaning

    @property
    def action(self) -> str:
        """Return what a person should do."""
        return ACTION[self.kind]


@dataclass(frozen=True, kw_only=True, slots=True)
class SettledSum:
    """One payout of the day: its rows in all. `net_paise` is what reached the bank account."""

    settlement_id: str
    utr: str | None
    rows: int
    captured_paise: int
    fees_paise: int
    tax_paise: int
    refunded_paise: int
    adjusted_paise: int
    net_paise: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CashLine:
    """Cash of one parcel: collected at the door, remitted by the courier days later."""

    awb: str
    order_id: str
    collected_paise: int
    collected_at: datetime | None = None
    remitted_paise: int = 0
    remitted_at: datetime | None = None
    written_off_paise: int = 0
    utr: str | None = None

    @property
    def outstanding_paise(self) -> int:
        """Return what the courier still owes; negative if it paid too much."""
        return self.collected_paise - self.remitted_paise - self.written_off_paise


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconciliationReport:
    """One Indian calendar day. The same books give the same report, in the same order."""

    day: date
    rows: int
    matched: int
    orders: int
    settlements: tuple[SettledSum, ...] = ()
    cash: tuple[CashLine, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def clean(self) -> bool:
        """Tell whether everything fits."""
        return not self.differences


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconciliationTerms:
    """What is still in time, in days, and the highest fee in hundredths of a percent with GST.

    Attributes:
        settlement_days: a payment or refund must be settled so many days after it moved.
        remittance_days: cash must be remitted so many days after it was collected.
        refund_days: a refund must have ended so many days after it was begun.
        fee_limit_bps: 300 = 3 % of the payment.
    """

    settlement_days: int = 5
    remittance_days: int = 10
    refund_days: int = 7
    fee_limit_bps: int = 300
