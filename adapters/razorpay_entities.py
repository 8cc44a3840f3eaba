"""Razorpay's entities in our words. Standard library only."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.money import CURRENCY
from domain.payment import GatewayDispute, GatewayPayment, GatewayRefund, RefundSpeed
from domain.settlement import Settlement, SettlementRow, SettlementRowKind

Entity = Mapping[str, Any]

INSTANT_WORDS = frozenset({"instant", "optimum"})
BANK_REFERENCES = ("arn", "rrn", "utr")


def moment(unix_s: int) -> datetime:
    """Return Razorpay's unix seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(int(unix_s), UTC)


def read_payment(entity: Entity, at: datetime | None = None) -> GatewayPayment:
    """Return a payment entity; `at` is when it became so, if known better than its creation.

    Raises:
        KeyError, TypeError, ValueError: it is no payment entity.
    """
    status = str(entity["status"])
    return GatewayPayment(
        payment_id=str(entity["id"]),
        razorpay_order_id=entity.get("order_id") or None,
        amount_paise=int(entity["amount"]),
        status=status,
        # The sample payloads set `captured` on authorized and failed payments too: status decides.
        captured=status in {"captured", "refunded"} and bool(entity.get("captured", True)),
        at=at or moment(entity["created_at"]),
        method=entity.get("method") or None,
        reason=entity.get("error_description") or entity.get("error_reason") or None,
        currency=str(entity.get("currency") or CURRENCY),
    )


def read_refund(entity: Entity, at: datetime | None = None) -> GatewayRefund:
    """Return a refund entity; `at` as for payments.

    Raises:
        KeyError, TypeError, ValueError: it is no refund entity.
    """
    return GatewayRefund(
        refund_id=str(entity["id"]),
        payment_id=str(entity["payment_id"]),
        amount_paise=int(entity["amount"]),
        status=str(entity["status"]),
        at=at or moment(entity["created_at"]),
        key=entity.get("receipt") or None,
        speed=_speed(entity.get("speed_processed")),
        reference=_bank_reference(entity.get("acquirer_data")),
    )


def read_dispute(entity: Entity, at: datetime | None = None) -> GatewayDispute:
    """Return a dispute entity; `at` as for payments.

    Raises:
        KeyError, TypeError, ValueError: it is no dispute entity.
    """
    respond_by = entity.get("respond_by")
    return GatewayDispute(
        dispute_id=str(entity["id"]),
        payment_id=str(entity["payment_id"]),
        amount_paise=int(entity["amount"]),
        deducted_paise=int(entity.get("amount_deducted") or 0),
        status=str(entity["status"]),
        phase=str(entity["phase"]),
        reason_code=str(entity.get("reason_code") or ""),
        respond_by=moment(respond_by) if respond_by else None,
        at=at or moment(entity["created_at"]),
    )


def read_settlement(entity: Entity) -> Settlement:
    """Return a settlement entity.

    Raises:
        KeyError, TypeError, ValueError: it is no settlement entity.
    """
    return Settlement(
        settlement_id=str(entity["id"]),
        amount_paise=int(entity["amount"]),
        fees_paise=int(entity["fees"]),
        tax_paise=int(entity["tax"]),
        status=str(entity["status"]),
        utr=entity.get("utr") or None,
        at=moment(entity["created_at"]),
    )


def read_settlement_row(entity: Entity) -> SettlementRow:
    """Return a row of the reconciliation report; an adjustment lacks some of the keys.

    Raises:
        KeyError, TypeError, ValueError: it is no such row.
    """
    kind = SettlementRowKind(entity["type"])
    entity_id = str(entity["entity_id"])
    # A payment's own row leaves `payment_id` null.
    payment_id = entity_id if kind is SettlementRowKind.PAYMENT else entity.get("payment_id")
    return SettlementRow(
        entity_id=entity_id,
        kind=kind,
        credit_paise=int(entity["credit"]),
        debit_paise=int(entity["debit"]),
        amount_paise=int(entity["amount"]),
        fee_paise=int(entity["fee"] or 0),
        tax_paise=int(entity["tax"] or 0),
        settlement_id=str(entity["settlement_id"]),
        created_at=moment(entity["created_at"]),
        settled_at=moment(entity["settled_at"]),
        on_hold=bool(entity.get("on_hold")),
        payment_id=payment_id or None,
        razorpay_order_id=entity.get("order_id") or None,
        receipt=entity.get("order_receipt") or None,
        dispute_id=entity.get("dispute_id") or None,
        utr=entity.get("settlement_utr") or None,
        method=entity.get("method") or None,
        description=entity.get("description") or None,
    )


def _speed(word: str | None) -> RefundSpeed | None:
    """Return how a refund is processed; older answers say `optimum` for instant."""
    if word is None:
        return None
    return RefundSpeed.INSTANT if word in INSTANT_WORDS else RefundSpeed.NORMAL


def _bank_reference(acquirer_data: object) -> str | None:
    """Return the bank's number; `acquirer_data` is `[]` or holds a null until there is one."""
    data = acquirer_data if isinstance(acquirer_data, Mapping) else {}
    return next((str(data[name]) for name in BANK_REFERENCES if data.get(name)), None)
