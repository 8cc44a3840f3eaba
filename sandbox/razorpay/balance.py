"""What moves the merchant's balance besides payments and refunds, and what pays it out.

Units as in `entities`.
"""

from dataclasses import dataclass, field

from sandbox.razorpay.entities import Json

EVIDENCE_LISTS = (
    "shipping_proof",
    "billing_proof",
    "cancellation_proof",
    "customer_communication",
    "proof_of_service",
    "explanation_letter",
    "refund_confirmation",
    "access_activity_log",
    "refund_cancellation_policy",
    "term_and_conditions",
    "others",
)


@dataclass(kw_only=True, slots=True)
class Dispute:
    """A customer's claim through the bank. Losing it takes `amount` from the merchant's balance."""

    id: str
    amount: int
    currency: str
    payment_id: str
    created_at: int
    respond_by: int
    status: str = "open"
    phase: str = "chargeback"
    reason_code: str = "goods_or_services_not_received_or_partially_received"
    deducted: int = 0
    evidence: Json = field(default_factory=dict)
    submitted_at: int | None = None

    def as_json(self) -> Json:
        """Return the dispute as the API shows it: evidence always has all of its keys."""
        return {
            "id": self.id,
            "entity": "dispute",
            "payment_id": self.payment_id,
            "amount": self.amount,
            "currency": self.currency,
            "amount_deducted": self.deducted,
            "reason_code": self.reason_code,
            "respond_by": self.respond_by,
            "status": self.status,
            "phase": self.phase,
            "created_at": self.created_at,
            "evidence": {
                "amount": self.evidence.get("amount", self.amount),
                "summary": self.evidence.get("summary"),
                **{name: self.evidence.get(name) for name in EVIDENCE_LISTS},
                "submitted_at": self.submitted_at,
            },
        }


@dataclass(kw_only=True, slots=True)
class Adjustment:
    """A correction of the balance by a signed amount: a lost dispute, a refund that came back."""

    id: str
    amount: int
    currency: str
    created_at: int
    description: str
    payment_id: str | None = None
    dispute_id: str | None = None
    settlement_id: str | None = None

    def as_json(self) -> Json:
        """Return the adjustment for the state listing; the API shows it in recon rows only."""
        return {
            "id": self.id,
            "entity": "adjustment",
            "amount": self.amount,
            "currency": self.currency,
            "description": self.description,
            "payment_id": self.payment_id,
            "dispute_id": self.dispute_id,
            "settlement_id": self.settlement_id,
            "created_at": self.created_at,
        }


@dataclass(kw_only=True, slots=True)
class Settlement:
    """A payout of the merchant's balance to the bank."""

    id: str
    amount: int
    fees: int
    tax: int
    utr: str
    created_at: int

    def as_json(self) -> Json:
        """Return the settlement as the API shows it."""
        return {
            "id": self.id,
            "entity": "settlement",
            "amount": self.amount,
            "status": "processed",
            "fees": self.fees,
            "tax": self.tax,
            "utr": self.utr,
            "created_at": self.created_at,
        }
