"""Orders' money and settled rows that reconciliation tests begin from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from domain.cart import PaymentMethod
from domain.documents import Document, DocumentKind
from domain.order_money import OrderMoney
from domain.payment import EntryKind, PaymentEntry, PaymentOrder, Refund, RefundStatus
from domain.settlement import SettlementRow, SettlementRowKind
from domain.shipment import Shipment, ShipmentLine, ShipmentState
from domain.status import OrderStatus

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
"""Noon in India."""
_numbers = count(1)


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


def entry(
    kind: EntryKind, amount: int, reference: str, days: float = 2, **more: Any
) -> PaymentEntry:
    return PaymentEntry(
        kind=kind, amount_paise=amount, reference=reference, at=days_ago(days), **more
    )


def refund_of(
    payment_id: str,
    amount: int,
    *,
    number: int = 1,
    days: float = 1,
    status: RefundStatus = RefundStatus.PROCESSED,
    razorpay_id: str | None = "made up",
    order_id: str = "ord_1",
) -> Refund:
    given = f"rfnd_{payment_id}_{number}" if razorpay_id == "made up" else razorpay_id
    return Refund(
        number=number,
        key=f"{order_id}_refund_{number}",
        payment_id=payment_id,
        amount_paise=amount,
        reason="not owed any more",
        status=status,
        requested_at=days_ago(days),
        razorpay_refund_id=given,
        processed_at=days_ago(days) if status is RefundStatus.PROCESSED else None,
    )


def invoice(amount: int, number: str = "PNQ/2627/000001") -> Document:
    return Document(
        number=number, kind=DocumentKind.INVOICE, shipment=1, amount_paise=amount, issued_at=NOON
    )


def credit_note(amount: int) -> Document:
    return Document(
        number="CPNQ/2627/000001",
        kind=DocumentKind.CREDIT_NOTE,
        shipment=1,
        amount_paise=amount,
        issued_at=NOON,
    )


def parcel(state: ShipmentState, *, days: float = 1, awb: str | None = "AWB1") -> Shipment:
    return Shipment(
        number=1,
        warehouse="PNQ",
        lines=(ShipmentLine(sku="TEE-BLK-M", quantity=1),),
        state=state,
        reference="ord_1-1",
        awb=awb,
        changed_at=days_ago(days),
    )


def order(*entries: PaymentEntry, **more: Any) -> OrderMoney:
    number = next(_numbers)
    values: dict[str, Any] = {
        "order_id": f"ord_{number}",
        "status": OrderStatus.DELIVERED,
        "method": PaymentMethod.PREPAID,
        "placed_at": days_ago(2),
        "payment_order": PaymentOrder(
            razorpay_order_id=f"order_{number}",
            key_id="rzp_test_x",
            amount_paise=1000_00,
            expires_at=days_ago(2),
        ),
        "entries": entries,
    }
    return OrderMoney(**values | more)


def cash_order(*entries: PaymentEntry, **more: Any) -> OrderMoney:
    return order(*entries, method=PaymentMethod.COD, payment_order=None, **more)


def row(kind: SettlementRowKind, entity_id: str, amount: int, **more: Any) -> SettlementRow:
    """A row of today that balances: a fee of 2 % and its GST on payments, none on others."""
    fee_net = amount * 2 // 100 if kind is SettlementRowKind.PAYMENT else 0
    tax = round(fee_net * 18 / 100)
    credit = amount - fee_net - tax if kind is SettlementRowKind.PAYMENT else 0
    values: dict[str, Any] = {
        "entity_id": entity_id,
        "kind": kind,
        "credit_paise": credit,
        "debit_paise": 0 if kind is SettlementRowKind.PAYMENT else amount,
        "amount_paise": amount,
        "fee_paise": fee_net + tax,
        "tax_paise": tax,
        "settlement_id": "setl_1",
        "created_at": days_ago(2),
        "settled_at": NOON,
        "utr": "UTR1",
    }
    return SettlementRow(**values | more)


def payment_row(entity_id: str, amount: int, **more: Any) -> SettlementRow:
    return row(SettlementRowKind.PAYMENT, entity_id, amount, **more)


def refund_row(entity_id: str, amount: int, **more: Any) -> SettlementRow:
    return row(SettlementRowKind.REFUND, entity_id, amount, **more)


def settled(one: SettlementRow, days: float) -> SettlementRow:
    """The same row, settled so many days ago."""
    return replace(one, settled_at=days_ago(days))
