"""Orders, payments and refunds as Razorpay keeps them, and their wire form.

Amounts are integer paise. `created_at` is unix seconds as an integer on the wire; moments that only
the sandbox knows (`due_at`, `captured_at`, …) are unix seconds as floats.
"""

from dataclasses import dataclass, field

Json = dict[str, object]


@dataclass(kw_only=True, slots=True)
class Order:
    """An order; `created`, then `attempted`, then `paid` for ever."""

    id: str
    amount: int
    currency: str
    created_at: int
    receipt: str | None = None
    notes: Json = field(default_factory=dict)
    status: str = "created"
    attempts: int = 0
    amount_paid: int = 0
    capture: str = "automatic"
    automatic_expiry_s: int | None = None
    manual_expiry_s: int | None = None
    refund_speed: str = "normal"

    @property
    def amount_due(self) -> int:
        """Return what is still to pay, in paise."""
        return self.amount - self.amount_paid

    def as_json(self) -> Json:
        """Return the order as the API shows it."""
        return {
            "id": self.id,
            "entity": "order",
            "amount": self.amount,
            "amount_paid": self.amount_paid,
            "amount_due": self.amount_due,
            "currency": self.currency,
            "receipt": self.receipt,
            "offer_id": None,
            "status": self.status,
            "attempts": self.attempts,
            "notes": notes_json(self.notes),
            "created_at": self.created_at,
        }


@dataclass(kw_only=True, slots=True)
class Payment:
    """One attempt to pay an order.

    `error` holds code, description, source, step and reason of a failure. `credited` is the amount
    that reached the merchant's balance: 0 for a payment that was never captured.
    """

    id: str
    amount: int
    currency: str
    order_id: str
    method: str
    created_at: int
    status: str = "created"
    captured: bool = False
    international: bool = False
    amount_refunded: int = 0
    description: str | None = None
    card: Json | None = None
    bank: str | None = None
    wallet: str | None = None
    vpa: str | None = None
    upi_flow: str = "collect"
    email: str = "customer@example.com"
    contact: str = "+919000090000"
    notes: Json = field(default_factory=dict)
    fee: int | None = None
    tax: int | None = None
    error: dict[str, str] | None = None
    acquirer_data: Json = field(default_factory=dict)
    authorized_at: float | None = None
    captured_at: float | None = None
    due_at: float | None = None
    late_at: float | None = None
    credited: int = 0
    settlement_id: str | None = None

    @property
    def refund_status(self) -> str | None:
        """Return null, `partial` or `full`."""
        if not self.amount_refunded:
            return None
        return "full" if self.amount_refunded == self.amount else "partial"

    def as_json(self) -> Json:
        """Return the payment as the API shows it."""
        error = self.error or {}
        wire: Json = {
            "id": self.id,
            "entity": "payment",
            "amount": self.amount,
            "currency": self.currency,
            "status": self.status,
            "order_id": self.order_id,
            "invoice_id": None,
            "international": self.international,
            "method": self.method,
            "amount_refunded": self.amount_refunded,
            "refund_status": self.refund_status,
            "captured": self.captured,
            "description": self.description,
            "card_id": self.card["id"] if self.card else None,
            "bank": self.bank,
            "wallet": self.wallet,
            "vpa": self.vpa,
            "email": self.email,
            "contact": self.contact,
            "customer_id": None,
            "token_id": None,
            "notes": notes_json(self.notes),
            "fee": self.fee,
            "tax": self.tax,
            "error_code": error.get("code"),
            "error_description": error.get("description"),
            "error_source": error.get("source"),
            "error_step": error.get("step"),
            "error_reason": error.get("reason"),
            "acquirer_data": self.acquirer_data,
            "created_at": self.created_at,
        }
        if self.card:
            wire["card"] = self.card
        if self.method == "upi":
            wire["upi"] = {
                "payer_account_type": "bank_account",
                "vpa": self.vpa,
                "flow": self.upi_flow,
            }
        return wire


@dataclass(kw_only=True, slots=True)
class Refund:
    """Money on its way back.

    `failing` marks one that the bank is going to refuse, `bounces_s` one that comes back so many
    seconds after it was processed, `slows` one that the bank will not take at once. `debited` is
    what it takes from the merchant's balance: 0 for one that gave back what was never captured.
    """

    id: str
    amount: int
    currency: str
    payment_id: str
    created_at: int
    status: str = "pending"
    speed_requested: str = "normal"
    speed_processed: str = "normal"
    receipt: str | None = None
    notes: Json = field(default_factory=dict)
    acquirer_data: Json = field(default_factory=lambda: {"arn": None})
    due_at: float | None = None
    failing: bool = False
    slows: bool = False
    bounces_s: float | None = None
    debited: int = 0
    settlement_id: str | None = None

    def as_json(self) -> Json:
        """Return the refund as the API shows it."""
        return {
            "id": self.id,
            "entity": "refund",
            "amount": self.amount,
            "currency": self.currency,
            "payment_id": self.payment_id,
            "notes": notes_json(self.notes),
            "receipt": self.receipt,
            "acquirer_data": self.acquirer_data,
            "created_at": self.created_at,
            "batch_id": None,
            "status": self.status,
            "speed_processed": self.speed_processed,
            "speed_requested": self.speed_requested,
        }


def notes_json(notes: Json) -> Json | list[object]:
    """Return notes as Razorpay serialises them: `[]` when empty, else an object."""
    return notes or []
