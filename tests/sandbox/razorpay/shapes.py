"""The documented form of Razorpay's bodies: their keys, and the type of each value.

Restated from the published samples and field lists of the Razorpay documentation (snapshot of
April 2026: orders, payments, refunds, disputes, settlements, errors, webhooks). A key that ends
with "?" may be missing. Where a sample and a field list disagree, both forms are allowed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any], bool]
Shape = Mapping[str, Any]


@dataclass(frozen=True)
class Mismatch:
    """One place where a body is not as documented."""

    path: str
    problem: str


def an_id(prefix: str) -> Check:
    return lambda value: (
        isinstance(value, str) and re.fullmatch(rf"{prefix}_[A-Za-z0-9]{{14}}", value) is not None
    )


def one_of(*values: Any) -> Check:
    return lambda value: value in values and not isinstance(value, bool)


def or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def paise(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def unix(value: Any) -> bool:
    return paise(value) and 1_000_000_000 < value < 10_000_000_000


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def text(value: Any) -> bool:
    return isinstance(value, str)


def null(value: Any) -> bool:
    return value is None


def notes(value: Any) -> bool:
    """An empty list or a non-empty object: PHP cannot tell an empty one from the other."""
    return value == [] or (isinstance(value, dict) and bool(value))


def an_object(value: Any) -> bool:
    return isinstance(value, dict)


def words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


METHOD = one_of("card", "upi", "netbanking", "wallet")
ERROR_CODE = one_of("BAD_REQUEST_ERROR", "GATEWAY_ERROR", "SERVER_ERROR")

ORDER = {
    "id": an_id("order"),
    "entity": one_of("order"),
    "amount": paise,
    "amount_paid": paise,
    "amount_due": paise,
    "currency": one_of("INR"),
    "receipt": or_null(text),
    "offer_id": or_null(text),
    "status": one_of("created", "attempted", "paid"),
    "attempts": paise,
    "notes": notes,
    "created_at": unix,
}
CARD = {
    "id": an_id("card"),
    "entity": one_of("card"),
    "name": text,
    "last4": text,
    "network": text,
    "type": one_of("credit", "debit", "prepaid", "unknown"),
    "issuer": or_null(text),
    "international": flag,
    "emi": flag,
    "sub_type": text,
    "token_iin": or_null(text),
}
PAYMENT = {
    "id": an_id("pay"),
    "entity": one_of("payment"),
    "amount": paise,
    "currency": one_of("INR"),
    "status": one_of("created", "authorized", "captured", "refunded", "failed"),
    "order_id": an_id("order"),
    "invoice_id": null,
    "international": flag,
    "method": METHOD,
    "amount_refunded": paise,
    "refund_status": one_of(None, "partial", "full"),
    "captured": flag,
    "description": or_null(text),
    "card_id": or_null(an_id("card")),
    "card?": CARD,
    "bank": or_null(text),
    "wallet": or_null(text),
    "vpa": or_null(text),
    "upi?": {"payer_account_type?": text, "vpa": text, "flow?": one_of("collect", "intent")},
    "email": text,
    "contact": text,
    "customer_id?": null,
    "token_id?": null,
    "notes": notes,
    "fee": or_null(paise),
    "tax": or_null(paise),
    "error_code": or_null(ERROR_CODE),
    "error_description": or_null(text),
    "error_source": or_null(text),
    "error_step": or_null(text),
    "error_reason": or_null(text),
    "acquirer_data": an_object,
    "created_at": unix,
}
REFUND = {
    "id": an_id("rfnd"),
    "entity": one_of("refund"),
    "amount": paise,
    "currency": one_of("INR"),
    "payment_id": an_id("pay"),
    "notes": notes,
    "receipt": or_null(text),
    "acquirer_data": an_object,
    "created_at": unix,
    "batch_id": null,
    "status": one_of("pending", "processed", "failed"),
    "speed_processed": one_of("normal", "instant"),
    "speed_requested": one_of("normal", "optimum"),
}
DISPUTE = {
    "id": an_id("disp"),
    "entity": one_of("dispute"),
    "payment_id": an_id("pay"),
    "amount": paise,
    "currency": one_of("INR"),
    "amount_deducted": paise,
    "reason_code": text,
    "respond_by": unix,
    "status": one_of("open", "under_review", "won", "lost", "closed"),
    "phase": one_of("fraud", "retrieval", "chargeback", "pre_arbitration", "arbitration"),
    "created_at": unix,
    "evidence": {
        "amount": paise,
        "summary": or_null(text),
        "shipping_proof": or_null(words),
        "billing_proof": or_null(words),
        "cancellation_proof": or_null(words),
        "customer_communication": or_null(words),
        "proof_of_service": or_null(words),
        "explanation_letter": or_null(words),
        "refund_confirmation": or_null(words),
        "access_activity_log": or_null(words),
        "refund_cancellation_policy": or_null(words),
        "term_and_conditions": or_null(words),
        "others": null,
        "submitted_at": or_null(unix),
    },
}
SETTLEMENT = {
    "id": an_id("setl"),
    "entity": one_of("settlement"),
    "amount": paise,
    "status": one_of("created", "processed", "failed"),
    "fees": paise,
    "tax": paise,
    "utr": text,
    "created_at": unix,
}
RECON_ROW = {
    "entity_id": text,
    "type": one_of("payment", "refund", "transfer", "adjustment"),
    "debit": paise,
    "credit": paise,
    "amount": paise,
    "currency": one_of("INR"),
    "fee": paise,
    "tax": paise,
    "on_hold": flag,
    "settled": flag,
    "created_at": unix,
    "settled_at": unix,
    "settlement_id": an_id("setl"),
    "posted_at": null,
    "credit_type": one_of("default"),
    "description": or_null(text),
    "notes": notes,
    "payment_id": or_null(an_id("pay")),
    "settlement_utr": text,
    "order_id": an_id("order"),
    "order_receipt": or_null(text),
    "method": METHOD,
    "card_network": or_null(text),
    "card_issuer": or_null(text),
    "card_type": or_null(text),
    "dispute_id": null,
}
ADJUSTMENT_ROW = {
    **{name: check for name, check in RECON_ROW.items() if name != "credit_type"},
    "entity_id": an_id("adj"),
    "type": one_of("adjustment"),
    "notes": null,
    "settlement_utr": null,
    "order_id": null,
    "order_receipt": null,
    "method": null,
    "card_network": null,
    "card_issuer": null,
    "card_type": null,
    "dispute_id": or_null(an_id("disp")),
}
ERROR = {
    "error": {
        "code": ERROR_CODE,
        "description": text,
        "field": or_null(text),
        "source": text,
        "step": text,
        "reason": text,
        "metadata": an_object,
    }
}
WRONG_KEYS = {"error": {"code": one_of("BAD_REQUEST_ERROR"), "description": text}}
DOWNTIME = {
    "id": an_id("down"),
    "entity": one_of("payment.downtime"),
    "method": METHOD,
    "begin": unix,
    "end": or_null(unix),
    "status": one_of("started", "updated", "resolved"),
    "scheduled": flag,
    "severity": one_of("high", "medium", "low"),
    "instrument": an_object,
    "instrument_schema": words,
    "created_at": unix,
    "updated_at": unix,
}

# Webhooks: the same entities, with the irregularities of the published samples.
TOLD_PAYMENT = {
    **PAYMENT,
    "error_code": lambda value: value == "" or or_null(ERROR_CODE)(value),
}
TOLD_WITH_BASE = {**TOLD_PAYMENT, "base_amount": paise, "amount_transferred": paise}
TOLD_WITH_ORDER = {
    name: check
    for name, check in TOLD_PAYMENT.items()
    if name not in {"error_source", "error_step", "error_reason", "acquirer_data"}
}
SLOWED_REFUND = {name: check for name, check in REFUND.items() if name != "batch_id"}
DISPUTE_NEWS = ("created", "under_review", "action_required", "won", "lost", "closed")

EVENTS: dict[str, dict[str, Shape]] = {
    "payment.authorized": {"payment": TOLD_PAYMENT},
    "payment.failed": {"payment": TOLD_PAYMENT},
    "payment.captured": {"payment": TOLD_WITH_BASE},
    "order.paid": {"payment": TOLD_WITH_ORDER, "order": ORDER},
    "refund.created": {"refund": REFUND, "payment": TOLD_WITH_BASE},
    "refund.processed": {"refund": REFUND, "payment": TOLD_WITH_BASE},
    "refund.failed": {"refund": REFUND, "payment": TOLD_WITH_BASE},
    "refund.speed_changed": {"refund": SLOWED_REFUND, "payment": TOLD_WITH_BASE},
    **{
        f"payment.dispute.{news}": {"payment": TOLD_WITH_BASE, "dispute": DISPUTE}
        for news in DISPUTE_NEWS
    },
    "settlement.processed": {"settlement": SETTLEMENT},
    **{
        f"payment.downtime.{news}": {"payment.downtime": DOWNTIME}
        for news in ("started", "updated", "resolved")
    },
}
"""Event to what its payload contains, in the order of `contains`."""


def collection_of(shape: Shape) -> Shape:
    """Return the form of a list answer."""

    def listed(value: Any) -> bool:
        return isinstance(value, list) and not any(mismatches(one, shape) for one in value)

    return {"entity": one_of("collection"), "count": paise, "items": listed}


def webhook(event: str) -> Shape:
    """Return the form of a webhook's body."""
    contains = EVENTS[event]
    payload: dict[str, Any] = {name: {"entity": shape} for name, shape in contains.items()}
    body = {
        "entity": one_of("event"),
        "account_id": an_id("acc"),
        "event": one_of(event),
        "contains": lambda value: value == list(contains),
        "payload": payload,
    }
    # One sample has its moment inside the payload.
    (payload if event == "refund.speed_changed" else body)["created_at"] = unix
    return body


def mismatches(body: Any, shape: Shape, path: str = "") -> list[Mismatch]:
    """Return where a body differs from its documented form: missing, unknown and odd values."""
    if not isinstance(body, dict):
        return [Mismatch(path, f"not an object: {body!r}")]
    checks = {name.rstrip("?"): check for name, check in shape.items()}
    needed = {name for name in shape if not name.endswith("?")}
    found = [Mismatch(f"{path}.{name}", "missing") for name in sorted(needed - set(body))]
    found += [Mismatch(f"{path}.{name}", "unknown") for name in sorted(set(body) - set(checks))]
    for name in body.keys() & checks.keys():
        found += _value_mismatches(body[name], checks[name], f"{path}.{name}")
    return found


def _value_mismatches(value: Any, check: Any, path: str) -> list[Mismatch]:
    if isinstance(check, Mapping):
        return mismatches(value, check, path)
    return [] if check(value) else [Mismatch(path, f"odd: {value!r}")]
