"""Settlements: what Razorpay paid out to the bank account, and the rows that explain each paisa."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SettlementRowKind(StrEnum):
    """What moved the balance."""

    PAYMENT = "payment"
    REFUND = "refund"
    TRANSFER = "transfer"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """One payout; `status` is Razorpay's word (created, processed, failed), `utr` the bank's."""

    settlement_id: str
    amount_paise: int
    fees_paise: int
    tax_paise: int
    status: str
    at: datetime
    utr: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SettlementRow:
    """One settled movement of money. A settlement's amount is its rows' credits minus debits.

    Attributes:
        entity_id: the payment, refund, transfer or adjustment (`adj_…`).
        amount_paise: before the fee; for a payment `credit_paise` is this minus `fee_paise`.
        fee_paise: what Razorpay keeps, `tax_paise` (GST) included.
        payment_id: of a payment and of its refunds; an adjustment may name none.
        razorpay_order_id: None on adjustments; `receipt` is our own order id.
        dispute_id: of an adjustment for a dispute.
        utr: of the payout; adjustments may lack it, their `settlement_id` leads to it.
    """

    entity_id: str
    kind: SettlementRowKind
    credit_paise: int
    debit_paise: int
    amount_paise: int
    fee_paise: int
    tax_paise: int
    settlement_id: str
    created_at: datetime
    settled_at: datetime
    on_hold: bool = False
    payment_id: str | None = None
    razorpay_order_id: str | None = None
    receipt: str | None = None
    dispute_id: str | None = None
    utr: str | None = None
    method: str | None = None
    description: str | None = None

    @property
    def net_paise(self) -> int:
        """Return what the row adds to the payout; below zero for a debit."""
        return self.credit_paise - self.debit_paise
